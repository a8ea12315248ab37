"""A slice of what `make fuzz` tries, and every fault that it has found, as a case of its own."""

import contextlib
import json
import struct
import time
import zipfile

import fuzz
import nbformat
import pytest
from fuzz import STUB, TARGETS, Kernel, assert_gradable, marked, released, run
from mutate import nested, zipped

import memo_edu as me
from memo_edu.course import submissions
from memo_edu.course.execute import Judge, verdict
from memo_edu.course.mend import mend
from memo_edu.course.submissions import collect, notebook_of, student_of

SLICE = {"tokenizer": 2000, "pieces_of_files": 600, "loader": 500, "answers": 400}
SLICE |= {"notebooks": 60, "zips": 60}


@pytest.mark.parametrize("name", [target.__name__ for target in TARGETS])
def test_a_slice_has_no_crash_and_grows_little(name):
    report = run(name, range(SLICE[name]))
    assert report.crashes == []
    assert report.outcomes.total() == SLICE[name]
    assert len(report.outcomes) > 1 or name == "tokenizer"  # both good and bad input is tried
    assert report.slowest < 5
    assert report.growth < 200 * 2**20


def test_a_crash_is_counted(monkeypatch):
    def broken(rng, folder):
        if rng.random() < 0.5:
            raise KeyError("x")
        return "well"

    monkeypatch.setattr(fuzz, "TARGETS", [broken])
    report = run("broken", range(50))
    assert len(report.crashes) + report.outcomes["well"] == 50
    assert 5 < len(report.crashes) < 45
    assert "KeyError: 'x'" in report.crashes[0][1]


def test_a_case_is_known_by_its_number(tmp_path):
    first, again = (fuzz.mutated_memory(fuzz.random.Random("loader 7")) for _ in range(2))
    assert first == again


def test_ten_megabytes_in_one_line():
    for text in ("a" * 10**7, "\ud800 teapot\u0301" * (10**6), " " * 10**7 + "\u05d0"):
        start = time.process_time()
        assert me.detokenize(me.tokenize(text)) == text
        assert time.process_time() - start < 10


# ---- Found in the library --------------------------------------------------------------------


def test_a_size_that_no_float_holds():
    with pytest.raises(me.CapacityError, match="needs"):
        me.MeMo(dim=2 * 10**400, encoder="binding", backend="numpy")


@pytest.mark.parametrize("size", [2**22 + 1, 2**24 + 9, 10**400])
def test_a_file_names_more_candidates_than_there_can_be(size, tmp_path):
    with pytest.raises(me.ConfigurationError, match="at most 4,194,304"):
        me.MeMo(8, 2, 2, vocab_size=size, backend="numpy")
    parts = dict(fuzz.memories()[3])
    config = {**json.loads(parts["config.json"]), "vocab_size": size}
    file = tmp_path / "memory"
    file.write_bytes(zipped(fuzz.signed({**parts, "config.json": json.dumps(config).encode()})))
    with pytest.raises(me.FileFormatError, match="at most 4,194,304"):
        me.MeMo.load(file, backend="numpy")


def test_candidates_count_as_the_objects_that_they_are(monkeypatch):
    monkeypatch.setattr(me.backend.Backend, "free_memory", lambda self: 5 * 10**8)
    with pytest.raises(me.CapacityError, match="4000000 candidates"):
        me.MeMo(8, 2, 1, "binding", backend="numpy", vocab_size=4 * 10**6)


# ---- Found in what reads submissions ---------------------------------------------------------


def notebook(*cells, **metadata):
    cells = [dict(cell) for cell in cells or released().cells]
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4}).encode()


def collected(tmp_path, data):
    (tmp_path / "all.zip").write_bytes(data)
    return collect(tmp_path / "all.zip", "ps1")


GOOD = notebook()


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_unusual_packing_is_not_unpacked(packing, tmp_path):
    (found,) = collected(tmp_path, zipped({"a.ipynb": GOOD}, packing))
    assert found.remarks == [
        "It is packed in an unusual way. Send a plain zip, or the notebook itself."
    ]


def changed_entry(offset, form, value):
    """A zip of two good notebooks; what its list says of the first one is changed."""
    data = bytearray(zipped({"a.ipynb": GOOD, "b.ipynb": GOOD}))
    struct.pack_into(form, data, data.index(b"PK\1\2") + offset, value)
    return bytes(data)


@pytest.mark.parametrize("offset", [2**31, 2**32 - 2, 99])
def test_a_member_that_lies_elsewhere_is_one_students_fault(offset, tmp_path):
    first, second = collected(tmp_path, changed_entry(42, "<I", offset))
    assert first.notebook is None
    assert "can't be unpacked" in first.remarks[0]
    assert second.notebook is not None


