"""Chapter 09's checks: the solution is right, the stub not attempted, each mistake named."""

import numpy as np
import pytest
from exercises import first_data, functions, refused

from memo_edu.checks import chapter09
from memo_edu.checks.chapter09 import chapter
from memo_edu.encoders import full_windows
from memo_edu.model import BEGIN

SOLUTIONS = functions("09", solved=True)
layer_pairs, side_by_side, two_layers = SOLUTIONS.values()


# ---- Right in other ways ---------------------------------------------------------------------


def _by_index(X, h, step):
    rows = max(0, len(X) - (h - 1) * step)
    index = np.arange(rows)[:, None] + step * np.arange(h)
    return X[index].reshape(rows, h * X.shape[1])


def _window_by_window(X, h, step):
    starts = range(len(X) - (h - 1) * step)
    return np.array([X[i : i + h * step : step].ravel() for i in starts])


def _pair_by_pair(X, W1, P1, W2, h):
    C = np.zeros((X.shape[1], X.shape[1]))
    for i in range(h, len(X)):
        C += np.outer((X[i - h : i] @ W1).ravel(), X[i]) / np.sqrt(h)
        if i >= h * h:
            blocks = X[i - h * h : i].reshape(h, -1) @ P1
            C += np.outer((blocks @ W2).ravel(), X[i]) / np.sqrt(h)
    return C


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        ("9.1", lambda t, h, layer: full_windows(t, h, layer)[layer - 1]),
        (
            "9.1",
            lambda t, h, layer: [[[list(b) for b in w], y] for w, y in layer_pairs(t, h, layer)],
        ),
        ("9.2", _by_index),
        ("9.2", _window_by_window),
        ("9.3", _pair_by_pair),
    ],
)
def test_other_ways_are_right_too(number, answer):
    outcome = chapter.check(number, answer)
    assert outcome.status == "right", outcome


# ---- Wrong -----------------------------------------------------------------------------------


def _pairs(change):
    """Make an answer to 9.1 from a function of (tokens, i, h, layer) that gives one pair."""

    def answer(tokens, h, layer):
        return [change(tokens, i, h, layer) for i in range(len(tokens) - h**layer)]

    return answer


def _overlapping(tokens, h, layer):
    step = h ** (layer - 1)
    size = step + h - 1
    return [
        (tuple(tuple(tokens[i + j : i + j + step]) for j in range(h)), tokens[i + size])
        for i in range(len(tokens) - size)
    ]


def _blocks(tokens, i, size, h, step):
    return tuple(tuple(tokens[i + j : i + j + step]) for j in range(0, size, step))


def _linear(tokens, h, layer):
    """Blocks of λ tokens: h·λ in place of h^λ."""
    size = h * layer
    return [
        (_blocks(tokens, i, size, h, layer), tokens[i + size]) for i in range(len(tokens) - size)
    ]


def _always_h(tokens, h, layer):
    size = h * h
    return [(_blocks(tokens, i, size, h, h), tokens[i + size]) for i in range(len(tokens) - size)]


def _inside(tokens, i, h, layer):
    size, step = h**layer, h ** (layer - 1)
    return _blocks(tokens, i, size, h, step), tokens[i + size - 1]


def _skipped(tokens, h, layer):
    size, step = h**layer, h ** (layer - 1)
    return [
        (_blocks(tokens, i, size, h, step), tokens[i + size + 1])
        for i in range(len(tokens) - size - 1)
    ]


def _dealt(tokens, i, h, layer):
    size = h**layer
    window = tokens[i : i + size]
    return tuple(tuple(window[j::h]) for j in range(h)), tokens[i + size]


def _unsplit(tokens, i, h, layer):
    return tuple(tokens[i : i + h**layer]), tokens[i + h**layer]


def _popped(tokens, h, layer):
    right = layer_pairs(tokens, h, layer)
    tokens.pop()
    return right


def _too_short_is_padded(tokens, h, layer):
    return layer_pairs(tokens, h, layer) or [((), tokens[-1])]


def _bare_in_layer_one(tokens, h, layer):
    right = layer_pairs(tokens, h, layer)
    return right if layer > 1 else [(tuple(b for (b,) in w), y) for w, y in right]


def _wrap(X, h, step):
    return np.hstack([np.roll(X, -j * step, axis=0) for j in range(h)])


def _fill_up(X, h, step, front=False):
    zeros = np.zeros(((h - 1) * step, X.shape[1]))
    return side_by_side(np.vstack([zeros, X] if front else [X, zeros]), h, step)


def _split(X, h, step):
    return side_by_side(X, h, step).reshape(-1, h, X.shape[1])


def _divided(X, h, step):
    X /= np.sqrt(h)
    return side_by_side(X, h, step) * np.sqrt(h)


def _no_care_of_short(X, h, step):
    rows = len(X) - (h - 1) * step
    return np.hstack([X[j * step :][:rows] for j in range(h)])


def _one_row_if_short(X, h, step):
    found = side_by_side(X, h, step)
    return found if len(found) else np.zeros((1, h * X.shape[1]))


