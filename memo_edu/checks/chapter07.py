"""The exercises of chapter 07, how much fits."""

import math

import numpy as np

from memo_edu.checks import Chapter, Wrong, call, expect
from memo_edu.codebook import random_stream

chapter = Chapter()
check, hint = chapter.check, chapter.hint


# ---- 7.1 -------------------------------------------------------------------------------------

PATIENCE = 60
# d_key, d_value, V, pairs in a batch, accuracy. In the last two, recall meets the accuracy exactly
# before it falls below.
WORLDS = (
    (40, 48, 60, 10, 0.8),
    (64, 40, 50, 8, 0.7),
    (50, 50, 80, 10, 0.5),
    (48, 48, 40, 4, 0.75),
    (40, 52, 40, 4, 0.75),
)


class _Draw:
    """Batches of random pairs, always the same ones, and not without end."""

    def __init__(self, number):
        d_key, d_value, V, self.n, self.accuracy = WORLDS[number]
        self.stream, self.drawn = random_stream("check 07", "7.1", number), 0
        self.E = self.stream.standard_normal((V, d_value))
        self.d_key = d_key

    def __call__(self):
        if self.drawn == PATIENCE:
            raise Wrong(
                f"Your experiment is still drawing after {PATIENCE} batches, when nearly every "
                "answer is wrong. Does it compare the recall with accuracy after each batch?"
            )
        self.drawn += 1
        K = self.stream.standard_normal((self.n, self.d_key))
        return K, self.stream.integers(len(self.E), size=self.n)


def _recall(C, batch, E):
    return np.mean((batch[0] @ C @ E.T).argmax(axis=1) == batch[1])


def _mean(recalls):
    return sum(recalls) / len(recalls)


def _count(
    number,
    ask=lambda batches: (batches[0], batches[-1]),
    join=_mean,
    below=False,
    keep=1,
    early=False,
    once=False,
):
    """Run the paper's experiment, or with other options a mistaken one.

    Args:
        number: which of WORLDS.
        ask: from all batches so far, those to ask with.
        join: makes one number of their recalls.
        below: whether to stop only below the accuracy.
        keep: 0 empties the memory before each batch.
        early: whether to ask before storing.
        once: whether the first batch is asked only once, at the beginning.

    Returns:
        How many pairs are stored when it stops, or None if it never does.
    """
    draw, batches, C, start = _Draw(number), [], 0, None
    for _ in range(PATIENCE):
        batches.append(draw())
        K, right = batches[-1]
        before = C if batches[1:] else np.zeros((draw.d_key, draw.E.shape[1]))
        C = keep * C + K.T @ draw.E[right]
        recalls = [_recall(before if early else C, batch, draw.E) for batch in ask(batches)]
        start = start or recalls[0]
        reached = join([start, *recalls[1:]] if once else recalls)
        if reached < draw.accuracy if below else reached <= draw.accuracy:
            return draw.n * len(batches)
    return None


