"""Problem set 3: what right answers give, and what known mistakes give."""

import functools
import itertools
from collections import Counter

import numpy as np

# ---- Exercise 1 ------------------------------------------------------------------------------


@functools.cache
def needs_of(tokens):
    """Remember what needs should give for a tuple of tokens."""
    return right_needs(list(tokens))


def right_needs(tokens, context=None, least=0, refuse=lambda after: len(set(after)) > 1):
    """What needs should give; the options make mistakes.

    Args:
        tokens: the text.
        context: a function of (tokens, place, n): what is seen; None: with begin marks.
        least: the smallest n that is tried.
        refuse: a function of the tokens after all equal windows: whether they are not certain.
    """
    seen, found = context or with_marks, {}
    for n in range(least, len(tokens) + 1):
        windows = [seen(tokens, i, n) for i in range(len(tokens))]
        after = {}
        for window, token in zip(windows, tokens, strict=True):
            after.setdefault(window, []).append(token)
        for i, window in enumerate(windows):
            if not refuse(after[window]):
                found.setdefault(i, n)
        if len(found) == len(tokens):
            break
    return [found.get(i, len(tokens)) for i in range(len(tokens))]


def with_marks(tokens, i, n):
    """The last n tokens before a place; a window that reaches before the text is shorter."""
    return tuple(tokens[max(0, i - n) : i])


def needs_online(tokens, back):
    """Compare each place with earlier places only, or with later ones only."""
    found = []
    for i in range(len(tokens)):
        others = range(i) if back else range(i + 1, len(tokens))
        n = 0
        while any(
            with_marks(tokens, j, n) == with_marks(tokens, i, n) and tokens[j] != tokens[i]
            for j in others
        ):
            n += 1
        found.append(n)
    return found


NEED_MISTAKES = (
    (
        lambda t: right_needs(t, refuse=lambda after: len(after) > 1),
        "You ask for windows that stand in the text only once. A window may recur, as long as the "
        "same token follows.",
    ),
    (
        lambda t: needs_online(t, True),
        "You compare a place with earlier ones only. Later ones count, too.",
    ),
    (
        lambda t: needs_online(t, False),
        "You compare a place with later ones only. Earlier ones count, too.",
    ),
    (
        lambda t: right_needs(t, least=1),
        "A need can be 0: if the text has only one word, nothing must be seen.",
    ),
    (lambda t: np.array(right_needs(t)) + 1, "All your needs are one too large."),
    (lambda t: np.array(right_needs(t)) - 1, "All your needs are one too small."),
    (
        lambda t: [min(n, i) for i, n in enumerate(right_needs(t))],
        "At the beginning your windows end at the first token. Begin marks count as tokens.",
    ),
    (
        lambda t: right_needs(t, lambda t, i, n: tuple(t[i - n : i])),
        "t[i - n : i] with a negative i - n counts from the end of the text. Before the text stand "
        "begin marks.",
    ),
    (
        lambda t: right_needs(t, lambda t, i, n: tuple(sorted(with_marks(t, i, n)))),
        "Your windows are bags: tea cup and cup tea should be two windows.",
    ),
    (
        lambda t: right_needs(t, lambda t, i, n: tuple(t[i + 1 : i + 1 + n])),
        "You look at the tokens after a place. What is known stands before it.",
    ),
    (lambda t: max(right_needs(t)), "This is the largest need. One for each place is asked for."),
)


def right_open(tokens, h, layers, size=lambda h, i: h**i, decides=lambda n, s, i, h: n <= s):
    """What left_open should give; the options make mistakes.

    Args:
        size: a function of (h, layer): how many tokens a window has.
        decides: a function of (need, size, place, h): whether a window of a size that fits does.
    """
    sizes = [size(h, layer) for layer in range(1, layers + 1)]
    fits = [[s for s in sizes if s <= h + i] for i in range(len(tokens))]
    found = zip(needs_of(tuple(tokens)), fits, strict=True)
    return [i for i, (n, fit) in enumerate(found) if not any(decides(n, s, i, h) for s in fit)]


def open_in_layer(tokens, h, layers, marks):
    """Use the last layer's window alone; marks says how many begin marks it may reach over."""
    needed = enumerate(needs_of(tuple(tokens)))
    return [i for i, n in needed if n > h**layers or h**layers > marks + i]


