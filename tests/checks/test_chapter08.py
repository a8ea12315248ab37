"""Chapter 08's checks: the solution is right, the stub not attempted, each mistake named."""

from collections import Counter

import numpy as np
import pytest
from exercises import first_data, functions, refused

from memo_edu.checks import chapter08
from memo_edu.checks.chapter08 import chapter

SOLUTIONS = functions("08", solved=True)
encoding, bound, expected_cosine, missing = SOLUTIONS.values()


def _by_places(x, P):
    d, e = x.shape[1], 0
    for j in range(len(x)):
        e = e + x[j] @ P[j * d : (j + 1) * d]
    return e


def _places_apart(x, P):
    d = x.shape[1]
    return np.array([row @ P[j * d : (j + 1) * d] for j, row in enumerate(x)])


def _first_rows(x, P):
    return sum(row @ P[: x.shape[1]] for row in x)


def _encoding_in_place(x, P):
    P *= 2
    return x.ravel() @ P / 2


def _roll_one_by_one(x, rolls):
    v = 1
    for j in range(len(rolls)):
        v = v * np.roll(x[j], rolls[j])
    return v


def _roll_and_roll(x, rolls):
    v = np.ones(x.shape[1])
    for row, o in zip(x, rolls, strict=True):
        v = np.roll(v * row, o)
    return v


def _each(x, rolls):
    return np.array([np.roll(row, o) for row, o in zip(x, rolls, strict=True)])


def _bound_in_place(x, rolls):
    for j, o in enumerate(rolls):
        x[j] = np.roll(x[j], o)
    return x.prod(axis=0)


def _bound_pops(x, rolls):
    v = np.roll(x[0], rolls.pop(0))
    for row in x[1:]:
        v = v * np.roll(row, rolls.pop(0))
    return v


def _divided(v, vectors, rolls, place):
    for j, o in enumerate(rolls):
        if j != place:
            v = v / np.roll(vectors[j], o)
    return np.roll(v, len(v) - rolls[place])


def _filled_up(v, vectors, rolls, place):
    full = vectors.copy()
    full[place] = 1
    return np.roll(v * bound(full, rolls), -rolls[place])


def _known(vectors, rolls, place, sign=1):
    return np.delete(_each(vectors, [sign * o for o in rolls]), place, axis=0).prod(axis=0)


def _missing_in_place(v, vectors, rolls, place):
    v *= _known(vectors, rolls, place)
    return np.roll(v, -rolls[place])


def _odd_counts(a, b, road):
    if road != "plain product":
        return expected_cosine(a, b, road)
    odd = [{t for t, n in Counter(w).items() if n % 2} for w in (a, b)]
    return int(odd[0] == odd[1])


def _but(road, value):
    """Make an answer that is right on all roads but one."""
    return lambda a, b, r: value(a, b) if r == road else expected_cosine(a, b, r)


def _places(a, b):
    return sum(x == y for x, y in zip(a, b, strict=True))


def _equal(a, b):
    return float(a == b)


def _sorted(a, b):
    return float(sorted(a) == sorted(b))


def _sets(a, b):
    return float(set(a) == set(b))


def _odd(a, b):
    return expected_cosine(a, b, "plain product")


def _cosine_in_place(a, b, road):
    a.sort()
    return 0.5


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        ("8.1", _by_places),
        ("8.1", lambda x, P: np.concatenate(x) @ P),
        ("8.1", lambda x, P: P.T @ np.hstack(list(x))),
        ("8.1", lambda x, P: list(x.reshape(-1) @ P)),
        ("8.2", _roll_one_by_one),
        ("8.2", lambda x, rolls: _each(x, rolls).prod(axis=0).astype(float)),
        ("8.3", _odd_counts),
        ("8.3", lambda a, b, r: np.float32(expected_cosine(a, b, r))),
        ("8.4", _divided),
        ("8.4", _filled_up),
    ],
)
def test_other_ways_are_right_too(number, answer):
    outcome = chapter.check(number, answer)
    assert outcome.status == "right", outcome


