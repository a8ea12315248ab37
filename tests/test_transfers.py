"""What crosses the edge between the host and a device: little, and no more than once a block."""

import collections
import math

import array_api_strict
import numpy as np
import pytest
from array_api_strict._array_object import Array

import memo_edu as me
from memo_edu.positions import BLOCK

# An array there refuses to become NumPy's of itself, as a GPU's array does.
DEVICE = me.get_backend(array_api_strict, device=array_api_strict.Device("device1"))
IDS = np.random.default_rng(0).integers(1, 50, (1, 6 * BLOCK))
TEXT = "".join(f" w{number % 30}" for number in range(3 * BLOCK))
DIM, HEADS, LAYERS = 16, 4, 2
BINDING, PROJECTION = "binding", "projection"


@pytest.fixture
def crossings(monkeypatch):
    """Lists of how many numbers went "in" and came "out" in each transfer."""
    seen = collections.defaultdict(list)
    asarray, to_device = array_api_strict.asarray, Array.to_device

    def counting_asarray(obj, **options):
        if not isinstance(obj, Array):
            seen["in"].append(np.asarray(obj).size)
        return asarray(obj, **options)

    def counting_to_device(self, device, **options):
        seen["out"].append(self.size)
        return to_device(self, device, **options)

    def counting(method):
        def as_a_python_number(self):
            seen["out"].append(1)
            return method(self)

        return as_a_python_number

    monkeypatch.setattr(array_api_strict, "asarray", counting_asarray)
    monkeypatch.setattr(Array, "to_device", counting_to_device)
    for name in ("__float__", "__int__", "__bool__", "__index__", "__complex__"):
        monkeypatch.setattr(Array, name, counting(getattr(Array, name)))
    return seen


def make(encoder, **options):
    model = me.MeMo(DIM, HEADS, LAYERS, encoder, backend=DEVICE, **options)
    assert model._vocabulary.matrix.shape[1] == DIM  # vectors come over once, at the first use
    return model


def blocks(tokens):
    return math.ceil((tokens - HEADS) / BLOCK)


def test_every_way_across_is_counted(crossings):
    array = DEVICE.asarray([[1.0, 2.0]])
    DEVICE.asarray(array, "float64")  # is there already
    assert crossings == {"in": [2]}
    float(array[0, 0]), int(array[0, 0]), bool(array[0, 0])
    DEVICE.to_numpy(array)
    [float(number) for number in array[0, :]]
    assert crossings == {"in": [2], "out": [1, 1, 1, 2, 1, 1]}
    with pytest.raises((RuntimeError, TypeError, BufferError)):
        np.asarray(array)


@pytest.mark.parametrize("encoder", [BINDING, PROJECTION])
@pytest.mark.parametrize("columns", [BLOCK + HEADS, 3 * BLOCK, 6 * BLOCK])
def test_memorizing_ids_takes_rows_in_and_bounds_out(encoder, columns, crossings):
    model = make(encoder, vocab_size=50)
    for work in (model.memorize_ids, model.forget_ids):
        crossings.clear()
        work(IDS[:, :columns])
        assert len(crossings["in"]) == blocks(columns)
        assert sum(crossings["in"]) <= columns + blocks(columns) * model.encoder.span
        assert set(crossings["out"]) == {2}
        assert len(crossings["out"]) == 2 * blocks(columns) + 1  # keys, values; what is added


@pytest.mark.parametrize("encoder", [BINDING, PROJECTION])
@pytest.mark.parametrize("columns", [BLOCK + HEADS, 3 * BLOCK, 6 * BLOCK])
def test_recall_takes_rows_and_places_in_and_answers_out(encoder, columns, crossings):
    model = make(encoder, vocab_size=50)
    model.memorize_ids(IDS[:, :columns])
    crossings.clear()
    model.recall_ids(IDS[:, :columns])
    assert len(crossings["in"]) == 2 * blocks(columns)
    assert sum(crossings["in"]) <= 2 * columns + blocks(columns) * model.encoder.span
    bounds = [size for size in crossings["out"] if size == 2]
    answers = [size for size in crossings["out"] if size != 2]
    assert len(bounds) == len(answers) == blocks(columns)
    assert sum(answers) == columns - HEADS


@pytest.mark.parametrize(
    "options",
    [
        {"encoder": BINDING},
        {"encoder": BINDING, "repeats": "once"},
        {"encoder": PROJECTION, "alpha": 0.5},
        {"encoder": PROJECTION, "alpha": 0.5, "penalty": True},
    ],
    ids=str,
)
def test_the_number_of_transfers_grows_with_the_blocks_alone(options, crossings):
    counts, sizes = [], []
    for share in (1, 2, 3):
        model = make(**options)
        crossings.clear()
        text = TEXT[: len(TEXT) * share // 3]
        model.memorize(text)
        model.recall(text)
        model.forget(text)
        counts.append(sum(map(len, crossings.values())))
        sizes.append(sum(map(sum, crossings.values())))
    assert counts[2] <= 4 * 4 * 9  # blocks, passes, and what a pass may do in a block
    assert counts[2] - counts[1] <= 9 * 5
    # No array of n · d numbers crosses: a few for a token, and the vectors of 30 words a block.
    assert sizes[2] <= 16 * 3 * BLOCK + 4 * 6 * 31 * DIM


@pytest.mark.parametrize("encoder", [BINDING, PROJECTION])
def test_a_prediction_takes_out_the_votes(encoder, crossings):
    model = make(encoder)
    model.memorize(TEXT[:200])
    crossings.clear()
    model.predict(" w3 w4 w5 w6")
    votes = LAYERS * len(model._vocabulary)
    assert sorted(crossings["out"]) == sorted([2, votes] + ([1] if encoder == BINDING else []))
    assert len(crossings["in"]) == 1


def test_memories_on_one_device_merge_there(crossings):
    models = [make(PROJECTION, alpha=0.5) for _ in range(2)]
    for model in models:
        model.memorize(TEXT[:100])
    vectors = model._vocabulary
    crossings.clear()
    models[0].merge(models[1])
    assert set(crossings["out"]) == {2}  # what the matrices hold at most, and nothing else
    assert sum(crossings["in"]) <= (len(vectors) + 1) * DIM
