"""The command `memo-edu`: tables, Ctrl-C, and one sentence for a wrong argument."""

import csv
import functools
import io
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from memo_edu import cli, cost, experiments, figures

PAIRS = "pairs --heads 4 --token-dim 16 --value-dim 64 --vocab-size 500 --batch 50"
LAYERS = "layers --dim 32 --layers 1 --decoys 2 --rows 2 --chunk 40 --iterations 2 --vocab-size 90"


def run(arguments):
    """Return the exit code."""
    try:
        return cli.main(arguments.split() if isinstance(arguments, str) else arguments)
    except SystemExit as end:
        return end.code


def interrupt(*_):
    raise KeyboardInterrupt


def as_table(records):
    """What a CSV file of these records holds: everything is a str."""
    return [{key: str(value) for key, value in record.items()} for record in records]


def read(text):
    assert "\r" not in text
    return list(csv.DictReader(io.StringIO(text)))


def test_pairs(capsys):
    assert run(f"experiment {PAIRS} --seed 5 --accuracy 0.8 --kind bipolar") == 0
    out, err = capsys.readouterr()
    records = experiments.pair_recall(4, 16, 64, 500, 50, 0.8, "bipolar", 5)
    assert read(out) == as_table(records)
    assert "recall=" in err  # the progress bar


def test_layers(tmp_path, capsys):
    file = tmp_path / "layers.csv"
    file.write_text("what was here before, and was much longer than the new table\n" * 99)
    options = ["--no-partial-windows", "--encoder", "bound values", "--sample", "9"]
    assert run(["experiment", *LAYERS.split(), *options, "--out", str(file)]) == 0
    records = experiments.multilayer_recall(
        32, 1, 2, 4, 2, 40, 2, 90, "bound values", 9, partial_windows=False
    )
    assert read(file.read_text()) == as_table(records)
    assert capsys.readouterr().out == ""


def test_prose(tmp_path, capsys):
    texts = ["The tea is hot, über alles.", "The cup is red."]
    files = [tmp_path / "one.txt", tmp_path / "two words.txt"]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text, encoding="utf-8")
    options = ["--dim", "64", "--layers", "1", "--heads", "2", "--encoders"]
    encoders = ["bound keys", "binding"]
    assert run(["experiment", "prose", *options, *encoders, "--texts", *map(str, files)]) == 0
    records = experiments.prose_recall(texts, 64, 1, 2, encoders)
    assert read(capsys.readouterr().out) == as_table(records)


def test_size(tmp_path, capsys):
    file = tmp_path / "text.txt"
    file.write_text("The tea is hot, über alles. The tea is hot, too.", encoding="utf-8")
    assert run(["size", str(file), "--recall", "0.9", "--heads", "2", "--layers", "1"]) == 0
    counted, head, *lines = capsys.readouterr().out.splitlines()
    assert counted == "15 tokens, 13 distinct pairs, 10 different tokens"
    assert head.split() == ["encoder", "d", "recall", "memory", "MB", "in", "use", "MB", "seconds"]
    found = cost.size(file.read_text(encoding="utf-8"), 0.9, 2, 1)
    for line, record in zip(lines, found, strict=True):
        encoder, dim, recall, memory, *_ = line.split()
        assert (encoder, int(dim)) == (record["encoder"], record["dim"])
        assert float(recall) == round(record["recall"], 3)
        assert float(memory) == round(record["megabytes"], 2)


def test_size_that_no_model_has(tmp_path, capsys, monkeypatch):
    file = tmp_path / "text.txt"
    file.write_text("a b a c a d a b a c a d")
    monkeypatch.setattr(cost, "COMPARED", 11)
    assert run(["size", str(file), "--heads", "2", "--layers", "1"]) == 0
    *_, line, note = capsys.readouterr().out.splitlines()
    assert line.startswith("projection  no d is enough: recall stays at about 0.")
    assert "rough guess, from the first 11 tokens" in note


def test_calibration(tmp_path, capsys):
    texts = ["The tea is hot, über alles.", "The cup is red."]
    files = [tmp_path / "one.txt", tmp_path / "two.txt"]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text, encoding="utf-8")
    options = "--dim 64 --layers 1 --heads 2 --loads 1 --contexts 50 --encoders binding --texts"
    assert run(["experiment", "calibration", *options.split(), *map(str, files)]) == 0
    records = experiments.false_alarms(texts, [1], 64, 1, 2, ["binding"], 50)
    assert read(capsys.readouterr().out) == as_table(records)


def test_damage(capsys):
    assert run("experiment damage --dim 64 --layers 1 --sample 3 --encoders binding") == 0
    records = experiments.damaged_recall(None, 64, 1, 4, ["binding"], 3)
    assert read(capsys.readouterr().out) == as_table(records)


