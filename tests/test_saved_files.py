"""The format of saved memories under attack: killed, damaged, forged, oversized, and from afar."""

import io
import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
import tracemalloc
import zipfile
from hashlib import sha256
from pathlib import Path

import array_api_strict
import numpy as np
import pytest
from models import IDS, TEXT, both_encoders, make, state, taught

import memo_edu as me
from memo_edu import scale, storage
from memo_edu.codebook import random_stream
from memo_edu.ledger import Note, _digest

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The bytes of a small file."""
    path = tmp_path_factory.mktemp("good") / "x"
    taught(dim=8).save(path)
    return path.read_bytes()


@pytest.fixture
def parts(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def signed(parts):
    """Parts with checksums that fit, as someone with bad intent would write them."""
    sums = {n: sha256(data).hexdigest() for n, data in parts.items() if n != "about.json"}
    about = {**json.loads(parts["about.json"]), "sha256": sums}
    return {**parts, "about.json": json.dumps(about).encode()}


def pack(path, parts):
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in parts if isinstance(parts, list) else signed(parts).items():
            archive.writestr(name, part)
    return path


def assert_refused(path, message=None):
    with pytest.raises(me.FileFormatError, match=message):
        me.MeMo.load(path, backend="numpy")


def changed(parts, name, **values):
    return {**parts, name: json.dumps({**json.loads(parts[name]), **values}).encode()}


# ---- Killed ----------------------------------------------------------------------------------

SAVER = """
import itertools, sys
import numpy as np
from memo_edu import storage
matrix = np.zeros((200, 200), "float32")
for number in itertools.count(1):
    matrix[:] = number
    storage.write(sys.argv[1], {"dim": 200, "number": number}, {"number": number}, matrix)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_killed_at_fifty_moments_the_file_is_whole(tmp_path):
    """The old memory or the new one, never a mixture and never none."""
    path, stream, seen = tmp_path / "x", random_stream("kill", 0), []
    storage.write(path, {"dim": 200, "number": 0}, {"number": 0}, np.zeros((200, 200)))
    fork = [sys.executable, "-c", FORKED.format(SAVER=SAVER)]
    with subprocess.Popen([*fork, path], stdin=-1, stdout=-1, text=True) as parent:
        for _ in range(50):
            parent.stdin.write("go\n")
            parent.stdin.flush()
            child = int(parent.stdout.readline())
            time.sleep(float(stream.uniform(0.01, 0.08)))
            os.kill(child, signal.SIGKILL)
            assert parent.stdout.readline() == "killed\n"
            config, ledger, matrix = storage.read(path)
            assert config["number"] == ledger["number"]
            np.testing.assert_array_equal(matrix, config["number"])
            seen.append(config["number"])
        parent.stdin.close()
    assert len(set(seen)) > 10  # they were killed at different places
    storage.write(path, {}, {}, np.zeros((1, 1)))
    assert os.listdir(tmp_path) == ["x"]


# Starting Python takes longer than all the rest, so that it is started once.
FORKED = """
import os, sys
import memo_edu.storage
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        exec('''{SAVER}''')
    print(child, flush=True)
    os.waitpid(child, 0)
    print("killed", flush=True)
"""


# ---- Damaged ---------------------------------------------------------------------------------


def what_is_read(path):
    config, ledger, matrix = storage.read(path)
    return config, ledger, matrix.dtype, matrix.tobytes()


def test_a_flipped_bit_is_refused_or_harmless(data, tmp_path):
    """Zip has bits that nobody reads, such as a member's date; what is read is always right.

    One bit of every byte; with MEMO_EDU_THOROUGH every bit.
    """
    path, refused, tried = tmp_path / "x", 0, 0
    path.write_bytes(data)
    good, stream = what_is_read(path), random_stream("flips", 0)
    for place in range(len(data)):
        bits = range(8) if "MEMO_EDU_THOROUGH" in os.environ else [int(stream.integers(8))]
        for bit in bits:
            flipped = bytearray(data)
            flipped[place] ^= 1 << bit
            path.write_bytes(flipped)
            tried += 1
            try:
                assert what_is_read(path) == good, (place, bit)
            except me.FileFormatError:
                refused += 1
    print(f"{tried:,} bits flipped, {refused:,} files refused, wrong memories: 0")
    assert refused > 0.8 * tried


def test_truncated_at_every_length(data, tmp_path):
    for length in range(len(data)):
        (tmp_path / "x").write_bytes(data[:length])
        assert_refused(tmp_path / "x")


