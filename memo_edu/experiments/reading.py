"""Rules of reading: ways to make one score of a candidate's votes, and what each is worth.

What reading_recall(sample=2000) measures on 16 pages of prose, mean of the seeds 0 and 1. "Once"
writes each different pair once, see MeMo; the sum is what MeMo does:

    rule                          binding   binding, once   projection   projection, once
    sum                              .993            .997         .126               .121
    a vote is at most 1              .995            .997         .098               .117
    layer λ counts λ times           .993            .997         .110               .109
    layer λ counts 2^λ times         .991            .996         .107               .104
    first m windows                  .984            .994         .123               .116
    last layer alone                 .717            .805         .060               .060
    against noise                    .993            .997         .174               .173
    in units of noise                .993            .997         .232               .218

To write each pair once wins, for binding. No rule does: "a vote is at most 1" helps here, but near
capacity, with 32 pages, it loses (.906 against .933, measured apart). The projection gains if each
candidate is set against its own noise, and stays far below binding.
"""

import numpy as np

from memo_edu.codebook import random_stream, whole_number
from memo_edu.experiments.bar import progress_bar
from memo_edu.experiments.interrupt import until_interrupted
from memo_edu.experiments.prose import reference_pages
from memo_edu.model import MeMo


def reading_rules(votes, noise):
    """Score the candidates by each rule, from the votes of the layers.

    Args:
        votes: (layers, V): v_λj, in units of a pair that is alone in the memory. A layer whose
            window does not fit votes 0.
        noise: (V,) σ_j, the noise of each candidate's sum.

    Returns:
        A dict: name of the rule -> (V,) scores. The first one is what MeMo does.

    Example:
        >>> rules = reading_rules(np.array([[3.1, 1.0], [0.1, 1.1]]), np.array([0.9, 0.1]))
        >>> {name: int(scores.argmax()) for name, scores in rules.items()}["sum"]
        0
        >>> {name: int(scores.argmax()) for name, scores in rules.items()}["against noise"]
        1
    """
    layers = votes.shape[0]
    fit = int(np.sum(np.any(votes != 0, axis=1)))
    total, spread = votes.sum(axis=0), np.maximum(noise, 1e-9)
    clipped = np.minimum(votes, 1)
    return {
        "sum": total,
        # A window that recurs votes for what follows it most often, however long the others are.
        "last layer alone": votes[max(fit - 1, 0)],
        "layer λ counts λ times": np.arange(1.0, layers + 1) @ votes,
        "layer λ counts 2^λ times": 2.0 ** np.arange(layers) @ votes,
        # A pair that was stored once votes 1; more than that is repetition, or noise.
        "a vote is at most 1": clipped.sum(axis=0),
        # The first m windows are as they were, those over a wrong token are not: best m wins.
        "first m windows": np.cumsum(votes - 0.5, axis=0).max(axis=0),
        # Which is more likely: a score of N(fit, σ_j²), or of N(0, σ_j²)? All else cancels out.
        "against noise": (total - fit / 2) / spread**2,
        "in units of noise": total / spread,
    }


@until_interrupted
def reading_recall(
    texts=None,
    dim=1024,
    layers=3,
    heads=4,
    encoders=("projection", "binding"),
    repeats=("count", "once"),
    sample=500,
    seed=0,
    backend="auto",
):
    """Measure the recall of some texts by each rule of reading, and each way to write repeats.

    Args:
        texts: a list of str; None takes reference_pages().
        dim: d.
        layers: l.
        heads: h.
        encoders: names of encoders; see MeMo.
        repeats: "count", "once" or both; see MeMo.
        sample: at how many random places.
        seed: another seed is another set of random vectors, and other places.
        backend: see get_backend.

    Returns:
        One dict for each encoder, way and rule: encoder, repeats, rule and recall. Interrupted,
        it returns those that were measured.

    Raises:
        ConfigurationError, CapacityError, InputError: as for MeMo.

    Source: this library.

    Example:
        >>> found = reading_recall(["The tea is hot."], 64, 1, 2, ["binding"], ["once"], sample=9)
        >>> found[0]
        {'encoder': 'binding', 'repeats': 'once', 'rule': 'sum', 'recall': 1.0}
    """
    texts = reference_pages() if texts is None else list(texts)
    whole_number(sample, "sample")
    models = [
        (encoder, way, MeMo(dim, heads, layers, encoder, seed, backend, repeats=way))
        for encoder in encoders
        for way in repeats
    ]
    for encoder, way, model in progress_bar(models, desc="reading", unit="memory"):
        for text in texts:
            model.memorize(text)
        right = _count_right(model, sample, random_stream("reading", seed, sample))
        for rule, count in right.items():
            yield {"encoder": encoder, "repeats": way, "rule": rule, "recall": count / sample}


def _count_right(model, sample, stream):
    """Count at how many random places of the memorized texts each rule is right."""
    rows = [model._rows.begun(tokens) for tokens in model._ledger.texts.values()]
    places = [(row, i) for row in rows for i in range(model.encoder.heads + 1, len(row))]
    candidates, right = model._vocabulary.tokens, {}
    repeats = np.array([model._ledger.targets[token] for token in candidates])
    for number in stream.integers(len(places), size=sample):
        row, place = places[number]
        votes, read = model._votes(row[:place])
        noise = model.encoder.noise(read, repeats, np.ones(len(repeats)))
        for rule, scores in reading_rules(votes, noise).items():
            hit = candidates[int(np.argmax(scores))] == row[place]
            right[rule] = right.get(rule, 0) + int(hit)
    return right
