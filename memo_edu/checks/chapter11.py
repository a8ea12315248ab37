"""The exercises of chapter 11, decoys."""

import numpy as np

from memo_edu.checks import Chapter, Wrong, call, expect, where_possible
from memo_edu.codebook import random_stream

chapter = Chapter()
check, hint = chapter.check, chapter.hint


def _with_lists(answer, *given):
    """Call a learner's function, and refuse one that changes a list or a set it was given."""
    copies = [value.copy() if isinstance(value, list | set) else value for value in given]
    result = call(answer, *copies)
    for number, (one, left) in enumerate(zip(given, copies, strict=True), 1):
        if isinstance(one, list | set) and one != left:
            raise Wrong(
                f"Your function changes its argument number {number} in place. Work on a copy, "
                "such as list(tokens) or set(tokens)."
            )
    return result


def _one_number(value):
    """Read the learner's answer as a number, or refuse it."""
    array = np.asarray(value)
    if array.shape != () or array.dtype.kind not in "fiu":
        raise Wrong(f"Return one number, not {type(value).__name__}.")
    return float(array)


# ---- 11.1 ------------------------------------------------------------------------------------


def _places(first, second, size):
    """Count the places that agree, in the last tokens of two lists."""
    return sum(a == b for a, b in zip(first[-size:], second[-size:], strict=True))


def _shared(first, second, h, layer):
    return _places(first, second, h**layer) / h**layer


def _run(first, second, size):
    """Count the tokens that agree from the end on, up to the first that does not."""
    agree = [a == b for a, b in zip(first[-size:], second[-size:], strict=True)][::-1]
    return agree.index(False) if False in agree else size


def _blocks(first, second, h, layer):
    """Return the share of blocks of h^(λ-1) tokens that agree as a whole."""
    size, step = h**layer, h ** (layer - 1)
    a, b = first[-size:], second[-size:]
    return np.mean([a[i : i + step] == b[i : i + step] for i in range(0, size, step)])


SHARED_MISTAKES = (
    (
        lambda a, b, h, layer: np.mean(
            [x == y for x, y in zip(a[: h**layer], b[: h**layer], strict=True)]
        ),
        "You compare the beginnings of the two lists. A window is made of the last tokens.",
    ),
    (
        lambda a, b, h, layer: _places(a, b, h * layer) / (h * layer),
        "Your windows have h·λ tokens. Each layer's window is h times as long as the last one's.",
    ),
    (
        lambda a, b, h, layer: _places(a, b, h) / h,
        "You always compare h tokens, the window of layer 1. How many does layer λ look at?",
    ),
    (
        lambda a, b, h, layer: _places(a, b, h ** (layer - 1)) / h ** (layer - 1),
        "Your windows have h^(λ-1) tokens: that is one block. A window has h blocks.",
    ),
    (
        lambda a, b, h, layer: _places(a, b, h**layer) / h,
        "You divide by h. In layer λ, out of how many places did you count?",
    ),
    (
        lambda a, b, h, layer: _places(a, b, h) / h**layer,
        "You count in the last h places only. Longer windows may agree further back as well.",
    ),
    (
        lambda a, b, h, layer: _places(a, b, h**layer),
        "This is how many places agree. A cosine is at most 1.",
    ),
    (
        lambda a, b, h, layer: _run(a, b, h**layer) / h**layer,
        "You stop counting at the first place that differs. Every place counts by itself.",
    ),
    (
        _blocks,
        "You count blocks that agree as a whole. A block that agrees in part counts in part.",
    ),
    (
        lambda a, b, h, layer: float(a[-(h**layer) :] == b[-(h**layer) :]),
        "All or nothing is what bound windows do. The projection counts places.",
    ),
    (
        lambda a, b, h, layer: (
            len(set(a[-(h**layer) :]) & set(b[-(h**layer) :])) / len(a[-(h**layer) :])
        ),
        "You count common tokens, wherever they stand. Only a token in its own place counts.",
    ),
    (
        lambda a, b, h, layer: np.mean([x in b[-(h**layer) :] for x in a[-(h**layer) :]]),
        "For you a token counts if it stands anywhere in the other window. It must stand in the "
        "same place.",
    ),
    (
        lambda a, b, h, layer: _shared(a[:-1], b[:-1], h, layer),
        "Your windows end one token too early: the last token in the list is the newest one.",
    ),
    (
        lambda a, b, h, layer: sum(_shared(a, b, h, i) for i in range(1, layer + 1)),
        "You add up the layers from 1 to λ. Only the cosine in layer λ is asked for.",
    ),
    (
        lambda a, b, h, layer: _shared(a, b, h, layer) ** 0.5,
        "No root is needed: the share of places is the cosine itself.",
    ),
    (
        lambda a, b, h, layer: _shared(a, b, h, layer) ** 2,
        "The share of places is squared here. It is the cosine itself.",
    ),
)


