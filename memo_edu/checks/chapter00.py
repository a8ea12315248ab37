"""The exercises of chapter 00, welcome."""

import numpy as np

import memo_edu as me
from memo_edu.checks import Chapter, Wrong, call
from memo_edu.codebook import random_stream

chapter = Chapter()
check, hint = chapter.check, chapter.hint

# A text that is recalled in full, and one whose few words go on in every possible way.
CLEAR = me.sample_texts()["atlas"][:900]
VAGUE = " ".join(random_stream("laughter").choice(["ha", "he"], 400))


def _model_of(*texts):
    model = me.MeMo(encoder="binding", backend="numpy")
    for text in texts:
        model.memorize(text)
    return model


def _check_recalls(result, first, second):
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        raise Wrong("Return two numbers with a comma between them: the first's and the second's.")
    if any(isinstance(value, me.Recall) for value in result):
        raise Wrong("That is the whole Recall, not yet its number: add .accuracy to each.")
    if not all(isinstance(value, (int, float)) for value in result):
        raise Wrong("Both values must be numbers between 0 and 1.")
    if max(result) > 1:
        raise Wrong("Recall is a share between 0 and 1. Did you return counts, or percents?")
    both = _model_of(first, second)
    right = [both.recall(first).accuracy, both.recall(second).accuracy]
    if np.allclose(result, right[::-1], atol=0.1):
        raise Wrong("The two numbers are in the wrong order.")
    if result[0] < 0.4:
        raise Wrong("The first text is not in the model that you measured. Is it the same model?")
    if result[1] < 0.4:
        raise Wrong("The second text is not in the model. Memorize both before you measure.")
    if not np.allclose(result, right, atol=0.1):
        raise Wrong("These are not the recalls of these two texts. Measure them with recall.")


@chapter.exercise(
    "0.1",
    hints=[
        "Make one model with me.MeMo(encoder='binding'), then call its memorize twice.",
        "model.recall(text).accuracy is the number. Measure both after both are memorized.",
    ],
)
def recall_of_two(answer):
    """Both texts must be in one model when their recall is measured."""
    for first, second in ((CLEAR, VAGUE), (VAGUE, CLEAR)):
        _check_recalls(call(answer, first, second), first, second)
    return "Two texts share one matrix, and both are recalled."


@chapter.exercise(
    "0.2",
    hints=[
        "Make a model and memorize the text under a name; count; forget that name; count again.",
        "(model.matrix != 0) is True for each number that is not 0; .sum() counts them.",
    ],
)
def before_and_after(answer):
    """Both counts are of entries that are not zero: one before forgetting, one after."""
    for text in (CLEAR, CLEAR[:700], VAGUE):
        result = call(answer, text)
        if not isinstance(result, tuple) or len(result) != 2:
            raise Wrong("Return two counts with a comma between them: before and after.")
        if any(np.shape(count) != () for count in result):
            raise Wrong("One of these is a whole matrix. Count its entries with .sum().")
        if any(isinstance(count, (bool, np.bool_)) for count in result):
            raise Wrong("One of these is a yes or no. Use .sum() to count, not .any() or .all().")
        right = int((_model_of(text).matrix != 0).sum())
        before, after = result
        if after == 1024 * 1024:
            raise Wrong("You counted the entries that are 0. Count those that are not: use !=.")
        if before == 0 and after > 0:
            raise Wrong("The two counts are in the wrong order: first the one before forgetting.")
        if after > 0:
            raise Wrong("Some are left, so the text is still in there. Did you forget to forget?")
        if before == 0:
            raise Wrong("Nothing is in there even before forgetting. Count after memorizing.")
        if after != 0 or abs(before - right) > 0.005 * right:
            raise Wrong("Count the entries that are not 0, in a model of the standard size.")
    return "It was all there, and nothing is left: forgetting is exact."
