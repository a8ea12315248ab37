"""What this machine has, what is missing, and what to do about it: one line a thing."""

import dataclasses
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import memo_edu as me
from memo_edu import backend
from memo_edu.backend import one_line

OK, NOTE, WRONG = "ok", "note", "WRONG"
INSTALL = "pip install -c constraints.txt -e . in memo_edu's folder"
# Seconds; a driver that has not answered until then never will.
PATIENCE = 60
# Bytes for each of the d² numbers of a memory, as MeMo and its encoder ask for them (h = 4, l = 3).
BYTES = {"binding": 16, "projection": 71}
# With less free memory than this, the larger experiments of the notebooks end early.
COMFORTABLE = 1e9


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        sign: OK; NOTE, the notebooks work all the same; or WRONG, they do not.
        what: its name.
        found: what was found.
        advice: one sentence that says what to do about it, if there is something.
    """

    sign: str
    what: str
    found: str
    advice: str = ""


def examine():
    """Look at everything that the notebooks need.

    Returns:
        A list of Finding. Whatever is broken, there is a finding in place of an error.
    """
    findings = []
    for check in (_python, _packages, _widgets, _kernel, _blas, _memory, _gpu, _folders):
        try:
            findings += check()
        except Exception as error:
            sign = WRONG if isinstance(error, ImportError) else NOTE
            found = f"could not be looked at ({one_line(error)})"
            findings.append(Finding(sign, check.__name__[1:], found, f"Install afresh: {INSTALL}."))
    return findings


def report(findings):
    """Put findings into lines, and count those that keep the notebooks from working.

    Args:
        findings: a list of Finding.

    Returns:
        A str.

    Example:
        >>> print(report([Finding(OK, "Python", "3.12"), Finding(NOTE, "GPU", "none.", "Buy.")]))
        ok     Python  3.12
        note   GPU     none. Buy.
        What keeps the notebooks from working: nothing.
    """
    width = max(len(finding.what) for finding in findings)
    lines = [f"{f.sign:<7}{f.what:<{width}}  {f.found} {f.advice}".rstrip() for f in findings]
    wrong = sum(finding.sign == WRONG for finding in findings)
    verdict = f"What keeps the notebooks from working: {wrong or 'nothing'}."
    return "\n".join([*lines, verdict])


def _python():
    yield Finding(OK, "Python", f"{platform.python_version()} ({sys.executable})")


def _packages():
    """Look at memo_edu, and at all that it cannot do without."""
    from packaging.requirements import Requirement

    yield Finding(OK, "memo_edu", f"{me.__version__} ({Path(me.__file__).parent})")
    for requirement in map(Requirement, importlib.metadata.requires("memo-edu") or ()):
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield _package(requirement)


def _widgets():
    """JupyterLab shows a slider only if its part of ipywidgets fits the kernel's part."""
    from packaging.requirements import Requirement

    for requirement in map(Requirement, importlib.metadata.requires("ipywidgets") or ()):
        if requirement.name.replace("-", "_") in ("jupyterlab_widgets", "widgetsnbextension"):
            yield _package(requirement)


def _package(requirement):
    """Compare a package with what is required of it."""
    try:
        version = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return Finding(WRONG, requirement.name, "is not installed.", f"Install it: {INSTALL}.")
    if requirement.specifier.contains(version, prereleases=True):
        return Finding(OK, requirement.name, version)
    found = f"is {version}; {requirement.specifier} is needed."
    return Finding(WRONG, requirement.name, found, f"Install it afresh: {INSTALL}.")


def _kernel():
    """JupyterLab starts the Python that is registered as python3; it may be an old one."""
    from jupyter_client.kernelspec import KernelSpecManager

    program = Path(KernelSpecManager().get_kernel_spec("python3").argv[0])
    # Folders are compared, because all environments' Pythons may be links to one.
    if (
        not program.is_absolute()
        or program.parent.resolve() == Path(sys.executable).parent.resolve()
    ):
        yield Finding(OK, "kernel", "notebooks run in this Python")
    else:
        advice = "If that is not meant: python -m ipykernel install --sys-prefix."
        yield Finding(NOTE, "kernel", f"notebooks run in {program}, not in this Python.", advice)


