"""The exercises of chapter 08, a vector for a sequence."""

import numpy as np

from memo_edu.checks import Chapter, Wrong, call, expect, where_possible
from memo_edu.codebook import random_stream

chapter = Chapter()
check, hint = chapter.check, chapter.hint


# ---- 8.1 -------------------------------------------------------------------------------------


def _parts(vectors, P):
    """Return what each place adds to the encoding: (h, d), row j is x_j times its rows of P."""
    return np.einsum("ji,jik->jk", vectors, P.reshape(*vectors.shape, -1))


BAG = (
    "All tokens met the same rows of P, so their order is lost: a bag. Each place has its own "
    "d rows."
)
ENCODING_MISTAKES = (
    (lambda x, P: x.sum(axis=0) @ P[: x.shape[1]], BAG),
    (lambda x, P: x.mean(axis=0) @ P[: x.shape[1]], BAG),
    (
        lambda x, P: x[::-1].ravel() @ P,
        "The window went in backwards: the oldest token meets the first rows of P.",
    ),
    (
        lambda x, P: x.T.ravel() @ P,
        "The vectors are shuffled into each other. Lay them one behind the other, token by token.",
    ),
    (
        lambda x, P: x.ravel() @ P / np.sqrt(len(x)),
        "You divide by √h, as for a key. The entries of P have the right size already.",
    ),
    (
        lambda x, P: x.ravel() @ P / np.sqrt(x.size),
        "You divide by √(h·d). That is in the entries of P already.",
    ),
    (
        lambda x, P: x.ravel() @ P / len(x),
        "You divide by h, or take a mean. What the places give should be added up.",
    ),
    (
        lambda x, P: x.ravel() @ P / np.linalg.norm(x.ravel() @ P),
        "This encoding has a norm of exactly 1. P brings it near 1 by itself; leave it at that.",
    ),
    (
        lambda x, P: _parts(x, P),
        "Each place has met its own rows, but the results still stand in h rows. Add them up.",
    ),
    (
        lambda x, P: _parts(x, P).ravel(),
        "The results of the places are laid side by side. They should be added up: d numbers.",
    ),
    (lambda x, P: _parts(x, P)[-1], "Only the last token went in. Where are the others?"),
    (lambda x, P: _parts(x, P)[0], "Only the first token went in. Where are the others?"),
    (
        lambda x, P: x.reshape(1, -1) @ P,
        "The numbers are right, but they stand in a table of one row. Return the row itself.",
    ),
    (
        lambda x, P: x.ravel(),
        "These are the vectors, one behind the other. Now send them through P.",
    ),
)


@chapter.exercise(
    "8.1",
    hints=[
        "By hand it took two steps: lay the h vectors one behind the other, then multiply with P.",
        "A table of shape (h, d) becomes one row of h·d numbers with ravel; np.concatenate does it "
        "too. The row stands on the left of P.",
    ],
)
def encoding(answer):
    """[x₁; …; x_h] P for windows of several sizes."""
    for h, d in ((4, 6), (2, 8), (3, 5), (5, 2)):
        stream = random_stream("check 08", "8.1", h, d)
        x, P = stream.standard_normal((h, d)), stream.standard_normal((h * d, d))
        mistakes = where_possible(ENCODING_MISTAKES, x, P)
        expect(call(answer, x, P), x.ravel() @ P, mistakes)
    return "A whole window, in the room of one token."


# ---- 8.2 -------------------------------------------------------------------------------------


def _rolled(vectors, rolls):
    """Roll each vector by its own offset; (h, d)."""
    return np.array([np.roll(x, o) for x, o in zip(vectors, rolls, strict=True)])


def _chain(vectors, rolls):
    """Roll the product so far with every new token: each is rolled by all later offsets too."""
    v = np.ones_like(vectors[0])
    for x, o in zip(vectors, rolls, strict=True):
        v = np.roll(v * x, o)
    return v


