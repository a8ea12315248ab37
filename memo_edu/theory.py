"""How much a memory can hold: recall predicted from its sizes, from word counts, from a text.

Nothing here draws a random vector: a prediction is what all codebooks have in common.
"""

import functools
import math
from collections.abc import Mapping
from numbers import Real
from statistics import NormalDist

import numpy as np

from memo_edu.backend import get_backend
from memo_edu.codebook import as_tokens, random_stream, whole_number
from memo_edu.encoders import ENCODERS
from memo_edu.errors import ConfigurationError, InputError
from memo_edu.model import BEGIN
from memo_edu.results import SURE

# What a prediction must know of an encoder: whether windows that share tokens have keys that
# resemble each other, and whether values are bound to their windows.
ALIKE_KEYS = ("projection", "bound values")
BOUND_VALUES = ("binding", "bound values")

# Where integrals over the noise of the right score are summed up, in standard deviations. What is
# summed is smooth and vanishes at both ends: the error is 1e-9 at most for up to 10⁷ candidates.
X = np.linspace(-9, 9, 361)
WEIGHTS = np.exp(-(X**2) / 2) / math.sqrt(2 * math.pi) * (X[1] - X[0])


def noise(pairs, key_dim, value_dim, repeats=None, vocab_size=None, spread=1.0):
    """Predict the standard deviation of a wrong candidate's score.

    σ_j² = s·(r_j/d_key + (M - r_j)/(d_key·d_value)) for a candidate that is the target of r_j of
    the M pairs; for targets drawn uniformly r_j = M/V, so σ² = (s·M/d_key)·(1/d_value + 1/V).

    Args:
        pairs: M, how many pairs are stored; a pair that is stored n times counts n² times.
        key_dim: d_key.
        value_dim: d_value.
        repeats: r_j, how many pairs have this target; a number or an array. None: uniform.
        vocab_size: V; needed if repeats is None.
        spread: s, how much the keys overlap beyond chance; 1 for independent keys.

    Returns:
        σ, in units of the right candidate's score of about 1; a float, or an array like repeats.

    Raises:
        InputError: neither repeats nor vocab_size is given.

    Source: derived from Kohonen 1972; Frady, Kleyko and Sommer 2018 for uniform targets.

    Example:
        >>> round(noise(1000, 512, 512, vocab_size=100_000), 4)
        0.0619
    """
    if repeats is None:
        if vocab_size is None:
            raise InputError("noise needs repeats or, for targets drawn uniformly, vocab_size.")
        return math.sqrt(spread * pairs / key_dim * (1 / value_dim + 1 / vocab_size))
    repeats = np.asarray(repeats, dtype=float)
    return np.sqrt(spread * (repeats / key_dim + (pairs - repeats) / (key_dim * value_dim)))


def spread(heads, layer=1, overlap=0.0):
    """Predict how much the projection's keys of one layer overlap beyond chance.

    s_λ = 1 + 1/h + … + 1/h^λ + overlap/h^λ: the columns of the random matrices overlap a little,
    a matrix a layer, and two windows share tokens by chance.

    Args:
        heads: h.
        layer: λ.
        overlap: d·a, where a is how often two places hold the same token: 1/V if all tokens are
            equally frequent.

    Returns:
        s, a float.

    Source: this library; measured at d = 1024, h = 4: 1.318, predicted 1.314.

    Example:
        >>> round(spread(heads=4, overlap=1024 / 50_277), 3)
        1.255
    """
    return sum(heads**-k for k in range(layer + 1)) + overlap / heads**layer


def spread_of_layers(heads, layers, overlap=0.0):
    """Predict the spread of the projection's keys when l layers are added.

    s = 1 + Σ_λ Σ_μ (s_min(λ,μ) - 1)/h^|λ-μ| / l². The keys of two layers are independent, but what
    q and k overlap by in one layer, they do in the next as well: it looks at the same tokens, and
    at h times as many.

    Args:
        heads: h.
        layers: l.
        overlap: see spread.

    Returns:
        s, a float, for scores in units of l, the signal of l layers.

    Source: this library; measured at d = 1024, h = 4, l = 3: 1.135, predicted 1.134.

    Example:
        >>> [round(spread_of_layers(heads=4, layers=layers), 3) for layers in (1, 2, 3)]
        [1.25, 1.172, 1.134]
    """
    every = range(1, layers + 1)
    excess = [
        (spread(heads, min(i, j), overlap) - 1) / heads ** abs(i - j) for i in every for j in every
    ]
    return 1 + sum(excess) / layers**2


