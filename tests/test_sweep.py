"""Sweeps: every combination once, in order, with the options of each; what is done is kept."""

import pytest
from distributed import Client, LocalCluster

import memo_edu as me
from memo_edu.experiments import pair_capacity, pair_recall, sweep
from memo_edu.experiments.bar import progress_bar
from memo_edu.experiments.interrupt import until_interrupted

SIZES = {"heads": 4, "token_dim": 16, "vocab_size": 500, "batch": 100, "backend": "numpy"}
GRID = {"value_dim": [32, 64], "seed": [0, 1]}


def expected():
    """What the runs one by one return."""
    return [
        {"value_dim": dim, "seed": seed} | record
        for dim in GRID["value_dim"]
        for seed in GRID["seed"]
        for record in pair_recall(value_dim=dim, seed=seed, **SIZES)
    ]


def test_as_the_runs_one_by_one():
    assert sweep(pair_recall, GRID, **SIZES) == expected()


def test_on_a_cluster_the_same_in_the_same_order():
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": False}
    with LocalCluster(dashboard_address=None, **options) as cluster, Client(cluster) as client:
        assert sweep(pair_recall, GRID, client, **SIZES) == expected()
        with pytest.raises(me.InputError, match="value_dim"):
            sweep(pair_recall, {"value_dim": [32, 0]}, client, **SIZES)


@until_interrupted
def steps(number, stop=None):
    """Yield two records; Ctrl-C comes between them if number is stop."""
    with progress_bar([0, 1], desc="inner") as bar:
        for step in bar:
            if (step, number) == (1, stop):
                raise KeyboardInterrupt
            yield {"step": step}


def test_interrupted_it_keeps_whole_runs_and_begins_no_other():
    whole = [{"number": n, "step": s} for n in (5, 6) for s in (0, 1)]
    assert sweep(steps, {"number": [5, 6, 7, 8]}, stop=7) == whole


def test_one_bar_for_all(capsys):
    sweep(steps, {"number": [1, 2, 3]})
    shown = capsys.readouterr().err
    assert "sweep: 100%" in shown
    assert "3/3" in shown
    assert "inner" not in shown
    steps(1)
    assert "inner: 100%" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("grid", "fixed", "said"),
    [
        ({"size": [1]}, {}, "pair_recall has no option 'size'; it has heads, token_dim"),
        ({"seed": [1]}, {"colour": 1}, "no option 'colour'"),
        ({"seed": []}, {}, "An option in the grid has no values"),
    ],
)
def test_options_that_make_no_sweep(grid, fixed, said):
    with pytest.raises(me.ConfigurationError, match=said):
        sweep(pair_recall, grid, **fixed)


def test_a_number_is_no_record():
    with pytest.raises(me.ConfigurationError, match=r"pair_capacity returns .*, no records"):
        sweep(pair_capacity, {"value_dim": [32]}, **SIZES)


def test_a_client_that_is_none():
    with pytest.raises(me.InputError, match="not str"):
        sweep(pair_recall, GRID, "tcp://127.0.0.1", **SIZES)
