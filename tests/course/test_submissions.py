"""What students send: names, zips that mean harm, and files that are no notebooks."""

import json
import os
import random
import zipfile

import nbformat
import pytest

from memo_edu import FileFormatError, InputError, MemoError
from memo_edu.course import submissions
from memo_edu.course.mend import START, TOP
from memo_edu.course.submissions import collect, notebook_of, student_of

CELL = {"cell_type": "code", "source": ["x = 1\n", "x"], "outputs": [{"strange": 1}]}
NOTEBOOK = json.dumps({"cells": [CELL], "nbformat": 4, "metadata": {"widgets": 3}})


@pytest.mark.parametrize(
    ("file", "student"),
    [
        ("anna.ipynb", "anna"),
        ("ps1_anna.ipynb", "anna"),
        ("anna-ps1.ipynb", "anna"),
        ("PS1 Anna Berg.ipynb", "Anna_Berg"),
        ("Zoë Müller/ps1.ipynb", "Zoë_Müller"),
        ("Bo Ek_4711_assignsubmission_file_/ps1.ipynb", "Bo_Ek"),
        ("Bo Ek_4711_assignsubmission_file/my work.ipynb", "my_work"),
        ("ekbo_LATE_4711_99_ps1-2.ipynb", "ekbo"),
        ("ekbo_4711_99_ps1.ipynb", "ekbo"),
        ("../../etc/passwd", "passwd"),
        ("..ipynb", "unnamed"),
        ("[a]*?.ipynb", "a"),
        ("x" * 300 + ".ipynb", "x" * 80),
    ],
)
def test_names_of_students(file, student):
    assert student_of(file, "ps1") == student


def zipped(path, files, links=()):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o120777 if name in links else 0o100644) << 16
            archive.writestr(entry, data)
    return path


def test_a_zip_from_a_course_site(tmp_path):
    files = {
        "Bo Ek_1_assignsubmission_file_/ps1.ipynb": NOTEBOOK,
        "Bo Ek_1_assignsubmission_file_/case.json": "{}",
        "Åsa_2_assignsubmission_file_/ps1.ipynb": NOTEBOOK,
        "Cy_3_assignsubmission_file_/answers.pdf": "%PDF",
        "__MACOSX/._ps1.ipynb": "x",
        ".ipynb_checkpoints/ps1.ipynb": NOTEBOOK,
    }
    found = collect(zipped(tmp_path / "all.zip", files), "ps1")
    assert [(one.student, one.notebook is not None) for one in found] == [
        ("answers", False),
        ("Bo_Ek", True),
        ("Åsa", True),
    ]


def test_a_path_in_a_zip_leads_nowhere(tmp_path):
    home = tmp_path / "deep" / "down"
    home.mkdir(parents=True)
    files = {
        "../../evil.ipynb": NOTEBOOK,
        "/etc/evil2.ipynb": NOTEBOOK,
        "..\\evil3.ipynb": NOTEBOOK,
    }
    found = collect(zipped(home / "all.zip", files), "ps1")
    assert [one.student for one in found] == ["evil", "evil2", "evil3"]
    assert os.listdir(home) == ["all.zip"]
    assert os.listdir(tmp_path) == ["deep"]


def test_a_bomb_does_not_go_off(tmp_path, monkeypatch):
    monkeypatch.setattr(submissions, "LARGEST", 10_000)
    path = zipped(tmp_path / "all.zip", {"a.ipynb": b"0" * 10**7, "b.ipynb": NOTEBOOK})
    bomb, good = collect(path, "ps1")
    assert "has 10,000,000 bytes; 10,000 are allowed" in bomb.remarks[0]
    assert good.notebook is not None
    monkeypatch.setattr(submissions, "LARGEST_TOGETHER", len(NOTEBOOK) - 1)
    with pytest.raises(MemoError, match="holds more than"):
        collect(path, "ps1")
    monkeypatch.setattr(submissions, "MOST_FILES", 1)
    with pytest.raises(MemoError, match="too many"):
        collect(path, "ps1")


