"""A course as an instructor runs it: released, handed in by many, graded, and graded again."""

import sys
import warnings

import nbformat
import pytest
from submissions import ASSIGNMENTS, cases, make

from memo_edu.course import fence
from memo_edu.course.grade import grade
from memo_edu.course.release import release

SEED = "a secret of this test"
EVERY = [(assignment, name) for assignment in ASSIGNMENTS for name in cases(assignment)]
QUICK = "\nc.Execute.cell_seconds = 3\nc.Execute.notebook_seconds = 60\n"
AGAIN = ("full", "fades_after", "half", "split", "killed")
# What only Landlock prevents, and limits of memory that only Linux has.
LINUX_ONLY = {"greedy", "greedy_inside", "steals"}


@pytest.fixture(scope="module", params=ASSIGNMENTS)
def course(request, tmp_path_factory):
    """A released course with all submissions in a folder."""
    home, assignment = tmp_path_factory.mktemp("course"), request.param
    release(assignment, home / "handout", home / "course", SEED)
    config = home / "course" / "nbgrader_config.py"
    config.write_text(config.read_text() + QUICK)
    source = home / "course" / "source" / assignment / f"{assignment}.ipynb"
    source = nbformat.read(source, as_version=4)
    released = nbformat.read(home / "handout" / f"{assignment}.ipynb", as_version=4)
    (home / "sent").mkdir()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nbformat, about cells that are broken on purpose
        for name, case in cases(assignment).items():
            (home / "sent" / f"{name}.ipynb").write_bytes(make(case, source, released))
    return assignment, home


@pytest.fixture(scope="module")
def graded(course):
    """The results of a first grading: name -> Result."""
    assignment, home = course
    results = grade(assignment, home / "sent", home / "out", home / "course", jobs=2)
    return {(assignment, result.student): result for result in results}


@pytest.mark.parametrize(("assignment", "name"), EVERY)
def test_points_and_what_is_said(assignment, name, graded):
    if name in LINUX_ONLY and not fence.landlock_version():
        pytest.skip(f"not prevented on {sys.platform}")
    case, result = cases(assignment)[name], graded[assignment, name]
    said = [*result.remarks, *result.faults.values()]
    lost = {key: result.faults.get(key) for key, points in result.points.items() if points == 0}
    assert result.score == case.points, (lost, result.remarks)
    assert case.says in " ".join(said)
    assert not any("Traceback" in sentence or "\n" in sentence for sentence in said), said
