"""Every figure of the notebooks: each function draws one kind and returns its Axes."""

import base64
import html
import io
import itertools
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from memo_edu.backend import to_numpy
from memo_edu.results import show_token

plt.style.use(Path(__file__).with_name("house.mplstyle"))

MARKERS = "osD^vX"
DASHES = ("--", ":", "-.")
HATCHES = ("", "///", "...", "xxx", "\\\\\\", "++")


class Picture:
    """A figure with its words: alt text for those who can't see it.

    Args:
        figure: a matplotlib Figure; it is drawn once and closed.
        alt: one sentence that says what the figure shows.
    """

    def __init__(self, figure, alt):
        self.alt = alt
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", metadata={"Software": None})
        plt.close(figure)
        self.png = buffer.getvalue()

    def __repr__(self):
        return f"Picture: {self.alt}"

    def _repr_html_(self):
        data = base64.b64encode(self.png).decode("ascii")
        alt = html.escape(self.alt, quote=True)
        return f'<img alt="{alt}" src="data:image/png;base64,{data}" style="max-width:100%"/>'


def show(axes, alt):
    """Turn a figure into a Picture, with alt text.

    Args:
        axes: the Axes, or an array of Axes, of one figure.
        alt: one sentence that says what the figure shows.

    Returns:
        A Picture; as the last line of a cell it is displayed.

    Example:
        >>> show(bars({"tea": 0.9, "cup": 0.2}, "recall"), "Recall is 0.9 for tea.")
        Picture: Recall is 0.9 for tea.
    """
    return Picture(np.ravel(axes)[0].figure, alt)


def heat_map(matrix, rows=None, columns=None, title="", limit=None, scale=True, ax=None):
    """Draw a matrix as coloured cells, orange below zero and purple above it.

    Small matrices have their numbers written in.

    Args:
        matrix: (m, n) array.
        rows, columns: labels, m and n of them, or None.
        title: what is shown.
        limit: the absolute value with the fullest colour; None is the largest entry.
        scale: whether the colours are explained by a bar.
        ax: where to draw; None is a new figure.

    Returns:
        The Axes.
    """
    matrix = to_numpy(matrix)
    limit = limit or float(np.max(np.abs(matrix))) or 1.0
    ax = ax or _new_axes(figsize=(5, 3.6))
    image = ax.imshow(matrix, cmap="PuOr", vmin=-limit, vmax=limit, aspect="auto")
    ax.grid(False)
    ax.set_title(title)
    _label(ax.set_xticks, columns)
    _label(ax.set_yticks, rows)
    if matrix.size <= 100:
        for (i, j), value in np.ndenumerate(matrix):
            colour = _ink(value / limit)
            ax.text(j, i, f"{value:.2g}", ha="center", va="center", color=colour, fontsize=9)
    if scale:
        ax.figure.colorbar(image, ax=ax, fraction=0.05)
    return ax


def _ink(share):
    """Choose what can be read on a colour of the scale: orange gets dark later than purple."""
    return "white" if share < -0.78 or share > 0.62 else "black"


def heat_maps(matrices, limit=None):
    """Draw matrices side by side with one colour scale, so that they can be compared.

    Args:
        matrices: dict of title -> (m, n) array, drawn from left to right.
        limit: the absolute value with the fullest colour; None is the largest entry of all.

    Returns:
        (number of matrices,) array of Axes.
    """
    limit = limit or max(float(np.max(np.abs(to_numpy(m)))) for m in matrices.values()) or 1.0
    size = (0.5 + 2.3 * len(matrices), 2.5)
    axes = plt.subplots(1, len(matrices), figsize=size, squeeze=False)[1][0]
    for ax, (title, matrix) in zip(axes, matrices.items(), strict=True):
        heat_map(matrix, title=_literal(title), limit=limit, scale=ax is axes[-1], ax=ax)
    return axes


