"""Chapter 15's checks: the solution is right, the stub not attempted, each mistake named."""

import itertools
import math

import numpy as np
import pytest
from exercises import functions, refused

from memo_edu import theory
from memo_edu.checks import chapter15
from memo_edu.checks.chapter15 import chapter

SOLUTIONS = functions("15", solved=True)
multiplications, in_blocks, sum_of_parts, choose_dim = SOLUTIONS.values()


# ---- 15.1: one side right, the other changed ---------------------------------------------------


def _projection(change):
    return lambda d, h, n: (change(d, h, n), multiplications(d, h, n)[1])


def _binding(change):
    return lambda d, h, n: (multiplications(d, h, n)[0], change(d, h, n))


def _layer_by_layer(d, h, n):
    """Count the projection's work as it is done, one layer after the other."""
    total = d * d
    for layer in range(1, n + 1):
        total += h * d * (d // h) if 1 < layer == n else d * (d // h)
        if layer < n - 1:
            total += h * d * d
    return total


def _bound_layer_by_layer(d, h, n):
    windows = sum((h - 1) * d for _ in range(n))
    return np.float64(windows + (h - 1) * d + d + d * d)


# ---- 15.2 --------------------------------------------------------------------------------------


def _blocks(X, size):
    for start in range(0, len(X) - 1, size):
        yield start, min(start + size, len(X) - 1)


def _pair_by_pair(X, keys, size, reach):
    C = np.zeros((X.shape[1], X.shape[1]), dtype=int)
    for i in range(len(X) - 1):
        C = C + np.outer(keys(X[max(0, i - reach + 1) : i + 1])[-1], X[i + 1])
    return C


def _one_row_more(X, keys, size, reach):
    # The row after the block is handed over as well, and its key dropped.
    C = 0
    for start, stop in _blocks(X, size):
        first = max(0, start - reach + 1)
        C = C + keys(X[first : stop + 1])[start - first : -1].T @ X[start + 1 : stop + 1]
    return C


def _looking_back(back):
    def in_blocks_looking_back(X, keys, size, reach):
        C = 0
        for start, stop in _blocks(X, size):
            first = max(0, start - back(reach))
            C = C + keys(X[first:stop])[start - first :].T @ X[start + 1 : stop + 1]
        return C

    return in_blocks_looking_back


def _counted_again(X, keys, size, reach):
    C = 0
    for start, stop in _blocks(X, size):
        first = max(0, start - reach + 1)
        C = C + keys(X[first:stop]).T @ X[first + 1 : stop + 1]
    return C


def _pieces(back):
    def in_pieces(X, keys, size, reach):
        pieces = [X[max(0, start - back) : start + size] for start in range(0, len(X), size)]
        return sum(keys(piece)[:-1].T @ piece[1:] for piece in pieces)

    return in_pieces


def _edges_lost(X, keys, size, reach):
    C = 0
    for start, stop in _blocks(X, size):
        first = max(0, start - reach + 1)
        C = C + keys(X[first:stop])[start - first :][:-1].T @ X[start + 1 : stop]
    return C


def _full_blocks_only(X, keys, size, reach):
    whole = (len(X) - 1) // size * size
    return in_blocks(X[: whole + 1], keys, size, reach) if whole else np.zeros((X.shape[1],) * 2)


def _last_block(X, keys, size, reach):
    for start, stop in _blocks(X, size):
        first = max(0, start - reach + 1)
        C = keys(X[first:stop])[start - first :].T @ X[start + 1 : stop + 1]
    return C


def _first_block(X, keys, size, reach):
    for _, stop in _blocks(X, size):
        return keys(X[:stop]).T @ X[1 : stop + 1]


def _own_token(X, keys, size, reach):
    return in_blocks(X, keys, size, reach) * 0 + keys(X).T @ X


def _own_keys(X, keys, size, reach):
    return chapter15._window_keys(X)[:-1].T @ X[1:]


def _blocks_in_place(X, keys, size, reach):
    X *= -1
    return in_blocks(-X, keys, size, reach)


# ---- 15.3 --------------------------------------------------------------------------------------


def _until(memorize, share):
    while (part := memorize(share)) is None:
        pass
    return part


def _dealt(texts, machines):
    return [texts[i::machines] for i in range(machines)]


def _in_rounds(texts, memorize, machines):
    # Ask all of them, then those that broke down, and so on.
    waiting, parts = _dealt(texts, machines), []
    while waiting:
        answers = [(share, memorize(share)) for share in waiting]
        parts += [part for _, part in answers if part is not None]
        waiting = [share for share, part in answers if part is None]
    return np.sum(parts, axis=0)


def _cut_evenly(texts, memorize, machines):
    edges = [round(i * len(texts) / machines) for i in range(machines + 1)]
    return sum(_until(memorize, texts[a:b]) for a, b in itertools.pairwise(edges))


def _asked_once(texts, memorize, machines):
    parts = [memorize(share) for share in _dealt(texts, machines)]
    return sum((part for part in parts if part is not None), np.zeros((5, 5)))


def _asked_twice(texts, memorize, machines):
    C = np.zeros((5, 5))
    for share in _dealt(texts, machines):
        part = memorize(share)
        part = memorize(share) if part is None else part
        C = C if part is None else C + part
    return C


def _leftovers(texts, memorize, machines):
    size = len(texts) // machines
    return sum(_until(memorize, texts[i * size : (i + 1) * size]) for i in range(machines))


def _last_takes_the_rest(texts, memorize, machines):
    size = len(texts) // machines
    starts = [i * size for i in range(machines)]
    shares = [texts[a:b] for a, b in zip(starts, [*starts[1:], len(texts)], strict=True)]
    return sum(_until(memorize, share) for share in shares)


def _start_over(texts, memorize, machines):
    # After a breakdown everything is done again, but what came back before stays in the sum.
    C, shares = 0, _dealt(texts, machines)
    while True:
        for share in shares:
            part = memorize(share)
            if part is None:
                break
            C = C + part
        else:
            return C


def _start_all_over(texts, memorize, machines):
    # Here it is thrown away.
    parts = [None]
    while any(part is None for part in parts):
        parts = [memorize(share) for share in _dealt(texts, machines)]
    return sum(parts)


def _in_the_first_part(texts, memorize, machines):
    shares = _dealt(texts, machines)
    C = _until(memorize, shares[0])
    for share in shares[1:]:
        C += _until(memorize, share)
    return C


def _forgets_the_first(texts, memorize, machines):
    parts = [_until(memorize, share) for share in _dealt(texts, machines)]
    return sum(parts[1:], np.zeros((5, 5)))


def _weighted(texts, memorize, machines):
    parts = [_until(memorize, share) for share in _dealt(texts, machines)]
    return sum(part * (1 if i else 0.5) for i, part in enumerate(parts))


def _forever(texts, memorize, machines):
    while True:
        memorize(texts)


def _spent(texts, memorize, machines):
    C = sum_of_parts(list(texts), memorize, machines)
    texts.clear()
    return C


# ---- 15.4 --------------------------------------------------------------------------------------


def _in_steps(step, enough=lambda room, tokens: room >= tokens):
    def dim(tokens, vocab_size, accuracy):
        d = 64
        while not enough(chapter15._room(d, vocab_size, accuracy), tokens):
            d = step(d)
        return d

    return dim


def _in_proportion(tokens, vocab_size, accuracy):
    return 64 * math.ceil(tokens / theory.capacity(64, 64, vocab_size, accuracy))


def _counting(tokens, vocab_size, accuracy):
    return next(
        d
        for d in range(64, 10_000, 64)
        if theory.capacity(d, d, vocab_size, accuracy=accuracy) >= tokens
    )


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        ("15.1", _projection(_layer_by_layer)),
        ("15.1", _binding(_bound_layer_by_layer)),
        ("15.1", lambda d, h, n: list(multiplications(d, h, n))),
        ("15.2", _pair_by_pair),
        ("15.2", _one_row_more),
        ("15.2", _looking_back(lambda reach: reach)),
        ("15.2", lambda X, keys, size, reach: in_blocks(X, keys, size, reach).astype(float)),
        ("15.3", _in_rounds),
        ("15.3", _cut_evenly),
        ("15.3", lambda *given: sum_of_parts(*given).tolist()),
        ("15.4", _counting),
        ("15.4", lambda *given: np.float64(choose_dim(*given))),
    ],
)
def test_other_ways_are_right_too(number, answer):
    outcome = chapter.check(number, answer)
    assert outcome.status == "right", outcome


