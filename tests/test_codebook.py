"""Random vectors: how long they are, how little they overlap, and that they never change."""

import subprocess
import sys

import numpy as np
import pytest

import memo_edu as me
from memo_edu.codebook import Vocabulary, random_stream

# The first entries of two vectors, as they are in every memory saved so far.
GAUSSIAN = [-0.04012722522, -0.00128969399, 0.00783592556, 0.01519989409]
BIPOLAR = "+++-++-+---+-+--" + "+++-+-+-+---++--"

both_kinds = pytest.mark.parametrize("kind", ["gaussian", "bipolar"])


def book(dim=1024, kind="gaussian", seed=0, **options):
    return me.Codebook(dim, kind, seed, backend="numpy", **options)


def words(count):
    return [f"w{i}" for i in range(count)]


def test_gaussian_statistics():
    vectors = book().vectors(words(300)).astype("float64")
    norms = np.linalg.norm(vectors, axis=1)
    assert norms.mean() == pytest.approx(1, abs=0.01)
    assert norms.std() == pytest.approx(1 / np.sqrt(2 * 1024), rel=0.2)
    assert vectors.mean() == pytest.approx(0, abs=5 / np.sqrt(300 * 1024**2))
    assert vectors.std() == pytest.approx(1 / np.sqrt(1024), rel=0.01)
    assert np.mean((vectors * np.sqrt(1024)) ** 4) == pytest.approx(3, rel=0.05)  # as a gaussian


@both_kinds
def test_overlap_is_chance_alone(kind):
    vectors = book(kind=kind).vectors(words(300)).astype("float64")
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    overlaps = (vectors @ vectors.T)[np.triu_indices(300, 1)]
    assert overlaps.mean() == pytest.approx(0, abs=1e-3)
    assert overlaps.std() == pytest.approx(1 / np.sqrt(1024), rel=0.02)
    assert np.abs(overlaps).max() < 6 / np.sqrt(1024)


@pytest.mark.parametrize("dim", [1, 7, 8, 9, 1000, 1024])
def test_bipolar_vectors_are_exact(dim):
    vectors = book(dim, "bipolar").vectors(words(50))
    assert vectors.shape == (50, dim)
    assert set(np.unique(vectors)) <= {-1.0, 1.0}
    assert ((vectors * vectors).sum(axis=1) == dim).all()


def test_bipolar_signs_are_fair():
    vectors = book(kind="bipolar").vectors(words(500))
    assert vectors.mean() == pytest.approx(0, abs=5 / np.sqrt(vectors.size))
    assert np.abs(vectors.mean(axis=0)).max() < 5 / np.sqrt(500)  # in every column


@both_kinds
def test_padding_is_zero_and_nothing_else_is(kind):
    vectors = book(kind=kind).vectors([0, "0", 1, "", np.int64(0)])
    norms = np.linalg.norm(vectors, axis=1)
    assert norms[0] == norms[4] == 0
    assert (norms[1:4] > 0.8).all()


@both_kinds
def test_a_vector_depends_on_the_token_alone(kind):
    first = book(kind=kind)
    tea, cup = first.vectors(["tea", "cup"])
    first.vectors(words(20))
    again = book(kind=kind).vectors(["whale", "cup", 5, "tea", "tea"])
    for row, right in ((1, cup), (3, tea), (4, tea)):
        np.testing.assert_array_equal(again[row], right)


@both_kinds
@pytest.mark.parametrize("other", [dict(seed=1), dict(seed=-1), dict(seed=2**70)])
def test_another_seed_is_another_codebook(kind, other):
    one, two = book(kind=kind).vectors(["tea"])[0], book(kind=kind, **other).vectors(["tea"])[0]
    assert abs(one @ two) < 5 * np.linalg.norm(one) * np.linalg.norm(two) / np.sqrt(1024)


def test_another_kind_or_dim_is_no_part_of_this_one():
    one = book(1024).vectors(["tea"])[0]
    for other in (book(1024, "bipolar"), book(2048)):
        part = other.vectors(["tea"])[0][:1024]
        assert abs(one @ part) < 5 * np.linalg.norm(one) * np.linalg.norm(part) / np.sqrt(1024)


