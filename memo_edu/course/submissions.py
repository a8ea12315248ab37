"""What students send: a folder of files, or a zip from a course site; names from file names.

Nothing is ever unpacked under a name of the sender's: contents are read, up to a size, and
written under names that are made here. So a path such as ../../x in a zip leads nowhere.
"""

import json
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import nbformat

from memo_edu.course.mend import TOP
from memo_edu.course.variants import safe_name
from memo_edu.errors import FileFormatError, InputError

LARGEST = 50 * 2**20  # bytes of one file
LARGEST_TOGETHER = 2**30
# Characters and cells of a notebook, without outputs: to understand a million characters of code
# Python needs seconds, and hundreds of megabytes.
LONGEST, MOST_CELLS = 2**20, 2000
MOST_FILES = 5000
# No notebook can be packed so densely; below a megabyte it does not matter.
DENSEST, SMALL = 200, 2**20
# Course sites pack no otherwise, and what unpacks the rest asks for memory as a zip tells it to.
PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
LONGEST_NAME = 1000  # characters of a path; of a longer one, the end counts
IGNORED = re.compile(
    r"(^|/)(__MACOSX|\.ipynb_checkpoints|\.(?!\.?/)[^/]+|Thumbs\.db|desktop\.ini)(/|$)"
)
BESIDE = (".json", ".csv", ".npz", ".txt", ".md", ".png", ".html")  # what may lie beside a notebook
# What course sites put around a name: Moodle's folders, Canvas's files.
MOODLE = re.compile(r"_\d+_assignsubmission_\w*$")
CANVAS = re.compile(r"^(?P<name>[^_]+)(_LATE)?_\d+_\d+_.*$")


@dataclass
class Submission:
    """What one student sent.

    Attributes:
        student: a name that is safe for files, and unique.
        file: where it came from.
        notebook: the notebook, None if it can't be read as one.
        remarks: what was noticed, one sentence each.
    """

    student: str
    file: str
    notebook: object = None
    remarks: list = field(default_factory=list)


def collect(place, assignment):
    """Read all submissions of a folder, of a zip, or a single notebook.

    Args:
        place: a path.
        assignment: such as "ps1"; it is not a part of anybody's name.

    Returns:
        A list of Submission, by name.

    Raises:
        InputError: there is no such place, or nothing in it.
        FileFormatError: a zip is damaged, or holds more than any class could write.
    """
    place = Path(place)
    if not place.exists():
        raise InputError(f"There is no {place}. Name a folder of submissions, or a zip.")
    if place.is_file() and zipfile.is_zipfile(place):
        files = list(_in_zip(place))
    elif place.is_file():
        files = [_on_disk(place, place.name)]
    else:
        inside = sorted(path for path in place.rglob("*") if path.is_symlink() or path.is_file())
        files = [_on_disk(path, path.relative_to(place).as_posix()) for path in inside]
    files = [(name, data) for name, data in files if not IGNORED.search(name)]
    homes = {str(PurePosixPath(name).parent) for name, _ in files if name.endswith(".ipynb")}
    found = []
    for name, data in sorted(files):
        path = PurePosixPath(name)
        aside = path.suffix.lower() in BESIDE and str(path.parent) in homes - {"."}
        if not aside:
            student = student_of(name, assignment)
            found.append(_read(student, name, data))
    if not found:
        raise InputError(f"There are no submissions in {place}.")
    return _with_unique_names(found)


def student_of(file, assignment):
    """Make a student's name of a file's name.

    Example:
        >>> student_of("ps1_anna.ipynb", "ps1"), student_of("Anna B/ps1.ipynb", "ps1")
        ('anna', 'Anna_B')
        >>> student_of("Bo Ek_4711_assignsubmission_file_/ps1.ipynb", "ps1")
        'Bo_Ek'
        >>> student_of("ekbo_LATE_4711_99_ps1-2.ipynb", "ps1")
        'ekbo'
    """
    path = PurePosixPath(file[-LONGEST_NAME:])
    bare = re.compile(rf"(?i)(^|[\W_]+){re.escape(assignment)}([\W_]+\d*\W*$|[\W_]+|$)")
    for part in (path.stem, *reversed(path.parts[:-1])):
        part = MOODLE.sub("", part)
        canvas = CANVAS.match(part)
        name = canvas["name"] if canvas else bare.sub("", part)
        if name := safe_name(name):
            return name
    return "unnamed"


def _on_disk(path, name):
    """A file's name and bytes; a sentence in the place of bytes that are not read."""
    if path.is_symlink():
        return name, "It is a link to somewhere else, not a file."
    if path.stat().st_size > LARGEST:
        return name, f"It has {path.stat().st_size:,} bytes; {LARGEST:,} are allowed."
    return name, path.read_bytes()


