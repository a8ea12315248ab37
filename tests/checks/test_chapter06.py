"""Chapter 06's checks: the solution is right, the stub not attempted, each mistake named."""

from collections import Counter

import numpy as np
import pytest
from exercises import functions, refused

from memo_edu.checks.chapter06 import chapter
from memo_edu.model import BEGIN

SOLUTIONS = functions("06", solved=True)
counts, forget_text = SOLUTIONS["6.1"], SOLUTIONS["6.2"]
still_known, cut = SOLUTIONS["6.3"], SOLUTIONS["6.4"]


def _pairs(tokens, h, marks=None):
    full = [BEGIN] * (h if marks is None else marks) + tokens
    return [(tuple(full[i : i + h]), full[i + h]) for i in range(len(full) - h)]


# ---- 6.1 -------------------------------------------------------------------------------------


def _count_loop(memorized, forgotten):
    total = {}
    for pair in memorized:
        total[pair] = total.get(pair, 0) + 1
    for pair in forgotten:
        total[pair] = total.get(pair, 0) - 1
    return {pair: count for pair, count in total.items() if count}


def _count_all(memorized, forgotten):
    return Counter(
        {p: n for p in {*memorized, *forgotten} if (n := memorized.count(p) - forgotten.count(p))}
    )


def _with_zeros(memorized, forgotten):
    total = Counter(memorized)
    total.subtract(forgotten)
    return total


def _count_in_place(memorized, forgotten):
    for pair in forgotten:
        if pair in memorized:
            memorized.remove(pair)
    return Counter(memorized)


def _signed(change):
    return lambda m, f: {pair: change(count) for pair, count in _count_loop(m, f).items()}


# ---- 6.2 -------------------------------------------------------------------------------------


def _forget(combine, marks=None, turn=1, scale=None, value=None, last=None):
    """Make a function that combines C with the sum of a text's tables, rightly or wrongly."""

    def forget(C, tokens, vectors, W, h):
        total = np.zeros_like(C)
        for window, token in _pairs(tokens[:last], h, marks):
            k = (vectors(list(window[::turn])) @ W).ravel() * (scale(h) if scale else h**-0.5)
            total += np.outer(k, vectors([value(window, token) if value else token])[0])
        return combine(C, total)

    return forget


def _forget_once(C, tokens, vectors, W, h):
    for window, token in set(_pairs(tokens, h)):
        C = C - np.outer((vectors(list(window)) @ W).ravel() / h**0.5, vectors([token])[0])
    return C


def _minus(C, total):
    return C - total


def _forget_in_place(C, tokens, vectors, W, h):
    C -= forget_text(np.zeros_like(C), tokens, vectors, W, h) * -1
    return C


def _forget_growing(C, tokens, vectors, W, h):
    result = forget_text(C, tokens, vectors, W, h)
    tokens[:0] = [BEGIN] * h
    return result


# ---- 6.3 -------------------------------------------------------------------------------------


def _known(known):
    """Make a function that marks the pairs of a text for which known(pair, kept, h) holds."""
    return lambda tokens, kept, h: [known(pair, kept, h) for pair in _pairs(tokens, h)]


def _first_kept(tokens, kept, h):
    return still_known(tokens, kept[:1], h)


def _overwritten(tokens, kept, h):
    known = set()
    for text in kept:
        known = set(_pairs(text, h))
    return [pair in known for pair in _pairs(tokens, h)]


def _early_return(tokens, kept, h):
    return [any(pair in _pairs(text, h) for text in kept) for pair in _pairs(tokens, h)][:-1]


def _kept_growing(tokens, kept, h):
    result = still_known(tokens, kept, h)
    kept.append(tokens)
    return result


def _short_windows(tokens, kept, h):
    known = {(w[1:], t) for text in kept for w, t in _pairs(text, h)}
    return [(w[1:], t) in known for w, t in _pairs(tokens, h)]


def _slow(tokens, kept, h):
    return np.array([any(p in _pairs(text, h) for text in kept) for p in _pairs(tokens, h)])


# ---- 6.4 -------------------------------------------------------------------------------------


def _lists(tokens, start, stop, h):
    return _pairs(tokens, h), _pairs(tokens[:start] + tokens[stop:], h)


