"""Predicted recall and capacity: sound for any sizes, and right where they can be measured."""

import functools
import math
from collections import Counter
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import memo_edu as me
from memo_edu import theory
from memo_edu.codebook import random_stream
from memo_edu.encoders import BindingEncoder, ProjectionEncoder

STREAM = functools.partial(random_stream, "theory")
# Experiment (b): the candidates, and the pairs that an iteration stores.
VOCAB_SIZE, PAIRS = 50_276, 30 * 1021
EVERY_ENCODER = ["projection", "bound keys", "bound values", "binding"]


def recall_at(sigma, vocab_size):
    """The recall of a memory whose noise has the size sigma."""
    return theory.recall(1, 1, 1, vocab_size, spread=sigma**2 / (1 + 1 / vocab_size))


# ---- Sound for any sizes ---------------------------------------------------------------------

SIGMAS = [10.0**power for power in range(-6, 7)] + [0.1, 0.15, 0.2, 0.3, 0.5, 2.0]


@pytest.mark.parametrize("sigma", SIGMAS)
def test_two_candidates_have_a_closed_form(sigma):
    expected = 0.5 * math.erfc(-1 / (2 * sigma))  # the difference of two scores is N(1, 2σ²)
    assert recall_at(sigma, 2) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("vocab_size", [1, 2, 3, 1000, 10**7])
def test_infinite_noise_leaves_chance_and_none_leaves_certainty(vocab_size):
    assert recall_at(1e6, vocab_size) == pytest.approx(1 / vocab_size, rel=1e-4)
    assert recall_at(1e150, vocab_size) == pytest.approx(1 / vocab_size, rel=1e-7)
    assert recall_at(1e-150, vocab_size) == 1
    assert theory.recall(0, 1, 1, vocab_size) == 1


def recall_by_the_best_wrong_score(sigma, vocab_size):
    """P = ∫ Φ(1/σ - t(u)) du, where t(u) is the u-quantile of the best of V - 1 wrong scores.

    The other way round: it integrates over the best wrong score, on a Gumbel scale, and takes
    the quantiles from the standard library.
    """
    normal, g = NormalDist(), np.arange(-3.45, 45, 0.02)
    tails = -np.expm1(-np.exp(-g) / (vocab_size - 1))
    below = np.array([normal.cdf(1 / sigma + normal.inv_cdf(tail)) for tail in tails])
    return float(np.sum(np.exp(-g - np.exp(-g)) * below) * 0.02)


@pytest.mark.parametrize("vocab_size", [2, 3, 10, 1000, 50_277, 10**7])
@pytest.mark.parametrize("sigma", [1e-6, 0.1, 0.15, 0.2, 0.3, 1, 10, 1e6])
def test_recall_agrees_with_another_integral(vocab_size, sigma):
    expected = recall_by_the_best_wrong_score(sigma, vocab_size)
    assert recall_at(sigma, vocab_size) == pytest.approx(expected, abs=1e-9, rel=1e-7)


@pytest.mark.parametrize(("vocab_size", "sigma"), [(2, 1), (10, 0.6), (200, 0.4), (200, 2)])
def test_recall_agrees_with_drawn_scores(vocab_size, sigma):
    scores = sigma * STREAM(vocab_size).standard_normal((20_000, vocab_size))
    scores[:, 0] += 1
    measured = np.mean(scores.argmax(axis=1) == 0)
    expected = recall_at(sigma, vocab_size)
    assert measured == pytest.approx(expected, abs=4 * (expected * (1 - expected) / 2e4) ** 0.5)


any_dim = st.integers(1, 10**6)
any_vocab = st.integers(1, 10**7)
any_pairs = st.floats(0, 1e300) | st.integers(0, 10**9)
any_spread = st.floats(1e-300, 1e300)
# Sums of rounded numbers: what is equal may differ by this.
ROUNDING = 1e-12


@given(any_pairs, any_dim, any_dim, any_vocab, any_spread)
def test_recall_is_a_share_whatever_the_sizes(pairs, key_dim, value_dim, vocab_size, spread):
    found = theory.recall(pairs, key_dim, value_dim, vocab_size, spread)
    assert (1 - 1e-6) / vocab_size <= found <= 1