def _in_zip(place):
    """Yield the name and the bytes of every file in a zip; nothing is read before its size."""
    try:
        with zipfile.ZipFile(place) as archive:
            entries = [entry for entry in archive.infolist() if not entry.filename.endswith("/")]
            if len(entries) > MOST_FILES:
                raise FileFormatError(f"{place} holds {len(entries):,} files: too many.")
            if sum(entry.file_size for entry in entries if not _fault(entry)) > LARGEST_TOGETHER:
                raise FileFormatError(f"{place} holds more than {LARGEST_TOGETHER:,} bytes.")
            for entry in entries:
                yield entry.filename.replace("\\", "/"), _fault(entry) or _unpack(archive, entry)
    except FileFormatError:
        raise
    except Exception as error:  # a damaged or hostile zip may break its reader in any way
        raise FileFormatError(f"{place} can't be unpacked: {error}.") from error


def _fault(entry):
    """Say why a file in a zip is not unpacked, from what the zip tells of it; "" if it is."""
    if (entry.external_attr >> 28) == 0o12:
        return "It is a link to somewhere else, not a file."
    if entry.compress_type not in PACKINGS:
        return "It is packed in an unusual way. Send a plain zip, or the notebook itself."
    if entry.file_size > LARGEST:
        return f"Unpacked it has {entry.file_size:,} bytes; {LARGEST:,} are allowed."
    if entry.file_size > max(SMALL, DENSEST * entry.compress_size):
        return f"Unpacked it would be more than {DENSEST} times as large: it is no notebook."
    return ""


def _unpack(archive, entry):
    """Return the bytes of a file in a zip, never more than the zip tells; or what is wrong."""
    try:
        return archive.read(entry)
    except Exception as error:  # see above
        return f"It can't be unpacked: {error}."


def _read(student, name, data):
    """Read a notebook from bytes, or say why it is none."""
    if isinstance(data, str):
        return Submission(student, name, None, [data])
    try:
        return Submission(student, name, notebook_of(data))
    except FileFormatError as error:
        return Submission(student, name, None, [str(error)])


def notebook_of(data):
    """Make a notebook of bytes, whatever is missing in it.

    Raises:
        FileFormatError: it is no notebook; the message is for the student.
    """
    if not data.strip():
        raise FileFormatError("The file is empty.")
    try:
        raw = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise FileFormatError("The file is not a notebook: it is not even text.") from None
    except (ValueError, RecursionError):
        whole = "The notebook is damaged: the file may have been cut off when it was saved or sent."
        other = "The file is not a notebook. Save the notebook itself, with the ending .ipynb."
        raise FileFormatError(whole if data.lstrip()[:1] == b"{" else other) from None
    try:
        if "worksheets" in raw:
            raw = nbformat.v4.upgrade(nbformat.from_dict(raw), from_version=3)
        cells = [_cell(cell) for cell in raw["cells"][: MOST_CELLS + 1]]
    except (TypeError, KeyError, AttributeError, ValueError, RecursionError):
        raise FileFormatError("The file has no cells: it is not a notebook.") from None
    if len(cells) > MOST_CELLS or sum(len(cell.source) for cell in cells) > LONGEST:
        raise FileFormatError(
            f"The notebook is too long: {MOST_CELLS:,} cells and {LONGEST:,} characters are "
            "allowed. Is there data in a cell that should be in a file?"
        )
    about = raw.get("metadata")
    about = about.get("memo_edu") if isinstance(about, dict) else None
    whose = isinstance(about, dict) and isinstance(about.get("student"), str)
    metadata = {"memo_edu": {"student": _writable(about["student"])}} if whose else {}
    whole = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return nbformat.from_dict(whole)


def _cell(raw):
    """Keep of a cell what grading needs: its text, its id, and nbgrader's marks."""
    source = raw.get("source", "")
    source = source if isinstance(source, str) else "".join(map(str, source))
    code = raw.get("cell_type") == "code"
    make = nbformat.v4.new_code_cell if code else nbformat.v4.new_markdown_cell
    cell = make(_writable(source))
    own = str(raw.get("id", ""))
    if re.fullmatch(r"[\w-]{1,64}", own, re.ASCII) and own != TOP:  # TOP speaks for the graders
        cell["id"] = own
    about = raw.get("metadata")
    about = about.get("nbgrader") if isinstance(about, dict) else None
    if isinstance(about, dict) and isinstance(about.get("grade_id"), str):
        cell.metadata["nbgrader"] = {"grade_id": about["grade_id"]}
    return cell


def _writable(text):
    """Replace what no file can hold: halves of characters."""
    return text.encode("utf-8", "replace").decode()


def _with_unique_names(found):
    """Number the names that occur more than once, and say so."""
    taken, seen = {one.student.casefold() for one in found}, {}
    for one in found:
        name, key = one.student, one.student.casefold()
        seen[key] = seen.get(key, 0) + 1
        if seen[key] > 1:
            while f"{key}-{seen[key]}" in taken:  # somebody may be called so
                seen[key] += 1
            one.student = f"{name}-{seen[key]}"
            taken.add(one.student.casefold())
            one.remarks.append(f"Another file gave the name {name}, too; both are graded.")
    return sorted(found, key=lambda one: one.student.casefold())
