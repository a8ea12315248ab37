"""A random vector for every token: in many dimensions, chance makes them nearly orthogonal."""

import functools
import hashlib
import math
from collections.abc import Iterable

import array_api_compat
import numpy as np

from memo_edu.backend import get_backend
from memo_edu.errors import ConfigurationError, InputError

PADDING = 0
DTYPES = ("float32", "float64")
# Vectors that are drawn at once: they come as floats, and are kept in a fourth of the room.
DRAWN = 4096


def random_stream(*names):
    """Return a random generator that depends on the names alone.

    The names are hashed into the key of a counter-based generator, so a token's vector is the
    same whatever was drawn before it, on every machine.

    Args:
        *names: str or int.

    Returns:
        A numpy.random.Generator.

    Source: Salmon et al. 2011, Parallel random numbers: as easy as 1, 2, 3 (Philox).

    Example:
        >>> bool(random_stream("tea", 1).normal() == random_stream("tea", 1).normal())
        True
    """
    text = "\x1f".join(("s:" if isinstance(name, str) else "i:") + str(name) for name in names)
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest, "little")))


class Codebook:
    """A vector for every token, drawn at random once and for all.

    gaussian: entries N(0, 1/dim), norm about 1. bipolar: entries -1 or +1, norm exactly √dim.
    The id 0 is padding: the zero vector, which resembles nothing.

    Args:
        dim: length of a vector.
        kind: "gaussian" or "bipolar".
        seed: another seed is another codebook.
        backend: see get_backend.
        dtype: "float32" or "float64".

    Raises:
        ConfigurationError: dim is not a positive whole number, or kind or dtype is unknown.

    Source: Zanzotto et al. 2025, MeMo, section 3.1.

    Example:
        >>> book = Codebook(1024, "bipolar", seed=0, backend="numpy")
        >>> tea, cup = book.vectors(["tea", "cup"])
        >>> float(tea @ tea), float(tea @ cup)
        (1024.0, -52.0)
    """

    def __init__(self, dim, kind="gaussian", seed=0, backend="auto", dtype="float32"):
        self.dim = whole_number(dim, "dim")
        if kind not in ("gaussian", "bipolar"):
            raise ConfigurationError(f"kind is {kind!r}; choose 'gaussian' or 'bipolar'.")
        if dtype not in DTYPES:
            raise ConfigurationError(f"dtype is {dtype!r}; choose one of {DTYPES}.")
        self.kind, self.seed, self.dtype = kind, whole_number(seed, "seed", -math.inf), dtype
        self.backend = get_backend(backend)

    def vectors(self, tokens):
        """Look up the vectors of some tokens.

        Args:
            tokens: n tokens, each a str or an int.

        Returns:
            (n, dim) array: row i is the vector of token i.

        Raises:
            InputError: tokens is one str instead of a list, or holds something else.
            CapacityError: the vectors do not fit in the free memory.
        """
        tokens = as_tokens(tokens)
        rows = {token: row for row, token in enumerate(dict.fromkeys(tokens))}
        self.backend.require(8 * len(tokens) * self.dim, f"{len(tokens)} vectors of dim {self.dim}")
        table = np.zeros((max(len(rows), 1), self.dim), dtype=self.dtype)
        for token, row in rows.items():
            table[row] = self._draw(token)
        index = np.array([rows[token] for token in tokens], dtype=np.int64)
        return self.backend.asarray(table[index])

    def _draw(self, token):
        """Draw one token's vector: a pure function of seed, kind, dim and the token."""
        if token == PADDING:
            return np.zeros(self.dim)
        stream = random_stream("codebook", self.seed, self.kind, self.dim, token)
        if self.kind == "gaussian":
            return stream.standard_normal(self.dim) / np.sqrt(self.dim)
        bits = np.unpackbits(np.frombuffer(stream.bytes(-(-self.dim // 8)), dtype=np.uint8))
        return 2.0 * bits[: self.dim] - 1.0

    def __repr__(self):
        return f"Codebook(dim={self.dim}, kind={self.kind!r}, seed={self.seed})"


def as_tokens(tokens):
    """Check that tokens is a sequence of str and int, and return it as a list of plain ones."""
    is_list = isinstance(tokens, Iterable) and not isinstance(tokens, (str, bytes))
    if not is_list or getattr(tokens, "ndim", 1) != 1:
        raise InputError(f"Pass a list of tokens, such as ['Hot', ' tea'], not {tokens!r:.40}.")
    return [_as_token(token) for token in tokens]


def _as_token(token):
    if isinstance(token, str):
        return str(token)
    if isinstance(token, (int, np.integer)) and not isinstance(token, bool):
        return int(token)
    raise InputError(f"A token is a str or an int, not {token!r:.40}.")


def whole_number(value, name, least=1, error=ConfigurationError):
    """Check that value is a whole number, not too small, and return it as an int."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        bound = "" if least == -math.inf else f", at least {least}"
        raise error(f"{name} is {value!r:.40}; it must be a whole number{bound}.")
    return int(value)


def share(value, name):
    """Check that value is a number from 0 to 1, and return it as a float."""
    if isinstance(value, (bool, str)) or not np.isscalar(value) or not 0 <= value <= 1:
        raise ConfigurationError(f"{name} is {value!r:.40}; it must be a number from 0 to 1.")
    return float(value)


class Vocabulary:
    """The tokens that may be answers, sorted, with the matrix of their vectors.

    Vectors are drawn when they are first asked for: who only memorizes needs no matrix.

    Args:
        codebook: where vectors come from.
        begin: a token that has a vector here and is never an answer.
        tokens: the candidates.
        known: a Vocabulary whose vectors need not be drawn again, or None.

    Attributes:
        tokens: the V candidates in a fixed order, whatever order they were met in.
        matrix: (V, dim) array of their vectors.

    Example:
        >>> book = Codebook(8, seed=0, backend="numpy")
        >>> Vocabulary(book, -1, ["tea", "cup"]).tokens
        ['cup', 'tea']
    """

    def __init__(self, codebook, begin, tokens=(), known=None):
        self._codebook, self._begin = codebook, begin
        self.tokens = sorted(set(tokens), key=lambda token: (isinstance(token, str), token))
        self._rows = {token: row for row, token in enumerate([begin, *self.tokens])}
        # ±1 fits into a byte, and a quarter of the numbers' size is a quarter of the time to fetch.
        self._dtype = "int8" if codebook.kind == "bipolar" else codebook.dtype

        if known is not None:
            self._table = self._fetch(known)

    @functools.cached_property
    def _table(self):
        """The vectors of the begin mark and of the candidates, (1 + V, dim)."""
        return self._fetch(self._codebook)

    def _fetch(self, source):
        """Return what _table is, with vectors from a Codebook or a Vocabulary."""
        backend, tokens = self._codebook.backend, list(self._rows)
        xp, shape = backend.xp, (len(tokens), self._codebook.dim)
        table = xp.empty(shape, dtype=getattr(xp, self._dtype), device=backend.device)
        for first in range(0, len(tokens), DRAWN):
            backend.copy_rows(source.vectors(tokens[first : first + DRAWN]), table, first)
        return table

    @functools.cached_property
    def matrix(self):
        """The (V, dim) array of the candidates' vectors."""
        return self._codebook.backend.asarray(self._table[1:, :], self._codebook.dtype)

    def of(self, tokens):
        """Return the Vocabulary of other tokens; vectors that are here are not drawn again."""
        if len(tokens) == len(self.tokens) and all(token in self._rows for token in tokens):
            return self
        drawn = self if "_table" in vars(self) else None
        return Vocabulary(self._codebook, self._begin, tokens, known=drawn)

    def row(self, token):
        """Return a candidate's row in matrix."""
        return self._rows[token] - 1

    def vectors(self, tokens):
        """Look up the vectors of any tokens, candidates or not; (n, dim), int8 if bipolar."""
        new = list(set(tokens).difference(self._rows))
        table, rows, asarray = self._table, self._rows, self._codebook.backend.asarray
        xp = array_api_compat.array_namespace(table)
        if new:
            known = list(set(tokens).intersection(rows))
            found = xp.take(table, asarray(np.array([rows[t] for t in known], np.int64)), axis=0)
            drawn = asarray(self._codebook.vectors(new), self._dtype)
            table = xp.concat([found, drawn], axis=0)
            rows = {token: row for row, token in enumerate([*known, *new])}
        index = np.array([rows[token] for token in tokens], dtype=np.int64)
        return xp.take(table, asarray(index), axis=0)

    def __len__(self):
        return len(self.tokens)

    def __repr__(self):
        return f"Vocabulary({len(self)} candidates, {self._codebook!r})"
