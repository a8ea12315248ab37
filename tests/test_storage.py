"""A file holds a memory whole; a damaged, foreign or hostile one is refused and does no harm."""

import io
import json
import os
import pickle
import re
import tracemalloc
import zipfile
from hashlib import sha256

import numpy as np
import pytest
from models import IDS, TEXT, both_encoders, make, state, taught

import memo_edu as me
from memo_edu import storage

# ---- There and back --------------------------------------------------------------------------


@both_encoders
def test_load_gives_back_what_was_saved(encoder, tmp_path):
    model = taught(encoder, seed=-7)
    model.save(tmp_path / "tea.memo")
    loaded = me.MeMo.load(tmp_path / "tea.memo", backend="numpy")
    assert state(loaded) == state(model)
    assert loaded.recite("A ship") == model.recite("A ship")


@both_encoders
def test_a_loaded_model_goes_on(encoder, tmp_path):
    model = taught(encoder)
    model.save(tmp_path / "x")
    loaded = me.MeMo.load(str(tmp_path / "x"), backend="numpy")
    for one in (model, loaded):
        one.forget(TEXT)
        one.memorize("A cup of tea, at noon.", "cup")
    assert state(loaded) == state(model)
    with pytest.raises(me.InputError, match="'ship' is taken"):
        loaded.memorize(TEXT, "ship")
    with pytest.raises(me.NotMemorizedError):
        loaded.forget("tea")


@pytest.mark.parametrize("vocab_size", [None, 10])
def test_ids_can_be_forgotten_after_loading(vocab_size, tmp_path):
    model = make(vocab_size=vocab_size)
    model.memorize_ids(IDS)
    model.memorize_ids(IDS[:1])
    model.save(tmp_path / "x")
    loaded = me.MeMo.load(tmp_path / "x", backend="numpy")
    assert loaded.predict([1, 2, 3]) == model.predict([1, 2, 3])
    loaded.forget_ids(IDS)
    with pytest.raises(me.NotMemorizedError):
        loaded.forget_ids(IDS)
    loaded.forget_ids(IDS[:1])
    assert not loaded.matrix.any()


def test_partial_windows_come_back(tmp_path):
    model = taught("projection", partial_windows=True)
    model.save(tmp_path / "x")
    assert state(me.MeMo.load(tmp_path / "x", backend="numpy")) == state(model)


def test_vocab_size_of_any_kind_of_whole_number(tmp_path):
    model = make(vocab_size=np.int64(10))
    model.memorize_ids(IDS)
    model.save(tmp_path / "x")
    assert me.MeMo.load(tmp_path / "x", backend="numpy").vocab_size == 10


def test_odd_characters_come_back(tmp_path):
    text = 'Tè “caldo” \U0001f375 \0 \ud800 \ud83c\udf75 <b>&amp;</b> \r\n\t"\\" \u2028 end'
    model = make()
    model.memorize(text, "naïve \U0001f375")
    model.save(tmp_path / "x")
    loaded = me.MeMo.load(tmp_path / "x", backend="numpy")
    assert loaded.texts == {"naïve \U0001f375": len(me.tokenize(text))}
    loaded.forget(text)
    assert not loaded.matrix.any()


def test_counts_beyond_float32_stay_exact(tmp_path):
    model = taught(dim=8)
    model._memory.add(np.full((8, 8), 2.0**40 + 1))
    model.save(tmp_path / "x")
    loaded = me.MeMo.load(tmp_path / "x", backend="numpy")
    assert str(loaded.matrix.dtype) == "float64"
    np.testing.assert_array_equal(loaded.matrix, model.matrix)


def test_a_tokenizer_of_ones_own(tmp_path):
    model = taught(tokenizer=Spaces())
    model.save(tmp_path / "x")
    loaded = me.MeMo.load(tmp_path / "x", backend="numpy", tokenizer=Spaces())
    assert state(loaded) == state(model)


class Spaces:
    def encode(self, text):
        return text.split()

    def decode(self, tokens):
        return " ".join(tokens)


# ---- Whole or not at all ---------------------------------------------------------------------


def test_saving_leaves_one_file_and_replaces_the_old_one(tmp_path):
    model = taught()
    model.save(tmp_path / "x")
    model.forget("ship")
    model.save(tmp_path / "x")
    assert os.listdir(tmp_path) == ["x"]
    assert me.MeMo.load(tmp_path / "x", backend="numpy").texts == model.texts


