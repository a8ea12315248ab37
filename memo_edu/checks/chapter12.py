"""The exercises of chapter 12, opening the box."""

from collections import Counter

import numpy as np

from memo_edu.checks import Chapter, Wrong, call, expect, where_possible
from memo_edu.codebook import random_stream
from memo_edu.model import BEGIN

chapter = Chapter()
check, hint = chapter.check, chapter.hint


# ---- 12.1 ------------------------------------------------------------------------------------


def _parts(Q, C, E):
    return Q @ C @ E.T


def _best(scores, top):
    return np.argsort(-scores)[:top]


BEST_MISTAKES = (
    (
        lambda P, top: np.argsort(P.sum(axis=0))[:top],
        "Your list begins with the smallest score. The best candidate comes first.",
    ),
    (
        lambda P, top: np.argsort(P.sum(axis=0))[-top:],
        "These are the best candidates, but the best one comes last. Turn them round.",
    ),
    (
        lambda P, top: _best(P[0], top),
        "You choose by the votes of layer 1 alone. The score is the sum over all layers.",
    ),
    (
        lambda P, top: _best(P[-1], top),
        "You choose by the votes of the last layer alone. The score is the sum over all layers.",
    ),
    (
        lambda P, top: _best(P.max(axis=0), top),
        "You choose by the loudest layer. The score is the sum over all layers.",
    ),
    (
        lambda P, top: _best(np.abs(P.sum(axis=0)), top),
        "You choose by size, whatever the sign. A score far below 0 is a bad one.",
    ),
    (
        lambda P, top: np.sort(P.sum(axis=0))[::-1][:top],
        "These are the scores themselves. Return the indices of their candidates: argsort.",
    ),
    (
        lambda P, top: np.sort(_best(P.sum(axis=0), top)),
        "These candidates are in the order of the vocabulary. The best comes first.",
    ),
    (
        lambda P, top: np.argsort(-P.sum(axis=0)),
        "You list all candidates. Keep the best ones only, as many as top says.",
    ),
    (
        lambda P, top: np.argsort(-P, axis=1)[:, :top],
        "Every layer has a list of its own here. There is one list: the best sums of all layers.",
    ),
)
VOTES_MISTAKES = (
    (
        lambda Q, C, E, best: _parts(Q, C, E)[:, best].sum(axis=0),
        "These are the scores, summed over the layers. Keep a row for each layer.",
    ),
    (
        lambda Q, C, E, best: _parts(Q, C, E)[:, best].T,
        "Your votes lie on their side: a row should be a layer, a column a candidate.",
    ),
    (
        lambda Q, C, E, best: _parts(Q, C, E),
        "You return the votes for all candidates. Take the columns of the best ones.",
    ),
    (
        lambda Q, C, E, best: _parts(Q, C, E)[:, np.sort(best)],
        "Your columns are in the order of the vocabulary. They should follow best.",
    ),
    (
        lambda Q, C, E, best: _parts(Q, C, E)[:, : len(best)],
        "These are the first columns of the vocabulary. Take those of the best candidates.",
    ),
    (
        lambda Q, C, E, best: -np.sort(-_parts(Q, C, E), axis=1)[:, : len(best)],
        "Each layer lists its own best votes. A column should belong to one candidate.",
    ),
    (
        lambda Q, C, E, best: _parts(Q, C.T, E)[:, best],
        "The memory was asked from the wrong side. The key stands on its left: q C.",
    ),
    (
        lambda Q, C, E, best: (_parts(Q, C, E) / len(Q))[:, best],
        "You divide by the number of layers. The votes should sum to the score.",
    ),
    (
        lambda Q, C, E, best: (_parts(Q, C, E) / _parts(Q, C, E).sum(axis=0))[:, best],
        "These are shares of the score. A vote is not divided by anything.",
    ),
    (
        lambda Q, C, E, best: _parts(Q, C, E)[::-1, best],
        "The layers are in the wrong order: layer 1 is the first row.",
    ),
    (
        lambda Q, C, E, best: (Q @ E.T)[:, best],
        "You compared keys with tokens. First ask the memory: q C.",
    ),
    (
        lambda Q, C, E, best: np.cumsum(_parts(Q, C, E), axis=0)[:, best],
        "You add each layer to the ones before it. Keep the votes apart.",
    ),
)


