"""Memories of lower layers: what they add when asked, and what they cost."""

import itertools

import numpy as np

from memo_edu.codebook import random_stream, whole_number
from memo_edu.errors import ConfigurationError, InputError
from memo_edu.experiments.bar import progress_bar
from memo_edu.experiments.interrupt import until_interrupted
from memo_edu.model import MeMo
from memo_edu.text import sample_texts, tokenize

# Contexts with wrong tokens are drawn so often: one draw would be too few answers to tell.
DRAWS = 5


@until_interrupted
def intermediate_recall(
    texts=None,
    tokens=(160, 400),
    dim=1024,
    layers=3,
    heads=4,
    alphas=(1.0, 0.9, 0.5, 0.0),
    wrong=(0.0, 0.2, 0.5, 0.8),
    seed=0,
    backend="auto",
):
    """Measure recall with the paper's intermediate memories, in contexts with wrong tokens too.

    Retrieving is linear, so they complete nothing: of a window of which a share c is right, the
    encoding is c·e + noise, and what its key leads to is c·e + noise, too. Only the noise differs,
    about √(1 - c²) and √(N/d). Measured (d = 1024, h = 4, l = 3, three seeds):

    - They help a little where half of a context or more is wrong, tokens are random or few, and
      there is no penalty: at most from .42 to .48 (400 random tokens, 80% wrong, α = 0.5).
    - They hurt on prose that says the same words again: 400 tokens in clean contexts, .98 without
      them, is .50 at α = 0.5 and .28 at α = 0; with the penalty, .94 and .83.
    - With the penalty, what a text writes depends on those before it. Forgetting one of them takes
      away what it wrote itself, and leaves memories that differ by 50 to 96% from those that never
      held it; without the penalty, by less than 1e-6.

    Args:
        texts: a list of str, one after another the prose; None takes the English sample texts.
        tokens: how many tokens of it are memorized, in a model of their own for each number, as
            two texts of half as many; and as many random ones, drawn from the same vocabulary.
        dim: d.
        layers: l.
        heads: h.
        alphas: α, in [0, 1]; 1 asks the memories nothing.
        wrong: which share of the tokens of a context is replaced by others of the vocabulary.
        seed: another seed is another set of random vectors, random tokens and wrong tokens.
        backend: see get_backend.

    Returns:
        One dict for each model and share: kind ("prose" or "random"), tokens (N), load (√(N/d),
        the noise of a memory's answer), penalty (1 or 0), alpha, wrong, recall, and residue: when
        the first text is forgotten, the relative difference from a model that never held it, in
        the memory where it is largest. Interrupted, it returns those of the models that were
        measured.

    Raises:
        ConfigurationError, CapacityError: as for MeMo, or a share is not in [0, 1].
        InputError: a text is not a str, or the texts have too few tokens.

    Source: the memories are Zanzotto et al. 2025, MeMo, section 3.3; the experiment is this
    library's.

    Example:
        >>> records = intermediate_recall(tokens=[160], dim=512, alphas=[1.0, 0.5], wrong=[0.0],
        ...                               layers=2, backend="numpy")
        >>> [(r["kind"], r["alpha"], r["recall"]) for r in records if not r["penalty"]]
        [('prose', 1.0, 1.0), ('prose', 0.5, 1.0), ('random', 1.0, 1.0), ('random', 0.5, 1.0)]
    """
    if not all(0 <= share <= 1 for share in (*alphas, *wrong)):
        raise ConfigurationError("alphas and wrong are shares, numbers from 0 to 1.")
    rows = _rows(texts, tokens, seed)
    sizes = {"dim": dim, "heads": heads, "layers": layers, "seed": seed, "backend": backend}
    settings = list(itertools.product(rows.items(), (False, True), alphas))
    with progress_bar(settings, desc="intermediate", unit="model") as bar:
        for ((kind, count), ids), penalty, alpha in bar:
            options = {**sizes, "vocab_size": _vocab_size(ids), "alpha": alpha, "penalty": penalty}
            model, alone = MeMo(**options), MeMo(**options)
            model.memorize_ids(ids)
            recalls = [_recall(model, ids, share, seed) for share in wrong]
            model.forget_ids(ids[:1])
            alone.memorize_ids(ids[1:])
            bar.set_postfix(kind=kind, tokens=count, recall=f"{recalls[0]:.3f}", refresh=False)
            for share, recall in zip(wrong, recalls, strict=True):
                yield {
                    "kind": kind,
                    "tokens": count,
                    "load": (count / dim) ** 0.5,
                    "penalty": int(penalty),
                    "alpha": alpha,
                    "wrong": share,
                    "recall": recall,
                    "residue": _difference(model, alone),
                }


def replace_tokens(ids, share, vocab_size, stream):
    """Replace a share of tokens by wrong ones.

    Args:
        ids: NumPy array of ids in 1..V-1.
        share: how probable it is that a token is replaced.
        vocab_size: V.
        stream: a numpy.random.Generator.

    Returns:
        An array of the same shape; a token that was replaced is never the same by chance.

    Example:
        >>> replace_tokens(np.array([1, 2, 3, 4, 5]), 0.4, 100, random_stream("wrong"))
        array([64, 47,  3,  4,  5])
    """
    others = (ids - 1 + stream.integers(1, vocab_size - 1, ids.shape)) % (vocab_size - 1) + 1
    return np.where(stream.random(ids.shape) < share, others, ids)


def _rows(texts, tokens, seed):
    """Return the ids of prose and of random tokens, in two rows: (kind, number) -> array."""
    if texts is None:
        samples = sample_texts()
        texts = [samples[name] for name in ("lighthouse", "clockmaker", "atlas")]
    words = [token for text in texts for token in tokenize(text)]
    prose, random = {}, {}
    for count in tokens:
        if whole_number(count, "tokens", least=2) > len(words):
            raise InputError(f"tokens is {count}; these texts have {len(words)}.")
        half = count // 2
        kinds = {token: i for i, token in enumerate(dict.fromkeys(words[: 2 * half]), 1)}
        ids = np.array([kinds[token] for token in words[: 2 * half]])
        prose["prose", count] = ids.reshape(2, half)
        stream = random_stream("random text", seed, count)
        random["random", count] = stream.integers(1, len(kinds) + 1, (2, half))
    return prose | random


def _vocab_size(ids):
    return int(ids.max()) + 1


def _recall(model, ids, share, seed):
    """Predict every token from contexts in which some are wrong, and count the right answers."""
    stream, right = random_stream("wrong", seed), []
    for _ in range(DRAWS if share else 1):
        answers = model.recall_ids(replace_tokens(ids, share, model.vocab_size, stream)).answers
        right.append(np.array(answers) == ids[:, model.encoder.heads :].ravel())
    return float(np.mean(right))


def _difference(model, other):
    """Return the relative norm of the difference of two models' memories, where it is largest."""
    return max(
        float(np.linalg.norm(one - two) / np.linalg.norm(two))
        for one, two in zip(_matrices(model), _matrices(other), strict=True)
    )


def _matrices(model):
    memories = [model._memory, *model._lower.memories]
    return [model.backend.to_numpy(memory.matrix).astype("float64") for memory in memories]
