"""What can still be recovered of a text: the proof of forgetting, or of what is left of it."""

import html
import itertools
import math
from dataclasses import dataclass, field

import numpy as np

from memo_edu.alone import alone
from memo_edu.encoders import bind
from memo_edu.errors import InputError
from memo_edu.ledger import Note
from memo_edu.memory import CorrelationMatrixMemory, noise_probability
from memo_edu.model import MeMo
from memo_edu.results import SURE, Recall, show_table, show_token
from memo_edu.rows import BEGIN
from memo_edu.theory import BOUND_VALUES, threshold

# A difference of less than so much of one stored pair is rounding.
ROUNDING = 1e-3
# How many shared phrases are listed.
LISTED = 20


@dataclass(frozen=True)
class Audit:
    """What a model still has of a text.

    Attributes:
        names: the names under which the text is memorized now; none if it was forgotten.
        recall: a Recall of its tokens: what the model answers, whatever the reason.
        shared: [(phrase, names of texts) …], longest first: what other texts, which remain,
            hold of it, h + 1 tokens or more. It stays, as it is theirs, too.
        votes: (n,) array: of the n different places of the text, √d·cos(r, y), where y is the
            right token's vector and r what the memory answers beyond what is explained. By
            chance a vote is N(0, 1).
        p_noise: how likely chance alone is to give such votes to a text.
        words: its words that are still candidates for answers, though no text has them.
        difference: how far the memory is from one rebuilt from its texts, in units of one stored
            pair; 0 is equal bit for bit. None: it can't be rebuilt.
        why: why it can't be rebuilt, or "".
    """

    names: list
    recall: Recall
    shared: list = field(repr=False)
    votes: np.ndarray = field(repr=False)
    p_noise: float
    words: list
    difference: float | None
    why: str = field(repr=False)

    @property
    def threshold(self):
        """What no vote of a text exceeds in size by chance, but in 0.5 % of texts."""
        return threshold(max(1, 2 * len(self.votes)), SURE / 2)

    @property
    def above(self):
        """How many votes are above the threshold, or as far below 0: a negative memory."""
        return int(np.sum(np.abs(self.votes) > self.threshold))

    @property
    def found(self):
        """Whether something of it is left that no text explains; false in 1 % of texts.

        p_noise < 0.01, or a word is left.
        """
        return self.p_noise < SURE or bool(self.words)

    @property
    def certified(self):
        """Whether the memory is, bit for bit, that of the texts that are memorized now."""
        return self.difference == 0 and not self.words

    @property
    def verdict(self):
        """The outcome in one sentence."""
        if self.names and not self.found:
            return f"Memorized now, as {', '.join(map(repr, self.names))}."
        if self.found:
            return "Something of it is left that no memorized text explains."
        if self.certified:
            return "Gone: bit for bit, this is the memory of the texts that remain."
        if self.difference is None:
            return f"Nothing of it was found, but that is no proof: {self.why}."
        if self.difference < ROUNDING:
            return "Gone: but for rounding, this is the memory of the texts that remain."
        return "Nothing of it was found, but something else is left that no text explains."

    def __repr__(self):
        lines = [f"{what}: {found}" for what, found in self._findings()]
        return "\n  ".join([f"Audit: {self.verdict}", *lines])

    def _repr_html_(self):
        table = show_table(["what", "found"], self._findings(), "")
        return f"<div><b>{html.escape(self.verdict)}</b>{table}</div>"

    def _findings(self):
        """List what was looked at, and what was found, as pairs of plain strings."""
        right, count = int(np.sum(self.recall.correct)), len(self.recall.correct)
        found = [("recalled", f"{right} of {count} tokens"), ("votes above chance", self._voted())]
        if self.words:
            found.append(("words left", " ".join(map(show_token, self.words[:LISTED]))))
        for phrase, names in self.shared[:LISTED]:
            found.append((f"stays, as {', '.join(names)} has it", show_token(phrase)))
        if len(self.shared) > LISTED:
            found.append(("stays, as other texts have it", f"{len(self.shared) - LISTED} more"))
        return [*found, ("rebuilt from its texts", self._rebuilt())]

    def _voted(self):
        if not len(self.votes):
            return "there is none that could be judged"
        if not self.votes.any():
            return "none: nothing is left that could vote"
        return (
            f"{self.above} of {len(self.votes)} above {self.threshold:.1f} standard deviations; "
            f"chance alone votes so with p = {self.p_noise:.2g}"
        )

    def _rebuilt(self):
        if self.difference is None:
            return f"not possible: {self.why}"
        if self.difference == 0:
            return "equal, bit for bit"
        return f"differs by {self.difference:.1g} of one stored pair"


