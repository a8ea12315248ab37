"""One experiment for every combination of some options, here or on a cluster."""

import functools
import inspect
import itertools

from memo_edu.cluster import check_client, results
from memo_edu.errors import ConfigurationError
from memo_edu.experiments.bar import progress_bar, without_bars


def sweep(experiment, grid, client=None, **fixed):
    """Run an experiment with every combination of options.

    Args:
        experiment: a function of memo_edu.experiments that returns records, or one like them.
        grid: a dict, name of an option -> its values.
        client: a dask.distributed.Client, whose workers run the combinations side by side; None,
            this process runs one after the other.
        **fixed: options that are the same in all.

    Returns:
        A list of dicts: a combination's options, and each record's own fields. Interrupted, it
        returns the combinations that were measured whole.

    Raises:
        ConfigurationError: the experiment has no such option, returns no records, or there
            are no combinations.
        BackendError: workers died again and again.
        InputError: client is no client. What the experiment raises is raised.

    Source: this library.

    Example:
        >>> from memo_edu.experiments import pair_recall
        >>> sizes = {"heads": 4, "token_dim": 32, "vocab_size": 2000, "batch": 200}
        >>> records = sweep(pair_recall, {"value_dim": [64, 128]}, **sizes, backend="numpy")
        >>> [(record["value_dim"], record["pairs"]) for record in records if record["latest"] < 0.9]
        [(64, 400), (128, 600)]
    """
    check_client(client)
    combinations = _combinations(experiment, grid, fixed)
    run = functools.partial(_run, experiment, fixed)
    found = {}
    with progress_bar(total=len(combinations), desc="sweep", unit="run") as bar:
        try:
            for number, records in results(run, combinations, client):
                found[number] = records
                bar.update()
        except KeyboardInterrupt:
            pass
    return [record for number in sorted(found) for record in found[number]]


def _combinations(experiment, grid, fixed):
    """List a dict of options for every combination; refuse options that nobody knows."""
    known = inspect.signature(experiment).parameters
    unknown = [name for name in [*grid, *fixed] if name not in known]
    if unknown:
        raise ConfigurationError(
            f"{experiment.__name__} has no option {unknown[0]!r}; it has {', '.join(known)}."
        )
    found = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
    if not found:
        raise ConfigurationError("An option in the grid has no values.")
    return found


def _run(experiment, fixed, options):
    """Return the records of one combination; an interrupted one has none."""
    with without_bars():
        records = inspect.unwrap(experiment)(**options, **fixed)
        if not hasattr(records, "__iter__"):
            raise ConfigurationError(f"{experiment.__name__} returns {records!r:.40}, no records.")
        return [options | record for record in records]