@chapter.exercise(
    "12.1",
    hints=[
        "One product asks with all keys at once, another compares the answers with all candidates. "
        "Q @ C @ E.T has a row for each layer and a column for each candidate.",
        "The scores are the sums of its columns. np.argsort sorts upwards, so sort the negative "
        "scores; then take these columns of the table.",
    ],
)
def votes(answer):
    """The columns of Q C Eᵀ with the largest sums."""
    for layers, d, V, top in ((3, 12, 30, 4), (2, 8, 8, 3), (4, 16, 25, 6)):
        stream = random_stream("check 12", "12.1", layers, d)
        Q, C, E = (stream.standard_normal(shape) for shape in ((layers, d), (d, d), (V, d)))
        best, parts = _pair(call(answer, Q, C, E, top))
        right = _parts(Q, C, E)
        first = _best(right.sum(axis=0), top)
        same = np.array_equal(np.sort(best, axis=None), np.sort(first))
        otherwise = (
            "These are the best candidates, but in another order. The best one comes first."
            if same
            else "best is not right yet."
        )
        expect(best, first, where_possible(BEST_MISTAKES, right, top), otherwise)
        mistakes = where_possible(VOTES_MISTAKES, Q, C, E, first)
        expect(parts, right[:, first], mistakes, "The candidates are right, their votes not yet.")
    return "Every score, taken apart without a remainder."


def _pair(found):
    """Read the learner's answer as (best, parts), or refuse it."""
    if not isinstance(found, (tuple, list)) or len(found) != 2:
        raise Wrong(f"Return two things, best and parts: (best, parts), not {_what(found)}.")
    best, parts = np.asarray(found[0]), np.asarray(found[1])
    if best.ndim == 2 and parts.ndim == 1:
        raise Wrong("The two things are swapped: the indices come first, then the votes.")
    return best, parts


def _what(found):
    """Say what a learner returned."""
    if isinstance(found, np.ndarray):
        return f"one array of shape {found.shape}"
    return type(found).__name__


# ---- 12.2 ------------------------------------------------------------------------------------

TESTIMONY_MISTAKES = (
    (
        lambda q, K, Y, e: K @ q,
        "This is how well each key fits the question. What does its pair say? The value counts, "
        "too.",
    ),
    (
        lambda q, K, Y, e: Y @ e,
        "This is how well each value fits the candidate. But was its key asked for?",
    ),
    (
        lambda q, K, Y, e: (K @ q) @ (Y @ e),
        "This is the whole score, one number. Keep the parts apart: one for each pair.",
    ),
    (
        lambda q, K, Y, e: K @ q + Y @ e,
        "You add the two fits. A pair whose key does not fit says nothing: multiply.",
    ),
    (
        lambda q, K, Y, e: np.outer(K @ q, Y @ e),
        "This table pairs every key with every value. Key i goes with value i only.",
    ),
    (
        lambda q, K, Y, e: (K @ e) * (Y @ q),
        "You compare keys with the candidate and values with the question. It is the other way "
        "round.",
    ),
    (
        lambda q, K, Y, e: (Y @ q) * (Y @ e),
        "The question is compared with the values. It should meet the keys.",
    ),
    (
        lambda q, K, Y, e: np.abs((K @ q) * (Y @ e)),
        "The sign is lost. A pair can speak against a candidate.",
    ),
    (
        lambda q, K, Y, e: (K @ q) * (Y @ e) / ((K @ q) @ (Y @ e)),
        "These are shares of the score. Don't divide: they should sum to the score itself.",
    ),
    (
        lambda q, K, Y, e: (K @ q) * (Y @ e) / len(K),
        "You divide by the number of pairs. Don't: they should sum to the score itself.",
    ),
    (
        lambda q, K, Y, e: ((K * q) * (Y * e)).sum(axis=1),
        "You multiply number by number and add up once. Two dot products are needed, each summed "
        "by itself.",
    ),
    (
        lambda q, K, Y, e: (K * q) * (Y * e),
        "There is a number for every dimension. One for each pair: make dot products.",
    ),
    (
        lambda q, K, Y, e: np.where((e == Y).all(axis=1), (K @ q) * (Y @ e), 0),
        "Only the pairs that say the candidate itself are counted. The others add a little "
        "crosstalk each; without it the sum is not the score.",
    ),
    (
        lambda q, K, Y, e: np.sort((K @ q) * (Y @ e))[::-1],
        "Right numbers, but sorted: nobody knows any more whose they are. Leave them in place.",
    ),
    (
        lambda q, K, Y, e: _direction(K) @ (q / np.linalg.norm(q)) * (Y @ e),
        "These are cosines of the keys. Dot products are needed, with the lengths in them.",
    ),
    (
        lambda q, K, Y, e: np.maximum((K @ q) * (Y @ e), 0),
        "What is below 0 was cut off. A pair can speak against a candidate.",
    ),
    (
        lambda q, K, Y, e: ((K @ q) * (Y @ e))[:, None],
        "Right numbers, but in a table with one column. Return one row of M numbers.",
    ),
)


