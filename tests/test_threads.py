"""Several threads at one model, and several threads in one product: the memory is never torn."""

import copy
import itertools
import random
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from models import both_encoders, make
from threadpoolctl import threadpool_info, threadpool_limits

import memo_edu as me
from memo_edu.alone import Lock

pytestmark = pytest.mark.filterwarnings("ignore:Layer .* memorizes nothing")
THREADS, ROUNDS = 4, 12


@pytest.fixture(autouse=True)
def _many_switches():
    """Let threads take turns as often as Python can, so that what can be torn is torn."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def together(*actions):
    """Run each in a thread of its own, begun at once, and raise what one of them raised."""
    faults, gate = [], threading.Barrier(len(actions))

    def run(action):
        try:
            gate.wait()
            action()
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run, args=[action], daemon=True) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads), "they wait for each other"
    if faults:
        raise faults[0]


def text(number):
    stream = random.Random(repr(number))
    own = f"w{stream.random()}"
    return " ".join(stream.choice(["tea", "cup", "hot", "is", own]) for _ in range(12))


def assert_equal(model, kept):
    """The model is the one that holds these texts, bit for bit."""
    rebuilt = make()
    for one in kept:
        rebuilt.memorize(one)
    np.testing.assert_array_equal(model.matrix, rebuilt.matrix)
    assert sorted(model.originals().values()) == sorted(kept)
    assert model._ledger.targets == rebuilt._ledger.targets
    assert set(model._vocabulary.tokens) == set(rebuilt._vocabulary.tokens)


def test_threads_that_memorize_and_forget_leave_what_one_would():
    model = make()

    def work(thread):
        for number in range(ROUNDS):
            kept, gone = text((thread, number)), text((thread, number, "gone"))
            model.memorize(gone)
            model.memorize(kept)
            model.forget(gone)

    together(*(lambda thread=thread: work(thread) for thread in range(THREADS)))
    assert_equal(model, [text(pair) for pair in itertools.product(range(THREADS), range(ROUNDS))])


def test_threads_that_ask_find_a_memory_before_or_after_a_change(tmp_path):
    model = make()
    model.memorize("tea is hot and tea is red", "kept")
    more = [text(number) for number in range(6)]
    whole = []
    for stop in range(len(more) + 1):
        one = make()
        for other in ["tea is hot and tea is red", *more[:stop]]:
            one.memorize(other)
        whole.append(one)
    matrices = {one.matrix.tobytes(): one for one in whole}
    scores = {one.predict("tea is").score for one in whole}
    done, paths = threading.Event(), itertools.count()

    def write():
        try:
            for _ in range(4):
                for one in more:
                    model.memorize(one)
                for one in reversed(more):
                    model.forget(one)
        finally:
            done.set()

    def ask():
        while not done.is_set():
            assert model.predict("tea is").score in scores
            explained = model.explain("tea is", top=1)
            assert explained.votes.sum() == pytest.approx(explained.candidates[0][1])
            assert model.recall("tea is hot and tea is red").accuracy > 0
            assert "kept" in repr(dict(model.texts))

    def save():
        while not done.is_set():
            path = Path(tmp_path, str(next(paths)))
            model.save(path)
            loaded = me.MeMo.load(path, backend="numpy")
            assert len(loaded.texts) == len(matrices[loaded.matrix.tobytes()].texts)

    together(write, ask, save)


def test_two_models_are_merged_into_each_other_at_once():
    one, other = make(), make()
    one.memorize("tea is hot")
    other.memorize("the cup is red")
    both = make()
    both.memorize("tea is hot")
    both.memorize("the cup is red")

    def twice(first, second):
        for _ in range(3):
            first.merge(second)

    together(lambda: twice(one, other), lambda: twice(other, one))
    for model in (one, other):
        counts = [sum(name.startswith(word) for name in model.texts) for word in ("tea", "the")]
        expected = sum(n * m.matrix for n, m in zip(counts, _singles(), strict=True))
        np.testing.assert_array_equal(model.matrix, expected)


def _singles():
    for one in ("tea is hot", "the cup is red"):
        model = make()
        model.memorize(one)
        yield model


def test_a_model_is_merged_while_it_changes():
    model, other = make(), make()
    model.memorize(text("first"))

    def change():
        for number in range(ROUNDS):
            other.memorize(text(number))
            other.forget(text(number))
            model.memorize(text((1, number)))

    def merge():
        for _ in range(ROUNDS):
            model.merge(other)

    together(change, merge)
    assert_equal(model, list(model.originals().values()))


def test_a_corpus_and_texts_at_once(tmp_path):
    for number in range(4):
        Path(tmp_path, f"{number}.txt").write_text(text(number))
    model = make()

    def write():
        for number in range(ROUNDS):
            model.memorize(text((1, number)))

    def corpus():
        me.scale.memorize_corpus(tmp_path, model)
        me.scale.forget_corpus(tmp_path, model)

    together(write, corpus)
    assert_equal(model, [text((1, number)) for number in range(ROUNDS)])


@pytest.mark.parametrize("work", ["memorize_corpus", "forget_corpus"])
def test_what_is_memorized_while_a_corpus_is_read_is_not_lost(work, tmp_path, monkeypatch):
    model, add_up, threads = make(), me.scale._sum, []
    file = tmp_path / "x.txt"
    file.write_text("the cup is red")
    if work == "forget_corpus":
        me.scale.memorize_corpus(file, model)

    def disturbed(*given):
        threads.append(threading.Thread(target=model.memorize, args=["tea is hot"]))
        threads[0].start()
        threads[0].join(0.2)
        assert "tea is hot" not in model.texts
        return add_up(*given)

    monkeypatch.setattr(me.scale, "_sum", disturbed)
    getattr(me.scale, work)(file, model)
    threads[0].join()
    assert len(model.texts) == (2 if work == "memorize_corpus" else 1)
    assert "tea is hot" in model.texts


def test_rows_of_ids_at_once():
    model, rows = make(), np.arange(1, 9)[None, :]

    def work():
        for _ in range(ROUNDS):
            model.memorize_ids(rows)
            model.memorize_ids(rows)
            model.forget_ids(rows)

    together(*[work] * THREADS)
    one = make()
    one.memorize_ids(rows)
    np.testing.assert_array_equal(model.matrix, THREADS * ROUNDS * one.matrix)
    assert list(model._ledger.rows.values()) == [THREADS * ROUNDS]


def test_calls_that_belong_together_are_held_together():
    model = make()
    model.memorize("tea is hot", "tea")

    def rename():
        for _ in range(ROUNDS):
            with model.lock:
                model.forget("tea")
                model.memorize("tea is hot", "tea")

    def look():
        for _ in range(99):
            assert list(model.texts) == ["tea"]

    together(rename, look, look)


def test_what_fails_or_is_stopped_lets_the_others_go_on():
    model = make()

    def stop(share):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.memorize("tea is hot", watch=stop)
    with pytest.raises(me.InputError):
        model.memorize("")
    together(lambda: model.memorize("tea is hot"))
    assert list(model.texts) == ["tea is hot"]


def test_who_watches_may_ask_the_model():
    model, seen = make(), []
    model.memorize("tea is hot", watch=lambda share: seen.append(dict(model.texts)))
    assert seen == [{}]


def test_a_blank_model_waits_for_nobody_else():
    model = make()
    assert model.blank().lock is not model.lock
    assert copy.deepcopy(model.lock) is not model.lock
    assert isinstance(copy.deepcopy(model.lock), Lock)


# ---- Threads of a product --------------------------------------------------------------------


def answers(count, dim, doublings=0):
    """All that a binding model says, computed with so many threads."""
    words = np.random.default_rng(0).integers(0, 200, 500)
    long = " ".join(f"w{word}" for word in words)
    with threadpool_limits(count, "blas"):
        assert {one["num_threads"] for one in threadpool_info()} == {count}
        model = me.MeMo(dim, encoder="binding", backend="numpy")
        model.memorize(long)
        for _ in range(doublings):
            model.merge(model)
        model.memorize(me.sample_texts()["atlas"])
        predicted = [model.predict(context, top=10**4) for context in ("", "w1 w2", long[:900])]
        recalled = model.recall(long).answers
        told = recalled, [p.token for p in predicted], model.recite(long[:200], max_tokens=9)
        scores = [(score, p.p_noise) for p in predicted for _, score in sorted(p.candidates)]
        return model.matrix.tobytes(), told, scores


@pytest.mark.parametrize("dim", [510, 1024])
def test_binding_is_the_same_bit_for_bit_with_any_number_of_threads(dim):
    one, two, four = (answers(count, dim) for count in (1, 2, 4))
    assert one == two == four


def test_votes_whose_sums_pass_2_to_the_24_are_the_same_to_rounding():
    one, *others = (answers(count, 510, doublings=12) for count in (1, 2, 4))
    for other in others:
        assert other[:2] == one[:2]
        np.testing.assert_allclose(other[2], one[2], rtol=1e-5, atol=1e-3)


@both_encoders
def test_threads_that_memorize_with_threads_in_their_products(encoder):
    model, apart = make(encoder, dim=256), make(encoder, dim=256)
    with threadpool_limits(2, "blas"):
        together(*(lambda n=n: model.memorize(text(n) * 30) for n in range(3)))
        for number in range(3):
            apart.memorize(text(number) * 30)
    tolerance = 0 if encoder == "binding" else 1e-5
    np.testing.assert_allclose(model.matrix, apart.matrix, rtol=0, atol=tolerance * 100)
