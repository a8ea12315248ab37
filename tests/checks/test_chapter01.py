"""Chapter 01's checks: the solution is right, the stub not attempted, each mistake named."""

import numpy as np
import pytest
from exercises import refused

from memo_edu.checks.chapter01 import chapter
from memo_edu.codebook import random_stream


def _norms(A, axis=1):
    return np.linalg.norm(A, axis=axis, keepdims=True)


def _cosines(A):
    return (A / _norms(A)) @ (A / _norms(A)).T


def _cosines_in_place(A):
    A /= _norms(A)
    return A @ A.T


COSINES = [
    (lambda A: A @ A.T, "dot products"),
    (lambda A: A @ A.T / A.shape[1], "±1"),
    (lambda A: A @ A.T / _norms(A), "both rows"),
    (lambda A: A @ A.T / _norms(A) ** 2, "one norm twice"),
    (lambda A: A @ A.T / (_norms(A) @ _norms(A).T) ** 2, "ROOT"),
    (lambda A: _cosines(A.T), "compares the columns"),
    (lambda A: A.T @ A, "products of the columns"),
    (lambda A: (A / _norms(A)[:, 0]) @ (A / _norms(A)[:, 0]).T, "keepdims"),
    (lambda A: (A / _norms(A, 0)) @ (A / _norms(A, 0)).T, "axis 1"),
    (lambda A: A @ A.T / np.linalg.norm(A) ** 2, "whole array"),
    (lambda A: A @ A.T / np.linalg.norm(A), "name the axis"),
    (lambda A: abs(_cosines(A)), "sign"),
    (np.corrcoef, "correlations"),
    (lambda A: _cosines(A)[0, 1], "one pair"),
    (lambda A: _cosines(A)[0], "shape"),
    (lambda A: 1 - _cosines(A), "not right yet"),
]


def _stream(seed):
    return random_stream("a learner", seed)


def _normal(count, dim, seed):
    return _stream(seed).standard_normal((count, dim))


def _same_row(count, dim, seed):
    return np.array([_normal(1, dim, seed)[0] for _ in range(count)]) / np.sqrt(dim)


def _unit_rows(count, dim, seed):
    rows = _normal(count, dim, seed)
    return rows / _norms(rows)


def _coin(count, dim, seed):
    return _stream(seed).choice([-1, 1], (count, dim))


def _flat(count, dim, seed):
    edge = np.sqrt(3 / dim)
    return _stream(seed).uniform(-edge, edge, (count, dim))


def _alike(count, dim, seed):
    own, shared = _normal(count, dim, seed), _normal(1, dim, seed + 1)
    return (0.8 * own + 0.6 * shared) / np.sqrt(dim)


RNG = np.random.default_rng()
CODEBOOKS = [
    (_normal, "scaling is missing"),
    (lambda V, d, seed: _normal(V, d, seed) / d, "far too short"),
    (lambda V, d, seed: _normal(V, d, seed) * np.sqrt(d), "multiplied"),
    (lambda V, d, seed: _normal(V, d, seed) / d**0.25, "one root too many"),
    (lambda V, d, seed: _normal(V, d, seed) / np.sqrt(V), "how many"),
    (lambda V, d, seed: _normal(V, d, seed) / np.sqrt(d / 2), "should be about 1"),
    (lambda V, d, seed: _normal(d, V, seed) / np.sqrt(d), "on its side"),
    (lambda V, d, seed: _normal(1, d, seed)[0] / np.sqrt(d), "shape"),
    (_same_row, "same vector"),
    (lambda V, d, seed: np.tile(_normal(V, 1, seed), d) / np.sqrt(d), "repeats one number"),
    (lambda V, d, seed: _stream(seed).random((V, d)) / np.sqrt(d), "mean"),
    (_unit_rows, "exactly 1"),
    (lambda V, d, seed: _coin(V, d, seed) / np.sqrt(d), "coin"),
    (_coin, "whole numbers"),
    (_flat, "not a bell"),
    (_alike, "resemble"),
    (lambda V, d, seed: RNG.standard_normal((V, d)) / np.sqrt(d), "same seed"),
    (lambda V, d, seed: _normal(V, d, 0) / np.sqrt(d), "different seeds"),
    (lambda V, d, seed: _normal(V, d, seed) * np.nan, "finite"),
]


