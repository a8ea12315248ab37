"""Chapter 05's checks: the solution is right, the stub not attempted, each mistake named."""

import numpy as np
import pytest
from exercises import functions, refused

from memo_edu.checks.chapter05 import chapter
from memo_edu.model import BEGIN

SOLUTIONS = functions("05", solved=True)
pairs, key = SOLUTIONS["5.1"], SOLUTIONS["5.2"]


def _windows(full, h, first=0):
    return [(tuple(full[i : i + h]), full[i + h]) for i in range(first, len(full) - h)]


def _pairs_in_place(tokens, h):
    tokens[:0] = [BEGIN] * h
    return _windows(tokens, h)


def _pairs_growing(tokens, h):
    return [(tuple(tokens[max(0, i - h) : i]), token) for i, token in enumerate(tokens)]


def _slide(tokens, h):
    window, found = (BEGIN,) * h, []
    for token in tokens:
        found.append((window, token))
        window = (*window[1:], token)
    return found


def _slide_lists(tokens, h):
    return zip([list(window) for window, _ in pairs(tokens, h)], tokens, strict=True)


def _key_in_place(x, W):
    x /= np.sqrt(len(x))
    return (x @ W).ravel()


def _recite(first, context, last):
    """Make a reciter: what it begins with, what it asks about, what it returns."""

    def recite(predict, prompt, n):
        tokens = first(prompt)
        for _ in range(n):
            tokens.append(predict(context(tokens, prompt)))
        return last(tokens, prompt, n)

    return recite


def _whole(tokens, prompt):
    return tokens


def _added(tokens, prompt, n):
    return tokens[len(prompt) :]


def _letters(predict, prompt, n):
    tokens = list(prompt)
    for _ in range(n):
        tokens += predict(tokens)
    return tokens[len(prompt) :]


def _in_front(predict, prompt, n):
    tokens = list(prompt)
    for _ in range(n):
        tokens.insert(0, predict(tokens))
    return tokens[:n][::-1]


def _endless(predict, prompt, n):
    tokens = list(prompt)
    while True:
        tokens.append(predict(tokens))


def _recursive(predict, prompt, n):
    if n == 0:
        return []
    token = predict(prompt)
    return [token, *_recursive(predict, [*prompt, token], n - 1)]


def _times(extra):
    solution = SOLUTIONS["5.3"]
    return lambda predict, prompt, n: solution(predict, prompt, n + extra if n else 0)


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        ("5.1", _slide),
        ("5.1", _slide_lists),
        ("5.2", lambda x, W: np.concatenate([row @ W for row in x]) / len(x) ** 0.5),
        ("5.2", lambda x, W: np.hstack(list(x @ W / np.sqrt(x.shape[0])))),
        ("5.3", _recursive),
        ("5.4", lambda r, M, k, v, s: (s / k * (r + (M - r) / v)) ** 0.5),
        ("5.4", lambda r, M, k, v, s: [(s * (n / k + (M - n) / (k * v))) ** 0.5 for n in r]),
    ],
)
def test_other_ways_are_right_too(number, answer):
    outcome = chapter.check(number, answer)
    assert outcome.status == "right", outcome


def _root(make):
    return lambda r, M, k, v, s: np.sqrt(make(r, M, k, v, s))


