"""The hidden tests of problem set 4, and its case."""

import json
from itertools import combinations

import numpy as np

from memo_edu.checks import Wrong, call, expect
from memo_edu.codebook import Codebook
from memo_edu.course.hidden import HiddenTests, so_many
from memo_edu.course.hidden._ps4_answers import (
    best,
    bound,
    coins,
    copies_of,
    filled,
    harm,
    key_mistakes,
    letter_matrix,
    on_key,
    on_value,
    predicted,
    read,
    right_copies,
    shares_found,
    slides,
    spread,
    swapped,
    valleys,
    value_mistakes,
)
from memo_edu.model import BEGIN

tests = HiddenTests("ps4")
verify = tests.verify


def expect_whole(found, what):
    """Refuse what is no single whole number."""
    if np.ndim(found) or isinstance(found, str) or not float(found).is_integer():
        raise Wrong(f"{what} is a single whole number.")


# ---- Exercise 1 ------------------------------------------------------------------------------


@tests.criterion("1a")
def according_to(next_word, stream):
    """A few authors about the same windows; once with keys as long as values."""
    for d_key, d_value, m in ((128, 640, 4), (400, 400, 3)):
        K, A, E = (coins(stream, *shape) for shape in ((25, d_key), (m, d_value), (90, d_value)))
        said = stream.integers(0, len(E), (m, len(K)))
        C = sum(K.T @ (E[rows] * a) for a, rows in zip(A, said, strict=True))
        who = stream.permutation(np.arange(len(K)) % m)
        right = said[who, np.arange(len(K))]
        result = call(next_word, C, K, A[who], E)
        scores = (K @ C * A[who]) @ E.T
        mistakes = [
            (best(K @ C @ E.T), "You asked without a badge, so all authors talk at once."),
            (scores, "These are scores. Name the row of the best."),
            (E[right], "These are the vectors. Name their rows."),
            (best((K @ C * A[who[0]]) @ E.T), "You asked one author for all of the windows."),
        ]
        if d_key == d_value:
            asked = best((K * A[who]) @ C @ E.T)
            mistakes += [(asked, "You bound the badge to the key. It was bound to the value.")]
        expect(result, right, mistakes, "Some words are not what this author has said.")


def expect_authors(who_said, stream, counts):
    """Ask who said what, of a memory in which author j has said i so many times: counts[i, j]."""
    n, m = counts.shape
    for d_key, d_value in ((100, 700), (320, 320)):
        K, Y, A = coins(stream, n, d_key), coins(stream, n, d_value), coins(stream, m, d_value)
        others = coins(stream, 30, d_key).T @ coins(stream, 30, d_value)
        C = K.T @ (Y * (counts @ A)) + others
        scores = (K @ C * Y) @ A.T / C.size
        one = np.arange(m) == best(scores)[:, None]
        say = "Yes is from ½ on, when a triple that was memorized once scores 1. Did you divide?"
        mistakes = [
            (scores, "These are scores. Say yes or no."),
            (best(scores), "This is one author for each window. A table of yes and no is asked."),
            ((counts > 0).T, "Your table lies on its side: a row is a window, a column an author."),
            (scores > 0, say),
            (scores * C.size >= 0.5, say),
            (scores * d_key >= 0.5, say),
            (scores * d_value >= 0.5, say),
            (scores < -9, "Nobody said anything, you say. Is the value in your question?"),
            (np.rint(scores) == 1, "An author who has said it twice has said it."),
            (one, "You name one author for each window. It may be several, or nobody."),
        ]
        result = call(who_said, C, K, Y, A)
        expect(result, counts > 0, mistakes, "Some authors are accused wrongly, or overlooked.")


@tests.criterion("1b")
def one_author(who_said, stream):
    """A permuted unit matrix, and once more."""
    rows = np.concatenate([stream.permutation(6), stream.permutation(6)[:3]])
    expect_authors(who_said, stream, np.eye(6, dtype=int)[rows])


