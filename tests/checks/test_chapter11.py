"""Chapter 11's checks: the solution is right, the stub not attempted, each mistake named."""

import numpy as np
import pytest
from exercises import first_data, functions, refused

from memo_edu.checks import chapter11
from memo_edu.checks.chapter11 import chapter
from memo_edu.codebook import random_stream
from memo_edu.experiments import rows_with_decoys
from memo_edu.theory import coherence

SOLUTIONS = functions("11", solved=True)
shared, with_decoys, decoy_share, loudness = SOLUTIONS.values()


def _window(tokens, h, layer):
    return tokens[len(tokens) - h**layer :]


def _by_theory(first, second, h, layer):
    # The two histories as one text: the windows that end with the last token of each.
    cosines = coherence(first + second, h, layer)
    return cosines[len(first) - 1, -1]


def _counting_back(first, second, h, layer):
    count, places = 0, h**layer
    for back in range(1, places + 1):
        count += first[-back] == second[-back]
    return count / places


def _same_run(first, second, h, layer):
    n = 0
    while n < h**layer and first[-1 - n] == second[-1 - n]:
        n += 1
    return n / h**layer


def _anywhere(first, second, h, layer):
    one, other = _window(first, h, layer), _window(second, h, layer)
    return sum(token in other for token in one) / len(one)


def _sets(first, second, h, layer):
    one, other = _window(first, h, layer), _window(second, h, layer)
    return len({*one} & {*other}) / len(one)


def _whole_blocks(first, second, h, layer):
    size, found = h ** (layer - 1), 0
    for j in range(1, h + 1):
        start, stop = -j * size, -(j - 1) * size or None
        found += first[start:stop] == second[start:stop]
    return found / h


def _fixed(size):
    """Make an answer whose windows have some other size."""
    return lambda a, b, h, layer: np.mean(np.equal(a[-size(h, layer) :], b[-size(h, layer) :]))


def _from_the_front(a, b, h, layer):
    return np.mean([x == y for x, y in zip(a, b, strict=False)][: h**layer])


def _pops(first, second, h, layer):
    places = [first.pop() == second.pop() for _ in range(h**layer)]
    return sum(places) / len(places)


def _row_by_row(ids, starts):
    rows = []
    for row in ids:
        new = list(row)
        for start in starts:
            new[start : start + 4] = row[5:9]
        rows.append(new)
    return rows


def _columns(ids, starts):
    result = ids + 0
    for start in starts:
        for j in range(4):
            result[:, start + j] = ids[:, 5 + j]
    return result


def _in_place(ids, starts):
    for start in starts:
        ids[:, start : start + 4] = ids[:, 5:9].copy()
    return ids


def _no_copy_of_the_phrase(ids, starts):
    result = ids.copy()
    phrase = result[:, 5:9]
    for start in starts:
        result[:, start : start + 4] = phrase.copy()
    return result


def _other_slice(first, last):
    def copy(ids, starts):
        result = ids.copy()
        for start in starts:
            result[:, start : start + last - first] = ids[:, first:last]
        return result

    return copy


def _first_row(ids, starts):
    result = ids.copy()
    for start in starts:
        result[:, start : start + 4] = ids[0][5:9]
    return result


def _start_of_a_row(ids, starts):
    result = ids.copy()
    for i in range(min(len(ids), len(starts))):
        result[i, starts[i] : starts[i] + 4] = ids[i, 5:9]
    return result


def _one_token(ids, starts):
    result = ids.copy()
    for start in starts:
        result[:, start : start + 4] = ids[:, [5]]
    return result


def _put_between(ids, starts):
    for start in starts:
        ids = np.hstack([ids[:, :start], ids[:, 5:9], ids[:, start:]])
    return ids


def _backwards(ids, starts):
    result = ids.copy()
    for start in starts:
        result[:, 5:9] = ids[:, start : start + 4]
    return result


def _starts_pop(ids, starts):
    result = ids.copy()
    while starts:
        start = starts.pop(0)
        result[:, start : start + 4] = ids[:, 5:9]
    return result


def _wrong(right, answers):
    return [a for r, a in zip(right, answers, strict=True) if r != a]


def _arrays(right, answers, decoys):
    right, answers = np.array(right), np.array(answers)
    return np.isin(answers[right != answers], list(decoys)).mean()


def _decoys_pop(right, answers, decoys):
    share = decoy_share(right, answers, decoys)
    decoys.pop()
    return share


