"""The doctor finds what is broken, says what to do, and survives whatever a driver does."""

import dataclasses
import importlib.metadata
import os
import re
import subprocess
import sys
import types
from pathlib import Path

import jupyter_client.kernelspec
import jupyter_core.paths
import numpy as np
import pytest
import threadpoolctl

import memo_edu as me
from memo_edu import cli, doctor

# A working CuPy of 8 GB; a broken one is this with some lines more.
CUPY = """
import types
import numpy
from numpy import *
runtime = types.SimpleNamespace(
    driverGetVersion=lambda: 13000, runtimeGetVersion=lambda: 13020, getDevice=lambda: 0,
    getDeviceProperties=lambda device: {"name": b"NVIDIA B1000"},
    memGetInfo=lambda: (7_500_000_000, 8_000_000_000),
)
cuda = types.SimpleNamespace(is_available=lambda: True, runtime=runtime)
"""


@pytest.fixture
def pretend(tmp_path, monkeypatch):
    """Put a module cupy where every new Python finds it first, and leave traces of packages."""

    def put(cupy=None, **packages):
        if cupy is not None:
            (tmp_path / "cupy.py").write_text(CUPY + cupy, encoding="utf-8")
        for name, metadata in packages.items():
            left = tmp_path / f"{name}-1.0.dist-info"
            left.mkdir()
            head = f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\n"
            (left / "METADATA").write_text(head + metadata)

    paths = [str(tmp_path), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    monkeypatch.syspath_prepend(tmp_path)
    return put


def only(findings):
    (finding,) = findings
    return finding


def signs(findings):
    return {finding.what: finding.sign for finding in findings}


# ---- GPU -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cupy", "found"),
    [
        ("cuda.is_available = lambda: False\nruntime.driverGetVersion = lambda: 0", "no NVIDIA dr"),
        (
            "cuda.is_available = lambda: False\nruntime.driverGetVersion = lambda: 12020",
            r"too old: it knows CUDA 12\.2.*Update the driver",
        ),
        ("cuda.is_available = lambda: False", "CUDA_VISIBLE_DEVICES"),
        ("def ones(*_, **__): raise MemoryError('OutOfMemoryError')", "no memory left. Close"),
        ("raise ImportError('libcuda.so\\n is a stub \\udcff λ')", r"libcuda.so is a stub \udcff"),
        ("raise SystemExit('no CUDA here')", r"ended \(1\)"),
        ("import os\nos.abort()", r"ended \(-?\d+\).*uninstall CuPy: it is not needed"),
        ("import os\nprint('[1, 2', flush=True)\nos._exit(0)", r"ended \(0\)"),
        ("print('hello')\nraise OSError", "first operation failed"),
    ],
)
def test_a_broken_gpu_is_a_note(pretend, cupy, found):
    pretend(cupy)
    finding = only(doctor._gpu())
    assert finding.sign == doctor.NOTE
    assert re.search(found, f"{finding.found} {finding.advice}")
    assert "\n" not in finding.found


def test_a_driver_that_never_answers_is_a_note(pretend, monkeypatch):
    pretend("import time\ntime.sleep(60)")
    monkeypatch.setattr(doctor, "PATIENCE", 1)
    finding = only(doctor._gpu())
    assert finding.sign == doctor.NOTE
    assert "did not answer within 1 s" in finding.found
    assert "Update" in finding.advice


def test_two_cupy_packages_are_named(pretend):
    pretend("", cupy_cuda12x="", cupy_cuda13x="")
    finding = only(doctor._gpu())
    assert finding.sign == doctor.NOTE
    assert "cupy-cuda12x and cupy-cuda13x are installed at once" in finding.found


def test_the_tests_of_a_gpu_say_where_there_is_none(pretend, monkeypatch):
    pretend("raise ImportError('no CUDA')")
    monkeypatch.setenv("MEMO_EDU_REQUIRE_GPU", "1")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # they take seconds to start
    command = [sys.executable, "-m", "pytest", "--collect-only", str(Path(__file__).parent)]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 1
    shown = run.stdout + run.stderr
    assert "These tests need a GPU. No working GPU: CuPy is installed, but its first" in shown
    assert "Traceback" not in shown


