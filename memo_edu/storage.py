"""A saved memory: one zip file of JSON and .npy, written whole or not at all.

The file, version 1. Its members are stored, not compressed, each once, and there are no others:

about.json    {"format": "memo-edu memory", "version": 1, "sha256": {member: hexadecimal digest}}
config.json   MeMo's arguments: {"dim", "heads", "layers", "encoder", "seed", "vocab_size",
              "alpha", "penalty", "partial_windows", "repeats"}, and "tokenizer", its name
ledger.json   what is memorized now:
  "texts"         [[name, [token, …]] …] in the order of memorizing; of a text that came from a
                  corpus [name, {"digest": BLAKE2b-128 of its tokens, "length": how many}]
  "rows"          {BLAKE2b-128 of a row of ids as little-endian int64: how often}, sorted
  "targets"       [[token, how many stored positions it follows] …], sorted, ids before words
  "divisors"      {name: [[f·n of each window] for each lower layer]}, if there is a penalty
  "row_divisors"  {digest of a row: [what divisors has for a text, once each time]}
matrix.npy    C, (dim, dim), little-endian float32, or float64 past 2²⁴
layer-1.npy … the intermediate memories, if there are any, like matrix.npy

JSON is UTF-8 (a lone surrogate is written as if it were a character), .npy is NumPy's format 1.0.
A checkpoint (scale.py) is such a file, too: config.json is {"dim", "checkpoint of": digest of the
configuration and of the texts' names, digests and lengths}, ledger.json {"done": [part, …]}.

What a file holds, and nothing else, decides its bytes: two equal memories make equal files. What
is read is checked before it is believed, allocated or unpacked: nothing is ever unpickled.
"""

import contextlib
import glob
import hashlib
import io
import json
import os
import re
import secrets
import stat
import zipfile
from pathlib import Path

import numpy as np
import psutil

from memo_edu.errors import FileFormatError, InputError

FORMAT, VERSION = "memo-edu memory", 1
PARTS = ("config.json", "ledger.json", "matrix.npy")
LOWER = "layer-{}.npy"  # an intermediate memory
# Seconds by which the start of a process is known.
BOOTED = 5


def write(path, config, ledger, matrix, *lower):
    """Write a memory to a file.

    The file is made beside its place and moved there in one step, so an interruption leaves the
    old file or the new one. What a killed process left beside it goes with the next save. If path
    is a link, the file that it leads to is replaced.

    Args:
        path: where to.
        config: dict of plain values.
        ledger: dict of plain values.
        matrix: (dim, dim) NumPy array.
        *lower: the matrices of the intermediate memories, if there are any.

    Raises:
        InputError: there is no such folder, or the file can't be written.
    """
    parts = dict(zip(PARTS, (_json(config), _json(ledger), _npy(matrix)), strict=True))
    parts.update({LOWER.format(layer): _npy(matrix) for layer, matrix in enumerate(lower, 1)})
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in parts.items()}
    about = _json({"format": FORMAT, "version": VERSION, "sha256": sums})
    path = _as_path(path)
    try:
        if path.is_symlink():
            path = Path(os.path.realpath(path))
        if not path.parent.is_dir():
            raise InputError(f"The folder {str(path.parent)!r} does not exist.")
        if path.exists() and not path.is_file():
            raise InputError(f"{str(path)!r} can't be written: it is there, and is not a file.")
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
        parts = _unpack(path)
        sums = _check_about(_from_json(parts.pop("about.json")), path)
        lower = [LOWER.format(i) for i in range(1, len(sums) - len(PARTS) + 1)]
        for name in (*PARTS, *lower):
            if hashlib.sha256(parts[name]).hexdigest() != sums[name]:
                raise FileFormatError(
                    f"{path} is damaged: {name} is not what was written. Use a copy."
                )
        if len(parts) > len(sums):
            raise ValueError("it has parts that no memory has")
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
        path = Path(path)
        os.fsencode(path)
    except (TypeError, UnicodeError) as error:
        raise InputError(f"A path is a str or a Path, not {path!r:.40}.") from error
    if "\0" in str(path):
        raise InputError(f"A path holds no NUL: {str(path)!r:.40}.")
    return path


