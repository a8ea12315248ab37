"""A key for every window of tokens: the paper's ProjectionEncoder and our BindingEncoder.

Layer λ = 1..l looks at the last h^λ tokens, as h consecutive blocks of h^(λ-1) tokens, at every
position. Both encoders go through a text once: row i of every array below belongs to the window
that ends with token i, so each block of all windows is one and the same array, moved down.
"""

import functools
import itertools
import math
import operator

import array_api_compat
import numpy as np

from memo_edu.backend import get_backend
from memo_edu.codebook import Codebook, random_stream, whole_number
from memo_edu.errors import ConfigurationError, InputError

# Tokens; no text is longer, and h^l of a mistyped l would not even fit a message.
LONGEST_WINDOW = 1e9
# Rows of ±1 bytes that are multiplied at once; with dim = 2048 they take half a megabyte.
CACHED = 256


def full_windows(tokens, heads, layers):
    """List what each layer takes in: every full window's blocks, and the token after it.

    Args:
        tokens: a sequence of n tokens, the last one only a target.
        heads: h, blocks in a window.
        layers: l.

    Returns:
        For each layer λ a list of (blocks, next token); blocks is a tuple of h tuples of
        h^(λ-1) tokens.

    Source: Zanzotto et al. 2025, MeMo, section 3.3.

    Example:
        >>> for layer in full_windows("abcde", heads=2, layers=2):
        ...     print([("|".join(map("".join, blocks)), after) for blocks, after in layer])
        [('a|b', 'c'), ('b|c', 'd'), ('c|d', 'e')]
        [('ab|cd', 'e')]
    """
    found = []
    for layer in range(1, layers + 1):
        size, step = heads**layer, heads ** (layer - 1)
        windows = [tuple(tokens[i : i + size]) for i in range(len(tokens) - size)]
        blocks = [tuple(w[j : j + step] for j in range(0, size, step)) for w in windows]
        found.append(list(zip(blocks, tokens[size:], strict=True)))
    return found


class Encoder:
    """What the two encoders share: their sizes, and how the blocks of a window are laid out.

    Args:
        dim: d, length of a token's vector, of a key and of a value.
        heads: h, blocks in a window.
        layers: l.
        seed: another seed is another set of random vectors.
        backend: see get_backend.

    Attributes:
        span: h^l, how many tokens the last layer looks back.
        perfect_score: the score of a pair that is alone in the memory, before it is scaled to 1.

    Raises:
        ConfigurationError: the sizes do not fit together.
    """

    kind = "gaussian"
    perfect_score = 1.0

    def __init__(self, dim, heads, layers, seed=0, backend="auto"):
        self.dim, self.layers = whole_number(dim, "dim"), whole_number(layers, "layers")
        self.heads, self.seed = whole_number(heads, "heads"), whole_number(seed, "seed", -math.inf)
        if self.heads < 2:
            raise ConfigurationError("heads is 1; a window needs at least 2 blocks to grow.")
        if self.layers > math.log(LONGEST_WINDOW, self.heads):
            raise ConfigurationError(
                f"layers is {layers}: the last one would look back over {heads}^{layers} tokens, "
                f"more than any text has. Choose fewer."
            )
        self.backend = get_backend(backend)
        self.span = self.heads**self.layers
        self.codebook = Codebook(self.dim, self.kind, seed, self.backend)

    def keys(self, vectors, partial=False, complete=None):
        """Make the key of every window of every layer.

        Args:
            vectors: (n, dim) token vectors of one text, in order.
            partial: False, a window that reaches before the text has the key 0. True, it has
                zero vectors in the missing places.
            complete: a function of (layer, keys, encodings) that returns what the next layer
                takes in; None, the encodings. Only for the projection encoder.

        Returns:
            One (n, dim) array a layer; row i is the key of the window that ends with token i.
        """
        raise NotImplementedError

    def key_sum(self, vectors, first=0, marks=None, partial=False, complete=None):
        """Add up the keys of all layers: what is stored, and what is asked with.

        Args:
            vectors: (n, dim) token vectors of one text, in order.
            first: rows above this one are left out.
            marks: (layers, n - first) NumPy array of bool: which keys count; None: all of them.
            partial, complete: see keys.

        Returns:
            (n - first, dim) array.
        """
        keys = [key[first:, :] for key in self._windows(vectors, partial, complete)]
        if marks is not None:
            xp, dtype = self.backend.xp, keys[0].dtype
            factors = xp.astype(self.backend.asarray(marks[:, :, None]), dtype)
            keys = [key * factors[layer, :, :] for layer, key in enumerate(keys)]
        return functools.reduce(operator.add, keys)

    def _windows(self, vectors, partial, complete):
        """Make the keys in the smallest number format that holds them."""
        return self.keys(vectors, partial, complete)

    def last_keys(self, vectors, partial=False, complete=None):
        """Make only the keys of the windows that end with the last token.

        Args:
            vectors: (n, dim) token vectors of one text, in order.
            partial, complete: see keys.

        Returns:
            (layers, dim) array: the last row of each array that keys returns.
        """
        xp = array_api_compat.array_namespace(vectors)
        keys = self.keys(vectors, partial, complete)
        return xp.concat([key[-1:, :] for key in keys], axis=0)

    def signatures(self, vectors):
        """Make the ±1 vectors g that values are bound with when stored, and again when read.

        Args:
            vectors: (n, dim) token vectors of one text, in order.

        Returns:
            (n, dim) int8 array, row i for the value that follows token i; or (n, 1), all ones,
            for an encoder that stores values as they are.
        """
        raise NotImplementedError

    def noise(self, read, repeats, counts):
        """Predict the standard deviation of a wrong candidate's score.

        Args:
            read: (dim,) what the memory answered, before it is compared with the candidates.
            repeats: (m,) NumPy array, r: of how many stored pairs a candidate is the target.
            counts: (m,) NumPy array: how many candidates have each r.

        Returns:
            (m,) NumPy array, in units of the perfect score.
        """
        raise NotImplementedError

    def lower_window_counts(self, length):
        """Return how many windows each layer below the last has in a text of so many tokens."""
        row = length + self.heads  # with its begin marks
        return [max(0, row - self.heads**layer) for layer in range(1, self.layers)]

    def __repr__(self):
        sizes = f"dim={self.dim}, heads={self.heads}, layers={self.layers}, seed={self.seed}"
        return f"{type(self).__name__}({sizes})"

    def _delays(self, layer):
        """Return how many rows above its window's own row each of the h blocks ends."""
        step = self.heads ** (layer - 1)
        return [(self.heads - 1 - j) * step for j in range(self.heads)]


