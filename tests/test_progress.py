"""The command `memo-edu progress`: what saved notebooks say of each exercise, and nothing else."""

import importlib
import json
import shutil
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from memo_edu import cli, progress
from memo_edu.checks import Chapter, Outcome, Wrong
from memo_edu.errors import InputError

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
FILES = sorted(NOTEBOOKS.glob("*.ipynb"))
STATUSES = ("never run", "not attempted", "wrong", "right")


def result(text):
    return v4.new_output("execute_result", {"text/plain": text, "text/html": "<b>…</b>"})


def saved(number, status):
    """A check cell with the outcome it was saved with."""
    outputs = [] if status == "never run" else [result(repr(Outcome(number, status, "A word.")))]
    return v4.new_code_cell(f'check("{number}", answer)', outputs=outputs)


def write(file, statuses, chapter="02", title="One matrix"):
    """Write a notebook whose exercises N.1, N.2 … have these outcomes."""
    cells = [v4.new_markdown_cell(f"# {chapter}. {title}\n\nWords.\n\n## Exercises")]
    for count, status in enumerate(statuses, 1):
        number = f"{int(chapter)}.{count}"
        cells.append(
            v4.new_markdown_cell(f"Words.\n\n### Exercise {number} ★★ Task {count}\n\nDo.")
        )
        cells.append(saved(number, status))
    nbformat.write(v4.new_notebook(cells=cells), file)
    return file


def statuses(file):
    return [one.status for one in progress.read_notebook(file)]


def run(*arguments):
    try:
        return cli.main(["progress", *map(str, arguments)])
    except SystemExit as end:
        return end.code


# ---- What the course's own notebooks say -----------------------------------------------------


@pytest.mark.parametrize("folder", ["", "solutions"])
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_untouched_is_not_attempted_and_solved_is_right(file, folder):
    found = progress.read_notebook(file.parent / folder / file.name)
    checks = importlib.import_module(f"memo_edu.checks.chapter{file.name[:2]}").chapter
    assert [one.number for one in found] == list(checks.exercises)
    assert {one.status for one in found} == {"right" if folder else "not attempted"}
    assert all(len(one.name) > 2 and "★" not in one.name for one in found)
    assert {one.place[0] for one in found} == {int(file.name[:2])}


def test_the_whole_course(capsys):
    exercises, faults = progress.read_folder(NOTEBOOKS)
    assert faults == []
    assert len({one.title for one in exercises}) == len(FILES) == 16
    assert run(NOTEBOOKS) == 0
    shown = capsys.readouterr().out.splitlines()
    rows = [line for line in shown if line[:2].isdigit()]
    assert [row[:2] for row in rows] == [file.name[:2] for file in FILES]
    assert all(row[4:16] == "." * 12 and row[18:20] == "0 " for row in rows)
    assert shown[-1].startswith("Next: 0.1 Two texts in one matrix (")
    assert run(NOTEBOOKS / "solutions") == 0
    shown = capsys.readouterr().out.splitlines()
    assert sum(line[4:16] == "#" * 12 for line in shown) == len(FILES)
    assert f"{len(exercises)} of {len(exercises)}" in shown[-3]
    assert shown[-1] == "Every exercise is done."


def test_a_chapter_half_done(tmp_path, capsys):
    file = tmp_path / FILES[2].name
    mine = json.loads(FILES[2].read_text("utf-8"))
    solved = nbformat.read(NOTEBOOKS / "solutions" / file.name, as_version=4)
    checks = [at for at, cell in enumerate(solved.cells) if cell.source.startswith("check(")]
    mine["cells"][checks[1]]["outputs"] = solved.cells[checks[1]].outputs
    mine["cells"][checks[2]]["outputs"] = [result(repr(Outcome("2.3", "wrong", "Once.")))]
    mine["cells"][checks[3]]["outputs"] = []
    file.write_text(json.dumps(mine), encoding="utf-8")
    assert run(tmp_path) == 0
    assert capsys.readouterr().out.splitlines() == [
        progress.LEGEND,
        "",
        "02  ...###xxx---  1 of 4  One matrix holds many pairs",
        "                          open: 2.1 Memorize, 2.3 Forget every copy, 2.4 Clean",
        "                                up many at once",
        "all               1 of 4",
        "",
        f"Next: 2.1 Memorize ({file}). Write it, run its check, and save.",
    ]


# ---- How an outcome is recognized ------------------------------------------------------------


