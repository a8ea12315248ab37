"""Exercise checks: a placeholder, a mistake and a right answer each get their own sentence."""

from html.parser import HTMLParser

import numpy as np
import pytest

from memo_edu.checks import Chapter, Outcome, Wrong, call, expect


@pytest.fixture
def chapter():
    chapter = Chapter()

    @chapter.exercise("1.1", hints=["First look.", "Then count."])
    def double(answer):
        expect(
            call(answer, np.array([1.0, 2.0])),
            [2.0, 4.0],
            mistakes=[([1.0, 4.0], "You squared it."), ([3.0, 4.0], "You added 2.")],
        )
        return "Twice as much."

    return chapter


def not_written(x):
    raise NotImplementedError


ANSWERS = [
    (..., "not attempted", "Replace the placeholder"),
    (not_written, "not attempted", "Write your code in the cell above"),
    (lambda x: 2 * x, "right", "Twice as much."),
    (lambda x: (2 * x).tolist(), "right", "Twice as much."),
    (lambda x: x**2, "wrong", "You squared it."),
    (lambda x: x + 2, "wrong", "You added 2."),
    (lambda x: x, "wrong", "The numbers are not right yet."),
    (lambda x: x[:1] * 2, "wrong", r"shape (1,); it should be (2,)"),
    (lambda x: None, "wrong", "Is there a return at its end?"),
    (lambda x: x.__imul__(2), "wrong", "changes its argument number 1 in place"),
    (lambda: 5, "wrong", "with TypeError"),
    (lambda x: 1 / 0, "wrong", "with ZeroDivisionError: division by zero"),
    (lambda x: x * np.nan, "wrong", "not right yet"),
    (lambda x: ["2", "4"], "wrong", "not right yet"),
    (lambda x: "text", "wrong", "shape ()"),
    (5, "wrong", "Pass the function itself, not int"),
    (None, "wrong", "Pass the function itself, not NoneType"),
]


@pytest.mark.parametrize(("answer", "status", "message"), ANSWERS)
def test_outcome_of_an_answer(answer, status, message, chapter):
    outcome = chapter.check("1.1", answer)
    assert (outcome.number, outcome.status) == ("1.1", status)
    assert message in outcome.message


def test_an_unknown_exercise_is_answered_by_the_names_of_those_that_are(chapter):
    for number in ("1 double", "6", 6, ["1.1"]):
        say = f"There is no exercise {number!r}; the names are '1.1'."
        for answer in (..., not_written, lambda x: 2 * x):
            outcome = chapter.check(number, answer)
            assert (outcome.status, outcome.message) == ("wrong", say)
        assert repr(chapter.hint(number)) == say


def test_the_learners_line_is_named(chapter):
    def breaks(x):
        return x.nothing_there

    outcome = chapter.check("1.1", breaks)
    assert "at the line `return x.nothing_there`" in outcome.message
    assert "AttributeError" in outcome.message


def test_of_a_crash_deep_in_numpy_the_learners_own_line_is_shown(chapter):
    def breaks(x):
        return np.hstack([np.ones((2, 2)), np.ones((3, 2))])

    assert "`return np.hstack(" in chapter.check("1.1", breaks).message


def test_a_learner_may_interrupt(chapter):
    def stop(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        chapter.check("1.1", stop)


def test_hints(chapter):
    assert repr(chapter.hint("1.1")) == "Hint 1 of 2: First look."
    assert repr(chapter.hint("1.1", 2)) == "Hint 2 of 2: Then count."
    for which in (0, 3, -1):
        assert repr(chapter.hint("1.1", which)) == "Exercise 1.1 has the hints 1 to 2."


@pytest.mark.parametrize(
    ("status", "sign"), [("right", "✓"), ("wrong", "✗"), ("not attempted", "○")]
)
def test_an_outcome_differs_by_sign_and_word_and_is_escaped(status, sign):
    outcome = Outcome("1.1", status, 'Use <b>x</b> & "y".')
    assert repr(outcome) == f'{sign} Exercise 1.1, {status}: Use <b>x</b> & "y".'
    shown = outcome._repr_html_()
    words = []
    parser = HTMLParser()
    parser.handle_data = words.append
    parser.feed(shown)
    assert "".join(words) == f'{sign} Exercise 1.1, {status}. Use <b>x</b> & "y".'


def test_call_hands_over_copies():
    given = np.ones(3)
    assert call(lambda x, n: x.sum() + n, given, 2) == 5

    def spoils(x):
        x[:] = 0
        return 1

    with pytest.raises(Wrong, match="write A = A \\+ B instead of A \\+= B"):
        call(spoils, given)
    assert (given == 1).all()


@pytest.mark.parametrize(
    ("result", "right"),
    [
        (1.0, 1),
        (1.0 + 1e-7, 1.0),
        ([1, 2], np.array([1.0, 2.0])),
        (np.float32(0.1), 0.1),
        (0, 0.0),
        ([], []),
        (["a", "b"], ["a", "b"]),
        (True, np.True_),
        (np.ones((2, 2), "int8"), np.ones((2, 2))),
    ],
)
def test_expected(result, right):
    expect(result, right)


@pytest.mark.parametrize(
    ("result", "right", "message"),
    [
        (1.001, 1.0, "not right yet"),
        (0.1, 0.0, "not right yet"),
        ([1, 2], [2, 1], "not right yet"),
        ([[1, 2]], [1, 2], r"shape \(1, 2\); it should be \(2,\)"),
        ("a", "b", "not right yet"),
        (np.nan, 1.0, "not right yet"),
        ([np.inf], [1.0], "not right yet"),
    ],
)
def test_not_expected(result, right, message):
    with pytest.raises(Wrong, match=message):
        expect(result, right)


def test_a_known_mistake_that_happens_to_be_right_is_right():
    expect([2.0, 4.0], [2.0, 4.0], mistakes=[([2.0, 4.0], "You squared it.")])


def test_a_mistake_may_have_another_shape():
    with pytest.raises(Wrong, match="You summed"):
        expect(6.0, [2.0, 4.0], mistakes=[(6.0, "You summed.")])


def test_tolerance_is_of_the_largest_entry():
    expect([1e-9, 1.0], [0.0, 1.0])
    expect([1.05], [1.0], rtol=0.1)
    with pytest.raises(Wrong):
        expect([1.2], [1.0], rtol=0.1)


def test_other_words():
    with pytest.raises(Wrong, match="Look again"):
        expect(2, 1, otherwise="Look again.")
