"""What always holds, whatever the texts: memorizing is a sum, and a sum can be taken apart."""

import contextlib
import functools
import tempfile
from pathlib import Path
from unittest import mock

import array_api_strict
import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

import memo_edu as me
from memo_edu import positions

examples = functools.partial(settings, derandomize=True, deadline=None, print_blob=False)
both_encoders = pytest.mark.parametrize("encoder", ["projection", "binding"])
# A text shorter than the last layer's window is warned of; test_oracle.py looks at that.
pytestmark = pytest.mark.filterwarnings("ignore:Layer .* memorizes nothing")

DIM, HEADS, LAYERS = 24, 2, 3
WORDS = ["tea", " tea", " cup", " is", " hot", ",", ".", " Été", " \U0001f375", "\n\nNo"]
word = st.sampled_from(WORDS)
short_text = (
    st.lists(word, min_size=2, max_size=20)
    .map("".join)
    .filter(lambda text: len(me.tokenize(text)) >= 2)
)
texts = st.lists(short_text, min_size=1, max_size=6)
ids = (
    st.integers(1, 6)
    .flatmap(
        lambda rows: st.lists(
            st.lists(st.integers(0, 9), min_size=12, max_size=12), min_size=rows, max_size=rows
        )
    )
    .filter(lambda rows: any(0 not in row[: HEADS + 1] for row in rows))
)


def built(encoder, memorized, **options):
    model = me.MeMo(DIM, HEADS, LAYERS, encoder, **{"backend": "numpy", **options})
    for text in memorized:
        model.memorize(text)
    return model


def assert_same_matrix(model, expected, rtol=1e-5):
    """Bit for bit with binding; with the projection relative to the whole matrix."""
    first, second = model.backend.to_numpy(model.matrix), expected.backend.to_numpy(expected.matrix)
    if isinstance(model.encoder, me.BindingEncoder):
        assert first.dtype == second.dtype
        np.testing.assert_array_equal(first, second)
    else:
        assert np.linalg.norm(first - second) <= rtol * np.linalg.norm(second)


def candidates(model):
    """Every token that the model may answer; {} if it says that it holds nothing."""
    try:
        return {token for token, _ in model.predict("", top=10**6).candidates}
    except me.NotMemorizedError:
        return set()


def assert_same_answers(model, expected):
    for context in ("", "tea is", "tea, tea is hot"):
        first, second = model.predict(context, top=10**6), expected.predict(context, top=10**6)
        assert dict(first.candidates) == pytest.approx(dict(second.candidates), abs=1e-4)
        assert first.p_noise == pytest.approx(second.p_noise, abs=1e-3)


# ---- Memorizing is a sum ---------------------------------------------------------------------


@both_encoders
@given(data=st.data(), memorized=texts)
@examples(max_examples=25)
def test_order_of_texts_never_matters(encoder, data, memorized):
    shuffled = data.draw(st.permutations(memorized))
    model, other = built(encoder, memorized), built(encoder, shuffled)
    assert_same_matrix(model, other)
    assert_same_answers(model, other)
    # A context of nothing but padding reads nothing: all scores are 0, and the tie is
    # decided by the tokens alone.
    nothing = [0] * HEADS**LAYERS
    assert model.predict(nothing).candidates == other.predict(nothing).candidates


@both_encoders
@given(kept=texts, gone=texts, data=st.data())
@examples(max_examples=25)
def test_forgetting_gives_back_the_memory_without_the_text(encoder, kept, gone, data):
    model = built(encoder, kept)
    before, ledger = model.backend.to_numpy(model.matrix).copy(), dict(model.texts)
    names = [model.memorize(text) for text in gone]
    for name in data.draw(st.permutations(names)):
        model.forget(name)
    expected = built(encoder, kept)
    assert_same_matrix(model, expected, rtol=1e-6)
    if encoder == "binding":
        np.testing.assert_array_equal(model.matrix, before)
    assert list(model.texts.items()) == list(ledger.items())
    assert candidates(model) == {token for text in kept for token in me.tokenize(text)}
    assert_same_answers(model, expected)