def _histories():
    """List (first, second, h, layer): what stands before two places, on which mistakes show."""
    found = []
    for h, layer in ((4, 3), (2, 3), (3, 1), (3, 2), (4, 1), (2, 4), (4, 2)):
        size = h**layer
        stream = random_stream("check 11", "11.1", h, layer, 14)  # no two mistakes give the same
        first = stream.integers(100, 100 + size, size + 9).tolist()
        second = stream.integers(100, 100 + size, size + 6).tolist()
        # Half of the places agree; the oldest block does as a whole, the third last never does.
        for back in range(1, size + 1):
            if stream.random() < 0.5 or back in (1, 2) or back > size - size // h:
                second[-back] = first[-back]
        second[-3] = -1
        found.append((first, second, h, layer))
    return found


@chapter.exercise(
    "11.1",
    hints=[
        "How many tokens does layer λ look at? Take so many from the end of each list.",
        "Compare the two windows place by place, and divide the number of places that agree by "
        "the number of places.",
    ],
)
def shared(answer):
    """The share of equal places among the last h^λ."""
    for given in _histories():
        result = _one_number(_with_lists(answer, *given))
        mistakes = where_possible(SHARED_MISTAKES, *given)
        expect(result, _shared(*given), mistakes, "Not the share of places that agree yet.")
    return "Four times the window, and a quarter of the likeness, if nothing more agrees."


# ---- 11.2 ------------------------------------------------------------------------------------


def _copied(ids, starts, source=slice(5, 9)):
    """Return ids with the tokens at some columns of each row copied to where the starts say."""
    result, phrase = ids.copy(), ids[:, source]
    for start in starts:
        result[:, start : start + phrase.shape[1]] = phrase
    return result


def _read_again(ids, starts):
    """Copy from the rows as they are by then, where a copy may have covered the phrase."""
    result = ids.copy()
    for start in starts:
        result[:, start : start + 4] = result[:, 5:9].copy()
    return result


def _one_start_a_row(ids, starts):
    result = ids.copy()
    for row, start in zip(result, starts, strict=False):
        row[start : start + 4] = row[5:9].copy()
    return result


def _inserted(ids, starts):
    for start in starts:
        ids = np.concatenate([ids[:, :start], ids[:, 5:9], ids[:, start:]], axis=1)
    return ids


def _from_there(ids, starts):
    result = ids.copy()
    for start in starts:
        result[:, 5:9] = ids[:, start : start + 4]
    return result


def _first_rows_phrase(ids, starts):
    result = ids.copy()
    for start in starts:
        result[:, start : start + 4] = ids[0, 5:9]
    return result


def _whole_column(ids, starts):
    """Copy the first token of the phrase four times."""
    result = ids.copy()
    for start in starts:
        result[:, start : start + 4] = ids[:, 5:6]
    return result


COPY_MISTAKES = (
    (
        lambda ids, starts: ids,
        "Nothing has changed: these are the rows as they were given.",
    ),
    (
        _first_rows_phrase,
        "All rows got the phrase of the first row. Each row copies its own tokens.",
    ),
    (
        _one_start_a_row,
        "Each row got one copy, at a column of its own. Every row gets all copies, at the same "
        "columns.",
    ),
    (
        lambda ids, starts: _copied(ids, starts, slice(5, 8)),
        "Only three tokens were copied: the slice 5:8 ends before column 8.",
    ),
    (
        lambda ids, starts: _copied(ids, starts, slice(4, 8)),
        "You copied columns 4 to 7. Columns are counted from 0: the phrase is at 5, 6, 7 and 8.",
    ),
    (
        lambda ids, starts: _copied(ids, starts, slice(6, 10)),
        "You copied columns 6 to 9. Columns are counted from 0: the phrase is at 5, 6, 7 and 8.",
    ),
    (
        lambda ids, starts: _copied(ids, [start + 1 for start in starts]),
        "Your copies begin one column too late.",
    ),
    (
        lambda ids, starts: _copied(ids, [start - 1 for start in starts]),
        "Your copies begin one column too early.",
    ),
    (
        _read_again,
        "A copy that covers a part of columns 5 to 8 changes your phrase. Set the phrase aside, "
        "with .copy(), before the first copy is made.",
    ),
    (
        lambda ids, starts: _copied(ids, starts[::-1]),
        "Your copies are made in another order. Where two overlap, the later start in the list "
        "covers the earlier one.",
    ),
    (lambda ids, starts: _copied(ids, starts[-1:]), "Only the last copy is there."),
    (lambda ids, starts: _copied(ids, starts[:1]), "Only the first copy is there."),
    (
        _inserted,
        "Your rows have become longer: the copies were put in between. They should cover what "
        "stood there.",
    ),
    (
        _from_there,
        "You copied in the wrong direction: columns 5 to 8 were covered.",
    ),
    (
        _whole_column,
        "You copied one token four times. The phrase has four tokens.",
    ),
    (
        lambda ids, starts: _copied(ids, starts)[0],
        "Only the first row came back. Return all rows.",
    ),
)


