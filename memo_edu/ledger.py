"""What a memory holds now: a matrix can't be asked, so a ledger keeps names, tokens and counts."""

import hashlib
import math
import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

from memo_edu.codebook import as_tokens, whole_number
from memo_edu.errors import InputError, NotMemorizedError


class TokenHash:
    """The hash of a text's tokens, told block by block: it stands for a text too long to keep.

    Example:
        >>> whole, parts = TokenHash(), TokenHash()
        >>> whole.update(["Hot", " tea"])
        >>> for token in ["Hot", " tea"]:
        ...     parts.update([token])
        >>> whole.note() == parts.note(), whole.note().length
        (True, 2)
    """

    def __init__(self):
        self._hash, self._length = hashlib.blake2b(digest_size=16), 0

    def update(self, tokens):
        """Go on with more tokens."""
        # As ASCII in quotation marks, which no token can imitate, in any version of Unicode.
        self._hash.update("".join(map(ascii, tokens)).encode())
        self._length += len(tokens)

    def note(self):
        """Return what a ledger keeps, a Note."""
        return Note(self._hash.hexdigest(), self._length)


@dataclass(frozen=True)
class Note:
    """What is kept of a text that was read from a file: enough to know it again.

    Attributes:
        digest: the hash of its tokens.
        length: how many tokens it has.
    """

    digest: str
    length: int

    def __len__(self):
        return self.length

    @classmethod
    def of(cls, tokens):
        """Return the Note of tokens, or the Note that stands for them already."""
        if isinstance(tokens, cls):
            return tokens
        text = TokenHash()
        text.update(tokens)
        return text.note()