def test_a_member_without_a_name(tmp_path):
    found = collected(tmp_path, zipped({"": GOOD, "b.ipynb": GOOD}))
    assert sorted(one.student for one in found) == ["b", "unnamed"]


def test_a_list_of_members_that_is_not_utf8(tmp_path):
    data = bytearray(changed_entry(8, "<H", 2**11))
    data[data.index(b"PK\1\2") + 46] = 0xFF
    with pytest.raises(me.FileFormatError, match="can't be unpacked"):
        collected(tmp_path, data)


@pytest.mark.parametrize(
    "name",
    ["_" * 60000 + "x.ipynb", "ps1" + "-" * 60000 + "x", "_1_assignsubmission_" * 3000 + "!"],
)
def test_a_long_name_takes_no_time(name):
    start = time.process_time()
    assert len(student_of(name, "ps1")) <= 80
    assert time.process_time() - start < 0.5


def test_who_is_called_as_a_numbered_one_keeps_the_name(tmp_path):
    names = ["1/anna.ipynb", "2/Anna.ipynb", "anna-2.ipynb", "3/anna.ipynb", "Anna-2.ipynb"]
    found = collected(tmp_path, zipped(dict.fromkeys(names, GOOD)))
    students = [one.student.casefold() for one in found]
    assert len(set(students)) == 5
    assert {"anna", "anna-2"} <= set(students)
    assert sum("Another file" in " ".join(one.remarks) for one in found) == 3


@pytest.mark.parametrize("limit", ["LONGEST", "MOST_CELLS"])
def test_a_notebook_that_is_too_long(limit, monkeypatch):
    assert notebook_of(GOOD).cells
    monkeypatch.setattr(submissions, limit, 5)
    with pytest.raises(me.FileFormatError, match=r"too long: .* are allowed"):
        notebook_of(GOOD)


@pytest.mark.parametrize("field", ["metadata", "source", "attachments"])
def test_an_old_notebook_nested_deeply(field):
    cells = [{"cell_type": "code", "source": "", "outputs": [], field: nested(300)}]
    data = json.dumps({"worksheets": [{"cells": cells}], "nbformat": 3}).encode()
    with contextlib.suppress(me.FileFormatError):
        assert_gradable(mend(notebook_of(data), released()))


def test_half_a_character_in_a_students_name():
    made = mend(notebook_of(notebook(memo_edu={"student": "\ud800"})), released())
    assert made.metadata["memo_edu"] == {"student": "?"}
    assert_gradable(made)


@pytest.mark.parametrize("deep", ["1+" * 5000 + "1", "-" * 9000 + "1", "(" * 300])
def test_an_answer_in_two_cells_that_python_does_not_understand(deep):
    cells = released().cells
    twice = marked("answer-1", deep, solution=True)
    made = mend(notebook_of(notebook(*cells[:3], twice, *cells[3:])), released())
    assert_gradable(made)


def test_a_students_cell_takes_no_cells_id():
    cells = released().cells
    own = nbformat.v4.new_code_cell("x = 1", id="r-answer-1")
    other = nbformat.v4.new_code_cell("y = 1", id="own-3")
    answer = marked("answer-1", STUB.format("f") + "  # mine", solution=True)
    given = [*cells[:2], own, other, other, answer, *cells[3:]]
    del own["metadata"]
    made = mend(notebook_of(notebook(*given)), released())
    assert_gradable(made)
    places = {cell.id: cell.metadata.get("nbgrader", {}).get("grade_id") for cell in made.cells}
    assert places["r-answer-1"] == "answer-1"


def test_a_new_id_is_nobody_elses():
    names = ["own-2", "x", "x", "own-3", "own"]
    own = [nbformat.v4.new_code_cell(f"a = {i}", id=name) for i, name in enumerate(names)]
    made = mend(notebook_of(notebook(*own, *released().cells)), released())
    assert_gradable(made)
    assert [cell.id for cell in made.cells[:5]] == ["own-2", "x", "own-4", "own-3", "own"]


@pytest.mark.parametrize("says", ["", " ", "\ud800 is wrong", "x" * 9999])
def test_an_error_that_says_nothing_or_can_not_be_written(says):
    replies = [json.dumps({"function": True}), json.dumps({"error": says})]
    (output,) = verdict(Judge(Kernel(replies), released()).judge(fuzz.TEST))
    assert output.evalue.strip()
    assert len(output.evalue) <= 500
    output.evalue.encode()