def _memory(
    upper_stride=None, root1=True, root2=True, first1=None, first2=None, key0=0, up="E", grid=1
):
    """Make an answer to 9.3 with one thing changed."""

    def answer(X, W1, P1, W2, h):
        taken = {"E": side_by_side(X, h, 1) @ P1, "X": X}
        K1 = side_by_side(X @ W1, h, 1) / (np.sqrt(h) if root1 else 1)
        taken["K"] = K1
        K2 = side_by_side(taken[up] @ W2, h, upper_stride or h) / (np.sqrt(h) if root2 else 1)
        C = 0
        for K, first in ((K1, h if first1 is None else first1(h)), (K2, (first2 or _square)(h))):
            keys, values = K[key0:], X[first:]
            if K is K2:
                keys, values = keys[::grid], values[::grid]
            n = min(len(keys), len(values))
            C = C + keys[:n].T @ values[:n]
        return C

    return answer


def _square(h):
    return h * h


def _encodings_as_values(X, W1, P1, W2, h):
    E = side_by_side(X, h, 1) @ P1
    K2 = side_by_side(E @ W2, h, h) / np.sqrt(h)
    values = E[h * h :]
    return _only_one(X, W1, P1, W2, h) + K2[: len(values)].T @ values


def _only_one(X, W1, P1, W2, h):
    return (side_by_side(X @ W1, h, 1) / np.sqrt(h))[:-1].T @ X[h:]


def _only_two(*given):
    return two_layers(*given) - _only_one(*given)


def _in_place(X, W1, P1, W2, h):
    W1 /= np.sqrt(h)
    return X.T @ X


def _needs_layer_two(X, W1, P1, W2, h):
    if len(X) <= h * h:
        raise ValueError("negative dimensions")
    return two_layers(X, W1, P1, W2, h)


def _last_missing(X, W1, P1, W2, h):
    return two_layers(X[:-1], W1, P1, W2, h)


def _backwards(X, W1, P1, W2, h):
    d = X.shape[1]
    pieces = (side_by_side(X, h, 1) @ P1 @ W2)[::-1]
    K2 = side_by_side(pieces, h, h)[::-1] / np.sqrt(h)
    assert K2.shape[1] == d
    return _only_one(X, W1, P1, W2, h) + K2[:-1].T @ X[h * h :]


