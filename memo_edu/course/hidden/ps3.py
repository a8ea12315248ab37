"""The hidden tests of problem set 3, and its case."""

import functools
import itertools
import json
import os

import numpy as np

from memo_edu.checks import Wrong, call, expect, where_possible
from memo_edu.checks.ps3 import NEEDS, OPEN, as_number, as_row, expect_trap
from memo_edu.course.hidden import SECRET, HiddenTests, so_many
from memo_edu.course.hidden import _ps3_answers as known
from memo_edu.model import MeMo

tests = HiddenTests("ps3")


verify = tests.verify


def new_words(stream, n):
    """Draw n different words."""
    return [f"w{i}" for i in stream.permutation(5000)[:n]]


# ---- Exercise 1 ------------------------------------------------------------------------------


def expect_needs(needs, tokens):
    """Compare with the definition."""
    found = as_row(call(needs, list(tokens)), NEEDS)
    say = "Some of the needs are wrong."
    expect(
        found, np.array(known.right_needs(tokens)), where_possible(known.NEED_MISTAKES, tokens), say
    )


@tests.criterion("1a")
def needs_of_texts(needs, stream):
    """Words at random, and phrases that recur."""
    for vocabulary, n in ((3, 25), (5, 60), (40, 90)):
        names = new_words(stream, vocabulary)
        expect_needs(needs, [names[i] for i in stream.integers(vocabulary, size=n)])
    tokens, _ = recurring(stream, [3, 5, 2, 7])
    expect_needs(needs, tokens)


@tests.criterion("1b")
def extreme_texts(needs, stream):
    """Where 0 is enough, where 1 is, and where nearly all is needed."""
    names = new_words(stream, 60)
    expect_needs(needs, names[:12])
    expect_needs(needs, names[:1])
    expect_needs(needs, names[:1] * int(stream.integers(5, 9)))
    long = int(stream.integers(30, 40))
    expect_needs(needs, [*names[1:long], names[40], *names[1:long], names[41]])
    expect_needs(needs, [*names[:1] * 9, names[1], *names[:1] * 9, names[2]])


def recurring(stream, lengths, lead_in=0):
    """Make a text in which phrases recur, each time with another next word.

    Args:
        stream: the random generator of a criterion.
        lengths: how many tokens each phrase has.
        lead_in: how many other words stand in front.

    Returns:
        The tokens, and the number of words in front.
    """
    names = iter(new_words(stream, lead_in + sum(lengths) + 8 * len(lengths)))
    tokens = list(itertools.islice(names, lead_in))
    for m in lengths:
        phrase = list(itertools.islice(names, m))
        for _ in range(2):
            tokens += [*phrase, *itertools.islice(names, 2)]
    return tokens, lead_in


def expect_open(left_open, tokens, h, layers, first=0):
    """Compare the places from `first` on with the definition, in whatever order they come."""
    found = as_row(call(left_open, list(tokens), h, layers), OPEN)

    def later(places):
        return np.sort([place for place in places if place >= first])

    mistakes = where_possible(known.OPEN_MISTAKES, tokens, h, layers)
    mistakes = [(later(places), say) for places, say in mistakes]
    right = later(known.right_open(tokens, h, layers))
    if found.shape == (len(tokens),) and set(found.tolist()) <= {0, 1}:
        raise Wrong("Return a list of places, not a mark for each place.")
    for places, say in mistakes:
        if np.array_equal(later(found), places) and not np.array_equal(right, places):
            raise Wrong(say)
    if not np.array_equal(later(found), right):
        more, missing = set(later(found)) - set(right), set(right) - set(later(found))
        raise Wrong(
            f"h = {h}, {layers} layer(s): {len(missing)} open places are missing in your list, and "
            f"{len(more)} in it are decided."
        )


