"""Every way in is tried with good input made bad; only a MemoError may come out, and a sentence.

`python tests/fuzz.py` tries them all and prints a table; a case is known by its number alone.
"""

import argparse
import concurrent.futures
import contextlib
import copy
import faulthandler
import functools
import hashlib
import io
import json
import os
import random
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import numpy as np
import psutil
from mutate import (
    json_bytes,
    mutated_bytes,
    mutated_json,
    mutated_npy,
    mutated_zip,
    zipped,
)

import memo_edu as me
from memo_edu.corpus import read_file
from memo_edu.course import inside, wire
from memo_edu.course.execute import Judge, verdict
from memo_edu.course.mend import mend
from memo_edu.course.source import MARKS
from memo_edu.course.submissions import collect, notebook_of
from memo_edu.errors import FileFormatError
from memo_edu.ledger import Note
from memo_edu.rows import Rows
from memo_edu.text import WordTokenizer

# ---- Text ------------------------------------------------------------------------------------

PIECES = ["\ud83d", "\udf75", "\0", "e\u0301", "\u200f\u05d0\u05d1", "\u202e", "\u200d", "\ufeff"]
PIECES += [
    "\r\n",
    "\r",
    "\n",
    "\x0b",
    "\x0c",
    "\x1c",
    "\x85",
    "\u2028",
    "\u3000",
    "\u00a0",
    " ",
    "\t",
]
PIECES += ["tea", "Été", "東京", "_", "'", "...", "3.14", "\U0001f375", "\u0301", "\U0010ffff"]


def any_text(rng, most=60):
    """A text of odd pieces and of any characters at all."""
    count = rng.randint(0, most)
    return "".join(
        rng.choice(PIECES) if rng.random() < 0.7 else chr(rng.randrange(sys.maxunicode + 1))
        for _ in range(count)
    )


def tokenizer(rng, folder):
    """A text is its tokens; cut anywhere and read on, it is the same ones."""
    text = any_text(rng)
    tokens = me.tokenize(text)
    assert me.detokenize(tokens) == text
    assert all(tokens)
    assert not any(token.isspace() for token in tokens[:-1])
    cuts, found, held = sorted(rng.randint(0, len(text)) for _ in range(rng.randint(0, 9))), [], ""
    for start, stop in zip([0, *cuts], [*cuts, None], strict=True):
        part, held = WordTokenizer().encode_part(held + text[start:stop])
        found += part
    assert found + me.tokenize(held) == tokens
    return "round trip"


ROWS = Rows(None, heads=2, vocab_size=None)


def pieces_of_files(rng, folder):
    """A file read in pieces of any size is the whole file, whatever ends its lines."""
    file, text = Path(folder, "text"), any_text(rng)
    data = text.encode("utf-8", "replace" if rng.random() < 0.9 else "surrogatepass")
    if rng.random() < 0.1:
        data = mutated_bytes(rng, data)
    file.write_bytes(data)
    size = rng.choice([1, 2, 3, 5, 8, 50, 10_000])
    try:
        found = read_file(str(file), ROWS, span=4, size=size)
    except me.InputError:
        with contextlib.suppress(UnicodeError):
            assert len(me.tokenize(file.read_text(encoding="utf-8"))) < 2
        return "refused"
    tokens = me.tokenize(file.read_text(encoding="utf-8"))
    again = [row[first:] for row, first in (piece.row(ROWS) for piece in found.pieces)]
    assert [token for part in again for token in part] == tokens
    assert found.note == Note.of(tokens)
    assert found.counts == Counter(tokens)
    return "read"


# ---- Saved memories --------------------------------------------------------------------------


@functools.cache
def memories():
    """The members of some good files: a list of name -> bytes."""
    found = []
    make = functools.partial(me.MeMo, 8, 2, 2, backend="numpy")
    models = [make("binding"), make("projection", alpha=0.5, penalty=True)]
    models += [make("binding", repeats="once"), make("binding", vocab_size=9)]
    for model in models:
        if model.vocab_size is None:
            model.memorize("The tea is hot. The cup is red, \ud800.", "tea")
            model.memorize("A ship sails at noon, and the tea is hot.")
        if model.config["repeats"] == "count":
            model.memorize_ids([[1, 2, 3, 4, 5, 6, 7, 8], [3, 1, 4, 1, 5, 0, 0, 0]])
        with tempfile.TemporaryDirectory() as folder:
            model.save(Path(folder, "memory"))
            with zipfile.ZipFile(Path(folder, "memory")) as archive:
                found.append({name: archive.read(name) for name in archive.namelist()})
    return found


