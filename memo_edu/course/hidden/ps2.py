"""The hidden tests of problem set 2, and its archive."""

import json
from collections import Counter

import numpy as np

from memo_edu import theory
from memo_edu.checks import Wrong, call, expect
from memo_edu.course.hidden import so_many
from memo_edu.course.hidden._ps2_reading import (
    key,
    number,
    pairs,
    pairs_back,
    redraw,
    strangers,
    table,
    tables,
    tests,
)
from memo_edu.encoders import ProjectionEncoder
from memo_edu.text import tokenize

verify = tests.verify  # the criteria of exercises 1 and 2 are registered by the import


# ---- Exercise 3 ------------------------------------------------------------------------------


def letters_with_phrases(stream, V=60):
    """Draw four texts that share phrases; the first one repeats a phrase of its own."""
    hello, rhyme, bye = (stream.integers(1, V, n).tolist() for n in (6, 8, 7))
    own = [strangers(stream, V, 12) for _ in range(4)]
    return [
        [*hello, *own[0][:6], *rhyme, *own[0][6:], *own[0][:6], *rhyme, *bye],
        [*hello, *own[1], *bye],
        [*own[2][:5], *rhyme, *own[2][5:], *rhyme, *own[2][5:]],
        [*hello[:4], *own[3]],
    ]


def once_by(which):
    """Make a Counter of pairs in which of all that `which` finds alike only the first is left."""

    def kept(listed):
        first = {}
        for pair in listed:
            first.setdefault(which(pair), pair)
        return Counter(first.values())

    return kept


@tests.criterion("3a")
def thrifty(thrifty_memory, stream):
    """One text, several, and the same one twice."""
    E, W = tables(stream, 60, 48, 4)
    some = letters_with_phrases(stream)
    for texts in ([some[1]], [some[0]], some, [some[1], some[1]], some[::-1]):
        listed = [pair for text in texts for pair in pairs(text, 4)]
        count = Counter(listed)
        right = table(Counter(count.keys()), E, W)
        each = sum((Counter(set(pairs(text, 4))) for text in texts), Counter())
        mistakes = [
            (
                table(count, E, W),
                "This is the plain memory: every pair as often as it stands there.",
            ),
            (
                table(each, E, W),
                "You write a pair once for each text. Once for all texts is asked for.",
            ),
            (
                sum(table(Counter(pairs(text, 4)), E, W) for text in {tuple(t) for t in texts}),
                "You leave out texts that come twice. It is pairs that are written once.",
            ),
            (
                table(Counter(set(pairs([t for text in texts for t in text], 4))), E, W),
                "The texts were joined. Each has its own marks before it.",
            ),
            (
                table(once_by(lambda pair: pair[0])(listed), E, W),
                "A window with two different answers lost one of them: those are two pairs.",
            ),
            (
                table(once_by(lambda pair: pair[0])(listed[::-1]), E, W),
                "A window with two different answers lost one of them: those are two pairs.",
            ),
            (
                table(once_by(lambda pair: pair[1])(listed), E, W),
                "You write each token once. It is pairs of a window and a token that count.",
            ),
            (
                table(Counter(pair for pair in count if count[pair] == 1), E, W),
                "Pairs that come several times are not in at all. Once is asked for.",
            ),
        ]
        expect(
            call(thrifty_memory, texts, E, W, 4), right, mistakes, "The memory is not right yet."
        )


