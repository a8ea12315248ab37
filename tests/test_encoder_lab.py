"""EncoderLab: cosines are those of the library's vectors, and a wrong entry changes nothing."""

import re

import numpy as np
import pytest
from models import fastest

import memo_edu as me
from memo_edu.lab import EncoderLab
from memo_edu.lab.encoder_lab import KINDS, OWN, WORDS, Roads, related, terms

TEA = ["tea", "cup", "cat", "moon"]


@pytest.fixture
def lab():
    return EncoderLab(dim=256)


def seen(lab):
    """All that a reader sees, besides the boxes and the sentence that may refuse an entry."""
    return [list(window) for window in lab.windows], lab.cosines.value, lab.image.value, repr(lab)


def shown(lab):
    """The cosines as they are shown, road by road."""
    found = re.findall(r'aria-label="(.*?): (-?\d\.\d\d)', lab.cosines.value)
    return {road: float(cosine) for road, cosine in found}


# ---- Roads -----------------------------------------------------------------------------------


def test_vectors_of_four_tokens_are_those_of_chapter_08():
    projection = me.ProjectionEncoder(256, heads=4, layers=3, backend="numpy")
    binding = me.BindingEncoder(256, heads=4, layers=3, backend="numpy")
    found = Roads(256).vectors(TEA)
    X, B = projection.codebook.vectors(TEA), binding.codebook.vectors(TEA)
    np.testing.assert_allclose(found["projection"], X.ravel() @ projection.P[0], atol=1e-6)
    np.testing.assert_array_equal(found["plain product"], B.prod(axis=0))
    np.testing.assert_array_equal(found["product with rolls"], binding.keys(B)[0][-1])


def test_vectors_of_sixteen_tokens_are_the_keys_of_layer_2():
    projection = me.ProjectionEncoder(256, heads=4, layers=3, backend="numpy")
    binding = me.BindingEncoder(256, heads=4, layers=3, backend="numpy")
    tokens = list(WORDS[:16])
    found = Roads(256).vectors(tokens)
    X, B = projection.codebook.vectors(tokens), binding.codebook.vectors(tokens)
    np.testing.assert_allclose(found["projection"], projection.keys(X)[1][-1], atol=1e-5)
    np.testing.assert_array_equal(found["product with rolls"], binding.keys(B)[1][-1])


def test_terms_have_the_cosine_as_their_mean():
    a, b = np.random.default_rng(0).standard_normal((2, 64))
    cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    assert terms(a, b).mean() == pytest.approx(cosine)


@pytest.mark.parametrize("size", [4, 16])
@pytest.mark.parametrize(
    ("kind", "same", "bag", "exact"),
    [
        ("the same", 1, 1, 1),
        ("one changed", None, 0, 0),
        ("two swapped", None, 1, 0),
        ("reversed", 0, 1, 0),
        ("shifted", 0, 0, 0),
        ("different", 0, 0, 0),
    ],
)
def test_each_road_is_alike_where_it_should_be(size, kind, same, bag, exact):
    first = list(WORDS[:size])
    second = related(kind, first)
    assert len(second) == size
    if same is None:
        same = sum(a == b for a, b in zip(first, second, strict=True)) / size
        assert same == 1 - (1 if kind == "one changed" else 2) / size
    cosines = Roads(1024).cosines(first, second)
    assert list(cosines.values()) == pytest.approx([same, bag, exact], abs=0.11)


def test_kinds_are_those_of_chapter_08():
    assert {kind: " ".join(related(kind, TEA)) for kind in KINDS} == {
        "the same": "tea cup cat moon",
        "one changed": "tea cup cat key",
        "two swapped": "cup tea cat moon",
        "reversed": "moon cat cup tea",
        "shifted": "cup cat moon key",
        "different": "key door coin lamp",
    }


# ---- The lab ---------------------------------------------------------------------------------


def test_it_begins_with_one_token_changed(lab):
    assert repr(lab).startswith("EncoderLab, 3 of 4 places agree:\n  projection 0.7")
    assert lab.kind.value == "one changed"
    assert "3 of 4 places agree." in lab.status.value
    assert "±0.06, that is 1/√d" in lab.status.value
    cosines = Roads(256).cosines(*lab.windows)
    assert shown(lab) == {road: round(cosine, 2) + 0.0 for road, cosine in cosines.items()}