OPEN_MISTAKES = (
    (
        lambda t, h, layers: [i for i, n in enumerate(needs_of(tuple(t))) if n > h**layers],
        "You let windows reach too far: at the beginning of a text there are only h begin marks, "
        "and long windows do not fit.",
    ),
    (
        lambda t, h, layers: right_open(t, h, layers, decides=lambda n, s, i, h: n <= s <= i),
        "Your windows must not hold begin marks. They may: h of them stand before the text.",
    ),
    (
        lambda t, h, layers: open_in_layer(t, h, layers, h),
        "You use the last layer's window alone. Where it does not fit, a shorter one may decide.",
    ),
    (
        lambda t, h, layers: open_in_layer(t, h, layers, 0),
        "You use the last layer's window alone, and without begin marks.",
    ),
    (
        lambda t, h, layers: right_open(t, h, layers, size=lambda h, i: h * i),
        "Your windows have h·λ tokens. Layer λ looks at h^λ.",
    ),
    (
        lambda t, h, layers: right_open(t, h, layers, size=lambda h, i: h ** (i - 1)),
        "Your windows have h^(λ−1) tokens: that is one block. Layer λ looks at h^λ.",
    ),
    (
        lambda t, h, layers: right_open(t, h, layers, decides=lambda n, s, i, h: n < s),
        "A window of n tokens is enough for a need of n. You ask for one more.",
    ),
    (
        lambda t, h, layers: right_open(t, h, layers, decides=lambda n, s, i, h: n <= s < h + i),
        "A window fits if exactly h^λ tokens stand before the place, marks included. You ask for "
        "one more.",
    ),
    (
        lambda t, h, layers: right_open(t, h, layers, decides=lambda n, s, i, h: n <= s + 1),
        "A window of n tokens is not enough for a need of n + 1.",
    ),
    (
        lambda t, h, layers: right_open(t, h, 1),
        "This is what one layer leaves open, whatever the number of layers.",
    ),
    (
        lambda t, h, layers: sorted({*range(len(t))} - {*right_open(t, h, layers)}),
        "These are the places that are decided. The others are asked for.",
    ),
    (
        lambda t, h, layers: np.array(right_open(t, h, layers)) + 1,
        "Your places are one too large: they are counted from 0.",
    ),
    (
        lambda t, h, layers: np.array(right_open(t, h, layers)) + h,
        "Your places count the begin marks. Place 0 is the first token of the text.",
    ),
)


# ---- Exercise 2 ------------------------------------------------------------------------------


def right_ways(h, strides):
    """What ways should give: every path through the layers."""
    backs = [sum(path) for path in paths(h, strides)]
    return np.bincount(backs)


def paths(h, strides):
    """List all choices of a block in every layer, as places back."""
    return itertools.product(*([j * stride for j in range(h)] for stride in strides))


ADDED = (
    "You add up what each layer takes from tokens. A higher layer takes encodings: each of its "
    "blocks brings along all the tokens below."
)
WAYS_MISTAKES = (
    (
        lambda h, s: right_ways(h, s)[right_ways(h, s) > 0],
        "You leave out the tokens in the gaps. They have 0 ways, and keep their places.",
    ),
    (
        lambda h, s: [*right_ways(h, s), 0],
        "Your list is one too long: it ends with the oldest token that is seen.",
    ),
    (
        lambda h, s: np.minimum(right_ways(h, s), 1),
        "You tell whether a token is seen. In how many ways is asked for.",
    ),
    (
        lambda h, s: right_ways(h, s[-1:]),
        "You use the last stride alone. Its blocks are encodings, with windows of their own.",
    ),
    (
        lambda h, s: right_ways(h, s[:1]),
        "You use the first stride alone. Higher layers see farther.",
    ),
    (
        lambda h, s: right_ways(h, [h**i for i in range(len(s))]),
        "These are the library's strides. Use those that are given.",
    ),
    (
        lambda h, s: right_ways(h, np.cumprod(s).tolist()),
        "You multiply the strides with those below. A stride is in tokens, whatever the layer.",
    ),
    (
        lambda h, s: right_ways(h, [h**i * one for i, one in enumerate(s)]),
        "You multiply the strides with h^(λ−1). A stride is in tokens, whatever the layer.",
    ),
    (
        lambda h, s: np.bincount([j * one for one in s for j in range(h)]),
        ADDED,
    ),
    (
        lambda h, s: np.bincount(
            [j * one for one in s for j in range(h)], minlength=len(right_ways(h, s))
        ),
        ADDED,
    ),
    (
        lambda h, s: right_ways(h, s) / h ** len(s),
        "These are shares. In how many ways is asked for, in whole numbers.",
    ),
    (
        lambda h, s: np.bincount([sum(set(path)) for path in paths(h, s)]),
        "Two blocks that are as far back in two layers are added up, too.",
    ),
)


