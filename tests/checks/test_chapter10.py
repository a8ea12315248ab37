"""Chapter 10's checks: the solution is right, the stub not attempted, each mistake named."""

import numpy as np
import pytest
from exercises import first_data, functions, refused

from memo_edu.checks import chapter10, layers
from memo_edu.checks.chapter10 import chapter
from memo_edu.encoders import full_windows
from memo_edu.model import BEGIN

SOLUTIONS = functions("10", solved=True)
layer_keys, last_keys, MyMeMo, paper_votes = SOLUTIONS.values()


# ---- Right in other ways ---------------------------------------------------------------------


def _window_by_window(X, W, P, h):
    """Keys from the pyramid of each window; slow, and with nothing of the solution in it."""
    keys = []
    for number in range(1, len(W) + 1):
        found = []
        for i in range(len(X) - h**number + 1):
            rows = X[i : i + h**number]
            for matrix in P[: number - 1]:
                rows = rows.reshape(-1, h * X.shape[1]) @ matrix
            found.append((rows @ W[number - 1]).ravel() / h**0.5)
        keys.append(np.array(found).reshape(-1, X.shape[1]))
    return keys


def _from_the_table(X, W, P, h):
    return [keys[-1] for keys in layer_keys(X, W, P, h) if len(keys)]


class OneProduct:
    """A model that adds up the keys first, and keeps no candidates' vectors."""

    def __init__(self, vectors, W, P, h, candidates):
        self.vectors, self.W, self.P, self.h, self.words = vectors, W, P, h, candidates
        self.C = np.zeros((len(W[0]),) * 2, dtype="float32")

    def _sum(self, tokens):
        X = self.vectors([BEGIN] * self.h + tokens)
        total = np.zeros((len(X), X.shape[1]))
        for number, keys in enumerate(layer_keys(X, self.W, self.P, self.h), 1):
            total[self.h**number - 1 :] += keys
        return total[self.h - 1 : -1].T @ X[self.h :]

    def memorize(self, tokens):
        self.C = self.C + self._sum(tokens)

    def forget(self, tokens):
        self.C -= self._sum(tokens)

    def votes(self, context):
        X = self.vectors([BEGIN] * self.h + context)
        return [k @ self.C @ self.vectors(self.words).T for k in _from_the_table(X, *self._rest)]

    @property
    def _rest(self):
        return self.W, self.P, self.h

    def predict(self, context):
        return self.words[np.sum(self.votes(context), axis=0).argmax()]


def _paper_from_pairs(tokens, context, h, layer):
    asked = ([BEGIN] * h + context)[-(h**layer) :]
    if len(asked) < h**layer:
        return {}
    votes = {}
    for blocks, after in full_windows([BEGIN] * h + tokens, h, layer)[-1]:
        same = np.equal(np.array(sum(blocks, ()), object), np.array(asked, object)).mean()
        votes[after] = votes.get(after, 0) + same
    return {token: vote for token, vote in votes.items() if vote}


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        ("10.1", _window_by_window),
        ("10.1", lambda *given: tuple(layer_keys(*given))),
        ("10.2", _from_the_table),
        ("10.2", lambda *given: np.array(last_keys(*given))),
        ("10.3", OneProduct),
        ("10.4", _paper_from_pairs),
    ],
)
def test_other_ways_are_right_too(number, answer):
    outcome = chapter.check(number, answer)
    assert outcome.status == "right", outcome


# ---- Wrong: 10.1 and 10.2 --------------------------------------------------------------------


def _go_up(
    stride=lambda i, h: h**i,
    scale=lambda i, h: h**0.5,
    W_of=lambda i: i,
    P_of=lambda i: i,
    up=lambda X, K, E: E,
    turned=False,
    encode_last=False,
):
    """Make an answer to 10.1 with one thing changed."""

    def beside(X, h, step):
        rows = max(0, len(X) - (h - 1) * step)
        blocks = [X[j * step : j * step + rows] for j in range(h)]
        return np.hstack(blocks[::-1] if turned else blocks)

    def answer(X, W, P, h):
        keys = []
        for i in range(len(W)):
            keys.append(beside(X @ W[W_of(i)], h, stride(i, h)) / scale(i, h))
            if encode_last or i < len(P):
                X = up(X, keys[-1], beside(X, h, stride(i, h)) @ P[P_of(i)])
        return keys

    return answer


def _ends(answer, first=False):
    """Make an answer to 10.2 of one to 10.1."""
    return lambda X, W, P, h: [K[0 if first else -1] for K in answer(X, W, P, h) if len(K)]


def _w_in_place(X, W, P, h):
    found = layer_keys(X, W, P, h)
    W[0] *= 2
    return found


