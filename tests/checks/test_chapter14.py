"""Chapter 14's checks: the solution is right, the stub not attempted, each mistake named."""

import numpy as np
import pytest
from exercises import first_data, functions, refused

from memo_edu.checks import chapter14
from memo_edu.checks.chapter14 import chapter

SOLUTIONS = functions("14", solved=True)
delta_step, exact, update, linear_attention = SOLUTIONS.values()


def _number_by_number(C, k, y, beta):
    new = C.copy()
    for i in range(C.shape[0]):
        for j in range(C.shape[1]):
            new[i, j] += beta * k[i] * (y[j] - sum(k[m] * C[m, j] for m in range(len(k))))
    return new


def _forget_then_write(C, k, y, beta):
    # What the key brings back is taken out, then the value put in.
    return C - beta * np.outer(k, k @ C) + beta * np.outer(k, y)


def _step_in_place(C, k, y, beta):
    C += beta * np.outer(k, y - k @ C)
    return C


def _many_passes(K, Y):
    C = np.zeros((K.shape[1], Y.shape[1]))
    for _ in range(100_000):
        for k, y in zip(K, Y, strict=True):
            C = C + np.outer(k, y - k @ C) / (k @ k)
        if np.abs(K @ C - Y).max() < 1e-9:
            return C
    return C


def _by_singular_values(K, Y):
    U, s, V = np.linalg.svd(K, full_matrices=False)
    return V.T @ ((U.T @ Y) / s[:, None])


def _with_leftovers(K, Y):
    # It brings back Y, but it isn't K⁺Y: it answers to what is orthogonal to the keys as well.
    spare = np.eye(K.shape[1]) - np.linalg.pinv(K) @ K
    return exact(K, Y) + spare @ np.ones((K.shape[1], Y.shape[1]))


def _normal_equations(K, Y):
    return np.linalg.solve(K.T @ K, K.T @ Y)


def _singular(K, Y):
    raise np.linalg.LinAlgError("Singular matrix")


def _no_numbers(K, Y):
    return exact(K, Y) if len(K) == K.shape[1] else np.full((K.shape[1], Y.shape[1]), np.nan)


def _bit_by_bit(C, x):
    new = []
    for i in range(len(x)):
        total = sum(C[i, j] * x[j] for j in range(len(x)))
        new.append(x[i] if total == 0 else 1 if total > 0 else -1)
    return new


def _asynchronous(C, x):
    x = list(x)
    for i in range(len(x)):
        total = C[i] @ x
        x[i] = x[i] if total == 0 else int(np.sign(total))
    return np.array(x)


def _asynchronous_in_place(C, x):
    x[:] = _asynchronous(C, x)
    return x


def _repeated(C, x):
    for _ in range(60):
        x = update(C, x)
    return x


def _as_it_goes(Q, K, Y):
    C, out = np.zeros((K.shape[1], Y.shape[1])), []
    for q, k, y in zip(Q, K, Y, strict=True):
        C = C + np.outer(k, y)
        out.append(q @ C)
    return out


def _running_sums(Q, K, Y):
    return np.einsum("td,tdv->tv", Q, np.cumsum(K[:, :, None] * Y[:, None, :], axis=0))


def _ask_first(Q, K, Y):
    C, out = np.zeros((K.shape[1], Y.shape[1])), []
    for q, k, y in zip(Q, K, Y, strict=True):
        out.append(q @ C)
        C = C + np.outer(k, y)
    return np.array(out)


def _by_delta(Q, K, Y):
    C, out = np.zeros((K.shape[1], Y.shape[1])), []
    for q, k, y in zip(Q, K, Y, strict=True):
        C = delta_step(C, k, y, 1)
        out.append(q @ C)
    return np.array(out)


def _softmax(Q, K, Y, scale=1.0):
    out = []
    for t in range(len(Q)):
        weights = np.exp(scale * K[: t + 1] @ Q[t])
        out.append(weights @ Y[: t + 1] / weights.sum())
    return np.array(out)