@tests.criterion("1c")
def several_or_none(who_said, stream):
    """None, two, all, and one of them twice."""
    counts = np.array([[0, 0, 0, 0], [1, 0, 1, 0], [1, 1, 1, 1], [0, 2, 0, 1], [0, 0, 0, 2]])
    expect_authors(who_said, stream, stream.permuted(counts, axis=1))


@tests.criterion("1d")
def majority(verdict, stream):
    """All say x but one, another one in every window; and others, off the jury, say something."""
    for m in (3, 5, 7):
        K, A, E = (coins(stream, *shape) for shape in ((m + 2, 200), (2 * m, 2048), (50, 2048)))
        said = stream.integers(0, 50, (2 * m, 1)) * np.ones(len(K), int)
        places = np.arange(len(K))
        x, z = stream.permutation(50)[: len(K)], stream.permutation(50)[: len(K)]
        z = np.where(z == x, (z + 1) % 50, z)
        said[:m], said[places % m, places] = x, z
        C = sum(K.T @ (E[rows] * a) for a, rows in zip(A, said, strict=True))
        jury = A[:m]
        mistakes = [
            (best(K @ C * jury.prod(axis=0) @ E.T), "A product of badges is no author's badge."),
            (best(K @ C @ E.T), "You asked without a badge, so nobody is understood."),
            (best(K @ C * jury[0] @ E.T), "This is what the first member of the jury says."),
            (best(K @ C * jury[-1] @ E.T), "This is what the last member of the jury says."),
            (K @ C * jury.sum(axis=0) @ E.T, "These are scores. Name the row of the best."),
        ]
        result = call(verdict, C, K, jury, E)
        expect(result, x, mistakes, "This is not what most members of the jury say.")


# ---- Exercise 2 ------------------------------------------------------------------------------


def expect_noise(noise, stream, right, wrong):
    """Compare a noise, to 1 %: who writes M for M - 1 is not punished."""
    for least, authors in ((30, 4), (5, 14), (30, 4), (5, 14)):
        w, n = int(stream.integers(least, 2 * least)), int(stream.integers(authors, authors + 10))
        sizes = w, n, *(int(stream.integers(low, 2 * low)) for low in (100, 200, 40))
        sigma, found = np.sqrt(right(*sizes)), call(noise, *sizes)
        if np.ndim(found) or isinstance(found, str) or abs(found - sigma) > 0.01 * sigma:
            mistakes = [(np.sqrt(variance), say) for variance, say in wrong(*sizes)]
            expect(found, sigma, mistakes, "This σ is more than 1 % off.")


@tests.criterion("2a")
def value_noise(noise_on_value, stream):
    """The crowd is heard in full."""
    expect_noise(noise_on_value, stream, on_value, value_mistakes)


@tests.criterion("2b")
def key_noise(noise_on_key, stream):
    """The crowd is a crowd of strangers."""
    expect_noise(noise_on_key, stream, on_key, key_mistakes)


@tests.criterion("2c")
def most(most_authors, stream):
    """The accuracy lies in the middle between two n, so that it does not depend on digits."""
    for d_key, d_value, V in ((128, 256, 300), (300, 600, 1000)):
        w, n = int(stream.integers(20, 120)), int(stream.integers(4, 8))
        shares = [predicted(on_value(w, k, d_key, d_value, V), V) for k in (n, n + 1)]
        accuracy = sum(shares) / 2
        found = call(most_authors, w, d_key, d_value, V, accuracy)
        expect_whole(found, "The number of authors")
        if found == n + 1:
            say = "This is the first number of authors that is too many"
            raise Wrong(f"{say}, or your noise_on_value is wrong.")
        if found == n - 1:
            say = "One author more would still be recalled well enough"
            raise Wrong(f"{say}, or your noise_on_value is wrong.")
        if found != n:
            few = "few" if found < n else "many"
            raise Wrong(f"{found} authors are too {few}, or your noise_on_value is wrong.")
    if call(most_authors, 900, 12, 12, 1000, 0.9) != 0:
        raise Wrong("Where not even one author is recalled well enough, 0 is asked for.")


