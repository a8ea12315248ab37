"""The exercises of chapter 15, faster and bigger."""

import contextlib
import functools
import math

import numpy as np

from memo_edu import theory
from memo_edu.checks import Chapter, Wrong, call, expect
from memo_edu.codebook import random_stream

chapter = Chapter()
check, hint = chapter.check, chapter.hint


# ---- 15.1 ------------------------------------------------------------------------------------


def _projection(d, h, layers):
    if layers == 1:
        return d * d / h + d * d
    return (layers - 1) * d * d / h + (layers - 2) * h * d * d + d * d + d * d


def _binding(d, h, layers):
    return layers * (h - 1) * d + (h - 1) * d + d + d * d


PROJECTION_MISTAKES = (
    (
        lambda d, h, layers: layers * d * d / h + (layers - 1) * h * d * d + d * d,
        "the third saving is missing. The last layer gets its piece with one matrix, P W.",
    ),
    (
        lambda d, h, layers: _binding(d, h, layers),
        "this is what binding takes. The projection's number comes first.",
    ),
    (
        lambda d, h, layers: _projection(d, h, layers) + (layers > 1) * h * d * d,
        "the layer below the last makes an encoding here. Its blocks go through P W at once.",
    ),
    (
        lambda d, h, layers: _projection(d, h, layers) - (layers > 1) * (d * d - d * d / h),
        "the last layer's piece is too cheap: h blocks go through P W, so it has h·d rows.",
    ),
    (
        lambda d, h, layers: _projection(d, h, layers) - max(layers - 2, 0) * (h - 1) * d * d,
        "an encoding is too cheap: h blocks go through P, so it has h·d rows.",
    ),
    (
        lambda d, h, layers: layers * d * d / h + layers * h * d * d + d * d,
        "every layer makes an encoding here, even the last one. Who would use that?",
    ),
    (
        lambda d, h, layers: _projection(d, h, layers) + (layers - 1 or 1) * d * d * (1 - 1 / h),
        "a token goes through W once for every window that it stands in. Once is enough.",
    ),
    (
        lambda d, h, layers: _projection(d, h, layers) + (layers - 1) * d * d,
        "every layer writes by itself. Their keys are added up first, so writing is one product.",
    ),
    (
        lambda d, h, layers: (layers - 1) * d * d / h + (layers - 2) * h * d * d + 2 * d * d,
        "with one layer there is no layer below to get a piece from: it goes through W.",
    ),
    (
        lambda d, h, layers: _projection(d, h, layers) + (layers > 1) * d * d / h,
        "the last layer's piece is counted twice, with W and with P W. One of them is enough.",
    ),
    (
        lambda d, h, layers: _projection(d, h, layers) - d * d,
        "the product KᵀY is missing: to write one pair takes a multiplication for each number of "
        "C.",
    ),
    (
        lambda d, h, layers: _projection(d, h, layers) / d**2,
        "this is in units of d². Count the multiplications themselves.",
    ),
    (
        lambda d, h, layers: 2 * _projection(d, h, layers),
        "you count the additions too. Only multiplications are asked for.",
    ),
)

BINDING_MISTAKES = (
    (
        lambda d, h, layers: layers * h * d + h * d + d + d * d,
        "h blocks are multiplied with h − 1 multiplications: the first one is just taken.",
    ),
    (
        lambda d, h, layers: layers * (h - 1) * d + d + d * d,
        "the signature is missing. It is a product of h tokens.",
    ),
    (
        lambda d, h, layers: layers * (h - 1) * d + (h - 1) * d + d * d,
        "the value must still be multiplied by its signature.",
    ),
    (
        lambda d, h, layers: layers * (h - 1) * d + d * d,
        "signature and bound value are missing: only the keys were counted.",
    ),
    (
        lambda d, h, layers: 2 * layers * (h - 1) * d + d + d * d,
        "every layer makes a signature here. They share the one of layer 1.",
    ),
    (
        lambda d, h, layers: (
            sum(h**i - 1 for i in range(1, layers + 1)) * d + (h - 1) * d + d + d * d
        ),
        "every layer starts from the tokens again. A layer's blocks are the windows of the layer "
        "below, which are there already.",
    ),
    (
        lambda d, h, layers: _binding(d, h, layers) + (layers - 1) * d * d,
        "every layer writes by itself. Their keys are added up first, so writing is one product.",
    ),
    (
        lambda d, h, layers: _binding(d, h, layers) - d * d,
        "the product KᵀY is missing: to write one pair takes a multiplication for each number of "
        "C.",
    ),
    (
        lambda d, h, layers: _binding(d, h, layers) / d**2,
        "this is in units of d². Count the multiplications themselves.",
    ),
    (
        lambda d, h, layers: 2 * _binding(d, h, layers),
        "you count the additions too. Only multiplications are asked for.",
    ),
)

