"""Files larger than memory: found, read as text piece by piece, and cut where nothing is lost."""

import bz2
import contextlib
import glob
import gzip
import lzma
import os
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from memo_edu.errors import InputError
from memo_edu.ledger import Note, TokenHash
from memo_edu.rows import first_words

# A word longer than this many characters is no word.
LONGEST_TOKEN = 2**20
OPENERS = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}


def find_files(files):
    """List the files of a corpus.

    Args:
        files: a path of a file; or of a folder, for all files in it and in its folders, but not
            those whose names begin with a dot; or a pattern, such as "books/*.txt"; or a list of
            these.

    Returns:
        A list of str, in the order given; what a folder or a pattern stands for is sorted.

    Raises:
        InputError: there is no such file, or one is given twice.

    Example:
        >>> from importlib.resources import files
        >>> [Path(name).name for name in find_files(files("memo_edu") / "samples" / "*.txt")]
        ['atlas.txt', 'clockmaker.txt', 'lighthouse.txt', 'mulino.txt']
    """
    if isinstance(files, (str, os.PathLike)):
        files = [files]
    try:
        found = [file for name in files for file in _expand(os.fspath(name))]
    except TypeError as error:
        raise InputError(f"Files are a path, a pattern or a list of them: {error}.") from error
    if not found:
        raise InputError("No files are given.")
    twice = [file for file, count in Counter(found).items() if count > 1]
    if twice:
        raise InputError(f"{twice[0]} is given twice; a text is memorized under one name once.")
    return found


def _expand(name):
    """Return the files that a path or a pattern stands for, with / in their names everywhere."""
    path = Path(name)
    if path.is_dir():
        inside = [file for file in path.rglob("*") if file.is_file()]
        found = [f for f in inside if not any(p[0] == "." for p in f.relative_to(path).parts)]
    elif path.exists():
        found = [path]
    else:
        found = [Path(file) for file in glob.glob(name, recursive=True) if Path(file).is_file()]
    if not found:
        raise InputError(f"There is no file {name}.")
    return sorted(file.as_posix() for file in found)


@dataclass(frozen=True)
class Piece:
    """A place in a file from which tokens can be read on, as if all before it had been read.

    Attributes:
        file: a path.
        place: where to go, as tell of the opened file returned it.
        size: how many characters to read there; -1 for all.
        held: the characters just before it that belong to the piece's first token.
        before: the tokens before that one, as many as a window holds; begin marks at the start.
        note: a Note of the piece's tokens.
    """

    file: str
    place: int
    size: int
    held: str
    before: tuple
    note: Note

    def row(self, rows):
        """Read the piece: return a row of tokens, and where in it the piece begins."""
        with open_text(self.file) as stream:
            stream.seek(self.place)
            tokens, _, _ = _read_on(stream, rows.tokenizer, self.size, self.held)
        if Note.of(tokens) != self.note:
            raise InputError(f"{self.file} has changed while it was read. Start again.")
        return [*self.before, *tokens], len(self.before)


@dataclass(frozen=True)
class Text:
    """What is known of a text once it was read.

    Attributes:
        name: the file's path; or of a text without a file, its first words.
        note: a Note of its tokens.
        counts: token -> how often it occurs.
        pieces: a list of Piece; empty for a text without a file.
    """

    name: str
    note: Note
    counts: Counter
    pieces: list


def read_file(file, rows, span, size, watch=lambda count: None):
    """Read a file once, to know what is in it and where its pieces begin.

    A file is one text: what open(file, encoding="utf-8").read() returns, or that of gzip, bz2 or
    lzma if it ends in .gz, .bz2 or .xz.

    Args:
        file: a path.
        rows: a Rows. If its tokenizer has no encode_part, only it knows where a text may be cut,
            and the file is one piece.
        span: how many tokens windows look back on.
        size: how many characters make a piece.
        watch: a function that is told how many more tokens were read.

    Returns:
        A Text.

    Raises:
        InputError: the file can't be read, is not UTF-8, or has fewer than two tokens.
    """
    size = size if hasattr(rows.tokenizer, "encode_part") else -1
    pieces, text, counts = [], TokenHash(), Counter()
    before, held, more = rows.begun([]), "", True
    with open_text(file) as stream:
        while more:
            place = stream.tell()
            tokens, rest, more = _read_on(stream, rows.tokenizer, size, held)
            pieces.append(Piece(file, place, size, held, tuple(before), Note.of(tokens)))
            text.update(tokens)
            counts.update(tokens)
            watch(len(tokens))
            before, held = [*before, *tokens][-span:], rest
    if len(text.note()) < 2:
        raise InputError(f"{file} has fewer than two tokens; leave it out.")
    return Text(file, text.note(), counts, pieces)


@contextlib.contextmanager
def open_text(file):
    """Open a file as text, and name it in whatever goes wrong while it is read.

    Args:
        file: a path; what ends in .gz, .bz2 or .xz is unpacked in passing.

    Raises:
        InputError: the file can't be read, is damaged, or is not UTF-8.
    """
    opener = OPENERS.get(Path(file).suffix.lower(), open)
    try:
        with opener(file, "rt", encoding="utf-8") as stream:
            yield stream
    except UnicodeError as error:
        raise InputError(
            f"{file} is not UTF-8 text. Nothing of it, nor of the other files, is memorized: "
            "convert it, or leave it out."
        ) from error
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise InputError(
            f"{file} can't be read: {getattr(error, 'strerror', None) or error}."
        ) from error
    except InputError as error:
        raise InputError(f"{file}: {error}") from error


def _read_on(stream, tokenizer, size, held):
    """Read a piece.

    Returns:
        Its tokens, the characters that belong to the next piece's first token, and whether there
        is a next piece.
    """
    read = stream.read(size)
    if len(read) != size:
        return tokenizer.encode(held + read), "", False
    tokens, rest = tokenizer.encode_part(held + read)
    if len(rest) > LONGEST_TOKEN:
        raise InputError(f"a token has more than {LONGEST_TOKEN:,} characters. Is this text?")
    return tokens, rest, True


def read_texts(texts, rows, watch=lambda count: None):
    """Do for texts that are no files what read_file does.

    Args:
        texts: an iterable of str.
        rows: a Rows.
        watch: see read_file.

    Returns:
        A list of Text.

    Raises:
        InputError: one is not a str, or has fewer than two tokens.
    """
    found = []
    for text in texts:
        tokens = rows.encode(text)
        found.append(Text(first_words(text), Note.of(tokens), Counter(tokens), []))
        watch(len(tokens))
    return found


def partitions(pieces, least):
    """Gather pieces, so that a partition is worth the matrix that its pairs are added up in.

    Args:
        pieces: a list of Piece.
        least: how many tokens a partition has at least, but for the last one.

    Returns:
        A list of lists of Piece.
    """
    found, room = [], 0
    for piece in pieces:
        if room <= 0:
            found.append([])
            room = least
        found[-1].append(piece)
        room -= len(piece.note)
    return found