def test_intermediate(tmp_path, capsys):
    file = tmp_path / "text.txt"
    file.write_text("The tea is hot. The cup is red. The pot is blue.", encoding="utf-8")
    sizes = "--dim 32 --layers 2 --heads 2 --tokens 14 --alphas 1 0.25 --wrong 0.5"
    assert run(f"experiment intermediate {sizes} --texts {file}") == 0
    records = experiments.intermediate_recall(
        [file.read_text()], [14], 32, 2, 2, [1.0, 0.25], [0.5]
    )
    assert read(capsys.readouterr().out) == as_table(records)


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "brew",
        "experiment",
        "experiment brew",
        "experiment pairs",
        "experiment pairs --heads 4 --token-dim 16",
        f"experiment {PAIRS} --heads tea",
        f"experiment {PAIRS} --heads 0",
        f"experiment {PAIRS} --tea 1",
        f"experiment {PAIRS} --accuracy 1.5",
        f"experiment {PAIRS} --accuracy nan",
        f"experiment {PAIRS} --kind round",
        f"experiment {PAIRS} --backend abacus",
        f"experiment {PAIRS} --value-dim 1000000000000",
        f"experiment {PAIRS} --out no/such/folder/file.csv",
        f"experiment {LAYERS} --heads 3",
        f"experiment {LAYERS} --decoys 99",
        f"experiment {LAYERS} --chunk 3 --decoys 0",
        f"experiment {LAYERS} --encoder enigma",
        f"experiment {LAYERS} --sample 0",
        f"experiment {LAYERS} --vocab-size {10**25}",
        f"experiment {LAYERS} --dim {10**400}",
        "experiment prose --texts no/such/file.txt",
        "experiment prose --texts .",
        f"experiment prose --texts {sys.executable}",
        "experiment prose --encoders enigma",
        "experiment calibration --loads 0",
        "experiment calibration --loads 32",
        "experiment damage --sample 0",
        "experiment intermediate --alphas 0.5 tea",
        "experiment intermediate --alphas 0.5 2",
        "size",
        "size no/such/file.txt",
        f"size {sys.executable}",
        f"size {__file__} --recall 1.5",
        f"size {__file__} --recall tea",
        f"size {__file__} --heads 1",
        f"size {__file__} --backend abacus",
        "assignment",
        "assignment grade",
        "assignment mark ps1 here",
        "assignment release ps1",
        "assignment release ps99 out",
        "assignment grade ps1 no/such/folder",
        "assignment grade ps1 no/such/folder --seed x --course /dev/null/course",
        "assignment grade ps99 .",
        "assignment grade ps1 . --jobs many",
    ],
)
def test_a_wrong_argument_is_one_sentence(arguments, capsys):
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("memo-edu")
    assert err.count("\n") == 1
    assert len(err) < 300


def test_what_was_there_survives_a_wrong_argument(tmp_path):
    file = tmp_path / "old.csv"
    file.write_text("old")
    assert run(f"experiment {PAIRS} --heads 0 --out {file}") == 2
    assert file.read_text() == "old"


@pytest.mark.parametrize(
    "name",
    ["pairs", "layers", "prose", "calibration", "damage", "intermediate", "published"],
)
def test_help_tells_every_option(name, capsys):
    assert run(f"experiment {name} --help") == 0
    shown = capsys.readouterr().out
    assert "Args:" in shown
    assert "another seed is another" in shown
    assert ">>>" not in shown
    assert "--seed SEED" in shown


def test_every_figure_is_offered_and_every_offer_is_a_figure(tmp_path, capsys):
    public = {name for name in vars(figures) if not name.startswith("_") and name != "plots"}
    assert public == set(cli.DRAWN)
    picture = tmp_path / "pairs.png"
    assert run(["experiment", *PAIRS.split(), "--figure", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert run(f"experiment reading --figure {picture}") == 2
    assert run(f"experiment {PAIRS} --figure {tmp_path}/none/pairs.png") == 2
    assert "none" in capsys.readouterr().err


def test_help_tells_every_command(capsys):
    assert run("--help") == 0
    assert "experiment  Run an experiment" in capsys.readouterr().out
    assert run("experiment --help") == 0
    assert "layers" in capsys.readouterr().out


def test_ctrl_c_before_any_result(tmp_path, monkeypatch, capsys):
    file = tmp_path / "old.csv"
    file.write_text("old")
    monkeypatch.setattr(experiments.pairs, "_codebook", interrupt)
    assert run(f"experiment {PAIRS} --out {file}") == 130
    assert file.read_text() == "old"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_writes_what_was_measured(tmp_path):
    file = tmp_path / "layers.csv"
    command = [sys.executable, "-m", "memo_edu", "experiment", *LAYERS.split(), "--out", str(file)]
    command[command.index("--iterations") + 1] = "1000000"
    # Where tests run in the background, Ctrl-C is ignored, and that is handed down.
    heard = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(command, stderr=subprocess.PIPE, preexec_fn=heard) as process:
        shown = b""
        while b"initial=" not in shown:
            shown += process.stderr.read(1)
        process.send_signal(signal.SIGINT)
        shown += process.stderr.read()
    assert process.returncode == 0
    assert b"Traceback" not in shown
    found = read(file.read_text())
    assert len(found) >= 1
    records = experiments.multilayer_recall(32, 1, 2, 4, 2, 40, len(found), 90)
    assert found == as_table(records)


def test_the_command_has_its_name():
    settings = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))
    assert settings["project"]["scripts"] == {"memo-edu": f"{cli.__name__}:{cli.main.__name__}"}
