"""What the labs share: how they draw, how they speak, and how they refuse a wrong entry."""

import base64
import html
import inspect
import io

import ipywidgets as widgets
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from memo_edu import plots  # gives figures the house's look
from memo_edu.errors import ConfigurationError

# To a screen reader, ipywidgets' sliders have no name, nor has a text without a label; a button has
# its few words, not its tooltip; and no toggle button is the pressed one.
ON_SHOWN = """
const lab = this.closest('.jupyter-widgets.widget-vbox'), set = (element, name, value) => {
  if (element && element.getAttribute(name) !== value) element.setAttribute(name, value);
};
const look = () => {
  for (const slider of lab.querySelectorAll('.widget-slider')) {
    const name = slider.querySelector('.widget-label')?.textContent ?? '';
    set(slider.querySelector('[role=slider]'), 'aria-label', name);
    set(slider.querySelector('.widget-readout'), 'aria-hidden', 'true');
  }
  for (const text of lab.querySelectorAll('textarea:not([aria-label])'))
    if (!text.labels?.[0]?.textContent) set(text, 'aria-label', text.placeholder);
  for (const button of lab.querySelectorAll('.jupyter-button')) {
    const words = button.textContent.trim(), title = button.title;
    if (title.startsWith(words) && title !== words) set(button, 'aria-label', title);
    if (button.classList.contains('widget-toggle-button'))
      set(button, 'aria-pressed', String(button.classList.contains('mod-active')));
  }
};
const changes = {childList: true, subtree: true, attributeFilter: ['class', 'title']};
if (lab) { new MutationObserver(look).observe(lab, changes); look(); }
"""
WIDE = widgets.Layout(width="98%")
MUTED = "color:var(--jp-ui-font-color2, #666)"
COLOURS = plots.plt.rcParams["axes.prop_cycle"].by_key()["color"]


class Lab(widgets.VBox):
    """A box of widgets that tells in words what it is, where no kernel runs to show it."""

    def _repr_mimebundle_(self, **kwargs):
        """Add a text to what Jupyter shows; where there is a kernel, the widgets go before it."""
        purpose = inspect.getdoc(type(self)).splitlines()[0]
        return super()._repr_mimebundle_(**kwargs) | {"text/html": still(purpose, repr(self))}


def still(purpose, state):
    """Write what stands in a lab's place when nothing runs.

    Args:
        purpose: a sentence on what the lab is for.
        state: how it looked when it ran last.

    Returns:
        HTML.
    """
    return (
        '<div style="border:1px dashed #888;border-radius:6px;padding:.4em .8em;max-width:60em">'
        f"<p><b>A live lab belongs here.</b> {html.escape(purpose)}</p>"
        "<p>It wakes up when the cells run: in JupyterLab, choose <i>Run ▸ Run All Cells</i>. "
        "When this page was stored, it stood at:</p>"
        f'<pre style="white-space:pre-wrap">{html.escape(state)}</pre></div>'
    )


def new_figure(width, height):
    """Make an empty figure of so many inches that no global list of figures keeps alive."""
    figure = Figure(figsize=(width, height), layout="none")
    FigureCanvasAgg(figure)
    return figure


def img(figure, alt):
    """Draw a figure once, and return it as an HTML image with words for those who can't see it."""
    buffer = io.BytesIO()
    figure.canvas.print_png(buffer, metadata={"Software": None})  # savefig would draw it twice
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    width, height = figure.canvas.get_width_height()
    return (
        f'<img alt="{html.escape(alt, quote=True)}" src="data:image/png;base64,{data}" '
        f'width="{width}" height="{height}" style="max-width:100%;height:auto"/>'
    )


def row(*children):
    """Lay widgets side by side, and below each other where there is no room."""
    return widgets.HBox(
        children, layout=widgets.Layout(flex_flow="row wrap", grid_gap="0 1em", width="100%")
    )


def menu(description, options, value, width="14em"):
    """Make a menu.

    Args:
        description: its label.
        options: dict of what is shown -> value.
        value: the one that is chosen at first.
        width: with its label.

    Raises:
        ConfigurationError: value is not one of the options.
    """
    if value not in options.values():
        choice = ", ".join(options)
        raise ConfigurationError(f"{description}: {value!r:.40} is none of {choice}.")
    return widgets.Dropdown(
        options=options,
        value=value,
        description=description,
        layout=widgets.Layout(width=width),
        style={"description_width": "max-content"},
    )


def number(description, value):
    """Make a field for a whole number."""
    return widgets.IntText(
        value,
        description=description,
        layout=widgets.Layout(width="15em"),
        style={"description_width": "max-content"},
    )


def button(description, icon="", style=""):
    """Make a button as wide as its words."""
    layout = widgets.Layout(width="auto")
    return widgets.Button(description=description, icon=icon, button_style=style, layout=layout)


def status(sentence, refused=False):
    """Write a sentence as HTML; one that refuses an entry has a sign, not only a colour."""
    look = f"border-left:4px solid {COLOURS[1]};padding-left:.6em;" if refused else ""
    sign = "⚠ Nothing has changed. " if refused else ""
    return (
        f'<p role="status" style="{look}line-height:1.4;margin:.3em 0;white-space:normal">'
        f"{sign}{html.escape(sentence)}</p>"
    )


def note(sentence):
    """Make a quiet line that explains what is seen."""
    text = html.escape(sentence)
    return widgets.HTML(
        f'<p style="{MUTED};line-height:1.4;margin:0;max-width:60em;white-space:normal">{text}</p>'
    )


def names():
    """Make an invisible part of a lab that gives names to those of its controls that have none."""
    return widgets.HTML(
        f'<img hidden alt="" src="data:," onerror="{html.escape(ON_SHOWN)}">',
        layout=widgets.Layout(display="none"),
    )


def score_bar(name, value, limit=1.0, mark=False, note=""):
    """Write a number as a bar, from 0 to limit, with its name; a marked one is starred."""
    name, shown = html.escape(("★ " if mark else "") + name), f"{round(value, 2) + 0.0:.2f}"
    share, colour = min(max(value / limit, 0.0), 1.0), COLOURS[1 if mark else 0]
    return (
        f'<div role="img" aria-label="{name}: {shown} {html.escape(note)}" style="display:flex;'
        'gap:.6em;align-items:center;line-height:1.5"><span style="width:9em;overflow:hidden;'
        f'text-overflow:ellipsis;white-space:nowrap">{name}</span><span style="flex:1;'
        'max-width:22em;height:.9em;border:1px solid #888"><span style="display:block;height:100%;'
        f'width:{share:.1%};background:{colour}"></span></span><span>{shown} {html.escape(note)}'
        "</span></div>"
    )