@given(any_pairs, any_pairs, any_dim, any_dim, any_vocab)
def test_more_pairs_never_help(some, more, key_dim, value_dim, vocab_size):
    some, more = sorted([some, more])
    found = theory.recall(more, key_dim, value_dim, vocab_size)
    assert found <= theory.recall(some, key_dim, value_dim, vocab_size) + ROUNDING


@given(st.integers(0, 10**9), any_dim, any_dim, any_dim, st.integers(2, 10**7))
def test_larger_dimensions_never_hurt(pairs, dim, other, step, vocab_size):
    found = theory.recall(pairs, dim, other, vocab_size)
    assert found <= theory.recall(pairs, dim + step, other, vocab_size) + ROUNDING
    assert found <= theory.recall(pairs, dim, other + step, vocab_size) + ROUNDING


@given(st.floats(1e-6, 1e6), st.integers(1, 10**7), st.integers(1, 10**7))
def test_more_candidates_never_help(sigma, few, many):
    few, many = sorted([few, many])
    assert recall_at(sigma, many) <= recall_at(sigma, few) + ROUNDING


@given(any_dim, any_dim, st.integers(2, 10**7), st.floats(0.001, 0.999), st.floats(0.1, 10))
def test_capacity_is_where_recall_falls_to_the_accuracy(key_dim, value_dim, size, share, spread):
    accuracy = 1 / size + share * (1 - 1 / size)
    assume(1 / size < accuracy < 1)
    found = theory.capacity(key_dim, value_dim, size, accuracy, spread)
    assert isinstance(found, int)
    assert theory.recall(found, key_dim, value_dim, size, spread) >= accuracy - ROUNDING
    assert theory.recall(found + 1, key_dim, value_dim, size, spread) < accuracy + ROUNDING


def test_capacity_has_an_end_however_close_to_chance_or_certainty():
    nearly_chance, nearly_certain = math.nextafter(0.5, 1), math.nextafter(1, 0)
    assert theory.capacity(8, 8, 2, accuracy=nearly_chance) > 10**12
    assert 0 <= theory.capacity(8, 8, 2, accuracy=nearly_certain) < 8


# ---- The published figures -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dim", "published", "predicted"),
    [
        (512, 8_000, 7_989),
        (1024, 31_000, 31_794),
        (2048, 126_000, 125_903),
        (4096, 495_000, 493_704),
    ],
)
def test_capacity_of_one_layer_is_the_published_one(dim, published, predicted):
    found = theory.capacity(dim, dim, 100_000)
    assert found == predicted
    assert abs(found / published - 1) < 0.03


def test_capacity_in_closed_form_and_its_asymptote():
    pairs = theory.capacity(4096, 4096, 100_000)
    z = 1 / theory.noise(pairs, 4096, 4096, vocab_size=100_000)
    assert z == pytest.approx(5.71, abs=0.005)
    assert 4096**2 / (2 * math.log(100_000)) / pairs == pytest.approx(1.4, abs=0.1)
    assert pairs / 4096**2 == pytest.approx(0.03, abs=0.001)  # pairs per parameter


# heads · token_dim, value_dim and the pairs that were stored when recall fell to 0.9.
STORED = [
    (512, 512, 8_000),
    (512, 1024, 16_000),
    (256, 2048, 16_000),
    (32, 8192, 4_000),
    (4096, 4096, 484_000),
    (1024, 1024, 31_000),
    (1024, 512, 16_000),
    (2048, 2048, 126_000),
    (8192, 8192, 1_841_000),
    (4096, 4096, 495_000),
]


@pytest.mark.parametrize(("key_dim", "value_dim", "stored"), STORED)
def test_counts_predict_the_recall_at_every_published_capacity(key_dim, value_dim, stored):
    counts = np.bincount(STREAM(stored).integers(100_000, size=stored), minlength=100_000)
    found = theory.recall_of_counts(counts, key_dim, value_dim, encoder="bound keys")
    assert found == pytest.approx(0.9, abs=0.03)


