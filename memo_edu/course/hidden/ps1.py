"""The hidden tests of problem set 1, and its case."""

import functools
import json

import numpy as np

from memo_edu import theory
from memo_edu.checks import Wrong, call, expect
from memo_edu.codebook import Codebook
from memo_edu.course.hidden import HiddenTests, so_many

tests = HiddenTests("ps1")
verify = tests.verify


def coins(stream, *shape):
    """Draw ±1."""
    return stream.choice([-1, 1], shape)


# ---- Exercise 1 ------------------------------------------------------------------------------


def faded(C, K, Y, gamma):
    """What fade_in should give: the definition, pair by pair."""
    for k, y in zip(K, Y, strict=True):
        C = gamma * C + np.outer(k, y)
    return C


FADING = (
    (lambda C, K, Y, g: C + K.T @ Y, "Nothing fades: this is the plain sum of all pairs."),
    (
        lambda C, K, Y, g: faded(C, K[::-1], Y[::-1], g),
        "The oldest pair is the strongest here. The newest should be: row 0 is the oldest.",
    ),
    (
        lambda C, K, Y, g: g * faded(C, K, Y, g),
        "The newest pair has faded too. The memory fades before a pair is written, not after.",
    ),
    (
        lambda C, K, Y, g: g * C + K.T @ Y,
        "The memory fades only once for all pairs. It should fade before each of them.",
    ),
    (
        lambda C, K, Y, g: C + faded(0 * C, K, Y, g),
        "The new pairs fade as they should, but what the memory held before stays as it was.",
    ),
    (
        lambda C, K, Y, g: faded(0 * C, K, Y, g),
        "What the memory held before is gone. It should only have faded.",
    ),
    (
        lambda C, K, Y, g: faded(g * C, K, Y, g),
        "What the memory held before fades once too often.",
    ),
)


def expect_faded(fade_in, C, K, Y, gamma):
    """Compare with the definition, and recognize known mistakes."""
    right = faded(C, K, Y, gamma)
    mistakes = [(wrong(C, K, Y, gamma), say) for wrong, say in FADING]
    expect(call(fade_in, C, K, Y, gamma), right, mistakes, rtol=1e-6)


@tests.criterion("1a")
def one_pair(fade_in, stream):
    """An outer product."""
    for d_key, d_value in ((5, 5), (7, 3), (40, 64)):
        K, Y = stream.normal(size=(1, d_key)), stream.normal(size=(1, d_value))
        expect_faded(fade_in, np.zeros((d_key, d_value)), K, Y, 0.5)


@tests.criterion("1b")
def many_pairs(fade_in, stream):
    """The age of a pair decides."""
    for n, d_key, d_value in ((2, 6, 6), (9, 12, 5), (150, 30, 40)):
        K, Y = stream.normal(size=(n, d_key)), stream.normal(size=(n, d_value))
        expect_faded(fade_in, np.zeros((d_key, d_value)), K, Y, stream.uniform(0.6, 0.95))


@tests.criterion("1c")
def memory_before(fade_in, stream):
    """The given memory fades as often as there are pairs."""
    for n in (1, 2, 8):
        C, K, Y = (stream.normal(size=shape) for shape in ((6, 9), (n, 6), (n, 9)))
        expect_faded(fade_in, C, K, Y, stream.uniform(0.6, 0.9))


@tests.criterion("1d")
def extremes(fade_in, stream):
    """γ = 1 and γ = 0."""
    C, K, Y = (stream.normal(size=shape) for shape in ((8, 8), (5, 8), (5, 8)))
    for gamma in (1.0, 0.0):
        expect_faded(fade_in, C, K, Y, gamma)


# ---- Exercise 2 ------------------------------------------------------------------------------