@pytest.mark.parametrize("step", ["replace", "fsync"])
@pytest.mark.parametrize(
    ("cause", "error", "message"),
    [
        (OSError("disk full"), me.InputError, "x can't be written: disk full"),
        (KeyboardInterrupt("stop"), KeyboardInterrupt, "stop"),
    ],
)
def test_an_interrupted_save_leaves_the_old_file(
    step, cause, error, message, tmp_path, monkeypatch
):
    model = taught()
    model.save(tmp_path / "x")
    old = (tmp_path / "x").read_bytes()
    model.forget("ship")

    def interrupted(*_):
        raise cause

    monkeypatch.setattr(os, step, interrupted)
    with pytest.raises(error, match=message):
        model.save(tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == old
    assert os.listdir(tmp_path) == ["x"]


@both_encoders
def test_nothing_of_a_forgotten_text_is_left_in_the_file(encoder, tmp_path):
    model = taught(encoder)
    model.memorize("Zanzibar xylophones quarrel.", "secret")
    model.forget("secret")
    model.save(tmp_path / "x")
    data = (tmp_path / "x").read_bytes()
    with zipfile.ZipFile(tmp_path / "x") as archive:
        data += b"".join(archive.read(name) for name in archive.namelist())
    for word in (b"Zanzibar", b"xylophones", b"quarrel", b"secret"):
        assert word not in data
    assert b"whales" in data


# ---- Damaged, foreign, hostile ---------------------------------------------------------------


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """The parts of a good file: name -> bytes."""
    path = tmp_path_factory.mktemp("good") / "tea.memo"
    taught(dim=8).save(path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path, parts, sign=True, compression=zipfile.ZIP_STORED):
    """Write parts as one file; with check sums that fit, as someone with bad intent would."""
    if sign:
        about = json.loads(parts["about.json"])
        about["sha256"] = {name: sha256(parts[name]).hexdigest() for name in parts}
        del about["sha256"]["about.json"]
        parts = {**parts, "about.json": json.dumps(about).encode()}
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def npy(array=None, **header):
    """An .npy of an array, or only a header that promises one."""
    buffer = io.BytesIO()
    if array is not None:
        np.save(buffer, array)
    else:
        header = {"descr": "<f4", "fortran_order": False, **header}
        np.lib.format.write_array_header_1_0(buffer, header)
    return buffer.getvalue()


def config(parts, **changes):
    return json.dumps({**json.loads(parts["config.json"]), **changes}).encode()


def ledger(parts, **changes):
    return json.dumps({**json.loads(parts["ledger.json"]), **changes}).encode()


def assert_not_loaded(path, message=None):
    with pytest.raises(me.FileFormatError, match=message) as caught:
        me.MeMo.load(path, backend="numpy")
    assert str(path) in str(caught.value)


def test_the_good_file_loads(parts, tmp_path):
    model = me.MeMo.load(pack(tmp_path / "x", parts), backend="numpy")
    assert state(model) == state(taught(dim=8))


def test_no_file(tmp_path):
    assert_not_loaded(tmp_path / "nothing", "can't be read: No such file")
    assert_not_loaded(tmp_path, "can't be read")


@pytest.mark.parametrize("path", [None, 5, ["a"]])
def test_no_path(path):
    with pytest.raises(me.MemoError):
        me.MeMo.load(path)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK",
        b"PK\x05\x06" + 18 * b"\0",  # a zip file without parts
        b"The tea is hot.",
        pickle.dumps({"matrix": [1, 2]}),
        npy(np.zeros((8, 8), "float32")),
        bytes(range(256)) * 40,
    ],
)
def test_foreign_file(data, tmp_path):
    (tmp_path / "x").write_bytes(data)
    assert_not_loaded(tmp_path / "x", "not a whole memory of this library")


def test_zip_of_something_else(tmp_path):
    assert_not_loaded(pack(tmp_path / "x", {"readme.txt": b"hello"}, sign=False), "about.json")
    np.savez(tmp_path / "y.npz", matrix=np.zeros((8, 8)))
    assert_not_loaded(tmp_path / "y.npz", "about.json")


@pytest.mark.parametrize("missing", ["about.json", *storage.PARTS])
def test_part_that_is_missing(missing, parts, tmp_path):
    rest = {name: data for name, data in parts.items() if name != missing}
    assert_not_loaded(pack(tmp_path / "x", rest, sign=False), re.escape(missing))


