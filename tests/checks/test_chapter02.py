"""Chapter 02's checks: the solution is right, the stub not attempted, each mistake named."""

import numpy as np
import pytest
from exercises import refused

from memo_edu.checks import chapter02
from memo_edu.checks.chapter02 import chapter


def _loop(C, K, Y):
    for k, y in zip(K, Y, strict=True):
        C = C + np.outer(k, y)
    return C


def _only_last(C, K, Y):
    for k, y in zip(K, Y, strict=True):
        new = C + np.outer(k, y)
    return new


def _memorize_in_place(C, K, Y):
    C += K.T @ Y
    return C


def _returns_nothing(*arrays):
    arrays[0] @ arrays[1].T


def _forget_loop(C, K, Y, times):
    for k, y, copies in zip(K, Y, times, strict=True):
        for _ in range(copies):
            C = C - np.outer(k, y)
    return C


def _forget_in_place(C, K, Y, times):
    C -= K.T @ (times[:, None] * Y)
    return C


def _forget_only_last(C, K, Y, times):
    for k, y, copies in zip(K, Y, times, strict=True):
        new = C - copies * np.outer(k, y)
    return new


def _clean_up_in_place(R, E):
    E /= np.linalg.norm(E, axis=1, keepdims=True)
    return (R @ E.T).argmax(axis=1)


def _nearest(R, E):
    return [int(((E - r) ** 2).sum(axis=1).argmin()) for r in R]


def _cosine(R, E):
    E = E / np.linalg.norm(E, axis=1, keepdims=True)
    return (R @ E.T).argmax(axis=1)


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        ("2.1", _loop),
        ("2.1", lambda C, K, Y: np.einsum("ni,nj->ij", K, Y) + C),
        ("2.2", lambda C, Q: np.array([C.T @ q for q in Q])),
        ("2.3", _forget_loop),
        ("2.3", lambda C, K, Y, times: C - (K.T * times) @ Y),
        ("2.4", lambda R, E: np.argmax(E @ R.T, axis=0)),
        ("2.4", lambda R, E: [int((E @ r).argmax()) for r in R]),
    ],
)
def test_other_ways_are_right_too(number, answer):
    outcome = chapter.check(number, answer)
    assert outcome.status == "right", outcome


WRONG = {
    "2.1": [
        (lambda C, K, Y: K.T @ Y, "Add to C"),
        (lambda C, K, Y: C + Y.T @ K, "Transposed"),
        (lambda C, K, Y: C, "nothing went in"),
        (lambda C, K, Y: C + K * Y, "outer product"),
        (lambda C, K, Y: C + K @ Y, "rows and columns"),
        (lambda C, K, Y: C + K @ Y.T, "compares"),
        (_only_last, "last pair"),
        (lambda C, K, Y: C + np.outer(K[0], Y[0]), "first pair"),
        (lambda C, K, Y: C + np.outer(K.sum(axis=0), Y.sum(axis=0)), "bag"),
        (lambda C, K, Y: C - K.T @ Y, "sign"),
        (lambda C, K, Y: C + K.T @ Y / len(K), "divide"),
        (lambda C, K, Y: C + 2 * K.T @ Y, "not right yet"),
        (_memorize_in_place, "in place"),
        (_returns_nothing, "returns nothing"),
        (lambda C, K: C, "TypeError"),
    ],
    "2.2": [
        (lambda C, Q: C @ Q.T, "backwards"),
        (lambda C, Q: (Q @ C).T, "columns"),
        (lambda C, Q: Q * C, "entry by entry"),
        (lambda C, Q: (Q @ C).sum(axis=0), "added into one"),
        (lambda C, Q: Q[0] @ C, "first question"),
        (lambda C, Q: np.sign(Q @ C), "signs"),
        (lambda C, Q: (Q @ C).argmax(axis=1), "indices"),
        (lambda C, Q: Q @ C / (Q * Q).sum(axis=1, keepdims=True), "q · q"),
        (lambda C, Q: Q @ C / Q.shape[1], "dimension"),
        (lambda C, Q: Q @ C + 1, "not right yet"),
        (lambda C, Q: Q.__imul__(2) @ C, "in place"),
        (_returns_nothing, "returns nothing"),
        (lambda C, Q: Q @ D, "NameError"),  # noqa: F821
    ],
    "2.3": [
        (lambda C, K, Y, times: np.zeros_like(C), "all zeros"),
        (lambda C, K, Y, times: C - K.T @ Y, "only once"),
        (lambda C, K, Y, times: C + K.T @ (times[:, None] * Y), "twice as many"),
        (lambda C, K, Y, times: C + K.T @ Y, "once more"),
        (lambda C, K, Y, times: C - np.linalg.pinv(K) @ (K @ C), "other pairs"),
        (lambda C, K, Y, times: C - K.T @ (times * Y), "columns"),
        (lambda C, K, Y, times: C - sum(times) * K.T @ Y, "own number"),
        (lambda C, K, Y, times: C - max(times) * K.T @ Y, "too often"),
        (_forget_only_last, "last pair"),
        (lambda C, K, Y, t: C - (K * t[:, None]).T @ (Y * t[:, None]), "squared"),
        (lambda C, K, Y, times: K.T @ (times[:, None] * Y), "away from C"),
        (lambda C, K, Y, times: C, "Nothing was forgotten"),
        (lambda C, K, Y, times: C - K.T @ (times[::-1, None] * Y), "not right yet"),
        (_forget_in_place, "in place"),
        (_returns_nothing, "returns nothing"),
        (lambda C, K, Y, times: C[9, 9], "IndexError"),
    ],
    "2.4": [
        (lambda R, E: (R @ E.T).argmin(axis=1), "smallest"),
        (lambda R, E: (R @ E.T).argmax(axis=0), "axis"),
        (_cosine, "directions"),
        (lambda R, E: (R @ (E / np.linalg.norm(E, axis=0)).T).argmax(axis=1), "columns of E"),
        (_nearest, "distance"),
        (lambda R, E: abs(R @ E.T).argmax(axis=1), "abs"),
        (lambda R, E: (R @ E).argmax(axis=1), "Transpose"),
        (lambda R, E: (R @ E.T).argmax(), "one index"),
        (lambda R, E: R @ E.T, "the scores"),
        (lambda R, E: (R @ E.T).max(axis=1), "largest scores"),
        (lambda R, E: E[(R @ E.T).argmax(axis=1)], "right vectors"),
        (lambda R, E: (R @ E.T).argmax(axis=1) > 3, "yes and no"),
        (lambda R, E: (R @ E.T).argmax(axis=1)[::-1], "another token"),
        (lambda R, E: (R @ E.T).argmax(axis=1)[:, None], "shape"),
        (_clean_up_in_place, "in place"),
        (_returns_nothing, "returns nothing"),
        (lambda R, E: (R @ E.T).argmax(axis=7), "AxisError"),
    ],
}


@pytest.mark.parametrize("number", WRONG)
def test_each_mistake_is_refused_by_its_own_message(number):
    refused(chapter, number, WRONG[number])


def test_known_mistakes_are_all_told_apart_on_the_first_data():
    # Two mistakes that gave the same numbers there would both get the first one's message.
    C, K, Y = chapter02._pairs("2.1", *chapter02.SIZES[0])
    values = [make(C, K, Y) for make, _ in chapter02.MEMORIZE_MISTAKES]
    for i, value in enumerate(values):
        assert not np.allclose(value, C + K.T @ Y)
        assert not any(np.allclose(value, other) for other in values[:i])
