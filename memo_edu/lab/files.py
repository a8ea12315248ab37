"""What may go in and out of the lab: texts that are no more than it can take, and files."""

import zipfile
from pathlib import Path

from memo_edu.errors import InputError

# Characters of one text, and bytes of one file.
LONGEST = 1_000_000


def check_text(text):
    """Refuse a text that is too long for a lab."""
    if not text.strip():
        raise InputError("The text is empty. Choose one, type one or open a file.")
    if len(text) > LONGEST:
        raise InputError(_too_long("This text", len(text)))


def read_upload(file):
    """Return the text of an opened file.

    Args:
        file: a dict with name, size and content, as FileUpload has them.

    Returns:
        A str.

    Raises:
        InputError: the file is too large, or holds something else than text.
    """
    name, content = file["name"], bytes(file["content"])
    if max(file["size"], len(content)) > LONGEST:
        raise InputError(_too_long(f"“{name}”", max(file["size"], len(content))))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise InputError(f"“{name}” is not a text (UTF-8 is what is read here).")
    if not text.strip():
        raise InputError(f"“{name}” is empty.")
    return text.replace("\r\n", "\n")


def check_save(path):
    """Return where to save; refuse a place where something else would be lost.

    Args:
        path: a str.

    Returns:
        A Path.

    Raises:
        InputError: there is no name, or a file of this name is not a memory.
    """
    path = Path(path.strip())
    if not path.name:
        raise InputError("Type a name for the file, such as memory.memo.")
    if path.exists() and not zipfile.is_zipfile(path):
        raise InputError(f"{path.name!r} exists and is no memory. Choose another name.")
    return path


def drop_zone():
    """Make a place to drop files on: it hands them to the Open button beside it.

    A file that would break the connection is refused here, before it is sent.

    Returns:
        HTML.
    """
    drop = (
        "event.preventDefault();this.style.outline='';"
        "const input=this.closest('.memo-lab').querySelector('.widget-upload input');"
    )
    return f'<div ondrop="{drop}">Drop .txt files here</div>'


def _too_long(what, size):
    return (
        f"{what} has {size / 1e6:.1f} million characters; the lab takes up to "
        f"{LONGEST / 1e6:.0f} million at a time. Cut it into parts."
    )