WRONG = {
    "8.1": [
        (_first_rows, "a bag"),
        (lambda x, P: x[::-1].ravel() @ P, "backwards"),
        (lambda x, P: x.T.ravel() @ P, "shuffled"),
        (lambda x, P: x.ravel() @ P / np.sqrt(len(x)), "by √h"),
        (lambda x, P: x.ravel() @ P / np.sqrt(len(P)), "by √(h·d)"),
        (lambda x, P: _places_apart(x, P).mean(axis=0), "a mean"),
        (lambda x, P: encoding(x, P) / np.linalg.norm(encoding(x, P)), "exactly 1"),
        (_places_apart, "in h rows"),
        (lambda x, P: _places_apart(x, P).ravel(), "side by side"),
        (lambda x, P: x[-1] @ P[-x.shape[1] :], "last token"),
        (lambda x, P: x[0] @ P[: x.shape[1]], "first token"),
        (lambda x, P: x.reshape(1, -1) @ P, "one row"),
        (lambda x, P: x.ravel(), "through P"),
        (lambda x, P: encoding(x, P) + 1, "not right yet"),
        (lambda x, P: encoding(x, P)[:-1], "shape"),
        (_encoding_in_place, "in place"),
        (lambda x, P: None, "returns nothing"),
        (lambda x, P: x @ P, "ValueError"),
    ],
    "8.2": [
        (lambda x, rolls: x.prod(axis=0), "Nothing was rolled"),
        (lambda x, rolls: bound(x, [-o for o in rolls]), "other way round"),
        (lambda x, rolls: bound(x, rolls[::-1]), "handed out backwards"),
        (lambda x, rolls: np.roll(x.prod(axis=0), rolls[0]), "same offset"),
        (lambda x, rolls: bound(x, range(len(x))), "0, 1, 2"),
        (lambda x, rolls: bound(x, [*rolls[:-1], 0]), "left unrolled"),
        (lambda x, rolls: bound(x, [0, *rolls[1:]]), "rolls[0]"),
        (lambda x, rolls: bound(x, np.cumsum(rolls)), "add up"),
        (_roll_and_roll, "again and again"),
        (lambda x, rolls: _each(x, rolls).sum(axis=0), "a sum"),
        (lambda x, rolls: np.sign(_each(x, rolls).sum(axis=0)), "a vote"),
        (_each, "not multiplied"),
        (lambda x, rolls: _each(x, rolls).prod(axis=1), "along the rows"),
        (lambda x, rolls: np.prod(_each(x, rolls)), "one number"),
        (lambda x, rolls: bound(x[:-1], rolls[:-1]), "last token is missing"),
        (lambda x, rolls: bound(x[1:], rolls[1:]), "first token is missing"),
        (lambda x, rolls: np.prod([np.roll(x, o) for o in rolls], axis=(0, 1)), "whole table"),
        (lambda x, rolls: -bound(x, rolls), "not right yet"),
        (lambda x, rolls: bound(x, rolls)[:, None], "shape"),
        (_bound_in_place, "in place"),
        (_bound_pops, "changes a list"),
        (lambda x, rolls: None, "returns nothing"),
        (lambda x, rolls: x * rolls, "ValueError"),
    ],
    "8.3": [
        (_but("projection", lambda a, b: len(set(a) & set(b)) / len(a)), "wherever they stand"),
        (_but("projection", lambda a, b: sum(x in b for x in a) / len(a)), "anywhere"),
        (_but("projection", _equal), "This road is gentle"),
        (_but("projection", _places), "at most 1"),
        (_but("projection", lambda a, b: (_places(a, b) / len(a)) ** 0.5), "no root"),
        (_but("projection", lambda a, b: (_places(a, b) / len(a)) ** 2), "squared"),
        (_but("projection", lambda a, b: 0.3), "for instance"),
        (_but("plain product", _equal), "does order matter"),
        (_but("plain product", _sorted), "in any order, yes"),
        (_but("plain product", _sets), "how often"),
        (_but("plain product", lambda a, b: _places(a, b) / len(a)), "turns half the signs"),
        (_but("plain product", lambda a, b: len(set(a) & set(b)) / len(a)), "alone don't help"),
        (_but("plain product", lambda a, b: 0.0), "Plain product: not right"),
        (_but("product with rolls", lambda a, b: _places(a, b) / len(a)), "nothing is left"),
        (_but("product with rolls", _sorted), "ignore the order"),
        (_but("product with rolls", _sets), "compare sets"),
        (_but("product with rolls", _odd), "no longer cancel"),
        (lambda a, b, road: [1.0], "return one number, not list"),
        (lambda a, b, road: "1", "return one number, not str"),
        (_cosine_in_place, "changes a list"),
        (lambda a, b, road: None, "returns nothing"),
        (lambda a, b: 1.0, "TypeError"),
    ],
    "8.4": [
        (lambda v, x, rolls, place: v * bound(x, rolls), "wiped out"),
        (lambda v, x, rolls, place: v * _known(x, rolls, place), "still rolled"),
        (
            lambda v, x, rolls, place: np.roll(v * _known(x, rolls, place), rolls[place]),
            "once more. To roll back",
        ),
        (
            lambda v, x, rolls, place: np.roll(
                v * np.delete(x, place, axis=0).prod(axis=0), -rolls[place]
            ),
            "as they are",
        ),
        (
            lambda v, x, rolls, place: v * np.delete(x, place, axis=0).prod(axis=0),
            "Nothing was rolled",
        ),
        (lambda v, x, rolls, place: np.roll(v, -rolls[place]), "still in there"),
        (
            lambda v, x, rolls, place: np.roll(v, -rolls[place]) * _known(x, rolls, place),
            "too early",
        ),
        (
            lambda v, x, rolls, place: np.roll(v * _known(x, rolls, place, -1), -rolls[place]),
            "the wrong way",
        ),
        (
            lambda v, x, rolls, place: np.roll(v - _each(x, rolls).sum(axis=0), -rolls[place]),
            "subtract",
        ),
        (lambda v, x, rolls, place: v, "as it was"),
        (
            lambda v, x, rolls, place: np.roll(v * _known(x, rolls, place), -rolls[-1]),
            "the last offset",
        ),
        (lambda v, x, rolls, place: -missing(v, x, rolls, place), "not right yet"),
        (lambda v, x, rolls, place: missing(v, x, rolls, place)[None], "shape"),
        (_missing_in_place, "in place"),
        (lambda v, x, rolls, place: None, "returns nothing"),
        (lambda v, x, rolls, place: v @ x, "ValueError"),
    ],
}


