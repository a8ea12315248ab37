"""The exercises of chapter 03, crosstalk and capacity."""

import contextlib
import math
from statistics import NormalDist

import numpy as np

from memo_edu.checks import Chapter, Wrong, call, expect
from memo_edu.codebook import random_stream

chapter = Chapter()
check, hint = chapter.check, chapter.hint


# ---- 3.1 -------------------------------------------------------------------------------------


@chapter.exercise(
    "3.1",
    hints=[
        "Write the right side of the formula first. It is σ²; what is left to do to get σ?",
        "Python works from left to right: M / d * (…) multiplies by the bracket, and the bracket "
        "holds a sum of two fractions.",
    ],
)
def predicted_sigma(answer):
    """√(M/d_key (1/d_value + 1/V)) for memories of several shapes."""
    for M, d_key, d_value, V in ((900, 64, 256, 400), (50, 32, 8, 1000), (7000, 512, 128, 100)):
        total = M / d_key * (1 / d_value + 1 / V)
        mistakes = [
            (total, "This is σ². The standard deviation is its root."),
            (
                math.sqrt(M / (d_key * d_value)),
                "The pairs that hold the wrong token itself are missing. One pair in V does.",
            ),
            (
                math.sqrt(M / (d_key * V)),
                "Only the pairs with the token itself are in. All the others whisper too.",
            ),
            (
                math.sqrt(M / d_value * (1 / d_key + 1 / V)),
                "d_key and d_value are swapped. Whose overlap is left when a pair holds the token "
                "itself?",
            ),
            (
                math.sqrt(total / M),
                "This is the noise of one pair. How many of them are in the memory?",
            ),
            (
                M * math.sqrt(total / M),
                "M stands outside the root. Variances add, and standard deviations don't.",
            ),
            (
                math.sqrt(M / (d_key * d_value)) + math.sqrt(M / (d_key * V)),
                "You add two standard deviations. Add the variances, and take one root at the end.",
            ),
            (
                math.sqrt(M / d_key * 1 / d_value + 1 / V),
                "Put brackets around the sum: M / d_key multiplies both fractions.",
            ),
            (
                math.sqrt(M / d_key / (d_value + V)),
                "1/a + 1/b is not 1/(a + b). Write two fractions, and add them.",
            ),
            (math.sqrt(M / d_key / (d_value * V)), "The two fractions are added, not multiplied."),
            (
                math.sqrt(M / d_key) * (1 / d_value + 1 / V),
                "Your root ends after M / d_key. It goes over the bracket too.",
            ),
        ]
        expect(call(answer, M, d_key, d_value, V), math.sqrt(total), mistakes)
    return "Four numbers are enough to know how noisy a memory will be."


# ---- 3.2 -------------------------------------------------------------------------------------


def _share(hits):
    return float(np.mean(hits))


def _answers(C, K, E):
    return (K @ C @ E.T).argmax(axis=1)


# Shares of few pairs may agree by chance, so a mistake is named if it fits all memories of a row.
# Square ones come first: there even a product turned the wrong way has a result.
RECALL_SIZES = (
    ((60, 12, 12, 60), (80, 16, 16, 80), (50, 10, 10, 50)),
    ((150, 16, 24, 60), (90, 10, 20, 33), (20, 5, 12, 70)),
)
RECALL_MISTAKES = (
    (
        lambda K, right, E: (_answers(K.T @ E[right], K, E) == right).sum(),
        "This is the number of right answers. Recall is their share of all the pairs.",
    ),
    (
        lambda K, right, E: 100 * _share(_answers(K.T @ E[right], K, E) == right),
        "This is in percent. A share lies between 0 and 1.",
    ),
    (
        lambda K, right, E: 1 - _share(_answers(K.T @ E[right], K, E) == right),
        "This is the share of mistakes. Recall counts what is right.",
    ),
    (
        lambda K, right, E: _share(_answers(K.T @ E[right], K, E) == np.arange(len(K))),
        "You compare with the number of the pair. Its value is row right[i] of E, not row i.",
    ),
    (
        lambda K, right, E: _share(_answers(K.T @ E[: len(K)], K, E) == right),
        "Key i was memorized with row i of E. Which row belongs to it is written in right.",
    ),
    (
        lambda K, right, E: _share(_answers(K.T @ E[right], K, E[right]) == np.arange(len(K))),
        "Only the values of these pairs were candidates, so it was too easy, or a twin won. "
        "Compare with every row of E.",
    ),
    (
        lambda K, right, E: _share((E[right] @ E.T).argmax(axis=1) == right),
        "Was each pair alone in its memory? Memorize all pairs first, then ask.",
    ),
    (
        lambda K, right, E: _share(_answers(np.outer(K[-1], E[right[-1]]), K, E) == right),
        "Only the last pair is in the memory. Does every pair replace the one before?",
    ),
    (
        lambda K, right, E: _share((K @ (K.T @ E[right]) @ E.T).argmax(axis=0) == right),
        "argmax goes down the columns. Find the best token of each row.",
    ),
    (
        lambda K, right, E: _share(_answers(E[right].T @ K, K, E) == right),
        "The memory is turned round: it leads from values to keys.",
    ),
    (
        lambda K, right, E: _share(_answers(K.T @ E[right], E[right], E) == right),
        "You ask with the values. The keys ask.",
    ),
    (
        lambda K, right, E: _share(E[_answers(K.T @ E[right], K, E)] == E[right]),
        "You compare vectors number by number, and numbers agree by chance. Compare tokens: their "
        "row numbers.",
    ),
    (
        lambda K, right, E: (_answers(K.T @ E[right], K, E) == right).sum() / len(E),
        "You divide by the number of tokens. It is a share of the pairs.",
    ),
)


