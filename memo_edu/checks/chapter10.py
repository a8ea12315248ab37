"""The exercises of chapter 10, the whole multi-layer model."""

from collections import Counter
from collections.abc import Mapping

import numpy as np

from memo_edu.checks import Chapter, Wrong, call, expect, where_possible, whole_model
from memo_edu.checks.layers import KEY_MISTAKES, all_keys, last_keys, matrices, words
from memo_edu.codebook import random_stream
from memo_edu.model import BEGIN

chapter = Chapter()
check, hint = chapter.check, chapter.hint


# ---- 10.1 and 10.2 ---------------------------------------------------------------------------


def _ask(answer, X, W, P, h, has):
    """Call a learner's function with lists of matrices, and refuse one that changes them.

    Args:
        answer: the learner's function.
        X, W, P, h: its arguments.
        has: what a layer has whose window does not fit.
    """
    given = [[matrix.copy() for matrix in matrices] for matrices in (W, P)]
    n, layers = len(X), len(W)
    try:
        found = call(answer, X, *given, h)
    except IndexError as error:
        if "list index" not in str(error):
            raise
        raise Wrong(
            "You ask for more matrices than there are: P has one less than W, for the last "
            "layer hands nothing on and needs no encodings."
        ) from error
    except ValueError as error:
        if n >= h**layers:
            raise
        raise Wrong(
            f"{n} tokens are too few for layer {layers} with h = {h}; it has {has} then. "
            f"Your code stopped with: {error}"
        ) from error
    for before, after in zip((W, P), given, strict=True):
        if len(before) != len(after) or not all(map(np.array_equal, before, after)):
            raise Wrong("Your function changes W or P, which it was given. Work on new arrays.")
    return found


def _as_list(found, right):
    """Read the learner's answer as a list of arrays; or refuse it."""
    if isinstance(found, Mapping) or not hasattr(found, "__len__"):
        raise Wrong(f"Return a list with an array for each layer, not {type(found).__name__}.")
    if isinstance(found, np.ndarray) and found.ndim <= right[0].ndim:
        if right[0].ndim == 1 and found.shape == right[0].shape and np.allclose(found, sum(right)):
            raise Wrong("This is the sum over the layers. Keep their keys apart, in a list.")
        raise Wrong("This is one array. Return a list with an array for each layer.")
    return [np.asarray(array) for array in found]


def _compare_layers(found, right, mistakes):
    """Raise Wrong unless every layer is right; a mistake is (all layers, text)."""
    for i, (array, its) in enumerate(zip(found, right, strict=True)):
        if array.size == 0 == its.size:
            continue  # no rows, of whatever length
        known = [
            (layers[i], f"Layer {i + 1}: {text}") for layers, text in mistakes if len(layers) > i
        ]
        known.append((right[-1 - i], "The layers are listed backwards: layer 1 comes first."))
        expect(array, its, known, f"Layer {i + 1}: the numbers are not right yet.")


def _by(make, **options):
    return lambda *given: make(*given, **options)


ALL_KEYS_MISTAKES = (
    *((_by(all_keys, **options), text) for options, text in KEY_MISTAKES),
    (
        lambda *given: [keys[:-1] for keys in all_keys(*given)],
        "the last window is missing. It has no next token, but a key.",
    ),
)


@chapter.exercise(
    "10.1",
    hints=[
        "A loop over the layers, from 0 on. In each round, make the keys of this layer from X; "
        "then replace X by its encodings, for the next round. In round number i the stride is "
        "h**i.",
        "Keys: side_by_side(X @ W[i], h, h**i) / np.sqrt(h). Encodings: side_by_side(X, h, h**i) "
        "@ P[i], but only if there is a P[i].",
    ],
)
def layer_keys(answer):
    """Keys of every window, layer by layer, for several sizes."""
    for n, d, h, layers in ((33, 12, 3, 3), (19, 8, 2, 4), (24, 16, 4, 2), (5, 8, 2, 3)):
        stream = random_stream("check 10", "10.1", n, d, h)
        given = (stream.standard_normal((n, d)), *matrices(stream, d, h, layers), h)
        right = all_keys(*given)
        found = _as_list(_ask(answer, *given, has="0 rows"), right)
        if len(found) != layers:
            raise Wrong(f"Your list has {len(found)} arrays; there are l = {layers} layers.")
        _compare_layers(found, right, where_possible(ALL_KEYS_MISTAKES, *given))
    return "Every window of every layer has its key."


def _padded(X, W, P, h):
    """Return all layers' last keys, with zero vectors before a text that is too short."""
    missing = max(0, h ** len(W) - len(X))
    return last_keys(np.pad(X, ((missing, 0), (0, 0))), W, P, h)