class ProjectionEncoder(Encoder):
    """The paper's encoder: concatenated pieces are the key, a random projection goes on.

    key        k = (1/√h) [x₁W_λ ; … ; x_hW_λ]
    encoding   e = [x₁ ; … ; x_h] P_λ, the input of layer λ+1

    W_λ (d, d/h) has entries N(0, h/d) and P_λ (h·d, d) has N(0, 1/(h·d)): both keep norms.

    A wrong token takes its share of a key, no more: with a page of 410 tokens in d = 1024, h = 4,
    l = 3, recall falls from .99 to .98 if the last token is wrong. But a key that is new resembles
    stored ones, too: 39 % of shuffled contexts pass for known, not the promised 1 %.

    Args:
        dim, heads, layers, seed, backend: see Encoder; heads must divide dim.

    Raises:
        ConfigurationError: heads does not divide dim, or a size is not positive.

    Source: Zanzotto et al. 2025, MeMo, section 3.2.

    Example:
        >>> encoder = ProjectionEncoder(64, heads=2, layers=2, backend="numpy")
        >>> text = encoder.codebook.vectors(["a", "rose", "is", "a", "rose"])
        >>> [key.shape for key in encoder.keys(text)]
        [(5, 64), (5, 64)]
    """

    def __init__(self, dim, heads, layers, seed=0, backend="auto"):
        super().__init__(dim, heads, layers, seed, backend)
        if self.dim % self.heads:
            raise ConfigurationError(
                f"dim is {dim} and heads is {heads}: the projection encoder gives each head "
                f"dim/heads numbers. Choose a multiple of {heads}."
            )
        head_dim, wide = self.dim // self.heads, self.heads * self.dim
        # All W, all P, the product of the last two, and one more P while it is being drawn.
        entries = layers * self.dim * head_dim + layers * wide * self.dim + self.dim**2
        self.backend.require(4 * entries, f"A projection encoder of dim {dim}, {layers} layers,")
        shapes = [(self.dim, head_dim)] * layers
        self.W = [self._random("W", i, shape, head_dim) for i, shape in enumerate(shapes, 1)]
        self.P = [self._random("P", i, (wide, self.dim), wide) for i in range(1, layers)]
        # The last layer needs e only as e W_l, and [x₁ ; … ; x_h] (P_(l-1) W_l) is h times cheaper.
        self._last = self.P[-1] @ self.W[-1] if layers > 1 else None

    def _random(self, name, layer, shape, size):
        stream = random_stream("projection", self.seed, self.dim, self.heads, name, layer)
        entries = stream.standard_normal(shape, "float32")
        entries /= np.float32(size**0.5)
        return self.backend.asarray(entries)

    def keys(self, vectors, partial=False, complete=None):
        """Make the keys k_λ of all layers; see Encoder.keys."""
        keys = []
        for layer in range(1, self.layers + 1):
            if 1 < layer == self.layers and complete is None:
                pieces = self._project(vectors, self._last, layer - 1)
            else:
                pieces = vectors @ self.W[layer - 1]
            keys.append(self._key(pieces, layer, partial))
            if complete is not None and layer < self.layers:
                encodings = self._project(vectors, self.P[layer - 1], layer)
                vectors = complete(layer, keys[-1], encodings)
            elif layer < self.layers - 1:
                vectors = self._project(vectors, self.P[layer - 1], layer)
        return keys

    def lower_windows(self, vectors, start=0):
        """List the full windows of every layer but the last.

        Args:
            vectors: (n, dim) token vectors of one text, in order.
            start: windows that end before this token are left out.

        Returns:
            [(layer, keys, encodings) …]; keys and encodings are (windows, dim) arrays.
        """
        found = []

        def note(layer, keys, encodings):
            first = max(start, self.heads**layer - 1)
            found.append((layer, keys[first:, :], encodings[first:, :]))
            return encodings

        self.keys(vectors, complete=note)
        return found

    def last_keys(self, vectors, partial=False, complete=None):
        """Make the last windows' keys straight from the formulas; see Encoder.last_keys."""
        if partial or complete is not None:
            return super().last_keys(vectors, partial, complete)
        xp = array_api_compat.array_namespace(vectors)
        fitting = max(i for i in range(self.layers + 1) if self.heads**i <= vectors.shape[0])
        keys, rows = [], vectors[-(self.heads**fitting) :, :]
        for layer in range(1, fitting + 1):
            pieces = rows[-self.heads :, :] @ self.W[layer - 1] / self.heads**0.5
            keys.append(xp.reshape(pieces, (1, self.dim)))
            if layer < fitting:
                rows = xp.reshape(rows, (-1, self.heads * self.dim)) @ self.P[layer - 1]
        unused = xp.zeros_like(vectors[:1, :])
        return xp.concat([*keys, *[unused] * (self.layers - fitting)], axis=0)

    def signatures(self, vectors):
        """Return ones: this encoder stores values as they are."""
        return _ones(vectors)

    def noise(self, read, repeats, counts):
        """Return σ_j = √(s·(r_j/d + (M - r_j)/d²)), with s for keys that share tokens by chance.

        Every query adds one key a layer, and so does every stored pair: l² products. Two keys of
        one layer overlap more than chance does, because W_λ's columns overlap and places share
        tokens: s_λ = 1 + 1/h + … + 1/h^λ + d·a/h^λ, where a is how often two places agree.
        """
        pairs = repeats @ counts
        agreement = float(repeats @ (counts * repeats)) / pairs**2
        own = sum(
            sum(self.heads**-k for k in range(layer + 1)) + self.dim * agreement / self.heads**layer
            for layer in range(1, self.layers + 1)
        )
        spread = self.layers * (self.layers - 1) + own
        return _noise_of_repeats(repeats, counts, self.dim, spread)

    def _key(self, pieces, layer, partial):
        """Lay the pieces x W_λ of the h blocks side by side; overlapping windows share them."""
        xp = array_api_compat.array_namespace(pieces)
        (rows, size), device = pieces.shape, array_api_compat.device(pieces)
        key = xp.zeros((rows, self.dim), dtype=pieces.dtype, device=device)
        pieces = pieces / self.heads**0.5
        for j, delay in enumerate(self._delays(layer)):
            first = delay if partial else self.heads**layer - 1
            if first < rows:
                columns = slice(j * size, (j + 1) * size)
                key[first:, columns] = pieces[first - delay : rows - delay, :]
        return key

    def _project(self, vectors, matrix, layer):
        """Return [x₁ ; … ; x_h] times a matrix (h·d, m), block by block."""
        rows = vectors.shape[0]
        total = vectors @ matrix[-self.dim :, :]
        for j, delay in enumerate(self._delays(layer)[:-1]):
            part = matrix[j * self.dim : (j + 1) * self.dim, :]
            if delay < rows:
                total[delay:, :] += vectors[: rows - delay, :] @ part
        return total


