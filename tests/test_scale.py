"""A corpus in parts: the memory is what it would be in one piece, whatever happens meanwhile."""

import contextlib
import subprocess
import sys
import time
from pathlib import Path

import array_api_strict
import numpy as np
import pytest
from models import OTHER, TEXT, both_encoders, make, state

import memo_edu as me
from memo_edu import scale, storage

LONG = " ".join(me.sample_texts().values())


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(scale, "CHARACTERS", 1000)


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A folder of three texts, the first in many parts."""
    monkeypatch.chdir(tmp_path)
    texts = {"texts/a long one.txt": LONG, "texts/ship.txt": OTHER, "texts/tea.txt": TEXT}
    Path("texts").mkdir()
    for name, text in texts.items():
        Path(name).write_text(text, encoding="utf-8")
    return texts


def memorized(texts, **options):
    """A model that memorized the texts in one piece each, as ever."""
    model = make(**options)
    for name, text in texts.items():
        model.memorize(text, name)
    return model


def test_as_in_one_piece(files):
    model = make()
    assert scale.memorize_corpus("texts", model) == list(files)
    assert state(model) == state(memorized(files))


@pytest.mark.parametrize("layers", [1, 3, 6])  # six layers look back over 64 tokens
def test_windows_run_across_the_parts(layers, files):
    model = make(layers=layers)
    scale.memorize_corpus("texts", model)
    assert (model.matrix == memorized(files, layers=layers).matrix).all()


def test_parts_of_any_size_add_up_to_the_same(files, monkeypatch):
    expected = memorized(files).matrix
    for size in (30, 333, 10**6):
        monkeypatch.setattr(scale, "CHARACTERS", size)
        model = make()
        scale.memorize_corpus("texts", model)
        assert (model.matrix == expected).all()


@pytest.mark.parametrize("kept", [1, 64 * 9])
def test_rare_tokens_are_drawn_when_they_occur(kept, files, monkeypatch):
    monkeypatch.setattr(scale, "KEPT_BYTES", kept)
    model = make()
    scale.memorize_corpus("texts", model)
    assert state(model) == state(memorized(files))


def test_the_projection_to_rounding(files):
    model, expected = make("projection"), memorized(files, encoder="projection")
    scale.memorize_corpus("texts", model)
    error = np.abs(model.matrix - expected.matrix).max()
    assert error < 1e-6 * np.abs(expected.matrix).max()
    assert model.texts == expected.texts


def test_on_a_strict_namespace(files):
    model = make(backend=me.Backend(array_api_strict, array_api_strict.Device("device1")))
    scale.memorize_corpus("texts", model)
    assert (model.backend.to_numpy(model.matrix) == memorized(files).matrix).all()


def test_it_adds_to_what_there_is(files):
    model = make()
    model.memorize("What was here before.", "before")
    scale.memorize_corpus(["texts/tea.txt", "texts/ship.txt"], model)
    texts = {"before": "What was here before.", "texts/tea.txt": TEXT, "texts/ship.txt": OTHER}
    assert state(model) == state(memorized(texts))


def test_it_recites_what_it_read(files):
    model = make(dim=512, layers=2)
    scale.memorize_corpus("texts/tea.txt", model)
    assert model.recite("", max_tokens=16) == TEXT
    assert model.recall(TEXT).accuracy == 1


# ---- Forget ----------------------------------------------------------------------------------


@both_encoders
def test_forgotten_from_the_files(encoder, files):
    model = make(encoder)
    model.memorize("What was here before.", "before")
    before = np.array(model.matrix)
    scale.memorize_corpus("texts", model)
    scale.forget_corpus(["texts/tea.txt"], model)
    assert list(model.texts) == ["before", "texts/a long one.txt", "texts/ship.txt"]
    scale.forget_corpus(["texts/ship.txt", "texts/a*"], model)
    assert model.texts == {"before": 5}
    assert model.predict("").candidates
    if encoder == "binding":
        assert (model.matrix == before).all()
        assert state(model) == state(memorized({"before": "What was here before."}))


def test_forgotten_by_the_text(files):
    model = make()
    scale.memorize_corpus("texts", model)
    model.forget(LONG)
    model.forget(OTHER)
    assert state(model) == state(memorized({"texts/tea.txt": TEXT}))


def test_a_name_alone_is_not_enough(files):
    model = make()
    scale.memorize_corpus("texts", model)
    before = state(model)
    with pytest.raises(me.InputError, match=r"'texts/tea.txt' was memorized from a file.*hash"):
        model.forget("texts/tea.txt")
    assert state(model) == before


def test_what_was_memorized_whole_is_forgotten_from_the_file(files):
    model = memorized(files)
    model.memorize(TEXT, "tea again")
    scale.forget_corpus("texts/tea.txt", model)  # the name decides, and the latest text else
    assert list(model.texts) == ["texts/a long one.txt", "texts/ship.txt", "tea again"]
    scale.forget_corpus("texts/tea.txt", model)
    assert list(model.texts) == ["texts/a long one.txt", "texts/ship.txt"]
    assert (model.matrix == memorized({"a": LONG, "b": OTHER}).matrix).all()


def test_forgetting_a_file_that_has_changed(files):
    model = make()
    scale.memorize_corpus("texts", model)
    before = state(model)
    Path("texts/tea.txt").write_text(TEXT + "!")
    with pytest.raises(me.NotMemorizedError):
        scale.forget_corpus("texts", model)
    assert state(model) == before


# ---- Saved, merged ---------------------------------------------------------------------------


def test_saved_and_loaded(files):
    model = make()
    scale.memorize_corpus("texts", model)
    model.memorize("And this besides.", "besides")
    model.save("x")
    assert Path("x").stat().st_size < 64 * 64 * 8 + 40_000
    loaded = me.MeMo.load("x", backend="numpy")
    assert state(loaded) == state(model)
    loaded.forget("besides")
    scale.forget_corpus("texts", loaded)
    assert not loaded.matrix.any()
    assert loaded.texts == {}


@pytest.mark.parametrize(
    "note",
    [
        {"digest": "0" * 32, "length": 99},
        {"digest": "0" * 32, "length": 10**400},
        {"digest": "0" * 31, "length": 14},
        {"digest": 5, "length": 14},
        {"length": 14},
        {"digest": "0" * 32, "length": True},
    ],
)
def test_a_forged_note_is_refused(note, files):
    model = make()
    scale.memorize_corpus("texts/tea.txt", model)
    model.save("x")
    config, ledger, matrix = storage.read("x")
    ledger["texts"][0][1] = note
    storage.write("x", config, ledger, matrix)
    with pytest.raises(me.FileFormatError):
        me.MeMo.load("x", backend="numpy")


def test_merged(files):
    one, other = make(), make()
    scale.memorize_corpus("texts/tea.txt", one)
    scale.memorize_corpus(["texts/tea.txt", "texts/ship.txt"], other)
    one.merge(other)
    assert list(one.texts) == ["texts/tea.txt", "texts/tea.txt (2)", "texts/ship.txt"]
    one.forget(TEXT)
    assert list(one.texts) == ["texts/tea.txt", "texts/ship.txt"]
    scale.forget_corpus(["texts/tea.txt", "texts/ship.txt"], one)
    assert not one.matrix.any()


# ---- Faults: the model is unchanged ----------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"caf\xe9 au lait, s'il vous pla\xeet", "texts/z.txt is not UTF-8"),
        (b"", "texts/z.txt has"),
    ],
)
def test_one_bad_file_and_nothing_is_memorized(content, message, files):
    Path("texts/z.txt").write_bytes(content)
    model = memorized({"before": OTHER})
    before = state(model)
    with pytest.raises(me.InputError, match=message):
        scale.memorize_corpus("texts", model)
    assert state(model) == before


def test_a_name_that_is_taken(files):
    model = memorized({"texts/ship.txt": TEXT})
    before = state(model)
    with pytest.raises(me.InputError, match=r"'texts/ship\.txt' is taken"):
        scale.memorize_corpus("texts", model)
    assert state(model) == before


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (dict(repeats="once"), "repeats 'once'"),
        (dict(vocab_size=9), "vocab_size 9"),
        (dict(encoder="projection", alpha=0.5), "alpha 0.5"),
        (dict(encoder="projection", penalty=True), "penalty True"),
    ],
)
def test_models_that_are_no_plain_sum(options, named, files):
    for work in (scale.memorize_corpus, scale.forget_corpus):
        with pytest.raises(me.ConfigurationError, match=f"made with {named}, and so"):
            work("texts", make(**options))


def test_what_is_no_model_or_no_client(files):
    with pytest.raises(me.InputError, match="Pass a MeMo, not int"):
        scale.memorize_corpus("texts", 5)
    with pytest.raises(me.InputError, match=r"dask\.distributed\.Client, not str"):
        scale.memorize_corpus("texts", make(), client="localhost:8786")


# ---- Checkpoints -----------------------------------------------------------------------------


class Stop(Exception):
    pass


@contextlib.contextmanager
def stopped_after(parts):
    """Let so many parts be added up, and then break off."""
    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(Stop):
        whole, left = scale._Adder.sum, iter(range(parts))

        def sum_or_stop(*given):
            if next(left, None) is None:
                raise Stop
            return whole(*given)

        patch.setattr(scale._Adder, "sum", sum_or_stop)
        yield


@both_encoders
@pytest.mark.parametrize("parts", [0, 1, 4])
def test_resumed_is_as_uninterrupted(parts, encoder, files, monkeypatch):
    monkeypatch.setattr(scale, "SECONDS", -1)  # a checkpoint after each part
    model, expected = make(encoder), make(encoder)
    scale.memorize_corpus("texts", expected)
    with stopped_after(parts):
        scale.memorize_corpus("texts", model, checkpoint="work")
    assert state_of_matrix(model) == state_of_matrix(make(encoder))
    assert len(storage.read("work")[1]["done"]) == parts
    with stopped_after(9 - parts):  # no part is added up twice
        scale.memorize_corpus("texts", model, checkpoint="work")
    assert state(model) == state(expected)


def state_of_matrix(model):
    return model.matrix.tobytes(), model.texts


def test_there_are_nine_parts(files):
    model = make()
    assert len(scale._read("texts", list(files), model, None).parts) == 9


def test_stopped_between_checkpoints(files, monkeypatch):
    clock = iter(range(0, 10**6, 9))  # every third part or so
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    model = make()
    with stopped_after(5):
        scale.memorize_corpus("texts", model, checkpoint="work")
    assert 0 < len(storage.read("work")[1]["done"]) < 5
    scale.memorize_corpus("texts", model, checkpoint="work")
    assert state(model) == state(memorized(files))


def test_a_run_that_was_done_needs_no_more_work(files):
    scale.memorize_corpus("texts", make(), checkpoint="work")
    model = make()
    with stopped_after(0):
        scale.memorize_corpus("texts", model, checkpoint="work")
    assert state(model) == state(memorized(files))


def test_a_memory_in_float64_is_resumed_as_one(files, monkeypatch):
    monkeypatch.setattr(scale, "SECONDS", -1)
    with monkeypatch.context() as patch, stopped_after(4):
        patch.setitem(me.memory.EXACT_UP_TO, "float32", 40.0)
        scale.memorize_corpus("texts", make(), checkpoint="work")
    assert storage.read("work")[2].dtype == "float64"
    scale.memorize_corpus("texts", make(), checkpoint="work")
    assert storage.read("work")[2].dtype == "float64"


@pytest.mark.parametrize("change", ["text", "files", "model", "sizes"])
def test_a_checkpoint_of_other_work_is_refused(change, files, monkeypatch):
    scale.memorize_corpus("texts", make(), checkpoint="work")
    before, model, names = Path("work").read_bytes(), make(), "texts"
    if change == "text":
        Path("texts/tea.txt").write_text(TEXT.replace("hot", "not"))
    elif change == "files":
        names = ["texts/tea.txt"]
    elif change == "model":
        model = make(seed=1)
    else:
        monkeypatch.setattr(scale, "CHARACTERS", 999)
    with pytest.raises(me.FileFormatError, match="work is not a checkpoint of these texts"):
        scale.memorize_corpus(names, model, checkpoint="work")
    assert Path("work").read_bytes() == before
    assert model.texts == {}


def test_a_file_that_is_no_checkpoint(files):
    memorized(files).save("model")
    Path("other").write_text("something else")
    for name in ("model", "other"):
        with pytest.raises(me.FileFormatError):
            scale.memorize_corpus("texts", make(), checkpoint=name)
    scale.memorize_corpus("texts", make(), checkpoint="work")
    with pytest.raises(me.FileFormatError):
        me.MeMo.load("work")


def test_a_checkpoint_that_can_not_be_written_is_found_at_once(files):
    with stopped_after(0), pytest.raises(me.InputError, match="'no folder' does not exist"):
        scale.memorize_corpus("texts", make(), checkpoint="no folder/work")


def killed_midway(command, checkpoint):
    """Start a command and kill it when it has written its checkpoint twice."""
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    seen, end = set(), time.monotonic() + 60
    while len(seen) < 3 and process.poll() is None and time.monotonic() < end:
        with contextlib.suppress(FileNotFoundError):
            seen.add(checkpoint.stat().st_mtime_ns)
    process.kill()
    process.wait()
    return len(seen) == 3


def test_the_command_is_killed_and_resumed(files):
    code = "from memo_edu import cli, scale; scale.CHARACTERS, scale.SECONDS = 400, -1; "
    code += "raise SystemExit(cli.main())"
    command = [sys.executable, "-c", code, "memorize", "texts", "--out", "x", "--dim", "256"]
    assert killed_midway(command, Path("x.checkpoint"))
    assert not Path("x").exists()
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.stdout == (
        "x: MeMo(dim=256, heads=4, layers=3, encoder='binding': 3 texts, 2,093 tokens memorized)\n"
    )
    assert "memorizing: 100%" in run.stderr
    expected = memorized(files, dim=256, heads=4, layers=3)
    assert state(me.MeMo.load("x", backend="numpy")) == state(expected)
    assert not Path("x.checkpoint").exists()