BOUND_MISTAKES = (
    (
        lambda x, rolls: x.prod(axis=0),
        "Nothing was rolled: this product can't tell a window from the same one read backwards.",
    ),
    (
        lambda x, rolls: _rolled(x, [-o for o in rolls]).prod(axis=0),
        "The tokens are rolled the other way round. A positive offset moves numbers to the right.",
    ),
    (
        lambda x, rolls: _rolled(x, rolls[::-1]).prod(axis=0),
        "The offsets are handed out backwards: the first one belongs to the oldest token.",
    ),
    (
        lambda x, rolls: _rolled(x, [rolls[0]] * len(x)).prod(axis=0),
        "All tokens are rolled by the same offset, so their order is still lost.",
    ),
    (
        lambda x, rolls: _rolled(x, range(len(x))).prod(axis=0),
        "You roll by 0, 1, 2 … places. How far each token rolls is written in rolls.",
    ),
    (
        lambda x, rolls: _rolled(x, [*rolls[:-1], 0]).prod(axis=0),
        "The last token was left unrolled, but its offset need not be 0. Look it up in rolls.",
    ),
    (
        lambda x, rolls: _rolled(x, [0, *rolls[1:]]).prod(axis=0),
        "The first token was left unrolled. It has an offset of its own: rolls[0].",
    ),
    (
        lambda x, rolls: _rolled(x, np.cumsum(rolls)).prod(axis=0),
        "Your offsets add up from token to token. Each token rolls by its own one only.",
    ),
    (
        _chain,
        "The product so far is rolled with every new token, so some roll again and again. Roll "
        "each token once, then multiply.",
    ),
    (
        lambda x, rolls: _rolled(x, rolls).sum(axis=0),
        "This is a sum. To bind is to multiply, place by place.",
    ),
    (
        lambda x, rolls: np.sign(_rolled(x, rolls).sum(axis=0)),
        "This is the sign of a sum, a vote. To bind is to multiply, place by place.",
    ),
    (
        lambda x, rolls: _rolled(x, rolls),
        "The tokens are rolled, but not multiplied with each other yet.",
    ),
    (
        lambda x, rolls: _rolled(x, rolls).prod(axis=1),
        "You multiplied along the rows, all the numbers of a token. Multiply down the columns.",
    ),
    (
        lambda x, rolls: _rolled(x, rolls).prod(),
        "This is one number, the product of everything. Multiply down the columns only.",
    ),
    (
        lambda x, rolls: _rolled(x, rolls)[:-1].prod(axis=0),
        "The last token is missing in the product.",
    ),
    (
        lambda x, rolls: _rolled(x, rolls)[1:].prod(axis=0),
        "The first token is missing in the product.",
    ),
    (
        lambda x, rolls: np.prod([np.roll(x, o) for o in rolls], axis=(0, 1)),
        "The whole table was rolled for every offset. Each offset is for one row.",
    ),
)


@chapter.exercise(
    "8.2",
    hints=[
        "Go through vectors and rolls together (zip), and roll each vector by its own offset.",
        "Then multiply the h rolled vectors place by place: start with one and multiply the others "
        "onto it, or let np.prod do it along an axis.",
    ],
)
def bound(answer):
    """The product of the rolled tokens, for windows of several sizes."""
    for h, d in ((4, 23), (2, 11), (3, 17), (5, 32)):
        stream = random_stream("check 08", "8.2", h, d)
        x = stream.choice([-1, 1], (h, d))
        rolls = [int(o) for o in 1 + stream.permutation(d - 1)[:h]]
        if h == 3:
            rolls[-1] = 0
        mistakes = where_possible(BOUND_MISTAKES, x, rolls)
        expect(_with_list(answer, x, rolls), _rolled(x, rolls).prod(axis=0), mistakes)
    return "Every token has left its mark on every number, and order counts."


def _with_list(answer, *given):
    """Call a learner's function that takes a list of offsets, and refuse a list that it changed."""
    copies = [list(value) if isinstance(value, list) else value for value in given]
    result = call(answer, *copies)
    if any(isinstance(a, list) and a != b for a, b in zip(given, copies, strict=True)):
        raise Wrong("Your function changes a list that it was given. Work on a copy: list(rolls).")
    return result


# ---- 8.3 -------------------------------------------------------------------------------------

ROADS = ("projection", "plain product", "product with rolls")


def _shared(a, b):
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)


def _left(window):
    return {token for token in window if window.count(token) % 2}


RIGHT = {
    "projection": _shared,
    "plain product": lambda a, b: float(_left(a) == _left(b)),
    "product with rolls": lambda a, b: float(a == b),
}

