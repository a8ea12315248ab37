"""The exercises of chapter 14, better writing."""

import numpy as np

from memo_edu.checks import Chapter, Wrong, call, expect, where_possible
from memo_edu.codebook import random_stream

chapter = Chapter()
check, hint = chapter.check, chapter.hint


def _unit(stream, *shape):
    """Draw random vectors of norm 1."""
    X = stream.standard_normal(shape)
    return X / np.linalg.norm(X, axis=-1, keepdims=True)


# ---- 14.1 ------------------------------------------------------------------------------------


STEP_MISTAKES = (
    (
        lambda C, k, y, beta: C + beta * np.outer(k, y),
        "This is the sum: y is written whatever the key brings back already. Ask first, and write "
        "only what is missing.",
    ),
    (
        lambda C, k, y, beta: C + beta * np.outer(k, k @ C - y),
        "The error is turned round. What is missing is the value less what comes back.",
    ),
    (
        lambda C, k, y, beta: C + np.outer(k, y - k @ C),
        "The step is missing: all of the error was written, as if beta were 1.",
    ),
    (
        lambda C, k, y, beta: C + np.outer(k, beta * y - k @ C),
        "beta multiplies the value alone. It should multiply the whole error.",
    ),
    (
        lambda C, k, y, beta: C + np.outer(k, y - beta * (k @ C)),
        "beta multiplies what comes back alone. It should multiply the whole error.",
    ),
    (
        lambda C, k, y, beta: (1 - beta) * C + beta * np.outer(k, y),
        "The whole memory fades with every write, for all keys alike. Only what this key brings "
        "back should change.",
    ),
    (
        lambda C, k, y, beta: beta * np.outer(k, y - k @ C),
        "This is what is to be added. Where is the memory that was there before?",
    ),
    (
        lambda C, k, y, beta: C + beta * (y - k @ C),
        "The error was added to every row alike. The key says how much of it each row gets: an "
        "outer product.",
    ),
    (
        lambda C, k, y, beta: C + beta * np.outer(y - k @ C, k),
        "The table lies on its side: rows belong to the key, columns to the value.",
    ),
    (
        lambda C, k, y, beta: C + beta * np.outer(k, y - C @ k),
        "You asked the memory backwards. The question stands on the left of C.",
    ),
    (
        lambda C, k, y, beta: C + beta * np.outer(k, y - k @ C) / len(k),
        "You divide by d_key. The keys have norm 1, so there is nothing to divide by.",
    ),
    (lambda C, k, y, beta: y - k @ C, "This is the error. Now write it into the memory."),
    (
        lambda C, k, y, beta: k @ C + beta * (y - k @ C),
        "This is what the key should bring back afterwards. Return the memory that does so.",
    ),
    (lambda C, k, y, beta: C, "This is the memory as it was: nothing was written."),
)


@chapter.exercise(
    "14.1",
    hints=[
        "Three steps: what does the key bring back now? What is missing to y? Write beta times "
        "that, as you wrote y itself in chapter 02.",
        "What is missing is a row of d_value numbers. np.outer makes a table of the key and that "
        "row; add it to C, into a new array.",
    ],
)
def delta_step(answer):
    """C + β kᵀ(y − kC) for memories of several shapes."""
    for d_key, d_value, beta in ((5, 5, 0.7), (4, 7, 1.0), (8, 3, 0.25), (6, 6, 0.5)):
        stream = random_stream("check 14", "14.1", d_key, d_value)
        C, k = stream.standard_normal((d_key, d_value)), _unit(stream, d_key)
        y = stream.standard_normal(d_value)
        mistakes = where_possible(STEP_MISTAKES, C, k, y, beta)
        expect(call(answer, C, k, y, beta), C + beta * np.outer(k, y - k @ C), mistakes)
    return "Read, compare, write the difference: the memory corrects itself."


# ---- 14.2 ------------------------------------------------------------------------------------


