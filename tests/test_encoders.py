"""Windows into keys: lengths, order, what overlaps and what must not."""

import functools
import itertools
import math

import numpy as np
import pytest

from memo_edu.encoders import full_windows, make_encoder

both_encoders = pytest.mark.parametrize("kind", ["projection", "binding"])
CHANCE = 5 / math.sqrt(1024)  # five standard deviations of a cosine by chance


@functools.cache
def encoder(kind, dim=1024, heads=4, layers=3, seed=0):
    return make_encoder(kind, dim, heads, layers, seed, "numpy")


def words(count, start=0):
    return [f"w{i}" for i in range(start, start + count)]


def keys(one, tokens, **options):
    """A key of every window; in float32, for keys may be whole numbers of few bits."""
    found = one.keys(one.codebook.vectors(tokens), **options)
    return [key.astype("float32") for key in found]


def last_key(one, tokens, layer=-1):
    """The key of the window that ends with the last token."""
    return keys(one, tokens)[layer][-1]


def cosine(a, b):
    return float(a @ b) / float(np.linalg.norm(a) * np.linalg.norm(b))


# ---- Both ------------------------------------------------------------------------------------


@both_encoders
def test_shapes(kind):
    for dim, heads, layers, count in ((64, 2, 3, 20), (66, 3, 1, 1), (64, 4, 2, 7)):
        one = encoder(kind, dim, heads, layers)
        found = keys(one, words(count))
        assert [key.shape for key in found] == [(count, dim)] * layers
        signatures = one.signatures(one.codebook.vectors(words(count)))
        assert np.broadcast_shapes(signatures.shape, (count, dim)) == (count, dim)
        assert one.span == heads**layers


@both_encoders
def test_only_full_windows_have_keys(kind):
    one = encoder(kind, 64, 2, 3)
    for layer, key in enumerate(keys(one, words(20)), 1):
        norms = np.linalg.norm(key, axis=1)
        size = 2**layer
        assert (norms[: size - 1] == 0).all()
        assert (norms[size - 1 :] > 0.3).all()


@both_encoders
@pytest.mark.parametrize("length", [1, 2, 3, 4, 7])
def test_texts_shorter_than_a_window(kind, length):
    one = encoder(kind, 64, 2, 3)
    for layer, key in enumerate(keys(one, words(length)), 1):
        assert key[-1].any() == (length >= 2**layer)


@both_encoders
def test_a_key_depends_on_its_window_alone(kind):
    one = encoder(kind, 64, 2, 3)
    long, short = keys(one, words(40)), keys(one, words(8, start=17))
    for layer in range(3):
        np.testing.assert_allclose(long[layer][24], short[layer][7], atol=1e-5)


@both_encoders
@pytest.mark.parametrize("length", [1, 2, 3, 4, 7, 8, 9, 30])
@pytest.mark.parametrize("partial", [False, True])
def test_last_keys_are_the_last_rows_of_all_keys(kind, length, partial):
    one = encoder(kind, 64, 2, 3)
    vectors = one.codebook.vectors(words(length))
    expected = [key[-1] for key in keys(one, words(length), partial=partial)]
    found = one.last_keys(vectors, partial)
    assert found.shape == (3, 64)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@both_encoders
def test_swapped_tokens_change_the_key(kind):
    one = encoder(kind)
    window = words(64)
    for layer, i in ((0, -1), (1, -7), (2, -40)):
        swapped = list(window)
        swapped[i], swapped[i - 1] = window[i - 1], window[i]
        assert cosine(*(last_key(one, w, layer) for w in (window, swapped))) < 0.99


@both_encoders
def test_layers_and_seeds_are_unlike(kind):
    window = words(64)
    one, other = encoder(kind), encoder(kind, seed=1)
    for a, b in itertools.combinations(range(3), 2):
        assert abs(cosine(last_key(one, window, a), last_key(one, window, b))) < CHANCE
    again = keys(encoder.__wrapped__(kind), window)
    for layer in range(3):
        assert abs(cosine(last_key(one, window, layer), last_key(other, window, layer))) < CHANCE
        np.testing.assert_array_equal(again[layer][-1], last_key(one, window, layer))


def test_full_windows_of_the_worked_example():
    """h = 2, l = 3, tokens 1..8 and 9 after them: the table of the paper's example."""
    layers = full_windows([1, 2, 3, 4, 5, 6, 7, 8, 9], heads=2, layers=3)
    assert layers[0] == [(((i,), (i + 1,)), i + 2) for i in range(1, 8)]
    assert layers[1] == [(((i, i + 1), (i + 2, i + 3)), i + 4) for i in range(1, 6)]
    assert layers[2] == [(((1, 2, 3, 4), (5, 6, 7, 8)), 9)]
    assert full_windows([1, 2], heads=2, layers=2) == [[], []]