WRONG = {
    "9.1": [
        (_overlapping, "overlap"),
        (lambda t, h, n: layer_pairs(t, h, n)[:: h ** (n - 1)], "by a whole block"),
        (lambda t, h, n: layer_pairs(t, h, n)[:: h**n], "by a whole window"),
        (_linear, "have λ tokens"),
        (_always_h, "have h tokens in every layer"),
        (lambda t, h, n: layer_pairs(t, h, 1), "one token in every layer"),
        (lambda t, h, n: layer_pairs(t, h, n + 1), "the layer above"),
        (_pairs(_inside), "not its last"),
        (_skipped, "a token is skipped"),
        (lambda t, h, n: layer_pairs(t, h, n)[:-1], "last pair is missing"),
        (lambda t, h, n: layer_pairs(t, h, n)[1:], "first pair is missing"),
        (lambda t, h, n: layer_pairs(t, h, n)[::-1], "listed backwards"),
        (lambda t, h, n: [(w[::-1], y) for w, y in layer_pairs(t, h, n)], "wrong order"),
        (_pairs(_dealt), "like cards"),
        (_pairs(_unsplit), "not split"),
        (lambda t, h, n: layer_pairs([BEGIN] * h + t, h, n), "begin marks"),
        (_too_short_is_padded, "should be empty"),
        (_bare_in_layer_one, "single token: (t,)"),
        (_pairs(lambda t, i, h, n: (((t[i],),) * h, t[i])), "not right yet"),
        (_pairs(lambda t, i, h, n: ((t[i],), [t[i]])), "one token, not a list"),
        (_pairs(lambda t, i, h, n: (t[i], t[i])), "first the blocks"),
        (_pairs(lambda t, i, h, n: t[i]), "look like"),
        (lambda t, h, n: dict(layer_pairs(t, h, n)), "not dict"),
        (_popped, "changes the list"),
        (lambda t, h, n: None, "returns nothing"),
        (lambda t, h, n: t[99], "IndexError"),
    ],
    "9.2": [
        (lambda X, h, step: side_by_side(X, h, 1), "always 1"),
        (lambda X, h, step: side_by_side(X, h, 1)[: len(X) - (h - 1) * step], "are neighbours"),
        (lambda X, h, step: side_by_side(X, h, h), "h as the stride"),
        (lambda X, h, step: _split(X, h, step)[:, ::-1].reshape(-1, h * X.shape[1]), "wrong order"),
        (_split, "one long row"),
        (
            lambda X, h, step: _split(X, h, step).swapaxes(1, 2).reshape(-1, h * X.shape[1]),
            "shuffled",
        ),
        (lambda X, h, step: side_by_side(X, h, step)[::step], "by step rows"),
        (lambda X, h, step: side_by_side(X, h, step)[::h], "by h rows"),
        (lambda X, h, step: side_by_side(X[:-1], h, step), "last window is missing"),
        (lambda X, h, step: side_by_side(X[1:], h, step), "first window is missing"),
        (lambda X, h, step: side_by_side(X, h, step)[: len(X) - h * step], "not h·step"),
        (_wrap, "beginning of the text"),
        (_fill_up, "last windows are filled up"),
        (lambda X, h, step: _fill_up(X, h, step, front=True), "first windows are filled up"),
        (lambda X, h, step: _split(X, h, step).sum(axis=1), "added up"),
        (lambda X, h, step: np.vstack(_split(X, h, step).swapaxes(0, 1)), "not vstack"),
        (lambda X, h, step: side_by_side(X, h, step) / np.sqrt(h), "divide by √h"),
        (lambda X, h, step: X, "as it was"),
        (lambda X, h, step: side_by_side(X, h, step) + 1, "not right yet"),
        (lambda X, h, step: side_by_side(X, h, step)[:, :-1], "shape"),
        (_no_care_of_short, "Your code stopped with"),
        (_one_row_if_short, "return 0 rows."),
        (_divided, "in place"),
        (lambda X, h, step: np.hstack([X[j * step :] for j in range(h)]), "different numbers"),
        (lambda X, h, step: None, "returns nothing"),
        (lambda X, h, step: X @ X, "ValueError"),
    ],
    "9.3": [
        (_memory(upper_stride=1), "took neighbouring encodings"),
        (_memory(upper_stride=1, first2=lambda h: 2 * h - 1), "windows are too short"),
        (_only_one, "Only layer 1"),
        (_only_two, "Only layer 2"),
        (lambda X, W1, P1, W2, h: two_layers(X, W1, P1, W1, h), "made with W1"),
        (lambda X, W1, P1, W2, h: two_layers(X, W2, P1, W1, h), "swapped"),
        (lambda X, W1, P1, W2, h: two_layers(X, W2, P1, W2, h), "made with W2"),
        (_memory(root1=False, root2=False), "both layers are too long"),
        (_memory(root2=False), "In layer 2 the factor"),
        (_memory(root1=False), "In layer 1 the factor"),
        (
            lambda X, W1, P1, W2, h: two_layers(X, W1, P1 / np.sqrt(h), W2, h),
            "encodings are divided",
        ),
        (_memory(up="X"), "takes in tokens"),
        (_memory(up="K"), "takes in the keys"),
        (_memory(first2=lambda h: h), "same token as layer 1"),
        (_memory(first2=lambda h: 2 * h), "not h + h"),
        (_memory(key0=1), "the very token"),
        (
            _memory(first1=lambda h: h - 1, first2=lambda h: h * h - 1),
            "last token of its own window. It",
        ),
        (_memory(first2=lambda h: h * h - 1), "Off by one in layer 2: the value is"),
        (_memory(first1=lambda h: h + 1, first2=lambda h: h * h + 1), "each window and its value"),
        (_memory(first2=lambda h: h * h + 1), "Off by one in layer 2: a token is skipped"),
        (_last_missing, "last pair of each layer"),
        (_encodings_as_values, "stores encodings as values"),
        (_memory(grid=3), "one at every position"),
        (lambda *given: two_layers(*given).T, "turned over"),
        (_backwards, "wrong order"),
        (lambda *given: (_only_one(*given), _only_two(*given)), "two memories"),
        (_needs_layer_two, "no pair for layer 2"),
        (lambda *given: two_layers(*given) + 1, "not right yet"),
        (lambda *given: two_layers(*given)[:-1], "shape"),
        (_in_place, "in place"),
        (lambda *given: None, "returns nothing"),
        (lambda X, W1, P1, W2, h: side_by_side(X @ W1, h, 1).T @ X, "which keys have a next"),
        (lambda *given: two_layers(*given) / 2, "the mean of the two"),
        (lambda X, W1, P1, W2, h: X[99], "IndexError"),
    ],
}


@pytest.mark.parametrize("number", WRONG)
def test_each_mistake_is_refused_by_its_own_message(number):
    refused(chapter, number, WRONG[number])


@pytest.mark.parametrize(
    ("number", "mistakes"),
    [
        ("9.1", chapter09.PAIR_MISTAKES),
        ("9.2", chapter09.BESIDE_MISTAKES),
        ("9.3", chapter09.TWO_MISTAKES),
    ],
)
def test_known_mistakes_are_told_apart_on_the_first_data(number, mistakes):
    given = first_data(chapter, number, SOLUTIONS[number])
    found = [SOLUTIONS[number](*given), *(make(*given) for make, _ in mistakes)]
    for i, one in enumerate(found):
        for other in found[:i]:
            if number == "9.1":
                assert one != other
            else:
                assert np.shape(one) != np.shape(other) or not np.allclose(one, other)
