"""Figures of the experiments: each function takes the records of one, and returns its Axes."""

from memo_edu import plots


def pairs(records):
    """Draw the recall of the first batch and of the latest, as pairs are stored.

    Args:
        records: what experiments.pair_recall returns.
    """
    stored = [record["pairs"] for record in records]
    series = {f"{name} batch": _column(records, name) for name in ("first", "latest")}
    return _whole(plots.lines(stored, series, "pairs stored", "recall"))


def layers(records):
    """Draw the recall of the first rows and of the latest, as rows are memorized.

    Args:
        records: what experiments.multilayer_recall returns.
    """
    tokens = _column(records, "tokens")
    series = {f"{name} rows": _column(records, name) for name in ("initial", "latest")}
    return _whole(plots.lines(tokens, series, "tokens memorized", "recall"))


def prose(records):
    """Draw recall as texts are memorized, over what the counts of the tokens predict.

    Args:
        records: what experiments.prose_recall returns.
    """
    measured, predicted = {}, {}
    for encoder, found in _by(records, "encoder").items():
        tokens = _column(found, "tokens")
        measured[encoder] = (tokens, _column(found, "recall"))
        predicted[encoder] = (tokens, _column(found, "predicted"))
    names = "tokens memorized", "recall"
    return _whole(plots.theory_over_measurement(measured, predicted, *names))


def calibration(records):
    """Draw how often noise is taken for a memory, over how often that was promised.

    Args:
        records: what experiments.false_alarms returns; the largest load is drawn.
    """
    measured, promised = {}, {}
    for encoder, found in _by(records, "encoder").items():
        load = max(_column(found, "texts"))
        found = [record for record in found if record["texts"] == load]
        levels = _column(found, "nominal")
        for name in ("shuffled", "unseen"):
            measured[f"{encoder}, {name}"] = (levels, _column(found, name))
            promised[f"{encoder}, {name}"] = (levels, levels)
    names = "share of false alarms promised", "share that passes for known"
    return plots.theory_over_measurement(measured, promised, *names, log="xy")


def damage(records):
    """Draw recall over how far back the one wrong token of a context is.

    Args:
        records: what experiments.damaged_recall returns.
    """
    records = [record for record in records if record["distance"]]
    series = {name: _column(found, "recall") for name, found in _by(records, "encoder").items()}
    back = sorted({record["distance"] for record in records})
    ax = plots.lines(back, series, "how many tokens back the wrong one is", "recall")
    ax.set_xticks(back)
    return _whole(ax)


def _by(records, name):
    """Group records by an entry."""
    groups = {}
    for record in records:
        groups.setdefault(record[name], []).append(record)
    return groups


def _column(records, name):
    return [record[name] for record in records]


def _whole(ax):
    """Show the whole range of a recall, so that 0.99 does not look like nothing."""
    ax.set_ylim(0, 1.03)
    return ax
