"""Intermediate memories: the formulas, what the penalty writes, and forgetting that undoes it."""

import json
import zipfile

import numpy as np
import pytest
from models import IDS, OTHER, TEXT, make, state, taught
from oracle import Oracle
from test_oracle import random_ids, random_text
from test_storage import pack

import memo_edu as me

settings = pytest.mark.parametrize(
    ("alpha", "penalty"), [(0.5, False), (0.0, False), (0.3, True), (1.0, True)]
)


def lower(model):
    return [memory.matrix for memory in model._lower.memories]


def close(found, expected, limit=1e-5):
    """Whether two lists of matrices are equal, relative to the size of the second."""
    pairs = list(zip(found, expected, strict=True))
    return all(np.linalg.norm(a - b) <= limit * (np.linalg.norm(b) or 1) for a, b in pairs)


def oracle_of(model):
    config = model.config
    return Oracle(model.encoder, model.partial_windows, config["alpha"], config["penalty"])


# ---- The formulas ----------------------------------------------------------------------------


@settings
@pytest.mark.parametrize(("heads", "layers"), [(2, 1), (2, 2), (2, 3), (3, 2)])
@pytest.mark.parametrize("partial", [False, True])
def test_it_equals_the_formulas_written_out(alpha, penalty, heads, layers, partial):
    sizes = {"dim": 192, "heads": heads, "layers": layers, "partial_windows": partial}
    model = make("projection", alpha=alpha, penalty=penalty, **sizes)
    oracle = oracle_of(model)
    for seed in range(3):
        text = random_text(seed, 25, words=8)
        tokens = me.tokenize(text)
        model.memorize(text, f"text {seed}")
        oracle.memorize(tokens)
        oracle.write_lower(oracle.begun(tokens))
    assert len(model._lower.memories) == layers - 1
    assert close(lower(model), oracle.lower)
    for context in ([], tokens[:1], tokens[:7], tokens[3:20], [" w1"] * 9):
        found = dict(model.predict("".join(context), top=99).candidates)
        assert found == pytest.approx(oracle.scores(context), abs=1e-4)
        explanation = model.explain("".join(context), top=1)
        assert explanation.votes.sum() == pytest.approx(max(found.values()), abs=1e-5)
    assert model.recall(text, 0).accuracy == pytest.approx(
        np.mean([scores.argmax() == oracle.candidates.index(token)
                 for token, scores in zip(tokens, oracle.recall(tokens, 0), strict=True)])
    )  # fmt: skip


@settings
def test_rows_of_ids_are_texts_one_after_another(alpha, penalty):
    model = make("projection", dim=256, vocab_size=12, alpha=alpha, penalty=penalty)
    oracle, rows = oracle_of(model), random_ids(3, rows=4, columns=20, vocab_size=12)
    model.memorize_ids(rows)
    one_by_one = make("projection", dim=256, vocab_size=12, alpha=alpha, penalty=penalty)
    for row in rows:
        one_by_one.memorize_ids(row[None])
    for _, _, piece in model._rows.split(rows):
        oracle.write_lower(piece)
    assert close(lower(model), oracle.lower)
    assert close(lower(one_by_one), lower(model), 1e-6)


def test_blocks_do_not_show(monkeypatch):
    text = random_text(0, 90, words=30)
    whole = make("projection", dim=512, alpha=0.5, penalty=True)
    whole.memorize(text)
    monkeypatch.setattr("memo_edu.positions.BLOCK", 7)
    cut = make("projection", dim=512, alpha=0.5, penalty=True)
    cut.memorize(text)
    assert (
        cut._ledger.divisors[next(iter(cut.texts))]
        == whole._ledger.divisors[next(iter(whole.texts))]
    )
    assert close(lower(cut), lower(whole), 1e-6)
    assert cut.recall(text).answers == whole.recall(text).answers


def test_alpha_1_asks_them_nothing():
    plain, penalized = taught("projection"), taught("projection", penalty=True)
    assert plain._lower.memories == []
    assert len(penalized._lower.memories) == 1
    np.testing.assert_array_equal(penalized.matrix, plain.matrix)
    assert penalized.predict("The tea").candidates == plain.predict("The tea").candidates


