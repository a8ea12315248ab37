"""Exercise checks: not attempted, wrong with a word about that very mistake, or right."""

import contextlib
import html
import re
import sysconfig
import traceback
from dataclasses import dataclass
from pathlib import Path

import numpy as np

# Code that is not the learner's: ours, and what is installed.
NOT_THEIRS = (str(Path(__file__).parent.parent), *map(sysconfig.get_path, ("stdlib", "purelib")))
SIGNS = {"not attempted": ("○", "#777777"), "wrong": ("✗", "#d55e00"), "right": ("✓", "#009e73")}


class Wrong(Exception):
    """An answer is wrong; the message says to the learner what went wrong, never the answer."""


@dataclass(frozen=True)
class Outcome:
    r"""What a check found.

    Attributes:
        number: the exercise, such as "2.1".
        status: "not attempted", "wrong" or "right".
        message: one or two sentences to the learner.

    Example:
        >>> Outcome("2.1", "right", "Every pair is in.")
        ✓ Exercise 2.1, right: Every pair is in.
        >>> Outcome.all_in("A line.\n✓ Exercise 2.1, right: Every pair is in.\nAnother.")
        [✓ Exercise 2.1, right: Every pair is in.]
    """

    number: str
    status: str
    message: str

    @classmethod
    def all_in(cls, text):
        """Find the outcomes in a text that a notebook shows; each begins a line."""
        lines = re.findall(r"^(.) Exercise (\d+\.\d+), (.+?): (.*)", text, re.MULTILINE)
        return [cls(*found) for sign, *found in lines if SIGNS.get(found[1], " ")[0] == sign]

    def __repr__(self):
        return f"{SIGNS[self.status][0]} Exercise {self.number}, {self.status}: {self.message}"

    def _repr_html_(self):
        sign, colour = SIGNS[self.status]
        title = f"<b>{sign} Exercise {self.number}, {self.status}.</b>"
        style = f"border-left:5px solid {colour};padding:.3em .8em"
        return f'<div style="{style}">{title} {html.escape(self.message)}</div>'


class Chapter:
    """The exercises of one chapter: each has a function that verifies an answer, and hints.

    Example:
        >>> chapter = Chapter()
        >>> @chapter.exercise("0.1", hints=["Count the fingers of a hand."])
        ... def five(answer):
        ...     if answer != 5:
        ...         raise Wrong("That is not how many fingers a hand has.")
        ...     return "Five it is."
        >>> chapter.check("0.1", ...).status
        'not attempted'
        >>> chapter.check("0.1", 4)
        ✗ Exercise 0.1, wrong: That is not how many fingers a hand has.
        >>> chapter.check("0.1", 5)
        ✓ Exercise 0.1, right: Five it is.
    """

    def __init__(self):
        self.exercises = {}

    def exercise(self, number, hints):
        """Register a function that raises Wrong, or returns a sentence that confirms."""

        def register(verify):
            self.exercises[number] = (verify, hints)
            return verify

        return register

    def check(self, number, answer):
        """Verify an answer to an exercise.

        Args:
            number: the exercise, such as "2.1".
            answer: the learner's function or value; ... is a placeholder.

        Returns:
            An Outcome; it never raises because of what the learner wrote.
        """
        if not self._has(number):
            return Outcome(str(number), "wrong", self._unknown(number))
        if answer is ...:
            message = "Replace the placeholder by your own answer, then run this cell."
            return Outcome(number, "not attempted", message)
        try:
            return Outcome(number, "right", self.exercises[number][0](answer))
        except NotImplementedError:
            message = "Write your code in the cell above, run it, then run this cell."
            return Outcome(number, "not attempted", message)
        except Wrong as wrong:
            return Outcome(number, "wrong", str(wrong))
        except Exception as error:  # whatever the learner's code may raise
            return Outcome(number, "wrong", explain(error))

    def hint(self, number, which=1):
        """Return hint 1, 2 … of an exercise, gentle first."""
        if not self._has(number):
            return Hint(self._unknown(number))
        hints = self.exercises[number][1]
        if not 1 <= which <= len(hints):
            return Hint(f"Exercise {number} has the hints 1 to {len(hints)}.")
        return Hint(f"Hint {which} of {len(hints)}: {hints[which - 1]}")

    def _has(self, number):
        return isinstance(number, str) and number in self.exercises

    def _unknown(self, number):
        names = ", ".join(map(repr, self.exercises))
        return f"There is no exercise {number!r}; the names are {names}."


