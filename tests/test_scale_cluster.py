"""A corpus on a cluster of two processes: the same memory, also if one of them is killed."""

# ruff: noqa: F811

import gzip
import os
import signal
from pathlib import Path

import psutil
import pytest
from dask import bag as bags
from distributed import Client, LocalCluster
from models import OTHER, TEXT, make, state
from test_scale import files, memorized, small_parts, state_of_matrix, stopped_after  # noqa: F401

import memo_edu as me
from memo_edu import scale, storage
from memo_edu.text import WordTokenizer

pytestmark = pytest.mark.usefixtures("files")


@pytest.fixture(scope="module")
def client():
    """Two processes of one thread each; what is killed comes back."""
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        yield client


class Deadly(WordTokenizer):
    """Kills the process in which it meets a word for the nth time."""

    def __init__(self, word, times, folder):
        self.word, self.times, self.folder = word, times, folder
        self.folder.mkdir(exist_ok=True)

    def encode(self, text):
        if self.word in text:
            count = len(list(self.folder.iterdir())) + 1
            (self.folder / f"{count}").write_text(str(os.getpid()))
            if count in self.times:
                os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
        return super().encode(text)


def test_as_in_one_process(files, client, capsys):
    model = make()
    assert scale.memorize_corpus("texts", model, client) == list(files)
    assert state(model) == state(memorized(files))
    shown = capsys.readouterr().err
    assert "reading: 2.09k tokens" in shown
    assert "memorizing: 100%" in shown
    scale.forget_corpus("texts", model, client)
    assert state_of_matrix(model) == state_of_matrix(make())


@pytest.mark.parametrize("times", [[1], [2]], ids=["while it reads", "while it adds up"])
def test_a_worker_that_is_killed_loses_nothing(times, files, client, tmp_path):
    deadly = Deadly("pot is blue", times, tmp_path / "met")  # in the last part
    model = make(tokenizer=deadly)
    scale.memorize_corpus("texts", model, client)
    assert not psutil.pid_exists(int((tmp_path / "met" / str(times[0])).read_text()))
    assert (tmp_path / "met" / "3").exists()  # what was lost was done again
    assert state_of_matrix(model) == state_of_matrix(memorized(files))


def allow_failures(client, count):
    def allow(dask_scheduler):
        dask_scheduler.allowed_failures = count

    client.run_on_scheduler(allow)


def test_a_part_that_kills_every_worker_is_given_up(client, tmp_path):
    model = make(tokenizer=Deadly("pot is blue", range(2, 99), tmp_path / "met"))
    allow_failures(client, 0)
    with pytest.raises(me.BackendError, match="was lost with its worker again and again"):
        scale.memorize_corpus("texts", model, client)
    allow_failures(client, 3)
    assert model.texts == {}


def test_a_file_that_is_no_text_is_named(client):
    Path("texts/b.gz").write_bytes(gzip.compress(b"to be \xff or not"))
    model = make()
    with pytest.raises(me.InputError, match=r"texts/b.gz is not UTF-8 text"):
        scale.memorize_corpus("texts", model, client)
    assert state_of_matrix(model) == state_of_matrix(make())


@pytest.mark.parametrize("here", [True, False])
def test_a_bag_of_texts(here, client):
    texts = [TEXT, OTHER, TEXT, "And this besides.", "And that as well."]
    bag = bags.from_sequence(texts, npartitions=3)
    one, model = make(), make()
    for text in texts:
        one.memorize(text)
    model.memorize("What was here before.")
    assert scale.memorize_corpus(bag, model, None if here else client) == list(one.texts)
    model.forget("What was here before.")
    assert state(model) == state(one)
    scale.forget_corpus(bag, model, None if here else client)
    assert state_of_matrix(model) == state_of_matrix(make())


def test_a_text_in_a_bag_that_is_none(client):
    model = make()
    with pytest.raises(me.InputError, match="at least two tokens"):
        scale.memorize_corpus(bags.from_sequence([TEXT, "word"], npartitions=1), model, client)
    assert model.texts == {}


def test_sums_on_workers_stay_exact(monkeypatch):
    monkeypatch.setitem(me.memory.EXACT_UP_TO, "float32", 40.0)
    many = make().matrix + 30
    both = scale._add(many, many)
    assert both.dtype == "float64"
    assert (both == 60).all()


def test_begun_here_and_finished_on_a_cluster(files, client, monkeypatch):
    monkeypatch.setattr(scale, "SECONDS", -1)
    names = list(files)
    with stopped_after(5):
        scale.memorize_corpus(names, make(), checkpoint="work")
    assert len(storage.read("work")[1]["done"]) == 5
    model = make()
    scale.memorize_corpus(names, model, client, checkpoint="work")
    assert state(model) == state(memorized(files))
    assert len(storage.read("work")[1]["done"]) == 9
