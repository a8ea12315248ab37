"""What a learner has done: the outcomes of the checks that notebooks were saved with."""

import json
import re
import textwrap
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from memo_edu.checks import Outcome
from memo_edu.errors import InputError

# From the least to the most: where an exercise has several outcomes, the best one counts.
MARKS = {"never run": "-", "not attempted": ".", "wrong": "x", "right": "#"}
RANK = list(MARKS).index
LEGEND = "# right   x not yet right   . not attempted   - check never run"
ADVICE = {
    "never run": "Run it from top to bottom, and save it",
    "not attempted": "Write it, run its check, and save",
    "wrong": "Its check says what is not yet right",
}
WIDTH, BAR = 79, 12  # a bar of 12 characters divides into 2, 3 and 4 exercises


@dataclass(frozen=True)
class Exercise:
    """An exercise as a notebook was saved with it.

    Attributes:
        file: the Path of the notebook.
        title: of the chapter.
        number: such as "2.1", for exercise 1 of chapter 02.
        name: the title of the exercise.
        status: "right", "wrong", "not attempted", or "never run".
    """

    file: Path
    title: str
    number: str
    name: str
    status: str

    @property
    def place(self):
        """The chapter and the exercise, two ints."""
        return tuple(map(int, self.number.split(".")))


def read_notebook(file):
    """Read the exercises of a notebook and what their checks said; nothing is executed.

    Args:
        file: a path.

    Returns:
        A list of Exercise, in the order of the notebook.

    Raises:
        InputError: the file is not a whole notebook, or holds no exercises of this course.
    """
    file = Path(file)
    try:
        cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
        prose = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
        shown = [_text(o) for c in cells if c["cell_type"] == "code" for o in c["outputs"]]
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise InputError(f"{file} can't be read as a notebook: is it damaged?") from None
    title = re.search(r"^# (?:\d+\. )?(.+)", prose, re.MULTILINE)
    found = re.findall(r"^### Exercise (\d+\.\d+) ★+ (.+)", prose, re.MULTILINE)
    if not found:
        raise InputError(f"{file} holds no exercises of this course.")
    status = dict.fromkeys([number for number, _ in found], "never run")
    for outcome in Outcome.all_in("\n".join(shown)):
        before = status.get(outcome.number, "never run")
        status[outcome.number] = max(before, outcome.status, key=RANK)
    title = title[1] if title else file.stem
    return [Exercise(file, title, number, name, status[number]) for number, name in found]


def _text(output):
    """What an output shows as plain text: a result, or what was printed."""
    return "".join(output.get("text") or output.get("data", {}).get("text/plain", ""))


def read_folder(folder):
    """Read the exercises of all notebooks in a folder; in several copies, the best outcome counts.

    Args:
        folder: a path; folders inside it are not opened.

    Returns:
        (exercises, faults): a list of Exercise in the order of the course, and a sentence about
        every notebook that was left out.

    Raises:
        InputError: there is no such folder, or no notebook of this course in it.
    """
    if not Path(folder).is_dir():
        raise InputError(f"there is no folder {folder}.")
    best, faults = {}, []
    for file in sorted(Path(folder).glob("*.ipynb")):
        try:
            exercises = read_notebook(file)
        except InputError as fault:
            faults.append(str(fault))
            continue
        for one in exercises:
            before = best.get(one.number, one)
            best[one.number] = max(before, one, key=lambda found: RANK(found.status))
    if not best:
        why = faults[0] if len(faults) == 1 else f"no notebook of this course is in {folder}."
        raise InputError(why)
    return sorted(best.values(), key=lambda one: one.place), faults


def report(exercises):
    """Lay out a table of the chapters: how much is done, and what is open where one has begun.

    Args:
        exercises: a list of Exercise, in the order of the course.

    Returns:
        A str of several lines; the last says what to do next.

    Example:
        >>> given = Path("02.ipynb"), "One matrix"
        >>> done = Exercise(*given, "2.1", "Memorize", "right")
        >>> print(report([done, Exercise(*given, "2.2", "Retrieve", "wrong")]))
        # right   x not yet right   . not attempted   - check never run
        <BLANKLINE>
        02  ######xxxxxx  1 of 2  One matrix
                                  open: 2.2 Retrieve
        all               1 of 2
        <BLANKLINE>
        Next: 2.2 Retrieve (02.ipynb). Its check says what is not yet right.
    """
    lines = [LEGEND, ""]
    for chapter, group in groupby(exercises, key=lambda one: one.place[0]):
        lines += _row(chapter, list(group))
    open_ones = [one for one in exercises if one.status != "right"]
    done = f"{len(exercises) - len(open_ones)} of {len(exercises)}"
    return "\n".join([*lines, f"all {done:>{BAR + 8}}", "", _next(open_ones)])


def _row(chapter, exercises):
    """The row of a chapter, and what is open in it if some of it was tried."""
    done = sum(one.status == "right" for one in exercises)
    bar = "".join(MARKS[one.status] * (BAR // len(exercises)) for one in exercises)
    head = f"{chapter:02}  {bar:{BAR}}  {done} of {len(exercises)}  "
    left = [f"{one.number} {one.name}" for one in exercises if one.status != "right"]
    row = head + textwrap.shorten(exercises[0].title, WIDTH - len(head), placeholder=" …")
    if all(one.status in ("never run", "not attempted") for one in exercises):
        return [row]
    indent = " " * len(head)
    margins = {"initial_indent": indent + "open: ", "subsequent_indent": indent + " " * 6}
    return [row, *textwrap.wrap(", ".join(left), WIDTH, **margins)]


def _next(open_ones):
    if not open_ones:
        return "Every exercise is done."
    one = open_ones[0]
    return f"Next: {one.number} {one.name} ({one.file}). {ADVICE[one.status]}."
