"""One matrix as an associative memory: its algebra, its noise, and when its sums are exact."""

import math

import numpy as np
import pytest

import memo_edu as me
from memo_edu.memory import noise_probability

RNG = np.random.default_rng


def memory(key_dim=64, value_dim=48, dtype="float32"):
    return me.CorrelationMatrixMemory(key_dim, value_dim, "numpy", dtype)


def pairs(count, key_dim=64, value_dim=48, seed=0):
    """Gaussian keys and values of norm about 1."""
    stream = RNG(seed)
    keys = stream.standard_normal((count, key_dim)) / math.sqrt(key_dim)
    return keys, stream.standard_normal((count, value_dim)) / math.sqrt(value_dim)


def whole_pairs(count, key_dim=64, value_dim=48, seed=0):
    stream = RNG(seed)
    return (stream.choice([-1.0, 1.0], (count, dim)) for dim in (key_dim, value_dim))


def test_it_starts_at_zero():
    assert memory(3, 5).matrix.shape == (3, 5)
    assert not memory(3, 5).matrix.any()
    assert not memory(3, 5).retrieve(np.ones((2, 3))).any()


def test_it_is_the_sum_of_outer_products():
    keys, values = pairs(100)
    one = memory(dtype="float64")
    one.memorize(keys, values)
    expected = sum(np.outer(key, value) for key, value in zip(keys, values, strict=True))
    np.testing.assert_allclose(one.matrix, expected, atol=1e-14)


def test_retrieving_is_linear():
    keys, values = pairs(30)
    one = memory(dtype="float64")
    one.memorize(keys, values)
    np.testing.assert_allclose(
        one.retrieve(2 * keys[:1] - 3 * keys[1:2]),
        2 * one.retrieve(keys[:1]) - 3 * one.retrieve(keys[1:2]),
        atol=1e-12,
    )


def test_orthonormal_keys_are_retrieved_exactly():
    keys = np.linalg.qr(RNG(0).standard_normal((64, 64)))[0]
    values = pairs(64)[1]
    one = memory(dtype="float64")
    one.memorize(keys, values)
    np.testing.assert_allclose(one.retrieve(keys), values, atol=1e-12)


def test_crosstalk_has_the_predicted_size():
    keys, values = pairs(500, 512, 512)
    one = memory(512, 512)
    one.memorize(keys, values)
    other_keys, other_values = pairs(200, 512, 512, seed=1)
    wrong = one.retrieve(other_keys) @ other_values.T
    assert wrong.std() == pytest.approx(math.sqrt(500 / 512 / 512), rel=0.1)


def test_one_by_one_or_all_at_once_in_any_order():
    keys, values = whole_pairs(200)
    at_once, one_by_one = memory(), memory()
    at_once.memorize(keys, values)
    for i in RNG(1).permutation(200):
        one_by_one.memorize(keys[i : i + 1], values[i : i + 1])
    np.testing.assert_array_equal(at_once.matrix, one_by_one.matrix)


def test_a_pair_stored_r_times_scores_r():
    keys, values = whole_pairs(1)
    one = memory()
    for times in range(1, 4):
        one.memorize(keys, values)
        assert (one.retrieve(keys) @ values.T).item() == times * 64 * 48


def test_forgetting_whole_numbers_is_exact():
    keys, values = whole_pairs(300)
    one, kept = memory(), memory()
    one.memorize(keys, values)
    kept.memorize(keys[:100], values[:100])
    one.forget(keys[100:], values[100:])
    np.testing.assert_array_equal(one.matrix, kept.matrix)


def test_forgetting_gaussian_pairs_is_exact_to_rounding():
    """10,000 pairs added and taken away: small, not zero."""
    first, many = pairs(1000, 256, 256), pairs(10_000, 256, 256, seed=1)
    one = memory(256, 256)
    one.memorize(*first)
    before = one.matrix.copy()
    one.memorize(*many)
    full = one.matrix.copy()
    one.forget(*many)
    left = np.linalg.norm(one.matrix - before)
    assert 0 < left < 1e-6 * np.linalg.norm(full)


def test_forgetting_twice_leaves_a_negative_memory():
    keys, values = whole_pairs(1)
    one = memory()
    one.memorize(keys, values)
    one.forget(keys, values)
    one.forget(keys, values)
    assert (one.retrieve(keys) @ values.T).item() == -64 * 48


def test_what_is_given_is_left_as_it_was():
    keys, values = (array.astype("float32") for array in pairs(5))
    copies = keys.copy(), values.copy()
    one = memory()
    one.memorize(keys, values)
    one.forget(keys, values)
    one.retrieve(keys)
    np.testing.assert_array_equal((keys, values)[0], copies[0])
    np.testing.assert_array_equal((keys, values)[1], copies[1])
    other = np.ones((64, 48), "float32")
    one.add(other)
    one.memorize(keys, values)
    assert (other == 1).all()


@pytest.mark.parametrize("count", [0, 1])
def test_few_pairs(count):
    one = memory()
    one.memorize(*(array[:count] for array in pairs(3)))
    assert one.retrieve(np.zeros((0, 64))).shape == (0, 48)
    assert one.matrix.any() == bool(count)


@pytest.mark.parametrize("kind", ["int64", "int8", "bool", "float16", list])
def test_numbers_of_every_kind(kind):
    keys = [[1, 0], [0, 1]] if kind is list else np.eye(2).astype(kind)
    one = memory(2, 2)
    one.memorize(keys, keys)
    np.testing.assert_array_equal(one.matrix, np.eye(2))