def _attend_in_place(Q, K, Y):
    Q *= 2
    return linear_attention(Q, K, Y) / 2


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        ("14.1", _number_by_number),
        ("14.1", _forget_then_write),
        ("14.1", lambda C, k, y, beta: C + beta * k[:, None] * (y - k @ C)),
        ("14.1", lambda C, k, y, beta: C + beta * k[:, None] @ (y - k @ C)[None]),
        ("14.2", lambda K, Y: np.linalg.pinv(K) @ Y),
        ("14.2", lambda K, Y: np.linalg.lstsq(K, Y, rcond=None)[0]),
        ("14.2", lambda K, Y: K.T @ np.linalg.inv(K @ K.T) @ Y),
        ("14.2", lambda K, Y: (K.T @ np.linalg.inv(K @ K.T) @ Y).tolist()),
        ("14.2", _by_singular_values),
        ("14.2", _many_passes),
        ("14.3", _bit_by_bit),
        ("14.3", lambda C, x: np.sign(2 * (x @ C) + x)),
        ("14.3", lambda C, x: np.float64(update(C, x))),
        ("14.4", _as_it_goes),
        ("14.4", _running_sums),
    ],
)
def test_other_ways_are_right_too(number, answer):
    outcome = chapter.check(number, answer)
    assert outcome.status == "right", outcome


WRONG = {
    "14.1": [
        (lambda C, k, y, beta: C + beta * np.outer(k, y), "This is the sum"),
        (lambda C, k, y, beta: C - beta * np.outer(k, y - k @ C), "turned round"),
        (lambda C, k, y, beta: C + np.outer(k, y - k @ C), "step is missing"),
        (lambda C, k, y, beta: C + np.outer(k, beta * y - k @ C), "multiplies the value alone"),
        (lambda C, k, y, beta: C + np.outer(k, y - beta * k @ C), "what comes back alone"),
        (lambda C, k, y, beta: (1 - beta) * C + beta * np.outer(k, y), "memory fades"),
        (lambda C, k, y, beta: delta_step(C, k, y, beta) - C, "there before"),
        (lambda C, k, y, beta: C + beta * (y - k @ C), "every row alike"),
        (lambda C, k, y, beta: C + beta * np.outer(y - k @ C, k), "on its side"),
        (lambda C, k, y, beta: C + beta * np.outer(k, y - C @ k), "backwards"),
        (lambda C, k, y, beta: C + beta * np.outer(k, y - k @ C) / C.shape[0], "divide by d_key"),
        (lambda C, k, y, beta: y - k @ C, "This is the error"),
        (lambda C, k, y, beta: k @ delta_step(C, k, y, beta), "bring back afterwards"),
        (lambda C, k, y, beta: C, "nothing was written"),
        (lambda C, k, y, beta: delta_step(C, k, y, beta**2), "not right yet"),
        (lambda C, k, y, beta: delta_step(C, k, y, beta)[None], "shape"),
        (_step_in_place, "in place"),
        (lambda C, k, y, beta: None, "returns nothing"),
        (lambda C, k, y, beta: C @ np.ones((1, 1, 99)), "ValueError"),
    ],
    "14.2": [
        (lambda K, Y: K.T @ Y, "This is the sum"),
        (lambda K, Y: K.T @ K @ K.T @ Y, "mixed once more"),
        (lambda K, Y: K.T @ np.linalg.solve(np.tril(K @ K.T), Y), "those before it"),
        (lambda K, Y: (K / np.sum(K**2, axis=1)[:, None]).T @ Y, "own key's k·k"),
        (lambda K, Y: K.T @ (K @ K.T) ** -1.0 @ Y, "turns over each number"),
        (lambda K, Y: np.linalg.inv(K @ K.T) @ Y, "unmixed values"),
        (lambda K, Y: np.linalg.pinv(K), "K alone"),
        (lambda K, Y: np.linalg.pinv(K.T) @ Y, "wrong way round"),
        (lambda K, Y: np.linalg.pinv(Y) @ K, "swapped"),
        (lambda K, Y: exact(K, Y).T, "on its side"),
        (lambda K, Y: K @ exact(K, Y), "the keys bring back"),
        (_with_leftovers, "orthogonal to all keys"),
        (lambda K, Y: exact(K, Y) / 2, "bring back Y, and it does not"),
        (lambda K, Y: exact(K, Y)[None], "shape"),
        (lambda K, Y: None, "returns nothing"),
        (lambda K, Y: exact(K, Y, 1), "TypeError"),
    ],
    "14.3": [
        (lambda C, x: np.sign(x @ C), "became 0"),
        (lambda C, x: np.where(C @ x >= 0, 1, -1), "to +1"),
        (lambda C, x: 2 * (C @ x > 0) - 1, "to −1"),
        (lambda C, x: -update(C, x), "Every sign"),
        (lambda C, x: np.where(C @ x == 0, -x, np.sign(C @ x)), "you turn the bit"),
        (lambda C, x: C @ x, "These are the sums"),
        (_asynchronous, "one after the other"),
        (_repeated, "until nothing changed"),
        (lambda C, x: np.sign(x @ C + x), "listens to itself"),
        (lambda C, x: np.roll(update(C, x), 1), "not right yet"),
        (lambda C, x: x @ C > 0, "yes and no"),
        (lambda C, x: x, "as it was."),
        (lambda C, x: update(C, x)[None], "shape"),
        (_asynchronous_in_place, "in place"),
        (lambda C, x: None, "returns nothing"),
        (lambda C, x: x @ C @ np.ones(99), "ValueError"),
    ],
    "14.4": [
        (lambda Q, K, Y: Q @ (K.T @ Y), "come after it"),
        (_ask_first, "too early"),
        (lambda Q, K, Y: np.triu(Q @ K.T) @ Y, "backwards"),
        (lambda Q, K, Y: linear_attention(K, K, Y), "ask with the keys"),
        (lambda Q, K, Y: linear_attention(K, Q, Y), "Questions and keys are swapped"),
        (lambda Q, K, Y: linear_attention(Q, Y, K), "Keys and values are swapped"),
        (lambda Q, K, Y: linear_attention(Q, K, Y) / Q.shape[1] ** 0.5, "by √d_key"),
        (
            lambda Q, K, Y: linear_attention(Q, K, Y) / (np.arange(len(Q)) + 1)[:, None],
            "not a mean",
        ),
        (lambda Q, K, Y: (Q * K).sum(axis=1)[:, None] * Y, "its own pair only"),
        (
            lambda Q, K, Y: np.cumsum((Q * K).sum(axis=1)[:, None] * Y, axis=0),
            "with its own question",
        ),
        (_by_delta, "delta rule"),
        (_softmax, "with a softmax. The"),
        (lambda Q, K, Y: _softmax(Q, K, Y, Q.shape[1] ** -0.5), "softmax and √d_key"),
        (lambda Q, K, Y: linear_attention(Q, K, Y)[-1], "last row alone"),
        (lambda Q, K, Y: K.T @ Y, "after all pairs"),
        (lambda Q, K, Y: np.tril(Q @ K.T), "overlaps that count"),
        (lambda Q, K, Y: 2 * linear_attention(Q, K, Y), "not right yet"),
        (lambda Q, K, Y: linear_attention(Q, K, Y)[None], "shape"),
        (_attend_in_place, "in place"),
        (lambda Q, K, Y: None, "returns nothing"),
        (lambda Q, K, Y: Q @ np.ones((99, 1)), "ValueError"),
    ],
}


