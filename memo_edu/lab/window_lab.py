"""Step through a text: which windows each layer takes, which pair it stores, and where."""

import html

import ipywidgets as widgets
import numpy as np

from memo_edu.encoders import ProjectionEncoder, full_windows
from memo_edu.errors import InputError
from memo_edu.lab import parts
from memo_edu.rows import BEGIN
from memo_edu.text import tokenize

TEXT = "the cat and the moon drink tea out of one cup"
HEADS, LAYERS = (2, 3, 4), (1, 2, 3)
LONGEST = 10_000  # characters; a longer text is for MemoLab
WIDEST = 16  # characters of a token that are shown
COLUMNS = 18  # tokens that are shown at a time
LATEST = 5  # pairs of each layer that are listed
CELL = "padding:1px .45em;text-align:center;white-space:nowrap"
LIGHT, DARK = "background:#cfe3f1;color:#000", "background:#00568a;color:#fff"
NEXT = "background:#f0b030;color:#000;border-left:3px solid #000"
LEGEND = (
    "Left: the keys k of this step's windows, one column a layer (a layer in brackets has no "
    "window yet). Every number of a key times every number of the value y makes a table; the "
    "tables of all layers are added now. Right: the one matrix that all layers share. So few "
    "numbers, d = 16 to 18, only to be seen: orange is below 0, purple above."
)