def histogram(samples, bins, xlabel, curve=None, title="", ax=None):
    """Draw how values are spread, as densities, with a predicted curve laid over them.

    Args:
        samples: dict of name -> 1-d array.
        bins: edges or a number of bins, shared by all.
        xlabel: what is measured, with its unit.
        curve: None, or (name, x, density) of a prediction.
        title: what is shown.
        ax: where to draw; None is a new figure.

    Returns:
        The Axes.
    """
    ax = ax or _new_axes()
    colours = plt.rcParams["axes.prop_cycle"].by_key()["color"]
    for i, (name, values) in enumerate(samples.items()):
        ax.hist(
            to_numpy(values),
            bins=bins,
            density=True,
            label=_literal(name),
            alpha=0.55,
            color=colours[i],
            hatch=HATCHES[i],
            edgecolor=colours[i],
        )
    if curve is not None:
        ax.plot(curve[1], curve[2], color="black", linestyle="--", label=_literal(curve[0]))
    ax.set(xlabel=xlabel, ylabel="density", title=title)
    ax.legend()
    return ax


def histograms(panels, bins, xlabel, curves=None):
    """Draw histograms one below the other over a common axis, so that they can be compared.

    Args:
        panels: dict of title -> dict of name -> 1-d array, drawn from top to bottom.
        bins: edges, shared by all.
        xlabel: what is measured, with its unit.
        curves: None, or dict of title -> (name, x, density) of a prediction; a NaN in x is a gap.

    Returns:
        (number of panels,) array of Axes.
    """
    size = (7, 0.6 + 1.7 * len(panels))
    axes = plt.subplots(len(panels), 1, figsize=size, squeeze=False, sharex=True)[1][:, 0]
    for ax, (title, samples) in zip(axes, panels.items(), strict=True):
        curve = curves[title] if curves else None
        shown = xlabel if ax is axes[-1] else ""
        histogram(samples, bins, shown, curve, _literal(title), ax)
        if ax is not axes[0]:
            ax.get_legend().remove()
    return axes


def lines(x, series, xlabel, ylabel, title="", predicted=None, log="", ax=None):
    """Draw measured series over a common axis, and predictions as dashed lines without points.

    Args:
        x: (n,) values.
        series: dict of name -> (n,) measured values, told apart by colour, dash and marker.
        xlabel, ylabel: what is measured, with units.
        title: what is shown.
        predicted: None, or a dict of name -> (n,) predicted values.
        log: the axes that are logarithmic: "", "x", "y" or "xy"; x then has a tick at each value.
        ax: where to draw; None is a new figure.

    Returns:
        The Axes.
    """
    ax = ax or _new_axes()
    curves = (predicted or {}).items()
    for dashes, (name, y) in zip(itertools.cycle(DASHES), curves, strict=False):
        ax.plot(x, y, color="#555555", linestyle=dashes, label=_literal(name))
    for marker, (name, y) in zip(itertools.cycle(MARKERS), series.items(), strict=False):
        style = {"linestyle": "none"} if predicted else {}
        ax.plot(x, y, marker=marker, label=_literal(name), **style)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    if "y" in log:
        ax.set_yscale("log")
    if "x" in log:
        ax.set_xscale("log")
        ax.set_xticks(x, [f"{value:,}" for value in x])
        ax.minorticks_off()
    if len(series) + len(predicted or {}) > 1:
        ax.legend()
    return ax


