"""Clicks and values come in different threads, and are done one after the other."""

import threading
import time

import ipywidgets as widgets
import pytest

from memo_edu.lab import turn as turn_module
from memo_edu.lab.turn import TYPED, Turn


def test_two_threads_take_turns():
    turn, number, button = Turn(), widgets.IntText(0), widgets.Button()
    inside, most = [], []

    def act(*_):
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.01)
        inside.pop()

    turn.on_value(number, act)
    turn.on_click(button, act)

    def type_in():
        for i in range(1, 6):
            number.value = i

    other = threading.Thread(target=type_in)
    other.start()
    for _ in range(5):
        button.click()
    other.join()
    assert most == [1] * 10


def test_an_action_may_begin_another():
    turn, number, button, said = Turn(), widgets.IntText(0), widgets.Button(), []
    turn.on_value(number, lambda change: said.append(change.new))

    def add():
        number.value += 1
        said.append("added")

    turn.on_click(button, add)
    button.click()
    assert said == [1, "added"]


@pytest.mark.parametrize("by_a_person", [True, False])
def test_a_persons_click_lets_what_was_typed_go_first(monkeypatch, by_a_person):
    monkeypatch.setattr(turn_module, "clicked_by_a_person", lambda: by_a_person)
    turn, text, button, seen = Turn(), widgets.Text("old"), widgets.Button(), []
    turn.on_click(button, lambda: seen.append(text.value))
    typed = threading.Timer(TYPED / 5, setattr, (text, "value", "new"))
    typed.start()
    button.click()
    typed.join()
    assert seen == ["new" if by_a_person else "old"]


def test_an_action_that_fails_ends_its_turn():
    turn, number, other = Turn(), widgets.IntText(0), widgets.Button()
    turn.on_value(number, lambda change: 1 / 0)
    done = threading.Event()
    turn.on_click(other, done.set)
    with pytest.raises(ZeroDivisionError):
        number.value = 1
    second = threading.Thread(target=other.click, daemon=True)
    second.start()
    assert done.wait(5)