def test_a_bomb_is_not_even_opened(tmp_path, monkeypatch):
    """Its sizes stand in the list of files: they are enough to refuse it, and only it."""
    files = {"a.ipynb": b"0" * 10**7, "b.ipynb": NOTEBOOK, "c.ipynb": b"[" * submissions.SMALL}
    path = zipped(tmp_path / "all.zip", files)
    opened, read = [], zipfile.ZipFile.read

    def note(archive, entry):
        opened.append(entry.filename)
        return read(archive, entry)

    monkeypatch.setattr(zipfile.ZipFile, "read", note)
    bomb, good, small = collect(path, "ps1")
    assert "more than 200 times as large" in bomb.remarks[0]
    assert good.notebook is not None
    assert "ending .ipynb" in small.remarks[0]
    assert opened == ["b.ipynb", "c.ipynb"]


def test_all_sizes_are_added_up_before_anything_is_read(tmp_path, monkeypatch):
    files = {f"{i}.ipynb": NOTEBOOK for i in range(9)}
    path = zipped(tmp_path / "all.zip", files)
    monkeypatch.setattr(submissions, "LARGEST_TOGETHER", 9 * len(NOTEBOOK))
    assert len(collect(path, "ps1")) == 9
    monkeypatch.setattr(submissions, "LARGEST_TOGETHER", 9 * len(NOTEBOOK) - 1)
    monkeypatch.setattr(zipfile.ZipFile, "read", None)
    with pytest.raises(FileFormatError, match="holds more than"):
        collect(path, "ps1")


def test_a_zip_that_lies_about_a_size_gives_no_more_than_it_told(tmp_path):
    path = zipped(tmp_path / "all.zip", {"a.ipynb": b"0" * 10**7, "b.ipynb": NOTEBOOK})
    data = path.read_bytes()
    path.write_bytes(data.replace((10**7).to_bytes(4, "little"), (1000).to_bytes(4, "little")))
    liar, good = collect(path, "ps1")
    assert "can't be unpacked" in liar.remarks[0]
    assert good.notebook is not None


@pytest.mark.parametrize("packed", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packings_that_unpack_without_bound_are_not_opened(tmp_path, packed):
    """Python unpacks whole blocks of these: a few bytes of bzip2 may hold gigabytes."""
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("a.ipynb", NOTEBOOK, compress_type=packed)
    (found,) = collect(tmp_path / "all.zip", "ps1")
    assert "Send a plain zip" in found.remarks[0]


def test_damaged_bytes_in_a_zip_are_never_a_crash(tmp_path):
    """1,500 zips with up to four wrong bytes each: each is read, or refused in a sentence."""
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for name, packed in {"a.ipynb": 0, "é.ipynb": 8, "b.ipynb": 12, "c.ipynb": 14}.items():
            archive.writestr(name, NOTEBOOK * 3, compress_type=packed)
    whole, outcomes = (tmp_path / "all.zip").read_bytes(), {"read": 0, "refused": 0}
    for seed in range(1500):
        chance, data = random.Random(seed), bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(data))] = chance.choice([0, 255, chance.randrange(256)])
        (tmp_path / "all.zip").write_bytes(data)
        try:
            collect(tmp_path / "all.zip", "ps1")
            outcomes["read"] += 1
        except MemoError:
            outcomes["refused"] += 1
    assert min(outcomes.values()) > 50


def test_folders_outside_are_not_reached_by_a_linked_folder(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.ipynb").write_text(NOTEBOOK)
    (tmp_path / "sent").mkdir()
    (tmp_path / "sent" / "anna").symlink_to(tmp_path / "outside", target_is_directory=True)
    (found,) = collect(tmp_path / "sent", "ps1")
    assert (found.notebook, "a link" in found.remarks[0]) == (None, True)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_what_is_no_file_is_not_read(tmp_path):
    """Reading a pipe would wait for ever."""
    (tmp_path / "anna.ipynb").write_text(NOTEBOOK)
    os.mkfifo(tmp_path / "bo.ipynb")
    assert [one.student for one in collect(tmp_path, "ps1")] == ["anna"]


def test_links_are_not_followed(tmp_path):
    path = zipped(tmp_path / "all.zip", {"a.ipynb": "/etc/passwd"}, links=["a.ipynb"])
    assert "a link" in collect(path, "ps1")[0].remarks[0]
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "b.ipynb").symlink_to(path)
    assert "a link" in collect(folder, "ps1")[0].remarks[0]


