"""One layer: how many random pairs a memory holds."""

import math

import array_api_compat
import numpy as np

from memo_edu import theory
from memo_edu.codebook import random_stream, whole_number
from memo_edu.errors import ConfigurationError
from memo_edu.experiments.bar import progress_bar
from memo_edu.experiments.interrupt import until_interrupted
from memo_edu.memory import CorrelationMatrixMemory

# Keys that are asked at once: each has a score for every candidate, and all must fit in memory.
BLOCK = 500


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


@until_interrupted
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
    with progress_bar(total=math.ceil(expected / batch), desc="pairs", unit="batch") as bar:
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