@both_encoders
@given(memorized=st.lists(short_text, min_size=2, max_size=6), data=st.data())
@examples(max_examples=25)
def test_forgetting_one_of_several(encoder, memorized, data):
    gone = data.draw(st.integers(0, len(memorized) - 1))
    model = built(encoder, memorized)
    model.forget(memorized[gone])
    rest = memorized[:gone] + memorized[gone + 1 :]
    assert_same_matrix(model, built(encoder, rest))
    assert sorted(model.texts.values()) == sorted(len(me.tokenize(text)) for text in rest)
    assert candidates(model) == {token for text in rest for token in me.tokenize(text)}


@both_encoders
@given(memorized=texts)
@examples(max_examples=10)
def test_forgetting_all_leaves_nothing(encoder, memorized):
    model = built(encoder, memorized)
    for text in memorized:
        model.forget(text)
    assert model.texts == {}
    if encoder == "binding":
        assert not model.matrix.any()
    with pytest.raises(me.NotMemorizedError):
        model.predict("tea")
    with pytest.raises(me.NotMemorizedError):
        model.forget(memorized[0])


def test_of_equal_texts_the_latest_goes_unless_named():
    model = me.MeMo(DIM, HEADS, 1, "binding", backend="numpy")
    for name in ("first", "second", "third"):
        model.memorize("tea is hot", name=name)
    model.forget("tea is hot")
    assert list(model.texts) == ["first", "second"]
    model.forget("first")
    assert list(model.texts) == ["second"]


@both_encoders
@given(mine=texts, yours=texts)
@examples(max_examples=25)
def test_merging_is_building_together(encoder, mine, yours):
    model, other = built(encoder, mine), built(encoder, yours)
    untouched, theirs = other.backend.to_numpy(other.matrix).copy(), list(other.texts.items())
    kept = list(model.texts.items())
    assert model.merge(other) is model
    together = built(encoder, mine + yours)
    assert_same_matrix(model, together)
    assert_same_answers(model, together)
    merged = list(model.texts.items())
    assert merged[: len(kept)] == kept
    assert [count for _, count in merged[len(kept) :]] == [count for _, count in theirs]
    np.testing.assert_array_equal(other.matrix, untouched)
    assert list(other.texts.items()) == theirs
    for text in mine + yours:
        model.forget(text)
    assert model.texts == {}


def test_merging_renames_what_the_other_brings():
    model, other = built("binding", []), built("binding", [])
    model.memorize("tea is hot, tea is hot", name="page")
    other.memorize("the cup is red, the cup", name="page")
    model.merge(other)
    assert model.texts == {"page": 7, "page (2)": 7}
    model.forget("page (2)")
    assert_same_matrix(model, built("binding", ["tea is hot, tea is hot"]))


@given(rows=ids, data=st.data())
@examples(max_examples=25)
def test_rows_of_ids_are_a_sum_too(rows, data):
    model, other = built("binding", []), built("binding", [])
    model.memorize_ids(rows)
    for row in data.draw(st.permutations(rows)):
        with contextlib.suppress(me.InputError):  # a row that is too short by itself
            other.memorize_ids([row])
    assert_same_matrix(model, other)
    whole = model.recall_ids(rows)
    apart = []
    for row in rows:
        with contextlib.suppress(me.InputError):
            apart += model.recall_ids([row]).answers
    assert whole.answers == apart
    assert 0 not in whole.answers
    wide = np.pad(rows, ((0, 0), (3, 2)))
    assert model.recall_ids(wide).answers == whole.answers
    other.forget_ids(wide)
    assert not other.matrix.any()
    with pytest.raises(me.NotMemorizedError):
        other.forget_ids(rows)


@given(mine=ids, yours=ids)
@examples(max_examples=15)
def test_merging_rows_of_ids_is_building_together(mine, yours):
    model, other = built("binding", []), built("binding", [])
    model.memorize_ids(mine)
    other.memorize_ids(yours)
    model.merge(other)
    together = built("binding", [])
    together.memorize_ids(mine + yours)
    assert_same_matrix(model, together)
    assert model.predict([1, 2], top=99) == together.predict([1, 2], top=99)
    model.forget_ids(yours)
    model.forget_ids(mine)
    assert not model.matrix.any()