class Windows:
    """All windows of a text, layer by layer, and the memory that they make.

    White space is left out of the tokens: only words and marks are looked at.

    Args:
        text: a str.
        heads: h, blocks in a window.
        layers: l.
        begin: whether h begin marks stand before the text, as in the library.

    Attributes:
        tokens: what can be seen of them.
        first, last: the first and the last token that follows a full window.

    Raises:
        InputError: the text is too short for a window and a token after it, or too long.

    Example:
        >>> windows = Windows("1 2 3 4 5 6 7 8 9", heads=2, layers=3)
        >>> for blocks in windows.at(8):
        ...     print(windows.written(blocks))
        7|8
        56|78
        1234|5678
        >>> windows.counts(8)
        [7, 5, 1]
    """

    def __init__(self, text, heads, layers, begin=False):
        if isinstance(text, str) and len(text) > LONGEST:
            raise InputError(
                f"This text has {len(text):,} characters; one steps through {LONGEST:,} at most."
            )
        words = [token.strip() for token in tokenize(text) if token.strip()]
        if len(words) + heads * begin <= heads:
            raise InputError(
                f"A window of h = {heads} tokens and a token after it make {heads + 1}; "
                f"this text has {len(words) or 'none'}."
            )
        self.heads, self.layers = heads, layers
        marked = [BEGIN] * (heads * begin) + words
        self.tokens = ["‹begin›"] * (heads * begin) + [_shown(word) for word in words]
        self.first, self.last = heads, len(marked) - 1
        self._encode(marked)

    def _encode(self, tokens):
        """Make keys of as many numbers as can be seen, by the formulas of any size."""
        dim = self.heads * -(-16 // self.heads)
        encoder = ProjectionEncoder(dim, self.heads, self.layers, backend="numpy")
        self._values = encoder.codebook.vectors(tokens)
        self._keys = encoder.keys(self._values)

    def at(self, place):
        """Return each layer's window before a token, as a tuple of blocks; None: it is not full."""
        return [
            self._window(layer, place) if self.heads**layer <= place else None
            for layer in range(1, self.layers + 1)
        ]

    def _window(self, layer, place):
        around = self.tokens[place - self.heads**layer : place + 1]
        return full_windows(around, self.heads, layer)[-1][0][0]

    def counts(self, place):
        """Return how many pairs each layer has stored, up to the one that leads to a token."""
        return [max(0, place + 1 - self.heads**layer) for layer in range(1, self.layers + 1)]

    def latest(self, layer, place, number):
        """List a layer's latest pairs, the newest first, as text."""
        size = self.heads**layer
        places = range(place, max(size, place - number + 1) - 1, -1)
        return [self.pair(self._window(layer, p), p) for p in places]

    def written(self, blocks):
        """Write a window with a line between its blocks, as in 12|34."""
        space = "" if max(map(len, self.tokens)) == 1 else " "
        return f"{space}|{space}".join(space.join(block) for block in blocks)

    def pair(self, blocks, place):
        """Write a pair: the window, and the token after it."""
        return f"{self.written(blocks)} → {self.tokens[place]}"

    def keys(self, place):
        """Return the keys of the windows before a token: (d, l); a column of 0 is no window."""
        return np.stack([keys[place - 1] for keys in self._keys], axis=1)

    def value(self, place):
        """Return the vector of a token: (1, d)."""
        return self._values[place : place + 1]

    def added(self, place):
        """Return what the step to a token adds to the memory: (d, d)."""
        return self.keys(place).sum(axis=1, keepdims=True) @ self.value(place)

    def memory(self, place):
        """Return the memory after the step to a token: (d, d)."""
        keys = sum(keys[:place] for keys in self._keys)
        return keys.T @ self._values[1 : place + 1]


def _shown(token):
    return token if len(token) <= WIDEST else token[: WIDEST - 1] + "…"


class WindowPicture:
    """One figure for all steps: keys times value makes what is added, and it goes into C."""

    def __init__(self):
        self.figure = parts.new_figure(9.4, 4)
        self._keys = self._new_image([0.03, 0.15, 0.09, 0.66])
        self._value = self._new_image([0.2, 0.87, 0.28, 0.06])
        self._added = self._new_image([0.2, 0.15, 0.28, 0.66])
        self._memory = self._new_image([0.63, 0.15, 0.28, 0.66])
        self._keys.axes.set_title("keys k", loc="center", fontsize=10)
        self._value.axes.set_title("value y, the next token", loc="center", fontsize=10)
        self._added.axes.set_xlabel("added now: Σ kᵀy")
        for x, sign in ((0.16, "×"), (0.555, "into C")):
            self.figure.text(x, 0.48, sign, ha="center", va="center", fontsize=14)

    def _new_image(self, place):
        ax = self.figure.add_axes(place, yticks=[], xticks=[])
        ax.grid(False)
        return ax.imshow(np.zeros((1, 1)), cmap="PuOr", aspect="auto", interpolation="nearest")

    def update(self, windows, place, alt):
        """Return the picture of one step as HTML.

        Args:
            windows: the Windows.
            place: the token that the step leads to.
            alt: what it shows, in words.
        """
        _fill(self._keys, windows.keys(place))
        _fill(self._value, windows.value(place))
        _fill(self._added, windows.added(place))
        _fill(self._memory, windows.memory(place))
        names = [f"{i}" if b else f"({i})" for i, b in enumerate(windows.at(place), 1)]
        self._keys.axes.set_xticks(range(windows.layers), names)
        self._keys.axes.set_xlabel("layer" if windows.layers == 1 else "layers")
        total = sum(windows.counts(place))
        self._memory.axes.set_xlabel("C, with 1 pair" if total == 1 else f"C, with {total:,} pairs")
        return parts.img(self.figure, alt)


def _fill(image, matrix):
    """Show another matrix, with the fullest colours at its largest entry."""
    rows, columns = matrix.shape
    limit = float(np.abs(matrix).max()) or 1.0
    image.set(data=matrix, extent=(-0.5, columns - 0.5, rows - 0.5, -0.5), clim=(-limit, limit))


class WindowLab(parts.Lab):
    """Step through a text, token by token, and see what each layer takes in and stores.

    Args:
        text: a str, at most 10,000 characters.
        heads: h, 2 to 4.
        layers: l, 1 to 3.

    Attributes:
        windows: the Windows of the text.
        text, heads, layers, begin: what is stepped through.
        place: the slider; back and step are buttons that move it.
        strip, image, pairs, status: what is seen at this step.

    Example:
        >>> lab = WindowLab("1 2 3 4 5 6 7 8 9", heads=2, layers=3)
        >>> lab.place.value = 7
        >>> lab.step.click()
        >>> lab
        WindowLab, next token 8:
          layer 1: 6|7 → 8
          layer 2: 45|67 → 8
          layer 3: no window of 8 yet
    """

    def __init__(self, text=TEXT, heads=2, layers=3):
        self.windows = Windows(text, heads, layers)
        self._picture = WindowPicture()
        self._build(text)
        self._connect()
        self._read()
        row = parts.row
        super().__init__(
            [
                self.text,
                row(self.heads, self.layers, self.begin),
                row(self.back, self.step, self.place),
                self.status,
                self.strip,
                self.pairs,
                self.image,
                parts.note(LEGEND),
                parts.names(),
            ]
        )

    def _build(self, text):
        """Make the widgets."""
        self.text = widgets.Textarea(text, description="Text", rows=2, layout=parts.WIDE)
        self.heads = parts.menu("Blocks, h", {str(h): h for h in HEADS}, self.windows.heads, "9em")
        self.layers = parts.menu(
            "Layers, l", {str(n): n for n in LAYERS}, self.windows.layers, "9em"
        )
        self.begin = widgets.Checkbox(description="h begin marks before it", indent=False)
        self.place = widgets.IntSlider(
            *(0, 0, 10**6), description="Token", layout=widgets.Layout(width="min(100%, 36em)")
        )
        self.back, self.step = parts.button("Back", "arrow-left"), parts.button("Step")
        self.step.icon, self.step.button_style = "arrow-right", "primary"
        self.status, self.strip, self.pairs, self.image = (
            widgets.HTML(layout=parts.WIDE) for _ in range(4)
        )

    def _connect(self):
        """Say what each widget does."""
        for widget in (self.text, self.heads, self.layers, self.begin):
            widget.observe(self._read, "value")
        self.place.observe(self._show, "value")
        self.back.on_click(lambda _: self._move(-1))
        self.step.on_click(lambda _: self._move(1))

    def _read(self, _=None):
        """Read the text anew; if that can't be, say why, and go on showing the last one."""
        chosen = self.heads.value, self.layers.value, self.begin.value
        try:
            self.windows = Windows(self.text.value, *chosen)
        except InputError as error:
            self.status.value = parts.status(str(error), refused=True)
            return
        # Both ends move, and the lower one must never be above the other.
        with self.place.hold_trait_notifications():
            self.place.max, self.place.min = self.windows.last + 1, self.windows.first + 1
        self._show()

    def _move(self, by):
        """Move one token on or back, or say that there is no such token."""
        if self.place.min <= self.place.value + by <= self.place.max:
            self.place.value += by
        elif by < 0:
            self._refuse("This is the first token that follows a full window.")
        else:
            self._refuse("This is the last token of the text.")

    def _refuse(self, sentence):
        self.status.value = parts.status(sentence, refused=True)

    def _show(self, _=None):
        """Show the step to a token; the slider counts tokens from 1."""
        windows, place = self.windows, self.place.value - 1
        stored = sum(blocks is not None for blocks in windows.at(place))
        pairs = "1 pair leads" if stored == 1 else f"{stored} pairs lead"
        self.status.value = parts.status(
            f"{pairs} to token {place + 1} of {windows.last + 1}, “{windows.tokens[place]}”. "
            "All go into the same matrix."
        )
        self.strip.value = _strip(windows, place)
        self.pairs.value = _lists(windows, place)
        self.image.value = self._picture.update(
            windows,
            place,
            f"The keys of {stored} windows times one value, added to a memory that now holds "
            f"{sum(windows.counts(place))} pairs.",
        )

    def __repr__(self):
        windows, place = self.windows, self.place.value - 1
        lines = [
            f"  layer {layer}: "
            + (windows.pair(blocks, place) if blocks else _too_early(windows, layer))
            for layer, blocks in enumerate(windows.at(place), 1)
        ]
        return "\n".join([f"WindowLab, next token {windows.tokens[place]}:", *lines])


def _too_early(windows, layer):
    return f"no window of {windows.heads**layer} yet"


def _strip(windows, place):
    """Write the text as a table: a column a token, and a row for the window of each layer."""
    start = max(0, min(place + 3, len(windows.tokens)) - COLUMNS)
    columns = range(start, min(start + COLUMNS, len(windows.tokens)))
    head = "".join(
        f'<th scope="col" style="{CELL}">{html.escape(windows.tokens[i])}</th>' for i in columns
    )
    before = f"… {start} before" if start else ""
    rows = [f'<tr><th style="{CELL}">{before}</th>{head}</tr>']
    for layer, blocks in enumerate(windows.at(place), 1):
        name = f"layer {layer}: {windows.heads} blocks of {windows.heads ** (layer - 1)}"
        name = f'<th scope="row" style="{CELL};text-align:left;font-weight:normal">{name}</th>'
        if blocks is None:
            look = f'colspan="{len(columns)}" style="{CELL};text-align:left"'
            cells = f"<td {look}>{_too_early(windows, layer)}</td>"
        else:
            cells = "".join(_cell(windows, place, layer, i) for i in columns)
        rows.append(f"<tr>{name}{cells}</tr>")
    return (
        '<div style="overflow-x:auto"><table style="border-collapse:separate;border-spacing:0 4px;'
        f'margin:0">{"".join(rows)}</table></div>'
    )


def _cell(windows, place, layer, i):
    """Write one token of a layer's window: blocks are light and dark by turns, and framed."""
    size, step = windows.heads**layer, windows.heads ** (layer - 1)
    token = html.escape(windows.tokens[i])
    if i == place:
        return f'<td style="{CELL};{NEXT}" title="the next token">→ {token}</td>'
    if not place - size <= i < place:
        return f'<td style="{CELL};{parts.MUTED}">·</td>'
    block, offset = divmod(i - (place - size), step)
    look = DARK if block % 2 else LIGHT
    if offset == 0:
        look += ";border-left:3px solid var(--jp-ui-font-color1, #222)"
    return f'<td style="{CELL};{look}" title="block {block + 1} of {windows.heads}">{token}</td>'


def _lists(windows, place):
    """List the latest pairs of each layer, the newest first and in bold."""
    columns = []
    for layer, count in enumerate(windows.counts(place), 1):
        latest = [html.escape(pair) for pair in windows.latest(layer, place, LATEST)]
        shown = "".join(
            f'<div style="{"font-weight:bold" if i == 0 else ""}">{pair}</div>'
            for i, pair in enumerate(latest)
        )
        pairs = "1 pair" if count == 1 else f"{count:,} pairs"
        columns.append(
            '<div style="flex:1 1 14em;max-height:12em;overflow:auto;line-height:1.5">'
            f"<div>layer {layer}, {pairs} so far</div>{shown}</div>"
        )
    return f'<div style="display:flex;flex-wrap:wrap;gap:1em">{"".join(columns)}</div>'
