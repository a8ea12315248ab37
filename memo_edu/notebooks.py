"""The notebooks as they came with the package, and a copy of them that is the user's own."""

from pathlib import Path

from memo_edu.errors import InputError

# In an installed package; in a copy of the repository they lie beside the package instead.
INSTALLED = Path(__file__).parent / "_notebooks"
HOME = INSTALLED if INSTALLED.is_dir() else Path(__file__).parents[1] / "notebooks"
# The problem sets are not among them: a course hands those out.
LEARNERS = ("*.ipynb", "GLOSSARY.md", "solutions/*.ipynb")


def copy_to(folder):
    """Copy the notebooks to a folder; a file that is there already is never touched.

    Args:
        folder: a path; made if need be.

    Returns:
        (new, kept): two lists of paths, each relative to the folder. The files in kept were there
        before, and say something else than the package's.

    Raises:
        InputError: the folder is a file, or this package holds no notebooks.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     new, kept = copy_to(folder)
        >>> new[0].as_posix(), len(kept)
        ('00-welcome.ipynb', 0)
    """
    folder, new, kept = Path(folder), [], []
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file. Name a folder for the notebooks.")
    names = [path.relative_to(HOME) for kind in LEARNERS for path in sorted(HOME.glob(kind))]
    if not names:
        raise InputError(f"There are no notebooks in {HOME}: install memo_edu afresh.")
    for name in names:
        text, mine = (HOME / name).read_bytes(), folder / name
        mine.parent.mkdir(parents=True, exist_ok=True)
        if _write_new(mine, text):
            new.append(name)
        elif not mine.is_file() or mine.read_bytes() != text:
            kept.append(name)
    return new, kept


def _write_new(path, text):
    """Write a file, unless something of this name is there; leave no half of it."""
    try:
        path.touch(exist_ok=False)
    except FileExistsError:
        return False
    try:
        path.write_bytes(text)
    except BaseException:
        path.unlink()
        raise
    return True