@pytest.mark.parametrize("count", [1, 7, 600])
def test_zeros_in_the_place_of_bytes(count, data, tmp_path):
    (tmp_path / "good").write_bytes(data)
    good = state(me.MeMo.load(tmp_path / "good", backend="numpy"))
    for start in range(0, len(data), 97):
        (tmp_path / "x").write_bytes(data[:start] + bytes(count) + data[start + count :])
        try:
            assert state(me.MeMo.load(tmp_path / "x", backend="numpy")) == good
        except me.FileFormatError:
            continue


# ---- Foreign, newer --------------------------------------------------------------------------


@pytest.mark.parametrize("version", [2, 10**9])
def test_a_newer_version_says_what_to_do(version, parts, tmp_path):
    path = pack(tmp_path / "x", changed(parts, "about.json", version=version))
    assert_refused(path, "newer version of this library. Update memo_edu")


@pytest.mark.parametrize("version", [0, -1, 1.5, 1.0, True, "1", None, [1]])
def test_a_version_that_is_none(version, parts, tmp_path):
    assert_refused(pack(tmp_path / "x", changed(parts, "about.json", version=version)))


def test_no_file_is_unpickled():
    """NumPy alone could unpickle, and it is told not to, or given no file."""
    for path in Path(me.__file__).parent.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        assert not re.search(
            r"^\s*(import|from) (pickle|dill|joblib|shelve|marshal)\b", source, re.M
        )
        assert "allow_pickle=True" not in source
        assert not re.search(r"\bnp\.(load|save|savez|fromfile)\(", source), path


def test_a_saved_file_is_read_by_numpy_without_pickle(tmp_path):
    taught("projection", alpha=0.5).save(tmp_path / "x")
    with zipfile.ZipFile(tmp_path / "x") as archive:
        for name in archive.namelist():
            if name.endswith(".npy"):
                assert np.load(io.BytesIO(archive.read(name)), allow_pickle=False).ndim == 2
            else:
                json.loads(archive.read(name))


# ---- Absurd sizes ----------------------------------------------------------------------------

HUGE = 10**12


def npy(descr="<f4", shape=(8, 8), order=False, version=(1, 0), body=b""):
    buffer = io.BytesIO()
    header = {"descr": descr, "fortran_order": order, "shape": shape}
    getattr(np.lib.format, f"write_array_header_{version[0]}_0")(buffer, header)
    return buffer.getvalue() + body


def with_directory_claim(data, size):
    """Let zip's directory claim that the matrix has so many bytes, as far as its fields go."""
    entry = data.rindex(b"PK\x01\x02", 0, data.rindex(b"matrix.npy"))
    claim = min(size, 2**32 - 2).to_bytes(4, "little")
    return data[: entry + 20] + claim * 2 + data[entry + 28 :]


def with_zip64_claim(data, size):
    """The same with a field of 64 bits."""
    name = data.rindex(b"matrix.npy")
    entry = data.rindex(b"PK\x01\x02", 0, name)
    extra = b"\x01\0\x10\0" + size.to_bytes(8, "little") * 2
    changed = bytearray(data[:name] + b"matrix.npy" + extra + data[name + 10 :])
    changed[entry + 20 : entry + 28] = b"\xff" * 8
    changed[entry + 30 : entry + 32] = len(extra).to_bytes(2, "little")
    end = changed.rindex(b"PK\x05\x06")
    directory = int.from_bytes(changed[end + 12 : end + 16], "little") + len(extra)
    changed[end + 12 : end + 16] = directory.to_bytes(4, "little")
    return bytes(changed)


def with_end_claim(data, size):
    """Let zip's last record claim a directory of so many bytes and entries."""
    end = data.rindex(b"PK\x05\x06")
    claim = b"\xfe\xff" * 2 + min(size, 2**32 - 2).to_bytes(4, "little")
    return data[: end + 8] + claim + data[end + 16 :]


@pytest.mark.parametrize("claim", [with_directory_claim, with_zip64_claim, with_end_claim])
@pytest.mark.parametrize("size", [10**5, 2**31, HUGE])
def test_a_directory_is_not_believed(claim, size, data, tmp_path):
    (tmp_path / "x").write_bytes(claim(data, size))
    assert_allocates_nothing(tmp_path / "x")