EXACT_MISTAKES = (
    (
        lambda K, Y: K.T @ Y,
        "This is the sum. The values must be unmixed before they are written.",
    ),
    (
        lambda K, Y: K.T @ (K @ K.T) @ Y,
        "The values are mixed once more: you multiplied by the table of overlaps. Its inverse "
        "unmixes.",
    ),
    (
        lambda K, Y: K.T @ np.linalg.solve(np.tril(K @ K.T), Y),
        "Each pair listens only to those before it: one pass of the delta rule. The whole table "
        "of overlaps is needed.",
    ),
    (
        lambda K, Y: K.T @ (Y / np.sum(K * K, axis=1)[:, None]),
        "You divide each value by its own key's k·k. That would do if the keys were orthogonal; "
        "these overlap.",
    ),
    (
        lambda K, Y: K.T @ ((1 / (K @ K.T)) @ Y),
        "1/(KKᵀ) turns over each number of the table. The inverse of a matrix is something else.",
    ),
    (
        lambda K, Y: np.linalg.solve(K @ K.T, Y),
        "These are the unmixed values. Now write them, with their keys.",
    ),
    (
        lambda K, Y: np.linalg.pinv(K),
        "This is the pseudo-inverse of K alone. Where are the values?",
    ),
    (
        lambda K, Y: np.linalg.pinv(K.T) @ Y,
        "This is the pseudo-inverse of Kᵀ, the wrong way round.",
    ),
    (
        lambda K, Y: np.linalg.pinv(Y) @ K,
        "Keys and values are swapped: this memory leads from the values to the keys.",
    ),
    (
        lambda K, Y: Y.T @ np.linalg.solve(K @ K.T, K),
        "The table lies on its side: rows belong to the key, columns to the value.",
    ),
    (
        lambda K, Y: K @ np.linalg.pinv(K) @ Y,
        "This is what the keys bring back. Return the memory.",
    ),
)
OFF_THE_KEYS = (
    "A question that is orthogonal to all keys should bring back nothing from a sum with the keys, "
    "and here it does not. Did you solve with KᵀK? With fewer pairs than dimensions it has no "
    "inverse. Which table says how the M keys overlap?"
)


@chapter.exercise(
    "14.2",
    hints=[
        "Find the values Z first, for which (KKᵀ) Z is Y. Then memorize Z with the keys, as a "
        "plain sum.",
        "np.linalg.solve(A, B) gives the Z for which A Z is B. Which A, of shape (M, M), is the "
        "table of overlaps? The sum is one product, as in chapter 02.",
    ],
)
def exact(answer):
    """K⁺Y for independent keys, also as many as there are dimensions."""
    for M, d_key, d_value in ((4, 4, 4), (5, 12, 7), (8, 16, 16), (3, 30, 3), (6, 8, 20)):
        stream = random_stream("check 14", "14.2", M, d_key)
        # Keys that all lean to one side, and of several norms: so they overlap, and are no bases.
        K = stream.standard_normal((M, d_key)) + 1.5 * np.eye(M, d_key) + 0.5
        Y = stream.standard_normal((M, d_value))
        right = K.T @ np.linalg.solve(K @ K.T, Y)
        found = _solving(answer, K, Y)
        error = "Ask with the keys: the memory should bring back Y, and it does not."
        expect(found, right, where_possible(EXACT_MISTAKES, K, Y), error, rtol=1e-6)
    return "Every key brings back its own value, and nothing of the others."


def _solving(answer, K, Y):
    """Call the learner's function, and say what a table without an inverse does here."""
    try:
        found = call(answer, K, Y)
    except np.linalg.LinAlgError as error:
        raise Wrong(OFF_THE_KEYS) from error
    if np.shape(found) == (K.shape[1], Y.shape[1]):
        off = found - np.linalg.pinv(K) @ (K @ found)
        if not np.linalg.norm(off) <= 1e-6 * np.linalg.norm(found):  # also where it is not finite
            raise Wrong(OFF_THE_KEYS)
    return found


