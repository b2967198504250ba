"""What several processes on one PostgreSQL database agree on: turns of accounts, lines of callbacks, lone beats."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from commands.daemon_lock import daemon_lock, is_running
from domain.errors import Conflict, LeaseLost, SettingsError
from domain.run import Hold
from scheduler.delivery.ears import Ears
from scheduler.delivery.fleet import Fleet, LeasedLines
from scheduler.delivery.turns import SharedLanes
from scheduler.lanes import HandedOver
from scheduler.leases import Leases
from scheduler.planner import plan_due
from storage import beats, deliveries, events, installation, notices, publications, runs, templates, webhooks
from storage.cipher import FernetCipher, new_key
from storage.database import Database, open_database
from storage.tables import runs as rows
from storage.writer import Writer
from tests.integration.storage_values import (
    LEASE,
    NOW,
    event,
    held_run,
    planned,
    post,
    publication,
    running,
    state,
    template,
    webhook,
    with_templates,
    written,
)

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
Found = runs.Head | runs.Wait | None


@pytest.fixture
def dialect() -> str:
    return "postgresql"


def claimed(database: Database, run_id: str, template_id: str, owner: str, *, minutes: int = 0) -> Hold:
    """Give *owner*'s hold on a run whose slot was *minutes* after the first."""
    at = NOW + timedelta(minutes=minutes)
    with database.write() as c:
        templates.insert(c, template(template_id), state(at))
        runs.plan(c, [planned(template_id, run_id, at)], now=at)
        (facts,) = runs.claim(c, owner=owner, now=at, lease=LEASE, limit=1)
    assert facts.run.id == run_id
    return Hold(run_id, owner, facts.run.epoch)


def ready(database: Database, *holds: Hold) -> None:
    """Give runs to their accounts, as workers do that have chosen what to post."""
    for hold in holds:
        with database.write() as c:
            assert runs.hand_over(c, [hold]) == {hold.run_id}


def head(database: Database, owner: str = "me", now: datetime = NOW, account: str = "acme") -> Found:
    with database.write() as c:
        found = runs.take_heads(c, {account}, owner=owner, now=now, lease=LEASE, thread_deadline=HOUR, spaced={account})
    return found.get(account)


def run_of(found: Found) -> str:
    assert isinstance(found, runs.Head), found
    return found.facts.run.id


def hold_of(found: Found, owner: str = "me") -> Hold:
    assert isinstance(found, runs.Head), found
    return Hold(found.facts.run.id, owner, found.facts.run.epoch)


def intended(database: Database, hold: Hold, parts: int = 1) -> None:
    """Choose posts of *parts* parts, and mean to send the first."""
    template_id = hold.run_id.replace("r", "t")
    posts = [post(hold, part, template_id) for part in range(parts)]
    for write in (
        runs.record_choice(hold, [], [], "the best", posts, now=NOW),
        publications.intend(hold, publication(hold, template_id=template_id)),
    ):
        asyncio.run(written(database, write))


def lapse(database: Database, owner: str) -> None:
    with database.write() as c:
        runs.renew(c, owner, timedelta(seconds=-1), NOW)


def test_an_account_is_had_by_one_run_at_a_time_in_any_spelling(database: Database) -> None:
    first, second = claimed(database, "r1", "t1", "one"), claimed(database, "r2", "t2", "two", minutes=1)
    with database.write() as c:
        c.execute(update(rows).where(rows.c.id == "r2").values(account="ACME"))
    ready(database, first, second)
    assert run_of(head(database, "one")) == "r1"
    assert head(database, "two") is None
    with database.write() as c:
        c.execute(update(rows).where(rows.c.id == "r1").values(status="unknown", lease_owner=None, leased_until=None))
    assert run_of(head(database, "two")) == "r2"