SIZES = ((60, 5, 4), (64, 4, 3), (48, 3, 2), (1024, 4, 3), (30, 2, 1), (16, 4, 1), (64, 2, 2))


@chapter.exercise(
    "15.1",
    hints=[
        "For each step write down (rows) · (columns) of the matrix that one vector goes through, "
        "and how many layers take the step. Begin with l = 3, then ask what is different for 1.",
        "Projection, for l ≥ 2: l − 1 pieces of d · d/h, l − 2 encodings of h·d · d, one P W of "
        "h·d · d/h, and the product d · d. Binding: how many multiplications join h blocks?",
    ],
)
def multiplications(answer):
    """The projection's and binding's work a token."""
    found = [_two_numbers(call(answer, *sizes)) for sizes in SIZES]
    for side, (name, right, mistakes) in enumerate(
        (
            ("Projection", _projection, PROJECTION_MISTAKES),
            ("Binding", _binding, BINDING_MISTAKES),
        )
    ):
        values = [pair[side] for pair in found]
        expected = [right(*sizes) for sizes in SIZES]
        if np.allclose(values, expected, rtol=1e-9):
            continue
        for make, message in mistakes:
            if np.allclose(values, [make(*sizes) for sizes in SIZES], rtol=1e-9):
                raise Wrong(f"{name}: {message}")
        first = next(i for i in range(len(SIZES)) if not np.isclose(values[i], expected[i]))
        d, h, layers = SIZES[first]
        raise Wrong(f"{name}: not right yet, for instance for d = {d}, h = {h}, l = {layers}.")
    return "Paid to the last multiplication."


def _two_numbers(result):
    array = np.asarray(result)
    if array.shape != (2,) or array.dtype.kind not in "iuf":
        raise Wrong("Return two numbers, (projection, binding).")
    return array.astype(float)


# ---- 15.2 ------------------------------------------------------------------------------------


def _window_keys(X):
    """Make summed keys of whole numbers, with two layers of h = 2: the longest window has four."""
    first, second = np.zeros_like(X), np.zeros_like(X)
    first[1:] = np.roll(X[:-1], 1, axis=1) * X[1:]
    second[3:] = np.roll(first[1:-2], 3, axis=1) * first[3:]
    return first + second


def _block(X, keys, start, stop, first):
    """Return what a block adds, if it is given the rows from first on."""
    return keys(X[first:stop])[start - first :].T @ X[start + 1 : stop + 1]


def _summed(X, keys, size, back):
    """Memorize in blocks that look back over so many rows."""
    return sum(
        _block(X, keys, start, min(start + size, len(X) - 1), max(0, start - back))
        for start in range(0, len(X) - 1, size)
    )


def _starts(X, size):
    """List (start, stop) of blocks of pairs."""
    return [(start, min(start + size, len(X) - 1)) for start in range(0, len(X) - 1, size)]


def _all_rows_again(X, keys, size, reach):
    C = 0
    for start, stop in _starts(X, size):
        first = max(0, start - reach + 1)
        C = C + keys(X[first:stop]).T @ X[first + 1 : stop + 1]
    return C


def _without_edges(X, keys, size, reach):
    C = 0
    for start, stop in _starts(X, size):
        first = max(0, start - reach + 1)
        C = C + keys(X[first:stop])[start - first : -1].T @ X[start + 1 : stop]
    return C


def _cut(X, keys, size, reach, back=0):
    pieces = [X[max(0, start - back) : start + size] for start in range(0, len(X), size)]
    return sum(keys(piece)[:-1].T @ piece[1:] for piece in pieces)


def _cut_with_overlap(X, keys, size, reach):
    return _cut(X, keys, size, reach, back=reach)


