"""What comes out of grading: a table, a page for every student, and a summary."""

import collections
import csv
import html
import re
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from memo_edu.course.execute import NOT_TRIED, is_test, name_of
from memo_edu.course.mend import START, TOP
from memo_edu.course.release import interface

# Even if something of a submission came through as code: a page of ours runs none, and asks the
# network for nothing.
FENCE = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
    "font-src data:; style-src 'unsafe-inline'\">"
)
STYLE = """<style>
.memo {font: 15px/1.5 system-ui, sans-serif; max-width: 60em; margin: 1em auto; padding: 0 1em}
.memo table {border-collapse: collapse; margin: .6em 0}
.memo td, .memo th {padding: .2em .8em; border-bottom: 1px solid #bbb; text-align: left}
.memo td.n {text-align: right; font-variant-numeric: tabular-nums}
.memo .bar {background: #0072b2; display: inline-block; height: .8em}
.memo h1 {font-size: 1.5em} .memo h2 {font-size: 1.15em; margin: 1.2em 0 .3em}
</style>"""
EMPTY = '<!DOCTYPE html><html><head><meta charset="utf-8"></head><body></body></html>'
# What a spreadsheet would take for the beginning of a formula; a cell that begins so gets a quote.
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass
class Result:
    """What one student got.

    Attributes:
        student, file: who, and from which file.
        points: name of a criterion -> points, None as long as nobody has read a written answer.
        most: name of a criterion -> how many points there are.
        faults: name of a criterion -> what is wrong, in a sentence.
        remarks: what was noticed about the file.
        about: name of a criterion -> what it asks for.
    """

    student: str
    file: str
    points: dict = field(default_factory=dict)
    most: dict = field(default_factory=dict)
    faults: dict = field(default_factory=dict)
    remarks: list = field(default_factory=list)
    about: dict = field(default_factory=dict)

    @property
    def score(self):
        """The points so far."""
        return sum(points for points in self.points.values() if points is not None)

    @property
    def waiting(self):
        """The points of written answers that nobody has read yet."""
        return sum(self.most[name] for name, points in self.points.items() if points is None)

    @property
    def share(self):
        """The share of the points that could be given so far, from 0 to 1."""
        return self.score / ((sum(self.most.values()) - self.waiting) or 1)


def results(found, faults, assignment, course):
    """Read what nbgrader's gradebook has, and what the graded notebooks say.

    Args:
        found: a list of Submission.
        faults: student -> what kept nbgrader from grading them.
        assignment: such as "ps1".
        course: the course directory.

    Returns:
        A list of Result.
    """
    made, path = [], Path(course, "release", assignment, f"{assignment}.ipynb")
    tests = filter(is_test, nbformat.read(path, as_version=4).cells)
    about = {name_of(cell): cell.source.partition(": ")[2].strip() for cell in tests}
    with interface(course).gradebook as gradebook:
        cells = {cell.name: cell.max_score for cell in _cells(gradebook, assignment)}
        for one in found:
            result = Result(one.student, one.file, most=dict(sorted(cells.items())), about=about)
            given = gradebook.find_submission_notebook(assignment, assignment, one.student).grades
            given = {} if one.student in faults else {grade.name: grade for grade in given}
            for name in result.most:
                grade = given.get(name)
                waits = grade and grade.needs_manual_grade and grade.manual_score is None
                result.points[name] = None if waits else grade.score if grade else 0.0
            if one.student in faults:
                result.remarks.append(faults[one.student])
            else:
                _read_notebook(result, course, assignment)
            made.append(result)
    return made


def _cells(gradebook, assignment):
    return gradebook.find_notebook(assignment, assignment).grade_cells


def _read_notebook(result, course, assignment):
    path = Path(course, "autograded", result.student, assignment, f"{assignment}.ipynb")
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.get("id") == TOP and cell.source.startswith(START):
            result.remarks += cell.source.removeprefix(START).removeprefix("- ").split("\n- ")
        elif is_test(cell):
            wrong = [output.evalue for output in cell.outputs if output.output_type == "error"]
            if wrong:
                result.faults[name_of(cell)] = wrong[0]
        elif cell.cell_type == "code":
            result.remarks += [
                f"A cell that begins with `{cell.source.strip().splitlines()[0][:60]}`: "
                + output.evalue
                for output in cell.outputs
                if output.output_type == "error" and output.ename in ("TimeLimit", "Died")
            ]


def write(results, assignment, course, out):
    """Write grades.csv, feedback/ and summary.html.

    Args:
        results: a list of Result.
        assignment: such as "ps1".
        course: the course directory, in which nbgrader has put its feedback.
        out: the folder to write to.
    """
    (out / "feedback").mkdir(parents=True, exist_ok=True)
    _write_table(results, out / "grades.csv")
    for result in results:
        page = Path(course, "feedback", result.student, assignment, f"{assignment}.html")
        text = page.read_text(encoding="utf-8") if page.exists() else EMPTY
        top = STYLE + _overview(result, assignment)
        text = re.sub(r"<script\b[^>]*>.*?</script>", "", text, flags=re.DOTALL | re.IGNORECASE)
        text = _not_read_yet(text, [name for name, got in result.points.items() if got is None])
        text = text.replace("<head>", f"<head>{FENCE}", 1).replace("<body>", f"<body>{top}", 1)
        (out / "feedback" / f"{result.student}.html").write_text(text, encoding="utf-8")
    (out / "summary.html").write_text(_summary(results, assignment), encoding="utf-8")


