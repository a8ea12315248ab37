"""Numbers at their limits: the smallest, the largest, those that are none, and very many."""

import contextlib

import array_api_strict
import numpy as np
import pytest
from models import IDS, make

import memo_edu as me

FORMATS = ["float16", "float32", "float64", "int8", "int16", "int64", "uint8", "bool"]
strict = me.get_backend(array_api_strict, array_api_strict.Device("device1"))
NONE = [np.nan, np.inf, -np.inf]


def memory(dtype="float32"):
    return me.CorrelationMatrixMemory(3, 2, "numpy", dtype)


# ---- What is no number, or of another format -------------------------------------------------


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("none", NONE)
@pytest.mark.parametrize("place", range(6))
def test_what_is_no_number_is_refused_wherever_it_stands(dtype, none, place):
    one = memory()
    one.memorize(np.eye(3), np.ones((3, 2)))
    before = one.matrix.copy()
    values = np.ones((3, 2), dtype)
    values.flat[place] = none
    keys = np.ones((2, 3), dtype)
    keys.flat[place] = none
    for action in (
        lambda: one.memorize(np.eye(3), values),
        lambda: one.memorize(keys, np.ones((2, 2))),
        lambda: one.forget(np.eye(3), values),
        lambda: one.memorize_blocks([(np.eye(3), values)]),
        lambda: one.add(values),
        lambda: one.retrieve(keys),
    ):
        with pytest.raises(me.InputError, match="NaN or infinity"):
            action()
    np.testing.assert_array_equal(one.matrix, before)


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("held", ["float32", "float64"])
def test_numbers_of_every_format_are_counted_right(dtype, held):
    stream = np.random.default_rng(0)
    keys, values = (stream.integers(0, 2, (9, n)).astype(dtype) for n in (3, 2))
    exact = keys.astype("int64").T @ values.astype("int64")
    one = memory(held)
    one.memorize(keys, values)
    np.testing.assert_array_equal(one.matrix, exact)
    np.testing.assert_array_equal(one.retrieve(keys), keys.astype("int64") @ exact)
    one.add(exact.astype(dtype) if dtype != "bool" else exact)
    np.testing.assert_array_equal(one.matrix, 2 * exact)
    one.forget(keys.tolist(), values)
    one.memorize_blocks([(keys, values)] * 2)
    np.testing.assert_array_equal(one.matrix, 3 * exact)
    assert one.matrix.dtype == held


@pytest.mark.parametrize("dtype", ["complex64", "U3", "object", "datetime64[s]"])
def test_what_is_no_array_of_numbers_is_refused(dtype):
    with pytest.raises(me.InputError, match="not an array of numbers"):
        memory().memorize(np.zeros((1, 3), dtype), np.zeros((1, 2)))


@pytest.mark.parametrize("dtype", ["float16", "int8", "float128", "f4", None, np.float32])
def test_only_two_formats_are_kept(dtype):
    for make_one in (lambda: memory(dtype), lambda: me.Codebook(8, dtype=dtype, backend="numpy")):
        with pytest.raises(me.ConfigurationError, match="dtype is"):
            make_one()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "int64"])
@pytest.mark.parametrize("encoder", [me.BindingEncoder(64, 2, 2, backend="numpy")])
def test_signs_of_every_format_make_the_same_keys(dtype, encoder):
    vectors = encoder.codebook.vectors(["a", "b", 0, "c", "d", "a"])
    given = vectors.astype(dtype)
    np.testing.assert_array_equal(encoder.keys(given), encoder.keys(vectors))
    np.testing.assert_array_equal(encoder.signatures(given), encoder.signatures(vectors))
    np.testing.assert_array_equal(encoder.last_keys(given), encoder.last_keys(vectors))


@pytest.mark.parametrize("wrong", [0.5, 2, -1.5, 300, 257, *NONE])
@pytest.mark.parametrize("backend", ["numpy", strict], ids=["numpy", "strict"])
def test_what_is_no_sign_is_refused(wrong, backend):
    encoder = me.BindingEncoder(64, 2, 2, backend=backend)
    vectors = encoder.codebook.vectors(["a", "b", "c"])
    vectors[1, 5] = wrong
    for make_them in (encoder.keys, encoder.key_sum, encoder.last_keys, encoder.signatures):
        with pytest.raises(me.InputError, match="vectors of -1 and 1"):
            make_them(vectors)


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_projected_vectors_of_another_format_differ_by_rounding(dtype):
    encoder = me.ProjectionEncoder(64, 2, 2, backend="numpy")
    vectors = encoder.codebook.vectors(["a", "b", "c", "d", "e"])
    for key, expected in zip(
        encoder.keys(vectors.astype(dtype)), encoder.keys(vectors), strict=True
    ):
        assert key.dtype != "float16"
        np.testing.assert_allclose(key, expected, atol=2e-3 if dtype == "float16" else 1e-6)


# ---- The smallest ----------------------------------------------------------------------------