LAST_KEYS_MISTAKES = (
    (
        lambda *given: [keys[0] for keys in all_keys(*given) if len(keys)],
        "the first window of the text was taken. The question is about its end.",
    ),
    (lambda X, *rest: last_keys(X[:-1], *rest), "your window ends one token too early."),
    (
        lambda X, W, P, h: last_keys(X, W, P[::-1], h),
        "the P are used in the wrong order: layer 1's comes first.",
    ),
    *((_by(last_keys, **options), text) for options, text in KEY_MISTAKES),
    (
        lambda *given: [key[None] for key in last_keys(*given)],
        "the key is right, but in a table of one row. Return the row.",
    ),
    (all_keys, "these are the keys of all windows. Only the last window is asked for."),
)


@chapter.exercise(
    "10.2",
    hints=[
        "For layer λ, take the last h^λ rows of X. While there are more than h of them, encode "
        "every h in a row with the P of that level: h times fewer rows remain.",
        "np.split(rows, len(rows) // h) gives the blocks of h rows; encoding(block, P[0]) makes "
        "one row of each, and P[1] is for the next level. After λ − 1 levels, it is "
        "window_key(rows, W[λ − 1]). And when X has fewer than h^λ rows, stop.",
    ],
)
def last_keys_of_layers(answer):
    """The last window's key of each layer that fits; long and short contexts."""
    sizes = ((40, 12, 3, 3), (19, 8, 2, 4), (16, 16, 4, 2), (20, 8, 2, 5), (3, 12, 3, 2))
    for n, d, h, layers in sizes:
        stream = random_stream("check 10", "10.2", n, d, h)
        given = (stream.standard_normal((n, d)), *matrices(stream, d, h, layers), h)
        right = last_keys(*given)
        found = _as_list(_ask(answer, *given, has="no key"), right)
        _compare_count(found, right, _padded(*given), n, h)
        _compare_layers(found, right, where_possible(LAST_KEYS_MISTAKES, *given))
    return "One key for each layer that has enough to look at."


def _compare_count(found, right, padded, n, h):
    """Raise Wrong if there is not a key for each layer that fits."""
    if len(found) == len(right):
        return
    if len(found) == len(padded) > len(right):
        last = found[-1]
        if last.size and not last.any():
            raise Wrong(
                f"{n} tokens are too few for layer {len(padded)} with h = {h}. Leave its key out: "
                "a key of zeros is no key."
            )
        if last.shape == padded[-1].shape and np.allclose(last, padded[-1]):
            raise Wrong(
                "You fill a context that is too short with zeros. Such a key was never memorized: "
                "leave the layer out."
            )
    if len(found) == len(right) - 1:
        raise Wrong(
            f"A key is missing. With {n} tokens and h = {h}, layer {len(right)} has a full window "
            "(does it fit exactly?)."
        )
    raise Wrong(
        f"{n} tokens with h = {h} fill the windows of {len(right)} layers; your list has "
        f"{len(found)} keys."
    )


# ---- 10.3 ------------------------------------------------------------------------------------

chapter.exercise(
    "10.3",
    hints=[
        "Begin with __init__ and memorize: X = self.vectors([BEGIN] * h + tokens), then "
        "layer_keys. For layer λ the values are X[h**λ:], and the last key of each layer has no "
        "value. forget goes through the same pairs, so let both use one method that lists them.",
        "votes: put begin marks before the context, take last_keys, retrieve from C, and compare "
        "with the candidates' vectors, a (V, d) table E: the votes are R @ E.T.",
        "predict: the sum of the votes over the layers, then the candidate at its argmax. Or add "
        "the last keys first, and use clean_up.",
    ],
)(whole_model.verify)


# ---- 10.4 ------------------------------------------------------------------------------------


def _share(a, b):
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)


def _counted(tokens, context, h, layer, marks=None, share=_share, join=sum, shift=0, asked=None):
    """Count a layer's votes; each option changes one thing."""
    size, marks = h**layer, h if marks is None else marks
    text, window = [BEGIN] * marks + tokens, ([BEGIN] * h + context)
    if len(window) < size:
        return {}
    window = window[-size:] if asked is None else asked(window, size)
    votes = {}
    for i in range(len(text) - size - max(shift, 0)):
        value = share(text[i : i + size], window)
        if value:
            votes.setdefault(text[i + size + shift], []).append(value)
    return {token: join(values) for token, values in votes.items()}


def _common(a, b):
    return sum((Counter(a) & Counter(b)).values()) / len(a)


def _blocks_agree(h, layer):
    """Return a share that counts whole blocks: all or nothing for each of them."""
    step = h ** (layer - 1)

    def share(a, b):
        return sum(a[j : j + step] == b[j : j + step] for j in range(0, len(a), step)) / h

    return share