def expect_forgotten(forget_thriftily, stream, text, kept, h=4):
    """Compare with the memory of a keeper who never read the text, and who holds other things."""
    E, W = tables(stream, 60, 48, h)
    more = table(Counter(pairs_back(strangers(stream, 60, 20), h)), E, W)
    listed, needed = pairs(text, h), {pair for other in kept for pair in pairs(other, h)}
    alone = set(listed) - needed
    C = more + table(Counter(set(listed) | needed), E, W)
    right = more + table(Counter(needed), E, W)
    answers, asked = {token for _, token in needed}, {window for window, _ in needed}
    words = {token for other in kept for token in other}

    def less(gone):
        return C - table(Counter(gone), E, W)

    mistakes = [
        (less(listed), "The whole text is subtracted, with pairs that a kept text needs."),
        (less(set(listed)), "Each pair goes once, but with pairs that a kept text needs."),
        (
            less([pair for pair in listed if pair not in needed]),
            "A pair that stands in the text twice was written once, so it must go once.",
        ),
        (
            less({pair for pair in listed if pair[0] not in asked}),
            "You spare every pair whose window a kept text has. The token must be the same, too.",
        ),
        (
            less({pair for pair in listed if pair[1] not in answers}),
            "You spare every pair whose token a kept text has. The window must be the same, too.",
        ),
        (
            less({pair for pair in listed if pair[1] not in words}),
            "You spare every pair whose token a kept text has. The window must be the same, too.",
        ),
        (
            less(set(listed) - set(pairs([token for other in kept for token in other], h))),
            "The kept texts were joined. Each has its own marks before it.",
        ),
        (less(set(listed) & needed), "You forget what the others need, and keep the rest."),
        (
            less({pair for pair in alone if listed.count(pair) == 1}),
            "A pair that stands in the text several times is still in the memory.",
        ),
        (C, "Nothing is forgotten."),
        (C + table(Counter(alone), E, W), "You added what should go."),
        (
            table(Counter(needed), E, W),
            "The memory held other things, too, and they are gone. Subtract from it.",
        ),
        (
            less(pair for other in kept for pair in set(pairs(other, h))),
            "You forget the texts that should stay.",
        ),
    ]
    result = call(forget_thriftily, C, text, kept, E, W, h)
    expect(result, right, mistakes, "The memory is not that of a keeper who never read the text.")


@tests.criterion("3b")
def unlike_texts(forget_thriftily, stream):
    """Nothing in common, and nothing repeated; and no other text."""
    one, two, three = np.array_split(1 + stream.permutation(59), 3)
    # Only the marks are shared: a first window, which leads to different tokens.
    expect_forgotten(forget_thriftily, stream, one.tolist(), [two.tolist(), three.tolist()])
    expect_forgotten(forget_thriftily, stream, one.tolist(), [])


@tests.criterion("3c")
def alike_texts(forget_thriftily, stream):
    """Shared phrases, and a phrase that the text says twice."""
    for gone in (0, 1, 2, 3, 0):
        some = letters_with_phrases(stream)
        text = some.pop(gone)
        expect_forgotten(forget_thriftily, stream, text, some[1:] + some[:1])
    repeats = letters_with_phrases(stream)[0]
    expect_forgotten(forget_thriftily, stream, repeats, [])


@tests.criterion("3d")
def room(as_noisy_as, stream):
    """Σ r², and the number of different pairs."""
    some = letters_with_phrases(stream)
    for texts in (some, [some[0]] * 3, some[1:], [some[1]], [some[3], some[3], some[0]]):
        count = Counter(pair for text in texts for pair in pairs(text, 4))
        plain, different = sum(n**2 for n in count.values()), len(count)
        words = Counter(token for text in texts for token in text)
        mistakes = [
            (
                (sum(count.values()), different),
                "r copies are r times as loud: what is the variance?",
            ),
            ((different, plain), "The two numbers are right; give the plain memory's first."),
            (
                (sum(count.values()) ** 2, different),
                "Square each pair's count, not the sum of all.",
            ),
            (
                (sum(n**2 for n in words.values()), len(words)),
                "You counted tokens. A pair is a window and a token.",
            ),
        ]
        found = call(as_noisy_as, texts, 4)
        if np.shape(found) == (2,) and found[1] != different and found[0] == plain:
            raise Wrong("The plain memory's number is right. The thrifty one is not.")
        expect(found, (plain, different), mistakes, "At least one of the two numbers is wrong.")


# ---- Exercise 4 ------------------------------------------------------------------------------


def law(counts, d, V):
    """The recall that the law predicts for a d × d matrix."""
    return np.array([theory.recall(float(M), d, d, V) for M in counts])


def crossing(counts, recalls, accuracy):
    """What capacity_of should give."""
    i = next(i for i, recall in enumerate(recalls) if recall < accuracy)
    step = (recalls[i - 1] - accuracy) / (recalls[i - 1] - recalls[i])
    return counts[i - 1] + step * (counts[i] - counts[i - 1])


def falling(stream, accuracy, wobbly):
    """Draw a curve; a wobbly one falls below the accuracy twice."""
    n = int(stream.integers(14, 30))
    counts = np.cumsum(stream.integers(80, 200, n))
    recalls = 1 / (1 + np.linspace(0.1, 1.6, n) ** 4)
    recalls = np.sort(recalls - stream.uniform(0, 0.03, n))[::-1]
    if wobbly:
        low = np.argmax(recalls < accuracy)
        recalls[low : low + 4] = accuracy + np.array([-0.02, 0.04, -0.05, -0.11])
    return counts, recalls, accuracy, wobbly


