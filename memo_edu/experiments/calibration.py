"""A model that knows what it knows: how often it takes noise for a memory, promised and found."""

import numpy as np

from memo_edu.codebook import random_stream, whole_number
from memo_edu.errors import ConfigurationError, InputError
from memo_edu.experiments.bar import progress_bar
from memo_edu.experiments.interrupt import until_interrupted
from memo_edu.experiments.prose import reference_pages
from memo_edu.memory import noise_probability
from memo_edu.model import BEGIN, MeMo
from memo_edu.text import tokenize

# How many false alarms are promised; 0.01 is what Prediction.known takes.
NOMINAL = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)


@until_interrupted
def false_alarms(
    texts=None,
    loads=(1, 2, 4, 8, 14, 16),
    dim=1024,
    layers=3,
    heads=4,
    encoders=("projection", "binding"),
    contexts=20_000,
    seed=0,
    backend="auto",
):
    """Memorize texts, and count the predictions that pass for known, in these and in unseen texts.

    A prediction passes at a nominal level α if its p_noise < α. Shuffled contexts are random
    tokens, drawn as often as they were memorized: nothing in them is known, so a share of α of
    them should pass. Of unseen texts more may: they share phrases with the memorized ones.

    Args:
        texts: a list of str; None takes reference_pages(32).
        loads: how many of them are memorized, the first ones. Those that no load takes are unseen,
            but for excerpts: texts that share most of their pairs of layer 1 with the others.
        dim: d.
        layers: l.
        heads: h.
        encoders: names of encoders; see MeMo.
        contexts: how many shuffled contexts.
        seed: another seed is another set of random vectors and contexts.
        backend: see get_backend.

    Returns:
        One dict for each encoder, load and nominal level: encoder, texts and tokens (memorized),
        nominal, and the shares of predictions that pass: shuffled, unseen (of these,
        unseen_right: they pass, and the token is the right one) and memorized. Of every text all
        tokens but the first are predicted. Interrupted, it returns those that were measured.

    Raises:
        ConfigurationError, CapacityError: as for MeMo; or a load is not a positive whole number,
            or leaves nothing unseen.
        InputError: a text is not a str, or too short.

    Source: this library; the paper has no measure of what is known.

    Example:
        >>> from memo_edu.text import sample_texts
        >>> tales = sample_texts().values()
        >>> options = {"encoders": ["binding"], "contexts": 2000, "backend": "numpy"}
        >>> records = false_alarms(tales, [1], 512, **options)
        >>> {name: round(records[3][name], 3) for name in ("nominal", "shuffled", "memorized")}
        {'nominal': 0.01, 'shuffled': 0.008, 'memorized': 1.0}
    """
    texts = reference_pages(32) if texts is None else list(texts)
    loads = sorted(whole_number(load, "a load") for load in loads)
    whole_number(contexts, "contexts")
    models = {name: MeMo(dim, heads, layers, name, seed, backend) for name in encoders}
    rows = [[BEGIN] * heads + tokenize(text) for text in texts]
    if min(map(len, rows)) < heads + 2:
        raise InputError("A text needs at least two tokens.")
    new = _without_excerpts(rows, loads[-1], heads) if loads else []
    if not new:
        raise ConfigurationError(f"loads are {loads} of {len(texts)} texts; leave one unseen.")
    with progress_bar(total=len(models) * len(loads), desc="calibration", unit="load") as bar:
        for encoder, model in models.items():
            for load in loads:
                for text in texts[len(model.texts) : load]:
                    model.memorize(text)
                known = [token for row in rows[:load] for token in row[heads:]]
                stream = random_stream("shuffled", seed, load)
                shuffled = _shuffled(known, model.encoder.span + contexts, stream)
                noise, _ = _judge(model, [shuffled], model.encoder.span)
                unseen, right = _judge(model, new, heads + 1)
                memorized, _ = _judge(model, rows[:load], heads + 1)
                bar.update()
                for nominal in NOMINAL:
                    yield {
                        "encoder": encoder,
                        "texts": load,
                        "tokens": len(known),
                        "nominal": nominal,
                        "shuffled": float(np.mean(noise < nominal)),
                        "unseen": float(np.mean(unseen < nominal)),
                        "unseen_right": float(np.mean((unseen < nominal) & right)),
                        "memorized": float(np.mean(memorized < nominal)),
                    }


def _without_excerpts(rows, load, heads):
    """Return the rows from index load on that share at most half of their pairs with the others."""
    pairs = [{tuple(row[i - heads : i + 1]) for i in range(heads, len(row))} for row in rows]
    seen = set().union(*pairs[:load])
    found = zip(rows[load:], pairs[load:], strict=True)
    return [row for row, own in found if 2 * len(own & seen) <= len(own)]


def _shuffled(tokens, length, stream):
    """Draw a row of tokens, each as often as it is in a list, in an order that means nothing."""
    return [tokens[i] for i in stream.integers(len(tokens), size=length)]


def _judge(model, rows, first):
    """Predict the tokens of rows from the index first on, all of a row at once.

    Returns:
        p_noise of every prediction, as predict says it, and whether it is right: (n,) arrays.
    """
    xp, to_numpy, vocabulary = model.backend.xp, model.backend.to_numpy, model._vocabulary
    repeats, counts = model._repeats()
    p_noise, answers = [], []
    for row in rows:
        for read in model._reads(row, np.arange(first, len(row))):
            scores = read @ vocabulary.matrix.T / model.encoder.perfect_score
            for i, score in enumerate(to_numpy(xp.max(scores, axis=1))):
                sigmas = model.encoder.noise(read[i, :], repeats, counts)
                p_noise.append(noise_probability(float(score), sigmas, counts))
            answers += [vocabulary.tokens[i] for i in to_numpy(xp.argmax(scores, axis=1))]
    asked = [token for row in rows for token in row[first:]]
    return np.array(p_noise), np.array([a == t for a, t in zip(answers, asked, strict=True)])