def test_other_accounts_do_not_wait(database: Database) -> None:
    first, second = claimed(database, "r1", "t1", "one"), claimed(database, "r2", "t2", "two", minutes=1)
    with database.write() as c:
        c.execute(update(rows).where(rows.c.id == "r2").values(account="other"))
    ready(database, first, second)
    with database.write() as c:
        both = runs.take_heads(c, {"acme", "other"}, owner="me", now=NOW, lease=LEASE, thread_deadline=HOUR)
    assert {account: run_of(found) for account, found in both.items()} == {"acme": "r1", "other": "r2"}


def test_the_earliest_slot_goes_first_whichever_was_ready_first(database: Database) -> None:
    first, second = claimed(database, "r1", "t1", "one"), claimed(database, "r2", "t2", "two", minutes=1)
    ready(database, second, first)
    assert run_of(head(database)) == "r1"


def test_a_run_is_handed_over_by_whoever_holds_it_and_by_nobody_else(database: Database) -> None:
    hold = claimed(database, "r1", "t1", "one")
    with database.write() as c:
        assert runs.hand_over(c, [Hold("r1", "two", hold.epoch)]) == set()
        assert runs.hand_over(c, [Hold("r1", "one", hold.epoch + 1)]) == set()
    assert head(database) is None
    ready(database, hold)
    assert hold_of(head(database)).epoch == hold.epoch + 1


def test_a_run_that_waits_for_its_account_comes_in_no_batch(database: Database) -> None:
    ready(database, claimed(database, "r1", "t1", "one"))
    with database.write() as c:
        assert runs.claim(c, owner="two", now=NOW, lease=LEASE, limit=5, only=["r1"]) == []


def test_a_batch_brings_what_it_names_and_nothing_else(database: Database) -> None:
    with_templates(database, "t1", "t2")
    with database.write() as c:
        runs.plan(c, [planned("t1", "r1"), planned("t2", "r2")], now=NOW)
        (only,) = runs.claim(c, owner="one", now=NOW, lease=LEASE, limit=5, only=["r2", "gone"])
    assert only.run.id == "r2"


def test_a_run_that_waits_for_itself_lets_the_others_of_its_account_go(database: Database) -> None:
    first, second = claimed(database, "r1", "t1", "one"), claimed(database, "r2", "t2", "two", minutes=1)
    ready(database, first, second)
    again = hold_of(head(database, "one"), "one")
    soon = NOW + timedelta(seconds=4)
    asyncio.run(written(database, runs.release(again, not_before=soon, now=NOW)))
    with database.read() as c:
        assert runs.held_up(c, ["acme"], NOW) == {}
    other = hold_of(head(database))
    assert other.run_id == "r2"
    asyncio.run(written(database, runs.release(other, not_before=NOW + MINUTE, now=NOW)))
    assert head(database) == runs.Wait(soon)
    assert run_of(head(database, now=soon)) == "r1"


def test_an_account_waits_as_long_as_its_run_that_was_told_to_and_for_the_same_reason(database: Database) -> None:
    first, second = claimed(database, "r1", "t1", "one"), claimed(database, "r2", "t2", "two", minutes=1)
    ready(database, first, second)
    again = hold_of(head(database, "one"), "one")
    asyncio.run(written(database, runs.release(again, not_before=NOW + MINUTE, now=NOW, detail="the gap")))
    with database.write() as c:
        waits = runs.held_up(c, ["acme"], NOW)
        runs.hold_back(c, waits)
    assert waits == {"acme": runs.Wait(NOW + MINUTE, "the gap")}
    assert head(database) == runs.Wait(NOW + MINUTE, "the gap")
    with database.read() as c:
        assert runs.held_up(c, ["acme"], NOW + MINUTE) == {}
    assert run_of(head(database, now=NOW + MINUTE)) == "r1"


def test_an_account_does_not_wait_for_a_run_whose_post_may_be_out(database: Database) -> None:
    first, second = claimed(database, "r1", "t1", "one"), claimed(database, "r2", "t2", "two", minutes=1)
    intended(database, first)
    ready(database, first, second)
    again = hold_of(head(database, "one"), "one")
    asyncio.run(written(database, runs.release(again, not_before=NOW + MINUTE, now=NOW, detail="the gap")))
    with database.write() as c:
        assert runs.held_up(c, ["acme"], NOW) == {}
        runs.hold_back(c, {"acme": runs.Wait(NOW + HOUR)})
    assert run_of(head(database, now=NOW + MINUTE)) == "r1"


