"""Tables and pages of grades: what students wrote is shown as text, and starts nothing."""

import csv
import html
import re

import pytest

from memo_edu.course import report
from memo_edu.course.report import Result

EVIL = "<script>document.title='read'</script><img src=x onerror=\"document.title='read'\">"


def write(folder, page=None, student="anna", **about):
    """Write the table and the pages of one student; page is what nbgrader made of the notebook."""
    given = {"file": "ps1.ipynb", "points": {"1a": 0.0}, "most": {"1a": 5.0}, **about}
    if page is not None:
        home = folder / "course" / "feedback" / student / "ps1"
        home.mkdir(parents=True)
        (home / "ps1.html").write_text(page, encoding="utf-8")
    report.write([Result(student, **given)], "ps1", folder / "course", folder)
    return folder / "feedback" / f"{student}.html"


def test_what_a_student_wrote_is_text_in_every_page(tmp_path):
    evil = {"file": EVIL, "remarks": [EVIL], "faults": {"1a": EVIL}, "about": {"1a": EVIL}}
    page = write(tmp_path, **evil).read_text(encoding="utf-8")
    summary = (tmp_path / "summary.html").read_text(encoding="utf-8")
    for text, times in ((page, 4), (summary, 3)):
        assert "<script" not in text
        assert "<img" not in text
        assert text.count(html.escape(EVIL)) == times


def test_a_name_is_text_too():
    result = Result(EVIL, "ps1.ipynb", {EVIL: 0.0}, {EVIL: 5.0}, remarks=["odd"])
    for text in (report._overview(result, EVIL), report._summary([result], EVIL)):
        assert "<script" not in text
        assert text.count(html.escape(EVIL)) >= 3


@pytest.mark.parametrize("page", [None, "<html><head><title>t</title></head><body>b</body></html>"])
def test_no_page_may_run_scripts_or_ask_the_network(tmp_path, page):
    """What forbids it stands before anything that it should hold for."""
    path = write(tmp_path, page)
    for text in (path.read_text(), (tmp_path / "summary.html").read_text()):
        before, _, after = text.partition(report.FENCE)
        assert re.fullmatch(r"(<!DOCTYPE html>)?<html[^>]*><head>", before)
        assert "</head>" in after


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_a_spreadsheet_finds_no_formula(tmp_path, first):
    formula = f'{first}HYPERLINK("x";"y")'
    write(tmp_path, file=formula, remarks=[formula])
    with open(tmp_path / "grades.csv", encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["file"], row["remarks"]) == (f"'{formula}", f"'{formula}")
    assert row["points"] == "0"