def _direction(A):
    return A / np.linalg.norm(A, axis=1, keepdims=True)


@chapter.exercise(
    "12.2",
    hints=[
        "For one pair: how well does the question fit its key? How well does its value fit the "
        "candidate? Two dot products, and their product.",
        "For all pairs at once, K @ q is (M,), and so is Y @ e. Multiply them number by number.",
    ],
)
def testimony(answer):
    """(q·k_i)(y_i·e) for memories of several sizes."""
    for M, d in ((9, 6), (7, 7), (20, 12)):
        stream = random_stream("check 12", "12.2", M, d)
        K, Y = stream.standard_normal((2, M, d))
        q, e = K[2] + stream.standard_normal(d), Y[2]
        mistakes = where_possible(TESTIMONY_MISTAKES, q, K, Y, e)
        expect(call(answer, q, K, Y, e), (K @ q) * (Y @ e), mistakes)
    return "Every witness heard, and together they say the score."


# ---- 12.3 ------------------------------------------------------------------------------------


def _pairs(tokens, h, size, marks=None):
    """Count the pairs (window of so many tokens, next token) of a text with begin marks."""
    text = [BEGIN] * (h if marks is None else marks) + tokens
    return Counter((tuple(text[i : i + size]), text[i + size]) for i in range(len(text) - size))


def _plan(old, new, h, layers, size=lambda h, layer: h**layer, marks=lambda h, layer: h):
    """Return [(to forget, to memorize) …] as Counters; the options change one thing."""
    plan = []
    for layer in range(1, layers + 1):
        before, after = (_pairs(t, h, size(h, layer), marks(h, layer)) for t in (old, new))
        plan.append((before - after, after - before))
    return plan


def _each(change):
    """Make of a change of one Counter a mistake in the whole plan."""
    return lambda *given: [tuple(change(c) for c in pair) for pair in _plan(*given)]


def _swap_only(old, new, h, layers):
    """Exchange answers only: pairs whose window is in the other list, too."""
    plan = []
    for forget, memorize in _plan(old, new, h, layers):
        both = {w for w, _ in forget} & {w for w, _ in memorize}
        plan.append(
            tuple(Counter({p: n for p, n in c.items() if p[0] in both}) for c in (forget, memorize))
        )
    return plan


def _windows_only(old, new, h, layers):
    """Leave out the pairs whose answer changes; the windows with the old words are found."""
    swapped = _swap_only(old, new, h, layers)
    plan = _plan(old, new, h, layers)
    return [(a - c, b - d) for (a, b), (c, d) in zip(plan, swapped, strict=True)]


def _sets(old, new, h, layers):
    """Compare sets of pairs: how often a pair occurs is lost."""
    plan = []
    for layer in range(1, layers + 1):
        before, after = (set(_pairs(text, h, h**layer)) for text in (old, new))
        plan.append((Counter(before - after), Counter(after - before)))
    return plan


def _all_pairs(old, new, h, layers):
    """Forget and memorize everything."""
    return [tuple(_pairs(t, h, h**i) for t in (old, new)) for i in range(1, layers + 1)]