@alone
def audit(model, text):
    """Look for all that a memory still has of a text.

    The memory is rebuilt, C′, from the texts that are memorized now. What it holds beyond them,
    D = C - C′, is asked for the text: at every different place i a vote √d·cos((q_i D) ⊙ g_i, y_i),
    N(0, 1) by chance; and D is compared with T, what memorizing the text would write, by
    Σ DT / √Σ(DT)², N(0, 1) by chance, too. The largest vote and this sum, of either sign, are
    judged at 0.5 % each. If D = 0, the memory is that of the texts that remain: that is a proof.

    With the projection, what is left of another text that shares words votes, too: keys of
    windows that share words resemble each other.

    Of texts that came from a corpus, and of rows of ids, no words are kept, and what a penalty
    wrote can't be repeated: then C itself is asked, at the places that no kept text shares, if
    values are bound; otherwise windows that share words would pass for memories.

    Args:
        model: a MeMo for text.
        text: a str of at least two tokens, memorized, forgotten or never read.

    Returns:
        An Audit.

    Raises:
        InputError: model is no MeMo, or text is no text for it.

    Source: this library.

    Example:
        >>> model = MeMo(dim=256, heads=2, layers=2, encoder="binding", backend="numpy")
        >>> tea = model.memorize("The tea is hot and the cup is red.", "tea")
        >>> pot = model.memorize("The pot is hot and it is blue.", "pot")
        >>> model.forget("tea")
        >>> audit(model, "The tea is hot and the cup is red.")
        Audit: Gone: bit for bit, this is the memory of the texts that remain.
          recalled: 3 of 10 tokens
          votes above chance: none: nothing is left that could vote
          stays, as pot has it: ·is·hot·and
          stays, as pot has it: The
          rebuilt from its texts: equal, bit for bit
    """
    if not isinstance(model, MeMo):
        raise InputError(f"audit takes a MeMo, not {type(model).__name__}.")
    tokens = model._rows.encode(text)
    row, names = model._rows.begun(tokens), _names(model, tokens)
    holders = _holders(model, row, names)
    rebuilt, why = _rebuild(model)
    difference = None if rebuilt is None else _difference(model, rebuilt)
    places = _places(model, rebuilt, row, holders, bool(names))
    beyond = _beyond(model, rebuilt)
    votes = _votes(model, beyond, row, places)
    return Audit(
        names=names,
        recall=model.recall(text, start=0),
        shared=_phrases(model, row, holders),
        votes=votes,
        p_noise=_p_noise(votes, _resemblance(model, beyond, row, places)),
        words=_words_left(model, tokens),
        difference=difference,
        why=why,
    )


def _names(model, tokens):
    """Return the names under which a text is memorized now."""
    note, texts = Note.of(tokens), model._ledger.texts.items()
    return [name for name, kept in texts if len(kept) == len(tokens) and Note.of(kept) == note]


def _grams(row, heads):
    """List h tokens and the one that follows, at every position of a row that has them."""
    return [tuple(row[i - heads : i + 1]) for i in range(heads, len(row))]


def _holders(model, row, names):
    """Return for every position which other texts hold its token, and the h before it."""
    grams = _grams(row, model.encoder.heads)
    holders = {gram: [] for gram in grams}
    for name, kept in model._ledger.kept_texts().items():
        if name not in names:
            for gram in set(_grams(model._rows.begun(kept), model.encoder.heads)) & holders.keys():
                holders[gram].append(name)
    return [holders[gram] for gram in grams]


def _phrases(model, row, holders):
    """Join positions with the same holders to phrases: [(phrase, names) …], longest first."""
    found = []
    for names, run in itertools.groupby(range(len(holders)), key=holders.__getitem__):
        places = list(run)
        words = row[places[0] : places[-1] + model.encoder.heads + 1]
        if names:
            found.append((model.tokenizer.decode([w for w in words if w != BEGIN]), names))
    return sorted(found, key=lambda phrase: -len(phrase[0]))


