"""Many layers, with decoys: copies of a phrase that lead astray."""

import functools

from memo_edu.backend import get_backend
from memo_edu.codebook import random_stream, whole_number
from memo_edu.errors import ConfigurationError
from memo_edu.experiments.bar import progress_bar
from memo_edu.experiments.interrupt import until_interrupted
from memo_edu.model import MeMo

# The columns of a row of ids that decoys are copies of.
COPIED = slice(5, 9)


@until_interrupted
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
    with progress_bar(range(1, iterations + 1), desc="rows", unit="iteration") as bar:
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