class Ledger:
    """The texts and rows of ids that are memorized now; what is forgotten leaves no trace.

    Attributes:
        texts: name -> the text's tokens, in the order of memorizing; or a Note, if the text came
            from a file that may be larger than the computer's memory.
        rows: hash of a row of ids -> how often it is memorized.
        targets: token -> how many stored positions it follows; its keys are the candidates.
        divisors: name -> what intermediate memories divided the text's windows by, if they did;
            row_divisors has a list of these, one a time, for the hash of a row.

    Example:
        >>> ledger = Ledger()
        >>> ledger.add_text("tea", ["Hot", " tea"])
        >>> ledger.targets[" tea"], ledger.free_name("tea")
        (1, 'tea (2)')
        >>> ledger.remove_text("tea", ["Hot", " tea"])
        >>> ledger.texts, ledger.targets
        ({}, Counter())
    """

    def __init__(self, texts=None, rows=None, targets=None):
        self.texts, self.rows = dict(texts or {}), Counter(rows)
        self.targets = Counter(targets)
        self.divisors, self.row_divisors = {}, {}

    def add_text(self, name, tokens, divisors=None):
        """Note a text under a free name."""
        self.texts[name] = tuple(tokens)
        self.targets.update(tokens)
        if divisors is not None:
            self.divisors[name] = divisors

    def add_note(self, name, note, counts):
        """Note a text of which no tokens are kept, only how often each occurs in it."""
        self.texts[name] = note
        self.targets.update(counts)

    def remove_text(self, name, counts):
        """Strike a text out, given its tokens or how often each occurs in it."""
        self.take_counts(counts)
        del self.texts[name]
        self.divisors.pop(name, None)

    def take_counts(self, counts):
        """Take tokens, or how often each occurs, off the counts of targets.

        What is left is put in order: as it came, it would tell in which order a text that was
        forgotten had the words that others have, too.
        """
        self.targets = Counter(dict(_sorted(self.targets - Counter(counts))))

    def check_name(self, name):
        """Refuse a name that is not a str, or that is taken."""
        if not isinstance(name, str):
            raise InputError(f"A name is a str, not {type(name).__name__}.")
        if name in self.texts:
            raise InputError(f"The name {name!r} is taken. Choose another, or forget that text.")

    def free_name(self, name):
        """Return the name, with " (2)", " (3)" … if it is taken."""
        free, number = name, 2
        while free in self.texts:
            free, number = f"{name} ({number})", number + 1
        return free

    def find(self, text_or_name, tokenizer):
        """Return the name of a text, given its name or its words; of equal texts the latest."""
        if not isinstance(text_or_name, str):
            raise InputError(f"Pass a name or a text, not {type(text_or_name).__name__}.")
        if text_or_name in self.texts:
            return text_or_name
        return self.find_tokens(tokenizer.encode(text_or_name))

    def find_tokens(self, tokens, names=()):
        """Return the name of a text, given its tokens or their Note.

        Args:
            tokens: a list of str, or a Note.
            names: which to look at first; of equal texts the latest is found otherwise.

        Raises:
            NotMemorizedError: there is no such text.
        """
        note = Note.of(tokens)
        for name in [*names, *reversed(self.texts)]:
            kept = self.texts.get(name, ())
            if len(kept) == note.length and Note.of(kept) == note:
                return name
        raise NotMemorizedError(
            f"Nothing of this name or with these words is memorized. There is: {list(self.texts)}."
        )

    def tokens(self, name, text, tokenizer):
        """Return the tokens of a text that is memorized.

        Args:
            name: its name.
            text: the text, needed if only a Note is kept; otherwise anything.
            tokenizer: which cuts it.

        Raises:
            InputError: only a Note is kept, and text is not the text.
        """
        if not isinstance(self.texts[name], Note):
            return self.texts[name]
        if text == name:
            raise InputError(
                f"{name!r} was memorized from a file, and only a hash of it is kept. Pass its "
                "text, or let the file be read again: me.scale.forget_corpus."
            )
        return tokenizer.encode(text)

    def add_rows(self, rows, heads, divisors):
        """Note rows of ids; the first heads ids of a row are no targets."""
        self.rows.update(map(_digest, rows))
        self.targets.update(token for row in rows for token in row[heads:])
        for row, noted in zip(rows, divisors, strict=True):
            if noted is not None:
                self.row_divisors.setdefault(_digest(row), []).append(noted)

    def remove_rows(self, rows, heads):
        """Strike rows of ids out; of equal rows the latest."""
        self.rows = self.rows - Counter(map(_digest, rows))
        self.take_counts(token for row in rows for token in row[heads:])
        for digest, noted in Counter(map(_digest, rows)).items():
            del self.row_divisors.get(digest, [])[-noted:]
        self.row_divisors = {digest: kept for digest, kept in self.row_divisors.items() if kept}

    def divisors_of_rows(self, rows):
        """Return what is noted about rows of ids, the latest first among equal ones."""
        left = {digest: list(noted) for digest, noted in self.row_divisors.items()}
        return [left[_digest(row)].pop() if _digest(row) in left else None for row in rows]

    def check_rows(self, rows):
        """Refuse rows that are not memorized as often as they are given."""
        if not Counter(map(_digest, rows)) <= self.rows:
            raise NotMemorizedError("These rows of ids are not all memorized; nothing changed.")

    def merge(self, other):
        """Note all that another ledger holds; a name that both use gets " (2)"."""
        for name, tokens in list(other.texts.items()):
            free = self.free_name(name)
            self.texts[free] = tokens
            if name in other.divisors:
                self.divisors[free] = other.divisors[name]
        for digest, noted in list(other.row_divisors.items()):
            self.row_divisors[digest] = self.row_divisors.get(digest, []) + noted
        self.rows = self.rows + other.rows
        self.targets = self.targets + other.targets

    def kept_texts(self):
        """Return the texts whose tokens are kept, name -> tokens."""
        return {n: tokens for n, tokens in self.texts.items() if not isinstance(tokens, Note)}

    def check_counts(self):
        """Refuse counts of words that the texts can't have."""
        kept = self.kept_texts().values()
        noted = sum(map(len, self.texts.values())) - sum(map(len, kept))
        left = Counter({t: n for t, n in self.targets.items() if isinstance(t, str)})
        for tokens in kept:
            left.subtract(tokens)
        if any(count < 0 for count in left.values()) or left.total() != noted:
            raise InputError("The texts and the counts of their words do not agree.")

    def check_divisors(self, noted, windows):
        """Refuse to go on if it is not known what every window was divided by.

        Args:
            noted: whether divisors are noted at all.
            windows: a function of a text's length that returns how many windows each layer has.
        """
        for name, tokens in self.texts.items() if noted else ():
            if [len(divisors) for divisors in self.divisors[name]] != windows(len(tokens)):
                raise InputError(f"What the windows of {name!r} were divided by is not complete.")
        times = {digest: len(divisors) for digest, divisors in self.row_divisors.items()}
        if times != (self.rows if noted else {}):
            raise InputError("What the windows of rows of ids were divided by is not complete.")

    def __repr__(self):
        rows = sum(self.rows.values())
        return f"Ledger({len(self.texts)} texts, {rows} rows of ids, {len(self.targets)} targets)"

    def to_json(self):
        """Return plain lists and dicts that hold everything."""
        texts = [
            [name, vars(kept) if isinstance(kept, Note) else list(kept)]
            for name, kept in self.texts.items()
        ]
        return {
            "texts": texts,
            "rows": dict(_sorted(self.rows)),
            "targets": _sorted(self.targets),
            "divisors": {name: self.divisors[name] for name in self.texts if name in self.divisors},
            "row_divisors": dict(_sorted(self.row_divisors)),
        }

    @classmethod
    def from_json(cls, data):
        """Make a ledger again from what to_json returned; refuse anything else."""
        ledger = cls()
        for name, tokens in data["texts"]:
            ledger.check_name(name)
            ledger.texts[name] = _as_kept(tokens)
        for digest, count in dict(data["rows"]).items():
            ledger.rows[_as_digest(digest)] = _as_count(count)
        tokens, counts = zip(*data["targets"], strict=True) if data["targets"] else ((), ())
        for token, count in zip(as_tokens(tokens), counts, strict=True):
            if not isinstance(token, str):
                whole_number(token, "an id", error=InputError)
            ledger.targets[token] = _as_count(count)
        ledger.check_counts()
        ledger.divisors = {n: _as_divisors(d) for n, d in dict(data.get("divisors", {})).items()}
        for digest, noted in dict(data.get("row_divisors", {})).items():
            ledger.row_divisors[digest] = [_as_divisors(divisors) for divisors in noted]
        return ledger


