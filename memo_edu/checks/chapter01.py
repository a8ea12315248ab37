"""The exercises of chapter 01, symbols as random vectors."""

import numpy as np

from memo_edu.checks import Chapter, Wrong, call, expect
from memo_edu.codebook import random_stream

chapter = Chapter()
check, hint = chapter.check, chapter.hint


def _draw(*names, shape):
    """Draw a table of vectors with entries N(0, 1/d)."""
    return random_stream("check 01", *names).standard_normal(shape) / np.sqrt(shape[1])


# ---- 1.1 -------------------------------------------------------------------------------------


@chapter.exercise(
    "1.1",
    hints=[
        "If every row had norm 1, the answer would be A @ A.T. So give every row the norm 1 first.",
        "np.linalg.norm(A, axis=1, keepdims=True) is (n, 1): one norm a row. Divide A by it.",
    ],
)
def cosine_table(answer):
    """Every dot product must be divided by the norms of both its rows."""
    for shape in ((4, 4), (3, 5), (6, 3)):
        A = _draw("1.1", *shape, shape=shape) * np.arange(2, 2 + shape[0])[:, None]
        dots, columns = A @ A.T, A.T @ A
        norms = np.linalg.norm(A, axis=1)
        right = dots / np.outer(norms, norms)
        heights = np.linalg.norm(A, axis=0)
        one_norm = "Divide by the norms of both rows; you divided by one of the two."
        mistakes = [
            (dots, "These are dot products, not cosines yet: a long row still gets large numbers."),
            (dots / shape[1], "Dividing by d is right for ±1 vectors only, where ‖a‖ ‖b‖ = d."),
            (dots / norms, one_norm),
            (dots / norms[:, None], one_norm),
            (dots / norms**2, "Each entry needs two different norms; you took one norm twice."),
            (dots / norms[:, None] ** 2, "Each entry needs two norms; you took one norm twice."),
            (dots / np.outer(norms, norms) ** 2, "A norm is the square ROOT of a·a."),
            (columns, "These are dot products of the columns of A. The vectors are its rows."),
            (
                columns / np.outer(heights, heights),
                "This compares the columns of A. The vectors are its rows.",
            ),
            (
                (A / heights) @ (A / heights).T,
                "You took the norms along the columns: the numbers of a row run along axis 1.",
            ),
            (
                dots / np.linalg.norm(A) ** 2,
                "One norm of the whole array divides everything. Each row has a norm of its own.",
            ),
            (dots / np.linalg.norm(A), "Each row has a norm of its own: name the axis."),
            (np.abs(right), "A cosine may be negative. Keep its sign."),
            (np.corrcoef(A), "These are correlations: no mean is taken away in a cosine."),
            (right[0, 1], "That is the cosine of one pair. Return all pairs, an (n, n) array."),
        ]
        if shape[0] == shape[1]:  # elsewhere NumPy itself objects
            stretched = (A / norms) @ (A / norms).T
            advice = "The norms were laid along a row. keepdims=True keeps them in a column."
            mistakes.append((stretched, advice))
        expect(call(answer, A), right, mistakes)
    return "Every pair of rows, and one matrix product."


# ---- 1.2 -------------------------------------------------------------------------------------

TABLES = ((400, 256, 0), (300, 64, 7), (50, 1024, 123))


@chapter.exercise(
    "1.2",
    hints=[
        "If x is drawn from N(0, 1), then c·x is from N(0, c²). Which c makes c² = 1/d?",
        "Make one generator with random_stream('any name', seed); draw the whole table from it.",
    ],
)
def random_codebook(answer):
    """The table must have the right shape, mean, spread and shape of bell, and obey its seed."""
    for count, dim, seed in TABLES:
        E = _as_table(call(answer, count, dim, seed), count, dim)
        _refuse_repeats(E)
        _refuse_other_spreads(E, count, dim)
        _refuse_other_shapes(E, dim)
        if not np.array_equal(E, call(answer, count, dim, seed)):
            raise Wrong("The same seed gave two different tables. Hand the seed to the generator.")
        if np.array_equal(E, call(answer, count, dim, seed + 1)):
            raise Wrong("Two different seeds gave the same table. Does your code use the seed?")
    return "The right size, the right spread, and the same again tomorrow."