class BindingEncoder(Encoder):
    """This library's encoder: a window's vector is the product of its blocks, and is its key.

    window     v_λ = roll(x₁, o_λ1) ⊙ … ⊙ roll(x_h, o_λh), with o_λh = 0; the key is v_λ itself
    signature  g = roll(x₁, o′₁) ⊙ … ⊙ roll(x_h, o′_h) over layer 1's blocks; y ⊙ g is stored

    Token vectors are ±1, so windows are ±1 too, and int8 is enough for them: two that differ in
    any token are nearly orthogonal, and every entry of the memory is a whole number. The rolls
    make order matter.

    The price is that nothing degrades gently. One wrong token among the last h undoes every window
    and the signature: recall of a page of 410 tokens falls from 1.00 to .01 (d = 1024, h = 4,
    l = 3). Further back only longer windows are lost, and shorter ones suffice: 1.00. At least
    what is lost is noticed: of shuffled contexts 1 % pass for known, as promised.

    Args:
        dim, heads, layers, seed, backend: see Encoder.

    Raises:
        ConfigurationError: a size is not positive, or dim is too small for heads.

    Source: this library; the product of bipolar vectors as binding is Gayler 1998.

    Example:
        >>> encoder = BindingEncoder(1024, heads=2, layers=1, backend="numpy")
        >>> text = encoder.codebook.vectors(["dog", "bites", "man", "bites", "dog"])
        >>> keys = encoder.keys(text)[0]
        >>> bool(abs(keys[1] @ keys[4]) < 128)
        True
    """

    kind = "bipolar"

    def __init__(self, dim, heads, layers, seed=0, backend="auto"):
        super().__init__(dim, heads, layers, seed, backend)
        if self.dim < 2 * self.heads:
            raise ConfigurationError(
                f"dim is {dim} and heads is {heads}: binding rolls each block of a window "
                f"differently. Choose a dim of at least {2 * self.heads}."
            )
        stream = random_stream("rolls", seed, dim, heads)
        self.rolls = _distinct_rolls(self.dim, self.heads, self.layers, stream)
        self.signature_rolls = _signature_rolls(self.dim, self.heads, seed, used=self.rolls[0])
        # Keys and values are ±1: a pair alone in the memory answers with dim · dim.
        self.perfect_score = float(self.dim) ** 2

    def keys(self, vectors, partial=False, complete=None):
        """Make the keys v_λ of all layers; only vectors matter, see Encoder.keys."""
        windows = self._windows(vectors, partial, complete)
        return [self.backend.asarray(window, "float32") for window in windows]

    def _windows(self, vectors, partial, complete):
        """Make v_λ of all layers, as int8: a quarter of the memory to go through."""
        windows = [self._signs(vectors)]
        for layer, rolls in enumerate(self.rolls, 1):
            windows.append(_bound_windows(windows[-1], rolls, self._delays(layer)))
        return windows[1:]

    def signatures(self, vectors):
        """Make the signature g of every position; see Encoder.signatures."""
        return _bound_windows(self._signs(vectors), self.signature_rolls, self._delays(1))

    def _signs(self, vectors):
        """Return vectors of ±1, and of the zeros of padding, as int8, which holds no others."""
        if str(vectors.dtype).endswith("int8"):
            return self.backend.asarray(vectors)
        xp = array_api_compat.array_namespace(vectors)
        if not bool(xp.all((xp.abs(vectors) == 1) | (vectors == 0))):
            raise InputError("The binding encoder takes vectors of -1 and 1: its codebook's.")
        return self.backend.asarray(vectors, "int8")

    def noise(self, read, repeats, counts):
        """Return ‖r‖ for every candidate: a ±1 vector that has nothing to do with r."""
        xp = array_api_compat.array_namespace(read)
        norm = float(xp.sum(read * read)) ** 0.5
        return repeats * 0.0 + norm / self.perfect_score


