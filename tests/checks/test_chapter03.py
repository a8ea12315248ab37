"""Chapter 03's checks: the solution is right, the stub not attempted, each mistake named."""

import bisect
from statistics import NormalDist

import numpy as np
import pytest
from exercises import functions, refused

from memo_edu import theory
from memo_edu.checks.chapter03 import chapter
from memo_edu.codebook import random_stream

SOLUTIONS = functions("03", solved=True)
PHI = np.vectorize(NormalDist().cdf)
X = np.linspace(-8, 8, 1601)
BELL = np.exp(-(X**2) / 2) / np.sqrt(2 * np.pi) * 0.01


def _by_dice(sigma, V):
    """Throw the right score and each of its rivals, and count who wins."""
    stream, wins = random_stream("dice", V), 0
    for _ in range(40):
        right = 1 + sigma * stream.standard_normal(250)
        rivals = sigma * stream.standard_normal((250, V - 1))
        wins += (right > rivals.max(axis=1)).sum()
    return wins / 10_000


def _by_lucky_draws(sigma, V):
    x = random_stream("luck").standard_normal(10_000)
    return (PHI(1 / sigma + x) ** (V - 1)).mean()


def _pair_by_pair(K, right, E):
    C = np.zeros((K.shape[1], E.shape[1]))
    for key, row in zip(K, right, strict=True):
        C += np.outer(key, E[row])
    hits = [np.argmax(E @ (key @ C)) == row for key, row in zip(K, right, strict=True)]
    return sum(hits) / len(hits)


def _bisect(recall_at, accuracy):
    return bisect.bisect(range(1, 10**9), -accuracy, key=lambda M: -recall_at(M))


def _bits(recall_at, accuracy):
    M = 1
    while recall_at(2 * M) >= accuracy:
        M *= 2
    step = M
    while step > 1:
        step //= 2
        if recall_at(M + step) >= accuracy:
            M += step
    return np.int64(M)


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        ("3.1", lambda M, k, v, V: theory.noise(M, k, v, vocab_size=V)),
        ("3.1", lambda M, k, v, V: (M * (v + V) / (k * v * V)) ** 0.5),
        ("3.2", _pair_by_pair),
        ("3.3", _by_dice),
        ("3.3", _by_lucky_draws),
        ("3.4", _bisect),
        ("3.4", _bits),
    ],
)
def test_other_ways_are_right_too(number, answer):
    outcome = chapter.check(number, answer)
    assert outcome.status == "right", outcome


def test_an_array_without_axes_is_a_number():
    # Phi, made by np.vectorize, returns one.
    outcome = chapter.check("3.3", lambda s, V: PHI(1 / (np.sqrt(2) * s)))
    assert outcome.status == "wrong"
    assert "one rival" in outcome.message
    right = chapter.check("3.3", lambda s, V: np.array(SOLUTIONS["3.3"](s, V)))
    assert right.status == "right"


def _best(C, K, E):
    return (K @ C @ E.T).argmax(axis=1)


def _hits(K, right, E):
    return _best(K.T @ E[right], K, E) == right


def _recall_in_place(K, right, E):
    K *= 2
    return _hits(K, right, E).mean()


def _last_alone(K, right, E):
    for key, row in zip(K, right, strict=True):
        C = np.outer(key, E[row])
    return np.mean(_best(C, K, E) == right)


def _alone(K, right, E):
    pairs = zip(K, right, strict=True)
    return np.mean([_best(np.outer(k, E[row]), k[None], E)[0] == row for k, row in pairs])


def _up_one_by_one(recall_at, accuracy):
    M = 1
    while recall_at(M + 1) >= accuracy:
        M += 1
    return M


def _doubling(recall_at, accuracy):
    M = 1
    while recall_at(M) >= accuracy:
        M *= 2
    return M


def _halves(recall_at, accuracy):
    M = 1.0
    while recall_at(M) >= accuracy:
        M *= 1.5
    return M


def _strict(recall_at, accuracy):
    return _bisect(lambda M: recall_at(M) - 1e-12, accuracy)


