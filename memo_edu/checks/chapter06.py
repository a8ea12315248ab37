"""The exercises of chapter 06, forgetting."""

from collections import Counter
from collections.abc import Iterable, Mapping

import numpy as np

from memo_edu.checks import Chapter, Wrong, call, expect
from memo_edu.codebook import random_stream
from memo_edu.model import BEGIN

chapter = Chapter()
check, hint = chapter.check, chapter.hint

CAST = ["tea", " cup", " cat", " moon", " key", " door", " red", " in", " the"]


def _words(count, *names):
    """Draw some words of the cast, with repetitions."""
    stream = random_stream("check 06", count, *names)
    return [CAST[i] for i in stream.integers(len(CAST), size=count)]


def _pairs(tokens, h, marks=None):
    """List the pairs of a text, with h begin marks in front, or another number of marks."""
    full = [BEGIN] * (h if marks is None else marks) + tokens
    return [(tuple(full[i : i + h]), full[i + h]) for i in range(len(full) - h)]


# ---- 6.1 -------------------------------------------------------------------------------------


def _total(memorized, forgotten):
    """Count every pair, with a 0 where nothing is left."""
    total = Counter(memorized)
    total.subtract(forgotten)
    return dict(total)


@chapter.exercise(
    "6.1",
    hints=[
        "Every pair of the first list adds 1 to its own number, every pair of the second takes 1 "
        "away. Also from a pair that stands in the second list only.",
        "A Counter counts a list, but a difference a - b of two Counters has no negative numbers "
        "in it. Look for the method that subtracts in place and keeps them. And leave out zeros.",
    ],
)
def counts(answer):
    """Signed counts: memorized less forgotten, without zeros."""
    for size, h in ((8, 1), (12, 2), (3, 2), (25, 1)):
        kinds = list(dict.fromkeys(_pairs(_words(size, "6.1", h), h)))
        stream = random_stream("check 06", "6.1 counts", size, h)
        added, taken = stream.integers(0, 4, (2, len(kinds)))
        added[:3], taken[:3] = (3, 0, 2), (1, 2, 2)
        memorized, forgotten = (
            [kinds[i] for i in stream.permutation(np.repeat(np.arange(len(kinds)), times))]
            for times in (added, taken)
        )
        given = list(memorized), list(forgotten)
        found = call(answer, *given)
        if given != (memorized, forgotten):
            raise Wrong("Your function changes the lists it was given. Make a new dict instead.")
        _name_count_mistake(_as_counts(found), memorized, forgotten)
    return "Whole numbers, and below zero where the matrix owes a pair."


def _as_counts(found):
    """Read the learner's dict as pair -> number; or refuse it."""
    if not isinstance(found, Mapping):
        raise Wrong(f"Return a dict from pairs to whole numbers, not {type(found).__name__}.")
    if not all(isinstance(count, (int, float, np.number)) for count in found.values()):
        raise Wrong("Each value of the dict is one whole number.")
    if not all(isinstance(pair, tuple) and len(pair) == 2 for pair in found):
        raise Wrong("Each key of the dict is a whole pair, (window, next token).")
    return dict(found)