def theory_over_measurement(
    measured, predicted, xlabel, ylabel, title="", answers=None, log="", ax=None
):
    """Draw measured points over lines of theory, each pair in one colour.

    Args:
        measured: dict of name -> (x, y), told apart by colour and marker.
        predicted: dict with the same names -> (x, y), on an x of its own, as fine as you like.
        xlabel, ylabel: what is measured, with units.
        title: what is shown.
        answers: if y is a share of so many answers: the band around a line is where 95% of such
            shares lie if the theory holds, 1.96·√(y(1 - y)/answers) to each side. None: no band.
        log: the axes that are logarithmic: "", "x", "y" or "xy"; x then has a tick at each
            measured value.
        ax: where to draw; None is a new figure.

    Returns:
        The Axes.
    """
    ax = ax or _new_axes()
    styles = zip(itertools.cycle(MARKERS), itertools.cycle(plt.rcParams["axes.prop_cycle"]))
    for (marker, style), (name, (x, y)) in zip(styles, measured.items(), strict=False):
        line_x, line_y = (np.asarray(values, dtype=float) for values in predicted[name])
        ax.plot(line_x, line_y, **style)
        points = {"marker": marker, "linestyle": "none", "label": _literal(name)}
        ax.plot(x, y, color=style["color"], **points)
        if answers is not None:
            error = 1.96 * np.sqrt(line_y * (1 - line_y) / answers)
            low, high = np.maximum(line_y - error, 0), np.minimum(line_y + error, 1)
            ax.fill_between(line_x, low, high, color=style["color"], alpha=0.2, linewidth=0)
    band = "" if answers is None else ", 95% band"
    ax.plot([], [], color="#555555", linestyle="-", label=f"theory (lines{band})")
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    if "y" in log:
        ax.set_yscale("log")
    if "x" in log:
        ax.set_xscale("log")
        ticks = sorted({value for x, _ in measured.values() for value in x})
        ax.set_xticks(ticks, [f"{value:,}" for value in ticks])
        ax.minorticks_off()
    ax.legend()
    return ax


def bars(values, xlabel, title="", mark=None, ax=None):
    """Draw one bar a name, the marked one hatched and starred.

    Args:
        values: dict of name -> number, drawn from top to bottom.
        xlabel: what is measured, with its unit.
        title: what is shown.
        mark: a name that stands out, such as the winner; None is none.
        ax: where to draw; None is a new figure.

    Returns:
        The Axes.
    """
    ax = ax or _new_axes(figsize=(7, 0.8 + 0.32 * len(values)))
    drawn = ax.barh(range(len(values)), list(values.values()), height=0.65)
    for name, bar in zip(values, drawn, strict=True):
        if name == mark:
            bar.set(facecolor="#d55e00", hatch="///", edgecolor="white")
    names = [("★ " if name == mark else "") + _tick(name) for name in values]
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.set(xlabel=xlabel, title=title)
    return ax


def bar_groups(series, xlabel, title="", ax=None):
    """Draw several bars a name, one for each series, told apart by colour and hatch.

    Args:
        series: dict of series -> dict of name -> number, all with the same names, which are drawn
            from top to bottom.
        xlabel: what is measured, with its unit.
        title: what is shown.
        ax: where to draw; None is a new figure.

    Returns:
        The Axes.
    """
    names = list(next(iter(series.values())))
    ax = ax or _new_axes(figsize=(7, 0.8 + 0.24 * len(names) * len(series)))
    colours = plt.rcParams["axes.prop_cycle"].by_key()["color"]
    height = 0.8 / len(series)
    for i, (label, values) in enumerate(series.items()):
        places = np.arange(len(names)) + (i - (len(series) - 1) / 2) * height
        lengths = [values[name] for name in names]
        drawn = ax.barh(places, lengths, 0.9 * height, label=_literal(label))
        for bar in drawn:
            bar.set(facecolor=colours[i], hatch=HATCHES[i], edgecolor="white")
    ax.set_yticks(range(len(names)), [_tick(name) for name in names])
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.set(xlabel=xlabel, title=title)
    ax.legend()
    return ax


def _new_axes(**options):
    return plt.subplots(**options)[1]


def _literal(name):
    """Write a name so that matplotlib draws its dollars, and takes none of it for a formula."""
    return str(name).replace("$", r"\$")


def _tick(name):
    return _literal(show_token(name))


def _label(set_ticks, labels):
    """Write labels on every tick, or leave the ticks out."""
    if labels is None:
        set_ticks([])
    else:
        set_ticks(range(len(labels)), [_tick(label) for label in labels])


