"""The package as others get it: built, installed into an environment of its own, and used there.

Run by make test-package, not by make test: it asks the package index, and takes minutes.
"""

import csv
import json
import os
import subprocess
import sys
import tarfile
import urllib.request
import zipfile
from pathlib import Path

import pytest
from live import serving
from test_notebooks_home import ROOT, meant

FOLDER = "Scripts" if sys.platform == "win32" else "bin"


def run(*command, cwd):
    """Run a command outside the repository, and return what it prints."""
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def environment(home):
    run(sys.executable, "-m", "venv", home, cwd=home.parent)
    return home / FOLDER


@pytest.fixture(scope="module", autouse=True)
def _away_from_the_repository():
    os.environ.pop("PYTHONPATH", None)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Return (sdist, wheel); the wheel is built from the sdist."""
    home = tmp_path_factory.mktemp("build")
    tools = environment(home / "tools")
    run(tools / "python", "-m", "pip", "install", "--quiet", "build", cwd=home)
    run(tools / "python", "-m", "build", "--outdir", home / "dist", ROOT, cwd=home)
    return next(home.glob("dist/*.tar.gz")), next(home.glob("dist/*.whl"))


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """Return the folder of programs of an environment in which the wheel is installed."""
    home = tmp_path_factory.mktemp("installed")
    programs = environment(home / "venv")
    pins = ["-c", ROOT / "constraints.txt"]
    wanted = f"{built[1]}[course]"
    run(programs / "python", "-m", "pip", "install", "--quiet", *pins, wanted, cwd=home)
    return programs


def test_the_wheel_holds_every_file(built):
    names = zipfile.ZipFile(built[1]).namelist()
    expected = {
        name.replace("notebooks/", "memo_edu/_notebooks/", 1)
        for name in meant()
        if name.startswith("notebooks/")
    }
    expected |= {name for name in meant() if name.startswith("memo_edu/")}
    assert {name for name in names if ".dist-info/" not in name} == expected
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_the_sdist_holds_every_file(built):
    with tarfile.open(built[0]) as archive:
        names = {member.name.partition("/")[2] for member in archive if member.isfile()}
    assert meant() | {"LICENSE", "README.md", "pyproject.toml"} <= names


def test_memo_edu_comes_from_the_environment(installed, tmp_path):
    code = "import memo_edu; print(memo_edu.__file__)"
    where = run(installed / "python", "-I", "-c", code, cwd=tmp_path).strip()
    assert Path(where).is_relative_to(installed.parent)


def test_the_doctor_finds_nothing_wrong(installed, tmp_path):
    assert "from working: nothing." in run(installed / "memo-edu", "doctor", cwd=tmp_path)


def test_lab_serves_the_users_own_copy(installed, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "00-welcome.ipynb").write_text("my answers")
    command = [installed / "memo-edu", "lab", mine, "--allow-root", "--ip=127.0.0.1"]
    with (
        serving([*map(str, command), "--IdentityProvider.token="], tmp_path) as url,
        urllib.request.urlopen(f"{url}/api/contents/", timeout=20) as answer,
    ):
        names = {one["name"] for one in json.load(answer)["content"]}
    assert names >= {"00-welcome.ipynb", "15-what-adds-up-can-be-cut-up.ipynb", "GLOSSARY.md"}
    assert (mine / "00-welcome.ipynb").read_text() == "my answers"


def test_a_chapter_runs(installed, tmp_path):
    run(installed / "python", "-c", "from memo_edu.notebooks import *; copy_to('.')", cwd=tmp_path)
    chapter = tmp_path / "solutions" / "02-one-matrix-many-pairs.ipynb"
    command = ["-m", "jupyter", "execute", "--timeout=120", chapter]
    run(installed / "python", *command, cwd=tmp_path)


def test_a_problem_set_is_released_and_graded(installed, tmp_path):
    command = installed / "memo-edu", "assignment"
    run(*command, "release", "ps1", "handout", "--seed", "x", cwd=tmp_path)
    assert (tmp_path / "handout" / "ps1.ipynb").is_file()
    solved = tmp_path / "course" / "source" / "ps1" / "ps1.ipynb"
    run(*command, "grade", "ps1", solved, "--out", "grades", cwd=tmp_path)
    with open(tmp_path / "grades" / "grades.csv", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["points"], row["to read"]) == ("50", "10")
