"""The library equals the formulas written out in loops (oracle.py), whatever the sizes."""

import numpy as np
import pytest
from oracle import Oracle

import memo_edu as me
from memo_edu import positions

SIZES = [(2, 1), (2, 2), (2, 3), (3, 1), (3, 2), (4, 1), (4, 2), (4, 3)]  # heads, layers
# A projection's dim is a multiple of heads; binding takes any, such as a prime.
MODELS = [("projection", heads * 11, heads, layers) for heads, layers in SIZES]
MODELS += [("projection", 64, 4, 2), ("projection", 126, 3, 3)]
MODELS += [("binding", 37, heads, layers) for heads, layers in SIZES]
MODELS += [("binding", 64, 4, 2), ("binding", 101, 3, 3)]
MODELS += [("bound keys", 64, 4, 2), ("bound keys", 37, 2, 3)]
MODELS += [("bound values", 64, 4, 2), ("bound values", 66, 2, 3)]

all_models = pytest.mark.parametrize(("encoder", "dim", "heads", "layers"), MODELS)
both_encoders = pytest.mark.parametrize("encoder", ["projection", "binding"])


def make(encoder, dim, heads, layers, seed=0, **options):
    model = me.MeMo(dim, heads, layers, encoder, seed, backend="numpy", **options)
    return model, Oracle(model.encoder, model.partial_windows)


def random_text(seed, length, words):
    """A text of so many tokens, each one of a few words: many windows come more than once."""
    numbers = np.random.default_rng(seed).integers(1, words + 1, length)
    return "".join(f" w{number}" for number in numbers)


def random_ids(seed, rows, columns, vocab_size, padding=0.05):
    stream = np.random.default_rng(seed)
    ids = stream.integers(1, vocab_size, (rows, columns))
    ids[1:][stream.random((rows - 1, columns)) < padding] = 0  # the first row stays whole
    return ids


def assert_same_matrix(model, oracle):
    if oracle.binding:
        np.testing.assert_array_equal(model.matrix, oracle.matrix)
    else:
        size = np.linalg.norm(oracle.matrix)
        assert np.linalg.norm(model.matrix - oracle.matrix) <= 1e-5 * size
        np.testing.assert_allclose(model.matrix, oracle.matrix, rtol=0, atol=1e-5 * size)


def assert_same_answers(oracle, recall, expected):
    """Every answer is the oracle's best candidate, or as good as that to rounding."""
    assert len(recall.answers) == len(expected) > 0
    for answer, (_, scores) in zip(recall.answers, expected, strict=True):
        score = scores[oracle.candidates.index(answer)]
        assert score == pytest.approx(scores.max(), abs=1e-4)
    right = [token == answer for (token, _), answer in zip(expected, recall.answers, strict=True)]
    np.testing.assert_array_equal(recall.correct, right)
    assert recall.tokens == [token for token, _ in expected]


def assert_same_questions(model, oracle, text, contexts):
    """predict, explain and recall say what the oracle says."""
    for context in contexts:
        prediction = model.predict("".join(context), top=10_000)
        assert dict(prediction.candidates) == pytest.approx(oracle.scores(context), abs=2e-5)
        explanation = model.explain(context, top=10_000)
        votes = oracle.votes(context)
        for (token, _), column in zip(explanation.candidates, explanation.votes.T, strict=True):
            expected = votes[:, oracle.candidates.index(token)]
            np.testing.assert_allclose(column, expected, rtol=0, atol=2e-5)
    tokens = me.tokenize(text)
    for start in (0, 1, len(tokens) - 1):
        expected = zip(tokens[start:], oracle.recall(tokens, start), strict=True)
        assert_same_answers(oracle, model.recall(text, start), list(expected))


@all_models
def test_texts_with_repeats(encoder, dim, heads, layers):
    model, oracle = make(encoder, dim, heads, layers, seed=heads)
    texts = [random_text(seed, 90, words) for seed, words in enumerate([200, 20, 3])]
    for text in texts:
        model.memorize(text)
        oracle.memorize(me.tokenize(text))
        assert_same_matrix(model, oracle)
    tokens = me.tokenize(texts[0])
    contexts = [tokens[:n] for n in (0, 1, 2, 15, 80)] + [[*tokens[20:40], " unheard", tokens[41]]]
    assert_same_questions(model, oracle, texts[0], contexts)

    model.forget(texts[1])
    oracle.forget(me.tokenize(texts[1]))
    assert_same_matrix(model, oracle)
    assert_same_questions(model, oracle, texts[0], contexts[:2])


