"""When writes that fail are more than a setback."""

from __future__ import annotations

from storage.setbacks import Setbacks

FULL = OSError("database or disk is full")


class Clock:
    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def test_one_failure_is_no_trouble_and_failures_that_go_on_are() -> None:
    clock = Clock()
    setbacks = Setbacks(clock)
    setbacks.note(FULL)
    clock.at += 1
    setbacks.note(FULL)
    assert setbacks.lasting is None
    clock.at += 4
    assert setbacks.lasting is None
    setbacks.note(FULL)
    assert setbacks.lasting == "database or disk is full"


def test_trouble_is_over_a_minute_after_the_last_failure_and_what_comes_later_begins_anew() -> None:
    clock = Clock()
    setbacks = Setbacks(clock)
    for _ in range(3):
        setbacks.note(FULL)
        clock.at += 5
    assert setbacks.lasting is not None
    clock.at += 61
    assert setbacks.lasting is None
    setbacks.note(FULL)
    assert setbacks.lasting is None
