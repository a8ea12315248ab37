"""Graceful or not: what is left of a memory when the context has a few wrong tokens."""

from memo_edu.codebook import random_stream, whole_number
from memo_edu.errors import InputError
from memo_edu.experiments.bar import progress_bar
from memo_edu.experiments.interrupt import until_interrupted
from memo_edu.model import MeMo
from memo_edu.rereading import reread
from memo_edu.text import sample_texts, tokenize

# Several wrong tokens are among the last 16 of a context, one alone is up to 20 tokens back.
NEAR, FARTHEST = 16, 20
# How many tokens are wrong, and how far back one is; 0 stands for anywhere among the last 16.
DAMAGES = [(n, 0) for n in range(4)] + [(1, back) for back in range(1, FARTHEST + 1)]


@until_interrupted
def damaged_recall(
    texts=None,
    dim=1024,
    layers=3,
    heads=4,
    encoders=("projection", "binding"),
    sample=200,
    again=False,
    seed=0,
    backend="auto",
):
    """Memorize texts, and predict their tokens from contexts in which a few tokens are wrong.

    A wrong token is another one of the texts' vocabulary. The same contexts are given to all
    encoders.

    Args:
        texts: a list of str; None takes those of sample_texts.
        dim: d.
        layers: l.
        heads: h.
        encoders: names of encoders; see MeMo.
        sample: how many random places of the texts to predict; if there are fewer, it takes all.
        again: whether the model first puts the context right, where it can; see reread.
        seed: another seed is another set of random vectors, places and wrong tokens.
        backend: see get_backend.

    Returns:
        One dict for each encoder and damage: encoder, damaged (how many tokens are wrong),
        distance (how far back the wrong one is: 1 is the last token; 0, anywhere among the last
        16), recall and known (shares of predictions that are right, and that pass for known).
        Interrupted, it returns those that were measured.

    Raises:
        ConfigurationError, CapacityError: as for MeMo; sample is not a positive whole number.
        InputError: a text is not a str, or none has more than 20 tokens.

    Source: this library; the paper has contexts without errors only.

    Example:
        >>> numbers = " ".join(str(number) for number in range(100))
        >>> options = {"encoders": ["binding"], "sample": 20, "backend": "numpy"}
        >>> records = damaged_recall([numbers], 256, seed=1, **options)
        >>> [record["recall"] for record in records if record["distance"] in (4, 5)]
        [0.0, 1.0]
    """
    texts = list(sample_texts().values()) if texts is None else list(texts)
    rows = [tokenize(text) for text in texts]
    places = [(row, i) for row in rows for i in range(FARTHEST, len(row))]
    vocabulary = sorted({token for row in rows for token in row})
    if not places or len(vocabulary) < 2:
        raise InputError(f"No text has more than {FARTHEST} tokens, of at least two kinds.")
    models = {name: MeMo(dim, heads, layers, name, seed, backend) for name in encoders}
    stream = random_stream("damage", seed)
    chosen = stream.permutation(len(places))[: whole_number(sample, "sample")]
    asked = [places[i] for i in chosen]
    contexts = {
        damage: [_damage(row[:i], *damage, vocabulary, stream) for row, i in asked]
        for damage in DAMAGES
    }
    with progress_bar(total=len(models) * len(DAMAGES), desc="damage", unit="damage") as bar:
        for encoder, model in models.items():
            for text in texts:
                model.memorize(text)
            for (damaged, distance), given in contexts.items():
                read = [reread(model, context) if again else context for context in given]
                found = [model.predict(context, top=1) for context in read]
                right = sum(p.token == row[i] for p, (row, i) in zip(found, asked, strict=True))
                bar.update()
                yield {
                    "encoder": encoder,
                    "damaged": damaged,
                    "distance": distance,
                    "recall": right / len(asked),
                    "known": sum(p.known for p in found) / len(asked),
                }


def _damage(context, damaged, distance, vocabulary, stream):
    """Replace the token at a distance from the end, or some of the last ones, by wrong tokens."""
    context = list(context)
    near = stream.permutation(NEAR)[:damaged] + 1
    for back in [distance] if distance else near:
        wrong = [token for token in vocabulary if token != context[-back]]
        context[-back] = wrong[stream.integers(len(wrong))]
    return context
