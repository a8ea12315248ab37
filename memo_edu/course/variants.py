"""Variants: each student on the list of a course has data of their own.

A variant is drawn from the secret seed and the student's name. So it can be made again at any
time, and nothing but the list of names has to be kept.
"""

import csv
import re
from pathlib import Path

from memo_edu.errors import ConfigurationError

LIST = "students.txt"


def enrol(course, file):
    """Add the names in a file to the list of a course.

    Args:
        course: the course directory.
        file: a text with a name in every line, or a CSV whose first column has the names. They are
            the names that submissions come back under.
    """
    with open(file, encoding="utf-8-sig", newline="") as lines:
        found = [safe_name(row[0]) for row in csv.reader(lines) if row and row[0].strip()]
    if not all(found) or not found:
        raise ConfigurationError(f"{file} should have a student's name in every line.")
    known = names(course)
    new = {name.casefold(): name for name in [*known, *found]}
    if len(new) < len({*known, *found}):
        raise ConfigurationError(f"Two names in {file} differ only in their capital letters.")
    Path(course, LIST).write_text("\n".join(new.values()) + "\n", encoding="utf-8")


def names(course):
    """Return the names on the list of a course; none if all students have the same data."""
    path = Path(course, LIST)
    return path.read_text(encoding="utf-8").split() if path.exists() else []


def whose(course, student, notebook):
    """Say whose data a submission is graded with.

    Args:
        course: the course directory.
        student: the name that the submission came under.
        notebook: the submission; it says to whom it was handed out.

    Returns:
        A name on the list, or "" for the data that is nobody's own; and a remark, or "".
    """
    listed = {name.casefold(): name for name in names(course)}
    if not listed:
        return "", ""
    own = listed.get(student.casefold(), "")
    marked = listed.get(mark_of(notebook).casefold(), "")
    if own and marked and own != marked:
        return own, f"This notebook was handed out to {marked}; {own} had other data."
    if own:
        return own, ""
    if marked:
        say = f"{student} is not on the list of students; it is graded as the notebook of {marked}."
        return marked, say
    return (
        "",
        f"{student} is not on the list of students, and the notebook does not say whose it is.",
    )


def mark_of(notebook):
    """Return the name that a notebook was handed out to, "" if it has none."""
    about = notebook.metadata.get("memo_edu")
    name = about.get("student") if isinstance(about, dict) else None
    return name if isinstance(name, str) else ""


def mark(notebook, name):
    """Write into a notebook to whom it is handed out."""
    notebook.metadata["memo_edu"] = {"student": name}


def seed_of(seed, name):
    """Return the secret of one student."""
    return f"{seed}\n{name}" if name else seed


def safe_name(name):
    """Make a name fit for files; "" if nothing is left of it.

    Example:
        >>> safe_name(" Anna Berg "), safe_name("../..")
        ('Anna_Berg', '')
    """
    return re.sub(r"[^\w.-]+", "_", name).strip("._-")[:80]