class BoundKeys(BindingEncoder):
    """Half of the binding encoder: keys are products, values are stored as they are.

    It shows what bound keys alone are worth: decoys no longer intrude, frequent words still do.
    """

    def signatures(self, vectors):
        """Return ones: this encoder stores values as they are."""
        return _ones(vectors)

    def noise(self, read, repeats, counts):
        """Return σ_j of independent keys; l keys in a query and l in a stored pair: s = l²."""
        return _noise_of_repeats(repeats, counts, self.dim, self.layers**2)


class BoundValues(ProjectionEncoder):
    """The other half: the paper's keys, and values that are multiplied by a signature.

    It shows what bound values alone are worth: frequent words no longer shout, decoys still do.
    The signs of gaussian vectors are as random as bipolar ones, so signatures are made of them.
    """

    def __init__(self, dim, heads, layers, seed=0, backend="auto"):
        super().__init__(dim, heads, layers, seed, backend)
        self.signature_rolls = _signature_rolls(self.dim, self.heads, seed, used=[])

    def signatures(self, vectors):
        """Make the signature g of every position; see Encoder.signatures."""
        signs = array_api_compat.array_namespace(vectors).sign(vectors)
        return _bound_windows(signs, self.signature_rolls, self._delays(1))

    def noise(self, read, repeats, counts):
        """Return ‖r‖/√d for every candidate: a gaussian vector that has nothing to do with r."""
        xp = array_api_compat.array_namespace(read)
        return repeats * 0.0 + (float(xp.sum(read * read)) / self.dim) ** 0.5