def test_what_a_newer_program_planned_is_not_held_back_by_this_one(database: Database) -> None:
    first, second = claimed(database, "r1", "t1", "one"), claimed(database, "r2", "t2", "two", minutes=1)
    ready(database, first, second)
    with database.write() as c:
        c.exec_driver_sql("UPDATE templates SET schema = '9999' WHERE id = 't2'")
        runs.hold_back(c, {"acme": runs.Wait(NOW + HOUR)})
        assert [runs.get(c, run_id).not_before for run_id in ("r1", "r2")] == [NOW + HOUR, None]


def test_a_thread_that_comes_in_a_batch_when_it_is_out_in_part_goes_before_earlier_slots(database: Database) -> None:
    other, thread = claimed(database, "r2", "t2", "two"), claimed(database, "r1", "t1", "one", minutes=1)
    intended(database, thread, parts=2)
    with database.write() as c:
        c.exec_driver_sql("UPDATE publications SET outcome = 'confirmed', tweet_id = '1'")
    ready(database, other, thread)
    assert run_of(head(database)) == "r1"


def test_the_turn_of_a_dead_process_ends_with_its_lease(database: Database) -> None:
    first, second = claimed(database, "r1", "t1", "one"), claimed(database, "r2", "t2", "two", minutes=1)
    ready(database, first, second)
    head(database, "dead")
    assert head(database, "alive") is None
    lapse(database, "dead")
    assert run_of(head(database, "alive")) == "r1"


def test_a_run_that_its_own_process_still_works_on_is_not_given_to_it_again(database: Database) -> None:
    ready(database, claimed(database, "r1", "t1", "one"))
    head(database, "slow")
    lapse(database, "slow")
    asked = {"now": NOW, "lease": LEASE, "thread_deadline": HOUR}
    with database.write() as c:
        assert runs.take_heads(c, {"acme"}, owner="slow", held=["r1"], **asked) == {}  # type: ignore[arg-type]


def test_a_process_that_wakes_up_after_its_lease_does_not_renew_it(database: Database) -> None:
    ready(database, claimed(database, "r1", "t1", "one"))
    head(database, "frozen")
    lapse(database, "frozen")
    with database.write() as c:
        assert runs.renew(c, "frozen", LEASE, NOW, ["r1"]) == []


def test_a_turn_tells_when_the_account_posted_last_or_may_have(database: Database) -> None:
    first, second = claimed(database, "r1", "t1", "one"), claimed(database, "r2", "t2", "two", minutes=1)
    ready(database, second)
    found = head(database)
    assert isinstance(found, runs.Head)
    assert found.posted_at is None
    intended(database, first)
    ready(database, hold_of(found))
    found = head(database)
    assert isinstance(found, runs.Head)
    assert found.posted_at == NOW


def turns(database: Database, *holds: Hold) -> dict[str, datetime | None]:
    with database.write() as c:
        return runs.take_turns(c, holds, {"acme"})


def test_a_run_has_its_turn_at_once_where_nothing_else_of_its_account_is_ready(database: Database) -> None:
    first, second = claimed(database, "r1", "t1", "one"), claimed(database, "r2", "t2", "two", minutes=1)
    intended(database, second)
    assert turns(database, first) == {"r1": NOW}
    assert head(database, "two") is None
    assert turns(database, second) == {}
    lapse(database, "one")
    assert run_of(head(database, "two")) == "r1"


def test_a_run_does_not_pass_over_those_that_wait_for_its_account(database: Database) -> None:
    first, second = claimed(database, "r1", "t1", "one"), claimed(database, "r2", "t2", "two", minutes=1)
    ready(database, second)
    with database.write() as c:
        c.execute(update(rows).where(rows.c.id == "r2").values(account="ACME", not_before=NOW + HOUR))
    assert turns(database, first) == {}