def _p_popped(X, W, P, h):
    found = layer_keys(X, W, P, h)
    P.pop()
    return found


def _x_in_place(X, W, P, h):
    X *= 2
    return layer_keys(X / 2, W, P, h)


def _needs_room(X, W, P, h):
    if len(X) < h ** len(W):
        raise ValueError("negative dimensions are not allowed")
    return layer_keys(X, W, P, h)


LAYERS = {
    "overlap": {"stride": lambda i, h: 1},
    "as in layer 2": {"stride": lambda i, h: h if i else 1},
    "λ rows apart": {"stride": lambda i, h: i + 1},
    "another layer's W": {"W_of": lambda i: 0},
    "1/√h is missing": {"scale": lambda i, h: 1},
    "divide by h. It": {"scale": lambda i, h: h},
    "takes in the keys": {"up": lambda X, K, E: K},
    "takes in tokens": {"up": lambda X, K, E: X},
    "like layer 1": {"up": lambda X, K, E: X, "stride": lambda i, h: 1},
    "with the first P": {"P_of": lambda i: 0},
    "wrong order": {"turned": True},
    "for the last layer": {"encode_last": True},
}


def _short_encodings(X, W, P, h):
    return layer_keys(X, W, [matrix / h**0.5 for matrix in P], h)


def _zeros_for_short(X, W, P, h):
    found = last_keys(X, W, P, h)
    return found + [0 * found[0]] * (len(W) - len(found))


def _padded(X, W, P, h):
    missing = max(0, h ** len(W) - len(X))
    return last_keys(np.vstack([np.zeros((missing, X.shape[1])), X]), W, P, h)


def _not_if_it_fits_exactly(X, W, P, h):
    return [K for i, K in enumerate(last_keys(X, W, P, h), 1) if len(X) > h**i]


def _crash_if_short(X, W, P, h):
    if len(X) < h ** len(W):
        raise ValueError("array split does not result in an equal division")
    return last_keys(X, W, P, h)


# ---- Wrong: 10.3 -----------------------------------------------------------------------------


def _with(**methods):
    """Make a model that is right but for some methods."""
    return type("Changed", (MyMeMo,), methods)


def _keys_by(answer):
    """Make a model that is right but for its keys, in memorizing and in asking."""

    class Changed(MyMeMo):
        def pairs(self, tokens):
            X = self.vectors([BEGIN] * self.h + tokens)
            for number, K in enumerate(answer(X, self.W, self.P, self.h), 1):
                n = min(len(K) - 1, len(X) - self.h**number)
                yield K[:n], X[self.h**number :][:n]

        def keys(self, context):
            X = self.vectors([BEGIN] * self.h + context)
            return np.array(_ends(answer)(X, self.W, self.P, self.h))

    return Changed


class _Marks(MyMeMo):
    marks = 0

    def pairs(self, tokens):
        X = self.vectors([BEGIN] * self.count() + tokens)
        for number, K in enumerate(layer_keys(X, self.W, self.P, self.h), 1):
            yield K[:-1], X[self.h**number :]

    def count(self):
        return self.marks


class _MarksForLast(_Marks):
    def count(self):
        return self.h ** len(self.W)


class _Off(MyMeMo):
    shift = -1

    def pairs(self, tokens):
        X = self.vectors([BEGIN] * self.h + tokens)
        for number, K in enumerate(layer_keys(X, self.W, self.P, self.h), 1):
            Y = X[self.h**number + self.shift :]
            n = min(len(K), len(Y))
            yield K[:n], Y[:n]


class _Late(_Off):
    shift = 1


class _OnlyFirst(MyMeMo):
    which = 0

    def pairs(self, tokens):
        yield list(super().pairs(tokens))[self.which]


class _OnlyLast(_OnlyFirst):
    which = -1


class _Replaces(MyMeMo):
    def memorize(self, tokens):
        self.C = 0 * self.C
        super().memorize(tokens)


class _ReplacesEachTime(MyMeMo):
    def memorize(self, tokens):
        for K, Y in self.pairs(tokens):
            self.C = K.T @ Y


class _Joins(MyMeMo):
    """Keeps all the texts as one; what reaches from one to the next is stored too."""

    marks = False

    def memorize(self, tokens):
        self.all = [*getattr(self, "all", []), *([BEGIN] * self.h if self.marks else []), *tokens]
        self.C = 0 * self.C
        super().memorize(self.all[self.h :] if self.marks else self.all)


class _JoinsWithMarks(_Joins):
    marks = True


class _FirstOnly(MyMeMo):
    def memorize(self, tokens):
        if not self.C.any():
            super().memorize(tokens)