ENCODERS = {
    "projection": ProjectionEncoder,
    "binding": BindingEncoder,
    "bound keys": BoundKeys,
    "bound values": BoundValues,
}


def make_encoder(name, dim, heads, layers, seed=0, backend="auto"):
    """Make the encoder of that name.

    "projection" is the paper's, "binding" this library's; "bound keys" and "bound values" are
    its two halves, to compare.
    """
    if not isinstance(name, str) or name not in ENCODERS:
        raise ConfigurationError(
            f"encoder is {name!r}; choose 'projection' or 'binding', or one of binding's halves, "
            "'bound keys' and 'bound values'."
        )
    return ENCODERS[name](dim, heads, layers, seed, backend)


def _bound_windows(x, rolls, delays):
    """Multiply the h blocks of every window element by element, each rolled by its own offset.

    Row i is roll(x_(i - delay_1), o_1) ⊙ … ⊙ roll(x_(i - delay_h), o_h). It is built in place, two
    slices a block, because a copy of every block, moved and rolled, would take most of the time;
    and a few rows at a time, which stay in the processor's cache until they are done.
    """
    xp = array_api_compat.array_namespace(x)
    rows, dim = x.shape
    product = xp.roll(x, rolls[-1], axis=1)
    for first, stop in itertools.pairwise([*range(0, rows, CACHED), rows]):
        for roll, delay in zip(rolls[:-1], delays[:-1], strict=True):
            begin = max(first, delay)
            if begin < stop:
                product[begin:stop, roll:] *= x[begin - delay : stop - delay, : dim - roll]
                product[begin:stop, :roll] *= x[begin - delay : stop - delay, dim - roll :]
    product[: min(delays[0], rows), :] = 0  # these windows are not full
    return product


def bind(values, signatures):
    """Bind values with signatures, y ⊙ g; bound twice, they are the same as before.

    Args:
        values: (n, dim).
        signatures: (n, dim), entries ±1; or (n, 1), of an encoder that has none.

    Returns:
        (n, dim) array.

    Example:
        >>> bind(np.array([[1.0, 2.0]]), np.array([[-1, 1]]))
        array([[-1.,  2.]])
    """
    if signatures.shape[1] == 1:
        return values
    xp = array_api_compat.array_namespace(values)
    return values * xp.astype(signatures, values.dtype, copy=False)


def _ones(vectors):
    """Return the signatures of an encoder that has none: (n, 1) ones."""
    return array_api_compat.array_namespace(vectors).ones_like(vectors[:, :1])


def _noise_of_repeats(repeats, counts, dim, spread):
    """Return σ_j = √(s·(r_j/d + (M - r_j)/d²)), for values that are stored as they are."""
    pairs = repeats @ counts
    return (spread * (repeats / dim + (pairs - repeats) / dim**2)) ** 0.5


def _signature_rolls(dim, heads, seed, used):
    """Draw h offsets for the signature, none of which rolls the key's blocks too."""
    stream = random_stream("signature rolls", seed, dim, heads)
    free = [roll for roll in range(1, dim) if roll not in used]
    return [int(roll) for roll in stream.permutation(free)[:heads]]


def _distinct_rolls(dim, heads, layers, stream):
    """Draw h offsets a layer, so that no two places of a window are rolled alike in total.

    A token deep in a window is rolled once a layer. Two places with the same total could be
    swapped unseen, so each offset is the first of a random order that keeps all totals apart;
    where dim leaves no such offset (windows of nearly dim tokens), any unused one.
    """
    totals, rolls = {0}, []
    for _ in range(layers):
        reached, chosen = set(totals), []
        for _ in range(heads - 1):
            order = [int(r) for r in stream.permutation(dim - 1) + 1 if r not in chosen]
            apart = (r for r in order if all((t + r) % dim not in reached for t in totals))
            chosen.append(next(apart, order[0]))
            reached |= {(total + chosen[-1]) % dim for total in totals}
        totals = reached
        rolls.append([*chosen, 0])
    return rolls
