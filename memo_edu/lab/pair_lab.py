"""Random pairs in one matrix, one by one or thousands: what is heard, and what theory says."""

from statistics import NormalDist

import ipywidgets as widgets
import numpy as np

from memo_edu import plots, theory
from memo_edu.codebook import random_stream, whole_number
from memo_edu.lab import parts
from memo_edu.memory import CorrelationMatrixMemory

DIMS = (32, 64, 128, 256)
VOCABULARIES = (50, 1000, 5000)
CAST = (("tea", "cup"), ("cat", "moon"), ("key", "door"))
QUESTIONS = 300  # of the stored pairs so many are asked: enough to measure, few enough to be quick
EDGES = np.linspace(-1.5, 2.5, 61)
CORNER = 24
LEGEND = (
    "Left: a corner of the matrix C (orange is below 0, purple above) and what the last action "
    "added to it. Middle: scores when stored keys ask; where the hills overlap, wrong tokens win. "
    "Right: recall. The dashed curves are chapter 03's theory, which knows M, d and V alone."
)


class Pairs:
    """The first M of many random pairs, memorized in one matrix.

    Keys and values are ±1, so every sum is exact. The first pairs are tea → cup, cat → moon and
    key → door; the values of the others are drawn evenly from all V tokens.

    Args:
        dim: d, length of a key and of a value.
        vocab_size: V, how many tokens there are.
        seed: another seed is another set of vectors.

    Attributes:
        stored: M, how many pairs are in the matrix.
        limit: the largest M.
        memory: the CorrelationMatrixMemory.
        right: which token is the value of each pair.
        curve: dict of M -> predicted recall, for the whole range.

    Example:
        >>> pairs = Pairs(dim=64, vocab_size=50)
        >>> pairs.store(3)
        >>> [pairs.best(i)[0][0] for i in range(3)]
        ['cup', 'moon', 'door']
        >>> pairs.store(0)
        >>> bool(pairs.memory.matrix.any())
        False
    """

    def __init__(self, dim=256, vocab_size=1000, seed=0):
        self.dim, self.vocab_size, self.stored = dim, vocab_size, 0
        self.limit = 25 * dim**2 // 256  # recall has fallen to a third or less by then
        self.memory = CorrelationMatrixMemory(dim, dim, "numpy")
        draw = random_stream("pair lab", dim, vocab_size, seed)
        self._keys = draw.choice(np.int8([-1, 1]), (self.limit, dim))
        self._tokens = draw.choice(np.float32([-1, 1]), (vocab_size, dim))
        self.right = draw.integers(0, vocab_size, self.limit)
        self.right[: len(CAST)] = range(len(CAST))
        counts = np.linspace(0, self.limit, 80).astype(int).tolist()
        self.curve = {count: self.predicted_recall(count) for count in counts}

    def store(self, count):
        """Memorize or forget the latest pairs, so that the first count are stored."""
        low, high = sorted((self.stored, count))
        pairs = self._keys[low:high], self._tokens[self.right[low:high]]
        (self.memory.memorize if count > self.stored else self.memory.forget)(*pairs)
        self.stored = count

    def names(self, pair):
        """Return the tokens of a pair: (key, value)."""
        key = CAST[pair][0] if pair < len(CAST) else f"k{pair + 1}"
        return key, self._name(self.right[pair])

    def _name(self, token):
        return CAST[token][1] if token < len(CAST) else f"w{token + 1}"

    def scores(self, asked):
        """Score every token for the keys of some pairs: (n, V), 1 for a pair that is alone."""
        read = self.memory.retrieve(self._keys[asked])
        return read @ self._tokens.T / np.float32(self.dim**2)

    def best(self, pair, top=4):
        """Ask with the key of a pair, and list the best tokens: [(name, score) …]."""
        scores = self.scores([pair])[0]
        order = np.argsort(-scores, kind="stable")[:top]
        return [(self._name(token), float(scores[token])) for token in order]

    def heard(self):
        """Ask with many of the stored keys: (scores of wrong tokens, of right ones, recall)."""
        if not self.stored:
            return np.zeros(0), np.zeros(0), 1.0
        asked = np.unique(np.linspace(0, self.stored - 1, QUESTIONS).astype(int))
        scores, right = self.scores(asked), self.right[asked]
        is_right = right[:, None] == np.arange(self.vocab_size)
        recall = float(np.mean(scores.argmax(axis=1) == right))
        return scores[~is_right][:: scores.size // 100_000 + 1], scores[is_right], recall

    def predicted_recall(self, pairs=None):
        """Predict the recall of M pairs; None: of those stored now."""
        pairs = self.stored if pairs is None else pairs
        return theory.recall(pairs, self.dim, self.dim, self.vocab_size)

    def predicted_noise(self):
        """Predict σ of wrong scores; the very pair that is asked is heard as well: 1/d more."""
        law = theory.noise(self.stored, self.dim, self.dim, vocab_size=self.vocab_size)
        return float(np.sqrt(law**2 + 1 / self.dim))

    def bells(self):
        """Predict how wrong and right scores are spread: x and density, with a gap between."""
        if not self.stored:
            return [], []
        law = theory.noise(self.stored, self.dim, self.dim, vocab_size=self.vocab_size)
        wrong, right = NormalDist(0, self.predicted_noise()), NormalDist(1, law)
        x = np.linspace(EDGES[0], EDGES[-1], 241)
        density = [*map(wrong.pdf, x), np.nan, *map(right.pdf, x)]
        return [*x, np.nan, *x], density


class PairPicture:
    """One figure for all states of the lab: built once, then only brought up to date."""

    def __init__(self):
        self.figure = parts.new_figure(10, 4.4)
        self._corners = [
            self._new_corner([0.01, 0.53, 0.2, 0.4], f"C: {CORNER} × {CORNER} of its cells"),
            self._new_corner([0.01, 0.03, 0.2, 0.4], "what the last action added"),
        ]
        self._new_hills([0.27, 0.12, 0.33, 0.8])
        self._new_curve([0.67, 0.12, 0.32, 0.8])

    def _new_corner(self, place, title):
        ax = self.figure.add_axes(place, xticks=[], yticks=[])
        ax.grid(False)
        ax.set_title(title, loc="center", fontsize=10)
        return ax.imshow(np.zeros((CORNER, CORNER)), cmap="PuOr", aspect="equal")

    def _new_hills(self, place):
        self._hills = self.figure.add_axes(place, xlim=(EDGES[0], EDGES[-1]), yticks=[])
        self._hills.set(xlabel="score", ylabel="how often", title="scores of tokens")
        self._steps = [
            self._hills.stairs(
                *(0 * EDGES[1:], EDGES),
                fill=True,
                label=name,
                alpha=0.55,
                hatch=hatch,
                color=colour,
            )
            for name, hatch, colour in (
                ("wrong tokens", plots.HATCHES[0], parts.COLOURS[0]),
                ("right tokens", plots.HATCHES[1], parts.COLOURS[1]),
            )
        ]
        (self._bells,) = self._hills.plot([], [], "--", color="black", label="theory")
        self._hills.legend(loc="upper right", fontsize=9)

    def _new_curve(self, place):
        self._recall = self.figure.add_axes(place, ylim=(0, 1.05))
        self._recall.set(xlabel="pairs in the matrix, M", title="recall (share right)")
        self._lines = [
            self._recall.plot([], [], style, color=colour, markersize=size, label=name)[0]
            for name, style, colour, size in (
                ("theory", "--", "black", 0),
                ("measured", "o", parts.COLOURS[0], 4),
                ("now", "*", parts.COLOURS[1], 15),
            )
        ]
        self._recall.legend(loc="lower left", fontsize=9)

    def update(self, pairs, change, heard, measured, alt):
        """Return the picture as HTML.

        Args:
            pairs: the Pairs.
            change: (d, d), what the last action added to the matrix.
            heard: what pairs.heard() has returned.
            measured: dict of M -> recall, of all that was measured so far.
            alt: what it shows, in words.
        """
        for image, matrix in zip(self._corners, (pairs.memory.matrix, change), strict=True):
            corner = matrix[:CORNER, :CORNER]
            limit = float(np.abs(corner).max()) or 1.0
            image.set(data=corner, clim=(-limit, limit))
        self._update_hills(pairs, heard)
        now = {m: recall for m, recall in measured.items() if m == pairs.stored}
        for line, points in zip(self._lines, (pairs.curve, measured, now), strict=True):
            line.set_data(list(points), list(points.values()))
        self._recall.set_xlim(0, 1.02 * pairs.limit)
        return parts.img(self.figure, alt)

    def _update_hills(self, pairs, heard):
        step = EDGES[1] - EDGES[0]
        for steps, scores in zip(self._steps, heard, strict=True):
            steps.set_data(np.histogram(scores, EDGES)[0] / (step * max(len(scores), 1)))
        self._bells.set_data(*pairs.bells())
        # A bell may be a needle where histograms, with their bins, are not.
        highest = max(*(max(steps.get_data().values) for steps in self._steps), 1.0)
        self._hills.set_ylim(0, 1.5 * highest)  # with room for the legend


class PairLab(parts.Lab):
    """Store random pairs in one matrix, and watch how loud right and wrong tokens become.

    Args:
        pairs: how many pairs are stored at first.
        dim: d: 32, 64, 128 or 256.
        vocab_size: V: 50, 1000 or 5000.

    Attributes:
        pairs: the Pairs.
        count: the slider M; buttons: dict of the buttons that move it.
        dim, vocab_size, seed: what the pairs are made of.
        asked: the number of the pair that is asked; answer shows what comes back.
        image, status: the picture, and what it shows in words.

    Example:
        >>> lab = PairLab(dim=64)
        >>> lab
        PairLab: 3 pairs in 64 × 64 numbers, V = 1,000: recall 1.00, theory 1.00
        >>> lab.buttons["Store 100"].click()
        >>> lab.count.value = 250
        >>> lab
        PairLab: 250 pairs in 64 × 64 numbers, V = 1,000: recall 0.72, theory 0.74
    """

    def __init__(self, pairs=3, dim=256, vocab_size=1000):
        whole_number(pairs, "pairs", least=0)
        self._build(dim, vocab_size)
        self._picture = PairPicture()
        self._renew(pairs)
        self._connect()
        row = parts.row
        super().__init__(
            [
                row(self.dim, self.vocab_size, self.seed),
                row(self.count),
                row(*self.buttons.values()),
                self.status,
                self.image,
                parts.note(LEGEND),
                row(self.asked),
                self.answer,
                parts.names(),
            ]
        )

    def _build(self, dim, vocab_size):
        """Make the widgets."""
        self.dim = parts.menu("Numbers a vector, d", {str(d): d for d in DIMS}, dim, "15em")
        sizes = {f"{size:,}": size for size in VOCABULARIES}
        self.vocab_size = parts.menu("Tokens, V", sizes, vocab_size, "11em")
        self.seed = parts.number("Seed of the vectors", 0)
        self.count = widgets.IntSlider(
            *(0, 0, 1), description="Pairs, M", layout=widgets.Layout(width="min(100%, 44em)")
        )
        steps = {"Store 1": 1, "Store 100": 100, "Store 1,000": 1000}
        steps |= {"Forget 1": -1, "Forget 100": -100, "Forget all": -(10**6)}
        self.buttons = {
            name: parts.button(name, *(("plus", "primary") if step > 0 else ("minus",)))
            for name, step in steps.items()
        }
        for name, step in steps.items():
            self.buttons[name].on_click(lambda _, step=step: self._move(step))
        self.asked = parts.number("Ask with key number", 1)
        self.image, self.status, self.answer = (widgets.HTML(layout=parts.WIDE) for _ in range(3))

    def _connect(self):
        """Say what each widget does."""
        self.count.observe(lambda change: self._store(change.new), "value")
        for widget in (self.dim, self.vocab_size, self.seed):
            widget.observe(lambda _: self._renew(self.count.value), "value")
        self.asked.observe(self._ask, "value")

    def _move(self, step):
        """Move the slider, or say why it can't be moved."""
        goal = min(max(self.count.value + step, 0), self.pairs.limit)
        if goal != self.count.value:
            self.count.value = goal
        elif step < 0:
            self._refuse("The matrix is empty, there is nothing to forget.")
        else:
            self._refuse(f"This lab has {goal:,} pairs, and all of them are stored.")

    def _renew(self, count):
        """Begin with new vectors, and store as many pairs as before if there are so many."""
        self.pairs = Pairs(self.dim.value, self.vocab_size.value, self.seed.value)
        self._measured = {}
        self.count.max = self.pairs.limit
        self._store(min(count, self.pairs.limit))

    def _store(self, count):
        """Store the first count pairs, and show what has come of it."""
        before = self.pairs.memory.matrix
        if count == self.pairs.stored and self._measured:
            return  # the slider follows a value that is shown already
        self.pairs.store(count)
        wrong, right, self._measured[count] = self.pairs.heard()
        self.count.value = count
        change = self.pairs.memory.matrix - before
        seen = self._summary(wrong)
        self.status.value = parts.status(seen)
        self.image.value = self._picture.update(
            self.pairs, change, (wrong, right), self._measured, seen
        )
        self._answer(min(max(self.asked.value, 1), self.pairs.limit) - 1)

    def _ask(self, change):
        """Ask with the key that is typed, if there is such a key."""
        if 1 <= change.new <= self.pairs.limit:
            self._answer(change.new - 1)
        else:
            self._refuse(f"There is no key {change.new:,}: choose 1 to {self.pairs.limit:,}.")

    def _answer(self, pair):
        """Ask with one key, and show who answers."""
        key, right = self.pairs.names(pair)
        best = self.pairs.best(pair)
        title = f"{key} asks. " + _verdict(right, best[0], pair < self.pairs.stored)
        bars = [parts.score_bar(name, score, limit=1.5, mark=name == right) for name, score in best]
        self.answer.value = parts.status(title) + "".join(bars)

    def _refuse(self, sentence):
        self.status.value = parts.status(sentence, refused=True)

    def _summary(self, wrong):
        """Say in words what the picture shows."""
        p = self.pairs
        size = f"{p.dim} × {p.dim} = {p.dim**2:,} numbers"
        if not p.stored:
            return f"The matrix is empty: all of its {size} are exactly 0."
        recall = self._measured[p.stored]
        return (
            f"{p.stored:,} pairs lie in {size}. Recall: measured {recall:.2f}, theory "
            f"{p.predicted_recall():.2f}. Noise σ of wrong tokens: measured {wrong.std():.3f}, "
            f"theory {p.predicted_noise():.3f}."
        )

    def __repr__(self):
        p = self.pairs
        text = f"PairLab: {p.stored:,} pairs in {p.dim} × {p.dim} numbers, V = {p.vocab_size:,}"
        if not p.stored:
            return text
        return f"{text}: recall {self._measured[p.stored]:.2f}, theory {p.predicted_recall():.2f}"


def _verdict(right, best, stored):
    """Say whether the best token is the right one."""
    name, score = best
    if not stored:
        return f"Its pair is not in the matrix, so {name} with {score:.2f} is only noise."
    if name == right:
        return f"✓ {name} answers, and is right."
    return f"✗ {name} answers, and is wrong: {right} would be right."