class _Turned(MyMeMo):
    def memorize(self, tokens):
        for K, Y in self.pairs(tokens):
            self.C = self.C + Y.T @ K


class _Mean(MyMeMo):
    def memorize(self, tokens):
        for K, Y in self.pairs(tokens):
            self.C = self.C + K.T @ Y / len(self.W)


class _Many(MyMeMo):
    def __init__(self, *given):
        super().__init__(*given)
        self.C = np.zeros((len(self.W), *self.C.shape))


class _Full(MyMeMo):
    def __init__(self, *given):
        super().__init__(*given)
        self.C += 1


class _NoMemory(MyMeMo):
    def __init__(self, *given):
        super().__init__(*given)
        del self.C


class _NoForget:
    """It can do everything but forget."""

    def __init__(self, *given):
        self.C = 0

    def memorize(self, tokens):
        pass


class _ForgetsFirstLayer(MyMeMo):
    def forget(self, tokens):
        K, Y = next(iter(self.pairs(tokens)))
        self.C = self.C - K.T @ Y


class _ForgetsBare(MyMeMo):
    def forget(self, tokens):
        X = self.vectors(tokens)
        for number, K in enumerate(layer_keys(X, self.W, self.P, self.h), 1):
            self.C = self.C - K[:-1].T @ X[self.h**number :]


class _ForgetsOnce(MyMeMo):
    gone = False

    def forget(self, tokens):
        if not self.gone:
            super().forget(tokens)
        self.gone = True


class _ForgetsRoughly(MyMeMo):
    def forget(self, tokens):
        super().forget(tokens)
        self.C = self.C + 1e-5


def _padded_votes(self, context):
    found = MyMeMo.votes(self, context)
    return np.vstack([found, np.zeros((len(self.W) - len(found), found.shape[1]))])


def _bare_votes(self, context):
    X = self.vectors(context if len(context) >= self.h else [BEGIN] * self.h + context)
    return np.array(last_keys(X, self.W, self.P, self.h)) @ self.C @ self.E.T


def _early_votes(self, context):
    return MyMeMo.votes(self, context[:-1] if len(context) > 3 else context)


def _votes_of(layer):
    return lambda self, context: self.candidates[int(self.votes(context)[layer].argmax())]


def _spoil(self, context):
    self.C = self.C + 1
    return MyMeMo.predict(self, context)


class _InsertsMarks(MyMeMo):
    def memorize(self, tokens):
        super().memorize(list(tokens))
        tokens.insert(0, BEGIN)


class _ReadBackwards(MyMeMo):
    def votes(self, context):
        return self.keys(context) @ self.C.T @ self.E.T


# ---- Wrong: 10.4 -----------------------------------------------------------------------------


def _count(
    share=lambda a, b, h, layer: sum(map(_equal, a, b)) / h**layer,
    add=lambda old, new: old + new,
    marks=True,
    shift=0,
    end=None,
    size=lambda h, layer: h**layer,
):
    """Make an answer to 10.4 with one thing changed."""

    def answer(tokens, context, h, layer):
        n = size(h, layer)
        text, asked = [BEGIN] * (h if marks else 0) + tokens, [BEGIN] * h + context
        if len(asked) < n:
            return {}
        asked = asked[-n:] if end is None else end(asked, n)
        votes = {}
        for i in range(len(text) - n - max(shift, 0)):
            value, token = share(text[i : i + n], asked, h, layer), text[i + n + shift]
            if value:
                votes[token] = add(votes[token], value) if token in votes else value
        return votes

    return answer


def _equal(a, b):
    return a == b


def _mean_votes(tokens, context, h, layer):
    pairs = full_windows([BEGIN] * h + tokens, h, layer)[-1]
    asked = ([BEGIN] * h + context)[-(h**layer) :]
    agrees = [y for blocks, y in pairs if any(map(_equal, sum(blocks, ()), asked))]
    return {y: v / agrees.count(y) for y, v in paper_votes(tokens, context, h, layer).items()}


def _shares_of_whole(tokens, context, h, layer):
    votes = paper_votes(tokens, context, h, layer)
    return {token: vote / sum(votes.values()) for token, vote in votes.items()}


def _with_zeros(tokens, context, h, layer):
    return dict.fromkeys(tokens, 0) | paper_votes(tokens, context, h, layer)


def _blocks(a, b, h, layer):
    step = h ** (layer - 1)
    return sum(a[j : j + step] == b[j : j + step] for j in range(0, h**layer, step)) / h


def _bag(a, b, h, layer):
    return sum(min(a.count(t), b.count(t)) for t in set(a)) / h**layer