def stacked_bars(series, xlabel, title="", mark=None, ax=None):
    """Draw one bar a name, piled up from the parts that the series give to it.

    A diamond shows the sum. Parts above zero are piled up to the right, parts below it to the left.

    Args:
        series: dict of series -> dict of name -> number, all with the same names, which are drawn
            from top to bottom.
        xlabel: what is measured, with its unit.
        title: what is shown.
        mark: a name that stands out, such as the winner; None is none.
        ax: where to draw; None is a new figure.

    Returns:
        The Axes.
    """
    names = list(next(iter(series.values())))
    ax = ax or _new_axes(figsize=(7, 1 + 0.36 * len(names)))
    colours = plt.rcParams["axes.prop_cycle"].by_key()["color"]
    parts = np.array([[values[name] for name in names] for values in series.values()])
    handles = []
    for sign in (1, -1):
        ends = np.cumsum(np.where(sign * parts > 0, parts, 0), axis=0)
        for i, (label, end) in enumerate(zip(series, ends, strict=True)):
            width = np.where(sign * parts[i] > 0, parts[i], 0)
            drawn = ax.barh(range(len(names)), width, 0.65, end - width)
            for bar in drawn:
                bar.set(facecolor=colours[i], hatch=HATCHES[i], edgecolor="white")
            drawn.set_label(_literal(label))
            handles.append(drawn)
    style = {"marker": "D", "linestyle": "none", "color": "black", "markeredgecolor": "white"}
    style["clip_on"] = False  # the longest bar may end at the frame
    diamonds = ax.plot(parts.sum(axis=0), range(len(names)), label="sum", **style)
    ax.axvline(0, color="#555555", linewidth=0.8)
    shown = [("★ " if name == mark else "") + _tick(name) for name in names]
    ax.set_yticks(range(len(names)), shown)
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.set(xlabel=xlabel, title=title)
    ax.legend(handles=handles[: len(series)] + diamonds, loc="upper left", bbox_to_anchor=(1, 1))
    return ax


def text(tokens, values, label, title="", marks=(), limit=None, width=84):
    """Draw a text whose tokens are coloured by numbers, orange below zero and purple above it.

    Args:
        tokens: list of n str; a token that begins with a new line begins one here too.
        values: (n,) a number for each token.
        label: what the colours show, with its unit.
        title: what is shown.
        marks: indices of tokens that are framed.
        limit: the absolute value with the fullest colour; None is the largest number.
        width: characters in a line; it ends before white space, so it may be a little longer.

    Returns:
        The Axes.
    """
    values = to_numpy(values)
    limit = limit or float(np.max(np.abs(values), initial=0)) or 1.0
    places = _typeset(tokens, width)
    lines = 1 + max((line for line, _, _ in places), default=0)
    ax = _new_axes(figsize=(0.09 * (width + 2), 0.75 + 0.2 * lines))
    colours = plt.cm.ScalarMappable(plt.Normalize(-limit, limit), cmap="PuOr")
    # Nine pixels a character, with the 100 an inch of this house.
    font = {"family": "DejaVu Sans Mono", "fontsize": 10.76, "va": "center"}
    for i, ((line, column, shown), value) in enumerate(zip(places, values, strict=True)):
        edge = {"edgecolor": "black", "linewidth": 1.5} if i in marks else {"linewidth": 0}
        corner = (column + len(shown) - len(shown.lstrip()), line)
        cell = plt.Rectangle(corner, len(shown.lstrip()), 0.9, **edge, zorder=1 + (i in marks))
        cell.set_facecolor(colours.to_rgba(value))
        ax.add_patch(cell)
        ax.text(column, line + 0.46, _literal(shown), color=_ink(value / limit), zorder=3, **font)
    ax.set(xlim=(0, width + 1), ylim=(lines, -0.1), title=title)
    ax.set_axis_off()
    ax.figure.colorbar(
        colours, ax=ax, label=label, location="bottom", shrink=0.4, aspect=40, pad=0.02
    )
    return ax


def _typeset(tokens, width):
    """Lay tokens out in lines: (line, column, what is shown) of each."""
    places, line, column = [], 0, 0
    for token in tokens:
        shown = token.lstrip("\n").replace("\n", "⏎") or "⏎"
        full = column + len(shown) > width and shown[0].isspace()
        if places and (token.startswith("\n") or full):
            line, column = line + 1, 0
        shown = shown.lstrip(" ") if column == 0 else shown
        places.append((line, column, shown))
        column += len(shown)
    return places
