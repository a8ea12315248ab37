"""The lab's buttons do what they say, and a failure becomes a sentence that changes nothing."""

import pytest
from models import make, taught

import memo_edu as me
from memo_edu.lab import MemoLab

SAMPLES = me.sample_texts()


@pytest.fixture
def lab():
    return MemoLab(make(dim=512, heads=4, layers=2))


def choose(lab, name):
    lab.sample.value = name
    lab.memorize.click()


def test_it_memorizes_recites_and_forgets(lab):
    lab.memorize.click()
    assert lab.model.texts == {"lighthouse": 410}
    assert "410 tokens went into the matrix" in lab.status.value
    assert "lighthouse</span>" in lab.bars.value
    lab.recite.click()
    assert "It was the winter when even the soup" in lab.recited.value
    lab.forget.click()
    assert lab.model.texts == {}
    assert "Every entry of the matrix is 0 again" in lab.status.value
    assert (lab.bars.value, lab.recited.value, repr(lab)) == ("", "", "MemoLab: an empty memory")


def test_the_latest_text_is_the_one_to_forget(lab):
    choose(lab, "lighthouse")
    choose(lab, "clockmaker")
    assert lab.memorized.value == "clockmaker"
    lab.forget.click()
    assert list(lab.model.texts) == ["lighthouse"]


def test_a_model_that_holds_texts_already_is_shown_whole():
    lab = MemoLab(taught(dim=512))
    assert lab.memorized.options == ("tea", "ship")
    assert "tea 100 %" in repr(lab)
    lab.forget.click()
    assert list(lab.model.texts) == ["tea"]
    assert "Forgot “ship”" in lab.status.value


def test_a_prompt_may_lack_the_space_before_it(lab):
    choose(lab, "lighthouse")
    lab.prompt.value = "when even the soup"
    lab.recite.click()
    assert "<b> complained of the cold" in lab.recited.value


def test_what_was_never_read_is_said_so(lab):
    choose(lab, "lighthouse")
    lab.prompt.value = "The weather on Mars is"
    lab.recite.click()
    assert "I never read this." in lab.recited.value
    assert "4 words or more" in lab.status.value


@pytest.mark.parametrize("text", ["", "one", " \n "])
def test_a_text_that_is_none_changes_nothing(lab, text):
    choose(lab, "lighthouse")
    before = lab.model.matrix.copy()
    lab.text.value = text
    lab.memorize.click()
    assert "That did not work: A text needs at least two tokens" in lab.status.value
    assert (lab.model.matrix == before).all()


def test_buttons_of_an_empty_lab_answer_with_a_sentence(lab):
    lab.forget.click()
    assert "nothing to forget" in lab.status.value
    lab.recite.click()
    assert "The memory is empty" in lab.status.value


def test_the_same_text_twice_gets_a_name_of_its_own(lab):
    choose(lab, "lighthouse")
    lab.memorize.click()
    assert list(lab.model.texts) == ["lighthouse", "It was the winter"]


def test_texts_are_shown_as_text(lab):
    lab.text.value = "<script>alert(1)</script> is what it said, and it said so twice."
    lab.memorize.click()
    lab.recite.click()
    shown = lab.bars.value + lab.recited.value + lab.status.value
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
