from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.reasons import Reason
from domain.schedule import ClockTimes, Closures, Grid, Jitter, Missed, Overlap, Schedule, Slot, SlotNote, Window
from domain.template import StoredTemplate, TemplateStatus
from scheduler import due
from scheduler.forecast import Collision, Decided, Outlook, by_day, collisions, compare, look_ahead
from tests.integration.storage_values import state, template

NOW = datetime(2026, 3, 26, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
NINE = Schedule(ClockTimes((time(9),), "Europe/Berlin"))


def stored(schedule: Schedule, next_slot_at: datetime | None = None, **fields: Any) -> StoredTemplate:
    standing = state(next_slot_at or due.first_slot(schedule, NOW))
    return StoredTemplate(template(schedule=schedule, **fields), standing)


def ahead(one: StoredTemplate, days: int = 10, start: datetime = NOW, runs_before: int = 0) -> Outlook:
    return look_ahead(one, now=NOW, start=start, until=NOW + days * DAY, run_takes=5 * MINUTE, runs_before=runs_before)


def outlook(name: str, *at: datetime, account: str = "acme", count: int = 1) -> Outlook:
    runs = tuple(Slot(each) for each in at)
    return Outlook(template(name, name=name, account=account, count=count, schedule=NINE), runs)


clocks = st.lists(
    st.times().map(lambda each: each.replace(second=0, microsecond=0)), min_size=1, max_size=4, unique=True
)
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
cadences = st.one_of(
    st.builds(Grid, st.integers(1, 12), st.just(NOW - 100 * DAY)),
    st.builds(lambda times, zone: ClockTimes(tuple(sorted(times)), zone), clocks, zones),
    st.builds(lambda zone, count: Window(time(8), time(20), count, zone), zones, st.integers(1, 8)),
)
schedules = st.builds(
    Schedule,
    cadences,
    end=st.none() | st.integers(1, 8).map(lambda days: NOW + days * DAY),
    missed=st.sampled_from([Missed.LATEST, Missed.SKIP]),
    jitter=st.none() | st.just(Jitter(10 * MINUTE, "seed")),
    closures=st.none() | zones.map(lambda zone: Closures(zone, ((time(22), time(7)),), frozenset({date(2026, 3, 29)}))),
)


@settings(max_examples=60, deadline=None)
@given(schedules)
def test_the_forecast_is_what_the_planner_decides_when_it_is_asked_at_each_slot(schedule: Schedule) -> None:
    first = due.first_slot(schedule, NOW)
    decided: list[datetime] = []
    dropped: list[due.Dropped] = []
    clock = first
    while clock is not None and clock < NOW + 10 * DAY:
        decision = due.decide(schedule, clock, clock)
        decided += [decision.run.at] if decision.run else []
        dropped += decision.dropped
        clock = decision.next_slot_at

    found = ahead(stored(schedule, first)) if first else Outlook(template(), ())

    assert [slot.at for slot in found.runs] == decided
    inside = [each.count for each in dropped if each.end < NOW + 10 * DAY]  # a stretch may reach beyond the last day
    assert sum(inside) <= len(found.closed) <= sum(each.count for each in dropped)
    assert found.overdue == ()
    assert (found.ended_at is None) is (first is None or clock is not None)


def test_a_slot_that_is_overdue_runs_now_and_the_older_ones_do_not() -> None:
    late = stored(Schedule(Grid(24, NOW - DAY + MINUTE)), NOW - 3 * HOUR + MINUTE)

    found = ahead(late, days=1)

    assert found.runs[0] == Slot(NOW, None, NOW - HOUR + MINUTE)
    assert [(each.count, each.reason) for each in found.overdue] == [(2, Reason.SUPERSEDED)]
    assert found.runs[1].at == NOW + MINUTE


def test_a_plan_from_a_later_day_leaves_out_what_comes_before_it() -> None:
    found = ahead(stored(NINE), days=5, start=NOW + 3 * DAY)

    assert [slot.at.day for slot in found.runs] == [30, 31]


def test_daylight_saving_is_noted_on_the_slot() -> None:
    found = ahead(stored(Schedule(ClockTimes((time(2, 30),), "Europe/Berlin"))), days=4)

    assert [slot.note for slot in found.runs] == [None, None, SlotNote.GAP, None]


def test_a_template_that_has_had_some_of_its_runs_has_only_the_others() -> None:
    limited = stored(replace(NINE, max_runs=5))

    assert len(ahead(limited, runs_before=3).runs) == 2
    assert ahead(limited, runs_before=3).ended_at == datetime(2026, 3, 28, 8, tzinfo=UTC)
    assert ahead(limited, runs_before=5).runs == ()


def test_closed_slots_have_their_reason_and_do_not_run() -> None:
    closures = Closures("Europe/Berlin", (), frozenset({date(2026, 3, 27)}))

    found = ahead(stored(replace(NINE, closures=closures)), days=2)

    assert [slot.reason for slot in found.closed] == [Reason.EXCLUDED]
    assert len(found.runs) == 1


@pytest.mark.parametrize(("overlap", "tight"), [(Overlap.SKIP, 2), (Overlap.QUEUE, 0)])
def test_slots_nearer_than_a_run_takes_may_overlap_unless_they_queue(overlap: Overlap, tight: int) -> None:
    near = ClockTimes((time(9), time(9, 4), time(9, 9)), "UTC")

    assert ahead(stored(Schedule(near, overlap=overlap)), days=2).tight == tight


def test_a_paused_template_is_looked_at_as_if_it_were_resumed_now() -> None:
    paused = StoredTemplate(template(schedule=NINE), state(None, TemplateStatus.PAUSED))

    assert len(ahead(paused, days=2).runs) == 2


def test_runs_of_one_account_within_its_spacing_collide_in_the_order_they_come() -> None:
    late, early = outlook("b", NOW + 2 * MINUTE, NOW + DAY), outlook("a", NOW, NOW + HOUR, account="Acme")
    other = outlook("c", NOW, account="other")

    assert collisions([late, early, other], 5 * MINUTE) == [
        Collision("acme", "a", "b", 1, NOW + 2 * MINUTE, 2 * MINUTE, 3 * MINUTE, 5 * MINUTE)
    ]


def test_an_account_collides_within_its_own_gap_as_often_as_its_runs_post() -> None:
    early, late = outlook("a", NOW, count=2, account="Acme"), outlook("b", NOW + 50 * MINUTE)
    gaps = {"acme": 30 * MINUTE}

    (found,) = collisions([early, late], 5 * MINUTE, gaps)

    assert (found.gap, found.delay) == (30 * MINUTE, 10 * MINUTE)
    assert collisions([early, outlook("b", NOW + HOUR)], 5 * MINUTE, gaps) == []


def test_the_wait_of_a_crowd_adds_up() -> None:
    crowd = [outlook(name, NOW, NOW + DAY) for name in ("a", "b", "c")]

    found = collisions(crowd, 10 * MINUTE)

    assert {(each.first, each.second): (each.count, each.delay) for each in found} == {
        ("a", "b"): (2, 10 * MINUTE),
        ("b", "c"): (2, 20 * MINUTE),
    }


def test_without_a_spacing_only_runs_of_one_instant_collide() -> None:
    found = collisions([outlook("a", NOW, NOW + HOUR), outlook("b", NOW, NOW + HOUR + MINUTE)], timedelta(0))

    assert [(each.count, each.nearest, each.delay) for each in found] == [(1, timedelta(0), timedelta(0))]


@given(st.lists(st.integers(0, 600), min_size=1, max_size=12), st.integers(1, 60))
def test_every_run_that_follows_too_soon_is_counted_once(minutes: list[int], spacing: int) -> None:
    each = [outlook(f"t{n}", NOW + at * MINUTE) for n, at in enumerate(minutes)]

    found = collisions(each, spacing * MINUTE)

    near = sum(later - earlier < spacing for earlier, later in pairwise(sorted(minutes)))
    assert sum(one.count for one in found) == near


def test_days_without_a_run_are_listed_and_posts_are_counted() -> None:
    days = by_day([outlook("a", NOW, NOW + 2 * DAY, count=3)], NOW, NOW + 3 * DAY)

    assert [(day.day.day, day.runs, day.posts) for day in days] == [(26, 1, 3), (27, 0, 0), (28, 1, 3), (29, 0, 0)]
    assert (days[0].first, days[0].last, days[1].first) == (NOW, NOW, None)


def test_a_plan_that_ends_at_midnight_does_not_list_the_next_day() -> None:
    midnight = datetime(2026, 3, 27, tzinfo=UTC)

    assert [day.day for day in by_day([], midnight, midnight + DAY)] == [midnight.date()]


def test_closed_slots_are_counted_by_day_and_reason() -> None:
    closed = (Slot(NOW, reason=Reason.QUIET_HOURS), Slot(NOW + MINUTE, reason=Reason.QUIET_HOURS))

    days = by_day([Outlook(template(), (), closed)], NOW, NOW + DAY)

    assert days[0].closed == ((Reason.QUIET_HOURS, 2),)


def test_a_run_that_goes_and_one_that_comes_on_the_same_day_are_one_that_moves() -> None:
    before = [NOW, NOW + HOUR, NOW + DAY, NOW + 3 * DAY]
    after = [NOW, NOW + 2 * HOUR, NOW + 2 * DAY, NOW + 3 * DAY + HOUR, NOW + 3 * DAY + 2 * HOUR]

    found = compare("a", before, after)

    assert found.kept == 1
    assert found.moved == ((NOW + HOUR, NOW + 2 * HOUR), (NOW + 3 * DAY, NOW + 3 * DAY + HOUR))
    assert found.dropped == (NOW + DAY,)
    assert found.added == (NOW + 2 * DAY, NOW + 3 * DAY + 2 * HOUR)


moments = st.sets(st.integers(0, 200).map(lambda hours: NOW + hours * HOUR), max_size=20)


@given(moments, moments)
def test_a_comparison_leads_from_the_old_runs_to_the_new(before: set[datetime], after: set[datetime]) -> None:
    found = compare("a", before, after)

    gone = {*found.dropped, *(old for old, _ in found.moved)}
    come = {*found.added, *(new for _, new in found.moved)}
    assert (before - gone) | come == after
    assert found.kept + len(gone) == len(before)


def test_slots_that_a_person_skipped_or_moved_are_planned_as_decided() -> None:
    first, second, third = (datetime(2026, 3, day, 8, tzinfo=UTC) for day in (27, 28, 29))
    third = third - HOUR  # summer has come
    decided = {
        first: Decided(first, Reason.OWNER_SKIPPED),
        second: Decided(second + 3 * HOUR),
        NOW - DAY: Decided(NOW + MINUTE),
    }

    found = look_ahead(
        stored(NINE), now=NOW, start=NOW, until=NOW + 3 * DAY, run_takes=MINUTE, runs_before=2, decided=decided
    )

    assert found.closed == (Slot(first, reason=Reason.OWNER_SKIPPED),)
    assert found.runs == (
        Slot(NOW + MINUTE, nominal=NOW - DAY),
        Slot(second + 3 * HOUR, nominal=second),
        Slot(third),
    )


def test_runs_that_are_decided_count_once_towards_the_most() -> None:
    second = datetime(2026, 3, 28, 8, tzinfo=UTC)

    found = look_ahead(
        stored(replace(NINE, max_runs=3)),
        now=NOW,
        start=NOW,
        until=NOW + 9 * DAY,
        run_takes=MINUTE,
        runs_before=1,
        decided={second: Decided(second + HOUR)},
    )

    assert len(found.runs) == 3
