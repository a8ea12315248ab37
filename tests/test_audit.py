"""An audit finds what is left of a text, says what others hold of it, and is seldom wrong."""

import os

import array_api_strict
import numpy as np
import pytest
from models import OTHER, TEXT, both_encoders, make, state, taught

import memo_edu as me
from memo_edu import scale, theory
from memo_edu.audit import _p_noise
from memo_edu.ledger import Note
from memo_edu.memory import noise_probability
from memo_edu.results import show_token

SECRET = "Zanzibar xylophones quarrel while the cup is red, and nobody listens."
WORDS = [f"w{number}" for number in range(3000)]
STREAM = np.random.default_rng


def model_for(encoder, **options):
    return taught(encoder, dim=256, **options)


def random_text(stream, count=40):
    return " ".join(stream.choice(WORDS, count))


def plant(model, text, weight=1.0):
    """Add a text to the matrix alone, as forgetting would leave it if it failed."""
    other = model.blank()
    other.memorize(text)
    model._memory.add(weight * other.matrix)


# ---- Forgotten, kept, never read -------------------------------------------------------------


def test_forgotten_with_binding_is_certified():
    model = model_for("binding")
    model.memorize(SECRET, "secret")
    model.forget("secret")
    found = me.audit(model, SECRET)
    assert (found.names, found.difference, found.words) == ([], 0.0, [])
    assert found.certified
    assert not found.found
    assert found.above == 0
    assert found.verdict.startswith("Gone: bit for bit")
    assert found.recall.accuracy < 0.5


def test_forgotten_with_the_projection_is_gone_to_rounding():
    model = model_for("projection")
    model.memorize(SECRET, "secret")
    model.memorize(random_text(STREAM(0)), "more")
    model.forget("secret")
    found = me.audit(model, SECRET)
    assert 0 < found.difference < 1e-4
    assert not found.certified
    assert not found.found
    assert found.verdict.startswith("Gone: but for rounding")


@both_encoders
def test_never_read_is_as_forgotten(encoder):
    model = model_for(encoder)
    before = me.audit(model, SECRET)
    model.memorize(SECRET, "secret")
    model.forget("secret")
    after = me.audit(model, SECRET)
    assert not before.found
    assert not after.found
    assert before.shared == after.shared
    assert before.recall.answers == after.recall.answers


@both_encoders
def test_memorized_is_told_with_every_name(encoder):
    model = model_for(encoder)
    model.memorize(TEXT, "again")
    found = me.audit(model, TEXT)
    assert found.names == ["tea", "again"]
    assert found.recall.accuracy == 1.0
    assert not found.found
    assert found.verdict == "Memorized now, as 'tea', 'again'."
    assert found.shared == []


@both_encoders
def test_the_model_is_unchanged(encoder):
    model = model_for(encoder)
    before, vectors = state(model), len(model._vocabulary)
    me.audit(model, SECRET)
    assert (state(model), len(model._vocabulary)) == (before, vectors)


@both_encoders
def test_an_empty_memory(encoder):
    model = make(encoder)
    assert me.audit(model, SECRET).certified
    plant(model, SECRET)
    assert me.audit(model, SECRET).found


# ---- What others share -----------------------------------------------------------------------


def held(row, text, heads):
    """Which positions of a row a text holds, with all windows spelled out."""
    mark = ["^"] * heads
    grams = {tuple((mark + text)[i : i + heads + 1]) for i in range(len(text))}
    return [tuple((mark + row)[i : i + heads + 1]) in grams for i in range(len(row))]


@both_encoders
@pytest.mark.parametrize("seed", range(4))
def test_shared_phrases_are_those_that_other_texts_hold(encoder, seed):
    stream = STREAM(seed)
    texts = [" ".join(stream.choice(["a", "b", "c"], 14)) for _ in range(3)]
    model = make(encoder)
    for name, text in zip("xyz", texts, strict=True):
        model.memorize(text, name)
    model.forget("x")
    found = me.audit(model, texts[0])
    tokens = [me.tokenize(text) for text in texts]
    by_name = {n: held(tokens[0], t, 2) for n, t in zip("yz", tokens[1:], strict=True)}
    runs, last = [], []
    for i in range(len(tokens[0])):
        names = [name for name in "yz" if by_name[name][i]]
        if names and names == last:
            runs[-1] = (runs[-1][0] + tokens[0][i], names)
        elif names:
            runs.append(("".join(tokens[0][max(0, i - 2) : i + 1]), names))
        last = names
    assert found.shared == sorted(runs, key=lambda run: -len(run[0]))
    assert not found.found


