"""The summary of the day is told once, and the ping goes out when the day balances."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from domain.event import Event, EventType
from domain.reasons import Reason
from domain.run import Gap, RunStatus
from domain.template import TemplateStatus
from scheduler.digest_telling import Digest
from storage import events, runs, tables, templates
from storage.database import Database
from storage.runs import PlannedRun, PlannedTemplate
from tests.integration.scheduler_house import NOW, House
from tests.integration.storage_values import running

UTC_ZONE = ZoneInfo("UTC")
MORNING = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)  # of the day after NOW
NEXT_MORNING = MORNING + timedelta(days=1)
Ping = Callable[[], Awaitable[bool]]


class Pings:
    """Answers as told, and counts."""

    def __init__(self, *answers: bool) -> None:
        self.answers = list(answers)
        self.count = 0

    async def __call__(self) -> bool:
        self.count += 1
        return self.answers.pop(0) if self.answers else True


@pytest.fixture
def house(database: Database) -> House:
    house = House(database)
    house.template(next_slot_at=NOW)
    return house


def plan(house: House, *, slots: int, reason: Reason | None, gap: int = 0, next_slot_at: datetime | None) -> None:
    """Make runs of the day, an hour apart: skipped for *reason*, or queued; and a gap of the day after them."""
    status = RunStatus.QUEUED if reason is None else RunStatus.SKIPPED
    made = tuple(PlannedRun(house.new_id(), at, at, status, reason) for at in hours(slots))
    gaps = (Gap("t1", NOW + timedelta(hours=slots), NOW + timedelta(hours=slots + 1), gap, Reason.PAUSED),)
    with house.database.write() as c:
        planned = PlannedTemplate("t1", "demo", NOW, next_slot_at, next_slot_at is None, made, gaps if gap else ())
        runs.plan(c, [planned], now=NOW)


def hours(count: int) -> list[datetime]:
    return [NOW + timedelta(hours=n) for n in range(count)]


def beat(
    house: House, now: datetime, *, ping: Ping | None = None, times: int = 1, every: timedelta | None = None
) -> list[datetime]:
    """Let a process of its own beat; give when it wants to beat again, each time."""

    async def play() -> list[datetime]:
        with running(house.database) as writer:
            digest = Digest(database=house.database, writer=writer, at=time(7), zone=UTC_ZONE, ping=ping)
            return [await digest.beat(now + n * (every or timedelta(0))) for n in range(times)]

    return asyncio.run(play())


def told(house: House) -> list[Event]:
    with house.database.read() as c:
        return events.list_events(c, types=[EventType.DAY_SUMMARY])


def test_the_summary_counts_the_days_slots_and_their_reasons(house: House) -> None:
    plan(house, slots=3, reason=Reason.QUIET_HOURS, gap=4, next_slot_at=NEXT_MORNING)

    assert beat(house, MORNING) == [NEXT_MORNING]

    (event,) = told(house)
    assert event.data["text"] == "7 promised, 0 delivered, 4 paused, 3 quiet hours"
    assert (event.data["day"], event.data["balanced"]) == ("2026-03-01", True)
    assert event.template_id is None


def test_what_was_posted_is_delivered(house: House) -> None:
    house.plan()
    house.work()
    with house.database.write() as c:
        templates.set_status(c, "t1", TemplateStatus.PAUSED, now=NOW, reason=Reason.BY_OWNER)

    beat(house, MORNING)

    assert told(house)[0].data["text"] == "1 promised, 1 delivered"


def test_slots_of_the_day_before_and_after_are_not_counted(house: House) -> None:
    plan(house, slots=30, reason=Reason.MISSED, next_slot_at=NEXT_MORNING)  # 15 of them before midnight

    beat(house, MORNING)

    assert told(house)[0].data["promised"] == 15


def test_a_day_is_told_once_however_often_the_daemon_is_restarted(house: House) -> None:
    plan(house, slots=1, reason=Reason.MISSED, next_slot_at=None)

    for minutes in range(3):
        beat(house, MORNING + timedelta(minutes=minutes), times=2)

    assert len(told(house)) == 1


def test_each_day_is_told(house: House) -> None:
    plan(house, slots=1, reason=Reason.MISSED, next_slot_at=None)

    beat(house, MORNING, times=3, every=timedelta(days=1))

    assert [event.data["day"] for event in told(house)] == ["2026-03-01", "2026-03-02", "2026-03-03"]


def test_before_its_time_only_the_day_before_is_told(house: House) -> None:
    plan(house, slots=1, reason=Reason.MISSED, next_slot_at=None)

    assert beat(house, MORNING - timedelta(seconds=1)) == [MORNING]

    assert [event.data["day"] for event in told(house)] == ["2026-02-28"]


def test_the_summary_waits_for_the_planner_but_not_for_ever(house: House) -> None:
    assert beat(house, MORNING) == [MORNING + timedelta(seconds=5)]
    assert told(house) == []

    beat(house, MORNING, times=2, every=timedelta(minutes=10))

    assert told(house)[0].data["open"] == {"unplanned": 1}


def test_the_ping_is_sent_once_when_the_day_balances(house: House) -> None:
    plan(house, slots=1, reason=Reason.MISSED, next_slot_at=None)
    pings = Pings()

    beat(house, MORNING, ping=pings, times=3)

    assert pings.count == 1


def test_no_ping_is_sent_for_a_day_with_a_run_that_has_not_ended(house: House) -> None:
    plan(house, slots=1, reason=None, next_slot_at=None)
    pings = Pings()

    beat(house, MORNING, ping=pings, times=3)

    assert pings.count == 0
    assert told(house)[0].data["open"] == {"queued": 1}


def test_the_ping_goes_out_when_a_day_that_was_told_as_open_balances(house: House) -> None:
    plan(house, slots=1, reason=None, next_slot_at=None)
    pings = Pings()
    quarter = timedelta(minutes=15)
    assert beat(house, MORNING, ping=pings) == [MORNING + quarter]
    ended = {"status": "skipped", "reason": "cancelled"}
    with house.database.write() as c:
        c.execute(update(tables.runs).values(**ended))

    assert beat(house, MORNING + quarter, ping=pings, times=2) == [NEXT_MORNING, NEXT_MORNING]

    assert pings.count == 1
    assert len(told(house)) == 1


def test_a_day_that_never_balances_is_left_when_the_next_is_told(house: House) -> None:
    plan(house, slots=1, reason=None, next_slot_at=None)

    assert beat(house, NEXT_MORNING - timedelta(minutes=1), ping=Pings()) == [NEXT_MORNING]


def test_a_ping_that_fails_is_sent_again(house: House) -> None:
    plan(house, slots=1, reason=Reason.MISSED, next_slot_at=None)
    pings = Pings(False, True)

    assert beat(house, MORNING, ping=pings, times=3) == [MORNING + timedelta(minutes=5), NEXT_MORNING, NEXT_MORNING]

    assert pings.count == 2
    assert len(told(house)) == 1
