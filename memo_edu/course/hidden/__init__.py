"""Hidden tests: one function a criterion, on data that the secret seed of a course draws."""

import importlib
import os

from memo_edu.codebook import random_stream

SECRET = "MEMO_EDU_SECRET"  # the environment variable with the secret seed of the course


class HiddenTests:
    """The hidden tests of one problem set.

    Args:
        name: the problem set, such as "ps1".

    Example:
        >>> tests = HiddenTests("ps0")
        >>> @tests.criterion("1a")
        ... def double(answer, stream):
        ...     number = int(stream.integers(100))
        ...     assert answer(number) == 2 * number
        >>> tests.verify("1a", lambda number: number + number)
    """

    def __init__(self, name):
        self.name, self.criteria = name, {}

    def criterion(self, number):
        """Register a function of (answer, …, stream) that raises Wrong if the answer fails."""

        def register(test):
            self.criteria[number] = test
            return test

        return register

    def verify(self, number, *answers):
        """Test the answers to one criterion, on data of this course.

        Raises:
            Wrong: with a sentence that says what is wrong.
        """
        self.criteria[number](*answers, self.stream(number))

    def stream(self, purpose):
        """Return the random generator for a purpose; another secret seed gives another."""
        return random_stream("course", self.name, purpose, os.environ.get(SECRET, ""))


def so_many(wrong, things, what="wrong"):
    """Say how many are wrong.

    Example:
        >>> so_many(1, "the six pairs")
        '1 of the six pairs is wrong.'
        >>> so_many(2, "11 sentences", "judged wrongly")
        '2 of 11 sentences are judged wrongly.'
    """
    return f"{wrong} of {things} {'is' if wrong == 1 else 'are'} {what}."


def files_of(assignment):
    """Return what lies beside an assignment's notebook, by the secret at hand: name -> text."""
    return importlib.import_module(f"{__name__}.{assignment}").files()