def _plan(make):
    return lambda tokens, start, stop, h: make(*_lists(tokens, start, stop, h), start, stop, h)


def _piece_alone(seam):
    def plan(tokens, a, b, h):
        piece = _pairs(tokens[a:b], h)
        return piece, _lists(tokens, a, b, h)[1][a : a + h] if seam else []

    return plan


def _every_touched(tokens, a, b, h):
    piece, (long, short) = set(tokens[a:b]), _lists(tokens, a, b, h)
    return [(w, t) for w, t in long if t in piece or piece & set(w)], short[a : a + h]


def _cut_in_place(tokens, start, stop, h):
    result = cut(tokens, start, stop, h)
    del tokens[start:stop]
    return result


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        ("6.1", _count_loop),
        ("6.1", _count_all),
        ("6.2", _forget(_minus)),
        ("6.2", _forget(lambda C, total: C + -1 * total)),
        ("6.3", _slow),
        ("6.3", _known(lambda pair, kept, h: any(pair in _pairs(text, h) for text in kept))),
        ("6.4", _plan(lambda long, short, a, b, h: (long, short))),
        ("6.4", _plan(lambda long, short, a, b, h: (long[a:], short[a:]))),
        (
            "6.4",
            _plan(
                lambda long, short, a, b, h: (
                    [*(Counter(long) - Counter(short)).elements()],
                    [*(Counter(short) - Counter(long)).elements()],
                )
            ),
        ),
    ],
)
def test_other_ways_are_right_too(number, answer):
    outcome = chapter.check(number, answer)
    assert outcome.status == "right", outcome