@pytest.mark.parametrize(
    "changes",
    [
        dict(dim=HUGE),
        dict(heads=HUGE),
        dict(layers=HUGE),
        dict(vocab_size=HUGE),
        dict(vocab_size=10**300),
        dict(seed=10**300),
        dict(heads=10**300),
    ],
)
@pytest.mark.parametrize("shape", [(8, 8), (HUGE, HUGE)])
def test_a_configuration_is_not_believed(changes, shape, parts, tmp_path):
    forged = changed(parts, "config.json", **changes)
    forged["matrix.npy"] = npy(shape=shape) if shape != (8, 8) else parts["matrix.npy"]
    if changes != {"seed": 10**300} or shape != (8, 8):
        assert_allocates_nothing(pack(tmp_path / "x", forged))


def assert_allocates_nothing(path):
    tracemalloc.start()
    try:
        with pytest.raises((me.FileFormatError, me.CapacityError)):
            me.MeMo.load(path, backend="numpy")
        assert tracemalloc.get_traced_memory()[1] < 2e6
    finally:
        tracemalloc.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process's memory")
def test_in_a_process_that_may_hardly_allocate(data, parts, tmp_path):
    forged = changed(parts, "config.json", dim=10**6)
    pack(tmp_path / "0", forged | {"matrix.npy": npy(shape=(10**6, 10**6))})
    for number, claim in enumerate((with_directory_claim, with_zip64_claim, with_end_claim), 1):
        (tmp_path / str(number)).write_bytes(claim(data, HUGE))
    code = """if True:
        import resource, sys
        import memo_edu as me
        used = 1024 * int(open("/proc/self/statm").read().split()[0]) * 4
        resource.setrlimit(resource.RLIMIT_AS, (used + 2**26, used + 2**26))
        for path in sys.argv[1:]:
            try:
                me.MeMo.load(path, backend="numpy")
            except me.FileFormatError as error:
                print("MemoryError" in repr(error.__cause__))
    """
    paths = [tmp_path / str(number) for number in range(4)]
    run = subprocess.run([sys.executable, "-c", code, *paths], capture_output=True, text=True)
    assert run.stdout.split() == ["False"] * 4, run.stderr


def test_members_that_lie_over_each_other_are_bounded_by_the_file(data, tmp_path):
    """A directory may point to one place many times: together, that would be larger."""
    entry = data.rindex(b"PK\x01\x02", 0, data.rindex(b"matrix.npy"))
    end = data.rindex(b"PK\x05\x06")
    one = data[entry:end]
    copies = b"".join(one.replace(b"matrix.npy", b"matrix.%03d" % i) for i in range(200))
    tail = bytearray(data[end:])
    tail[8:12] = (204).to_bytes(2, "little") * 2
    size = int.from_bytes(tail[12:16], "little") + len(copies)
    tail[12:16] = size.to_bytes(4, "little")
    (tmp_path / "x").write_bytes(data[:end] + copies + tail)
    assert_refused(tmp_path / "x")


@pytest.mark.parametrize("count", [2**53, 10**300])
def test_counts_that_no_memory_has(count, parts, tmp_path):
    for values in (dict(targets=[[5, count]]), dict(rows={"0" * 32: count})):
        assert_refused(pack(tmp_path / "x", changed(parts, "ledger.json", **values)))


# ---- Path tricks -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["../evil", "/tmp/evil", "a/../../evil", "C:\\evil", "evil\0.npy", "layer-2.npy"]
)
def test_a_member_of_another_name_is_refused_and_never_written(name, parts, tmp_path):
    (tmp_path / "in").mkdir()
    path = pack(tmp_path / "in" / "x", {**parts, name: b"evil"})
    assert_refused(path)
    unsigned = pack(tmp_path / "in" / "x", [*parts.items(), (name, b"evil")])
    assert_refused(unsigned)
    assert [p.name for p in tmp_path.rglob("*")] == ["in", "x"]
    assert not Path("/tmp/evil").exists()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_is_there_twice_is_refused(parts, tmp_path):
    for name in parts:
        assert_refused(pack(tmp_path / "x", [*parts.items(), (name, parts[name])]), "twice")


@pytest.mark.skipif(os.name == "nt", reason="Windows asks for rights to make links")
def test_links_are_read_through_and_loops_are_refused(tmp_path):
    taught().save(tmp_path / "x")
    (tmp_path / "link").symlink_to("x")
    (tmp_path / "loop").symlink_to("loop")
    assert state(me.MeMo.load(tmp_path / "link", backend="numpy")) == state(taught())
    assert_refused(tmp_path / "loop", "can't be read")
    (tmp_path / "nowhere").symlink_to(tmp_path / "no folder" / "x")
    with pytest.raises(me.InputError, match="does not exist"):
        taught().save(tmp_path / "nowhere")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders")