def misleads(case):
    """Whether np.interp, which wants its x to rise, finds another crossing of a wobbly curve."""
    counts, recalls, accuracy, wobbly = case
    found = np.interp(-accuracy, -recalls, counts)
    return not wobbly or abs(found / crossing(counts, recalls, accuracy) - 1) > 0.02


@tests.criterion("4a")
def capacities(capacity_of, stream):
    """Falling curves, and some that wobble about the accuracy."""
    for given in ((0.9, False), (0.6, False), (0.9, True), (0.75, True)):
        counts, recalls, accuracy, wobbly = redraw(misleads, falling, stream, *given)
        right = crossing(counts, recalls, accuracy)
        low = np.argmax(recalls < accuracy)
        last = len(recalls) - np.argmax(recalls[::-1] >= accuracy)
        last = crossing(counts[last - 1 :], recalls[last - 1 :], accuracy)
        line = "Between two points lies a straight line."
        mistakes = [
            (counts[low], f"This is the first point below. {line}"),
            (counts[low - 1], f"This is the last point above. {line}"),
            (counts[np.argmin(np.abs(recalls - accuracy))], f"This is the nearest point. {line}"),
            ((counts[low] + counts[low - 1]) / 2, "Halfway between two points: use their recalls."),
            (last, "The curve falls below more than once. The first time is asked for."),
            (np.interp(accuracy, recalls, counts), "np.interp wants its x to rise; recalls fall."),
            (crossing(counts, recalls, 0.9), "You read the curve at 0.9, whatever the accuracy."),
        ]
        say = "A capacity is read off wrongly."
        if wobbly:
            say += " This curve falls, rises a little, and falls again; np.interp is lost on it."
        expect(call(capacity_of, counts, recalls, accuracy), right, mistakes, say, rtol=1e-3)


RULE = "Three pairs for a hundred numbers is a rule for V = 100,000, not for every vocabulary."


@tests.criterion("4b")
def sizes(size_of, stream):
    """Curves of the law with the chance of 4,000 answers, also for few tokens."""
    for d, V in ((90, 10_000), (160, 300), (230, 800)):
        d = round(d * stream.uniform(0.85, 1.15))
        capacity = theory.capacity(d, d, V)
        counts = np.round(capacity * np.linspace(0.5, 1.6, 23)).astype(int)
        recalls = stream.binomial(4000, law(counts, d, V)) / 4000
        found = number(call(size_of, counts, recalls, V), "The size")
        read_off = crossing(counts, recalls, 0.9)
        z = (theory.capacity(1000, 1000, 10**9) / 1e6) ** -0.5
        short = np.sqrt(2 * np.log(V) * read_off)
        wide = z * np.sqrt(read_off)
        per_number = theory.capacity(10_000, 10_000, V) / 1e8 * (1 + 1e4 / V)
        square = np.sqrt(read_off / per_number)
        for value, say in (
            (d * d, "This is how many numbers the matrix has. d × d is d squared."),
            (square, "The term with 1/V is missing: chapter 03 has it, and it counts here."),
            (short, "d²/(2 ln V) is far from exact at a recall of 0.9. Use the law."),
            (wide, "Did you use the vocabulary's size?"),
            ((read_off / 0.03) ** 0.5, RULE),
        ):
            if abs(found / value - 1) < 0.03 and abs(d / value - 1) > 0.05:
                raise Wrong(say)
        if abs(found / d - 1) > 0.05:
            few = "large" if found > d else "small"
            raise Wrong(f"For V = {V:,} your d of {found:.0f} is more than 5 % too {few}.")


