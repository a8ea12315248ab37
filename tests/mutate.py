"""Good data made bad in small ways: bytes, JSON values, .npy headers, members of a zip file."""

import io
import json
import math
import struct
import zipfile

import numpy as np


def nested(depth):
    """A list in a list in a list …"""
    value = []
    for _ in range(depth):
        value = [value]
    return value


NUMBERS = [
    0,
    -1,
    1,
    2,
    3,
    255,
    10**7,
    2**31,
    2**53,
    2**53 + 1,
    2**63,
    2**64,
    10**30,
    -(10**30),
    10**400,
]
FRACTIONS = [0.5, -0.0, 5e-324, 1e-40, 1e308, math.nan, math.inf, -math.inf]
STRINGS = ["", " ", "\0", "\ud800", "\udf75\ud83d", "a" * 3000, "\u202e", "e\u0301", "١", "{}", "'"]
STRINGS += ["../../x", "__class__", "[" * 90, "\n- ", "<script>", "\x1b[0m", "{0}", "%s"]
STRANGE = [*NUMBERS, *FRACTIONS, *STRINGS, None, True, False, [], {}, [[]], [None], {"": None}]
STRANGE += [{"dict": [[1, 2]]}, {"a": {"b": []}}, [0] * 99, list("tea")]


def strange(rng):
    """A value that nobody expects; one of its own each time."""
    if rng.random() < 0.04:
        return nested(rng.choice([60, 300]))
    return copied(rng.choice(STRANGE))


def copied(value):
    """Copy a JSON value, however deep."""
    return json.loads(json.dumps(value))


def mutated_bytes(rng, data):
    """Change some bytes, in one of the ways in which files are damaged."""
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 4])):
        place, other = rng.randint(0, len(data)), rng.randint(0, len(data))
        span = slice(place, place + rng.choice([1, 1, 2, 4, 8, 60]))
        way = rng.randrange(7)
        if way == 0 and place < len(data):
            data[place] ^= 1 << rng.randrange(8)
        elif way == 1:
            data[span] = rng.choice([b"", b"\0", b"\xff" * 4, b"\x7f\xff\xff\xff", b"\0" * 8])
        elif way == 2:
            del data[span]
        elif way == 3:
            data[place:place] = data[other : other + 60]
        elif way == 4:
            data[span] = data[other : other + span.stop - place]
        elif way == 5:
            data[place:place] = rng.randbytes(rng.choice([1, 2, 9]))
        elif rng.random() < 0.3:
            del data[place:]
    return bytes(data)


def places_in(value):
    """List every place of a JSON value: (list or dict, index or key)."""
    found, left = [], [value]
    while left:
        box = left.pop()
        items = box.items() if isinstance(box, dict) else enumerate(box)
        for key, item in items:
            found.append((box, key))
            if isinstance(item, (list, dict)):
                left.append(item)
    return found


def mutated_json(rng, value):
    """Change some of a JSON value's values and keys; the value itself stays as it was."""
    value = copied(value)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        places = places_in(value)
        if not places:
            return strange(rng)
        box, key = rng.choice(places)
        other, elsewhere = rng.choice(places)
        way = rng.randrange(8)
        if way <= 1:
            box[key] = strange(rng)
        elif way == 2:
            del box[key]
        elif way == 3:
            item = box[key]
            box[key] = rng.choice([[item], {"": item}, {"0": item}, [item, copied(item)]])
        elif way == 4:
            box[key] = copied(other[elsewhere])
        elif way == 5 and isinstance(box, list):
            box.insert(key, rng.choice([copied(box[key]), strange(rng)]))
        elif way == 5:
            box[rng.choice([*STRINGS, *box])] = box.pop(key)
        elif way == 6 and isinstance(box[key], (int, float)) and abs(box[key]) < 2**60:
            box[key] += rng.choice([1, -1, 0.5, 2**24, 2**53])
        elif way == 7 and isinstance(box[key], str):
            cut = rng.randint(0, len(box[key]))
            box[key] = box[key][:cut] + rng.choice(STRINGS) + box[key][cut:]
        elif way == 7:
            box[key] = json.dumps(box[key])
    return value


