"""What a model is given, as rows of tokens: texts, contexts, prompts and arrays of ids."""

import math

import numpy as np

from memo_edu.codebook import as_tokens, random_stream, whole_number
from memo_edu.errors import ConfigurationError, InputError
from memo_edu.text import as_tokenizer

# Stands h times before every text. No text can hold it: a tokenizer's tokens are str, ids are > 0.
BEGIN = -1
# Several times more than any tokenizer has.
LARGEST_VOCABULARY = 2**22


def size_of_vocabulary(value):
    """Check that value is a possible vocab_size, and return it as an int.

    Each candidate is a row of a table and an object in Python. A saved memory only names their
    number, so without a limit a file of a few bytes could keep a computer busy for hours.
    """
    size = whole_number(value, "vocab_size", least=2)
    if size > LARGEST_VOCABULARY:
        raise ConfigurationError(
            f"vocab_size is {size!r:.40}; at most {LARGEST_VOCABULARY:,} will do."
        )
    return size


class Rows:
    """Turns what users pass into rows of tokens, and refuses what is none.

    Args:
        tokenizer: a Tokenizer or one of Hugging Face's; None is words and punctuation.
        heads: h, how many begin marks stand before a text.
        vocab_size: ids are less than this; None, for text.

    Example:
        >>> rows = Rows(None, heads=2, vocab_size=None)
        >>> rows.begun(rows.encode("The tea"))
        [-1, -1, 'The', ' tea']
    """

    def __init__(self, tokenizer, heads, vocab_size):
        self.tokenizer, self.heads = as_tokenizer(tokenizer), heads
        self.vocab_size = vocab_size

    def begun(self, tokens):
        """Put the begin marks before tokens."""
        return [BEGIN] * self.heads + list(tokens)

    def encode(self, text):
        """Return the tokens of a text that is to be memorized or recalled."""
        if not isinstance(text, str):
            raise InputError(f"A text is a str, not {type(text).__name__}.")
        if self.vocab_size is not None:
            raise InputError("This model was made for ids; leave vocab_size out to use text.")
        tokens = self.tokenizer.encode(text)
        if len(tokens) < 2:
            raise InputError("A text needs at least two tokens.")
        return tokens

    def decode(self, tokens):
        """Return the text of tokens that have their begin marks."""
        return self.tokenizer.decode(tokens[self.heads :])

    def context(self, context):
        """Return the tokens of a context, a str or a list of tokens, with begin marks."""
        if isinstance(context, str) and self.vocab_size is None:
            return self.begun(self.tokenizer.encode(context))
        tokens = as_tokens(context)
        limit = math.inf if self.vocab_size is None else self.vocab_size
        if any(not 0 <= token < limit for token in tokens if not isinstance(token, str)):
            raise InputError(f"The ids of a context must be at least 0 and less than {limit}.")
        return self.begun(tokens)

    def split(self, ids):
        """Cut rows of ids at the padding; see split_rows. A piece has at least one pair."""
        return split_rows(ids, self.vocab_size, self.heads + 1)

    def places(self, pieces, positions, width, first):
        """List the ids to predict.

        Args:
            pieces: what split returned.
            positions: their columns in the rows; None takes all.
            width: how many columns the rows have.
            first: how many ids must stand before one in its piece.

        Returns:
            [(number of the piece, index in it) …].
        """
        columns = None if positions is None else set(as_tokens(positions))
        if columns is not None and not columns <= set(range(width)):
            raise InputError(f"positions must lie in 0..{width - 1}, the columns of these rows.")
        return [
            (number, index)
            for number, (_, start, tokens) in enumerate(pieces)
            for index in range(first, len(tokens))
            if columns is None or start + index in columns
        ]


def sampled(places, count, seed):
    """Return so many of some places, or all if there are no more, drawn at random, in order."""
    stream = random_stream("sample", seed, count)
    count = min(whole_number(count, "sample", error=InputError), len(places))
    chosen = np.sort(stream.choice(len(places), count, replace=False))
    return [places[i] for i in chosen]


def first_words(text):
    """Return what to call a text that nobody named."""
    return " ".join(text.split()[:4])[:40] or "blank"


def split_rows(ids, vocab_size=None, shortest=1):
    """Check rows of token ids and cut them at the padding.

    Args:
        ids: (rows, n) whole numbers in 0..vocab_size-1; 0 is padding.
        vocab_size: V, or None for no upper limit.
        shortest: pieces with fewer ids are left out.

    Returns:
        [(row, first column, tuple of ids) …], a piece for every run without padding.

    Raises:
        InputError: wrong shape or type, negative, out of range, or no piece is long enough.

    Example:
        >>> split_rows([[0, 5, 6, 7], [8, 9, 0, 4]], shortest=2)
        [(0, 1, (5, 6, 7)), (1, 0, (8, 9))]
    """
    limit = 2**63 if vocab_size is None else vocab_size
    try:
        array = np.asarray(ids)
    except ValueError as error:
        raise InputError(f"All rows of ids must be of one length; pad with 0 ({error}).") from error
    if array.ndim != 2 or array.dtype.kind not in "iu":
        raise InputError(f"ids are whole numbers (rows, n), not {array.dtype} {array.shape}.")
    if array.size and (array.min() < 0 or array.max() >= limit):
        raise InputError(
            f"ids lie in 0..{limit - 1}; these go from {array.min()} to {array.max()}."
        )
    pieces = []
    for number, row in enumerate(array):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], row != 0, [0]])))
        for start, stop in edges.reshape(-1, 2).tolist():
            if stop - start >= shortest:
                pieces.append((number, start, tuple(row[start:stop].tolist())))
    if not pieces:
        raise InputError(f"No row has {shortest} ids in sequence; that is the least there must be.")
    return pieces
