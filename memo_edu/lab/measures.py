"""What the lab knows of a memory: how much is recalled, what theory predicts, how full it is."""

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np

from memo_edu import theory
from memo_edu.encoders import ENCODERS

# Tokens of a text at which recall is measured: more would take longer and tell the same.
MEASURED = 2048
# Up to so many tokens theory looks at every window of the texts (n² cosines); above, at counts.
EXACT_THEORY = 1200
FULL = 0.9


@dataclass(frozen=True)
class Fullness:
    """How full a memory is.

    Attributes:
        pairs: how many it holds.
        capacity: how many pairs like these until theory expects a recall of 90 %.
    """

    pairs: int
    capacity: int

    @property
    def share(self):
        """The pairs as a share of the capacity; above 1 if there are too many."""
        return self.pairs / self.capacity


@dataclass(frozen=True)
class Proof:
    """What came of comparing a memory with one that never read the text.

    Attributes:
        identical: whether every byte agrees.
        difference: the largest difference of two entries, as a share of the largest entry.
    """

    identical: bool
    difference: float


def encoder_name(model):
    """Return what MeMo calls the encoder of a model."""
    return next(name for name, kind in ENCODERS.items() if type(model.encoder) is kind)


def measure(model, texts, tell=lambda share: None):
    """Measure the recall of texts, memorized or not.

    Args:
        model: a MeMo.
        texts: dict of name -> text. Of a long one the last 2,048 tokens are measured.
        tell: see Work.

    Returns:
        A dict of name -> recall in [0, 1].
    """
    recalls = {}
    for name, text in texts.items():
        tell(len(recalls) / len(texts))
        start = max(1, len(model.tokenizer.encode(text)) - MEASURED)
        recalls[name] = model.recall(text, start).accuracy
    return recalls


def predict_recall(model, texts, tell=lambda share: None):
    """Predict the recall of all texts in a memory, from theory alone.

    Args:
        model: a MeMo; only its sizes matter.
        texts: dict of name -> text, all that it holds.
        tell: see Work.

    Returns:
        A dict of name -> recall in [0, 1].
    """
    tell(0.0)
    tokens = {name: model.tokenizer.encode(text) for name, text in texts.items()}
    joined = [token for part in tokens.values() for token in part]
    sizes = model.encoder.heads, model.encoder.layers, encoder_name(model)
    if len(joined) > EXACT_THEORY:
        dim = model.encoder.dim
        return dict.fromkeys(texts, theory.recall_of_counts(Counter(joined), dim, dim, *sizes))
    if not joined:
        return {}
    chances = theory.recall_of_text(joined, model.encoder.dim, *sizes, watch=tell)
    stops = np.cumsum([len(part) for part in tokens.values()])
    parts = np.split(chances, stops[:-1])
    return {name: float(part.mean()) for name, part in zip(texts, parts, strict=True)}


def is_rough(model, texts):
    """Return whether predict_recall and fullness are no more than a guess.

    Args:
        model: a MeMo; only its encoder matters.
        texts: dict of name -> text, all that it holds.
    """
    count = sum(len(model.tokenizer.encode(text)) for text in texts.values())
    return count > EXACT_THEORY and encoder_name(model) in theory.ALIKE_KEYS


def fullness(model, texts, tell=lambda share: None):
    """Say how full a memory is, from how often each token occurs in it.

    More text like this is taken to have the same tokens, in the same proportions.

    Args:
        model: a MeMo; only its sizes matter.
        texts: dict of name -> text, all that it holds.
        tell: see Work.

    Returns:
        A Fullness, or None if it holds nothing.
    """
    counts = Counter(t for text in texts.values() for t in model.tokenizer.encode(text))
    if not counts:
        return None
    r, dim = np.array(list(counts.values())), model.encoder.dim
    sizes = dim, dim, model.encoder.heads, model.encoder.layers, encoder_name(model)
    low, high = math.log2(2 / r.sum()), 24.0  # log₂ of how many times as much text
    for step in range(16):
        tell(step / 16)
        middle = (low + high) / 2
        more = np.maximum(np.rint(r * 2**middle), r * 2**middle >= 0.5).astype(np.int64)
        recalled = theory.recall_of_counts(more, *sizes) if more.any() else 1.0
        low, high = (middle, high) if recalled >= FULL else (low, middle)
    return Fullness(int(r.sum()), max(1, round(r.sum() * 2**low)))


def holds_only(model, texts):
    """Say whether these texts are all that a memory holds.

    Args:
        model: a MeMo.
        texts: dict of name -> text.

    Returns:
        False if there are rows of ids besides, or texts from a corpus.

    Example:
        >>> from memo_edu.model import MeMo
        >>> model = MeMo(64, heads=2, layers=1, vocab_size=50, backend="numpy")
        >>> model.memorize_ids([range(1, 9)])
        >>> holds_only(model, {})
        False
    """
    lengths = sum(model.texts[name] for name in texts)
    return lengths == model._ledger.targets.total()


def prove_forgotten(model, texts, tell=lambda share: None):
    """Compare a memory with a new one that has read only what is memorized now.

    Args:
        model: a MeMo.
        texts: dict of name -> text, all that it holds.
        tell: see Work.

    Returns:
        A Proof.
    """
    innocent = model.blank()
    for done, (name, text) in enumerate(texts.items()):
        innocent.memorize(text, name, lambda share, done=done: tell((done + share) / len(texts)))
    ours, theirs = (m.backend.to_numpy(m.matrix) for m in (model, innocent))
    difference = float(np.max(np.abs(ours - theirs)))
    largest = float(np.max(np.abs(theirs))) or 1.0
    return Proof(difference == 0, difference / largest)


def follow(before, words, texts):
    """Find which text a recitation follows, and what it says at each word.

    Args:
        before: tokens of the prompt; if there are none, a text is followed from its first word.
        words: recited tokens.
        texts: dict of name -> list of tokens.

    Returns:
        (name, tokens): the text that agrees longest, and what stands in it at the recited words,
        which is less than that if it ends before; or (None, []) if the prompt is in none.

    Example:
        >>> follow(["the"], [" cup", " was"], {"tea": ["the", " cup", " is", " hot"]})
        ('tea', [' cup', ' is'])
    """
    best = (-1, None, [])
    for name, tokens in texts.items():
        for place in _places(tokens, before):
            right = tokens[place : place + len(words)]
            agree = next((i for i, w in enumerate(words) if right[i : i + 1] != [w]), len(words))
            if agree > best[0]:
                best = (agree, name, right)
    return best[1:]


def _places(tokens, before):
    """List the places of a text that stand right behind some tokens."""
    if not before:
        return [0]
    size = len(before)
    # Looking at one token first is a hundred times faster than comparing slices everywhere.
    ends = [i + 1 for i, token in enumerate(tokens) if token == before[-1]]
    return [end for end in ends if end >= size and tokens[end - size : end] == before]