@tests.criterion("1c")
def open_far_on(left_open, stream):
    """Phrases of many lengths, 90 words after the beginning."""
    for h, lengths in (
        (2, (*range(1, 10), 16, 17)),
        (3, (2, 3, 4, 8, 9, 10, 20)),
        (4, (3, 4, 5, 15, 16, 17)),
    ):
        tokens, first = recurring(stream, list(stream.permutation(lengths)), 90)
        for layers in (1, 2, 3):
            expect_open(left_open, tokens, h, layers, first)


@tests.criterion("1d")
def open_everywhere(left_open, stream):
    """Phrases that stand at the very beginning, where long windows do not fit."""
    for h, lengths in ((2, (4, 2, 9)), (2, (2, 8, 3)), (3, (4, 9, 2)), (4, (5, 3, 16))):
        tokens, _ = recurring(stream, lengths)
        for layers in (1, 2, 3):
            expect_open(left_open, tokens, h, layers)


# ---- Exercise 2 ------------------------------------------------------------------------------


def draw_strides(stream):
    """Draw heads and strides; some windows overlap, some have gaps."""
    yield 2, [3, 1, 2]
    yield 5, [2, int(stream.integers(3, 7))]
    yield 3, stream.integers(4, 8, 2).tolist()
    for layers in (2, 3, 4):
        yield int(stream.integers(2, 5)), stream.integers(1, 5, layers).tolist()
    yield 2, [1, 1, 1]
    yield 4, [1, 1]
    yield 3, [4]
    yield 2, [1]


@tests.criterion("2a")
def counted_ways(ways, stream):
    """Polynomials in disguise."""
    for h, strides in draw_strides(stream):
        found = as_row(call(ways, h, list(strides)), "a list of whole numbers, the newest first")
        mistakes = where_possible(known.WAYS_MISTAKES, h, strides)
        say = f"The ways are wrong for h = {h} and the strides {strides}."
        expect(found, known.right_ways(h, strides), mistakes, say)


@tests.criterion("2b")
def predicted_likeness(likeness, stream):
    """Contexts over a few words, so that many places agree."""
    for h, strides in draw_strides(stream):
        reach = len(known.right_ways(h, strides))
        for size in (2, 5):
            names = new_words(stream, size)
            lengths = reach + 1 + stream.permutation([0, 3])
            first, second = ([names[i] for i in stream.integers(size, size=n)] for n in lengths)
            given = first, second, h, strides
            found = as_number(
                call(likeness, list(first), list(second), h, list(strides)), "a cosine"
            )
            say = f"The cosine is wrong for h = {h} and the strides {strides}."
            expect(
                found,
                known.right_likeness(*given),
                where_possible(known.LIKENESS_MISTAKES, *given),
                say,
            )