# ---- The paper's projection ------------------------------------------------------------------


def test_projection_keys_have_norm_one():
    one = encoder("projection")
    for layer, key in enumerate(keys(one, words(500)), 1):
        squares = (key[4**layer - 1 :] ** 2).sum(axis=1)
        assert squares.mean() == pytest.approx(1, abs=0.05)


def test_projection_encodings_have_norm_one():
    one = encoder("projection")
    vectors = one.codebook.vectors(words(300))
    for P in one.P:
        blocks = [vectors[i : len(vectors) - 3 + i] for i in range(4)]
        vectors = np.hstack(blocks) @ P
        assert (vectors**2).sum(axis=1).mean() == pytest.approx(1, abs=0.05)


def test_projection_matrices_have_the_papers_spread():
    one = encoder("projection", 512)
    for W in one.W:
        assert W.shape == (512, 128)
        assert W.std() == pytest.approx(1 / math.sqrt(128), rel=0.02)
    assert len(one.P) == 2  # the last layer needs none
    for P in one.P:
        assert P.shape == (4 * 512, 512)
        assert P.std() == pytest.approx(1 / math.sqrt(4 * 512), rel=0.02)


def test_projection_matrices_are_independent():
    one, other = encoder("projection", 512), encoder("projection", 512, seed=1)
    drawn = [matrix.ravel() for matrix in (*one.W, *one.P, *other.W, *other.P)]
    for a, b in itertools.combinations(drawn, 2):
        size = min(len(a), len(b))
        assert abs(cosine(a[:size], b[:size])) < 5 / math.sqrt(size)


def test_projection_keys_are_concatenated_pieces():
    one = encoder("projection", 64, 2, 2)
    x = one.codebook.vectors(words(4))
    first = np.concatenate([x[2] @ one.W[0], x[3] @ one.W[0]]) / math.sqrt(2)
    e = [np.concatenate(x[i : i + 2]) @ one.P[0] for i in (0, 2)]
    second = np.concatenate([e[0] @ one.W[1], e[1] @ one.W[1]]) / math.sqrt(2)
    np.testing.assert_allclose(last_key(one, words(4), 0), first, atol=1e-6)
    np.testing.assert_allclose(last_key(one, words(4), 1), second, atol=1e-6)


@pytest.mark.parametrize("shared", range(5))
def test_projection_windows_that_share_blocks_overlap_by_their_share(shared):
    one = encoder("projection", layers=1)
    cosines = []
    for trial in range(10):
        window = words(4, 10 * trial)
        for places in itertools.combinations(range(4), shared):
            other = [w if i in places else f"other {w}" for i, w in enumerate(window)]
            cosines.append(cosine(last_key(one, window, 0), last_key(one, other, 0)))
    assert np.mean(cosines) == pytest.approx(shared / 4, abs=0.02)
    assert np.abs(np.subtract(cosines, shared / 4)).max() < CHANCE


def test_projection_windows_share_less_the_higher_the_layer():
    """Of three fourths in layer 1, a quarter is left a layer: 3/4, 3/16, 3/64."""
    one, stream = encoder("projection"), words(64)
    other = [f"other {w}" for w in stream[:61]] + stream[61:]
    for layer, share in enumerate((3 / 4, 3 / 16, 3 / 64)):
        found = cosine(last_key(one, stream, layer), last_key(one, other, layer))
        assert found == pytest.approx(share, abs=CHANCE)


def test_projection_stores_values_as_they_are():
    one = encoder("projection", 64, 2, 1)
    assert (one.signatures(one.codebook.vectors(words(5))) == 1).all()


@pytest.mark.parametrize("length", [1, 3, 6, 20])
def test_partial_windows_have_zero_vectors_in_the_missing_places(length):
    one = encoder("projection", 64, 2, 3)
    padded = keys(one, [0] * 7 + words(length))
    for layer, key in enumerate(keys(one, words(length), partial=True)):
        np.testing.assert_allclose(key, padded[layer][7:], atol=1e-6)
        assert key[0].any()


# ---- This library's binding ------------------------------------------------------------------


