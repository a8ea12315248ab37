"""Which pairs are written: what a memory that writes each pair once must know to forget it."""

import hashlib
from collections import Counter

import numpy as np

from memo_edu.errors import ConfigurationError


def make_written(repeats, heads, layers):
    """Return what keeps account of the pairs that are written.

    Args:
        repeats: "count" or "once"; see MeMo.
        heads, layers: h and l.

    Raises:
        ConfigurationError: repeats is something else.
    """
    if repeats == "count":
        return AllPairs()
    if repeats == "once":
        return WrittenPairs(heads, layers)
    raise ConfigurationError(f"repeats is {repeats!r:.40}; choose 'count' or 'once'.")


class AllPairs:
    """No account is needed where every pair counts: what was added is subtracted again."""

    def held_by(self, texts, row):
        """Return None: no pair of the row is left out."""

    def add(self, row):
        """Note nothing."""

    def remove(self, row):
        """Note nothing."""

    def check_adding(self):
        """Let sums of pairs be added, whatever pairs they are."""


class WrittenPairs:
    """Every pair (window → next token) of the texts that are memorized, and how many hold it.

    A pair is written with the first text that holds it, and erased with the last. So the memory
    is a sum over the different pairs, whatever the order of memorizing and forgetting was.

    Args:
        heads: h.
        layers: l.

    Example:
        >>> pairs = WrittenPairs(heads=2, layers=1)
        >>> pairs.held_by(0, "to be or to be")
        array([[ True,  True,  True,  True,  True,  True,  True,  True,  True,
                False, False, False]])
    """

    def __init__(self, heads, layers):
        self.heads, self.sizes = heads, [heads**layer for layer in range(1, layers + 1)]
        self._texts = Counter()

    def held_by(self, texts, row):
        """Mark each pair of a row that so many texts hold, where it is first met in the row.

        Args:
            texts: 0 marks what a new text has to write; 1, what a memorized one alone holds.
            row: a text's tokens, with the begin marks.

        Returns:
            (layers, n) bool array for the positions heads, heads + 1 … of the row.
        """
        marks = np.zeros((len(self.sizes), len(row) - self.heads), dtype=bool)
        for pair, place in self._places(row).items():
            marks[place] = self._texts[pair] == texts
        return marks

    def add(self, row):
        """Note the pairs of a text that was written."""
        self._texts.update(self._places(row).keys())

    def remove(self, row):
        """Strike out the pairs of a text that was erased."""
        self._texts = self._texts - Counter(self._places(row).keys())

    def check_adding(self):
        """Refuse sums of pairs, of which nothing says if they are written already."""
        raise ConfigurationError(
            "repeats is 'once', so memories do not add up, and ids are not kept to be compared. "
            "Memorize texts, such as another model's originals(), one by one."
        )

    def _places(self, row):
        """Return the hash of every different pair of a row, and (layer, position) of its first."""
        places = {}
        for layer, size in enumerate(self.sizes):
            for stop in range(size, len(row)):
                pair = repr(row[stop - size : stop + 1]).encode()
                pair = hashlib.blake2b(pair, digest_size=16).digest()
                places.setdefault(pair, (layer, stop - self.heads))
        return places

    def __repr__(self):
        return f"WrittenPairs({len(self._texts):,} different pairs)"
