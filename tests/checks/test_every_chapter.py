"""What holds for every exercise: solutions are right, stubs not attempted, hints differ."""

import pytest
from exercises import CHAPTERS, chapter, functions

SOLUTIONS = {name: functions(name, solved=True) for name in CHAPTERS}
STUBS = {name: functions(name, solved=False) for name in CHAPTERS}
every_exercise = pytest.mark.parametrize(
    ("name", "number"), [(name, number) for name in CHAPTERS for number in SOLUTIONS[name]]
)


def crash(*given):
    raise KeyError("tea")


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_exercise_has_a_check_and_every_check_an_exercise(name):
    assert list(SOLUTIONS[name]) == list(chapter(name).exercises)
    assert 2 <= len(SOLUTIONS[name]) <= 4


@every_exercise
def test_solution_is_right(name, number):
    outcome = chapter(name).check(number, SOLUTIONS[name][number])
    assert outcome.status == "right", outcome


@every_exercise
def test_stub_is_not_attempted(name, number):
    assert chapter(name).check(number, STUBS[name][number]).status == "not attempted"


@every_exercise
def test_hints_come_one_by_one(name, number):
    count = len(chapter(name).exercises[number][1])
    assert count in (2, 3)
    assert len({chapter(name).hint(number, which) for which in range(1, count + 1)}) == count
    assert f"hints 1 to {count}" in chapter(name).hint(number, count + 1)


@every_exercise
@pytest.mark.parametrize(
    ("answer", "word"),
    [(3, "function itself"), (lambda *given: None, "returns nothing"), (crash, "KeyError")],
)
def test_no_function_no_result_and_a_crash_become_sentences(name, number, answer, word):
    outcome = chapter(name).check(number, answer)
    assert outcome.status == "wrong"
    assert word in outcome.message
    assert "Traceback" not in outcome.message


@every_exercise
def test_right_for_the_first_data_only_is_refused(name, number):
    solution, results = SOLUTIONS[name][number], []

    def right_once(*given):
        results.append(solution(*given))
        return results[0]

    assert chapter(name).check(number, right_once).status == "wrong"