def _pads_the_context(tokens, context, h, layer):
    marks = [BEGIN] * max(0, h**layer - len(context) - h)
    return paper_votes(tokens, marks + context, h, layer)


def _in_place(tokens, context, h, layer):
    context[:0] = [BEGIN] * h
    return paper_votes(tokens, context[h:], h, layer)


WRONG = {
    "10.1": [
        *((_go_up(**options), word) for word, options in LAYERS.items()),
        (_short_encodings, "too many"),
        (lambda *given: layer_keys(*given)[::-1], "listed backwards"),
        (lambda *given: [K[:-1] for K in layer_keys(*given)], "the last window is missing"),
        (lambda *given: layer_keys(*given)[:-1], "there are l"),
        (lambda *given: layer_keys(*given)[0], "one array"),
        (lambda *given: dict(enumerate(layer_keys(*given))), "not dict"),
        (lambda *given: [K + 1 for K in layer_keys(*given)], "not right yet"),
        (lambda *given: [K[:, 1:] for K in layer_keys(*given)], "shape"),
        (_needs_room, "has 0 rows then"),
        (_w_in_place, "changes W or P"),
        (_x_in_place, "in place"),
        (lambda X, W, P, h: X @ P[0], "ValueError"),
        (lambda X, W, P, h: [1.0] * len(W), "shape"),
    ],
    "10.2": [
        *((_ends(_go_up(**options)), word) for word, options in LAYERS.items()),
        (_ends(_short_encodings), "too many"),
        (_ends(layer_keys, first=True), "first window of the text"),
        (lambda X, W, P, h: last_keys(X[:-1], W, P, h), "one token too early"),
        (lambda X, W, P, h: last_keys(X, W, P[::-1], h), "layer 1's comes first"),
        (lambda *given: last_keys(*given)[::-1], "listed backwards"),
        (lambda *given: sum(last_keys(*given)), "sum over the layers"),
        (lambda *given: last_keys(*given)[0], "one array"),
        (lambda *given: [k[None] for k in last_keys(*given)], "table of one row"),
        (_zeros_for_short, "zeros is no key"),
        (_padded, "never memorized"),
        (_not_if_it_fits_exactly, "does it fit exactly"),
        (_crash_if_short, "has no key then"),
        (lambda *given: [*last_keys(*given)] * 2, "your list has"),
        (lambda *given: [k + 1 for k in last_keys(*given)], "not right yet"),
        (_p_popped, "changes W or P"),
        (layer_keys, "of all windows"),
    ],
    "10.3": [
        (_Marks, "marks are missing in front of the text"),
        (_MarksForLast, "as many begin marks"),
        (_Off, "the last token of its own window"),
        (_Late, "a token is skipped"),
        (_OnlyFirst, "Only layer 1"),
        (_OnlyLast, "Only the last layer"),
        (_keys_by(_go_up(scale=lambda i, h: 1)), "1/√h is missing"),
        (_keys_by(_go_up(W_of=lambda i: 0)), "another layer's W"),
        (_keys_by(_go_up(stride=lambda i, h: 1)), "overlap"),
        (_keys_by(_go_up(turned=True)), "wrong order"),
        (_keys_by(_go_up(up=lambda X, K, E: K)), "takes in the keys"),
        (_Replaces, "wiped out"),
        (_ReplacesEachTime, "of the last text"),
        (_Joins, "from one text into the next. Each"),
        (_JoinsWithMarks, "over the begin marks"),
        (_FirstOnly, "Only the first text"),
        (_Turned, "YᵀK"),
        (_with(memorize=lambda self, tokens: None), "all zeros after"),
        (_Mean, "mean over the layers"),
        (_with(memorize=MyMeMo.forget), "memorize subtracts"),
        (_Many, "for all layers together"),
        (_Full, "should know nothing"),
        (_NoMemory, "no memory C"),
        (_NoForget, "no method forget"),
        (_InsertsMarks, "changes the list"),
        (_with(votes=lambda self, c: MyMeMo.votes(self, c).sum(axis=0)), "this is the sum"),
        (_with(votes=lambda self, c: MyMeMo.votes(self, c).T), "turned over. A row"),
        (_with(votes=lambda self, c: MyMeMo.votes(self, c)[::-1]), "listed backwards"),
        (
            _with(votes=lambda self, c: MyMeMo.votes(self, [BEGIN] * self.h + c)),
            "in front twice",
        ),
        (_ReadBackwards, "read backwards"),
        (_with(votes=lambda self, c: MyMeMo.votes(self, c) / len(self.W)), "shares of a whole"),
        (_with(votes=_bare_votes), "before the context are missing"),
        (_with(votes=_early_votes), "ends one token too early"),
        (_with(votes=lambda self, c: self.keys(c) @ self.C), "with the candidates, E"),
        (_with(votes=_padded_votes), "still has a row"),
        (_with(votes=lambda self, c: None), "votes returns nothing"),
        (_with(votes=lambda self, c: MyMeMo.votes(self, c) + 1), "votes: the numbers"),
        (_with(predict=lambda self, c: None), "predict returns nothing"),
        (_with(predict=lambda self, c: self.candidates.index(MyMeMo.predict(self, c))), "a number"),
        (_with(predict=lambda self, c: [MyMeMo.predict(self, c)]), "not list"),
        (_with(predict=lambda self, c: " unheard"), "no candidate"),
        (_with(predict=_votes_of(0)), "layer 1 alone"),
        (_with(predict=lambda self, c: " never"), "largest sum"),
        (_with(predict=_spoil), "Asking has changed"),
        (_with(forget=lambda self, tokens: None), "nothing was forgotten"),
        (_with(forget=MyMeMo.memorize), "once more"),
        (_with(forget=lambda self, t: setattr(self, "C", 0 * self.C)), "don't clear"),
        (
            _with(forget=lambda self, t: (MyMeMo.forget(self, t), MyMeMo.forget(self, t))),
            "taken away twice",
        ),
        (_ForgetsFirstLayer, "only layer 1's pairs"),
        (_ForgetsBare, "its first pairs"),
        (_ForgetsRoughly, "forget: what stays"),
        (_ForgetsOnce, "something is left"),
    ],
    "10.4": [
        (_count(share=_bag), "wherever they stand"),
        (_count(share=lambda a, b, h, layer: float(a == b)), "very same window"),
        (_count(share=lambda a, b, h, layer: sum(map(_equal, a, b))), "add up m"),
        (_count(share=lambda a, b, h, layer: any(map(_equal, a, b))), "a whole vote"),
        (_count(add=max), "loudest pair"),
        (_count(add=lambda old, new: new), "replaces"),
        (_mean_votes, "a mean"),
        (_count(marks=False), "in front of the text"),
        (_count(shift=-1), "the last token of a window"),
        (_count(shift=1), "a token is skipped"),
        (_count(end=lambda asked, n: asked[:n]), "first tokens of the context"),
        (
            _count(end=lambda asked, n: asked[-n - 1 : -1] if len(asked) > n else asked),
            "a token too early",
        ),
        (_count(share=lambda a, b, h, layer: sum(map(_equal, a, b)) / h), "by h in every layer"),
        (_shares_of_whole, "add up to 1"),
        (_count(share=_blocks), "whole blocks"),
        (_with_zeros, "left out"),
        (lambda t, c, h, layer: paper_votes(t, c, h, 1), "layer 1's votes"),
        (_pads_the_context, "should be empty"),
        (lambda t, c, h, layer: {t[0]: 0.4}, "not right yet"),
        (lambda t, c, h, layer: [], "not list"),
        (_in_place, "changes the lists"),
        (lambda t, c, h, layer: t[99], "IndexError"),
    ],
}


