"""What the hidden tests of problem set 4 compare with: right answers, and well-known wrong ones."""

import numpy as np

from memo_edu import theory
from memo_edu.model import BEGIN


def coins(stream, *shape):
    """Draw ±1."""
    return stream.choice([-1, 1], shape)


def best(scores):
    """Return the row of the best candidate for every question."""
    return np.asarray(scores).argmax(axis=1)


# ---- Exercise 2: badges and noise -----------------------------------------------------------


def on_value(w, n, k, v, V):
    """The variance with the badge on the value, in k × v numbers, for V words."""
    return n / v + n * (w - 1) / (k * v) + (w - 1) / (k * V)


def on_key(w, n, k, v, V):
    """The variance with the badge on the key: only the triple that is asked for is read in full."""
    return 1 / v + (n * w - 1) / k * (1 / v + 1 / V)


FULL = "Other authors' triples about the same window have the very key that you ask with."
OWN = "The triple that is asked for is read in full, and a wrong word overlaps with its value."
ALONE = "This is the noise of one author's triples. The other authors are missing."
ROOT = "This is the variance. Its root is asked for."
SAME = "Two triples may hold the same word, and then a wrong word is no stranger to a value: 1/V."


def value_mistakes(w, n, k, v, V):
    """Wrong variances with the badge on the value, and what they mean."""
    right, plain = on_value(w, n, k, v, V), n / v + n * (w - 1) / (k * v)
    sums = "You added up deviations. It is variances that add up."
    foreign = "Under another author's badge even the same word is a stranger: no 1/V for that."
    return [
        (on_key(w, n, k, v, V), FULL),
        (on_key(w, n, k, v, np.inf), FULL),
        (n * w / k * (1 / v + 1 / V), FULL),
        (n * w / (k * v), FULL),
        (plain, SAME),
        (plain + n * (w - 1) / (k * V), foreign),
        (plain + (n - 1) / V + n * (w - 1) / (k * V), foreign),
        (plain + (n - 1) / V + (w - 1) / (k * V), foreign),
        (right - 1 / v, OWN),
        (plain - 1 / v, OWN),
        (n / v, "All other windows whisper, too."),
        (on_value(w, 1, k, v, V), ALONE),
        (on_value(w, 1, k, v, np.inf), ALONE),
        ((n / v**0.5 + n * (w - 1) / (k * v) ** 0.5) ** 2, sums),
        (right - n / v + n * n / v, "n authors are n variances, not n²."),
        (right**2, ROOT),
    ]


def key_mistakes(w, n, k, v, V):
    """Wrong variances with the badge on the key, and what they mean."""
    right = on_key(w, n, k, v, V)
    strangers = "With the badge on the key, other authors' keys are strangers."
    bare = "Here the values are bare: the same word is the same vector, whoever says it. 1/V."
    return [
        (on_value(w, n, k, v, V), strangers),
        (on_value(w, n, k, v, np.inf), strangers),
        (right + (n - 1) * (1 / v + 1 / V), strangers),
        (on_key(w, n, k, v, np.inf), bare),
        (on_key(w, n, k, v, np.inf) + (w - 1) / (k * V), bare),
        (right - 1 / v, OWN),
        (n * w / (k * v), OWN),
        (1 / v, "All other triples whisper, too."),
        (on_key(w, 1, k, v, V), "Other authors are strangers, but strangers whisper, too."),
        (w / k * (1 / v + 1 / V), ALONE),
        (right + 1 / V, "The right word is no wrong one: of the asked triple, only 1/d_value."),
        (right**2, ROOT),
    ]


def predicted(variance, V):
    """The recall that theory predicts for a noise; recall depends on nothing else but V."""
    pairs = variance / theory.noise(1, 64, 64, vocab_size=V) ** 2
    return theory.recall(pairs, 64, 64, V)


def shares_found(K, A, right, E, place):
    """What measured_recall should give, and what it gives if one asks without a badge."""
    n, w = right.shape
    keys, values = np.tile(K, (n, 1)), E[right.ravel()]
    badges = np.repeat(A, w, axis=0)
    if place == "value":
        read = keys @ (keys.T @ (values * badges))
        scores = read * badges @ E.T, read @ E.T
    else:
        C = (keys * badges).T @ values
        scores = (keys * badges) @ C @ E.T, keys @ C @ E.T
    return [float(np.mean(best(table) == right.ravel())) for table in scores]


# ---- Exercise 3: keys ------------------------------------------------------------------------


