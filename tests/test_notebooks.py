"""The notebooks are made from their sources, executed, and free of errors."""

import runpy
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
BUILD = runpy.run_path(NOTEBOOKS / ".source" / "build.py")
SOURCES = sorted((NOTEBOOKS / ".source").glob("[0-9][0-9]-*.md"))
BOTH = [path for source in SOURCES for path, _ in BUILD["copies"](source)]


def code_cells(path):
    cells = nbformat.read(path, as_version=4).cells
    return [cell for cell in cells if cell.cell_type == "code" and cell.source.strip()]


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_copies_are_in_step_with_the_source(source):
    for path, made in BUILD["copies"](source):
        stored = nbformat.read(path, as_version=4)
        assert [(cell.id, cell.cell_type, cell.source) for cell in stored.cells] == [
            (cell.id, cell.cell_type, cell.source) for cell in made.cells
        ], f"{path.name} is out of step: run `make notebooks`"


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_a_chapter_has_all_its_parts_in_order(source):
    text, number = source.read_text(encoding="utf-8"), int(source.name[:2])
    parts = ["**You will learn**", "## What you built", "## Common misconceptions"]
    parts += ["**If you teach this.**", "## Further"]
    if number + 1 < len(SOURCES):
        parts.append(f"**Next: {number + 1:02}.**")
    places = [text.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)


def test_every_notebook_has_a_source():
    stored = {*NOTEBOOKS.glob("*.ipynb"), *NOTEBOOKS.glob("solutions/*.ipynb")}
    assert stored == set(BOTH)


@pytest.mark.parametrize("path", BOTH, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_cell_was_executed_without_error_or_warning(path):
    # A notebook without outputs would pass the comparison of outputs, having none to compare.
    for number, cell in enumerate(code_cells(path), 1):
        assert cell.execution_count == number, cell.source
        kinds = [output.get("name", output.output_type) for output in cell.outputs]
        assert "error" not in kinds, cell.source
        assert "stderr" not in kinds, cell.source


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_student_copy_hides_the_solutions_and_solution_copy_has_them(source):
    (student, _), (solution, _) = BUILD["copies"](source)
    solved = source.read_text(encoding="utf-8").count("### BEGIN SOLUTION")
    stubs = [cell for cell in code_cells(student) if BUILD["STUB"] in cell.source]
    assert 2 <= solved <= 4
    assert len(stubs) == solved
    assert "### BEGIN SOLUTION" not in student.read_text(encoding="utf-8")
    assert solution.read_text(encoding="utf-8").count("### BEGIN SOLUTION") == solved


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_checks_find_stubs_not_attempted_and_solutions_right(source):
    (student, _), (solution, _) = BUILD["copies"](source)
    for path, status in ((student, "not attempted"), (solution, "right")):
        outcomes = [cell for cell in code_cells(path) if cell.source.startswith("check(")]
        assert len(outcomes) >= 2
        for cell in outcomes:
            assert f", {status}:" in cell.outputs[0].data["text/plain"]


@pytest.mark.parametrize("path", BOTH, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_pictures_carry_alt_text(path):
    for cell in code_cells(path):
        for output in cell.outputs:
            data = output.get("data", {})
            assert "image/png" not in data, f"end with plots.show(…): {cell.source}"
            if "<img" in data.get("text/html", ""):
                assert len(data["text/html"].split('alt="')[1].split('"')[0]) > 20