@chapter.exercise(
    "11.2",
    hints=[
        "Two copies are needed before anything is written: one of ids, which you may change, and "
        "one of the phrase, which must stay as it was.",
        "ids[:, 5:9] has the phrase of every row. Go through starts, and assign it to the columns "
        "start to start + 3 of all rows at once.",
    ],
)
def with_decoys(answer):
    """Each row's own four tokens, at the same columns in all rows."""
    # A start at 7 covers a part of the phrase; 20 and 22 overlap, in both orders.
    cases = (3, 40, [7, 20, 22, 31]), (4, 50, [22, 20, 3, 41]), (2, 30, [12, 17]), (5, 24, [7, 15])
    for rows, columns, starts in cases:
        stream = random_stream("check 11", "11.2", rows, columns)
        ids = 1 + stream.permutation(rows * columns).reshape(rows, columns)
        result = np.asarray(_with_lists(answer, ids, starts))
        mistakes = where_possible(COPY_MISTAKES, ids, starts)
        otherwise = "Some columns are not right yet. Look at one row, before and after."
        expect(result, _copied(ids, starts), mistakes, otherwise, rtol=0)
    return "Every row repeats itself, and the rows that you were given are as they were."


# ---- 11.3 ------------------------------------------------------------------------------------


def _wrong_pairs(right, answers):
    return [(r, a) for r, a in zip(right, answers, strict=True) if r != a]


def _decoy_share(right, answers, decoys):
    return np.mean([a in decoys for _, a in _wrong_pairs(right, answers)])


SHARE_MISTAKES = (
    (
        lambda right, answers, decoys: np.mean([a in decoys for a in answers]),
        "You counted right answers, too. Only the wrong ones are to be looked at.",
    ),
    (
        lambda right, answers, decoys: (
            sum(a in decoys for _, a in _wrong_pairs(right, answers)) / len(answers)
        ),
        "You divide by the number of all answers. It should be a share of the wrong ones.",
    ),
    (
        lambda right, answers, decoys: np.mean(
            [r in decoys for r, _ in _wrong_pairs(right, answers)]
        ),
        "You looked at the tokens that were missed. Look at what was answered in their place.",
    ),
    (
        lambda right, answers, decoys: np.mean(
            [r in decoys or a in decoys for r, a in _wrong_pairs(right, answers)]
        ),
        "A missed token counts for you as well. Only what was answered matters.",
    ),
    (
        lambda right, answers, decoys: np.mean(
            [a in decoys for a in {a for _, a in _wrong_pairs(right, answers)}]
        ),
        "Each wrong answer counts only once for you. One that is given ten times counts ten times.",
    ),
    (
        lambda right, answers, decoys: (
            len(decoys & {a for _, a in _wrong_pairs(right, answers)}) / len(decoys)
        ),
        "This is how many of the decoy tokens were ever answered. The share of wrong answers is "
        "asked for.",
    ),
    (
        lambda right, answers, decoys: (
            sum(a in decoys for _, a in _wrong_pairs(right, answers)) / len(decoys)
        ),
        "You divide by the number of decoy tokens. It should be a share of the wrong answers.",
    ),
    (
        lambda right, answers, decoys: sum(a in decoys for _, a in _wrong_pairs(right, answers)),
        "This is a number of answers. The share is asked for, from 0 to 1.",
    ),
    (
        lambda right, answers, decoys: 100 * _decoy_share(right, answers, decoys),
        "This is in per cent. The share is asked for, from 0 to 1.",
    ),
    (
        lambda right, answers, decoys: 1 - _decoy_share(right, answers, decoys),
        "This is the share of the others: wrong answers that are no decoys.",
    ),
    (
        lambda right, answers, decoys: len(_wrong_pairs(right, answers)) / len(answers),
        "This is the share of wrong answers among all. How many of them are decoys?",
    ),
)


@chapter.exercise(
    "11.3",
    hints=[
        "Go through right and answers together, with zip, and keep the answers that differ.",
        "A set knows what is in it: token in decoys is True or False, and counts as 1 or 0.",
    ],
)
def decoy_share(answer):
    """The share of wrong answers that are in decoys."""
    for n, size in ((61, 12), (200, 7), (37, 20)):
        stream = random_stream("check 11", "11.3", n, 0)
        right, said = stream.integers(1, 30, (2, n)).tolist()
        kept = stream.random(n) < 0.4
        answers = [r if keep else a for r, a, keep in zip(right, said, kept, strict=True)]
        decoys = set(stream.permutation(29)[:size].tolist())
        given = right, answers, decoys
        result = _one_number(_with_lists(answer, *given))
        mistakes = where_possible(SHARE_MISTAKES, *given)
        expect(result, _decoy_share(*given), mistakes, "Not that share yet.")
    return "Now hold it against chance: the share of decoy tokens in the vocabulary."


