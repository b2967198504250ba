from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from scheduler.clock_watch import Watch, observe

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def test_clocks_that_go_together_are_steady() -> None:
    watch = Watch()
    for second in range(100):
        watch = observe(watch, NOW + seconds(second + second / 100), float(second))
        assert watch.steady


@pytest.mark.parametrize("step", [seconds(-7200), seconds(61), timedelta(hours=26)])
def test_a_step_unsettles_the_watch_until_ten_steady_seconds_have_passed(step: timedelta) -> None:
    watch = observe(Watch(), NOW, 0.0)
    watch = observe(watch, NOW + seconds(1) + step, 1.0)
    assert not watch.steady
    assert abs(watch.step - step) < seconds(0.001)

    assert not observe(watch, NOW + seconds(10.5) + step, 10.5).steady
    assert observe(watch, NOW + seconds(11) + step, 11.0).steady


def test_a_second_step_starts_the_waiting_anew() -> None:
    watch = observe(Watch(), NOW, 0.0)
    watch = observe(watch, NOW + timedelta(hours=2), 1.0)
    watch = observe(watch, NOW, 9.0)

    assert not observe(watch, NOW + seconds(9), 18.0).steady
    assert observe(watch, NOW + seconds(10), 19.0).steady