def _plain(d, h, n):
    return n * d * d / h + (n - 1) * h * d * d + d * d


WRONG = {
    "15.1": [
        (_projection(_plain), "third saving"),
        (_projection(lambda d, h, n: _plain(d, h, n) + h * d * d), "even the last one"),
        (
            _projection(lambda d, h, n: _layer_by_layer(d, h, n) + max(1, n - 1) * d * (d - d / h)),
            "every window that it stands in",
        ),
        (_projection(lambda d, h, n: _layer_by_layer(d, h, n) + (n - 1) * d * d), "Projection: ev"),
        (
            _projection(lambda d, h, n: (n - 1) * d * d / h + (n - 2) * h * d * d + 2 * d * d),
            "with one layer",
        ),
        (
            _projection(lambda d, h, n: _layer_by_layer(d, h, n) + (d * d / h if n > 1 else 0)),
            "counted twice",
        ),
        (_projection(lambda d, h, n: _layer_by_layer(d, h, n) - d * d), "Projection: the product"),
        (_projection(lambda d, h, n: _layer_by_layer(d, h, n) / d**2), "Projection: this is in u"),
        (_projection(lambda d, h, n: _layer_by_layer(d, h, n) * 2), "Projection: you count the a"),
        (lambda d, h, n: multiplications(d, h, n)[::-1], "comes first"),
        (
            _projection(lambda d, h, n: _layer_by_layer(d, h, n) + (h * d * d if n > 1 else 0)),
            "the layer below the last",
        ),
        (
            _projection(
                lambda d, h, n: _layer_by_layer(d, h, n) - (d * d - d * d / h if n > 1 else 0)
            ),
            "last layer's piece is too cheap",
        ),
        (
            _projection(lambda d, h, n: _layer_by_layer(d, h, n) - max(0, n - 2) * (h - 1) * d * d),
            "an encoding is too cheap",
        ),
        (_projection(lambda d, h, n: _layer_by_layer(d, h, n) + 1), "Projection: not right yet"),
        (_binding(lambda d, h, n: (n + 1) * h * d + d + d * d), "h − 1 multiplications"),
        (_binding(lambda d, h, n: n * (h - 1) * d + d + d * d), "signature is missing"),
        (_binding(lambda d, h, n: (n + 1) * (h - 1) * d + d * d), "multiplied by its signature"),
        (_binding(lambda d, h, n: n * (h - 1) * d + d * d), "only the keys"),
        (_binding(lambda d, h, n: 2 * n * (h - 1) * d + d + d * d), "They share"),
        (
            _binding(
                lambda d, h, n: d * (sum(h**i - 1 for i in range(1, n + 1)) + h - 1) + d + d * d
            ),
            "starts from the tokens",
        ),
        (_binding(lambda d, h, n: _bound_layer_by_layer(d, h, n) + (n - 1) * d * d), "Binding: ev"),
        (_binding(lambda d, h, n: _bound_layer_by_layer(d, h, n) - d * d), "Binding: the product"),
        (_binding(lambda d, h, n: _bound_layer_by_layer(d, h, n) / d**2), "Binding: this is in u"),
        (_binding(lambda d, h, n: _bound_layer_by_layer(d, h, n) * 2), "Binding: you count the a"),
        (_binding(lambda d, h, n: _bound_layer_by_layer(d, h, n) + d), "Binding: not right yet"),
        (lambda d, h, n: sum(multiplications(d, h, n)), "two numbers"),
        (lambda d, h, n: None, "returns nothing"),
        (lambda d, h, n: multiplications(d, h), "TypeError"),
    ],
    "15.2": [
        (_looking_back(lambda reach: 0), "reach over the edge"),
        (_looking_back(lambda reach: reach - 2), "one row too few"),
        (_counted_again, "memorized twice"),
        (_pieces(0), "What reaches over the cuts"),
        (_pieces(4), "with an overlap"),
        (lambda X, keys, size, reach: keys(X[:-1]).T @ X[:-1], "the same row"),
        (_own_token, "its own window"),
        (_edges_lost, "last pair of each block"),
        (_full_blocks_only, "last block is missing"),
        (_last_block, "last block alone"),
        (_first_block, "first block alone"),
        (lambda X, keys, size, reach: in_blocks(X, keys, size, reach).T, "on its side"),
        (
            lambda X, keys, size, reach: (
                in_blocks(X, keys, size, reach) / math.ceil((len(X) - 1) / size)
            ),
            "mean of the blocks",
        ),
        (lambda X, keys, size, reach: keys(X)[:-1].T @ X[1:], "at once"),
        (_own_keys, "function keys"),
        (_looking_back(lambda reach: reach // 2 - 1), "not right yet"),
        (lambda X, keys, size, reach: in_blocks(X, keys, size, reach)[None], "shape"),
        (_blocks_in_place, "in place"),
        (lambda X, keys, size, reach: None, "returns nothing"),
        (lambda X, keys, size, reach: keys(X) @ X, "ValueError"),
    ],
    "15.3": [
        (_asked_once, "Ask it again, with the same"),
        (_asked_twice, "gave up too early"),
        (lambda t, m, n: sum(m(share) for share in _dealt(t, n)), "added up what came back: None"),
        (_leftovers, "left over"),
        (_last_takes_the_rest, "texts, so that most machines wait"),
        (lambda t, m, n: _until(m, t), "lists of texts were memorized"),
        (lambda t, m, n: sum(_until(m, t) for _ in range(n)), "in this memory 4 times"),
        (_start_over, "Keep what came back"),
        (_start_all_over, "Keep what has come back"),
        (lambda t, m, n: sum_of_parts(t, m, n) / n, "This is a mean"),
        (_in_the_first_part, "a machine has made"),
        (_forgets_the_first, "is not in the sum"),
        (_weighted, "different weights"),
        (lambda t, m, n: 0 * sum_of_parts(t, m, n), "is empty"),
        (lambda t, m, n: sum_of_parts(t, m, n) + np.eye(5), "no sum"),
        (lambda t, m, n: sum_of_parts(t, m, n)[0], "shape"),
        (lambda t, m, n: sum_of_parts(t, m, len(t) + 1), "no texts at all"),
        (lambda t, m, n: sum(_until(m, text) for text in t), "takes a list"),
        (_forever, "again and again"),
        (_spent, "changes the list"),
        (lambda t, m, n: None, "returns nothing"),
    ],
    "15.4": [
        (_in_proportion, "in proportion"),
        (lambda N, V, p: max(64, choose_dim(N, V, p) - 64), "one step too small"),
        (lambda N, V, p: choose_dim(N, V, p) + 64, "A smaller d"),
        (_in_steps(lambda d: d + 64, lambda room, tokens: room > tokens), "exactly N"),
        (lambda N, V, p: choose_dim(N, V, 0.9), "recall of 0.9"),
        (_in_steps(lambda d: 2 * d), "double d"),
        (
            lambda N, V, p: theory.capacity(choose_dim(N, V, p), choose_dim(N, V, p), V, p),
            "how many tokens",
        ),
        (lambda N, V, p: choose_dim(N, V, p) ** 2, "length of its side"),
        (lambda N, V, p: chapter15._smallest(N, V, p, step=1), "multiple of 64"),
        (lambda N, V, p: 64 * math.ceil((2 * N * math.log(V)) ** 0.5 / 64), "2 ln V"),
        (lambda N, V, p: 64 * math.ceil(N**0.5 / 64), "one number for each token"),
        (lambda N, V, p: choose_dim(2 * N, V, p), "has room for them already"),
        (lambda N, V, p: choose_dim(N / 2, V, p), "has no room for them"),
        (_in_steps(lambda d: d + 10), "It should be a multiple"),
        (lambda N, V, p: [choose_dim(N, V, p)], "one whole number"),
        (lambda N, V, p: choose_dim(N, V), "TypeError"),
        (lambda N, V, p: None, "returns nothing"),
    ],
}


@pytest.mark.parametrize("number", WRONG)
def test_each_mistake_is_refused_by_its_own_message(number):
    refused(chapter, number, WRONG[number])


@pytest.mark.parametrize(
    ("mistakes", "right"),
    [
        (chapter15.PROJECTION_MISTAKES, chapter15._projection),
        (chapter15.BINDING_MISTAKES, chapter15._binding),
    ],
)
def test_known_counts_are_told_apart(mistakes, right):
    found = [[make(*sizes) for sizes in chapter15.SIZES] for make in (right, *dict(mistakes))]
    for one, other in itertools.combinations(found, 2):
        assert not np.allclose(one, other, rtol=1e-9)


def test_known_mistakes_in_blocks_are_told_apart_on_the_first_data():
    given = []

    def record(*arguments):
        given.append(arguments)
        return in_blocks(*arguments)

    chapter.check("15.2", record)
    X, _, size, reach = given[0]
    found = [make(X, chapter15._window_keys, size, reach) for make, _ in chapter15.BLOCK_MISTAKES]
    found.append(in_blocks(X, chapter15._window_keys, size, reach))
    for one, other in itertools.combinations(found, 2):
        assert not np.array_equal(one, other)


def test_known_dims_are_told_apart():
    cases = chapter15._texts_to_fit()
    makes = [choose_dim, *(make for make, _ in chapter15.DIM_MISTAKES)]
    found = [[make(*case) for case in cases] for make in makes]
    for one, other in itertools.combinations(found, 2):
        assert one != other


def test_the_longest_window_of_the_check_has_four_tokens():
    X = np.random.default_rng(0).choice([-1, 1], (9, 8))
    changed = X.copy()
    changed[4] *= -1
    differs = (chapter15._window_keys(X) != chapter15._window_keys(changed)).any(axis=1)
    assert differs.tolist() == [4 <= i < 8 for i in range(9)]