def test_what_is_shared_is_explained_and_can_be_recalled():
    model = model_for("binding")
    model.memorize(SECRET, "secret")
    model.forget("secret")
    found = me.audit(model, SECRET)
    assert found.shared == [(" cup is red, and", ["tea"])]
    assert "stays, as tea has it: ·cup·is·red,·and" in repr(found)
    assert found.recall.correct[me.tokenize(SECRET).index(" red")]


# ---- What is left is found -------------------------------------------------------------------


@both_encoders
@pytest.mark.parametrize("weight", [1, 2, -1])
def test_a_whole_text_that_is_left_is_found(encoder, weight):
    model = model_for(encoder)
    plant(model, SECRET, weight)
    found = me.audit(model, SECRET)
    assert not found.certified
    assert found.difference > 1
    assert found.found
    assert found.above > 5
    assert found.verdict.startswith("Something of it")


@both_encoders
def test_one_phrase_that_is_left_is_found(encoder):
    model = model_for(encoder)
    plant(model, "xylophones quarrel while the")
    found = me.audit(model, "xylophones quarrel while the cup is red, and nobody listens.")
    assert found.found
    assert 1 <= found.above <= 5


@pytest.mark.parametrize("weight", [1e-2, 1e-3])
def test_a_faint_residue_is_found(weight):
    model = model_for("projection")
    plant(model, SECRET, weight)
    found = me.audit(model, SECRET)
    assert found.found
    assert found.difference < 0.1


def test_another_text_that_is_left_is_not_taken_for_it():
    model = model_for("binding")
    plant(model, random_text(STREAM(1)))
    found = me.audit(model, SECRET)
    assert found.difference > 1
    assert not found.found
    assert "something else is left" in found.verdict


def test_one_number_that_is_wrong_is_no_certificate():
    model = model_for("binding")
    model.matrix[3, 4] += 1
    found = me.audit(model, SECRET)
    assert found.difference == pytest.approx(1 / 256)
    assert not found.certified
    assert "something else is left" in found.verdict


@both_encoders
def test_a_memorized_text_that_is_written_twice_is_found(encoder):
    model = model_for(encoder)
    plant(model, TEXT)
    found = me.audit(model, TEXT)
    assert found.names == ["tea"]
    assert found.found


@both_encoders
def test_a_word_that_is_left_is_found(encoder):
    model = model_for(encoder)
    model._ledger.targets["Zanzibar"] = 1
    model._update_candidates()
    found = me.audit(model, SECRET)
    assert found.words == ["Zanzibar"]
    assert found.found
    assert not found.certified
    assert "words left: Zanzibar" in repr(found)


# ---- How often it is wrong -------------------------------------------------------------------


def expect_levels(model):
    """Of unseen texts, about as many are taken for residues as the level promises."""
    count = 2000 if "MEMO_EDU_THOROUGH" in os.environ else 300
    stream = STREAM(5)
    found = [me.audit(model, random_text(stream)).p_noise for _ in range(count)]
    rare, less_rare = (np.mean(np.array(found) < level) for level in (0.01, 0.1))
    print(
        f"{count:,} unseen texts: false alarms {rare:.1%} at the 1 % level, {less_rare:.1%} at 10 %"
    )
    assert rare <= 0.03
    assert 0.04 <= less_rare <= 0.16


def with_rounding(encoder):
    model = make(encoder, dim=128)
    stream = STREAM(3)
    for name in "abc":
        model.memorize(random_text(stream, 150), name)
    model.forget("b")
    model.forget("a")
    return model


def test_false_alarms_are_as_many_as_promised_of_rounding():
    model = with_rounding("projection")
    assert me.audit(model, SECRET).difference > 0
    expect_levels(model)


def test_false_alarms_are_as_many_as_promised_beside_another_text():
    model = with_rounding("binding")
    plant(model, random_text(STREAM(4)))
    expect_levels(model)


def test_the_votes_are_standard_normal_where_nothing_is_left():
    model = with_rounding("projection")
    stream = STREAM(6)
    votes = np.concatenate([me.audit(model, random_text(stream)).votes for _ in range(40)])
    assert abs(votes.mean()) < 4 / len(votes) ** 0.5
    assert abs(votes.std() - 1) < 0.05


def test_p_noise_is_a_probability_whose_level_is_right():
    stream = np.random.default_rng(0)
    drawn = [(stream.standard_normal(30), stream.standard_normal()) for _ in range(4000)]
    values = np.array([_p_noise(*votes) for votes in drawn])
    assert values.max() <= 1
    for level in (0.01, 0.1):
        share = np.mean(values < level)
        assert 0.7 * level < share <= level + 3 * (level / 4000) ** 0.5


@pytest.mark.parametrize(("count", "level"), [(1, 0.5), (40, 0.005), (2215, 0.01), (10**9, 0.01)])
def test_the_threshold_is_passed_as_often_as_it_says(count, level):
    passed = noise_probability(theory.threshold(count, level), [1.0], [count])
    assert passed == pytest.approx(level, rel=1e-6)