# ---- Asking ----------------------------------------------------------------------------------


@both_encoders
@given(memorized=texts, context=st.lists(word, max_size=12))
@examples(max_examples=30)
def test_votes_sum_to_the_scores(encoder, memorized, context):
    model = built(encoder, memorized)
    prediction = model.predict(context, top=10**6)
    explanation = model.explain(context, top=10**6)
    assert explanation.candidates == prediction.candidates
    scores = [score for _, score in prediction.candidates]
    np.testing.assert_allclose(explanation.votes.sum(axis=0), scores, rtol=0, atol=1e-6)
    assert (prediction.token, prediction.score) == prediction.candidates[0]
    assert scores == sorted(scores, reverse=True)
    fits = [HEADS**layer <= HEADS + len(context) for layer in range(1, LAYERS + 1)]
    assert [window is not None for window in explanation.windows] == fits
    assert not explanation.votes[~np.array(fits)].any()
    assert model.explain(context, top=2).candidates == prediction.candidates[:2]


@both_encoders
@given(rows=ids, context=st.lists(st.integers(0, 9), max_size=12))
@examples(max_examples=30)
def test_padding_and_begin_mark_are_never_answers(encoder, rows, context):
    for vocab_size in (None, 12):
        model = me.MeMo(DIM, HEADS, LAYERS, encoder, vocab_size=vocab_size, backend="numpy")
        model.memorize_ids(rows)
        answers = {token for token, _ in model.predict(context, top=10**6).candidates}
        if vocab_size is None:
            assert answers <= {token for row in rows for token in row} - {0}
        else:
            assert answers == set(range(1, vocab_size))
        assert set(model.recall_ids(rows).answers) <= answers


@both_encoders
@given(memorized=texts)
@examples(max_examples=15)
def test_the_begin_mark_is_never_an_answer(encoder, memorized):
    model = built(encoder, memorized)
    tokens = {token for text in memorized for token in me.tokenize(text)}
    assert candidates(model) == tokens
    assert set(model.recall(memorized[0], start=0).answers) <= tokens
    assert isinstance(model.recite("", max_tokens=5), str)


@both_encoders
@given(
    memorized=texts,
    rows=ids,
    block=st.integers(1, 12),
    device=st.sampled_from([None, "device1"]),
)
@examples(max_examples=25)
def test_blocks_and_backends_never_matter(encoder, memorized, rows, block, device):
    xp = np if device is None else array_api_strict
    backend = me.get_backend(xp, device=device and array_api_strict.Device(device))
    whole = built(encoder, memorized)
    whole.memorize_ids(rows)
    with mock.patch.object(positions, "BLOCK", block):
        model = built(encoder, memorized, backend=backend)
        model.memorize_ids(rows)
        assert_same_matrix(model, whole)
        assert_same_answers(model, whole)
        blockwise = model.recall(memorized[0], start=0)
    # The same in one block: small dims make near ties, which rounding may decide either way.
    tokens = me.tokenize(memorized[0])
    for place, answer in enumerate(blockwise.answers):
        scores = dict(whole.predict(tokens[:place], top=10**6).candidates)
        assert scores[answer] == pytest.approx(max(scores.values()), abs=1e-4)


@given(seed=st.integers(0, 10**6), length=st.integers(2, 200), vocabulary=st.integers(10, 1000))
@example(seed=0, length=200, vocabulary=500)
@examples(max_examples=5)
def test_a_text_is_recited_from_the_empty_prompt(seed, length, vocabulary):
    text = " ".join(f"w{n}" for n in np.random.default_rng(seed).integers(0, vocabulary, length))
    tokens = [None] * 4 + me.tokenize(text)
    windows = {tuple(tokens[i : i + 4]) for i in range(length)}
    assume(len(windows) == length)  # else the text itself is ambiguous
    model = me.MeMo(1024, 4, 3, "binding", backend="numpy")
    model.memorize(text)
    assert model.recite("", max_tokens=length) == text
    assert model.recall(text, start=0).accuracy == 1
    assert model.predict("").known