def _power(r, shares):
    return [r * (1 + (r - 1) * c) for c in shares]


def _gram(r, shares, d):
    # The squared length of a pile is the sum of all entries of its table of cosines.
    tables = [np.where(np.eye(r) == 1, 1, c) for c in shares]
    return (sum(table.sum() for table in tables) / len(shares) / d) ** 0.5


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        ("11.1", _by_theory),
        ("11.1", _counting_back),
        ("11.1", lambda a, b, h, layer: np.mean(np.equal(a[-(h**layer) :], b[-(h**layer) :]))),
        ("11.2", _row_by_row),
        ("11.2", _columns),
        ("11.3", _arrays),
        ("11.3", lambda r, a, d: len([x for x in _wrong(r, a) if x in d]) / len(_wrong(r, a))),
        ("11.4", _gram),
        ("11.4", lambda r, shares, d: (r * (1 + (r - 1) * np.mean(shares)) / d) ** 0.5),
    ],
)
def test_other_ways_are_right_too(number, answer):
    outcome = chapter.check(number, answer)
    assert outcome.status == "right", outcome


WRONG = {
    "11.1": [
        (_from_the_front, "beginnings"),
        (_fixed(lambda h, layer: h * layer), "h·λ tokens"),
        (_fixed(lambda h, layer: h), "always compare h"),
        (_fixed(lambda h, layer: h ** (layer - 1)), "one block"),
        (lambda a, b, h, layer: _counting_back(a, b, h, layer) * h ** (layer - 1), "divide by h"),
        (lambda a, b, h, layer: _counting_back(a, b, h, 1) / h ** (layer - 1), "last h places"),
        (lambda a, b, h, layer: _counting_back(a, b, h, layer) * h**layer, "at most 1"),
        (_same_run, "stop counting"),
        (_whole_blocks, "blocks that agree as a whole"),
        (lambda a, b, h, n: float(_window(a, h, n) == _window(b, h, n)), "All or nothing"),
        (_sets, "wherever they stand"),
        (_anywhere, "anywhere"),
        (lambda a, b, h, n: _counting_back(a[:-1], b[:-1], h, n), "one token too early"),
        (lambda a, b, h, n: sum(shared(a, b, h, i + 1) for i in range(n)), "add up the layers"),
        (lambda a, b, h, n: np.sqrt(shared(a, b, h, n)), "No root"),
        (lambda a, b, h, n: shared(a, b, h, n) ** 2, "squared"),
        (lambda a, b, h, n: 0.3, "share of places that agree yet"),
        (lambda a, b, h, n: [0.5], "one number, not list"),
        (_pops, "argument number 1 in place"),
        (lambda a, b, h: 1.0, "TypeError"),
    ],
    "11.2": [
        (_in_place, "argument number 1 in place"),
        (_starts_pop, "argument number 2 in place"),
        (lambda ids, starts: ids, "Nothing has changed"),
        (_first_row, "phrase of the first row"),
        (_start_of_a_row, "a column of its own"),
        (_other_slice(5, 8), "Only three tokens"),
        (_other_slice(4, 8), "columns 4 to 7"),
        (_other_slice(6, 10), "columns 6 to 9"),
        (lambda ids, starts: with_decoys(ids, [s + 1 for s in starts]), "too late"),
        (lambda ids, starts: with_decoys(ids, [s - 1 for s in starts]), "too early"),
        (_no_copy_of_the_phrase, "Set the phrase aside"),
        (lambda ids, starts: with_decoys(ids, sorted(starts, reverse=True)[::-1]), "another order"),
        (lambda ids, starts: with_decoys(ids, starts[-1:]), "Only the last copy"),
        (lambda ids, starts: with_decoys(ids, starts[:1]), "Only the first copy"),
        (_put_between, "become longer"),
        (_backwards, "wrong direction"),
        (_one_token, "one token four times"),
        (lambda ids, starts: with_decoys(ids, starts)[0], "Only the first row"),
        (lambda ids, starts: with_decoys(ids, starts) + 1, "not right yet"),
        (lambda ids, starts: with_decoys(ids, starts).T, "shape"),
        (lambda ids, starts: ids[:, 5:9] + ids, "ValueError"),
    ],
    "11.3": [
        (lambda r, a, d: sum(x in d for x in a) / len(a), "right answers, too"),
        (lambda r, a, d: sum(x in d for x in _wrong(r, a)) / len(a), "number of all answers"),
        (lambda r, a, d: decoy_share(a, r, d), "tokens that were missed"),
        (
            lambda r, a, d: (
                sum(x in d or y in d for x, y in zip(r, a, strict=True) if x != y)
                / len(_wrong(r, a))
            ),
            "A missed token counts",
        ),
        (lambda r, a, d: len({*_wrong(r, a)} & d) / len({*_wrong(r, a)}), "only once"),
        (lambda r, a, d: len({*_wrong(r, a)} & d) / len(d), "were ever answered"),
        (lambda r, a, d: sum(x in d for x in _wrong(r, a)) / len(d), "number of decoy tokens"),
        (lambda r, a, d: sum(x in d for x in _wrong(r, a)), "a number of answers"),
        (lambda r, a, d: 100 * decoy_share(r, a, d), "per cent"),
        (lambda r, a, d: 1 - decoy_share(r, a, d), "the others"),
        (lambda r, a, d: len(_wrong(r, a)) / len(a), "among all"),
        (lambda r, a, d: 0.5, "Not that share"),
        (lambda r, a, d: [0.5], "one number, not list"),
        (_decoys_pop, "argument number 3 in place"),
        (lambda r, a, d: d[0], "TypeError"),
    ],
    "11.4": [
        (lambda r, c, d: loudness(r, c, d) ** 2, "variance"),
        (lambda r, c, d: np.sqrt(sum(_power(r, c)) / d), "add up the layers"),
        (lambda r, c, d: np.sqrt(sum(_power(r, c)) / d) / len(c), "only one key"),
        (lambda r, c, d: np.mean(np.sqrt(_power(r, c))) / d**0.5, "mean of the standard"),
        (lambda r, c, d: loudness(r, c[:1], d), "Only the first layer"),
        (lambda r, c, d: loudness(r, c[-1:], d), "Only the last layer"),
        (lambda r, c, d: np.sqrt(np.mean(_power(r, c))), "length of the pile"),
        (lambda r, c, d: np.sqrt(np.mean(_power(r, c))) / d, "divide the length by d"),
        (lambda r, c, d: (r / d) ** 0.5, "pile of strangers"),
        (lambda r, c, d: r / d**0.5, "r equal keys"),
        (lambda r, c, d: loudness(r, [x / 2 for x in c], d), "each pair of copies once"),
        (lambda r, c, d: np.sqrt((r + r * r * np.mean(c)) / d), "r² pairs"),
        (lambda r, c, d: r * np.sqrt(np.mean(c) / d), "or counted as c"),
        (lambda r, c, d: np.sqrt(r * (r - 1) * np.mean(c) / d), "each is 1"),
        (lambda r, c, d: np.sqrt((1 + (r - 1) * np.mean(c)) / d), "one key's product"),
        (lambda r, c, d: loudness(r, [x * x for x in c], d), "squared the shares"),
        (lambda r, c, d: [loudness(r, [x], d) for x in c], "each layer"),
        (lambda r, c, d: 1.0, "Not that loud"),
        (lambda r, c, d: [loudness(r, c, d)], "shape"),
        (lambda r, c, d: c.pop() * 0 + 1, "argument number 2 in place"),
        (lambda r, c, d: r * c / d, "TypeError"),
    ],
}


@pytest.mark.parametrize("number", WRONG)
def test_each_mistake_is_refused_by_its_own_message(number):
    refused(chapter, number, WRONG[number])


def test_laying_decoys_is_what_the_library_does():
    drawn = rows_with_decoys(3, 40, 5, 1000, random_stream("rows"))
    stream = random_stream("rows")
    ids = stream.integers(1, 1000, size=(3, 41))
    starts = stream.permutation(38)[:5].tolist()
    np.testing.assert_array_equal(with_decoys(ids, starts), drawn)


@pytest.mark.parametrize(
    ("number", "mistakes"),
    [
        ("11.1", chapter11.SHARED_MISTAKES),
        ("11.2", chapter11.COPY_MISTAKES),
        ("11.3", chapter11.SHARE_MISTAKES),
        ("11.4", chapter11.LOUD_MISTAKES),
    ],
)
def test_known_mistakes_are_told_apart_on_the_first_data(number, mistakes):
    given = first_data(chapter, number, SOLUTIONS[number])
    found = [SOLUTIONS[number](*given), *(make(*given) for make, _ in mistakes)]
    for i, one in enumerate(found):
        for other in found[:i]:
            assert np.shape(one) != np.shape(other) or not np.allclose(one, other, rtol=1e-4)
