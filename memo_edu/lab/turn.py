"""One thing at a time: what a person does to a lab is done in the order in which it was done."""

import threading
import time

from memo_edu.lab.work import clicked_by_a_person

# Seconds that a click lets pass, so that what was typed just before it has arrived.
TYPED = 0.05


class Turn:
    """Lets the actions of a lab wait for each other.

    JupyterLab has clicks heard in one thread of the kernel and values in another. Without a turn a
    click could overtake the word that was typed before it, and two actions could run at once.

    Example:
        >>> import ipywidgets as widgets
        >>> turn, number, button = Turn(), widgets.IntText(1), widgets.Button()
        >>> turn.on_value(number, lambda change: print("now", change.new))
        >>> turn.on_click(button, lambda: print("clicked at", number.value))
        >>> number.value = 2
        now 2
        >>> button.click()
        clicked at 2
    """

    def __init__(self):
        self._lock = threading.RLock()  # an action may set a value, and so begin another

    def on_value(self, widget, action):
        """Do something whenever a widget has another value.

        Args:
            widget: any that has a value.
            action: a function of what traitlets tells of the change.
        """

        def act(change):
            with self._lock:
                action(change)

        widget.observe(act, "value")

    def on_click(self, button, action):
        """Do something whenever a button is clicked.

        Args:
            button: a Button.
            action: a function of nothing.
        """

        def act(_):
            if clicked_by_a_person():
                time.sleep(TYPED)
            with self._lock:
                action()

        button.on_click(act)
