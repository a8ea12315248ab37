"""The published figures stand beside the sizes and iterations that they were measured in."""

import csv
import functools

import pytest

from memo_edu import cli
from memo_edu.experiments import published


def measured(dim, layers, decoys, iterations, encoder, **_):
    for iteration in range(1, iterations + 1):
        yield {"iteration": iteration, "tokens": 30_720 * iteration, "initial": 0.5, "latest": 0.6}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Pretend that the experiment was run."""
    replace_experiment(monkeypatch, measured)


def replace_experiment(monkeypatch, generator):
    experiment = functools.wraps(generator)(lambda *args, **options: 1 / 0)
    monkeypatch.setattr(published, "multilayer_recall", experiment)


def test_every_size_is_measured_the_largest_first():
    found = published.published_recall()
    sizes = [(r["dim"], r["layers"], r["encoder"], r["decoys"]) for r in found]
    assert len(found) == 2 * 3 * 2 * 3 * 10
    assert len(set(sizes)) == 36
    assert sizes[0] == (8192, 3, "projection", 0)
    assert sizes[-1] == (4096, 1, "binding", 40)
    assert [r["iteration"] for r in found[:10]] == list(range(1, 11))


@pytest.mark.parametrize(
    ("dim", "decoys", "layers", "tokens", "recall"),
    [
        (1024, 0, 2, 30_720, 0.837),
        (1024, 0, 3, 61_440, 0.341),
        (2048, 0, 3, 92_160, 0.943),
        (2048, 0, 1, 92_160, 0.940),
        (2048, 0, 1, 307_200, 0.163),
        (1024, 20, 1, 30_720, 0.154),
        (4096, 20, 3, 307_200, 0.826),
        (8192, 20, 1, 307_200, 0.920),
        (8192, 40, 2, 307_200, 0.538),
        (8192, 40, 2, 276_480, None),
        (8192, 0, 2, 307_200, None),
    ],
)
def test_what_was_published_stands_in_its_row(dim, decoys, layers, tokens, recall):
    found = published.published_recall((dim,), (layers,), (decoys,))
    rows = [r for r in found if r["tokens"] == tokens]
    assert [r["published"] for r in rows] == [recall, recall]


def test_ctrl_c_keeps_what_was_measured_and_ends_all(monkeypatch):
    def interrupted(dim, layers, decoys, **options):
        yield from measured(dim, layers, decoys, **options)
        if decoys == 20:
            raise KeyboardInterrupt

    replace_experiment(monkeypatch, interrupted)
    found = published.published_recall(iterations=2)
    assert [(r["decoys"], r["iteration"]) for r in found] == [(0, 1), (0, 2), (20, 1), (20, 2)]


def test_the_command_writes_one_table(tmp_path):
    file = tmp_path / "published.csv"
    options = "--dims 1024 --layers 1 --decoys 0 20 --encoders projection --iterations 1 --out"
    assert cli.main(["experiment", "published", *options.split(), str(file)]) == 0
    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert [(row["decoys"], row["published"]) for row in rows] == [("0", "0.801"), ("20", "0.154")]
    assert list(rows[0])[-3:] == ["initial", "latest", "published"]
