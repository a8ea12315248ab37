"""Chapter 04's checks: the solution is right, the stub not attempted, each mistake named."""

from collections import Counter

import numpy as np
import pytest
from exercises import functions, refused

from memo_edu.checks.chapter04 import chapter
from memo_edu.codebook import random_stream
from memo_edu.encoders import ProjectionEncoder

SOLUTIONS = functions("04", solved=True)
key, keys, cosines, quiet = (SOLUTIONS[f"4.{i}"] for i in (1, 2, 3, 4))


def _key_in_place(vectors, W):
    vectors /= np.sqrt(len(vectors))
    return (vectors @ W).ravel()


def _one_by_one(vectors, W, h):
    return [key(vectors[i : i + h], W) for i in range(len(vectors) - h + 1)]


def _growing(vectors, W, h):
    n, d = vectors.shape
    found = np.zeros((n, d))
    for j in range(h):
        width = d // h
        moved = (vectors @ W)[: n - j]
        found[j:, d - (j + 1) * width : d - j * width] = moved / np.sqrt(h)
    return found[h - 1 :]


def _view_shuffled(vectors, W, h):
    pieces = np.lib.stride_tricks.sliding_window_view(vectors @ W, h, axis=0)
    return pieces.reshape(len(pieces), -1) / np.sqrt(h)


def _view(vectors, W, h):
    pieces = np.lib.stride_tricks.sliding_window_view(vectors @ W, h, axis=0)
    return pieces.transpose(0, 2, 1).reshape(len(pieces), -1) / np.sqrt(h)


def _windows(tokens, h):
    return [tokens[i : i + h] for i in range(len(tokens) - h + 1)]


def _agree(tokens, h):
    windows = np.array(_windows(tokens, h))
    return (windows[:, None] == windows).mean(axis=2)


def _compare(compare):
    """Make an answer that compares every window with every window."""
    return lambda t, h: np.array(
        [[compare(a, b, h) for b in _windows(t, h)] for a in _windows(t, h)]
    )


def _until_they_differ(a, b, h):
    same = 0
    while same < h and a[same] == b[same]:
        same += 1
    return same / h


def _spoiling(tokens, h):
    right = _agree(tokens, h)
    tokens.sort()
    return right