COSINE_MISTAKES = (
    (
        "projection",
        lambda a, b: len(set(a) & set(b)) / len(a),
        "Projection: you count common tokens, wherever they stand. An encoding counts places.",
    ),
    (
        "projection",
        lambda a, b: sum(x in b for x in a) / len(a),
        "Projection: a token of the first window counts for you if it stands anywhere in the "
        "second. It must stand in the same place.",
    ),
    (
        "projection",
        lambda a, b: float(a == b),
        "Projection: all or nothing is what products do. This road is gentle.",
    ),
    (
        "projection",
        lambda a, b: _shared(a, b) * len(a),
        "Projection: this is how many places agree. A cosine is at most 1.",
    ),
    (
        "projection",
        lambda a, b: _shared(a, b) ** 0.5,
        "Projection: no root is needed. How do dot product and norms grow with h?",
    ),
    (
        "projection",
        lambda a, b: _shared(a, b) ** 2,
        "Projection: the share of common places is squared here. It is the cosine itself.",
    ),
    (
        "product with rolls",
        _shared,
        "Product with rolls: you give similar windows a share. One wrong token, and nothing is "
        "left.",
    ),
    (
        "product with rolls",
        lambda a, b: float(sorted(a) == sorted(b)),
        "Product with rolls: you ignore the order. The rolls are there so that it counts.",
    ),
    (
        "product with rolls",
        lambda a, b: float(set(a) == set(b)),
        "Product with rolls: you compare sets of tokens. Every token in its place matters.",
    ),
    (
        "product with rolls",
        lambda a, b: float(_left(a) == _left(b)),
        "Product with rolls: this is what the plain product does. Rolled differently, two equal "
        "tokens no longer cancel.",
    ),
    (
        "plain product",
        lambda a, b: float(a == b),
        "Plain product: you demand the same order. Nothing is rolled, so does order matter?",
    ),
    (
        "plain product",
        lambda a, b: float(sorted(a) == sorted(b)),
        "Plain product: the same tokens in any order, yes. But there are other windows with the "
        "same product: some tokens in them cancel.",
    ),
    (
        "plain product",
        lambda a, b: float(set(a) == set(b)),
        "Plain product: you look at which tokens occur, not how often. Is tea ⊙ tea ⊙ cup the "
        "same as tea ⊙ cup?",
    ),
    (
        "plain product",
        _shared,
        "Plain product: you give similar windows a share. One wrong token turns half the signs.",
    ),
    (
        "plain product",
        lambda a, b: len(set(a) & set(b)) / len(a),
        "Plain product: common tokens alone don't help. The others turn half the signs.",
    ),
)


