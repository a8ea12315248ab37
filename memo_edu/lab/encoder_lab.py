"""Two windows under three encoders: change a token or swap two, and see how alike they stay."""

import functools

import ipywidgets as widgets
import numpy as np

from memo_edu.encoders import BindingEncoder, ProjectionEncoder
from memo_edu.errors import InputError
from memo_edu.lab import parts

WORDS = (
    *("tea", "cup", "cat", "moon", "key", "door", "coin", "lamp", "rain", "boat", "hill"),
    *("bird", "song", "bread", "wind", "star", "owl", "salt", "rope", "snow", "bell"),
    *("nest", "fig", "sail", "oak", "pear", "drum", "sand", "leaf", "fox", "ice", "plum"),
)
HEADS = 4
SIZES = {"4 tokens, layer 1": 4, "16 tokens, layer 2": 16}
DIMS = (16, 64, 256, 1024)
OWN = "your own"  # the second window, once somebody has changed it
SHOWN = 64  # numbers of each vector that are drawn
LONGEST = 40  # characters of a token
LEGEND = (
    "Change a token and press Enter, or swap neighbours (⇄), or take one of the kinds above. The "
    "picture has the first numbers of each vector, orange below 0 and purple above. The third row "
    "is the first times the second: its mean, over all d numbers, is the cosine."
)


GRID = widgets.Layout(flex_flow="row wrap", align_items="center", width="100%", max_width="64em")


class Roads:
    """Three ways to make one vector of a window of 4 tokens, or of 16, which are 4 windows of 4.

    The projection makes the encoding of 4 tokens, and of 16 the key that layer 2 makes of four
    encodings; a product is both.

    Args:
        dim: d; 4 must divide it.
        seed: another seed is another set of random vectors.

    Example:
        >>> roads = Roads(dim=1024)
        >>> first, second = ["tea", "cup", "cat", "moon"], ["moon", "cat", "cup", "tea"]
        >>> {road: round(cosine, 1) + 0 for road, cosine in roads.cosines(first, second).items()}
        {'projection': 0.0, 'plain product': 1.0, 'product with rolls': 0.0}
    """

    def __init__(self, dim=1024, seed=0):
        self._projection = ProjectionEncoder(dim, HEADS, 2, seed, "numpy")
        self._binding = BindingEncoder(dim, HEADS, 2, seed, "numpy")

    def vectors(self, tokens):
        """Make the vectors of a window: dict of road -> (d,) array."""
        layer = 0 if len(tokens) == HEADS else 1
        gentle = self._projection.codebook.vectors(tokens)
        strict = self._binding.codebook.vectors(tokens)
        return {
            "projection": self._project(gentle),
            "plain product": strict.prod(axis=0),
            "product with rolls": self._binding.last_keys(strict)[layer],
        }

    def _project(self, vectors):
        if len(vectors) == HEADS:
            return vectors.ravel() @ self._projection.P[0]
        return self._projection.last_keys(vectors)[1]

    def cosines(self, first, second):
        """Compare two windows: dict of road -> cosine of their vectors."""
        return _means(self.vectors(first), self.vectors(second))


def terms(a, b):
    """Multiply two vectors number by number, so that the mean of the result is their cosine.

    Args:
        a, b: (d,) arrays, not zero.

    Example:
        >>> terms(np.array([1, -1, 1, 1]), np.array([1, 1, 1, -1])).tolist()
        [1.0, -1.0, 1.0, -1.0]
    """
    return a * b * (len(a) / (np.linalg.norm(a) * np.linalg.norm(b)))


def _means(first, second):
    return {road: float(np.mean(terms(a, second[road]))) for road, a in first.items()}


def related(kind, window):
    """Make a window that is related to another.

    Args:
        kind: a key of KINDS.
        window: a list of tokens.

    Example:
        >>> related("shifted", ["tea", "cup", "cat", "moon"])
        ['cup', 'cat', 'moon', 'key']
    """
    new = [word for word in WORDS if word not in window]
    return KINDS[kind](list(window), new)


KINDS = {
    "the same": lambda window, new: window,
    "one changed": lambda window, new: [*window[:-1], new[0]],
    "two swapped": lambda window, new: [window[1], window[0], *window[2:]],
    "reversed": lambda window, new: window[::-1],
    "shifted": lambda window, new: [*window[1:], new[0]],
    "different": lambda window, new: new[: len(window)],
}