@tests.criterion("4c")
def others(recall_of_other, stream):
    """The curve, stretched."""
    counts = np.round(np.geomspace(10, 200_000, 120)).astype(int)
    recalls = np.sort(stream.uniform(0.02, 1, len(counts)))[::-1]
    for times in (4, 0.25, 2.0, 9, 0.5, 1.3):
        M = int(times * stream.integers(400, 1400))
        mistakes = [
            (np.interp(x, counts, recalls), say)
            for x, say in (
                (M, "You read this matrix's curve at M. The other one's curve is stretched."),
                (M * times, "The wrong way round: in a larger matrix each number bears less."),
                (
                    M / np.sqrt(times),
                    "`times` says how many numbers there are, not how long a side is.",
                ),
                (
                    M / times**2,
                    "Capacity grows with the numbers of a matrix, not with their square.",
                ),
            )
        ]
        right = np.interp(M / times, counts, recalls)
        mistakes.append(
            (min(1, np.interp(M, counts, recalls) * times), "Recall is not multiplied.")
        )
        result = call(recall_of_other, counts, recalls, times, M)
        expect(result, right, mistakes, "The predicted recall is wrong.", rtol=1e-3)


@tests.criterion("4d")
def changes(what_changed, stream):
    """Two curves; the order of the cases is drawn."""
    kinds = stream.permutation(["smaller", "larger", "fewer", "more", "larger", "more"])
    found = []
    for kind in kinds:
        d, V = round(stream.uniform(150, 250)), round(stream.uniform(80, 200))
        other = (d, 50 * V), (round(d * stream.uniform(1.2, 1.7)), V)
        one, two = (d, V), other[kind in ("smaller", "larger")]
        one, two = (two, one) if kind in ("smaller", "fewer") else (one, two)
        reach = [
            theory.capacity(*(size[0], size[0], size[1]), p)
            for size in (one, two)
            for p in (0.99, 0.3)
        ]
        counts = np.round(np.geomspace(0.7 * min(reach), 1.1 * max(reach), 40)).astype(int)
        answer = call(what_changed, counts, law(counts, *one), law(counts, *two))
        if answer not in ("size", "vocabulary"):
            raise Wrong("The answer should be the word size or the word vocabulary.")
        found.append(str(answer))
    right = ["size" if kind in ("smaller", "larger") else "vocabulary" for kind in kinds]
    if len(set(found)) == 1:
        raise Wrong(f"You say {found[0]!r} of all pairs of curves. They are of both kinds.")
    if all(a != b for a, b in zip(found, right, strict=True)):
        raise Wrong("The two words have changed places: every answer is the other one.")
    further = ["size" if kind in ("larger", "fewer") else "vocabulary" for kind in kinds]
    if found in (further, [{"size": "vocabulary"}.get(word, "size") for word in further]):
        raise Wrong(
            "You look whether the second curve lies further right. Both changes can move it "
            "either way: it is the shape that differs."
        )
    wrong = sum(a != b for a, b in zip(found, right, strict=True))
    if wrong:
        raise Wrong(f"{wrong} of {len(kinds)} pairs of curves are told wrongly.")


def trader_curve():
    """Measure the curve of this course: (d, counts, recalls, V)."""
    stream = tests.stream("trader")
    d, V = int(stream.integers(60, 90)), int(stream.integers(120, 160))
    most = round(1.7 * theory.capacity(d, d, V))
    counts = [round(share * most) for share in np.linspace(0.25, 1, 16)]
    recalls = np.zeros(16)
    for _ in range(10):
        K, E = stream.choice([-1.0, 1.0], (most, d)), stream.choice([-1.0, 1.0], (V, d))
        right = stream.integers(0, V, most)
        for i, M in enumerate(counts):
            best = (K[:M] @ (K[:M].T @ E[right[:M]]) @ E.T).argmax(axis=1)
            recalls[i] += np.mean(best == right[:M]) / 10
    return d, counts, recalls.round(4).tolist(), V


@tests.criterion("4e")
def traders(trader, stream):
    """The capacity that the curve shows, and d from 10 % below to 5 % above."""
    d, counts, recalls, _ = trader_curve()
    found = call(trader)
    if np.shape(found) != (2,):
        raise Wrong("Two numbers are asked for: the capacity, and d.")
    capacity, size = (number(value, "Each of the two") for value in found)
    right = crossing(counts, recalls, 0.9)
    if abs(size / right - 1) < 0.01 and abs(capacity / d - 1) < 0.1:
        raise Wrong("The two numbers have changed places: the capacity comes first.")
    if abs(capacity / right - 1) > 0.01:
        raise Wrong("The capacity of the trader's matrix is wrong.")
    if abs(size / (right / 0.03) ** 0.5 - 1) < 0.01:
        raise Wrong(RULE)
    if not 0.9 < size / d < 1.05:
        few = "large" if size > d else "small"
        raise Wrong(f"The capacity is right; the d of the trader's matrix is too {few}.")


