"""Variants: each student has other data, and is graded with it."""

import json

import nbformat
import pytest
from submissions import Case, make

from memo_edu import ConfigurationError
from memo_edu.course import variants
from memo_edu.course.grade import grade
from memo_edu.course.hidden import ps1
from memo_edu.course.release import release, secret
from memo_edu.course.submissions import notebook_of


def listed(folder, text):
    path = folder / "list.txt"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    home = tmp_path_factory.mktemp("variants")
    students = listed(home, "Anna Berg,anna@example.org\n\nbo\nCy\n")
    release("ps1", home / "handout", home / "course", "a secret", students)
    return home


def test_each_student_gets_a_folder_with_other_data(course):
    handed = sorted(path.name for path in (course / "handout").iterdir())
    assert handed == ["Anna_Berg", "Cy", "bo"]
    cases = [(course / "handout" / name / "case.json").read_text() for name in handed]
    assert len({*cases, (course / "course" / "source" / "ps1" / "case.json").read_text()}) == 4
    for name in handed:
        files = {path.name for path in (course / "handout" / name).iterdir()}
        assert files == {"ps1.ipynb", "case.json", "README.md"}
        notebook = notebook_of((course / "handout" / name / "ps1.ipynb").read_bytes())
        assert variants.mark_of(notebook) == name


def test_released_again_it_is_the_same(course, tmp_path):
    release("ps1", tmp_path, course / "course")
    for name in ("Anna_Berg", "bo", "Cy"):
        for file in (tmp_path / name).iterdir():
            assert file.read_bytes() == (course / "handout" / name / file.name).read_bytes()


def test_a_number_that_is_copied_is_wrong(course, tmp_path):
    with secret(variants.seed_of("a secret", "Anna_Berg")):
        counts = ps1.case()[1]
    case = Case(0, answers={"5-case": f"def confession():\n    return {counts}"})
    source = nbformat.read(course / "course" / "source" / "ps1" / "ps1.ipynb", as_version=4)

    def hand_in(name, of, case):
        path = course / "handout" / of / "ps1.ipynb" if of else None
        path = path or course / "course" / "release" / "ps1" / "ps1.ipynb"
        released = nbformat.read(path, as_version=4)
        (tmp_path / f"{name}.ipynb").write_bytes(make(case, source, released))

    hand_in("anna_berg", "Anna_Berg", case)
    hand_in("bo", "Anna_Berg", case)
    hand_in("zed", "Cy", Case(0))
    hand_in("nobody", "", case)
    graded = grade("ps1", tmp_path, tmp_path / "out", course / "course", jobs=2)
    said = {one.student: " ".join(one.remarks) for one in graded}
    assert {one.student: one.score for one in graded} == {
        "anna_berg": 50,
        "bo": 48,
        "zed": 50,
        "nobody": 48,
    }
    assert said["anna_berg"] == ""
    assert "was handed out to Anna_Berg; bo had other data" in said["bo"]
    assert "zed is not on the list of students; it is graded as the notebook of Cy" in said["zed"]
    assert "nobody is not on the list of students, and" in said["nobody"]


def test_lists_of_students(tmp_path):
    variants.enrol(tmp_path, listed(tmp_path, "\ufeffÅsa Öst\n"))
    variants.enrol(tmp_path, listed(tmp_path, "Bo\nÅsa Öst\n"))
    assert variants.names(tmp_path) == ["Åsa_Öst", "Bo"]
    for text, says in (
        ("", "in every line"),
        ("../..\n", "in every line"),
        ("ann\nAnn\n", "capital"),
        ("BO\n", "capital"),
    ):
        with pytest.raises(ConfigurationError, match=says):
            variants.enrol(tmp_path, listed(tmp_path, text))
    assert variants.names(tmp_path) == ["Åsa_Öst", "Bo"]


@pytest.mark.parametrize("about", [None, 3, {"student": ["Bo"]}, {"student": "../Bo"}, {}])
def test_odd_marks_are_nobody_s(tmp_path, about):
    variants.enrol(tmp_path, listed(tmp_path, "Bo\n"))
    raw = {"cells": [], "metadata": {"memo_edu": about}, "nbformat": 4, "nbformat_minor": 5}
    notebook = notebook_of(json.dumps(raw).encode())
    whose, remark = variants.whose(tmp_path, "cy", notebook)
    assert whose == ""
    assert "does not say whose it is" in remark