@pytest.mark.parametrize(
    ("about", "message"),
    [
        (dict(format="another"), "not a memory of this library"),
        (dict(version=storage.VERSION + 1), "newer version"),
        (dict(version="1"), "not a whole memory"),
        (dict(version=None), "not a whole memory"),
        (dict(sha256={}), "not a whole memory"),
        (dict(sha256=None), "not a whole memory"),
    ],
)
def test_label_that_is_wrong(about, message, parts, tmp_path):
    about = json.dumps({**json.loads(parts["about.json"]), **about}).encode()
    assert_not_loaded(pack(tmp_path / "x", {**parts, "about.json": about}, sign=False), message)


@pytest.mark.parametrize("about", [b"", b"[]", b"null", b"5", b"{}", b"{", b"\xff\xfe\x00"])
def test_label_that_is_no_label(about, parts, tmp_path):
    path = pack(tmp_path / "x", {**parts, "about.json": about}, sign=False)
    assert_not_loaded(path, "not a whole memory")


@pytest.mark.parametrize("name", storage.PARTS)
def test_part_that_is_not_what_was_written(name, parts, tmp_path):
    changed = {**parts, name: parts[name][:-1] + b"?"}
    assert_not_loaded(pack(tmp_path / "x", changed, sign=False), f"damaged: {name}")


def test_truncated_file(parts, tmp_path):
    data = pack(tmp_path / "x", parts).read_bytes()
    for length in range(0, len(data), 7):
        (tmp_path / "x").write_bytes(data[:length])
        assert_not_loaded(tmp_path / "x")


def outcomes_of_flips(data, path):
    """Load after each bit flip: no harm done (zip has bits that nobody reads), or the errors."""
    good, found = state(taught(dim=8)), set()
    for place in range(0, len(data), 2):
        flipped = bytearray(data)
        flipped[place] ^= 1 << place % 8
        path.write_bytes(flipped)
        try:
            assert state(me.MeMo.load(path, backend="numpy")) == good, place
        except me.FileFormatError:
            pass
        except AssertionError:
            raise
        except Exception as error:  # whatever else comes out is what the test is after
            found.add(type(error).__name__)
    return found


def test_flipped_bits_never_give_another_memory(parts, tmp_path):
    outcomes_of_flips(pack(tmp_path / "x", parts).read_bytes(), tmp_path / "x")


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_flipped_bits_are_told_as_damage(compression, parts, tmp_path):
    data = pack(tmp_path / "x", parts, compression=compression).read_bytes()
    assert outcomes_of_flips(data, tmp_path / "x") == set()


class Bomb:
    """What a hostile file would have run on loading."""

    exploded = False

    def __reduce__(self):
        return exec, ("import test_storage; test_storage.Bomb.exploded = True",)


def test_pickle_in_the_matrix_is_never_run(parts, tmp_path):
    buffer = io.BytesIO()
    np.save(buffer, np.array([[Bomb()]], dtype=object), allow_pickle=True)
    assert_not_loaded(pack(tmp_path / "x", {**parts, "matrix.npy": buffer.getvalue()}))
    assert_not_loaded(pack(tmp_path / "x", {**parts, "matrix.npy": pickle.dumps(Bomb())}))
    header_lies = npy(descr="|O", shape=(8, 8)) + pickle.dumps([Bomb()])
    assert_not_loaded(pack(tmp_path / "x", {**parts, "matrix.npy": header_lies}))
    assert not Bomb.exploded


@pytest.mark.parametrize(
    "matrix",
    [
        npy(np.zeros((8, 7), "float32")),
        npy(np.zeros((4, 16), "float32")),
        npy(np.zeros(64, "float32")),
        npy(shape=(8, 8)),  # a header, and nothing after it
        npy(shape=(-8, -8)),
        npy(shape=(2**40, 2**40)),
        npy(np.zeros((8, 8), "float32"))[:-1],
        b"",
        b"\x93NUMPY",
        b"\x93NUMPY\x01\x00\xff\xff{",
    ],
)
def test_matrix_that_is_none(matrix, parts, tmp_path):
    assert_not_loaded(pack(tmp_path / "x", {**parts, "matrix.npy": matrix}))


