"""Text that outgrows a laptop: a memory is a sum, so it can be made in parts, here or on a cluster.

The parts of a corpus are added up apart, and the sum goes into the model in the end: until then
nothing in the model changes, and what is done so far can lie in a file, or in another machine.
"""

import dataclasses
import functools
import hashlib
import json
import os
import time
from collections import Counter
from pathlib import Path

import numpy as np

from memo_edu import storage
from memo_edu.alone import alone
from memo_edu.cluster import check_client, computed, lost_workers_told, results, submit
from memo_edu.codebook import Vocabulary
from memo_edu.corpus import find_files, partitions, read_file, read_texts
from memo_edu.encoders import make_encoder
from memo_edu.errors import ConfigurationError, FileFormatError, InputError
from memo_edu.experiments.bar import progress_bar
from memo_edu.ledger import Ledger
from memo_edu.memory import CorrelationMatrixMemory
from memo_edu.model import MeMo
from memo_edu.positions import Positions
from memo_edu.rows import BEGIN

# How many characters are read at once, a piece of a file; and in prose a token has about five.
CHARACTERS, PER_TOKEN = 2**18, 5
# How often what is done so far is written to the checkpoint.
SECONDS = 20.0
# Vectors of the most frequent tokens are kept, as many as fit into so many bytes.
KEPT_BYTES = 2**26


@alone
def memorize_corpus(files_or_bag, model, client=None, checkpoint=None):
    """Memorize files of any size, each as one text, in a memory that stays small.

    C += Σ_parts KᵀY. With the binding encoder the result is the same, bit for bit, whatever the
    parts are, wherever they were added up and however often the work was cut short; with the
    projection, to rounding. Every file is read twice: first to learn whether it is text, and then
    to memorize it. Of its words only a hash and the counts are kept: it can be forgotten by
    forget_corpus, or by model.forget(its text).

    Other threads that use the model wait meanwhile, as they do for all of a model's methods.

    Needed besides the model, whatever the files' sizes: three matrices of (dim, dim), less than
    200 MB for blocks and for vectors at dim = 1024, and the counts of the different words. The
    same is needed in each worker.

    Args:
        files_or_bag: a path, a folder, a pattern such as "books/*.txt", or a list of these, plain
            or .gz, .bz2, .xz; texts get their paths for names. Or a dask.bag of str, each a text,
            that gets its first words for a name.
        model: a MeMo for text, alpha = 1, no penalty, and repeats "count".
        client: a dask.distributed.Client, whose workers see the files under the same paths; None,
            this process does the work.
        checkpoint: a path, where what is done is written now and then. If the file is there
            already, from a run that was cut short, the work goes on from it. It is left there:
            delete it once the model is saved.

    Returns:
        A list of the texts' names.

    Raises:
        InputError: a file is missing, is not UTF-8 or has fewer than two tokens, or a name is
            taken; the model is unchanged.
        ConfigurationError: the model is of a kind that is no plain sum.
        FileFormatError: checkpoint is damaged, or of another corpus or configuration.
        BackendError: workers died again and again.

    Source: this library.

    Example:
        >>> from importlib.resources import files
        >>> model = MeMo(dim=256, heads=2, layers=2, encoder="binding", backend="numpy")
        >>> names = memorize_corpus(files("memo_edu") / "samples" / "l*.txt", model)
        >>> [Path(name).name for name in names], list(model.texts.values())
        (['lighthouse.txt'], [410])
    """
    files = _check(files_or_bag, model, client)
    for name in files or ():
        model._ledger.check_name(name)
    corpus = _read(files_or_bag, files, model, client)
    taken, twin = Ledger(model._ledger.texts), model.blank()
    names = []
    for text, note in corpus.texts:
        names.append(taken.free_name(text))
        taken.add_note(names[-1], note, ())
        twin._ledger.add_note(names[-1], note, ())
    twin._ledger.targets = corpus.counts
    twin._memory.add(_sum(corpus, model, client, checkpoint))
    model.merge(twin)
    return names


@alone
def forget_corpus(files_or_bag, model, client=None):
    """Take texts out of a memory, given the same files or texts again: C -= Σ_parts KᵀY.

    Args:
        files_or_bag, model, client: see memorize_corpus. The words count: of texts with the same
            words, the one of the file's name goes, or else the latest.

    Raises:
        NotMemorizedError: a text is not memorized, or the file has changed; the model is
            unchanged.
        InputError, ConfigurationError, BackendError: see memorize_corpus.

    Example:
        >>> from importlib.resources import files
        >>> model = MeMo(dim=256, heads=2, layers=2, encoder="binding", backend="numpy")
        >>> _ = memorize_corpus(files("memo_edu") / "samples" / "l*.txt", model)
        >>> forget_corpus(files("memo_edu") / "samples" / "l*.txt", model)
        >>> model.texts, bool((model.matrix == 0).all())
        ({}, True)
    """
    corpus = _read(files_or_bag, _check(files_or_bag, model, client), model, client)
    ledger = Ledger()
    ledger.merge(model._ledger)
    for text, note in corpus.texts:
        ledger.remove_text(ledger.find_tokens(note, names=[text]), ())
    ledger.take_counts(corpus.counts)
    model._memory.add(-_sum(corpus, model, client))
    model._ledger = ledger
    model._update_candidates()