@all_models
def test_texts_shorter_than_the_last_window(encoder, dim, heads, layers):
    model, oracle = make(encoder, dim, heads, layers)
    for length in (2, 3, heads**layers - heads):
        if length < 2 or length + heads > heads**layers:
            continue
        text = random_text(length, length, 50)
        with pytest.warns(UserWarning, match="memorizes nothing"):
            model.memorize(text)
        oracle.memorize(me.tokenize(text))
        assert_same_matrix(model, oracle)
        assert_same_questions(model, oracle, text, [[], me.tokenize(text)[:1]])


@both_encoders
def test_the_first_text_that_fills_the_last_window(encoder):
    model, oracle = make(encoder, 36, 3, 2)
    text = random_text(0, 9 - 3 + 1, 50)  # with the begin marks 10 tokens: one window of 9
    model.memorize(text)
    oracle.memorize(me.tokenize(text))
    assert_same_matrix(model, oracle)


@both_encoders
@pytest.mark.parametrize("length", [1023, 1024, 1025, 2300])
def test_texts_longer_than_one_block(encoder, length):
    model, oracle = make(encoder, 36, 2, 3)
    text = random_text(length, length, 60)
    model.memorize(text)
    oracle.memorize(me.tokenize(text))
    assert_same_matrix(model, oracle)
    tokens = me.tokenize(text)
    expected = zip(tokens[1:], oracle.recall(tokens), strict=True)
    assert_same_answers(oracle, model.recall(text), list(expected))


@both_encoders
@pytest.mark.parametrize("block", [1, 2, 7, 64])
def test_blocks_of_any_length(encoder, block, monkeypatch):
    monkeypatch.setattr(positions, "BLOCK", block)
    model, oracle = make(encoder, 36, 2, 3)
    text = random_text(block, 130, 30)
    model.memorize(text)
    oracle.memorize(me.tokenize(text))
    assert_same_matrix(model, oracle)
    assert_same_questions(model, oracle, text, [me.tokenize(text)[:70]])


@all_models
@pytest.mark.parametrize("vocab_size", [None, 40])
def test_rows_of_ids(encoder, dim, heads, layers, vocab_size):
    model, oracle = make(encoder, dim, heads, layers, vocab_size=vocab_size)
    if vocab_size is not None:
        oracle.targets.update({token: 1 for token in range(1, vocab_size)})
    first = random_ids(0, 4, 80, 40)
    second = np.where(np.arange(80) < 70, random_ids(1, 3, 80, 4, padding=0), 0)
    for ids in (first, second):
        model.memorize_ids(ids)
        oracle.memorize_ids(ids.tolist())
        assert_same_matrix(model, oracle)
    rows = first.tolist()
    assert_same_answers(oracle, model.recall_ids(first), oracle.recall_ids(rows))
    columns = [3, 4, 17, 40, 79]
    recall = model.recall_ids(first, positions=columns)
    assert_same_answers(oracle, recall, oracle.recall_ids(rows, columns))

    model.forget_ids(second)
    oracle.forget_ids(second.tolist())
    assert_same_matrix(model, oracle)


@pytest.mark.parametrize(("heads", "layers"), SIZES)
def test_partial_windows(heads, layers, monkeypatch):
    monkeypatch.setattr(positions, "BLOCK", 50)
    model, oracle = make("projection", heads * 11, heads, layers, partial_windows=True)
    text, ids = random_text(0, 90, 40), random_ids(0, 3, 90, 40, padding=0.02)
    model.memorize(text)
    oracle.memorize(me.tokenize(text))
    assert_same_matrix(model, oracle)
    tokens = me.tokenize(text)
    assert_same_questions(model, oracle, text, [tokens[:n] for n in (0, 1, 5, 70)])

    model, oracle = make("projection", heads * 11, heads, layers, partial_windows=True)
    model.memorize_ids(ids)
    oracle.memorize_ids(ids.tolist())
    assert_same_matrix(model, oracle)
    columns = [0, 1, 2, 3, 8, 40, 89]
    for chosen in (None, columns):
        expected = oracle.recall_ids(ids.tolist(), chosen)
        assert_same_answers(oracle, model.recall_ids(ids, positions=chosen), expected)


def test_a_sample_is_some_of_the_answers():
    model, oracle = make("projection", 44, 4, 2)
    ids = random_ids(0, 3, 60, 40)
    model.memorize_ids(ids)
    oracle.memorize_ids(ids.tolist())
    sampled, whole = model.recall_ids(ids, sample=25), model.recall_ids(ids)
    everything = iter(zip(whole.tokens, whole.answers, strict=True))
    assert len(sampled.answers) == 25
    assert all(pair in everything for pair in zip(sampled.tokens, sampled.answers, strict=True))
    assert len(model.recall_ids(ids, sample=10_000).answers) == len(whole.answers)