def _name_count_mistake(found, memorized, forgotten):
    """Raise Wrong unless the counts are right."""
    total = _total(memorized, forgotten)
    right = {pair: count for pair, count in total.items() if count}
    once = _total(set(memorized), set(forgotten))
    here = set(memorized)
    known = [
        (
            {pair: count for pair, count in right.items() if count > 0},
            "Only what is above zero is in it. A pair forgotten too often leaves a negative "
            "memory, and the matrix keeps it.",
        ),
        (
            {pair: count for pair, count in right.items() if pair in here},
            "A pair that was never memorized, but forgotten, is missing. The matrix obliges.",
        ),
        (total, "Pairs with a count of 0 should not be in the dict: nothing is left of them."),
        (
            {pair: max(count, 0) for pair, count in total.items()},
            "You stop at 0, but a matrix does not: it goes on to −1.",
        ),
        (
            {pair: -count for pair, count in right.items()},
            "The signs are turned: memorizing adds, forgetting subtracts.",
        ),
        (
            {pair: abs(count) for pair, count in right.items()},
            "The signs are lost. A pair that the matrix owes counts below zero.",
        ),
        (dict(Counter(memorized)), "Nothing was forgotten here. Use the second list too."),
        (
            dict(Counter(memorized + forgotten)),
            "Forgetting adds to your counts; it should subtract.",
        ),
        (
            {pair: count for pair, count in once.items() if count},
            "A pair that stands in a list three times counts three times; a set forgets that.",
        ),
        (
            {pair: count / len(memorized) for pair, count in right.items()},
            "Don't divide: these are counts, not shares.",
        ),
        (
            {pair: count for pair, count in Counter(memorized).items() if pair not in forgotten},
            "A pair is not gone when it is forgotten once: it may have been memorized more often.",
        ),
    ]
    for value, message in known:
        if found == value and value != right:
            raise Wrong(message)
    if found != right:
        raise Wrong("Some counts are not right yet. Try the two notes, with A forgotten twice.")


# ---- 6.2 -------------------------------------------------------------------------------------


class _Lookup:
    """A made-up codebook: a random vector for each token it is asked for."""

    def __init__(self, d):
        self.d, self.calls = d, 0

    def __call__(self, tokens):
        if isinstance(tokens, str) or not isinstance(tokens, (list, tuple)):
            raise Wrong("vectors takes a list of tokens, so hand it a list.")
        self.calls += 1
        return self.table(tokens)

    def table(self, tokens):
        rows = [
            random_stream("check 06", self.d, token).standard_normal(self.d) for token in tokens
        ]
        return np.array(rows).reshape(len(rows), self.d)


def _text_sum(tokens, vectors, W, h, turned=False, marks=None):
    """Add up the tables of a text's pairs."""
    d, total = len(W), np.zeros((len(W), len(W)))
    for window, token in _pairs(tokens, h, marks):
        pieces = vectors(list(window[::-1] if turned else window)) @ W
        total += np.outer(pieces.ravel() / np.sqrt(h), vectors([token])[0].reshape(d))
    return total


