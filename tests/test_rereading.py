"""A context that is damaged, and what the model makes of it."""

import pytest
from models import make, taught

import memo_edu as me
from memo_edu import reread

TEXT = me.sample_texts()["lighthouse"]
TOKENS = me.tokenize(TEXT)


@pytest.fixture(scope="module")
def model():
    model = make(dim=1024, heads=4, layers=3)
    model.memorize(TEXT)
    return model


@pytest.mark.parametrize("wrong", [[1], [2], [3], [4], [1, 2], [2, 4], [1, 7], [3, 6, 9]])
def test_wrong_tokens_are_put_right(model, wrong):
    context = TOKENS[:120]
    damaged = list(context)
    for back in wrong:
        damaged[-back] = " xyzzy"
    assert not model.predict(damaged).known
    read = reread(model, damaged)
    assert read[-4:] == context[-4:]
    prediction = model.predict(read)
    assert prediction.known
    assert prediction.token == TOKENS[120]
    assert damaged[-wrong[0]] == " xyzzy"  # what was passed is as it was


def test_a_known_context_is_left_as_it_is(model):
    assert reread(model, "".join(TOKENS[:50])) == TOKENS[:50]
    far = [*TOKENS[:40], " xyzzy", *TOKENS[41:50]]  # layer 1 still knows
    assert reread(model, far) == far


def test_a_context_never_read_is_left_as_it_is(model):
    stranger = [" never", " was", " this", " in", " any", " text", " before", " today"]
    assert reread(model, stranger) == stranger


def test_no_more_tokens_are_replaced_than_allowed(model):
    damaged = [*TOKENS[:117], " xyzzy", TOKENS[118], " xyzzy"]
    assert reread(model, damaged, most=1) == damaged
    assert reread(model, damaged, most=2) == TOKENS[:120]


def test_tokens_far_back_are_not_replaced(model):
    """Of 17 wrong tokens the last h² are looked at; the first is not."""
    damaged = [*TOKENS[:103], *[" xyzzy"] * 17]
    assert reread(model, damaged, most=20) == damaged


@pytest.mark.parametrize("most", [0, -1, 2.5, True, "4", None])
def test_most_is_a_whole_number(model, most):
    with pytest.raises(me.InputError, match="most"):
        reread(model, "The", most)


def test_empty_memories_and_contexts():
    with pytest.raises(me.NotMemorizedError):
        reread(make(), "The tea")
    assert reread(taught(), "") == []
