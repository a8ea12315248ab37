"""What the positions of a text store, and what they ask: gone through block by block."""

from memo_edu.encoders import bind

# Positions that are worked on at once: enough for fast products, little enough for any memory.
BLOCK = 1024


class Positions:
    """Makes the keys, values and signatures of rows of tokens.

    A row's positions are those of its tokens that have h tokens before them, so that a window of
    layer 1 fits.

    Args:
        encoder: an Encoder.
        vectors: a function of a list of tokens that returns their vectors, (n, dim).

    Example:
        >>> from memo_edu.encoders import make_encoder
        >>> encoder = make_encoder("binding", 64, heads=2, layers=2, backend="numpy")
        >>> positions = Positions(encoder, encoder.codebook.vectors)
        >>> [(keys.shape, values.shape) for keys, values in positions.pairs([["a", "b", "c"]])]
        [((1, 64), (1, 64))]
    """

    def __init__(self, encoder, vectors):
        self._encoder, self._vectors = encoder, vectors

    def pairs(self, rows, marks=None):
        """Yield the keys, summed over layers, and the values that rows store.

        Args:
            rows: rows of tokens.
            marks: for each row a (layers, positions) NumPy array of bool: which keys count. None:
                all of them.

        Returns:
            A generator of (n, dim) keys and (n, dim) values, n at most BLOCK.
        """
        for row, mark in zip(rows, marks or [None] * len(rows), strict=True):
            yield from self.pairs_from(row, self._encoder.heads, mark)

    def pairs_from(self, row, first, marks=None):
        """Yield the pairs that a row stores from its token `first` on.

        Args:
            row: a row of tokens; those before `first` are only looked back on.
            first: at least h.
            marks: a (layers, positions) NumPy array of bool, or None; see pairs.

        Returns:
            A generator, as that of pairs.
        """
        for start in range(first, len(row), BLOCK):
            vectors, last = self._around(row, start, min(start + BLOCK, len(row)))
            part = None if marks is None else marks[:, start - first :][:, :BLOCK]
            keys = self._encoder.key_sum(vectors[:-1, :], last, part)
            signatures = self._encoder.signatures(vectors[:-1, :])[last:, :]
            yield keys, bind(vectors[last + 1 :, :], signatures)

    def questions(self, row, chosen, **asking):
        """Yield the keys, summed over layers, and the signatures of some positions of a row.

        Args:
            row: a row of tokens.
            chosen: NumPy array of positions in it, in order.
            **asking: how the encoder makes keys; see Encoder.keys.

        Returns:
            A generator of (n, dim) keys and (n, dim) or (n, 1) signatures.
        """
        xp, asarray = self._encoder.backend.xp, self._encoder.backend.asarray
        for start in range(int(chosen[0]), int(chosen[-1]) + 1, BLOCK):
            block = chosen[(chosen >= start) & (chosen < start + BLOCK)]
            if len(block):
                vectors, first = self._around(row, start, int(block[-1]) + 1)
                keys = self._encoder.key_sum(vectors[:-1, :], first, **asking)
                signatures = self._encoder.signatures(vectors[:-1, :])[first:, :]
                places = asarray(block - start)
                yield xp.take(keys, places, axis=0), xp.take(signatures, places, axis=0)

    def lower_windows(self, row):
        """Yield (layer, keys, encodings) of a row's windows below the last layer."""
        for start, stop in self._blocks(row):
            vectors, first = self._around(row, start, stop)
            yield from self._encoder.lower_windows(vectors[:-1, :], first)

    def _blocks(self, row):
        """Yield (start, stop) of blocks of a row's positions."""
        for start in range(self._encoder.heads, len(row), BLOCK):
            yield start, min(start + BLOCK, len(row))

    def _around(self, row, start, stop):
        """Return the vectors of positions start..stop-1 and of all that their windows hold.

        Returns:
            The vectors, and the row of the token before start.
        """
        first = max(0, start - self._encoder.span)
        return self._vectors(row[first:stop]), start - 1 - first


def watched(blocks, total, watch):
    """Yield blocks of pairs on, and tell which share of all pairs went before each.

    Args:
        blocks: an iterable of (n, dim) keys and (n, dim) values.
        total: how many pairs there will be.
        watch: a function of the share, in [0, 1]; what it raises ends the work.

    Example:
        >>> import numpy as np
        >>> block = np.zeros((2, 8)), np.zeros((2, 8))
        >>> for keys, values in watched([block, block], 4, watch=print):
        ...     pass
        0.0
        0.5
    """
    done = 0
    for keys, values in blocks:
        watch(done / total)
        yield keys, values
        done += keys.shape[0]