def _check(files_or_bag, model, client):
    """Refuse what can't be added up in parts; return the files, or None if there is a bag."""
    if not isinstance(model, MeMo):
        raise InputError(f"Pass a MeMo, not {type(model).__name__}.")
    check_client(client)
    plain = {"vocab_size": None, "alpha": 1.0, "penalty": False, "repeats": "count"}
    unlike = [f"{k} {model.config[k]!r}" for k, v in plain.items() if model.config[k] != v]
    if unlike:
        raise ConfigurationError(
            f"This model was made with {', '.join(unlike)}, and so is no plain sum over parts of "
            "text. Leave these options out, or memorize text by text."
        )
    return None if hasattr(files_or_bag, "to_delayed") else find_files(files_or_bag)


@dataclasses.dataclass
class _Corpus:
    """What is to be memorized: (name, note) of each text, how often each token occurs; the parts.

    A part is a list of pieces of files, or a partition of a bag, which Dask computes when it is
    needed; lengths are in tokens.
    """

    texts: list
    counts: Counter
    parts: list
    lengths: list


def _read(files_or_bag, files, model, client):
    """Read all texts once, and return the _Corpus."""
    found, counts = {}, Counter()
    with progress_bar(desc="reading", unit=" tokens", unit_scale=True) as bar:
        options = {"rows": model._rows} | ({"watch": bar.update} if client is None else {})
        if files is None:
            items, read = files_or_bag.to_delayed(), functools.partial(read_texts, **options)
        else:
            items = [(file, os.path.abspath(file)) for file in files]  # workers may stand elsewhere
            options |= {"span": model.encoder.span, "size": CHARACTERS}
            read = functools.partial(_read_named, **options)
        for number, texts in results(read, items, client):
            found[number] = [(text.name, text.note, text.pieces) for text in texts]
            for text in texts:
                counts.update(text.counts)
                bar.update(0 if client is None else len(text.note))
    return _cut([found[number] for number in range(len(items))], counts, items, files is None)


def _read_named(named, **options):
    name, file = named
    return [dataclasses.replace(read_file(file, **options), name=name)]