@tests.criterion("2d")
def measured(measured_recall, stream):
    """Exactly what was stored is asked, so the share is certain; a few ties are forgiven."""
    for w, n, d, V in ((100, 4, 96, 200), (24, 20, 96, 200), (100, 8, 128, 300)):
        K, A, E = coins(stream, w, d), coins(stream, n, d), coins(stream, V, d)
        right = stream.integers(0, V, (n, w))
        shares = {place: shares_found(K, A, right, E, place) for place in ("value", "key")}
        for place, other in (("value", "key"), ("key", "value")):
            found = call(measured_recall, K, A, right, E, place)
            if np.ndim(found) or isinstance(found, str):
                raise Wrong("The recall should be a single number.")
            if not 0 <= found <= 1:
                raise Wrong("The recall is a share, between 0 and 1.")
            if abs(found - shares[place][0]) <= 0.01:
                continue
            if abs(found - shares[other][0]) <= 0.01:
                raise Wrong(
                    f"This is the recall with the badge on the {other}, not on the {place}."
                )
            if abs(found - shares[place][1]) <= 0.01:
                raise Wrong(f"Asked without a badge, with the badge on the {place}.")
            if found > 0.99:
                raise Wrong("Everything is found. Are all authors in one and the same matrix?")
            off = "low" if found < shares[place][0] else "high"
            raise Wrong(f"With the badge on the {place}, the recall that you find is too {off}.")


# ---- Exercise 3 ------------------------------------------------------------------------------


def expect_slides(slide, stream, h, d, steps):
    """Walk along a text; every step begins with the key that it should begin with."""
    X, rolls = coins(stream, h + steps, d), [list(range(h))[::-1]]
    for i in range(steps):
        v, right = bound(X[i : i + h], rolls), bound(X[i + 1 : i + 1 + h], rolls)
        given = v, X[i], X[i + h], h
        say = "This is not the key of the window one token later."
        expect(call(slide, *given), right, slides(*given), say)


@tests.criterion("3a")
def slide_two(slide, stream):
    """Windows of two."""
    for d in (16, 61, 256):
        expect_slides(slide, stream, 2, d, 2)


@tests.criterion("3b")
def slide_more(slide, stream):
    """Longer ones."""
    for h, d in ((4, 40), (5, 64), (9, 200)):
        expect_slides(slide, stream, h, d, 4)


TOKENS = ["tea", "cup", "cat", "moon", "key", "door", "rain", "bell"]


def expect_keys(same_key, stream, scenes):
    """Compare with keys that are really made, of vectors drawn for the purpose.

    Args:
        same_key: the answer.
        stream: where the vectors come from.
        scenes: (first, second, rolls, d, what to say if the answer is wrong).
    """
    for first, second, rolls, d, say in scenes:
        names = stream.permutation(TOKENS).tolist()
        first, second = ([names[i] for i in window] for window in (first, second))
        X = dict(zip(names, coins(stream, len(names), d), strict=True))
        keys = [bound([X[token] for token in window], rolls) for window in (first, second)]
        right = np.array_equal(*keys)
        found = call(same_key, first, second, rolls, d)
        if np.ndim(found) or isinstance(found, str) or found not in (True, False):
            raise Wrong("The answer should be True or False.")
        if bool(found) != right:
            raise Wrong(f"{say} (“{' '.join(first)}” and “{' '.join(second)}”, {rolls}, d = {d})")


def offsets(stream, h, d):
    """Draw different offsets."""
    return stream.permutation(d)[:h].tolist()