PLAN_MISTAKES = (
    (
        lambda *given: [(memorize, forget) for forget, memorize in _plan(*given)],
        "The two lists are swapped: what is to be forgotten comes first.",
    ),
    (
        _all_pairs,
        "You forget the whole old text and memorize the whole new one. That works, but a pair that "
        "both have should be in neither list.",
    ),
    (
        _swap_only,
        "You exchange answers only. The old words also stand in the windows of later tokens: "
        "those pairs must go, too.",
    ),
    (
        _windows_only,
        "The windows with the old words are found. But the pairs whose *answer* changes are "
        "missing.",
    ),
    (
        _sets,
        "You ask only whether the other text has a pair, as sets or `not in` do, not how often. If "
        "the old text has it twice and the new one once, it must be forgotten once.",
    ),
    (
        _each(lambda counts: Counter(set(counts))),
        "Each pair is in your lists once. One that must be forgotten twice is there twice: "
        "elements() of a Counter does that.",
    ),
    (
        lambda *given: _plan(*given, marks=lambda h, layer: 0),
        "The begin marks are missing: put h of them in front of both texts.",
    ),
    (
        lambda *given: _plan(*given, marks=lambda h, layer: h**layer),
        "There are too many begin marks: every text has h of them, for all layers.",
    ),
    (
        lambda old, new, h, layers: _plan(old[:-1], new[:-1], h, layers),
        "The last pair of each text is missing: its value is the very last token.",
    ),
    (
        lambda *given: _plan(*given, size=lambda h, layer: h),
        "All your layers have windows of h tokens. In layer λ there are h^λ.",
    ),
    (
        lambda *given: _plan(*given, size=lambda h, layer: h * layer),
        "The windows of layer λ have h·λ tokens here. It should be h^λ.",
    ),
    (
        lambda *given: _plan(*given, size=lambda h, layer: h ** (layer - 1)),
        "Your layers begin with windows of one token. Layer 1 has windows of h tokens.",
    ),
    (
        _each(lambda counts: Counter({(w[::-1], t): n for (w, t), n in counts.items()})),
        "Your windows are backwards: the oldest token comes first.",
    ),
    (
        lambda *given: [(forget, Counter()) for forget, _ in _plan(*given)],
        "You forget the old pairs and memorize nothing in their place.",
    ),
    (
        lambda *given: [(Counter(), memorize) for _, memorize in _plan(*given)],
        "You memorize the new pairs, but the old ones stay. Now both compete.",
    ),
)

_SIGHT = ["the", "cat", "saw", "the", "moon"]
_TALE = [*_SIGHT, ".", *_SIGHT, "and", "the", "tea", ".", "the", "cup", "saw", "the", "cat", "."]
_NOTE = [f"w{i}" for i in range(12)]
EDITS = (
    (_TALE, _TALE[:5] + _TALE[11:], 2, 3),
    (_TALE, [*_TALE[:4], "door", *_TALE[5:]], 2, 2),
    (_NOTE, [*_NOTE[:5], "x", "y", *_NOTE[6:]], 3, 2),
    (3 * _SIGHT, _SIGHT, 2, 2),
    (_TALE, [*_TALE, "the", "cat"], 2, 1),
)


@chapter.exercise(
    "12.3",
    hints=[
        "For one layer: count the pairs of the old text in a Counter, and those of the new one in "
        "another. The pair at place i is (tuple(text[i : i + size]), text[i + size]).",
        "What only the old text has must be forgotten: before - after. What only the new one has "
        "must be memorized. list(counter.elements()) makes a list of a Counter.",
        "Do that for layer 1, 2 … l in a loop; both texts have h begin marks in front, in every "
        "layer.",
    ],
)
def edit(answer):
    """The differences of the pairs of two texts, in every layer."""
    for old, new, h, layers in EDITS:
        given = [list(old), list(new)]
        found = _read_plan(call(answer, *given, h, layers), layers)
        if given != [old, new]:
            raise Wrong("Your function changes a list that it was given. Work on a copy.")
        if found == _plan(old, new, h, layers):
            continue
        for make, message in PLAN_MISTAKES:
            if found == make(old, new, h, layers):
                raise Wrong(message)
        _explain_plan(found, _plan(old, new, h, layers))
    return "Every pair that the change touches, in every layer, and no other."


def _read_plan(found, layers):
    """Read the learner's plan as Counters, or refuse it."""
    found = list(found) if isinstance(found, (list, tuple)) else found
    if not isinstance(found, list) or len(found) != layers:
        size = f"one of length {len(found)}" if isinstance(found, list) else _what(found)
        raise Wrong(f"Return a list with one part for each of the {layers} layers, not {size}.")
    plan = []
    for part in found:
        if not isinstance(part, (list, tuple)) or len(part) != 2:
            raise Wrong("The part of a layer is (to_forget, to_memorize), two lists.")
        plan.append(tuple(_read_pairs(pairs) for pairs in part))
    return plan


