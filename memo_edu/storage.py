"""A saved memory: one zip file of JSON and one .npy, written whole or not at all."""

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


def write(path, config, ledger, matrix):
    """Write a memory to a file.

    The file is made beside its place and moved there in one step, so an interruption leaves the
    old file or the new one.

    Args:
        path: where to.
        config: dict of plain values.
        ledger: dict of plain values.
        matrix: (dim, dim) NumPy array.
    """
    parts = dict(zip(PARTS, (_json(config), _json(ledger), _npy(matrix)), strict=True))
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in parts.items()}
    about = _json({"format": FORMAT, "version": VERSION, "sha256": sums})
    path = Path(path)
    if not path.parent.is_dir():
        raise InputError(f"The folder {str(path.parent)!r} does not exist.")
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            with zipfile.ZipFile(file, "w") as archive:
                for name, data in {"about.json": about, **parts}.items():
                    archive.writestr(name, data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def read(path):
    """Read a memory from a file.

    Args:
        path: a file that write has written.

    Returns:
        config, ledger and matrix, as they were given to write.

    Raises:
        FileFormatError: the file is damaged, foreign, or of a newer version.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            about = json.loads(archive.read("about.json"))
            if about["format"] != FORMAT:
                raise FileFormatError(f"{path} is not a memory of this library.")
            if about["version"] > VERSION:
                raise FileFormatError(f"{path} was written by a newer version of this library.")
            parts = {name: archive.read(name) for name in PARTS}
        for name, data in parts.items():
            if hashlib.sha256(data).hexdigest() != about["sha256"][name]:
                raise FileFormatError(f"{path} is damaged: {name} is not what was written.")
        config, ledger = json.loads(parts["config.json"]), json.loads(parts["ledger.json"])
        matrix = np.lib.format.read_array(io.BytesIO(parts["matrix.npy"]), allow_pickle=False)
    except FileFormatError:
        raise
    except OSError as error:
        raise FileFormatError(f"{path} can't be read: {error.strerror or error}.") from error
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError) as error:
        raise FileFormatError(f"{path} is not a whole memory of this library: {error}.") from error
    if matrix.shape != (config["dim"], config["dim"]):
        raise FileFormatError(f"{path} is damaged: its matrix has the shape {matrix.shape}.")
    return config, ledger, matrix


def _json(value):
    return json.dumps(value).encode("ascii")


def _npy(matrix):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, matrix, allow_pickle=False)
    return buffer.getvalue()