def test_of_two_that_are_ready_at_once_the_earlier_slot_has_the_turn(database: Database) -> None:
    first, second = claimed(database, "r1", "t1", "one"), claimed(database, "r2", "t2", "one", minutes=1)
    assert turns(database, second, first) == {"r1": None}


def test_a_run_that_is_not_held_any_more_has_no_turn(database: Database) -> None:
    hold = claimed(database, "r1", "t1", "one")
    assert turns(database, Hold("r1", "two", hold.epoch)) == {}
    assert turns(database, Hold("r1", "one", hold.epoch + 1)) == {}
    lapse(database, "one")
    assert turns(database, hold) == {}
    assert turns(database) == {}


def test_a_thread_begun_in_one_process_keeps_the_account_from_the_others(database: Database) -> None:
    thread, other = claimed(database, "r1", "t1", "one"), claimed(database, "r2", "t2", "two", minutes=1)
    intended(database, thread, parts=2)
    with database.write() as c:
        c.exec_driver_sql("UPDATE publications SET outcome = 'confirmed', tweet_id = '1'")
        c.execute(update(rows).where(rows.c.id == "r1").values(turn_at=NOW, ready_at=NOW))
    asyncio.run(written(database, runs.release(thread, not_before=NOW + MINUTE, now=NOW)))
    ready(database, other)
    assert head(database) == runs.Wait(NOW + MINUTE, kept=True)
    assert run_of(head(database, now=NOW + MINUTE)) == "r1"


def test_a_thread_that_takes_too_long_gives_the_account_back(database: Database) -> None:
    thread, other = claimed(database, "r1", "t1", "one"), claimed(database, "r2", "t2", "two", minutes=1)
    intended(database, thread, parts=2)
    with database.write() as c:
        c.exec_driver_sql("UPDATE publications SET outcome = 'confirmed', tweet_id = '1'")
        c.execute(update(rows).where(rows.c.id == "r1").values(turn_at=NOW, ready_at=NOW))
    asyncio.run(written(database, runs.release(thread, not_before=NOW + 2 * HOUR, now=NOW)))
    ready(database, other)
    assert run_of(head(database, now=NOW + HOUR)) == "r2"


def lanes_of(owner: str, *holds: Hold, clock: Callable[[], datetime] = lambda: NOW) -> SharedLanes:
    leases = Leases(lease=LEASE, request_timeout=timedelta(seconds=1), monotonic=lambda: 0.0)
    leases.owner = owner
    for hold in holds:
        leases.take(hold.run_id, hold.epoch, 0.0)
    return SharedLanes(spacing=MINUTE, clock=clock, leases=leases)


def in_turn(lanes: SharedLanes, run_id: str) -> timedelta:
    """Give how long a run must still wait that has its turn."""

    async def wait() -> timedelta:
        async with lanes.turn("Acme", run_id, NOW):
            return lanes.wait_for_gap("acme")

    return asyncio.run(wait())


def test_a_worker_hands_its_run_over_and_does_not_wait_for_the_account() -> None:
    lanes = lanes_of("one", Hold("r1", "one", 1))
    handed: list[tuple[Hold, str]] = []

    async def hand_over(hold: Hold, account: str) -> bool:
        handed.append((hold, account))
        return False

    lanes.hand_over = hand_over
    with pytest.raises(HandedOver):
        in_turn(lanes, "r1")
    assert handed == [(Hold("r1", "one", 1), "acme")]
    lanes.grant("acme", Hold("r1", "one", 1), None)
    lanes.revoke(Hold("r1", "one", 0))  # what an earlier claim of it leaves behind
    assert in_turn(lanes, "r1") == timedelta(0)
    lanes.revoke(Hold("r1", "one", 1))
    with pytest.raises(HandedOver):
        in_turn(lanes, "r1")


def test_the_gap_counts_from_what_another_process_posted() -> None:
    lanes = lanes_of("two", Hold("r2", "two", 1))
    lanes.grant("acme", Hold("r2", "two", 1), NOW)
    assert in_turn(lanes, "r2") == MINUTE


