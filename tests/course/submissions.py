"""Synthetic submissions: a solved notebook, with answers replaced, or with its cells in a mess."""

import copy
import importlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell

from memo_edu.course.execute import functions_in, is_test, name_of

OWN = Path(__file__).parent.glob("[!t]*.py")  # a module with submissions for each
ASSIGNMENTS = sorted(path.stem for path in OWN if path.stem != "submissions")
ESSAY = "I do not agree. The plain memory loses everything at once; the fading one never does."


@dataclass
class Case:
    """A submission, and what it should get.

    Attributes:
        points: what it should get, without the written answer.
        says: what the student should read about it; or a list of such sentences.
        answers: name of an answer -> code in its place; ... leaves the stub, None no cell.
        mangle: a function that changes the solved notebook, or returns bytes in its place.
    """

    points: float
    says: str = ""
    answers: dict = field(default_factory=dict)
    mangle: object = None


def cases(assignment):
    """All submissions of a problem set: its own, and the hostile ones that go with any."""
    own = importlib.import_module(assignment)
    full = own.POINTS
    hostile = {
        **{name: Case(full, says, mangle=mangle) for name, (says, mangle) in HARMLESS.items()},
        **{name: Case(0, says, mangle=mangle) for name, (says, mangle) in HOPELESS.items()},
    }
    # The rest tries the graders, not the problem set: once is enough.
    chosen = hostile if assignment == "ps1" else EVERYWHERE
    return {**{name: hostile[name] for name in chosen}, **own.SUBMISSIONS}


def handed_in(assignment):
    """The same, but mistakes in different exercises are made by one student, to grade fewer.

    Returns:
        A dict of name -> Case; says is a list. The name is that of the first mistake.
    """
    full, alone, students = importlib.import_module(assignment).POINTS, {}, []
    for name, case in cases(assignment).items():
        changed = exercises(case)
        if not changed:
            alone[name] = _together(full, case)
            continue
        apart = (s for s in students if not any(changed & exercises(c) for c in s.values()))
        student = next(apart, None)
        if student is None:
            students.append(student := {})
        student[name] = case
    return alone | {next(iter(student)): _together(full, *student.values()) for student in students}


def exercises(case):
    """The numbers of the exercises that are answered in an own way; none for a mess of cells."""
    return set() if case.mangle else {name.split("-")[0] for name in case.answers}


def _together(full, *cases):
    if len(cases) == 1:
        return replace(cases[0], says=[cases[0].says])
    answers = {name: answer for case in cases for name, answer in case.answers.items()}
    lost = sum(full - case.points for case in cases)
    return Case(full - lost, [case.says for case in cases], answers)


def make(case, source, released):
    """Return the bytes of a submission.

    Args:
        case: a Case.
        source: the notebook with the solutions.
        released: the notebook that students get.
    """
    notebook, solved = copy.deepcopy(released), {}
    for cell in source.cells:
        lines = cell.source.split("\n")
        solved[name_of(cell)] = "\n".join(line for line in lines if "SOLUTION" not in line)
    for cell in list(notebook.cells):
        if cell.metadata.get("nbgrader", {}).get("solution"):
            name = name_of(cell).removeprefix("answer-")
            answer = case.answers.get(name, solved[name_of(cell)])
            cell.source = cell.source if answer is ... else answer or ""
            if cell.cell_type == "markdown":
                cell.source = ESSAY
            if answer is None:
                notebook.cells.remove(cell)
    changed = case.mangle(notebook, released) if case.mangle else None
    return changed if isinstance(changed, bytes) else json.dumps(notebook).encode()


def answer_cells(notebook):
    """The cells with code to write, in order."""
    return [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution")
    ]


# ---- Messes that cost nothing ----------------------------------------------------------------


def own_cell(code):
    """Put a cell of the student's own in the middle."""

    def mangle(notebook, _):
        cell = answer_cells(notebook)[2]
        notebook.cells.insert(notebook.cells.index(cell), new_code_cell(code))

    return mangle


def lose_marks(notebook, _):
    """As if saved by a program that drops all metadata and renames all cells."""
    for i, cell in enumerate(notebook.cells):
        cell.metadata, cell["id"] = {}, f"new-{i}"
    notebook.metadata = {}


def move(notebook, _):
    """The last exercise first, and every test before its answer."""
    notebook.cells[1:] = notebook.cells[:0:-1]


def copy_answers(notebook, released):
    """Every answer once more, below it, and an untouched stub with the same mark on top of it."""
    stubs = {name_of(cell): cell for cell in released.cells}
    for cell in answer_cells(notebook):
        place = notebook.cells.index(cell)
        again = copy.deepcopy(cell)
        again["id"] = f"{cell.id}-again"
        notebook.cells.insert(place + 1, again)
        notebook.cells.insert(place + 1, copy.deepcopy(stubs[name_of(cell)]))


def stub_left_below(notebook, released):
    """Every answer in a cell of its own, without a mark, above the untouched stub."""
    stubs = {name_of(cell): cell for cell in released.cells}
    for cell in list(notebook.cells):
        if cell.metadata.get("nbgrader", {}).get("solution"):
            place = notebook.cells.index(cell)
            below = cell.cell_type == "markdown"
            make = new_markdown_cell if below else new_code_cell
            notebook.cells[place] = copy.deepcopy(stubs[name_of(cell)])
            notebook.cells.insert(place + below, make(cell.source))