def signed(parts):
    """The same members with checksums that fit, so that a reader goes on to what is in them."""
    about = json.loads(parts["about.json"])
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in parts.items()}
    del sums["about.json"]
    return {**parts, "about.json": json.dumps({**about, "sha256": sums}).encode()}


def mutated_memory(rng):
    """A file that is nearly a memory."""
    parts = dict(rng.choice(memories()))
    way, name = rng.randrange(5), rng.choice([*parts])
    if way == 0:
        return mutated_bytes(rng, zipped(parts))
    if way == 1:
        return mutated_zip(rng, parts)
    if name.endswith(".npy"):
        parts[name] = mutated_npy(rng, parts[name])
    elif way == 2:
        parts[name] = mutated_bytes(rng, parts[name])
    else:
        value = json.loads(parts[name].decode("utf-8", "surrogatepass"))
        parts[name] = json_bytes(mutated_json(rng, value))
    return zipped(parts if name == "about.json" else signed(parts))


def loader(rng, folder):
    """A file that is nearly a memory is refused; or it is one, and does all that a memory does."""
    file = Path(folder, "memory")
    file.write_bytes(mutated_memory(rng))
    try:
        model = me.MeMo.load(file, backend="numpy")
    except me.MemoError as fault:
        return "refused" if len(str(fault)) > 20 else "refused without a reason"
    _use(model, folder)
    return "loaded"


def _use(model, folder):
    """Do with a model all that can be done."""
    assert np.all(np.abs(model.matrix) < 2.0**53)
    assert repr(model)
    assert model._repr_html_()
    context = "The tea is" if model.vocab_size is None else [1, 2, 3]
    for action in (
        lambda: repr(model.predict(context)),
        lambda: repr(model.explain(context)),
        lambda: model.recite("The tea", max_tokens=2),
        lambda: model.merge(model.blank()),
        lambda: model.memorize_ids([[1, 2, 3, 4]]),
        lambda: model.memorize("Hot tea, and no more of it.", "a new one"),
        *(functools.partial(model.forget, name) for name in [*model.texts][:3]),
        lambda: model.save(Path(folder, "again")),
    ):
        with contextlib.suppress(me.MemoError):
            action()


# ---- What students send ----------------------------------------------------------------------


def marked(name, source, kind="code", **marks):
    make = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
    cell = make(source, id=f"r-{name}")
    cell.metadata["nbgrader"] = {**MARKS, "grade_id": name, **marks}
    return cell


STUB = "def {}(a):\n    raise NotImplementedError"


@functools.cache
def released():
    """A small problem set: a given cell, two answers, their tests, a written answer."""
    cells = [
        nbformat.v4.new_markdown_cell("# Problem set", id="title"),
        marked("setup", "import math", locked=True),
        marked("answer-1", STUB.format("f"), solution=True),
        marked("1a", "# 2 points", grade=True, locked=True, points=2),
        marked("answer-2", STUB.format("g"), solution=True),
        marked("2a", "# 2 points", grade=True, locked=True, points=2),
        marked("3", "YOUR ANSWER HERE", "markdown", grade=True, solution=True, points=3),
    ]
    return nbformat.v4.new_notebook(cells=cells)


CODE = ["def f(a):\n    return a", "def g(a):\n    return", "def f(a:", "    return 2", "x = 1"]
CODE += [
    "-" * 5000 + "1",
    "(" * 300,
    "1+" * 5000 + "1",
    "[" * 90 + "]" * 90,
    "\0",
    "def {}(): pass",
]
CODE += ["def \uff46(a): pass", "# -*- coding: utf-7 -*-", "\\", "'\ud800'", "f'{'", "%%html\n<b>"]
CODE += [
    "x" + ".a" * 5000,
    "lambda:" * 2000 + "0",
    "\x0c",
    "if 1:\n" + " " * 9 + "1",
    "not " * 9999,
]


