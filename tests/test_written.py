"""Each pair written once: the memory is a sum over different pairs, and forgetting is exact."""

import array_api_strict
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from models import OTHER, TEXT, both_encoders, make, state

import memo_edu as me
from memo_edu.rows import BEGIN
from memo_edu.written import WrittenPairs

pytestmark = pytest.mark.filterwarnings("ignore:Layer .* memorizes nothing")
STRICT = me.get_backend(array_api_strict, device=array_api_strict.Device("device1"))
BASE = dict(dim=24, heads=2, layers=3, repeats="once")
# Few words, so that pairs recur within a text and between texts.
texts = st.lists(
    st.lists(st.sampled_from([" a", " b", " c"]), min_size=2, max_size=20).map("".join),
    min_size=1,
    max_size=5,
)
examples = settings(derandomize=True, deadline=None, print_blob=False, max_examples=40)


def once(memorized, encoder="binding", **options):
    model = make(encoder, **BASE | options)
    for text in memorized:
        model.memorize(text)
    return model


def assert_same(model, expected):
    if isinstance(model.encoder, me.BindingEncoder):
        np.testing.assert_array_equal(model.matrix, expected)
    else:
        np.testing.assert_allclose(model.matrix, expected, atol=1e-5)


def sum_of_different_pairs(model, memorized):
    """C by its definition: every layer's different pairs, one by one."""
    heads, layers = model.encoder.heads, model.encoder.layers
    pairs, total = set(), np.zeros_like(model.matrix)
    for text in memorized:
        row = (BEGIN,) * heads + tuple(me.tokenize(text))
        for layer in range(1, layers + 1):
            stops = range(heads**layer, len(row))
            pairs |= {(layer, row[i - heads**layer : i + 1]) for i in stops}
    for layer, (*window, token) in pairs:
        vectors = model._vectors(window)
        key = np.asarray(model.encoder.keys(vectors)[layer - 1][-1], "float32")
        signature = np.asarray(model.encoder.signatures(vectors)[-1], "float32")
        total += np.outer(key, np.asarray(model._vectors([token])[0], "float32") * signature)
    return total


@both_encoders
@given(memorized=texts)
@examples
def test_memory_is_the_sum_of_the_different_pairs(encoder, memorized):
    model = once(memorized, encoder)
    assert_same(model, sum_of_different_pairs(model, memorized))


@both_encoders
@given(kept=texts, gone=texts, data=st.data())
@examples
def test_forgetting_gives_back_the_memory_without_the_text(encoder, kept, gone, data):
    """Also if the texts share pairs, and are memorized and forgotten in any order."""
    model = make(encoder, **BASE)
    order = data.draw(st.permutations([(text, True) for text in kept] + [(t, False) for t in gone]))
    names = [model.memorize(text) for text, _ in order]
    leaving = [name for name, (_, stays) in zip(names, order, strict=True) if not stays]
    for name in data.draw(st.permutations(leaving)):
        model.forget(name)
    assert_same(model, once(kept, encoder).matrix)
    for name in list(model.texts):
        model.forget(name)
    assert_same(model, np.zeros_like(model.matrix))


def test_a_text_memorized_twice_is_written_once():
    model = once([TEXT])
    before = model.matrix.copy()
    name = model.memorize(TEXT)
    np.testing.assert_array_equal(model.matrix, before)
    model.forget(name)
    np.testing.assert_array_equal(model.matrix, before)
    assert model.recall(TEXT).accuracy == once([TEXT]).recall(TEXT).accuracy


@both_encoders
def test_without_repeats_both_are_the_same(encoder):
    """No pair recurs in this text: its words are all different."""
    text = "one two three four five six seven eight nine"
    assert_same(once([text], encoder), once([text], encoder, repeats="count").matrix)


def test_a_loaded_memory_forgets_exactly(tmp_path):
    model = once([TEXT, OTHER, TEXT])
    model.save(tmp_path / "memory")
    loaded = me.MeMo.load(tmp_path / "memory", backend="numpy")
    assert state(loaded) == state(model)
    for name in list(loaded.texts):
        loaded.forget(name)
    assert not loaded.matrix.any()


def test_blocks_and_backends_do_not_matter(monkeypatch):
    expected = once([TEXT, OTHER]).matrix
    strict = once([TEXT, OTHER], backend=STRICT)
    np.testing.assert_array_equal(strict.backend.to_numpy(strict.matrix), expected)
    monkeypatch.setattr("memo_edu.positions.BLOCK", 3)
    np.testing.assert_array_equal(once([TEXT, OTHER]).matrix, expected)


@both_encoders
@given(mine=texts, theirs=texts)
@examples
def test_merged_is_what_is_memorized_in_one(encoder, mine, theirs):
    """Also if both hold the same pairs; and what is forgotten afterwards is forgotten exactly."""
    model = once(mine, encoder).merge(once(theirs, encoder))
    assert_same(model, once(mine + theirs, encoder).matrix)
    for name in list(model.texts)[: len(mine)]:
        model.forget(name)
    assert_same(model, once(theirs, encoder).matrix)


def test_a_failed_merge_changes_nothing(monkeypatch):
    model, other = once([TEXT]), once([OTHER])
    before = state(model)

    def fail(matrix):
        raise me.CapacityError("full")

    with monkeypatch.context() as patch:
        patch.setattr(model._memory, "add", fail)
        with pytest.raises(me.CapacityError):
            model.merge(other)
    assert state(model) == before
    np.testing.assert_array_equal(model.merge(other).matrix, once([TEXT, OTHER]).matrix)


def test_unlike_models_and_ids_are_refused():
    model = once([TEXT])
    before = state(model)
    with pytest.raises(me.ConfigurationError, match="repeats"):
        model.merge(once([OTHER], repeats="count"))
    with pytest.raises(me.ConfigurationError, match="for texts"):
        model.memorize_ids([[1, 2, 3, 4]])
    with pytest.raises(me.NotMemorizedError):
        model.forget(OTHER)
    assert state(model) == before


@given(rows=texts, kept=texts)
@examples
def test_rows_that_go_together_are_marked_once(rows, kept):
    """Marking some rows at once is marking them one by one."""
    account, other = WrittenPairs(2, 2), WrittenPairs(2, 2)
    for pairs in (account, other):
        pairs.add(kept)
    marks = account.marks(rows)
    for row, mark in zip(rows, marks, strict=True):
        np.testing.assert_array_equal(other.marks([row])[0], mark)
        other.add([row])
    account.add(rows)
    total = sum(int(mark.sum()) for mark in account.marks(rows, memorized=True))
    assert total == len(account) - len(pairs_of(kept))


def pairs_of(rows):
    account = WrittenPairs(2, 2)
    account.add(rows)
    return account


def test_failed_forgetting_changes_nothing(monkeypatch):
    model = once([TEXT, OTHER])
    before = state(model)

    def fail(matrix):
        raise me.CapacityError("full")

    with monkeypatch.context() as patch:
        patch.setattr(model._memory, "add", fail)
        with pytest.raises(me.CapacityError):
            model.forget(TEXT)
    assert state(model) == before
    model.forget(TEXT)
    np.testing.assert_array_equal(model.matrix, once([OTHER]).matrix)


@pytest.mark.parametrize("repeats", ["twice", None, 1, ["once"]])
def test_other_words_are_refused(repeats):
    with pytest.raises(me.ConfigurationError, match="choose 'count' or 'once'"):
        make(repeats=repeats)
