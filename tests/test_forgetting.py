"""Forgetting as a promise: no word, no name, no hash is left in the object or in any file."""

import gc
import hashlib
import os
import subprocess
import sys
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from models import IDS, OTHER, TEXT, both_encoders, make, taught

import memo_edu as me
from memo_edu import scale, storage
from memo_edu.cli import memorize as memorize_command
from memo_edu.lab import MemoLab
from memo_edu.ledger import Note, _digest

SECRET = "Zanzibar xylophones quarrel; nobody listens to their overture."
NAME = "marmalade file"
WORDS = ["Zanzibar", "xylophones", "quarrel", "listens", "overture", "marmalade"]
MODELS = [
    ("binding", {}),
    ("binding", {"repeats": "once"}),
    ("projection", {}),
    ("projection", {"alpha": 0.5}),
    ("projection", {"penalty": True}),
]
every_model = pytest.mark.parametrize(("encoder", "options"), MODELS)


def traces(text=SECRET):
    """All that a text may leave: its words, its hash, its vectors."""
    digest = Note.of(me.tokenize(text)).digest
    return [*(word.encode() for word in WORDS), digest.encode(), bytes.fromhex(digest)]


def everything(thing):
    """All bytes of the strings, arrays and numbers that can be reached from a thing."""
    found, seen, left = [], {}, [thing]
    while left:
        thing = left.pop()
        if id(thing) in seen or isinstance(thing, (type, type(sys))):
            continue
        seen[id(thing)] = thing  # so that no other thing gets its id
        if isinstance(thing, str):
            found.append(thing.encode("utf-8", "surrogatepass"))
        elif isinstance(thing, (bytes, np.ndarray)):
            found.append(bytes(thing) if isinstance(thing, bytes) else thing.tobytes())
        elif isinstance(thing, type(everything)):
            left += [thing.__closure__, thing.__defaults__, thing.__dict__]  # not its module
        else:
            left += gc.get_referents(thing)
            left += thing if isinstance(thing, dict) else ()  # the collector skips keys
    return b"\n".join(found)


def saved(model, path):
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        return path.read_bytes() + b"".join(archive.read(name) for name in archive.namelist())


# ---- Words, names, hashes --------------------------------------------------------------------


@every_model
def test_the_search_finds_what_is_there(encoder, options, tmp_path):
    model = taught(encoder, **options)
    model.memorize(SECRET, NAME)
    vector = model._vectors(["Zanzibar"]).tobytes()
    for place in (everything(model), saved(model, tmp_path / "x")):
        assert all(word in place for word in traces()[: len(WORDS)])
    assert vector in everything(model)


@every_model
def test_nothing_is_left_in_the_object_nor_in_the_file(encoder, options, tmp_path):
    model = taught(encoder, **options)
    vector = model._vectors(["Zanzibar"]).tobytes()
    name = model.memorize(SECRET, NAME)
    model.predict("Zanzibar xylophones"), model.recall(SECRET), model.explain("Zanzibar")
    model.save(tmp_path / "x")
    model.forget(name)
    me.audit(model, SECRET)
    for place in (everything(model), saved(model, tmp_path / "x")):
        assert [trace for trace in traces() if trace in place] == []
        assert vector not in place
        assert b"whales" in place


@both_encoders
def test_nothing_is_left_of_rows_of_ids(encoder, tmp_path):
    model = make(encoder)
    model.memorize_ids(IDS)
    model.memorize_ids([[70001, 70002, 70003, 70004]])
    digest = _digest([70001, 70002, 70003, 70004]).encode()
    assert digest in everything(model)
    model.forget_ids([[70001, 70002, 70003, 70004]])
    for place in (everything(model), saved(model, tmp_path / "x")):
        assert digest not in place
        assert b"7000" not in place
    assert 70002 not in model._ledger.targets