@pytest.mark.parametrize(("count", "level"), [(0, 0.01), (1.5, 0.01), (5, 0), (5, 1), (5, "a")])
def test_no_threshold(count, level):
    with pytest.raises(me.InputError):
        theory.threshold(count, level)


# ---- What can't be rebuilt -------------------------------------------------------------------


@both_encoders
def test_a_corpus_can_not_be_rebuilt(encoder, tmp_path):
    model = model_for(encoder)
    (tmp_path / "whales.txt").write_text("Whales sing of krill, and of deep water.")
    scale.memorize_corpus(tmp_path / "whales.txt", model)
    found = me.audit(model, SECRET)
    assert found.difference is None
    assert not found.certified
    assert not found.found
    assert "of texts that came from files only a hash is kept" in found.verdict
    assert len(found.votes) == (10 if encoder == "binding" else 0)  # 13, and 3 are shared
    plant(model, SECRET)
    assert me.audit(model, SECRET).found == (encoder == "binding")


def test_words_that_a_corpus_may_explain_are_not_left():
    model = model_for("binding")
    model._ledger.add_note("file", Note.of(me.tokenize(OTHER)), {"Zanzibar": 1})
    assert me.audit(model, SECRET).words == []


def test_rows_of_ids_can_not_be_rebuilt():
    model = model_for("binding")
    model.memorize_ids([[1, 2, 3, 4, 5]])
    assert "of rows of ids only a hash is kept" in me.audit(model, SECRET).verdict


def test_a_penalty_can_not_be_rebuilt():
    found = me.audit(model_for("projection", penalty=True), SECRET)
    assert "a penalty" in found.verdict
    assert len(found.votes) == 0


# ---- Options, backends, pages ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoder", "options"),
    [
        ("binding", {"repeats": "once"}),
        ("projection", {"alpha": 0.5}),
        ("projection", {"partial_windows": True}),
        ("projection", {"repeats": "once"}),
        ("bound keys", {}),
        ("bound values", {}),
    ],
)
def test_options(encoder, options):
    model = model_for(encoder, **options)
    model.memorize(SECRET, "secret")
    model.forget("secret")
    assert me.audit(model, SECRET).verdict.startswith("Gone")
    plant(model, SECRET)
    assert me.audit(model, SECRET).found


def test_a_lower_memory_that_differs_is_seen():
    model = model_for("projection", alpha=0.5)
    matrix = model._lower.memories[0].matrix
    matrix[0, 0] = matrix[0, 0] + 1
    assert me.audit(model, SECRET).difference == pytest.approx(1, rel=1e-3)


@both_encoders
def test_on_a_strict_namespace(encoder):
    strict = me.get_backend(array_api_strict, device=array_api_strict.Device("device1"))
    found = []
    for backend in (strict, "numpy"):
        model = model_for(encoder, backend=backend)
        plant(model, SECRET[:40])
        found.append(me.audit(model, SECRET))
    np.testing.assert_allclose(found[0].votes, found[1].votes, rtol=1e-3, atol=1e-3)
    assert found[0].difference == pytest.approx(found[1].difference, rel=1e-5)


def test_a_text_is_shown_as_text():
    evil = "<script>alert(1)</script> is 'not' \"run\" & <b>never</b> bold here."
    model = make()
    model.memorize(evil, "<i>evil</i>")
    model.memorize(evil + " Twice.", "</td><script>")
    model._ledger.targets["<img src=x>"] = 1
    for text in (evil, evil + " <img src=x>"):
        page = me.audit(model, text)._repr_html_()
        for tag in ("<script", "<i>", "<b>never", "</script", "<img"):
            assert tag not in page
    assert "&lt;script&gt;" in page


def test_long_lists_are_cut():
    model = make()
    phrases = [f"x{i} y{i} z{i}." for i in range(30)]
    for phrase in phrases:
        model.memorize(phrase)
    found = me.audit(model, " Well ".join(phrases))
    assert len(found.shared) == 30
    assert "stays, as other texts have it: 10 more" in repr(found)


@pytest.mark.parametrize(("model", "text"), [(None, TEXT), ("model", TEXT)])
def test_no_model(model, text):
    with pytest.raises(me.InputError, match="audit takes a MeMo"):
        me.audit(model, text)


@pytest.mark.parametrize("text", [5, None, "", "word", ["a", "b"]])
def test_no_text(text):
    with pytest.raises(me.InputError):
        me.audit(taught(), text)


def test_a_model_for_ids_has_no_texts():
    with pytest.raises(me.InputError):
        me.audit(make(vocab_size=10), OTHER)


def test_tokens_are_shown_with_their_white_space():
    assert show_token(" cup") in repr(me.audit(taught(), "A cup is red, and big."))
