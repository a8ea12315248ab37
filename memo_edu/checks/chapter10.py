"""The exercises of chapter 10, the whole multi-layer model."""

import contextlib
from collections import Counter
from collections.abc import Mapping

import numpy as np

from memo_edu.checks import Chapter, Wrong, call, expect
from memo_edu.codebook import random_stream
from memo_edu.model import BEGIN

chapter = Chapter()
check, hint = chapter.check, chapter.hint

CAST = ["tea", " cup", " cat", " moon", " key", " door", ",", " in", " the"]


def _words(count, *names):
    """Draw some words of the cast, with repetitions."""
    stream = random_stream("check 10", count, *names)
    return [CAST[i] for i in stream.integers(len(CAST), size=count)]


def _matrices(stream, d, h, layers):
    """Draw W and P; the entries have the right size to keep norms."""
    W = [stream.standard_normal((d, d // h)) / np.sqrt(d // h) for _ in range(layers)]
    P = [stream.standard_normal((h * d, d)) / np.sqrt(h * d) for _ in range(layers - 1)]
    return W, P


def _with_lists(answer, X, W, P, h):
    """Call a learner's function with lists of matrices, and refuse one that changes them."""
    lists = [[matrix.copy() for matrix in matrices] for matrices in (W, P)]
    try:
        found = call(answer, X, *lists, h)
    except IndexError as error:
        if "list index" in str(error):
            raise Wrong(
                "You ask for more matrices than there are: P has one less than W, for the last "
                "layer hands nothing on and needs no encodings."
            ) from error
        raise
    for given, left in zip((W, P), lists, strict=True):
        if len(given) != len(left) or any(map(_differ, given, left)):
            raise Wrong("Your function changes W or P, which it was given. Work on new arrays.")
    return found


def _differ(a, b):
    return not np.array_equal(a, b)


def _same_numbers(a, b):
    return np.shape(a) == np.shape(b) and np.allclose(a, b)


def _as_list(found, right):
    """Read the learner's answer as a list of arrays; or refuse it."""
    if isinstance(found, Mapping) or not hasattr(found, "__len__"):
        raise Wrong(f"Return a list with an array for each layer, not {type(found).__name__}.")
    if isinstance(found, np.ndarray) and found.ndim <= right[0].ndim:
        if right[0].ndim == 1 and _same_numbers(found, sum(right)):
            raise Wrong("This is the sum over the layers. Keep their keys apart, in a list.")
        raise Wrong("This is one array. Return a list with an array for each layer.")
    return [np.asarray(array) for array in found]


# ---- 10.1 ------------------------------------------------------------------------------------


def _side(X, h, step, order=1):
    """Lay the h blocks of every window side by side; order -1 lays them backwards."""
    rows = max(0, len(X) - (h - 1) * step)
    return np.hstack([X[j * step : j * step + rows] for j in range(h)][::order])


def _keys(
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
    """Make the keys of all layers; each option changes one thing.

    Args:
        step: a function of the layer's index and h, the stride.
        root: a function of the same: what keys are divided by.
        up: what goes up to the next layer.
        order: -1 lays the blocks of a window backwards.
        level: a function of the layer's index: which W is used.
        same_P: whether the first P is used for all layers.
    """
    keys = []
    for i in range(len(W)):
        keys.append(_side(X @ W[level(i)], h, step(i, h), order) / root(i, h))
        if i < len(P):
            encodings = _side(X, h, step(i, h), order) @ P[0 if same_P else i]
            rows = {"encodings": encodings, "keys": keys[-1], "tokens": X}
            X = {**rows, "short": encodings / h**0.5}[up]
    return keys


OWN_W = "its keys are made with another layer's W. Layer λ has the λ-th of the list."
KEYS_MISTAKES = (
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
        {"same_P": True},
        "the encodings below it were made with the first P. Every layer has its own.",
    ),
    ({"order": -1}, "the blocks of its windows are in the wrong order: the oldest comes first."),
)


def _key_mistakes(X, W, P, h):
    """Make the keys of every known mistake that these sizes allow: [(keys, message) …]."""
    made = []
    for options, message in KEYS_MISTAKES:
        with contextlib.suppress(ValueError, IndexError):
            made.append((_keys(X, W, P, h, **options), message))
    return made


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
        X, (W, P) = stream.standard_normal((n, d)), _matrices(stream, d, h, layers)
        right = _keys(X, W, P, h)
        try:
            found = _with_lists(answer, X, W, P, h)
        except ValueError as error:
            if n >= h**layers:
                raise
            raise Wrong(
                f"{n} tokens are too few for layer {layers} with h = {h}; it has 0 rows then. "
                f"Your code stopped with: {error}"
            ) from error
        found = _as_list(found, right)
        if len(found) != layers:
            raise Wrong(f"Your list has {len(found)} arrays; there are l = {layers} layers.")
        for i, keys in enumerate(found):
            known = [
                (made[i], f"Layer {i + 1}: {text}") for made, text in _key_mistakes(X, W, P, h)
            ]
            known += [
                (right[-1 - i], "The layers are listed backwards: layer 1 comes first."),
                (
                    right[i][:-1],
                    f"Layer {i + 1}: the last window is missing. It has no next token, but a key.",
                ),
            ]
            if len(keys) == 0 == len(right[i]):
                continue
            expect(keys, right[i], known, f"Layer {i + 1}: the numbers are not right yet.")
    return "Every window of every layer has its key."


# ---- 10.2 ------------------------------------------------------------------------------------


def _last(X, W, P, h, **options):
    """Return the last key of each layer that fits."""
    return [keys[-1] for keys in _keys(X, W, P, h, **options) if len(keys)]


def _first_windows(X, W, P, h):
    return [keys[0] for keys in _keys(X, W, P, h) if len(keys)]


def _padded(X, W, P, h, layers):
    """Return all layers' last keys, with zero vectors before a text that is too short."""
    missing = max(0, h**layers - len(X))
    return _last(np.pad(X, ((missing, 0), (0, 0))), W, P, h)


LAST_MISTAKES = (
    (_first_windows, "the first window of the text was taken. The question is about its end."),
    (
        lambda X, W, P, h: _last(X[:-1], W, P, h),
        "your window ends one token too early.",
    ),
    (
        lambda X, W, P, h: _last(X, W, P[::-1], h),
        "the P are used in the wrong order: layer 1's comes first.",
    ),
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
def last_keys(answer):
    """The last window's key of each layer that fits; long and short contexts."""
    sizes = ((40, 12, 3, 3), (19, 8, 2, 4), (16, 16, 4, 2), (20, 8, 2, 5), (3, 12, 3, 2))
    for n, d, h, layers in sizes:
        stream = random_stream("check 10", "10.2", n, d, h)
        X, (W, P) = stream.standard_normal((n, d)), _matrices(stream, d, h, layers)
        right = _last(X, W, P, h)
        try:
            found = _with_lists(answer, X, W, P, h)
        except ValueError as error:
            if n >= h**layers:
                raise
            raise Wrong(
                f"{n} tokens are too few for layer {layers} with h = {h}; it has no key then. "
                f"Your code stopped with: {error}"
            ) from error
        found = _as_list(found, right)
        _name_count(found, right, _padded(X, W, P, h, layers), layers, n, h)
        _name_key(found, right, X, W, P, h)
    return "One key for each layer that has enough to look at."


def _name_count(found, right, padded, layers, n, h):
    """Raise Wrong if there is not a key for each layer that fits."""
    if len(found) == len(right):
        return
    if len(found) == layers > len(right):
        last = np.asarray(found[-1])
        if last.size and not last.any():
            raise Wrong(
                f"{n} tokens are too few for layer {layers} with h = {h}. Leave its key out: a key "
                "of zeros is no key."
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


def _name_key(found, right, X, W, P, h):
    """Raise Wrong unless each key is right."""
    known = []
    for make, message in LAST_MISTAKES:
        with contextlib.suppress(ValueError, IndexError):
            known.append((make(X, W, P, h), message))
    for options, message in KEYS_MISTAKES:
        with contextlib.suppress(ValueError, IndexError):
            known.append((_last(X, W, P, h, **options), message))
    for i, key in enumerate(found):
        mistakes = [(keys[i], f"Layer {i + 1}: {text}") for keys, text in known if len(keys) > i]
        mistakes += [
            (right[-1 - i], "The layers are listed backwards: layer 1 comes first."),
            (
                right[i][None],
                f"Layer {i + 1}: the key is right, but in a table of one row. Return the row.",
            ),
        ]
        expect(key, right[i], mistakes, f"Layer {i + 1}: the numbers are not right yet.")


# ---- 10.3 ------------------------------------------------------------------------------------

METHODS = ("memorize", "forget", "votes", "predict")


class _Lookup:
    """A made-up codebook: a random vector for each token it is asked for."""

    def __init__(self, d):
        self.d = d

    def __call__(self, tokens):
        if isinstance(tokens, (str, int)) or not hasattr(tokens, "__len__"):
            raise Wrong("vectors takes a list of tokens, so hand it a list.")
        rows = [random_stream("check 10", self.d, t).standard_normal(self.d) for t in tokens]
        return np.array(rows).reshape(len(rows), self.d) / np.sqrt(self.d)


class _Model:
    """The right model, and wrong ones, in one place.

    Args:
        vectors, W, P, h: as in the exercise.
        marks: how many begin marks; None is h.
        shift: how much too late the value comes: -1 is the last token of the window itself.
        options: for _keys.
    """

    def __init__(self, vectors, W, P, h, marks=None, shift=0, layers=None, **options):
        self.vectors, self.W, self.P, self.h = vectors, W, P, h
        self.marks, self.shift, self.options = h if marks is None else marks, shift, options
        self.layers = range(len(W)) if layers is None else layers

    def parts(self, tokens):
        """Return what each layer adds to the memory."""
        X = self.vectors([BEGIN] * self.marks + tokens)
        found = []
        for i, keys in enumerate(_keys(X, self.W, self.P, self.h, **self.options)):
            if i not in self.layers:
                continue
            values = X[self.h ** (i + 1) + self.shift :]
            n = min(len(keys), len(values))
            found.append(keys[:n].T @ values[:n])
        return found

    def sum(self, *texts):
        return sum(part for tokens in texts for part in self.parts(tokens))

    def votes(self, C, context, candidates):
        X = self.vectors([BEGIN] * self.marks + context)
        keys = [k[-1] for k in _keys(X, self.W, self.P, self.h, **self.options) if len(k)]
        return np.array(keys) @ C @ self.vectors(candidates).T


MEMORY_MISTAKES = (
    ({"marks": 0}, "The h begin marks are missing in front of the text."),
    (
        {"shift": -1},
        "Off by one: each value is the last token of its own window. It should be the next one.",
    ),
    ({"shift": 1}, "Off by one: a token is skipped between each window and its value."),
    ({"layers": [0]}, "Only layer 1 is in your memory."),
    ({"layers": [-1]}, "Only the last layer is in your memory. All layers write into it."),
    ({"root": lambda i, h: 1}, "The factor 1/√h is missing in the keys."),
    ({"level": lambda i: 0}, "All layers use the first W. Every layer has its own."),
    (
        {"step": lambda i, h: 1},
        "The blocks of a window overlap: they should be h^(λ−1) rows apart.",
    ),
    ({"order": -1}, "The blocks of a window are in the wrong order: the oldest comes first."),
    ({"up": "keys"}, "Keys go up from layer to layer. It should be encodings."),
    ({"same_P": True}, "All encodings are made with the first P. Every layer has its own."),
)


def _memory_mistakes(given, texts):
    """List what the memory is after some texts if a known mistake is made, and what to say."""
    right, first = _Model(*given), texts[0]
    number = len(given[1])
    known = []
    for options, message in MEMORY_MISTAKES:
        chosen = {**options}
        if chosen.get("layers") == [-1]:
            chosen["layers"] = [number - 1]
        known.append((_Model(*given, **chosen).sum(*texts), message))
    joined = [token for text in texts for token in text]
    marked = [token for text in texts for token in [*text, *[BEGIN] * given[3]]]
    padded = _Model(*given, marks=given[3] ** number)
    known += [
        (
            padded.sum(*texts),
            "There are as many begin marks as the last layer sees tokens. Each text gets h, so its "
            "first words have no window in the higher layers.",
        ),
        (
            right.sum(texts[-1]),
            "The last text has wiped out the others. Add to C, don't replace it.",
        ),
        (
            right.sum(joined),
            "Some pairs reach from one text into the next. Each text is memorized by itself.",
        ),
        (
            right.sum(marked[: -given[3]]),
            "Some pairs reach over the begin marks from one text into the next.",
        ),
        (right.sum(first), "Only the first text is in your memory."),
        (right.sum(*texts).T, "The memory is turned over: it should be KᵀY, not YᵀK."),
        (0 * right.sum(first), "The memory is still all zeros after memorizing."),
        (
            right.sum(*texts) / number,
            "You take the mean over the layers. They add up.",
        ),
        (-right.sum(*texts), "memorize subtracts, it should add."),
    ]
    return known


def _make(answer, vectors, W, P, h, candidates):
    """Make the learner's model, and refuse what is none."""
    lists = [[matrix.copy() for matrix in matrices] for matrices in (W, P)]
    model = call(answer, vectors, *lists, h, list(candidates))
    for name in METHODS:
        if not callable(getattr(model, name, None)):
            raise Wrong(f"Your model has no method {name} yet. Write: def {name}(self, …).")
    if not hasattr(model, "C"):
        raise Wrong(
            "Your model has no memory C yet. Let __init__ start it, self.C = …, with zeros."
        )
    if np.shape(model.C) != (len(W[0]), len(W[0])):
        raise Wrong(
            f"The memory C has the shape {np.shape(model.C)}. It is one matrix (d, d), here "
            f"{(len(W[0]), len(W[0]))}, for all layers together."
        )
    if np.any(model.C):
        raise Wrong("A new model should know nothing: its memory C starts with zeros.")
    return model


def _handed(method, tokens):
    """Call a method with a copy of a list, and refuse it if the list was changed."""
    given = list(tokens)
    result = method(given)
    if given != tokens:
        raise Wrong("A method changes the list of tokens that it was given. Make a new list.")
    return result


@chapter.exercise(
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
)
def my_memo(answer):
    """Memorize, forget, votes and predict, compared with the right model on fresh texts."""
    for d, h, layers in ((48, 3, 2), (32, 2, 3), (64, 4, 1)):
        stream = random_stream("check 10", "10.3", d, h)
        given = (_Lookup(d), *_matrices(stream, d, h, layers), h)
        texts = [_words(n, "10.3", h) for n in (25, 14)]
        candidates = [*CAST, " never"]
        model = _make(answer, *given, candidates)
        for text in texts:
            _handed(model.memorize, text)
        _compare_memory(model, given, texts)
        _compare_votes(model, given, texts, candidates)
        _compare_forgetting(model, given, texts)
    return "A whole language model, and every number of it is yours."


def _compare_memory(model, given, texts):
    right = _Model(*given).sum(*texts)
    expect(
        model.C,
        right,
        _memory_mistakes(given, texts),
        "memorize: the numbers in C are not right yet.",
    )


def _compare_votes(model, given, texts, candidates):
    """Compare the votes and the answers for long, short and empty contexts."""
    right, layers = _Model(*given), len(given[1])
    C = right.sum(*texts)
    for context in (texts[0][:-1], texts[1][:-2], texts[0][:2], []):
        votes = right.votes(C, context, candidates)
        known = _vote_mistakes(given, C, context, candidates, votes)
        found = _handed(model.votes, context)
        if found is None:
            raise Wrong("votes returns nothing. Is there a return at its end?")
        if np.ndim(found) == 2 and len(found) == layers > len(votes):
            raise Wrong(
                "votes: a context that is too short for a layer still has a row for it. Leave out "
                "the layers whose window does not fit."
            )
        expect(found, votes, known, "votes: the numbers are not right yet.")
        _compare_answer(_handed(model.predict, context), votes, candidates)
        if not np.allclose(model.C, C, atol=1e-6):
            raise Wrong("Asking has changed the memory. votes and predict only read it.")


def _vote_mistakes(given, C, context, candidates, votes):
    """List what votes would be if a known mistake is made, and what to say."""
    vectors, h = given[0], given[3]
    known = [
        (votes.sum(axis=0), "votes: this is the sum. Give each layer a row of its own."),
        (votes.T, "votes: the table is turned over. A row for each layer, a column a candidate."),
        (votes[::-1], "votes: the layers are listed backwards."),
        (
            _Model(*given).votes(C, [BEGIN] * h + context, candidates),
            "votes: the begin marks stand in front twice.",
        ),
        (
            _Model(*given).votes(C.T, context, candidates),
            "votes: the memory is read backwards. Asking is q C.",
        ),
        (
            votes / len(votes),
            "votes: you take shares of a whole. Each layer's vote is (k C) · y, as it is.",
        ),
    ]
    if len(context) >= h:
        bare = _Model(*given, marks=0).votes(C, context, candidates)
        known.append((bare, "votes: the begin marks before the context are missing."))
        early = _Model(*given).votes(C, context[:-1], candidates)
        known.append((early, "votes: the window ends one token too early."))
    keys = _last(vectors([BEGIN] * h + context), *given[1:])
    known.append((np.array(keys) @ C, "votes: compare what comes back with the candidates, E."))
    return known


def _compare_answer(found, votes, candidates):
    """Refuse an answer of predict that is not the best candidate."""
    total = votes.sum(axis=0)
    best = candidates[int(total.argmax())]
    if isinstance(found, str) and found == best:
        return
    if found is None:
        raise Wrong("predict returns nothing. Is there a return at its end?")
    if isinstance(found, (int, np.integer)) and 0 <= found < len(candidates):
        raise Wrong("predict returns a number. Return the candidate at that place of the list.")
    if not isinstance(found, str):
        raise Wrong(f"predict should return one of the candidates, not {type(found).__name__}.")
    if found == BEGIN or found not in candidates:
        raise Wrong("predict returns a token that is no candidate.")
    for i, name in ((0, "layer 1 alone"), (-1, "the last layer alone")):
        if len(votes) > 1 and found == candidates[int(votes[i].argmax())]:
            raise Wrong(f"predict seems to ask {name}. The votes of all layers add up.")
    raise Wrong("predict: this is not the candidate with the largest sum of votes.")


def _compare_forgetting(model, given, texts):
    """Forget the first text, then the second: what stays should be right each time."""
    right = _Model(*given)
    rest, gone = right.sum(texts[1]), right.sum(texts[0])
    one = _Model(*given, layers=[0])
    known = [
        (rest + gone, "forget: nothing was forgotten."),
        (rest + 2 * gone, "forget: the sign is turned, now the text is memorized once more."),
        (0 * rest, "forget: the other text is gone as well. Subtract, don't clear."),
        (rest - gone, "forget: the text was taken away twice."),
        (
            rest + gone - _Model(*given, marks=0).sum(texts[0]),
            "forget: the begin marks are missing, so its first pairs are still there.",
        ),
    ]
    if len(given[1]) > 1:
        known.append(
            (rest + gone - one.sum(texts[0]), "forget: only layer 1's pairs were taken away.")
        )
    _handed(model.forget, texts[0])
    expect(model.C, rest, known, "forget: what stays is not what it should be.")
    _handed(model.forget, texts[1])
    if np.abs(model.C).max() > 1e-6:
        raise Wrong("forget: with both texts forgotten, something is left in the memory.")


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
        tokens = _words(count, "10.4", h, layer)
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