@pytest.mark.parametrize("number", WRONG)
def test_each_mistake_is_refused_by_its_own_message(number):
    refused(chapter, number, WRONG[number])


def test_mistakes_with_cosines_are_told_apart_by_the_pairs():
    # Two mistakes on one road that agreed on every pair would both get the first one's message.
    pairs = chapter08._window_pairs()
    for road in chapter08.ROADS:
        makes = [chapter08.RIGHT[road], *(m for r, m, _ in chapter08.COSINE_MISTAKES if r == road)]
        found = {tuple(make(a, b) for a, b in pairs) for make in makes}
        assert len(found) == len(makes)


@pytest.mark.parametrize(
    ("number", "mistakes"),
    [
        ("8.1", chapter08.ENCODING_MISTAKES[1:]),  # the bag is there twice, as sum and as mean
        ("8.2", chapter08.BOUND_MISTAKES),
        ("8.4", chapter08.MISSING_MISTAKES),
    ],
)
def test_known_mistakes_are_told_apart_on_the_first_data(number, mistakes):
    given = first_data(chapter, number, SOLUTIONS[number])
    found = [SOLUTIONS[number](*given), *(make(*given) for make, _ in mistakes)]
    for i, one in enumerate(found):
        for other in found[:i]:
            assert np.shape(one) != np.shape(other) or not np.allclose(one, other)
