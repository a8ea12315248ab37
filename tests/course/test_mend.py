"""A submission in disorder is laid over the released notebook, and nothing of it is lost."""

import copy

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell
from submissions import ASSIGNMENTS, ESSAY, HARMLESS, Case, make

from memo_edu.course.execute import name_of
from memo_edu.course.mend import START, TOP, mend
from memo_edu.course.source import MARKS
from memo_edu.course.submissions import notebook_of


def new_notebook(cells):
    """A notebook that may be as broken as it likes."""
    return nbformat.from_dict({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def marked(name, source, code=True, **marks):
    cell = new_code_cell(source) if code else new_markdown_cell(source)
    cell.metadata["nbgrader"] = {**MARKS, "grade_id": name, **marks}
    cell["id"] = f"r-{name}"
    return cell


def released():
    """Text, a given cell, an answer, its test, a question, a written answer."""
    cells = [
        marked("setup", "import math", locked=True),
        marked("answer-1", "def f(a):\n    raise NotImplementedError", solution=True),
        marked("1a", "# 2 points", grade=True, locked=True, points=2),
        new_markdown_cell("Why?", id="why"),
        marked("2", "YOUR ANSWER HERE", False, grade=True, solution=True, points=3),
    ]
    return new_notebook(cells=cells)


def mended(*cells):
    """Sources of the cells, and remarks, after mending."""
    made = mend(new_notebook(cells=list(cells)), released())
    assert [name_of(c) for c in made.cells if name_of(c)] == ["setup", "answer-1", "1a", "2"]
    top = [cell.source for cell in made.cells if cell.id == TOP]
    sources = [cell.source for cell in made.cells if cell.id != TOP]
    nbformat.validate(made)
    return sources, "".join(top).removeprefix(START)


def parts():
    return released().cells


RIGHT = "def f(a):\n    return a"
OTHER = "def f(a):\n    return 2 * a"


def test_an_untouched_notebook_stays_as_it_is():
    sources, remarks = mended(*parts())
    assert sources == [cell.source for cell in parts()]
    assert remarks == ""


def test_own_cells_stay_behind_the_cell_they_followed():
    setup, answer, test, why, written = parts()
    answer.source = RIGHT
    before, between = new_code_cell("x = 1"), new_code_cell("y = 2")
    sources, remarks = mended(before, setup, between, answer, test, why, written)
    assert sources[:4] == ["x = 1", "import math", "y = 2", RIGHT]
    assert remarks == ""


@pytest.mark.parametrize("order", ["answer first", "stub first"])
def test_an_untouched_copy_does_not_undo_an_answer(order):
    setup, answer, test, why, written = parts()
    stub = copy.deepcopy(answer)
    answer.source = RIGHT
    both = (answer, stub) if order == "answer first" else (stub, answer)
    sources, remarks = mended(setup, *both, test, why, written)
    assert [source for source in sources if "def f" in source] == [RIGHT]
    assert "more than once" in remarks


def test_the_last_copy_before_the_tests_counts():
    setup, answer, test, why, written = parts()
    first, second, late = (copy.deepcopy(answer) for _ in range(3))
    first.source, second.source, late.source = OTHER, RIGHT, OTHER + "  # later"
    sources, remarks = mended(setup, first, second, test, late, why, written)
    assert sources[1:3] == [OTHER, RIGHT]
    assert sources.index(RIGHT) < sources.index("# 2 points") < sources.index(OTHER + "  # later")
    assert "where they differ" in remarks


def test_an_answer_split_in_a_function_is_whole_again():
    setup, answer, test, why, written = parts()
    second = copy.deepcopy(answer)
    answer.source, second.source = "def f(a):\n    b = a", "    return b"
    sources, remarks = mended(setup, answer, second, test, why, written)
    assert sources[1] == "def f(a):\n    b = a\n    return b"
    assert "split" in remarks


def test_a_broken_first_try_is_not_joined_to_a_whole_second_one():
    setup, answer, test, why, written = parts()
    second = copy.deepcopy(answer)
    answer.source, second.source = "def f(a:\n    return", RIGHT
    sources, _ = mended(setup, answer, second, test, why, written)
    assert RIGHT in sources


def test_an_answer_without_its_mark_is_found_by_its_name():
    setup, _, test, why, written = parts()
    sources, remarks = mended(setup, new_code_cell(RIGHT), test, why, written)
    assert sources[1] == RIGHT
    assert "found by its name" in remarks


def test_a_written_answer_below_its_cell_is_found():
    setup, answer, test, why, written = parts()
    sources, remarks = mended(setup, answer, test, why, written, new_markdown_cell(ESSAY))
    assert sources[-1] == ESSAY
    assert "found by its place" in remarks


def test_a_written_answer_in_two_cells_is_put_together():
    setup, answer, test, why, written = parts()
    second = copy.deepcopy(written)
    written.source, second.source = "One.", "Two."
    assert mended(setup, answer, test, why, written, second)[0][-1] == "One.\n\nTwo."


def test_a_written_answer_in_a_cell_of_code_is_still_text():
    setup, answer, test, why, _ = parts()
    code = new_code_cell(ESSAY)
    code.metadata["nbgrader"] = {"grade_id": "2"}
    made = mend(new_notebook(cells=[setup, answer, test, why, code]), released())
    assert (made.cells[-1].cell_type, made.cells[-1].source) == ("markdown", ESSAY)


def test_marks_that_nobody_gave_are_taken_off():
    false = marked("1b", "100", grade=True, points=100)
    made = mend(new_notebook(cells=[*parts(), false]), released())
    assert "nbgrader" not in made.cells[-1].metadata


def test_another_notebook_is_called_one():
    assert "another notebook" in mended(new_code_cell("print('tea')"))[1]
    assert "another notebook" in mended()[1]


@pytest.fixture(scope="module", params=ASSIGNMENTS)
def built(request):
    """The notebooks of a problem set: with solutions, and as released."""
    from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions

    from memo_edu.course import HOME

    source = nbformat.read(HOME / request.param / f"{request.param}.ipynb", as_version=4)
    students = copy.deepcopy(source)
    for step in (ClearSolutions(), ClearHiddenTests()):
        students, _ = step.preprocess(students, {})
    return source, students


@pytest.mark.parametrize("name", HARMLESS)
def test_mending_twice_changes_nothing_more(name, built):
    data = make(Case(0, mangle=HARMLESS[name][1]), *built)
    once = mend(notebook_of(data), built[1], ["A remark."])
    twice = mend(once, built[1])
    assert [(c.id, c.source, c.metadata) for c in once.cells] == [
        (c.id, c.source, c.metadata) for c in twice.cells
    ]
    essay = next(cell for cell in once.cells if name_of(cell) and cell.cell_type == "markdown")
    assert essay.source == ESSAY