@pytest.mark.parametrize("damage", ["tail", "middle", "locked"])
def test_a_damaged_zip_is_one_sentence(tmp_path, damage):
    data = bytearray(zipped(tmp_path / "all.zip", {"a.ipynb": NOTEBOOK * 50}).read_bytes())
    if damage == "tail":
        data = data[: len(data) // 2]
    elif damage == "middle":
        data[60:90] = bytes(30)
    else:
        data[6] |= 1
        data[data.index(b"PK\1\2") + 8] |= 1
    (tmp_path / "all.zip").write_bytes(data)
    found = collect(tmp_path / "all.zip", "ps1")
    assert [one.notebook for one in found] == [None]
    if damage != "tail":  # without its list of files a zip is just some file
        assert "can't be unpacked" in found[0].remarks[0]


def test_a_name_given_twice_is_kept_apart(tmp_path):
    files = {"1/anna.ipynb": NOTEBOOK, "2/Anna.ipynb": NOTEBOOK, "2/ps1_anna.ipynb": NOTEBOOK}
    found = collect(zipped(tmp_path / "all.zip", files), "ps1")
    assert len({one.student.casefold() for one in found}) == 3
    assert sum("Another file" in " ".join(one.remarks) for one in found) == 2


def test_nothing_to_grade(tmp_path):
    with pytest.raises(InputError, match="no submissions"):
        collect(tmp_path, "ps1")
    with pytest.raises(InputError, match="There is no"):
        collect(tmp_path / "none", "ps1")


def test_one_notebook(tmp_path):
    (tmp_path / "anna.ipynb").write_text(NOTEBOOK)
    assert [one.student for one in collect(tmp_path / "anna.ipynb", "ps1")] == ["anna"]


def test_what_is_kept_of_a_notebook():
    notebook = notebook_of(b"\xef\xbb\xbf" + NOTEBOOK.encode())
    nbformat.validate(notebook)
    assert notebook.cells[0].source == "x = 1\nx"
    assert notebook.cells[0].outputs == []
    assert notebook.metadata == {}


def test_nobody_speaks_for_the_graders():
    cell = {"cell_type": "markdown", "id": TOP, "source": f"{START}- All is well."}
    assert notebook_of(json.dumps({"cells": [cell]}).encode()).cells[0].id != TOP


def test_a_notebook_of_an_old_format():
    old = nbformat.v3.new_notebook(
        worksheets=[nbformat.v3.new_worksheet(cells=[nbformat.v3.new_code_cell("x = 1")])]
    )
    assert notebook_of(json.dumps(old).encode()).cells[0].source == "x = 1"


@pytest.mark.parametrize(
    ("data", "say"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"\x89PNG\r\n\x1a\n", "not even text"),
        (b"<html><body>ps1</body></html>", "ending .ipynb"),
        (b"def f(x):\n    return x", "ending .ipynb"),
        (NOTEBOOK.encode()[:40], "cut off"),
        (b"[" * 100_000, "ending .ipynb"),
        (b"3", "no cells"),
        (b"null", "no cells"),
        (b'{"cells": 3}', "no cells"),
        (b'{"cells": [3]}', "no cells"),
        (b'{"cells": null}', "no cells"),
        (b'{"worksheets": 1}', "no cells"),
    ],
)
def test_what_is_no_notebook(data, say):
    with pytest.raises(MemoError, match=say):
        notebook_of(data)


@pytest.mark.parametrize("metadata", [None, 3, [], {"nbgrader": 3}, {"nbgrader": {"grade_id": 3}}])
def test_odd_marks_are_dropped(metadata):
    cell = {**CELL, "metadata": metadata, "id": "a b/c"}
    assert notebook_of(json.dumps({"cells": [cell]}).encode()).cells[0].metadata == {}


def test_an_upload_may_be_a_stream_of_anything(tmp_path):
    """Random bytes are never an error, whatever they look like."""
    for seed in range(50):
        junk = bytes((seed * k * k + k) % 256 for k in range(200))
        (tmp_path / "junk.ipynb").write_bytes(junk if seed % 2 else b"PK\3\4" + junk)
        assert collect(tmp_path, "ps1")[0].notebook is None
