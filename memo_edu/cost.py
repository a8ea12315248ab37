"""What memorizing and recall cost: operations and bytes, counted; seconds, from two ceilings.

Every step either multiplies matrices, and uses each number that it fetches many times, or goes
through arrays number by number, and then waits for the memory. No step is faster than the product
rate lets it be, nor than the bandwidth does: it takes max(operations/rate, bytes/bandwidth).
What Python does with every token, and drawing random vectors, is bound by neither ceiling: their
rates are measured apart.
"""

import bisect
import functools
import math
import time
from collections import Counter
from numbers import Real
from typing import NamedTuple

from memo_edu import theory
from memo_edu.backend import get_backend
from memo_edu.codebook import Codebook, random_stream, whole_number
from memo_edu.encoders import ENCODERS
from memo_edu.errors import InputError
from memo_edu.memory import GATHERED
from memo_edu.positions import BLOCK
from memo_edu.rows import Rows

# The encoders whose cost is known here; the halves of binding are for comparison only.
COUNTED = ("binding", "projection")
FLOAT = 4  # bytes
# How many rows could be begun in the time that this takes, besides what is counted otherwise: to
# handle a token in Python, a block of them, and a page of memory that was not in use before.
# Measured on one machine; all of it is the processor's work, and faster where that is faster.
TOKEN, BLOCKFUL, PAGE = 10, 20_000, 50
PAGE_BYTES = 4096
# Arrays beyond this size get new memory each time; smaller ones soon get what others gave back.
REUSED = 32 * 2**20
# The largest d that is tried for a text; its memory takes 69 GB.
LARGEST = 2**17
# Tokens: a longer text is too much for recall_of_text, which compares every window with every one.
COMPARED = 3000
# The largest d for which ceilings are measured: what they are beyond it hardly differs.
MEASURED = 4096
# Tokens of a text whose chance to be recalled is computed, in place of all.
SAMPLED = 200


class Work(NamedTuple):
    """What one step has to do.

    Args:
        operations: multiplications and additions.
        bytes: how many are read and written; a number that a product uses again counts once.
        rows: how many rows of arrays are begun, or what takes as long.
        vectors: how many random vectors are drawn.

    Example:
        >>> Work(operations=2e9, bytes=1e6).operations
        2000000000.0
    """

    operations: float = 0
    bytes: float = 0
    rows: float = 0
    vectors: int = 0


class Ceilings(NamedTuple):
    """What a machine can do in a second, whatever the program.

    Args:
        product: operations of a matrix product in float32.
        bandwidth: bytes read and written by a sum of two arrays.
        rows: rows of an array begun, if they are too short to take time otherwise.
        drawing: random vectors drawn.

    Source: Williams, Waterman and Patterson 2009, Roofline.
    """

    product: float
    bandwidth: float
    rows: float
    drawing: float


def ceilings(dim, encoder="projection", rounds=5, clock=time.perf_counter, backend="auto"):
    """Measure the ceilings of this machine, with arrays of the size that a model works on.

    Args:
        dim: d.
        encoder: "projection" or "binding": their random vectors are of different kinds.
        rounds: every ceiling is measured so often; the best counts.
        clock: a function that tells the time in seconds. time.thread_time leaves out what others
            do on a busy machine.
        backend: see get_backend.

    Returns:
        A Ceilings.

    Example:
        >>> min(ceilings(64, rounds=1, backend="numpy")) > 0
        True
    """
    _check(encoder, dim=dim)
    backend, kind = get_backend(backend), ENCODERS[encoder].kind
    stream = random_stream("ceilings")
    X, C = (backend.asarray(stream.random((n, dim), "float32")) for n in (BLOCK, dim))
    short = backend.asarray(stream.random((BLOCK, 8), "float32"))[:, :4]
    book, tokens = Codebook(dim, kind, backend=backend), range(1, 65)
    steps = lambda: X @ C, lambda: X + X, lambda: short * short, lambda: book.vectors(tokens)
    work = 2 * BLOCK * dim**2, 3 * FLOAT * BLOCK * dim, BLOCK, len(tokens)
    times = [[timed(step, backend, clock) for step in steps] for _ in range(3 * rounds)]
    best = map(min, zip(*times, strict=True))
    return Ceilings(*(w / seconds for w, seconds in zip(work, best, strict=True)))