def test_a_post_that_lies_ahead_of_a_clock_that_was_set_back_holds_the_account_up_once() -> None:
    early = [NOW - HOUR]
    lanes = lanes_of("two", Hold("r2", "two", 1), clock=lambda: early[0])
    waits = []
    for _ in range(2):
        lanes.grant("acme", Hold("r2", "two", 1), NOW)
        waits.append(in_turn(lanes, "r2"))
        early[0] += MINUTE
    assert waits == [MINUTE, timedelta(0)]


def test_a_run_that_its_process_does_not_hold_gets_no_turn() -> None:
    with pytest.raises(LeaseLost):
        in_turn(lanes_of("one"), "r1")


def outbox(database: Database, *template_ids: str) -> None:
    cipher = FernetCipher(new_key())
    with_templates(database, *dict.fromkeys(template_ids))
    with database.write() as c:
        webhooks.upsert(c, webhook(), cipher)
        for template_id in template_ids:
            events.record(c, [event(template_id=template_id)])


def due(database: Database) -> list[deliveries.DueDelivery]:
    with database.read() as c:
        return deliveries.due(c, NOW, 10)


def test_the_head_of_a_line_is_sent_by_one_process_and_the_rest_waits_for_it(database: Database) -> None:
    outbox(database, "t1", "t1", "t2")
    seen_by_both = due(database)
    assert [(one.event.template_id, one.event.sequence) for one in seen_by_both] == [("t1", 1), ("t2", 1)]

    async def both(writer: Writer) -> tuple[list[str], list[str]]:
        ours, theirs = LeasedLines(writer, lambda: 0.0), LeasedLines(writer, lambda: 0.0)
        first = await ours.take(seen_by_both[:1], NOW)
        second = await theirs.take(seen_by_both, NOW)
        assert ours.keeps(first[0].delivery.id)
        assert not theirs.keeps(first[0].delivery.id)
        return [one.event.template_id or "" for one in first], [one.event.template_id or "" for one in second]

    with running(database) as writer:
        assert asyncio.run(both(writer)) == (["t1"], ["t2"])
    assert due(database) == []
    with database.read() as c:
        assert deliveries.next_due(c) is None


def test_a_delivery_whose_process_died_is_sent_by_another_once_its_lease_is_over(database: Database) -> None:
    outbox(database, "t1")
    (head,) = due(database)
    with database.write() as c:
        assert deliveries.lease(c, [head.delivery.id], timedelta(seconds=-1), NOW) == {head.delivery.id}
        assert deliveries.lease(c, [head.delivery.id], LEASE, NOW) == {head.delivery.id}
        assert deliveries.lease(c, [head.delivery.id], LEASE, NOW) == set()


def test_a_process_that_was_frozen_does_not_send_what_it_had_taken(database: Database) -> None:
    outbox(database, "t1")
    moments = iter([0.0, 44.0, 46.0])

    async def taken(writer: Writer) -> tuple[bool, bool]:
        lines = LeasedLines(writer, lambda: next(moments))
        (one,) = await lines.take(due(database), NOW)
        return lines.keeps(one.delivery.id), lines.keeps(one.delivery.id)

    with running(database) as writer:
        assert asyncio.run(taken(writer)) == (True, False)


def test_a_failed_attempt_gives_the_delivery_back_to_all(database: Database) -> None:
    outbox(database, "t1")
    (head,) = due(database)
    with database.write() as c:
        deliveries.lease(c, [head.delivery.id], LEASE, NOW)
        tried = {"status": 500, "error": "no", "now": NOW, "dead": False, "duration_ms": 1}
        deliveries.record_failure(c, head.delivery.id, next_attempt_at=NOW, **tried)  # type: ignore[arg-type]
    assert len(due(database)) == 1