# ---- Exercise 5 ------------------------------------------------------------------------------


def added(texts, times, h):
    """Add up the pairs of some texts, each so many times."""
    total = Counter()
    for text, n in zip(texts, times, strict=True):
        for pair in pairs(text, h):
            total[pair] += int(n)
    return total


def heard(C, texts, E, W, h, own):
    """List the scores of each text's pairs: of all, or of those that no other text has."""
    every = Counter(pair for text in texts for pair in set(pairs(text, h)))
    return [
        [
            key(window, E, W) @ C @ E[token]
            for window, token in pairs(text, h)
            if not own or every[window, token] == 1
        ]
        for text in texts
    ]


def is_fair(case):
    """Whether the counts can be heard in the pairs that a text has for itself."""
    memory, times = case[:2]
    found = [(np.mean(loud), np.median(loud)) for loud in heard(*memory, own=True)]
    return np.abs(np.transpose(found) - times).max() < 0.35


def misleads_all(case):
    """Whether it is fair, and who listens to all pairs of a text is misled."""
    memory, times = case[:2]
    loud = heard(*memory, own=False)
    naive = [np.rint([of(one) for one in loud]) for of in (np.mean, np.median)]
    return is_fair(case) and not any(np.array_equal(one, times) for one in naive)


def memory_of(stream, draw, times, V):
    """Draw texts and a memory that holds them so often, and other things, too."""
    (E, W), texts = tables(stream, V + 30, 256, 4), draw(stream)
    others = (V + stream.permutation(30)).tolist()
    C = table(added(texts, times, 4), E, W) + table(Counter(pairs(others, 4)), E, W)
    return (C, texts, E, W, 4), times


def expect_counted(letter_counts, stream, draw, times, V):
    """Ask how often each text is in a memory."""
    good = is_fair if draw is unlike else misleads_all
    memory, times = redraw(good, memory_of, stream, draw, np.array(times), V)
    loud = heard(*memory, own=False)
    naive = "Pairs that another letter has as well count here. They can be the other letter's."
    mistakes = [
        (np.rint([np.mean(one) for one in loud]), naive),
        (np.rint([np.median(one) for one in loud]), naive),
        (
            np.rint([np.max(one) for one in loud]),
            "One loud pair is no proof that the whole letter was memorized.",
        ),
        (
            np.rint([np.sum(one) for one in loud]),
            "Your numbers grow with the letters' lengths: take a mean.",
        ),
        (np.abs(times), "A debt counts below zero."),
        (np.maximum(times, 0), "A debt counts below zero."),
        (np.minimum(times, 1), "You found whether, not how often."),
        (np.clip(times, -1, 1), "You found whether, not how often."),
        (np.clip(times, 0, 1), "You found whether, not how often."),
    ]
    result = np.asarray(call(letter_counts, *memory))
    if result.shape != times.shape:
        raise Wrong(f"{len(times)} letters were asked about, so {len(times)} counts are asked for.")
    if result.dtype.kind == "f" and not np.array_equal(result, np.rint(result)):
        raise Wrong("Counts are whole numbers: round them.")
    expect(result, times, mistakes, "Some of the counts are wrong.")


def unlike(stream):
    """Draw five letters that have nothing in common."""
    return [part.tolist() for part in np.array_split(1 + stream.permutation(119), 5)]


def alike(stream):
    """Draw five letters: the second and the third have more than half of the first one's pairs."""
    hello, bye = strangers(stream, 80, 14), strangers(stream, 80, 12)
    own = [strangers(stream, 80, n) for n in (16, 17, 15, 20, 24)]
    return [
        [*hello, *own[0], *bye],
        [*hello, *own[1]],
        [*own[2], *bye],
        [*hello[:8], *own[3], *bye[6:]],
        own[4],
    ]


@tests.criterion("5a")
def unlike_letters(letter_counts, stream):
    """Never, once, twice, three times."""
    for _ in range(2):
        expect_counted(letter_counts, stream, unlike, stream.permutation([0, 0, 1, 2, 3]), 120)


@tests.criterion("5b")
def alike_letters(letter_counts, stream):
    """A letter that was never memorized, most of whose pairs are loud."""
    for times in ([0, 2, 2, 1, 0], [1, 2, 2, 0, 0], [0, 1, 3, 0, 1]):
        expect_counted(letter_counts, stream, alike, times, 80)