def right_likeness(first, second, h, strides, weights=lambda count: count):
    """What likeness should give."""
    counts = weights(right_ways(h, strides))
    same = [a == b for a, b in zip(first[::-1][: len(counts)], second[::-1], strict=False)]
    return float(np.sum(counts * same) / np.sum(counts))


LIKENESS_MISTAKES = (
    (
        lambda a, b, h, s: right_likeness(a, b, h, s, lambda c: np.minimum(c, 1)),
        "You count places that are seen. A token that is seen in two ways counts twice.",
    ),
    (
        lambda a, b, h, s: right_likeness(a, b, h, s, np.ones_like),
        "Tokens in the gaps count for you, too, and all others once.",
    ),
    (
        lambda a, b, h, s: right_likeness(a, b, h, [h**i for i in range(len(s))]),
        "This is the share of the last h^l places, as with the library's strides. Use the "
        "strides that are given.",
    ),
    (
        lambda a, b, h, s: right_likeness(a, b, h, s[:1]),
        "This is the cosine in layer 1. The last layer's is asked for.",
    ),
    (
        lambda a, b, h, s: right_likeness(a[::-1], b[::-1], h, s),
        "You compare the beginnings of the contexts. A window ends with the last token.",
    ),
    (
        lambda a, b, h, s: right_likeness(a, b, h, s, np.square),
        "A token that is seen in two ways counts twice, not four times.",
    ),
    (
        lambda a, b, h, s: right_likeness(a, b, h, s) * h ** len(s),
        "These are the ways that agree. A cosine is at most 1.",
    ),
    (
        lambda a, b, h, s: (
            right_likeness(a, b, h, s) * h ** len(s) / np.count_nonzero(right_ways(h, s))
        ),
        "Divide by the number of all ways, not of the tokens that are seen.",
    ),
    (
        lambda a, b, h, s: right_likeness(a, b, h, s) * h ** len(s) / len(right_ways(h, s)),
        "Divide by the number of all ways, not by the length of the window.",
    ),
    (
        lambda a, b, h, s: right_likeness(a[:-1], b[:-1], h, s),
        "Your windows end one token too early: the last token of a context is the newest.",
    ),
    (
        lambda a, b, h, s: float(right_likeness(a, b, h, s) == 1),
        "All or nothing is what bound windows do. The projection counts places.",
    ),
)


def right_recall(ids, E, W, step, ahead=1, asked=None, share=np.mean):
    """What stride_recall should give; the options make mistakes.

    Args:
        ahead: how many tokens after its window a value stands.
        asked: the step of the windows that ask.
        share: how the right answers are counted.
    """
    h = E.shape[1] // W.shape[1]

    def keys(step, reach):
        rows = len(ids) - reach - max(ahead, 1) + 1
        X = E[ids] @ W
        return np.hstack([X[j * step : j * step + rows] for j in range(h)])

    reach = (h - 1) * step + 1
    K = keys(step, reach)
    right = ids[reach - 1 + ahead :][: len(K)]
    Q = K if asked is None else keys(asked, reach)
    return share((Q @ (K.T @ E[right]) @ E.T).argmax(axis=1) == right)


RECALL_MISTAKES = (
    (
        lambda ids, E, W, step: right_recall(ids, E, W, 1),
        "This is the recall with step 1, whatever the step.",
    ),
    (
        lambda ids, E, W, step: right_recall(ids, E, W, step, 2),
        "The value of a window should be the very next token, not the one after it.",
    ),
    (
        lambda ids, E, W, step: right_recall(ids, E, W, step, 0),
        "The value of a window is its own last token for you. It should be the next one.",
    ),
    (
        lambda ids, E, W, step: right_recall(
            ids,
            E,
            W,
            step,
            E.shape[1] // W.shape[1] + 1 - ((E.shape[1] // W.shape[1] - 1) * step + 1),
        ),
        "Your value stands h tokens after the window's first. With gaps a window is longer: it "
        "ends (h−1)·step tokens after its first.",
    ),
    (
        lambda ids, E, W, step: right_recall(ids, E, W, step, asked=1),
        "You memorize with the step that is given, but ask with windows without gaps.",
    ),
    (
        lambda ids, E, W, step: right_recall(ids, E, W, step, share=np.sum),
        "This is how many are right. Their share is asked for.",
    ),
    (
        lambda ids, E, W, step: right_recall(ids, E, W, step, share=np.sum) / len(ids),
        "You divide by the number of all tokens. The first have no full window before them.",
    ),
    (
        lambda ids, E, W, step: 1 - right_recall(ids, E, W, step),
        "This is the share of mistakes.",
    ),
)