def test_the_last_memory_does_not_depend_on_them():
    for options in ({"alpha": 0.2}, {"alpha": 0.2, "penalty": True}):
        model = taught("projection", **options)
        np.testing.assert_array_equal(model.matrix, taught("projection").matrix)


# ---- What the penalty writes -----------------------------------------------------------------


def memory_of(text, penalty, times=1):
    model = make("projection", dim=1024, alpha=0.5, penalty=penalty)
    for _ in range(times):
        model.memorize(text)
    return model


def test_a_window_that_repeats_in_a_text_is_written_once():
    twice, once = "a b c d x y a b c d", "a b c d x y"
    model = memory_of(twice, penalty=True)
    (divisors,) = model._ledger.divisors.values()
    tokens = [-1, -1, *me.tokenize(twice)]
    windows = [tuple(tokens[i : i + 2]) for i in range(len(tokens) - 2)]
    assert divisors == [[windows.count(window) for window in windows]]
    assert max(divisors[0]) == 2
    x = model.encoder.codebook.vectors(me.tokenize(once)[1:3])
    (_, key, encoding), *_ = model.encoder.lower_windows(x)
    loudness = {
        p: float((key @ lower(memory_of(twice, p))[0] @ encoding.T)[0, 0]) for p in (True, False)
    }
    assert loudness[True] == pytest.approx(1, abs=0.2)
    assert loudness[False] == pytest.approx(2, abs=0.2)


def test_a_text_that_is_stored_is_not_written_again():
    once, twice = memory_of(TEXT, True), memory_of(TEXT, True, times=2)
    first, second = twice._ledger.divisors.values()
    assert 0 not in first[0]
    assert set(second[0]) == {0}
    np.testing.assert_array_equal(lower(twice)[0], lower(once)[0])
    assert not close(lower(memory_of(TEXT, False, times=2)), lower(once), 0.5)


def test_two_hundred_tokens_are_too_many_for_its_rounding():
    shares = []
    for count in (10, 200):
        model = memory_of("".join(f" w{i}" for i in range(count)), penalty=True)
        (divisors,) = model._ledger.divisors.values()
        shares.append(np.mean([divisor == 1 for divisor in divisors[0][2:]]))
    assert shares[0] == 1.0
    assert shares[1] < 0.8


# ---- Forgetting ------------------------------------------------------------------------------


@settings
@pytest.mark.parametrize("first", ["tea", "ship"])
def test_forgetting_undoes_what_was_written_in_any_order(alpha, penalty, first):
    model = make("projection", dim=256, alpha=alpha, penalty=penalty)
    model.memorize(TEXT + OTHER, "both")
    before = [memory.copy() for memory in lower(model)]
    model.memorize(TEXT, "tea")
    model.memorize(OTHER, "ship")
    assert not penalty or {0} < {
        n for name in ("tea", "ship") for n in model._ledger.divisors[name][0]
    }
    for name in (first, "ship" if first == "tea" else "tea"):
        model.forget(name)
    assert close(lower(model), before, 1e-6)
    model.forget("both")
    assert all(np.abs(memory).max() < 1e-5 for memory in lower(model))
    assert model._ledger.divisors == {}


@settings
def test_forgetting_rows_of_ids(alpha, penalty):
    model = make("projection", dim=256, vocab_size=12, alpha=alpha, penalty=penalty)
    model.memorize_ids(IDS)
    before = [memory.copy() for memory in lower(model)]
    model.memorize_ids(IDS[:1])
    model.memorize_ids(IDS[[1, 0, 1]])
    model.forget_ids(IDS[[0, 1]])
    model.forget_ids(IDS[[1, 0]])
    assert close(lower(model), before, 1e-6)
    model.forget_ids(IDS)
    assert all(np.abs(memory).max() < 1e-5 for memory in lower(model))
    assert model._ledger.row_divisors == {}


def test_of_equal_texts_the_latest_goes_with_what_it_wrote():
    model = memory_of(TEXT, True)
    before = lower(model)[0].copy()
    model.memorize(TEXT, "again")
    model.forget(TEXT)
    np.testing.assert_array_equal(lower(model)[0], before)
    assert len(model.texts) == 1