# ---- 11.4 ------------------------------------------------------------------------------------


def _piles(r, shares):
    """Return the squared length of every layer's pile."""
    return np.array([r + r * (r - 1) * c for c in shares])


def _loudness(r, shares, d):
    return np.sqrt(np.mean(_piles(r, shares)) / d)


LOUD_MISTAKES = (
    (
        lambda r, shares, d: np.mean(_piles(r, shares)) / d,
        "This is the variance, σ². The standard deviation is asked for.",
    ),
    (
        lambda r, shares, d: np.sqrt(np.sum(_piles(r, shares)) / d),
        "You add up the layers. In units of the right score, which grows with l, it is their mean.",
    ),
    (
        lambda r, shares, d: np.sqrt(np.sum(_piles(r, shares)) / d) / len(shares),
        "Each pile met only one key for you. A question has a key from every layer, and each of "
        "them meets every pile.",
    ),
    (
        lambda r, shares, d: np.mean(np.sqrt(_piles(r, shares) / d)),
        "You took the mean of the standard deviations. What adds up is the variances: first the "
        "mean, then the root.",
    ),
    (
        lambda r, shares, d: np.sqrt(_piles(r, shares)[0] / d),
        "Only the first layer counts for you. Take the mean over all layers.",
    ),
    (
        lambda r, shares, d: np.sqrt(_piles(r, shares)[-1] / d),
        "Only the last layer counts for you. Take the mean over all layers.",
    ),
    (
        lambda r, shares, d: np.sqrt(np.mean(_piles(r, shares))),
        "This is the length of the pile. How much of it does a random question meet?",
    ),
    (
        lambda r, shares, d: np.sqrt(np.mean(_piles(r, shares))) / d,
        "You divide the length by d. A random question meets 1/√d of it.",
    ),
    (
        lambda r, shares, d: np.sqrt(r / d),
        "This is a pile of strangers: the copies' likeness is missing.",
    ),
    (
        lambda r, shares, d: r / np.sqrt(d),
        "This is a pile of r equal keys. The copies share only a part of their windows.",
    ),
    (
        lambda r, shares, d: np.sqrt(np.mean([r + r * (r - 1) / 2 * c for c in shares]) / d),
        "You counted each pair of copies once. In (k₁ + … + k_r)·(k₁ + … + k_r) it stands twice.",
    ),
    (
        lambda r, shares, d: np.sqrt(np.mean([r + r * r * c for c in shares]) / d),
        "You counted r² pairs. Each key has r − 1 others; with itself it is already in r.",
    ),
    (
        lambda r, shares, d: np.sqrt(np.mean([r * r * c for c in shares]) / d),
        "The keys' products with themselves are missing, or counted as c; each is 1.",
    ),
    (
        lambda r, shares, d: np.sqrt(np.mean([r * (r - 1) * c for c in shares]) / d),
        "The keys' products with themselves are missing: r of them, each is 1.",
    ),
    (
        lambda r, shares, d: np.sqrt(np.mean([1 + (r - 1) * c for c in shares]) / d),
        "This is one key's product with the pile. There are r such keys in it.",
    ),
    (
        lambda r, shares, d: np.sqrt(np.mean(_piles(r, np.square(shares))) / d),
        "You squared the shares. The cosine of two keys is their dot product already.",
    ),
    (
        lambda r, shares, d: np.sqrt(_piles(r, shares) / d),
        "One number for each layer. The layers are heard together: one number is asked for.",
    ),
)


@chapter.exercise(
    "11.4",
    hints=[
        "First one layer: how long is the pile, squared? It has r products of a key with itself "
        "and r(r − 1) products of two different keys, each of them c.",
        "A random question meets 1/√d of a pile's length, so the variance is the squared length "
        "divided by d. With several layers take the mean of the variances.",
        "np.array(shares) lets you write all layers in one line; the root comes last.",
    ],
)
def loudness(answer):
    """√(mean of r + r(r-1)c, divided by d)."""
    cases = (
        (15, [0.75, 3 / 16, 3 / 64], 512),
        (4, [0.5], 64),
        (21, [0.25, 1 / 16], 1024),
        (7, [2 / 3, 0.2, 0.05, 0.01], 300),
    )
    for given in cases:
        result = np.asarray(_with_lists(answer, *given))
        mistakes = where_possible(LOUD_MISTAKES, *given)
        expect(result, _loudness(*given), mistakes, "Not that loud.", rtol=1e-4)
    return "Copies, likeness and d are all it takes. No d_value is in it."
