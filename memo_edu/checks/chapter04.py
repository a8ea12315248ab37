"""The exercises of chapter 04, from tokens to keys."""

from collections import Counter

import numpy as np

from memo_edu.checks import Chapter, Wrong, call, expect
from memo_edu.codebook import random_stream

chapter = Chapter()
check, hint = chapter.check, chapter.hint


def _draw(exercise, n, h, d):
    """Draw n token vectors, the second also somewhere later, and a W."""
    stream = random_stream("check 04", exercise, n, h, d)
    vectors, W = stream.standard_normal((n, d)), stream.standard_normal((d, d // h))
    vectors[-1] = vectors[1]
    return vectors, W


# ---- 4.1 -------------------------------------------------------------------------------------

SUM = "A sum has no order: swap two tokens, and this key stays the same. Lay the pieces side by "
SUM += "side."
ROOT_MISSING = "The root is missing: your keys are too long by a factor of √h."
NO_ROOT = "You divide by h. Lengths, not squared lengths, are to shrink: which root is that?"
TIMES_ROOT = "You multiply by √h, which makes the keys longer still."
ROOT_OF_D = "That is the root of d. How many pieces are there in a key?"
ROOT_OF_PIECE = "That is the root of d/h, the length of a piece. How many pieces are in a key?"
EXACT_NORM = "Every key has norm 1 exactly. The formula divides all keys by the same number."
BACKWARDS = "The pieces stand in the wrong order: the oldest token comes first."
SHUFFLED = "The pieces are shuffled into each other. Each token's d/h numbers belong together."
WHOLE = "These are the whole vectors. W should squeeze each of them first."


@chapter.exercise(
    "4.1",
    hints=[
        "One product squeezes all tokens of the window: (h, d) times (d, d/h). What is its shape?",
        "Write its h rows one behind the other in a single row (ravel does it), and mind the "
        "factor in front of the bracket.",
    ],
)
def window_key(answer):
    """(1/√h) [x₁W ; … ; x_hW], for windows in which a token may come twice."""
    for h, d in ((4, 32), (2, 8), (3, 6), (8, 64)):
        x, W = _draw("4.1", h, h, d)
        pieces, root = x @ W, np.sqrt(h)
        mistakes = [
            (pieces.ravel(), ROOT_MISSING),
            (pieces.ravel() / h, NO_ROOT),
            (pieces.ravel() * root, TIMES_ROOT),
            (pieces.ravel() / np.sqrt(d), ROOT_OF_D),
            (pieces.ravel() / np.sqrt(d // h), ROOT_OF_PIECE),
            (pieces.ravel() / np.linalg.norm(pieces), EXACT_NORM),
            (pieces.sum(axis=0), SUM),
            (pieces.sum(axis=0) / root, SUM),
            (pieces.mean(axis=0), SUM),
            (pieces[::-1].ravel() / root, BACKWARDS),
            (pieces.T.ravel() / root, SHUFFLED),
            (pieces / root, "The pieces are right, but still in h rows. Make one row of them."),
            (pieces[-1] / root, "Only the newest token is in your key. Where are the others?"),
            (x.ravel() / root, WHOLE),
            (x.ravel(), WHOLE),
        ]
        expect(call(answer, x, W), pieces.ravel() / root, mistakes)
    return "Each token has its own stretch of the key, so swapping two of them changes it."


# ---- 4.2 -------------------------------------------------------------------------------------


def _all(pieces, h):
    """Lay h rows of pieces side by side, for every window."""
    rows = len(pieces) - h + 1
    return np.hstack([pieces[j : j + rows] for j in range(h)])


def _apart(pieces, h):
    """Lay h rows side by side for windows that don't overlap."""
    count = len(pieces) // h
    return pieces[: count * h].reshape(count, -1)


def _in_front(keys, h):
    """Put h - 1 rows of zeros in front."""
    return np.vstack([np.zeros((h - 1, keys.shape[1])), keys])


@chapter.exercise(
    "4.2",
    hints=[
        "pieces = vectors @ W has a row for every token. Which rows of it stand in first place of "
        "the n - h + 1 windows? And which in second place?",
        "For place j these rows are pieces[j : j + n - h + 1]. np.hstack lays such arrays side by "
        "side, all windows at once.",
    ],
)
def all_keys(answer):
    """A key for every full window, for texts of several lengths; one is a single window."""
    for n, h, d in ((9, 4, 32), (6, 2, 8), (3, 3, 6), (40, 8, 64)):
        x, W = _draw("4.2", n, h, d)
        pieces, root = x @ W, np.sqrt(h)
        keys = _all(pieces, h) / root
        shuffled = keys.reshape(-1, h, d // h).transpose(0, 2, 1).reshape(-1, d)
        mistakes = [
            (
                keys[:-1],
                "The last window is missing. How many does a text of just h tokens have?",
            ),
            (keys[1:], "The first window is missing: it begins with the very first token."),
            (
                _in_front(keys, h),
                "Rows of zeros stand for windows that begin before the text. Full windows only.",
            ),
            (
                _apart(pieces, h) / root,
                "Your windows don't overlap. The next one begins one token later, not h tokens.",
            ),
            (
                _all(np.vstack([np.zeros((h - 1, d // h)), pieces]), h) / root,
                "Some windows begin before the text and are filled up with zeros. Only full ones.",
            ),
            (keys * root, ROOT_MISSING),
            (keys / root, NO_ROOT),
            (keys * h, TIMES_ROOT),
            (keys * root / np.sqrt(d), ROOT_OF_D),
            (keys * root / np.sqrt(d // h), ROOT_OF_PIECE),
            (keys / np.linalg.norm(keys, axis=1, keepdims=True), EXACT_NORM),
            (_all(pieces[::-1], h)[::-1] / root, BACKWARDS),
            (keys[::-1], "The windows stand in reverse order. Row 0 begins with the first token."),
            (shuffled, SHUFFLED),
            (
                keys.reshape(-1, h, d // h),
                "The pieces are right, but each key is still in h rows. Make one row of them.",
            ),
            (
                keys.reshape(-1, h, d // h).sum(axis=1),
                "You add up the pieces of a window, and a sum has no order. Lay them side by side.",
            ),
            (keys.T, "The keys stand in columns. Each should be a row."),
            (
                np.vstack(np.split(keys, h, axis=1)),
                "The places lie below each other: that is vstack. They belong side by side.",
            ),
            (keys.ravel(), "All keys are in one long row. Give each window a row of its own."),
            (_all(x, h) / root, WHOLE),
            (_all(x, h), WHOLE),
        ]
        expect(call(answer, x, W, h), keys, mistakes)
    return "One product with W for the whole text, and every full window has its key."


# ---- 4.3 -------------------------------------------------------------------------------------


def _windows(tokens, h):
    return [tokens[i : i + h] for i in range(len(tokens) - h + 1)]


def _table(windows, compare):
    return np.array([[float(compare(a, b)) for b in windows] for a in windows])


def _agreeing(a, b):
    """In how many places two windows hold the same token."""
    return sum(s == t for s, t in zip(a, b, strict=True))


def _agreeing_at_first(a, b):
    """How many places agree before the first that does not."""
    return next((j for j, (s, t) in enumerate(zip(a, b, strict=True)) if s != t), len(a))


ELSEWHERE = "You count shared tokens wherever they stand. A token in another place meets a "
ELSEWHERE += "stranger there, and adds nothing."


@chapter.exercise(
    "4.3",
    hints=[
        "First list the windows: tokens[i : i + h]. How many are there?",
        "For two windows, count the places j in which window a and window b hold the same token. "
        "What part of the h places is that?",
    ],
)
def predicted_cosines(answer):
    """m/h, for texts in which tokens repeat in the same and in other places."""
    cast = ["tea", "cup", "cat", "moon", "key", "door"]
    for n, h, V in ((12, 4, 4), (9, 2, 3), (3, 3, 2), (30, 5, 6)):
        stream = random_stream("check 04", "4.3", n, h)
        tokens = [cast[i] for i in stream.integers(0, V, n)]
        given, windows = list(tokens), _windows(tokens, h)
        right = _table(windows, _agreeing) / h
        mistakes = [
            (right * h, "These are counts. Two equal windows should have the cosine 1."),
            (_table(windows, lambda a, b: len({*a} & {*b})) / h, ELSEWHERE),
            (_table(windows, lambda a, b: (Counter(a) & Counter(b)).total()) / h, ELSEWHERE),
            (_table(windows, lambda a, b: sum(s in b for s in a)) / h, ELSEWHERE),
            (_table(windows, lambda a, b: len({*a} & {*b}) / len({*a} | {*b})), ELSEWHERE),
            (
                _table(windows, lambda a, b: a == b),
                "Windows that agree in part count as strangers here. Give them their share.",
            ),
            (
                _table(windows, _agreeing_at_first) / h,
                "You stop at the first place that differs. Later places may agree again.",
            ),
            (
                _table([w[::-1] for w in windows], _agreeing_at_first) / h,
                "You count from the newest token and stop at the first place that differs. Earlier "
                "places may agree again.",
            ),
            (1 - right, "This is how much windows differ. Equal ones should have the cosine 1."),
            (right**0.5, "That is a root too many: the 1/√h of both keys make 1/h together."),
            (right**2, "You squared it. A cosine is m/h itself."),
            (
                right * h**0.5,
                "You divide by √h, which makes more than 1 of two equal windows. Both keys bring "
                "a 1/√h along.",
            ),
            (right * (1 - np.eye(len(right))), "A window with itself has the cosine 1, not 0."),
            (np.triu(right), "Only half of the table is filled: (j, i) is the same as (i, j)."),
            (np.tril(right), "Only half of the table is filled: (j, i) is the same as (i, j)."),
            (right[:-1, :-1], "The last window is missing: n tokens have n - h + 1 windows."),
            (
                _table([tokens[i : i + 1] for i in range(n)], _agreeing),
                "You compare single tokens. Compare windows of h tokens each.",
            ),
            (right[0], "This is the first window with all others. Compare all with all."),
        ]
        result = call(answer, given, h)
        if given != tokens:
            raise Wrong("Your function changes the list it was given. Make a new list of its own.")
        expect(result, right, mistakes)
    return "You know how alike the keys are, and no vector has been drawn yet."


# ---- 4.4 -------------------------------------------------------------------------------------


@chapter.exercise(
    "4.4",
    hints=[
        "Begin with random columns, and take from each what it has in common with the ones "
        "before it. NumPy does this for a whole matrix in one call.",
        "The first of the two matrices that np.linalg.qr(A) returns has orthogonal columns of "
        "norm 1, as many as A has.",
        "A column of norm 1 has to be stretched to the squared norm h. And draw A with "
        "random_stream(..., seed).standard_normal(...), so that the seed decides.",
    ],
)
def quiet_W(answer):
    """WᵀW = h times the identity, random, the same for the same seed; every row takes part."""
    for d, h, seed in ((24, 2, 0), (60, 4, 1), (30, 3, 2), (128, 8, 3)):
        W, again, other = (_matrix(answer, d, h, s) for s in (seed, seed, seed + 10))
        _name_flaw(W, d, h)
        if not np.array_equal(W, again):
            raise Wrong("The same seed gives another W the second time. Draw from a seeded stream.")
        if np.allclose(W, other):
            raise Wrong("Another seed gives the same W again. Let the seed go into the draw.")
    return "Orthogonal columns of the right length: nothing is read off twice."


def _matrix(answer, d, h, seed):
    """Call the learner's function, and see to it that a (d, d/h) array of numbers comes back."""
    W = call(answer, d, h, seed)
    if isinstance(W, tuple):
        raise Wrong("You return several things. (np.linalg.qr gives two matrices; take the first.)")
    W = np.asarray(W)
    if W.shape == (d // h, d):
        raise Wrong("Lying on its side: W should have d rows and d/h columns.")
    if W.shape == (d, d):
        raise Wrong("That is a square: keys of h · d numbers. How many columns should W have?")
    expect(W.shape, (d, d // h), otherwise=f"W has the shape {W.shape}; look at the docstring.")
    if not (np.issubdtype(W.dtype, np.number) and np.isfinite(W).all()):
        raise Wrong("Some entries of your W are not numbers.")
    return W


def _name_flaw(W, d, h):
    """Raise Wrong unless the columns are orthogonal with squared norm h, and every row counts."""
    products = W.T @ W
    norms = np.diag(products)
    columns = products - np.diag(norms)
    if abs(columns).max() > 1e-4 * norms.max():
        if np.allclose(norms, h, rtol=1e-4):
            raise Wrong("Every column has the right length, but columns still overlap.")
        raise Wrong("The columns overlap: some of their dot products are not 0.")
    scales = [
        (1, "The columns are orthogonal, but their norm is 1: pieces come out too short."),
        (h * h, "The columns have the norm h. Their *squared* norm should be h."),
        (d, "The columns have the squared norm d. Then pieces are longer than tokens."),
        (d / h, "The columns have the squared norm d/h. Should that be the other way round?"),
        (h / d, "h/d is the variance of one entry. A column has d of them."),
        (1 / h, "You divided by √h; the columns should become longer."),
    ]
    for scale, message in scales:
        if np.allclose(norms, scale, rtol=1e-4):
            raise Wrong(message)
    if not np.allclose(norms, h, rtol=1e-4):
        raise Wrong("The columns are orthogonal, but their squared norms are not h.")
    if not abs(W).max(axis=1).all():
        raise Wrong("Some rows are 0: these numbers of a token never reach its piece. Mix them in.")
