"""The paper's two experiments, and one on prose: plain records, with a progress bar.

Ctrl-C ends an experiment early: it returns what was measured until then, and nothing else.
"""

import functools
import math
from collections import Counter

import array_api_compat
import numpy as np
from tqdm.auto import tqdm

from memo_edu import theory
from memo_edu.backend import get_backend
from memo_edu.codebook import random_stream, whole_number
from memo_edu.errors import ConfigurationError
from memo_edu.memory import CorrelationMatrixMemory
from memo_edu.model import MeMo
from memo_edu.text import tokenize

# Keys that are asked at once: each has a score for every candidate, and all must fit in memory.
BLOCK = 500
# The columns of a row of ids that decoys are copies of.
COPIED = slice(5, 9)


def _until_interrupted(experiment):
    """Make of a generator a function that lists what it yields until it ends, or Ctrl-C ends it."""

    @functools.wraps(experiment)
    def run(*args, **options):
        records = []
        try:
            for record in experiment(*args, **options):
                records.append(record)
        except KeyboardInterrupt:
            pass
        return records

    return run


# ---- One layer: how many pairs a memory holds ------------------------------------------------


def pair_capacity(
    heads,
    token_dim,
    value_dim,
    vocab_size=100_000,
    batch=1000,
    accuracy=0.9,
    kind="gaussian",
    seed=0,
    backend="auto",
):
    """Count the random pairs that one memory holds when its recall falls to an accuracy.

    Args:
        heads, token_dim, value_dim, vocab_size, batch, accuracy, kind, seed, backend: see
            pair_recall.

    Returns:
        The number of pairs stored, the last batch included. Interrupted, it returns the number
        at the last measurement, 0 if there was none: the capacity is larger.

    Raises:
        ConfigurationError, InputError, CapacityError: as for pair_recall.

    Source: Zanzotto et al. 2025, MeMo, section 4.1.

    Example:
        >>> pair_capacity(4, 32, 128, vocab_size=2000, batch=200, backend="numpy")
        600
    """
    records = pair_recall(
        heads, token_dim, value_dim, vocab_size, batch, accuracy, kind, seed, backend
    )
    return records[-1]["pairs"] if records else 0


@_until_interrupted
def pair_recall(
    heads,
    token_dim,
    value_dim,
    vocab_size=100_000,
    batch=1000,
    accuracy=0.9,
    kind="gaussian",
    seed=0,
    backend="auto",
):
    """Store random pairs in one memory, batch by batch, until recall falls to an accuracy.

    A key is the vectors of h random tokens side by side, so d_key = h · token_dim. Its value is
    the vector of one more random token, in a codebook of its own. After each batch the first
    batch and the latest are recalled, with all V values as candidates.

    Args:
        heads: h, tokens in a key.
        token_dim: length of a token's vector in a key.
        value_dim: d_value.
        vocab_size: V, how many tokens there are.
        batch: how many pairs are stored before recall is measured again.
        accuracy: it ends where the mean of both recalls is this or less.
        kind: "gaussian" or "bipolar" vectors.
        seed: another seed is another experiment.
        backend: see get_backend.

    Returns:
        One dict a batch: pairs (stored so far), first and latest (recall of those batches).
        Interrupted, it returns the batches that were measured.

    Raises:
        ConfigurationError: a size is not a positive whole number, or kind is unknown.
        InputError: the accuracy is not between chance, 1/V, and 1.
        CapacityError: the vectors do not fit in the free memory.

    Source: Zanzotto et al. 2025, MeMo, section 4.1.

    Example:
        >>> pair_recall(4, 32, 128, vocab_size=2000, batch=200, backend="numpy")[-1]
        {'pairs': 600, 'first': 0.845, 'latest': 0.84}
    """
    for name, size in {"heads": heads, "token_dim": token_dim, "batch": batch}.items():
        whole_number(size, name)
    expected = theory.capacity(heads * token_dim, value_dim, vocab_size, accuracy)
    memory = CorrelationMatrixMemory(heads * token_dim, value_dim, backend)
    numbers = vocab_size * (token_dim + value_dim + BLOCK) + 2 * batch * heads * token_dim
    memory.backend.require(4 * numbers, f"Batches of {batch} pairs of {vocab_size} tokens")
    tokens = _codebook("tokens", vocab_size, token_dim, kind, seed, memory.backend)
    values = _codebook("values", vocab_size, value_dim, kind, seed, memory.backend)
    pairs, first, reached = 0, None, 1.0
    with tqdm(total=math.ceil(expected / batch), desc="pairs", unit="batch") as bar:
        while reached > accuracy:
            latest = _random_pairs(tokens, heads, batch, random_stream("pairs", seed, pairs))
            first = first or latest
            memory.memorize(latest[0], _rows(values, latest[1]))
            pairs += batch
            right = [_count_right(memory, *asked, values) for asked in (first, latest)]
            reached = sum(right) / (2 * batch)
            bar.set_postfix(recall=f"{reached:.3f}", refresh=False)
            bar.update()
            yield {"pairs": pairs, "first": right[0] / batch, "latest": right[1] / batch}
        bar.total = bar.n  # what theory expected gives way to what was found