class Hint(str):
    """A sentence that shows itself without quotes."""

    def __repr__(self):
        return str(self)


NOTHING = "Your function returns nothing. Is there a return at its end?"


def call(function, *arrays, nothing=NOTHING):
    """Call a learner's function, and refuse an answer that is missing or that spoils its inputs.

    Args:
        function: what the learner wrote.
        *arrays: its arguments; arrays are handed over as copies.
        nothing: what to say of None.

    Returns:
        What it returned.

    Raises:
        Wrong: it is no function, changed an argument in place, or returned None.
    """
    if not callable(function):
        raise Wrong(f"Pass the function itself, not {type(function).__name__}: write its name.")
    copies = [array.copy() if isinstance(array, np.ndarray) else array for array in arrays]
    result = function(*copies)
    for number, (given, left) in enumerate(zip(arrays, copies, strict=True), 1):
        if isinstance(given, np.ndarray) and not np.array_equal(given, left):
            raise Wrong(
                f"Your function changes its argument number {number} in place. Make a new array: "
                "write A = A + B instead of A += B."
            )
    if result is None:
        raise Wrong(nothing)
    return result


def pair(answer, names):
    """Read an answer of two functions, or say that two are expected.

    Args:
        answer: what was handed to check.
        names: what they are called, as the exercise writes them.
    """
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        raise Wrong(f"Two functions are expected here: ({names}).")
    return answer


def expect(result, right, mistakes=(), otherwise="The numbers are not right yet.", rtol=1e-5):
    """Compare an answer with the right one, and recognize known mistakes.

    Args:
        result: the learner's number or array.
        right: what it should be.
        mistakes: (value, message) pairs: what a known mistake would give, and what to say.
        otherwise: what to say of an answer that is wrong in no known way.
        rtol: relative tolerance, of the largest entry.

    Raises:
        Wrong: the answer has another shape or other numbers.
    """
    result, right = np.asarray(result), np.asarray(right)
    for value, message in mistakes:
        if _alike(result, np.asarray(value), rtol) and not _alike(right, np.asarray(value), rtol):
            raise Wrong(message)
    if result.shape != right.shape:
        raise Wrong(f"Your answer has the shape {result.shape}; it should be {right.shape}.")
    if not _alike(result, right, rtol):
        raise Wrong(otherwise)


def where_possible(candidates, *given):
    """Make the known mistakes that some data allows.

    Args:
        candidates: (function, message) pairs; a function makes what its mistake would give.
        *given: the arguments of the functions.

    Returns:
        A list of (what the mistake gives, message), without those that can't be made.
    """
    mistakes = []
    for make, message in candidates:
        with contextlib.suppress(ValueError, IndexError, ZeroDivisionError):
            mistakes.append((make(*given), message))
    return mistakes


def _alike(a, b, rtol):
    if a.shape != b.shape:
        return False
    if not (np.issubdtype(a.dtype, np.number) and np.issubdtype(b.dtype, np.number)):
        return bool(np.array_equal(a, b))
    scale = float(np.max(np.abs(b), initial=0.0)) or 1.0
    return bool(np.all(np.abs(a - b) <= rtol * scale))


def explain(error):
    """Say in a sentence where the learner's code stopped and why, without a traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if not frame.filename.startswith(NOT_THEIRS)]
    place = f" at the line `{theirs[-1].line}`" if theirs and theirs[-1].line else ""
    return f"Your code stopped{place} with {type(error).__name__}: {error}"