def _words_left(model, tokens):
    """Return the words of a text that are candidates, though no text has them."""
    ledger = model._ledger
    if ledger.rows or len(ledger.kept_texts()) < len(ledger.texts):
        return []  # they may be of a text whose words are not kept
    kept = set().union(*ledger.texts.values())
    return [word for word in dict.fromkeys(tokens) if word in ledger.targets and word not in kept]


def _rebuild(model):
    """Return a model made anew from the texts that are memorized, and "", or None and why not."""
    kept, ledger = model._ledger.kept_texts(), model._ledger
    if len(kept) < len(ledger.texts):
        return None, "of texts that came from files only a hash is kept"
    if ledger.rows:
        return None, "of rows of ids only a hash is kept"
    if model.config["penalty"]:
        return None, "what a penalty wrote depends on what was there before"
    twin = model.blank()
    twin._vocabulary = model._vocabulary  # so that no vector is drawn anew
    twin._write([model._rows.begun(tokens) for tokens in kept.values()])
    return twin, ""


def _memories(model):
    return [model._memory, *model._lower.memories]


def _difference(model, rebuilt):
    """Return ‖C - C′‖ over all memories, in units of the norm of one pair kᵀy."""
    xp, total = model.backend.xp, 0.0
    for mine, theirs in zip(_memories(model), _memories(rebuilt), strict=True):
        gap = mine.matrix - theirs.matrix
        total += float(xp.sum(gap * gap, dtype=xp.float64))
    return (total / model.encoder.perfect_score) ** 0.5


def _places(model, rebuilt, row, holders, is_memorized):
    """Return the positions to ask for, one for each different gram; only unexplained ones of C."""
    heads, first = model.encoder.heads, {}
    for place, gram in enumerate(_grams(row, heads), heads):
        first.setdefault(gram, place)
    places = list(first.values())
    if rebuilt is None:
        is_judged = model.config["encoder"] in BOUND_VALUES and not is_memorized
        places = [p for p in places if is_judged and not holders[p - heads]]
    return np.array(places, dtype=np.int64)


def _beyond(model, rebuilt):
    """Return D, what the memory holds beyond a rebuilt one, or C if there is none; a memory."""
    dim = model.encoder.dim
    beyond = CorrelationMatrixMemory(dim, dim, model.backend)
    beyond.add(model.matrix)
    if rebuilt is not None:
        beyond.add(-rebuilt.matrix)
    return beyond


def _votes(model, beyond, row, places):
    """Return √d·cos(r, y) at some positions, where r is what is read of D."""
    xp, votes = model.backend.xp, []
    for keys, signatures in model._positions.questions(row, places) if len(places) else ():
        read = bind(beyond.retrieve(keys), signatures)
        asked = places[len(votes) : len(votes) + read.shape[0]]
        right = model.backend.asarray(model._vectors([row[i] for i in asked]), beyond.dtype)
        norms = (xp.sum(read * read, axis=1) * xp.sum(right * right, axis=1)) ** 0.5
        cosines = xp.sum(read * right, axis=1) / xp.where(norms > 0, norms, xp.ones_like(norms))
        votes += (model.backend.to_numpy(cosines) * model.encoder.dim**0.5).tolist()
    return np.array(votes)


def _resemblance(model, beyond, row, places):
    """Return Σ DT / √Σ(DT)² over all entries: how much D resembles T, what the text would write.

    If the signs of D's entries are by chance, it is N(0, 1), whatever their sizes are.
    """
    marks = np.zeros((model.encoder.layers, len(row) - model.encoder.heads), dtype=bool)
    marks[:, places - model.encoder.heads] = True
    xp = model.backend.xp
    products = beyond.matrix * model._sum_of_pairs([row], [marks])
    norm = float(xp.sum(products * products, dtype=xp.float64)) ** 0.5
    return float(xp.sum(products, dtype=xp.float64)) / norm if norm else 0.0


def _p_noise(votes, resemblance):
    """Return how likely noise is to reach the largest vote, or the resemblance: twice the smaller.

    Of either sign: what was forgotten once too often can be read as well.
    """
    if not len(votes):
        return 1.0
    largest = noise_probability(float(np.max(np.abs(votes))), [1.0], [2 * len(votes)])
    return min(1.0, 2 * min(largest, math.erfc(abs(resemblance) / math.sqrt(2))))
