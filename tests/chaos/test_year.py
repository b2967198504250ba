"""The short form of the year: thirty zones, one shape each, and a clock that nobody looks at for hours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.reasons import Reason
from domain.run import Gap, Run, RunStatus, Trigger
from domain.schedule import Grid, Missed, Schedule, Slot
from scheduler.events import iso
from storage import schema
from storage.database import Database, open_database
from tests.chaos.year import Plan, simulate
from tests.chaos.years.judging import POSTED, Books, expected, faults, untold
from tests.chaos.years.schedules import ZONES

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A migrated SQLite file without rows."""
    opened = open_database(f"sqlite:///{tmp_path / 'year.db'}")
    schema.upgrade(opened)
    yield opened
    opened.close()


def test_in_thirty_zones_every_slot_of_a_years_preview_is_executed_or_has_its_reason(database: Database) -> None:
    plan = Plan(seed=5, shapes=1, pause=18 * HOUR, asked=2)

    year = simulate(database, plan)

    assert year.faults == []
    assert len(set(plan.zones)) == len(ZONES) == year.templates
    reasons = (Reason.MISSED, Reason.SUPERSEDED, Reason.QUIET_HOURS, Reason.EXCLUDED, Reason.OVERLAP)
    assert min(year.became[each] for each in (POSTED, *(reason.value for reason in reasons))) > 100


def test_a_planner_that_looks_at_every_slot_executes_all_that_is_open(database: Database) -> None:
    year = simulate(database, Plan(seed=6, days=20, zones=ZONES[::6], shapes=2, outages=1))

    assert (year.faults, year.outages) == ([], 0)
    closed = {Reason.QUIET_HOURS.value, Reason.EXCLUDED.value}
    assert set(year.became) - closed == {POSTED, Reason.OVERLAP.value} != set(year.became)


SCHEDULE = Schedule(Grid(24, NOW), missed=Missed.LATEST)
SLOTS = [Slot(NOW + number * HOUR) for number in range(3)]
TICKS = [slot.at for slot in SLOTS]
WANTED = expected(SCHEDULE, SLOTS, TICKS)


def run(number: float, status: RunStatus = RunStatus.POSTED, reason: Reason | None = None) -> Run:
    at = NOW + number * HOUR
    return Run(f"r{number}", "t", "demo", at, at, Trigger.SCHEDULE, status, reason=reason, finished_at=at)


def gap(first: int, last: int, count: int) -> Gap:
    return Gap("t", NOW + first * HOUR, NOW + last * HOUR, count, Reason.MISSED)


def books(runs: list[Run], *gaps: Gap) -> Books:
    return Books(runs, gaps, Counter())


PLANTED = {
    "no record": (books([run(0), run(2)]), "has 0 records"),
    "two records": (books([run(0), run(1), run(2), run(2)]), "has 2 records"),
    "in a gap too": (books([run(0), run(1), run(2)], gap(2, 2, 1)), "has 2 records"),
    "two gaps": (books([run(0), run(1)], gap(2, 2, 1), gap(2, 2, 1)), "has 2 records"),
    "not executed": (books([run(0), run(1), run(2, RunStatus.SKIPPED, Reason.MISSED)]), "is missed, and not posted"),
    "never done": (books([run(0), run(1), run(2, RunStatus.QUEUED)]), "is queued, and not posted"),
    "a gap in its place": (books([run(0)], gap(1, 2, 2)), "is missed, and not posted"),
    "a gap that counts wrong": (books([run(0)], gap(1, 2, 3)), "a gap of 3 slots"),
    "something else": (books([run(0), run(0.5), run(1), run(2)]), "which no preview has shown"),
    "too early": (books([run(0), run(1), replace(run(2), finished_at=NOW)]), "was done before it was due"),
}


def test_books_that_are_right_have_no_fault() -> None:
    assert list(faults(SLOTS, WANTED, books([run(0), run(1), run(2)]))) == []


@pytest.mark.parametrize("how", PLANTED)
def test_each_kind_of_fault_is_found(how: str) -> None:
    wrong, said = PLANTED[how]

    assert said in "\n".join(faults(SLOTS, WANTED, wrong))


def test_what_nobody_was_told_of_is_found_and_what_never_was() -> None:
    silent = books([run(0, RunStatus.SKIPPED, Reason.MISSED)], gap(1, 2, 2))
    first, second, third = (iso(at) for at in TICKS)
    told = Counter([(first, first, 1, "missed"), (second, third, 2, "missed")])

    assert [fault[:18] for fault in untold(silent)] == ["nobody was told of"] * 2
    assert list(untold(replace(silent, told=told))) == []
    assert "of which there is no record" in "".join(untold(replace(silent, told=told + told)))


def test_what_the_policies_say_is_read_off_the_ticks() -> None:
    late = [NOW + 2 * HOUR + timedelta(minutes=5)]
    first, second, third = (slot.at for slot in SLOTS)

    def became(**policy: object) -> list[set[str]]:
        found = expected(replace(SCHEDULE, **policy), SLOTS, late)  # type: ignore[arg-type]
        return [found[at] for at in (first, second, third)]

    assert became() == [{"superseded"}, {"superseded"}, {POSTED}]
    assert became(grace=timedelta(minutes=4)) == [{"missed"}] * 3
    assert became(missed=Missed.SKIP) == [{"missed"}] * 3
    assert became(missed=Missed.SPREAD, grace=timedelta(minutes=70)) == [{"missed"}, {POSTED}, {POSTED}]
    assert became(missed=Missed.SPREAD) == [{"missed"}, {POSTED}, {POSTED}]
    busy = expected(SCHEDULE, SLOTS, TICKS, timedelta(minutes=90))
    assert [busy[at] for at in TICKS] == [{POSTED}, {"overlap"}, {POSTED}]
