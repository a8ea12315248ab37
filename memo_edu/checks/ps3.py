"""Public checks of problem set 3: small cases, worked out in the exercise; no formula is here."""

import numpy as np

from memo_edu.checks import Chapter, Wrong, call, expect
from memo_edu.codebook import random_stream

chapter = Chapter()
check = chapter.check
hint = chapter.hint

GOOD = "Right on this small case. The grading will try others."


def as_row(answer, what):
    """Read an answer as a row of numbers, or refuse it."""
    row = np.asarray(answer)
    if row.ndim != 1 or (row.size and row.dtype.kind not in "iuf"):
        raise Wrong(f"Return {what}.")
    return row


def as_number(answer, what):
    """Read an answer as one number, or refuse it."""
    number = np.asarray(answer)
    if number.shape != () or number.dtype.kind not in "iuf":
        raise Wrong(f"Return one number, {what}.")
    return float(number)


# ---- Exercise 1 ------------------------------------------------------------------------------

NEEDS = "a list with one whole number for each place"
OPEN = "a list of places, whole numbers"


@chapter.exercise(
    "1 needs",
    hints=["For one n: which tokens stand after each run of n tokens? One kind only: certain."],
)
def needs(answer):
    """The four places of the exercise."""
    say = "For tea cup tea cat the needs are 1, 2, 1, 2."
    found = as_row(call(answer, ["tea", "cup", "tea", "cat"]), NEEDS)
    expect(found, np.array([1, 2, 1, 2]), otherwise=say)
    return GOOD


@chapter.exercise(
    "1 open", hints=["Two things must hold for a window: it is long enough, and it fits."]
)
def left_open(answer):
    """The six places of the exercise."""
    text = ["tea", "cup", "cat", "tea", "cup", "moon"]
    for layers, right in ((1, [2, 5]), (2, [])):
        found = as_row(call(answer, list(text), 2, layers), OPEN)
        say = f"Of tea cup cat tea cup moon, h = 2, {layers} layer(s) leave {right or 'none'} open."
        if found.tolist() != right:
            raise Wrong(say)
    return GOOD


# ---- Exercise 2 ------------------------------------------------------------------------------


@chapter.exercise(
    "2 ways",
    hints=[
        "Go up layer by layer: a key's ways are h copies of the ways below it, moved and added."
    ],
)
def ways(answer):
    """The two windows of the exercise."""
    what = "a list of whole numbers, the newest token's first"
    for strides, right in (([1, 1], [1, 2, 1]), ([1, 3], [1, 1, 0, 1, 1])):
        found = as_row(call(answer, 2, list(strides)), what)
        say = f"For h = 2 and the strides {strides}, the ways should be {right}."
        expect(found, np.array(right), otherwise=say)
    return GOOD


@chapter.exercise("2 alike", hints=["Every way is a part of the key; which parts are the same?"])
def likeness(answer):
    """Chapter 09: token 7 is seen twice."""
    found = call(answer, [5, 6, 7, 8], [5, 6, 100, 8], 2, [1, 1])
    say = "With the strides 1, 1 the cosine is ½ if token 7 changes, as in chapter 09."
    expect(as_number(found, "the cosine"), 0.5, otherwise=say)
    same = call(answer, [4, 6, 7, 8], [6, 7, 8], 2, [1, 1])
    expect(as_number(same, "the cosine"), 1.0, otherwise="Two windows that are the same: 1.")
    return GOOD


@chapter.exercise(
    "2 recall", hints=["Which token stands right after a window that begins with row i?"]
)
def stride_recall(answer):
    """Few tokens in long vectors: everything comes back, whatever the step."""
    stream = random_stream("check ps3")
    E, W = stream.normal(size=(30, 256)) / 16, stream.normal(size=(256, 128)) / 128**0.5
    ids = stream.permutation(30)[:20]
    for step in (1, 3):
        found = as_number(call(answer, ids, E, W, step), "the recall")
        say = f"20 different tokens, d = 256, h = 2, step {step}: the recall should be 1."
        expect(found, 1.0, otherwise=say)
    return GOOD


# ---- Exercise 3 ------------------------------------------------------------------------------


def leads(tokens, place, h, layers):
    """Return the right token's lead on paper with 1, 2 … layers."""
    row, at = [None] * h + list(tokens), place + h
    names = sorted(set(tokens))
    number = {name: i for i, name in enumerate(names)}
    votes, found, own = np.zeros(len(names)), [], number[tokens[place]]
    codes = np.array([-1] * h + [number[token] for token in tokens])
    for layer in range(1, layers + 1):
        size = h**layer
        if size <= at:
            windows = np.lib.stride_tricks.sliding_window_view(codes, size)[: len(row) - size]
            agree = (windows == codes[at - size : at]).mean(axis=1)
            np.add.at(votes, codes[size:], agree)
        found.append(votes[own] - max(np.delete(votes, own), default=0))
    return found