def _as_kept(tokens):
    """Check that this is a list of tokens, or a Note as a dict."""
    if isinstance(tokens, list):
        return tuple(as_tokens(tokens))
    if not isinstance(tokens, dict):
        raise InputError("What is kept of a text is a list of tokens, or a hash of them.")
    return Note(_as_digest(tokens["digest"]), _as_count(tokens["length"], least=2))


def _as_digest(digest):
    """Check that this is a hash as _digest and TokenHash write it."""
    if not re.fullmatch("[0-9a-f]{32}", digest):
        raise InputError(f"{digest!r:.40} is no hash of a text or of a row of ids.")
    return digest


def _as_count(count, least=1):
    """Check that this is a whole number, and no larger than a memory can count."""
    if whole_number(count, "a count", least, InputError) >= 2**53:
        raise InputError("So many tokens fit into no memory.")
    return count


def _sorted(counts):
    """List (key, count) in an order that does not depend on how the keys came."""
    return sorted(counts.items(), key=lambda item: (isinstance(item[0], str), item[0]))


def _as_divisors(layers):
    """Check that this is one list of whole numbers a layer."""
    if not isinstance(layers, list) or not all(isinstance(layer, list) for layer in layers):
        raise InputError("What windows were divided by is one list a layer.")
    return [[whole_number(n, "a divisor", -math.inf, InputError) for n in lay] for lay in layers]


def _digest(row):
    """Name a row of ids by its hash, so that the ledger needs little room."""
    return hashlib.blake2b(np.array(row, dtype="<i8").tobytes(), digest_size=16).hexdigest()
