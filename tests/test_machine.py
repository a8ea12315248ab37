"""Everything that changes a model, in any order, against the formulas written out in loops."""

import contextlib
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from oracle import Oracle

import memo_edu as me

pytestmark = pytest.mark.filterwarnings("ignore:Layer .* memorizes nothing")
WORDS = ["tea", " tea", " cup", " is", " hot", ",", ".", " Été", " \ud800", "\n\nNo", "\0"]
# Two tokens at least: a word, and a stop that no word takes in.
text = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(
    lambda t: "a" + "".join(t) + "!"
)
in_file = text.filter(lambda words: "\ud800" not in words)
row = st.lists(st.integers(0, 5), min_size=6, max_size=6).filter(lambda ids: 0 not in ids[:3])
rows = st.lists(row, min_size=1, max_size=3)


class Stopped(Exception):
    """Somebody pressed Stop."""


class Library(RuleBasedStateMachine):
    """A model of texts, files and rows of ids, merged, saved, and forgotten."""

    encoder, operations = "binding", 0

    def __init__(self):
        super().__init__()
        self.model = me.MeMo(16, 2, 2, self.encoder, backend="numpy")
        self.oracle, self.held, self.files = Oracle(self.model.encoder), {}, {}
        self.rows = Counter()
        self.folder = tempfile.TemporaryDirectory()

    def teardown(self):
        self.folder.cleanup()

    @rule(text=text)
    def memorize(self, text):
        self.held[self.model.memorize(text)] = text
        self.oracle.memorize(me.tokenize(text))

    @rule(text=text)
    def memorize_and_undo(self, text):
        self.model.forget(self.model.memorize(text))

    @rule(text=text)
    def be_stopped(self, text):
        def stop(share):
            raise Stopped

        with pytest.raises(Stopped):
            self.model.memorize(text, watch=stop)

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def forget(self, data):
        name = data.draw(st.sampled_from(list(self.held)))
        self.model.forget(name)
        self.oracle.forget(me.tokenize(self.held.pop(name)))

    @rule(rows=rows)
    def memorize_ids(self, rows):
        self.model.memorize_ids(rows)
        self.oracle.memorize_ids(rows)
        self.rows.update(map(tuple, rows))

    @precondition(lambda self: +self.rows)
    @rule(data=st.data())
    def forget_ids(self, data):
        gone = data.draw(st.sampled_from(sorted(+self.rows)))
        self.model.forget_ids([gone])
        self.oracle.forget_ids([gone])
        self.rows[gone] -= 1

    @rule(rows=rows)
    def forget_ids_that_are_not_there(self, rows):
        if not Counter(map(tuple, rows)) <= self.rows and not any(0 in one for one in rows):
            with pytest.raises(me.NotMemorizedError):
                self.model.forget_ids(rows)

    @rule(texts=st.lists(in_file, min_size=1, max_size=2))
    def memorize_corpus(self, texts):
        files = {}
        for words in texts:
            path = Path(self.folder.name, f"{len(self.files) + len(files)}.txt")
            path.write_text(words, encoding="utf-8", newline="\n")
            files[str(path)] = words
        names = me.scale.memorize_corpus(list(files), self.model)
        assert names == list(files)
        for words in texts:
            self.oracle.memorize(me.tokenize(words))
        self.files.update(files)

    @precondition(lambda self: any(self.files.values()))
    @rule(data=st.data(), read_again=st.booleans())
    def forget_corpus(self, data, read_again):
        file = data.draw(st.sampled_from([name for name, words in self.files.items() if words]))
        words, before = self.files[file], set(self.model.texts)
        if read_again:
            me.scale.forget_corpus(file, self.model)
        else:  # by its words: of equal texts the latest
            self.model.forget(words)
        (gone,) = before - set(self.model.texts)
        assert gone == file or not read_again
        assert self.held.pop(gone, self.files.get(gone)) == words
        if gone in self.files:
            self.files[gone] = None
        self.oracle.forget(me.tokenize(words))

    @rule(texts=st.lists(text, max_size=2), rows=st.lists(row, max_size=2))
    def merge(self, texts, rows):
        other = self.model.blank()
        for words in texts:
            other.memorize(words)
            self.oracle.memorize(me.tokenize(words))
        if rows:
            other.memorize_ids(rows)
            self.oracle.memorize_ids(rows)
            self.rows.update(map(tuple, rows))
        before = set(self.model.texts)
        self.model.merge(other)
        new = [name for name in self.model.texts if name not in before]
        self.held.update(zip(new, texts, strict=True))

    @rule()
    def save_and_load(self):
        path = Path(self.folder.name, "memory")
        self.model.save(path)
        self.model = me.MeMo.load(path, backend="numpy")

    @invariant()
    def equals_the_formulas(self):
        type(self).operations += 1
        kept = np.linalg.norm(self.model.matrix - self.oracle.matrix)
        assert kept <= (0 if self.encoder == "binding" else 1e-4)
        tokens = {name: len(me.tokenize(words)) for name, words in self.held.items()}
        tokens |= {file: len(me.tokenize(words)) for file, words in self.files.items() if words}
        assert self.model.texts == tokens
        with contextlib.suppress(me.NotMemorizedError):
            found = dict(self.model.predict("a tea is", top=99).candidates)
            expected = self.oracle.scores(me.tokenize("a tea is"))
            assert found == pytest.approx(expected, abs=1e-4)
        assert set(self.model._vocabulary.tokens) == set(self.oracle.candidates)


class ProjectedLibrary(Library):
    """The same with the paper's encoder."""

    encoder = "projection"


@pytest.mark.parametrize("library", [Library, ProjectedLibrary])
def test_whatever_was_done_the_memory_is_what_the_formulas_say(library):
    options = {"derandomize": True, "deadline": None, "print_blob": False}
    run_state_machine_as_test(
        library, settings=settings(max_examples=18, stateful_step_count=20, **options)
    )
    assert library.operations > 300
