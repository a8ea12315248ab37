"""A saved memory: one zip file of JSON and .npy, written whole or not at all."""

import hashlib
import io
import json
import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from memo_edu.errors import FileFormatError, InputError

FORMAT, VERSION = "memo-edu memory", 1
PARTS = ("config.json", "ledger.json", "matrix.npy")
LOWER = "layer-{}.npy"  # an intermediate memory


def write(path, config, ledger, matrix, *lower):
    """Write a memory to a file.

    The file is made beside its place and moved there in one step, so an interruption leaves the
    old file or the new one.

    Args:
        path: where to.
        config: dict of plain values.
        ledger: dict of plain values.
        matrix: (dim, dim) NumPy array.
        *lower: the matrices of the intermediate memories, if there are any.
    """
    parts = dict(zip(PARTS, (_json(config), _json(ledger), _npy(matrix)), strict=True))
    parts.update({LOWER.format(layer): _npy(matrix) for layer, matrix in enumerate(lower, 1)})
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in parts.items()}
    about = _json({"format": FORMAT, "version": VERSION, "sha256": sums})
    path = _as_path(path)
    if not path.parent.is_dir():
        raise InputError(f"The folder {str(path.parent)!r} does not exist.")
    try:
        _replace(path, {"about.json": about, **parts})
    except OSError as error:
        raise InputError(f"{path} can't be written: {error.strerror or error}.") from error


def read(path):
    """Read a memory from a file.

    Args:
        path: a file that write has written.

    Returns:
        config, ledger, matrix and the lower ones, as they were given to write.

    Raises:
        FileFormatError: the file is damaged, foreign, or of a newer version.
    """
    path = _as_path(path)
    try:
        with zipfile.ZipFile(path) as archive:
            if any(part.compress_type != zipfile.ZIP_STORED for part in archive.infolist()):
                raise FileFormatError(f"{path} is not a memory of this library: it is compressed.")
            about = _from_json(archive.read("about.json"))
            if about["format"] != FORMAT:
                raise FileFormatError(f"{path} is not a memory of this library.")
            if about["version"] > VERSION:
                raise FileFormatError(f"{path} was written by a newer version of this library.")
            lower = [LOWER.format(i) for i in range(1, len(about["sha256"]) - len(PARTS) + 1)]
            parts = {name: archive.read(name) for name in (*PARTS, *lower)}
        for name, data in parts.items():
            if hashlib.sha256(data).hexdigest() != about["sha256"][name]:
                raise FileFormatError(
                    f"{path} is damaged: {name} is not what was written. Use a copy."
                )
        config, ledger = _from_json(parts["config.json"]), _from_json(parts["ledger.json"])
        matrices = [_from_npy(parts[name], config["dim"]) for name in (PARTS[2], *lower)]
        return config, ledger, *matrices
    except FileFormatError:
        raise
    except OSError as error:
        raise FileFormatError(f"{path} can't be read: {error.strerror or error}.") from error
    except Exception as error:  # a damaged or hostile file may break its readers in any way
        raise FileFormatError(f"{path} is not a whole memory of this library: {error}.") from error


def _as_path(path):
    try:
        return Path(path)
    except TypeError as error:
        raise InputError(f"A path is a str or a Path, not {path!r:.40}.") from error


def _replace(path, parts):
    """Write a zip file beside its place, then move it there in one step."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            with zipfile.ZipFile(file, "w") as archive:
                for name, data in parts.items():
                    archive.writestr(name, data)
            file.flush()
            os.fsync(file.fileno())
        # A draft is for its owner alone; the file is for whoever could read the old one.
        os.chmod(draft, path.stat().st_mode if path.exists() else 0o644)
        os.replace(draft, path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _json(value):
    # Not as ASCII: there, two lone surrogates would come back as the one character they spell.
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _from_json(data):
    return json.loads(data.decode("utf-8", "surrogatepass"))


def _npy(matrix):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, matrix, allow_pickle=False)
    return buffer.getvalue()


def _from_npy(data, dim):
    """Read a (dim, dim) matrix, and allocate nothing before its header is known to be true."""
    buffer = io.BytesIO(data)
    np.lib.format.read_magic(buffer)
    shape, _, dtype = np.lib.format.read_array_header_1_0(buffer)
    if shape != (dim, dim) or dtype not in (np.float32, np.float64):
        raise ValueError(f"its matrix is {dtype} {shape}")
    if len(data) != buffer.tell() + dim * dim * dtype.itemsize:
        raise ValueError("its matrix is cut short")
    buffer.seek(0)
    matrix = np.lib.format.read_array(buffer, allow_pickle=False)
    if not np.all(np.abs(matrix) < 2.0**53):
        raise ValueError("its matrix holds numbers that no memory holds")
    return matrix
