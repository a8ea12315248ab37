"""One matrix holds many pairs: a sum of outer products, and nothing else."""

import math

import array_api_compat
import numpy as np

from memo_edu.backend import get_backend, to_numpy
from memo_edu.codebook import DTYPES, whole_number
from memo_edu.errors import CapacityError, ConfigurationError, InputError

# Formats whose every number is exact in float32; the others go through float64.
NARROW = ("float32", "int8", "int16")
# The largest whole number up to which every one is exact in the format.
EXACT_UP_TO = {"float32": 2.0**24, "float64": 2.0**53}
# Pairs that are gathered for one product: enough to make it fast, few enough for any memory.
GATHERED = 4096


class CorrelationMatrixMemory:
    """A matrix C that maps keys to values: C = Σ kᵢᵀ yᵢ.

    If keys and values are whole numbers, so is every entry of C, and sums are exact: before an
    entry could pass 2²⁴ the matrix moves from float32 to float64.

    Args:
        key_dim: length of a key.
        value_dim: length of a value.
        backend: see get_backend.
        dtype: "float32" or "float64".

    Raises:
        ConfigurationError: a dimension is not a positive whole number, or dtype is unknown.
        CapacityError: the matrix does not fit in the free memory.

    Source: Kohonen 1972, Correlation matrix memories; Anderson 1972.

    Example:
        >>> memory = CorrelationMatrixMemory(2, 3, backend="numpy")
        >>> memory.memorize([[1, 0], [0, 1]], [[1, 2, 3], [4, 5, 6]])
        >>> memory.retrieve([[0, 1]])
        array([[4., 5., 6.]], dtype=float32)
        >>> memory.forget([[1, 0], [0, 1]], [[1, 2, 3], [4, 5, 6]])
        >>> bool((memory.matrix == 0).all())
        True
    """

    def __init__(self, key_dim, value_dim, backend="auto", dtype="float32"):
        self.key_dim = whole_number(key_dim, "key_dim")
        self.value_dim = whole_number(value_dim, "value_dim")
        if dtype not in DTYPES:
            raise ConfigurationError(f"dtype is {dtype!r}; choose one of {DTYPES}.")
        self.backend, self.dtype = get_backend(backend), dtype
        size = self.key_dim * self.value_dim * (4 if dtype == "float32" else 8)
        self.backend.require(size, f"A memory of {self.key_dim} × {self.value_dim} numbers")
        xp = self.backend.xp
        shape = (self.key_dim, self.value_dim)
        self.matrix = xp.zeros(shape, dtype=getattr(xp, dtype), device=self.backend.device)
        self._bound = 0.0

    def memorize(self, keys, values):
        """Add pairs: C += KᵀY.

        Args:
            keys: (n, key_dim).
            values: (n, value_dim).

        Raises:
            InputError: a shape is wrong or an entry is not finite; C is unchanged.
            CapacityError: the sums could pass 2⁵³; C is unchanged.
        """
        keys, values, growth = self._pairs(keys, values)
        self._add_product(keys, values, growth)

    def memorize_blocks(self, blocks):
        """Add pairs that come in blocks: C += Σ KᵀY.

        Large products are faster than many small ones, so blocks are gathered first, in two arrays
        that are filled again and again: fresh memory for every product takes longer.

        Args:
            blocks: an iterable of (n, key_dim) keys and (n, value_dim) values.

        Raises:
            InputError, CapacityError: as for memorize; earlier blocks may be in C already.

        Example:
            >>> memory = CorrelationMatrixMemory(1, 2, backend="numpy")
            >>> memory.memorize_blocks(([[key]], [[1, key]]) for key in (1, 2, 3))
            >>> memory.matrix
            array([[ 6., 14.]], dtype=float32)
        """
        for keys, values, growth in self._gathered(blocks):
            self._add_product(keys, values, growth)

    def forget(self, keys, values):
        """Take pairs away: C -= KᵀY.

        Nothing tells the memory whether it ever held them: forgetting what was not memorized
        leaves a negative memory.

        Args:
            keys: (n, key_dim).
            values: (n, value_dim).

        Raises:
            InputError, CapacityError: as for memorize.
        """
        keys, values, _ = self._pairs(keys, values)
        self.memorize(-keys, values)

    def retrieve(self, keys):
        """Read what the keys lead to: q C, which is noisy if other pairs are stored.

        Args:
            keys: (n, key_dim).

        Returns:
            (n, value_dim) array.

        Raises:
            InputError: the shape is wrong or an entry is not finite.
        """
        keys, _ = self._check(keys, self.key_dim, "keys")
        return self._cast(keys) @ self.matrix

    def add(self, matrix):
        """Add another memory's matrix: what both hold, this one holds now.

        Args:
            matrix: (key_dim, value_dim).

        Raises:
            InputError, CapacityError: as for memorize.
        """
        matrix, largest = self._check(matrix, self.value_dim, "matrix")
        if matrix.shape[0] != self.key_dim:
            raise InputError(f"matrix has {matrix.shape[0]} rows; this memory has {self.key_dim}.")
        self._make_room(largest)
        self.matrix = self.matrix + self._cast(matrix)

    def _pairs(self, keys, values):
        """Return keys and values on this backend, and the most that they can add to an entry."""
        keys, largest_key = self._check(keys, self.key_dim, "keys")
        values, largest_value = self._check(values, self.value_dim, "values")
        if keys.shape[0] != values.shape[0]:
            raise InputError(
                f"There are {keys.shape[0]} keys and {values.shape[0]} values; "
                "each key needs one value."
            )
        return keys, values, keys.shape[0] * largest_key * largest_value

    def _check(self, array, width, name):
        """Return the array on this backend and its largest absolute entry, or refuse it."""
        try:
            array = array if hasattr(array, "dtype") else np.asarray(array)
            dtype = str(array.dtype).rpartition(".")[2]
            if not dtype.startswith(("float", "int", "uint", "bool")):
                raise TypeError(f"its entries are {dtype}")
            array = self.backend.asarray(array, None if dtype in NARROW else "float64")
        except (TypeError, ValueError) as error:
            raise InputError(f"{name} is not an array of numbers: {error}") from error
        if array.ndim != 2 or array.shape[1] != width:
            raise InputError(f"{name} has the shape {array.shape}; it must be (n, {width}).")
        largest = _largest(array)
        if not math.isfinite(largest):
            raise InputError(f"{name} holds NaN or infinity; every number must be finite.")
        if largest >= EXACT_UP_TO["float64"]:
            raise CapacityError(f"{name} holds 2^53 or more, beyond which sums are not exact.")
        return array, largest

    def _gathered(self, blocks):
        """Yield the keys and values of several blocks at a time, and their growth; see _pairs."""
        xp, dtype = self.backend.xp, getattr(self.backend.xp, self.dtype)
        shapes = (GATHERED, self.key_dim), (GATHERED, self.value_dim)
        arrays = [xp.empty(shape, dtype=dtype, device=self.backend.device) for shape in shapes]
        filled, growth = 0, 0.0
        for block in blocks:
            *parts, more = self._pairs(*block)
            count = parts[0].shape[0]
            if count > GATHERED or more > EXACT_UP_TO[self.dtype]:
                yield *parts, more  # too many, or too large for the arrays' format
                continue
            if filled + count > GATHERED:
                yield *(array[:filled, :] for array in arrays), growth
                filled, growth = 0, 0.0
            for array, part in zip(arrays, parts, strict=True):
                self.backend.copy_rows(part, array, filled)
            filled, growth = filled + count, growth + more
        yield *(array[:filled, :] for array in arrays), growth

    def _add_product(self, keys, values, growth):
        """C += KᵀY, which adds at most growth to an entry."""
        self._make_room(growth)
        product = self._cast(keys).T @ self._cast(values)
        product += self.matrix  # in place of the product: whoever holds the old matrix keeps it
        self.matrix = product

    def _cast(self, array):
        return self.backend.asarray(array, self.dtype)

    def _make_room(self, growth):
        """Keep whole numbers exact: before an entry could pass 2²⁴, move to float64."""
        # Differences, because a sum near 2⁵³ is rounded; ≥, because growth was rounded itself.
        if growth > EXACT_UP_TO[self.dtype] - self._bound:
            self._bound = _largest(self.matrix)
        if growth >= EXACT_UP_TO["float64"] - self._bound:
            raise CapacityError(
                "An entry could pass 2^53, beyond which sums are not exact. Forget something first."
            )
        if growth > EXACT_UP_TO[self.dtype] - self._bound:
            self.dtype = "float64"
            self.matrix = self._cast(self.matrix)
        self._bound += growth

    def __repr__(self):
        size = self.key_dim * self.value_dim * (4 if self.dtype == "float32" else 8)
        return (
            f"CorrelationMatrixMemory({self.key_dim} -> {self.value_dim}, {self.dtype}, "
            f"{size:,} bytes, largest entry {_largest(self.matrix):.3g})"
        )


def noise_probability(score, sigmas, counts):
    """Return the probability that the best of many wrong candidates scores so high by chance.

    1 - Π_j Φ(score / σ_j)^n_j, for n_j candidates whose scores are noise N(0, σ_j²).

    Args:
        score: the score to be judged.
        sigmas: (m,) standard deviations.
        counts: (m,) how many candidates have each.

    Returns:
        A probability, accurate however small.

    Example:
        >>> round(noise_probability(3.0, [1.0], [1000]), 4)
        0.741
    """
    log_below = 0.0
    for sigma, count in zip(sigmas, counts, strict=True):
        above = 0.5 * math.erfc(score / (sigma * math.sqrt(2))) if sigma > 0 else float(score <= 0)
        log_below += count * (math.log1p(-above) if above < 1 else -math.inf)
    return -math.expm1(log_below)


def _largest(array):
    """Return the largest absolute entry, NaN if there is one; 0 for an empty array."""
    xp = array_api_compat.array_namespace(array)
    if 0 in array.shape:
        return 0.0
    ends = xp.stack([xp.max(array), xp.min(array)])  # both are fetched together
    highest, lowest = to_numpy(ends).tolist()
    return float(max(highest, -lowest))