@pytest.mark.parametrize("number", WRONG)
def test_each_mistake_is_refused_by_its_own_message(number):
    refused(chapter, number, WRONG[number])


@pytest.mark.parametrize("answer", [_normal_equations, _singular, _no_numbers])
def test_a_table_without_inverse_is_named_whatever_it_gives(answer):
    # Rounding decides whether the solver fails, or returns numbers that look like an answer.
    outcome = chapter.check("14.2", answer)
    assert outcome.status == "wrong"
    assert "no inverse" in outcome.message


@pytest.mark.parametrize("number", chapter14.UPDATE_CASES)
def test_networks_have_ties_of_both_signs_and_come_to_rest(number):
    C, x = chapter14._network(number)
    assert set(x[x @ C == 0].tolist()) == {-1, 1}
    rest = _repeated(C, x)
    assert np.array_equal(update(C, rest), rest)


@pytest.mark.parametrize(
    ("number", "mistakes"),
    [
        ("14.1", chapter14.STEP_MISTAKES),
        ("14.2", chapter14.EXACT_MISTAKES),
        ("14.3", chapter14.UPDATE_MISTAKES),
        ("14.4", chapter14.ATTENTION_MISTAKES),
    ],
)
def test_known_mistakes_are_told_apart_on_the_first_data(number, mistakes):
    given = first_data(chapter, number, SOLUTIONS[number])
    found = [SOLUTIONS[number](*given), *(make(*given) for make, _ in mistakes)]
    for i, one in enumerate(found):
        for other in found[:i]:
            assert np.shape(one) != np.shape(other) or not np.allclose(one, other)
