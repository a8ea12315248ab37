"""What a memory holds now: a matrix can't be asked, so a ledger keeps names, tokens and counts."""

import hashlib
from collections import Counter

import numpy as np

from memo_edu.codebook import as_tokens, whole_number
from memo_edu.errors import InputError, NotMemorizedError


class Ledger:
    """The texts and rows of ids that are memorized now; what is forgotten leaves no trace.

    Attributes:
        texts: name -> the text's tokens, in the order of memorizing.
        rows: hash of a row of ids -> how often it is memorized.
        targets: token -> how many stored positions it follows; its keys are the candidates.

    Example:
        >>> ledger = Ledger()
        >>> ledger.add_text("tea", ["Hot", " tea"])
        >>> ledger.targets[" tea"], ledger.free_name("tea")
        (1, 'tea (2)')
        >>> ledger.remove_text("tea")
        >>> ledger.texts, ledger.targets
        ({}, Counter())
    """

    def __init__(self, texts=None, rows=None, targets=None):
        self.texts, self.rows = dict(texts or {}), Counter(rows)
        self.targets = Counter(targets)

    def add_text(self, name, tokens):
        """Note a text under a free name."""
        self.texts[name] = tuple(tokens)
        self.targets.update(tokens)

    def remove_text(self, name):
        """Strike a text out."""
        self.targets = self.targets - Counter(self.texts.pop(name))

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
        tokens = tuple(tokenizer.encode(text_or_name))
        for name in reversed(self.texts):
            if self.texts[name] == tokens:
                return name
        raise NotMemorizedError(
            f"Nothing of this name or with these words is memorized. There is: {list(self.texts)}."
        )

    def add_rows(self, rows, heads):
        """Note rows of ids; the first heads ids of a row are no targets."""
        self.rows.update(map(_digest, rows))
        self.targets.update(token for row in rows for token in row[heads:])

    def remove_rows(self, rows, heads):
        """Strike rows of ids out."""
        self.rows = self.rows - Counter(map(_digest, rows))
        self.targets = self.targets - Counter(token for row in rows for token in row[heads:])

    def check_rows(self, rows):
        """Refuse rows that are not memorized as often as they are given."""
        if not Counter(map(_digest, rows)) <= self.rows:
            raise NotMemorizedError("These rows of ids are not all memorized; nothing changed.")

    def merge(self, other):
        """Note all that another ledger holds; a name that both use gets " (2)"."""
        for name, tokens in list(other.texts.items()):
            self.texts[self.free_name(name)] = tokens
        self.rows = self.rows + other.rows
        self.targets = self.targets + other.targets

    def __repr__(self):
        rows = sum(self.rows.values())
        return f"Ledger({len(self.texts)} texts, {rows} rows of ids, {len(self.targets)} targets)"

    def to_json(self):
        """Return plain lists and dicts that hold everything."""
        texts = [[name, list(tokens)] for name, tokens in self.texts.items()]
        return {"texts": texts, "rows": dict(self.rows), "targets": list(self.targets.items())}

    @classmethod
    def from_json(cls, data):
        """Make a ledger again from what to_json returned; refuse anything else."""
        ledger = cls()
        for name, tokens in data["texts"]:
            ledger.check_name(name)
            if not isinstance(tokens, list):
                raise InputError("The tokens of a text are a list.")
            ledger.texts[name] = tuple(as_tokens(tokens))
        for digest, count in dict(data["rows"]).items():
            ledger.rows[digest] = whole_number(count, "a count", error=InputError)
        tokens, counts = zip(*data["targets"], strict=True) if data["targets"] else ((), ())
        for token, count in zip(as_tokens(tokens), counts, strict=True):
            if not isinstance(token, str):
                whole_number(token, "an id", error=InputError)
            ledger.targets[token] = whole_number(count, "a count", error=InputError)
        words = Counter(token for tokens in ledger.texts.values() for token in tokens)
        if words != Counter({t: n for t, n in ledger.targets.items() if isinstance(t, str)}):
            raise InputError("The texts and the counts of their words do not agree.")
        return ledger


def _digest(row):
    """Name a row of ids by its hash, so that the ledger needs little room."""
    return hashlib.blake2b(np.array(row, dtype="<i8").tobytes(), digest_size=16).hexdigest()