# ---- Exercise 4 ------------------------------------------------------------------------------


def right_share(
    followers, m, h, layers, agree=lambda m, size: min(1, m / size), own=1, tie=None, used=None
):
    """What expected_share should give; the options make mistakes.

    Args:
        agree: a function of (m, h^λ): how alike two copies' windows are.
        own: how much the own copy's vote counts; "alone": the others with its word do not vote.
        tie: what a tie of n words with the right one gives; None is 1/n.
        used: which layers vote; None is all.
    """
    shares = [agree(m, h**i) for i in used or range(1, layers + 1)]
    copies, found = Counter(followers), []
    for right in followers:
        votes = {word: count * sum(shares) for word, count in copies.items()}
        if own == "alone":
            votes[right] = len(shares)
        else:
            votes[right] += sum(own - share for share in shares)
        best = [word for word, vote in votes.items() if vote > max(votes.values()) - 1e-9]
        won = 1 if len(best) == 1 else 1 / len(best) if tie is None else tie
        found.append(won * (right in best))
    return np.array(found)


def share_mistake(count=np.mean, **options):
    """Make a mistake of expected_share's."""
    return lambda *given: count(right_share(*given, **options))


GIVE = "Your answers are those that"  # what is seen, not how it came about

SHARE_MISTAKES = (
    (
        share_mistake(agree=lambda m, size: m / size),
        "For you a phrase that is longer than the window agrees in more than all places.",
    ),
    (
        share_mistake(tie=0),
        f"{GIVE} you would get if a tie is lost. Noise draws one of those that tie.",
    ),
    (
        share_mistake(tie=1),
        f"{GIVE} you would get if a tie is won. Noise draws one of those that tie.",
    ),
    (
        lambda f, m, h, layers: np.mean(right_share(f, min(m, h), h, layers)),
        f"{GIVE} a phrase of h tokens would give, however long it is. Longer windows see more.",
    ),
    (
        share_mistake(agree=lambda m, size: float(m >= size)),
        "You let a copy vote only if its window agrees wholly. One that agrees in part votes in "
        "part.",
    ),
    (
        lambda f, m, h, layers: np.mean(right_share(f, m, h, layers, used=[layers])),
        f"{GIVE} the last layer alone would give. All layers vote.",
    ),
    (
        lambda f, m, h, layers: np.mean(right_share(f, m, h, layers, used=[1])),
        f"{GIVE} layer 1 alone would give. All layers vote.",
    ),
    (
        share_mistake(agree=lambda m, size: 1.0),
        "For you all copies are equal, or the most frequent word always wins. A window agrees with "
        "its own copy wholly; with the others, if it is long, in m places only.",
    ),
    (
        share_mistake(own=2),
        "The own copy votes twice for you: once wholly, and once more as one of the others.",
    ),
    (
        share_mistake(own="alone"),
        "Other copies with the same follower vote for it, too, not only the own one.",
    ),
    (
        lambda f, m, h, layers: 1 / len(f) if m >= h**layers else 1.0,
        "You let noise draw one of the copies. First count how many votes each word has.",
    ),
    (
        lambda f, m, h, layers: 1 / len(set(f)) if m >= h**layers else 1.0,
        "You let noise draw one of the followers. First count how many votes each has.",
    ),
    (share_mistake(np.sum), "This is how many places are right. Their share is asked for."),
    (
        lambda f, m, h, layers: (
            np.sum(right_share(f, m, h, layers) / [Counter(f)[one] for one in f]) / len(set(f))
        ),
        "You take the mean over the words. It should be over the places, of which a frequent "
        "follower has more.",
    ),
    (lambda *given: 1 - np.mean(right_share(*given)), "This is the share of wrong answers."),
)