def test_counts_matter_where_a_key_is_short():
    """Most candidates are no pair's target; the few that are have by far the most noise."""
    assert theory.recall(4_000, 32, 8192, 100_000) > 0.99  # measured: 0.9


@functools.cache
def predicted_recall(dim, layers, iterations):
    """Recall from the counts of random tokens, after each iteration of experiment (b)."""
    stream, counts, found = STREAM("rows"), np.zeros(VOCAB_SIZE, dtype=int), []
    for _ in range(iterations):
        counts += np.bincount(stream.integers(VOCAB_SIZE, size=PAIRS), minlength=VOCAB_SIZE)
        found.append(theory.recall_of_counts(counts, dim, dim, layers=layers))
    return found


PUBLISHED = [1.0, 0.997, 0.940, 0.790, 0.616, 0.466, 0.349, 0.268, 0.207, 0.163]
# What chance allows: three standard deviations of the share of 30,600 answers.
CHANCE = 3 * np.sqrt(np.array(PUBLISHED) * (1 - np.array(PUBLISHED)) / PAIRS) + 0.0005


def test_one_layer_predicts_the_published_curve():
    assert (np.abs(np.subtract(predicted_recall(2048, 1, 10), PUBLISHED)) <= CHANCE).all()


def test_one_layer_from_sizes_alone_is_near_the_published_curve():
    s = theory.spread(heads=4, overlap=2048 / VOCAB_SIZE)
    found = [theory.recall(i * PAIRS, 2048, 2048, VOCAB_SIZE, s) for i in range(1, 11)]
    errors = np.subtract(found, PUBLISHED)
    assert np.abs(errors).max() < 0.015
    assert errors.max() > 0.01  # the right pair's own value is missing; counts know of it


@pytest.mark.parametrize(
    ("dim", "layers", "iteration", "published"),
    [
        (1024, 1, 1, 0.801),
        (1024, 1, 2, 0.283),
        (1024, 2, 1, 0.837),
        (1024, 2, 2, 0.321),
        (1024, 3, 1, 0.841),
        (1024, 3, 2, 0.341),
        (2048, 2, 3, 0.952),
        (2048, 3, 3, 0.943),
    ],
)
def test_layers_help_a_little_on_random_tokens(dim, layers, iteration, published):
    """Of 1,020 columns, those before the last layer's first full window are recalled worse."""
    found = predicted_recall(dim, layers, 3)[iteration - 1]
    short = (4**layers - 4) / 1020
    assert found * (1 - short) - 0.01 < published < found + 0.01


def test_layers_change_nothing_but_the_spread():
    pairs, s = 10 * PAIRS, theory.spread_of_layers(heads=4, layers=3, overlap=2048 / VOCAB_SIZE)
    assert 1.1 < s < theory.spread(heads=4)
    found = theory.recall(pairs, 2048, 2048, VOCAB_SIZE, s)
    assert found == pytest.approx(predicted_recall(2048, 3, 10)[-1], abs=0.005)


# ---- How much keys overlap -------------------------------------------------------------------


def mean_square(keys):
    """d times the mean square of the overlaps of different keys."""
    overlaps = keys @ keys.T
    np.fill_diagonal(overlaps, 0)
    return keys.shape[1] * np.sum(overlaps**2) / (len(keys) * (len(keys) - 1))


def keys_of_random_tokens(heads, layers, dim, vocab_size, seed):
    tokens = STREAM(seed).integers(1, vocab_size + 1, size=1100)
    encoder = ProjectionEncoder(dim, heads, layers, seed, "numpy")
    keys = encoder.keys(encoder.codebook.vectors(tokens))
    return [key[heads**layers :].astype(float) for key in keys]


@pytest.mark.parametrize(("heads", "vocab_size"), [(2, 10**6), (4, 500)])
def test_spread_is_measured(heads, vocab_size):
    measured = [
        [mean_square(key) for key in [*keys, sum(keys) / 3**0.5]]
        for keys in (keys_of_random_tokens(heads, 3, 512, vocab_size, seed) for seed in range(3))
    ]
    overlap = 512 / vocab_size
    predicted = [theory.spread(heads, layer, overlap) for layer in (1, 2, 3)]
    predicted.append(theory.spread_of_layers(heads, 3, overlap))
    assert np.mean(measured, axis=0) == pytest.approx(np.array(predicted), rel=0.03)


