from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from scheduler.health import Finding, Waiting, findings
from scheduler.pulse import Pulse

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
CHECKS = ["planner", "writer", "database", "version", "slots", "runs", "deliveries", "publications"]
NOTHING = Waiting()


def red(
    waiting: Waiting | None = NOTHING, *, idle: timedelta = timedelta(seconds=1), writer_alive: bool = True
) -> list[str]:
    return [each.check for each in judged(waiting, idle=idle, writer_alive=writer_alive) if not each.ok]


def judged(waiting: Waiting | None, *, idle: timedelta, writer_alive: bool) -> tuple[Finding, ...]:
    return findings(NOW, idle=idle, writer_alive=writer_alive, waiting=waiting)


def test_with_nothing_waiting_every_check_is_green() -> None:
    found = judged(NOTHING, idle=timedelta(0), writer_alive=True)

    assert [each.check for each in found] == CHECKS
    assert all(each.ok for each in found)


@pytest.mark.parametrize(
    ("field", "check", "limit"),
    [
        ("slot_due_at", "slots", timedelta(minutes=2)),
        ("run_due_at", "runs", timedelta(minutes=10)),
        ("delivery_due_at", "deliveries", timedelta(minutes=10)),
        ("unsettled_since", "publications", timedelta(hours=1)),
    ],
)
def test_what_waits_longer_than_its_limit_is_red_and_names_since_when(field: str, check: str, limit: timedelta) -> None:
    second = timedelta(seconds=1)

    assert red(replace(NOTHING, **{field: NOW - limit})) == []
    assert red(replace(NOTHING, **{field: NOW - limit - second})) == [check]
    assert red(replace(NOTHING, **{field: NOW + limit})) == []
    late = judged(replace(NOTHING, **{field: NOW - 2 * limit}), idle=second, writer_alive=True)
    (finding,) = [each for each in late if not each.ok]
    assert (NOW - 2 * limit).isoformat() in finding.detail


def test_a_planner_that_has_not_ticked_for_a_minute_is_red() -> None:
    assert red(idle=timedelta(seconds=60)) == []
    assert red(idle=timedelta(seconds=61)) == ["planner"]


def test_a_writer_whose_thread_has_ended_is_red() -> None:
    assert red(writer_alive=False) == ["writer"]


def test_a_database_that_refuses_all_writes_makes_the_writer_red_with_its_words() -> None:
    why = "database or disk is full"
    found = findings(NOW, idle=timedelta(0), writer_alive=True, waiting=NOTHING, writer_failing=why)
    (bad,) = [each for each in found if not each.ok]
    assert (bad.check, why in bad.detail) == ("writer", True)


def test_a_database_that_does_not_answer_is_red_and_nothing_is_said_about_what_waits() -> None:
    found = judged(None, idle=timedelta(0), writer_alive=True)

    assert {each.check: each.ok for each in found} == {
        "planner": True,
        "writer": True,
        "database": False,
        "version": True,
    }


def test_all_that_is_red_is_named() -> None:
    old = NOW - timedelta(days=1)

    assert red(Waiting(old, old, old, old), idle=timedelta(hours=1), writer_alive=False) == [
        each for each in CHECKS if each not in ("database", "version")
    ]


def test_a_program_that_the_database_is_too_new_for_is_red_with_the_reason() -> None:
    found = findings(NOW, idle=timedelta(0), writer_alive=True, waiting=NOTHING, outdated="install Ostinato 0.3.0")

    assert [(each.check, each.detail) for each in found if not each.ok] == [("version", "install Ostinato 0.3.0")]


def test_the_pulse_tells_the_service_manager_and_counts_from_the_last_tick() -> None:
    seconds = [100.0]
    told: list[str] = []
    pulse = Pulse(lambda: seconds[0], told.append)
    seconds[0] = 130.0
    assert pulse.idle == timedelta(seconds=30)

    pulse.ready()
    assert pulse.idle == timedelta(seconds=30)
    pulse.ticked()
    assert pulse.idle == timedelta(0)
    pulse.stopping()

    assert told == ["READY=1", "WATCHDOG=1", "STOPPING=1"]
