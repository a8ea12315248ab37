"""How much a memory can hold: recall and capacity predicted from its sizes alone."""

import math

import numpy as np

from memo_edu.codebook import whole_number
from memo_edu.errors import InputError


def noise(pairs, key_dim, value_dim, repeats=None, vocab_size=None, spread=1.0):
    """Predict the standard deviation of a wrong candidate's score.

    σ_j² = s·(r_j/d_key + (M - r_j)/(d_key·d_value)) for a candidate that is the target of r_j of
    the M pairs; for targets drawn uniformly r_j = M/V, so σ² = (s·M/d_key)·(1/d_value + 1/V).

    Args:
        pairs: M, how many pairs are stored.
        key_dim: d_key.
        value_dim: d_value.
        repeats: r_j, how many pairs have this target; a number or an array. None: uniform.
        vocab_size: V; needed if repeats is None.
        spread: s, how much the keys overlap beyond chance; 1 for independent keys.

    Returns:
        σ, in units of the right candidate's score of about 1; a float, or an array like repeats.

    Source: derived from Kohonen 1972; Frady, Kleyko and Sommer 2018 for uniform targets.

    Example:
        >>> round(noise(1000, 512, 512, vocab_size=100_000), 4)
        0.0619
    """
    if repeats is None:
        return math.sqrt(spread * pairs / key_dim * (1 / value_dim + 1 / vocab_size))
    repeats = np.asarray(repeats, dtype=float)
    return np.sqrt(spread * (repeats / key_dim + (pairs - repeats) / (key_dim * value_dim)))


def spread(heads, layer=1, overlap=0.0):
    """Predict how much the projection's keys overlap beyond chance.

    s_λ = 1 + 1/h + … + 1/h^λ: two windows share a little because all heads share one W_λ.

    Args:
        heads: h.
        layer: λ.
        overlap: d/V, the part of layer 1 that comes from windows that share tokens by chance.

    Returns:
        s, a float.

    Source: this library; measured at d = 1024, h = 4: 1.318, predicted 1.314.

    Example:
        >>> round(spread(heads=4, overlap=1024 / 50_277), 3)
        1.255
    """
    return sum(heads**-k for k in range(layer + 1)) + overlap / heads


def recall(pairs, key_dim, value_dim, vocab_size, spread=1.0):
    """Predict the share of pairs that are recalled rightly.

    P = ∫ φ(x) Φ(1/σ + x)^(V-1) dx: the right score, 1 + σx, must beat V - 1 wrong ones.

    Args:
        pairs: M, how many pairs are stored, with targets drawn uniformly.
        key_dim: d_key.
        value_dim: d_value.
        vocab_size: V, how many candidates there are.
        spread: s, how much the keys overlap beyond chance.

    Returns:
        P, in [1/V, 1].

    Raises:
        InputError: a size is not a positive whole number.

    Source: Frady, Kleyko and Sommer 2018; the noise with the term 1/V is this library's.

    Example:
        >>> round(recall(8000, 512, 512, 100_000), 3)
        0.899
    """
    if not 0 <= pairs < math.inf:
        raise InputError(f"pairs is {pairs}; a memory holds 0 pairs or more.")
    _check_sizes(key_dim, value_dim, vocab_size, spread)
    return _recall_at(noise(pairs, key_dim, value_dim, None, vocab_size, spread), vocab_size)


def capacity(key_dim, value_dim, vocab_size, accuracy=0.9, spread=1.0):
    """Predict how many pairs can be stored until recall falls to an accuracy.

    Args:
        key_dim: d_key.
        value_dim: d_value.
        vocab_size: V, how many candidates there are; at least 2.
        accuracy: the recall that must still be reached, between 1/V and 1.
        spread: s, how much the keys overlap beyond chance.

    Returns:
        The largest M whose predicted recall is at least the accuracy, an int.

    Raises:
        InputError: the accuracy is not between chance, 1/V, and 1.

    Source: Zanzotto et al. 2025, MeMo, section 4.1 has the measured values.

    Example:
        >>> capacity(512, 512, 100_000)
        7989
    """
    _check_sizes(key_dim, value_dim, vocab_size, spread)
    if not 1 / vocab_size < accuracy < 1:
        raise InputError(f"accuracy is {accuracy}; it must lie between 1/V and 1.")
    low, high = 0.0, 1.0
    while _recall_at(high, vocab_size) >= accuracy:
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        if _recall_at(middle, vocab_size) >= accuracy:
            low = middle
        else:
            high = middle
    return int((low / noise(1, key_dim, value_dim, vocab_size=vocab_size, spread=spread)) ** 2)


def _check_sizes(key_dim, value_dim, vocab_size, spread):
    for name, size in (("key_dim", key_dim), ("value_dim", value_dim), ("vocab_size", vocab_size)):
        whole_number(size, name, error=InputError)
    if not 0 < spread < math.inf:
        raise InputError(f"spread is {spread}; it is 1 for independent keys, and never below 0.")


def _recall_at(sigma, vocab_size):
    """Integrate P over the right candidate's noise; exact to about 1e-12 for any V."""
    if sigma == 0:
        return 1.0
    x = np.linspace(-12, 12, 2401)
    weights = np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi) * (x[1] - x[0])
    return float(weights @ np.exp((vocab_size - 1) * _log_normal_cdf(x + 1 / sigma)))


def _log_normal_cdf(x):
    """Return log Φ(x) without losing the digits of Φ near 1."""
    above = np.array([0.5 * math.erfc(value / math.sqrt(2)) for value in x])
    below = np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in x])
    with np.errstate(divide="ignore"):
        return np.where(x > 0, np.log1p(-np.minimum(above, 0.5)), np.log(below))
