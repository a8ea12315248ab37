"""Small models that several test files use, and all that can be seen of a model."""

import time

import numpy as np
import pytest

import memo_edu as me

TEXT = "The tea is hot. The cup is red, and the pot is blue."
OTHER = "A ship sails at noon. Its captain sings to the whales."
IDS = np.array([[1, 2, 3, 4, 5, 6, 7, 8], [3, 1, 4, 1, 5, 9, 2, 6]])

both_encoders = pytest.mark.parametrize("encoder", ["projection", "binding"])


def make(encoder="binding", **options):
    options = {"dim": 64, "heads": 2, "layers": 2, "backend": "numpy", **options}
    return me.MeMo(encoder=encoder, **options)


def taught(encoder="binding", **options):
    model = make(encoder, **options)
    model.memorize(TEXT, "tea")
    model.memorize(OTHER, "ship")
    return model


def state(model):
    """All that can be seen of a model: its matrix bit for bit, its texts, its predictions."""
    answers = [model.predict(context, top=99) for context in ("", "The tea", "sails at noon.")]
    seen = [(a.token, a.score, a.candidates, a.p_noise) for a in answers]
    return model.matrix.dtype, model.matrix.tobytes(), model.texts, repr(model), seen


def fastest(actions):
    """Do some actions, and return the seconds of the fastest.

    Of the two clocks the lower one counts: other programs lengthen the wall clock's time, and a
    second core that waits for work lengthens the processor's.
    """
    times = []
    for action in actions:
        start = time.perf_counter(), time.process_time()
        action()
        times += [time.perf_counter() - start[0], time.process_time() - start[1]]
    return min(times)