WRONG = {
    "3.1": [
        (lambda M, k, v, V: M / k * (1 / v + 1 / V), "its root"),
        (lambda M, k, v, V: np.sqrt(M / (k * v)), "One pair in V"),
        (lambda M, k, v, V: np.sqrt(M / (k * V)), "All the others"),
        (lambda M, k, v, V: np.sqrt(M / v * (1 / k + 1 / V)), "swapped"),
        (lambda M, k, v, V: np.sqrt(1 / k * (1 / v + 1 / V)), "one pair"),
        (lambda M, k, v, V: M * np.sqrt(1 / k * (1 / v + 1 / V)), "outside the root"),
        (lambda M, k, v, V: np.sqrt(M / (k * v)) + np.sqrt(M / (k * V)), "one root"),
        (lambda M, k, v, V: np.sqrt(M / k * 1 / v + 1 / V), "brackets"),
        (lambda M, k, v, V: np.sqrt(M / k * (1 / (v + V))), "1/(a + b)"),
        (lambda M, k, v, V: np.sqrt(M / k * (1 / v * 1 / V)), "not multiplied"),
        (lambda M, k, v, V: np.sqrt(M / k) * (1 / v + 1 / V), "over the bracket"),
        (lambda M, k, v, V: np.sqrt(M), "not right yet"),
        (lambda M, k, v, V: [SOLUTIONS["3.1"](M, k, v, V)], "shape"),
        (lambda M, k, v, V: None, "returns nothing"),
        (lambda M, k, v, V: M / 0, "ZeroDivisionError"),
    ],
    "3.2": [
        (lambda K, right, E: _hits(K, right, E).sum(), "number of right"),
        (lambda K, right, E: 100 * _hits(K, right, E).mean(), "percent"),
        (lambda K, right, E: (~_hits(K, right, E)).mean(), "mistakes"),
        (_hits, "yes and no"),
        (lambda K, right, E: _best(K.T @ E[right], K, E), "tokens that were found"),
        (lambda K, right, E: (_best(K.T @ E[right], K, E) == range(len(K))).mean(), "number of"),
        (lambda K, right, E: (_best(K.T @ E[: len(K)], K, E) == right).mean(), "written in right"),
        (
            lambda K, right, E: (_best(K.T @ E[right], K, E[right]) == np.arange(len(K))).mean(),
            "too easy",
        ),
        (_alone, "alone"),
        (_last_alone, "Only the last"),
        (
            lambda K, right, E: ((K @ K.T @ E[right] @ E.T).argmax(axis=0) == right).mean(),
            "columns",
        ),
        (lambda K, right, E: (_best(E[right].T @ K, K, E) == right).mean(), "turned round"),
        (lambda K, right, E: (_best(K.T @ E[right], E[right], E) == right).mean(), "values. The"),
        (lambda K, right, E: np.mean(E[_best(K.T @ E[right], K, E)] == E[right]), "by chance"),
        (lambda K, right, E: _hits(K, right, E).sum() / len(E), "number of tokens"),
        (lambda K, right, E: 0.5, "not right yet"),
        (lambda K, right, E: K[:, 0], "one number, the share"),
        (_recall_in_place, "in place"),
        (lambda K, right, E: None, "returns nothing"),
        (lambda K, right, E: K[10**6], "IndexError"),
    ],
    "3.3": [
        (lambda s, V: 1 - SOLUTIONS["3.3"](s, V), "is wrong"),
        (lambda s, V: 100 * SOLUTIONS["3.3"](s, V), "hundred times"),
        (lambda s, V: BELL @ PHI(1 / s + X) ** V if V < 9 else SOLUTIONS["3.3"](s, V), "itself"),
        (lambda s, V: BELL @ PHI(1 / s + X), "one rival"),
        (lambda s, V: (BELL / 0.01 * PHI(1 / s + X) ** (V - 1)).mean(), "a mean over the grid"),
        (lambda s, V: BELL @ PHI(1 / s + X) ** (V - 1) * np.sqrt(2 * np.pi), "area"),
        (lambda s, V: NormalDist().cdf(1 / s) ** (V - 1), "always exactly 1"),
        (lambda s, V: NormalDist().cdf(1 / (np.sqrt(2) * s)) ** (V - 1), "of its own"),
        (lambda s, V: (PHI(1 / s + X) ** (V - 1)).mean(), "weigh them"),
        (lambda s, V: BELL @ PHI(1 + s * X) ** (V - 1), "Divide it"),
        (lambda s, V: BELL @ PHI(1 / s**2 + X) ** (V - 1), "σ² in it"),
        (lambda s, V: BELL @ PHI(s + X) ** (V - 1), "1/σ is needed"),
        (lambda s, V: BELL @ PHI(1 / s + X) * (V - 1), "not a multiple"),
        (lambda s, V: BELL @ PHI(1 / s + X) ** (V - 1) / 0.002, "more than 1"),
        (lambda s, V: BELL * PHI(1 / s + X) ** (V - 1), "one number"),
        (lambda s, V: 0.0, "not right yet"),
        (lambda s, V: "high", "no probability but"),
        (lambda s, V: float("nan"), "nan"),
        (lambda s, V: None, "returns nothing"),
        (lambda s, V: 1 / 0, "ZeroDivisionError"),
    ],
    "3.4": [
        (lambda f, p: _bisect(f, p) + 1, "too many"),
        (_strict, "too few"),
        (lambda f, p: _doubling(f, p) // 2, "stopped doubling"),
        (_doubling, "first M"),
        (_up_one_by_one, "bigger steps"),
        (_halves, "whole numbers"),
        (lambda f, p: f(0), "Start at 1"),
        (lambda f, p: f(_bisect(f, p)), "a share"),
        (lambda f, p: 3, "largest M that is"),
        (lambda f, p: [_bisect(f, p)], "shape"),
        (lambda f, p: None, "returns nothing"),
        (lambda f, p: f[0], "TypeError"),
    ],
}


@pytest.mark.parametrize("number", WRONG)
def test_each_mistake_is_refused_by_its_own_message(number):
    refused(chapter, number, WRONG[number])
