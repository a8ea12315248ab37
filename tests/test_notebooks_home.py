"""What is packed, and a copy of the notebooks that never touches the user's own work."""

import subprocess
import tomllib
from pathlib import Path

import pytest

from memo_edu import InputError, cli, notebooks
from memo_edu.notebooks import copy_to

ROOT = Path(__file__).resolve().parent.parent
SETUP = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]

# ---- What is packed --------------------------------------------------------------------------


def packed(setup):
    """All files that pyproject.toml puts into the package."""
    files = set()
    for package in setup["packages"]:
        top, *rest = package.split(".")
        home = setup["package-dir"].get(package) or "/".join([setup["package-dir"][top], *rest])
        for pattern in ("*.py", *setup["package-data"].get(package, ())):
            files |= {path for path in (ROOT / home).glob(pattern) if path.is_file()}
    return {path.relative_to(ROOT).as_posix() for path in files}


def meant():
    """All files of the package and of the notebooks, but not what the notebooks are made from."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(
        [*command, "memo_edu", "notebooks"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {name for name in listed.stdout.splitlines() if "/.source/" not in name}


def test_every_file_is_packed_and_no_other():
    if not (ROOT / ".git").exists():
        pytest.skip("without git it is not known which files belong to the project")
    assert packed(SETUP) == meant()


@pytest.mark.parametrize("package", SETUP["packages"])
def test_a_package_that_is_forgotten_is_found(package):
    left = [name for name in SETUP["packages"] if name != package]
    assert packed(SETUP) - packed({**SETUP, "packages": left})


def test_the_licence_is_packed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["license-files"] == ["LICENSE"]
    assert (ROOT / "LICENSE").is_file()


# ---- A copy of one's own ---------------------------------------------------------------------


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_new_folder_gets_chapters_solutions_and_glossary(tmp_path):
    new, kept = copy_to(tmp_path / "deep" / "down")
    copied = contents(tmp_path / "deep" / "down")
    assert {path.as_posix() for path in new} == copied.keys()
    assert kept == []
    chapters = {path.name for path in notebooks.HOME.glob("*.ipynb")}
    assert len(chapters) == 16
    solutions = {f"solutions/{name}" for name in chapters}
    assert copied.keys() == chapters | solutions | {"GLOSSARY.md"}
    assert all((notebooks.HOME / name).read_bytes() == text for name, text in copied.items())


def test_what_the_user_wrote_is_kept(tmp_path):
    copy_to(tmp_path)
    (tmp_path / "02-one-matrix-many-pairs.ipynb").write_text("my answers")
    (tmp_path / "solutions" / "own.txt").write_text("my notes")
    (tmp_path / "GLOSSARY.md").unlink()
    before = contents(tmp_path)
    new, kept = copy_to(tmp_path)
    assert [path.as_posix() for path in new] == ["GLOSSARY.md"]
    assert [path.as_posix() for path in kept] == ["02-one-matrix-many-pairs.ipynb"]
    after = contents(tmp_path)
    assert after.pop("GLOSSARY.md")
    assert after == before


def test_a_link_of_the_users_is_not_written_through(tmp_path):
    """Not even one that leads nowhere yet."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "GLOSSARY.md").symlink_to(tmp_path / "elsewhere.md")
    assert [path.as_posix() for path in copy_to(tmp_path / "mine")[1]] == ["GLOSSARY.md"]
    assert not (tmp_path / "elsewhere.md").exists()


def test_a_full_disk_leaves_no_half_of_a_file(tmp_path):
    class Full:
        """What can't be written."""

    with pytest.raises(TypeError):
        notebooks._write_new(tmp_path / "half.ipynb", Full())
    assert contents(tmp_path) == {}


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(InputError, match="is a file"):
        copy_to(tmp_path / "notes")
    assert (tmp_path / "notes").read_text() == "mine"


def test_a_package_without_notebooks_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(notebooks, "HOME", tmp_path / "none")
    with pytest.raises(InputError, match="install memo_edu afresh"):
        copy_to(tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


# ---- memo-edu lab ----------------------------------------------------------------------------


@pytest.fixture
def opened(monkeypatch, tmp_path):
    """The arguments that JupyterLab was started with."""
    from jupyterlab.labapp import LabApp

    calls = []
    monkeypatch.setattr(LabApp, "launch_instance", calls.append)
    monkeypatch.chdir(tmp_path)
    return calls


@pytest.mark.parametrize(
    ("arguments", "folder", "passed"),
    [
        ([], "memo-edu-notebooks", []),
        (["mine"], "mine", []),
        (["mine", "--no-browser", "--port", "9999"], "mine", ["--no-browser", "--port", "9999"]),
        (["--port", "9999"], "memo-edu-notebooks", ["--port", "9999"]),
    ],
)
def test_lab_copies_and_opens(opened, capsys, arguments, folder, passed):
    assert cli.main(["lab", *arguments]) == 0
    assert opened == [[folder, *cli.OFFLINE, *passed]]
    assert Path(folder, "00-welcome.ipynb").is_file()
    assert capsys.readouterr().out == f"Copied to {folder}: 33 files.\n"


def test_lab_says_what_it_kept(opened, capsys):
    cli.main(["lab", "mine"])
    Path("mine", "00-welcome.ipynb").write_text("my answers")
    capsys.readouterr()
    cli.main(["lab", "mine"])
    said = capsys.readouterr().out
    assert said.startswith("Copied to mine: 0 files.\nKept as you have it, ")
    assert "not as in this version: 00-welcome.ipynb.\n" in said
    assert Path("mine", "00-welcome.ipynb").read_text() == "my answers"


def test_lab_does_not_open_what_could_not_be_copied(opened, capsys):
    Path("mine").write_text("a file")
    assert cli.main(["lab", "mine"]) == 2
    assert opened == []
    assert "is a file" in capsys.readouterr().err


def test_lab_shows_its_help(opened, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["lab", "--help"])
    assert end.value.code == 0
    assert opened == []
    assert "Copy the notebooks" in capsys.readouterr().out


def test_it_opens_without_network():
    """The same two options as make lab has, under names that JupyterLab knows."""
    from jupyterlab.labapp import LabApp

    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"OFFLINE := {' '.join(cli.OFFLINE)}\n" in makefile
    for option in cli.OFFLINE:
        assert LabApp.class_traits().keys() >= {option.removeprefix("--LabApp.").split("=")[0]}