# ---- Write -----------------------------------------------------------------------------------


def _replace(path, parts):
    """Write a zip file beside its place, then move it there in one step."""
    _remove_drafts(path)
    draft = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(8)}.part")
    # Whoever could read the old file can read the new one, and nobody else, not even meanwhile.
    is_new = not path.exists()
    mode = 0o666 if is_new else stat.S_IMODE(path.stat().st_mode)
    try:
        with open(draft, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            _pack(file, parts)
            file.flush()
            os.fsync(file.fileno())
        if not is_new:
            os.chmod(draft, mode)  # opening may have taken rights away
        os.replace(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _pack(file, parts):
    """Write parts as a zip file that tells nothing of the time, the user or the machine."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in parts.items():
            member = zipfile.ZipInfo(name)
            member.create_system, member.external_attr = 3, 0o644 << 16
            archive.writestr(member, data)


def _remove_drafts(path):
    """Remove the drafts that killed processes left: they may hold what was forgotten since."""
    for draft in path.parent.glob(f"{glob.escape(path.name)}.*.part"):
        end = draft.name.removeprefix(path.name)
        maker = re.fullmatch(r"\.(\d{1,9})-[0-9a-f]{16}\.part", end)
        with contextlib.suppress(OSError):  # another process may have removed it, too
            if maker and not _is_at_work(int(maker[1]), draft.stat().st_mtime):
                draft.unlink()


def _is_at_work(process, since):
    """Tell whether the process that wrote a draft still runs, and is no later one of its number."""
    try:
        return psutil.Process(process).create_time() < since + BOOTED
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True


def _json(value):
    # Not as ASCII: there, two lone surrogates would come back as the one character they spell.
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _npy(matrix):
    buffer = io.BytesIO()
    matrix = np.ascontiguousarray(matrix, matrix.dtype.newbyteorder("<"))
    np.lib.format.write_array(buffer, matrix, version=(1, 0), allow_pickle=False)
    return buffer.getvalue()


# ---- Read ------------------------------------------------------------------------------------


def _unpack(path):
    """Return the members of a file, name -> bytes, none of which can be larger than the file."""
    size = path.stat().st_size
    if not path.is_file():
        raise FileFormatError(f"{path} can't be read: it is not a file.")
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if any(member.compress_type != zipfile.ZIP_STORED for member in members):
            raise FileFormatError(f"{path} is not a memory of this library: it is compressed.")
        if len(archive.NameToInfo) != len(members):
            raise ValueError("a part is there twice")
        if sum(max(member.file_size, member.compress_size) for member in members) > size:
            raise ValueError("its parts claim to be larger than the file")
        return {member.filename: archive.read(member) for member in members}


def _check_about(about, path):
    """Check the format and the version, and return the checksums."""
    if about["format"] != FORMAT:
        raise FileFormatError(f"{path} is not a memory of this library.")
    version = about["version"]
    if type(version) is not int or version < 1:
        raise ValueError(f"there is no version {version!r:.20}")
    if version > VERSION:
        raise FileFormatError(
            f"{path} was written by a newer version of this library. Update memo_edu to read it."
        )
    return about["sha256"]


def _from_json(data):
    return json.loads(data.decode("utf-8", "surrogatepass"))


def _from_npy(data, dim):
    """Read a (dim, dim) matrix, and allocate nothing before its header is known to be true."""
    buffer = io.BytesIO(data)
    if np.lib.format.read_magic(buffer) != (1, 0):
        raise ValueError("its matrix is not in NumPy's format 1.0")
    shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(buffer)
    if shape != (dim, dim) or dtype.type not in (np.float32, np.float64):
        raise ValueError(f"its matrix is {dtype} {shape}")
    if len(data) != buffer.tell() + dim * dim * dtype.itemsize:
        raise ValueError("its matrix is cut short")
    entries = np.frombuffer(data, dtype, offset=buffer.tell())
    # In the byte order of this machine, whatever it was in the file.
    matrix = entries.reshape(shape, order="F" if is_fortran else "C").astype(dtype.type)
    if not np.all(np.abs(matrix) < 2.0**53):
        raise ValueError("its matrix holds numbers that no memory holds")
    return matrix
