"""PairLab: what is stored is what theory and NumPy say, and a wrong entry changes nothing."""

import re

import numpy as np
import pytest
from models import fastest

import memo_edu as me
from memo_edu import theory
from memo_edu.lab import PairLab
from memo_edu.lab.pair_lab import CAST, Pairs


@pytest.fixture
def lab():
    return PairLab(dim=64)


def seen(lab):
    """All that a reader sees, besides the sentence that may refuse an entry."""
    return lab.pairs.memory.matrix.tobytes(), lab.count.value, lab.image.value, lab.answer.value


def bars(answer):
    return re.findall(r'aria-label="([^"]*)"', answer)


# ---- Pairs -----------------------------------------------------------------------------------


def test_the_matrix_is_the_sum_of_the_first_pairs():
    pairs = Pairs(dim=32, vocab_size=50, seed=3)
    pairs.store(70)
    pairs.store(40)
    keys, values = pairs._keys[:40].astype(float), pairs._tokens[pairs.right[:40]]
    np.testing.assert_array_equal(pairs.memory.matrix, keys.T @ values)


def test_forgetting_leaves_no_trace():
    once, twice = Pairs(dim=64), Pairs(dim=64)
    once.store(10)
    twice.store(400)
    twice.store(10)
    assert once.memory.matrix.tobytes() == twice.memory.matrix.tobytes()


def test_scores_are_one_for_a_pair_that_is_alone():
    pairs = Pairs(dim=128)
    pairs.store(1)
    assert pairs.scores([0])[0, pairs.right[0]] == 1


def test_heard_parts_right_scores_from_wrong_ones():
    pairs = Pairs(dim=64, vocab_size=50)
    pairs.store(5)
    wrong, right, recall = pairs.heard()
    scores, answers = pairs.scores(np.arange(5)), pairs.right[:5]
    np.testing.assert_array_equal(right, scores[np.arange(5), answers])
    assert len(wrong) == 5 * 49
    assert np.isclose(wrong.sum() + right.sum(), scores.sum(), rtol=1e-5)
    assert recall == np.mean(scores.argmax(axis=1) == answers)


@pytest.mark.parametrize(("dim", "vocab_size", "pairs"), [(256, 1000, 3200), (128, 50, 800)])
def test_theory_lies_near_what_is_measured(dim, vocab_size, pairs):
    made = Pairs(dim, vocab_size)
    made.store(pairs)
    wrong, _, recall = made.heard()
    assert wrong.std() == pytest.approx(made.predicted_noise(), rel=0.06)
    assert recall == pytest.approx(made.predicted_recall(), abs=0.08)
    assert 0.2 < recall < 0.9  # where it could be wrong


def test_a_nearly_empty_memory_hears_the_pair_that_is_asked():
    pairs = Pairs(dim=256, vocab_size=5000)
    pairs.store(200)
    measured = pairs.heard()[0].std()
    assert measured == pytest.approx(pairs.predicted_noise(), rel=0.03)
    assert measured > 1.4 * theory.noise(200, 256, 256, vocab_size=5000)


def test_the_curve_is_that_of_chapter_03():
    pairs = Pairs(dim=64, vocab_size=1000)
    assert {0, pairs.limit} < set(pairs.curve)
    for count, recall in pairs.curve.items():
        assert recall == theory.recall(count, 64, 64, 1000)


def test_bells_are_densities_around_0_and_1():
    pairs = Pairs(dim=32, vocab_size=50)
    pairs.store(40)
    x, density = map(np.array, pairs.bells())
    gap = int(np.flatnonzero(np.isnan(x))[0])
    for part, middle in ((slice(0, gap), 0), (slice(gap + 1, None), 1)):
        total = np.trapezoid(density[part], x[part])
        assert total == pytest.approx(1, abs=0.01)
        assert np.trapezoid(density[part] * x[part], x[part]) == pytest.approx(middle, abs=0.02)


def test_the_cast_comes_first():
    pairs = Pairs()
    assert [pairs.names(i) for i in range(3)] == list(CAST)
    assert pairs.names(3)[0] == "k4"


# ---- The lab ---------------------------------------------------------------------------------


def test_it_begins_with_the_cast(lab):
    assert repr(lab) == ("PairLab: 3 pairs in 64 × 64 numbers, V = 1,000: recall 1.00, theory 1.00")
    assert "tea asks. ✓ cup answers, and is right." in lab.answer.value
    assert bars(lab.answer.value)[0].startswith("★ cup: 1.")


def test_buttons_store_and_forget(lab):
    steps = {"Store 1": 4, "Store 100": 104, "Forget 1": 103, "Forget 100": 3, "Store 1,000": 400}
    for name, stored in {**steps, "Forget all": 0}.items():
        lab.buttons[name].click()
        assert (lab.pairs.stored, lab.count.value) == (stored, stored), name
    assert not lab.pairs.memory.matrix.any()
    assert "all of its 64 × 64 = 4,096 numbers are exactly 0" in lab.status.value
    assert repr(lab) == "PairLab: 0 pairs in 64 × 64 numbers, V = 1,000"