def coherence(tokens, heads, layer=1, encoder="projection"):
    """Predict the cosine between the keys of any two windows of a text.

    m/h^λ for two windows that hold the same token in m of their h^λ places: the projection is
    linear at every layer, and different tokens are nearly orthogonal. With bound keys it is all
    or nothing: 1 if every place agrees, else 0.

    Args:
        tokens: n tokens.
        heads: h.
        layer: λ.
        encoder: see MeMo.

    Returns:
        (n, n) float32 array; row and column i belong to the window that ends with token i, and
        are zero if it is not full.

    Raises:
        InputError: tokens is not a list of tokens, or a size is not a positive whole number.
        ConfigurationError: there is no such encoder.
        CapacityError: n² numbers do not fit in the free memory.

    Source: this library; Zanzotto et al. 2025, MeMo, section 4.2 has windows that share 3 of 4.

    Example:
        >>> tea = ["hot", "tea", "is", "good", "cold", "tea", "is", "good"]
        >>> float(coherence(tea, heads=4)[3, 7])
        0.75
        >>> float(coherence(tea, heads=4, encoder="binding")[3, 7])
        0.0
    """
    _check_encoder(heads, layer, encoder)
    numbers, places = _numbered(as_tokens(tokens)), heads**layer
    get_backend("numpy").require(12 * len(numbers) ** 2, f"The cosines of {len(numbers)} windows")
    same = np.float32(numbers[:, None] == numbers)
    agree = same.copy()
    for back in range(1, min(places, len(numbers))):
        agree[back:, back:] += same[:-back, :-back]
    agree[: places - 1, :] = agree[:, : places - 1] = 0
    return agree / places if encoder in ALIKE_KEYS else np.float32(agree == places)