WRONG = {
    "6.1": [
        (lambda m, f: Counter(m) - Counter(f), "Only what is above zero"),
        (
            lambda m, f: {p: n for p, n in _count_loop(m, f).items() if p in m},
            "never memorized, but forgotten",
        ),
        (_with_zeros, "count of 0"),
        (lambda m, f: {p: max(n, 0) for p, n in _with_zeros(m, f).items()}, "stop at 0"),
        (_signed(lambda count: -count), "signs are turned"),
        (_signed(abs), "signs are lost"),
        (lambda m, f: Counter(m), "Nothing was forgotten"),
        (lambda m, f: Counter(m) + Counter(f), "should subtract"),
        (lambda m, f: _count_loop({*m}, {*f}), "a set forgets"),
        (lambda m, f: {p: n / len(m) for p, n in _count_loop(m, f).items()}, "not shares"),
        (lambda m, f: {p: n for p, n in Counter(m).items() if p not in f}, "forgotten once"),
        (lambda m, f: list(_count_loop(m, f).items()), "not list"),
        (lambda m, f: {p: str(n) for p, n in _count_loop(m, f).items()}, "one whole number"),
        (lambda m, f: {p[1]: n for p, n in _count_loop(m, f).items()}, "whole pair"),
        (_signed(lambda count: 2 * count), "not right yet"),
        (_count_in_place, "changes the lists"),
        (lambda m, f: None, "returns nothing"),
        (lambda m, f: m[999], "IndexError"),
    ],
    "6.2": [
        (lambda C, *given: C, "never calls"),
        (_forget(lambda C, total: C), "Nothing was forgotten"),
        (_forget(lambda C, total: C + total), "sign is turned"),
        (_forget(lambda C, total: C * 0), "all zeros"),
        (_forget(lambda C, total: total), "take it away from C"),
        (_forget(lambda C, total: -total), "is lost"),
        (_forget(lambda C, total: C - 2 * total), "twice, which"),
        (_forget(_minus, marks=0), "begin marks"),
        (_forget(_minus, scale=lambda h: 1), "too long"),
        (_forget(_minus, scale=lambda h: 1 / h), "too short"),
        (_forget(lambda C, total: C - total.T), "Transposed"),
        (_forget(_minus, turn=-1), "backwards"),
        (_forget(_minus, value=lambda window, token: window[-1]), "not the last one in it"),
        (_forget(_minus, last=-1), "last token is still known"),
        (_forget_once, "a set holds it once"),
        (_forget(lambda C, total: C - total - 1), "not right yet"),
        (_forget(lambda C, total: C[:-1] - total[:-1]), "shape"),
        (lambda C, tokens, vectors, W, h: vectors("".join(tokens)), "hand it a list"),
        (_forget_in_place, "in place"),
        (_forget_growing, "list of tokens"),
        (lambda C, tokens, vectors, W, h: None, "returns nothing"),
        (lambda C, tokens, vectors, W, h: C @ np.ones(99), "ValueError"),
    ],
    "6.3": [
        (lambda t, kept, h: [not x for x in still_known(t, kept, h)], "other way round"),
        (
            _known(lambda p, kept, h: any(p[0] == w for text in kept for w, _ in _pairs(text, h))),
            "windows alone",
        ),
        (_known(lambda p, kept, h: any(p[1] in text for text in kept)), "next tokens alone"),
        (
            lambda t, kept, h: still_known(t, [[token for text in kept for token in text]], h),
            "joined",
        ),
        (
            _known(lambda p, kept, h: any(p in _pairs(text, h, marks=0) for text in kept)),
            "begin marks are missing",
        ),
        (
            _known(lambda p, kept, h: all(p in _pairs(text, h) for text in kept) and bool(kept)),
            "all of them",
        ),
        (_first_kept, "first kept text"),
        (_overwritten, "last kept text"),
        (_short_windows, "too short"),
        (lambda t, kept, h: [True] * len(t), "not marked rightly"),
        (lambda t, kept, h: {p for p in _pairs(t, h) if p in kept}, "not set"),
        (lambda t, kept, h: sum(still_known(t, kept, h)), "not int"),
        (
            lambda t, kept, h: [x for x, ok in zip(t, still_known(t, kept, h), strict=True) if ok],
            "True or False",
        ),
        (_early_return, "has 11 entries"),
        (_kept_growing, "changes the lists"),
        (lambda t, kept, h: None, "returns nothing"),
        (lambda t, kept, h: t[999], "IndexError"),
    ],
    "6.4": [
        (lambda t, a, b, h: ([], []), "do nothing"),
        (_plan(lambda long, short, a, b, h: (long[a:b], [])), "Two things are missing"),
        (_plan(lambda long, short, a, b, h: (long[a : b + h], [])), "seam gapes"),
        (_plan(lambda long, short, a, b, h: (long[a:b], short[a : a + h])), "still there"),
        (_piece_alone(seam=False), "text of its own"),
        (_piece_alone(seam=True), "begin marks before it"),
        (_plan(lambda long, short, a, b, h: (short, long)), "swapped"),
        (
            _plan(lambda long, short, a, b, h: (long[a : b + h - 1], short[a : a + h - 1])),
            "overlooked",
        ),
        (
            _plan(lambda long, short, a, b, h: (long[a : b + h + 1], short[a : a + h])),
            "one pair too many",
        ),
        (
            _plan(lambda long, short, a, b, h: (long[a + h : b + h], short[a + h : a + 2 * h])),
            "too late",
        ),
        (
            _plan(lambda long, short, a, b, h: (long[max(a - h, 0) : b + h], short[a : a + h])),
            "before the piece too",
        ),
        (_plan(lambda long, short, a, b, h: (long[a : b + h], short[a : a + 1])), "first new pair"),
        (_every_touched, "elsewhere"),
        (_plan(lambda long, short, a, b, h: (long, [])), "whole text"),
        (_plan(lambda long, short, a, b, h: ([], short)), "on top"),
        (
            _plan(
                lambda long, short, a, b, h: (
                    [pair for pair in long if pair not in short],
                    [pair for pair in short if pair not in long],
                )
            ),
            "equally often",
        ),
        (_plan(lambda long, short, a, b, h: (long[:1], [])), "off by"),
        (lambda t, a, b, h: cut(t, a, b, h)[0], "two lists"),
        (lambda t, a, b, h: (t[a:b], []), "look like"),
        (_plan(lambda long, short, a, b, h: ([(t, w) for w, t in long], [])), "then one token"),
        (lambda t, a, b, h: (3, 4), "not int"),
        (_cut_in_place, "changes the list"),
        (lambda t, a, b, h: None, "returns nothing"),
        (lambda t, a, b, h: t[999], "IndexError"),
    ],
}


@pytest.mark.parametrize("number", WRONG)
def test_each_mistake_is_refused_by_its_own_message(number):
    refused(chapter, number, WRONG[number])
