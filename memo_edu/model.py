"""MeMo: a language model that memorizes text in one matrix, recites it, and can forget it."""

import copy
import functools
import itertools
import warnings
from collections import Counter

import numpy as np

from memo_edu import storage
from memo_edu.alone import Lock, alone
from memo_edu.backend import get_backend
from memo_edu.codebook import Vocabulary, share, whole_number
from memo_edu.encoders import bind, make_encoder
from memo_edu.errors import ConfigurationError, FileFormatError, InputError, NotMemorizedError
from memo_edu.intermediate import IntermediateMemories
from memo_edu.ledger import Ledger
from memo_edu.memory import CorrelationMatrixMemory, noise_probability
from memo_edu.positions import Positions, watched
from memo_edu.results import SURE, Explanation, Prediction, Recall, show_table, show_token
from memo_edu.rows import BEGIN, Rows, first_words, sampled, size_of_vocabulary
from memo_edu.written import WrittenPairs


class MeMo:
    """A language model whose only knowledge is one (dim, dim) matrix.

    At every position all layers write the pair (key of the window → next token), in one sum:
    C += Σ_λ k_λᵀ y. To predict, q = Σ_λ k_λ of the context; the answer is the token with the
    largest (q C)·e.

    Args:
        dim: d, length of every vector.
        heads: h, blocks in a window; with the projection encoder it must divide dim.
        layers: l; the last layer sees h^l tokens.
        encoder: "projection" (the paper's) or "binding" (this library's).
        seed: another seed is another set of random vectors.
        backend: see get_backend.
        tokenizer: a Tokenizer or one of Hugging Face's; None is words and punctuation.
        vocab_size: for ids, the candidates are 1..vocab_size-1. None: the tokens memorized so far.
        alpha: α in [0, 1], projection only: when asked, layer λ+1 takes in α·e + (1-α)·(k C_λ),
            from an intermediate memory C_λ of the windows that layer λ saw. 1 asks none.
        penalty: projection only: intermediate memories write a repeated window once.
        partial_windows: projection only: when asked, a window that reaches before the text votes
            with zero vectors in the missing places. Only full windows are ever memorized.
        repeats: "count", a pair is added each time that it occurs; "once", only the first time,
            in whichever text. It takes 16 bytes and more a pair, besides the memory; no ids.

    Several threads may use one model: while a method runs in one, the others wait, so each finds
    the memory as it was before or after, never half changed.

    Attributes:
        config: a dict, the arguments that make a model like it, but for backend and tokenizer.
        lock: a Lock, to be held over several calls that belong together: with model.lock: ….

    Raises:
        ConfigurationError: the sizes do not fit together.
        CapacityError: the model does not fit in the free memory.

    Source: Zanzotto et al. 2025, MeMo, section 3.

    Example:
        >>> model = MeMo(dim=1024, heads=2, layers=2, encoder="binding", backend="numpy")
        >>> model.memorize("The tea is hot. The cup is red.", name="tea")
        'tea'
        >>> model.recite("The tea", max_tokens=3)
        ' is hot.'
        >>> model.forget("tea")
        >>> bool((model.matrix == 0).all())
        True
    """

    def __init__(
        self,
        dim=1024,
        heads=4,
        layers=3,
        encoder="projection",
        seed=0,
        backend="auto",
        tokenizer=None,
        vocab_size=None,
        alpha=1.0,
        penalty=False,
        partial_windows=False,
        repeats="count",
    ):
        if vocab_size is not None:  # id 0 is padding, so one more is needed
            vocab_size = size_of_vocabulary(vocab_size)
        alpha = share(alpha, "alpha")
        if repeats not in ("count", "once"):
            raise ConfigurationError(f"repeats is {repeats!r:.40}; choose 'count' or 'once'.")
        options = {"alpha": alpha < 1, "penalty": penalty, "partial_windows": partial_windows}
        chosen = [name for name, is_chosen in options.items() if is_chosen]
        if chosen and encoder != "projection":
            raise ConfigurationError(
                f"{chosen[0]} is for the projection encoder: a product with nothing is nothing, "
                "and one with something noisy is noise."
            )
        self.backend = get_backend(backend)
        memories = whole_number(layers, "layers") if alpha < 1 or penalty else 1
        # Memorizing makes a sum apart, and adds it: four matrices at the same time. A candidate
        # has a row of numbers, and 150 bytes in Python.
        matrices, count = 4 * memories * whole_number(dim, "dim"), vocab_size or 0
        needed = 4 * (matrices + count) * dim + 150 * count
        self.backend.require(needed, f"A model of {count} candidates and dim {dim}")
        self.encoder = make_encoder(encoder, dim, heads, layers, seed, self.backend)
        self._rows = Rows(tokenizer, self.encoder.heads, vocab_size)
        self.tokenizer = self._rows.tokenizer
        self.partial_windows = bool(partial_windows)
        self.vocab_size = vocab_size
        self.config = {
            "dim": self.encoder.dim,
            "heads": self.encoder.heads,
            "layers": self.encoder.layers,
            "encoder": encoder,
            "seed": self.encoder.seed,
            "vocab_size": vocab_size,
            "alpha": alpha,
            "penalty": bool(penalty),
            "partial_windows": self.partial_windows,
            "repeats": repeats,
        }
        self._start_empty()

    def _start_empty(self):
        """Hold nothing yet."""
        self.lock, encoder, config = Lock(), self.encoder, self.config
        self._memory = CorrelationMatrixMemory(encoder.dim, encoder.dim, self.backend)
        self._lower = IntermediateMemories(encoder, config["alpha"], config["penalty"])
        self._ledger = Ledger()
        once = config["repeats"] == "once"
        self._written = WrittenPairs(encoder.heads, encoder.layers) if once else None
        ids = () if self.vocab_size is None else range(1, self.vocab_size)
        self._vocabulary = Vocabulary(self.encoder.codebook, BEGIN, ids)
        self._positions = Positions(self.encoder, self._vectors)

    # ---- Memorize and forget -----------------------------------------------------------------

    @alone
    def memorize(self, text, name=None, watch=None):
        """Write a text into the memory.

        Args:
            text: a str of at least two tokens.
            name: what to call it; None takes the first words.
            watch: a function that is told now and then what share is done; what it raises stops
                the work, and the model is unchanged.

        Returns:
            The name.

        Raises:
            InputError: not a text, too short, or the name is taken; the model is unchanged.
        """
        tokens = self._rows.encode(text)
        if name is None:
            name = self._ledger.free_name(first_words(text))
        self._ledger.check_name(name)
        self._warn_if_unused_layers(len(tokens) + self.encoder.heads)
        divisors = self._write([self._rows.begun(tokens)], watch)
        self._ledger.add_text(name, tokens, *divisors)
        self._update_candidates()
        return name

    @alone
    def forget(self, text_or_name, watch=None):
        """Take a text out of the memory.

        What stays is the memory without it: bit for bit with the binding encoder, to a relative
        1e-6 with the projection. Only with a penalty is it less: a window that an intermediate
        memory held already was not written by later texts, and goes.

        Args:
            text_or_name: a name in texts, or the text; of equal texts the latest goes.
            watch: see memorize.

        Raises:
            NotMemorizedError: there is no such text; the model is unchanged.
        """
        name = self._ledger.find(text_or_name, self.tokenizer)
        tokens = self._ledger.tokens(name, text_or_name, self.tokenizer)
        self._erase([self._rows.begun(tokens)], [self._ledger.divisors.get(name)], watch)
        self._ledger.remove_text(name, tokens)
        self._update_candidates()

    @alone
    def memorize_ids(self, ids):
        """Write rows of token ids into the memory, without begin marks.

        Args:
            ids: (rows, n) whole numbers; 0 is padding, and what it separates is separate text.

        Raises:
            InputError: negative, out of range, not whole, or no row longer than heads.
            ConfigurationError: repeats is "once".
        """
        if self._written is not None:
            raise ConfigurationError("repeats='once' is for texts: of ids only a hash is kept.")
        rows = [row for _, _, row in self._rows.split(ids)]
        self._warn_if_unused_layers(max(map(len, rows)))
        divisors = self._write(rows)
        self._ledger.add_rows(rows, self.encoder.heads, divisors)
        self._update_candidates()

    @alone
    def forget_ids(self, ids):
        """Take rows of ids out of the memory.

        Args:
            ids: (rows, n), rows as they were memorized.

        Raises:
            InputError: as for memorize_ids.
            NotMemorizedError: a row was not memorized so often; the model is unchanged.
        """
        rows = [row for _, _, row in self._rows.split(ids)]
        self._ledger.check_rows(rows)
        self._erase(rows, self._ledger.divisors_of_rows(rows))
        self._ledger.remove_rows(rows, self.encoder.heads)
        self._update_candidates()

    def _write(self, rows, watch=None):
        """Add rows of tokens to all memories or, if something fails, to none.

        Returns:
            For each row what intermediate memories divided its windows by, or None.
        """
        total, lower = self._sum_of_pairs(rows, self._marks(rows), watch), self._lower.copy()
        windows = [functools.partial(self._positions.lower_windows, row) for row in rows]
        divisors = [lower.memorize(windows_of_row) for windows_of_row in windows]
        self._memory.add(total)
        self._lower = lower
        if self._written is not None:
            self._written.add(rows)
        return divisors

    def _erase(self, rows, divisors, watch=None):
        """Take rows of tokens out of all memories or, if something fails, of none."""
        marks = self._marks(rows, memorized=True)
        total, lower = self._sum_of_pairs(rows, marks, watch), self._lower.copy()
        for row, noted in zip(rows, divisors, strict=True):
            lower.forget(functools.partial(self._positions.lower_windows, row), noted)
        self._memory.add(-total)
        self._lower = lower
        if self._written is not None:
            self._written.remove(rows)

    def _marks(self, rows, memorized=False):
        """Say for each row which of its pairs count; None: all of all rows."""
        if self._written is None:
            return None
        return self._written.marks(rows, memorized)

    def _sum_of_pairs(self, rows, marks, watch=None):
        """Return Σ KᵀY of some rows of tokens, made apart so that a failure changes nothing."""
        total = CorrelationMatrixMemory(self.encoder.dim, self.encoder.dim, self.backend)
        blocks = self._positions.pairs(rows, marks)
        if watch is not None:
            blocks = watched(blocks, sum(len(row) - self.encoder.heads for row in rows), watch)
        total.memorize_blocks(blocks)
        return total.matrix

    # ---- Ask ---------------------------------------------------------------------------------

    @alone
    def predict(self, context, top=5):
        """Predict the token that follows.

        A wrong token in the context costs the projection encoder little. With binding it costs
        all windows over it, and everything if it is one of the last h tokens; known then tells.

        Args:
            context: a str or a list of tokens; it may be empty.
            top: how many candidates to list.

        Returns:
            A Prediction.

        Raises:
            NotMemorizedError: the memory is empty.
        """
        scores, read = self._votes(self._rows.context(context))
        scores = scores.sum(axis=0)
        candidates = self._best(scores, top)
        p_noise = self._noise_probability(candidates[0][1], read)
        return Prediction(candidates[0][0], candidates[0][1], candidates, p_noise)

    @alone
    def explain(self, context, top=5):
        """Take a prediction apart into one vote per layer.

        A vote is (k_λ C)·e, or ((k_λ C) ⊙ g)·e with the binding encoder.

        Args:
            context: a str or a list of tokens; it may be empty.
            top: how many candidates to list.

        Returns:
            An Explanation; its votes sum to predict's scores.

        Raises:
            NotMemorizedError: the memory is empty.
        """
        tokens = self._rows.context(context)
        votes, _ = self._votes(tokens)
        scores = votes.sum(axis=0)
        candidates = self._best(scores, top)
        columns = [self._vocabulary.row(token) for token, _ in candidates]
        sizes = [self.encoder.heads ** (i + 1) for i in range(self.encoder.layers)]
        shown = ["‹begin›" if t == BEGIN else t if isinstance(t, str) else f" {t}" for t in tokens]
        windows = [shown[-size:] if size <= len(shown) else None for size in sizes]
        return Explanation(candidates, votes[:, columns], windows)

    @alone
    def recite(self, prompt="", max_tokens=50, unsure="go on"):
        """Continue a prompt, one token at a time.

        A memorized text is recited exactly, as long as no short window in it recurs with another
        continuation so often that it outvotes the long ones. After a wrong word a prompt needs h
        right tokens with the binding encoder, or nothing comes back; the projection often goes on.

        Args:
            prompt: a str; it may be empty.
            max_tokens: how many tokens at most, besides the rest of a word that is cut short.
            unsure: "stop" ends where the model no longer knows; "go on" does not.

        Returns:
            The continuation, without the prompt. A prompt may end inside a word.

        Raises:
            NotMemorizedError: the memory is empty.
        """
        if unsure not in ("go on", "stop"):
            raise InputError(f"unsure is {unsure!r}; choose 'go on' or 'stop'.")
        whole_number(max_tokens, "max_tokens", least=0, error=InputError)
        if self.vocab_size is not None or self._ledger.rows:
            raise InputError("This model holds ids, not text; use predict.")
        tokens = self._rows.context(prompt)
        shown = len(self._rows.decode(tokens))
        if isinstance(prompt, str):
            self._complete(tokens)
        for _ in range(max_tokens):
            prediction = self.predict(tokens[self.encoder.heads :], top=1)
            if unsure == "stop" and not prediction.known:
                break
            tokens.append(prediction.token)
        return self._rows.decode(tokens)[shown:]

    def _complete(self, tokens):
        """Finish a last token that the prompt cut short, if the model knows how it goes on."""
        if len(tokens) == self.encoder.heads:
            return
        scores, read = self._votes(tokens[:-1])
        scores = scores.sum(axis=0)
        begun = [i for i, t in enumerate(self._vocabulary.tokens) if t.startswith(tokens[-1])]
        best = max(begun, key=lambda i: scores[i], default=None)
        if best is not None and self._noise_probability(scores[best], read) < SURE:
            tokens[-1] = self._vocabulary.tokens[best]

    @alone
    def recall(self, text, start=1):
        """Measure how much of a text is predicted rightly, each token from all before it.

        Args:
            text: a str.
            start: the first token that counts; token 0 follows begin marks alone.

        Returns:
            A Recall.

        Raises:
            InputError: no token is left to predict.
        """
        tokens = self._rows.encode(text)
        if whole_number(start, "start", 0, InputError) >= len(tokens):
            raise InputError(f"start is {start}; this text has the tokens 0 to {len(tokens) - 1}.")
        row, heads = self._rows.begun(tokens), self.encoder.heads
        answers = self._answers(row, np.arange(heads + start, len(row)))
        return Recall.of(tokens[start:], answers)

    @alone
    def recall_ids(self, ids, positions=None, sample=None):
        """Measure how much of rows of ids is predicted rightly.

        Args:
            ids: (rows, n) whole numbers; 0 is padding.
            positions: which columns to predict; None takes all with enough tokens before them.
            sample: measure at so many random places only; None takes all.

        Returns:
            A Recall, row after row.

        Raises:
            InputError: as for memorize_ids, or no position has enough tokens before it.
        """
        pieces = self._rows.split(ids)
        first = 1 if self.partial_windows else self.encoder.heads
        places = self._rows.places(pieces, positions, np.asarray(ids).shape[1], first)
        if sample is not None:
            places = sampled(places, sample, self.encoder.seed)
        if not places:
            raise InputError("No position has a full window before it; give longer rows.")
        answers = []
        for number, group in itertools.groupby(places, key=lambda place: place[0]):
            answers += self._answers(pieces[number][2], np.array([index for _, index in group]))
        return Recall.of([pieces[number][2][index] for number, index in places], answers)

    # ---- Keep --------------------------------------------------------------------------------

    @property
    @alone
    def texts(self):
        """The texts memorized now: a dict of name -> number of tokens."""
        return {name: len(tokens) for name, tokens in self._ledger.texts.items()}

    @alone
    def originals(self):
        """Put memorized texts together again, name -> text; not those that a corpus brought."""
        texts = self._ledger.kept_texts()
        return {name: self.tokenizer.decode(list(tokens)) for name, tokens in texts.items()}

    @property
    def matrix(self):
        """The one (dim, dim) memory."""
        return self._memory.matrix

    def blank(self):
        """Make a model of the same configuration that holds nothing.

        Both share the random vectors, so this takes no time.

        Returns:
            A MeMo.
        """
        twin = copy.copy(self)
        twin._start_empty()
        return twin

    @alone
    def merge(self, other):
        """Add another model's memory to this one: memorizing is a sum.

        Args:
            other: a MeMo of the same configuration. A name that both use gets " (2)".

        Returns:
            This model.

        Raises:
            ConfigurationError: the configurations differ; this model is unchanged.
        """
        if not isinstance(other, MeMo):
            raise InputError(f"merge takes a MeMo, not {type(other).__name__}.")
        mine, theirs = self._full_config(), other._full_config()
        unlike = [f"{k} {mine[k]!r} and {theirs[k]!r}" for k in mine if mine[k] != theirs[k]]
        if unlike:
            raise ConfigurationError(
                f"These models can't be merged: {'; '.join(unlike)}. "
                "Make both with the same settings."
            )
        lower = self._lower.plus([memory.matrix for memory in other._lower.memories])
        if self._written is None:
            self._memory.add(other.matrix)
        else:  # what both hold is written already
            rows = [self._rows.begun(tokens) for tokens in other._ledger.texts.values()]
            self._memory.add(self._sum_of_pairs(rows, self._marks(rows)))
            self._written.add(rows)
        self._lower = lower
        self._ledger.merge(other._ledger)
        self._update_candidates()
        return self

    @alone
    def save(self, path):
        """Write the model to a file, whole or not at all.

        Args:
            path: where to; an existing file is replaced.
        """
        memories = [self._memory, *self._lower.memories]
        matrices = [self.backend.to_numpy(memory.matrix) for memory in memories]
        storage.write(path, self._full_config(), self._ledger.to_json(), *matrices)

    @classmethod
    def load(cls, path, backend="auto", tokenizer=None):
        """Read a model from a file.

        Args:
            path: a file that save has written.
            backend: see get_backend.
            tokenizer: needed if the saved model had one of its own.

        Returns:
            A MeMo.

        Raises:
            FileFormatError: the file is damaged, foreign or of a newer version.
        """
        config, ledger, matrix, *lower = storage.read(path)
        saved_tokenizer = config.pop("tokenizer", None)
        try:
            model = cls(**config, backend=backend, tokenizer=tokenizer)
            model._memory.add(matrix)
            model._lower = model._lower.plus(lower)
            model._ledger = Ledger.from_json(ledger)
            model._ledger.check_divisors(model._lower.penalty, model.encoder.lower_window_counts)
        except (ConfigurationError, InputError, TypeError, ValueError, LookupError) as error:
            raise FileFormatError(f"{path} is not a memory of this library: {error}") from error
        if model._full_config()["tokenizer"] != saved_tokenizer:
            raise ConfigurationError(
                f"This memory was written with the tokenizer {saved_tokenizer!r}; pass it to load."
            )
        if model._written is not None:
            model._written.add([model._rows.begun(t) for t in model._ledger.texts.values()])
        model._update_candidates()
        return model

    @alone
    def __repr__(self):
        shown = ("dim", "heads", "layers", "encoder")
        config = ", ".join(f"{name}={self.config[name]!r}" for name in shown)
        texts = f"{len(self.texts)} text" + ("" if len(self.texts) == 1 else "s")
        tokens = sum(self._ledger.targets.values())
        return f"MeMo({config}: {texts}, {tokens:,} tokens memorized)"

    def _repr_html_(self):
        rows = [(show_token(name), f"{count:,}") for name, count in self.texts.items()]
        return show_table(["text", "tokens"], rows, repr(self))

    # ---- Inside ------------------------------------------------------------------------------

    @property
    def _asking(self):
        """What asking does, and memorizing does not, when it makes keys; see Encoder.keys."""
        complete = self._lower.complete if self._lower.asked else None
        return {"partial": self.partial_windows, "complete": complete}

    def _answers(self, tokens, positions):
        """Predict the tokens at some positions of a row, from what stands before each."""
        if not len(self._vocabulary):
            return [None] * len(positions)
        answers = []
        for read in self._reads(tokens, positions):
            best = self.backend.xp.argmax(read @ self._vocabulary.matrix.T, axis=1)
            answers += [self._vocabulary.tokens[i] for i in self.backend.to_numpy(best)]
        return answers

    def _reads(self, tokens, positions):
        """Yield what the memory answers, (n, dim), to blocks of some positions of a row."""
        for keys, signatures in self._positions.questions(tokens, positions, **self._asking):
            yield bind(self._memory.retrieve(keys), signatures)

    def _votes(self, tokens):
        """Return each layer's vote for every candidate, (layers, V), and what was read, (dim,)."""
        if not len(self._vocabulary) or not self._ledger.targets:
            raise NotMemorizedError("The memory is empty. Memorize a text first.")
        vectors = self._vectors(tokens[-self.encoder.span :])
        keys = self.encoder.last_keys(vectors, **self._asking)
        read = bind(self._memory.retrieve(keys), self.encoder.signatures(vectors)[-1:, :])
        votes = read @ self._vocabulary.matrix.T / self.encoder.perfect_score
        return self.backend.to_numpy(votes).astype(np.float64), self.backend.xp.sum(read, axis=0)

    def _noise_probability(self, score, read):
        repeats, counts = self._repeats()
        return noise_probability(score, self.encoder.noise(read, repeats, counts), counts)

    def _repeats(self):
        """Return r, how often tokens are targets, and how many candidates have each r."""
        targets = self._ledger.targets
        repeats = Counter(targets[token] for token in self._vocabulary.tokens)
        return np.array(list(repeats)), np.array(list(repeats.values()))

    def _best(self, scores, top):
        whole_number(top, "top", error=InputError)
        order = np.argsort(-scores, kind="stable")[:top]
        return [(self._vocabulary.tokens[i], float(scores[i])) for i in order]

    def _vectors(self, tokens):
        return self._vocabulary.vectors(tokens)

    def _update_candidates(self):
        if self.vocab_size is None:
            self._vocabulary = self._vocabulary.of(self._ledger.targets)

    def _full_config(self):
        name = getattr(self.tokenizer, "name", type(self.tokenizer).__name__)
        return {**self.config, "tokenizer": name}

    def _warn_if_unused_layers(self, length):
        lengths = [length, *(n + self.encoder.heads for n in self.texts.values())]
        if max(lengths) <= self.encoder.span and not self._ledger.rows:
            warnings.warn(
                f"Layer {self.encoder.layers} looks at {self.encoder.span} tokens, more than any "
                "text has so far: it memorizes nothing. Use fewer layers or a longer text.",
                stacklevel=4,
            )
