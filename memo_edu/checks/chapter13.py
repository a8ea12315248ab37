"""The exercises of chapter 13, exact memory."""

import contextlib
from statistics import NormalDist

import numpy as np

from memo_edu.checks import Chapter, Wrong, call, expect, where_possible
from memo_edu.codebook import random_stream
from memo_edu.model import MeMo

chapter = Chapter()
check, hint = chapter.check, chapter.hint


# ---- 13.1 ------------------------------------------------------------------------------------


def _level(vectors, offsets, combine=np.prod):
    """Bind every h vectors into one: a layer's windows, out of the blocks below."""
    h = len(offsets)
    blocks = vectors.reshape(-1, h, vectors.shape[1])
    rolled = [np.roll(blocks[:, j], o, axis=1) for j, o in enumerate(offsets)]
    return combine(rolled, axis=0)


def _pyramid(vectors, rolls, combine=np.prod):
    """Go up layer by layer; (number of windows left, d)."""
    for offsets in rolls:
        vectors = _level(vectors, offsets, combine)
    return vectors


def _flat(vectors, rolls):
    """Roll every token once, by the offsets of layer 1, and multiply them all."""
    offsets = list(rolls[0]) * (len(vectors) // len(rolls[0]))
    rolled = [np.roll(x, o) for x, o in zip(vectors, offsets, strict=True)]
    return np.prod(rolled, axis=0)


def _without_axis(vectors, rolls):
    for offsets in rolls:
        blocks = vectors.reshape(-1, len(offsets), vectors.shape[1])
        vectors = np.prod([np.roll(blocks[:, j], o) for j, o in enumerate(offsets)], axis=0)
    return vectors[0]


KEY_MISTAKES = (
    (
        lambda x, rolls: x.prod(axis=0),
        "Nothing was rolled: this key can't tell a window from the same one read backwards.",
    ),
    (
        _flat,
        "Only the tokens are rolled, by layer 1's offsets. The products roll again on their way "
        "up, by the offsets of their own layer.",
    ),
    (
        lambda x, rolls: _pyramid(x, [rolls[0]] * len(rolls))[0],
        "Every layer rolls by layer 1's offsets. Each has a list of its own.",
    ),
    (
        lambda x, rolls: _pyramid(x, rolls[::-1])[0],
        "The layers have each other's offsets. The first list is for layer 1, whose windows are h "
        "tokens side by side.",
    ),
    (
        lambda x, rolls: _pyramid(x, [offsets[::-1] for offsets in rolls])[0],
        "Within a layer the offsets are handed out backwards: the first is for the oldest block.",
    ),
    (
        lambda x, rolls: _pyramid(x, [[-o for o in offsets] for offsets in rolls])[0],
        "The blocks are rolled the other way round. A positive offset moves numbers to the right.",
    ),
    (
        lambda x, rolls: _level(x, rolls[0]),
        "You stop after layer 1: these are the windows of h tokens. Go on, h by h, until one is "
        "left.",
    ),
    (
        lambda x, rolls: _level(x, rolls[0])[-1],
        "This is layer 1's key, of the last h tokens. Layer λ looks back over h^λ.",
    ),
    (
        lambda x, rolls: _level(x, rolls[0])[0],
        "This is one product of h tokens, the oldest ones. Go up, layer by layer, until one row is "
        "left; all tokens are in it.",
    ),
    (
        _without_axis,
        "np.roll without an axis moves numbers from one row into the next. Roll along axis=1, or "
        "one vector at a time.",
    ),
    (
        _pyramid,
        "The numbers are right, but they stand in a table of one row. Return the row itself.",
    ),
    (
        lambda x, rolls: _pyramid(x, rolls, np.sum)[0],
        "This is a sum of rolled blocks. To bind is to multiply, place by place.",
    ),
)


@chapter.exercise(
    "13.1",
    hints=[
        "One layer is exercise 8.2: roll h vectors, each by its own offset, and multiply. Do that "
        "for every h rows, and you have the rows of the next layer.",
        "for offsets in rolls: make a new list of vectors, from vectors[0:h], vectors[h:2*h] … "
        "After the last layer it has one entry left.",
    ],
)
def bound_key(answer):
    """The product of rolled products, for several sizes and numbers of layers."""
    for h, layers, d in ((2, 2, 29), (3, 1, 17), (2, 3, 31), (4, 2, 32)):
        stream = random_stream("check 13", "13.1", h, layers, d)
        x = stream.choice([-1, 1], (h**layers, d))
        rolls = [[int(o) for o in 1 + stream.permutation(d - 1)[:h]] for _ in range(layers)]
        if h == 3:
            rolls[0][-1] = 0
        given = [list(offsets) for offsets in rolls]
        result = call(answer, x, given)
        if given != rolls:
            raise Wrong("Your function changes the lists of offsets. Work on copies of them.")
        mistakes = where_possible(KEY_MISTAKES, x, rolls)
        expect(result, _pyramid(x, rolls)[0], mistakes)
    return "One key for any number of tokens, and every one of them counts."


# ---- 13.2 ------------------------------------------------------------------------------------

READ_MISTAKES = (
    (
        lambda K, Y, G, q, g: q @ (K.T @ Y),
        "This is what an ordinary memory reads. Each value is to be bound with its own row of G "
        "before it is stored; with g, reading would only undo it.",
    ),
    (
        lambda K, Y, G, q, g: q @ (K.T @ (Y * G)),
        "The values are bound, but what is read still carries a signature. Take it off with g.",
    ),
    (
        lambda K, Y, G, q, g: (q @ (K.T @ Y)) * g,
        "You bind what is read, but the values were stored as they are. Bind them first, with G.",
    ),
    (
        lambda K, Y, G, q, g: (q @ (K.T @ G)) * g,
        "The signatures are stored, but the values are missing.",
    ),
    (
        lambda K, Y, G, q, g: (q @ (K.T @ (Y + G))) - g,
        "You add signatures and subtract one. To bind is to multiply, place by place.",
    ),
    (
        lambda K, Y, G, q, g: (q @ (K.T @ (Y + G))) * g,
        "You add signatures to the values. To bind is to multiply, place by place.",
    ),
    (
        lambda K, Y, G, q, g: (q @ (K.T @ (Y * G))) * G[-1],
        "You read with the signature of the last pair. The one who asks has its own, g.",
    ),
    (
        lambda K, Y, G, q, g: (q @ (K.T @ (Y * G))) * G.prod(axis=0),
        "You read with all signatures at once. Only the one who asks counts: g.",
    ),
    (
        lambda K, Y, G, q, g: (q @ ((K * G).T @ Y)) * g,
        "You bind the keys. The signature belongs to the values.",
    ),
    (
        lambda K, Y, G, q, g: (q * g) @ (K.T @ (Y * G)),
        "You bind the question. The signature belongs to the values, and to what is read.",
    ),
    (
        lambda K, Y, G, q, g: (q @ ((Y * G).T @ K)) * g,
        "C is lying on its side: a row of it belongs to a number of the key, KᵀY, not YᵀK.",
    ),
    (
        lambda K, Y, G, q, g: (q @ (K.T @ (Y * G))) * g / len(q),
        "You divide by d_key. Leave what is read as it is.",
    ),
    (
        lambda K, Y, G, q, g: np.sign((q @ (K.T @ (Y * G))) * g),
        "These are only signs. Leave what is read as it is: clean-up needs its size.",
    ),
    (
        lambda K, Y, G, q, g: ((q @ (K.T @ (Y * G))) * g).sum(),
        "This is one number. ⊙ multiplies place by place, and adds nothing up.",
    ),
    (
        lambda K, Y, G, q, g: K.T @ (Y * G),
        "This is the memory, C. Now ask it with q, and sign the answer.",
    ),
)


@chapter.exercise(
    "13.2",
    hints=[
        "Three steps: bind every value with its signature, memorize as in chapter 02, then ask and "
        "bind the answer with g.",
        "Y * G binds all values at once. KᵀY has become Kᵀ(Y ⊙ G), and reading is (q C) ⊙ g.",
    ],
)
def read_bound(answer):
    """(q Kᵀ(Y ⊙ G)) ⊙ g, for several sizes."""
    for M, d_key, d_value in ((5, 8, 8), (9, 6, 16), (3, 12, 4), (1, 7, 7)):
        stream = random_stream("check 13", "13.2", M, d_key, d_value)
        K, q = stream.choice([-1, 1], (M, d_key)), stream.choice([-1, 1], d_key)
        Y, G = stream.choice([-1, 1], (2, M, d_value))
        g = stream.choice([-1, 1], d_value)
        right = (q @ (K.T @ (Y * G))) * g
        mistakes = where_possible(READ_MISTAKES, K, Y, G, q, g)
        expect(call(answer, K, Y, G, q, g), right, mistakes)
    return "Stored under a signature, read under a signature."


# ---- 13.3 ------------------------------------------------------------------------------------


class _Machine(MeMo):
    """A small model that forgets bit for bit; the others spoil something when they forget."""

    encoder_name = "binding"

    def __init__(self):
        super().__init__(32, 2, 1, self.encoder_name, backend="numpy")

    def forget(self, text_or_name):
        before, names = self.matrix, list(self.texts)
        place = names.index(self._ledger.find(text_or_name, self.tokenizer))
        super().forget(text_or_name)
        after = np.array(self.matrix)
        self._memory.matrix = self.spoil(after, before, place, len(names))

    def spoil(self, after, before, place, count):
        """Return the matrix that is left when text number place of count is forgotten."""
        return after


def _one_off(after):
    after[3, 5] += 1
    return after


class _Keeps(_Machine):
    def spoil(self, after, before, place, count):
        return before


class _OneOff(_Machine):
    def spoil(self, after, before, place, count):
        return _one_off(after)


class _LastBit(_Machine):
    def spoil(self, after, before, place, count):
        after[3, 5] = np.nextafter(after[3, 5], np.float32(np.inf))
        return after


class _Rounds(_Machine):
    encoder_name = "projection"


class _Swaps(_Machine):
    def spoil(self, after, before, place, count):
        flat = after.ravel()
        other = np.flatnonzero(flat != flat[0])
        if len(other):
            flat[[0, other[0]]] = flat[[other[0], 0]]
        return flat.reshape(after.shape)


class _CleanSlate(_Machine):
    def spoil(self, after, before, place, count):
        return _one_off(after) if count > 1 else np.zeros_like(after)


class _Latest(_Machine):
    def spoil(self, after, before, place, count):
        return after if place == count - 1 else _one_off(after)


class _Oldest(_Machine):
    def spoil(self, after, before, place, count):
        return after if place == 0 else _one_off(after)


class _Ends(_Machine):
    def spoil(self, after, before, place, count):
        return after if place in (0, count - 1) else _one_off(after)


class _Middle(_Machine):
    def spoil(self, after, before, place, count):
        return _one_off(after) if place in (0, count - 1) else after


class _AllButLatest(_Machine):
    def spoil(self, after, before, place, count):
        return after if place < count - 1 else _one_off(after)


class _AllButOldest(_Machine):
    def spoil(self, after, before, place, count):
        return after if place else _one_off(after)


class _Ordered(_Machine):
    """Its memory tells in which order it has read what it still knows."""

    @property
    def matrix(self):
        order = sum(i * count for i, count in enumerate(self.texts.values()))
        return self._memory.matrix + np.float32(order)

    def forget(self, text_or_name):
        MeMo.forget(self, text_or_name)


# A machine, whether it forgets exactly, and what to say to a proof that judges it wrongly.
MACHINES = (
    (
        _Machine,
        True,
        "Your proof rejects the binding encoder, whose bits are all right. Does the other machine "
        "memorize just the texts that stay, each of them once?",
    ),
    (
        _Keeps,
        False,
        "Your proof passes a machine whose forget does nothing. Compare it with one that never "
        "read the text.",
    ),
    (
        _OneOff,
        False,
        "Your proof passes a memory in which one number is off by 1. Look at the numbers of the "
        "matrix, not at answers or at recall, and forgive nothing.",
    ),
    (
        _LastBit,
        False,
        "Your proof passes a memory in which the last bit of a number is wrong. Nearly equal is "
        "not equal: no tolerance, no rounding.",
    ),
    (
        _Rounds,
        False,
        "Your proof passes the projection too, which leaves rounding behind as soon as other texts "
        "stay in the memory. Let them stay.",
    ),
    (
        _CleanSlate,
        False,
        "Your proof forgets everything, and a machine that is right only when it is empty passes. "
        "Let the other texts stay.",
    ),
    (
        _Swaps,
        False,
        "Your proof passes a memory in which two numbers have changed places. Compare number with "
        "number, not sums, norms or sorted lists.",
    ),
    (
        _Latest,
        False,
        "Your proof passes a machine that can only undo its last step. Forget each text in turn.",
    ),
    (
        _Oldest,
        False,
        "Your proof passes a machine that can only forget its oldest text. Forget each text in "
        "turn.",
    ),
    (
        _Ends,
        False,
        "Your proof passes a machine that fails at texts from the middle. Forget each one in turn.",
    ),
    (
        _Middle,
        False,
        "Your proof passes a machine that fails at the first and the last text. Forget each one in "
        "turn.",
    ),
    (
        _AllButLatest,
        False,
        "Your proof passes a machine that fails at the text it has read last. Forget each one in "
        "turn, up to the last.",
    ),
    (
        _AllButOldest,
        False,
        "Your proof passes a machine that fails at its oldest text. Forget each one in turn, from "
        "the first.",
    ),
    (
        _Ordered,
        False,
        "Your proof passes a machine whose memory depends on the order of reading. Let the other "
        "one read the rest in the reverse order.",
    ),
)
NOTES = [
    "The tea is hot.",
    "A cup stands on the table, and a cat under it.",
    "The moon is a door.",
    "Nobody has seen the key of the moon since noon.",
]


@chapter.exercise(
    "13.3",
    hints=[
        "Go through the texts. For each one make two new models: the first reads all and forgets "
        "this one, the second reads the others, last one first. What has to be equal?",
        "np.array_equal compares two arrays number by number. One difference, for one text, and "
        "the answer is False; True comes only after the loop.",
    ],
)
def forgets_exactly(answer):
    """Tell a machine that forgets bit for bit from thirteen that don't."""
    for count in (4, 3):
        for machine, is_exact, message in MACHINES:
            texts = NOTES[:count]
            found = call(answer, machine, texts)
            if texts != NOTES[:count]:
                raise Wrong("Your function changes the list it was given. Work on a copy of it.")
            if not isinstance(found, (bool, np.bool_)):
                raise Wrong(f"Return one True or False, not {type(found).__name__}.")
            if found != is_exact:
                raise Wrong(message)
    return "Fourteen machines, and your proof saw through all that only nearly forget."


# ---- 13.4 ------------------------------------------------------------------------------------

BELL = NormalDist()
THRESHOLD_MISTAKES = (
    (
        lambda V, a: BELL.inv_cdf(1 - a),
        "This line is for one candidate. There are V of them, and the best one counts.",
    ),
    (
        lambda V, a: BELL.inv_cdf(1 - a / V),
        "Very near. α/V adds the chances up as if no two candidates ever passed together; Φ(t)^V "
        "is exact.",
    ),
    (
        lambda V, a: BELL.inv_cdf(a ** (1 / V)),
        "Turned round: with this t, noise stays below with probability α.",
    ),
    (
        lambda V, a: BELL.inv_cdf(1 - a ** (1 / V)),
        "Solve Φ(t)^V = 1 − α: it is 1 − α that has to be split over V candidates.",
    ),
    (
        lambda V, a: BELL.inv_cdf((1 - a) ** V),
        "The power is the wrong way round: the V-th root of 1 − α, not its V-th power.",
    ),
    (
        lambda V, a: BELL.inv_cdf((1 - a / 2) ** (1 / V)),
        "Half of α is too little: a score that is far below 0 is no false alarm.",
    ),
    (
        lambda V, a: -BELL.inv_cdf((1 - a) ** (1 / V)),
        "The sign is turned.",
    ),
    (
        lambda V, a: (1 - a) ** (1 / V),
        "This is Φ(t), what one candidate needs. At which t does the bell curve reach it?",
    ),
    (
        lambda V, a: BELL.cdf((1 - a) ** (1 / V)),
        "You look up Φ at that place; you need the t at which Φ has that value: inv_cdf.",
    ),
    (
        lambda V, a: BELL.inv_cdf((1 - a) ** (1 / (V - 1))),
        "None of these V candidates is right. So take V, and not V − 1.",
    ),
    (
        lambda V, a: np.sqrt(2 * np.log(V)),
        "√(2 ln V) is about where the best of V lies. How seldom it gets further depends on α.",
    ),
)


@chapter.exercise(
    "13.4",
    hints=[
        "Noise stays below t with probability Φ(t)^V. That should be 1 − α. What is Φ(t), then?",
        "Φ(t) is the V-th root of 1 − α. NormalDist().inv_cdf(p) is the t at which Φ is p.",
    ],
)
def threshold(answer):
    """Solve Φ(t)^V = 1 - α, for several V and α."""
    for V, alpha in ((2_215, 0.01), (7, 0.3), (50_277, 0.001), (3, 0.6), (1, 0.05)):
        mistakes = []
        for make, message in THRESHOLD_MISTAKES:
            with contextlib.suppress(ValueError, ZeroDivisionError):
                mistakes.append((make(V, alpha), message))
        right = BELL.inv_cdf((1 - alpha) ** (1 / V))
        expect(call(answer, V, alpha), right, mistakes)
    return "Noise has a height, and you know it before you ask."