def test_a_working_gpu_is_named_with_what_fits_into_it(pretend):
    pretend("print('a greeting')")
    finding = only(doctor._gpu())
    assert finding.sign == doctor.OK
    assert finding.found.startswith("NVIDIA B1000 works; 7.5 of its 8.0 GB are free. There, d up")


# ---- The rest --------------------------------------------------------------------------------


def test_packages_that_do_not_fit_are_wrong(pretend):
    pretend(
        memo_edu="Version: 0.1\nRequires-Dist: numpy<2\nRequires-Dist: tqdm\n"
        "Requires-Dist: no-such-thing>=2\nRequires-Dist: absent; extra == 'gpu'\n"
        "Requires-Dist: alien; sys_platform == 'mars'\n"
    )
    found = {finding.what: finding for finding in doctor._packages()}
    assert signs(found.values()) == {
        "memo_edu": doctor.OK,
        "numpy": doctor.WRONG,
        "tqdm": doctor.OK,
        "no-such-thing": doctor.WRONG,
    }
    assert found["numpy"].found == f"is {np.__version__}; <2 is needed."
    assert found["tqdm"].found == importlib.metadata.version("tqdm")
    assert found["no-such-thing"].found == "is not installed."
    assert "pip install" in found["numpy"].advice
    assert "pip install" in found["no-such-thing"].advice


def test_widgets_that_do_not_fit_each_other_are_wrong(pretend):
    assert set(signs(doctor._widgets()).values()) == {doctor.OK}
    pretend(jupyterlab_widgets="Version: 1.0\n")
    found = {name.replace("-", "_"): sign for name, sign in signs(doctor._widgets()).items()}
    assert found == {"jupyterlab_widgets": doctor.WRONG, "widgetsnbextension": doctor.OK}


@pytest.mark.parametrize(
    ("program", "sign"),
    [
        ("python", doctor.OK),
        (sys.executable, doctor.OK),
        (str(Path(sys.executable).parent / "python9"), doctor.OK),
        (str(Path(sys.base_prefix) / "python"), doctor.NOTE),
        ("/no/such/python", doctor.NOTE),
    ],
)
def test_another_python_for_the_notebooks_is_noted(program, sign, monkeypatch):
    spec = types.SimpleNamespace(argv=[program, "-m", "ipykernel"])
    manager = types.SimpleNamespace(get_kernel_spec=lambda name: spec)
    monkeypatch.setattr(jupyter_client.kernelspec, "KernelSpecManager", lambda: manager)
    finding = only(doctor._kernel())
    assert finding.sign == sign
    assert sign == doctor.OK or "ipykernel install" in finding.advice


@pytest.mark.parametrize(("threads", "sign"), [(1, doctor.NOTE), (8, doctor.OK), (16, doctor.OK)])
def test_idle_processors_are_noted(threads, sign, monkeypatch):
    pool = {"internal_api": "mkl", "version": "2026.1", "num_threads": threads}
    pools = [pool | {"user_api": "blas"}, pool | {"user_api": "openmp"}]
    monkeypatch.setattr(threadpoolctl, "threadpool_info", lambda: pools)
    for name in ("cpu_count", "process_cpu_count"):
        monkeypatch.setattr(os, name, lambda: 8, raising=False)
    finding = only(doctor._blas())
    assert finding.sign == sign
    assert f"mkl 2026.1, {threads} of 8 processors" in finding.found
    assert ("OMP_NUM_THREADS" in finding.advice) == (sign == doctor.NOTE)


def test_a_blas_that_keeps_its_threads_to_itself_is_named(monkeypatch):
    monkeypatch.setattr(threadpoolctl, "threadpool_info", list)
    found = {"Build Dependencies": {"blas": {"name": "accelerate"}}}
    monkeypatch.setattr(np, "show_config", lambda mode: found)
    finding = only(doctor._blas())
    assert finding.sign == doctor.OK
    assert "accelerate" in finding.found


@pytest.mark.parametrize(("free", "sign"), [(5e8, doctor.NOTE), (8e9, doctor.OK)])
def test_little_memory_is_noted(free, sign, monkeypatch):
    monkeypatch.setattr(me.Backend, "free_memory", lambda self: free)
    finding = only(doctor._memory())
    assert finding.sign == sign
    assert f"{free / 1e9:.1f} GB" in finding.found
    assert f"{doctor.largest_dim(free, 'binding'):,} (binding)" in finding.found


