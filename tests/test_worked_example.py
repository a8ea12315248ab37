"""The paper's worked example: 2 heads, 3 layers, the tokens 1 to 8, and 9 is the next one."""

import numpy as np
import pytest
from oracle import Oracle

import memo_edu as me

HEADS, LAYERS, TOKENS = 2, 3, [1, 2, 3, 4, 5, 6, 7, 8, 9]
PAIRS = [
    # Layer 1: (1,2)→3, (2,3)→4 …
    [
        (((1,), (2,)), 3),
        (((2,), (3,)), 4),
        (((3,), (4,)), 5),
        (((4,), (5,)), 6),
        (((5,), (6,)), 7),
        (((6,), (7,)), 8),
        (((7,), (8,)), 9),
    ],
    # Layer 2: (E12,E34)→5, (E23,E45)→6 …
    [
        (((1, 2), (3, 4)), 5),
        (((2, 3), (4, 5)), 6),
        (((3, 4), (5, 6)), 7),
        (((4, 5), (6, 7)), 8),
        (((5, 6), (7, 8)), 9),
    ],
    # Layer 3: (E1234,E5678)→9
    [(((1, 2, 3, 4), (5, 6, 7, 8)), 9)],
]

both_encoders = pytest.mark.parametrize("encoder", ["projection", "binding"])


def make(encoder, dim):
    model = me.MeMo(dim, HEADS, LAYERS, encoder, vocab_size=10, backend="numpy")
    return model, Oracle(model.encoder)


def joined(blocks):
    return tuple(token for block in blocks for token in block)


def sum_of_pairs(oracle, layers):
    """Σ kᵀ (y ⊙ g) over the pairs listed above; g is 1 for the projection."""
    total = np.zeros((oracle.dim, oracle.dim))
    for layer in layers:
        for blocks, after in PAIRS[layer - 1]:
            window = joined(blocks)
            value = oracle.encode((after,)) * oracle.signature(window[-HEADS:])
            total += np.outer(oracle.key(window), value)
    return total


def test_the_pairs_of_each_layer():
    assert me.encoders.full_windows(TOKENS, HEADS, LAYERS) == PAIRS


@pytest.mark.parametrize(
    ("tokens", "heads", "layers"), [(20, 3, 2), (64, 4, 3), (65, 4, 3), (1, 2, 1)]
)
def test_the_number_of_pairs(tokens, heads, layers):
    """A text of N tokens followed by one more gives N - h^λ + 1 pairs at layer λ."""
    found = me.encoders.full_windows(range(tokens + 1), heads, layers)
    expected = [max(0, tokens - heads**layer + 1) for layer in range(1, layers + 1)]
    assert [len(pairs) for pairs in found] == expected


@both_encoders
def test_the_keys_are_those_of_these_windows_and_no_others(encoder):
    model, oracle = make(encoder, 64)
    vectors = model.encoder.codebook.vectors(TOKENS[:-1])
    keys = model.encoder.keys(vectors)
    signatures = np.broadcast_to(model.encoder.signatures(vectors), vectors.shape)
    assert len(keys) == LAYERS
    for found, pairs in zip(keys, PAIRS, strict=True):
        expected = np.zeros((len(vectors), 64))
        for blocks, after in pairs:
            row = TOKENS.index(after) - 1  # the window ends with the token before
            window = joined(blocks)
            expected[row] = oracle.key(window)
            np.testing.assert_array_equal(signatures[row], oracle.signature(window[-HEADS:]))
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
        if encoder == "binding":
            np.testing.assert_array_equal(found, expected)


@both_encoders
def test_the_matrix_is_the_sum_of_these_pairs_and_no_others(encoder):
    model, oracle = make(encoder, 64)
    model.memorize_ids([TOKENS])
    expected = sum_of_pairs(oracle, [1, 2, 3])
    if encoder == "binding":
        np.testing.assert_array_equal(model.matrix, expected)
    else:
        np.testing.assert_allclose(model.matrix, expected, rtol=0, atol=1e-5)


@both_encoders
@pytest.mark.parametrize("layers", [1, 2])
def test_fewer_layers_store_their_own_pairs_alone(encoder, layers):
    model = me.MeMo(64, HEADS, layers, encoder, backend="numpy")
    model.memorize_ids([TOKENS])
    expected = sum_of_pairs(Oracle(model.encoder), range(1, layers + 1))
    np.testing.assert_allclose(model.matrix, expected, rtol=0, atol=1e-5)


@both_encoders
def test_the_next_token_scores_three(encoder):
    """One vote for each layer: q = k(7,8) + k(E56,E78) + k(E1234,E5678)."""
    model, _ = make(encoder, 2048)
    model.memorize_ids([TOKENS])
    assert model.recall_ids([TOKENS]).accuracy == 1
    explanation = model.explain(TOKENS[:-1])
    assert explanation.token == 9
    np.testing.assert_allclose(explanation.votes[:, 0], [1, 1, 1], atol=0.2)
    assert explanation.candidates[0][1] == pytest.approx(3, abs=0.3)
    assert explanation.candidates[1][1] < 0.6