def _as_table(result, count, dim):
    E = np.asarray(result)
    if E.shape == (dim, count):
        raise Wrong(f"Your table is {E.shape}: it lies on its side. A word is a row, not a column.")
    if E.shape != (count, dim):
        raise Wrong(f"Your table has the shape {E.shape}; it should be {(count, dim)}.")
    if not np.issubdtype(E.dtype, np.floating) or not np.all(np.isfinite(E)):
        if np.issubdtype(E.dtype, np.integer):
            raise Wrong("These are whole numbers. N(0, 1/d) gives numbers with a fraction.")
        raise Wrong("Some entries are not finite real numbers.")
    return E.astype(np.float64)


def _refuse_repeats(E):
    if len(np.unique(E, axis=0)) < len(E):
        raise Wrong("Several words have the same vector. Draw all rows from one generator.")
    if np.any(E.std(axis=1) == 0):
        raise Wrong("A row repeats one number. Every single entry needs a draw of its own.")


def _refuse_other_spreads(E, count, dim):
    """Refuse a mean that is not 0, and a spread that is not 1/√dim."""
    spread = E.std()
    if abs(E.mean()) > 0.2 * spread:
        raise Wrong("The mean of your entries is not 0: do positive ones outnumber negative ones?")
    known = [
        (1, "The rows are far longer than 1: their norm is about √d. The scaling is missing."),
        (1 / dim, "The rows are far too short: 1/d is the variance, and the spread is its root."),
        (np.sqrt(dim), "You multiplied where you should divide: the norms come out near d."),
        (dim**-0.25, "The variance is 1/√d; it should be 1/d. That is one root too many."),
        (1 / np.sqrt(count), "The scale must come from how long a row is, not from how many."),
    ]
    for wrong, message in known:
        if abs(spread / wrong - 1) < 0.04:
            raise Wrong(message)
    norm = np.sqrt(np.mean(np.sum(E**2, axis=1)))
    if abs(spread * np.sqrt(dim) - 1) > 0.04:
        raise Wrong(f"The norm of a row should be about 1; yours are about {norm:.3g}.")


def _refuse_other_shapes(E, dim):
    """Refuse tables with the right spread that are not made of independent normal numbers."""
    if len(np.unique(np.abs(E))) == 1:
        raise Wrong("All your entries have one size: a coin's. Here they follow the bell curve.")
    if np.ptp(np.linalg.norm(E, axis=1)) < 1e-6:
        raise Wrong("All norms are exactly 1: you scaled each row by itself. Scale all rows alike.")
    overlaps = (E @ E.T)[np.triu_indices(len(E), 1)]
    if abs(np.mean(overlaps**2) * dim - 1) > 0.2:
        raise Wrong("Rows resemble each other more or less than chance makes them. Draw each anew.")
    if abs(np.mean(E**4) * dim**2 - 3) > 0.3:
        raise Wrong("The spread is right, but the curve is not a bell. Is it standard_normal?")


# ---- 1.3 -------------------------------------------------------------------------------------


def _clean_up_cases():
    """List (vector, E, right row): a noisy copy, a weak one, and one beside a negative one."""
    square = _draw("1.3", "square", shape=(64, 64))
    wide = _draw("1.3", "wide", shape=(300, 1024))
    noise = 1.5 * _draw("1.3", "noise", shape=(1, 1024))[0]
    longest = int(np.argmax(np.linalg.norm(square, axis=1)))
    return [
        (square[20], square, 20),
        (wide[211] + noise, wide, 211),
        (0.05 * square[longest], square, longest),
        (wide[7] - 2 * wide[150], wide, 7),
    ]


@chapter.exercise(
    "1.3",
    hints=[
        "E @ vector is (V,): one dot product a word. Look at it: which entry stands out?",
        "np.max gives the largest value; np.argmax gives the place where it stands.",
    ],
)
def clean_up(answer):
    """The answer is the row number of the largest dot product, sign included."""
    for vector, E, right in _clean_up_cases():
        result = call(answer, vector, E)
        scores = E @ vector
        _refuse_no_row_number(result, scores, E[right])
        if result == right:
            continue
        if result == right + 1:
            raise Wrong("You are one row too far: rows are counted from 0.")
        if result == np.argmax(np.abs(scores)):
            raise Wrong("A large NEGATIVE dot product means the opposite of likeness.")
        if result == np.argmin(scores):
            raise Wrong("That is the word that resembles the vector least.")
        if result == np.argmin(np.linalg.norm(E - vector, axis=1)):
            raise Wrong(
                "You took the smallest distance. A weak copy is far from its own word, and still "
                "points its way: compare dot products."
            )
        if len(E) == E.shape[1] and result == np.argmax(vector @ E):
            raise Wrong("You compared the vector with the columns of E. Words are its rows.")
        raise Wrong("This is not the row with the largest dot product.")
    return "Noise, weak copies and opposites: you named the right word each time."