WRONG = {
    "5.1": [
        (lambda t, h: _windows(t, h), "missing: the first token"),
        (lambda t, h: list(dict.fromkeys(pairs(t, h))), "occurs twice"),
        (lambda t, h: [((*w[1:], y), y) for w, y in pairs(t, h)], "very token"),
        (lambda t, h: [((*w, y), y) for w, y in pairs(t, h)], "too long"),
        (
            lambda t, h: [
                (w, y) for (w, _), (_, y) in zip(pairs(t, h), pairs(t, h)[1:], strict=False)
            ],
            "skipped",
        ),
        (lambda t, h: pairs(t, h)[:-1], "last pair"),
        (lambda t, h: _windows([BEGIN] * (h - 1) + t, h), "first pair"),
        (lambda t, h: [(w[::-1], y) for w, y in pairs(t, h)], "backwards"),
        (lambda t, h: _windows([BEGIN] * 2 * h + t, h), "windows only"),
        (_pairs_growing, "some of yours have 0"),
        (lambda t, h: _windows([0] * h + t, h), "should be BEGIN"),
        (lambda t, h: [(y, w) for w, y in pairs(t, h)], "swapped"),
        (lambda t, h: [(w, [y]) for w, y in pairs(t, h)], "one token, not a list"),
        (lambda t, h: [("".join(map(str, w)), y) for w, y in pairs(t, h)], "tuple of tokens"),
        (lambda t, h: [(*w, y) for w, y in pairs(t, h)], "list of pairs. Each"),
        (lambda t, h: dict(pairs(t, h)), "not dict"),
        (lambda t, h: pairs(t, h)[::-1], "table of six tokens"),
        (_pairs_in_place, "changes the list"),
        (lambda t, h: None, "returns nothing"),
        (lambda t, h: t[99], "IndexError"),
    ],
    "5.2": [
        (lambda x, W: (x @ W).ravel(), "missing"),
        (lambda x, W: (x @ W).ravel() / len(x), "root of h"),
        (lambda x, W: (x @ W).ravel() * np.sqrt(len(x)), "multiply"),
        (lambda x, W: (x @ W).ravel() / np.sqrt(len(W)), "root of d"),
        (lambda x, W: (x @ W).ravel() / np.linalg.norm(x @ W), "norm 1"),
        (lambda x, W: (x @ W).sum(axis=0) / np.sqrt(len(x)), "no order"),
        (lambda x, W: key(x[::-1], W), "oldest"),
        (lambda x, W: (x @ W).T.ravel() / np.sqrt(len(x)), "shuffled"),
        (lambda x, W: (x @ W) / np.sqrt(len(x)), "still in rows"),
        (lambda x, W: x[-1] @ W / np.sqrt(len(x)), "last token"),
        (lambda x, W: x.ravel() / np.sqrt(len(x)), "whole vectors"),
        (lambda x, W: key(x, W) + 1, "not right yet"),
        (_key_in_place, "in place"),
        (lambda x, W: None, "returns nothing"),
        (lambda x, W: x.T @ W, "ValueError"),
    ],
    "5.3": [
        (_recite(list, lambda tokens, prompt: prompt, _added), "same prompt"),
        (_recite(list, _whole, lambda tokens, prompt, n: tokens if n else []), "in your answer"),
        (_recite(list, _whole, lambda tokens, prompt, n: tokens[-n:]), "n = 0"),
        (_recite(lambda prompt: prompt, _whole, lambda t, p, n: t[-n:] if n else []), "has grown"),
        (
            _recite(list, lambda t, p: t[len(p) :] if len(t) > len(p) else t, _added),
            "prompt is forgotten",
        ),
        (_recite(list, lambda tokens, prompt: tokens[-1:], _added), "last token only"),
        (_times(-1), "missing"),
        (_times(1), "too many"),
        (_times(3), "there should be n = 5"),
        (_recite(list, _whole, lambda t, p, n: "".join(t[len(p) :])), "not str"),
        (_recite(list, lambda tokens, prompt: "".join(tokens), _added), "hand it a list"),
        (_recite(list, _whole, lambda t, p, n: t[len(p) :][::-1]), "not right yet"),
        (_letters, "letters"),
        (_in_front, "in front"),
        (_endless, "on and on"),
        (lambda predict, prompt, n: None, "returns nothing"),
        (lambda predict, prompt: [], "TypeError"),
    ],
    "5.4": [
        (lambda r, M, k, v, s: s * (r / k + (M - r) / (k * v)), "its root"),
        (_root(lambda r, M, k, v, s: r / k + (M - r) / (k * v)), "is missing"),
        (lambda r, M, k, v, s: s * np.sqrt(r / k + (M - r) / (k * v)), "under the root"),
        (_root(lambda r, M, k, v, s: s * r / k + (M - r) / (k * v)), "only the first"),
        (_root(lambda r, M, k, v, s: r / k + s * (M - r) / (k * v)), "only the second"),
        (_root(lambda r, M, k, v, s: s * (r / k + M / (k * v))), "both terms. How"),
        (_root(lambda r, M, k, v, s: s * r / k), "other answers are missing"),
        (_root(lambda r, M, k, v, s: s * (M - r) / (k * v)), "own pairs are missing"),
        (_root(lambda r, M, k, v, s: s * (r + M - r) / (k * v)), "equally loud"),
        (_root(lambda r, M, k, v, s: s * (r / v + (M - r) / (k * v))), "d_value is the wrong"),
        (_root(lambda r, M, k, v, s: s * (r / (k * v) + (M - r) / k)), "each other"),
        (_root(lambda r, M, k, v, s: s * (r / k + (M - r) / k * v)), "brackets"),
        (
            lambda r, M, k, v, s: np.sqrt(s * r / k) + np.sqrt(s * (M - r) / (k * v)),
            "Variances add",
        ),
        (lambda r, M, k, v, s: r / M, "not right yet"),
        (lambda r, M, k, v, s: SOLUTIONS["5.4"](r, M, k, v, s)[:, None], "shape"),
        (lambda r, M, k, v, s: None, "returns nothing"),
        (lambda r, M, k, v, s: r @ np.ones(99), "ValueError"),
    ],
}


@pytest.mark.parametrize("number", WRONG)
def test_each_mistake_is_refused_by_its_own_message(number):
    refused(chapter, number, WRONG[number])