def _cut(found, counts, items, is_bag):
    """Return the _Corpus of what was found in items: lists of (name, note, pieces)."""
    texts = [(name, note) for texts in found for name, note, _ in texts]
    if is_bag:
        return _Corpus(texts, counts, items, [sum(len(n) for _, n, _ in texts) for texts in found])
    pieces = [piece for [(_, _, pieces)] in found for piece in pieces]
    parts = partitions(pieces, CHARACTERS // PER_TOKEN)
    return _Corpus(texts, counts, parts, [sum(len(p.note) for p in part) for part in parts])


# ---- Add up ----------------------------------------------------------------------------------


class _Adder:
    """What a process needs to add up the pairs of a part."""

    def __init__(self, encoder, rows, tokens):
        self.encoder, self.rows = encoder, rows
        vectors = Vocabulary(encoder.codebook, BEGIN, tokens).vectors
        self._positions = Positions(encoder, vectors)

    def sum(self, part):
        """Return Σ KᵀY of a part, as a NumPy array."""
        dim, backend = self.encoder.dim, self.encoder.backend
        total = CorrelationMatrixMemory(dim, dim, backend)
        total.memorize_blocks(self._pairs(part))
        return backend.to_numpy(total.matrix)

    def _pairs(self, part):
        for piece in part:
            if isinstance(piece, str):
                row, first = self.rows.begun(self.rows.encode(piece)), self.rows.heads
            else:
                row, first = piece.row(self.rows)
            yield from self._positions.pairs_from(row, first)


class _Total:
    """The sum of the parts that are done, which is written to a checkpoint now and then."""

    def __init__(self, path, corpus, model):
        self._path, self._written, self.done = path, time.monotonic(), set()
        about = model._full_config(), [(name, vars(note)) for name, note in corpus.texts]
        digest = hashlib.blake2b(json.dumps([*about, corpus.lengths]).encode(), digest_size=16)
        self._about = {"dim": model.encoder.dim, "checkpoint of": digest.hexdigest()}
        matrix = np.zeros((0, 0))
        if path is not None and Path(path).exists():
            matrix = self._resume(range(len(corpus.parts)))
        dtype = str(matrix.dtype) if matrix.size else "float32"
        dim = model.encoder.dim
        self.memory = CorrelationMatrixMemory(dim, dim, model.backend, dtype)
        if matrix.size:
            self.memory.add(matrix)
        elif path is not None:
            self.write()  # a path that can't be written is found before the work, not after it

    def _resume(self, numbers):
        about, noted, matrix, *_ = storage.read(self._path)
        done = noted.get("done") if isinstance(noted, dict) else None
        are_parts = isinstance(done, list) and all(number in numbers for number in done)
        if about != self._about or not are_parts:
            raise FileFormatError(
                f"{self._path} is not a checkpoint of these texts and this configuration. Delete "
                "it, or choose another path."
            )
        self.done = set(done)
        return matrix

    def is_due(self):
        """Tell whether it is time for a checkpoint."""
        return self._path is not None and time.monotonic() - self._written > SECONDS

    def add(self, matrix, numbers):
        """Add the sum of some parts."""
        self.memory.add(matrix)
        self.done |= numbers
        if self.is_due():
            self.write()

    def write(self):
        """Write the checkpoint, whole or not at all."""
        matrix = self.memory.backend.to_numpy(self.memory.matrix)
        storage.write(self._path, self._about, {"done": sorted(self.done)}, matrix)
        self._written = time.monotonic()


def _sum(corpus, model, client, checkpoint=None):
    """Return Σ KᵀY of a corpus."""
    total = _Total(checkpoint, corpus, model)
    left = [number for number in range(len(corpus.parts)) if number not in total.done]
    size = 1 if model.encoder.kind == "bipolar" else 4
    frequent = corpus.counts.most_common(max(1, KEPT_BYTES // (size * model.encoder.dim)))
    tokens = [token for token, _ in frequent]
    options = {"desc": "memorizing", "unit": " tokens", "unit_scale": True}
    before = sum(corpus.lengths[number] for number in total.done)
    with progress_bar(total=sum(corpus.lengths), initial=before, **options) as bar:
        sums = _sums_here if client is None else functools.partial(_sums_on, client)
        for matrix, numbers in sums(model, tokens, corpus, left, total.is_due, bar.update):
            total.add(matrix, numbers)
    if checkpoint is not None:
        total.write()
    return total.memory.matrix


def _sums_here(model, tokens, corpus, left, is_due, watch):
    """Yield the sum of each part that is left, and its number in a set."""
    adder = _Adder(model.encoder, model._rows, tokens)
    for number in left:
        yield adder.sum(computed(corpus.parts[number])), {number}
        watch(corpus.lengths[number])


# ---- On a cluster ----------------------------------------------------------------------------


def _sums_on(client, model, tokens, corpus, left, is_due, watch):
    """Yield sums of parts and the parts' numbers: all in one, unless it is time for a checkpoint.

    Two sums that are done are added up by a worker, and so on: a tree. If a worker dies, Dask
    does again what was lost with it.
    """
    from dask import delayed
    from distributed import as_completed

    names = ("encoder", "dim", "heads", "layers", "seed")
    make = functools.partial(
        _make_adder, [model.config[n] for n in names], model.backend, model._rows, tokens
    )
    adder = client.persist(delayed(make, pure=False)())
    futures = submit(client, _sum_part, [corpus.parts[number] for number in left], adder)
    holds = {future: {number} for future, number in zip(futures, left, strict=True)}
    queue, waiting = as_completed(futures), None
    del futures
    with lost_workers_told():
        for future in queue:
            if future.status != "finished":
                future.result()  # raises the error of the worker
            if len(holds[future]) == 1:
                watch(sum(corpus.lengths[number] for number in holds[future]))
            if waiting is None:
                waiting = future
            else:
                both = client.submit(_add, waiting, future, priority=1, pure=False)
                holds[both] = holds.pop(waiting) | holds.pop(future)
                queue.add(both)
                waiting = None
            if waiting is not None and (is_due() or queue.is_empty()):
                yield waiting.result(), holds.pop(waiting)
                waiting = None


def _make_adder(sizes, backend, rows, tokens):
    return _Adder(make_encoder(*sizes, backend=backend), rows, tokens)


def _sum_part(adder, part):
    return adder.sum(part)


def _add(one, other):
    """Add two sums; past 2²⁴ in float64."""
    memory = CorrelationMatrixMemory(*one.shape, "numpy", str(one.dtype))
    memory.add(one)
    memory.add(other)
    return memory.matrix