@pytest.mark.parametrize("number", WRONG)
def test_each_mistake_is_refused_by_its_own_message(number):
    refused(chapter, number, WRONG[number])


def test_a_model_that_is_only_begun_is_not_attempted():
    class Begun(MyMeMo):
        def votes(self, context):
            raise NotImplementedError

    assert chapter.check("10.3", Begun).status == "not attempted"


@pytest.mark.parametrize(
    ("number", "answer", "make"),
    [
        ("10.1", layer_keys, layers.all_keys),
        ("10.2", last_keys, layers.last_keys),
    ],
)
def test_known_mistakes_with_keys_are_told_apart_on_the_first_data(number, answer, make):
    given = first_data(chapter, number, SOLUTIONS[number])
    options = [options for options, _ in layers.KEY_MISTAKES]
    found = [answer(*given), *(make(*given, **changes) for changes in options)]
    for i, one in enumerate(found):
        for other in found[:i]:
            pairs = zip(one, other, strict=False)
            assert any(a.shape != b.shape or not np.allclose(a, b) for a, b in pairs)


def test_known_mistakes_with_votes_are_told_apart_on_the_first_data():
    given = first_data(chapter, "10.4", SOLUTIONS["10.4"])
    known = [votes for votes, _ in chapter10._paper_mistakes(*given)]
    found = [paper_votes(*given), *known]
    for i, one in enumerate(found):
        for other in found[:i]:
            assert not chapter10._same(one, other)