def _not_read_yet(page, names):
    """Say so where nbgrader's page gives 0 points to an answer that nobody has read.

    Example:
        >>> _not_read_yet('<a href="#6">Written response</a> (Score: 0.0 / 10.0)', ["6"])
        '<a href="#6">Written response</a> (Score: not read yet / 10.0)'
    """
    for name in map(re.escape, names):
        for place in (rf'<a href="#{name}">[^<]*</a> \(', rf'<a name="{name}"></a>.{{0,300}}?'):
            say = r"\g<1>Score: not read yet /"
            page = re.sub(rf"({place})Score: [\d.]+ /", say, page, count=1, flags=re.DOTALL)
    return page


def _write_table(results, path):
    criteria = list(results[0].most)
    with open(path, "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["student", "points", "of", "to read", *criteria, "remarks", "file"])
        for one in results:
            points = [
                "" if one.points[name] is None else _number(one.points[name]) for name in criteria
            ]
            said = [*one.remarks, *_by_fault(one.faults)]
            whole = _number(sum(one.most.values()))
            row = [one.student, _number(one.score), whole, _number(one.waiting), *points]
            table.writerow([_harmless(cell) for cell in (*row, " ".join(said), one.file)])


def _by_fault(faults):
    """One sentence a fault, after the names of all criteria that have it."""
    names = collections.defaultdict(list)
    for name, fault in faults.items():
        names[fault].append(name)
    return [f"{', '.join(which)}: {fault}" for fault, which in names.items()]


def _harmless(cell):
    """Keep a spreadsheet from taking a text for a formula."""
    return f"'{cell}" if str(cell).startswith(FORMULAS) else cell


def _number(points):
    return f"{points:g}"


def _overview(result, assignment):
    """What a student reads first."""
    rows = []
    for name, most in result.most.items():
        points = result.points[name]
        got = "to be read" if points is None else f"{_number(points)} of {_number(most)}"
        fault = result.faults.get(name, "" if points is None or points else "No answer.")
        about = html.escape(result.about.get(name, "written answer"))
        fault = f"<br><b>{html.escape(fault)}</b>" if fault else ""
        rows.append(f"<tr><td>{html.escape(name)}</td><td>{got}</td><td>{about}{fault}</td></tr>")
    notes = "".join(f"<li>{html.escape(remark)}</li>" for remark in result.remarks)
    waits = f", {_number(result.waiting)} more are still to be read" if result.waiting else ""
    return (
        f'<div class="memo"><h1>{html.escape(assignment)}: {html.escape(result.student)}</h1>'
        f"<p><b>{_number(result.score)} of {_number(sum(result.most.values()))} points</b>{waits}. "
        f"From {html.escape(result.file)}.</p>"
        + (f"<h2>About your file</h2><ul>{notes}</ul>" if notes else "")
        + "<h2>Criterion by criterion</h2><table><tr><th></th><th>points</th><th></th></tr>"
        + "".join(rows)
        + "</table><p>Below is your notebook, as it ran when it was graded.</p></div>"
    )


def _summary(results, assignment):
    """The instructor's page."""
    counts = collections.Counter(min(int(10 * one.share), 9) for one in results)
    bars = [
        (f"{10 * i} to {10 * i + 10} %", counts[i], counts[i] / max(counts.values()), "")
        for i in range(10)
    ]
    shares = []
    for name, most in results[0].most.items():
        points = [one.points[name] for one in results]
        if None not in points:  # nobody's answer is still to be read
            share = sum(points) / len(points) / most
            shares.append((name, f"{share:.0%}", share, results[0].about.get(name, "")))
    shares.sort(key=lambda row: row[2])
    said = collections.Counter(
        (name, re.sub(r"`.*?`", "`…`", fault))
        for one in results
        for name, fault in one.faults.items()
        if fault != NOT_TRIED
    )
    mistakes = [(name, f"{n}×", 0, fault) for (name, fault), n in said.most_common(15)]
    noted = [one for one in results if one.remarks]
    notes = "".join(
        f"<li><b>{html.escape(one.student)}</b>: {html.escape(' '.join(one.remarks))}</li>"
        for one in noted
    )
    mean = sum(one.share for one in results) / len(results)
    waiting = sum(one.waiting > 0 for one in results)
    return (
        f'<!DOCTYPE html><html lang="en"><head>{FENCE}<meta charset="utf-8">'
        f"<title>{html.escape(assignment)}</title>{STYLE}</head>"
        f'<body class="memo"><h1>{html.escape(assignment)}: {len(results)} submissions</h1>'
        f"<p>On average {mean:.0%} of the points that are given automatically or read already. "
        f"In {waiting} submissions a written answer is still to be read.</p>"
        + _table("How many reached which share of the points", bars)
        + _table("Hardest first: the share of the points that was reached", shares)
        + _table("Most frequent mistakes", mistakes)
        + (f"<h2>Files with something to note</h2><ul>{notes}</ul>" if notes else "")
        + "</body></html>"
    )


def _table(title, rows):
    """Rows of a name, a number, the length of a bar from 0 to 1, and a text."""
    made = [
        f'<tr><td>{html.escape(name)}</td><td class="n">{number}</td>'
        f'<td><span class="bar" style="width: {12 * length:.2f}em"></span> {html.escape(str(text))}'
        "</td></tr>"
        for name, number, length, text in rows
    ]
    return f"<h2>{title}</h2><table>{''.join(made)}</table>" if made else ""