@pytest.mark.parametrize("answer", [..., lambda: 1, lambda: 2, lambda: 1 / 0])
def test_what_a_check_shows_is_recognized(answer):
    chapter = Chapter()

    @chapter.exercise("12.3", hints=[])
    def one(answer):
        if answer() != 1:
            raise Wrong("✓ Exercise 12.3, right: this is\n a message: of two lines.")
        return "Good."

    outcome = chapter.check("12.3", answer)
    (found,) = Outcome.all_in(f"before\n{outcome!r}\nafter")
    assert (found.number, found.status) == (outcome.number, outcome.status)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Exercise 2.1, right: no sign.",
        "✗ Exercise 2.1, right: another's sign.",
        "✓ Exercise 2.1, fine: no such status.",
        "✓ Exercise two, right: no number.",
        "I saw ✓ Exercise 2.1, right: within a line.",
    ],
)
def test_what_no_check_shows_is_not(text):
    assert Outcome.all_in(text) == []


def test_every_outcome(tmp_path):
    assert statuses(write(tmp_path / "02.ipynb", STATUSES)) == list(STATUSES)


def test_only_what_was_shown_counts(tmp_path):
    file = write(tmp_path / "02.ipynb", ["not attempted", "never run"])
    notebook = nbformat.read(file, as_version=4)
    right = repr(Outcome("2.1", "right", "Good."))
    notebook.cells.append(v4.new_code_cell(f"# {right}\n'''\n{right}\n'''"))
    notebook.cells.append(v4.new_markdown_cell(right))
    notebook.cells.append(v4.new_code_cell("oh", outputs=[v4.new_output("error", ename=right)]))
    notebook.cells.append(v4.new_code_cell("f()", outputs=[result("<function f>")]))
    nbformat.write(notebook, file)
    assert statuses(file) == ["not attempted", "never run"]


def test_a_check_may_be_printed_and_asked_again(tmp_path):
    file = write(tmp_path / "02.ipynb", ["right", "not attempted"])
    notebook = nbformat.read(file, as_version=4)
    notebook.cells.append(saved("2.1", "wrong"))
    printed = f"a line\n{Outcome('2.2', 'wrong', 'No.')!r}\n{Outcome('9.9', 'right', 'Yes.')!r}\n"
    notebook.cells.append(
        v4.new_code_cell("print(…)", outputs=[v4.new_output("stream", text=printed)])
    )
    nbformat.write(notebook, file)
    assert statuses(file) == ["right", "wrong"]


def test_lines_of_a_file_may_be_a_list_or_one_str(tmp_path):
    file = write(tmp_path / "02.ipynb", STATUSES)
    lines = json.loads(file.read_text("utf-8"))
    for cell in lines["cells"]:
        cell["source"] = "".join(cell["source"])
        for output in cell.get("outputs", ()):
            output["data"]["text/plain"] = "".join(output["data"]["text/plain"])
    file.write_text(json.dumps(lines), encoding="utf-8")
    assert statuses(file) == list(STATUSES)


# ---- The table -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "bar", "names", "advice"),
    [
        (["right"] * 3, "############", [], "Every exercise is done."),
        (["never run"] * 2, "------------", [], "Run it from top to bottom"),
        (["not attempted", "never run"], "......------", [], "Write it"),
        (["right", "never run"], "######------", ["2.2 Task 2"], "Run it"),
        (["wrong", "right", "wrong"], "xxxx####xxxx", ["2.1 Task 1", "2.3 Task 3"], "Its check"),
        (["right", "not attempted", "wrong", "right"], "###...xxx###", ["2.2", "2.3"], "Write"),
    ],
)
def test_rows(tmp_path, given, bar, names, advice):
    lines = progress.report(progress.read_notebook(write(tmp_path / "x.ipynb", given))).splitlines()
    done = f"{given.count('right')} of {len(given)}"
    assert lines[2] == f"02  {bar}  {done}  One matrix"
    assert ("open: " in lines[3]) == bool(names)
    assert all(name in lines[3] for name in names)
    assert f"all               {done}" in lines
    assert advice in lines[-1]


def test_columns_are_aligned_and_no_row_is_wide(tmp_path):
    write(tmp_path / "a.ipynb", ["wrong"] * 4, "14", "A long title " * 9)
    write(tmp_path / "b.ipynb", ["right", "never run", "right"], "00")
    lines = progress.report(progress.read_folder(tmp_path)[0]).splitlines()
    assert [line[:4] for line in lines[2:-3]] == ["00  ", "    ", "14  ", "    ", "    "]
    assert {line.index(" of ") for line in lines if " of " in line} == {19}
    assert all(len(line) < 80 for line in lines[:-1])
    assert lines[4].endswith(" …")
    assert lines[-1].startswith("Next: 0.2 Task 2 (")


