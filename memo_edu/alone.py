"""One thread at a time: while one uses a model the others wait, so that none sees half a change."""

import contextlib
import functools
import itertools
import threading


class Lock:
    """What a thread holds while it uses a model; it may take it again, and others wait.

    Pickled or copied in depth it is another one, as the model is another model.

    Attributes:
        number: locks are taken in the order of their numbers, so no two threads wait for each
            other.

    Example:
        >>> first, second = Lock(), Lock()
        >>> first.number < second.number
        True
    """

    _numbers = itertools.count()

    def __init__(self):
        self.number, self._lock = next(Lock._numbers), threading.RLock()

    def __enter__(self):
        self._lock.acquire()

    def __exit__(self, *_):
        self._lock.release()

    def __reduce__(self):
        return Lock, ()


def alone(function):
    """Let a function wait until no other thread uses the models that it is given.

    Args:
        function: any; a model is an argument that has a Lock, called lock.

    Returns:
        The function, with all these locks held while it runs.

    Example:
        >>> class Counter:
        ...     def __init__(self):
        ...         self.lock, self.count = Lock(), 0
        ...     @alone
        ...     def add(self, other):
        ...         self.count += other.count + 1
        >>> one = Counter()
        >>> one.add(Counter())
        >>> one.count
        1
    """

    @functools.wraps(function)
    def waiting(*given, **named):
        things = (getattr(thing, "__dict__", {}) for thing in (*given, *named.values()))
        locks = {one["lock"] for one in things if isinstance(one.get("lock"), Lock)}
        with contextlib.ExitStack() as held:
            for lock in sorted(locks, key=lambda lock: lock.number):
                held.enter_context(lock)
            return function(*given, **named)

    return waiting