def expect_recall(stride_recall, stream, steps):
    """Compare with the definition, in memories that are rather full."""
    for step, (h, d, n) in zip(steps, ((4, 32, 260), (2, 48, 300), (3, 48, 280)), strict=True):
        E = stream.normal(size=(120, d)) / np.sqrt(d)
        W = stream.normal(size=(d, d // h)) * np.sqrt(h / d)
        given = stream.integers(0, 120, n), E, W, step
        found = as_number(call(stride_recall, *given), "the recall")
        right = known.right_recall(*given)
        if abs(found - right) > 1.01 / n:  # who computes otherwise may round otherwise
            say = f"The recall for h = {h} and step {step} is not what this memory gives."
            expect(found, right, where_possible(known.RECALL_MISTAKES, *given), say)


@tests.criterion("2c")
def without_gaps(stride_recall, stream):
    """Chapter 05."""
    expect_recall(stride_recall, stream, (1, 1, 1))


@tests.criterion("2d")
def with_gaps(stride_recall, stream):
    """Steps of 2 to 9."""
    expect_recall(stride_recall, stream, (int(stream.integers(2, 5)), 5, 9))


# ---- Exercise 3 ------------------------------------------------------------------------------


def gets_it_right(text, place, h, layers, seed):
    """Ask a real model for one place of a text."""
    model = MeMo(1020, h, layers, seed=seed, backend="numpy")
    model.memorize(text)
    return bool(model.recall(text, start=0).correct[place])


def expect_snap(trap, stream, h, layers):
    """Prove a trap on paper, and with real models of either kind.

    A lead of one vote leaves noise a little room: if two models disagree, a third decides.
    """
    words = new_words(stream, 1000)
    tokens, place = expect_trap(call(trap, list(words), h, layers), words, h, layers)
    text, seeds = "".join(f" {word}" for word in tokens), stream.integers(10**6, size=3).tolist()
    for more in (False, True):
        asked = text, place, h, layers + more
        first, second = (gets_it_right(*asked, seed) for seed in seeds[:2])
        decided = first if first == second else gets_it_right(*asked, seeds[2])
        if decided != more:
            what = "do not get the place right" if more else "do not miss the place"
            raise Wrong(f"h = {h}: real models with {layers + more} layer(s) {what}.")


@tests.criterion("3a")
def simple_trap(trap, stream):
    """The three notes, but safe."""
    expect_snap(trap, stream, 4, 1)


@tests.criterion("3b")
def other_heads(trap, stream):
    """Other h; with h = 2 it is the tightest."""
    for h in (3, 2, 5):
        expect_snap(trap, stream, h, 1)


@tests.criterion("3c")
def deeper_trap(trap, stream):
    """Two layers miss, three get it right."""
    for h in (2, 3):
        expect_snap(trap, stream, h, 2)


# ---- Exercise 4 ------------------------------------------------------------------------------


def expect_shares(expected_share, names, cases, stream):
    """Compare with the definition, with the followers in some order.

    Args:
        expected_share: the answer.
        names: words.
        cases: (how often each follower follows, m, h, layers). A mistake is named if it explains
            the answers to all of them.
        stream: the random generator of a criterion.
    """
    asked, found = [], []
    for counts, *sizes in cases:
        followers = stream.permutation(np.repeat(names[: len(counts)], counts)).tolist()
        asked.append((followers, *sizes))
        found.append(as_number(call(expected_share, list(followers), *sizes), "the share"))
    right = [np.mean(known.right_share(*given)) for given in asked]
    if np.allclose(found, right, rtol=1e-5, atol=0):
        return
    for make, say in known.SHARE_MISTAKES:
        if np.allclose(found, [make(*given) for given in asked], rtol=1e-5):
            raise Wrong(say)
    for (counts, m, h, layers), one, other in zip(cases, found, right, strict=True):
        say = (
            f"{len(counts)} words follow {' and '.join(map(str, counts))} times, m = {m}, h = {h}, "
            f"{layers} layer(s): not that share."
        )
        expect(one, other, otherwise=say)


@tests.criterion("4a")
def lottery(expected_share, stream):
    """A tie if the phrase fills all windows, and else none."""
    names, cases = new_words(stream, 9), []
    for h, layers in ((4, 1), (2, 1), (4, 2), (2, 3)):
        for m in (1, h**layers - 1, h**layers, h**layers + 2):
            cases.append(([1] * int(stream.integers(2, 9)), m, h, layers))
    expect_shares(expected_share, names, cases, stream)


@tests.criterion("4b")
def majority(expected_share, stream):
    """Where the frequent follower wins, ties, or is outvoted by longer windows."""
    names, cases = new_words(stream, 9), []
    for counts in ([2, 1], [2, 2, 1], [3, 1, 1], [int(stream.integers(4, 7)), 2, 1]):
        for sizes in ((4, 4, 1), (4, 4, 2), (4, 4, 3), (3, 4, 1), (6, 2, 3), (2, 2, 2)):
            cases.append((counts, *sizes))
    expect_shares(expected_share, names, cases, stream)


def planted(stream, counts, m, gap, last=False):
    """Make a text with copies of a phrase.

    Args:
        stream: the random generator of a criterion.
        counts: how often each follower stands after a copy.
        m: tokens in the phrase.
        gap: strangers before every copy.
        last: whether one more copy stands at the end, with nothing after it.

    Returns:
        The tokens, and the phrase.
    """
    names = iter(new_words(stream, 1500))
    phrase = list(itertools.islice(names, m))
    followers = np.repeat(list(itertools.islice(names, len(counts))), counts)
    tokens = []
    for follower in stream.permutation(followers).tolist():
        tokens += [*itertools.islice(names, gap), *phrase, follower]
    if last:
        tokens += [*itertools.islice(names, gap), *phrase]
    return tokens, phrase


def measured(tokens, phrase, h, layers, seed, after=0, where=None, encoder="projection"):
    """What share_after should give; the options make mistakes."""
    model = MeMo(512, h, layers, encoder, seed=seed, backend="numpy")
    text = "".join(f" {w}" for w in tokens)
    model.memorize(text)
    correct, m = model.recall(text, start=0).correct, len(phrase)
    places = [i + after for i in range(m, len(tokens)) if tokens[i - m : i] == phrase]
    return np.mean(correct[places if where is None else where])


BINDING = "This is what the binding encoder gets. The projection is asked for."

MEASURE_MISTAKES = (
    (
        lambda *given: measured(*given, after=1),
        "You measure one place too late. The place right after the phrase is asked for.",
    ),
    (
        lambda *given: measured(*given, where=slice(None)),
        "This is the recall of the whole text. Only the places after the phrase count.",
    ),
    (
        lambda tokens, phrase, h, layers, seed: measured(tokens, phrase, h, 1, seed),
        "This is what a model of one layer gets, whatever the number of layers.",
    ),
    (
        lambda *given: measured(*given, after=-1),
        "You have all places right, as inside the phrase. The place right after it is asked for.",
    ),
)


def expect_measured(share_after, stream, cases):
    """Compare with the library's model; who tells apart what is clear on paper is right, too."""
    for counts, m, h, layers, last in cases:
        tokens, phrase = planted(stream, counts, m, h**layers, last)
        given = tokens, phrase, h, layers, int(stream.integers(1000))
        found = as_number(call(share_after, list(tokens), list(phrase), *given[2:]), "the share")
        right, copies = measured(*given), sum(counts)
        mistakes = [
            (right * copies, "This is how many are right. Their share is asked for."),
            (right * copies / len(tokens), "Divide by the places after the phrase only."),
            (right * copies / (copies + 1), "A copy at the end has no place after it."),
            (1 - right, "This is the share of wrong answers."),
            (measured(*given, encoder="binding"), BINDING),
            *where_possible(MEASURE_MISTAKES, *given),
        ]
        say = f"h = {h}, {layers} layer(s): the model gets another share of these places right."
        expect(found, right, mistakes, say)


@tests.criterion("4c")
def measured_lottery(share_after, stream):
    """One of them wins in a tie; and in a crowd, where chance decides, by the seed."""
    cases = (([1] * 4, 5, 4, 2, False), ([1, 1, 1], 4, 4, 1, False), ([1] * 4, 6, 2, 2, False))
    expect_measured(share_after, stream, cases)
    tokens, phrase = planted(stream, [1] * 40, 1, 2)
    seeds = stream.permutation(1000)[:7].tolist()
    shares = {
        as_number(call(share_after, list(tokens), list(phrase), 2, 1, seed), "the share")
        for seed in seeds
    }
    if len(shares) == 1:
        say = "Your share is the same whatever the seed. Make the model with the given one."
        raise Wrong(BINDING if shares == {1.0} else say)


@tests.criterion("4d")
def measured_majority(share_after, stream):
    """The frequent follower wins, or is outvoted; and a copy at the end.

    In the last case windows agree in part, which only the projection notices.
    """
    cases = (([3, 1], 4, 4, 1, True), ([4, 2], 3, 2, 2, True), ([2, 1], 3, 4, 3, False))
    expect_measured(share_after, stream, (*cases, ([4, 1], 3, 4, 1, False)))


# ---- Exercise 5 ------------------------------------------------------------------------------


@tests.criterion("5a")
def left_out(without, stream):
    """Layers that are right to different shares."""
    for n, layers, V in ((40, 2, 6), (150, 3, 20), (90, 4, 11)):
        votes, right = stream.normal(size=(n, layers, V)), stream.integers(V, size=n)
        votes[np.arange(n), :, right] += np.linspace(0.3, 1.5, layers)
        found = as_row(call(without, votes, right), "one recall for each layer")
        mistakes = where_possible(known.WITHOUT_MISTAKES, votes, right)
        expect(found, known.recall_without(votes, right), mistakes)


def expect_weights(good_weights, votes, right, layer):
    """Compare two ends, or none; and again with the candidates the other way round."""
    expect_ends(good_weights, votes, right, layer)
    expect_ends(good_weights, votes[:, ::-1], votes.shape[1] - 1 - right, layer)


def expect_ends(good_weights, votes, right, layer):
    """Compare two ends, or none."""
    found = as_row(call(good_weights, votes, right, layer), "(low, high), or () if there is none")
    wanted = np.array(known.right_weights(votes, right, layer))

    def same(a, b):
        return np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=1e-6, atol=1e-9)

    if same(found, wanted):
        return
    if not len(wanted):
        raise Wrong("No weight will do here: return ().")
    if found.shape != (2,):
        raise Wrong("There are weights that will do, but you return something else than two ends.")
    for value, say in where_possible(known.WEIGHT_MISTAKES, votes, right, layer):
        if same(found, value) and not same(wanted, value):
            raise Wrong(say)
    raise Wrong(f"Your ends are {found[0]:.3f} and {found[1]:.3f}, for layer {layer}: not these.")


def draw_votes(stream, wanted, below=False):
    """Draw votes for which the weights are as wanted.

    Args:
        stream: the random generator of a criterion.
        wanted: a function of (low, high), or of () where no weight will do.
        below: whether there must be weights that would do if they could be negative.
    """
    while True:
        layers, V = int(stream.integers(2, 5)), int(stream.integers(6, 12))
        votes, right = stream.normal(size=(layers, V)).round(2), int(stream.integers(V))
        votes[:, right] += 0.7
        layer = int(stream.integers(layers)) + 1
        ends = known.right_weights(votes, right, layer)
        low, high = known.loose_weights(votes, right, layer)
        if wanted(*ends) and (low < high or not below):
            return votes, right, layer


def has(low=None, high=None):
    """Say of two ends whether they are there; None does not matter."""

    def wanted(*ends):
        if not ends or ends[1] - ends[0] < 0.05:
            return False
        found = ends[0] > 0.05, ends[1] < 50
        return all(want in (None, one) for want, one in zip((low, high), found, strict=True))

    return wanted


@tests.criterion("5b")
def one_end(good_weights, stream):
    """A lower end, an upper end, or all weights from 0 on."""
    for _ in range(5):
        for low, high in ((True, False), (False, True), (False, False)):
            expect_weights(good_weights, *draw_votes(stream, has(low, high)))


@tests.criterion("5c")
def two_ends(good_weights, stream):
    """Both ends; no weight; and a rival with just the same vote in that layer."""
    for _ in range(4):
        expect_weights(good_weights, *draw_votes(stream, has(True, True)))
        expect_weights(good_weights, *draw_votes(stream, lambda *ends: not ends))
    expect_weights(good_weights, *draw_votes(stream, lambda *ends: not ends, below=True))
    for extra in (-0.5, 0.5):  # the twin is behind, or ahead, whatever the weight
        votes, right, layer = draw_votes(stream, has(True, True))
        votes = np.hstack([votes, votes[:, [right]]])
        votes[layer % len(votes), -1] += extra
        expect_weights(good_weights, votes, right, layer)


@tests.criterion("5d")
def notes_read(read_votes, stream):
    """Votes with noise that is too small to matter, whichever layers one looks at."""
    for h, layers in ((4, 2), (2, 3), (3, 3), (2, 4), (4, 3)):
        for _ in range(3):
            k, m = int(stream.integers(2, 8)), int(stream.integers(h, h**layers + 1))
            votes = [k * min(1, m / h**layer) for layer in range(1, layers + 1)]
            votes += stream.uniform(-0.3, 0.3, layers) * k / h**layers
            found = as_row(call(read_votes, votes, h), "(k, m), two numbers")
            say = f"h = {h}: votes of {', '.join(f'{v:.2f}' for v in votes)} are not read rightly."
            if found.shape == (2,) and not np.array_equal(found, np.rint(found)):
                raise Wrong("Copies and tokens are whole numbers: round them.")
            expect(
                found, np.array([k, m]), where_possible(known.READ_MISTAKES, k, m, h, layers), say
            )


def legible(votes, k, m, h):
    """Say whether noise is so small that k and m can be read in every sensible way."""
    sizes = np.array([h**layer for layer in range(1, len(votes) + 1)])
    noise = np.abs(votes - k * np.minimum(1, m / sizes))
    return np.all(noise < 0.3) and np.all((noise * sizes / k)[sizes >= m] < 0.33)


def case():
    """Draw the case of this course: what case.json holds, and the six pairs that solve it."""
    return case_of(os.environ.get(SECRET, ""))


@functools.lru_cache(maxsize=1)  # a class mostly shares one case, and many models make it
def case_of(_secret):
    """Draw the case of the secret seed at hand."""
    stream, h, layers = tests.stream("case"), 2, 3
    cast, notes = ["tea", "cup", "cat", "moon", "key", "door", "lamp", "boat", "owl"], {}
    while len(notes) < 6:
        names, tokens, asked, pairs = iter(new_words(stream, 1500)), [], {}, {}
        for word in stream.permutation(cast).tolist():
            k, m = int(stream.integers(2, 7)), int(stream.integers(h, h**layers + 1))
            phrase = list(itertools.islice(names, m))
            for _ in range(k):
                tokens += [*itertools.islice(names, h**layers), *phrase, word]
            asked[word], pairs[word] = [*itertools.islice(names, h**layers), *phrase], [k, m]
        votes = mean_votes(tokens, asked, h, layers, int(stream.integers(10**6)))
        found = zip(asked, votes.round(2).tolist(), strict=True)
        notes = {word: row for word, row in found if legible(row, *pairs[word], h)}
    notes = dict(itertools.islice(notes.items(), 6))
    return {"heads": h, "votes": notes}, [pairs[word] for word in notes]


def mean_votes(tokens, asked, h, layers, seed, models=16):
    """Return the votes for some words after their contexts, as the mean of some models."""
    votes = []
    for i in range(models):
        model = MeMo(512, h, layers, seed=seed + i, backend="numpy")
        model.memorize("".join(f" {token}" for token in tokens))
        for word, context in asked.items():
            found = model.explain([f" {token}" for token in context], top=len(tokens))
            column = [token for token, _ in found.candidates].index(f" {word}")
            votes.append(found.votes[:, column])
    return np.reshape(votes, (models, len(asked), layers)).mean(axis=0)


@tests.criterion("5e")
def case_solved(solved, stream):
    """The notes of this course."""
    found, right = np.asarray(call(solved)), np.array(case()[1])
    if found.shape != right.shape or found.dtype.kind not in "iuf":
        raise Wrong("Six pairs (k, m) are asked for, one for each word.")
    wrong = int(np.any(found != right, axis=1).sum())
    if wrong:
        raise Wrong(so_many(wrong, "the six pairs"))


def files():
    """Return what lies beside the notebook: a dict of name -> text."""
    return {"case.json": json.dumps(case()[0])}
