"""The check of exercise 10.3, the whole multi-layer model."""

import numpy as np

from memo_edu.checks import Wrong, call, expect
from memo_edu.checks.layers import (
    CAST,
    KEY_MISTAKES,
    Lookup,
    all_keys,
    last_keys,
    matrices,
    words,
)
from memo_edu.codebook import random_stream
from memo_edu.model import BEGIN

METHODS = ("memorize", "forget", "votes", "predict")


class _Model:
    """The right model, and wrong ones, in one place.

    Args:
        vectors, W, P, h: as in the exercise.
        marks: how many begin marks; None is h.
        shift: how much too late the value comes: -1 is the last token of the window itself.
        layers: the indices of those that are stored; None is all.
        options: for all_keys.
    """

    def __init__(self, vectors, W, P, h, marks=None, shift=0, layers=None, **options):
        self.vectors, self.W, self.P, self.h = vectors, W, P, h
        self.marks, self.shift, self.options = h if marks is None else marks, shift, options
        self.layers = range(len(W)) if layers is None else layers

    def memory(self, *texts):
        """Return the memory of some texts."""
        return sum(part for tokens in texts for part in self._parts(tokens))

    def _parts(self, tokens):
        X = self.vectors([BEGIN] * self.marks + tokens)
        for i, keys in enumerate(all_keys(X, self.W, self.P, self.h, **self.options)):
            if i in self.layers:
                values = X[self.h ** (i + 1) + self.shift :]
                n = min(len(keys), len(values))
                yield keys[:n].T @ values[:n]

    def votes(self, C, context, candidates):
        """Return a row of votes for each layer whose window fits."""
        X = self.vectors([BEGIN] * self.marks + context)
        return np.array(last_keys(X, self.W, self.P, self.h)) @ C @ self.vectors(candidates).T


MEMORY_MISTAKES = (
    ({"marks": 0}, "The h begin marks are missing in front of the text."),
    (
        {"shift": -1},
        "Off by one: each value is the last token of its own window. It should be the next one.",
    ),
    ({"shift": 1}, "Off by one: a token is skipped between each window and its value."),
    ({"layers": [0]}, "Only layer 1 is in your memory."),
    *((options, f"A layer is wrong: {text}") for options, text in KEY_MISTAKES),
)


def _memory_mistakes(given, texts):
    """List what the memory is after some texts if a known mistake is made, and what to say."""
    h, number = given[3], len(given[1])
    model = _Model(*given)
    right = model.memory(*texts)
    joined = [token for text in texts for token in text]
    marked = [token for text in texts for token in [*text, *[BEGIN] * h]][:-h]
    known = [(_Model(*given, **one).memory(*texts), text) for one, text in MEMORY_MISTAKES]
    return [
        *known,
        (
            _Model(*given, layers=[number - 1]).memory(*texts),
            "Only the last layer is in your memory. All layers write into it.",
        ),
        (
            _Model(*given, layers=[number - 1]).memory(texts[-1]),
            "Only the last layer of the last text is in your memory. Add to C, don't replace it.",
        ),
        (
            _Model(*given, marks=h**number).memory(*texts),
            "There are as many begin marks as the last layer sees tokens. Each text gets h, so its "
            "first words have no window in the higher layers.",
        ),
        (
            model.memory(texts[-1]),
            "The last text has wiped out the others. Add to C, don't replace it.",
        ),
        (
            model.memory(joined),
            "Some pairs reach from one text into the next. Each text is memorized by itself.",
        ),
        (
            model.memory(marked),
            "Some pairs reach over the begin marks from one text into the next.",
        ),
        (model.memory(texts[0]), "Only the first text is in your memory."),
        (right.T, "The memory is turned over: it should be KᵀY, not YᵀK."),
        (0 * right, "The memory is still all zeros after memorizing."),
        (right / number, "You take the mean over the layers. They add up."),
        (-right, "memorize subtracts, it should add."),
    ]


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


def verify(answer):
    """Memorize, forget, votes and predict, compared with the right model on fresh texts."""
    for d, h, layers in ((48, 3, 2), (32, 2, 3), (64, 4, 1)):
        stream = random_stream("check 10", "10.3", d, h)
        given = (Lookup(d), *matrices(stream, d, h, layers), h)
        texts = [words(n, "10.3", h) for n in (25, 14)]
        candidates = [*CAST, " never"]
        model = _make(answer, *given, candidates)
        for text in texts:
            _handed(model.memorize, text)
        expect(
            model.C,
            _Model(*given).memory(*texts),
            _memory_mistakes(given, texts),
            "memorize: the numbers in C are not right yet.",
        )
        _compare_votes(model, given, texts, candidates)
        _compare_forgetting(model, given, texts)
    return "A whole language model, and every number of it is yours."


def _compare_votes(model, given, texts, candidates):
    """Compare the votes and the answers for long, short and empty contexts."""
    right, layers = _Model(*given), len(given[1])
    C = right.memory(*texts)
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
    keys = last_keys(vectors([BEGIN] * h + context), *given[1:])
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
    rest, gone = right.memory(texts[1]), right.memory(texts[0])
    one = _Model(*given, layers=[0])
    known = [
        (rest + gone, "forget: nothing was forgotten."),
        (rest + 2 * gone, "forget: the sign is turned, now the text is memorized once more."),
        (0 * rest, "forget: the other text is gone as well. Subtract, don't clear."),
        (rest - gone, "forget: the text was taken away twice."),
        (
            rest + gone - _Model(*given, marks=0).memory(texts[0]),
            "forget: the begin marks are missing, so its first pairs are still there.",
        ),
    ]
    if len(given[1]) > 1:
        known.append(
            (rest + gone - one.memory(texts[0]), "forget: only layer 1's pairs were taken away.")
        )
    _handed(model.forget, texts[0])
    expect(model.C, rest, known, "forget: what stays is not what it should be.")
    _handed(model.forget, texts[1])
    if np.abs(model.C).max() > 1e-6:
        raise Wrong("forget: with both texts forgotten, something is left in the memory.")
