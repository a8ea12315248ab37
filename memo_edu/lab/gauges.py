"""Bars, a gauge and a picture of a memory, as HTML that reads in a light and in a dark theme."""

import base64
import html
import io

import matplotlib
import numpy as np
from matplotlib.image import imsave

from memo_edu.lab.measures import MEASURED

MUTED = "color:var(--jp-ui-font-color2, #777)"
BLUE, ORANGE = "#0072b2", "#d55e00"
# The corner of the memory that is drawn, and how many pixels wide each of its entries is.
CORNER, PIXELS = 48, 4


def percent(share):
    """Write a share as a whole percentage."""
    return f"{share:.0%}".replace("%", " %")


def bar(name, tokens, trail, predicted=None, is_memorized=True):
    """Draw one text's recall as a bar, with a mark where theory expects it.

    Args:
        name: the text's.
        tokens: how many it has.
        trail: its recall after each action since it is here, the latest last; it may be empty.
        predicted: what theory expects, or None.
        is_memorized: whether it is in the memory now.

    Returns:
        HTML.
    """
    share = trail[-1] if trail else 0.0
    now = f"{percent(share)} recalled" if trail else "…"
    note = f"theory {percent(predicted)}" if predicted is not None else ""
    if not is_memorized:
        note = "not in memory"
    mark = "" if predicted is None else _mark(predicted)
    spoken = html.escape(f"{name}: {now}, {note}", quote=True)
    fill = BLUE if is_memorized else "repeating-linear-gradient(45deg,#888 0 3px,#0000 3px 6px)"
    return (
        f'<div role="img" aria-label="{spoken}" style="line-height:1.35">'
        '<div style="display:flex;gap:.6em;align-items:baseline;flex-wrap:wrap">'
        f'<span style="max-width:16em;overflow:hidden;text-overflow:ellipsis;white-space:nowrap">'
        f"<b>{html.escape(name)}</b></span>"
        f'<span style="{MUTED}">{_length(tokens)}</span>'
        f'<span style="margin-left:auto">{now}</span></div>{_track(share, fill, mark)}'
        f'<div style="display:flex;{MUTED};font-size:.9em"><span>{_path(trail)}</span>'
        f'<span style="margin-left:auto">{"◆ " if mark else ""}{note}</span></div></div>'
    )


def _length(tokens):
    measured = f", the last {MEASURED:,} measured" if tokens > MEASURED else ""
    return f"{tokens:,} tokens{measured}"


def _track(share, fill, mark=""):
    return (
        '<div style="position:relative;border:1px solid #888;height:.8em;border-radius:2px">'
        f'<div style="height:100%;width:{min(share, 1):.1%};background:{fill}"></div>{mark}</div>'
    )


def _mark(predicted):
    """Draw a diamond over a bar."""
    return (
        f'<span style="position:absolute;left:calc({predicted:.1%} - .42em);top:-.02em;width:.6em;'
        f"height:.6em;transform:rotate(45deg) scale(.9);background:{ORANGE};"
        'border:1px solid #fff"></span>'
    )


def _path(trail):
    """Write how the recall came to be what it is: "100 → 98 → 84 %"."""
    steps = [f"{share:.0%}"[:-1] for share in trail]
    kept = [step for i, step in enumerate(steps) if i == 0 or step != steps[i - 1]][-5:]
    return f"{' → '.join(kept)} %" if len(kept) > 1 else ""


def gauge(fullness, note=""):
    """Draw how full a memory is.

    Args:
        fullness: a Fullness, or None for an empty memory.
        note: a sentence more.

    Returns:
        HTML.
    """
    if fullness is None:
        return f'<div style="{MUTED}">The memory is empty.</div>'
    share, is_over = fullness.share, fullness.share > 1
    said = "overfull" if is_over else f"{'under 1 %' if share < 0.01 else percent(share)} full"
    text = (
        f"{fullness.pairs:,} pairs stored. Theory expects a recall above 90 % up to about "
        f"{_rounded(fullness.capacity):,} pairs like these. {note}"
    )
    warning = "▲ " if is_over else ""
    return (
        '<div style="line-height:1.4" role="meter" aria-valuemin="0" aria-valuemax="100" '
        f'aria-valuenow="{min(share, 1) * 100:.0f}" aria-label="capacity: {said}">'
        f"<div>{warning}The memory is <b>{said}</b>.</div>"
        f'{_track(share, ORANGE if is_over else BLUE)}<div style="{MUTED};font-size:.9em">{text}'
        "</div></div>"
    )


