"""The progress bar of the experiments: full at a terminal, gone from a notebook when done."""

import contextlib
import contextvars

from tqdm.auto import tqdm

_SHOWN = contextvars.ContextVar("shown", default=True)
IN_A_NOTEBOOK = any(kind.__module__ == "tqdm.notebook" for kind in tqdm.__mro__)


def progress_bar(*args, **options):
    """Return a bar of tqdm's.

    In a notebook, tqdm stores the bar's text as it was at the start. Whoever opens the notebook
    later would see an experiment that hangs at 0%. So here the bar has no text there, and it
    goes away when it is full; it stays, red, when the experiment was interrupted.

    Args:
        *args, **options: as for tqdm.

    Returns:
        The bar.

    Example:
        >>> with progress_bar(total=2, disable=True) as bar:
        ...     bar.update()
    """
    if not _SHOWN.get():
        options |= {"disable": True}
    if not IN_A_NOTEBOOK:
        return tqdm(*args, **options)
    bar = tqdm(*args, leave=False, display=False, **options)
    if not bar.disable:
        _show_without_text(bar.container)
    return bar


@contextlib.contextmanager
def without_bars():
    """Show no bars meanwhile: where one of many runs is only a step of a longer bar.

    Example:
        >>> with without_bars(), progress_bar(total=2) as bar:
        ...     bar.disable
        True
    """
    token = _SHOWN.set(False)
    try:
        yield
    finally:
        _SHOWN.reset(token)


def _show_without_text(widget):
    from IPython.display import display

    display(widget._repr_mimebundle_() | {"text/plain": ""}, raw=True)