def checked(window, name):
    """Return the tokens of a window without the white space around them, or refuse them.

    Args:
        window: a list of str.
        name: what to call the window.

    Raises:
        InputError: a place is empty, or holds more than one token.
    """
    tokens = [token.strip() for token in window]
    for place, token in enumerate(tokens, 1):
        if not token:
            raise InputError(f"Place {place} of the {name} window is empty; it needs a token.")
        if len(token) > LONGEST or len(token.split()) > 1:
            raise InputError(
                f"Place {place} of the {name} window holds “{token:.20}{'…' * (len(token) > 20)}”; "
                f"a place takes one word of {LONGEST} characters at most."
            )
    return tokens


class EncoderPicture:
    """One figure for all windows: three roads, each with both vectors and their product."""

    def __init__(self):
        self.figure = parts.new_figure(10, 4)
        self._images = [self._new_image([0.09, y, 0.9, 0.22]) for y in (0.7, 0.37, 0.04)]

    def _new_image(self, place):
        ax = self.figure.add_axes(place, xticks=[])
        ax.grid(False)
        ax.set_yticks(range(3), ["first", "second", "product"])
        ax.axhline(1.5, color="black", linewidth=2)
        return ax.imshow(np.zeros((3, SHOWN)), cmap="PuOr", aspect="auto", clim=(-2, 2))

    def update(self, first, second, alt):
        """Return the picture of two windows as HTML.

        Args:
            first, second: dicts of road -> (d,) array.
            alt: what it shows, in words.
        """
        for image, (road, a) in zip(self._images, first.items(), strict=True):
            b = second[road]
            product = terms(a, b)
            scaled = [x / np.sqrt(np.mean(x**2)) for x in (a, b)]
            rows = np.array([*scaled, product])[:, :SHOWN]
            image.set(data=rows, extent=(-0.5, rows.shape[1] - 0.5, 2.5, -0.5))
            cosine = round(float(product.mean()), 2) + 0.0
            image.axes.set_title(f"{road}: cosine {cosine:.2f}", fontsize=10)
        return parts.img(self.figure, alt)


@functools.lru_cache(maxsize=3)
def roads_of(dim, seed):
    """Make Roads, or find those that were made already: large ones take a moment."""
    return Roads(dim, seed)