@pytest.mark.parametrize("encoder", doctor.BYTES)
def test_the_largest_dim_is_what_a_model_asks_for(encoder, monkeypatch):
    asked = []
    monkeypatch.setattr(me.Backend, "require", lambda self, needed, what: asked.append(needed))
    me.MeMo(dim=256, encoder=encoder, backend="numpy")
    model, *rest = [needed for needed in asked if needed >= 256**2 * 16]
    assert model + sum(rest) == doctor.BYTES[encoder] * 256**2
    for free in (1e7, 3e8):
        dim = doctor.largest_dim(free, encoder)
        assert doctor.BYTES[encoder] * dim**2 <= free < doctor.BYTES[encoder] * (dim + 64) ** 2


@pytest.mark.parametrize(
    ("what", "function", "sign"),
    [
        ("running kernels", "jupyter_runtime_dir", doctor.WRONG),
        ("Jupyter's data", "jupyter_data_dir", doctor.NOTE),
        ("Jupyter's settings", "jupyter_config_dir", doctor.NOTE),
    ],
)
def test_folders_that_cannot_be_written(what, function, sign, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = ("jupyter_runtime_dir", "jupyter_data_dir", "jupyter_config_dir")
    for name in names:
        monkeypatch.setattr(jupyter_core.paths, name, lambda n=name: str(tmp_path / n / "deep"))
    assert set(signs(doctor._folders()).values()) == {doctor.OK}
    assert list(tmp_path.iterdir()) == []  # the doctor leaves nothing behind
    (tmp_path / "file").touch()
    monkeypatch.setattr(jupyter_core.paths, function, lambda: str(tmp_path / "file" / "deep"))
    faults = [finding for finding in doctor._folders() if finding.sign != doctor.OK]
    finding = only(faults)
    assert (finding.what, finding.sign) == (what, sign)
    assert "file" in finding.advice


# ---- All of it -------------------------------------------------------------------------------


def test_a_check_that_fails_is_a_finding(monkeypatch):
    def broken(error):
        def check():
            yield doctor.Finding(doctor.OK, "before", "all is well")
            raise error

        return check

    for name in ("_packages", "_widgets", "_kernel", "_blas", "_memory", "_gpu", "_folders"):
        error = ImportError("no such module") if name == "_packages" else OSError("odd")
        monkeypatch.setattr(doctor, name, broken(error))
    python, *found = doctor.examine()
    assert python.what == "Python"
    assert [finding.sign for finding in found[::2]] == [doctor.OK] * 7
    assert [finding.sign for finding in found[1::2]] == [doctor.WRONG] + [doctor.NOTE] * 6
    assert "OSError: odd" in found[-1].found


def test_every_line_has_its_sign():
    sample = doctor.Finding(doctor.OK, "λ", "found")
    findings = [dataclasses.replace(sample, sign=sign) for sign in ("ok", "note", "WRONG", "WRONG")]
    *lines, last = doctor.report(findings).splitlines()
    assert [line.split()[0] for line in lines] == ["ok", "note", "WRONG", "WRONG"]
    assert last == "What keeps the notebooks from working: 2."
    assert doctor.report(findings[:2]).endswith("working: nothing.")


@pytest.mark.parametrize(("sign", "code"), [(doctor.OK, 0), (doctor.NOTE, 0), (doctor.WRONG, 1)])
def test_the_exit_code_tells_whether_notebooks_work(sign, code, monkeypatch, capsys):
    findings = [doctor.Finding(one, "λ", "seen") for one in (sign, doctor.OK)]
    monkeypatch.setattr(doctor, "examine", lambda: findings)
    assert cli.main(["doctor"]) == code
    assert capsys.readouterr().out.startswith(f"{sign:<7}λ  seen\n")


def test_here_the_notebooks_work(capsys):
    findings = doctor.examine()
    assert {finding.what for finding in findings} >= {"Python", "memo_edu", "numpy", "BLAS", "GPU"}
    assert all(finding.sign in (doctor.OK, doctor.NOTE) for finding in findings), findings
    assert all(finding.found for finding in findings)
    assert all(
        finding.advice or finding.found.endswith(".")
        for finding in findings
        if finding.sign != doctor.OK
    )