def _refuse_no_row_number(result, scores, row):
    shape = np.shape(result)
    if shape == scores.shape and np.allclose(result, scores):
        raise Wrong("These are the scores of all words. Which place holds the largest?")
    if shape == row.shape and np.allclose(result, row):
        raise Wrong("That is the word's vector itself. Return the number of its row.")
    if shape != ():
        raise Wrong(f"Return one row number; your answer has the shape {shape}.")
    if not np.issubdtype(np.asarray(result).dtype, np.integer):
        if np.allclose(result, scores.max()):
            raise Wrong("That is the largest score. Return where it stands, not how large it is.")
        raise Wrong("A row number is a whole number.")


# ---- 1.4 -------------------------------------------------------------------------------------


def _bags():
    """List (members, E): different words, words beside an opposite, and words that are in twice."""
    E = _draw("1.4", shape=(200, 1024))
    opposite = E.copy()
    opposite[9] = -1.3 * E[4]
    return [
        ([17, 60, 101, 199], E),
        ([4, 33, 180], opposite),
        ([150], E),
        ([2, 44, 44, 90, 131], E),
        ([8, 8, 8, 71], opposite),
    ]


@chapter.exercise(
    "1.4",
    hints=[
        "Clean up names one member. What is left of the bag once that member is taken out?",
        "Repeat k times: find the best row, note its number, subtract the row from what is left.",
        "Write rest = rest - E[best], which makes a new array; rest -= E[best] changes the bag.",
    ],
)
def unbag(answer):
    """The answer lists every member as often as it is in the bag."""
    for members, E in _bags():
        bag, k = E[members].sum(axis=0), len(members)
        result = _as_rows(call(answer, bag, E, k), bag, E)
        if sorted(result) == sorted(members):
            continue
        scores = E @ bag
        if len(result) != k:
            if set(result) == set(members):
                raise Wrong("The right words, but list a word as often as it is in the bag.")
            raise Wrong(f"There are {k} words in this bag; you listed {len(result)}.")
        if len(set(members)) > 1 and len(set(result)) == 1:
            raise Wrong("The same word every time: take it out of the bag before you look again.")
        if sorted(result) == sorted(np.argsort(scores)[:k]):
            raise Wrong("These words resemble the bag least. The members score highest.")
        if 9 in result and scores[9] < -0.5:
            raise Wrong("A word with a large NEGATIVE score is not in the bag. Mind the sign.")
        if sorted(result) == sorted(_scaled_away(bag, E, k)):
            raise Wrong("Take out one copy at a time: subtract the row, not score times the row.")
        if len(set(members)) < k and len(set(result)) == k:
            raise Wrong("You listed different words only, but a word can be in the bag twice.")
        raise Wrong(f"In a bag of {k}, some of the words you name are not in it, or not so often.")
    return "Every bag is empty, the twins included."


def _scaled_away(bag, E, k):
    """Take out all copies of the best word at once, which is the mistake."""
    found = []
    for _ in range(k):
        best = int(np.argmax(E @ bag))
        found.append(best)
        bag = bag - (E[best] @ bag) * E[best]
    return found


def _as_rows(result, bag, E):
    rows = np.asarray(result)
    if rows.ndim == 0:
        raise Wrong("That is one thing only. Return a list of k row numbers.")
    if rows.ndim == 1 and rows.size and np.issubdtype(rows.dtype, np.integer):
        return rows.tolist()
    if rows.shape == (len(E),) and np.allclose(rows, E @ bag):
        raise Wrong("These are the scores of all words. Which k of them are the members?")
    if rows.ndim == 1 and np.issubdtype(rows.dtype, np.floating) and rows.size:
        raise Wrong("These look like scores. Return where they stand: k whole numbers.")
    raise Wrong("Return a flat list of k row numbers.")