# ---- Keeping ---------------------------------------------------------------------------------


@both_encoders
@given(memorized=texts, rows=ids)
@examples(max_examples=15)
def test_saving_and_loading_change_nothing(encoder, memorized, rows):
    model = built(encoder, memorized, seed=3)
    model.memorize_ids(rows)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "memory")
        model.save(path)
        loaded = me.MeMo.load(path, backend="numpy")
    assert loaded.matrix.dtype == model.matrix.dtype
    np.testing.assert_array_equal(loaded.matrix, model.matrix)
    assert list(loaded.texts.items()) == list(model.texts.items())
    assert loaded.predict("tea", top=10**6) == model.predict("tea", top=10**6)
    assert loaded.recall(memorized[0]).answers == model.recall(memorized[0]).answers
    loaded.forget_ids(rows)
    for text in memorized:
        loaded.forget(text)
    assert loaded.texts == {}
    if encoder == "binding":
        assert not loaded.matrix.any()


@pytest.mark.parametrize(
    "options", [{"partial_windows": True}, {"vocab_size": 12}, {"seed": -7}, {"tokenizer": "chars"}]
)
def test_a_loaded_model_has_the_same_configuration(options, tmp_path):
    class Characters:
        name = "characters"
        encode, decode = staticmethod(list), staticmethod("".join)

    tokenizer = Characters() if options.pop("tokenizer", None) else None
    model = me.MeMo(DIM, HEADS, 2, "projection", tokenizer=tokenizer, backend="numpy", **options)
    if "vocab_size" in options:
        model.memorize_ids([[1, 2, 3, 4, 5, 6]])
    else:
        model.memorize("Hot tea, cold tea, no tea at all.")
    model.save(tmp_path / "memory")
    loaded = me.MeMo.load(tmp_path / "memory", backend="numpy", tokenizer=tokenizer)
    context = [4] if "vocab_size" in options else "Hot tea"
    assert loaded.explain(context).candidates == model.explain(context).candidates
    np.testing.assert_array_equal(loaded.explain(context).votes, model.explain(context).votes)
    assert loaded.merge(model) is loaded  # refused if anything differed


MEMORIZED = (
    st.lists(word, min_size=2, max_size=8)
    .map("".join)
    .filter(lambda text: len(me.tokenize(text)) >= 2)
)


class Library(RuleBasedStateMachine):
    """Models that memorize, forget, merge and are saved, against a plain list of texts."""

    repeats = "count"
    operations = 0

    def __init__(self):
        super().__init__()
        self.model, self.held = self.empty(), {}  # held: name -> text, in order

    def empty(self):
        return me.MeMo(16, 2, 2, "binding", backend="numpy", repeats=self.repeats)

    @initialize(text=MEMORIZED)
    def first(self, text):
        self.held[self.model.memorize(text)] = text

    @rule(text=MEMORIZED)
    def memorize(self, text):
        name = self.model.memorize(text)
        assert name not in self.held
        self.held[name] = text

    @rule(text=MEMORIZED, name=st.sampled_from(["a", "b", "c"]))
    def memorize_by_name(self, text, name):
        if name in self.held:
            with pytest.raises(me.InputError):
                self.model.memorize(text, name=name)
        else:
            assert self.model.memorize(text, name=name) == name
            self.held[name] = text

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def memorize_again(self, data):
        self.memorize(data.draw(st.sampled_from(list(self.held.values()))))

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def forget_by_name(self, data):
        name = data.draw(st.sampled_from(list(self.held)))
        self.model.forget(name)
        del self.held[name]

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def forget_by_text(self, data):
        text = data.draw(st.sampled_from(list(self.held.values())))
        assume(text not in self.held)  # a name comes first
        self.model.forget(text)
        latest = next(name for name in reversed(self.held) if self.held[name] == text)
        del self.held[latest]

    @rule(text=MEMORIZED)
    def forget_what_is_not_there(self, text):
        if text not in self.held and text not in self.held.values():
            with pytest.raises(me.NotMemorizedError):
                self.model.forget(text)

    @rule(others=st.lists(MEMORIZED, max_size=3), named=st.booleans())
    def merge(self, others, named):
        other = self.empty()
        for number, text in enumerate(others):
            other.memorize(text, name="abc"[number] if named else None)
        brought = list(other.texts)
        self.model.merge(other)
        for name, text in zip(brought, others, strict=True):
            free = [name, *(f"{name} ({number})" for number in range(2, 99))]
            self.held[next(n for n in free if n not in self.held)] = text

    @rule()
    def save_and_load(self):
        with tempfile.TemporaryDirectory() as folder:
            self.model.save(Path(folder, "memory"))
            self.model = me.MeMo.load(Path(folder, "memory"), backend="numpy")

    @invariant()
    def equals_one_built_from_the_texts_that_remain(self):
        type(self).operations += 1
        rebuilt = self.empty()
        for name, text in self.held.items():
            rebuilt.memorize(text, name=name)
        np.testing.assert_array_equal(self.model.matrix, rebuilt.matrix)
        counts = [(name, len(me.tokenize(text))) for name, text in self.held.items()]
        assert list(self.model.texts.items()) == counts
        tokens = {token for text in self.held.values() for token in me.tokenize(text)}
        assert candidates(self.model) == tokens
        if tokens:
            assert self.model.predict("tea") == rebuilt.predict("tea")


