"""Figures of the experiments show what the records hold, and all of it."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from memo_edu import figures


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def drawn(ax):
    """label -> (x, y) of what has a label, but for the key to what is theory."""
    lines = [line for line in ax.get_lines() if not line.get_label().startswith(("_", "theory"))]
    return {line.get_label(): [list(data) for data in line.get_data()] for line in lines}


def theory(ax):
    """(x, y) of the lines without a label: what was predicted."""
    lines = [line for line in ax.get_lines() if line.get_label().startswith("_")]
    return [[list(data) for data in line.get_data()] for line in lines]


def test_pairs():
    records = [
        {"pairs": 5, "first": 1.0, "latest": 0.9},
        {"pairs": 10, "first": 0.7, "latest": 0.8},
    ]
    found = drawn(figures.pairs(records))
    assert found == {"first batch": [[5, 10], [1.0, 0.7]], "latest batch": [[5, 10], [0.9, 0.8]]}


def test_layers():
    records = [
        {"iteration": 1, "tokens": 50, "initial": 1.0, "latest": 0.9},
        {"iteration": 2, "tokens": 99, "initial": 0.7, "latest": 0.8},
    ]
    found = drawn(figures.layers(records))
    assert found == {"initial rows": [[50, 99], [1, 0.7]], "latest rows": [[50, 99], [0.9, 0.8]]}


def test_prose_has_its_theory_beside_it():
    records = [
        {"encoder": e, "tokens": n, "recall": 1 / n, "predicted": 2 / n}
        for e in ("projection", "binding")
        for n in (10, 20)
    ]
    ax = figures.prose(records)
    curve = [[10, 20], [0.1, 0.05]]
    assert drawn(ax) == {"projection": curve, "binding": curve}
    assert theory(ax) == 2 * [[[10, 20], [0.2, 0.1]]]


def test_calibration_draws_the_largest_load_over_the_promise():
    records = [
        {"encoder": "binding", "texts": n, "nominal": a, "shuffled": n * a, "unseen": 3 * n * a}
        for n in (1, 2)
        for a in (0.01, 0.1)
    ]
    ax = figures.calibration(records)
    found = drawn(ax)
    assert found["binding, shuffled"] == [[0.01, 0.1], [0.02, 0.2]]
    np.testing.assert_allclose(found["binding, unseen"][1], [0.06, 0.6])
    assert theory(ax) == 2 * [[[0.01, 0.1], [0.01, 0.1]]]
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")


def test_damage_draws_the_single_wrong_tokens():
    records = [
        {"encoder": "binding", "damaged": 1, "distance": d, "recall": d / 4} for d in (0, 1, 2, 3)
    ]
    assert drawn(figures.damage(records)) == {"binding": [[1, 2, 3], [0.25, 0.5, 0.75]]}