def _half_way_up(vector, E):
    return int(np.argmax(E @ vector)) // 2


CLEAN_UPS = [
    (lambda v, E: np.argmax(abs(E @ v)), "NEGATIVE"),
    (lambda v, E: np.argmin(E @ v), "least"),
    (lambda v, E: np.argmin(np.linalg.norm(E - v, axis=1)), "distance"),
    (lambda v, E: np.argmax(v @ E), "columns"),
    (lambda v, E: np.argmax(E @ v) + 1, "from 0"),
    (lambda v, E: E @ v, "scores of all"),
    (lambda v, E: E[np.argmax(E @ v)], "vector itself"),
    (lambda v, E: np.max(E @ v), "where it stands"),
    (lambda v, E: np.argsort(E @ v)[-2:], "shape"),
    (lambda v, E: 1.5, "whole number"),
    (_half_way_up, "not the row"),
]


def _greedy(bag, E, k, score=lambda E, bag: E @ bag, take=lambda row, score: row):
    found = []
    for _ in range(k):
        scores = score(E, bag)
        best = int(np.argmax(scores))
        found.append(best)
        bag = bag - take(E[best], scores[best])
    return found


def _in_place(bag, E, k):
    for _ in range(k):
        bag -= E[np.argmax(E @ bag)]
    return [0] * k


BAGS = [
    (lambda bag, E, k: np.argsort(E @ bag)[-k:], "different words only"),
    (lambda bag, E, k: np.argsort(E @ bag)[:k], "least"),
    (lambda bag, E, k: np.argsort(abs(E @ bag))[-k:], "NEGATIVE"),
    (lambda bag, E, k: [int(np.argmax(E @ bag))] * k, "same word every time"),
    (lambda bag, E, k: _greedy(bag, E, k, take=lambda row, score: score * row), "one copy"),
    (lambda bag, E, k: sorted(set(_greedy(bag, E, k))), "as often"),
    (lambda bag, E, k: np.argsort(E @ bag)[-k:-1], "you listed"),
    (lambda bag, E, k: E @ bag, "scores of all"),
    (lambda bag, E, k: np.sort(E @ bag)[-k:], "where they stand"),
    (lambda bag, E, k: int(np.argmax(E @ bag)), "one thing"),
    (lambda bag, E, k: E[_greedy(bag, E, k)], "flat list"),
    (lambda bag, E, k: [row // 2 for row in _greedy(bag, E, k)], "not in it"),
    (_in_place, "in place"),
]

WRONG = {
    "1.1": [*COSINES, (_cosines_in_place, "in place")],
    "1.2": CODEBOOKS,
    "1.3": CLEAN_UPS,
    "1.4": BAGS,
}


@pytest.mark.parametrize("number", WRONG)
def test_each_mistake_is_refused_by_its_own_message(number):
    refused(chapter, number, WRONG[number])


@pytest.mark.parametrize(
    ("number", "function"),
    [
        ("1.1", lambda A: [[a @ b / np.sqrt((a @ a) * (b @ b)) for b in A] for a in A]),
        ("1.2", lambda V, d, s: np.random.default_rng(s).normal(0, d**-0.5, (V, d))),
        ("1.3", lambda v, E: int(np.argmax(E @ v / np.linalg.norm(E, axis=1)))),
        ("1.3", lambda v, E: max(range(len(E)), key=lambda row: E[row] @ v)),
        ("1.4", lambda bag, E, k: np.array(_greedy(bag, E, k))[::-1]),
        ("1.4", lambda bag, E, k: np.repeat(range(200), np.rint((E @ bag).clip(0)).astype(int))),
    ],
)
def test_other_right_answers_are_right(number, function):
    assert chapter.check(number, function).status == "right", chapter.check(number, function)