def handed_in(rng):
    """A notebook as a student might have left it, as a dict."""
    notebook = copy.deepcopy(released())
    for cell in notebook.cells:
        if rng.random() < 0.4 and "answer" in cell.id:
            cell.source = rng.choice(CODE)
    for _ in range(rng.choice([0, 0, 1, 2, 3])):
        cell = copy.deepcopy(rng.choice(notebook.cells))
        cell.source = rng.choice([cell.source, rng.choice(CODE)])
        notebook.cells.insert(rng.randint(0, len(notebook.cells)), cell)
    notebook = json.loads(json.dumps(notebook))
    notebook["metadata"] = {"memo_edu": {"student": rng.choice(["Bo", "\ud800", "a\0", ""])}}
    if rng.random() < 0.1:
        return {"nbformat": 3, "worksheets": [notebook], "metadata": {}}
    return notebook


def mutated_notebook(rng):
    """A file that is nearly a notebook."""
    if rng.random() < 0.01:
        return b'{"cells": ' + b"[" * 100_000
    write = rng.choice([json_bytes, lambda data: json.dumps(data).encode()])
    if rng.random() < 0.8:
        return write(mutated_json(rng, handed_in(rng)))
    return mutated_bytes(rng, write(handed_in(rng)))


def notebooks(rng, folder):
    """Whatever bytes a student sends: a sentence, or a notebook that nbgrader can grade."""
    try:
        notebook = notebook_of(mutated_notebook(rng))
    except FileFormatError as fault:
        assert_is_sentence(str(fault))
        return "a sentence"
    made = mend(notebook, released(), ["It came late."])
    assert_gradable(made)
    graded = mend(made, released())  # nbgrader mends once more
    assert_gradable(graded)
    assert nbformat.writes(mend(graded, released())) == nbformat.writes(graded)
    return "graded"


def assert_gradable(made):
    """It can be written, and has every cell of the problem set, once and in order."""
    nbformat.validate(json.loads(nbformat.writes(made).encode()))
    names = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in made.cells]
    assert [n for n in names if n] == ["setup", "answer-1", "1a", "answer-2", "2a", "3"]
    ids = [cell.id for cell in made.cells]
    assert len(set(ids)) == len(ids)


def assert_is_sentence(text):
    assert text.endswith((".", "?")), text
    text.encode()  # so it can be written to a file


def zips(rng, folder):
    """Whatever zip a course site sends: one sentence, or for every file a student of its own."""
    files = {"Bo Ek_1_assignsubmission_file_/ps1.ipynb": mutated_notebook(rng)}
    files |= {"anna_LATE_2_3_ps1.ipynb": b"{}", "1/anna.ipynb": b"", "2/Anna.ipynb": b"{"}
    files |= {"anna-2.ipynb": b"[]", "1/case.json": b"{}"}
    data = mutated_zip(rng, files)
    if rng.random() < 0.3:
        data = mutated_bytes(rng, data)
    place = Path(folder, "all.zip")
    place.write_bytes(data)
    before = sorted(os.listdir(folder))
    try:
        found = collect(place, "ps1")
    except me.MemoError as fault:
        assert_is_sentence(str(fault))
        return "a sentence"
    assert sorted(os.listdir(folder)) == before
    assert len({one.student.casefold() for one in found}) == len(found)
    for one in found:
        assert one.student
        assert Path(one.student).name == one.student
        assert len(one.student) < 100
        assert one.notebook is not None or one.remarks
        for remark in one.remarks:
            assert_is_sentence(remark)
        one.file.encode()
    return "collected"


# ---- What a submission answers ---------------------------------------------------------------


class Kernel:
    """A submission that answers whatever it likes."""

    def __init__(self, replies):
        self.replies = replies

    def ask(self, **request):
        reply = json.loads(self.replies.pop(0))
        if not isinstance(reply, dict):
            raise ValueError("an answer that can't be read")
        return reply


TEST = """
import numpy as np
from memo_edu.checks import Wrong
given = np.arange(4.0)
answer = f(given)
if not np.allclose(answer, [1, 2, 3, 4]) or given[0] != 9:
    raise Wrong("f(0, 1, 2, 3) should be 1, 2, 3, 4.")
"""
ANSWERS = [
    np.arange(1.0, 5.0),
    2.5,
    [1, "a", None],
    {"a": (1, 2), 3: np.eye(2, dtype=bool)},
    object(),
]