def json_bytes(value):
    """Write JSON as UTF-8, lone surrogates too."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def mutated_npy(rng, data):
    """Change the header of an .npy, its numbers, or both."""
    array = np.load(io.BytesIO(data))
    header = {"descr": "<f4", "fortran_order": False, "shape": array.shape}
    shapes = [(), (1,), (0, 0), (-1, -1), (2**31, 2**31), (10**12,), (8, 8, 1), (8.0, 8), ("8", 8)]
    types = ["<f8", ">f4", "<f2", "|O", "<c8", "<U9", "<i4", "f16", "", "<f4,<f4", [["a", "<f4"]]]
    way = rng.randrange(4)
    if way == 0:
        numbers = [*FRACTIONS, 2.0**24, 2.0**53, -(2.0**53), 1e300, 3e38]
        with np.errstate(over="ignore"):
            array = array.astype(rng.choice(["<f4", "<f8", ">f8", "<f2", "<i8"]), casting="unsafe")
            if array.dtype.kind == "f":
                array.flat[rng.randrange(array.size)] = rng.choice(numbers)
        buffer = io.BytesIO()
        np.save(buffer, array)
        return buffer.getvalue()
    changes = {"shape": shapes, "descr": types, "fortran_order": [True, 1, None], "more": [1]}
    key = rng.choice([*changes])
    text = repr({**header, key: rng.choice(changes[key])})
    if way == 1:
        text = mutated_bytes(rng, text.encode()).decode("latin1")
    text = text.encode("latin1", "replace") + b"\n"
    version = rng.choice([b"\1\0", b"\1\0", b"\2\0", b"\3\0", b"\t\0"])
    size = len(text) if rng.random() < 0.8 else rng.choice([0, 1, 2**16 - 1])
    size = struct.pack("<H" if version == b"\1\0" else "<I", size)
    numbers = rng.choice([array.tobytes(), array.tobytes()[:-1], b"", array.tobytes() * 2])
    return b"\x93NUMPY" + version + size + text + numbers


NAMES = ["../../evil.ipynb", "/etc/passwd", "C:\\x.ipynb", "a/" * 400 + "x.ipynb", "\x1b.ipynb"]
NAMES += ["_" * 9000 + ".ipynb", "ps1" + "-" * 9000 + "x", "_1_assignsubmission_" * 90 + "!"]
NAMES += ["", ".", "..", "/", "a\0b.ipynb", "\u202enbpyi.x", "é.ipynb", "CON.ipynb", "a" * 60000]


def zipped(parts, packing=zipfile.ZIP_STORED):
    """Make a zip file of name -> bytes, or of [(name, bytes) …] with names that come twice."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        for name, data in parts.items() if isinstance(parts, dict) else parts:
            entry = zipfile.ZipInfo("x")
            entry.filename, entry.compress_type = name, packing
            if name not in archive.NameToInfo:  # which would be warned of
                archive.writestr(entry, data)
    return buffer.getvalue()


def mutated_zip(rng, parts):
    """Make a zip file whose members were renamed, left out, packed otherwise, or marked oddly."""
    parts = list(parts.items())
    for _ in range(rng.choice([1, 1, 2])):
        if not parts:
            break
        i, way = rng.randrange(len(parts)), rng.randrange(4)
        name, data = parts[i]
        if way == 0:
            parts[i] = rng.choice([*NAMES, name.upper(), name + "/", "./" + name]), data
        elif way == 1:
            del parts[i]
        elif way == 2:
            parts.append((rng.choice(NAMES), rng.choice([data, b"", b"x" * 9000])))
        else:
            parts[i] = name, mutated_bytes(rng, data)
    packings = [zipfile.ZIP_STORED] * 3 + [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2]
    data = bytearray(zipped(parts, rng.choice([*packings, zipfile.ZIP_LZMA])))
    if rng.random() < 0.5:
        _change_marks(rng, data)
    return bytes(data)


# Fields of a member's entry in the list at the end of a zip file: offset, size in bytes.
FIELDS = [(4, 2), (6, 2), (8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (38, 4)]
FIELDS += [(42, 4)]


def _change_marks(rng, data):
    """Change one number in what a zip file says of one of its members."""
    entries = [i for i in range(len(data) - 46) if data[i : i + 4] == b"PK\1\2"]
    if entries:
        offset, size = rng.choice(FIELDS)
        place = rng.choice(entries) + offset
        value = rng.choice([0, 1, 8, 9, 12, 14, 93, 2**11, 2**15, 2**16 - 1, 2**31, 2**32 - 1])
        value = rng.choice([value, 0o120777 << 16])
        data[place : place + size] = (value % 2 ** (8 * size)).to_bytes(size, "little")