@pytest.mark.parametrize("dim", [8, 10**4, 10**6])
@pytest.mark.parametrize("promised", [10**4, 10**6])
def test_a_header_is_not_believed(dim, promised, parts, tmp_path):
    """A few bytes that promise up to terabytes: nothing is allocated for them."""
    header = {"matrix.npy": npy(shape=(promised, promised)), "config.json": config(parts, dim=dim)}
    path = pack(tmp_path / "x", {**parts, **header})
    tracemalloc.start()
    try:
        assert_not_loaded(path)
        assert tracemalloc.get_traced_memory()[1] < 5e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "matrix",
    [
        np.full((8, 8), np.nan, "float32"),
        np.full((8, 8), 1e300),
        np.full((8, 8), "tea"),
        np.zeros((8, 8), "complex64"),
        np.zeros((8, 8), "datetime64[s]"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_matrix_of_no_memory(matrix, parts, tmp_path):
    assert_not_loaded(pack(tmp_path / "x", {**parts, "matrix.npy": npy(matrix)}))


@pytest.mark.parametrize("text", ["[]", "null", "{}", '"tea"'])
@pytest.mark.parametrize("name", ["config.json", "ledger.json"])
def test_json_of_another_form(name, text, parts, tmp_path):
    assert_not_loaded(pack(tmp_path / "x", {**parts, name: text.encode()}))


@pytest.mark.parametrize("name", ["config.json", "ledger.json"])
@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe\x00"])
def test_json_that_is_none(name, text, parts, tmp_path):
    assert_not_loaded(pack(tmp_path / "x", {**parts, name: text}), "not a whole memory")


@pytest.mark.parametrize(
    "changes",
    [dict(rotate=True), dict(encoder=["binding"]), dict(heads="2"), dict(layers=0), dict(dim=8.0)],
)
def test_configuration_of_no_model(changes, parts, tmp_path):
    assert_not_loaded(pack(tmp_path / "x", {**parts, "config.json": config(parts, **changes)}))


@pytest.mark.parametrize(
    "changes",
    [
        dict(texts=[["tea"]]),
        dict(texts=[["tea", 5]]),
        dict(texts=[["tea", "ab"]]),
        dict(rows=[1]),
        dict(rows={"ab": 0}),
        dict(rows={"ab": "1"}),
        dict(texts=[["tea", [1.5]]]),
        dict(texts=[[5, ["tea"]]]),
        dict(texts=[["tea", ["a", "b"]], ["tea", ["a", "b"]]]),
        dict(targets=[["tea", -1]]),
        dict(targets=[[[1], 2]]),
        dict(targets=[[1.5, 2]]),
        dict(targets=[["tea", "2"]]),
    ],
)
def test_ledger_of_no_memory(changes, parts, tmp_path):
    assert_not_loaded(pack(tmp_path / "x", {**parts, "ledger.json": ledger(parts, **changes)}))


def test_json_nested_too_deep(parts, tmp_path):
    deep = b"[" * 200_000 + b"]" * 200_000
    assert_not_loaded(pack(tmp_path / "x", {**parts, "ledger.json": deep}))


def test_tokenizer_that_load_was_not_given(tmp_path):
    taught(tokenizer=Spaces()).save(tmp_path / "x")
    with pytest.raises(me.ConfigurationError, match="tokenizer 'Spaces'; pass it to load"):
        me.MeMo.load(tmp_path / "x", backend="numpy")


def test_a_compressed_file_is_refused_before_it_is_unpacked(parts, tmp_path):
    path = pack(tmp_path / "x", parts, compression=zipfile.ZIP_DEFLATED)
    assert_not_loaded(path, "compressed")


@pytest.mark.parametrize("targets", [[[0, 5]], [[-1, 5]], [], [[" tea", 1]]])
def test_a_ledger_that_contradicts_itself_is_refused(targets, parts, tmp_path):
    forged = {**parts, "ledger.json": ledger(parts, targets=targets)}
    assert_not_loaded(pack(tmp_path / "x", forged))


@pytest.mark.skipif(os.name == "nt", reason="Windows has other file modes")
def test_a_saved_file_can_be_read_by_others_as_the_old_one_was(tmp_path):
    path = tmp_path / "x"
    taught().save(path)
    assert path.stat().st_mode & 0o777 == 0o644
    path.chmod(0o660)
    taught().save(path)
    assert path.stat().st_mode & 0o777 == 0o660


@pytest.mark.parametrize("sizes", [dict(dim=10**400), dict(vocab_size=10**400)])
def test_sizes_beyond_any_float_are_told_in_a_sentence(sizes):
    with pytest.raises((me.CapacityError, me.ConfigurationError)) as caught:
        make(**sizes)
    assert re.search("of memory and|at most 4,194,304", str(caught.value))
    assert len(str(caught.value)) < 300