COUNT_MISTAKES = (
    (
        lambda i: _count(i) - WORLDS[i][3],
        "A batch is missing in your count: the last one, which was too much, counts as well, and "
        "so does the first.",
    ),
    (lambda i: _count(i) // WORLDS[i][3], "That is the number of batches. Count the pairs."),
    (
        lambda i: _count(i, ask=lambda batches: batches[-1:]),
        "Only the latest batch was asked. The first one is asked again as well.",
    ),
    (
        lambda i: _count(i, ask=lambda batches: batches[:1]),
        "Only the first batch was asked. The latest one is asked as well.",
    ),
    (
        lambda i: _count(i, join=min),
        "You stop as soon as one of the two recalls is low. It is their mean that counts.",
    ),
    (
        lambda i: _count(i, join=max),
        "You go on until both recalls are low. It is their mean that counts.",
    ),
    (
        lambda i: _count(i, join=sum),
        "You add the two recalls up. Their mean is half of that.",
    ),
    (
        lambda i: _count(i, below=True),
        "Stop when the mean is the accuracy or less: a mean that just equals it is enough.",
    ),
    (
        lambda i: _count(i, keep=0),
        "Every batch replaces the memory: what was in it is lost. Add to it.",
    ),
    (
        lambda i: _count(i, early=True),
        "You ask for the latest batch before it is stored. Store it first.",
    ),
    (
        lambda i: _count(i, ask=lambda batches: batches),
        "You ask with all the pairs so far. The paper asks the first batch and the latest one.",
    ),
    (
        lambda i: _count(i, once=True),
        "The first batch was asked only at the beginning. Ask it again after each batch, in the "
        "memory as it is then.",
    ),
    (
        lambda i: _count(i, ask=lambda batches: batches[-2:]),
        "You ask the last two batches. It should be the first one and the latest.",
    ),
)


@chapter.exercise(
    "7.1",
    hints=[
        "Begin with an empty memory, C = 0. In a loop: draw a batch, add it to C, count its pairs, "
        "and keep the very first batch for asking.",
        "K @ C @ E.T are the scores of a batch; where argmax along a row equals right, the answer "
        "is right. Do it with both batches in the new C, and compare the mean of the two shares.",
    ],
)
def count_pairs(answer):
    """All pairs stored when the mean of two recalls is at the accuracy or below."""
    numbers, results = range(len(WORLDS)), []
    for number in numbers:
        draw = _Draw(number)
        result = call(answer, draw, draw.E, draw.accuracy)
        if np.ndim(result) or not isinstance(result, (int, float, np.number)):
            raise Wrong(f"Return one number, how many pairs are stored, not {result!r:.40}.")
        if 0 < result < 1:
            raise Wrong("That is a recall. Return how many pairs are stored when it is reached.")
        results.append(result)
    mistakes = []
    for make, message in COUNT_MISTAKES:
        values = [make(number) for number in numbers]
        if None not in values:
            mistakes.append((values, message))
    otherwise = "The number of pairs is not right yet."
    expect(results, [_count(number) for number in numbers], mistakes, otherwise, rtol=1e-9)
    return "So the paper counted, and so do you."


# ---- 7.2 -------------------------------------------------------------------------------------

SIZES = ((2470, 5.16), (50, 3.3), (10_000, 5.0), (1_000_000, 5.7147), (3, 4.1))  # (M, z)

UP = "The matrix is a little too small: a number of rows that is not whole is rounded up."
SIZE_MISTAKES = (
    (
        lambda M, z: z * math.sqrt(M),
        "That holds the pairs, but it is not whole. A matrix has whole rows: round it up.",
    ),
    (lambda M, z: math.floor(z * math.sqrt(M)), UP),
    (lambda M, z: round(z * math.sqrt(M)), UP + " (round goes to the nearest one.)"),
    (
        lambda M, z: math.floor(z * math.sqrt(M)) + 1,
        "One too large where the pairs just fit. Look at z = 5 and 10,000 pairs.",
    ),
)
# What is rounded up, down or not at all in the answers of those who turn the formula wrongly.
SIZE_FORMULAS = (
    (lambda M, z: z**2 * M, "That is how many numbers the matrix has. d is only its side."),
    (
        lambda M, z: math.sqrt(M) / z,
        "The stricter the accuracy, the larger are z and the matrix. Yours shrinks.",
    ),
    (lambda M, z: M / z**2, "You divide by z². The capacity M is given; solve M = d²/z² for d."),
    (lambda M, z: math.sqrt(z * M), "In M = d²/z² the z is squared, so d is z times a root."),
    (lambda M, z: z * M, "Only z was taken out of the root. d² is z² · M."),
    (lambda M, z: math.sqrt(M), "Where is z? A single number can't hold a whole pair."),
    (lambda M, z: z**2 * math.sqrt(M), "d² is z² · M, so d is its root, of z² as well."),
)


@chapter.exercise(
    "7.2",
    hints=[
        "A square matrix has d_key = d_value = d. Write the capacity as M = d²/z², and solve for "
        "d: that is the size at which the pairs just fit.",
        "It is seldom a whole number, and a smaller matrix would not do. np.ceil or math.ceil "
        "rounds up.",
    ],
)
def smallest_dim(answer):
    """⌈z √M⌉."""
    results = [call(answer, M, z) for M, z in SIZES]
    rights = [math.ceil(z * math.sqrt(M)) for M, z in SIZES]
    mistakes = [([make(M, z) for M, z in SIZES], message) for make, message in SIZE_MISTAKES]
    for make, message in SIZE_FORMULAS:
        for rounded in (float, math.ceil, math.floor, round):
            mistakes.append(([rounded(make(M, z)) for M, z in SIZES], message))
    expect(results, rights, mistakes, "That is not the smallest d.", rtol=1e-9)
    return "Now you can say how large a memory must be before you build it."


# ---- 7.3 -------------------------------------------------------------------------------------

# Dice may be thrown instead of an integral; with 10,000 throws they hardly miss by this much.
TOLERANCE = 0.02
# owned, pairs, key_dim, value_dim, sigma
MEMORIES = (
    ([60, 30, 8, 2], 52, 12, 300, 0.153),
    ([380, 20], 20, 6, 40, 0.347),
    ([20, 5], 20, 60, 5, 0.617),
    ([12, 8], 8, 900, 3, 0.713),
    ([2, 1], 30, 20, 6, 0.917),
    ([1, 1], 2, 3, 50, 1.433),
    ([30, 0, 20], 400, 30, 60, 0.527),
)
X = np.linspace(-8, 8, 641)
BELL = np.exp(-(X**2) / 2) / math.sqrt(2 * math.pi) * (X[1] - X[0])


def _phi(z):
    return 0.5 + np.array([math.erf(value / math.sqrt(2)) / 2 for value in z])


def _noise(s, r, M, d_key, d_value):
    """Return σ_r² for each s."""
    return M / (d_key * d_value) + r / d_key + s**2 / d_value


def _sharper(memory, noise=_noise, score=lambda sigma: 1 + sigma * X, first=0, weigh=BELL):
    """Predict recall as the exercise asks, or with another noise, score, first r or bell."""
    owned, M, d_key, d_value, sigma = memory
    s, V = score(sigma), sum(owned)
    below = sum(
        n / V * _phi(s / np.sqrt(noise(s, r, M, d_key, d_value)))
        for r, n in enumerate(owned, first)
    )
    return float(weigh @ below ** (V - 1))


def _chances(memory):
    """Return Φ(s/σ_r) for each r, and the share of tokens that own r pairs."""
    owned, M, d_key, d_value, sigma = memory
    s = 1 + sigma * X
    noises = [np.sqrt(_noise(s, r, M, d_key, d_value)) for r in range(len(owned))]
    return np.array([_phi(s / noise) for noise in noises]), np.array(owned) / sum(owned)


def _averaged_noise(memory):
    """Take the mean of the σ_r², as the first law did."""
    owned = memory[0]
    mean = sum(r * n for r, n in enumerate(owned)) / sum(owned)
    return _sharper(memory, lambda s, r, *sizes: _noise(s, mean, *sizes))


def _with_power(memory, power):
    phi, w = _chances(memory)
    return float(BELL @ (w @ phi) ** power(memory))


SHARPER_MISTAKES = (
    (lambda memory: 1 - _sharper(memory), "This is the probability that the answer is wrong."),
    (
        lambda memory: _sharper(memory, lambda s, r, M, k, v: M / (k * v) + s**2 / v),
        "No token owns anything here: r / key_dim is missing in the noise.",
    ),
    (
        lambda memory: _sharper(memory, lambda s, r, M, k, v: M / (k * v) + r / k),
        "The asked pair is silent here: s² / value_dim is missing in the noise.",
    ),
    (
        lambda memory: _sharper(memory, lambda s, r, M, k, v: r / k + s**2 / v),
        "The crowd is silent here: pairs / (key_dim · value_dim) is missing in the noise.",
    ),
    (
        lambda memory: _sharper(memory, lambda s, r, M, k, v: M / (k * v) + r / k + 1 / v),
        "Here the asked pair is always equally loud. It comes back with s, so its term is "
        "s² / value_dim.",
    ),
    (
        lambda memory: _sharper(memory, lambda s, r, M, k, v: M / (k * v) + r / k + np.abs(s) / v),
        "The s of the asked pair is not squared.",
    ),
    (
        lambda memory: _sharper(memory, lambda s, r, M, k, v: M / (k * v) + r / v + s**2 / k),
        "key_dim and value_dim are swapped. What an owner hears of its pair is an overlap of keys.",
    ),
    (
        lambda memory: _sharper(memory, lambda s, r, *sizes: _noise(s, r, *sizes) ** 2),
        "The score is divided by σ_r². Take the root first.",
    ),
    (
        lambda memory: _sharper(memory, score=lambda sigma: 1 + 0 * X),
        "The right score is always 1 here. Its luck is x: s = 1 + σx.",
    ),
    (
        lambda memory: _sharper(memory, first=1),
        "You count r from 1. The first number in owned is for the tokens that own nothing.",
    ),
    (
        _averaged_noise,
        "You average the noise of the tokens, as the first law did. Average Φ(s/σ_r) instead.",
    ),
    (
        lambda memory: _sharper(memory, lambda s, r, *sizes: memory[-1] ** 2),
        "All rivals have the noise σ here: that is the first law. Each r has a σ_r of its own.",
    ),
    (
        lambda memory: float(
            BELL @ (_chances(memory)[1] @ _chances(memory)[0] ** (sum(memory[0]) - 1))
        ),
        "The power is taken before the average. First average over r: that is the chance of one "
        "rival. Then take the power.",
    ),
    (
        lambda memory: _with_power(memory, lambda m: sum(m[0])),
        "The right token has V rivals here: it competes with itself.",
    ),
    (
        lambda memory: _with_power(memory, lambda m: len(m[0]) - 1),
        "V is not the length of owned. Every token is counted in it once: add its numbers up.",
    ),
    (
        lambda memory: _with_power(memory, lambda m: 1),
        "This is the chance against one rival. There are V - 1.",
    ),
    (
        lambda memory: _sharper(memory, weigh=np.full(len(X), 1 / len(X))),
        "All x count equally here. Most of them hardly ever happen: weigh them by φ(x).",
    ),
)


@chapter.exercise(
    "7.3",
    hints=[
        "Start from exercise 3.3: a grid of x, the bell curve on it, a power, a sum times the "
        "step. Only what is raised to that power is new.",
        "For each r compute σ_r, an array along the grid because of s, then Phi(s / σ_r). Weigh it "
        "by owned[r] / V and add up over r: that is the chance that one rival stays below.",
        "for r, tokens in enumerate(owned) gives r = 0, 1, 2 … with the number of tokens, and V is "
        "sum(owned). The power V - 1 comes after the loop, then the bell.",
    ],
)
def sharper_recall(answer):
    """∫ φ(x) [Σ_r w_r Φ(s/σ_r)]^(V-1) dx, by a sum or by dice."""
    results = []
    for owned, *sizes in MEMORIES:
        with np.errstate(all="ignore"):
            result = call(answer, np.array(owned), *sizes)
        if np.ndim(result) > 0:
            raise Wrong("Return one number. Is there a sum over the grid at the end?")
        if not isinstance(result, (int, float, np.number)) or math.isnan(result):
            raise Wrong(f"That is no probability but {result!r:.40}.")
        results.append(float(result))
    rights = np.array([_sharper(memory) for memory in MEMORIES])
    if np.all(np.abs(results - rights) <= TOLERANCE):
        return "This law knows who shouts."
    for make, message in SHARPER_MISTAKES:
        if np.all(np.abs(results - np.array([make(memory) for memory in MEMORIES])) <= 0.005):
            raise Wrong(message)
    if max(results) > 1 + TOLERANCE:
        raise Wrong(
            "That is more than 1, so it is no probability. Multiply the sum over the grid by the "
            "step, and divide owned by V to make shares of it."
        )
    raise Wrong("The probability is not right yet.")


# ---- 7.4 -------------------------------------------------------------------------------------

ANSWERS = ((0.9, 10_000), (0.5, 1000), (0.75, 4), (0.1, 6), (0.25, 4))  # (p, V)
CERTAIN = ((1, 16), (0, 5), (1, 2), (0, 2))


def _surprise(p):
    return sum(-chance * math.log2(chance) for chance in (p, 1 - p) if chance > 0)


def _bits(p, V):
    return math.log2(V) - _surprise(p) - (1 - p) * math.log2(V - 1)


BITS_MISTAKES = (
    (
        lambda p, V: math.log2(V),
        "That is what an answer holds that is always right. What must the friend say to mend it?",
    ),
    (
        lambda p, V: p * math.log2(V),
        "A share p of log₂ V is too much: guessing would still be worth something. Use the friend.",
    ),
    (
        lambda p, V: math.log2(V) - _surprise(p),
        "The friend says only whether the answer is right. If it is wrong, he also says which one "
        "is.",
    ),
    (
        lambda p, V: math.log2(V) - (1 - p) * math.log2(V - 1),
        "The friend must also say whether the answer is right: H(p).",
    ),
    (
        lambda p, V: _surprise(p) + (1 - p) * math.log2(V - 1),
        "That is what the friend must say. What the memory knew is the rest of log₂ V.",
    ),
    (
        lambda p, V: math.log2(V) - _surprise(p) - (1 - p) * math.log2(V),
        "When the answer is wrong, one token is out already: V - 1 are left.",
    ),
    (
        lambda p, V: math.log2(V) - _surprise(p) - p * math.log2(V - 1),
        "The friend names another token when the answer is wrong: with the probability 1 - p.",
    ),
    (
        lambda p, V: math.log2(V) - _surprise(p) - math.log2(V - 1),
        "The friend names another token always. He need not if the answer is right.",
    ),
    (
        lambda p, V: math.log2(V) + _surprise(p) - (1 - p) * math.log2(V - 1),
        "H(p) has the wrong sign. Mind that log₂ of a probability is negative.",
    ),
    (
        lambda p, V: math.log2(V) + p * math.log2(p) - (1 - p) * math.log2(V - 1),
        "H(p) has two parts: one for right answers, and one for wrong ones.",
    ),
    (lambda p, V: math.log(2) * _bits(p, V), "These are natural logarithms. Bits need np.log2."),
    (lambda p, V: math.log10(2) * _bits(p, V), "These are decimal logarithms. Bits need np.log2."),
)


@chapter.exercise(
    "7.4",
    hints=[
        "Three terms: log₂ V, less what it takes to say whether the answer is right, less what it "
        "takes to say which token is, for the share 1 - p of wrong answers.",
        "np.log2(0) is no number. Leave out a term of H(p) whose probability is 0, with an if.",
    ],
)
def bits_of_answer(answer):
    """log₂ V - H(p) - (1 - p) log₂(V - 1)."""
    cases = (*ANSWERS, *CERTAIN)
    with np.errstate(all="ignore"):
        results = [_one_number(answer, p, V) for p, V in ANSWERS]
        mistakes = [([make(p, V) for p, V in ANSWERS], words) for make, words in BITS_MISTAKES]
        expect(results, [_bits(p, V) for p, V in ANSWERS], mistakes, "The bits are not right yet.")
        for p, V in CERTAIN:
            result = _one_number(answer, p, V)
            if not math.isfinite(result):
                raise Wrong(
                    f"For p = {p} your answer is {result}: there 0 · log₂ 0 should count as 0."
                )
            expect(result, _bits(p, V), otherwise=f"The bits are not right yet for p = {p}.")
    return f"Right for all {len(cases)} answers, the certain ones too."


def _one_number(answer, p, V):
    try:
        result = call(answer, p, V)
    except (ValueError, ZeroDivisionError) as error:
        if p not in (0, 1):
            raise
        raise Wrong(
            f"For p = {p} your code stops ({error}). 0 · log₂ 0 should count as 0."
        ) from None
    if np.ndim(result) or not isinstance(result, (int, float, np.number)):
        raise Wrong(f"Return one number of bits, not {result!r:.40}.")
    return result
