"""Prose: the same words again and again, which no random token does."""

from collections import Counter

import numpy as np

from memo_edu import theory
from memo_edu.experiments.bar import progress_bar
from memo_edu.experiments.interrupt import until_interrupted
from memo_edu.model import MeMo
from memo_edu.text import tokenize


@until_interrupted
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
    with progress_bar(total=len(models) * len(texts), desc="prose", unit="text") as bar:
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
