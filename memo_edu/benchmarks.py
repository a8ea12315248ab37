"""How long memorizing and asking take, measured against the one matrix product that is the floor.

Memorizing n tokens costs at least KᵀY, (d, n)·(n, d); recalling n tokens at least the scores,
(n, d)·(d, V). A ratio to that product, taken in turn with it, hardly depends on the machine, nor on
what else it is doing. On a GPU it is that GPU's own product, and the clock stops when a number of
the result has arrived here.
"""

import functools
import itertools
import time
import tracemalloc

import numpy as np

from memo_edu.backend import get_backend
from memo_edu.codebook import random_stream
from memo_edu.model import MeMo

# What is aimed at, as (encoder, layers) -> ratio to the bare product.
AIMS = {("binding", 3): 1.4, ("projection", 1): 2.0, ("projection", 2): 3.5, ("projection", 3): 8.0}
RECALL_AIM = 1.3


def ratios(dim=2048, heads=4, rows=30, chunk=1024, vocab_size=50_277, repeats=5, backend="auto"):
    """Measure memorizing and recall as ratios to their bare products.

    Args:
        dim: d.
        heads: h.
        rows: how many rows of random ids are memorized.
        chunk: tokens in a row, besides one more that is only a target.
        vocab_size: V; the ids are 1..V-1.
        repeats: work and product are timed in turn so often; the best time of each counts.
        backend: see get_backend.

    Returns:
        One dict a figure: what, encoder, layers, seconds, product (seconds of the bare product),
        ratio, aim, and extra_mb (NumPy only: memory in use at the peak, above what the model
        holds) with extra_mb_half, the same for half of the rows.

    Example:
        >>> found = ratios(64, 2, rows=2, chunk=50, vocab_size=100, repeats=1, backend="numpy")
        >>> [(record["what"], record["encoder"], record["layers"]) for record in found][:2]
        [('memorize', 'binding', 3), ('recall', 'binding', 3)]
    """
    backend = get_backend(backend)
    ids = random_stream("benchmark").integers(1, vocab_size, (rows, chunk + 1))
    sizes = rows * (chunk + 1 - heads), dim
    keys, values = (_random_array(name, sizes, backend) for name in ("keys", "values"))
    found = []
    for (encoder, layers), aim in AIMS.items():
        model = MeMo(dim, heads, layers, encoder, 0, backend, vocab_size=vocab_size)
        work = functools.partial(_memorized, model, ids)
        record = {"what": "memorize", "encoder": encoder, "layers": layers}
        record |= _ratio(work, lambda: keys.T @ values, repeats, backend) | {"aim": aim}
        extra = _extra_memory(lambda n, m=model: m.memorize_ids(ids[:n]), rows, backend)
        found.append(record | extra)
        if layers == 1 or encoder == "binding":
            found.append(_recall_ratio(model, ids, keys, repeats))
    return found


def growth(tokens=(3_000, 30_000, 300_000), dims=(512, 1024, 2048, 4096), backend="auto"):
    """Measure how the cost of memorizing grows: linear in the tokens, with the square of d.

    Args:
        tokens: n, how many random tokens are memorized at d = dims[0].
        dims: d, with 3,000 tokens each.
        backend: see get_backend.

    Returns:
        One dict a figure: encoder, tokens, dim, seconds, and slope, the exponent of growth since
        the figure before (None for the first).

    Example:
        >>> found = growth(tokens=(100, 200), dims=(32, 64), backend="numpy")
        >>> [(record["tokens"], record["dim"]) for record in found][:4]
        [(100, 32), (200, 32), (100, 32), (100, 64)]
    """
    backend, found = get_backend(backend), []
    for encoder in ("binding", "projection"):
        for sizes in ([(n, dims[0]) for n in tokens], [(tokens[0], dim) for dim in dims]):
            before = None
            for count, dim in sizes:
                model = MeMo(dim, encoder=encoder, backend=backend, vocab_size=1000)
                ids = random_stream("growth").integers(1, 1000, (1, count))
                seconds = _best_seconds(lambda m=model, i=ids: _memorized(m, i), 2, backend)
                record = {"encoder": encoder, "tokens": count, "dim": dim, "seconds": seconds}
                found.append(record | {"slope": before and _slope(before, record)})
                before = record
    return found


