"""Why: one answer for any instant of a template, with what every link of the chain decided."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from domain.errors import NotFound
from domain.event import Channel, EventType, Webhook
from domain.publication import Outcome, Settlement
from domain.reasons import Reason
from domain.run import Rejected, RunStatus, Verdict
from domain.schedule import ClockTimes, Closures, Grid, Jitter, Missed, Schedule
from domain.template import Approval, ApproveDefault
from scheduler.editor import Gathered
from scheduler.operations import runs, slots, templates, why
from scheduler.operations.why import Answer, Effect, Link, Standing, Step, Why, WhyGap, WhyNothing, WhySlot
from storage import runs as stored_runs
from storage import templates as stored_templates
from storage import webhooks
from storage.database import Database
from storage.tables import deliveries, delivery_attempts, former_templates
from tests.integration.scheduler_house import CIPHER, NOW, POOR, House

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
NIGHT = Closures("Europe/Berlin", ((time(22), time(6)),), frozenset({date(2026, 12, 25)}))


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def ask(house: House, at: datetime, within: timedelta = timedelta(seconds=1), name: str = "t1", **given: Any) -> Answer:
    (only,) = why.of_slots(house.database, name, at, within, now=house.clock(), **given)
    return only


def links(answer: Answer, step: Step) -> list[Link]:
    assert not isinstance(answer, WhyNothing)
    return [each for each in answer.chain if each.step is step]


def link(answer: Answer, step: Step) -> Link:
    (only,) = links(answer, step)
    return only


def effects(answer: Answer) -> dict[Step, Effect]:
    assert not isinstance(answer, WhyNothing)
    return {each.step: each.effect for each in answer.chain}


def test_the_chain_of_a_run_that_posted_says_of_every_link_that_it_passed(house: House) -> None:
    house.template(callback_url="https://hooks.example/in")
    with house.database.write() as c:
        webhooks.upsert(c, Webhook("w1", Channel.HTTP, "https://hooks.example/in", "whsec_x", "t1", True, NOW), CIPHER)
    house.plan()
    house.work()

    found = why.of_run(house.database, house.run().id)

    assert [each.step for each in found.chain] == sorted((each.step for each in found.chain), key=list(Step).index)
    assert set(effects(found)) == set(Step)
    assert {step for step, effect in effects(found).items() if effect is not Effect.PASSED} == {Step.CALLBACKS}
    assert "number 1 at 4 a day at equal distance" in link(found, Step.NOMINAL).said
    assert "1 used" in link(found, Step.ITEMS).said
    assert "d0 90" in link(found, Step.DRAFTS).said
    assert "attempt 1" in link(found, Step.PUBLICATIONS).said
    assert "confirmed" in link(found, Step.PUBLICATIONS).said
    assert [each.effect for each in links(found, Step.CALLBACKS)] == [Effect.WAITS] * len(found.callbacks)


@pytest.mark.parametrize(
    ("types", "said"),
    [
        (None, "1 webhook will be told"),
        ({EventType.RUN_SUCCEEDED}, "1 webhook will be told"),
        ({EventType.RUN_FAILED, EventType.POST_UNKNOWN}, "nobody is to be told"),
    ],
)
def test_of_a_slot_to_come_those_are_counted_who_are_told_that_it_went_well(
    house: House, types: set[EventType] | None, said: str
) -> None:
    house.template()
    events = frozenset(types) if types else None
    hook = Webhook("w1", Channel.HTTP, "https://hooks.example/in", "whsec_x", None, True, NOW, events=events)
    with house.database.write() as c:
        webhooks.upsert(c, hook, CIPHER)

    assert said in link(ask(house, NOW + 6 * HOUR), Step.CALLBACKS).said


def test_every_try_to_deliver_is_told(house: House) -> None:
    house.template()
    with house.database.write() as c:
        webhooks.upsert(c, Webhook("w1", Channel.HTTP, "https://hooks.example/in", "whsec_x", "t1", True, NOW), CIPHER)
    house.plan()
    house.work()
    with house.database.write() as c:
        (delivery, *_) = c.execute(deliveries.select()).all()
        for number in range(2):
            row = {"delivery_id": delivery.id, "at": NOW + number * HOUR, "ok": False, "status": 503, "error": "busy"}
            c.execute(insert(delivery_attempts).values(row | {"duration_ms": 12}))

    found = why.of_run(house.database, house.run().id)

    assert [(each.at, each.status, each.error) for each in found.callbacks[0].tries] == [
        (NOW, 503, "busy"),
        (NOW + HOUR, 503, "busy"),
    ]


def skipped_for(house: House, reason: Reason) -> Why:
    house.plan()
    house.work()
    found = why.of_run(house.database, house.run().id)
    assert found.run.reason is reason
    return found


def test_each_item_that_was_considered_and_refused_is_named_with_its_reason(house: House) -> None:
    house.template()
    house.editor.gathered = Gathered((), (Rejected("https://a.example", "status 404", failed=True),))

    found = skipped_for(house, Reason.SOURCES_FAILED)

    stop = link(found, Step.ITEMS)
    assert (stop.effect, stop.reason) == (Effect.STOPPED, Reason.SOURCES_FAILED)
    assert "https://a.example: status 404" in stop.said
    assert effects(found)[Step.START] is Effect.PASSED
    after = [each.effect for each in found.chain if list(Step).index(each.step) > list(Step).index(Step.ITEMS)]
    assert set(after[:-1]) == {Effect.NOT_REACHED}


def test_a_score_that_is_too_low_stops_at_the_minimum_of_then_with_the_best_score(house: House) -> None:
    made = house.template(minimum_score=55)
    house.editor.scores = POOR
    found = skipped_for(house, Reason.SCORE_TOO_LOW)
    with house.database.write() as c:
        stored_templates.replace(c, replace(made, minimum_score=10), now=NOW + HOUR)

    found = why.of_run(house.database, found.run.id)

    stop = link(found, Step.MINIMUM_SCORE)
    assert (stop.effect, stop.reason) == (Effect.STOPPED, Reason.SCORE_TOO_LOW)
    assert "scored 40, the template asks for 55" in stop.said


def test_a_held_run_waits_at_its_approval_until_its_deadline(house: House) -> None:
    house.template(approval=Approval.APPROVE, approve_within=4 * HOUR, approve_default=ApproveDefault.DROP)
    house.plan()
    house.work()
    run = house.run()

    waiting = link(why.of_run(house.database, run.id), Step.APPROVAL)
    assert waiting.effect is Effect.WAITS
    assert "until 2026-03-01 13:00:00 UTC; then it is dropped" in waiting.said

    runs.decide(house.database, run.id, Verdict.REJECTED, note="too dry", now=NOW)
    house.work()
    refused = link(why.of_run(house.database, run.id), Step.APPROVAL)
    assert (refused.effect, refused.reason) == (Effect.STOPPED, Reason.REJECTED)


def test_a_person_s_note_is_told_and_what_the_account_waits_for_is_not_taken_for_it(house: House) -> None:
    house.template(approval=Approval.APPROVE)
    house.plan()
    house.work()
    run_id = house.run().id
    with house.database.write() as c:
        stored_runs.decide(c, run_id, Verdict.APPROVED, now=NOW, note="good one")
    assert ": good one" in link(why.of_run(house.database, run_id), Step.APPROVAL).said
    house.lanes.gaps = {"demo": HOUR}
    house.lanes.sent("demo", NOW)
    house.work()
    assert (house.run().detail or "").startswith("waits for its account's gap")
    assert "waits for" not in link(why.of_run(house.database, run_id), Step.APPROVAL).said


def test_a_shadow_stops_after_its_drafts(house: House) -> None:
    house.template(approval=Approval.SHADOW)
    found = skipped_for(house, Reason.SHADOW)
    assert link(found, Step.SHADOW).reason is Reason.SHADOW
    assert effects(found)[Step.REPETITION] is Effect.PASSED
    assert effects(found)[Step.PUBLICATIONS] is Effect.NOT_REACHED


def test_an_unknown_outcome_is_told_with_its_attempt_and_waits(house: House) -> None:
    house.template()
    house.publisher.answers = {"Hello": [Settlement(Outcome.UNKNOWN, "answer", reason="timeout")]}
    house.plan()
    house.work()
    found = link(why.of_run(house.database, house.run().id), Step.PUBLICATIONS)
    assert found.effect is Effect.WAITS
    assert "not known whether it is out; asked 1 time" in found.said


def test_the_run_that_was_in_the_way_is_named(house: House) -> None:
    house.template(schedule=Schedule(Grid(24, NOW)))
    house.plan()
    house.clock.advance(hours=1)
    house.plan()
    first, second = house.runs()

    stop = link(why.of_run(house.database, second.id), Step.OVERLAP)

    assert (stop.effect, stop.reason) == (Effect.STOPPED, Reason.OVERLAP)
    assert first.id in stop.said


def test_the_account_s_post_before_and_its_gap_are_told(house: House) -> None:
    house.template("t1")
    house.template("t2", next_slot_at=NOW + HOUR, schedule=Schedule(Grid(4, NOW + HOUR)))
    for _ in range(2):
        house.plan()
        house.work()
        house.clock.advance(hours=1)
    first, second = house.run("t1"), house.run("t2")

    found = why.of_run(house.database, second.id, spacing=30 * timedelta(minutes=1))

    said = link(found, Step.ACCOUNT_GAP).said
    assert f"@demo posted 1h before, by run {first.id}; 30m are kept" in said
    assert "had not posted before" in link(why.of_run(house.database, first.id), Step.ACCOUNT_GAP).said


def test_a_request_is_no_slot_of_the_schedule(house: House) -> None:
    house.template(next_slot_at=NOW + 6 * HOUR)
    run = templates.run_now(house.database, "t1", now=NOW, new_id=house.new_id)
    found = ask(house, NOW)
    assert isinstance(found, Why)
    assert found.run.id == run.id
    assert "asked for" in link(found, Step.NOMINAL).said
    assert effects(found)[Step.QUIET] is Effect.NOT_REACHED


def test_a_slot_that_a_person_skipped_or_moved_says_so(house: House) -> None:
    house.template(schedule=Schedule(Grid(24, NOW)))
    given: dict[str, Any] = {"now": NOW, "new_id": house.new_id}
    slots.skip(house.database, "t1", NOW + HOUR, **given)
    slots.move(house.database, "t1", NOW + 2 * HOUR, NOW + 5 * HOUR, **given)

    gone = ask(house, NOW + HOUR)
    moved = ask(house, NOW + 2 * HOUR)

    assert link(gone, Step.OWNER).reason is Reason.OWNER_SKIPPED
    assert (link(moved, Step.OWNER).effect, link(moved, Step.OWNER).at) == (Effect.CHANGED, NOW + 5 * HOUR)
    assert link(moved, Step.START).effect is Effect.WAITS


def test_slots_that_are_made_up_say_when_each_runs(house: House) -> None:
    house.template(schedule=Schedule(Grid(24, NOW), missed=Missed.SPREAD, grace=12 * HOUR))
    house.clock.advance(hours=2, minutes=1)
    expected = ask(house, NOW + 2 * HOUR)
    assert isinstance(expected, WhySlot)
    house.plan()
    found = ask(house, NOW + 2 * HOUR)
    assert isinstance(found, Why)
    assert link(found, Step.MISSED).effect is Effect.CHANGED
    assert expected.due_at == found.run.due_at


def test_a_backfilled_slot_says_that_a_person_had_it_made_up(house: House) -> None:
    house.template(schedule=Schedule(Grid(24, NOW), missed=Missed.SKIP))
    house.clock.advance(hours=3, minutes=30)
    house.plan()
    slots.backfill(house.database, "t1", NOW + HOUR, NOW + HOUR, now=house.clock(), new_id=house.new_id)
    assert "had it made up" in link(ask(house, NOW + HOUR), Step.OWNER).said


def test_a_slot_within_an_outage_is_one_of_many_and_the_instants_between_are_none(house: House) -> None:
    house.template(schedule=Schedule(Grid(24, NOW)))
    house.plan()
    house.work()
    house.clock.advance(hours=9, minutes=30)
    house.plan()

    missed = ask(house, NOW + 3 * HOUR)
    between = ask(house, NOW + 3.5 * HOUR)

    assert isinstance(missed, WhyGap)
    assert (missed.slot_at, missed.gap.count) == (NOW + 3 * HOUR, 8)
    assert link(missed, Step.MISSED).reason is Reason.SUPERSEDED
    assert isinstance(between, WhyNothing)
    assert between.gap == missed.gap
    assert between.before is not None
    assert between.after is not None
    assert (between.before.at, between.before.reason) == (NOW + 3 * HOUR, Reason.SUPERSEDED)
    assert (between.after.at, between.after.reason) == (NOW + 4 * HOUR, Reason.SUPERSEDED)


def test_a_slot_of_a_pause_is_paused_before_and_after_it_is_recorded(house: House) -> None:
    house.template(schedule=Schedule(Grid(24, NOW)))
    house.plan()
    house.work()
    templates.pause(house.database, "t1", note="holidays", now=NOW, new_id=house.new_id)

    ahead = ask(house, NOW + 2 * HOUR)
    assert isinstance(ahead, WhySlot)
    assert ahead.reason is Reason.PAUSED
    assert "paused (holidays); the slot runs if it is resumed before" in link(ahead, Step.TEMPLATE).said

    house.clock.advance(hours=5, minutes=30)
    assert "is recorded so when the pause ends" in ask(house, NOW + 2 * HOUR).sentence
    templates.resume(house.database, "t1", now=house.clock(), new_id=house.new_id)
    past = ask(house, NOW + 2 * HOUR)
    assert isinstance(past, WhyGap)
    assert link(past, Step.TEMPLATE).reason is Reason.PAUSED


def test_an_instant_that_is_no_slot_names_those_before_and_after(house: House) -> None:
    house.template(schedule=Schedule(Grid(24, NOW)))
    house.plan()
    house.work()

    found = ask(house, NOW + timedelta(minutes=30))

    assert isinstance(found, WhyNothing)
    assert found.before is not None
    assert found.after is not None
    assert (found.before.at, found.before.status, found.before.run_id) == (NOW, RunStatus.POSTED, house.run().id)
    assert (found.after.at, found.after.run_id) == (NOW + HOUR, None)
    assert "it runs at 2026-03-01 10:00:00 UTC" in found.after.sentence


def test_there_is_no_slot_before_a_template_after_its_end_or_once_it_is_deleted(house: House) -> None:
    house.template(schedule=Schedule(Grid(24, NOW - 5 * HOUR), end=NOW + 2 * HOUR))

    before, after = ask(house, NOW - 3 * HOUR), ask(house, NOW + 5 * HOUR)
    assert isinstance(before, WhyNothing)
    assert isinstance(after, WhyNothing)
    assert "was added at" in before.sentence
    assert "has ended at 2026-03-01 11:00:00 UTC" in after.sentence
    assert after.before is not None
    assert after.before.at == NOW + 2 * HOUR

    house.plan()
    house.work()
    templates.delete(house.database, "t1", now=NOW + timedelta(minutes=5), new_id=house.new_id)
    gone = ask(house, NOW + HOUR, name="name-of-t1")
    assert isinstance(gone, WhyNothing)
    assert "was deleted at" in gone.sentence
    assert isinstance(ask(house, NOW, name="name-of-t1"), Why)
    with pytest.raises(NotFound):
        ask(house, NOW, name="nobody")


def test_a_time_read_off_the_template_s_own_wall_is_answered_with_what_it_is_in_utc(house: House) -> None:
    house.template(schedule=Schedule(ClockTimes((time(17),), "Asia/Tokyo")), next_slot_at=NOW + 23 * HOUR)
    found = ask(house, datetime(2026, 3, 3, 17, tzinfo=NOW.tzinfo))
    assert isinstance(found, WhyNothing)
    assert "17:00 in Asia/Tokyo is 2026-03-03 08:00:00 UTC" in found.sentence


def test_a_slot_is_found_by_its_nominal_time_where_jitter_moved_it(house: House) -> None:
    nominal = datetime(2026, 3, 2, 8, tzinfo=NOW.tzinfo)
    schedule = Schedule(ClockTimes((time(9),), "Europe/Berlin"), jitter=Jitter(HOUR, "seed"))
    house.template(schedule=schedule, next_slot_at=NOW + HOUR)

    found = ask(house, nominal)

    assert isinstance(found, WhySlot)
    moved = link(found, Step.JITTER)
    assert (moved.effect, moved.at) == (Effect.CHANGED, found.slot.at)
    assert found.slot.nominal == nominal
    assert "Mon 2026-03-02 09:00 Europe/Berlin, its clock time" in link(found, Step.NOMINAL).said


def test_a_closed_slot_says_which_hours_or_which_date_closed_it(house: House) -> None:
    schedule = Schedule(ClockTimes((time(3), time(12)), "Europe/Berlin"), closures=NIGHT)
    house.template(schedule=schedule, next_slot_at=datetime(2026, 3, 1, 11, tzinfo=NOW.tzinfo))

    quiet = ask(house, datetime(2026, 3, 2, 2, tzinfo=NOW.tzinfo))
    excluded = ask(house, datetime(2026, 12, 25, 11, tzinfo=NOW.tzinfo))

    assert isinstance(quiet, WhySlot)
    assert "Mon 2026-03-02 03:00 Europe/Berlin lies within 22:00-06:00" in link(quiet, Step.QUIET).said
    assert (quiet.reason, link(quiet, Step.QUIET).reason) == (Reason.QUIET_HOURS, Reason.QUIET_HOURS)
    assert "Fri 2026-12-25 (Europe/Berlin) is excluded" in link(excluded, Step.EXCLUDED).said
    assert effects(excluded)[Step.ITEMS] is Effect.NOT_REACHED


def test_a_past_slot_is_explained_by_the_schedule_of_then(house: House) -> None:
    made = house.template(schedule=Schedule(ClockTimes((time(10),), "Europe/Berlin")))
    house.plan()
    house.work()
    changed = replace(made, schedule=Schedule(ClockTimes((time(12),), "Asia/Tokyo")))
    with house.database.write() as c:
        stored_templates.replace(c, changed, now=NOW + HOUR)

    said = link(ask(house, NOW), Step.NOMINAL).said

    assert "Sun 2026-03-01 10:00 Europe/Berlin" in said


def test_what_a_template_was_before_its_past_was_kept_is_not_made_up(house: House) -> None:
    house.template()
    house.plan()
    house.work()
    with house.database.write() as c:
        c.execute(insert(former_templates).values(template_id="t1", until=NOW + HOUR))
    house.clock.advance(hours=2)

    found = ask(house, NOW)
    assert {effects(found)[step] for step in (Step.NOMINAL, Step.DST, Step.QUIET, Step.JITTER)} == {Effect.NOT_KNOWN}
    assert "the template was changed since" in link(found, Step.NOMINAL).said
    nothing = ask(house, NOW + timedelta(minutes=30))
    assert isinstance(nothing, WhyNothing)
    assert "not known" in nothing.sentence


def test_an_overdue_slot_is_decided_as_the_next_tick_decides_it(house: House) -> None:
    house.template(schedule=Schedule(Grid(24, NOW)))
    house.clock.advance(hours=3, minutes=30)
    expected = [ask(house, NOW + number * HOUR) for number in range(4)]
    assert [each.standing for each in expected if isinstance(each, WhySlot)] == [Standing.OVERDUE] * 4

    house.plan()

    for before in expected:
        assert isinstance(before, WhySlot)
        after = ask(house, before.slot.at)
        assert isinstance(after, Why | WhyGap)
        assert before.reason is (after.run.reason if isinstance(after, Why) else after.gap.reason)


def test_max_runs_ends_what_is_ahead(house: House) -> None:
    house.template(schedule=Schedule(Grid(24, NOW), max_runs=3))
    house.plan()
    assert [ask(house, NOW + number * HOUR).sentence for number in (3, 4)] == [
        "the template will have had its 3 runs"
    ] * 2
    ahead = ask(house, NOW + 2 * HOUR)
    assert isinstance(ahead, WhySlot)
    assert ahead.reason is None


def test_a_day_lists_what_was_and_what_will_be(house: House) -> None:
    house.template(schedule=Schedule(Grid(24, NOW)))
    house.plan()
    house.work()
    start = NOW.replace(hour=0)
    found = why.of_slots(house.database, "t1", start, DAY, now=NOW)
    assert [type(each) for each in found] == [Why, *[WhySlot] * 14]
    assert [each.slot_at - NOW for each in found if isinstance(each, Why | WhySlot)] == [n * HOUR for n in range(15)]


def test_other_runs_of_the_account_are_told_where_they_come_near(house: House) -> None:
    house.template("t1", next_slot_at=NOW + 6 * HOUR)
    house.template("t2", next_slot_at=NOW + HOUR, schedule=Schedule(Grid(24, NOW + timedelta(minutes=50))))
    near = link(ask(house, NOW + 6 * HOUR, spacing=timedelta(minutes=15)), Step.ACCOUNT_GAP)
    assert near.effect is Effect.EXPECTED
    assert "name-of-t2 at 14:50:00" in near.said
    far = link(ask(house, NOW + 6 * HOUR, spacing=timedelta(minutes=5)), Step.ACCOUNT_GAP)
    assert "name-of-t2" not in far.said
