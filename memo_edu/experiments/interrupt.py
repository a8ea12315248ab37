"""What was measured is kept when somebody presses Ctrl-C."""

import functools


def until_interrupted(experiment):
    """Make of a generator a function that lists what it yields until it ends, or Ctrl-C ends it.

    Args:
        experiment: a function whose calls are generators of records.

    Returns:
        A function with the same parameters, whose calls return a list of records.

    Example:
        >>> @until_interrupted
        ... def measure(steps):
        ...     for step in range(steps):
        ...         if step == 2:
        ...             raise KeyboardInterrupt
        ...         yield {"step": step}
        >>> measure(1000)
        [{'step': 0}, {'step': 1}]
    """

    @functools.wraps(experiment)
    def run(*args, **options):
        records = []
        try:
            for record in experiment(*args, **options):
                records.append(record)
        except KeyboardInterrupt:
            pass
        return records

    return run
