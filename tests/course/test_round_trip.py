"""A course as an instructor runs it: released, handed in by many, graded, and graded again."""

import csv
import html
import subprocess
import sys
import warnings

import nbformat
import pytest
from submissions import ASSIGNMENTS, handed_in, make

from memo_edu.course import fence
from memo_edu.course.grade import grade, run_all
from memo_edu.course.release import interface, release

SEED = "a secret of this test"
QUICK = "\nc.Execute.cell_seconds = 2\nc.Execute.notebook_seconds = 60\n"
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
        for name, case in handed_in(assignment).items():
            (home / "sent" / f"{name}.ipynb").write_bytes(make(case, source, released))
    return assignment, home


@pytest.fixture(scope="module")
def graded(course):
    """The results of a first grading: name -> Result."""
    assignment, home = course
    results = grade(assignment, home / "sent", home / "out", home / "course", jobs=2)
    return {(assignment, result.student): result for result in results}


def test_points_and_what_is_said(course, graded):
    (assignment, _), faults = course, []
    for name, case in handed_in(assignment).items():
        if name in LINUX_ONLY and not fence.landlock_version():
            continue  # the guide says that nothing prevents these there
        result = graded[assignment, name]
        said = [*result.remarks, *result.faults.values()]
        if result.score != case.points:
            lost = {key: result.faults.get(key) for key, got in result.points.items() if got == 0}
            faults.append((name, result.score, case.points, lost, result.remarks))
        for says in case.says:
            if says not in " ".join(said):
                faults.append((name, "does not say", says, said))
        if any("Traceback" in sentence or "\n" in sentence for sentence in said):
            faults.append((name, "is no sentence", said))
    assert not faults, "\n".join(map(str, faults))


def as_rows(results):
    return [(one.student, one.points, one.faults, one.remarks) for one in results]


def test_a_rerun_is_identical(course, graded, tmp_path):
    assignment, home = course
    sent = handed_in(assignment)
    most_mistakes = max(sent, key=lambda name: len(sent[name].says))
    names = sorted(["full", "split", "killed", most_mistakes])
    for name in names:
        (tmp_path / f"{name}.ipynb").write_bytes((home / "sent" / f"{name}.ipynb").read_bytes())
    again = grade(assignment, tmp_path, tmp_path / "out", home / "course", jobs=2)
    assert as_rows(again) == as_rows(graded[assignment, name] for name in names)


def test_the_table_and_the_pages(course, graded):
    assignment, home = course
    with open(home / "out" / "grades.csv", encoding="utf-8", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert rows.keys() == handed_in(assignment).keys()
    for (_, name), result in graded.items():
        assert float(rows[name]["points"]) == result.score
        page = (home / "out" / "feedback" / f"{name}.html").read_text(encoding="utf-8")
        assert f"<b>{result.score:g} of " in page
        assert f"{name}.ipynb" in page
        unread = sum(points is None for points in result.points.values())
        assert page.count("Score: not read yet / ") == 2 * unread
        assert "<script" not in page
        assert SEED not in page
        for sentence in result.faults.values():
            assert html.escape(sentence) in page
    summary = (home / "out" / "summary.html").read_text(encoding="utf-8")
    assert "Hardest first" in summary
    assert "Most frequent mistakes" in summary
    assert "://" not in summary


def test_a_written_answer_waits_for_a_reader(course, graded):
    assignment, home = course
    full, untouched = graded[assignment, "full"], graded[assignment, "untouched"]
    assert (full.waiting > 0, full.share) == (True, 1.0)
    assert (untouched.waiting, untouched.share) == (0, 0.0)
    name = next(name for name, points in full.points.items() if points is None)
    with interface(home / "course").gradebook as gradebook:
        found = gradebook.find_grade(name, assignment, assignment, "full")
        found.manual_score, found.needs_manual_grade = 7.5, False
        gradebook.db.commit()
    again = grade(assignment, home / "sent" / "full.ipynb", home / "again", home / "course")
    left = full.waiting - full.most[name]
    assert (again[0].score, again[0].waiting) == (full.score + 7.5, left)


def test_nbgrader_alone_can_go_on(course, graded):
    """As on a JupyterHub: plain commands of nbgrader's in the course directory."""
    assignment, home = course
    for step in ("autograde", "generate_feedback"):
        command = [sys.executable, "-m", "nbgrader", step, assignment, "--student", "split"]
        run = subprocess.run([*command, "--force"], cwd=home / "course", capture_output=True)
        assert run.returncode == 0, run.stderr.decode()
    with interface(home / "course").gradebook as gradebook:
        score = gradebook.find_submission(assignment, "split").score
    assert score == graded[assignment, "split"].score


def test_what_nbgrader_cannot_grade_stops_nobody(course, graded):
    assignment, home = course
    faults = run_all(["ghost", "untouched"], assignment, home / "course", jobs=1)
    assert list(faults) == ["ghost"]
    assert "says why" in faults["ghost"]
