"""What runs in a submission's own process: it looks names up, and calls what it finds.

A submission could change anything in here. It would gain nothing: the expected answers, and the
seed that they are made from, are in another process.
"""

import json
import types

import numpy as np

from memo_edu.checks import explain
from memo_edu.course.wire import decode, encode

MIME = "application/x-memo-edu"
kept = {}


def keep(value):
    """Store a value under a number."""
    kept[len(kept)] = value
    return len(kept) - 1


def look(space, name):
    """Say what a name stands for: a function, a value, or nothing."""
    if name not in space:
        own = [key for key, value in space.items() if isinstance(value, types.FunctionType)]
        return {"missing": [key for key in own if not key.startswith("_")]}
    if callable(space[name]):
        return {"function": True}
    return {"value": encode(space[name], keep)}


def call(space, name, attribute, given):
    """Call a function of the submission, or a method of a value that was kept."""
    function = space[name] if isinstance(name, str) else kept[name]
    function = getattr(function, attribute) if attribute else function
    arguments = [decode(data, lambda number, kind: kept[number]) for data in given]
    before = [a.copy() if isinstance(a, (np.ndarray, list)) else None for a in arguments]
    result = function(*arguments)
    spoiled = [
        i
        for i, (a, b) in enumerate(zip(arguments, before, strict=True))
        if isinstance(a, list) and list(map(id, a)) != list(map(id, b))
    ]
    changed = {
        str(i): encode(a)
        for i, (a, b) in enumerate(zip(arguments, before, strict=True))
        if isinstance(b, np.ndarray) and not np.array_equal(a, b, equal_nan=True)
    }
    return {"value": encode(result, keep), "changed": changed, "spoiled": spoiled}


def answer(shell, letter):
    """Answer the request in a file, and send the answer by the way of displays."""
    try:
        with open(letter, encoding="utf-8") as file:
            request = json.load(file)
        if "look" in request:
            reply = look(shell.user_ns, request["look"])
        else:
            reply = call(shell.user_ns, request["call"], request["attribute"], request["given"])
    except NotImplementedError:
        reply = {"stub": True}
    except (Exception, SystemExit) as error:  # whatever a student's code may raise
        reply = {"error": explain(error), "kind": type(error).__name__}
    shell.display_pub.publish({MIME: json.dumps(reply), "text/plain": ""})
