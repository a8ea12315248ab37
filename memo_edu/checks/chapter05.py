"""The exercises of chapter 05, a language model that memorizes."""

import zlib

import numpy as np

from memo_edu.checks import Chapter, Wrong, call, expect
from memo_edu.codebook import random_stream
from memo_edu.model import BEGIN

chapter = Chapter()
check, hint = chapter.check, chapter.hint


def _words(count, *names):
    """Draw some words, with repetitions once there are more than a few."""
    cast = ["tea", " cup", " cat", " moon", " key", " door", ",", " in", " the"]
    stream = random_stream("check 05", count, *names)
    return [cast[i] for i in stream.permutation(len(cast))][:count] + [
        cast[i] for i in stream.integers(len(cast), size=max(count - len(cast), 0))
    ]


# ---- 5.1 -------------------------------------------------------------------------------------

UNFINISHED = "That is not a list of pairs. Each entry should look like (window, next token)."


def _pairs(tokens, h, marks=None, shift=0, after=0):
    """List the pairs with some marks in front; shift moves the windows, after the targets."""
    full = [BEGIN] * (h if marks is None else marks) + tokens
    places = range(len(full) - h - max(after, 0))
    return [(tuple(full[i + shift : i + shift + h]), full[i + h + after]) for i in places]


@chapter.exercise(
    "5.1",
    hints=[
        "Begin with full = [BEGIN] * h + tokens. Which h entries of it stand before the first "
        "token of the text, and which before the second?",
        "For i = 0, 1, 2 … up to the last token, the window is h entries of full from i on, and "
        "the next token is the entry right behind them. How many values does i take?",
    ],
)
def pairs(answer):
    """One pair a token, with h begin marks in front."""
    texts = [(_words(count, "5.1", h), h) for count, h in ((6, 2), (7, 3), (12, 4), (2, 3))]
    texts.append((_words(4, "5.1") * 3, 2))  # says the same again
    for tokens, h in texts:
        given = list(tokens)
        listed = _as_pairs(call(answer, given, h))
        if given != tokens:
            raise Wrong("Your function changes the list it was given. Make a new list of its own.")
        _name_mistake(listed, tokens, h)
        if listed != _pairs(tokens, h):
            raise Wrong("Some pairs are not right yet. Compare them with the table of six tokens.")
    return "One pair for every token, and even the first one has a window."


def _as_pairs(listed):
    """Read the learner's list as [(window, token) …], windows as tuples; or refuse it."""
    if isinstance(listed, (dict, str)) or not hasattr(listed, "__iter__"):
        raise Wrong(f"Return a list of pairs, not {type(listed).__name__}.")
    found = []
    for pair in listed:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise Wrong(UNFINISHED)
        window, token = pair
        if isinstance(token, (tuple, list)) and not isinstance(window, (tuple, list)):
            raise Wrong("The two are swapped: first the window, then the next token.")
        if isinstance(token, (tuple, list)):
            raise Wrong("The next token is one token, not a list. An index gives it, no slice.")
        if not isinstance(window, (tuple, list)):
            raise Wrong("A window is a tuple of tokens; yours are something else.")
        found.append((tuple(window), token))
    return found


def _name_mistake(listed, tokens, h):
    """Raise Wrong if the list is what a known mistake would give."""
    too_long = [(*window, token) for window, token in _pairs(tokens, h)]
    known = [
        (_pairs(tokens, h, shift=1), "The window holds the very token that it should lead to."),
        (
            list(dict.fromkeys(_pairs(tokens, h))),
            "A pair that occurs twice is listed once. Every token has a pair of its own.",
        ),
        (
            [(window, window[-1]) for window in too_long],
            "A window is one token too long: its last one is the answer itself.",
        ),
        (_pairs(tokens, h, after=1), "A token is skipped between the window and the next token."),
        (
            _pairs(tokens, h, marks=0),
            "The begin marks are missing: the first token is nobody's next token.",
        ),
        (_pairs(tokens, h)[:-1], "The last pair is missing: does your loop end one step early?"),
        (
            _pairs(tokens, h)[1:],
            "The first pair is missing: its window is h begin marks and nothing else.",
        ),
        (
            [(window[::-1], token) for window, token in _pairs(tokens, h)],
            "The windows are written backwards. The oldest token comes first.",
        ),
    ]
    for value, message in known:
        if listed == value and value != _pairs(tokens, h):
            raise Wrong(message)
    if any(token == BEGIN for _, token in listed):
        raise Wrong("A begin mark is the next token somewhere. It stands in windows only.")
    sizes = {len(window) for window, _ in listed}
    if sizes - {h}:
        raise Wrong(f"Every window has h = {h} tokens, but some of yours have {min(sizes - {h})}.")
    if listed and set(listed[0][0]).isdisjoint({BEGIN, *tokens}):
        raise Wrong("The marks in front should be BEGIN, which no text contains.")