@pytest.mark.parametrize(("dtype", "small"), [("float32", 1e-44), ("float64", 5e-324)])
def test_denormal_numbers_are_kept_and_forgotten(dtype, small):
    one = memory(dtype)
    one.memorize([[small, 0, -small]], [[1, 3]])
    least = np.array([[1, 3], [0, 0], [-1, -3]]) * np.array(small, dtype)
    np.testing.assert_array_equal(one.matrix, least)
    assert np.abs(one.matrix).max() > 0
    one.memorize([[1, 0, 0]], [[1, 1]])
    one.forget([[1, 0, 0]], [[1, 1]])
    one.forget([[0, 0, -small]], [[1, 3]])
    assert one.matrix[2].tolist() == [0, 0]
    assert one.matrix.dtype == dtype


# ---- Very many -------------------------------------------------------------------------------


def times(one, count):
    """A model that has memorized count times what another one has once: doubled, and added up."""
    total = one.blank()
    for digit in f"{count:b}":
        total.merge(total)
        if digit == "1":
            total.merge(one)
    return total


def written(times_=1, **options):
    model = make(**options)
    for _ in range(times_):
        model.memorize_ids(IDS)
    return model


@pytest.mark.parametrize("count", [1, 2, 3, 100, 251])
def test_doubled_memories_are_memories_written_again_and_again(count):
    fast, slow = times(written(), count), written(count)
    assert fast.matrix.tobytes() == slow.matrix.tobytes()
    assert fast.matrix.dtype == slow.matrix.dtype
    assert fast.predict([1, 2, 3], top=99) == slow.predict([1, 2, 3], top=99)
    assert fast._ledger.to_json() == slow._ledger.to_json()


@pytest.mark.parametrize("dim", [64, 200])
def test_a_text_memorized_a_million_times(dim, tmp_path):
    one = written(dim=dim)
    million = times(one, 10**6)
    exact = one.matrix.astype("int64") * 10**6
    assert np.abs(exact).max() < 2**24 or million.matrix.dtype == "float64"
    np.testing.assert_array_equal(million.matrix.astype("int64"), exact)
    assert set(million._ledger.rows.values()) == {10**6}
    answer = million.predict([1, 2, 3])
    assert answer.token == 4
    assert answer.score == pytest.approx(1e6 * one.predict([1, 2, 3]).score, rel=1e-6)
    assert 0 <= answer.p_noise <= 1
    votes = million.explain([1, 2, 3]).votes[:, 0]
    assert votes.sum() == pytest.approx(answer.score)
    million.save(tmp_path / "million")
    loaded = me.MeMo.load(tmp_path / "million", backend="numpy")
    assert loaded.matrix.tobytes() == million.matrix.tobytes()
    million.forget_ids(IDS)
    np.testing.assert_array_equal(million.matrix.astype("int64"), exact - one.matrix)


def test_a_text_memorized_too_often_is_refused_and_nothing_changes():
    one = written(dim=8)
    most = (2**53 - 1) // int(np.abs(one.matrix).max())
    full = times(one, most)
    before, counts = full.matrix.copy(), dict(full._ledger.targets)
    for _ in range(2):
        with pytest.raises(me.CapacityError, match=r"2\^53"):
            full.merge(full)
        with pytest.raises(me.CapacityError, match=r"2\^53"):
            full.memorize_ids(IDS)
    np.testing.assert_array_equal(full.matrix, before)
    assert full._ledger.targets == counts


@pytest.mark.parametrize("largest", [2**24 - 1, 2**24, 2**24 + 1, 2**53 - 1])
def test_every_count_up_to_the_guards_is_exact(largest):
    one = me.CorrelationMatrixMemory(1, 1, "numpy")
    one.memorize([[largest]], [[1]])
    assert int(one.matrix[0, 0]) == largest
    assert one.matrix.dtype == ("float32" if largest <= 2**24 else "float64")
    with contextlib.suppress(me.CapacityError):  # at the limit nothing is written any more
        one.memorize([[-1]], [[1]])
        largest -= 1
    assert int(one.matrix[0, 0]) == largest


@pytest.mark.parametrize("beyond", [2.0**53, -(2.0**53), 1e300, 2**63, 10**30])
def test_numbers_that_no_memory_counts_exactly_are_refused(beyond):
    one = memory()
    with pytest.raises(me.MemoError):
        one.memorize([[beyond, 0, 0]], [[1, 1]])
    with pytest.raises(me.MemoError):
        one.memorize([[1, 0, 0]], [[1, beyond]])
    assert not one.matrix.any()


def test_the_largest_ids():
    model = make()
    rows = np.array([[2**63 - 1, 2**63 - 2, 2**53 + 1, 2**53, 7]])
    model.memorize_ids(rows)
    assert model.recall_ids(rows).accuracy == 1
    with pytest.raises(me.InputError, match="ids lie in"):
        model.memorize_ids(np.array([[1, 2, 2**63, 4]], "uint64"))
