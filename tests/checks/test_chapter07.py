"""Chapter 07's checks: the solution is right, the stub not attempted, each mistake named."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from exercises import functions, refused

from memo_edu import experiments
from memo_edu.checks import chapter07
from memo_edu.checks.chapter07 import chapter
from memo_edu.codebook import random_stream

SOLUTIONS = functions("07", solved=True)
count_pairs, smallest_dim, sharper_recall, bits_of_answer = SOLUTIONS.values()
PHI = np.vectorize(NormalDist().cdf)
X = np.linspace(-8, 8, 321)
BELL = np.exp(-(X**2) / 2) / np.sqrt(2 * np.pi) * 0.05


def _share(C, batch, E):
    K, right = batch
    return np.mean(np.argmax(K @ C @ E.T, axis=1) == right)


def _pair_by_pair(draw, E, accuracy):
    C, first, stored, mean = None, None, 0, 1
    while mean > accuracy:
        batch = draw()
        first = batch if first is None else first
        for key, row in zip(*batch, strict=True):
            table = np.outer(key, E[row])
            C = table if C is None else C + table
            stored += 1
        mean = (_share(C, first, E) + _share(C, batch, E)) / 2
    return np.int64(stored)


def _paper(draw, E, accuracy, stop=None, shares=None, replace=False):
    """Count as the paper did, but with another rule to stop, other shares, another memory."""
    C, stored, batches, old = 0, 0, [], []
    while True:
        batches.append(draw())
        K, right = batches[-1]
        C = K.T @ E[right] + (0 if replace else C)
        stored += len(K)
        if shares:
            found = shares(C, batches, E, old)
        else:
            found = [_share(C, batches[0], E), _share(C, batches[-1], E)]
        if stop(found, accuracy) if stop else sum(found) / len(found) <= accuracy:
            return stored


def _asks_an_empty_memory(draw, E, accuracy):
    C, stored, first = np.zeros((1, 1)), 0, None
    while True:
        K, right = batch = draw()
        first, C = first or batch, C if stored else np.zeros((K.shape[1], E.shape[1]))
        mean = (_share(C, first, E) + _share(C, batch, E)) / 2
        C = C + K.T @ E[right]
        stored += len(K)
        if mean <= accuracy:
            return stored


def _first_share_once(C, batches, E, old):
    old.append(_share(C, batches[0], E))
    return old[0], _share(C, batches[-1], E)


def _recall_itself(draw, E, accuracy):
    found = []
    _paper(draw, E, accuracy, stop=lambda f, a: found.append(sum(f) / 2) or sum(f) / 2 <= a)
    return found[-1] * 0.999


def _spoils(draw, E, accuracy):
    E *= 2
    return _paper(draw, E, accuracy)


def _batch_size(draw):
    return len(draw()[0])


def _terms(owned, M, k, v, sigma, own=1, asked=1, crowd=1):
    s = 1 + sigma * X
    for r, tokens in enumerate(owned):
        yield tokens, s, crowd * M / (k * v) + own * r / k + asked * s**2 / v


def _sharp(owned, M, k, v, sigma, **weights):
    """Predict with other weights for the three whispers."""
    V = sum(owned)
    below = sum(n / V * PHI(s / np.sqrt(t)) for n, s, t in _terms(owned, M, k, v, sigma, **weights))
    return BELL @ below ** (V - 1)


def _own(owned, sigma, square, s=None, first=0, bell=BELL, power=None, V=None):
    """Predict with σ_r² from a function of s and r."""
    s = 1 + sigma * X if s is None else s
    V = sum(owned) if V is None else V
    below = sum(n / V * PHI(s / np.sqrt(square(s, r))) for r, n in enumerate(owned, first))
    return bell @ below ** (V - 1 if power is None else power)


def _usual(M, k, v):
    return lambda s, r: M / (k * v) + r / k + s**2 / v


def _by_lucky_draws(owned, M, k, v, sigma):
    x, V = random_stream("luck 07").standard_normal(20_000), sum(owned)
    s, below = 1 + sigma * x, 0
    for r, tokens in enumerate(owned):
        below += tokens / V * PHI(s / np.sqrt(M / k / v + r / k + s * s / v))
    return (below ** (V - 1)).mean()


def _as_a_table(owned, M, k, v, sigma):
    r, s = np.arange(len(owned))[:, None], 1 + sigma * X
    noise = np.sqrt(M / (k * v) + r / k + s**2 / v)
    return np.sum(BELL * (owned / owned.sum() @ PHI(s / noise)) ** (owned.sum() - 1))


def _mean_noise(owned, M, k, v, sigma):
    mean = owned @ np.arange(len(owned)) / owned.sum()
    return _own(owned, sigma, lambda s, r: M / (k * v) + mean / k + s**2 / v)


def _power_too_early(owned, M, k, v, sigma):
    V = sum(owned)
    terms = _terms(owned, M, k, v, sigma)
    return BELL @ sum(n / V * PHI(s / np.sqrt(t)) ** (V - 1) for n, s, t in terms)


def _counted_not_shared(owned, M, k, v, sigma):
    terms = _terms(owned, M, k, v, sigma)
    return BELL @ sum(n * PHI(s / np.sqrt(t)) for n, s, t in terms) ** (sum(owned) - 1)


def _sharper_in_place(owned, M, k, v, sigma):
    owned[0] += 1
    return _sharp(owned, M, k, v, sigma)


def _entropy(p):
    return -sum(q * math.log2(q) for q in (p, 1 - p) if q > 0)


def _by_the_channel(p, V):
    """Sum p(y|x) log₂ p(y|x)/p(y) over all answers y."""
    wrong = (1 - p) / (V - 1)
    return sum(n * q * math.log2(q * V) for n, q in ((1, p), (V - 1, wrong)) if q > 0)


def _no_care_for_0(p, V):
    return np.log2(V) + p * np.log2(p) + (1 - p) * np.log2(1 - p) - (1 - p) * np.log2(V - 1)


def _no_care_in_math(p, V):
    surprise = p * math.log2(p) + (1 - p) * math.log2(1 - p)
    return math.log2(V) + surprise - (1 - p) * math.log2(V - 1)


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        ("7.1", _pair_by_pair),
        ("7.1", _paper),
        ("7.2", lambda M, z: math.ceil((z**2 * M) ** 0.5)),
        ("7.2", lambda M, z: np.ceil(z * np.sqrt(M))),
        ("7.3", _by_lucky_draws),
        ("7.3", _as_a_table),
        ("7.4", _by_the_channel),
        ("7.4", lambda p, V: np.float64(bits_of_answer(p, V))),
    ],
)
def test_other_ways_are_right_too(number, answer):
    outcome = chapter.check(number, answer)
    assert outcome.status == "right", outcome


WRONG = {
    "7.1": [
        (lambda d, E, a: _paper(d, E, a) - _batch_size(d), "A batch is missing"),
        (lambda d, E, a: _paper(d, E, a) // _batch_size(d), "number of batches"),
        (
            lambda d, E, a: _paper(d, E, a, shares=lambda C, b, E, _: [_share(C, b[-1], E)]),
            "Only the latest",
        ),
        (
            lambda d, E, a: _paper(d, E, a, shares=lambda C, b, E, _: [_share(C, b[0], E)]),
            "Only the first",
        ),
        (lambda d, E, a: _paper(d, E, a, stop=lambda f, a: min(f) <= a), "as soon as one"),
        (lambda d, E, a: _paper(d, E, a, stop=lambda f, a: max(f) <= a), "until both"),
        (lambda d, E, a: _paper(d, E, a, stop=lambda f, a: sum(f) <= a), "two recalls up"),
        (lambda d, E, a: _paper(d, E, a, stop=lambda f, a: np.mean(f) < a), "just equals"),
        (lambda d, E, a: _paper(d, E, a, replace=True), "replaces the memory"),
        (_asks_an_empty_memory, "before it is stored"),
        (
            lambda d, E, a: _paper(
                d, E, a, shares=lambda C, b, E, _: [_share(C, one, E) for one in b]
            ),
            "all the pairs so far",
        ),
        (lambda d, E, a: _paper(d, E, a, shares=_first_share_once), "only at the beginning"),
        (
            lambda d, E, a: _paper(
                d, E, a, shares=lambda C, b, E, _: [_share(C, one, E) for one in b[-2:]]
            ),
            "last two batches",
        ),
        (lambda d, E, a: _paper(d, E, a) + 3, "not right yet"),
        (_recall_itself, "That is a recall"),
        (lambda d, E, a: _paper(d, E, a, stop=lambda f, a: f == 0), "still drawing"),
        (lambda d, E, a: [_paper(d, E, a)], "Return one number"),
        (_spoils, "in place"),
        (lambda d, E, a: None, "returns nothing"),
        (lambda d, E, a: d() @ E, "TypeError"),
    ],
    "7.2": [
        (lambda M, z: z * M**0.5, "not whole"),
        (lambda M, z: int(z * M**0.5), "a little too small"),
        (lambda M, z: round(z * M**0.5), "nearest"),
        (lambda M, z: int(z * M**0.5) + 1, "just fit. Look"),
        (lambda M, z: math.ceil(z * z * M), "d is only its side"),
        (lambda M, z: math.ceil(M**0.5 / z), "Yours shrinks"),
        (lambda M, z: int(M / z**2), "divide by z²"),
        (lambda M, z: math.ceil((M * z) ** 0.5), "the z is squared"),
        (lambda M, z: math.ceil(M * z), "out of the root"),
        (lambda M, z: math.ceil(M**0.5), "Where is z"),
        (lambda M, z: math.ceil(z * z * M**0.5), "of z² as well"),
        (lambda M, z: 7, "not the smallest d"),
        (lambda M, z: [math.ceil(z * M**0.5)], "shape"),
        (lambda M, z: None, "returns nothing"),
        (lambda M, z: M / 0, "ZeroDivisionError"),
    ],
    "7.3": [
        (lambda *a: 1 - sharper_recall(*a), "is wrong"),
        (lambda *a: _sharp(*a, own=0), "r / key_dim is missing"),
        (lambda *a: _sharp(*a, asked=0), "s² / value_dim is missing"),
        (lambda *a: _sharp(*a, crowd=0), "crowd is silent"),
        (lambda o, M, k, v, g: _own(o, g, lambda s, r: M / k / v + r / k + 1 / v), "equally loud"),
        (
            lambda o, M, k, v, g: _own(o, g, lambda s, r: M / k / v + r / k + abs(s) / v),
            "not squared",
        ),
        (lambda o, M, k, v, g: sharper_recall(o, M, v, k, g), "swapped"),
        (lambda o, M, k, v, g: _own(o, g, lambda s, r: _usual(M, k, v)(s, r) ** 2), "by σ_r²"),
        (lambda o, M, k, v, g: _own(o, g, _usual(M, k, v), s=1 + 0 * X), "Its luck is x"),
        (lambda o, M, k, v, g: _own(o, g, _usual(M, k, v), first=1), "count r from 1"),
        (_mean_noise, "average the noise"),
        (lambda o, M, k, v, g: BELL @ PHI(1 / g + X) ** (sum(o) - 1), "the first law. Each"),
        (_power_too_early, "before the average"),
        (lambda o, M, k, v, g: _own(o, g, _usual(M, k, v), power=sum(o)), "itself"),
        (lambda o, M, k, v, g: _own(o, g, _usual(M, k, v), power=len(o) - 1), "length of owned"),
        (lambda o, M, k, v, g: _own(o, g, _usual(M, k, v), power=1), "one rival. There"),
        (
            lambda o, M, k, v, g: _own(o, g, _usual(M, k, v), bell=np.full(len(X), 1 / len(X))),
            "weigh them",
        ),
        (_counted_not_shared, "more than 1"),
        (lambda o, M, k, v, g: BELL, "one number"),
        (lambda *a: float("nan"), "nan"),
        (lambda *a: "high", "no probability but"),
        (lambda *a: 0.3, "not right yet"),
        (_sharper_in_place, "in place"),
        (lambda *a: None, "returns nothing"),
        (lambda *a: 1 / 0, "ZeroDivisionError"),
    ],
    "7.4": [
        (lambda p, V: np.log2(V), "always right"),
        (lambda p, V: p * np.log2(V), "guessing would still"),
        (lambda p, V: np.log2(V) - _entropy(p), "also says which one"),
        (lambda p, V: np.log2(V) - (1 - p) * np.log2(V - 1), "also say whether"),
        (lambda p, V: np.log2(V) - bits_of_answer(p, V), "the rest of"),
        (lambda p, V: np.log2(V) - _entropy(p) - (1 - p) * np.log2(V), "one token is out"),
        (lambda p, V: np.log2(V) - _entropy(p) - p * np.log2(V - 1), "probability 1 - p"),
        (lambda p, V: np.log2(V) - _entropy(p) - np.log2(V - 1), "another token always"),
        (lambda p, V: bits_of_answer(p, V) + 2 * _entropy(p), "wrong sign"),
        (lambda p, V: np.log2(V) + p * np.log2(p) - (1 - p) * np.log2(V - 1), "two parts"),
        (lambda p, V: bits_of_answer(p, V) * math.log(2), "natural"),
        (lambda p, V: bits_of_answer(p, V) * math.log10(2), "decimal"),
        (_no_care_for_0, "is nan"),
        (_no_care_in_math, "code stops"),
        (lambda p, V: bits_of_answer(p, V) if 0 < p < 1 else 0.5, "not right yet for p = "),
        (lambda p, V: 3.0, "The bits are not right yet."),
        (lambda p, V: [bits_of_answer(p, V)], "Return one number"),
        (lambda p, V: None, "returns nothing"),
        (lambda p, V: p / 0, "ZeroDivisionError"),
    ],
}


@pytest.mark.parametrize("number", WRONG)
def test_each_mistake_is_refused_by_its_own_message(number):
    refused(chapter, number, WRONG[number])


def test_mistakes_in_counting_are_told_apart():
    numbers = range(len(chapter07.WORLDS))
    found = [[chapter07._count(i) for i in numbers]]
    found += [[make(i) for i in numbers] for make, _ in chapter07.COUNT_MISTAKES]
    assert len({tuple(counts) for counts in found}) == len(found)


def test_mistakes_in_the_sharper_law_are_told_apart():
    memories = chapter07.MEMORIES
    found = [np.array([chapter07._sharper(memory) for memory in memories])]
    for make, message in chapter07.SHARPER_MISTAKES:
        values = np.array([make(memory) for memory in memories])
        # None may pass for right, and two messages may not fit one answer.
        assert np.abs(values - found[0]).max() > 1.5 * chapter07.TOLERANCE, message
        assert all(np.abs(values - other).max() > 0.01 for other in found), message
        found.append(values)


def test_the_reader_counts_what_the_library_counts():
    V, heads, t, d_value, batch = 400, 4, 12, 40, 20
    tables = []
    for name, d in (("tokens", t), ("values", d_value)):
        bits = random_stream("experiment", name, 0).integers(2, size=(V, d), dtype="int8")
        tables.append(2.0 * bits - 1)
    stored = 0

    def draw():
        nonlocal stored
        stream = random_stream("pairs", 0, stored)
        stored += batch
        keys = tables[0][stream.integers(V, size=batch * heads)].reshape(batch, -1)
        return keys, stream.integers(V, size=batch)

    expected = experiments.pair_capacity(
        heads, t, d_value, V, batch, 0.9, "bipolar", backend="numpy"
    )
    assert count_pairs(draw, tables[1], 0.9) == expected > 2 * batch
