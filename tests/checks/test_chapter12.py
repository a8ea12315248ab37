"""Chapter 12's checks: the solution is right, the stub not attempted, each mistake named."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from exercises import functions, refused

from memo_edu.checks import chapter12
from memo_edu.checks.chapter12 import chapter
from memo_edu.encoders import full_windows
from memo_edu.model import BEGIN

SOLUTIONS = functions("12", solved=True)
votes, told, edit, taken_in = SOLUTIONS.values()

# ---- Other right answers ---------------------------------------------------------------------


def _votes_by_loops(Q, C, E, top):
    parts = np.array([[q @ C @ e for e in E] for q in Q])
    scores = parts.sum(axis=0).tolist()
    best = sorted(range(len(E)), key=lambda i: scores[i], reverse=True)[:top]
    return [best, parts[:, best].tolist()]


def _votes_of_the_best_alone(Q, C, E, top):
    best = np.argsort(Q.sum(axis=0) @ C @ E.T)[::-1][:top]
    return best, Q @ C @ E[best].T


def _testimony_by_pairs(q, K, Y, e):
    return [(q @ k) * (y @ e) for k, y in zip(K, Y, strict=True)]


def _testimony_by_matrices(q, K, Y, e):
    return np.array([q @ np.outer(k, y) @ e for k, y in zip(K, Y, strict=True)])


def _edit_by_the_library(old, new, h, layers):
    both = [full_windows([BEGIN] * h + text, h, layers) for text in (old, new)]
    plan = []
    for before, after in zip(*both, strict=True):
        flat = [Counter((sum(blocks, ()), t) for blocks, t in layer) for layer in (before, after)]
        plan.append([list((flat[0] - flat[1]).elements()), list((flat[1] - flat[0]).elements())])
    return plan


def _edit_by_striking_out(old, new, h, layers):
    plan = []
    for size in (h**layer for layer in range(1, layers + 1)):
        texts = [[BEGIN] * h + text for text in (old, new)]
        forget, memorize = (
            [(tuple(t[i - size : i]), t[i]) for i in range(size, len(t))] for t in texts
        )
        for pair in list(forget):
            if pair in memorize:
                forget.remove(pair)
                memorize.remove(pair)
        plan.append((forget, memorize))
    return tuple(plan)


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        ("12.1", _votes_by_loops),
        ("12.1", _votes_of_the_best_alone),
        ("12.2", _testimony_by_pairs),
        ("12.2", _testimony_by_matrices),
        ("12.3", _edit_by_the_library),
        ("12.3", _edit_by_striking_out),
        ("12.4", lambda e, k, C, alpha: k @ C + alpha * (e - k @ C)),
        ("12.4", lambda e, k, C, alpha: (alpha * e + (1 - alpha) * (k @ C)).tolist()),
    ],
)
def test_other_ways_are_right_too(number, answer):
    outcome = chapter.check(number, answer)
    assert outcome.status == "right", outcome


# ---- Wrong answers ---------------------------------------------------------------------------


def _best(Q, C, E, top):
    return votes(Q, C, E, top)[0]


def _parts(Q, C, E, top):
    return votes(Q, C, E, top)[1]


def _chosen_by(scores):
    """Choose the candidates by something else than the sum, and give their true votes."""

    def answer(Q, C, E, top):
        P = Q @ C @ E.T
        best = np.argsort(-scores(P))[:top]
        return best, P[:, best]

    return answer


def _told(change):
    """Choose the right candidates, and tell something else of their votes."""

    def answer(Q, C, E, top):
        best, parts = votes(Q, C, E, top)
        return best, change(Q, C, E, best, parts)

    return answer


def _plain(Q, C, E, top):
    P = Q @ C @ E.T
    return np.argsort(-P, axis=1)[:, :top], P


def _votes_in_place(Q, C, E, top):
    Q *= 2
    return votes(Q / 2, C, E, top)


def _testimony_in_place(q, K, Y, e):
    K *= q
    return K.sum(axis=1) * (Y @ e)


def _changed(change):
    """Make the right plan, then change each of its lists."""
    return lambda *given: [
        tuple(change(pairs) for pairs in part) for part in SOLUTIONS["12.3"](*given)
    ]


def _windows(text, size):
    return [(tuple(text[i : i + size]), text[i + size]) for i in range(len(text) - size)]


def _plan_with(size, marks):
    def answer(old, new, h, layers):
        plan = []
        for layer in range(1, layers + 1):
            texts = [[BEGIN] * marks(h, layer) + text for text in (old, new)]
            a, b = (Counter(_windows(text, size(h, layer))) for text in texts)
            plan.append((list((a - b).elements()), list((b - a).elements())))
        return plan

    return answer


def _everything(old, new, h, layers):
    both = [[BEGIN] * h + text for text in (old, new)]
    return [tuple(_windows(t, h**layer) for t in both) for layer in range(1, layers + 1)]


def _sets(old, new, h, layers):
    both = [[BEGIN] * h + text for text in (old, new)]
    sets = [[set(_windows(t, h**layer)) for t in both] for layer in range(1, layers + 1)]
    return [(list(a - b), list(b - a)) for a, b in sets]


def _answers_only(old, new, h, layers):
    plan = []
    for forget, memorize in edit(old, new, h, layers):
        both = {w for w, _ in forget} & {w for w, _ in memorize}
        plan.append(tuple([p for p in pairs if p[0] in both] for pairs in (forget, memorize)))
    return plan


def _not_the_answers(old, new, h, layers):
    swapped = _answers_only(old, new, h, layers)
    return [
        tuple([p for p in pairs if p not in gone] for pairs, gone in zip(part, less, strict=True))
        for part, less in zip(edit(old, new, h, layers), swapped, strict=True)
    ]


def _one_too_many(old, new, h, layers):
    extra = ((BEGIN,) * h, old[0])
    plan = edit(old, new, h, layers)
    return [(plan[0][0] + [extra], plan[0][1] + [extra]), *plan[1:]]


def _short(old, new, h, layers):
    plan = edit(old, new, h, layers)
    return [(plan[0][0][:-1], plan[0][1]), *plan[1:]]


def _edit_in_place(old, new, h, layers):
    old[:0] = [BEGIN] * h
    new[:0] = [BEGIN] * h
    return edit(old[h:], new[h:], h, layers)


def _taken_in_place(e, k, C, alpha):
    e *= alpha
    return e + (1 - alpha) * (k @ C)


def _size(h, layer):
    return h**layer


def _marks(h, layer):
    return h


WRONG = {
    "12.1": [
        (_chosen_by(lambda P: -P.sum(axis=0)), "begins with the smallest"),
        (lambda *g: (_best(*g)[::-1], _parts(*g)), "best one comes last"),
        (lambda *g: (np.roll(_best(*g), 1), _parts(*g)), "in another order"),
        (_chosen_by(lambda P: P[0]), "layer 1 alone"),
        (_chosen_by(lambda P: P[-1]), "last layer alone"),
        (_chosen_by(lambda P: P.max(axis=0)), "loudest layer"),
        (_chosen_by(lambda P: np.abs(P.sum(axis=0))), "whatever the sign"),
        (lambda *g: (_parts(*g).sum(axis=0), _parts(*g)), "the scores themselves"),
        (lambda *g: (np.sort(_best(*g)), _parts(*g)), "candidates are in the order"),
        (lambda Q, C, E, top: votes(Q, C, E, len(E)), "list all candidates"),
        (_plain, "Every layer has a list"),
        (lambda *g: (_best(*g) + 1, _parts(*g)), "best is not right"),
        (_told(lambda Q, C, E, best, parts: parts.sum(axis=0)), "summed over the layers"),
        (_told(lambda Q, C, E, best, parts: parts.T), "on their side"),
        (_told(lambda Q, C, E, best, parts: Q @ C @ E.T), "for all candidates"),
        (
            _told(lambda Q, C, E, best, parts: Q @ C @ E[np.sort(best)].T),
            "columns are in the order",
        ),
        (_told(lambda Q, C, E, best, parts: Q @ C @ E[: len(best)].T), "first columns"),
        (
            _told(lambda Q, C, E, best, parts: -np.sort(-(Q @ C @ E.T))[:, : len(best)]),
            "its own best votes",
        ),
        (_told(lambda Q, C, E, best, parts: Q @ C.T @ E[best].T), "wrong side"),
        (_told(lambda Q, C, E, best, parts: parts / len(Q)), "number of layers"),
        (_told(lambda Q, C, E, best, parts: parts / parts.sum(axis=0)), "shares of the score"),
        (_told(lambda Q, C, E, best, parts: parts[::-1]), "wrong order: layer 1"),
        (_told(lambda Q, C, E, best, parts: Q @ E[best].T), "keys with tokens"),
        (_told(lambda Q, C, E, best, parts: parts.cumsum(axis=0)), "ones before it"),
        (_told(lambda Q, C, E, best, parts: parts + 1), "their votes not yet"),
        (_parts, "Return two things"),
        (lambda *g: list(zip(_best(*g), _parts(*g).T, strict=True)), "not list"),
        (lambda *g: _parts(*g).sum(), "not float64"),
        (lambda *g: (_parts(*g), _best(*g)), "swapped: the indices"),
        (_votes_in_place, "in place"),
        (lambda *g: None, "returns nothing"),
        (lambda Q, C, E, top: votes(Q, C.T[:3], E, top), "ValueError"),
    ],
    "12.2": [
        (lambda q, K, Y, e: K @ q, "The value counts"),
        (lambda q, K, Y, e: Y @ e, "was its key asked"),
        (lambda q, K, Y, e: q @ (K.T @ Y) @ e, "whole score"),
        (lambda q, K, Y, e: (K @ q) * (Y @ e) / len(K), "number of pairs"),
        (lambda q, K, Y, e: K @ q + Y @ e, "You add"),
        (lambda q, K, Y, e: np.outer(K @ q, Y @ e), "every key with every value"),
        (lambda q, K, Y, e: (K @ e) * (Y @ q), "other way round"),
        (lambda q, K, Y, e: (Y @ q) * (Y @ e), "should meet the keys"),
        (lambda q, K, Y, e: abs(told(q, K, Y, e)), "sign is lost"),
        (lambda q, K, Y, e: told(q, K, Y, e) / told(q, K, Y, e).sum(), "shares"),
        (lambda q, K, Y, e: (K * q * Y * e).sum(axis=1), "number by number"),
        (lambda q, K, Y, e: K * q * Y * e, "every dimension"),
        (lambda q, K, Y, e: told(q, K, Y, e) * (e == Y).all(axis=1), "candidate itself"),
        (lambda q, K, Y, e: -np.sort(-told(q, K, Y, e)), "sorted"),
        (
            lambda q, K, Y, e: told(q, K, Y, e) / np.linalg.norm(K, axis=1) / np.linalg.norm(q),
            "cosines",
        ),
        (lambda q, K, Y, e: told(q, K, Y, e).clip(0), "cut off"),
        (lambda q, K, Y, e: told(q, K, Y, e)[:, None], "one column"),
        (lambda q, K, Y, e: 2 * told(q, K, Y, e), "not right yet"),
        (lambda q, K, Y, e: told(q, K, Y, e)[:-1], "shape"),
        (_testimony_in_place, "in place"),
        (lambda q, K, Y, e: None, "returns nothing"),
        (lambda q, K, Y, e: q @ K * (Y @ e), "ValueError"),
    ],
    "12.3": [
        (lambda *g: [(b, a) for a, b in edit(*g)], "lists are swapped"),
        (_everything, "whole old text"),
        (_answers_only, "answers only"),
        (_not_the_answers, "whose *answer* changes"),
        (_sets, "not how often"),
        (lambda old, new, h, layers: edit(old[:-1], new[:-1], h, layers), "very last token"),
        (_changed(lambda pairs: list(dict.fromkeys(pairs))), "in your lists once"),
        (_plan_with(_size, lambda h, layer: 0), "begin marks are missing"),
        (_plan_with(_size, _size), "too many begin marks"),
        (_plan_with(lambda h, layer: h, _marks), "All your layers"),
        (_plan_with(lambda h, layer: h * layer, _marks), "h·λ"),
        (_plan_with(lambda h, layer: h ** (layer - 1), _marks), "windows of one token"),
        (_changed(lambda pairs: [(w[::-1], t) for w, t in pairs]), "backwards"),
        (lambda *g: [(a, []) for a, _ in edit(*g)], "memorize nothing"),
        (lambda *g: [([], b) for _, b in edit(*g)], "both compete"),
        (_one_too_many, "in both of your lists"),
        (_short, "Layer 1 is not right yet"),
        (_plan_with(lambda h, layer: 2**layer, lambda h, layer: 2), "is not right yet"),
        (lambda *g: edit(*g)[-1:], "not one of length 1"),
        (lambda *g: edit(*g)[:-1], "not one of length 2"),
        (lambda *g: np.zeros(3), "one array of shape"),
        (lambda *g: [a + b for a, b in edit(*g)], "two lists"),
        (_changed(Counter), "This is a Counter"),
        (_changed(lambda pairs: [(list(w), t) for w, t in pairs]), "not list"),
        (_changed(lambda pairs: [(" ".join(map(str, w)), t) for w, t in pairs]), "not str"),
        (_changed(lambda pairs: [((w,), t) for w, t in pairs]), "cut into blocks"),
        (_changed(lambda pairs: [(*w, t) for w, t in pairs]), "two parts"),
        (_changed(len), "lists of pairs, not int"),
        (_edit_in_place, "changes a list"),
        (lambda *g: None, "returns nothing"),
        (lambda old, new, h, layers: old - new, "TypeError"),
    ],
    "12.4": [
        (lambda e, k, C, a: (1 - a) * e + a * (k @ C), "shares are swapped"),
        (lambda e, k, C, a: a * e + (1 - a) * (e @ C), "with the encodings"),
        (lambda e, k, C, a: a * e + (1 - a) * (C @ k.T).T, "wrong side"),
        (lambda e, k, C, a: e + k @ C, "each in full"),
        (lambda e, k, C, a: e + (1 - a) * (k @ C), "was computed goes in"),
        (lambda e, k, C, a: a * e + k @ C, "is remembered goes in"),
        (lambda e, k, C, a: a * k + (1 - a) * (k @ C), "mix in the keys"),
        (lambda e, k, C, a: a * e + (1 - a) * k, "encodings with keys"),
        (lambda e, k, C, a: k @ C, "Only the memory"),
        (lambda e, k, C, a: e, "Only the computed"),
        (lambda e, k, C, a: (a * e + (1 - a) * k) @ C, "Everything went through"),
        (lambda e, k, C, a: (e + k @ C) / 2, "Half and half"),
        (lambda e, k, C, a: -taken_in(e, k, C, a), "not right yet"),
        (lambda e, k, C, a: taken_in(e, k, C, a).sum(axis=0), "shape"),
        (_taken_in_place, "in place"),
        (lambda e, k, C, a: None, "returns nothing"),
        (lambda e, k, C, a: a * e + (1 - a) * (C @ k), "ValueError"),
    ],
}


@pytest.mark.parametrize("number", WRONG)
def test_each_mistake_is_refused_by_its_own_message(number):
    refused(chapter, number, WRONG[number])


# ---- The data tell mistakes apart ------------------------------------------------------------


def _data(number):
    """Return all that a check hands over."""
    given = []

    def record(*arguments):
        given.append([a.copy() if hasattr(a, "copy") else a for a in arguments])
        return SOLUTIONS[number](*arguments)

    assert chapter.check(number, record).status == "right"
    return given


@pytest.mark.parametrize(
    ("number", "mistakes"),
    [("12.2", chapter12.TESTIMONY_MISTAKES), ("12.4", chapter12.TAKEN_MISTAKES)],
)
def test_known_mistakes_are_told_apart_on_the_first_data(number, mistakes):
    given = _data(number)[0]
    found = [SOLUTIONS[number](*given), *(make(*given) for make, _ in mistakes)]
    for i, one in enumerate(found):
        for other in found[:i]:
            assert np.shape(one) != np.shape(other) or not np.allclose(one, other)


def test_known_mistakes_with_plans_are_told_apart():
    makes = [chapter12._plan, *(make for make, _ in chapter12.PLAN_MISTAKES)]
    for i, one in enumerate(makes):
        for other in makes[:i]:
            assert any(one(*given) != other(*given) for given in chapter12.EDITS)


def test_edits_change_add_and_remove_and_have_pairs_that_repeat():
    lengths = [len(new) - len(old) for old, new, _, _ in chapter12.EDITS]
    assert min(lengths) < 0 < max(lengths)
    assert 0 in lengths
    plans = [part for given in chapter12.EDITS for part in chapter12._plan(*given)]
    assert any(max(forget.values(), default=0) > 1 for forget, _ in plans)
    assert {layers for *_, layers in chapter12.EDITS} == {1, 2, 3}


def test_the_solution_is_the_library_and_the_best_is_not_the_first_by_chance():
    for Q, C, E, top in _data("12.1"):
        best, parts = votes(Q, C, E, top)
        sums = parts.sum(axis=0)
        assert all(a > b for a, b in pairwise(sums))
        assert (Q @ C @ E.T).sum(axis=0).max() == pytest.approx(sums[0])
        assert best[0] != 0
