"""Files as rows of tokens: the same, wherever a file is cut."""

import bz2
import gzip
import lzma

import pytest
from hypothesis import given
from hypothesis import strategies as st

import memo_edu as me
from memo_edu import corpus
from memo_edu.ledger import Note
from memo_edu.rows import Rows
from memo_edu.text import WordTokenizer

ROWS = Rows(None, heads=2, vocab_size=None)
TEXT = "Über allen Gipfeln\r\nist Ruh -- 東京!\n\n  “Ja?”  "


def write(path, text, opener=open):
    with opener(path, "wb") as file:
        file.write(text.encode() if isinstance(text, str) else text)
    return str(path)


sizes = pytest.mark.parametrize("size", [1, 2, 3, 7, 48, 10_000])


def windows(text, span):
    """What a text stores: each token, and the tokens before it that windows look back on."""
    return [(tuple(text[max(0, i - span) : i]), text[i]) for i in range(2, len(text))]


def stored(file, size, rows=ROWS, span=4):
    """The same, read piece by piece."""
    found = []
    for piece in corpus.read_file(file, rows, span, size).pieces:
        row, first = piece.row(rows)
        found += [(tuple(row[max(0, i - span) : i]), row[i]) for i in range(first, len(row))]
    return found


@sizes
@pytest.mark.parametrize(
    ("suffix", "opener"),
    [("", open), (".txt.gz", gzip.open), (".bz2", bz2.open), (".XZ", lzma.open)],
)
def test_pieces_store_what_the_whole_text_does(suffix, opener, size, tmp_path):
    file = write(tmp_path / f"text{suffix}", TEXT, opener)
    tokens = me.tokenize(TEXT.replace("\r\n", "\n"))
    assert stored(file, size) == windows(ROWS.begun(tokens), 4)
    found = corpus.read_file(file, ROWS, 4, size)
    assert found.note == Note.of(tokens)
    assert found.counts == {token: tokens.count(token) for token in tokens}
    assert [len(piece.note) for piece in found.pieces] == [
        len(row) - first for row, first in (piece.row(ROWS) for piece in found.pieces)
    ]


@given(st.text(st.sampled_from("ab _.,\n\té\u2003東"), max_size=40), st.integers(0, 40))
def test_what_encode_part_returns_stays_true(text, cut):
    tokens, rest = WordTokenizer().encode_part(text[:cut])
    assert tokens + me.tokenize(rest + text[cut:]) == me.tokenize(text)


@sizes
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_file_that_ends_with_a_piece(count, size, tmp_path):
    text = "a b" * count + " c"
    assert stored(write(tmp_path / "x", text), size) == windows(ROWS.begun(me.tokenize(text)), 4)


class Letters:
    """A tokenizer that does not say where a text may be cut."""

    def encode(self, text):
        return list(text)

    def decode(self, tokens):
        return "".join(tokens)


@sizes
def test_another_tokenizer_is_given_the_whole_file(size, tmp_path):
    rows = Rows(Letters(), heads=2, vocab_size=None)
    file = write(tmp_path / "x", "ab ab ab ab ab")
    assert len(corpus.read_file(file, rows, 4, size).pieces) == 1
    assert stored(file, size, rows) == windows(rows.begun(list("ab ab ab ab ab")), 4)


# ---- Faults ----------------------------------------------------------------------------------


@sizes
@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("latin.txt", b"to be or not to b\xe9", "is not UTF-8 text. Nothing of it"),
        ("cut.txt", "to be, é".encode()[:-1], "is not UTF-8"),
        ("utf16.txt", "to be".encode("utf-16"), "is not UTF-8"),
        ("empty.txt", b"", "fewer than two tokens"),
        ("one.txt", b"one", "fewer than two tokens"),
        ("x.gz", b"to be or not", "can't be read: Not a gzipped"),
        ("x.gz", gzip.compress(b"to be or not to be", mtime=0)[:-9], "can't be read"),
        ("x.gz", gzip.compress(b"to be \xff or", mtime=0), "is not UTF-8"),
        ("x.bz2", b"to be or not", "can't be read: Invalid data"),
        ("x.xz", lzma.compress(b"to be or not to be")[:-9], "can't be read"),
        ("x.xz", b"to be or not", "can't be read: Input format"),
    ],
)
def test_a_file_that_is_no_text_is_named(name, content, message, size, tmp_path):
    file = write(tmp_path / name, content)
    with pytest.raises(me.InputError, match=message) as caught:
        corpus.read_file(file, ROWS, 4, size)
    assert str(caught.value).startswith(file)


def test_an_endless_word_is_no_text(tmp_path, monkeypatch):
    monkeypatch.setattr(corpus, "LONGEST_TOKEN", 1000)
    file = write(tmp_path / "x", "a" * 5000 + " b")
    with pytest.raises(me.InputError, match=r"x: a token has more than 1,000 characters"):
        corpus.read_file(file, ROWS, 4, 100)
    assert stored(write(tmp_path / "x", "a" * 900 + " b" * 100), 100)


@pytest.mark.parametrize("later", ["to be or not to be", "to be or cot"])
def test_a_file_that_changes_between_the_readings(later, tmp_path):
    file = write(tmp_path / "x", "to be or not")
    (piece,) = corpus.read_file(file, ROWS, 4, 100).pieces
    write(file, later)
    with pytest.raises(me.InputError, match="has changed while it was read"):
        piece.row(ROWS)


# ---- Names of files --------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("b/two.txt", "b/.git/x", "b/a/one.txt.gz", ".hidden", "three.txt", "[4].txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("to be")
    return tmp_path


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ("b", ["b/a/one.txt.gz", "b/two.txt"]),
        (".", ["[4].txt", "b/a/one.txt.gz", "b/two.txt", "three.txt"]),
        ("*.txt", ["[4].txt", "three.txt"]),
        ("**/*.gz", ["b/a/one.txt.gz"]),
        (["three.txt", "b"], ["three.txt", "b/a/one.txt.gz", "b/two.txt"]),
        ("[4].txt", ["[4].txt"]),
        ("b/.git/x", ["b/.git/x"]),
    ],
)
@pytest.mark.usefixtures("folder")
def test_files_are_found(files, found):
    assert corpus.find_files(files) == found


def test_a_path_is_a_file(folder):
    assert corpus.find_files(folder / "three.txt") == [(folder / "three.txt").as_posix()]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ("four.txt", "There is no file four.txt"),
        ("*.md", r"There is no file \*.md"),
        (["three.txt", "c"], "There is no file c"),
        ("empty", "There is no file empty"),
        ([], "No files are given"),
        (["three.txt", "*.txt"], "three.txt is given twice"),
        (5, "Files are a path"),
        ([5], "Files are a path"),
    ],
)
def test_files_that_are_not_there(files, message, folder):
    (folder / "empty").mkdir()
    with pytest.raises(me.InputError, match=message):
        corpus.find_files(files)


def test_small_files_share_a_partition(tmp_path):
    files = [write(tmp_path / str(i), "a b c d") for i in range(9)]
    pieces = [corpus.read_file(file, ROWS, 4, 100).pieces[0] for file in files]
    assert corpus.partitions(pieces, 10) == [pieces[:3], pieces[3:6], pieces[6:]]
