"""Make the notebooks: every chapter is written once, in this folder, and comes out twice.

    python notebooks/.source/build.py            all chapters
    python notebooks/.source/build.py 02 05      these

notebooks/NN-….ipynb is the learner's copy, in which the solutions are stubs;
notebooks/solutions/NN-….ipynb has the solutions in it. Both are stored with their outputs.

    python notebooks/.source/build.py ps1        a problem set, from assignments/ps1.md

notebooks/assignments/source/ps1/ is its source as nbgrader wants it, with the files beside it.
"""

import copy
import importlib
import sys
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbgrader.preprocessors import ClearSolutions
from tqdm.auto import tqdm

from memo_edu.course.source import read_source

SOURCE = Path(__file__).resolve().parent
STUB = "raise NotImplementedError  # your code here"


def solution_copy(source):
    """Read a chapter's source as a notebook without outputs."""
    notebook = jupytext.read(source)
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:03d}"
    return nbformat.from_dict({**notebook, "nbformat": 4, "nbformat_minor": 5})


def student_copy(solution):
    """Put a stub in the place of every solution."""
    clear = ClearSolutions(code_stub={"python": STUB}, enforce_metadata=False)
    return clear.preprocess(copy.deepcopy(solution), {})[0]


def copies(source):
    """Return (path, notebook) of both copies of a chapter, without outputs."""
    solution = solution_copy(source)
    student = student_copy(solution)
    for cell in solution.cells:  # it lies one folder further down
        cell.source = cell.source.replace("](GLOSSARY.md)", "](../GLOSSARY.md)")
    name = f"{source.stem}.ipynb"
    home = SOURCE.parent
    return [(home / name, student), (home / "solutions" / name, solution)]


def run(notebook, folder):
    """Execute a notebook and keep what a reader should see."""
    client = NotebookClient(
        notebook,
        timeout=120,
        startup_timeout=120,
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute()
    leave_words(notebook)
    notebook.metadata["language_info"] = {"name": "python"}


def leave_words(notebook):
    """Take out links to widgets, which are gone with their kernel; the words beside them stay."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)


def assignment(source):
    """Return the files of a problem set: a dict of path -> text."""
    home = SOURCE.parent / "assignments" / "source" / source.stem
    hidden = importlib.import_module(f"memo_edu.course.hidden.{source.stem}")
    files = {home / name: text for name, text in hidden.files().items()}
    return {home / f"{source.stem}.ipynb": nbformat.writes(read_source(source)) + "\n", **files}


def main(names):
    """Make what is named, or everything: chapters by their numbers, problem sets as ps1."""
    sources = [
        source
        for source in sorted(SOURCE.glob("[0-9][0-9]-*.md"))
        if not names or source.name[:2] in names
    ]
    for source in sorted(SOURCE.glob("assignments/*.md")):
        if not names or source.stem in names:
            for path, text in assignment(source).items():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
    for source in tqdm(sources, unit="chapter"):
        for path, notebook in copies(source):
            path.parent.mkdir(exist_ok=True)
            run(notebook, path.parent)
            nbformat.write(notebook, path)


if __name__ == "__main__":
    main(sys.argv[1:])