BLOCK_MISTAKES = (
    (
        lambda X, keys, size, reach: _summed(X, keys, size, 0),
        "The windows that reach over the edge of a block are lost. Give keys the rows before the "
        "block as well.",
    ),
    (
        lambda X, keys, size, reach: _summed(X, keys, size, reach - 2),
        "You look back one row too few: the longest window of a block's first pair does not fit.",
    ),
    (
        _all_rows_again,
        "The pairs of the rows that you look back on are memorized twice. They help to make keys, "
        "but they belong to the block before.",
    ),
    (
        _cut_with_overlap,
        "You cut a text with an overlap, and the pairs in the overlap are memorized twice. The "
        "rows that you look back on help to make keys, but each pair belongs to one block.",
    ),
    (
        _cut,
        "You cut the text and memorize it piece by piece. What reaches over the cuts is lost, both "
        "windows and the pairs that lead over them.",
    ),
    (
        _without_edges,
        "The last pair of each block is lost: its next token is the first one of the block after "
        "it.",
    ),
    (
        lambda X, keys, size, reach: _summed(X[: (len(X) - 1) // size * size + 1], keys, size, 9),
        "The last block is missing. It may have fewer pairs than the others.",
    ),
    (
        lambda X, keys, size, reach: _block(
            X, keys, *_starts(X, size)[-1], max(0, _starts(X, size)[-1][0] - reach)
        ),
        "This is the last block alone. Add up what all blocks give.",
    ),
    (
        lambda X, keys, size, reach: _block(X, keys, *_starts(X, size)[0], 0),
        "This is the first block alone. Did you return inside the loop?",
    ),
    (
        lambda X, keys, size, reach: keys(X[:-1]).T @ X[:-1],
        "Key and value are the same row here. The value of a pair is the row after its key's.",
    ),
    (
        lambda X, keys, size, reach: keys(X).T @ X,
        "Each key leads to the last token of its own window. It should lead to the token after it.",
    ),
    (
        lambda X, keys, size, reach: X[1:].T @ keys(X)[:-1],
        "The memory lies on its side: rows belong to the keys.",
    ),
    (
        lambda X, keys, size, reach: keys(X)[:-1].T @ X[1:] / len(_starts(X, size)),
        "This is the mean of the blocks. Memories are added up.",
    ),
)


@chapter.exercise(
    "15.2",
    hints=[
        "Number the pairs 0 to n − 2: pair i has the window that ends with row i, and the value "
        "X[i + 1]. A block has the pairs from start to stop − 1. Which rows does it need?",
        "The window of pair start ends with row start and has reach rows: where does it begin? "
        "Give keys the rows from there to stop − 1, and mind row 0, before which there is nothing.",
        "Of the keys that come back, drop those of the rows before start. The values of the others "
        "are X[start + 1 : stop + 1]; stop is at most n − 1.",
    ],
)
def in_blocks(answer):
    """A text in blocks, equal to the text in one piece, number by number."""
    for n, size in ((24, 5), (21, 5), (23, 8), (9, 100), (12, 1), (30, 2)):
        X = random_stream("check 15", "15.2", n, size).choice([-1, 1], (n, 8))
        given = []

        def keys(rows, given=given):
            given.append(len(rows))
            return _window_keys(np.asarray(rows))

        found = call(answer, X, keys, size, 4)
        right = _window_keys(X)[:-1].T @ X[1:]
        mistakes = []
        for make, message in BLOCK_MISTAKES:
            with contextlib.suppress(ValueError, IndexError):
                mistakes.append((make(X, _window_keys, size, 4), message))
        expect(found, right, mistakes)
        if not given:
            raise Wrong("Make the keys with the function keys that is handed over.")
        if max(given) > size + 4:
            raise Wrong(
                f"You passed {max(given)} rows to keys at once, where a block of {size} pairs and "
                "windows of 4 tokens need fewer. With a long text there would be no room for that."
            )
    return "Block after block, and not a pair lost or counted twice."


# ---- 15.3 ------------------------------------------------------------------------------------


class _Machines:
    """Memorizes lists of texts, breaks down at some calls, and notes what it was given.

    Args:
        texts: all the texts.
        broken: the numbers of the calls, from 1, at which nothing comes back.
    """

    def __init__(self, texts, broken):
        self.known = {text: _memory_of(text) for text in texts}
        self.broken, self.asked, self.done, self.lent = broken, [], [], []

    def memorize(self, texts):
        """Return the sum of some texts' memories, or None."""
        if isinstance(texts, str):
            raise Wrong("memorize takes a list of texts, even if it has only one.")
        texts = list(texts)
        self.asked.append(texts)
        if len(self.asked) > 200:
            raise Wrong("You ask again and again, even when a memory has come back.")
        if not texts:
            raise Wrong("A machine was given no texts at all. There are enough for each of them.")
        if len(self.asked) in self.broken:
            return None
        self.done.append(texts)
        part = sum(self.known[text] for text in texts)
        self.lent.append((part, part.copy()))
        return part

    def times(self, C):
        """Find how many times each text is in a memory, or None if C is no sum of them."""
        columns = np.array([memory.ravel() for memory in self.known.values()]).T
        times = np.linalg.lstsq(columns, np.ravel(C), rcond=None)[0]
        return times if np.allclose(columns @ times, np.ravel(C), atol=1e-6) else None


def _memory_of(text):
    return random_stream("check 15", "15.3", text).integers(-9, 10, (5, 5))


CASES = (  # texts, machines, calls at which nothing comes back
    (11, 4, (2, 3, 6)),
    (7, 3, (1,)),
    (9, 3, (3, 4, 5)),
    (6, 2, ()),
    (5, 5, (5,)),
    (4, 1, (1, 2)),
)


@chapter.exercise(
    "15.3",
    hints=[
        "Two loops: one goes through the lists, the other asks again as long as what comes back "
        "is None. A sum starts at 0.",
        "texts[i::machines] is every machines-th text from text i on: for i = 0, 1 … that deals "
        "the texts out like cards. Use `part is None` to test; a matrix can't be compared with ==.",
    ],
)
def sum_of_parts(answer):
    """Every text once, in lists of equal length, however often machines break down."""
    for count, machines, broken in CASES:
        texts = [f"text {i} of {count}" for i in range(count)]
        far, given = _Machines(texts, broken), list(texts)
        try:
            C = call(answer, given, far.memorize, machines)
        except TypeError as error:
            if "NoneType" in str(error):
                raise Wrong(
                    "A machine broke down, and you added up what came back: None. Ask it again."
                ) from error
            raise
        if given != texts:
            raise Wrong("Your function changes the list of texts. Leave it as it is.")
        if any(not np.array_equal(part, copy) for part, copy in far.lent):
            raise Wrong(
                "You add into a memory that a machine has made. Make a new one: C = C + part."
            )
        _judge_sum(np.asarray(C), far, texts, machines)
    return "Split, asked again where need was, and added up: nobody can tell who did what."


def _judge_sum(C, far, texts, machines):
    """Say what is wrong with a sum, or with the way in which it was made."""
    if C.shape != (5, 5):
        raise Wrong(f"Your answer has the shape {C.shape}; it should be that of a memory, (5, 5).")
    times = far.times(C)
    if times is None:
        raise Wrong("This is no sum of the memories that came back.")
    if np.allclose(times, 0):
        raise Wrong("This memory is empty. Add up what comes back.")
    if np.allclose(times, times[0]) and not np.isclose(times[0], 1):
        if times[0] < 1:
            raise Wrong("This is a mean of the memories. They should be added up.")
        raise Wrong(
            f"Every text is in this memory {times[0]:.0f} times. One machine should read it."
        )
    lost = [text for text, number in zip(texts, times, strict=True) if np.isclose(number, 0)]
    if lost:
        raise Wrong(_what_was_lost(lost, far))
    if np.any(times > 1.5):
        raise Wrong(
            "Some texts are in this memory twice. Keep what came back, ask for the rest only."
        )
    if not np.allclose(times, 1):
        raise Wrong("The parts were added with different weights. Each counts in full.")
    sizes = [len(share) for share in far.done]
    if any(far.done.count(share) > 1 for share in far.done):
        raise Wrong("A machine that had answered was asked again. Keep what has come back.")
    if len(sizes) != machines:
        raise Wrong(
            f"{len(sizes)} lists of texts were memorized, for {machines} machine"
            f"{'s' if machines > 1 else ''}. Make one list for each."
        )
    if max(sizes) - min(sizes) > 1:
        raise Wrong(
            f"The lists have from {min(sizes)} to {max(sizes)} texts, so that most machines wait "
            "for one. Their lengths should differ by 1 at most."
        )


def _what_was_lost(lost, far):
    """Say why texts are not in the sum."""
    if any(text in share for share in far.done for text in lost):
        return "A memory that came back is not in the sum."
    times_asked = [sum(text in share for share in far.asked) for text in lost]
    if 0 in times_asked:
        return f"No machine was given {times_asked.count(0)} of the texts. Were they left over?"
    if max(times_asked) > 1:
        return (
            "You gave up too early: a machine may break down several times. Ask until it answers."
        )
    return "What a broken machine should have read is missing. Ask it again, with the same texts."


# ---- 15.4 ------------------------------------------------------------------------------------


@functools.cache
def _room(d, vocab_size, accuracy):
    return theory.capacity(d, d, vocab_size, accuracy)


def _smallest(tokens, vocab_size, accuracy, step=64):
    """Find the smallest multiple of step with enough room: double, then halve the interval."""
    low, high = 0, 1
    while _room(high * step, vocab_size, accuracy) < tokens:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if _room(middle * step, vocab_size, accuracy) < tokens:
            low = middle
        else:
            high = middle
    return high * step


DIM_MISTAKES = (
    (
        lambda N, V, p: 64 * math.ceil(N / theory.capacity(64, 64, V, p)),
        "You let d grow in proportion to N. A matrix has d² numbers, and all of them count.",
    ),
    (
        lambda N, V, p: max(64, _smallest(N, V, p) - 64),
        "This d is one step too small: there is no room for N tokens yet.",
    ),
    (
        lambda N, V, p: _smallest(N, V, p) + 64,
        "A smaller d will do: one step less has room for N already.",
    ),
    (
        lambda N, V, p: _smallest(N + 1, V, p),
        "If the room is exactly N, that is enough: N or more.",
    ),
    (
        lambda N, V, p: _smallest(N, V, 0.9),
        "You always ask for a recall of 0.9. Use the accuracy that is handed over.",
    ),
    (
        lambda N, V, p: 2 ** math.ceil(math.log2(_smallest(N, V, p))),
        "You double d at each step. Go up by 64.",
    ),
    (
        lambda N, V, p: _room(_smallest(N, V, p), V, p),
        "This is how many tokens fit. Return d.",
    ),
    (
        lambda N, V, p: _smallest(N, V, p) ** 2,
        "This is how many numbers the matrix has. Return d, the length of its side.",
    ),
    (
        lambda N, V, p: _smallest(N, V, p, step=1),
        "This d is the smallest of all, but no multiple of 64.",
    ),
    (
        lambda N, V, p: 64 * math.ceil(math.sqrt(2 * N * math.log(V)) / 64),
        "This is the rule d²/(2 ln V), which holds for very large d only. Ask theory.capacity.",
    ),
    (
        lambda N, V, p: 64 * math.ceil(math.sqrt(N) / 64),
        "You take one number for each token. That is far too few; ask theory.capacity.",
    ),
)


def _texts_to_fit():
    """List (N, V, accuracy): ordinary ones, one that just fits, and one that just does not."""
    exactly = _room(192, 700, 0.95)
    return [
        (2600, 3000, 0.8),
        (900, 400, 0.97),
        (exactly, 700, 0.95),
        (exactly + 1, 700, 0.95),
        (3000, 20_000, 0.9),
        (12, 50, 0.9),
    ]


@chapter.exercise(
    "15.4",
    hints=[
        "Start with d = 64, and ask theory.capacity how many tokens fit. As long as it is fewer "
        "than N, go one step up.",
        "A while loop of two lines does it. Is the capacity exactly N, the loop should stop.",
    ],
)
def choose_dim(answer):
    """The smallest multiple of 64 that has room for a text."""
    cases = _texts_to_fit()
    found = [_whole(call(answer, *case)) for case in cases]
    right = [_smallest(*case) for case in cases]
    if found != right:
        for make, message in DIM_MISTAKES:
            if found == [make(*case) for case in cases]:
                raise Wrong(message)
        first = next(i for i, d in enumerate(found) if d != right[i])
        raise Wrong(_what_is_wrong(found[first], *cases[first]))
    return "Neither too small nor larger than need be."


def _what_is_wrong(d, tokens, vocab_size, accuracy):
    """Say what is wrong with a d for so many tokens."""
    if d % 64 or d < 64:
        return f"For {tokens:,} tokens your d is {d}. It should be a multiple of 64, from 64 on."
    if _room(d, vocab_size, accuracy) < tokens:
        return f"For {tokens:,} tokens your d is {d}, and that has no room for them."
    return f"For {tokens:,} tokens your d is {d}. A smaller one has room for them already."


def _whole(result):
    array = np.asarray(result)
    if array.shape != () or array.dtype.kind not in "iuf" or array != np.round(array):
        raise Wrong("Return one whole number, d.")
    return int(array)