# ---- 5.2 -------------------------------------------------------------------------------------


@chapter.exercise(
    "5.2",
    hints=[
        "x @ W shortens all h vectors at once: (h, d) times (d, d/h) is (h, d/h).",
        "Lay these h rows one behind the other in a single row of d numbers (ravel does it), and "
        "don't forget the factor in front of the bracket.",
    ],
)
def key(answer):
    """(1/√h) [x₁W ; … ; x_hW] for windows of several sizes."""
    for h, d in ((4, 32), (2, 8), (3, 6), (8, 64)):
        stream = random_stream("check 05", "5.2", h, d)
        x, W = stream.standard_normal((h, d)), stream.standard_normal((d, d // h))
        pieces, root = x @ W, np.sqrt(h)
        bag = 'A sum has no order: "dog bites man" would be "man bites dog". Lay the pieces side '
        bag += "by side."
        no_matrix = "These are the whole vectors. W should shorten each one first."
        mistakes = [
            (pieces.ravel(), "The factor 1/√h is missing: this key is too long."),
            (pieces.ravel() / h, "You divide by h; it should be the root of h."),
            (pieces.ravel() * root, "You multiply by √h; the formula divides by it."),
            (pieces.ravel() / np.sqrt(d), "That is the root of d. How many pieces are there?"),
            (pieces.ravel() / np.linalg.norm(pieces), "This key has norm 1 exactly; divide by √h."),
            (pieces.sum(axis=0), bag),
            (pieces.sum(axis=0) / root, bag),
            (pieces.mean(axis=0), bag),
            (pieces[::-1].ravel() / root, "The order is turned: the oldest token comes first."),
            (pieces.T.ravel() / root, "The pieces are shuffled into each other: token by token."),
            (pieces / root, "The pieces are right, but still in rows. Lay them side by side."),
            (pieces[-1] / root, "Only the last token went in. Where are the others?"),
            (x.ravel() / root, no_matrix),
            (x.ravel(), no_matrix),
        ]
        expect(call(answer, x, W), pieces.ravel() / root, mistakes)
    return "Each token has its own stretch of the key, in its right order."


# ---- 5.3 -------------------------------------------------------------------------------------


class _Listener:
    """A made-up model: its next token depends on all tokens so far, and it takes notes."""

    def __init__(self, n):
        self.limit, self.heard = n + 20, []

    def __call__(self, tokens):
        if isinstance(tokens, str) or not isinstance(tokens, (list, tuple)):
            raise Wrong("predict takes a list of tokens, so hand it a list.")
        self.heard.append(list(tokens))
        if len(self.heard) > self.limit:
            raise Wrong("Your loop goes on and on. It should end after n tokens.")
        return f" w{zlib.crc32(repr(list(tokens)).encode()) % 1000}"


@chapter.exercise(
    "5.3",
    hints=[
        "Keep one growing list: it begins as a copy of the prompt, and every new token is appended "
        "to it before the next question.",
        "for _ in range(n): ask predict about the whole list, and append what it says. At the end, "
        "return what came after the prompt.",
    ],
)
def recite(answer):
    """A loop that feeds the model its own words."""
    for count, n in ((3, 5), (0, 4), (2, 1), (6, 9), (4, 0)):
        prompt = _words(count, "5.3", n)
        right, model, listener = list(prompt), _Listener(n), _Listener(n)
        for _ in range(n):
            right.append(model(right))
        given = list(prompt)
        said = call(answer, listener, given, n)
        if given != prompt:
            raise Wrong("The prompt that you were given has grown. Work on a copy: list(prompt).")
        if isinstance(said, str) or not isinstance(said, (list, tuple)):
            raise Wrong(f"Return a list of tokens, not {type(said).__name__}.")
        _name_slip(list(said), listener.heard, prompt, right[count:], n)
    return "It listens to its own words, and goes on from there."


def _name_slip(said, heard, prompt, right, n):
    """Raise Wrong unless the right tokens were said, with a word on what was heard."""
    if said == right:
        return
    if n == 0:
        raise Wrong("For n = 0 there is nothing to add. (Mind that tokens[-0:] is the whole list.)")
    if said == prompt + right:
        raise Wrong("The prompt is in your answer. Return only what was added to it.")
    if len(heard) > 1:
        first = right[0]
        known = [
            (prompt, "You ask about the same prompt each time, so nothing moves. Let it grow."),
            ([first], "From the second question on, the prompt is forgotten. Keep all the tokens."),
            ([first, *prompt], "The new token was put in front. It belongs at the end."),
            (prompt + list(first), "A token was taken apart into letters. Append it as a whole."),
        ]
        for context, message in known:
            if heard[1] == context:
                raise Wrong(message)
    if heard and heard[0] == prompt[-1:] != prompt:
        raise Wrong("You ask about the last token only. Hand over all the tokens so far.")
    if said == right[:-1] or said == right[1:]:
        raise Wrong("One token is missing. There should be n new ones.")
    if len(said) == n + 1 and said[:n] == right:
        raise Wrong("There is one token too many. There should be n new ones.")
    if len(said) != n:
        raise Wrong(f"You return {len(said)} tokens; there should be n = {n} new ones.")
    raise Wrong("The tokens are not right yet.")


# ---- 5.4 -------------------------------------------------------------------------------------


@chapter.exercise(
    "5.4",
    hints=[
        "The formula gives σ². Write its right side first, term by term, then look for σ.",
        "Mind the brackets: s stands before both terms, and the second one is divided by the "
        "product d_key · d_value.",
    ],
)
def sigma(answer):
    """√(s (r/d_key + (M - r)/(d_key d_value))) for several candidates at once."""
    for m, d_key, d_value, s in ((4, 8, 20, 1.3), (1, 64, 32, 2.0), (30, 512, 1024, 4.9)):
        r = random_stream("check 05", "5.4", m).integers(1, 40, m)
        M = int(r.sum()) + 50
        own, others = r / d_key, (M - r) / (d_key * d_value)
        mistakes = [
            (s * (own + others), "This is σ². The standard deviation is its root."),
            (np.sqrt(own + others), "The spread s is missing."),
            (s * np.sqrt(own + others), "s belongs under the root: it spreads σ², not σ."),
            (np.sqrt(s * own + others), "s multiplies both terms; here it has only the first."),
            (np.sqrt(own + s * others), "s multiplies both terms; here it has only the second."),
            (
                np.sqrt(s * (own + M / (d_key * d_value))),
                "The candidate's own pairs are counted in both terms. How many others are there?",
            ),
            (np.sqrt(s * own), "The pairs with other answers are missing: they make noise too."),
            (np.sqrt(s * others), "The candidate's own pairs are missing: they make most noise."),
            (
                np.full(m, np.sqrt(s * M / (d_key * d_value))),
                "All candidates are equally loud here. A frequent one should be louder.",
            ),
            (
                np.sqrt(s * (r / d_value + others)),
                "In the first term d_value is the wrong one: these echoes come from the keys.",
            ),
            (
                np.sqrt(s * (r / (d_key * d_value) + (M - r) / d_key)),
                "The two terms have each other's divisors.",
            ),
            (
                np.sqrt(s * (own + (M - r) / d_key * d_value)),
                "a / b * c multiplies by c. Put brackets around d_key * d_value.",
            ),
            (
                np.sqrt(s * own) + np.sqrt(s * others),
                "Variances add, standard deviations don't: one root over the whole sum.",
            ),
        ]
        expect(call(answer, r, M, d_key, d_value, s), np.sqrt(s * (own + others)), mistakes)
    return "You can now say how loud a word will shout before anybody has heard it."
