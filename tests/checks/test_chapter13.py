"""Chapter 13's checks: the solution is right, the stub not attempted, each mistake named."""

from itertools import permutations
from statistics import NormalDist

import numpy as np
import pytest
from exercises import first_data, functions, refused

from memo_edu.checks import chapter13
from memo_edu.checks.chapter13 import chapter

SOLUTIONS = functions("13", solved=True)
bound_key, read_bound, forgets_exactly, threshold = SOLUTIONS.values()


# ---- 13.1 ------------------------------------------------------------------------------------


def _bound(vectors, offsets):
    """Exercise 8.2, as a learner may bring it along."""
    return np.prod([np.roll(x, o) for x, o in zip(vectors, offsets, strict=True)], axis=0)


def _blocks(vectors, rolls):
    for offsets in rolls:
        h = len(offsets)
        vectors = [_bound(vectors[i : i + h], offsets) for i in range(0, len(vectors), h)]
    return vectors[0]


def _recursive(vectors, rolls):
    if not rolls:
        return vectors[0]
    return _bound(
        [_recursive(part, rolls[:-1]) for part in np.split(vectors, len(rolls[-1]))], rolls[-1]
    )


def _totals(vectors, rolls):
    """Every token rolls once, by the sum of its offsets on the way up."""
    h, key = len(rolls[0]), 1
    for i, x in enumerate(vectors):
        key = key * np.roll(x, sum(offsets[i // h**n % h] for n, offsets in enumerate(rolls)))
    return key


def _key_in_place(vectors, rolls):
    key = _blocks(vectors, rolls)
    vectors *= -1
    return key


def _key_pops(vectors, rolls):
    while rolls:
        vectors = np.array([_blocks(vectors, [rolls.pop(0)])]) if len(rolls) == 1 else vectors
        if len(rolls) > 1:
            offsets = rolls.pop(0)
            parts = vectors.reshape(-1, len(offsets), vectors.shape[1])
            vectors = np.array([_bound(part, offsets) for part in parts])
    return vectors[0]


def _one_level(vectors, offsets):
    parts = vectors.reshape(-1, len(offsets), vectors.shape[1])
    return np.array([_bound(part, offsets) for part in parts])


def _without_axis(vectors, rolls):
    for offsets in rolls:
        blocks = vectors.reshape(-1, len(offsets), vectors.shape[1])
        vectors = np.prod([np.roll(blocks[:, j], o) for j, o in enumerate(offsets)], axis=0)
    return vectors[0]


def _added(vectors, rolls):
    for offsets in rolls:
        parts = vectors.reshape(-1, len(offsets), vectors.shape[1])
        rolled = [[np.roll(x, o) for x, o in zip(p, offsets, strict=True)] for p in parts]
        vectors = np.sum(rolled, axis=1)
    return vectors[0]


# ---- 13.2 ------------------------------------------------------------------------------------


def _pair_by_pair(K, Y, G, q, g):
    C = 0
    for k, y, signature in zip(K, Y, G, strict=True):
        C = C + np.outer(k, y * signature)
    return q @ C * g


def _read_in_place(K, Y, G, q, g):
    Y *= G
    return q @ (K.T @ Y) * g


# ---- 13.3 ------------------------------------------------------------------------------------


def _read(new, texts):
    model = new()
    for text in texts:
        model.memorize(text)
    return model


def _without(new, texts, secrets, order=-1):
    """Return a model that forgot some texts, and one that never read them."""
    model = _read(new, texts)
    for secret in secrets:
        model.forget(secret)
    return model, _read(new, [text for text in texts if text not in secrets][::order])


def _proof(equal, secrets=lambda texts: [[text] for text in texts], order=-1):
    """Make a proof out of what it compares, what it forgets, and how the other machine reads."""

    def proof(new, texts):
        pairs = [_without(new, texts, some, order) for some in secrets(texts)]
        return all(bool(equal(model.matrix, never.matrix)) for model, never in pairs)

    return proof


def _by_bytes(a, b):
    return a.tobytes() == b.tobytes()


def _every_order(new, texts):
    for order in permutations(texts):
        for n in range(1, len(texts)):
            model, never = _without(new, texts, order[:n])
            if (model.matrix != never.matrix).any():
                return False
    return True


def _by_name(new, texts):
    for i in range(len(texts)):
        a, b = new(), new()
        for j, text in enumerate(texts):
            a.memorize(text, name=str(j))
        a.forget(str(i))
        for j in reversed(range(len(texts))):
            if j != i:
                b.memorize(texts[j], name=str(j))
        if (a.matrix != b.matrix).any():
            return False
    return True


def _asks(new, texts):
    for secret in texts:
        model, never = _without(new, texts, [secret])
        if model.recall(secret).answers != never.recall(secret).answers:
            return False
    return True


def _recalls(new, texts):
    for secret in texts:
        model, never = _without(new, texts, [secret])
        if model.recall(secret).accuracy != never.recall(secret).accuracy:
            return False
    return True


def _there_and_back(new, texts):
    """Forgets nothing that the other machine does not forget, too."""
    a, b = _read(new, texts), _read(new, texts[::-1])
    for text in texts[1:]:
        a.forget(text)
    for text in texts[:0:-1]:
        b.forget(text)
    return np.array_equal(a.matrix, b.matrix)


def _one_text(new, texts):
    model = _read(new, texts[:1])
    model.forget(texts[0])
    return not model.matrix.any()


def _empties(new, texts):
    model = _read(new, texts)
    for text in texts[::-1]:
        model.forget(text)
    return np.abs(model.matrix).max() < 0.5 and np.array_equal(model.matrix, new().matrix)


def _with_the_secret(new, texts):
    model = _read(new, texts)
    model.forget(texts[0])
    return np.array_equal(model.matrix, _read(new, texts).matrix)


def _proof_in_place(new, texts):
    texts.reverse()
    return forgets_exactly(new, texts)


def _sorted_alike(a, b):
    return np.array_equal(np.sort(a, axis=None), np.sort(b, axis=None))


def _rounded_alike(a, b):
    return np.array_equal(a.round(3), b.round(3))


# ---- 13.4 ------------------------------------------------------------------------------------

BELL = NormalDist()


def _by_bisection(V, alpha):
    low, high = -10.0, 10.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if BELL.cdf(middle) ** V < 1 - alpha else (low, middle)
    return low


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        ("13.1", _blocks),
        ("13.1", _recursive),
        ("13.1", _totals),
        ("13.1", lambda x, rolls: list(_blocks(x.astype(float), rolls))),
        ("13.2", _pair_by_pair),
        ("13.2", lambda K, Y, G, q, g: (K @ q) @ (Y * G * g)),
        ("13.2", lambda K, Y, G, q, g: (q @ (K.T @ (Y / G))) / g),
        ("13.3", _by_name),
        ("13.3", _every_order),
        ("13.3", _proof(_by_bytes)),
        ("13.3", _proof(lambda a, b: np.abs(a - b).max() == 0)),
        ("13.3", lambda new, texts: np.bool_(forgets_exactly(new, texts))),
        ("13.4", _by_bisection),
        ("13.4", lambda V, alpha: BELL.inv_cdf(np.exp(np.log1p(-alpha) / V))),
    ],
)
def test_other_ways_are_right_too(number, answer):
    outcome = chapter.check(number, answer)
    assert outcome.status == "right", outcome


WRONG = {
    "13.1": [
        (lambda x, rolls: x.prod(axis=0), "Nothing was rolled"),
        (lambda x, rolls: _bound(x, rolls[0] * (len(x) // len(rolls[0]))), "roll again"),
        (lambda x, rolls: _blocks(x, [rolls[0]] * len(rolls)), "a list of its own"),
        (lambda x, rolls: _blocks(x, rolls[::-1]), "each other's offsets"),
        (lambda x, rolls: _blocks(x[::-1], rolls), "handed out backwards"),
        (lambda x, rolls: -_blocks(x, rolls), "not right yet"),
        (lambda x, rolls: _blocks(x, [[-o for o in one] for one in rolls]), "other way round"),
        (lambda x, rolls: _one_level(x, rolls[0]), "stop after layer 1"),
        (lambda x, rolls: _bound(x[-len(rolls[0]) :], rolls[0]), "of the last h tokens"),
        (lambda x, rolls: _one_level(x, rolls[0])[0], "the oldest ones"),
        (_without_axis, "from one row into the next"),
        (lambda x, rolls: _blocks(x, rolls)[None], "one row"),
        (_added, "a sum"),
        (lambda x, rolls: _blocks(x, rolls)[1:], "shape"),
        (_key_in_place, "in place"),
        (_key_pops, "lists of offsets"),
        (lambda x, rolls: None, "returns nothing"),
        (lambda x, rolls: x @ rolls, "ValueError"),
    ],
    "13.2": [
        (lambda K, Y, G, q, g: q @ (K.T @ (Y * g)) * g, "an ordinary memory"),
        (lambda K, Y, G, q, g: q @ (K.T @ (Y * G)), "still carries"),
        (lambda K, Y, G, q, g: (q @ (K.T @ Y)) * g, "stored as they are"),
        (lambda K, Y, G, q, g: (q @ (K.T @ G)) * g, "values are missing"),
        (lambda K, Y, G, q, g: q @ (K.T @ (Y + G)) - g, "subtract one"),
        (lambda K, Y, G, q, g: q @ (K.T @ (Y + G)) * g, "add signatures to the values"),
        (lambda K, Y, G, q, g: q @ (K.T @ (Y * G)) * G[-1], "the last pair"),
        (lambda K, Y, G, q, g: q @ (K.T @ (Y * G)) * np.prod(G, axis=0), "all signatures"),
        (lambda K, Y, G, q, g: q @ ((K * G).T @ Y) * g, "bind the keys"),
        (lambda K, Y, G, q, g: (q * g) @ (K.T @ (Y * G)), "bind the question"),
        (lambda K, Y, G, q, g: q @ ((Y * G).T @ K) * g, "on its side"),
        (lambda K, Y, G, q, g: read_bound(K, Y, G, q, g) / K.shape[1], "divide by d_key"),
        (lambda K, Y, G, q, g: np.sign(read_bound(K, Y, G, q, g)), "only signs"),
        (lambda K, Y, G, q, g: q @ (K.T @ (Y * G)) @ g, "one number"),
        (lambda K, Y, G, q, g: K.T @ (Y * G), "the memory, C"),
        (lambda K, Y, G, q, g: read_bound(K, Y, G, q, g) + 1, "not right yet"),
        (lambda K, Y, G, q, g: read_bound(K, Y, G, q, g)[None], "shape"),
        (_read_in_place, "in place"),
        (lambda K, Y, G, q, g: None, "returns nothing"),
        (lambda K, Y, G, q, g: K @ Y, "ValueError"),
    ],
    "13.3": [
        (lambda new, texts: False, "rejects the binding encoder"),
        (lambda new, texts: True, "does nothing"),
        (_recalls, "off by 1"),
        (_proof(np.allclose), "last bit"),
        (_one_text, "the projection too"),
        (_empties, "when it is empty"),
        (_proof(_sorted_alike), "changed places"),
        (_proof(np.array_equal, lambda texts: [texts[-1:]]), "undo its last step"),
        (_proof(np.array_equal, lambda texts: [texts[:1]]), "its oldest text"),
        (_proof(np.array_equal, lambda texts: [texts[:1], texts[-1:]]), "from the middle"),
        (_proof(np.array_equal, lambda texts: [texts[1:2], texts[-2:-1]]), "first and the last"),
        (_proof(np.array_equal, lambda texts: [[text] for text in texts[:-1]]), "up to the last"),
        (_proof(np.array_equal, lambda texts: [[text] for text in texts[1:]]), "from the first"),
        (_proof(np.array_equal, order=1), "order of reading"),
        (_proof_in_place, "changes the list"),
        (lambda new, texts: new().matrix == new().matrix, "not ndarray"),
        (lambda new, texts: None, "returns nothing"),
        (lambda new, texts: new().forget(texts[0]), "NotMemorizedError"),
    ],
    "13.4": [
        (lambda V, alpha: BELL.inv_cdf(1 - alpha), "one candidate"),
        (lambda V, alpha: BELL.inv_cdf(1 - alpha / V), "Very near"),
        (lambda V, alpha: BELL.inv_cdf(alpha ** (1 / V)), "Turned round"),
        (lambda V, alpha: -BELL.inv_cdf(alpha ** (1 / V)), "has to be split"),
        (lambda V, alpha: BELL.inv_cdf((1 - alpha) ** V), "wrong way round"),
        (lambda V, alpha: BELL.inv_cdf((1 - alpha / 2) ** (1 / V)), "Half of α"),
        (lambda V, alpha: BELL.inv_cdf(1 - (1 - alpha) ** (1 / V)), "sign is turned"),
        (lambda V, alpha: (1 - alpha) ** (1 / V), "This is Φ(t)"),
        (lambda V, alpha: BELL.cdf((1 - alpha) ** (1 / V)), "inv_cdf"),
        (lambda V, alpha: threshold(V - 1, alpha) if V > 1 else 0, "not V − 1"),
        (lambda V, alpha: (2 * np.log(V)) ** 0.5, "depends on α"),
        (lambda V, alpha: 1.002 * threshold(V, alpha), "not right yet"),
        (lambda V, alpha: [threshold(V, alpha)], "shape"),
        (lambda V, alpha: None, "returns nothing"),
        (lambda V, alpha: threshold(V), "TypeError"),
    ],
}


@pytest.mark.parametrize("number", WRONG)
def test_each_mistake_is_refused_by_its_own_message(number):
    refused(chapter, number, WRONG[number])


@pytest.mark.parametrize(
    ("proof", "word"),
    [
        (_asks, "off by 1"),  # asks what was forgotten, and not only how much of it is right
        (_proof(_rounded_alike), "last bit"),
        (_proof(lambda a, b: np.linalg.norm(a - b) < 1e-3 * np.linalg.norm(b)), "last bit"),
        (_proof(lambda a, b: np.sum(a) == np.sum(b)), "last bit"),
        (_there_and_back, "does nothing"),
        (_with_the_secret, "rejects the binding encoder"),
    ],
)
def test_proofs_that_prove_nothing_are_refused(proof, word):
    outcome = chapter.check("13.3", proof)
    assert outcome.status == "wrong", outcome
    assert word in outcome.message


@pytest.mark.parametrize(("machine", "is_exact", "message"), chapter13.MACHINES)
def test_machines_are_what_they_are_said_to_be(machine, is_exact, message):
    for count in (3, 4):
        assert _every_order(machine, chapter13.NOTES[:count]) == is_exact, message


@pytest.mark.parametrize(
    ("number", "mistakes"),
    [("13.1", chapter13.KEY_MISTAKES), ("13.2", chapter13.READ_MISTAKES)],
)
def test_known_mistakes_are_told_apart_on_the_first_data(number, mistakes):
    given = first_data(chapter, number, SOLUTIONS[number])
    found = [SOLUTIONS[number](*given), *(make(*given) for make, _ in mistakes)]
    for i, one in enumerate(found):
        for other in found[:i]:
            assert np.shape(one) != np.shape(other) or not np.allclose(one, other)