def recall(pairs, key_dim, value_dim, vocab_size, spread=1.0):
    """Predict the share of pairs that are recalled rightly.

    P = ∫ φ(x) Φ(1/σ + x)^(V-1) dx: the right score, 1 + σx, must beat V - 1 wrong ones.

    It is meant for M well above d_key. Below, the right pair adds to the noise of the others, too:
    see recall_of_counts.

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
    _check_sizes(key_dim, value_dim, vocab_size, spread)
    if not isinstance(pairs, Real) or not 0 <= pairs < math.inf:
        raise InputError(f"pairs is {pairs!r:.40}; a memory holds 0 pairs or more.")
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
    if not isinstance(accuracy, Real) or not 1 / vocab_size < accuracy < 1:
        raise InputError(f"accuracy is {accuracy!r:.40}; it must lie between 1/V and 1.")
    low, high = -64.0, 64.0  # of log₂ σ
    for _ in range(64):
        middle = (low + high) / 2
        if _recall_at(2**middle, vocab_size) >= accuracy:
            low = middle
        else:
            high = middle
    return int((2**low / noise(1, key_dim, value_dim, vocab_size=vocab_size, spread=spread)) ** 2)


def recall_of_counts(counts, key_dim, value_dim, heads=4, layers=3, encoder="projection"):
    """Predict the recall of a text from how often each token occurs.

    P = Σ_y r_y/M ∫ φ(x) Π_j Φ((1 + a·(r_y - 1 - r_j) + σ_y x)/√(σ_j² + 1/d_value)) dx: the score
    of the right token y, which occurs r_y times, must beat those of all others, j.

    - σ_j is their noise. With bound values no other pair has a token's own value: r_j = 0 in σ_j.
    - a = Σ_j (r_j/M)² is how often two places of the text agree. With the projection this is the
      mean cosine of two keys, so that r_j of them lift token j by a·r_j: frequent tokens win.
      With bound keys or bound values nothing is lifted.
    - 1/d_value is the noise of the right pair's own value, which is read in full.

    Counts know nothing of the order of tokens. Every window is taken for full and for unique:
    one that goes on in two ways, or recurs, costs more recall than is predicted here. And with the
    projection the tokens of real prose lift those that usually follow them, which counts can't
    tell: there this is a rough guess, and recall_of_text a good one.

    Args:
        counts: r, how often each candidate is the target of a pair: an array, or a dict such as
            a Counter of tokens.
        key_dim: d_key; d of a MeMo.
        value_dim: d_value; d of a MeMo.
        heads: h; only the projection's keys depend on it.
        layers: l, as heads.
        encoder: see MeMo; "bound keys" stands for any keys that are independent.

    Returns:
        P, the expected share of tokens that are recalled rightly.

    Raises:
        InputError: a count is no whole number, or none is above 0; or a size is wrong.
        ConfigurationError: there is no such encoder.

    Source: this library.

    Example:
        >>> from collections import Counter
        >>> words = Counter("the cat saw the dog and the dog saw the cat".split())
        >>> round(recall_of_counts(words, 64, 64, layers=1), 2)
        0.7
        >>> round(recall_of_counts(words, 64, 64, layers=1, encoder="binding"), 2)
        1.0
    """
    _check_encoder(heads, layers, encoder)
    _check_sizes(key_dim, value_dim, 1, 1.0)
    r, number = _distinct(counts)
    pairs, bound = r @ number, encoder in BOUND_VALUES
    agreement = number @ r**2 / pairs**2 if encoder in ALIKE_KEYS else 0.0
    s = spread_of_layers(heads, layers, key_dim * agreement) if encoder in ALIKE_KEYS else 1.0
    lift = 0.0 if bound else agreement
    others = noise(pairs, key_dim, value_dim, 0 * r if bound else r, spread=s)
    others = np.sqrt(others**2 + 1 / value_dim)
    chances = []
    for right in r[r > 0]:
        own = noise(pairs - 1, key_dim, value_dim, 0 if bound else right - 1, spread=s)
        lead = 1 + lift * (right - 1 - r)
        chances.append(_chance_to_win(lead, own, others, number - (r == right)))
    return float((r * number)[r > 0] @ chances / pairs)


def recall_of_text(
    tokens, dim=1024, heads=4, layers=3, encoder="projection", watch=None, sample=None
):
    """Predict which tokens of a text are recalled, from which of its windows agree.

    The memory is a sum over the values stored in it, C = Σ_v K_vᵀv, where K_v adds up the keys of
    all pairs with the value v. A query q reads v with the strength q·K_v. Its mean is the sum of
    q's coherences with these keys; its variance is about s·‖q‖²‖K_v‖²/d, where ‖K_v‖² adds up
    their coherences with each other. A candidate scores the strength of its own value, plus 1/√d
    of every other's as noise.

    So what the projection mixes up is known before any vector is drawn: windows that share tokens
    add to the strength of each other's values, however large d is.

    Args:
        tokens: n tokens, as the tokenizer makes them; begin marks are put before them.
        dim: d.
        heads: h.
        layers: l.
        encoder: see MeMo.
        watch: see MeMo.memorize.
        sample: compute it for so many random tokens only, in order; None takes all.

    Returns:
        (n,) array: the probability of each token to be recalled. The mean is the recall.

    Raises:
        InputError: tokens is not a list of tokens, or empty; or a size is no whole number.
        ConfigurationError: there is no such encoder.
        CapacityError: n² numbers do not fit in the free memory.

    Source: this library.

    Example:
        >>> words = "the cat saw the dog and the dog saw the cat".split()
        >>> recall_of_text(words, 64, heads=2, layers=1).round(1)
        array([0.8, 0.9, 1. , 1. , 0.5, 0.1, 1. , 0.9, 0.9, 1. , 0.5])
    """
    _check_encoder(heads, layers, encoder)
    whole_number(dim, "dim", error=InputError)
    tokens = as_tokens(tokens)
    if not tokens:
        raise InputError("tokens is empty; there is nothing to recall.")
    row = [BEGIN] * heads + tokens
    layered = [coherence(row[:-1], heads, layer, encoder) for layer in range(1, layers + 1)]
    cosines = sum(layered)[heads - 1 :, heads - 1 :]
    windows = [tuple(row[i : i + heads]) for i in range(len(tokens))]
    signatures = _numbered(windows if encoder in BOUND_VALUES else [()] * len(tokens))
    s = spread_of_layers(heads, layers) if encoder in ALIKE_KEYS else 1.0
    chosen = np.arange(len(tokens))
    if sample is not None:
        count = min(whole_number(sample, "sample", error=InputError), len(tokens))
        chosen = np.sort(random_stream("sample", sample).choice(chosen, count, replace=False))
    return _chances_of_tokens(tokens, signatures, cosines, s, dim, chosen, watch)


def _chances_of_tokens(tokens, signatures, cosines, s, dim, chosen, watch):
    """Return chosen tokens' chances against the values with their signatures, and all others."""
    values = _numbered(list(zip(signatures.tolist(), tokens, strict=True)))
    signature_of = signatures[np.unique(values, return_index=True)[1]]
    stored = np.eye(len(signature_of), dtype=np.float32)[values]
    means = cosines @ stored
    power = np.sum(stored * means, axis=0)
    chances = []
    each = (part[chosen] for part in (values, means, np.diag(cosines), signatures))
    for right, mean, votes, signature in zip(*each, strict=True):
        variance = s * votes * power / dim
        leak = (mean**2 + variance) / dim  # what each value adds to the noise of all others
        rivals = signature_of == signature
        rivals[right] = False
        # Most rivals are alike, and those of other signatures all are: only their noise is left.
        unlike = np.stack([mean, variance - leak])[:, rivals]
        (level, own), number = np.unique(unlike, axis=1, return_counts=True)
        rest = len(set(tokens)) - 1 - np.sum(number)
        level, own, number = np.append(level, 0), np.append(own, 0), np.append(number, rest)
        # The right pair is no noise: its key is not in the sum that makes the right score's noise.
        spent = s * votes * (power[right] - 2 * mean[right] + votes) / dim
        sigma = math.sqrt(max(0.0, spent) + leak.sum() - leak[right])
        others = np.sqrt(own + leak.sum())
        chances.append(_chance_to_win(mean[right] - level, sigma, others, number))
        if watch is not None:
            watch(len(chances) / len(chosen))
    return np.array(chances)