@pytest.mark.parametrize(("heads", "layers"), [(2, 1), (2, 4), (3, 2), (4, 3)])
def test_binding_keys_and_signatures_are_plus_or_minus_one(heads, layers):
    one = encoder("binding", 101, heads, layers)
    vectors = one.codebook.vectors(words(heads**layers + 5))
    for layer, key in enumerate(one.keys(vectors), 1):
        assert set(np.unique(key[heads**layer - 1 :])) == {-1.0, 1.0}
    assert set(np.unique(one.signatures(vectors)[heads - 1 :])) == {-1.0, 1.0}


def test_binding_keys_are_products_of_rolled_blocks():
    one = encoder("binding", 101, 2, 2)
    x = one.codebook.vectors(words(4))
    bind = [lambda a, b, r=r: np.roll(a, r[0]) * np.roll(b, r[1]) for r in one.rolls]
    v = [bind[0](x[0], x[1]), bind[0](x[2], x[3])]
    np.testing.assert_array_equal(last_key(one, words(4), 0), v[1])
    np.testing.assert_array_equal(last_key(one, words(4), 1), bind[1](*v))
    rolls = one.signature_rolls
    expected = np.roll(x[2], rolls[0]) * np.roll(x[3], rolls[1])
    np.testing.assert_array_equal(one.signatures(x)[-1], expected)


def test_the_last_block_is_not_rolled_and_the_others_all_differ():
    for seed in range(20):
        one = encoder("binding", 64, 4, 3, seed)
        for rolls in one.rolls:
            assert len(set(rolls)) == 4
            assert rolls[-1] == 0
            assert all(0 <= roll < 64 for roll in rolls)
        assert len({*one.signature_rolls, *one.rolls[0]}) == 8


def windows_apart(one, windows):
    """|cosine| of the last layer's key of every window with that of the first."""
    tokens = sorted({token for window in windows for token in window})
    table, rows = one.codebook.vectors(tokens), {token: i for i, token in enumerate(tokens)}
    found = [one.keys(table[[rows[token] for token in window]])[-1][-1] for window in windows]
    found = np.array(found, dtype="float32")
    return np.abs(found[1:] @ found[0]) / one.dim


def test_binding_a_replaced_token_leaves_nothing_alike():
    """Each of the 64 places of the longest window counts."""
    one, window = encoder("binding"), words(64)
    others = [[*window[:i], "another", *window[i + 1 :]] for i in range(64)]
    assert windows_apart(one, [window, *others]).max() < CHANCE


def test_binding_swapped_tokens_leave_nothing_alike():
    """All 2,016 swaps of two tokens of the longest window."""
    one, window = encoder("binding"), words(64)
    others = []
    for i, j in itertools.combinations(range(64), 2):
        swapped = list(window)
        swapped[i], swapped[j] = window[j], window[i]
        others.append(swapped)
    assert windows_apart(one, [window, *others]).max() < CHANCE


@pytest.mark.parametrize("length", [4, 16, 64])
def test_binding_a_moved_or_turned_window_is_not_alike(length):
    one, window = encoder("binding", layers={4: 1, 16: 2, 64: 3}[length]), words(length)
    turned = window[::-1]
    moved = [*window[1:], window[0]]
    halves = window[length // 2 :] + window[: length // 2]
    assert windows_apart(one, [window, turned, moved, halves]).max() < CHANCE


def test_binding_without_rolls_would_forget_order():
    one = encoder.__wrapped__("binding", heads=4, layers=2)
    one.rolls = [[0] * 4] * 2
    window = words(16)
    assert windows_apart(one, [window, window[::-1]]).item() == 1


def test_binding_windows_of_one_repeated_token_are_not_special():
    one = encoder("binding", layers=2)
    window = ["the"] * 16
    others = [["the"] * i + ["cup"] + ["the"] * (15 - i) for i in range(16)]
    assert windows_apart(one, [window, *others, ["cup"] * 16]).max() < CHANCE
    assert abs(last_key(one, window).mean()) < CHANCE


def test_signatures_are_independent_of_keys_and_values():
    one = encoder("binding")
    vectors = one.codebook.vectors(words(300))
    signatures = one.signatures(vectors)[3:].astype("float32")
    for other in (*(key[3:] for key in keys(one, words(300))), vectors[3:]):
        for shift in (0, 1, 5):  # nor a rolled copy of them
            rolled = np.roll(other, shift, axis=1)
            assert np.abs((signatures * rolled).sum(axis=1)).max() / 1024 < CHANCE
    assert np.abs((signatures[:-1] * signatures[1:]).sum(axis=1)).max() / 1024 < CHANCE