def bound(vectors, rolls):
    """Bind a window through all layers: a vector for every token, λ lists of offsets."""
    for offsets in rolls:
        h = len(offsets)
        blocks = [
            [np.roll(x, o) for x, o in zip(vectors[i : i + h], offsets, strict=True)]
            for i in range(0, len(vectors), h)
        ]
        vectors = [np.prod(block, axis=0) for block in blocks]
    return vectors[0]


def slides(v, old, new, h):
    """Wrong keys of the next window, and what they mean."""
    left = v * np.roll(old, h - 1)
    stays = "The oldest token is in the key rolled by h - 1 places; once the key is rolled, by h."
    return [
        (np.roll(v, 1) * new, "The oldest token is still in there."),
        (np.roll(v, 1) * np.roll(old, h - 1) * new, stays),
        (np.roll(v * old, 1) * new, stays),
        (np.roll(v * np.roll(old, h), 1) * new, stays),
        (np.roll(v * np.roll(old, 1), 1) * new, stays),
        (np.roll(v * np.roll(old, 1 - h), 1) * new, stays),
        (left * new, "The tokens that stay grow older, too."),
        (np.roll(left, -1) * new, "Those that stay were rolled the wrong way."),
        (np.roll(left * new, 1), "The newest token has the offset 0: it must not be rolled."),
        (np.roll(v - np.roll(old, h - 1), 1) * new, "A factor does not leave by subtraction."),
        (np.roll(left, 1) + new, "A window is bound by a product, not by a sum."),
    ]


def swapped(i, j, size):
    """Two windows of different tokens; in the second the places i and j are exchanged."""
    first = [place % 7 for place in range(size)]
    second = list(first)
    second[i], second[j] = first[j], first[i]
    return first, second


# ---- Exercise 4: parts and sums --------------------------------------------------------------


def valleys(stream, n, shape=(7, 9)):
    """Draw parts, and both sums."""
    parts = list(stream.integers(-60, 60, (n, *shape)))
    return parts, sum(parts), sum(j * part for j, part in enumerate(parts, 1))


def filled(lost, parts, S, T, first=1, divide=True):
    """What restore should give if two parts are lost; or with numbers that begin elsewhere."""
    parts, (i, j) = [np.array(part) for part in parts], lost
    rest = [k for k in range(len(parts)) if k not in lost]
    plain = S - sum(parts[k] for k in rest)
    numbered = T - sum((k + first) * parts[k] for k in rest)
    parts[j] = numbered - (i + first) * plain
    parts[j] = parts[j] // (j - i) if divide else parts[j]
    parts[i] = plain - parts[j]
    return parts


def harm(stream, matrix, numbers):
    """Change some numbers of a matrix; if they are even in number, the changes cancel."""
    worse = matrix.copy().ravel()
    places = stream.permutation(worse.size)[:numbers]
    changes = stream.choice([-1, 1], numbers) * stream.integers(1, 30, numbers)
    if numbers % 2 == 0:
        changes[numbers // 2 :] = -changes[: numbers // 2]
    worse[places] += changes
    return worse.reshape(matrix.shape)


# ---- Exercise 5: copies and letters ----------------------------------------------------------


def copies_of(number, digits):
    """Count multiples of a number, up to the first that needs more digits."""
    odd = number
    while odd % 2 == 0:
        odd //= 2
    n = 2**digits // odd
    while True:
        product = (n + 1) * odd
        if product // (product & -product) >= 2**digits:
            return n
        n += 1


def right_copies(D, digits):
    """What exact_copies should give: the first of all numbers to be rounded."""
    return min(copies_of(int(number), digits) for number in np.unique(np.abs(D[D != 0])))


def spread(stream, numbers):
    """Put some numbers, with random signs, into a matrix of zeros."""
    flat = np.zeros(30, dtype=int)
    places = stream.permutation(30)[: len(numbers)]
    flat[places] = numbers * stream.choice([-1, 1], len(numbers))
    return flat.reshape(5, 6)


def letter_matrix(tokens, a, vectors):
    """What a letter adds: windows of two, the older token rolled by 1."""
    X = vectors([BEGIN, BEGIN, *tokens])
    return (np.roll(X[:-2], 1, axis=1) * X[1:-1]).T @ (X[2:] * a)


def read(C, a, words, E, begin):
    """What read_letter should give."""
    letter, X = [], [begin, begin]
    while letter[-1:] != ["."] and len(letter) < 30:
        row = int((E @ ((np.roll(X[-2], 1) * X[-1]) @ C * a)).argmax())
        letter, X = [*letter, words[row]], [*X, E[row]]
    return letter