# ---- 14.3 ------------------------------------------------------------------------------------


def _one_after_the_other(C, x):
    x = x.copy()
    for i in range(len(x)):
        total = x @ C[:, i]
        x[i] = np.sign(total) if total else x[i]
    return x


def _updated(C, x):
    return np.where(x @ C == 0, x, np.sign(x @ C)).astype(int)


def _until_still(C, x):
    for _ in range(50):
        x = _updated(C, x)
    return x


UPDATE_MISTAKES = (
    (
        lambda C, x: np.sign(x @ C),
        "Some bits became 0. np.sign of 0 is 0; a bit whose sum is 0 should stay as it was.",
    ),
    (
        lambda C, x: np.where(x @ C >= 0, 1, -1),
        "Where the sum is 0, you set the bit to +1. It should stay as it was.",
    ),
    (
        lambda C, x: np.where(x @ C > 0, 1, -1),
        "Where the sum is 0, you set the bit to −1. It should stay as it was.",
    ),
    (
        lambda C, x: -_updated(C, x),
        "Every sign is turned.",
    ),
    (
        lambda C, x: np.where(x @ C == 0, -x, np.sign(x @ C)),
        "Where the sum is 0, you turn the bit. It should stay as it was.",
    ),
    (lambda C, x: x @ C, "These are the sums. Now take their signs."),
    (
        _one_after_the_other,
        "The bits were updated one after the other, so the later ones heard the new ones. All of "
        "them should listen to the old pattern.",
    ),
    (
        _until_still,
        "You went on until nothing changed. One update is asked for.",
    ),
    (
        lambda C, x: np.sign(x + x @ C).astype(int),
        "The old pattern is added to the sums, so that a bit listens to itself.",
    ),
    (
        lambda C, x: np.where(x @ C > 0, 1, 0),
        "This says yes and no, as ones and zeros. A pattern is made of +1 and −1.",
    ),
    (lambda C, x: x, "This is the pattern as it was."),
)


# Networks that come to rest: whoever updates until nothing changes should hear of it, not wait.
UPDATE_CASES = (7, 8, 9, 11)


def _network(number):
    """Draw a symmetric matrix with zeros on its diagonal, such that ties occur, and a pattern."""
    stream = random_stream("check 14", "14.3", number)
    upper = np.triu(stream.integers(-1, 2, (32, 32)), 1)
    X = stream.choice([-1, 1], (2, 32))
    return upper + upper.T + X.T @ X - 2 * np.eye(32, dtype=int), stream.choice([-1, 1], 32)


@chapter.exercise(
    "14.3",
    hints=[
        "Ask the memory with x: one sum for each bit. Then its sign. What does np.sign make of 0?",
        "np.where(condition, a, b) takes from a where the condition holds, and from b elsewhere. "
        "The condition: the sum is 0.",
    ],
)
def update(answer):
    """The signs of xC, with ties left alone."""
    for number in UPDATE_CASES:
        C, x = _network(number)
        mistakes = where_possible(UPDATE_MISTAKES, C, x)
        expect(call(answer, C, x), _updated(C, x), mistakes)
    return "Each bit has listened to all the others, and ties leave it alone."


# ---- 14.4 ------------------------------------------------------------------------------------


def _delta_attention(Q, K, Y):
    C, rows = np.zeros((K.shape[1], Y.shape[1])), []
    for q, k, y in zip(Q, K, Y, strict=True):
        C = C + np.outer(k, y - k @ C)
        rows.append(q @ C)
    return np.array(rows)


def _softmax_attention(Q, K, Y, scale=1.0):
    weights = np.tril(np.exp(scale * Q @ K.T))
    return weights / weights.sum(axis=1, keepdims=True) @ Y