@tests.criterion("3c")
def apart(same_key, stream):
    """Each place has an offset of its own."""
    d = 128
    order = "The rolls differ, so the order of the tokens matters."
    twice = "Twice the same token is not gone if its two places are rolled differently."
    same = "A window has the same key as itself."
    scenes = [
        ([0, 1, 2], [0, 1, 2], same),
        ([0, 1, 2], [1, 0, 2], order),
        ([0, 1, 2, 3], [3, 2, 1, 0], order),
        ([0, 1, 2, 3], [0, 1, 2, 4], "One token differs, and it shows."),
        ([0, 0, 1], [2, 2, 1], twice),
        ([0, 1, 0, 2], [3, 1, 3, 2], twice),
        ([0, 0, 1], [0, 1, 0], order),
        ([0, 1, 1, 0], [0, 1, 1, 0], same),
    ]
    given = [(a, b, [offsets(stream, len(a), d)], d, say) for a, b, say in scenes]
    expect_keys(same_key, stream, given)


@tests.criterion("3d")
def together(same_key, stream):
    """Two places have offsets that come to the same, or seem to."""
    d = 96
    a, b = offsets(stream, 2, d)
    swap = "Two tokens that are rolled alike can change places unseen."
    other = "Here two tokens have changed places that are rolled differently."
    gone = "A token that stands twice under the same roll is gone, whichever token it is."
    odd = "A token that stands three times under the same roll is there once."
    around = "np.roll goes round: offsets that differ by d are the same."
    apart = "These offsets differ by something else than d, so they are different rolls."
    scenes = [
        ([0, 1, 2], [1, 0, 2], [a, a, b], d, swap),
        ([0, 1, 2], [2, 1, 0], [a, a, b], d, other),
        ([0, 0, 2], [1, 1, 2], [a, a, b], d, gone),
        ([0, 0, 2], [0, 1, 2], [a, a, b], d, "One token differs, and it shows."),
        ([0, 0, 0], [0, 1, 1], [a, a, a], d, odd),
        ([0, 0, 0], [1, 1, 1], [a, a, a], d, odd),
        ([0, 1, 2], [1, 0, 2], [a, a + d, b], d, around),
        ([0, 1, 2], [0, 2, 1], [b, a - d, a], d, around),
        ([0, 1, 2], [0, 2, 1], [b, a - 96, a], 128, apart),
        ([0, 1, 0, 2], [3, 1, 3, 2], [a, b, a - 2 * d, a], d, gone),
        ([0, 1, 2], [0, 1, 3], [a, a, b], d, "One token differs, and it shows."),
    ]
    expect_keys(same_key, stream, [(*scene[:2], [scene[2]], *scene[3:]) for scene in scenes])


@tests.criterion("3e")
def layers(same_key, stream):
    """Totals of two and three layers; with h = 3 it shows which layer counts blocks."""
    d = 120
    a, b = (int(number) for number in 1 + stream.permutation(19)[:2])
    total = "What counts is by how much a token is rolled in all layers together."
    blocks = "Layer 1 rolls the tokens within a block, layer 2 the blocks."
    # The second token of the first block: b + (a - b); the first one of the last block: a + 0.
    crossed = [[a, b, 0], [a - b, 50, 0]]
    four, nine = [[a, 0], [b, 0]], [[a, b, 0], [a + 40, 70, 0]]
    eight = [[a, 0], [30, 0], [a + 30, 0]]
    scenes = [
        (*swapped(1, 2, 4), [[a, 0], [a, 0]], d, total),
        (*swapped(0, 3, 4), [[a, 0], [a, 0]], d, total),
        (*swapped(0, 3, 4), [[a, 0], [d - a, 0]], d, total),
        (*swapped(1, 2, 4), four, d, total),
        (*swapped(1, 6, 9), crossed, d, blocks),
        (*swapped(3, 2, 9), crossed, d, blocks),
        (*swapped(0, 1, 9), nine, d, total),
        (*swapped(2, 4, 9), nine, d, total),
        (*swapped(1, 6, 8), eight, d, total),
        (*swapped(3, 4, 8), eight, d, total),
        ([0, 1, 1, 2], [0, 3, 3, 2], [[a, 0], [a, 0]], d, "What stands twice is gone."),
        ([0, 1, 1, 2], [0, 3, 3, 2], four, d, total),
        ([0, 1, 0, 2], [3, 1, 3, 2], [[a, 0], [0, d]], d, total),
    ]
    expect_keys(same_key, stream, scenes)