def test_editing_a_token(lab):
    lab.boxes[1][3].value = " moon "
    assert lab.windows == [TEA, TEA]
    assert lab.boxes[1][3].value == "moon"
    assert shown(lab) == {"projection": 1, "plain product": 1, "product with rolls": 1}
    assert "(was 0.7" in lab.cosines.value
    lab.boxes[0][0].value = "owl"
    assert lab.windows[0] == ["owl", "cup", "cat", "moon"]
    assert lab.kind.value == OWN
    assert "3 of 4 places agree" in repr(lab)


def test_swapping_two_tokens(lab):
    lab.kind.value = "the same"
    lab.swaps[1][1].click()
    assert lab.windows == [TEA, ["tea", "cat", "cup", "moon"]]
    assert [box.value for box in lab.boxes[1][:4]] == lab.windows[1]
    found = shown(lab)
    assert found["plain product"] == 1
    assert found["projection"] == pytest.approx(0.5, abs=0.12)
    assert found["product with rolls"] == pytest.approx(0, abs=0.2)
    lab.swaps[0][1].click()
    assert shown(lab)["product with rolls"] == 1


def test_swap_buttons_say_what_they_swap(lab):
    assert lab.swaps[1][2].tooltip == "swap places 3 and 4 of the second window"


def test_kinds_make_the_second_window(lab):
    for kind in KINDS:
        lab.kind.value = kind
        assert lab.windows == [TEA, related(kind, TEA)]
        assert lab.kind.value == kind
        assert [box.value for box in lab.boxes[1][:4]] == lab.windows[1]
    lab.kind.value = OWN
    assert lab.windows == [TEA, related("different", TEA)]


def test_sixteen_tokens_and_back(lab):
    lab.size.value = 16
    assert lab.windows[0] == [*TEA, *lab.windows[0][4:]]
    assert len(set(lab.windows[0])) == 16
    assert "15 of 16 places agree" in repr(lab)
    assert shown(lab)["projection"] == pytest.approx(15 / 16, abs=0.05)
    assert [len(grid.children) for grid in lab._grids] == [31, 31]
    lab.size.value = 4
    assert lab.windows == [TEA, ["tea", "cup", "cat", "key"]]
    assert [len(grid.children) for grid in lab._grids] == [7, 7]


def test_dimension_and_seed_change_the_chance(lab):
    first = shown(lab)
    lab.seed.value = 5
    assert shown(lab) != first
    lab.dim.value = 16
    assert "±0.25" in lab.status.value
    assert lab.windows == [TEA, ["tea", "cup", "cat", "key"]]


def test_the_picture_has_words_and_draws_the_vectors(lab):
    alt = re.search(r'<img alt="([^"]+)"', lab.image.value)[1]
    assert alt == " ".join(repr(lab).split())
    a, b = (Roads(256).vectors(window)["product with rolls"] for window in lab.windows)
    np.testing.assert_allclose(lab._picture._images[2].get_array(), np.array([a, b, a * b])[:, :64])
    before = lab.image.value
    lab.swaps[0][0].click()
    assert lab.image.value != before


@pytest.mark.parametrize("entry", ["", "  ", "tea cup", "x" * 41, "y" * 50_000_000, "a\tb"])
@pytest.mark.parametrize("which", [0, 1])
def test_a_wrong_token_is_refused(lab, entry, which):
    before = seen(lab)
    lab.boxes[which][2].value = entry
    name = ("first", "second")[which]
    assert f"⚠ Nothing has changed. Place 3 of the {name} window" in lab.status.value
    assert len(lab.status.value) < 500
    assert seen(lab) == before
    lab.boxes[which][2].value = "owl"
    assert lab.windows[which][2] == "owl"
    assert "⚠" not in lab.status.value


def test_tokens_are_shown_as_text(lab):
    lab.boxes[0][0].value = "<script>alert(1)</script>"
    assert lab.windows[0][0] == "<script>alert(1)</script>"
    lab.boxes[0][1].value = "<img src=x> <b>"
    text = lab.status.value + lab.cosines.value + lab.image.value[:200]
    assert "&lt;img" in text
    assert not re.search(r"<(script|b)\b", text)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"first": ["tea", ""]}, "Place 2 of the first window is empty"),
        ({"first": ["tea", "cup"]}, "need 4 tokens, or both 16"),
        ({"second": ["tea"] * 16}, "need 4 tokens, or both 16"),
        ({"dim": 100}, "100 is none of 16, 64, 256, 1024"),
    ],
)
def test_what_can_t_be_made_is_a_sentence(options, message):
    with pytest.raises(me.MemoError, match=message):
        EncoderLab(**options)


def test_an_action_takes_less_than_a_fifth_of_a_second():
    lab = EncoderLab(list(WORDS[:16]))
    assert fastest([swap.click for swap in lab.swaps[1][:4]]) < 0.2