def _blas():
    """Name the library that computes products; for some it can't be told how many threads."""
    from threadpoolctl import threadpool_info

    processors = getattr(os, "process_cpu_count", os.cpu_count)() or 1
    found = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    if not found:
        built = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        yield Finding(OK, "BLAS", f"{built['name']}, {processors} processors")
    for pool in found:
        name, threads = f"{pool['internal_api']} {pool['version']}", pool["num_threads"]
        told = f"{name}, {threads} of {processors} processors used"
        if threads < processors:
            advice = "For faster products unset OPENBLAS_NUM_THREADS and OMP_NUM_THREADS."
            yield Finding(NOTE, "BLAS", told + ".", advice)
        else:
            yield Finding(OK, "BLAS", told)


def _memory():
    free = me.get_backend("numpy").free_memory()
    found = f"{free / 1e9:.1f} GB are free: {_largest_dims(free)}"
    if free < COMFORTABLE:
        yield Finding(NOTE, "memory", found + ".", "Close other programs before an experiment.")
    else:
        yield Finding(OK, "memory", found)


def largest_dim(free, encoder):
    """Return the largest d, a multiple of 64, with which a model fits: √(bytes / bytes per d²).

    Args:
        free: bytes.
        encoder: "binding" or "projection", with h = 4 and l = 3.

    Example:
        >>> largest_dim(8e9, "binding"), largest_dim(8e9, "projection")
        (22336, 10560)
    """
    return int((free / BYTES[encoder]) ** 0.5) // 64 * 64


def _largest_dims(free):
    """Say which d fits, for both encoders."""
    sizes = (f"{largest_dim(free, name):,} ({name})" for name in BYTES)
    return "d up to " + " or ".join(sizes)


def _gpu():
    """Look for a GPU in a process of its own, which a broken driver may end or hold up."""
    command = [sys.executable, "-c", "from memo_edu import doctor; doctor.tell_gpu()"]
    what, advice = "GPU", "Update the NVIDIA driver, or uninstall CuPy: it is not needed."
    try:
        run = subprocess.run(command, capture_output=True, timeout=PATIENCE)
        works, found, free = json.loads(run.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        yield Finding(NOTE, what, f"CuPy did not answer within {PATIENCE} s.", advice)
    except (IndexError, ValueError):
        ended = f"Python ended ({run.returncode}) when CuPy looked for a GPU."
        yield Finding(NOTE, what, ended, advice)
    else:
        dims = f" There, {_largest_dims(free)}." if works else ""
        yield Finding(OK if works else NOTE, what, found + dims)


def tell_gpu():
    """Print as JSON whether a GPU works, what was found, and how many bytes are free there."""
    cupy, found = backend._find_cupy()
    free = me.Backend(cupy).free_memory() if cupy is not None else 0
    print(json.dumps([cupy is not None, found, free]))


def _folders():
    """Look whether files can be written where Jupyter and the notebooks write theirs."""
    from jupyter_core.paths import jupyter_config_dir, jupyter_data_dir, jupyter_runtime_dir

    folders = {
        "this folder": (NOTE, os.curdir),
        "Jupyter's data": (NOTE, jupyter_data_dir()),
        "Jupyter's settings": (NOTE, jupyter_config_dir()),
        "running kernels": (WRONG, jupyter_runtime_dir()),
    }
    for what, (sign, folder) in folders.items():
        yield _writable(what, sign, Path(folder).absolute())


def _writable(what, sign, folder):
    """Write a byte there, or where the folder would be made."""
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=nearest, buffering=0) as file:
            file.write(b"1")
    except OSError as error:
        advice = f"Make {nearest} writable, or free some of its disk."
        return Finding(sign, what, f"{folder}: {error.strerror or one_line(error)}.", advice)
    return Finding(OK, what, f"{folder} can be written")