@tests.criterion("2a")
def backwards(keys_of, stream):
    """Y Cᵀ, cleaned up."""
    for n, d_key, d_value, V in ((6, 64, 64, 30), (10, 128, 80, 300), (25, 100, 256, 500)):
        E = stream.normal(size=(V, d_key)) / np.sqrt(d_key)
        rows, Y = stream.permutation(V)[:n], stream.normal(size=(n, d_value)) / np.sqrt(d_value)
        C = E[rows].T @ Y
        result = call(keys_of, C, Y, E)
        if d_key == d_value:
            forwards = (Y @ C @ E.T).argmax(axis=1)
            expect(result, rows, [(forwards, "You asked forwards: with Y in the place of a key.")])
        expect(result, rows, [(Y @ C.T @ E.T, "These are scores. Name the row of the best.")])


def there_and_back(C, Q, rounds):
    """What repair should give."""
    for _ in range(rounds):
        Y = np.where(Q @ C < 0, -1, 1)
        Q = np.where(Y @ C.T < 0, -1, 1)
    return Q


def expect_repaired(repair, stream, n, d_key, d_value, rounds):
    """Compare keys with a quarter of the signs flipped, in a memory that is rather full."""
    K, Y = coins(stream, n, d_key), coins(stream, n, d_value)
    Q = np.where(stream.random(K.shape) < 0.25, -K, K)
    C = K.T @ Y
    mistakes = [
        (np.where(Q @ C @ C.T < 0, -1, 1), "On the way there, the answers were not made clean."),
        (there_and_back(C, Q, 1), "One round, whatever the number of rounds."),
        (Q, "The keys come back as they were."),
        (np.where(Q @ C < 0, -1, 1), "These are the clean answers: go back to the keys."),
    ]
    expect(call(repair, C, Q, rounds), there_and_back(C, Q, rounds), mistakes)


@tests.criterion("2b")
def one_round(repair, stream):
    """A single round, a single key and several."""
    for n, d_key, d_value in ((1, 33, 21), (12, 64, 64), (20, 90, 140)):
        expect_repaired(repair, stream, n, d_key, d_value, 1)


@tests.criterion("2c")
def several_rounds(repair, stream):
    """No round, and several."""
    for rounds in (0, 2, 3, 5):
        expect_repaired(repair, stream, 24, 80, 60, rounds)


# ---- Exercise 3 ------------------------------------------------------------------------------


@tests.criterion("3a")
def scores(right_score, stream):
    """1 - 2f."""
    for f in stream.uniform(0.02, 0.48, 5):
        mistakes = [
            (1 - f, "A flipped sign does not just take its part away: it counts against you."),
            ((1 - 2 * f) ** 2, "This is the square of the mean score."),
        ]
        expect(call(right_score, float(f)), 1 - 2 * f, mistakes)


@tests.criterion("3b")
def equally_hard(as_hard_as, stream):
    """M / (1 - 2f)²."""
    for f in stream.uniform(0.05, 0.4, 5):
        M, score = int(stream.integers(100, 9000)), 1 - 2 * f
        mistakes = [
            (M / score, "The score shrinks, but it is variances that add up in the noise."),
            (M * score**2, "Damage makes it harder: as hard as more pairs, not as fewer."),
            (M * score, "Damage makes it harder: as hard as more pairs, not as fewer."),
            (M / (1 - f) ** 2, "The mean score is not 1 - f: look at right_score again."),
        ]
        expect(call(as_hard_as, M, float(f)), M / score**2, mistakes)


def memory(stream, M, d_key, d_value, V):
    """Draw keys, the rows of their values, and all tokens."""
    return coins(stream, M, d_key), stream.integers(0, V, M), coins(stream, V, d_value)


def share(answer):
    """Read a recall."""
    if not np.isscalar(answer) or isinstance(answer, str):
        raise Wrong("The recall should be a single number.")
    return float(answer)


@tests.criterion("3c")
def undamaged(damaged_recall, stream):
    """F = 0: the recall of chapter 03, exactly."""
    for M, d_key, d_value, V in ((60, 32, 32, 100), (400, 48, 64, 300)):
        K, right, E = memory(stream, M, d_key, d_value, V)
        best = (K @ (K.T @ E[right]) @ E.T).argmax(axis=1)
        found = share(call(damaged_recall, K, right, E, 0.0, 3))
        expect(found, np.mean(best == right), otherwise="The recall with nothing flipped is wrong.")