def _window_pairs():
    """List pairs of windows on which every known mistake shows."""
    a, b, c, d, e, f = "tea", " cup", " cat", " moon", " key", " door"
    pairs = [
        ([a, b, c, d], [a, b, c, d]),
        ([a, b, c, d], [a, b, c, e]),
        ([a, b, c, d], [d, c, b, a]),
        ([a, b, c, d], [b, c, d, e]),
        ([a, b, c, d], [e, f, e, f]),
        ([a, a, b, c], [d, d, b, c]),
        ([a, a, b, c], [b, c, f, f]),
        ([a, a, b, c], [a, b, b, c]),
        ([a, a, b, b], [c, d, d, c]),
        ([a, a, a, b], [b, c, c, a]),
        ([a, b, a], [a, b, e]),
        ([a, b], [b, a]),
        ([e, f], [e, a]),
        ([a, a, a], [a, f, f]),
        ([a, b, c, d, e, f], [a, c, b, d, f, e]),
    ]
    stream = random_stream("check 08", "8.3")
    words = [a, b, c, d, e, f]
    for h in (2, 3, 4, 9):
        first, second = ([words[i] for i in stream.integers(0, 1 + h // 2, h)] for _ in range(2))
        pairs += [(first, second), (first, first[::-1]), (first, first[1:] + first[:1])]
    return pairs


@chapter.exercise(
    "8.3",
    hints=[
        "One road after the other, with an if for each. The projection counts places; with rolls "
        "it is all or nothing.",
        "The plain product does not see the order, and x ⊙ x is all ones. So what is left of a "
        "token that stands in a window twice? And three times?",
        "For the plain product, collect the tokens of each window whose count is odd, and compare "
        "the two sets.",
    ],
)
def expected_cosine(answer):
    """m/h; equal tokens that are left after cancelling; equal windows."""
    pairs = _window_pairs()
    for road in ROADS:
        found = [_number(_with_list(answer, a, b, road), road) for a, b in pairs]
        right = [RIGHT[road](a, b) for a, b in pairs]
        if np.allclose(found, right, atol=1e-3):
            continue
        for wrong_road, make, message in COSINE_MISTAKES:
            if road == wrong_road and np.allclose(found, [make(a, b) for a, b in pairs], atol=1e-3):
                raise Wrong(message)
        first = next(i for i, value in enumerate(found) if abs(value - right[i]) > 1e-3)
        one, two = (" ".join(token.strip() for token in window) for window in pairs[first])
        raise Wrong(
            f"{road.capitalize()}: not right yet, for instance for “{one}” and “{two}”, where you "
            f"say {found[first]:.2f}."
        )
    return "Three roads, three characters: a counter of places, a careless one and a strict one."


def _number(value, road):
    """Read the learner's answer as a number, or refuse it."""
    array = np.asarray(value)
    if array.shape != () or array.dtype.kind not in "fiub":
        raise Wrong(f"{road.capitalize()}: return one number, not {type(value).__name__}.")
    return float(array)


# ---- 8.4 -------------------------------------------------------------------------------------


def _others(vectors, rolls, place):
    """Return the known tokens, each rolled by its own offset."""
    return np.delete(_rolled(vectors, rolls), place, axis=0)


MISSING_MISTAKES = (
    (
        lambda v, x, rolls, place: v * _rolled(x, rolls).prod(axis=0),
        "The zeros of the unknown token were multiplied in, and wiped out all the rest.",
    ),
    (
        lambda v, x, rolls, place: v * _others(x, rolls, place).prod(axis=0),
        "This is the missing token, but still rolled. Roll it back.",
    ),
    (
        lambda v, x, rolls, place: np.roll(v * _others(x, rolls, place).prod(axis=0), rolls[place]),
        "The missing token is rolled once more. To roll back, turn the sign of the offset.",
    ),
    (
        lambda v, x, rolls, place: np.roll(
            v * np.delete(x, place, axis=0).prod(axis=0), -rolls[place]
        ),
        "You multiplied by the known tokens as they are. In v they are rolled.",
    ),
    (
        lambda v, x, rolls, place: v * np.delete(x, place, axis=0).prod(axis=0),
        "Nothing was rolled here. In v every token is rolled by its own offset.",
    ),
    (
        lambda v, x, rolls, place: np.roll(v, -rolls[place]),
        "The known tokens are still in there. Multiply by them once more, and they are gone.",
    ),
    (
        lambda v, x, rolls, place: (
            np.roll(v, -rolls[place]) * _others(x, rolls, place).prod(axis=0)
        ),
        "You rolled back too early: first take the known tokens out of v, then roll.",
    ),
    (
        lambda v, x, rolls, place: np.roll(
            v * _others(x, [-o for o in rolls], place).prod(axis=0), -rolls[place]
        ),
        "The known tokens are rolled the wrong way. Roll them just as v rolled them.",
    ),
    (
        lambda v, x, rolls, place: np.roll(v - _others(x, rolls, place).sum(axis=0), -rolls[place]),
        "You subtract the known tokens, as from a bag. Here they were multiplied in.",
    ),
    (lambda v, x, rolls, place: v, "This is v, as it was."),
    (
        lambda v, x, rolls, place: np.roll(v * _others(x, rolls, place).prod(axis=0), -rolls[-1]),
        "You roll back by the last offset. The unknown token may stand in any place.",
    ),
)


@chapter.exercise(
    "8.4",
    hints=[
        "What was multiplied in disappears if it is multiplied in once more. Leave out the row of "
        "zeros.",
        "Multiply v by every known token, rolled as it was in v. What remains is the unknown "
        "token, rolled by its own offset: np.roll with the opposite sign undoes that.",
    ],
)
def missing(answer):
    """Multiply by the known rolled tokens, then roll back."""
    for h, d, place in ((4, 23, 1), (3, 17, 0), (2, 11, 1), (5, 32, 3)):
        stream = random_stream("check 08", "8.4", h, d)
        x = stream.choice([-1, 1], (h, d))
        rolls = [int(o) for o in 1 + stream.permutation(d - 1)[:h]]
        v, right = _rolled(x, rolls).prod(axis=0), x[place].copy()
        x[place] = 0
        mistakes = where_possible(MISSING_MISTAKES, v, x, rolls, place)
        expect(_with_list(answer, v, x, rolls, place), right, mistakes)
    return "Exactly the missing token: no noise, and nothing to clean up."
