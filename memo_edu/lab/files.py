"""What may go in and out of the lab: texts that are no more than it can take, and files."""

import html
import zipfile
from pathlib import Path

from memo_edu.errors import InputError

# Characters of one text, and bytes of one file.
LONGEST = 1_000_000
# Bytes of all files that are opened together: they travel in one message of at most 10 MB.
TOGETHER = 8_000_000

# FileUpload keeps its own input out of the page; it shows it for a moment when it clicks on it.
ON_FILES = f"""
const files = [...this.files], say = this.parentElement.nextElementSibling;
const big = files.find(file => file.size > {LONGEST});
const all = files.reduce((sum, file) => sum + file.size, 0);
const lab = this.closest('.memo-lab'), proto = HTMLInputElement.prototype;
this.value = '';
say.textContent = big ? `That did not work: ${{big.name}} has ${{(big.size / 1e6).toFixed(1)}} MB; `
  + 'the lab takes up to {LONGEST // 10**6} MB a text. Cut it into parts.'
  : all > {TOGETHER} ? 'That did not work: these are too many files at a time.' : '';
if (say.textContent || !files.length) return;
proto.click = function () {{
  const carrier = new DataTransfer();
  files.forEach(file => carrier.items.add(file));
  this.files = carrier.files;
  this.dispatchEvent(new Event('change'));
}};
try {{ lab.querySelector('.widget-upload').click(); }} finally {{ delete proto.click; }}
"""
# Without this, a file that is dropped beside the input would be opened in place of the notebook.
ON_DROP = """
event.preventDefault();
const input = this.querySelector('input');
input.files = event.dataTransfer.files;
input.dispatchEvent(new Event('change'));
"""
# A text that is pasted is looked at before it is sent.
ON_SHOWN = f"""
const lab = this.closest('.memo-lab'), say = this.previousElementSibling, good = new WeakMap();
const look = event => {{
  const box = event.target;
  if (box.tagName !== 'TEXTAREA') return;
  if (box.value.length <= {LONGEST}) {{ good.set(box, box.value); say.textContent = ''; return; }}
  event.stopImmediatePropagation();
  const size = (box.value.length / 1e6).toFixed(1);
  say.textContent = `That did not work: this text has ${{size}} million characters; `
    + 'the lab takes up to {LONGEST // 10**6} million at a time. Cut it into parts.';
  box.value = good.get(box) ?? '';
}};
if (lab) for (const kind of ['focusin', 'input', 'change']) lab.addEventListener(kind, look, true);
"""


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
    """Make a place to open files with, or to drop them on.

    It is a plain file input of the browser, which hands files to the lab's FileUpload. What is too
    long is refused here: a message of more than 10 MB would break the connection to the kernel.

    Returns:
        HTML.
    """
    return (
        '<label style="display:block;border:2px dashed #888;border-radius:6px;padding:.4em .6em" '
        f'ondragover="event.preventDefault()" ondrop="{html.escape(ON_DROP)}">'
        "Open .txt files, or drop them here: "
        '<input type="file" multiple accept=".txt,text/*" '
        f'onchange="{html.escape(ON_FILES)}"></label>'
        f'<b role="alert"></b><img hidden alt="" src="data:," onerror="{html.escape(ON_SHOWN)}">'
    )


def _too_long(what, size):
    return (
        f"{what} has {size / 1e6:.1f} million characters; the lab takes up to "
        f"{LONGEST / 1e6:.0f} million at a time. Cut it into parts."
    )