class LibraryOfDifferentPairs(Library):
    """The same, where each different pair is written once."""

    repeats = "once"


@pytest.mark.parametrize("library", [Library, LibraryOfDifferentPairs])
def test_a_thousand_operations_leave_what_one_memory_built_afresh_holds(library):
    settings_ = examples(max_examples=60, stateful_step_count=30)
    run_state_machine_as_test(library, settings=settings_)
    assert library.operations > 1000


# ---- Whole numbers stay exact ----------------------------------------------------------------


@st.composite
def pairs(draw):
    """Some writes of whole numbers: (memorize or forget, keys (n, 2), values (n, 2))."""
    writes = []
    for _ in range(draw(st.integers(1, 8))):
        limit = 2 ** draw(st.integers(0, 28))
        numbers = st.integers(-limit, limit) | st.sampled_from([limit, limit - 1])
        n = draw(st.integers(1, 3))
        rows = st.lists(st.lists(numbers, min_size=2, max_size=2), min_size=n, max_size=n)
        writes.append((draw(st.booleans()), draw(rows), draw(rows)))
    return writes


@pytest.mark.parametrize("xp", [np, array_api_strict], ids=["numpy", "strict"])
@given(writes=pairs())
@examples(max_examples=150)
def test_whole_numbers_are_summed_exactly_or_refused(xp, writes):
    memory = me.CorrelationMatrixMemory(2, 2, backend=me.get_backend(xp))
    exact = np.zeros((2, 2), dtype=object)  # Python's own whole numbers
    for forget, keys, values in writes:
        change = np.array(keys, dtype=object).T @ np.array(values, dtype=object)
        after = exact - change if forget else exact + change
        try:
            (memory.forget if forget else memory.memorize)(keys, values)
            exact = after
        except me.CapacityError:
            largest = [max(abs(n) for row in rows for n in row) for rows in (keys, values)]
            possible = len(keys) * largest[0] * largest[1] + max(map(abs, exact.ravel()))
            assert possible >= 2**53  # never refused without need
        held = memory.backend.to_numpy(memory.matrix)
        assert [int(n) for n in held.ravel()] == exact.ravel().tolist()
        assert held.dtype in ("float32", "float64")
        if max(map(abs, exact.ravel())) > 2**24:
            assert held.dtype == "float64"


def test_a_model_that_counts_beyond_2_to_the_24_stays_exact():
    model = me.MeMo(16, 2, 2, "binding", backend="numpy", vocab_size=9)
    model.memorize_ids([[1, 2, 3, 4, 5, 6, 7, 8]])
    one = model.matrix.astype("int64")
    for _ in range(26):
        model.merge(model)
    model.memorize_ids([[1, 2, 3, 4, 5, 6, 7, 8]])
    exact = (2**26 + 1) * one
    assert model.matrix.dtype == "float64"
    np.testing.assert_array_equal(model.matrix, exact)
    assert not np.array_equal(exact.astype("float32"), exact)  # float32 would have rounded


