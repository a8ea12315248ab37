"""The same work for many items: here, or on the workers of a dask.distributed.Client."""

import contextlib

from memo_edu.errors import BackendError, InputError


def check_client(client):
    """Refuse what is neither None nor a client.

    Raises:
        InputError: it is something else.
    """
    if client is not None and not hasattr(client, "compute"):
        raise InputError(f"A client is a dask.distributed.Client, not {type(client).__name__}.")


def results(function, items, client=None):
    """Do the same for all items, and yield each result when it is there.

    Args:
        function: of one item.
        items: a list; partitions of a bag are computed first.
        client: a dask.distributed.Client, whose workers do it, in any order; or None.

    Returns:
        A generator of (number of the item, result).

    Raises:
        BackendError: workers died again and again.

    Example:
        >>> list(results(len, ["no", "tea"]))
        [(0, 2), (1, 3)]
    """
    if client is None:
        for number, item in enumerate(items):
            yield number, function(computed(item))
        return
    from distributed import as_completed

    futures = {future: n for n, future in enumerate(submit(client, function, items))}
    with lost_workers_told():
        for future, result in as_completed(list(futures), with_results=True):
            yield futures.pop(future), result


def submit(client, function, items, *first):
    """Start function(*first, item) for each item on the workers, and return the futures."""
    from dask import delayed

    leaves = [i if hasattr(i, "compute") else delayed(i, traverse=False) for i in items]
    call = delayed(function, pure=False)
    return client.compute([call(*first, leaf) for leaf in leaves])


def computed(item):
    """Return an item as it is, or a partition of a bag computed in this process."""
    return item.compute(scheduler="synchronous") if hasattr(item, "compute") else item


@contextlib.contextmanager
def lost_workers_told():
    """Say in a sentence that workers died again and again.

    Raises:
        BackendError: they did.
    """
    from distributed import KilledWorker

    try:
        yield
    except KilledWorker as error:
        raise BackendError(
            f"A part of the work was lost with its worker again and again: {error} Do the workers "
            "have enough memory?"
        ) from error