@pytest.mark.parametrize("sizes", [[], [1], [4095, 1, 1], [3000, 3000, 5000, 3000], [4097]])
def test_pairs_in_blocks_add_up_to_the_same(sizes):
    keys, values = whole_pairs(sum(sizes), 8, 6)
    expected = memory(8, 6)
    expected.memorize(keys, values)
    found, ends = memory(8, 6), np.cumsum([0, *sizes])
    spans = [slice(*ends[i : i + 2]) for i in range(len(sizes))]
    found.memorize_blocks((keys[span].astype("int8"), values[span]) for span in spans)
    assert np.array_equal(found.matrix, expected.matrix)
    assert found.dtype == "float32"


def test_blocks_are_products_of_many_pairs(monkeypatch):
    steps = []
    monkeypatch.setattr(
        me.CorrelationMatrixMemory, "_make_room", lambda _, growth: steps.append(growth)
    )
    ones = np.ones((1000, 3), dtype="int8")
    memory(3, 3).memorize_blocks([(ones, 2 * ones)] * 9)
    assert steps == [8000, 8000, 2000]


def test_blocks_of_numbers_beyond_2_to_the_24_are_exact():
    found, large = memory(1, 2), 2.0**30 + 1
    found.memorize_blocks([([[1]], [[1, 2]]), ([[large]], [[1, 0]]), ([[1]], [[2, 3]])])
    assert found.matrix.tolist() == [[large + 3, 5]]
    found.memorize_blocks([([[1]], [[-large, 0]])])
    assert found.matrix.tolist() == [[3, 5]]


def test_a_bad_block_is_refused():
    with pytest.raises(me.InputError, match="holds NaN"):
        memory(1, 1).memorize_blocks([([[1]], [[1]]), ([[np.nan]], [[1]])])


def test_adding_a_matrix_is_memorizing_what_it_holds():
    one, two, both = memory(), memory(), memory()
    for target, seed in ((one, 1), (two, 2), (both, 1), (both, 2)):
        target.memorize(*whole_pairs(50, seed=seed))
    one.add(two.matrix)
    np.testing.assert_array_equal(one.matrix, both.matrix)
    one.add(-two.matrix)
    one.add(-one.matrix)
    assert not one.matrix.any()


# ---- Exactness -------------------------------------------------------------------------------


def test_it_moves_to_float64_before_an_entry_passes_2_to_the_24():
    one = memory(1, 1)
    one.memorize([[2.0**12]], [[2.0**12]])
    assert str(one.matrix.dtype) == "float32"
    for step in range(1, 4):
        one.memorize([[1]], [[1]])
        assert str(one.matrix.dtype) == "float64"
        assert one.matrix.item() == 2**24 + step


def test_it_moves_while_many_small_steps_add_up():
    one = memory(1, 1)
    for _ in range(5):
        one.memorize(np.ones((2**22, 1), "float32"), np.ones((2**22, 1), "float32"))
    assert one.matrix.item() == 5 * 2**22
    one.memorize([[1]], [[1]])
    assert one.matrix.item() == 5 * 2**22 + 1


def test_negative_entries_are_guarded_too():
    one = memory(1, 1)
    one.forget([[2.0**12]], [[2.0**12]])
    one.forget([[1]], [[1]])
    assert one.matrix.item() == -(2**24) - 1


def test_the_guard_looks_at_the_matrix_before_it_moves():
    """Counts that cancel leave room: the bound is renewed from the matrix itself."""
    one = memory(1, 1)
    for _ in range(10):
        one.memorize([[2.0**11]], [[2.0**12]])
        one.forget([[2.0**11]], [[2.0**12]])
    assert str(one.matrix.dtype) == "float32"


def test_past_2_to_the_53_it_refuses():
    one = memory(1, 1)
    for exponent in (52, 51, 50):
        one.memorize([[2.0**26]], [[2.0 ** (exponent - 26)]])
    held = 2**52 + 2**51 + 2**50
    assert one.matrix.item() == held
    for refused in (lambda: one.memorize([[2.0**26]], [[2.0**26]]), lambda: one.add([[2.0**52]])):
        with pytest.raises(me.CapacityError):
            refused()
    assert one.matrix.item() == held
    one.memorize([[1]], [[1]])
    assert one.matrix.item() == held + 1


def test_repr_says_what_it_is():
    one = memory(3, 5)
    one.forget(np.eye(3), np.full((3, 5), 7))
    for fact in ("3 -> 5", "float32", "60 bytes", "largest entry 7"):
        assert fact in repr(one)


# ---- Noise -----------------------------------------------------------------------------------


def test_noise_probability_is_what_happens():
    sigmas, counts, draws = [1.0, 2.0], [50, 3], 20_000
    stream = RNG(0)
    best = np.maximum(
        stream.standard_normal((draws, 50)).max(axis=1),
        2 * stream.standard_normal((draws, 3)).max(axis=1),
    )
    for score in (2.0, 3.0, 4.0):
        expected = noise_probability(score, sigmas, counts)
        assert (best >= score).mean() == pytest.approx(expected, abs=0.015)


def test_noise_probability_keeps_its_digits():
    one = noise_probability(10.0, [1.0], [1])
    assert one == pytest.approx(7.619853e-24, rel=1e-6)
    assert noise_probability(10.0, [1.0], [1000]) == pytest.approx(1000 * one, rel=1e-6)


@pytest.mark.parametrize(("score", "expected"), [(1.0, 0), (0.0, 1), (-1.0, 1)])
def test_without_noise_only_what_is_not_above_zero_may_be_noise(score, expected):
    assert noise_probability(score, [0.0], [5]) == expected


def test_noise_probability_of_no_candidates_is_zero():
    assert noise_probability(1.0, [], []) == 0