def threshold(count, level=SURE):
    """Predict how high noise reaches: t, with 1 - Φ(t)^n = level.

    Args:
        count: n, how many independent scores there are, each N(0, 1) by chance.
        level: how often the best of them may be above t, a probability.

    Returns:
        t, in standard deviations, a float.

    Raises:
        InputError: count is no positive whole number, or level is not between 0 and 1.

    Source: the distribution of the largest of n independent values.

    Example:
        >>> round(threshold(2215), 2)
        4.44
    """
    whole_number(count, "count", error=InputError)
    if not isinstance(level, Real) or not 0 < level < 1:
        raise InputError(f"level is {level!r:.40}; it must lie between 0 and 1.")
    # 1 - (1 - level)^(1/n) without losing its digits.
    return -NormalDist().inv_cdf(-math.expm1(math.log1p(-level) / count))


def _check_sizes(key_dim, value_dim, vocab_size, spread):
    for name, size in (("key_dim", key_dim), ("value_dim", value_dim), ("vocab_size", vocab_size)):
        whole_number(size, name, error=InputError)
    if not isinstance(spread, Real) or not 0 < spread < math.inf:
        raise InputError(f"spread is {spread!r:.40}; it is 1 for independent keys, never below 0.")


def _check_encoder(heads, layers, encoder):
    whole_number(heads, "heads", 2, InputError)
    whole_number(layers, "layers", 1, InputError)
    if encoder not in list(ENCODERS):
        raise ConfigurationError(f"encoder is {encoder!r}; choose one of {', '.join(ENCODERS)}.")


def _numbered(things):
    """Number things in the order in which they first occur, and list every one's number."""
    numbers = {thing: number for number, thing in enumerate(dict.fromkeys(things))}
    return np.array([numbers[thing] for thing in things], dtype=np.int64)


def _distinct(counts):
    """Return the different counts, and how many candidates have each, as float arrays."""
    counts = np.asarray(list(counts.values()) if isinstance(counts, Mapping) else counts)
    if counts.ndim != 1 or counts.dtype.kind not in "iu":
        raise InputError("counts are whole numbers, one for each candidate.")
    if counts.min(initial=0) < 0 or counts.max(initial=0) == 0:
        raise InputError("counts must not be negative, and at least one must be above 0.")
    r, number = np.unique(counts, return_counts=True)
    return r.astype(float), number.astype(float)


def _recall_at(sigma, vocab_size):
    """Integrate P for one σ, in units of which the right score leads by 1/σ."""
    if sigma == 0:
        return 1.0
    won = np.exp((vocab_size - 1) * _log_normal_cdf(1 / sigma + X))
    return min(1.0, float(WEIGHTS @ won))


def _chance_to_win(lead, own, others, number):
    """Integrate P for unlike candidates: ∫ φ(x) Π_j Φ((lead_j + own·x)/others_j)^number_j dx."""
    there = number > 0
    z = (lead[there, None] + own * X) / others[there, None]
    return min(1.0, float(WEIGHTS @ np.exp(number[there] @ np.interp(z, *_table()))))


@functools.cache
def _table():
    """Tabulate log Φ, which a text needs a hundred million times; right to 1e-6."""
    z = np.linspace(-40, 10, 50_001)
    return z, _log_normal_cdf(z)


def _log_normal_cdf(z):
    """Return log Φ(z) without losing the digits of Φ near 1."""
    tail = np.array([0.5 * math.erfc(abs(value) / math.sqrt(2)) for value in z])
    with np.errstate(divide="ignore"):
        return np.where(z > 0, np.log1p(-tail), np.log(tail))
