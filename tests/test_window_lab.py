"""WindowLab: the windows and the matrix are the library's, and a wrong entry changes nothing."""

import re
from functools import partial

import numpy as np
import pytest
from models import fastest

import memo_edu as me
from memo_edu.encoders import full_windows
from memo_edu.lab import WindowLab
from memo_edu.lab.window_lab import Windows
from memo_edu.rows import BEGIN

NINE = "1 2 3 4 5 6 7 8 9"


@pytest.fixture
def lab():
    return WindowLab(NINE, heads=2, layers=3)


def seen(lab):
    """All that a reader sees, besides the sentence that may refuse an entry."""
    memory = lab.windows.memory(lab.windows.last).tobytes()
    return memory, lab.place.value, lab.strip.value, lab.pairs.value, lab.image.value, repr(lab)


# ---- Windows ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("heads", "layers"), [(2, 3), (3, 2), (4, 1)])
def test_windows_are_those_of_the_library(heads, layers):
    tokens = [str(i) for i in range(12)]
    windows = Windows(" ".join(tokens), heads, layers)
    for layer, listed in enumerate(full_windows(tokens, heads, layers)):
        found = [windows.at(place)[layer] for place in range(windows.first, windows.last + 1)]
        assert [blocks for blocks in found if blocks] == [blocks for blocks, _ in listed]
        assert windows.counts(windows.last)[layer] == len(listed)


@pytest.mark.parametrize("begin", [False, True])
def test_the_memory_is_the_library_s(begin):
    words = ["a", "cat", "and", "a", "cup"]
    windows = Windows("a cat and a cup", heads=2, layers=2, begin=begin)
    row = [BEGIN] * (2 * begin) + words
    encoder = me.ProjectionEncoder(16, 2, 2, backend="numpy")
    X = encoder.codebook.vectors(row)
    expected = sum(
        keys[2**layer - 1 : -1].T @ X[2**layer :] for layer, keys in enumerate(encoder.keys(X), 1)
    )
    np.testing.assert_allclose(windows.memory(windows.last), expected, atol=1e-6)


def test_steps_add_up_to_the_memory():
    windows = Windows(NINE, heads=2, layers=3)
    for place in range(windows.first, windows.last + 1):
        total = sum(windows.added(p) for p in range(windows.first, place + 1))
        np.testing.assert_allclose(windows.memory(place), total, atol=1e-5)


def test_keys_are_zero_where_no_window_is_full():
    windows = Windows(NINE, heads=2, layers=3)
    full = [[bool(column.any()) for column in windows.keys(place).T] for place in (2, 4, 8)]
    assert full == [[True, False, False], [True, True, False], [True, True, True]]


def test_white_space_is_left_out_and_long_tokens_are_cut_short():
    windows = Windows(" tea,\n\tcup  " + "x" * 99, heads=2, layers=1)
    assert windows.tokens == ["tea", ",", "cup", "x" * 15 + "…"]


def test_the_published_example():
    windows = Windows(NINE, heads=2, layers=3)
    listed = [[windows.latest(layer, 8, 99)[::-1] for layer in (1, 2, 3)]]
    assert listed[0] == [
        ["1|2 → 3", "2|3 → 4", "3|4 → 5", "4|5 → 6", "5|6 → 7", "6|7 → 8", "7|8 → 9"],
        ["12|34 → 5", "23|45 → 6", "34|56 → 7", "45|67 → 8", "56|78 → 9"],
        ["1234|5678 → 9"],
    ]


# ---- The lab ---------------------------------------------------------------------------------


def test_it_begins_with_the_first_pair(lab):
    assert repr(lab) == (
        "WindowLab, next token 3:\n"
        "  layer 1: 1|2 → 3\n"
        "  layer 2: no window of 4 yet\n"
        "  layer 3: no window of 8 yet"
    )
    assert "1 pair leads to token 3 of 9, “3”." in lab.status.value


def test_stepping_goes_through_all_pairs(lab):
    for place in range(4, 10):
        lab.step.click()
        assert lab.place.value == place
        assert f"next token {place}:" in repr(lab)
    assert "3 pairs lead to token 9 of 9" in lab.status.value
    assert "layer 1, 7 pairs so far" in lab.pairs.value
    assert "layer 2, 5 pairs so far" in lab.pairs.value
    assert "layer 3, 1 pair so far" in lab.pairs.value
    lab.back.click()
    assert lab.place.value == 8


def marked(lab, layer):
    """What a layer's row of the table shows: (block, token) of each, and the next token."""
    row = re.findall(r"<tr>(.*?)</tr>", lab.strip.value)[layer]
    blocks = re.findall(r'title="block (\d) of \d">(.*?)</td>', row)
    return blocks, re.findall(r'title="the next token">→ (.*?)</td>', row)