def test_what_is_no_file_is_neither_read_nor_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, Path("/dev/zero")):
        kind = stat.S_IFMT(path.stat().st_mode)
        with pytest.raises(me.InputError, match="not a file"):
            taught().save(path)
        assert_refused(path, "not a file")
        assert stat.S_IFMT(path.stat().st_mode) == kind
    assert os.listdir(tmp_path) == ["pipe"]


@pytest.mark.parametrize("path", ["a\0b", "\ud800\udfff", "", "no folder/x"])
def test_a_path_that_can_not_be(path):
    with pytest.raises(me.MemoError):
        taught().save(path)
    with pytest.raises(me.MemoError):
        me.MeMo.load(path)


@pytest.mark.skipif(os.name == "nt", reason="Windows has other file modes")
def test_a_new_file_is_as_private_as_the_user_wants(tmp_path):
    before = os.umask(0o077)
    try:
        taught().save(tmp_path / "x")
        assert (tmp_path / "x").stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(before)


# ---- Checkpoints -----------------------------------------------------------------------------


@pytest.mark.parametrize("noted", [{}, [], None, {"done": 5}, {"done": [[1]]}, {"done": [7]}])
def test_a_forged_checkpoint(noted, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("tea.txt").write_text(TEXT)
    scale.memorize_corpus("tea.txt", make(), checkpoint="x")
    about, _, matrix = storage.read("x")
    storage.write("x", about, noted, matrix)
    with pytest.raises(me.FileFormatError, match="not a checkpoint of these texts"):
        scale.memorize_corpus("tea.txt", make(), checkpoint="x")
    assert_refused(Path("x"))


# ---- Other machines, other libraries ---------------------------------------------------------


@both_encoders
def test_across_backends(encoder, tmp_path):
    strict = me.get_backend(array_api_strict, device=array_api_strict.Device("device1"))
    for name, backend in (("strict", strict), ("numpy", "numpy")):
        taught(encoder, backend=backend).save(tmp_path / name)
        for other in (strict, "numpy"):
            model = me.MeMo.load(tmp_path / name, backend=other)
            assert model.backend.owns(model.matrix)
            assert model.backend.to_numpy(model.matrix).tobytes() in (tmp_path / name).read_bytes()
            model.save(tmp_path / "again")
            assert (tmp_path / "again").read_bytes() == (tmp_path / name).read_bytes()


@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8", ">f8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_matrix_in_another_byte_order_is_read_right(dtype, order, parts, tmp_path):
    model = taught(dim=8)
    body = model.matrix.astype(dtype).tobytes(order=order)
    matrix = npy(descr=dtype, order=order == "F", body=body)
    loaded = me.MeMo.load(pack(tmp_path / "x", {**parts, "matrix.npy": matrix}), backend="numpy")
    assert loaded.matrix.tobytes() == model.matrix.tobytes()


@pytest.mark.parametrize("dtype", [">f4", ">f8"])
def test_a_matrix_is_written_in_one_byte_order(dtype, tmp_path):
    matrix = np.arange(64.0).reshape(8, 8).astype(dtype)
    storage.write(tmp_path / "x", {"dim": 8}, {}, matrix)
    with zipfile.ZipFile(tmp_path / "x") as archive:
        assert b"'<f" in archive.read("matrix.npy")
    np.testing.assert_array_equal(storage.read(tmp_path / "x")[2], matrix)


@pytest.mark.parametrize("descr", ["<f2", "<i4", "|O", "<c8", "|V4", "<M8[s]", "|S4", "<f4,<f4"])
def test_a_matrix_of_another_kind_is_refused(descr, parts, tmp_path):
    matrix = npy(descr=descr, body=bytes(4 * 64))
    assert_refused(pack(tmp_path / "x", {**parts, "matrix.npy": matrix}))


def test_another_version_of_npy_is_refused(parts, tmp_path):
    matrix = npy(version=(2, 0), body=bytes(4 * 64))
    assert_refused(pack(tmp_path / "x", {**parts, "matrix.npy": matrix}), "format 1.0")


def test_members_tell_nothing_of_the_machine(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.infolist():
            assert re.fullmatch(r"[a-z0-9-]+\.(json|npy)", member.filename)
            assert member.date_time == (1980, 1, 1, 0, 0, 0)
            assert (member.create_system, member.extra, member.comment) == (3, b"", b"")


# ---- The golden files ------------------------------------------------------------------------

CORPUS = "Whales sing of krill and of deep water."


def golden(encoder):
    """What the golden files hold, made anew."""
    if encoder == "binding":
        model = me.MeMo(dim=16, heads=2, layers=2, encoder="binding", seed=7, backend="numpy")
    else:
        model = me.MeMo(dim=16, heads=2, layers=3, alpha=0.5, penalty=True, backend="numpy")
    model.memorize(TEXT, "tea")
    model.memorize('Tè, "caldo" \U0001f375 \ud800\r\n& <b>', "odd \u2028")
    model.memorize(TEXT, "tea (2)")
    model.memorize_ids(IDS)
    model.memorize_ids(IDS[:1])
    if encoder == "binding":
        other = model.blank()
        other.memorize(CORPUS)
        tokens = me.tokenize(CORPUS)
        other._ledger.remove_text("Whales sing of krill", tokens)
        counts = {token: tokens.count(token) for token in tokens}
        other._ledger.add_note("songs/whales.txt", Note.of(tokens), counts)
        model.merge(other)
    return model


@both_encoders
def test_the_golden_file_is_read_by_this_version(encoder):
    model = me.MeMo.load(GOLDEN / f"{encoder}.memo", backend="numpy")
    expected = golden(encoder)
    assert model.config == expected.config
    assert model._ledger.texts == expected._ledger.texts
    assert model._ledger.rows == {_digest(IDS[0]): 2, _digest(IDS[1]): 1}
    assert model._ledger.targets == expected._ledger.targets
    assert model._ledger.divisors == expected._ledger.divisors
    assert model._ledger.row_divisors == expected._ledger.row_divisors
    assert bool(model._ledger.divisors) == (encoder == "projection")
    for mine, theirs in zip(
        [model._memory, *model._lower.memories],
        [expected._memory, *expected._lower.memories],
        strict=True,
    ):
        if encoder == "binding":
            np.testing.assert_array_equal(mine.matrix, theirs.matrix)
        else:
            np.testing.assert_allclose(mine.matrix, theirs.matrix, rtol=0, atol=1e-5)


SUMS = {
    "binding": {
        "about.json": "2b2f7d98e7a262b3",
        "config.json": "f369864f6b2fadfc",
        "ledger.json": "0888d77832b9f78b",
        "matrix.npy": "bcb0d4c9513ee3b7",
    },
    "projection": {
        "about.json": "0c1e252b00a6e547",
        "config.json": "63537e89497ca4b8",
        "ledger.json": "e038bcb47e1cb75a",
        "matrix.npy": "9e82d01c8dcb9f92",
        "layer-1.npy": "b6192174b802bf1b",
        "layer-2.npy": "44ba28750b99bfda",
    },
}


@both_encoders
def test_the_golden_file_is_what_it_was(encoder):
    """Whoever changes the format gives it a new version, and goes on reading these."""
    with zipfile.ZipFile(GOLDEN / f"{encoder}.memo") as archive:
        found = {n: sha256(archive.read(n)).hexdigest()[:16] for n in archive.namelist()}
    assert found == SUMS[encoder]


@both_encoders
def test_all_of_the_golden_file_can_be_forgotten(encoder, tmp_path):
    model = me.MeMo.load(GOLDEN / f"{encoder}.memo", backend="numpy")
    for name in ("odd \u2028", "tea", "tea (2)"):
        model.forget(name)
    if encoder == "binding":
        model.forget(CORPUS)
    model.forget_ids(IDS)
    model.forget_ids(IDS[:1])
    assert model._ledger.to_json() == make()._ledger.to_json()
    for memory in [model._memory, *model._lower.memories]:
        assert np.abs(memory.matrix).max() <= (0 if encoder == "binding" else 1e-5)


@both_encoders
def test_the_golden_file_is_written_again_as_it_was(encoder, tmp_path):
    path = GOLDEN / f"{encoder}.memo"
    me.MeMo.load(path, backend="numpy").save(tmp_path / "x")
    if json.loads(zipfile.ZipFile(path).read("about.json"))["version"] == storage.VERSION:
        assert (tmp_path / "x").read_bytes() == path.read_bytes()