def test_the_projection_encoder_uses_the_same_noise():
    encoder = ProjectionEncoder(64, heads=4, layers=1, backend="numpy")
    repeats, counts = np.array([1, 9]), np.array([41, 3])
    s = theory.spread(4, overlap=64 * (41 + 3 * 81) / 68**2)
    found = encoder.noise(None, repeats, counts)
    assert found == pytest.approx(theory.noise(68, 64, 64, repeats, spread=s))


TUNE = me.tokenize("ding dong bell, ding dang bell, dong dang ding dong bell, ding dong")


@pytest.mark.parametrize("layer", [1, 2, 3])
def test_coherence_is_the_mean_cosine_of_the_projection(layer):
    cosines = []
    for seed in range(20):
        encoder = ProjectionEncoder(256, 2, layer, seed, "numpy")
        keys = encoder.keys(encoder.codebook.vectors(TUNE))[layer - 1]
        cosines.append(keys @ keys.T)
    predicted = theory.coherence(TUNE, heads=2, layer=layer)
    assert len(np.unique(predicted)) > 2
    error = np.std(cosines, axis=0) / 20**0.5
    assert (np.abs(np.mean(cosines, axis=0) - predicted) <= 4.5 * error + 1e-6).all()


@pytest.mark.parametrize("layer", [1, 2, 3])
def test_coherence_of_bound_keys_is_all_or_nothing(layer):
    encoder = BindingEncoder(4096, 2, layer, backend="numpy")
    keys = encoder.keys(encoder.codebook.vectors(TUNE))[layer - 1].astype(float)
    predicted = theory.coherence(TUNE, heads=2, layer=layer, encoder="binding")
    assert set(np.unique(predicted)) == {0, 1}
    assert np.abs(keys @ keys.T / 4096 - predicted).max() < 0.1
    assert (predicted == theory.coherence(TUNE, 2, layer, "bound keys")).all()


def test_longer_windows_share_less_of_a_decoy():
    """The last three tokens before "d" are copied: 3 of 4, of 16, of 64."""
    text = [f"w{i}" for i in range(64)] + list("abcd") + [f"v{i}" for i in range(64)] + list("abcd")
    first, second = text.index("c"), len(text) - 2
    shared = [float(theory.coherence(text, 4, layer)[first, second]) for layer in (1, 2, 3)]
    assert shared == [3 / 4, 3 / 16, 3 / 64]
    assert theory.coherence(text, 4, 3)[62].max() == 0  # no full window ends here


def test_coherence_of_few_tokens():
    assert theory.coherence(["a"], heads=4).tolist() == [[0]]
    assert theory.coherence([], heads=4).shape == (0, 0)
    assert theory.coherence(["a", "a"], heads=2, layer=3).tolist() == [[0, 0], [0, 0]]


# ---- Recall of a text ------------------------------------------------------------------------


def test_recall_matches_a_measurement():
    stream = STREAM()
    E = me.Codebook(256, seed=2, backend="numpy").vectors(range(1, 2_001))
    keys, values = stream.choice([-1.0, 1.0], (4_000, 256)), stream.integers(0, 2_000, 4_000)
    memory = me.CorrelationMatrixMemory(256, 256, backend="numpy")
    memory.memorize(keys, E[values])
    measured = ((memory.retrieve(keys) @ E.T).argmax(axis=1) == values).mean()
    assert measured == pytest.approx(theory.recall(4_000, 256, 256, 2_000), abs=0.05)
    counts = np.bincount(values, minlength=2_000)
    predicted = theory.recall_of_counts(counts, 256, 256, encoder="bound keys")
    assert measured == pytest.approx(predicted, abs=0.02)


@functools.cache
def tokens_of(name):
    return me.tokenize(me.sample_texts()[name])


@functools.cache
def measured(name, dim, layers, encoder, seeds=4):
    """For each token of a sample text, how often it is recalled by models with other seeds."""
    text, correct = me.sample_texts()[name], []
    for seed in range(seeds):
        model = me.MeMo(dim, 4, layers, encoder, seed, "numpy")
        model.memorize(text)
        correct.append(model.recall(text, start=0).correct)
    return np.mean(correct, axis=0)