def test_the_table_shows_blocks_and_the_next_token(lab):
    lab.place.value = 9
    assert marked(lab, 1) == ([("1", "7"), ("2", "8")], ["9"])
    assert marked(lab, 2) == ([("1", "5"), ("1", "6"), ("2", "7"), ("2", "8")], ["9"])
    blocks = [("1", d) for d in "1234"] + [("2", d) for d in "5678"]
    assert marked(lab, 3) == (blocks, ["9"])


def test_the_table_follows_a_long_text():
    lab = WindowLab(" ".join(f"w{i}" for i in range(100)), heads=4, layers=3)
    lab.place.value = 81
    blocks, after = marked(lab, 1)
    assert ([token for _, token in blocks], after) == (["w76", "w77", "w78", "w79"], ["w80"])
    assert "… 65 before" in lab.strip.value
    assert len(marked(lab, 3)[0]) == 15
    assert lab.strip.value.count("<td") < 100


def test_the_picture_has_words_and_changes(lab):
    before = lab.image.value
    lab.place.value = 9
    assert lab.image.value != before
    alt = re.search(r'<img alt="([^"]+)"', lab.image.value)[1]
    assert (
        alt == "The keys of 3 windows times one value, added to a memory that now holds 13 pairs."
    )


def test_the_picture_draws_this_step(lab):
    lab.place.value = 6
    picture, windows = lab._picture, lab.windows
    shown = picture._keys, picture._value, picture._added, picture._memory
    for image, matrix in zip(
        shown, (windows.keys(5), windows.value(5), windows.added(5), windows.memory(5)), strict=True
    ):
        np.testing.assert_array_equal(image.get_array(), matrix)
    labels = [label.get_text() for label in picture._keys.axes.get_xticklabels()]
    assert labels == ["1", "2", "(3)"]
    assert picture._memory.axes.get_xlabel() == "C, with 6 pairs"


def test_begin_marks_give_the_first_word_a_pair(lab):
    lab.begin.value = True
    lab.place.value = 3
    assert "layer 1: ‹begin› | ‹begin› → 1" in repr(lab)
    assert "token 3 of 11" in lab.status.value


def test_another_text_is_read_at_once(lab):
    lab.place.value = 9
    lab.text.value = "tea cup moon cat"
    assert (lab.place.min, lab.place.max, lab.place.value) == (3, 4, 4)
    assert "layer 1: cup | moon → cat" in repr(lab)
    lab.heads.value = 3
    assert "layer 1: tea | cup | moon → cat" in repr(lab)
    lab.layers.value = 1
    assert len(repr(lab).splitlines()) == 2


@pytest.mark.parametrize("text", ["", " \n\t", "tea", "tea cup", "x " * 5_001, "x" * 50_000_000])
def test_a_text_that_does_not_fit_is_refused(lab, text):
    lab.place.value = 7
    before = seen(lab)
    lab.text.value = text
    assert "⚠ Nothing has changed." in lab.status.value
    assert seen(lab) == before
    lab.step.click()
    assert "next token 8:" in repr(lab)


def test_a_window_that_does_not_fit_is_refused():
    lab = WindowLab("tea cup moon", heads=2, layers=1)
    before = seen(lab)
    lab.heads.value = 4
    assert "h = 4 tokens and a token after it make 5; this text has 3" in lab.status.value
    assert seen(lab) == before


def test_the_ends_are_refused(lab):
    before = seen(lab)
    lab.back.click()
    assert "⚠ Nothing has changed. This is the first token" in lab.status.value
    assert seen(lab) == before
    lab.place.value = 9
    before = seen(lab)
    lab.step.click()
    assert "This is the last token of the text" in lab.status.value
    assert seen(lab) == before


def test_texts_are_shown_as_text(lab):
    lab.text.value = "< b > c & d < i > \" '"
    lab.layers.value = 2
    lab.place.value = 5
    assert "&lt;b|&gt;c → &amp;" in lab.pairs.value
    assert "<b|" not in lab.pairs.value
    heads = re.findall(r"<th scope=.col.[^>]*>(.*?)</th>", lab.strip.value)
    assert heads[:5] == ["&lt;", "b", "&gt;", "c", "&amp;"]
    assert ("1", "&lt;") in marked(lab, 2)[0]
    assert "“&amp;”" in lab.status.value


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"text": ""}, "this text has none"),
        ({"text": 5}, "A text is a str"),
        ({"heads": 5}, "5 is none of 2, 3, 4"),
        ({"layers": 9}, "9 is none of 1, 2, 3"),
    ],
)
def test_what_can_t_be_made_is_a_sentence(options, message):
    with pytest.raises(me.MemoError, match=message):
        WindowLab(**options)


def test_an_action_takes_less_than_a_fifth_of_a_second():
    samples = me.sample_texts()
    words = (samples["lighthouse"] + samples["clockmaker"]).split()
    lab = WindowLab(heads=4)

    def read(first):
        lab.text.value = " ".join(words[first : first + 500])

    assert fastest([partial(read, first) for first in range(3)]) < 0.2
    assert fastest([lab.step.click] * 3) < 0.2