def test_the_memory_moves_to_float64_in_time():
    memory = me.CorrelationMatrixMemory(1, 1, backend="numpy")
    memory.memorize([[2**24 - 1]], [[1]])
    assert memory.matrix.dtype == "float32"
    memory.memorize([[2]], [[1]])
    assert memory.matrix.dtype == "float64"
    assert int(memory.matrix[0, 0]) == 2**24 + 1
    memory.memorize([[2**53 - 2**24 - 2]], [[1]])
    for step in (2, 2**10, 2**52):
        with pytest.raises(me.CapacityError):
            memory.memorize([[step]], [[1]])
        with pytest.raises(me.CapacityError):
            memory.add([[step]])
        assert int(memory.matrix[0, 0]) == 2**53 - 1


@pytest.mark.parametrize(("key", "value"), [(321, (2**53 + 1) // 321), (2**53 + 1, 1)])
def test_a_number_that_no_float_holds_is_refused(key, value):
    memory = me.CorrelationMatrixMemory(1, 1, backend="numpy")
    assert key * value == 2**53 + 1
    with pytest.raises(me.MemoError):
        memory.memorize([[key]], [[value]])
    assert not memory.matrix.any()


def test_many_pairs_at_once_are_counted_too():
    memory = me.CorrelationMatrixMemory(1, 1, backend="numpy")
    memory.memorize([[2**23 + 1], [2**23], [2**23]], [[1], [1], [1]])
    assert int(memory.matrix[0, 0]) == 3 * 2**23 + 1
    with pytest.raises(me.CapacityError):
        memory.memorize([[2**52], [2**52], [1]], [[1], [1], [1]])
    assert int(memory.matrix[0, 0]) == 3 * 2**23 + 1


def test_a_small_memory_stays_float32_however_often_it_is_written():
    memory = me.CorrelationMatrixMemory(1, 1, backend="numpy")
    for _ in range(50):
        memory.memorize([[2**20]], [[1]])
        memory.forget([[2**20]], [[1]])
    assert memory.matrix.dtype == "float32"


def test_a_model_counts_exactly_past_float32_and_refuses_past_float64(tmp_path):
    model = me.MeMo(8, 2, 1, "binding", backend="numpy")
    model.memorize_ids([[1, 2, 1, 2, 1, 3, 2, 1, 1]])
    once = model.matrix.astype(object)
    assert model.matrix.dtype == "float32"
    for _ in range(30):
        model.merge(model)
    model.memorize_ids([[1, 2, 1, 2, 1, 3, 2, 1, 1]])
    np.testing.assert_array_equal(model.matrix, once * (2**30 + 1))
    assert model.matrix.dtype == "float64"
    model.save(tmp_path / "memory")
    np.testing.assert_array_equal(me.MeMo.load(tmp_path / "memory").matrix, model.matrix)

    doublings = 53 - int(np.abs(model.matrix).max()).bit_length()
    for _ in range(doublings):
        model.merge(model)
    before = model.predict([1, 2])
    with pytest.raises(me.CapacityError):
        model.merge(model.merge(model))
    np.testing.assert_array_equal(model.matrix, once * (2**30 + 1) * 2**doublings)
    assert model.predict([1, 2]) == before


# ---- Tokens and their vectors ----------------------------------------------------------------

any_character = st.characters(exclude_categories=())
spans = st.sampled_from(
    ["\0", "\ud83d", "\udf75", "e\u0301", "\u200f\u05d0\u05d1", "\u202e", "\r\n"]
)
any_text = st.lists(st.one_of(any_character, spans, st.sampled_from(" \t\n\u3000\u00a0.,'_-a1")))


@given(any_text.map("".join))
@examples(max_examples=400)
def test_a_text_comes_back_from_its_tokens(text):
    tokens = me.tokenize(text)
    assert me.detokenize(tokens) == text
    assert all(tokens)
    for token in tokens[:-1]:  # only the last one may be nothing but white space
        assert not token.isspace()


@given(any_text.map("".join).filter(lambda text: len(me.tokenize(text)) >= 2))
@examples(max_examples=30)
def test_any_text_is_memorized_saved_and_forgotten(text):
    model = built("binding", [text])
    assert set(me.tokenize(text)) == candidates(model)
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder, "memory"))
        loaded = me.MeMo.load(Path(folder, "memory"))
    assert loaded.texts == model.texts
    assert candidates(loaded) == candidates(model)
    loaded.forget(text)
    assert not loaded.matrix.any()


tokens = st.one_of(st.integers(-5, 10**12), st.text(any_character, max_size=5))


@given(
    seed=st.integers(-(2**70), 2**70),
    kind=st.sampled_from(["gaussian", "bipolar"]),
    dim=st.integers(1, 40),
    batch=st.lists(tokens, max_size=12),
    data=st.data(),
)
@examples(max_examples=100)
def test_a_vector_depends_on_its_token_alone(seed, kind, dim, batch, data):
    book = me.Codebook(dim, kind, seed, backend="numpy")
    vectors = book.vectors(batch)
    assert vectors.shape == (len(batch), dim)
    shuffled = data.draw(st.permutations(range(len(batch))))
    again = book.vectors([batch[i] for i in shuffled])
    np.testing.assert_array_equal(again, vectors[shuffled])
    for token, vector in zip(batch, vectors, strict=True):
        alone = me.Codebook(dim, kind, seed, backend="numpy").vectors([token])
        np.testing.assert_array_equal(alone, [vector])
        if token == 0:
            assert not vector.any()
        elif kind == "bipolar":
            assert set(np.abs(vector)) == {1}


@pytest.mark.parametrize("kind", ["gaussian", "bipolar"])
def test_unlike_tokens_have_unlike_vectors(kind):
    alike = [1, "1", " 1", "a", "A", " a", "\u00e9", "e\u0301", -1, 10**12, "", "\0", "\x1f", "i:1"]
    vectors = me.Codebook(4096, kind, backend="numpy", dtype="float64").vectors(alike)
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(len(alike)), atol=0.08)
    others = [me.Codebook(4096, kind, seed, "numpy").vectors(["a"])[0] for seed in (0, 1, -1)]
    others.append(me.Codebook(4097, kind, 0, "numpy").vectors(["a"])[0][:4096])
    gram = np.corrcoef(others)
    np.testing.assert_allclose(gram, np.eye(len(others)), atol=0.08)


