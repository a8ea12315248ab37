"""The exercises of chapter 02, one matrix, many pairs."""

import numpy as np

from memo_edu.checks import Chapter, Wrong, call, expect, where_possible
from memo_edu.codebook import random_stream

chapter = Chapter()
check, hint = chapter.check, chapter.hint

# (n, d_key, d_value): a square case first, where a product turned the wrong way still has a result.
SIZES = ((4, 4, 4), (3, 5, 5), (7, 6, 3), (1, 3, 8), (40, 16, 12))


def _pairs(exercise, n, d_key, d_value):
    """Draw a memory that holds something, and n pairs; whole numbers without a zero."""
    stream = random_stream("chapter 02", exercise, n, d_key, d_value)
    shapes = ((d_key, d_value), (n, d_key), (n, d_value))
    return [stream.choice([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0], shape) for shape in shapes]


MEMORIZE_MISTAKES = (
    (lambda C, K, Y: C, "The memory is as it was: nothing went in."),
    (lambda C, K, Y: K.T @ Y, "What the memory held before is lost. Add to C, don't replace it."),
    (lambda C, K, Y: C + Y.T @ K, "Transposed: this memory goes from values to keys."),
    (
        lambda C, K, Y: C + K * Y,
        "K * Y multiplies entry i with entry i only. An outer product multiplies every "
        "entry of the key with every entry of the value.",
    ),
    (
        lambda C, K, Y: C + K @ Y,
        "K @ Y mixes up rows and columns: it fits here only because all sizes are equal. "
        "Which side of K must meet the rows of Y?",
    ),
    (lambda C, K, Y: C + K @ Y.T, "K @ Y.T compares keys with values; it makes no outer products."),
    (lambda C, K, Y: C + np.outer(K[-1], Y[-1]), "Only the last pair went in. Memorize every row."),
    (lambda C, K, Y: C + np.outer(K[0], Y[0]), "Only the first pair went in. Memorize every row."),
    (
        lambda C, K, Y: C + np.outer(K.sum(axis=0), Y.sum(axis=0)),
        "Every key is now paired with every value: that is a bag again. Multiply pair by "
        "pair, then add.",
    ),
    (lambda C, K, Y: C - K.T @ Y, "The sign is turned: this forgets the pairs."),
    (
        lambda C, K, Y: C + K.T @ Y / len(K),
        "You divide the tables. Each pair counts in full.",
    ),
)


@chapter.exercise(
    "2.1",
    hints=[
        "Each pair adds one table: its key as a column times its value as a row. What matrix "
        "product of K and Y adds up these tables for all the rows?",
        "Turn K on its side so that the shapes fit: (d_key, n) times (n, d_value). And keep what "
        "C holds already.",
    ],
)
def memorize(answer):
    """C + KᵀY, for memories that already hold something."""
    for n, d_key, d_value in SIZES:
        C, K, Y = _pairs("2.1", n, d_key, d_value)
        mistakes = where_possible(MEMORIZE_MISTAKES, C, K, Y)
        expect(call(answer, C, K, Y), C + K.T @ Y, mistakes)
    return "Every pair is in, and nothing that was there before is lost."


BACKWARDS = (
    "This asks backwards, with values for keys: C is on the wrong side or transposed. The question "
    "is a row, and it stands on the left."
)
RETRIEVE_MISTAKES = (
    (lambda C, Q: C @ Q, BACKWARDS),
    (lambda C, Q: C @ Q.T, BACKWARDS),
    (lambda C, Q: (C @ Q.T).T, BACKWARDS),
    (
        lambda C, Q: (Q @ C).T,
        "The numbers are right, but the answers stand in columns. Each should be a row.",
    ),
    (
        lambda C, Q: Q * C,
        "Q * C multiplies entry by entry. To retrieve takes a matrix product.",
    ),
    (
        lambda C, Q: (Q @ C).sum(axis=0),
        "All the questions are added into one. Each should have an answer of its own.",
    ),
    (
        lambda C, Q: Q[0] @ C,
        "Only the first question is answered. Answer every row of Q.",
    ),
    (
        lambda C, Q: np.sign(Q @ C),
        "Only the signs are left. Return what comes back as it is; to clean up is a later step.",
    ),
    (
        lambda C, Q: (Q @ C).argmax(axis=1),
        "These are indices. Return the vectors that come back; to clean up is a later step.",
    ),
    (
        lambda C, Q: Q @ C / (Q * Q).sum(axis=1, keepdims=True),
        "You divided by q · q. A good thought, but here return plain q C.",
    ),
    (
        lambda C, Q: Q @ C / len(C),
        "You divided by the dimension, as the small example did. Return plain q C.",
    ),
)


@chapter.exercise(
    "2.2",
    hints=[
        "A question is a row vector, and it stands on the left of the memory.",
        "Look at the shapes: (n, d_key) and (d_key, d_value) should give (n, d_value).",
    ],
)
def retrieve(answer):
    """Q C, for a question in every row of Q."""
    for n, d_key, d_value in SIZES:
        C, Q, _ = _pairs("2.2", n, d_key, d_value)
        mistakes = where_possible(RETRIEVE_MISTAKES, C, Q)
        expect(call(answer, C, Q), Q @ C, mistakes)
    return "Each question has its answer, in a row of its own."


