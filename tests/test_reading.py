"""The rules of reading, one by one, on votes made by hand."""

import numpy as np
import pytest

import memo_edu as me
from memo_edu.experiments import reading_recall, reading_rules


def best(votes, noise=(0.1, 0.1, 0.1)):
    rules = reading_rules(np.array(votes, dtype=float), np.array(noise))
    return {rule: int(scores.argmax()) for rule, scores in rules.items()}


def test_a_frequent_wrong_continuation_is_outvoted_where_it_counts_less():
    found = best([[4, 1, 0], [0, 1, 0], [0, 1, 0]])
    assert found["sum"] == 0
    others = ["a vote is at most 1", "layer λ counts 2^λ times", "layer λ counts λ times"]
    assert {found[rule] for rule in [*others, "last layer alone"]} == {1}


def test_a_loud_candidate_is_judged_by_its_own_noise():
    found = best([[1.8, 1, 0.2], [1.6, 1, 0.1]], noise=[1.5, 0.2, 0.2])
    assert (found["sum"], found["in units of noise"], found["against noise"]) == (0, 1, 1)


def test_noise_of_windows_over_a_wrong_token_is_left_out():
    found = best([[1, 0, 0], [-0.4, 0.3, 0], [-0.4, 0.5, 0]])
    assert (found["sum"], found["first m windows"]) == (1, 0)


def test_windows_that_do_not_fit_have_no_say():
    found = best([[0.2, 1, 0.1], [0, 0, 0], [0, 0, 0]])
    assert set(found.values()) == {1}


def test_records_name_every_rule():
    found = reading_recall(["The tea is hot. The cup is red."], 512, 2, 2, sample=20)
    assert {r["encoder"] for r in found} == {"projection", "binding"}
    assert len(found) == 4 * len(reading_rules(np.ones((2, 2)), np.ones(2)))
    assert all(r["recall"] == 1 for r in found if r["rule"] == "sum")


def test_the_sum_is_what_the_model_answers():
    """Where every place of a short text is met, its rule sum is the text's own recall."""
    text = me.sample_texts()["atlas"][:600]
    model = me.MeMo(128, 4, 3, "projection", backend="numpy")
    model.memorize(text)
    found = reading_recall([text], 128, encoders=["projection"], repeats=["count"], sample=2000)
    assert found[0]["recall"] == pytest.approx(model.recall(text).accuracy, abs=0.04)