def interactive(dim=1024, layers=3, words=200, backend="auto"):
    """Measure what a user waits for: one prediction, and memorizing a short text.

    Args:
        dim: d.
        layers: l.
        words: length of the text.
        backend: see get_backend.

    Returns:
        One dict a figure: what, encoder, milliseconds, aim.

    Example:
        >>> [record["what"] for record in interactive(64, 2, 20, backend="numpy")][:2]
        ['memorize 20 words', 'predict']
    """
    backend, found = get_backend(backend), []
    text = "".join(f" word{i}" for i in range(words))
    for encoder in ("binding", "projection"):
        model = MeMo(dim, layers=layers, encoder=encoder, backend=backend)
        context = text[: len(text) // 2]

        def learn(model=model):
            model.memorize(text)
            return model.matrix

        waits = {f"memorize {words} words": (learn, 100.0)}
        waits["predict"] = (lambda m=model, c=context: m.predict(c), 20.0)
        for what, (work, aim) in waits.items():
            milliseconds = 1000 * _best_seconds(work, 5, backend)
            record = {"what": what, "encoder": encoder, "milliseconds": milliseconds}
            found.append(record | {"aim": aim})
    return found


def _recall_ratio(model, ids, keys, repeats):
    """Measure recall of the first rows, about 4,000 places, as a ratio to the bare scores."""
    rows = ids[: max(1, 4096 // ids.shape[1])]
    model.memorize_ids(rows)
    places = rows.shape[0] * (rows.shape[1] - model.encoder.heads)
    table, queries = model._vocabulary.matrix, keys[:places, :]
    # Scores of all places at once would not fit; a block of them is what recall makes, too.
    edges = itertools.pairwise([*range(0, places, 1024), places])
    blocks = [queries[start:stop, :] for start, stop in edges]

    def product():
        for block in blocks:
            scores = block @ table.T
        return scores

    record = {"what": "recall", "encoder": model.config["encoder"], "layers": model.encoder.layers}
    record |= _ratio(lambda: model.recall_ids(rows).correct, product, repeats, model.backend)
    record |= {"aim": RECALL_AIM}
    return record | _extra_memory(lambda n: model.recall_ids(rows[:n]), len(rows), model.backend)


def _memorized(model, ids):
    model.memorize_ids(ids)
    return model.matrix


def _ratio(work, product, repeats, backend):
    """Time some work and its bare product in turn, so that a busy machine slows down both."""
    times = [(_seconds(work, backend), _seconds(product, backend)) for _ in range(repeats)]
    seconds, bare = (min(column) for column in zip(*times, strict=True))
    return {"seconds": seconds, "product": bare, "ratio": seconds / bare}


def _best_seconds(work, repeats, backend):
    return min(_seconds(work, backend) for _ in range(repeats))


def _seconds(work, backend):
    """Time some work, which returns an array or anything else that is there when it is done."""
    start = time.perf_counter()
    result = work()
    if backend.owns(result):
        backend.to_numpy(result[:1, ...])  # a device works on after it was told what to do
    return time.perf_counter() - start


def _extra_memory(work, rows, backend):
    """Return megabytes in use at the peak of some work on all rows, and on half of them."""
    names, peaks = ("extra_mb", "extra_mb_half"), []
    if backend.name != "numpy":  # elsewhere nothing is traced
        return dict.fromkeys(names)
    for count in (rows, rows // 2 or 1):
        tracemalloc.start()
        work(count)
        peaks.append(tracemalloc.get_traced_memory()[1] / 1e6)
        tracemalloc.stop()
    return dict(zip(names, peaks, strict=True))


def _random_array(name, shape, backend):
    return backend.asarray(random_stream("benchmark", name).standard_normal(shape, "float32"))


def _slope(before, after):
    """Return log(seconds) / log(size): 1 if twice the size takes twice the time."""
    size = (after["tokens"] * after["dim"]) / (before["tokens"] * before["dim"])
    return float(np.log(after["seconds"] / before["seconds"]) / np.log(size))