def _codebook(name, vocab_size, dim, kind, seed, backend):
    """Draw the vectors of V numbered tokens from one stream; a stream a token takes longer."""
    if kind not in ("gaussian", "bipolar"):
        raise ConfigurationError(f"kind is {kind!r}; choose 'gaussian' or 'bipolar'.")
    stream = random_stream("experiment", name, seed)
    if kind == "bipolar":
        bits = stream.integers(2, size=(vocab_size, dim), dtype="int8")
        return backend.asarray(2 * bits - 1, "float32")
    vectors = stream.standard_normal((vocab_size, dim), "float32")
    vectors /= np.float32(dim**0.5)
    return backend.asarray(vectors)


def _random_pairs(tokens, heads, batch, stream):
    """Draw keys, (batch, h · token_dim), and the numbers of their values, (batch,)."""
    vocab_size, token_dim = tokens.shape
    xp = array_api_compat.array_namespace(tokens)
    keys = _rows(tokens, stream.integers(vocab_size, size=batch * heads))
    targets = stream.integers(vocab_size, size=batch)
    return xp.reshape(keys, (batch, heads * token_dim)), targets


def _count_right(memory, keys, targets, values):
    """Count the keys whose best candidate is the right one."""
    right, xp = 0, memory.backend.xp
    for start in range(0, len(targets), BLOCK):
        stop = min(start + BLOCK, len(targets))
        scores = memory.retrieve(keys[start:stop, :]) @ values.T
        best = memory.backend.to_numpy(xp.argmax(scores, axis=1))
        right += int(np.sum(best == targets[start:stop]))
    return right


def _rows(array, numbers):
    """Take rows of an array that may live on a device, by NumPy numbers."""
    xp = array_api_compat.array_namespace(array)
    device = array_api_compat.device(array)
    return xp.take(array, xp.asarray(numbers, device=device), axis=0)


# ---- Many layers, with decoys ----------------------------------------------------------------


@_until_interrupted
def multilayer_recall(
    dim,
    layers,
    decoys,
    heads=4,
    rows=30,
    chunk=1024,
    iterations=10,
    vocab_size=50_277,
    encoder="projection",
    sample=None,
    seed=0,
    backend="auto",
    partial_windows=True,
):
    """Memorize rows of random tokens again and again, and recall the first and the latest rows.

    Recall is measured at the columns h to chunk - 1, with the whole vocabulary as candidates.

    Args:
        dim: d.
        layers: l.
        decoys: how many copies of its own tokens a row has; see rows_with_decoys.
        heads: h.
        rows: how many rows are memorized in an iteration.
        chunk: tokens in a row, besides one more that is only a target.
        iterations: how often new rows are memorized.
        vocab_size: V; the ids are 1..V-1.
        encoder: see MeMo.
        sample: how many random places to measure recall at; None takes all.
        seed: another seed is another experiment.
        backend: see get_backend.
        partial_windows: as in the published runs; see MeMo. Only the projection encoder can:
            another one has only full windows, whatever is asked here.

    Returns:
        One dict an iteration: iteration (from 1), tokens (memorized so far, without the last
        targets), initial and latest (recall of those rows). Interrupted, it returns the
        iterations that were measured.

    Raises:
        ConfigurationError: a size is wrong, or chunk is too short for a window or the decoys.
        CapacityError: the model does not fit in the free memory.

    Source: Zanzotto et al. 2025, MeMo, section 4.2.

    Example:
        >>> multilayer_recall(128, 2, 0, heads=2, rows=2, chunk=64, iterations=2, vocab_size=100,
        ...                   encoder="binding", backend="numpy")[-1]
        {'iteration': 2, 'tokens': 256, 'initial': 1.0, 'latest': 1.0}
    """
    whole_number(iterations, "iterations")
    whole_number(chunk, "chunk", least=whole_number(heads, "heads") + 1)
    whole_number(1 if sample is None else sample, "sample")
    partial = partial_windows and encoder == "projection"
    model = MeMo(
        dim, heads, layers, encoder, seed, backend, None, vocab_size, partial_windows=partial
    )
    draw = functools.partial(rows_with_decoys, rows, chunk, decoys, vocab_size)
    first, columns = draw(random_stream("rows", seed, 1)), range(heads, chunk)
    with tqdm(range(1, iterations + 1), desc="rows", unit="iteration") as bar:
        for iteration in bar:
            ids = draw(random_stream("rows", seed, iteration))
            model.memorize_ids(ids)
            latest = model.recall_ids(ids, columns, sample).accuracy
            again = iteration > 1  # the first rows are the latest, too, in iteration 1
            initial = model.recall_ids(first, columns, sample).accuracy if again else latest
            bar.set_postfix(initial=f"{initial:.3f}", latest=f"{latest:.3f}", refresh=False)
            tokens = iteration * rows * chunk
            yield {"iteration": iteration, "tokens": tokens, "initial": initial, "latest": latest}