FORGET_MISTAKES = (
    (lambda C, K, Y, times: C, "Nothing was forgotten: the memory is as it was."),
    (
        lambda C, K, Y, times: C * 0,
        "The memory is all zeros now. Something else was in it, and that should stay.",
    ),
    (
        lambda C, K, Y, times: C - K.T @ Y,
        "Each pair is forgotten only once, so the other copies are still there. Look at times.",
    ),
    (
        lambda C, K, Y, times: C + K.T @ (times[:, None] * Y),
        "The sign is turned: now there are twice as many copies as before.",
    ),
    (lambda C, K, Y, times: C + K.T @ Y, "The sign is turned: this memorizes the pairs once more."),
    (
        lambda C, K, Y, times: C - np.linalg.pinv(K) @ K @ C,
        "Now these keys bring back nothing at all. But other pairs also answer to them: "
        "take away these pairs only.",
    ),
    (
        lambda C, K, Y, times: C - K.T @ (times * Y),
        "times went along the columns: it scaled the entries of each value. Scale the "
        "rows, one number for each pair.",
    ),
    (
        lambda C, K, Y, times: C - times.sum() * K.T @ Y,
        "Every pair is forgotten as often as all were memorized together. Each has its own "
        "number of copies.",
    ),
    (
        lambda C, K, Y, times: C - times.max() * K.T @ Y,
        "Every pair is forgotten equally often, and some too often: that leaves a negative memory.",
    ),
    (
        lambda C, K, Y, times: C - times[-1] * np.outer(K[-1], Y[-1]),
        "Only the last pair is forgotten. Is the result of the earlier ones lost in your loop?",
    ),
    (
        lambda C, K, Y, times: C - (times[:, None] * K).T @ (times[:, None] * Y),
        "times is in there twice, so it acts squared. Scale the keys or the values, not both.",
    ),
    (
        lambda C, K, Y, times: K.T @ (times[:, None] * Y),
        "These are the tables to take away. Now take them away from C.",
    ),
)


@chapter.exercise(
    "2.3",
    hints=[
        "A pair that was memorized three times put three equal tables into C.",
        "Multiply row i of Y by times[i]. To stretch a column of n numbers over the rows, give it "
        "the shape (n, 1): times[:, None].",
    ],
)
def forget(answer):
    """C - Kᵀ(times · Y): every copy of each pair, and nothing else."""
    for n, d_key, d_value in SIZES:
        rest, K, Y = _pairs("2.3", n, d_key, d_value)
        times = random_stream("chapter 02", "times", n).permutation(np.arange(n) + 1)
        if n > 3:
            K[1] = K[0]  # one key with two values
        C = rest + K.T @ (times[:, None] * Y)
        mistakes = where_possible(FORGET_MISTAKES, C, K, Y, times)
        expect(call(answer, C, K, Y, times), rest, mistakes)
    return "Every copy is gone, and everything else is untouched."


CLEAN_UP_MISTAKES = (
    (
        lambda R, E: (R @ E.T).argmin(axis=1),
        "These tokens resemble least. Do you look for the smallest?",
    ),
    (
        lambda R, E: (R @ E.T).argmax(axis=0),
        "This is the best row of R for each token: the wrong axis. Find the best token for "
        "each row of R.",
    ),
    (
        lambda R, E: (R @ E.T / np.linalg.norm(E, axis=1)).argmax(axis=1),
        "You compared directions only (norms divided out). That is another question: here the "
        "plain dot product decides.",
    ),
    (
        lambda R, E: (R @ (E / np.sqrt((E * E).sum(axis=0))).T).argmax(axis=1),
        "You divided the columns of E by their norms: that weighs the features anew. "
        "Nothing needs to be divided here.",
    ),
    (
        lambda R, E: ((R[:, None, :] - E) ** 2).sum(axis=2).argmin(axis=1),
        "You took the nearest token by distance. With norms that differ, that is not the "
        "one with the largest dot product.",
    ),
    (
        lambda R, E: np.abs(R @ E.T).argmax(axis=1),
        "A token with a large negative score won. Minus is the opposite of resembling: "
        "leave out the abs.",
    ),
    (lambda R, E: (R @ E).argmax(axis=1), "R @ E mixes up rows and features. Transpose E."),
    (
        lambda R, E: (R @ E.T).argmax(),
        "This is one index for all the rows together. Each row of R should get its own: "
        "give argmax an axis.",
    ),
    (lambda R, E: R @ E.T, "These are the scores. Return where the largest of each row is."),
    (
        lambda R, E: (R @ E.T).max(axis=1),
        "These are the largest scores. Return where they are, not how large.",
    ),
    (
        lambda R, E: E[(R @ E.T).argmax(axis=1)],
        "These are the right vectors. Return their row numbers in E.",
    ),
)


@chapter.exercise(
    "2.4",
    hints=[
        "First all the dot products at once: one matrix product of the shape (n, V).",
        "Row i of that table holds the scores of R's row i. In each row look for where the largest "
        "is; argmax has an axis.",
    ],
)
def clean_up(answer):
    """The index of the largest dot product, for every row."""
    for n, d, V in ((8, 8, 8), (12, 5, 30), (50, 64, 300), (1, 4, 6)):
        stream = random_stream("chapter 02", "2.4", n, d, V)
        R = stream.standard_normal((n, d))
        E = stream.standard_normal((V, d)) * stream.uniform(0.3, 3.0, (V, 1))
        mistakes = where_possible(CLEAN_UP_MISTAKES, R, E)
        result = call(answer, R, E)
        if np.asarray(result).dtype.kind == "b":
            raise Wrong("These are yes and no. Return whole numbers: rows of E.")
        expect(result, (R @ E.T).argmax(axis=1), mistakes, "Some rows got another token.")
    return "Every noisy row has found its token."