@functools.cache
def predicted(name, dim, layers, encoder):
    return theory.recall_of_text(tokens_of(name), dim, 4, layers, encoder)


@pytest.mark.parametrize("encoder", EVERY_ENCODER)
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("dim", [128, 256])
def test_windows_predict_the_recall_of_a_text(encoder, layers, dim):
    found = predicted("clockmaker", dim, layers, encoder)
    recall = measured("clockmaker", dim, layers, encoder).mean()
    assert found.mean() == pytest.approx(recall, abs=0.04)


@pytest.mark.parametrize("dim", [256, 1024])
@pytest.mark.parametrize("name", ["lighthouse", "atlas"])
def test_windows_predict_what_the_projection_forgets(name, dim):
    found, recalled = predicted(name, dim, 1, "projection"), measured(name, dim, 1, "projection")
    assert found.mean() == pytest.approx(recalled.mean(), abs=0.03)
    assert recalled[found > 0.95].mean() > 0.95
    assert recalled[found < 0.5].mean() < 0.5


@pytest.mark.parametrize("encoder", ["bound keys", "bound values", "binding"])
@pytest.mark.parametrize("layers", [1, 3])
def test_counts_predict_the_recall_of_a_text_if_anything_is_bound(encoder, layers):
    counts = Counter(tokens_of("clockmaker"))
    found = theory.recall_of_counts(counts, 128, 128, 4, layers, encoder)
    recalled = measured("clockmaker", 128, layers, encoder).mean()
    assert found == pytest.approx(recalled, abs=0.03)


@pytest.mark.parametrize("name", ["lighthouse", "clockmaker", "atlas"])
@pytest.mark.parametrize("layers", [1, 3])
def test_counts_predict_the_projection_roughly(name, layers):
    found = theory.recall_of_counts(Counter(tokens_of(name)), 256, 256, 4, layers)
    assert found == pytest.approx(measured(name, 256, layers, "projection").mean(), abs=0.08)


def test_what_windows_share_does_not_go_away_with_the_dimension():
    found = [theory.recall_of_text(tokens_of("clockmaker"), d, 4, 1).mean() for d in (10**6, 10**8)]
    assert found[0] == pytest.approx(found[1], abs=0.002)
    assert found[1] < 0.96
    bound = theory.recall_of_text(tokens_of("clockmaker"), 10**8, 4, 1, "binding")
    assert bound.min() > 1 - 1e-9


def test_a_window_that_goes_on_in_two_ways_is_guessed():
    text = me.tokenize(" one two three four five six one two seven eight one two")
    found = theory.recall_of_text(text, 10**6, heads=2, layers=1, encoder="binding")
    guessed = {text[i]: round(found[i], 2) for i in range(len(text)) if found[i] < 0.99}
    assert guessed == {" three": 0.5, " seven": 0.5}


ROWS = "\n".join(f"row {i} :" + " - -" * 20 for i in range(12))


@pytest.mark.parametrize("encoder", EVERY_ENCODER)
def test_pairs_that_are_stored_again_and_again_make_noise_squared(encoder):
    """A row of dashes stores one pair many times; counts can't see that, windows can."""
    tokens, recalled = me.tokenize(ROWS), []
    for seed in range(4):
        model = me.MeMo(128, 4, 1, encoder, seed, "numpy")
        model.memorize(ROWS)
        recalled.append(model.recall(ROWS, start=0).accuracy)
    found = theory.recall_of_text(tokens, 128, 4, 1, encoder).mean()
    assert found == pytest.approx(np.mean(recalled), abs=0.03)
    if encoder == "binding":
        counted = theory.recall_of_counts(Counter(tokens), 128, 128, 4, 1, encoder)
        assert counted > np.mean(recalled) + 0.05