def _gaussian(d, h, seed):
    return random_stream("test", seed).standard_normal((d, d // h))


def _gram_schmidt(d, h, seed):
    columns = []
    for column in _gaussian(d, h, seed).T:
        for other in columns:
            column = column - (column @ other) / h * other
        columns.append(column * np.sqrt(h / (column @ column)))
    return np.array(columns).T


def _cut(d, h, seed):
    rows = random_stream("test", seed).permutation(d)[: d // h]
    W = np.zeros((d, d // h))
    W[rows, range(d // h)] = np.sqrt(h)
    return W


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        ("4.1", lambda x, W: np.concatenate([row @ W for row in x]) / len(x) ** 0.5),
        ("4.1", lambda x, W: np.hstack(list(x @ W / np.sqrt(x.shape[0])))),
        ("4.2", _one_by_one),
        ("4.2", _growing),
        ("4.2", _view),
        ("4.3", _agree),
        ("4.3", _compare(lambda a, b, h: np.mean([s == t for s, t in zip(a, b, strict=True)]))),
        ("4.4", _gram_schmidt),
        ("4.4", lambda d, h, seed: quiet(d, h, seed).astype("float32")),
        ("4.4", lambda d, h, seed: np.linalg.svd(_gaussian(d, h, seed), False)[0] * h**0.5),
    ],
)
def test_other_ways_are_right_too(number, answer):
    outcome = chapter.check(number, answer)
    assert outcome.status == "right", outcome


@pytest.mark.parametrize(("dim", "heads"), [(8, 2), (64, 4)])
def test_the_solutions_are_what_the_library_does(dim, heads):
    encoder = ProjectionEncoder(dim, heads, layers=1, backend="numpy")
    vectors = encoder.codebook.vectors(["tea", "cup", "cat", "moon", "cup", "key", "door"])
    found = keys(vectors, encoder.W[0], heads)
    np.testing.assert_allclose(found, encoder.keys(vectors)[0][heads - 1 :], atol=1e-6)
    np.testing.assert_allclose(found[-1], key(vectors[-heads:], encoder.W[0]), atol=1e-6)


WRONG = {
    "4.1": [
        (lambda x, W: (x @ W).ravel(), "root is missing"),
        (lambda x, W: (x @ W).ravel() / len(x), "divide by h"),
        (lambda x, W: (x @ W).ravel() * np.sqrt(len(x)), "multiply"),
        (lambda x, W: (x @ W).ravel() / np.sqrt(len(W)), "root of d"),
        (lambda x, W: (x @ W).ravel() / np.sqrt(len(W.T)), "root of d/h"),
        (lambda x, W: (x @ W).ravel() / np.linalg.norm(x @ W), "norm 1 exactly"),
        (lambda x, W: (x @ W).sum(axis=0) / np.sqrt(len(x)), "no order"),
        (lambda x, W: key(x[::-1], W), "oldest"),
        (lambda x, W: (x @ W).T.ravel() / np.sqrt(len(x)), "shuffled"),
        (lambda x, W: (x @ W) / np.sqrt(len(x)), "still in h rows"),
        (lambda x, W: x[-1] @ W / np.sqrt(len(x)), "newest"),
        (lambda x, W: x.ravel() / np.sqrt(len(x)), "whole vectors"),
        (lambda x, W: key(x, W) + 1, "not right yet"),
        (_key_in_place, "in place"),
        (lambda x, W: None, "returns nothing"),
        (lambda x, W: x.T @ W, "ValueError"),
    ],
    "4.2": [
        (lambda x, W, h: keys(x, W, h)[:-1], "last window is missing"),
        (lambda x, W, h: keys(x, W, h)[1:], "first window is missing"),
        (lambda x, W, h: keys(x, W, h) + 1, "not right yet"),
        (
            lambda x, W, h: keys(np.vstack([0 * x[: h - 1], x]), W, h),
            "filled up",
        ),
        (
            lambda x, W, h: np.vstack([np.zeros((h - 1, len(W))), keys(x, W, h)]),
            "before the text",
        ),
        (
            lambda x, W, h: (x @ W)[: len(x) // h * h].reshape(-1, len(W)) / np.sqrt(h),
            "don't overlap",
        ),
        (lambda x, W, h: keys(x, W, h) * np.sqrt(h), "root is missing"),
        (lambda x, W, h: keys(x, W, h) / np.sqrt(h), "divide by h"),
        (lambda x, W, h: keys(x, W, h) * h, "multiply"),
        (lambda x, W, h: keys(x, W, h) * np.sqrt(h / len(W)), "root of d."),
        (lambda x, W, h: keys(x, W, h) * np.sqrt(h / len(W.T)), "root of d/h"),
        (
            lambda x, W, h: [k / np.linalg.norm(k) for k in keys(x, W, h)],
            "norm 1 exactly",
        ),
        (lambda x, W, h: [key(x[i : i + h][::-1], W) for i in range(len(x) - h + 1)], "oldest"),
        (lambda x, W, h: keys(x, W, h)[::-1], "reverse"),
        (_view_shuffled, "shuffled"),
        (lambda x, W, h: keys(x, W, h).reshape(len(x) - h + 1, h, -1), "still in h rows"),
        (
            lambda x, W, h: keys(x, W, h).reshape(len(x) - h + 1, h, -1).sum(axis=1),
            "no order",
        ),
        (lambda x, W, h: keys(x, W, h).T, "in columns"),
        (
            lambda x, W, h: np.vstack([(x @ W)[j : len(x) - h + 1 + j] for j in range(h)]) / h**0.5,
            "vstack",
        ),
        (lambda x, W, h: keys(x, W, h).ravel(), "one long row"),
        (
            lambda x, W, h: [x[i : i + h].ravel() for i in range(len(x) - h + 1)],
            "whole vectors",
        ),
        (lambda x, W, h: None, "returns nothing"),
        (lambda x, W, h: x.T @ W, "ValueError"),
    ],
    "4.3": [
        (lambda t, h: h * _agree(t, h), "counts"),
        (_compare(lambda a, b, h: len({*a} & {*b}) / h), "wherever"),
        (_compare(lambda a, b, h: float(a == b)), "share"),
        (_compare(_until_they_differ), "stop at the first"),
        (_compare(lambda a, b, h: _until_they_differ(a[::-1], b[::-1], h)), "from the newest"),
        (lambda t, h: 1 - _agree(t, h), "differ. Equal"),
        (lambda t, h: _agree(t, h) ** 0.5, "root too many"),
        (lambda t, h: _agree(t, h) ** 2, "squared"),
        (lambda t, h: _agree(t, h) * h**0.5, "divide by √h"),
        (lambda t, h: _agree(t, h) - np.eye(len(t) - h + 1), "with itself"),
        (lambda t, h: np.triu(_agree(t, h)), "half of the table"),
        (lambda t, h: _agree(t[:-1], h), "n - h + 1"),
        (lambda t, h: _agree(t, 1), "single tokens"),
        (lambda t, h: _agree(t, h)[0], "all with all"),
        (lambda t, h: _agree(t, h) / 2, "not right yet"),
        (_spoiling, "changes the list"),
        (lambda t, h: None, "returns nothing"),
        (lambda t, h: t[99], "IndexError"),
    ],
    "4.4": [
        (lambda d, h, seed: _gaussian(d, h, seed) * np.sqrt(h / d), "columns overlap"),
        (
            lambda d, h, seed: (
                _gaussian(d, h, seed) / np.linalg.norm(_gaussian(d, h, seed), axis=0) * np.sqrt(h)
            ),
            "still overlap",
        ),
        (lambda d, h, seed: quiet(d, h, seed) / np.sqrt(h), "norm is 1"),
        (lambda d, h, seed: quiet(d, h, seed) * np.sqrt(h), "norm h. Their"),
        (lambda d, h, seed: quiet(d, h, seed) * np.sqrt(d / h), "squared norm d."),
        (lambda d, h, seed: quiet(d, h, seed) * np.sqrt(d) / h, "d/h"),
        (lambda d, h, seed: quiet(d, h, seed) / np.sqrt(d), "one entry"),
        (lambda d, h, seed: quiet(d, h, seed) / h, "divided by"),
        (lambda d, h, seed: quiet(d, h, seed) * 3, "squared norms are not h"),
        (_cut, "rows are 0"),
        (lambda d, h, seed: quiet(d, h, 0), "Another seed"),
        (
            lambda d, h, seed, calls=Counter(): quiet(d, h, calls.update([1]) or calls[1]),
            "second time",
        ),
        (lambda d, h, seed: quiet(d, h, seed).T, "on its side"),
        (
            lambda d, h, seed: np.linalg.qr(random_stream("t", seed).standard_normal((d, d)))[0],
            "square",
        ),
        (lambda d, h, seed: np.linalg.qr(_gaussian(d, h, seed)), "several"),
        (lambda d, h, seed: quiet(d, h, seed)[:, :-1], "docstring"),
        (lambda d, h, seed: quiet(d, h, seed) * np.nan, "not numbers"),
        (lambda d, h, seed: None, "returns nothing"),
        (lambda d, h: None, "TypeError"),
    ],
}


@pytest.mark.parametrize("number", WRONG)
def test_each_mistake_is_refused_by_its_own_message(number):
    refused(chapter, number, WRONG[number])


@pytest.mark.parametrize(
    "compare",
    [
        lambda a, b, h: (Counter(a) & Counter(b)).total() / h,
        lambda a, b, h: sum(token in b for token in a) / h,
        lambda a, b, h: len({*a} & {*b}) / len({*a} | {*b}),
    ],
)
def test_tokens_in_other_places_do_not_count_however_they_are_counted(compare):
    refused_for = chapter.check("4.3", _compare(compare))
    assert refused_for.status == "wrong"
    assert "wherever" in refused_for.message