def memorizing(tokens, dim, heads=4, layers=3, encoder="projection", drawn=0):
    """Count the work of memorizing, step by step.

    In units of d² multiplications a token, projection: 1 + 1/h for one layer; for more,
    1 + (l-1)/h + (l-2)·h + 1. Binding: 1, and little besides.

    Args:
        tokens: n, how many are memorized as targets.
        dim: d.
        heads: h.
        layers: l.
        encoder: "projection" or "binding".
        drawn: how many vectors of tokens have to be drawn; 0 if the model knows them all.

    Returns:
        A dict: name of the step -> Work.

    Raises:
        InputError: a size is not a positive whole number, or the encoder is another.

    Source: this library.

    Example:
        >>> steps = memorizing(10_000, 1024, encoder="binding")
        >>> steps["write"].operations / (2 * 10_000 * 1024**2)
        1.0
    """
    _check(encoder, heads, layers, tokens=tokens, dim=dim)
    steps = (
        _handle(tokens) | {"draw": Work(vectors=drawn)} | _keys(tokens, dim, heads, layers, encoder)
    )
    number = 1 if encoder == "binding" else FLOAT
    products = -(-tokens // GATHERED)
    # Both are read twice, to see that they are numbers, and copied side by side with others.
    gather = 2 * tokens * dim * (3 * number + FLOAT)
    matrices = (3 * products + 6) * FLOAT * dim**2
    write = 2 * FLOAT * tokens * dim + matrices
    new = _pages(2 * FLOAT * min(tokens, GATHERED) * dim + 3 * FLOAT * dim**2)
    return steps | {"gather": Work(0, gather, new), "write": Work(2 * tokens * dim**2, write)}


def recalling(tokens, dim, heads=4, layers=3, encoder="projection", vocab_size=50_277):
    """Count the work of recall, step by step: how many tokens are predicted rightly.

    Args:
        tokens: n, how many are predicted.
        dim: d.
        heads: h.
        layers: l.
        encoder: "projection" or "binding".
        vocab_size: V, how many candidates each is compared with.

    Returns:
        A dict: name of the step -> Work.

    Raises:
        InputError: a size is not a positive whole number, or the encoder is another.

    Source: this library.

    Example:
        >>> steps = recalling(1000, 1024, vocab_size=50_000)
        >>> steps["compare"].operations / steps["read"].operations
        48.828125
    """
    _check(encoder, heads, layers, tokens=tokens, dim=dim, vocab_size=vocab_size)
    steps = _handle(tokens, 2 * TOKEN) | _keys(tokens, dim, heads, layers, encoder)
    blocks = -(-tokens // BLOCK)
    scores = FLOAT * min(tokens, BLOCK) * vocab_size
    new = _pages(scores) * (blocks if scores > REUSED else 1)
    read = tokens * dim * 4 * FLOAT + blocks * FLOAT * dim**2
    compare = FLOAT * (tokens * dim + blocks * vocab_size * dim + tokens * vocab_size)
    return steps | {
        "read": Work(2 * tokens * dim**2, read),
        "compare": Work(2 * tokens * dim * vocab_size, compare, new),
        "choose": Work(0, FLOAT * tokens * vocab_size),
    }


def room(dim, heads=4, layers=3, encoder="projection", vocab_size=50_277):
    """Count the bytes that a model needs, for what it keeps and for what it works on.

    Args:
        dim: d.
        heads: h.
        layers: l.
        encoder: "projection" or "binding".
        vocab_size: V, how many candidates there are.

    Returns:
        A dict of bytes. What stays: "memory", the one matrix; "encoder", its random matrices;
        "codebook", the candidates' vectors. For a while: "memorizing" and "recall".

    Raises:
        InputError: a size is not a positive whole number, or the encoder is another.

    Example:
        >>> room(1024, encoder="binding", vocab_size=1000)["memory"]
        4194304
    """
    _check(encoder, heads, layers, dim=dim, vocab_size=vocab_size)
    binding = encoder == "binding"
    rows = BLOCK + heads**layers
    # W of every layer, P of all but the last, and P W.
    projections = layers * dim * (dim // heads) + (layers - 1) * heads * dim**2
    projections += dim**2 if layers > 1 else 0
    # Tokens, all layers' keys and what they are made of, as bytes if they are ±1.
    block = rows * dim * (layers + 3) * (1 if binding else FLOAT)
    gathered = 2 * FLOAT * GATHERED * dim + 2 * FLOAT * dim**2
    return {
        "memory": FLOAT * dim**2,
        "encoder": 0 if binding else FLOAT * projections,
        "codebook": vocab_size * dim * (FLOAT + binding),
        "memorizing": block + gathered,
        "recall": max(block, FLOAT * BLOCK * (vocab_size + 3 * dim)),
    }


def drawn(tokens, heads=4, layers=3):
    """Count the vectors that memorizing a text draws, with a model that knows none of its tokens.

    Those of each block and of what it looks back at, and once more all together, as candidates.

    Args:
        tokens: a list of tokens.
        heads: h.
        layers: l.

    Returns:
        An int.

    Example:
        >>> drawn(["no", "tea", "no", "cup"])
        6
    """
    span, starts = heads**layers, range(0, len(tokens), BLOCK)
    blocks = (tokens[max(0, start - span) : start + BLOCK] for start in starts)
    return sum(len(set(block)) for block in [*blocks, tokens])


def seconds(steps, ceilings):
    """Predict how long some steps take: each as long as the lower of its two ceilings allows.

    Args:
        steps: a dict of Work, from memorizing or recalling.
        ceilings: a Ceilings.

    Returns:
        Seconds, a float.

    Example:
        >>> seconds({"a product": Work(2e9, 1e6)}, Ceilings(1e9, 1e9, 1e7, 1e3))
        2.0
    """
    return sum(
        max(work.operations / ceilings.product, work.bytes / ceilings.bandwidth)
        + work.rows / ceilings.rows
        + work.vectors / ceilings.drawing
        for work in steps.values()
    )


def size(text, recall=0.95, heads=4, layers=3, backend="auto"):
    """Tell how large a model must be for a text, and what it costs.

    Args:
        text: a str.
        recall: which share of its tokens is to be recalled, between 0 and 1.
        heads: h.
        layers: l.
        backend: where time is measured; see get_backend.

    Returns:
        One dict an encoder: encoder; dim, the smallest d whose predicted recall is enough, or None
        if none up to LARGEST is; recall, as predicted for it; megabytes, of the memory; in_use,
        megabytes of all that a model needs while it memorizes; seconds, to memorize the text.

    Raises:
        InputError: the text has fewer than two tokens, or recall is not between 0 and 1.

    Example:
        >>> found = size("The tea is hot. The cup is red.", heads=2, layers=1, backend="numpy")
        >>> [(record["encoder"], record["dim"]) for record in found]
        [('binding', 14), ('projection', 34)]
    """
    tokens, found = Rows(None, heads, None).encode(text), []
    for encoder in COUNTED:
        dim, predicted = smallest_dim(tokens, recall, heads, layers, encoder)
        record = {"encoder": encoder, "dim": dim, "recall": predicted}
        if dim is None:
            found.append(record | dict.fromkeys(("megabytes", "in_use", "seconds")))
            continue
        bytes_of = room(dim, heads, layers, encoder, len(set(tokens)))
        in_use = sum(bytes_of.values()) - bytes_of["recall"]
        steps = memorizing(len(tokens), dim, heads, layers, encoder, drawn(tokens, heads, layers))
        wait = seconds(steps, ceilings(min(dim, MEASURED), encoder, 2, backend=backend))
        megabytes = bytes_of["memory"] / 1e6
        found.append(record | {"megabytes": megabytes, "in_use": in_use / 1e6, "seconds": wait})
    return found


def counts(text, heads=4):
    """Count what there is to memorize in a text.

    Args:
        text: a str.
        heads: h.

    Returns:
        A dict: tokens; pairs of h tokens and the next, each counted once; different tokens.

    Raises:
        InputError: the text has fewer than two tokens.

    Example:
        >>> counts("no tea no tea no tea", heads=2)
        {'tokens': 6, 'distinct pairs': 5, 'different tokens': 3}
    """
    rows = Rows(None, heads, None)
    tokens = rows.encode(text)
    row = rows.begun(tokens)
    pairs = {tuple(row[start : start + heads + 1]) for start in range(len(tokens))}
    numbers = len(tokens), len(pairs), len(set(tokens))
    return dict(zip(("tokens", "distinct pairs", "different tokens"), numbers, strict=True))


def smallest_dim(tokens, recall=0.95, heads=4, layers=3, encoder="projection"):
    """Search the smallest d with which a text's predicted recall is enough.

    Bound keys and values depend on how often tokens occur, no more. The projection's windows
    resemble each other, so that they have to be compared. Of a text of more than COMPARED tokens
    only the beginning is, and d grows with the root of the length: a rough guess, rather too small
    than too large, since more prose also has more windows that resemble each other.

    Args:
        tokens: a list of tokens.
        recall: the share of them that is to be recalled.
        heads: h.
        layers: l.
        encoder: "projection" or "binding".

    Returns:
        (d, predicted recall): d is a multiple of h; or (None, the recall that LARGEST reaches).

    Raises:
        InputError: recall is not between 0 and 1.

    Source: this library.

    Example:
        >>> tokens = "the cat saw the dog and the dog saw the cat".split()
        >>> smallest_dim(tokens, 0.9, heads=2, layers=1, encoder="binding")[0]
        12
        >>> smallest_dim(tokens, 0.9, heads=2, layers=1)[0] is None  # "the" goes on in three ways
        True
    """
    _check(encoder, heads, layers)
    if not isinstance(recall, Real) or not 0 < recall < 1:
        raise InputError(f"recall is {recall!r:.40}; it must lie between 0 and 1.")

    compared = tokens if encoder == "binding" else tokens[:COMPARED]

    @functools.cache
    def reached(units):
        return _predicted_recall(compared, heads * units, heads, layers, encoder)

    most = LARGEST // heads
    if reached(most) < recall:
        return None, reached(most)
    # Binding needs two numbers a head.
    units = 2 + bisect.bisect_left(range(2, most), recall, key=reached)
    longer = math.sqrt(len(tokens) / len(compared))
    return heads * math.ceil(units * longer), reached(units)


def timed(work, backend, clock=time.perf_counter):
    """Time some work, which returns an array or anything else that is there when it is done.

    Args:
        work: a function without arguments.
        backend: a Backend.
        clock: a function that tells the time in seconds.

    Returns:
        Seconds, a float.
    """
    start = clock()
    result = work()
    if backend.owns(result):
        backend.to_numpy(result[:1, ...])  # a device works on after it was told what to do
    return clock() - start


def _keys(tokens, dim, heads, layers, encoder):
    """Count what it takes to make keys, and with binding what values are bound with."""
    span = heads**layers
    starts = range(heads, heads + tokens, BLOCK)
    rows = tokens + sum(min(start, span) for start in starts)  # each block looks back
    if encoder == "binding":
        # A window: one copy, then a product in place for every other block; one signature.
        passes = (layers + 1) * (2 + 3 * (heads - 1)) * rows + 3 * layers * tokens
        operations = ((layers + 1) * (heads - 1) * rows + layers * tokens) * dim
        begun = 2 * (layers + 1) * (heads - 1) * rows  # a rolled row is two slices
        return {"look up": Work(0, 2 * rows * dim), "bind": Work(operations, passes * dim, begun)}
    last, encodings = layers > 1, max(0, layers - 2)
    units = (layers - last) / heads + last + heads * encodings
    # A key: zeros, the pieces scaled, and laid in; sums of h products, in place; keys added.
    passes = layers * (3 + 2 / heads) + (heads - 1) * 4 * (encodings + last / heads)
    passes = passes * rows + 3 * (layers - 1) * tokens
    return {
        "look up": Work(0, 2 * FLOAT * rows * dim),
        "project": Work(2 * units * rows * dim**2, 2 * FLOAT * rows * dim * units),
        "lay out": Work(0, FLOAT * passes * dim),
    }


def _handle(tokens, each=TOKEN):
    """Count what Python does with tokens, whatever the size of their vectors."""
    return {"handle tokens": Work(rows=each * tokens + BLOCKFUL * -(-tokens // BLOCK))}


def _pages(size):
    """Count rows that could be begun while the system clears so many bytes of new memory."""
    return PAGE * size / PAGE_BYTES


def _predicted_recall(tokens, dim, heads, layers, encoder):
    if encoder == "binding":
        return theory.recall_of_counts(Counter(tokens), dim, dim, heads, layers, encoder)
    sample = min(SAMPLED, len(tokens))
    return float(theory.recall_of_text(tokens, dim, heads, layers, encoder, sample=sample).mean())


def _check(encoder, heads=2, layers=1, **sizes):
    whole_number(heads, "heads", 2, InputError)
    whole_number(layers, "layers", 1, InputError)
    for name, size in sizes.items():
        whole_number(size, name, error=InputError)
    if encoder not in COUNTED:
        raise InputError(f"encoder is {encoder!r:.40}; only the cost of {COUNTED} is known.")