PAPER_MISTAKES = (
    (
        {"share": _common},
        "You count common tokens, wherever they stand. Only a token in its own place counts.",
    ),
    (
        {"share": lambda a, b: float(a == b)},
        "Only pairs with the very same window vote here. A window that agrees in part votes too, "
        "only more quietly.",
    ),
    (
        {"share": lambda a, b: float(len(a) * _share(a, b))},
        "You add up m. Each pair speaks with m/h^λ, the share of its places.",
    ),
    (
        {"share": lambda a, b: float(_share(a, b) > 0)},
        "You count the pairs that agree anywhere, a whole vote each. Each speaks with its share.",
    ),
    ({"join": max}, "You keep the loudest pair of each token. All of them add up."),
    ({"join": lambda values: values[-1]}, "A later pair replaces an earlier one. They add up."),
    ({"join": lambda values: sum(values) / len(values)}, "You take a mean. The votes add up."),
    (
        {"marks": 0},
        "The begin marks are missing in front of the text: its first pairs have them in their "
        "windows.",
    ),
    ({"shift": -1}, "Off by one: you add to the last token of a window, not to the next token."),
    ({"shift": 1}, "Off by one: a token is skipped between the window and the next token."),
    (
        {"asked": lambda window, size: window[:size]},
        "You compare with the first tokens of the context. The question is about its end.",
    ),
    (
        {"asked": lambda window, size: window[-size - 1 : -1] if len(window) > size else window},
        "Off by one: the window that asks ends a token too early.",
    ),
)


def _paper_mistakes(tokens, context, h, layer):
    """List what known mistakes would give, and what to say."""
    known = [
        (_counted(tokens, context, h, layer, **options), text) for options, text in PAPER_MISTAKES
    ]
    right = _counted(tokens, context, h, layer)
    total = sum(right.values()) or 1
    size = h**layer
    known += [
        (
            {token: vote * size / h for token, vote in right.items()},
            "You divide m by h in every layer. Layer λ has h^λ places.",
        ),
        (
            {token: vote / total for token, vote in right.items()},
            "Your votes add up to 1. They are no shares of a whole: don't divide.",
        ),
        (
            _counted(tokens, context, h, layer, share=_blocks_agree(h, layer)),
            "You compare whole blocks. An encoding is gentle: each token in its place counts.",
        ),
        (
            {**dict.fromkeys(tokens, 0), **right},
            "Tokens with a sum of 0 should be left out.",
        ),
        (
            _counted(tokens, context, h, 1),
            "These are layer 1's votes. Layer λ's windows have h^λ tokens.",
        ),
    ]
    return known


@chapter.exercise(
    "10.4",
    hints=[
        "List the layer's pairs as in exercise 9.1, but leave the windows whole: h^λ tokens and "
        "the next one, from [BEGIN] * h + tokens. The window that asks is the last h^λ tokens of "
        "[BEGIN] * h + context.",
        "For each pair, count the places in which the two windows hold the same token, and add "
        "that number, divided by h^λ, to what its next token has so far: votes.get(token, 0).",
    ],
)
def paper_votes(answer):
    """Sums of m/h^λ for several texts, contexts and layers."""
    for count, before, h, layer in (
        (60, 17, 2, 2),
        (30, 17, 2, 3),
        (40, 29, 3, 2),
        (20, 11, 4, 1),
        (12, 0, 2, 1),
        (25, 3, 2, 3),
    ):
        tokens = words(count, "10.4", h, layer)
        tokens[5::7] = [f" rare{i}" for i in range(len(tokens[5::7]))]
        context = tokens[:before]
        if before > 12:
            context[-3] = " slip"  # not the text's own window
        given = list(tokens), list(context)
        found = call(answer, *given, h, layer)
        if given != (tokens, context):
            raise Wrong("Your function changes the lists that it was given. Work on copies.")
        if not isinstance(found, Mapping):
            raise Wrong(f"Return a dict from tokens to votes, not {type(found).__name__}.")
        found = {token: float(vote) for token, vote in found.items()}
        right = _counted(tokens, context, h, layer)
        if _same(found, right):
            continue
        if not right:
            raise Wrong(
                f"{before} tokens and {h} begin marks are too few for layer {layer} with h = {h}: "
                "the dict should be empty."
            )
        for value, message in _paper_mistakes(tokens, context, h, layer):
            if _same(found, value) and not _same(right, value):
                raise Wrong(message)
        raise Wrong("Some votes are not right yet. Try a text of six tokens on paper, with h = 2.")
    return "You know how a layer will vote, without a single random number."


def _same(a, b):
    return a.keys() == b.keys() and all(abs(a[token] - b[token]) < 1e-6 for token in a)
