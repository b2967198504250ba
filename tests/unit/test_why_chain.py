"""The chain of a slot, as a value: pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from domain.budget import Entry, EntryKind, EntryState, Period, Scope
from domain.budget import Window as Spent
from domain.event import EventType
from domain.publication import Outcome, Publication
from domain.reasons import SENTENCES, Reason
from domain.run import Facts, Run, RunStatus, Trigger
from domain.schedule import (
    Cadence,
    CalendarDates,
    ClockTimes,
    Closures,
    Cron,
    Grid,
    Jitter,
    Recurrence,
    Schedule,
    Window,
)
from scheduler import planned
from scheduler.event_tail import Told
from scheduler.metrics import Metrics
from scheduler.operations.why.chain import STOPS, Effect, Link, Step, in_order, not_reached, passed, stopped
from scheduler.operations.why.evidence import Evidence, LastPost, Limit
from scheduler.operations.why.nominal import slot_at, time_links, unknown_links
from scheduler.operations.why.run_links import chain_of_run
from tests.integration.storage_values import template

NOW = datetime(2026, 3, 29, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)
BERLIN = "Europe/Berlin"


def explained(schedule: Schedule, at: datetime) -> dict[Step, Link]:
    slot = slot_at(schedule, at)
    assert slot is not None
    return {link.step: link for link in time_links(schedule, slot)}


def run(reason: Reason | None = None, status: RunStatus = RunStatus.SKIPPED, started: bool = False) -> Run:
    started_at = NOW + timedelta(seconds=2) if started else None
    return Run(
        *("r", "t1", "acme", NOW, NOW, Trigger.SCHEDULE, status),
        reason=reason,
        created_at=NOW,
        started_at=started_at,
        finished_at=NOW + HOUR,
    )


def evidence(facts: Facts) -> Evidence:
    made = template(schedule=Schedule(Grid(24, NOW)))
    return Evidence(facts, made, made)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_stops_a_slot_at_one_link_that_has_it(reason: Reason) -> None:
    chain = chain_of_run(evidence(Facts(run(reason))))

    (stop,) = (link for link in chain if link.reason is not None)
    assert (stop.step, stop.effect, stop.reason) == (STOPS[reason], Effect.STOPPED, reason)
    assert SENTENCES[reason] in stop.said


@pytest.mark.parametrize("reason", Reason)
def test_no_link_after_the_one_that_stopped_claims_to_have_let_the_slot_pass(reason: Reason) -> None:
    chain = chain_of_run(evidence(Facts(run(reason))))
    place = [link.effect for link in chain].index(Effect.STOPPED)
    later = {link.effect for link in chain[place + 1 :] if link.step is not Step.CALLBACKS}
    assert later <= {Effect.NOT_REACHED}


def test_every_reason_is_a_label_of_the_metric_that_counts_what_ended() -> None:
    metrics = Metrics()
    metrics.count_events(Told(EventType.RUN_SKIPPED, 1, "skipped", reason.value) for reason in Reason)
    shown = metrics.page([], None).decode()
    lines = [f'ostinato_runs_total{{reason="{reason.value}",status="skipped"}} 1.0' for reason in Reason]
    assert [line for line in lines if line not in shown] == []
    page = Path("docs/monitoring.md").read_text(encoding="utf-8")
    assert "| `ostinato_runs_total` | `status`, `reason` |" in page
    assert "[reason code](reasons.md)" in page


def test_the_chain_has_every_link_in_its_order() -> None:
    chain = chain_of_run(evidence(Facts(run(status=RunStatus.POSTED))))
    assert [link.step for link in chain] == list(Step)


def test_every_link_and_every_effect_is_documented() -> None:
    page = Path("docs/why.md").read_text(encoding="utf-8")
    assert [each for each in (*Step, *Effect) if f"`{each}`" not in page] == []


def test_what_a_cancelled_run_had_done_before_stays_in_its_chain() -> None:
    facts = Facts(run(Reason.CANCELLED, started=True), material=())
    chain = {link.step: link for link in chain_of_run(evidence(facts))}
    assert chain[Step.OWNER].reason is Reason.CANCELLED
    assert chain[Step.START].effect is Effect.PASSED
    assert chain[Step.APPROVAL].effect is Effect.NOT_REACHED


def test_a_run_that_is_not_done_expects_what_it_has_not_reached() -> None:
    chain = {link.step: link.effect for link in chain_of_run(evidence(Facts(run(status=RunStatus.QUEUED))))}
    assert chain[Step.NOMINAL] is Effect.PASSED
    assert chain[Step.START] is Effect.WAITS
    assert chain[Step.APPROVAL] is Effect.EXPECTED


def attempt(number: int, outcome: Outcome | None, at: datetime = NOW) -> Publication:
    return Publication(
        *(f"q{number}", "r", "t1", "acme", 0, 0, number, f"key-{number}", "Hello", None, at),
        outcome=outcome,
        tweet_id="17" if outcome is Outcome.CONFIRMED else None,
        settled_by="answer" if outcome else None,
    )


def test_each_attempt_is_a_link_of_its_own() -> None:
    ledger = (attempt(0, Outcome.DEFERRED), attempt(1, Outcome.UNKNOWN), attempt(2, None))
    facts = Facts(run(status=RunStatus.UNKNOWN), publications=ledger)
    found = [link.effect for link in chain_of_run(evidence(facts)) if link.step is Step.PUBLICATIONS]
    assert found == [Effect.CHANGED, Effect.WAITS, Effect.WAITS]


@pytest.mark.parametrize(
    ("after", "effect"), [(timedelta(seconds=3), Effect.CHANGED), (timedelta(minutes=3), Effect.PASSED)]
)
def test_a_post_that_leaves_as_soon_as_its_account_is_free_has_waited_for_it(after: timedelta, effect: Effect) -> None:
    ledger = (attempt(0, Outcome.CONFIRMED, NOW + HOUR + after),)
    known = evidence(Facts(run(status=RunStatus.POSTED), publications=ledger))
    chain = chain_of_run(replace(known, gap=HOUR, before=LastPost("other", NOW)))
    (link,) = (link for link in chain if link.step is Step.ACCOUNT_GAP)
    assert link.effect is effect


def test_a_stop_keeps_the_words_of_a_link_that_knows_more() -> None:
    chain = stopped(
        [Link(Step.QUIET, Effect.STOPPED, "within 22:00-06:00", Reason.QUIET_HOURS), passed(Step.OVERLAP, "none")],
        Reason.QUIET_HOURS,
        "the sentence",
    )
    assert [link.said for link in chain] == ["within 22:00-06:00", ""]


def test_links_are_put_in_order_and_those_of_one_step_stay_as_they_are() -> None:
    links = [not_reached(Step.CALLBACKS), passed(Step.PUBLICATIONS, "1"), passed(Step.PUBLICATIONS, "2")]
    assert in_order([links[0], links[2], links[1]]) == (links[2], links[1], links[0])


@pytest.mark.parametrize(
    ("cadence", "at", "said"),
    [
        (Grid(6, NOW), NOW + 8 * HOUR, "number 3 at 6 a day"),
        (ClockTimes((time(9), time(18)), BERLIN), NOW, "Sun 2026-03-29 09:00 Europe/Berlin, one of 2 clock times"),
        (Window(time(9), time(21), 4, BERLIN), NOW + 3 * HOUR, "12:00 Europe/Berlin, one of 4 from 09:00 to 21:00"),
        (Cron("0 9 * * *", BERLIN), NOW, "09:00 Europe/Berlin, by cron 0 9 * * *"),
        (
            Recurrence("FREQ=DAILY", datetime(2026, 3, 1, 9), BERLIN),  # noqa: DTZ001 - a time on the wall
            NOW,
            "09:00 Europe/Berlin, by FREQ=DAILY",
        ),
    ],
)
def test_the_nominal_time_is_told_as_its_schedule_names_it(cadence: Cadence, at: datetime, said: str) -> None:
    link = explained(Schedule(cadence), at)[Step.NOMINAL]
    assert said in link.said
    assert link.at == at


def test_a_time_that_its_day_skips_is_named_as_it_was_written_and_said_to_have_moved() -> None:
    found = explained(Schedule(ClockTimes((time(2, 30),), BERLIN)), datetime(2026, 3, 29, 1, 30, tzinfo=UTC))
    assert "Sun 2026-03-29 02:30 Europe/Berlin" in found[Step.NOMINAL].said
    assert found[Step.DST].effect is Effect.CHANGED
    assert "moved forward to Sun 2026-03-29 03:30 Europe/Berlin" in found[Step.DST].said


def test_two_times_that_meet_are_both_named() -> None:
    schedule = Schedule(ClockTimes((time(2, 30), time(3, 30)), BERLIN))
    found = explained(schedule, datetime(2026, 3, 29, 1, 30, tzinfo=UTC))
    assert "02:30 and Sun 2026-03-29 03:30 Europe/Berlin" in found[Step.NOMINAL].said
    assert "one slot" in found[Step.DST].said


def test_a_time_that_comes_twice_is_used_once_and_by_an_interval_twice() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    times = Schedule(ClockTimes((time(2, 30),), BERLIN))
    assert "only the first is used" in explained(times, first)[Step.DST].said
    assert slot_at(times, first + HOUR) is None
    interval = Schedule(Cron("*/30 * * * *", BERLIN))
    assert "an interval uses both" in explained(interval, first + HOUR)[Step.DST].said


def test_jitter_says_by_how_much_and_a_closed_slot_is_not_moved() -> None:
    closures = Closures(BERLIN, ((time(8), time(10)),), frozenset({date(2026, 3, 30)}))
    schedule = Schedule(ClockTimes((time(9), time(12)), BERLIN), jitter=Jitter(HOUR, "seed"), closures=closures)
    quiet, moved, excluded, _ = (next(planned.ascending(schedule, NOW + number * HOUR)) for number in (0, 1, 10, 30))

    assert explained(schedule, quiet.at)[Step.QUIET].reason is Reason.QUIET_HOURS
    assert explained(schedule, quiet.at)[Step.JITTER].effect is Effect.NOT_REACHED
    assert explained(schedule, moved.at)[Step.JITTER].at == moved.at
    assert "of at most 1h" in explained(schedule, moved.at)[Step.JITTER].said
    assert explained(schedule, excluded.at)[Step.EXCLUDED].reason is Reason.EXCLUDED


def test_the_calendar_that_excludes_a_date_is_named() -> None:
    holidays = CalendarDates("https://calendars.example/de.ics", frozenset({date(2026, 3, 30)}))
    schedule = Schedule(ClockTimes((time(9),), BERLIN), closures=Closures(BERLIN, calendars=(holidays,)))
    found = explained(schedule, NOW + 24 * HOUR)[Step.EXCLUDED]
    assert (found.effect, found.reason) == (Effect.STOPPED, Reason.EXCLUDED)
    assert "is excluded by https://calendars.example/de.ics" in found.said
    assert explained(schedule, NOW)[Step.EXCLUDED].said == "2026-03-29 is none of 1"


def test_a_run_that_tries_another_again_names_it() -> None:
    tried = replace(run(status=RunStatus.POSTED), trigger=Trigger.REQUEST, retry_of="r0")
    assert "to try run r0 again" in chain_of_run(evidence(Facts(tried)))[0].said


def entry(state: EntryState, kind: EntryKind, amount: int) -> Entry:
    return Entry(f"{kind}-{state}", kind, "r", "t1", "acme", amount, state, "part 1", NOW)


def test_what_a_run_cost_and_what_it_had_to_fit_into_are_told() -> None:
    paid = (entry(EntryState.SPENT, EntryKind.POST, 15_000), entry(EntryState.SPENT, EntryKind.MODEL, 2_500))
    day = Limit(Spent(Scope.TEMPLATE, "t1", Period.DAY, NOW, NOW + 24 * HOUR, 500_000), taken=320_000)
    known = evidence(Facts(run(status=RunStatus.POSTED), publications=(attempt(0, Outcome.CONFIRMED),)))

    (link,) = (each for each in chain_of_run(replace(known, entries=paid, limits=(day,))) if each.step is Step.BUDGET)

    assert link.effect is Effect.PASSED
    assert link.said == ("spent $0.0175 (model; post); of the template's budget of $0.50 for the day $0.32 is taken")


def test_a_run_over_its_budget_stops_there_with_what_it_had_reserved() -> None:
    left = (entry(EntryState.RELEASED, EntryKind.POST, 15_000),)
    known = evidence(Facts(run(Reason.OVER_BUDGET, started=True), material=(), drafts=()))
    chain = {each.step: each for each in chain_of_run(replace(known, entries=left))}
    assert chain[Step.BUDGET].reason is Reason.OVER_BUDGET
    assert "released $0.015 (post)" in chain[Step.BUDGET].said
    assert chain[Step.PUBLICATIONS].effect is Effect.NOT_REACHED


def test_what_was_pruned_is_not_known_and_is_not_called_nothing() -> None:
    gone = Facts(
        run(status=RunStatus.POSTED, started=True),
        material=(),
        drafts=(),
        chosen=(),
        choice_reason="d0 won: 9 of 10",
        publications=(attempt(0, Outcome.CONFIRMED),),
    )
    chain = {each.step: each for each in chain_of_run(evidence(gone))}
    assert {chain[step].effect for step in (Step.ITEMS, Step.DRAFTS)} == {Effect.NOT_KNOWN}
    assert chain[Step.MINIMUM_SCORE].said == "d0 won: 9 of 10"


def test_what_is_not_known_is_said_once() -> None:
    assert [link.said for link in unknown_links("changed since")] == ["changed since", "", "", "", ""]
