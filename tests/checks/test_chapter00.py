"""The checks of chapter 00 refuse plausible mistakes, each by its own message."""

from exercises import refused

import memo_edu as me
from memo_edu.checks.chapter00 import chapter


def model_of(*texts, **options):
    model = me.MeMo(**{"encoder": "binding", "backend": "numpy", **options})
    for text in texts:
        model.memorize(text)
    return model


def recalls(model, *texts):
    return tuple(model.recall(text).accuracy for text in texts)


def two_models(first, second):
    return recalls(model_of(first), first) + recalls(model_of(second), second)


def measured_too_early(first, second):
    return recalls(model_of(first), first) + recalls(model_of(first, second), second)


def only_the_second(first, second):
    return 0.0, *recalls(model_of(second), second)


def wrong_order(first, second):
    return recalls(model_of(first, second), second, first)


def whole_recalls(first, second):
    model = model_of(first, second)
    return model.recall(first), model.recall(second)


def percents(first, second):
    return tuple(100 * share for share in recalls(model_of(first, second), first, second))


def one_number(first, second):
    return recalls(model_of(first, second), first)[0]


def projection(first, second):
    return recalls(model_of(first, second, encoder="projection"), first, second)


def test_mistakes_with_two_texts_are_named():
    mistakes = {
        two_models: "into one model",
        measured_too_early: "before the second came in",
        only_the_second: "first text is not in",
        wrong_order: "wrong order",
        whole_recalls: ".accuracy",
        percents: "percents",
        one_number: "two numbers",
        projection: 'encoder="binding"',
    }
    refused(chapter, "0.1", [*mistakes.items(), (lambda a, b: (1.0, 1.0), "not the recalls")])


def count(model):
    return int((model.matrix != 0).sum())


def both_counts(first, second, forgotten=1, measure=count):
    model = model_of(first, second)
    before = measure(model)
    model.forget((first, second)[forgotten])
    return before, measure(model)


def never_forgot(first, second):
    return (count(model_of(first, second)),) * 2


def forgot_both(first, second):
    return both_counts(first, second)[0], 0


def test_mistakes_with_counting_are_named():
    mistakes = {
        never_forgot: "forget to forget",
        forgot_both: "second text only",
        lambda a, b: both_counts(a, b, forgotten=0): "first text that is gone",
        lambda a, b: both_counts(a, b)[::-1]: "wrong order",
        lambda a, b: both_counts(a, b, measure=lambda m: int((m.matrix == 0).sum())): "use !=",
        lambda a, b: both_counts(a, b, measure=lambda m: bool(m.matrix.any())): "yes or no",
        lambda a, b: both_counts(a, b, measure=lambda m: m.matrix): "whole matrix",
        lambda a, b: both_counts(a, b)[0]: "two numbers",
        lambda a, b: (900_000, 500_000): "not the counts",
    }
    refused(chapter, "0.2", mistakes.items())


def test_lists_and_other_seeds_are_right():
    def listed(first, second):
        return list(recalls(model_of(first, second, seed=7), first, second))

    assert chapter.check("0.1", listed).status == "right"
    assert chapter.check("0.2", lambda a, b: list(both_counts(a, b))).status == "right"