@tests.criterion("3d")
def damaged(damaged_recall, stream):
    """Near what theory says, at a tenth to a quarter; and the loss is no accident of one seed."""
    for M, f in ((500, 0.1), (350, 0.25)):
        K, right, E = memory(stream, M, 64, 64, 200)
        plain = theory.recall(M + 64, 64, 64, 200)
        expected = theory.recall((M + 64) / (1 - 2 * f) ** 2, 64, 64, 200)
        found = [share(call(damaged_recall, K, right, E, f, seed)) for seed in (5, 6)]
        if found[0] == found[1]:
            raise Wrong("Two seeds gave exactly the same recall: the places are not drawn afresh.")
        both = sum(found) / 2
        if abs(both - plain) < abs(both - expected):
            raise Wrong("The recall is hardly lower than with intact questions. Are they damaged?")
        if abs(both - expected) > 0.09:
            few = "lower" if both < expected else "higher"
            raise Wrong(f"The recall with a share of {f} flipped is {few} than it should be.")


# ---- Exercise 4 ------------------------------------------------------------------------------

SIZES = ((64, 64, 1000), (32, 128, 500), (100, 50, 5000))


@tests.criterion("4a")
def fading(fading_noise, stream):
    """1 + γ² + γ⁴ + … = 1 / (1 - γ²) pairs make noise."""
    for sizes in SIZES:
        gamma = float(stream.uniform(0.5, 0.99))
        pairs = 1 / (1 - gamma**2)
        right = theory.noise(pairs, *sizes[:2], vocab_size=sizes[2])
        mistakes = [
            (
                theory.noise(1 / (1 - gamma), *sizes[:2], vocab_size=sizes[2]),
                "You added up strengths. A whisper at the strength γ has the variance γ².",
            ),
            (right**2, "This is the variance. Its root is asked for."),
            (np.sqrt(pairs / sizes[0] / sizes[1]), "The term with 1/V is missing."),
        ]
        expect(call(fading_noise, gamma, *sizes), right, mistakes)


@functools.cache
def needed(key_dim, value_dim, vocab_size, accuracy):
    """How many times the noise the right score must be: recall depends on nothing else."""
    low, high = 0.0, 50.0
    for _ in range(50):
        middle = (low + high) / 2
        pairs = (middle * theory.noise(1, key_dim, value_dim, vocab_size=vocab_size)) ** -2
        enough = theory.recall(pairs, key_dim, value_dim, vocab_size) >= accuracy
        low, high = (low, middle) if enough else (middle, high)
    return high


def longest(gamma, key_dim, value_dim, vocab_size, accuracy):
    """What lifetime should give: the age at which γᵃ is as strong as needed."""
    sigma = theory.noise(1 / (1 - gamma**2), key_dim, value_dim, vocab_size=vocab_size)
    age = np.log(needed(key_dim, value_dim, vocab_size, accuracy) * sigma) / np.log(gamma)
    return int(np.floor(age)) if age >= 0 else -1


@tests.criterion("4b")
def ages(lifetime, stream):
    """Right to 1 % or one pair: who sums the integral another way is not punished."""
    for sizes in SIZES:
        for gamma in (0.97, float(stream.uniform(0.985, 0.997))):
            accuracy = float(stream.uniform(0.8, 0.95))
            right = longest(gamma, *sizes, accuracy)
            found = call(lifetime, gamma, *sizes, accuracy)
            if isinstance(found, float) and found != int(found):
                raise Wrong("An age is a whole number.")
            if np.ndim(found) or abs(found - right) > max(1, right / 100):
                what = "long" if np.ndim(found) == 0 and found > right else "short"
                raise Wrong(
                    f"The lifetime for gamma = {gamma:.3f} and sizes {sizes} is too {what}."
                )
    if call(lifetime, 0.9999, 16, 16, 1000, 0.9) != -1:
        raise Wrong("Where not even the newest pair is recalled well enough, -1 is asked for.")