def split(notebook, _):
    """As JupyterLab splits cells: both parts keep the marks. Some in the middle of a function."""
    for number, cell in enumerate(answer_cells(notebook)):
        lines = cell.source.split("\n")
        at = len(lines) // 2 if number % 2 else len(lines) - 1
        second = copy.deepcopy(cell)
        second["id"] = f"{cell.id}-second"
        cell.source, second.source = "\n".join(lines[:at]), "\n".join(lines[at:])
        notebook.cells.insert(notebook.cells.index(cell) + 1, second)


def delete_given(notebook, _):
    """Every test, the set-up, and all other given cells are gone."""
    notebook.cells = [
        cell
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("solution") or cell.cell_type == "markdown"
    ]


def weaken_tests(notebook, _):
    """Every test says that it went well, and is worth a thousand points."""
    for cell in filter(is_test, notebook.cells):
        cell.source = "1000"
        cell.metadata["nbgrader"] |= {"points": 1000, "locked": False}


def widget_state(notebook, _):
    """Saved with the state of a widget, with outputs, and with a kernel that is not here."""
    view = {"model_id": "0815", "version_major": 2, "version_minor": 0}
    state = {"state": {"0815": {"model_name": "IntSliderModel"}}, "version_major": 2}
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": state}
    notebook.metadata["kernelspec"] = {"name": "julia-9", "display_name": "J", "language": "julia"}
    output = nbformat.v4.new_output(
        "display_data", {"application/vnd.jupyter.widget-view+json": view}
    )
    answer_cells(notebook)[0].outputs = [output]


def rename(notebook, _):
    """The first function has another name."""
    cell = answer_cells(notebook)[0]
    name = min(functions_in(cell.source))
    for cell in notebook.cells:
        if not is_test(cell):
            cell.source = cell.source.replace(name, f"my_{name}")


def loud(notebook, _):
    """Every cell prints and warns."""
    for cell in answer_cells(notebook):
        cell.source += "\nimport sys, warnings\nprint('hm')\nwarnings.warn('ouch')\n1 / 3"


PEEK = """
import glob, os
found = []
for path in ("../../..", "/tmp", os.path.expanduser("~/.."), PLACES):
    for name in ("secret_seed.txt", "gradebook.db", "source/ps1/ps1.ipynb", "evil.txt"):
        for mode in ("rb", "ab"):
            try:
                found.append(open(os.path.join(path, name), mode))
            except OSError:
                pass
assert not found, found
"""
FORGE = """
import memo_edu.checks, numpy
try:
    from memo_edu.course import inside
    inside.call = lambda *given: {"value": 1, "points": 1000}
    inside.look = lambda *given: {"function": True, "value": True}
except ImportError:
    pass
"""

HARMLESS = {
    "full": ("", None),
    "marks_lost": ("was in another cell", lose_marks),
    "moved": ("had been moved", move),
    "copied": ("more than once", copy_answers),
    "stub_left": ("was in another cell", stub_left_below),
    "split": ("was split", split),
    "given_deleted": ("had been deleted", delete_given),
    "tests_weakened": ("had been changed", weaken_tests),
    "widgets": ("", widget_state),
    "renamed": ("is called", rename),
    "loud": ("", loud),
    "crash": ("", own_cell("x = 1 / 0")),
    "nonsense": ("", own_cell("def (:")),
    "loop": ("more than", own_cell("while True: pass")),
    "stubborn_loop": (
        "more than",
        own_cell("while True:\n  try: sum(range(9**9))\n  except BaseException: pass"),
    ),
    "greedy": ("", own_cell("hog = bytearray(10 * 2**30)\nhog[::4096] = bytes(len(hog[::4096]))")),
    "exit": ("", own_cell("import sys\nexit()\nsys.exit()")),
    "killed": ("ended the Python process", own_cell("import os\nos._exit(1)")),
    "flood": ("more than", own_cell("while True: print('x' * 10000)")),
    "peeks": ("", own_cell(PEEK.replace("PLACES", "'/'"))),
}
HOPELESS = {
    "untouched": ("", lambda notebook, released: nbformat.writes(released).encode()),
    "pdf": ("not even text", lambda *_: b"%PDF-1.7\n\xff\xfe\x00"),
    "empty": ("empty", lambda *_: b""),
    "cut_off": ("cut off", lambda notebook, _: nbformat.writes(notebook).encode()[:5000]),
    "no_cells": ("has no cells", lambda *_: json.dumps({"nbformat": 4}).encode()),
    "forged": ("", lambda notebook, released: _forge(released)),
}
EVERYWHERE = (
    *("full", "untouched", "pdf", "moved", "copied", "split", "widgets", "renamed"),
    *("given_deleted", "crash", "loop", "greedy", "exit", "killed"),
)


def _forge(released):
    notebook = copy.deepcopy(released)
    notebook.cells.append(new_code_cell(FORGE))
    notebook.cells.insert(0, new_code_cell(FORGE))
    return nbformat.writes(notebook).encode()