def rows_with_decoys(rows, chunk, decoys, vocab_size, stream):
    """Draw rows of random ids, in which the four ids at columns 5 to 8 recur at random columns.

    A copy may cover a part of an earlier one, or of the original.

    Args:
        rows: how many rows.
        chunk: each has so many ids, and one more.
        decoys: how many copies, at the same columns in all rows.
        vocab_size: V; the ids are 1..V-1.
        stream: a numpy.random.Generator.

    Returns:
        (rows, chunk + 1) NumPy array of ids.

    Raises:
        ConfigurationError: a size is not a positive whole number, or chunk too short.

    Source: Zanzotto et al. 2025, MeMo, section 4.2.

    Example:
        >>> print(rows_with_decoys(2, 14, 1, 100, random_stream("decoys")))
        [[89 93 46 97  6 96 41 96 41 58  9 49 95 45 32]
         [12 67  6 40 69 90 57 90 57 40 23 78 57 92 24]]
    """
    whole_number(vocab_size, "vocab_size", least=2)
    whole_number(decoys, "decoys", least=0)
    needed = 8 * whole_number(rows, "rows") * (whole_number(chunk, "chunk") + 1)
    get_backend("numpy").require(needed, f"{rows} rows of {chunk} ids")
    places = chunk - 2 if chunk + 1 >= COPIED.stop else 0  # columns at which a copy can begin
    if decoys > places:
        raise ConfigurationError(f"chunk is {chunk}, too short for {decoys} decoys.")
    ids = stream.integers(1, vocab_size, size=(rows, chunk + 1))
    copied = ids[:, COPIED].copy()
    for start in stream.permutation(places)[:decoys]:
        ids[:, start : start + 4] = copied
    return ids


# ---- Prose -----------------------------------------------------------------------------------


@_until_interrupted
def prose_recall(
    texts=None,
    dim=1024,
    layers=3,
    heads=4,
    encoders=("projection", "bound keys", "bound values", "binding"),
    seed=0,
    backend="auto",
):
    """Memorize texts one by one, and recall all of them after each, with several encoders.

    Args:
        texts: a list of str; None takes reference_pages().
        dim: d.
        layers: l.
        heads: h.
        encoders: names of encoders; see MeMo.
        seed: another seed is another set of random vectors.
        backend: see get_backend.

    Returns:
        One dict for each encoder and number of texts: encoder, texts, tokens and pairs (memorized
        so far), recall (of all these tokens but each text's first one), first (of the first
        text's alone) and predicted (recall, from the counts of the tokens). Interrupted, it
        returns those that were measured.

    Raises:
        ConfigurationError, CapacityError: as for MeMo.
        InputError: a text is not a str, or too short.

    Source: this library; the paper measures random tokens only.

    Example:
        >>> records = prose_recall(["The tea is hot. The cup is red."], 512, 2, 2, ["binding"])
        >>> records[0]["tokens"], records[0]["pairs"], records[0]["recall"]
        (10, 18, 1.0)
    """
    texts = reference_pages() if texts is None else list(texts)
    # All models are made before the first is measured: a wrong name must not be found late.
    models = {name: MeMo(dim, heads, layers, name, seed, backend) for name in encoders}
    with tqdm(total=len(models) * len(texts), desc="prose", unit="text") as bar:
        for encoder, model in models.items():
            counts = Counter()
            for number, text in enumerate(texts, 1):
                model.memorize(text)
                counts.update(tokenize(text))
                correct = [model.recall(known).correct for known in texts[:number]]
                recall = float(np.mean(np.concatenate(correct)))
                bar.set_postfix(encoder=encoder, recall=f"{recall:.3f}", refresh=False)
                bar.update()
                yield {
                    "encoder": encoder,
                    "texts": number,
                    "tokens": counts.total(),
                    "pairs": _pairs(model),
                    "recall": recall,
                    "first": float(np.mean(correct[0])),
                    "predicted": theory.recall_of_counts(counts, dim, dim, heads, layers, encoder),
                }


def reference_pages(count=16, length=6000):
    """Return the beginnings of the longest pages of Python's own reference, the longest first.

    Args:
        count: how many pages.
        length: how many characters of each.

    Returns:
        A list of str, which depends on the version of Python.

    Example:
        >>> len(reference_pages(2, 100)[0])
        100
    """
    from pydoc_data.topics import topics

    longest = sorted(topics, key=lambda name: (-len(topics[name]), name))
    return [topics[name][:length] for name in longest[:count]]


def _pairs(model):
    """Count the pairs of all layers: a window of h^λ tokens fits N + h - h^λ times."""
    sizes = [model.encoder.heads**layer for layer in range(1, model.encoder.layers + 1)]
    lengths = [length + model.encoder.heads for length in model.texts.values()]
    return sum(max(0, length - size) for length in lengths for size in sizes)