def _read_pairs(pairs):
    if isinstance(pairs, (Counter, dict)):
        raise Wrong(
            "This is a Counter. Make a list of it, in which a pair that counts twice is there "
            "twice: elements()."
        )
    if not isinstance(pairs, (list, tuple, set)):
        raise Wrong(f"to_forget and to_memorize are lists of pairs, not {_what(pairs)}.")
    for pair in pairs:
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise Wrong("A pair has two parts: the window, a tuple, and the next token.")
        if not isinstance(pair[0], tuple):
            raise Wrong(f"A window is a tuple of tokens, not {type(pair[0]).__name__}.")
        if any(isinstance(token, tuple) for token in pair[0]):
            raise Wrong("Your windows are cut into blocks. A window is one tuple of h^λ tokens.")
    return Counter((window, after) for window, after in pairs)


def _explain_plan(found, right):
    """Say what is wrong with a plan that has no mistake of its own."""
    for layer, (theirs, ours) in enumerate(zip(found, right, strict=True), 1):
        if theirs == ours:
            continue
        if theirs[0] & theirs[1]:
            raise Wrong(
                f"Layer {layer}: one pair is in both of your lists. Forgotten and memorized again, "
                "it is as before: leave it out."
            )
        sizes = [counts.total() for counts in theirs]
        raise Wrong(
            f"Layer {layer} is not right yet. You forget {sizes[0]} pairs and memorize {sizes[1]}."
        )


# ---- 12.4 ------------------------------------------------------------------------------------

TAKEN_MISTAKES = (
    (
        lambda e, k, C, a: (1 - a) * e + a * (k @ C),
        "The shares are swapped. α is the share of what was *computed*.",
    ),
    (
        lambda e, k, C, a: a * e + (1 - a) * (e @ C),
        "You ask the memory with the encodings. It is asked with the keys.",
    ),
    (
        lambda e, k, C, a: a * e + (1 - a) * (k @ C.T),
        "The memory was asked from the wrong side. The key stands on its left: k C.",
    ),
    (
        lambda e, k, C, a: e + k @ C,
        "The two are added, but each in full. Give each its share.",
    ),
    (
        lambda e, k, C, a: e + (1 - a) * (k @ C),
        "What was computed goes in as a whole. Its share is α.",
    ),
    (
        lambda e, k, C, a: a * e + k @ C,
        "What is remembered goes in as a whole. Its share is 1 − α.",
    ),
    (
        lambda e, k, C, a: a * k + (1 - a) * (k @ C),
        "You mix in the keys. What goes up to the next layer are encodings.",
    ),
    (
        lambda e, k, C, a: a * e + (1 - a) * k,
        "You mix encodings with keys. What the memory *answers* to the keys is needed.",
    ),
    (lambda e, k, C, a: k @ C, "Only the memory is heard. Where are the computed encodings?"),
    (lambda e, k, C, a: e, "Only the computed encodings go in. Where is the memory?"),
    (
        lambda e, k, C, a: (a * e + (1 - a) * k) @ C,
        "Everything went through the memory. The computed encodings do not.",
    ),
    (
        lambda e, k, C, a: (e + k @ C) / 2,
        "Half and half, whatever α says. The shares are α and 1 − α.",
    ),
)


@chapter.exercise(
    "12.4",
    hints=[
        "Write the formula down as it stands: two terms, each with its share.",
        "k @ C is what the memory answers; it has the shape of e. The shares are alpha and "
        "1 - alpha.",
    ],
)
def taken_in(answer):
    """α e + (1 - α) k C, also at both ends."""
    for n, d, alpha in ((5, 4, 0.3), (3, 6, 0.75), (4, 4, 0.0), (2, 5, 1.0)):
        stream = random_stream("check 12", "12.4", n, d)
        e, k = stream.standard_normal((2, n, d))
        C = stream.standard_normal((d, d))
        mistakes = where_possible(TAKEN_MISTAKES, e, k, C, alpha)
        expect(call(answer, e, k, C, alpha), alpha * e + (1 - alpha) * (k @ C), mistakes)
    return "A mixture of what is computed and what is remembered."