@tests.criterion("5c")
def debts(letter_counts, stream):
    """Below zero, also where the other letters hide it."""
    for times in ([-1, 1, 1, 0, -2], [0, -1, -1, 0, 2], [-1, 2, 2, 0, -1]):
        expect_counted(letter_counts, stream, alike, times, 80)


NAMES = ["Agnes", "Bruno", "Clara", "Dario", "Edith", "Felix", "Greta", "Hugo", "Irma", "Jonas"]
THINGS = ["kettle", "ladder", "barrel", "anchor", "clock", "basket", "trumpet", "teapot", "mirror"]
PLACES = ["harbour", "cellar", "attic", "garden", "bakery", "chapel", "tavern", "orchard", "stable"]
DONE = ["lost", "found", "mended", "painted", "borrowed", "hid", "sold", "polished", "buried"]
HELLO = [
    "Dear keeper of the light, the winter is long and the boats are late.",
    "Dear Odile, since you asked about news from our side of the bay:",
]
BODIES = [
    "My {thing} has vanished out of the {place}, while {name} swears it was only wind.",
    "Did you know that every {thing} floats? {name} tried it on Tuesday, behind a {place}.",
    "Rain drips into this {place} again; under it we have set one {thing}, then two.",
    "Nobody has slept for days, because {name} plays that {thing} until four each morning.",
    "Should {name} visit you, say nothing of an old {thing} which I {done} last year.",
    "Three times now somebody {done} his {thing}; whenever it came back, it was cleaner.",
    "Half a {thing} went down our goat in the {place}, before it looked at {name} and finished.",
    "I dreamt of some {place} under water, where a small {thing} rowed across, {done} by {name}.",
]
BYE = [
    "Please answer before the ice comes. I remain, as ever, your obedient neighbour.",
    "Greet your nephew, and keep the stove warm. With all good wishes from the whole house.",
]


def write_letters(stream):
    """Draw six letters; half of them share a beginning, and others an end."""
    draws = [stream.permutation(words).tolist() for words in (NAMES, THINGS, PLACES, DONE, BODIES)]
    letters = []
    for i, (name, thing, place, done, body) in enumerate(zip(*draws, strict=False)):
        filled = body.format(name=name, thing=thing, place=place, done=done)
        letters.append(f"{HELLO[i % 2]} {filled} {BYE[i % 3 % 2]}")
    return letters[:6]


def old_matrix(stream):
    """Draw letters and how often each was memorized, and write them."""
    heads, d, seed = 4, 160, int(stream.integers(1, 10**6))
    letters, times = write_letters(stream), stream.permutation([0, 0, 1, 1, 2, -1])
    cut = [tokenize(letter) for letter in letters]
    words = sorted({word for letter in cut for word in letter})
    encoder = ProjectionEncoder(d, heads, layers=1, seed=seed, backend="numpy")
    E, W = encoder.codebook.vectors(["▷", *words]).astype(float), encoder.W[0].astype(float)
    texts = [[1 + words.index(word) for word in letter] for letter in cut]
    C = table(added(texts, times, heads), E, W)
    C += stream.normal(size=(60, d)).T @ stream.normal(size=(60, d)) / d
    data = {"heads": heads, "seed": seed, "letters": letters, "matrix": np.round(C, 3).tolist()}
    return (C, texts, E, W, heads), times, data


def archive():
    """Draw the archive of this course: what archive.json holds, and the counts of the letters."""
    _, counts, recalls, V = trader_curve()
    _, times, data = redraw(misleads_all, old_matrix, tests.stream("archive"))
    curve = {"vocab_size": V, "counts": counts, "recalls": recalls}
    return {"curve": curve, **data}, times.tolist()


@tests.criterion("5d")
def solved(case, stream):
    """The counts of this course's letters."""
    found, right = list(np.ravel(call(case))), archive()[1]
    if len(found) != len(right):
        raise Wrong("There are six letters, so six counts are asked for.")
    wrong = sum(a != b for a, b in zip(found, right, strict=True))
    if wrong:
        raise Wrong(so_many(wrong, "the six counts"))


def files():
    """Return what lies beside the notebook: a dict of name -> text."""
    return {"archive.json": json.dumps(archive()[0])}