def badge(name, proof):
    """Say whether a text that was forgotten left a trace.

    Args:
        name: the text's.
        proof: a Proof.

    Returns:
        HTML.
    """
    name = html.escape(name)
    if proof.identical:
        return _framed("2px solid #009e73", "✓ <b>identical to never having read it</b>") + (
            f" Every byte of the memory equals a new one that never read “{name}”.</p>"
        )
    return _framed("2px dashed #d55e00", "≈ not identical") + (
        f" A new memory that never read “{name}” differs by rounding: by {proof.difference:.1g} "
        "of its largest entry at most.</p>"
    )


def _framed(border, words):
    frame = f"border:{border};border-radius:1em;padding:.1em .7em"
    return f'<p style="line-height:1.6;margin:.3em 0"><span style="{frame}">{words}</span>'


def _rounded(number):
    """Round to two digits: more would pretend to know more."""
    return int(float(f"{number:.2g}"))


def corner(model):
    """Copy the corner of a memory that is drawn."""
    return np.array(model.backend.to_numpy(model.matrix[:CORNER, :CORNER]))


def memory_picture(before, now, size, action=""):
    """Draw a corner of the memory: before + what the last action changed = now.

    Args:
        before: (n, n) array, or None if nothing is to be compared.
        now: (n, n) array.
        size: (rows, columns, bytes) of the whole memory.
        action: what changed it.

    Returns:
        HTML with up to three pictures.
    """
    panels = [("now", now)]
    if before is not None and before.shape == now.shape:
        panels = [("before", before), (action or "the change", now - before), ("now", now)]
    # The few largest entries, as large as they are, would leave no colour to the others.
    limit = max(float(np.quantile(np.abs(values), 0.995)) for _, values in panels) or 1.0
    signs = ["", "+", "="] if len(panels) == 3 else [""]
    drawn = [
        f'<span style="font-size:1.6em" aria-hidden="true">{sign}</span>'
        f"{_figure(title, values, limit, is_change=sign == '+')}"
        for sign, (title, values) in zip(signs, panels, strict=True)
    ]
    rows, columns, size_in_bytes = size
    words = (
        f"The first {now.shape[0]} rows and columns of {rows:,} × {columns:,} numbers: "
        f"{size_in_bytes:,} bytes, however much is in it. Purple is above zero, orange below, "
        f"white is zero; the fullest colour is {limit:.3g} or more."
    )
    return (
        '<div style="display:flex;gap:.6em;align-items:center;flex-wrap:wrap">'
        f'{"".join(drawn)}</div><div style="{MUTED};line-height:1.4">{words}</div>'
    )


def _figure(title, values, limit, is_change):
    """Draw one square with its title; the change has a frame."""
    changed = float(np.mean(values != 0))
    alt = html.escape(
        f"{title}: {percent(changed)} of the entries are not zero, "
        f"the largest is {float(np.max(np.abs(values))):.3g}",
        quote=True,
    )
    frame = f"3px solid {ORANGE}" if is_change else "1px solid #888"
    data = base64.b64encode(png(values, limit)).decode("ascii")
    width = values.shape[1] * PIXELS
    return (
        f'<figure style="margin:0"><figcaption style="max-width:{width}px">{html.escape(title)}'
        f'</figcaption><img alt="{alt}" width="{width}" style="border:{frame};display:block" '
        f'src="data:image/png;base64,{data}"/></figure>'
    )


def png(values, limit):
    """Paint numbers as a PNG, a square each, orange below zero and purple above.

    Args:
        values: (m, n) array.
        limit: the absolute value with the fullest colour.

    Returns:
        Bytes.
    """
    colours = matplotlib.colormaps["PuOr"](values / (2 * limit) + 0.5, bytes=True)
    buffer = io.BytesIO()
    square = colours.repeat(PIXELS, axis=0).repeat(PIXELS, axis=1)
    imsave(buffer, square, format="png", metadata={"Software": None})
    return buffer.getvalue()