@pytest.mark.parametrize("encoder", ["projection", "binding"])
def test_a_sample_is_a_part_of_the_whole(encoder):
    tokens = tokens_of("atlas")[:150]
    whole = theory.recall_of_text(tokens, 128, 4, 2, encoder)
    part = theory.recall_of_text(tokens, 128, 4, 2, encoder, sample=40)
    assert len(part) == 40
    places = iter(whole)
    assert all(chance in places for chance in part)  # in order
    assert len(set(part.tolist())) > 1
    assert np.array_equal(theory.recall_of_text(tokens, 128, 4, 2, encoder, sample=999), whole)


def test_counts_may_come_in_any_order_and_shape():
    words = Counter(["to", "be", "or", "not", "to", "be"])
    found = theory.recall_of_counts(words, 16, 16)
    assert found == theory.recall_of_counts([1, 2, 1, 2], 16, 16)
    assert found == theory.recall_of_counts(np.array([2, 2, 1, 1], dtype="int8"), 16, 16)
    assert theory.recall_of_counts([7], 16, 16) == 1  # there is no other candidate


@pytest.mark.parametrize("encoder", EVERY_ENCODER)
def test_candidates_that_are_never_right_only_harm(encoder):
    few = theory.recall_of_counts([5, 3, 1], 8, 8, encoder=encoder)
    assert theory.recall_of_counts([5, 3, 1] + [0] * 50, 8, 8, encoder=encoder) < few


def test_frequent_tokens_harm_unless_values_are_bound():
    even, skewed = [20] * 50, [510] + [10] * 49
    harmed = [theory.recall_of_counts(c, 256, 256, encoder="bound keys") for c in (even, skewed)]
    assert harmed[0] > harmed[1] + 0.1
    unharmed = [theory.recall_of_counts(c, 128, 128, encoder="binding") for c in (even, skewed)]
    assert unharmed[0] == pytest.approx(unharmed[1], abs=1e-9)
    assert 0.9 < unharmed[0] < 0.95


# ---- Bad input -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "ask",
    [
        lambda: theory.noise(10, 4, 4),
        lambda: theory.recall(-1, 4, 4, 4),
        lambda: theory.recall("x", 4, 4, 4),
        lambda: theory.recall(float("nan"), 4, 4, 4),
        lambda: theory.recall(10, 4, 4, 4, spread=-1),
        lambda: theory.recall(10, 4, 4, 4, spread="x"),
        lambda: theory.recall(10, 0, 4, 4),
        lambda: theory.capacity(0, 512, 100_000),
        lambda: theory.capacity(512, 512, "x"),
        lambda: theory.capacity(512, 512, 100, accuracy=1.0),
        lambda: theory.capacity(512, 512, 100, accuracy=0.01),
        lambda: theory.capacity(512, 512, 100, accuracy=None),
        lambda: theory.recall_of_counts([], 8, 8),
        lambda: theory.recall_of_counts([0, 0], 8, 8),
        lambda: theory.recall_of_counts([2, -1], 8, 8),
        lambda: theory.recall_of_counts([0.5], 8, 8),
        lambda: theory.recall_of_counts([[1], [2]], 8, 8),
        lambda: theory.recall_of_counts("tea", 8, 8),
        lambda: theory.recall_of_counts([1, 2], 0, 8),
        lambda: theory.recall_of_counts([1, 2], 8, 8, heads=1),
        lambda: theory.recall_of_counts([1, 2], 8, 8, encoder="fourier"),
        lambda: theory.recall_of_text("a text", 8),
        lambda: theory.recall_of_text([], 8),
        lambda: theory.recall_of_text(["a", "b"], 0),
        lambda: theory.recall_of_text(["a", "b"], 8, sample=0),
        lambda: theory.recall_of_text(["a", "b"], 8, layers=0),
        lambda: theory.recall_of_text(["a", "b"], 8, encoder=["projection"]),
        lambda: theory.coherence("a text", 4),
        lambda: theory.coherence(["a", "b"], 4, layer=0),
    ],
)
def test_bad_input(ask):
    with pytest.raises((me.InputError, me.ConfigurationError)):
        ask()


def test_a_text_too_long_for_the_free_memory_is_refused(monkeypatch):
    monkeypatch.setattr(me.Backend, "free_memory", lambda self: 1000)
    with pytest.raises(me.CapacityError, match="cosines of 12 windows"):
        theory.recall_of_text(list("abcdefghi"), 64)