ATTENTION_MISTAKES = (
    (
        lambda Q, K, Y: Q @ K.T @ Y,
        "Every question hears all the pairs, also those that come after it. Row t may know pairs 0 "
        "to t only.",
    ),
    (
        lambda Q, K, Y: np.tril(Q @ K.T, -1) @ Y,
        "Each question is asked too early: pair t should be memorized before question t.",
    ),
    (
        lambda Q, K, Y: np.triu(Q @ K.T) @ Y,
        "Time runs backwards: row t hears pair t and those after it.",
    ),
    (
        lambda Q, K, Y: np.tril(K @ K.T) @ Y,
        "You ask with the keys. Row t belongs to question t.",
    ),
    (
        lambda Q, K, Y: np.tril(K @ Q.T) @ Y,
        "Questions and keys are swapped: memorize with K, ask with Q.",
    ),
    (
        lambda Q, K, Y: np.tril(Q @ Y.T) @ K,
        "Keys and values are swapped: the questions should resemble keys, and values come back.",
    ),
    (
        lambda Q, K, Y: np.tril(Q @ K.T) @ Y / np.sqrt(Q.shape[1]),
        "You divide by √d_key, as a transformer does. A memory doesn't.",
    ),
    (
        lambda Q, K, Y: np.tril(Q @ K.T) @ Y / np.arange(1, len(Q) + 1)[:, None],
        "Row t is divided by the number of pairs. It is a sum, not a mean.",
    ),
    (
        lambda Q, K, Y: np.vecdot(Q, K)[:, None] * Y,
        "Each question hears its own pair only. The earlier pairs stay in the memory.",
    ),
    (
        lambda Q, K, Y: np.cumsum(np.vecdot(Q, K)[:, None] * Y, axis=0),
        "Each pair is asked with its own question. Question t goes to all pairs so far.",
    ),
    (
        _delta_attention,
        "This memory writes by the delta rule. Here it is a plain sum.",
    ),
    (
        _softmax_attention,
        "This is attention with a softmax. The linear kind takes the overlaps as they are.",
    ),
    (
        lambda Q, K, Y: _softmax_attention(Q, K, Y, 1 / np.sqrt(Q.shape[1])),
        "This is a transformer's attention, with its softmax and √d_key. The linear kind takes "
        "the overlaps as they are.",
    ),
    (
        lambda Q, K, Y: (np.tril(Q @ K.T) @ Y)[-1],
        "This is the last row alone. A row for every question is asked for.",
    ),
    (
        lambda Q, K, Y: K.T @ Y,
        "This is the memory after all pairs. What does question t bring back, when pairs 0 to t "
        "are in it?",
    ),
    (
        lambda Q, K, Y: np.tril(Q @ K.T),
        "These are the overlaps that count. Now let the values come back.",
    ),
)


@chapter.exercise(
    "14.4",
    hints=[
        "Start with a memory of zeros, of shape (d_key, d_value). Go through the rows: memorize "
        "pair t, ask with question t, keep what comes back.",
        "There is a way without a loop: Q Kᵀ holds the overlap of every question with every key. "
        "Which of its numbers come from the future?",
        "Row t of Q Kᵀ is question t, column s is key s. Only s ≤ t may count: np.tril sets all "
        "the others to 0. What do you multiply the rest with?",
    ],
)
def linear_attention(answer):
    """A memory that memorizes as it goes."""
    for n, d_key, d_value in ((6, 6, 6), (5, 3, 8), (1, 4, 2), (9, 7, 4)):
        stream = random_stream("check 14", "14.4", n, d_key)
        Q, K = _unit(stream, n, d_key), _unit(stream, n, d_key)
        Y = stream.standard_normal((n, d_value))
        mistakes = where_possible(ATTENTION_MISTAKES, Q, K, Y)
        expect(call(answer, Q, K, Y), np.tril(Q @ K.T) @ Y, mistakes)
    return "Attention, from the matrix of chapter 02."
