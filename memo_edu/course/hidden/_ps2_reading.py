"""The hidden tests of problem set 2, exercises 1 and 2, and what all its exercises need."""

from collections import Counter
from itertools import product

import numpy as np

from memo_edu.checks import Wrong, call, expect
from memo_edu.course.hidden import HiddenTests, so_many

tests = HiddenTests("ps2")


def tables(stream, V, d, h):
    """Draw E and W."""
    E = stream.normal(size=(V, d)) / np.sqrt(d)
    return E, stream.normal(size=(d, d // h)) * np.sqrt(h / d)


def strangers(stream, V, n):
    """Draw n different tokens, none of them the mark."""
    return (1 + stream.permutation(V - 1)[:n]).tolist()


def key(window, E, W):
    """The key of one window."""
    return (E[np.array(window)] @ W).ravel() / np.sqrt(len(window))


def table(weighted, E, W):
    """Σ n kᵀy over a dict of (window, token) -> n."""
    C = np.zeros((E.shape[1], E.shape[1]))
    if weighted:
        K = np.array([key(window, E, W) for window, _ in weighted])
        Y = E[[token for _, token in weighted]]
        C += (K * np.array(list(weighted.values()), float)[:, None]).T @ Y
    return C


def pairs(text, h):
    """The pairs of a text, forwards."""
    full = [0] * h + list(text)
    return [(tuple(full[i : i + h]), full[i + h]) for i in range(len(text))]


def pairs_back(text, h):
    """The pairs of a text, backwards."""
    full = list(text) + [0] * h
    return [(tuple(full[i + 1 : i + 1 + h]), full[i]) for i in range(len(text))]


def whole(answer, what):
    """Read a list of whole numbers."""
    try:
        found = np.asarray(answer)
    except ValueError:
        raise Wrong(f"{what} should be whole numbers in a plain list.") from None
    if found.dtype.kind not in "iuf" or not np.array_equal(found, np.rint(found)):
        raise Wrong(f"{what} should be whole numbers.")
    return found.astype(int)


def number(answer, what):
    """Read a single number."""
    found = np.asarray(answer)
    if found.ndim or found.dtype.kind not in "iuf" or not np.isfinite(found):
        raise Wrong(f"{what} should be a single number.")
    return float(found)


def lead(scores, right):
    """By how much a token outdoes all others but the mark."""
    others = np.delete(scores, [0, right])
    return scores[right] - others.max()


def redraw(good, draw, *given):
    """Draw a case until chance has left its answer clear; so no test hangs by a hair."""
    for _ in range(1000):  # one draw in ten is clear, or more
        if good(case := draw(*given)):
            return case
    raise RuntimeError(f"{draw.__name__} draws no clear case.")


def recognize(found, right, mistakes, otherwise):
    """Compare what was found in several trials, and name a mistake that explains all of it."""
    wrong = sum(a != b for a, b in zip(found, right, strict=True))
    if not wrong:
        return
    for answers, message in mistakes:
        if list(found) == list(answers):
            raise Wrong(message)
    raise Wrong(f"{otherwise} ({so_many(wrong, len(right))})")


# ---- Exercise 1 ------------------------------------------------------------------------------

WINDOWS = (
    (
        lambda text, h: [window for window, _ in pairs(text, h)],
        "These are the windows before each token. What stands behind it is asked for.",
    ),
    (
        lambda text, h: [[*text, *[0] * h][i : i + h] for i in range(len(text))],
        "Your windows hold the token itself. They should begin with the one behind it.",
    ),
    (
        lambda text, h: [window[::-1] for window, _ in pairs_back(text, h)],
        "Each window is reversed. A window keeps the order of reading.",
    ),
    (
        lambda text, h: [window for window, _ in pairs_back(text, h)][::-1],
        "The rows are in reverse order: row 0 is the window behind the first token.",
    ),
    (
        lambda text, h: [
            [-1 if token == 0 else token for token in window] for window, _ in pairs_back(text, h)
        ],
        "The mark is the token 0 here.",
    ),
    (
        lambda text, h: [window for window, _ in pairs_back(text, h)][: len(text) - h],
        "The last tokens of the text have windows too: with marks in them.",
    ),
    (
        lambda text, h: [[*[0] * h, *text, *[0] * h][i + 1 : i + 1 + h] for i in range(len(text))],
        "The marks stand behind the text, none before it.",
    ),
)


@tests.criterion("1a")
def windows(windows_after, stream):
    """Long texts, short ones, and shorter ones than a window."""
    for n, h in ((9, 3), (20, 4), (30, 2), (3, 5), (1, 2)):
        text = stream.integers(1, 50, n).tolist()
        result = call(windows_after, text, h)
        if isinstance(result, (list, tuple)) and len({len(window) for window in result}) > 1:
            raise Wrong("Some windows are shorter than h. Marks, 0, stand behind the text.")
        mistakes = [(make(text, h), say) for make, say in WINDOWS]
        right = [window for window, _ in pairs_back(text, h)]
        expect(whole(result, "Windows"), right, mistakes, "Some of the windows are wrong.")


@tests.criterion("1b")
def written_backwards(memorize_backwards, stream):
    """Several sizes; what the memory held stays."""
    for n, d, h in ((1, 12, 2), (14, 32, 4), (20, 60, 3)):
        E, W = tables(stream, 30, d, h)
        C, text = stream.normal(size=(d, d)), stream.integers(1, 30, n).tolist()
        text = text if n < 20 else [*text, *text]
        back = Counter(pairs_back(text, h))
        new = table(back, E, W)
        turned = Counter((window[::-1], token) for window, token in back.elements())
        unmarked = Counter(pair for pair in back.elements() if 0 not in pair[0])
        mistakes = [
            (new, "What the memory held before is gone. Add the text to it."),
            (C + table(Counter(pairs(text, h)), E, W), "This is the forward memory of chapter 05."),
            (C + new.T, "Key and value have changed places: the window is the key."),
            (C + table(turned, E, W), "The windows are reversed: they keep the order of reading."),
            (C + table(unmarked, E, W), "The last tokens are not in: their windows hold marks."),
            (
                C + table(Counter(set(back)), E, W),
                "A pair that stands in a text twice counts twice.",
            ),
            (C - new, "You subtracted the text."),
        ]
        result = call(memorize_backwards, C, text, E, W, h)
        expect(result, C + new, mistakes, "The memory is not right yet.")


def asked_back(C, window, E, W, first=1):
    """The best token before a window."""
    return first + int((key(window, E, W) @ C @ E[first:].T).argmax())


def read(C, ending, n, E, W, h, window_of=None, first=1):
    """What read_backwards should give."""
    text = list(ending)
    for _ in range(n):
        window = (window_of or (lambda text, h: [*text, *[0] * h][:h]))(text, h)
        text.insert(0, asked_back(C, window, E, W, first))
    return text[:n]


WINDOW_OF = (
    (
        lambda text, h: [*text, *[0] * (h - len(text))][-h:],
        "You ask with the last h tokens of the ending. Its first h tokens know what stands before.",
    ),
    (
        lambda text, h: [*text, *[0] * h][-h:],
        "You ask with the h marks behind the ending. Ask with the first h tokens of both together.",
    ),
    (
        lambda text, h: [*[0] * h, *text][-h:],
        "You ask with the last h tokens of the ending, as if to go on. Ask with its first h.",
    ),
    (
        lambda text, h: [*text, *[0] * h][:h][::-1],
        "You ask with a reversed window. Windows keep the order of reading.",
    ),
    (
        lambda text, h: [*[0] * h, *text[:h]][-h:],
        "If the ending is short, marks stand behind it, not before it.",
    ),
)


def page(stream, left, loud_mark, others=0):
    """Draw a backward memory of a page, and how much of the page is left; E and W."""
    E, W = tables(stream, 60, 256, 4)
    text, other = strangers(stream, 60, 24), strangers(stream, 60, others)
    C = table(Counter(pairs_back(text, 4)) + Counter(pairs_back(other, 4)), E, W)
    # A mark may have been stored as an answer, and be louder than the right one.
    C += loud_mark * np.outer(key([*text[24 - left :], 0, 0, 0, 0][:4], E, W), E[0])
    return C, text, E, W


def is_readable(case):
    """Whether each token of the page clearly outdoes the others."""
    C, text, E, W = case
    asked = pairs_back(text, 4)
    return all(lead(key(window, E, W) @ C @ E.T, token) > 0.1 for window, token in asked)


@tests.criterion("1c")
def one_token_before(read_backwards, stream):
    """Endings of all lengths; the mark is stored as an answer, and must not be given."""
    for marked in (False, True):
        given, right, found = [], [], []
        for left in (9, 20, 2, 0, 4, 6, 1, 3):
            C, text, E, W = redraw(is_readable, page, stream, left, 1.6 * marked)
            arguments = C, text[24 - left :], 1, E, W, 4
            given.append(arguments)
            right.append(text[23 - left])
            before = list(arguments[1])
            result = whole(call(read_backwards, *arguments), "The answer").ravel().tolist()
            if arguments[1] != before or 1 in getattr(read_backwards, "spoiled", ()):
                raise Wrong("Your function changes the ending that it is given. Work with a copy.")
            if len(result) != 1:
                raise Wrong(
                    f"One token was asked for, before an ending of {len(arguments[1])}, and "
                    f"{len(result)} came back. The ending is no part of the answer."
                )
            found += result
        mistakes = [
            ([read(*arguments, window_of)[0] for arguments in given], say)
            for window_of, say in WINDOW_OF
        ]
        mistakes += [
            ([0] * len(given), "The mark, row 0, is never an answer."),
            ([token - 1 for token in right], "Your tokens are all too small by one: see row 0."),
        ]
        recognize(found, right, mistakes, "Some tokens before an ending are wrong.")


@tests.criterion("1d")
def many_before(read_backwards, stream):
    """A few tokens, and a whole page; other texts are in the memory, too."""
    for left, n in ((10, 5), (0, 24), (3, 8), (12, 12), (6, 0)):
        C, text, E, W = redraw(is_readable, page, stream, left, 0, 8 if left else 0)
        ending = text[24 - left :]
        right = text[24 - left - n : 24 - left]
        found = whole(call(read_backwards, C, ending, n, E, W, 4), "The answer").tolist()
        if n > 1 and found == right[::-1]:
            raise Wrong(
                "The tokens are right, in the order of finding. Give them in that of reading."
            )
        if found != right and found == [*right, *ending]:
            raise Wrong("The ending is no part of the answer.")
        if len(found) != n:
            raise Wrong(f"{n} tokens were asked for, and {len(found)} came back.")
        if n > 1 and found == [*right[-1:] * n]:
            raise Wrong("You ask the same question again and again. Put each new token in front.")
        wrong = sum(a != b for a, b in zip(found, right, strict=True))
        if wrong:
            raise Wrong(so_many(wrong, f"{n} tokens before an ending of {left}"))


# ---- Exercise 2 ------------------------------------------------------------------------------

# How loud are the right token, two rivals and the mark, (forwards, backwards) each.
HOLES = {
    "both needed": ((1, 1), (1.6, 0), (0, 1.6), (0, 0)),
    "one side knows": ((2.4, 0), (0.9, 0.9), (0, 0), (0, 0)),
    "the other knows": ((0, 2.4), (0.9, 0.9), (0, 0), (0, 0)),
    "the mark is loud": ((1, 1), (0, 0), (0, 0), (1.5, 1.5)),
}


def hole(stream, loud):
    """Draw a hole of one token: the arguments of fill_hole, and the token."""
    E, W = tables(stream, 40, 256, 4)
    answers = [*strangers(stream, 40, 4), 0]
    before, after = windows = [tuple(w) for w in stream.integers(1, 40, (2, 4)).tolist()]
    memories = []
    for side, (own, foreign) in enumerate((windows, windows[::-1])):
        stored = {(own, t): x[side] for t, x in zip([*answers[:3], 0], loud, strict=True)}
        stored[foreign, answers[3]] = 1.7  # what the other memory's window would find here
        stored.update(Counter(pairs(strangers(stream, 40, 20), 4)))
        memories.append(table(stored, E, W))
    return (*memories, list(before), list(after), E, W, 4), answers[0]


GIVE = "Your answers are those that"  # what is seen, not how it came about


def hole_scores(given):
    """All that one could take for the scores of a hole: sentence -> (V,), and None -> right."""
    C, D, before, after, E, W, _ = given
    scores = [key(w, E, W) @ M @ E.T for w in (before, after) for M in (C, D)]
    forward, crossed, crossed_too, backward = scores
    turned = key(after[::-1], E, W) @ D @ E.T
    return {
        None: forward + backward,
        f"{GIVE} the forward memory alone would give.": forward,
        f"{GIVE} the window behind the hole would give if it was reversed.": forward + turned,
        f"{GIVE} the backward memory alone would give.": backward,
        f"{GIVE} the louder of the two scores would give. Add them.": np.maximum(forward, backward),
        f"{GIVE} the product of the two scores would give. Add them.": forward * backward,
        f"{GIVE} the two memories would give if each was asked with the other one's window.": (
            crossed + crossed_too
        ),
        f"{GIVE} sums of matrices or of keys would give: each memory hears both windows.": sum(
            scores
        ),
    }


def one_is_clear(case):
    """Whether the right token clearly outdoes the others."""
    given, token = case
    return lead(hole_scores(given)[None], token) > 0.1


@tests.criterion("2a")
def one_hole(fill_hole, stream):
    """Holes where one memory alone is wrong."""
    found, right, tried = [], [], []
    for loud in [loud for loud in HOLES.values() for _ in range(3)]:
        given, token = redraw(one_is_clear, hole, stream, loud)
        found.append(int(number(call(fill_hole, *given), "The token")))
        right.append(token)
        scores = hole_scores(given)
        marked = int(scores.pop(None).argmax())
        guesses = {say: 1 + int(one[1:].argmax()) for say, one in scores.items()}
        tried.append({"The mark, row 0, is never an answer.": marked, **guesses})
    mistakes = [
        ([token - 1 for token in right], "Your tokens are all too small by one: see row 0."),
        *(([one[say] for one in tried], say) for say in tried[0]),
    ]
    recognize(found, right, mistakes, "Some holes are filled with a wrong token.")


@tests.criterion("2b")
def two_memories(as_hard_as, stream):
    """(M_f + w² M_b) / (1 + w)²."""
    for _ in range(5):
        Mf, Mb = (int(M) for M in stream.integers(200, 9000, 2))
        w = float(stream.choice([0.4, 0.7, 1.0, 1.6, 2.5])) + float(stream.uniform(0, 0.1))
        right = (Mf + w**2 * Mb) / (1 + w) ** 2
        loud = (np.sqrt(Mf) + w * np.sqrt(Mb)) ** 2 / (1 + w) ** 2
        mistakes = [
            ((Mf + w * Mb) / (1 + w) ** 2, "A score times w has w² times the variance."),
            ((Mf + w * Mb) / (1 + w), "This is a mean of the two numbers of pairs; noise is not."),
            (Mf + w**2 * Mb, "The noise has grown, but so has the right score: to 1 + w."),
            ((Mf + w**2 * Mb) / (1 + w), "Pairs go with the square of noise over score."),
            ((Mf + w**2 * Mb) / (1 + w**2), "The right score is 1 + w, and its square (1 + w)²."),
            (loud, "You added loudnesses. The two noises are independent: variances add up."),
            (np.sqrt(right), "This is the root of what is asked for."),
            (
                (Mb + w**2 * Mf) / (1 + w) ** 2,
                "The weight belongs to the backward memory, not to the forward one.",
            ),
        ]
        expect(call(as_hard_as, Mf, Mb, w), right, mistakes, "as_hard_as is not right yet.")


@tests.criterion("2c")
def trust(best_weight, stream):
    """M_f / M_b, within 2 %."""
    for _ in range(5):
        Mf, ratio = int(stream.integers(500, 5000)), float(stream.uniform(1.4, 5))
        Mb = round(Mf * ratio ** stream.choice([-1, 1]))
        found, right = number(call(best_weight, Mf, Mb), "The weight"), Mf / Mb
        for value, say in (
            (Mb / Mf, "You trust the fuller memory more. It is the noisier one."),
            (np.sqrt(right), "Your weights go with the root of M_f / M_b. Try your as_hard_as."),
            (right**2, "Your weights go with the square of M_f / M_b. Try your as_hard_as."),
            (1, "The two memories are not equally full, so they do not deserve equal trust."),
            (Mf / (Mf + Mb), "This is the share of the pairs that is forward. It is no weight."),
            (Mb / (Mf + Mb), "The forward memory has the weight 1; you made both sum to 1."),
        ):
            if abs(found / value - 1) < 0.02 < abs(right / value - 1):
                raise Wrong(say)
        if abs(found / right - 1) > 0.02:
            raise Wrong(f"For {Mf} and {Mb} pairs another weight than {found:.3f} is better.")


def two_scores(C, D, before, after, E, W):
    """The four tables of scores of fill_two, each (V, V): row a, column b."""
    V = len(E)
    forward = np.array([key([*before[1:], a], E, W) for a in range(V)]) @ C @ E.T
    backward = np.array([key([b, *after[:-1]], E, W) for b in range(V)]) @ D @ E.T
    first = (key(before, E, W) @ C @ E.T)[:, None] * np.ones(V)
    last = (key(after, E, W) @ D @ E.T)[None] * np.ones((V, 1))
    return first, forward, last, backward.T


def best_pair(scores, marks=False):
    """The best (a, b)."""
    scores = np.array(scores)
    if not marks:
        scores[0] = scores[:, 0] = -np.inf
    return tuple(int(i) for i in np.unravel_index(scores.argmax(), scores.shape))


def hole_of_two(stream, kind, h):
    """Draw a hole in which what is loud by itself is wrong: the arguments, and the pair."""
    E, W = tables(stream, 32, 256, h)
    a, b, wrong_a, wrong_b, *rest = strangers(stream, 32, 6 + 2 * h)
    b = a if kind == "twice the same" else b
    x, y, *rest = rest
    before, after = rest[:h], rest[h:]
    other = {"mark": 0, "unread": 0.6}.get(kind, 1.45)
    C = {(tuple(before), a): 1, ((*before[1:], a), b): 1, (tuple(before), wrong_a): other}
    D = {(tuple(after), b): 1, ((b, *after[:-1]), a): 1, (tuple(after), wrong_b): other}
    if kind == "different":  # Two that fit each other, and not the page.
        C[(*before[1:], x), y] = D[(y, *after[:-1]), x] = 1.3
    if kind == "unread":  # The forward memory does not know the first window.
        del C[tuple(before), a]
    if kind == "mark":
        C[tuple(before), 0] = D[tuple(after), 0] = 2.6
    return (table(C, E, W), table(D, E, W), before, after, E, W, h), (a, b)


def other_pairs(given, pair):
    """What known mistakes find in a hole of two tokens: sentence -> pair."""
    first, forward, last, backward = tables_of = two_scores(*given[:6])
    a, b = best_pair(first + last)
    return {
        f"{GIVE} the loudest a and the loudest b would give. They should fit together.": (a, b),
        f"{GIVE} filling from the left would give: a without b. Score pairs of tokens.": (
            a,
            1 + int(forward[a, 1:].argmax()),
        ),
        f"{GIVE} filling from the left, b with both memories, would give. Score pairs.": (
            a,
            1 + int((forward + last)[a, 1:].argmax()),
        ),
        f"{GIVE} filling from the right would give: b without a. Score pairs of tokens.": (
            1 + int(backward[1:, b].argmax()),
            b,
        ),
        f"{GIVE} filling from the right, a with both memories, would give. Score pairs.": (
            1 + int((backward + first)[1:, b].argmax()),
            b,
        ),
        "The forward question for b, with a in its window, is missing.": best_pair(
            first + last + backward
        ),
        "The backward question for a, with b in its window, is missing.": best_pair(
            first + last + forward
        ),
        "What the windows before and behind the hole say is missing.": best_pair(
            forward + backward
        ),
        f"{GIVE} the table of the backward memory on its side would give: a row for each a.": (
            best_pair(first + last + forward + backward.T)
        ),
        f"{GIVE} the table of the forward memory on its side would give: a row for each a.": (
            best_pair(first + last + forward.T + backward)
        ),
        f"{GIVE} the product of the four scores would give. Add them.": best_pair(
            first * forward * last * backward
        ),
        f"{GIVE} the forward memory alone would give.": best_pair(first + forward),
        f"{GIVE} the backward memory alone would give.": best_pair(last + backward),
        "The mark, row 0, is never an answer.": best_pair(sum(tables_of), marks=True),
        "The tokens are right, in the wrong order.": pair[::-1],
        "Your tokens are all too small by one: see row 0.": (pair[0] - 1, pair[1] - 1),
    }


def is_clear(case):
    """Whether the right pair clearly outdoes all others."""
    given, pair = case
    scores = sum(two_scores(*given[:6]))
    best = scores[pair]
    scores[pair] = scores[0] = scores[:, 0] = -np.inf
    return best > scores.max() + 0.15


@tests.criterion("2d")
def two_holes(fill_two, stream):
    """Holes in which the loudest token of either side is wrong."""
    found, right, tried = [], [], []
    for kind, h in product(("different", "twice the same", "unread", "mark"), (2, 4, 4)):
        given, pair = redraw(is_clear, hole_of_two, stream, kind, h)
        answer = whole(call(fill_two, *given), "The two tokens").ravel().tolist()
        if len(answer) != 2:
            raise Wrong("Two tokens are asked for, a and b.")
        found.append(tuple(answer))
        right.append(pair)
        tried.append(other_pairs(given, pair))
    mistakes = [([one[say] for one in tried], say) for say in tried[0]]
    recognize(found, right, mistakes, "Some holes of two tokens are filled wrongly.")