# ---- Exercise 5 ------------------------------------------------------------------------------

WITHOUT_MISTAKES = (
    (
        lambda votes, right: (votes.argmax(axis=2) == right[:, None]).mean(axis=0),
        "This is the recall of each layer alone. Leave it out, and let the others vote.",
    ),
    (
        lambda votes, right: np.full(
            votes.shape[1], (votes.sum(axis=1).argmax(axis=1) == right).mean()
        ),
        "This is the recall of all layers together.",
    ),
    (
        lambda votes, right: 1 - recall_without(votes, right),
        "This is the share of mistakes. The recall is asked for.",
    ),
    (
        lambda votes, right: (
            (votes.sum(axis=1).argmax(axis=1) == right).mean() - recall_without(votes, right)
        ),
        "This is how much recall is lost. How much is left is asked for.",
    ),
    (
        lambda votes, right: recall_without(votes, right) * len(right),
        "This is how many are right. Their share is asked for.",
    ),
    (
        lambda votes, right: recall_without(votes, right)[::-1],
        "The order is wrong: the first number is the recall without layer 1.",
    ),
)


def recall_without(votes, right):
    scores = votes.sum(axis=1, keepdims=True) - votes
    return (scores.argmax(axis=2) == right[:, None]).mean(axis=0)


def right_weights(votes, right, layer):
    """What good_weights should give."""
    gains = votes[layer - 1, right] - votes[layer - 1]
    others = np.delete(votes, layer - 1, axis=0).sum(axis=0)
    lags = others - others[right]
    if np.any((gains == 0) & (lags > 0)):
        return ()
    low = max([0.0, *(lags[gains > 0] / gains[gains > 0])])
    high = min([np.inf, *(lags[gains < 0] / gains[gains < 0])])
    return (low, high) if low <= high else ()


def loose_weights(votes, right, layer):
    """What one gets without the rule that a weight is 0 or more."""
    gains = votes[layer - 1, right] - votes[layer - 1]
    others = np.delete(votes, layer - 1, axis=0).sum(axis=0)
    lags = others - others[right]
    low = max([-np.inf, *(lags[gains > 0] / gains[gains > 0])])
    return low, min([np.inf, *(lags[gains < 0] / gains[gains < 0])])


def only_best_rival(votes, right, layer):
    """What one gets if only the best other candidate is looked at, with all weights 1."""
    scores = votes.sum(axis=0)
    scores[right] = -np.inf
    return right_weights(votes[:, [right, scores.argmax()]], 0, layer)


WEIGHT_MISTAKES = (
    (loose_weights, "A weight is 0 or more: low is at least 0."),
    (
        lambda votes, right, layer: np.array(right_weights(votes, right, layer)) - 1,
        "You found by how much the weight must change. The weight itself is asked for.",
    ),
    (
        lambda votes, right, layer: right_weights(votes, right, layer)[::-1],
        "The smaller weight comes first: (low, high).",
    ),
    (
        lambda votes, right, layer: (right_weights(votes, right, layer)[0], np.inf),
        "Too much weight can be wrong as well: there is an upper end.",
    ),
    (
        lambda votes, right, layer: (0.0, right_weights(votes, right, layer)[1]),
        "Too little weight can be wrong as well: there is a lower end.",
    ),
    (
        lambda votes, right, layer: right_weights(votes, right, layer + 1),
        "The weight is on another layer. Layers are counted from 1.",
    ),
    (
        lambda votes, right, layer: right_weights(votes, right, layer - 1 or len(votes)),
        "The weight is on another layer. Layers are counted from 1.",
    ),
    (only_best_rival, "You look at one rival only. With another weight another one may lead."),
)


READ_MISTAKES = (
    (lambda k, m, h, layers: (m, k), "The number of copies comes first: (k, m)."),
    (lambda k, m, h, layers: (k, min(m, h)), "The phrase may be longer than layer 1's window."),
    (
        lambda k, m, h, layers: (k, k * m),
        "m is k times too large: all k copies vote, each with m/h^λ.",
    ),
    (
        lambda k, m, h, layers: (k, min(m, h ** (layers - 1))),
        "The phrase may be longer than the last but one layer's window: look at the last vote.",
    ),
    (lambda k, m, h, layers: (k + 1, m), "One copy too many: the one that asks is not memorized."),
)
