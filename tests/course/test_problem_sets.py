"""Every problem set: its notebook is in step with its source, and gives nothing away."""

import copy
import importlib
import re
import runpy
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from submissions import ASSIGNMENTS

from memo_edu import ConfigurationError
from memo_edu.checks import Wrong
from memo_edu.course import HOME, source_of
from memo_edu.course.execute import is_test, name_of
from memo_edu.course.release import prepare, release, secret, secret_of

SOURCES = HOME.parents[1] / ".source"
BUILD = runpy.run_path(str(SOURCES / "build.py"))
GUIDE = (HOME.parent / "README.md").read_text(encoding="utf-8")
each = pytest.mark.parametrize("assignment", ASSIGNMENTS)


def notebook(assignment):
    return nbformat.read(HOME / assignment / f"{assignment}.ipynb", as_version=4)


def hidden(assignment):
    return importlib.import_module(f"memo_edu.course.hidden.{assignment}")


def test_every_problem_set_has_all_its_parts():
    places = [HOME.glob("*"), SOURCES.glob("assignments/*.md"), Path(hidden("ps1").__file__).parent]
    assert sorted(path.name for path in places[0]) == ASSIGNMENTS
    assert sorted(path.stem for path in places[1]) == ASSIGNMENTS
    assert sorted(path.stem for path in places[2].glob("[!_]*.py")) == ASSIGNMENTS


@each
def test_the_notebook_is_in_step_with_its_source(assignment):
    for path, text in BUILD["assignment"](SOURCES / "assignments" / f"{assignment}.md").items():
        assert path.read_text(encoding="utf-8") == text, f"run `make notebooks ARGS={assignment}`"


@each
def test_nbgrader_validates_it(assignment, tmp_path):
    for path in (HOME / assignment).iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    command = [sys.executable, "-m", "nbgrader", "validate", f"{assignment}.ipynb"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "Success" in run.stdout


@each
def test_points(assignment):
    cells = [cell for cell in notebook(assignment).cells if name_of(cell)]
    graded = {name_of(c): c.metadata.nbgrader.points for c in cells if c.metadata.nbgrader.grade}
    tests = {name_of(cell): cell.source for cell in cells if is_test(cell)}
    assert list(tests) == list(hidden(assignment).tests.criteria)
    for name, source in tests.items():
        assert source.startswith(f"# {graded[name]} point"), name
        assert f'verify("{name}", ' in source
    title = notebook(assignment).cells[0].source
    assert f"**Points** {sum(graded.values())}" in title
    for exercise, points in re.findall(r"\| (\d+) \|.*\| (\d+) \|", title):
        found = sum(p for name, p in graded.items() if re.match(rf"{exercise}[a-z]*$", name))
        assert found == int(points), exercise
    assert sum(graded[name] for name in tests) == importlib.import_module(assignment).POINTS


@each
def test_public_checks_pass_the_solution_and_spare_the_stub(assignment, monkeypatch):
    monkeypatch.chdir(HOME / assignment)
    chapter = importlib.import_module(f"memo_edu.checks.{assignment}").chapter
    solved, stubs, asked = {}, {}, []
    for cell in notebook(assignment).cells:
        if cell.cell_type != "code" or is_test(cell):
            continue
        if found := re.match(r'check\("(.+)", (.+)\)$', cell.source):
            asked.append(found[1])
            outcome = chapter.check(found[1], eval(found[2], solved))
            assert outcome.status == "right", outcome
            assert chapter.check(found[1], eval(found[2], stubs)).status == "not attempted"
            assert "has the hints 1 to 1" in chapter.hint(found[1], 2)
        else:
            stub = re.sub(
                r"### BEGIN SOLUTION.*?### END SOLUTION",
                "raise NotImplementedError",
                cell.source,
                flags=re.DOTALL,
            )
            exec(cell.source, solved)
            exec(stub, stubs)
    assert asked == list(chapter.exercises)


@each
def test_the_guide_has_it(assignment):
    row = next(row for row in GUIDE.splitlines() if row.startswith(f"| [{assignment}]"))
    title = notebook(assignment).cells[0].source
    _, _, _, after, points, hours, _ = (part.strip() for part in row.split("|"))
    assert f"**Points** {points}, of which" in title
    assert f"**Time** {hours} hours" in title
    assert re.search(rf"\*\*You need\*\* chapters [^·]*{after} ", title)
    assert re.search(rf"^\| {assignment} \| .* \| .* \|$", GUIDE, re.MULTILINE)  # its objectives


@each
def test_another_seed_is_another_course(assignment):
    made = []
    for seed in ("", "one", "two", "one"):
        with secret(seed):
            numbers = hidden(assignment).tests.stream("1a").integers(10**9)
            made.append((hidden(assignment).files(), int(numbers)))
    assert made[1] == made[3]
    assert len({str(one) for one in made}) == 3


def test_numbers_of_another_course_are_refused():
    tests = hidden("ps1")
    with secret("one"):
        counts = tests.case()[1]
        tests.verify("5d", lambda: counts)
    with secret("two"), pytest.raises(Wrong, match="six counts are wrong"):
        tests.verify("5d", lambda: counts)


@each
def test_what_students_get(assignment, tmp_path):
    release(assignment, tmp_path / "handout", tmp_path / "course", "the secret")
    names = {path.name for path in (tmp_path / "handout").iterdir()}
    assert names == {f"{assignment}.ipynb", "README.md", *hidden(assignment).files()}
    handed = nbformat.read(tmp_path / "handout" / f"{assignment}.ipynb", as_version=4)
    nbformat.validate(handed)
    title = (tmp_path / "handout" / "README.md").read_text(encoding="utf-8").partition("\n")[0]
    assert title == f"# {assignment.capitalize()}".replace("Ps", "Problem set ")
    text = "".join(path.read_text("utf-8") for path in (tmp_path / "handout").iterdir())
    for word in ("SOLUTION", "HIDDEN", "verify(", "the secret", "course.hidden", "Rubric"):
        assert word not in text
    stubs = [
        cell
        for cell in handed.cells
        if "# YOUR CODE HERE" in cell.source or "YOUR ANSWER HERE" in cell.source
    ]
    solved = [cell for cell in notebook(assignment).cells if "### BEGIN SOLUTION" in cell.source]
    assert len(stubs) == len(solved)
    for cell in (cell for cell in handed.cells if cell.cell_type == "code"):
        compile(cell.source, "cell", "exec")
    # Released again, as after a correction; and never with another seed.
    before = copy.deepcopy(handed)
    release(assignment, tmp_path / "handout", tmp_path / "course")
    assert nbformat.read(tmp_path / "handout" / f"{assignment}.ipynb", as_version=4) == before
    assert secret_of(tmp_path / "course", None) == "the secret"
    with pytest.raises(ConfigurationError, match="another seed"):
        prepare(assignment, tmp_path / "course", "another")
    with pytest.raises(ConfigurationError, match="solutions"):
        release(assignment, tmp_path, tmp_path / "course")


def test_unknown_problem_sets():
    for name in ("ps99", "", "..", "../source/ps1"):
        with pytest.raises(ConfigurationError, match="choose one of"):
            source_of(name)
