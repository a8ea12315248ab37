"""The exercises of a chapter, as its source has them: numbers, solutions, stubs, checks."""

import importlib
import re
import runpy
from pathlib import Path

SOURCES = Path(__file__).parents[2] / "notebooks" / ".source"
BUILD = runpy.run_path(SOURCES / "build.py")
CHAPTERS = [source.name[:2] for source in sorted(SOURCES.glob("[0-9][0-9]-*.md"))]


def chapter(name):
    """The Chapter object whose checks belong to a chapter, such as "01"."""
    return importlib.import_module(f"memo_edu.checks.chapter{name}").chapter


def functions(name, solved):
    """The learner's functions of a chapter, solved or as stubs: dict of exercise -> function."""
    (source,) = SOURCES.glob(f"{name}-*.md")
    student, solution = (copy for _, copy in BUILD["copies"](source))
    space, found = {}, {}
    for cell, solved_cell in zip(student.cells, solution.cells, strict=True):
        if "### BEGIN SOLUTION" in solved_cell.source or "\nfrom memo_edu.checks." in cell.source:
            exec((solved_cell if solved else cell).source, space)
        if check := re.match(r'check\("(.+)", (\w+)\)', cell.source):
            found[check[1]] = space[check[2]]
    return found


def refused(chapter, number, answers):
    """Every (answer, word) is wrong, with a message of its own that holds the word."""
    messages = []
    for answer, word in answers:
        outcome = chapter.check(number, answer)
        assert outcome.status == "wrong", (answer, outcome)
        assert word in outcome.message, outcome
        assert "Traceback" not in outcome.message
        messages.append(outcome.message)
    assert len(set(messages)) == len(messages) >= 3


def first_data(chapter, number, solution):
    """What a check hands over first, as it is before the answer is known."""
    given = []

    def record(*arguments):
        given.append([a.copy() if hasattr(a, "copy") else a for a in arguments])
        return solution(*arguments)

    chapter.check(number, record)
    return given[0]
