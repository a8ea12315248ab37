"""The exercises of chapter 00, welcome."""

import numpy as np

import memo_edu as me
from memo_edu.checks import Chapter, Wrong, call
from memo_edu.codebook import random_stream

chapter = Chapter()
check, hint = chapter.check, chapter.hint

STORY, FACTS = me.sample_texts()["clockmaker"], me.sample_texts()["atlas"]
# Two texts of so few words that each disturbs the other.
LAUGHTER = [
    " ".join(random_stream("laughter", 1).choice(["ha", "he"], 400)),
    " ".join(random_stream("laughter", 2).choice(["ha", "he", "ho"], 300)),
]


def _model_of(*texts, encoder="binding"):
    model = me.MeMo(encoder=encoder, backend="numpy")
    for text in texts:
        model.memorize(text)
    return model


def _two_numbers(result):
    """Refuse what is not a pair of plain numbers, and return it as an array."""
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        raise Wrong("Return two numbers with a comma between them.")
    if any(isinstance(value, me.Recall) for value in result):
        raise Wrong("That is the whole Recall, not yet its number: add .accuracy to each.")
    if any(isinstance(value, (bool, np.bool_)) for value in result):
        raise Wrong("One of these is a yes or no. To count, use .sum(), not .any() or .all().")
    if any(np.shape(value) != () for value in result):
        raise Wrong("One of these is a whole matrix. Count its entries with .sum().")
    if not all(isinstance(value, (int, float, np.number)) for value in result):
        raise Wrong("Both values must be numbers.")
    return np.array(result, dtype=float)


def _recalls(model, *texts):
    return [model.recall(text).accuracy for text in texts]


@chapter.exercise(
    "0.1",
    hints=[
        "Make one model with me.MeMo(encoder='binding'), then call its memorize twice.",
        "model.recall(text).accuracy is the number. Measure both after both are memorized.",
    ],
)
def recall_of_two(answer):
    """Both texts must be in one model when their recall is measured."""
    for first, second in (LAUGHTER, LAUGHTER[::-1]):
        result = _two_numbers(call(answer, first, second))
        right = _recalls(_model_of(first, second), first, second)
        alone = _recalls(_model_of(first), first) + _recalls(_model_of(second), second)
        _recognize_recalls(result, right, alone)
        if np.allclose(result, right, atol=0.03):
            continue
        projection = _recalls(_model_of(first, second, encoder="projection"), first, second)
        if np.allclose(result, projection, atol=0.03):
            raise Wrong('Nearly. Did you make the model with encoder="binding"?')
        raise Wrong("These are not the recalls of these two texts. Measure them with recall.")
    return "Two texts share one matrix, and both are recalled as well as can be."


def _recognize_recalls(result, right, alone):
    if max(result) > 1:
        raise Wrong("Recall is a share between 0 and 1. Did you return counts, or percents?")
    if min(result) < 0.25:
        which = "first" if result[0] < result[1] else "second"
        raise Wrong(f"The {which} text is not in the model. Memorize both before you measure.")
    if np.allclose(result, alone, atol=0.01):
        raise Wrong("Each text was alone in a model of its own. Put both into one model.")
    if abs(result[0] - alone[0]) < 0.005:
        raise Wrong("The first was measured before the second came in. Measure after both.")
    if np.allclose(result, right[::-1], atol=0.03):
        raise Wrong("The two numbers are in the wrong order.")


@chapter.exercise(
    "0.2",
    hints=[
        "Make a model and memorize both texts under names; count; forget the second; count again.",
        "(model.matrix != 0) is True for each number that is not 0; .sum() counts them.",
    ],
)
def before_and_after(answer):
    """Both counts are of entries that are not zero: one with both texts, one with the first."""
    for first, second in ((STORY[:700], FACTS[:700]), (FACTS[:900], STORY[:700])):
        before, after = _two_numbers(call(answer, first, second))
        both, kept, gone = (
            float((_model_of(*texts).matrix != 0).sum())
            for texts in ((first, second), (first,), (second,))
        )
        if abs(before - both) < 0.005 * both and abs(after - kept) < 0.005 * kept:
            continue
        if abs(before - kept) < 0.005 * kept and abs(after - both) < 0.005 * both:
            raise Wrong("The two counts are in the wrong order: first the one with both texts.")
        if abs(after - gone) < 0.005 * gone:
            raise Wrong("It is the first text that is gone. Forget the second one.")
        if before == after:
            raise Wrong("Both counts are the same. Did you forget to forget?")
        if before < 0.1 * both:
            raise Wrong("You counted the entries that are 0. Count those that are not: use !=.")
        if after == 0:
            raise Wrong("Nothing is left at all. Forget the second text only.")
        raise Wrong('These are not the counts of a model with encoder="binding".')
    return "It is as if the second text had never been there: forgetting is exact."
