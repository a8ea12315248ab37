"""The benchmarks measure what they name: every figure, its ratio, and memory that does not grow."""

import csv

import array_api_strict
import numpy as np
import pytest

import memo_edu as me
from memo_edu import benchmarks
from memo_edu.cli import main

SMALL = {"dim": 64, "heads": 2, "chunk": 200, "vocab_size": 100, "repeats": 1, "backend": "numpy"}


def test_every_figure_has_its_ratio():
    found = benchmarks.ratios(rows=4, **SMALL)
    names = [(r["what"], r["encoder"], r["layers"]) for r in found]
    assert {name[1:] for name in names if name[0] == "memorize"} == set(benchmarks.AIMS)
    assert [name for name in names if name[0] == "recall"] == [
        ("recall", "binding", 3),
        ("recall", "projection", 1),
    ]
    for record in found:
        assert record["ratio"] == pytest.approx(record["seconds"] / record["product"])


def test_memory_does_not_grow_with_the_rows():
    found = benchmarks.ratios(rows=64, **SMALL | {"dim": 256})
    for record in found:
        if record["what"] == "memorize":
            assert record["extra_mb"] < 1.2 * record["extra_mb_half"]


def test_a_device_is_waited_for_and_its_memory_is_not_traced():
    device = me.get_backend(array_api_strict, device=array_api_strict.Device("device1"))
    waited = []

    class Watched(me.Backend):
        def to_numpy(self, array):
            waited.append(array.shape)
            return super().to_numpy(array)

    result = device.asarray(np.ones((5, 3)))
    assert benchmarks._seconds(lambda: result, Watched(device.xp, device.device)) > 0
    assert waited == [(1, 3)]  # one row is enough to wait for
    found = benchmarks.ratios(rows=2, **SMALL | {"backend": device})
    assert {record["extra_mb"] for record in found} == {None}
    assert all(record["ratio"] > 0 for record in found)


def test_growth_is_between_the_sizes_that_are_named():
    found = benchmarks.growth(tokens=(300, 3000), dims=(32, 64), backend="numpy")
    assert [(r["tokens"], r["dim"], r["slope"] is None) for r in found] == 2 * [
        (300, 32, True),
        (3000, 32, False),
        (300, 32, True),
        (300, 64, False),
    ]


def test_slope_is_the_exponent():
    before = {"tokens": 10, "dim": 8, "seconds": 1.0}
    assert benchmarks._slope(before, before | {"tokens": 100, "seconds": 10.0}) == pytest.approx(1)
    assert benchmarks._slope(before, before | {"dim": 16, "seconds": 4.0}) == pytest.approx(2)


def test_the_command_writes_them(tmp_path):
    path = tmp_path / "waits.csv"
    assert main(["bench", "interactive", "--dim", "64", "--words", "80", "--out", str(path)]) == 0
    with open(path) as file:
        rows = list(csv.DictReader(file))
    assert [row["what"] for row in rows] == 2 * ["memorize 80 words", "predict"]
    assert all(float(row["milliseconds"]) > 0 for row in rows)