def test_a_beat_is_done_by_one_process_until_it_stays_away(database: Database) -> None:
    with database.write() as c:
        assert beats.take(c, "feeds", "one", LEASE, NOW)
        assert beats.take(c, "feeds", "one", LEASE, NOW)
        assert not beats.take(c, "feeds", "two", LEASE, NOW)
        assert beats.take(c, "digest", "two", LEASE, NOW)
        assert beats.take(c, "feeds", "one", timedelta(seconds=-1), NOW)
        assert beats.take(c, "feeds", "two", LEASE, NOW)


def test_of_two_daemons_one_does_a_lone_beat(database: Database) -> None:
    done: list[str] = []

    async def each(writer: Writer) -> None:
        for owner in ("one", "two", "one"):

            async def beat(_: object, owner: str = owner) -> None:
                done.append(owner)

            lanes = lanes_of(owner)
            fleet = Fleet(database=database, writer=writer, lanes=lanes, owner=owner, monotonic=lambda: 0.0)
            await fleet.alone("feeds", beat)(NOW)

    with running(database) as writer:
        asyncio.run(each(writer))
    assert done == ["one", "one"]


def test_two_planners_give_each_slot_one_run(database: Database, other: Database) -> None:
    with_templates(database, *(f"t{number}" for number in range(40)))
    numbers = iter(range(10_000))
    planned_runs: list[int] = []

    def plan(mine: Database) -> None:
        more = True
        while more:
            with mine.write() as c:
                done = plan_due(c, now=NOW, new_id=lambda: str(next(numbers)), limit=5)
            planned_runs.append(done.runs)
            more = done.more

    planners = [threading.Thread(target=plan, args=(mine,)) for mine in (database, other)]
    for planner in planners:
        planner.start()
    for planner in planners:
        planner.join()
    assert sum(planned_runs) == 40


@pytest.fixture
def other(database_url: str) -> Iterator[Database]:
    """The same database as another process opens it."""
    opened = open_database(database_url)
    yield opened
    opened.close()


def test_what_one_process_plans_wakes_another(database: Database, other: Database) -> None:
    with_templates(database, "t1")

    async def woken() -> None:
        heard = asyncio.Event()
        ears = Ears(other)
        ears.open(heard.set)

        async def tell_until_heard() -> None:
            while not heard.is_set():  # it may not listen yet
                with database.write() as c:
                    notices.tell(c)
                await asyncio.sleep(0.01)

        try:
            await asyncio.wait_for(tell_until_heard(), 10)
            heard.clear()
            with database.write() as c:
                plan_due(c, now=NOW, new_id=lambda: "r1")
            await asyncio.wait_for(heard.wait(), 10)
        finally:
            ears.close()

    asyncio.run(woken())


def test_any_number_of_daemons_share_a_postgresql_database(database: Database, other: Database) -> None:
    with daemon_lock(database, shared=True):
        with daemon_lock(other, shared=True):
            assert is_running(other)
        assert is_running(other)
    assert not is_running(other)


def test_who_needs_the_database_alone_waits_for_no_daemon_and_lets_none_in(database: Database, other: Database) -> None:
    with daemon_lock(database, shared=True), pytest.raises(Conflict, match="stop it first"), daemon_lock(other):
        raise AssertionError("both had it")
    with daemon_lock(database), pytest.raises(Conflict, match="stop it first"), daemon_lock(other, shared=True):
        raise AssertionError("both had it")


def test_a_machine_with_another_key_file_is_refused(database: Database) -> None:
    key = new_key()
    with database.write() as c:
        installation.check_key(c, FernetCipher(key))
        installation.check_key(c, FernetCipher(key))
        with pytest.raises(SettingsError, match="from the machine of one of them"):
            installation.check_key(c, FernetCipher(new_key()))
        installation.forget_key(c)
        installation.check_key(c, FernetCipher(new_key()))


def test_a_run_that_one_process_works_on_is_not_claimed_by_another(database: Database, other: Database) -> None:
    held_run(database, owner="one")
    with other.write() as c:
        assert runs.claim(c, owner="two", now=NOW, lease=LEASE, limit=5) == []