def answers(rng, folder):
    """Whatever a submission's process replies: right, or a sentence that can be written down."""
    value = wire.encode(rng.choice(ANSWERS), inside.keep)
    changed = {"0": wire.encode(np.full(4, 9.0))}
    reply = {"value": value, "changed": rng.choice([changed, {}])}
    reply = rng.choice([reply, reply, reply, {"error": "\ud800 is wrong"}, {"stub": True}])
    first, second = {"function": True}, reply
    if rng.random() < 0.2:
        first = mutated_json(rng, rng.choice([first, {"value": value}, {"missing": ["f", "g"]}]))
    replies = [json.dumps(first), json.dumps(mutated_json(rng, second)), *["{}"] * 9]
    says = Judge(Kernel(replies), released()).judge(TEST)
    assert says is None or says.strip()
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=verdict(says))])
    nbformat.validate(json.loads(nbformat.writes(made).encode()))
    return "right" if says is None else "a sentence"


# ---- Run -------------------------------------------------------------------------------------

TARGETS = [tokenizer, pieces_of_files, loader, notebooks, zips, answers]
CASES = 100_000
CHUNK = 2500
HANGS = 60  # seconds


@dataclass
class Report:
    """What came out of some cases.

    Attributes:
        name: what was tried.
        outcomes: what came out -> how often.
        crashes: (number of the case, the end of the traceback) of each.
        slowest: seconds of the slowest case on the processor.
        growth: bytes by which the process grew.
    """

    name: str
    outcomes: Counter = field(default_factory=Counter)
    crashes: list = field(default_factory=list)
    slowest: float = 0.0
    growth: int = 0

    def add(self, other):
        self.outcomes += other.outcomes
        self.crashes += other.crashes
        self.slowest = max(self.slowest, other.slowest)
        self.growth = max(self.growth, other.growth)


def target(name):
    return next(one for one in TARGETS if one.__name__ == name)


def run_case(name, number, folder):
    """Try one case; what is wrong is raised."""
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        return target(name)(random.Random(f"{name} {number}"), folder)


def run(name, numbers):
    """Try some cases, and return a Report."""
    report, process = Report(name), psutil.Process()
    with tempfile.TemporaryDirectory() as folder:
        before = process.memory_info().rss
        for number in numbers:
            faulthandler.dump_traceback_later(HANGS, exit=True)
            start = time.process_time()
            try:
                report.outcomes[run_case(name, number, folder)] += 1
            except Exception as crash:  # that none comes is what is tried here
                end = traceback.extract_tb(crash.__traceback__)[-1]
                where = f"{Path(end.filename).name}:{end.lineno}"
                report.crashes.append((number, f"{type(crash).__name__}: {crash!s:.200} ({where})"))
            report.slowest = max(report.slowest, time.process_time() - start)
        faulthandler.cancel_dump_traceback_later()
        report.growth = max(0, process.memory_info().rss - before)
    return report


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=[one.__name__ for one in TARGETS])
    parser.add_argument("--cases", type=int, default=CASES, help="of each; %(default)s")
    parser.add_argument("--first", type=int, default=0, help="the number of the first case")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    asked = parser.parse_args()
    numbers = range(asked.first, asked.first + asked.cases)
    chunks = [numbers[i : i + CHUNK] for i in range(0, asked.cases, CHUNK)]
    print(f"{'tried':16}{'cases':>9}{'crashes':>9}{'slowest':>10}{'grew by':>9}  outcomes")
    crashes = 0
    with concurrent.futures.ProcessPoolExecutor(asked.jobs) as pool:
        for name in asked.names:
            total = Report(name)
            for report in pool.map(functools.partial(run, name), chunks):
                total.add(report)
            show(total, asked.cases)
            crashes += len(total.crashes)
    sys.exit(crashes > 0)


def show(report, cases):
    """Print a row of the table, and one case of every kind of crash."""
    outcomes = ", ".join(f"{n:,} {what}" for what, n in report.outcomes.most_common())
    slowest, grew = f"{report.slowest * 1000:,.0f} ms", f"{report.growth / 2**20:,.0f} MB"
    row = f"{report.name:16}{cases:9,}{len(report.crashes):9,}{slowest:>10}{grew:>9}"
    print(f"{row}  {outcomes}", flush=True)
    seen = Counter()
    for number, what in report.crashes:
        kind = what.partition(":")[0] + what.rpartition("(")[2]
        seen[kind] += 1
        if seen[kind] <= 2:
            print(f"    case {number}: {what}")


if __name__ == "__main__":
    main()