def test_the_slider_stores_and_forgets(lab):
    for count in (300, 20, 400):
        lab.count.value = count
        assert lab.pairs.stored == count
        assert f"{count} pairs lie in 64 × 64" in lab.status.value


def test_what_is_shown_is_what_is_measured(lab):
    lab.count.value = 250
    wrong, _, recall = lab.pairs.heard()
    assert f"Recall: measured {recall:.2f}, theory {lab.pairs.predicted_recall():.2f}" in (
        lab.status.value
    )
    assert f"measured {wrong.std():.3f}, theory {lab.pairs.predicted_noise():.3f}" in (
        lab.status.value
    )
    assert f"recall {recall:.2f}, theory {lab.pairs.predicted_recall():.2f}" in repr(lab)


def test_the_picture_has_words_and_changes(lab):
    before = lab.image.value
    lab.buttons["Store 100"].click()
    assert lab.image.value != before
    alt = re.search(r'<img alt="([^"]+)"', lab.image.value)[1]
    assert alt.startswith("103 pairs lie in 64 × 64 = 4,096 numbers.")
    assert f">{alt}</p>" in lab.status.value


def test_the_picture_draws_what_is_stored(lab):
    lab.count.value = 250
    picture, corner = lab._picture, lab.pairs.memory.matrix[:24, :24]
    np.testing.assert_array_equal(picture._corners[0].get_array(), corner)
    change = Pairs(64)
    change.store(250)
    first = Pairs(64)
    first.store(3)
    np.testing.assert_array_equal(
        picture._corners[1].get_array(), (change.memory.matrix - first.memory.matrix)[:24, :24]
    )
    theory_line, measured, now = (line.get_data() for line in picture._lines)
    assert list(theory_line[0]) == list(lab.pairs.curve)
    assert list(measured[0]) == [3, 250]
    assert (list(now[0]), list(now[1])) == ([250], [lab._measured[250]])
    area = sum(picture._steps[0].get_data().values) * (4 / 60)
    assert area == pytest.approx(1, abs=0.01)


def test_asking_says_right_wrong_or_noise(lab):
    lab.count.value = 390
    verdicts = {}
    for number in range(1, 401):
        lab.asked.value = number
        name = lab.pairs.best(number - 1)[0][0]
        right = lab.pairs.names(number - 1)[1]
        kind = "noise" if number > 390 else "right" if name == right else "wrong"
        verdicts[kind] = verdicts.get(kind, 0) + 1
        expected = {"noise": "is only noise", "right": "✓", "wrong": "✗"}[kind]
        assert expected in lab.answer.value, number
    assert set(verdicts) == {"noise", "right", "wrong"}


@pytest.mark.parametrize("number", [0, -1, 401, 10**30])
def test_a_key_that_does_not_exist_is_refused(lab, number):
    before = seen(lab)
    lab.asked.value = number
    assert "⚠ Nothing has changed." in lab.status.value
    assert "choose 1 to 400" in lab.status.value
    assert seen(lab) == before


def test_buttons_at_the_ends_are_refused(lab):
    lab.buttons["Forget all"].click()
    before = seen(lab)
    lab.buttons["Forget 1"].click()
    assert "⚠ Nothing has changed. The matrix is empty" in lab.status.value
    assert seen(lab) == before
    lab.count.value = 400
    before = seen(lab)
    lab.buttons["Store 1"].click()
    assert "all of them are stored" in lab.status.value
    assert seen(lab) == before


def test_other_sizes_begin_anew_with_as_many_pairs(lab):
    lab.count.value = 350
    lab.dim.value = 32
    assert (lab.pairs.dim, lab.pairs.stored, lab.count.value, lab.count.max) == (32, 100, 100, 100)
    lab.dim.value = 256
    assert (lab.pairs.dim, lab.pairs.stored, lab.count.max) == (256, 100, 6400)
    lab.vocab_size.value = 50
    assert lab.pairs.vocab_size == 50
    assert list(lab._measured) == [100]


def test_a_seed_is_another_set_of_vectors(lab):
    first = lab.pairs.memory.matrix.copy()
    lab.seed.value = 1
    assert (lab.pairs.memory.matrix != first).any()
    lab.seed.value = 0
    assert (lab.pairs.memory.matrix == first).all()


def test_sizes_that_are_not_on_the_menu_are_a_sentence():
    with pytest.raises(me.ConfigurationError, match="100 is none of 32, 64, 128, 256"):
        PairLab(dim=100)
    with pytest.raises(me.ConfigurationError, match="pairs is -1"):
        PairLab(pairs=-1)


def test_an_action_takes_less_than_a_fifth_of_a_second():
    lab = PairLab(vocab_size=5000)
    assert fastest([lab.buttons["Store 1,000"].click] * 4) < 0.2