def as_trap(answer, words):
    """Read a trap, or say which rule it breaks."""
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        raise Wrong("Return two things: the list of words, and the place.")
    tokens, place = answer
    if not isinstance(tokens, (list, tuple)) or not all(isinstance(t, str) for t in tokens):
        raise Wrong("The first thing to return is the text, as a list of words.")
    if isinstance(place, (bool, str)) or np.ndim(place) or int(place) != place:
        raise Wrong("The second thing to return is the place, a whole number.")
    if len(tokens) > 600:
        raise Wrong(f"Your text has {len(tokens)} tokens. At most 600 are allowed.")
    if not 0 <= place < len(tokens):
        raise Wrong(f"The text has the places 0 to {len(tokens) - 1}; yours is {place}.")
    if not set(tokens) <= set(words):
        raise Wrong("Your text has words that are not in the list of words.")
    return list(tokens), int(place)


def expect_trap(answer, words, h, layers):
    """Refuse a trap that does not snap on paper, and return it."""
    tokens, place = as_trap(answer, words)
    *_, low, high = leads(tokens, place, h, layers + 1)
    few, many = (
        f"h = {h}: with {layers} layer(s), on paper, ",
        f"h = {h}: with {layers + 1} layers, ",
    )
    if low > 1e-9:
        raise Wrong(f"{few}the right word wins. It should be outvoted.")
    if low > -1 + 1e-9:
        raise Wrong(f"{few}the right word is behind by {abs(low):.2f}. Make it a vote.")
    if high < -1e-9:
        raise Wrong(f"{many}on paper, the right word is outvoted, too. It should win.")
    if high < 1 - 1e-9:
        raise Wrong(f"{many}on paper, the right word leads by {abs(high):.2f}. Make it a vote.")
    return tokens, place


@chapter.exercise(
    "3 trap",
    hints=[
        "What stands in the last h^l places is seen by all layers; what stands before them, by "
        "layer l + 1 alone. Make friends of the wrong word in the one, of the right word in the "
        "other."
    ],
)
def trap(answer):
    """The smallest case, on paper."""
    words = [f"word{i}" for i in range(1000)]
    expect_trap(call(answer, list(words), 4, 1), words, 4, 1)
    return "On paper this is a trap for h = 4 and l = 1. The grading will try other h and l."


# ---- Exercise 4 ------------------------------------------------------------------------------


@chapter.exercise(
    "4 paper", hints=["Every copy votes, for its own follower; the one that was asked, wholly."]
)
def expected_share(answer):
    """The cases of the exercise."""
    for followers, right in ((["key", "key", "door"], 2 / 3), (["key", "door"], 0.5)):
        found = as_number(call(answer, list(followers), 4, 4, 1), "the share")
        say = f"One layer, h = 4, m = 4, the followers {', '.join(followers)}: {right:.2f}."
        expect(found, right, otherwise=say)
    return GOOD


@chapter.exercise(
    "4 measured", hints=["recall(text, start=0).correct has an entry for every token of the text."]
)
def share_after(answer):
    """After one phrase the next word is always the same; after another it never is."""
    text = ["tea", "cup", "cat", "moon", "tea", "cup", "sun", "fog", "tea", "cup", "owl"]
    found = as_number(call(answer, list(text), ["cat", "moon"], 2, 1), "the share")
    expect(found, 1.0, otherwise="After cat moon comes only one word: the share should be 1.")
    found = as_number(call(answer, list(text), ["tea", "cup"], 2, 1), "the share")
    say = "After tea cup come three words, one each, and h = 2: one layer gets one of them right."
    expect(found, 1 / 3, otherwise=say)
    return GOOD


# ---- Exercise 5 ------------------------------------------------------------------------------

NOTES = np.array([[1, 1.5], [1, 0.375]])


@chapter.exercise("5 without", hints=["The sum of all layers, less one; then who is the best?"])
def without(answer):
    """The three notes: only with layer 2 is the key ahead; together they fail, or hold."""
    votes = np.array([[[1, 1.5], [1, 0.25]], [[1, 0.0], [0.5, 0.75]]])
    found = as_row(call(answer, votes, np.array([0, 0])), "one recall for each layer")
    say = (
        "Two places. Without layer 1 the first is right, the second wrong; without layer 2 the "
        "other way round: ½ and ½."
    )
    expect(found, np.array([0.5, 0.5]), otherwise=say)
    return GOOD


@chapter.exercise(
    "5 weights", hints=["Every other candidate asks for a lower end, or for an upper one."]
)
def good_weights(answer):
    """The three notes of the exercise."""
    for layer, right in ((2, (0.8, np.inf)), (1, (0, 1.25))):
        found = as_row(call(answer, NOTES, 0, layer), "(low, high)")
        say = f"For the three notes and a weight on layer {layer}, this is not what the text says."
        if found.shape != (2,) or not np.allclose(found, right):
            raise Wrong(say)
    return GOOD


@chapter.exercise("5 read", hints=["In layer 1 a copy's window is the same as the one that asks."])
def read_votes(answer):
    """The word of the exercise."""
    found = as_row(call(answer, np.array([3.02, 0.93, 0.25]), 4), "(k, m), two whole numbers")
    expect(found, np.array([3, 5]), otherwise="There were 3 copies, and 5 tokens in the phrase.")
    return GOOD


@chapter.exercise("5 case", hints=["Your read_votes, for each word of the case."])
def solved(answer):
    """Six pairs."""
    pairs = np.asarray(call(answer))
    if pairs.shape != (6, 2) or pairs.dtype.kind not in "iuf":
        raise Wrong("Six pairs (k, m) are asked for, one for each word.")
    return "Six pairs. Whether they are right is for the grading to say."
