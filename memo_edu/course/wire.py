"""Values on their way between a submission and its judge: plain data, never code.

Numbers, text, lists and arrays of numbers are copied. Anything else stays where it is, and only
a handle to it travels. Nothing is unpickled: whoever reads does not trust who wrote.
"""

import base64

import numpy as np

KINDS = "biuf"  # of arrays: yes and no, whole numbers, fractions
LARGEST = 2**27  # bytes of an array, or of a whole answer


class Handle:
    """Something that stays on the other side."""

    def __init__(self, number, kind):
        self.number, self.kind = number, kind


def encode(value, keep=None):
    """Make JSON data of a value.

    Args:
        value: what to send.
        keep: a function that stores what can't be copied, and returns its number; without it such
            a value is an error.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.ndarray) and value.dtype.kind in KINDS:
        if value.nbytes > LARGEST:
            raise ValueError(f"an array of {value.nbytes:,} bytes is too large")
        data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
        return {"array": data, "dtype": value.dtype.str, "shape": list(value.shape)}
    if isinstance(value, (list, tuple)):
        return {type(value).__name__: [encode(item, keep) for item in value]}
    if isinstance(value, dict):
        return {"dict": [[encode(key, keep), encode(item, keep)] for key, item in value.items()]}
    if isinstance(value, Handle):
        return {"handle": value.number, "kind": value.kind}
    if keep is None:
        raise TypeError(f"{type(value).__name__} can't be sent")
    return {"handle": keep(value), "kind": type(value).__name__}


def decode(data, find=Handle):
    """Make a value of JSON data.

    Args:
        data: what encode made, or what somebody claims it made.
        find: a function of (number, kind) that finds what a handle stands for.

    Raises:
        ValueError: the data is not what encode makes.
    """
    if data is None or isinstance(data, (bool, int, float, str)):
        return data
    try:
        if "array" in data:
            dtype = np.dtype(data["dtype"])
            if dtype.kind not in KINDS:
                raise ValueError("not an array of numbers")
            flat = np.frombuffer(base64.b64decode(data["array"]), dtype)
            return flat.reshape(data["shape"]).copy()
        if "list" in data:
            return [decode(item, find) for item in data["list"]]
        if "tuple" in data:
            return tuple(decode(item, find) for item in data["tuple"])
        if "dict" in data:
            return {decode(key, find): decode(item, find) for key, item in data["dict"]}
        return find(int(data["handle"]), str(data["kind"]))
    except (TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(f"an answer that can't be read: {error}") from error
