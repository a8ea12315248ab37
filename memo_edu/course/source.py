"""A problem set's source, as it is written: Markdown in, a notebook in nbgrader's form out.

A cell of code says after ```python what it is:

    answer="1"             students write here, between ### BEGIN SOLUTION and ### END SOLUTION
    test="1a" points=2     a hidden test: its lines that begin with verify( are not released
    id="setup"             given code; it is put back if it is changed or lost

A written answer stands between <!-- #region answer="6" points=10 --> and <!-- #endregion -->.
"""

import nbformat

MARKS = {"schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False}


def read_source(path):
    """Return the notebook that a source describes."""
    import jupytext

    notebook = jupytext.read(path)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    for number, cell in enumerate(notebook.cells):
        about, cell.metadata = cell.metadata, {}
        cell.id = f"{path.stem}-{number:03d}"
        if name := about.get("answer"):
            mark(cell, f"answer-{name}", solution=True)
            if "points" in about:
                mark(cell, name, solution=True, grade=True, points=about["points"])
        elif name := about.get("test"):
            mark(cell, name, grade=True, locked=True, points=about["points"])
            hide_tests(cell, path.stem)
        elif name := about.get("id"):
            mark(cell, name, locked=True)
    return nbformat.from_dict({**notebook, "nbformat": 4, "nbformat_minor": 5})


def mark(cell, name, **marks):
    """Put nbgrader's marks on a cell."""
    cell.metadata["nbgrader"] = {**MARKS, "grade_id": name, "cell_type": cell.cell_type, **marks}


def hide_tests(cell, assignment):
    """Fence the lines that call hidden tests."""
    shown, _, tests = cell.source.partition("\nverify(")
    opened = f"### BEGIN HIDDEN TESTS\nfrom memo_edu.course.hidden.{assignment} import verify\n"
    cell.source = f"{shown}\n{opened}\nverify({tests}\n### END HIDDEN TESTS"
