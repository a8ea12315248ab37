"""MeMo written out in loops, formula by formula: slow, plain, and what the library must equal.

Every number is float64. From the library come only the random numbers: token vectors, W, P, rolls.
"""

from collections import Counter

import numpy as np

BEGIN = -1  # the begin mark's place in the codebook
MISSING = None  # stands for a token before the text: a zero vector


class Oracle:
    """One MeMo. A text is a list of tokens; a row of ids is a list of int, 0 is padding."""

    def __init__(self, encoder, partial_windows=False, alpha=1.0, penalty=False):
        self.encoder, self.partial = encoder, partial_windows
        self.alpha, self.penalty = alpha, penalty
        self.dim, self.heads, self.layers = encoder.dim, encoder.heads, encoder.layers
        self.binding = hasattr(encoder, "rolls")
        self.signed = type(encoder).__name__ in ("BindingEncoder", "BoundValues")
        self.perfect = self.dim**2 if self.binding else 1
        self.matrix = np.zeros((self.dim, self.dim))
        self.lower = [np.zeros((self.dim, self.dim)) for _ in range(self.layers - 1)]
        self.targets = Counter()
        self._encodings = {}
        if not self.binding:
            self.W, self.P = [[random_numbers(m) for m in ms] for ms in (encoder.W, encoder.P)]

    # ---- One window --------------------------------------------------------------------------

    def encode(self, window):
        """The vector of h^λ tokens as layer λ+1 takes it in; of one token, the token's own."""
        if window not in self._encodings:
            self._encodings[window] = self._encode(window)
        return self._encodings[window]

    def _encode(self, window):
        if window == (MISSING,):
            return np.zeros(self.dim)
        if len(window) == 1:
            return random_numbers(self.encoder.codebook.vectors(window))[0]
        x, layer = self.blocks(window)
        if self.binding:
            return rolled_product(x, self.encoder.rolls[layer - 1])
        return np.concatenate(x) @ self.P[layer - 1]

    def blocks(self, window, encode=None):
        """The encodings x_1 .. x_h of a window's h blocks, the oldest first, and its layer λ."""
        step = len(window) // self.heads
        layer = next(i for i in range(1, self.layers + 1) if self.heads**i == len(window))
        encode = encode or self.encode
        return [encode(window[j * step : (j + 1) * step]) for j in range(self.heads)], layer

    def key(self, window, encode=None):
        if self.binding:
            return self.encode(window)
        x, layer = self.blocks(window, encode)
        return np.concatenate([block @ self.W[layer - 1] for block in x]) / np.sqrt(self.heads)

    def completed(self, window):
        """What goes on to the next layer when asked: α·e + (1-α)·(k C_λ)."""
        if len(window) == 1:
            return self.encode(window)
        x, layer = self.blocks(window, self.completed)
        key = self.key(window, self.completed)
        if MISSING in window and not self.partial:
            key = 0 * key
        computed = np.concatenate(x) @ self.P[layer - 1]
        return self.alpha * computed + (1 - self.alpha) * key @ self.lower[layer - 1]

    def signature(self, window):
        if not self.signed:
            return np.ones(self.dim)
        signs = [np.sign(self.encode((t,))) for t in window]
        return rolled_product(signs, self.encoder.signature_rolls)

    # ---- Every window that ends before a position --------------------------------------------

    def before(self, tokens, position, partial=False):
        """For each layer the last h^λ tokens before a position; None where they do not fit."""
        found = []
        for layer in range(1, self.layers + 1):
            size = self.heads**layer
            window = (MISSING,) * (size - position) + tuple(
                tokens[max(0, position - size) : position]
            )
            found.append(window if partial or MISSING not in window else None)
        return found

    def write(self, tokens, sign):
        """C ± Σ kᵀ (y ⊙ g) over every position and every layer whose window fits."""
        for position in range(self.heads, len(tokens)):
            for window in self.before(tokens, position):
                if window is not None:
                    value = self.encode((tokens[position],))
                    value = value * self.signature(window[-self.heads :])
                    self.matrix += sign * np.outer(self.key(window), value)
            self.targets[tokens[position]] += sign

    def write_lower(self, tokens):
        """C_λ += Σ kᵀ e / (f·n) for one text; returns a function that takes it away again."""
        written = []
        for layer in range(1, self.layers):
            windows = [self.before(tokens, i)[layer - 1] for i in range(1, len(tokens))]
            windows = [window for window in windows if window is not None]
            total = sum(self.encode(window) for window in windows)
            for window in windows:
                key, encoding, factor = self.key(window), self.encode(window), 1.0
                if self.penalty:
                    f = max(0, 1 - round(float(key @ self.lower[layer - 1] @ total)))
                    n = round(float(encoding @ total))
                    factor = 1 / (f * n) if f * n else 0.0
                written.append((layer - 1, factor * np.outer(key, encoding)))
        for layer, pair in written:
            self.lower[layer] += pair

        def undo():
            for layer, pair in written:
                self.lower[layer] -= pair

        return undo

    def read(self, tokens, position):
        """The vote of each layer (rows) for each candidate (columns)."""
        candidates = np.array([self.encode((token,)) for token in self.candidates])
        votes = np.zeros((self.layers, len(candidates)))
        for row, window in enumerate(self.before(tokens, position, self.partial)):
            if window is not None:
                key = self.key(window) if self.alpha == 1 else self.key(window, self.completed)
                found = key @ self.matrix * self.signature(window[-self.heads :])
                votes[row] = candidates @ found / self.perfect
        return votes

    # ---- What a MeMo does --------------------------------------------------------------------

    @property
    def candidates(self):
        return sorted((t for t, count in self.targets.items() if count > 0), key=str)

    def begun(self, tokens):
        return [BEGIN] * self.heads + list(tokens)

    def memorize(self, tokens):
        self.write(self.begun(tokens), +1)

    def forget(self, tokens):
        self.write(self.begun(tokens), -1)

    def memorize_ids(self, rows):
        for row in rows:
            for _, piece in pieces(row):
                self.write(piece, +1)

    def forget_ids(self, rows):
        for row in rows:
            for _, piece in pieces(row):
                self.write(piece, -1)

    def votes(self, context):
        tokens = self.begun(context)
        return self.read(tokens, len(tokens))

    def scores(self, context):
        """A dict: candidate -> score."""
        return dict(zip(self.candidates, self.votes(context).sum(axis=0), strict=True))

    def recall(self, tokens, start=1):
        """For every token from start on the scores of all candidates."""
        row = self.begun(tokens)
        places = range(self.heads + start, len(row))
        return [self.read(row, place).sum(axis=0) for place in places]

    def recall_ids(self, rows, columns=None):
        """For every id with enough before it: the id, and the scores of all candidates."""
        found = []
        for row in rows:
            for start, piece in pieces(row):
                if len(piece) <= self.heads:
                    continue
                for place in range(1 if self.partial else self.heads, len(piece)):
                    if columns is None or start + place in columns:
                        found.append((piece[place], self.read(piece, place).sum(axis=0)))
        return found


def rolled_product(blocks, rolls):
    product = np.ones(len(blocks[0]))
    for block, roll in zip(blocks, rolls, strict=True):
        product = product * np.roll(block, roll)
    return product


def pieces(row):
    """Cut a row of ids at the padding: [(first column, ids) …]."""
    found = []
    for column, token in enumerate(row):
        if token != 0 and (column == 0 or row[column - 1] == 0):
            found.append((column, []))
        if token != 0:
            found[-1][1].append(token)
    return found


def random_numbers(array):
    return np.asarray(array, dtype=np.float64)