class EncoderLab(parts.Lab):
    """Two windows, token by token, and their cosine on three roads.

    Args:
        first: a list of 4 or 16 tokens, oldest first.
        second: as many tokens; None: the first window with its last token changed.
        dim: d: 16, 64, 256 or 1024.

    Attributes:
        windows: [first, second], as they are compared.
        boxes: for each window its text boxes; swaps: for each window its buttons.
        kind: a menu that makes the second window of the first.
        size, dim, seed: what the vectors are made of.
        cosines, image, status: what is seen.

    Example:
        >>> lab = EncoderLab()
        >>> lab
        EncoderLab, 3 of 4 places agree:
          projection 0.72
          plain product 0.00
          product with rolls 0.00
        >>> lab.kind.value = "reversed"
        >>> lab
        EncoderLab, 0 of 4 places agree:
          projection -0.02
          plain product 1.00
          product with rolls -0.02
    """

    def __init__(self, first=WORDS[:HEADS], second=None, dim=1024):
        first, kind = checked(first, "first"), "one changed" if second is None else OWN
        second = related(kind, first) if second is None else checked(second, "second")
        if len(first) not in SIZES.values() or len(second) != len(first):
            raise InputError("Both windows need 4 tokens, or both 16.")
        self.windows = [first, second]
        self._found, self._is_writing = {}, False
        self._picture = EncoderPicture()
        self._build(dim)
        self._write(kind)
        self._connect()
        row = parts.row
        super().__init__(
            [
                row(self.kind, self.size, self.dim, self.seed),
                *self._grids,
                self.status,
                self.cosines,
                self.image,
                parts.note(LEGEND),
                parts.names(),
            ]
        )

    def _build(self, dim):
        """Make the widgets."""
        kinds = {kind: kind for kind in (*KINDS, OWN)}
        self.kind = parts.menu("Second window", kinds, OWN, "18em")
        self.size = parts.menu("Windows of", SIZES, len(self.windows[0]), "18em")
        self.dim = parts.menu("Numbers, d", {str(d): d for d in DIMS}, dim, "11em")
        self.seed = parts.number("Seed", 0)
        self.boxes = [[self._box(name, i) for i in range(1, 17)] for name in ("first", "second")]
        self.swaps = [[self._swap(w, i) for i in range(15)] for w in (0, 1)]
        self._grids = [widgets.Box(layout=GRID) for _ in self.boxes]
        self.image, self.status, self.cosines = (widgets.HTML(layout=parts.WIDE) for _ in range(3))

    def _box(self, name, place):
        return widgets.Text(
            description=f"{name} {place}",
            continuous_update=False,
            layout=widgets.Layout(width="12em"),
            style={"description_width": "5.4em"},
        )

    def _swap(self, which, place):
        """Make the button that swaps a place with the next one."""
        button = parts.button("", "exchange")  # without words its tooltip is its name
        name = ("first", "second")[which]
        button.tooltip = f"swap places {place + 1} and {place + 2} of the {name} window"
        button.on_click(lambda _: self._exchange(which, place))
        return button

    def _connect(self):
        """Say what each widget does."""
        for box in (*self.boxes[0], *self.boxes[1]):
            box.observe(self._read, "value")
        self.kind.observe(self._choose, "value")
        self.size.observe(self._resize, "value")
        for widget in (self.dim, self.seed):
            widget.observe(self._show, "value")

    def _exchange(self, which, place):
        window = self.windows[which]
        window[place], window[place + 1] = window[place + 1], window[place]
        self._write()

    def _choose(self, change):
        if change.new != OWN:
            self.windows[1] = related(change.new, self.windows[0])
            self._write(kind=change.new)

    def _resize(self, change):
        """Go on with windows of another size: cut them, or continue them with other words."""
        first, second = self.windows
        rest = [word for word in WORDS if word not in first + second]
        self.windows = [(window + rest)[: change.new] for window in (first, second)]
        self._found = {}
        self._write()

    def _read(self, _):
        """Take over what is typed; if that can't be, say why, and go on showing the last ones."""
        if self._is_writing:
            return
        typed = [[box.value for box in boxes[: self.size.value]] for boxes in self.boxes]
        try:
            self.windows = [checked(typed[0], "first"), checked(typed[1], "second")]
        except InputError as error:
            self.status.value = parts.status(str(error), refused=True)
            return
        self._write()

    def _write(self, kind=OWN):
        """Write the windows into the boxes, and show how alike they are."""
        self._is_writing = True
        for boxes, window in zip(self.boxes, self.windows, strict=True):
            for box, token in zip(boxes, window, strict=False):
                box.value = token
        self._is_writing = False
        self.kind.value = kind
        for which, grid in enumerate(self._grids):
            places = zip(self.boxes[which], [*self.swaps[which], None], strict=True)
            shown = [widget for place in places for widget in place][: 2 * self.size.value - 1]
            if len(grid.children) != len(shown):
                grid.children = shown
        self._show()

    def _show(self, _=None):
        """Compare the windows on all roads."""
        roads = roads_of(self.dim.value, self.seed.value)
        first, second = (roads.vectors(window) for window in self.windows)
        before, self._found = self._found, _means(first, second)
        self.cosines.value = "".join(
            parts.score_bar(road, cosine, note=_was(before.get(road), cosine))
            for road, cosine in self._found.items()
        )
        self.image.value = self._picture.update(first, second, " ".join(repr(self).split()))
        chance = f"Chance alone makes a cosine of about ±{self.dim.value**-0.5:.2f}, that is 1/√d."
        self.status.value = parts.status(f"{self._agreement()} {chance}")

    def _agreement(self):
        same = sum(a == b for a, b in zip(*self.windows, strict=True))
        return f"{same} of {len(self.windows[0])} places agree."

    def __repr__(self):
        rounded = {road: round(cosine, 2) + 0.0 for road, cosine in self._found.items()}
        lines = [f"  {road} {cosine:.2f}" for road, cosine in rounded.items()]
        return "\n".join([f"EncoderLab, {self._agreement()[:-1]}:", *lines])


def _was(before, now):
    changed = before is not None and abs(before - now) > 0.005
    return f"(was {round(before, 2) + 0.0:.2f})" if changed else ""