def _memory(M, d_key, d_value, V):
    stream = random_stream("check 03", "3.2", M, V)
    K, E = stream.standard_normal((M, d_key)), stream.standard_normal((V, d_value))
    E[:, 0] = 1  # all tokens agree here: equal numbers are not yet equal tokens
    return K, stream.integers(0, V, M), E


def _refuse_tables(results):
    """Refuse anything but one number for each memory."""
    for result in map(np.asarray, results):
        if result.ndim and result.dtype.kind == "b":
            raise Wrong("These are yes and no for each pair. Return one number: the share of yes.")
        if result.ndim and result.dtype.kind in "iu":
            raise Wrong("These are the tokens that were found. How large a share of them is right?")
        if result.ndim or result.dtype.kind not in "biuf":
            raise Wrong("Return one number, the share of pairs that are recalled rightly.")


@chapter.exercise(
    "3.2",
    hints=[
        "The values are E[right], a row for each pair. Memorize all pairs at once, then ask with "
        "all the keys, then clean up.",
        "Clean-up gives a row number of E for every key. Compare them with right, and take the "
        "mean: True counts 1 and False 0.",
    ],
)
def measured_recall(answer):
    """The share of pairs whose value is found, for memories that are too full."""
    for sizes in RECALL_SIZES:
        drawn = [_memory(*size) for size in sizes]
        shares = [_share(_answers(K.T @ E[right], K, E) == right) for K, right, E in drawn]
        results = [call(answer, *memory) for memory in drawn]
        _refuse_tables(results)
        mistakes = []
        for make, message in RECALL_MISTAKES:
            with contextlib.suppress(ValueError, IndexError):
                mistakes.append(([make(*memory) for memory in drawn], message))
        expect(results, shares, mistakes, "The share is not right yet.")
    return "You can now measure how much a memory still knows."


# ---- 3.3 -------------------------------------------------------------------------------------

# Dice may be thrown instead of an integral; with 10,000 throws they hardly miss by this much.
TOLERANCE = 0.02
NOISES = ((0.5, 40), (1.2, 2), (0.3, 2000), (0.25, 500), (2.0, 6), (0.05, 100))  # (σ, V)


def _average(sigma, exponent, rivals, weight=True):
    """Average Φ(rivals)^exponent over the bell curve, or over a flat one."""
    x = np.linspace(-8, 8, 1601)
    weights = np.exp(-(x**2) / 2) if weight else np.ones_like(x)
    below = np.array([NormalDist().cdf(value) for value in rivals(x, sigma)])
    return float((weights / weights.sum()) @ below**exponent)


def _right(sigma, V):
    return _average(sigma, V - 1, lambda x, s: 1 / s + x)


OTHER_MISTAKES = (
    (lambda s, V: 1 - _right(s, V), "This is the probability that the answer is wrong."),
    (
        lambda s, V: 100 * _right(s, V),
        "A hundred times too large. Is it in percent? Or did you forget the step, dx = 0.01?",
    ),
    (
        lambda s, V: _average(s, V, lambda x, s: 1 / s + x),
        "The right token has V rivals here: it competes with itself.",
    ),
    (
        lambda s, V: _average(s, 1, lambda x, s: 1 / s + x),
        "This is the chance against one rival. There are V - 1.",
    ),
    (
        lambda s, V: (V - 1) * _average(s, 1, lambda x, s: 1 / s + x),
        "You multiply by V - 1. That all rivals lose is a power, not a multiple.",
    ),
    (
        lambda s, V: _average(s, V - 1, lambda x, s: 1 / s + x, weight=False),
        "All x count equally here. Most of them hardly ever happen: weigh them by φ(x).",
    ),
    (
        lambda s, V: _right(s, V) / 16,
        "This is a mean over the grid, from −8 to 8. An integral is the sum times the step, dx.",
    ),
    (
        lambda s, V: math.sqrt(2 * math.pi) * _right(s, V),
        "The area under your bell curve is not 1: its factor 1/√(2π) is missing.",
    ),
)
RIVAL_MISTAKES = tuple(
    (lambda s, V, rivals=rivals: _average(s, V - 1, rivals), message)
    for rivals, message in (
        (
            lambda x, s: 1 / s + 0 * x,
            "Here the right score is always exactly 1. It is noisy too: that is what x is for.",
        ),
        (
            lambda x, s: 1 / (math.sqrt(2) * s) + 0 * x,
            "Here every rival meets a right score of its own. All of them meet the same one: "
            "fix x first, then take the power.",
        ),
        (
            lambda x, s: 1 + s * x,
            "1 + σx is the score. Divide it by σ before Phi sees it: Phi belongs to noise with "
            "the spread 1.",
        ),
        (lambda x, s: 1 / s**2 + x, "There is σ² in it where σ should be."),
        (lambda x, s: s + x, "There is σ in it, but 1/σ is needed."),
    )
)


