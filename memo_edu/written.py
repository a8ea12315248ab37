"""Each pair written once: what a memory must know of its pairs, to write none of them again."""

import hashlib
from collections import Counter

import numpy as np


class WrittenPairs:
    """The different pairs (window → next token) that are memorized, and how many rows hold each.

    A pair is written with the first row that holds it, and erased with the last. So the memory is
    a sum over different pairs, in whatever order rows are memorized and forgotten.

    Args:
        heads: h.
        layers: l.

    Example:
        >>> pairs = WrittenPairs(heads=2, layers=1)
        >>> pairs.marks(["to be or to be or"])[0].astype(int)
        array([[1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0]])
    """

    def __init__(self, heads, layers):
        self.heads, self.sizes = heads, [heads**layer for layer in range(1, layers + 1)]
        self._holders = Counter()

    def marks(self, rows, memorized=False):
        """Mark the pairs that no other row holds, each where it is first met in these rows.

        Args:
            rows: rows of tokens, all that are written or erased together.
            memorized: whether they are memorized now, and so hold their pairs themselves.

        Returns:
            For each row a (layers, n) bool array; a column for each position from h on.
        """
        places = [self._places(row) for row in rows]
        holders = Counter(pair for found in places for pair in found) if memorized else Counter()
        marks, met = [], set()
        for row, found in zip(rows, places, strict=True):
            mark = np.zeros((len(self.sizes), len(row) - self.heads), dtype=bool)
            for pair, place in found.items():
                mark[place] = pair not in met and self._holders[pair] == holders[pair]
            met.update(found)
            marks.append(mark)
        return marks

    def add(self, rows):
        """Note the pairs of rows that were written."""
        self._holders.update(pair for row in rows for pair in self._places(row))

    def remove(self, rows):
        """Strike out the pairs of rows that were erased."""
        self._holders -= Counter(pair for row in rows for pair in self._places(row))

    def _places(self, row):
        """Return the hash of every different pair of a row, and (layer, column) of its first."""
        places = {}
        for layer, size in enumerate(self.sizes):
            for stop in range(size, len(row)):
                pair = repr(row[stop - size : stop + 1]).encode("utf-8", "surrogatepass")
                digest = hashlib.blake2b(pair, digest_size=16).digest()
                places.setdefault(digest, (layer, stop - self.heads))
        return places

    def __len__(self):
        return len(self._holders)

    def __repr__(self):
        return f"WrittenPairs({len(self):,} different pairs)"
