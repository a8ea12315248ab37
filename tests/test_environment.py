"""The set-up files agree with each other: one list of dependencies, told four times.

Every check is a function that returns the faults it finds. The real files must have none, and a
file with a planted fault must have that one: a check that cannot fail proves nothing.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import rattler
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
BASE = [Requirement(r) for r in PROJECT["dependencies"]]
DEV = [Requirement(r) for r in PROJECT["optional-dependencies"]["dev"]]
COURSE = [Requirement(r) for r in PROJECT["optional-dependencies"]["course"]]
CONDA_NAME = {"matplotlib": "matplotlib-base"}  # without the Qt that we do not need
# Imported only where they are asked for.
OPTIONAL = {"array-api-strict", "cupy", "distributed", "jupytext", "nbgrader", "tokenizers"}
# Packages that a declared one always brings along.
COMES_WITH = {"dask": "distributed", "ipython": "ipywidgets"} | dict.fromkeys(
    (
        "ipykernel",
        "jupyter-client",
        "jupyter-core",
        "nbconvert",
        "nbformat",
        "packaging",
        "traitlets",
    ),
    "jupyterlab",
)


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


# environment.yml


def faults_of_environment(text):
    """Conda's list against pyproject.toml's: the same names, the same bounds."""
    expected = {CONDA_NAME.get(r.name, r.name): r.specifier for r in BASE}
    expected |= {"python": SpecifierSet(PROJECT["requires-python"]), "pip": SpecifierSet()}
    entries = yaml.safe_load(text)["dependencies"]
    faults, found = [], {}
    for entry in (e for e in entries if isinstance(e, str)):
        try:
            spec = rattler.MatchSpec(entry, strict=True)
        except Exception as error:  # rattler has a class of its own for each kind of fault
            faults.append(f"{entry}: {error}")
            continue
        found[spec.name.normalized] = SpecifierSet(str(spec.version or ""))
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            faults.append(f"{name}: {found.get(name)}, should be {expected.get(name)}")
    if {"pip": ["-e ."]} not in entries:
        faults.append("memo_edu itself is not installed (pip: -e .)")
    return faults


def test_conda_environment_equals_pyproject():
    assert faults_of_environment(read("environment.yml")) == []


@pytest.mark.parametrize(
    ("right", "wrong", "fault"),
    [
        ("numpy >=2.0,<3", "numpy >=1.26,<3", "numpy"),
        ("numpy >=2.0,<3", "numpy >=2.0,<", "numpy"),
        ("numpy >=2.0,<3", "numpy =>2", "numpy"),
        ("  - tqdm >=4.66\n", "", "tqdm"),
        ("matplotlib-base", "matplotlib", "matplotlib"),
        ("  - pip\n", "  - pip\n  - scipy\n", "scipy"),
        ("python >=3.11", "python >=3.10", "python"),
        ("-e .", "-e ./elsewhere", "memo_edu"),
    ],
)
def test_conda_environment_faults_are_found(right, wrong, fault):
    text = read("environment.yml")
    assert right in text
    assert fault in " ".join(faults_of_environment(text.replace(right, wrong, 1)))


def test_instructors_install_a_part_of_what_developers_install():
    assert {str(r) for r in COURSE} < {str(r) for r in DEV}
    for requirement in COURSE:
        assert f"{requirement.name} {requirement.specifier}" in read("environment.yml")


# constraints.txt


def faults_of_constraints(text):
    """Pins only, no addresses, and on each supported machine one right version of each package."""
    faults = [f"address or option: {line}" for line in text.splitlines() if "://" in line]
    pins = {}
    for line in text.splitlines():
        if re.match(r"[A-Za-z0-9._-]+==\S+( ; .+)?$", line):
            pin = Requirement(line)
            pins.setdefault(pin.name, []).append(pin)
        else:
            faults.append(f"not a pin: {line}")
    machines = [
        {"python_version": v, "python_full_version": f"{v}.5", "sys_platform": p, "os_name": o}
        for v in ("3.11", "3.12", "3.13")
        for p, o in (("linux", "posix"), ("darwin", "posix"), ("win32", "nt"))
    ]
    for wanted in BASE + DEV:
        for machine in machines:
            versions = [
                str(pin.specifier).removeprefix("==")
                for pin in pins.get(wanted.name, [])
                if pin.marker is None or pin.marker.evaluate(machine)
            ]
            if len(versions) != 1 or not wanted.specifier.contains(versions[0]):
                faults.append(f"{wanted}: pinned to {versions} on {machine}")
    return faults


def test_constraints_satisfy_pyproject():
    assert faults_of_constraints(read("constraints.txt")) == []


@pytest.mark.parametrize(
    ("pattern", "wrong", "fault"),
    [
        (r"\A", "--index-url https://example.org/simple\n", "address"),
        (r"\A", "--extra-index-url mirror\n", "not a pin"),
        (r"\A", "thing @ https://example.org/thing.whl\n", "address"),
        (r"(?m)^jupyterlab==.*", "jupyterlab==5.0.0", "jupyterlab"),
        (r"(?m)^nbval==.*\n", "", "nbval"),
        (r"(?m)^tqdm==.*", "tqdm>=4", "not a pin"),
        (r"(?m)^psutil==.*", "psutil==7.0 ; sys_platform == 'linux'", "darwin"),
    ],
)
def test_constraints_faults_are_found(pattern, wrong, fault):
    text, n = re.subn(pattern, wrong, read("constraints.txt"), count=1)
    assert n == 1
    assert fault in " ".join(faults_of_constraints(text))


# The imports of memo_edu


def faults_of_imports(source):
    """Third-party packages that a module imports without their being declared."""
    declared = {r.name for r in BASE}
    tree = ast.parse(source)
    faults = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            modules = [node.module]
        else:
            continue
        for top in {module.split(".")[0] for module in modules}:
            name = top.replace("_", "-").lower()
            name = COMES_WITH.get(name, name)
            if top in sys.stdlib_module_names or top == "memo_edu" or name in declared:
                continue
            if name not in OPTIONAL:
                faults.append(f"{top}: imported, not declared in pyproject.toml")
            elif node in tree.body:
                faults.append(f"{top}: optional, and imported by everyone")
    return faults


def test_every_import_is_declared():
    modules = sorted((ROOT / "memo_edu").rglob("*.py"))
    assert modules
    found = {str(m.relative_to(ROOT)): faults_of_imports(read(m)) for m in modules}
    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.parametrize(
    ("source", "n_faults"),
    [
        ("import os, numpy.linalg\nfrom . import memory\nfrom IPython import display", 0),
        ("import scipy", 1),
        ("def f():\n    from pandas.core import frame", 1),
        ("import cupy", 1),
        ("def f():\n    import cupy", 0),
    ],
)
def test_import_faults_are_found(source, n_faults):
    assert len(faults_of_imports(source)) == n_faults


# Licence and Makefile


def test_licence_names_both():
    assert PROJECT["license"] == "MIT AND CC-BY-4.0"
    text = read("LICENSE")
    assert "MIT License" in text
    assert "Creative Commons Attribution 4.0 International" in text
    assert "creativecommons.org/licenses/by/4.0/legalcode" in text


def make(*arguments, cwd=ROOT):
    """Run make as if typed in a shell: not as a part of the make that may have started us."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(["make", *arguments], cwd=cwd, env=env, capture_output=True, text=True)


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here")
class TestMakefile:
    TARGETS = (
        *("lab", "app", "check", "test", "test-course", "test-gpu", "test-package", "test-lowest"),
        *("lint", "notebooks", "clean", "help"),
    )

    @pytest.mark.parametrize("target", TARGETS)
    def test_target_exists_and_is_listed(self, target):
        dry_run = make("--dry-run", target)
        assert dry_run.returncode == 0, dry_run.stderr
        assert f"make {target} " in make().stdout

    def test_unknown_target_fails(self):
        assert make("--dry-run", "nonsense").returncode != 0

    def test_lab_takes_arguments(self):
        dry_run = make("--dry-run", "lab", "ARGS=--no-browser --port 9999").stdout
        assert re.search(r"-m jupyterlab notebooks .*--no-browser --port 9999$", dry_run, re.M)

    def test_old_python_is_told_in_one_sentence(self, tmp_path):
        for name in ("Makefile", "pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, tmp_path)
        run = make("lab", "PYTHON=no-such-python", cwd=tmp_path)
        assert run.returncode != 0
        assert "needs Python 3.11" in run.stdout
        assert not (tmp_path / ".venv").exists()
