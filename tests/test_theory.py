"""Predicted recall and capacity: the published figures, the limits, and bad input."""

import pytest

import memo_edu as me
from memo_edu import theory
from memo_edu.codebook import random_stream


@pytest.mark.parametrize(
    ("dim", "published", "predicted"),
    [
        (512, 8_000, 7_989),
        (1024, 31_000, 31_794),
        (2048, 126_000, 125_903),
        (4096, 495_000, 493_704),
    ],
)
def test_capacity_of_one_layer_is_the_published_one(dim, published, predicted):
    found = theory.capacity(dim, dim, 100_000)
    assert found == predicted
    assert abs(found / published - 1) < 0.03


def test_capacity_is_where_recall_falls_to_the_accuracy():
    found = theory.capacity(256, 512, 5_000, accuracy=0.7, spread=1.3)
    assert theory.recall(found, 256, 512, 5_000, spread=1.3) >= 0.7
    assert theory.recall(found + 1, 256, 512, 5_000, spread=1.3) < 0.7


@pytest.mark.parametrize("vocab_size", [2, 100, 50_277, 10**7])
def test_recall_goes_from_one_to_chance_and_never_up(vocab_size):
    found = [theory.recall(pairs, 64, 64, vocab_size) for pairs in (0, 1, 10, 10**3, 10**5, 10**12)]
    assert found[0] == 1
    assert found == sorted(found, reverse=True)
    assert found[-1] == pytest.approx(1 / vocab_size, rel=0.2)


def test_recall_matches_a_measurement():
    stream = random_stream("theory")
    E = me.Codebook(256, "bipolar", backend="numpy").vectors(range(1, 2_001))
    keys, values = stream.choice([-1.0, 1.0], (4_000, 256)), stream.integers(0, 2_000, 4_000)
    memory = me.CorrelationMatrixMemory(256, 256, backend="numpy")
    memory.memorize(keys, E[values])
    measured = ((memory.retrieve(keys) @ E.T).argmax(axis=1) == values).mean()
    assert measured == pytest.approx(theory.recall(4_000, 256, 256, 2_000), abs=0.03)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: theory.recall(-1, 4, 4, 4),
        lambda: theory.recall(float("nan"), 4, 4, 4),
        lambda: theory.recall(10, 4, 4, 4, spread=-1),
        lambda: theory.recall(10, 0, 4, 4),
        lambda: theory.capacity(0, 512, 100_000),
        lambda: theory.capacity(512, 512, "x"),
        lambda: theory.capacity(512, 512, 100, accuracy=1.0),
        lambda: theory.capacity(512, 512, 100, accuracy=0.01),
    ],
)
def test_bad_input(ask):
    with pytest.raises(me.InputError):
        ask()