def test_chapters_come_in_the_order_of_the_course_and_copies_count_once(tmp_path):
    write(tmp_path / "z.ipynb", ["right"], "02")
    write(tmp_path / "z2.ipynb", ["wrong"], "02")
    write(tmp_path / "y.ipynb", ["right", "wrong"], "10")
    write(tmp_path / "y-Copy1.ipynb", ["wrong", "not attempted"], "10", "My copy")
    shutil.copytree(tmp_path, tmp_path / "solutions")
    found, faults = progress.read_folder(tmp_path)
    assert [(one.number, one.status) for one in found] == [
        ("2.1", "right"),
        ("10.1", "right"),
        ("10.2", "wrong"),
    ]
    assert faults == []
    assert sum(line[:2].isdigit() for line in progress.report(found).splitlines()) == 2


# ---- Where it looks, and what it can't read --------------------------------------------------


def test_it_looks_into_notebooks_or_else_here(tmp_path, monkeypatch, capsys):
    (tmp_path / "notebooks").mkdir()
    write(tmp_path / "here.ipynb", ["right"], "02")
    write(tmp_path / "notebooks" / "there.ipynb", ["wrong"], "03")
    for folder, chapter in ((tmp_path, "03"), (tmp_path / "notebooks", "03"), ("..", "02")):
        monkeypatch.chdir(folder)
        if folder == "..":
            shutil.rmtree("notebooks")
        assert run() == 0
        assert capsys.readouterr().out.splitlines()[2].startswith(chapter)


BROKEN = {
    "empty": "",
    "cut short": '{"cells": [',
    "another's": '{"cells": 3}',
    "a list": "[]",
    "no outputs": '{"cells": [{"cell_type": "code", "source": []}]}',
    "odd outputs": '{"cells": [{"cell_type": "code", "source": "", "outputs": [{"data": 1}]}]}',
    "deep": "[" * 100_000,
    "bytes": b"\xff\xfe\x00",
    "no exercise": '{"cells": [{"cell_type": "markdown", "source": "# 02. Words"}]}',
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_or_foreign_notebook_is_one_sentence(text, tmp_path, capsys):
    file = tmp_path / "odd.ipynb"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert run(tmp_path) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"memo-edu: {file} ")
    assert err.count("\n") == 1
    write(tmp_path / "good.ipynb", ["right"])
    (tmp_path / "folder.ipynb").mkdir()
    assert run(tmp_path) == 0
    out, err = capsys.readouterr()
    assert "1 of 1" in out
    assert [line.split()[1] for line in err.splitlines()] == [
        f"{tmp_path / 'folder.ipynb'}",
        f"{file}",
    ]


@pytest.mark.parametrize("arguments", [["no/such/folder"], [__file__], ["."], ["a", "b"], ["--x"]])
def test_a_wrong_argument_is_one_sentence(arguments, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("memo-edu")
    assert err.count("\n") == 1


def test_help_tells_where_it_looks(capsys):
    assert run("--help") == 0
    assert "./notebooks if there is one" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    assert "progress    Show which exercises are done" in capsys.readouterr().out


def test_errors_are_input_errors(tmp_path):
    with pytest.raises(InputError, match="no folder"):
        progress.read_folder(tmp_path / "none")
    with pytest.raises(InputError, match="no notebook of this course"):
        progress.read_folder(tmp_path)


def test_nothing_is_executed_or_changed(tmp_path):
    file = write(tmp_path / "02.ipynb", ["wrong"])
    notebook = nbformat.read(file, as_version=4)
    notebook.cells.append(v4.new_code_cell(f"open({str(tmp_path / 'ran')!r}, 'w')"))
    nbformat.write(notebook, file)
    before = file.read_bytes()
    assert run(tmp_path) == 0
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


def test_a_terminal_that_knows_few_letters(tmp_path, monkeypatch):
    write(tmp_path / "02.ipynb", ["right"], title="Layer λ")
    monkeypatch.setattr(cli.sys, "stdout", Narrow())
    assert run(tmp_path) == 0
    assert "Layer ?" in cli.sys.stdout.text


def test_a_terminal_obeys_no_title(tmp_path, capsys):
    """Signs that would colour, move or rename a terminal are shown as question marks."""
    write(tmp_path / "02.ipynb", ["right"], title="One \x1b]0;renamed\x07 \x9b2J matrix")
    (tmp_path / "\x1b[31mred.ipynb").write_text("{")
    assert run(tmp_path) == 0
    out, err = capsys.readouterr()
    assert "One ?]0;renamed? ?2J matrix" in out
    assert "?[31mred.ipynb can't be read" in err


class Narrow:
    """A stream that writes ASCII only."""

    encoding, text = "ascii", ""

    def write(self, text):
        self.text += text.encode("ascii").decode()