@chapter.exercise(
    "3.3",
    hints=[
        "For one x: the right score is 1 + σx, one rival stays below it with the probability "
        "Phi(1/σ + x), and all rivals with what power of that? There are V - 1 of them.",
        "Take x = np.linspace(-8, 8, 1601), with steps of dx = 0.01. The bell curve φ(x) is "
        "np.exp(-x**2 / 2) / np.sqrt(2 * np.pi).",
        "Multiply φ(x) by that power, sum over the whole grid, and multiply the sum by dx.",
    ],
)
def predicted_recall(answer):
    """∫ φ(x) Φ(1/σ + x)^(V-1) dx, by a sum or by dice."""
    rights = [_right(sigma, V) for sigma, V in NOISES]
    _near([call(answer, sigma, V) for sigma, V in NOISES], rights)
    return "You can predict the recall of a memory that nobody has built yet."


def _near(results, rights):
    """Refuse results that are not within the tolerance, in the words for their mistake."""
    # Phi of a number is an array without axes: as good as a number.
    results = [r.item() if isinstance(r, np.ndarray) and not r.ndim else r for r in results]
    for result in results:
        if np.ndim(result) > 0:
            raise Wrong("Return one number. Is there a sum or a mean at the end?")
        if not isinstance(result, (int, float, np.number)) or math.isnan(result):
            raise Wrong(f"That is no probability but {result!r:.40}.")
    results, rights = np.asarray(results, dtype=float), np.asarray(rights)
    if np.all(np.abs(results - rights) <= TOLERANCE):
        return
    for make, message in (*OTHER_MISTAKES, *RIVAL_MISTAKES):
        values = np.array([make(sigma, V) for sigma, V in NOISES])
        if np.all(np.abs(results - values) <= 0.005 * np.maximum(1, values)):
            raise Wrong(message)
    if np.any(results > 1 + TOLERANCE):
        raise Wrong(
            "That is more than 1, so it is no probability. In a sum over a grid every term is "
            "multiplied by the step, dx."
        )
    raise Wrong("The probability is not right yet.")


# ---- 3.4 -------------------------------------------------------------------------------------

PATIENCE = 100


class _Memory:
    """A made-up recall that falls as pairs are added, and counts the questions."""

    def __init__(self, capacity, accuracy, exact):
        self.capacity, self.accuracy, self.exact, self.asked = capacity, accuracy, exact, 0

    def __call__(self, M):
        if isinstance(M, bool) or not isinstance(M, (int, np.integer)):
            raise Wrong("A memory holds whole pairs: ask recall_at about whole numbers (int, //).")
        if M < 1:
            raise Wrong(f"You asked for the recall of {M} pairs. Start at 1.")
        self.asked += 1
        if self.asked > PATIENCE:
            raise Wrong(
                f"You asked more than {PATIENCE} times, and a large memory takes long to answer. "
                "Take bigger steps: double M while it goes well."
            )
        if self.capacity == M and self.exact:
            return self.accuracy
        slope = (self.capacity + 0.5) ** 2
        return self.accuracy ** (int(M) ** 2 / slope)


@chapter.exercise(
    "3.4",
    hints=[
        "Double M until the recall is too low. The answer then lies between the last M that was "
        "good and the first that was bad.",
        "Look at the middle of good and bad, (good + bad) // 2, and let it replace one of the two. "
        "Stop when they are neighbours.",
    ],
)
def capacity(answer):
    """The largest M with recall_at(M) >= accuracy, in few questions."""
    cases = (
        (2470, 0.9, False),
        (37, 0.5, True),
        (1, 0.9, False),
        (64, 0.8, False),
        (10**7, 0.9, 1),
    )
    for right, accuracy, exact in cases:
        memory = _Memory(right, accuracy, exact)
        result = call(answer, memory, accuracy)
        if isinstance(result, (float, np.floating)) and 0 <= result <= 1 < right:
            raise Wrong("That is a share. Return the number of pairs, M.")
        power = 2 ** int(math.log2(right))
        mistakes = [
            (right + 1, "One too many: at this M the recall is too low already."),
            (
                right - 1,
                "One too few: one pair more would still do. A recall that just equals the accuracy "
                "is good enough.",
            ),
            (power, "You stopped doubling in time, but between this M and its double more fit."),
            (
                2 * power,
                "This is the first M of your doubling that is too large. Go back a little.",
            ),
        ]
        expect(result, right, mistakes, "That is not the largest M that is good enough.", rtol=1e-9)
    return "A few questions are enough, whoever answers them: the theory or a memory."