# ---- Exercise 4 ------------------------------------------------------------------------------


def expect_parts(restore, parts, S, T, lost, mistakes=()):
    """Lose some parts, and compare all of them with what they were."""
    given = [None if k in lost else part for k, part in enumerate(parts)]
    found = call(restore, given, S, T)
    if not isinstance(found, (list, tuple, np.ndarray)) or len(found) != len(parts):
        raise Wrong("A list of all n parts is asked for, those that had arrived included.")
    if any(part is None for part in found):
        raise Wrong("A part is still missing.")
    which = " and ".join(str(k + 1) for k in lost) or "none"
    for k, part in enumerate(parts):
        if k not in lost:
            say = f"Part {k + 1} had arrived, and is another now (of {len(parts)}, lost: {which})."
            expect(found[k], part, otherwise=say, rtol=0)
    known = [(np.array(wrong), say) for wrong, say in mistakes]
    say = f"The parts are not what they were (of {len(parts)}, lost: {which})."
    expect(np.array(found), np.array(parts), known, say, rtol=0)


@tests.criterion("4a")
def one_lost(restore, stream):
    """Each in turn, and none."""
    for n in (3, 5):
        parts, S, T = valleys(stream, n)
        expect_parts(restore, parts, S, T, [])
        for k in range(n):
            rest = [parts[i] if i != k else S for i in range(n)]
            negative = [parts[i] if i != k else -parts[k] for i in range(n)]
            mistakes = [
                (rest, "The sum S itself is no part: take away what is there."),
                (negative, "Your lost part has the wrong sign."),
            ]
            expect_parts(restore, parts, S, T, [k], mistakes)


@tests.criterion("4b")
def two_lost(restore, stream):
    """All pairs of six."""
    parts, S, T = valleys(stream, 6)
    for lost in combinations(range(6), 2):
        exchanged = list(parts)
        exchanged[lost[0]], exchanged[lost[1]] = parts[lost[1]], parts[lost[0]]
        no_division = filled(lost, parts, S, T, divide=False)
        mistakes = [
            (exchanged, "The two lost parts have changed places."),
            (filled(lost, parts, S, T, first=0), "The numbers of the parts begin with 1."),
            (no_division, "You found a multiple of the part: divide by j - i."),
        ]
        expect_parts(restore, parts, S, T, list(lost), mistakes)


def expect_culprit(damaged, parts, S, T, right, what):
    """Compare the name of the damaged matrix."""
    found = call(damaged, parts, S, T)
    if isinstance(found, float) and found == int(found):
        found = int(found)
    if np.ndim(found) or isinstance(found, (bool, float)):
        raise Wrong('One answer is asked for: a whole number, or "S", or "T".')
    if found == right:
        return
    if isinstance(right, int) and found and found == right - 1:
        raise Wrong(f"{what}, and you say {found}. The parts are numbered from 1.")
    raise Wrong(f"{what}, and you say {found!r}.")


@tests.criterion("4c")
def which_part(damaged, stream):
    """Each part in turn, harmed in one number, in a few and in all."""
    for n, numbers in ((3, 63), (5, 1), (7, 6)):
        parts, S, T = valleys(stream, n)
        for j in range(n, 0, -1):
            given = [
                harm(stream, part, numbers) if i == j else part for i, part in enumerate(parts, 1)
            ]
            what = f"Part {j} of {n} was damaged, in {numbers} of 63 numbers"
            expect_culprit(damaged, given, S, T, j, what)