@tests.criterion("4c")
def best(best_gamma, stream):
    """At least 97 % of the longest lifetime that a fine search finds."""
    for key_dim, value_dim, vocab_size in ((64, 64, 1000), (80, 48, 2000)):
        found = call(best_gamma, key_dim, value_dim, vocab_size, 0.9)
        if np.ndim(found) or not 0 < found < 1:
            raise Wrong("gamma should be a single number between 0 and 1.")
        full = theory.capacity(key_dim, value_dim, vocab_size, 0.9)
        grid = 1 - np.linspace(0.3, 4, 200) / full
        most = max(longest(g, key_dim, value_dim, vocab_size, 0.9) for g in grid)
        if longest(found, key_dim, value_dim, vocab_size, 0.9) < 0.97 * most - 1:
            raise Wrong(
                f"Another gamma than {found:.4f} has a lifetime that is more than 3 % longer."
            )


# ---- Exercise 5 ------------------------------------------------------------------------------


@tests.criterion("5a")
def how_many(count_pairs, stream):
    """The mean square of an entry is the number of pairs."""
    for M, d_key, d_value in ((30, 100, 100), (200, 80, 120), (2000, 96, 64)):
        C = coins(stream, M, d_key).T @ coins(stream, M, d_value)
        found = call(count_pairs, C)
        if np.ndim(found):
            raise Wrong("The number of pairs should be a single number.")
        if abs(found - np.sqrt(M)) < 0.1 * np.sqrt(M):
            raise Wrong("This is about the root of the number of pairs.")
        if abs(found - M) > 0.1 * M:
            raise Wrong(f"The estimate is more than 10 % off, at {M} pairs in {d_key} × {d_value}.")


def questioned(how_often, stream, lowest, highest):
    """Ask how often some pairs are in a memory that holds others, too."""
    for d_key, d_value in ((128, 128), (100, 200)):
        K, Y = coins(stream, 12, d_key), coins(stream, 12, d_value)
        times = np.resize(np.arange(lowest, highest + 1), 12)
        others = coins(stream, 60, d_key).T @ coins(stream, 60, d_value)
        C = K.T @ (times[:, None] * Y) + others
        mistakes = [
            (np.abs(times), "A pair that was forgotten too often has a negative count."),
            (np.minimum(times, 1), "You found whether, not how often."),
            (times * d_value, "Your numbers are too large, by a factor that depends on the sizes."),
        ]
        result = np.asarray(call(how_often, C, K, Y))
        if result.dtype.kind == "f" and not np.array_equal(result, np.rint(result)):
            raise Wrong("Counts are whole numbers: round them.")
        expect(result, times, mistakes)


@tests.criterion("5b")
def memorized(how_often, stream):
    """Never, once, and up to three times."""
    questioned(how_often, stream, 0, 3)


@tests.criterion("5c")
def forgotten(how_often, stream):
    """Below zero."""
    questioned(how_often, stream, -2, 1)


def case():
    """Draw the case of this course: what case.json holds, and the counts that solve it."""
    stream = tests.stream("case")
    seed, d = int(stream.integers(1, 10**6)), 96
    cast = ["tea", "cup", "cat", "moon", "key", "door"]
    suspects = [[cast[i], cast[j]] for i, j in zip(range(6), stream.permutation(6), strict=True)]
    counts = stream.permutation([0, 0, 1, 1, 2, 3])
    book = Codebook(d, "bipolar", seed=seed, backend="numpy")
    K, Y = (book.vectors([pair[side] for pair in suspects]) for side in (0, 1))
    extras = coins(stream, 60, d).T @ coins(stream, 60, d)
    matrix = (K.T @ (counts[:, None] * Y)).astype(int) + extras
    return {"seed": seed, "suspects": suspects, "matrix": matrix.tolist()}, counts.tolist()


@tests.criterion("5d")
def solved(confession, stream):
    """The counts of this course's case."""
    found, right = list(np.ravel(call(confession))), case()[1]
    if len(found) != len(right):
        raise Wrong("There are six suspects, so six counts are asked for.")
    wrong = sum(a != b for a, b in zip(found, right, strict=True))
    if wrong:
        raise Wrong(so_many(wrong, "the six counts"))


def files():
    """Return what lies beside the notebook: a dict of name -> text."""
    return {"case.json": json.dumps(case()[0])}
