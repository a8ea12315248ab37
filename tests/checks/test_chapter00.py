"""The checks of chapter 00 accept the solutions, and refuse plausible mistakes by name."""

from exercises import refused

import memo_edu as me
from memo_edu.checks.chapter00 import chapter


def model_of(*texts):
    model = me.MeMo(encoder="binding", backend="numpy")
    for text in texts:
        model.memorize(text)
    return model


def recalls(model, *texts):
    return tuple(model.recall(text).accuracy for text in texts)


def measured_too_early(first, second):
    model = model_of(first)
    return recalls(model, first, second)


def only_the_second(first, second):
    return recalls(model_of(second), first, second)


def wrong_order(first, second):
    return recalls(model_of(first, second), second, first)


def whole_recalls(first, second):
    model = model_of(first, second)
    return model.recall(first), model.recall(second)


def percents(first, second):
    return tuple(100 * share for share in recalls(model_of(first, second), first, second))


def one_number(first, second):
    return recalls(model_of(first, second), first)[0]


def always_perfect(first, second):
    return 1.0, 1.0


RECALL_MISTAKES = {
    measured_too_early: "second text is not in",
    only_the_second: "first text is not in",
    wrong_order: "wrong order",
    whole_recalls: ".accuracy",
    percents: "percents",
    one_number: "two numbers",
    always_perfect: "not the recalls",
}


def count(model):
    return int((model.matrix != 0).sum())


def never_forgot(text):
    model = model_of(text)
    return count(model), count(model)


def counted_zeros(text):
    model = model_of(text)
    before = int((model.matrix == 0).sum())
    model.forget(text)
    return before, int((model.matrix == 0).sum())


def never_memorized(text):
    model = me.MeMo(encoder="binding", backend="numpy")
    return count(model), count(model)


def after_and_before(text):
    model = model_of(text)
    before = count(model)
    model.forget(text)
    return count(model), before


def yes_or_no(text):
    model = model_of(text)
    before = bool((model.matrix != 0).any())
    model.forget(text)
    return before, bool((model.matrix != 0).any())


def always_a_million(text):
    return 1024 * 1024, 0


COUNT_MISTAKES = {
    never_forgot: "forget to forget",
    counted_zeros: "use !=",
    never_memorized: "even before forgetting",
    after_and_before: "wrong order",
    yes_or_no: "yes or no",
    always_a_million: "standard size",
}


def test_mistakes_with_two_texts_are_named():
    refused(chapter, "0.1", RECALL_MISTAKES.items())


def test_mistakes_with_counting_are_named():
    refused(chapter, "0.2", COUNT_MISTAKES.items())