def test_entries_have_the_mean_and_the_spread_of_the_paper():
    for kind in ("gaussian", "bipolar"):
        vectors = me.Codebook(500, kind, backend="numpy").vectors(range(1, 201))
        scale = 500 if kind == "gaussian" else 1
        assert abs(vectors.mean()) * scale**0.5 < 0.01
        assert np.mean(vectors**2) * scale == pytest.approx(1, abs=0.02)
        assert np.mean(vectors > 0) == pytest.approx(0.5, abs=0.01)


def test_the_matrices_of_the_layers_are_unlike_and_keep_norms():
    encoders = [me.ProjectionEncoder(64, 4, 3, seed, "numpy") for seed in (0, 1)]
    for name, width in (("W", 64 / 4), ("P", 64 * 4)):
        matrices = [matrix.ravel() for encoder in encoders for matrix in getattr(encoder, name)]
        np.testing.assert_allclose(np.corrcoef(matrices), np.eye(len(matrices)), atol=0.12)
        assert [matrix.std() * width**0.5 for matrix in matrices] == pytest.approx(
            [1] * len(matrices), abs=0.05
        )


def test_no_two_places_of_a_window_are_rolled_alike():
    encoder = me.BindingEncoder(1024, 4, 3, backend="numpy")
    assert all(rolls[-1] == 0 for rolls in encoder.rolls)
    totals = [0]
    for rolls in encoder.rolls:
        totals = [(total + roll) % 1024 for total in totals for roll in rolls]
    assert len(set(totals)) == 4**3
    assert len(set(encoder.signature_rolls)) == 4
    assert not set(encoder.signature_rolls) & set(encoder.rolls[0])
