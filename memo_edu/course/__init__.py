"""The course: problem sets that are handed out, collected, and graded by nbgrader.

    release.py      a course directory, and the folder that students get
    variants.py     a list of students, each of whom gets data of their own
    submissions.py  what students send: a folder of files, or a zip
    mend.py         a submission is laid over the released notebook
    fence.py        the process that a submission runs in, and what it may touch
    session.py      a kernel in that process: cells, calls, time limits, crashes
    execute.py      nbgrader's step "execute": runs the cells, and judges from outside
    grade.py        all submissions, each on its own
    report.py       the table, the feedback pages, the summary
    hidden/         one module a problem set: hidden tests, and files made from the secret seed;
                    a module that begins with _ holds what one of them compares with

Only release and grade need nbgrader: pip install memo_edu[course].
"""

import importlib.util

from memo_edu import notebooks
from memo_edu.errors import ConfigurationError

HOME = notebooks.HOME / "assignments" / "source"


def source_of(assignment):
    """Return the folder with an assignment's source notebook.

    Raises:
        ConfigurationError: there is no such assignment, or nbgrader is not installed.
    """
    names = sorted(path.parent.name for path in HOME.glob("*/*.ipynb"))
    if not names:
        raise ConfigurationError(
            f"The problem sets are not where they should be, in {HOME}: install memo_edu afresh."
        )
    if assignment not in names:
        raise ConfigurationError(f"There is no {assignment!r}; choose one of {', '.join(names)}.")
    if importlib.util.find_spec("nbgrader") is None:
        raise ConfigurationError("This needs nbgrader: pip install 'memo-edu[course]'.")
    return HOME / assignment