@tests.criterion("4d")
def sums(damaged, stream):
    """Nothing, S, T."""
    for n, numbers in ((4, 1), (6, 20)):
        parts, S, T = valleys(stream, n)
        expect_culprit(damaged, parts, S, T, 0, "Nothing was damaged")
        expect_culprit(damaged, parts, harm(stream, S, numbers), T, "S", "The sum S was damaged")
        expect_culprit(damaged, parts, S, harm(stream, T, numbers), "T", "The sum T was damaged")


# ---- Exercise 5 ------------------------------------------------------------------------------


def expect_copies(exact_copies, D, digits):
    """Compare, and recognize known mistakes."""
    right, largest = right_copies(D, digits), int(np.abs(D).max())
    smallest = int(np.abs(D[D != 0]).min())
    safe = 2**digits // largest
    mistakes = [
        (safe, "So many copies are safe, but some more are exact: past 2^digits some numbers are."),
        (right + 1, "With so many copies one number is rounded already."),
        (safe - 1, "Up to 2^digits, 2^digits itself included, every whole number is exact."),
        (copies_of(largest, digits), "The largest number is not the first that is rounded here."),
        (copies_of(smallest, digits), "The smallest number is not the first that is rounded here."),
        (2 ** (digits + 1) // largest, "In this format 2^digits + 1 is the first that is missing."),
    ]
    if smallest == 1:
        say = "This is right for an entry of 1. Larger ones grow faster."
        mistakes.insert(0, (2**digits, say))
    found = call(exact_copies, D, digits)
    expect_whole(found, "The number of copies")
    large = f"The number of copies is too {'large' if found > right else 'small'}"
    expect(found, right, mistakes, f"{large}, with {digits} digits.", rtol=0)


@tests.criterion("5a")
def odd_numbers(exact_copies, stream):
    """As many that end right at 2^digits as that go one further, and a negative largest one."""
    for digits in (6, 8, 11):
        for parity in (0, 1):
            odd = [m for m in range(3, 2 ** (digits - 2), 2) if 2**digits // m % 2 == parity]
            largest = int(stream.choice(odd[len(odd) // 3 :]))
            rest = 1 + 2 * stream.integers(0, (largest + 1) // 2, 8)
            expect_copies(exact_copies, spread(stream, np.array([largest, *rest])), digits)
            expect_copies(exact_copies, np.array([[-largest, 1], [0, 1]]), digits)


@tests.criterion("5b")
def any_numbers(exact_copies, stream):
    """A number with many factors 2 is large and lasts long."""
    for digits in (8, 11, 24):
        for _ in range(3):
            low = 2 ** (digits // 2)
            odd = low + 1 + 2 * int(stream.integers(0, low // 2))
            evens = [2 ** (digits - 1), odd * 2, 6, 12]
            expect_copies(exact_copies, spread(stream, np.array(evens)), digits)
            expect_copies(exact_copies, spread(stream, np.array([odd, 2 * odd + 2])), digits)
    expect_copies(exact_copies, spread(stream, 2 ** stream.integers(1, 7, 9)), 7)


def as_tokens(found):
    """Read the list of tokens that an answer gives."""
    if isinstance(found, str):
        raise Wrong("A list of tokens is asked for, not one str.")
    if not isinstance(found, (list, tuple)) or not all(isinstance(t, str) for t in found):
        raise Wrong("A list of tokens is asked for, each of them a str.")
    return list(found)


@tests.criterion("5c")
def recited(read_letter, stream):
    """Every author has another letter; one is a mere full stop, one has 30 tokens."""
    d, words = 400, [f"w{number}" for number in range(45)] + ["."]
    E = dict(zip([BEGIN, *words], coins(stream, len(words) + 1, d), strict=True))
    A = coins(stream, 4, d)

    def vectors(tokens):
        return np.array([E[token] for token in tokens])

    letters = [[*stream.permutation(words[:-1]).tolist()[:n], "."] for n in (8, 14, 0, 29)]
    C = sum(letter_matrix(letter, a, vectors) for letter, a in zip(letters, A, strict=True))
    for a, letter in zip(A, letters, strict=True):
        given = C, a, words, vectors(words), E[BEGIN]
        found = as_tokens(call(read_letter, *given))
        if found == letter:
            continue
        if found == letter[:-1] and len(letter) < 30:
            raise Wrong("The full stop belongs to the letter.")
        if found == read(C, np.ones(d), *given[2:]):
            raise Wrong("You read without the author's badge.")
        if found[: len(letter)] == letter:
            raise Wrong("The letter ends with the full stop. You have gone on.")
        if len(found) < len(letter) and found == letter[: len(found)]:
            raise Wrong(f"Your letter breaks off after {len(found)} tokens.")
        if found[:1] == letter[:1]:
            raise Wrong(
                "After the first word it goes wrong. Does the window move, its older token rolled?"
            )
        raise Wrong("Not even the first word is right. What is the window before it?")


NAMES = ["Ada", "Bruno", "Clara", "Dario", "Elsa", "Fedor"]
SLOTS = [
    ["dear"],
    ["mother", "brother", "neighbour", "doctor", "friend", "miller"],
    ["the"],
    ["copper", "broken", "second", "forged", "little", "stolen"],
    ["key", "clock", "map", "ring", "lantern", "coin"],
    ["lies", "waits", "hides", "rests"],
    ["under", "behind", "inside", "above", "beside", "below"],
    ["the"],
    ["chapel", "bridge", "oven", "well", "mill", "barn"],
    ["tonight", "tomorrow", "until noon", "since Easter", "as agreed", "for you"],
    ["."],
]


def case():
    """Draw the case of this course: what case.json holds, and (author, part, letter)."""
    stream = tests.stream("case")
    seed, d = int(stream.integers(1, 10**6)), 96
    authors = stream.permutation(NAMES)[:3].tolist()
    words = stream.permutation(sorted({word for slot in SLOTS for word in slot})).tolist()
    book = Codebook(d, "bipolar", seed=seed, backend="numpy")
    # Each part has letters of two authors, and each author has one in two parts.
    letters = [
        [(j, [str(stream.choice(slot)) for slot in SLOTS]) for j in pair]
        for pair in stream.permutation([[0, 1], [1, 2], [2, 0]]).tolist()
    ]
    badges = book.vectors(authors)
    made = [
        [letter_matrix(letter, badges[j], book.vectors) for j, letter in part] for part in letters
    ]
    part, which = int(stream.integers(3)), int(stream.integers(2))
    now = sum(map(sum, made)) - made[part][which]
    author, letter = letters[part][which]
    given = {
        "seed": seed,
        "authors": authors,
        "words": words,
        "now": now.astype(int).tolist(),
        "parts": [sum(some).astype(int).tolist() for some in made],
    }
    return given, (authors[author], part + 1, letter)


def answered(forgotten):
    """Read the answer to the case."""
    found = call(forgotten)
    if not isinstance(found, (tuple, list)) or len(found) != 3:
        raise Wrong("Three things are asked for: the author, the part, and the list of tokens.")
    return found


@tests.criterion("5d")
def who_and_where(forgotten, stream):
    """The author and the part of this course's case."""
    (author, part, _), right = answered(forgotten), case()[1]
    if author != right[0]:
        raise Wrong("The letter was not by this author.")
    if part != right[1]:
        raise Wrong("The author is right, but the letter was in another part.")


@tests.criterion("5e")
def words_of_it(forgotten, stream):
    """The letter of this course's case."""
    found, right = as_tokens(answered(forgotten)[2]), case()[1][2]
    if len(found) != len(right):
        raise Wrong(f"The letter has another length than {len(found)} tokens.")
    wrong = sum(a != b for a, b in zip(found, right, strict=True))
    if wrong:
        raise Wrong(so_many(wrong, f"{len(right)} tokens"))


def files():
    """Return what lies beside the notebook: a dict of name -> text."""
    return {"case.json": json.dumps(case()[0], separators=(",", ":"))}