def test_tokens_that_look_alike_are_different():
    alike = ["5", 5, " 5", "5 ", -5, "５", "i:5", "s:5", "tea", "Tea", "tea\x1f", "té", "te\u0301"]
    vectors = book(kind="bipolar").vectors(alike)
    overlaps = vectors @ vectors.T / 1024
    np.testing.assert_array_less(np.abs(overlaps - np.eye(len(alike))), 5 / np.sqrt(1024))


def test_any_str_and_any_int_is_a_token():
    odd = ["", " ", "\n", "\ud800", "\U0001f375", "x" * 10_000, 2**100, -(2**100)]
    assert np.isfinite(book(64).vectors(odd)).all()
    kinds = book(64).vectors([7, np.int32(7), np.uint8(7)])
    assert (kinds == kinds[0]).all()
    assert (book(64).vectors(np.array(["a", "b"])) == book(64).vectors(["a", "b"])).all()
    assert (book(64).vectors(c for c in "ab") == book(64).vectors(["a", "b"])).all()


@both_kinds
def test_float32_is_float64_rounded(kind):
    single = book(kind=kind).vectors(["tea", 3])
    double = book(kind=kind, dtype="float64").vectors(["tea", 3])
    assert single.dtype == "float32"
    assert double.dtype == "float64"
    np.testing.assert_array_equal(single, double.astype("float32"))


@both_kinds
def test_no_tokens_are_no_rows(kind):
    assert book(64, kind).vectors([]).shape == (0, 64)


def test_the_caller_may_write_into_what_he_got():
    one = book(64)
    one.vectors(["tea"])[:] = 9
    assert (one.vectors(["tea"]) != 9).all()


def test_values_are_fixed_for_ever():
    """Other values would make every saved memory unreadable."""
    gaussian = book(1024).vectors(["tea"])[0]
    bipolar = book(1024, "bipolar").vectors([" tea", 5])
    np.testing.assert_allclose(gaussian[:4], GAUSSIAN, rtol=1e-6)
    assert "".join("-+"[int(sign > 0)] for sign in bipolar[:, :16].ravel()) == BIPOLAR


def test_values_do_not_depend_on_the_process():
    """Python hashes a str differently in every process; a codebook must not."""
    code = "import memo_edu as me; print(me.Codebook(4, backend='numpy').vectors(['tea']).tolist())"
    runs = [
        subprocess.run([sys.executable, "-c", code], env={"PYTHONHASHSEED": s}, capture_output=True)
        for s in ("1", "2")
    ]
    assert runs[0].stdout == runs[1].stdout == f"{book(4).vectors(['tea']).tolist()}\n".encode()


def test_streams_depend_on_every_name():
    names = [("a",), ("b",), ("a", "b"), ("ab",), ("a", 1), ("a", "1"), ("a", 1, 1), ("a\x1fb",)]
    draws = [random_stream(*name).integers(2**62) for name in names]
    assert len(set(draws)) == len(names)
    assert draws == [random_stream(*name).integers(2**62) for name in names]


# ---- Vocabulary ------------------------------------------------------------------------------


def test_vocabulary_is_in_one_order():
    one = Vocabulary(book(64), -1, ["tea", 5, "cup", 3])
    two = Vocabulary(book(64), -1, ["cup", 3, "tea", 5, 5])
    assert one.tokens == two.tokens == [3, 5, "cup", "tea"]
    np.testing.assert_array_equal(one.matrix, two.matrix)
    np.testing.assert_array_equal(one.matrix, book(64).vectors(one.tokens))
    assert [one.row(token) for token in one.tokens] == [0, 1, 2, 3]
    assert len(one) == 4


def test_vocabulary_knows_vectors_of_tokens_that_are_no_candidates():
    vocabulary = Vocabulary(book(64), -1, ["tea"])
    asked = ["whale", "tea", -1, 0, "whale"]
    np.testing.assert_array_equal(vocabulary.vectors(asked), book(64).vectors(asked))
    assert vocabulary.tokens == ["tea"]


@pytest.mark.parametrize(
    "tokens", [["tea"], [], ["cup", "tea", "whale"], ["whale"], ["cup", "whale"]]
)
def test_vocabulary_of_other_tokens(tokens):
    other = Vocabulary(book(64), -1, ["cup", "tea"]).of(tokens)
    assert other.tokens == tokens
    np.testing.assert_array_equal(other.matrix, book(64).vectors(tokens))