@chapter.exercise(
    "6.2",
    hints=[
        "memorize_text adds a sum of tables to C. What does forgetting do with the very same sum?",
        "keys_of gives the keys K of the text, from its tokens and from what your function was "
        "given; vectors(tokens) are the values Y. What remains is one line of chapter 02.",
    ],
)
def forget_text(answer):
    """C − KᵀY for the pairs of a text, with its begin marks."""
    for count, h, d in ((7, 2, 8), (12, 4, 16), (3, 4, 12), (30, 3, 24)):
        tokens, vectors = _words(count, "6.2", h), _Lookup(d)
        if count == 30:
            tokens[20:] = tokens[:10]  # some pairs stand in the text twice
        stream = random_stream("check 06", "6.2", count, h)
        W, rest = stream.standard_normal((d, d // h)), stream.standard_normal((d, d))
        text = _text_sum(tokens, vectors.table, W, h)
        C, given = rest + text, list(tokens)
        if count == 3:
            C = rest  # forgetting obliges, also where nothing was memorized
        left = call(answer, C, given, vectors, W, h)
        if given != tokens:
            raise Wrong("Your function changes the list of tokens. Work on a list of its own.")
        if not vectors.calls:
            raise Wrong("Your function never calls the vectors that it is given.")
        expect(left, C - text, _forget_mistakes(C, text, tokens, vectors.table, W, h))
    return "The text is gone, and all the rest is where it was."


def _forget_mistakes(C, text, tokens, vectors, W, h):
    """List (what a known mistake would give, what to say)."""
    inside = _text_sum(tokens, vectors, W, h, marks=0)
    shifted = sum(
        np.outer((vectors(list(window)) @ W).ravel() / np.sqrt(h), vectors(list(window))[-1])
        for window, _ in _pairs(tokens, h)
    )
    once = sum(
        np.outer((vectors(list(window)) @ W).ravel() / np.sqrt(h), vectors([token])[0])
        for window, token in dict.fromkeys(_pairs(tokens, h))
    )
    return [
        (C, "Nothing was forgotten: the memory is as it was."),
        (C + text, "The sign is turned: now the text is memorized once more."),
        (C * 0, "The memory is all zeros. Something else was in it, and that should stay."),
        (text, "This is the sum to take away. Now take it away from C."),
        (-text, "What else was in the memory is lost. Subtract from C, don't replace it."),
        (C - 2 * text, "The text is forgotten twice, which leaves a negative memory."),
        (
            C - inside,
            "The first h tokens are still known: their windows hold begin marks, which are missing "
            "here.",
        ),
        (
            C - np.sqrt(h) * text,
            "The keys are too long, so too much is taken away. Where is the 1/√h of chapter 05?",
        ),
        (C - text / np.sqrt(h), "The keys are too short: 1/√h is in them twice, or h has no root."),
        (C - text.T, "Transposed: a memory goes from keys to values, KᵀY."),
        (
            C - _text_sum(tokens, vectors, W, h, turned=True),
            "The windows are backwards: the oldest token comes first, as when memorized.",
        ),
        (C - shifted, "The value should be the token after the window, not the last one in it."),
        (
            C - once,
            "A pair that stands in the text twice was memorized twice. Forget it as often; a set "
            "holds it once.",
        ),
        (
            C - _text_sum(tokens[:-1], vectors, W, h),
            "The last token is still known: does your loop end one step early?",
        ),
    ]


# ---- 6.3 -------------------------------------------------------------------------------------


@chapter.exercise(
    "6.3",
    hints=[
        "List the pairs of each kept text by itself, and put them all into one set.",
        "Then go through the pairs of the text to forget, one for each of its tokens: is it in the "
        "set?",
    ],
)
def still_known(answer):
    """Which pairs of a text stand in a kept text too."""
    for tokens, kept, h in _shared_texts():
        given, given_kept = list(tokens), [list(text) for text in kept]
        found = call(answer, given, given_kept, h)
        if (given, given_kept) != (tokens, kept):
            raise Wrong("Your function changes the lists it was given. Work on lists of its own.")
        _name_overlap_mistake(_as_bools(found, len(tokens)), tokens, kept, h)
    return "Now you can tell what will stay, before anything is forgotten."


def _shared_texts():
    """Make texts that share their beginning, their middle or nearly their end: (text, kept, h)."""
    for h, chosen in ((2, (0, 1, 2)), (1, (1, 2)), (3, (2, 0)), (2, ())):
        text = [f"{word}{i}" for i, word in enumerate(_words(3 * h + 6, "6.3", h))]
        middle = ["a", " new", *text[h + 1 : 2 * h + 3], " day"]
        beginning = [*text[:h], " else", *text[2 * h + 4 : 3 * h + 5]]
        # Joined to the text before, its first token would complete a window.
        follower = [text[3 * h + 5], " and", *text[h + 2 : 2 * h + 3]]
        yield text, [(middle, beginning, follower)[i] for i in chosen], h
    words = [CAST[i] for i in random_stream("check 06", "6.3 words").integers(0, 3, 60)]
    yield words[:20], [words[20:40], words[40:]], 2


def _as_bools(found, count):
    """Read the learner's answer as a list of bools; or refuse it."""
    if isinstance(found, (str, Mapping, set, frozenset)) or not isinstance(found, Iterable):
        raise Wrong(f"Return a list of bools, one for each token, not {type(found).__name__}.")
    found = list(found)
    if not all(isinstance(value, (bool, np.bool_)) for value in found):
        raise Wrong("Each entry of your list should be True or False.")
    if len(found) != count:
        raise Wrong(f"The text has {count} tokens; your list has {len(found)} entries.")
    return [bool(value) for value in found]


def _name_overlap_mistake(found, tokens, kept, h):
    """Raise Wrong unless the right tokens are marked."""
    mine, sets = _pairs(tokens, h), [set(_pairs(text, h)) for text in kept]
    union = set().union(*sets)
    windows, answers = {window for window, _ in union}, {token for _, token in union}
    joined = set(_pairs([token for text in kept for token in text], h))
    unmarked = set().union(*(_pairs(text, h, marks=0) for text in kept))
    inner = {(*window[1:], token) for window, token in union}
    right = [pair in union for pair in mine]
    known = [
        ([not value for value in right], "It is the other way round: True means still known."),
        (
            [window in windows for window, _ in mine],
            "The windows alone are compared. The kept text may go on with another token.",
        ),
        (
            [token in answers for _, token in mine],
            "The next tokens alone are compared. What stood before them counts as well.",
        ),
        (
            [pair in joined for pair in mine],
            "The kept texts are joined into one, so windows run from one into the next, and only "
            "the first has a beginning.",
        ),
        (
            [pair in unmarked for pair in mine],
            "A kept text may begin like this one: its begin marks are missing.",
        ),
        (
            [bool(sets) and all(pair in one for one in sets) for pair in mine],
            "It is enough that one kept text has the pair; you ask for all of them.",
        ),
        (
            [bool(sets) and pair in sets[0] for pair in mine],
            "Only the first kept text is looked at. Are the others lost in your loop?",
        ),
        (
            [bool(sets) and pair in sets[-1] for pair in mine],
            "Only the last kept text is looked at. Are the others overwritten in your loop?",
        ),
        (
            [(*window[1:], token) in inner for window, token in mine],
            "Your windows are one token too short: h tokens, and then the next one.",
        ),
    ]
    for value, message in known:
        if found == value and value != right:
            raise Wrong(message)
    if found != right:
        raise Wrong("Some tokens are not marked rightly yet. Compare whole pairs, one by one.")


# ---- 6.4 -------------------------------------------------------------------------------------


@chapter.exercise(
    "6.4",
    hints=[
        "List the pairs of the long text and of the shorter one. Pair number i of a list leads to "
        "token number i. Which numbers of the long list hold a token of the piece?",
        "In the long list these are the pairs of the piece and the h after them. In the shorter "
        "list, only the h pairs from the seam on are new. Slices do it, even near the end.",
    ],
)
def cut(answer):
    """Forget the pairs of a piece and those that reach over it; memorize those at the seam."""
    for count, start, stop, h in ((12, 4, 7, 2), (9, 3, 5, 3), (8, 0, 3, 2), (7, 5, 7, 2)):
        tokens = [f"{word}{i % 5}" for i, word in enumerate(_words(count, "6.4", h))]
        _try_cut(answer, tokens, start, stop, h)
    # A pair of the piece stands elsewhere too, and there it stays.
    _try_cut(answer, [" the", " cat", " ran", " the", " cat", " sat", " down"], 2, 5, 1)
    return "The piece is gone, with its traces at both edges, and the gap is closed."


def _try_cut(answer, tokens, start, stop, h):
    """Apply the learner's plan to the long text's pairs, and compare with the shorter text's."""
    given = list(tokens)
    plan = call(answer, given, start, stop, h)
    if given != tokens:
        raise Wrong("Your function changes the list it was given. Make a new list of its own.")
    if not isinstance(plan, (tuple, list)) or len(plan) != 2:
        raise Wrong("Return two lists: the pairs to forget, and the pairs to memorize.")
    forget, memorize = (_as_pairs(part) for part in plan)
    long, short = _pairs(tokens, h), _pairs(tokens[:start] + tokens[stop:], h)
    found, right = _effect(forget, memorize), _effect(long, short)
    _name_cut_mistake(found, right, long, short, tokens, start, stop, h)


def _effect(forget, memorize):
    """What a plan does to a memory: pair -> change of its count."""
    return {pair: count for pair, count in _total(memorize, forget).items() if count}


def _as_pairs(part):
    """Read one of the learner's lists as [(window, token) …]; or refuse it."""
    if isinstance(part, (str, Mapping)) or not isinstance(part, Iterable):
        raise Wrong(f"Each of the two is a list of pairs, not {type(part).__name__}.")
    found = []
    for pair in part:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise Wrong("Each entry of your lists should look like (window, next token).")
        if not isinstance(pair[0], (tuple, list)) or isinstance(pair[1], (tuple, list)):
            raise Wrong("In each pair, first the window, a tuple of tokens, then one token.")
        found.append((tuple(pair[0]), pair[1]))
    return found


def _name_cut_mistake(found, right, long, short, tokens, start, stop, h):
    """Raise Wrong unless the plan leaves the memory of the shorter text."""
    own, over = long[start:stop], long[start : stop + h]
    seam = short[start : start + h]
    piece = set(tokens[start:stop])
    touched = [(w, t) for w, t in long if t in piece or piece & set(w)]
    known = [
        (_effect([], []), "Nothing would change: both lists together do nothing."),
        (
            _effect(own, []),
            "Two things are missing: the pairs after the piece, whose windows still reach into it, "
            "and the new pairs at the seam.",
        ),
        (
            _effect(over, []),
            "The piece is gone, but the seam gapes: the text does not know how to go on there.",
        ),
        (
            _effect(own, seam),
            "The pairs after the piece are still there: their windows hold words of it.",
        ),
        (
            _effect(_pairs(tokens[start:stop], h), []),
            "You forget the piece as a text of its own, with begin marks. It was memorized in the "
            "midst of another.",
        ),
        (
            _effect(_pairs(tokens[start:stop], h), seam),
            "You forget the piece with begin marks before it. It was memorized in the midst of "
            "another text.",
        ),
        (
            {pair: -count for pair, count in right.items()},
            "The two lists are swapped: first what to forget, then what to memorize.",
        ),
        (
            _effect(long[start : stop + h - 1], short[start : start + h - 1]),
            "One pair is overlooked on either side of the cut: h windows reach over, not h − 1.",
        ),
        (
            _effect(long[start + h : stop + h], short[start + h : start + 2 * h]),
            "Your slices begin h pairs too late. The begin marks are in the windows: pair number i "
            "leads to token number i.",
        ),
        (
            _effect(long[start + h : stop + 2 * h], short[start + h : start + 2 * h]),
            "Your slices begin h pairs too late. The begin marks are in the windows: pair number i "
            "leads to token number i.",
        ),
        (
            _effect(long[max(start - h, 0) : stop + h], seam),
            "You forget the h pairs before the piece too. No word of the piece is in them.",
        ),
        (
            _effect(over, seam[:1]),
            "The first new pair closes the gap, but the next windows of the shorter text reach "
            "over the seam as well, and are still unknown.",
        ),
        (
            _effect(long[start : stop + h + 1], seam),
            "You forget one pair too many after the piece. Its window holds no word of it.",
        ),
        (
            _effect(touched, seam),
            "All pairs with a word of the piece in them would go. The same words may stand "
            "elsewhere, and there they should stay.",
        ),
        (_effect(long, []), "The whole text would be gone. Only the piece should go."),
        (_effect([], short), "Nothing is forgotten, and the shorter text is memorized on top."),
        (
            _effect(
                [pair for pair in long if pair not in short],
                [pair for pair in short if pair not in long],
            ),
            "A pair may stand in both texts, but not equally often. Mind the counts.",
        ),
    ]
    for value, message in known:
        if found == value and value != right:
            raise Wrong(message)
    if found != right:
        off = sum(abs(right.get(pair, 0) - found.get(pair, 0)) for pair in {*right, *found})
        raise Wrong(f"After your plan, the counts of all pairs together are off by {off}.")
