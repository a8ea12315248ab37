"""Keys of many layers, right and with known mistakes; and made-up texts and matrices."""

import numpy as np

from memo_edu.checks import Wrong
from memo_edu.codebook import random_stream

CAST = ["tea", " cup", " cat", " moon", " key", " door", ",", " in", " the"]


def words(count, *names):
    """Draw some words of the cast, with repetitions."""
    stream = random_stream("check 10", count, *names)
    return [CAST[i] for i in stream.integers(len(CAST), size=count)]


def matrices(stream, d, h, layers):
    """Draw W and P; the entries have the right size to keep norms."""
    W = [stream.standard_normal((d, d // h)) / np.sqrt(d // h) for _ in range(layers)]
    P = [stream.standard_normal((h * d, d)) / np.sqrt(h * d) for _ in range(layers - 1)]
    return W, P


class Lookup:
    """A made-up codebook: a random vector of d numbers for each token it is asked for."""

    def __init__(self, d):
        self.d = d

    def __call__(self, tokens):
        """Return the vectors of n tokens, (n, d)."""
        if isinstance(tokens, (str, int)) or not hasattr(tokens, "__len__"):
            raise Wrong("vectors takes a list of tokens, so hand it a list.")
        rows = [random_stream("check 10", self.d, t).standard_normal(self.d) for t in tokens]
        return np.array(rows).reshape(len(rows), self.d) / np.sqrt(self.d)


def side(X, h, step, order=1):
    """Lay the h blocks of every window side by side; order -1 lays them backwards."""
    rows = max(0, len(X) - (h - 1) * step)
    return np.hstack([X[j * step : j * step + rows] for j in range(h)][::order])


def all_keys(
    X,
    W,
    P,
    h,
    step=lambda i, h: h**i,
    root=lambda i, h: h**0.5,
    up="encodings",
    order=1,
    level=lambda i: i,
    same_P=False,
):
    """Make the keys of all windows of all layers; each option changes one thing.

    Args:
        X, W, P, h: as in exercise 10.1.
        step: a function of the layer's index and h, the stride.
        root: a function of the same: what keys are divided by.
        up: what goes up to the next layer.
        order: -1 lays the blocks of a window backwards.
        level: a function of the layer's index: which W is used.
        same_P: whether the first P is used for all layers.
    """
    keys = []
    for i in range(len(W)):
        keys.append(side(X @ W[level(i)], h, step(i, h), order) / root(i, h))
        if i < len(P):
            encodings = side(X, h, step(i, h), order) @ P[0 if same_P else i]
            rows = {"encodings": encodings, "keys": keys[-1], "tokens": X}
            X = {**rows, "short": encodings / h**0.5}[up]
    return keys


def last_keys(X, W, P, h, **options):
    """Make the last key of each layer whose window fits; the options are those of all_keys."""
    return [keys[-1] for keys in all_keys(X, W, P, h, **options) if len(keys)]


OWN_W = "its keys are made with another layer's W. Layer λ has the λ-th of the list."
# To be read after "Layer 2: ".
KEY_MISTAKES = (
    (
        {"step": lambda i, h: 1},
        "its blocks overlap. They should be h^(λ−1) rows apart, not one.",
    ),
    (
        {"step": lambda i, h: h if i else 1},
        "its blocks are h rows apart, as in layer 2. They should be h^(λ−1) apart: h times as "
        "far from layer to layer.",
    ),
    (
        {"step": lambda i, h: i + 1},
        "its blocks are λ rows apart. They should be h^(λ−1) apart: h times as far from layer to "
        "layer.",
    ),
    ({"level": lambda i: 0}, OWN_W),
    ({"level": lambda i: -1 - i}, OWN_W),
    ({"root": lambda i, h: 1}, "the factor 1/√h is missing."),
    (
        {"up": "short"},
        "there is a factor 1/√h too many. A key is divided once, in every layer; encodings are "
        "not divided, P has the right size.",
    ),
    ({"root": lambda i, h: h}, "you divide by h. It should be its root."),
    ({"up": "keys"}, "it takes in the keys of the layer below. What goes up are encodings."),
    ({"up": "tokens"}, "it takes in tokens. It should take in the encodings of the layer below."),
    (
        {"up": "tokens", "step": lambda i, h: 1},
        "it sees h tokens, like layer 1. It should take in the encodings of the layer below, and "
        "so see h times as many as that layer.",
    ),
    (
        {"same_P": True},
        "the encodings below it were made with the first P. Every layer has its own.",
    ),
    ({"order": -1}, "the blocks of its windows are in the wrong order: the oldest comes first."),
)