def test_nothing_is_left_of_a_corpus(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("marmalade.txt").write_text(SECRET)
    model = taught()
    scale.memorize_corpus("marmalade.txt", model, checkpoint="done")
    assert traces()[-2] in everything(model)
    checkpoint = Path("done").read_bytes()
    assert [trace for trace in traces() if trace in checkpoint] == []
    scale.forget_corpus("marmalade.txt", model)
    for place in (everything(model), saved(model, tmp_path / "x")):
        assert [trace for trace in traces() if trace in place] == []


def test_the_command_leaves_no_checkpoint(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("marmalade.txt").write_text(SECRET)
    memorize_command(["marmalade.txt", "--out", "x.memo", "--dim", "64"])
    assert sorted(os.listdir()) == ["marmalade.txt", "x.memo"]


# ---- Nothing else tells of it, either --------------------------------------------------------


def a_life(stream, model):
    """Memorize and forget texts that share their words, in any order."""
    texts = {name: " ".join(stream.choice(list("abcdefg"), 12)) for name in "pqrstu"}
    for _ in range(14):
        name = str(stream.choice(list(texts)))
        if name in model.texts:
            model.forget(name)
        else:
            model.memorize(texts[name], name)
        row = [list(map(int, stream.integers(1, 9, 6)))]
        if model._written is None and stream.random() < 0.5:
            model.memorize_ids(row)
            if stream.random() < 0.7:
                model.forget_ids(row)
    return texts


@pytest.mark.parametrize("repeats", ["count", "once"])
@pytest.mark.parametrize("seed", range(12))
def test_the_file_is_byte_for_byte_that_of_a_model_that_never_read_it(repeats, seed, tmp_path):
    model = make(repeats=repeats)
    texts = a_life(np.random.default_rng(seed), model)
    rows = dict(model._ledger.rows)
    other = make(repeats=repeats)
    stream = np.random.default_rng(seed)
    for name in model.texts:
        other.memorize(texts[name], name)
    if rows:  # the rows that stayed, found again by their hashes
        other = with_rows(other, stream, rows)
    for one, path in ((model, "one"), (other, "other")):
        one.save(tmp_path / path)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def with_rows(model, stream, rows):
    """Memorize the rows of a_life that have these hashes."""
    watching = make()
    met = []
    watching.memorize_ids = lambda row: met.append(row)
    watching.forget_ids = lambda row: None
    a_life(stream, watching)
    for row in met:
        digest = _digest(row[0])
        while model._ledger.rows[digest] < rows.get(digest, 0):
            model.memorize_ids(row)
    return model


@both_encoders
def test_the_order_of_words_tells_nothing(encoder):
    models = [make(encoder), make(encoder)]
    models[0].memorize("c b a and c b a", "first")
    for model in models:
        model.memorize("a b c and a b c", "kept")
    models[0].forget("first")
    counts = [model._ledger.to_json()["targets"] for model in models]
    assert counts[0] == counts[1]
    assert list(models[0]._ledger.targets) == sorted(models[0]._ledger.targets)


def test_equal_memories_make_equal_files_at_any_time(tmp_path, monkeypatch):
    taught().save(tmp_path / "x")
    monkeypatch.setattr(time, "time", lambda: 2e9)
    monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(2e9))
    taught().save(tmp_path / "y")
    assert (tmp_path / "x").read_bytes() == (tmp_path / "y").read_bytes()


# ---- In the whole process --------------------------------------------------------------------

# The words come in by a pipe, written backwards. Of all strings that Python has, each word's hash
# is compared with theirs.
CHILD = """
import gc, hashlib, sys
import memo_edu as me

def hashed(word):
    return hashlib.sha256(word.strip(" ;.").encode("utf-8", "replace")).hexdigest()

def strings():
    seen, left = set(), gc.get_objects()
    for thing in left:
        keys = list(thing) if isinstance(thing, dict) else ()  # the collector skips them
        for part in [thing, *gc.get_referents(thing), *keys]:
            if isinstance(part, (str, bytes)) and id(part) not in seen:
                seen.add(id(part))
                yield part if isinstance(part, str) else part.decode("latin-1")

def run(model):
    def work(text):
        model.memorize(text, text.split()[0])
        model.predict(text[:20]), model.explain(text[:20]), model.recall(text)
        try:
            model.memorize(text, text.split()[0])
        except me.InputError:
            pass
        model.forget(text)
        try:
            model.forget(text)
        except me.NotMemorizedError:
            pass
    work(sys.stdin.readline().strip()[::-1])

def left():
    gc.collect()
    found = set()
    for string in strings():
        found |= wanted & {hashed(word) for word in string.split()[:200]}
    return len(found)

wanted = set(sys.argv[2:])
for encoder in ("binding", "projection"):
    model = me.MeMo(dim=64, heads=2, layers=2, encoder=encoder, backend="numpy")
    model.memorize("The tea is hot and the cup is red.", "tea")
    run(model)
    print(left())
kept = [model.memorize(sys.stdin.readline().strip()[::-1])]
print(left())
"""


def test_no_string_of_the_process_holds_a_word(tmp_path):
    words = ["Zanzibar", "xylophones", "quarrel", "overture"]
    text = f"{SECRET[::-1]}\n"
    hashes = [hashlib.sha256(word.encode()).hexdigest() for word in words]
    run = subprocess.run(
        [sys.executable, "-c", CHILD, "-", *hashes],
        input=text * 3,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert run.stdout.split() == ["0", "0", "4"]  # the last shows that the search can find


# ---- In the lab ------------------------------------------------------------------------------


@pytest.fixture
def lab():
    lab = MemoLab(make(dim=128))
    lab.text.value = TEXT
    lab.memorize.click()
    lab.upload.value = [opened("marmalade.txt", SECRET)]
    lab.memorize.click()
    lab.prompt.value = "Zanzibar xylophones"
    lab.recite.click()
    return lab


def opened(name, text):
    content = text.encode()
    about = {"name": name, "type": "", "size": len(content), "last_modified": datetime.now(UTC)}
    return {**about, "content": content}


def all_of(lab):
    """What can be reached from a lab, and from all widgets that the kernel keeps."""
    from ipywidgets.widgets.widget import _instances

    gc.collect()
    return everything([lab, _instances])


def test_cleared_history_holds_nothing_of_a_forgotten_text(lab):
    lab.shelf["marmalade.txt"].click()
    assert all(word in all_of(lab) for word in traces()[: len(WORDS)])  # Undo could bring it back
    lab.clear.click()
    lab.status.value = ""
    gc.collect()
    place = all_of(lab)
    assert [trace for trace in traces() if trace in place] == []
    assert b"The tea is hot" in place
    assert lab.undo.disabled
    assert list(lab.shelf) == list(lab.model.texts)


def test_cleared_history_keeps_what_is_in_memory(lab):
    before = lab.model.matrix.tobytes()
    lab.clear.click()
    assert "Cleared" in lab.status.value
    assert lab.model.matrix.tobytes() == before
    assert list(lab.shelf) == list(lab.model.texts)
    assert "marmalade.txt" in lab.sample.options
    lab.undo.click()
    assert lab.model.matrix.tobytes() == before
    lab.shelf["marmalade.txt"].click()
    assert list(lab.model.texts) == [n for n in lab.shelf if n != "marmalade.txt"]
    lab.undo.click()
    assert lab.model.matrix.tobytes() == before


def test_an_empty_lab_can_be_cleared():
    lab = MemoLab(make())
    lab.clear.click()
    assert lab.model.texts == {}
    assert list(lab.shelf) == []


# ---- What a killed process left --------------------------------------------------------------

KILLED = """
import os, sys
sys.path.insert(0, "tests")
import memo_edu as me
model = me.MeMo(dim=64, heads=2, layers=2, encoder="binding", backend="numpy")
model.memorize(sys.argv[2])
os.replace = lambda *_: os.kill(os.getpid(), 9)
model.save(sys.argv[1])
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_what_a_killed_save_left_goes_with_the_next_one(tmp_path):
    run = subprocess.run([sys.executable, "-c", KILLED, tmp_path / "x [1].memo", SECRET])
    assert run.returncode == -9
    [draft] = tmp_path.iterdir()
    assert b"Zanzibar" in draft.read_bytes()
    for other in ("x.memo", "y [1].memo"):
        taught().save(tmp_path / other)
        assert draft.exists()
    taught().save(tmp_path / "x [1].memo")
    assert not draft.exists()


def test_the_draft_of_a_process_at_work_stays(tmp_path):
    draft = tmp_path / f"x.{os.getppid()}-{'0' * 16}.part"
    draft.write_bytes(b"half")
    for name in ("x.part", "x.1.part", "x.99999999999999999999-0000000000000000.part", "x.old"):
        (tmp_path / name).write_bytes(b"not ours")
    taught().save(tmp_path / "x")
    assert len(os.listdir(tmp_path)) == 6


def test_the_draft_of_an_earlier_process_of_the_same_number_goes(tmp_path):
    draft = tmp_path / f"x.{os.getpid()}-{'0' * 16}.part"
    draft.write_bytes(b"half")
    os.utime(draft, (1e9, 1e9))
    taught().save(tmp_path / "x")
    assert os.listdir(tmp_path) == ["x"]


# ---- Links -----------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="Windows asks for rights to make links")
def test_saving_through_a_link_replaces_what_it_leads_to(tmp_path):
    (tmp_path / "deep").mkdir()
    real, link = tmp_path / "deep" / "real.memo", tmp_path / "link.memo"
    model = taught()
    model.memorize(SECRET, NAME)
    model.save(real)
    link.symlink_to(Path("deep") / "real.memo")
    model.forget(NAME)
    model.save(link)
    assert link.is_symlink()
    assert [trace for trace in traces() if trace in real.read_bytes()] == []
    assert me.MeMo.load(link, backend="numpy").texts == model.texts
    assert sorted(os.listdir(tmp_path)) == ["deep", "link.memo"]
    (tmp_path / "empty.memo").symlink_to(Path("deep") / "new.memo")
    model.save(tmp_path / "empty.memo")
    assert storage.read(tmp_path / "deep" / "new.memo")[1] == model._ledger.to_json() | {
        "targets": [list(pair) for pair in model._ledger.to_json()["targets"]],
        "texts": [[name, tokens] for name, tokens in model._ledger.to_json()["texts"]],
    }
    assert OTHER.split()[-1][:-1].encode() in real.read_bytes()