# ---- Merge, save, load -----------------------------------------------------------------------


@settings
def test_merging_adds_them_and_what_was_noted(alpha, penalty):
    one = make("projection", dim=256, alpha=alpha, penalty=penalty)
    two = make("projection", dim=256, alpha=alpha, penalty=penalty)
    one.memorize(TEXT, "tea")
    two.memorize(OTHER, "tea")
    two.memorize_ids([[7, 8, 9, 7, 8, 9]])
    parts = [a + b for a, b in zip(lower(one), lower(two), strict=True)]
    one.merge(two)
    assert close(lower(one), parts, 1e-6)
    one.forget("tea (2)")
    one.forget("tea")
    one.forget_ids([[7, 8, 9, 7, 8, 9]])
    assert all(np.abs(memory).max() < 1e-5 for memory in lower(one))


@pytest.mark.parametrize("other", [{"alpha": 0.4}, {"penalty": True}])
def test_merging_unlike_models_is_refused(other):
    model = taught("projection", alpha=0.5)
    before = state(model)
    with pytest.raises(me.ConfigurationError, match="can't be merged"):
        model.merge(make("projection", **{"alpha": 0.5, **other}))
    assert state(model) == before


@settings
def test_saved_and_loaded_they_go_on(alpha, penalty, tmp_path):
    model = taught("projection", layers=3, alpha=alpha, penalty=penalty)
    model.memorize_ids(IDS)
    model.save(tmp_path / "x")
    loaded = me.MeMo.load(tmp_path / "x", backend="numpy")
    assert state(loaded) == state(model)
    for a, b in zip(lower(loaded), lower(model), strict=True):
        np.testing.assert_array_equal(a, b)
    for one in (model, loaded):
        one.forget("tea")
        one.forget_ids(IDS[:1])
    for a, b in zip(lower(loaded), lower(model), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda ledger: ledger["divisors"].pop("tea"), "tea"),
        (lambda ledger: ledger["divisors"]["tea"].pop(), "not complete"),
        (lambda ledger: ledger["divisors"]["tea"][0].pop(), "not complete"),
        (lambda ledger: ledger["divisors"].update(tea=7), "one list a layer"),
        (lambda ledger: ledger["divisors"]["tea"].__setitem__(0, 7), "one list a layer"),
        (lambda ledger: ledger["divisors"]["tea"][0].__setitem__(0, 0.5), "whole number"),
        (lambda ledger: ledger.update(divisors=[]), "tea"),
        (lambda ledger: ledger.update(row_divisors={}), "rows of ids"),
    ],
)
def test_a_forged_note_is_refused(change, message, tmp_path):
    model = taught("projection", alpha=0.5, penalty=True)
    model.memorize_ids(IDS)
    model.save(tmp_path / "x")
    with zipfile.ZipFile(tmp_path / "x") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    ledger = json.loads(parts["ledger.json"])
    change(ledger)
    pack(tmp_path / "x", {**parts, "ledger.json": json.dumps(ledger).encode()})
    with pytest.raises(me.FileFormatError, match=message):
        me.MeMo.load(tmp_path / "x", backend="numpy")


# ---- Bad input -------------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", [-0.1, 1.1, float("nan"), "half", True, None, [0.5]])
def test_alpha_is_a_share(alpha):
    with pytest.raises(me.ConfigurationError, match="from 0 to 1"):
        make("projection", alpha=alpha)


@pytest.mark.parametrize("options", [{"alpha": 0.5}, {"penalty": True}])
def test_they_are_for_the_projection(options):
    with pytest.raises(me.ConfigurationError, match="projection encoder"):
        make("binding", **options)


def test_notes_that_do_not_fit_change_nothing():
    model = taught("projection", alpha=0.5, penalty=True)
    model._ledger.divisors["tea"][0].append(1)
    before, memories = state(model), lower(model)
    with pytest.raises(me.InputError, match="does not fit"):
        model.forget("tea")
    assert state(model) == before
    for a, b in zip(lower(model), memories, strict=True):
        np.testing.assert_array_equal(a, b)
