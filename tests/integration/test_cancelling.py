"""Cancelling a run: it ends before anything is sent, or it is too late. Never both, however close they come."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from domain.errors import Conflict, LeaseLost, NotFound
from domain.event import EventType
from domain.publication import Outcome, PostStatus, Settlement
from domain.reasons import Reason
from domain.run import Hold, RunStatus, Verdict
from scheduler.operations.cancelling import Cancelled, cancel
from storage import events, publications, runs
from storage.database import Database
from storage.writer import Writer
from tests.integration.scheduler_house import House
from tests.integration.storage_values import NOW, draft, held_run, post, publication, running, written

ROUNDS = 25
CONFIRMED = Settlement(Outcome.CONFIRMED, "answer", tweet_id="1790")
DEFERRED = Settlement(Outcome.DEFERRED, "answer", reason="rate_limit_exceeded", retry_at=NOW)
REFUSED = Settlement(Outcome.REFUSED, "answer", reason="x_content_too_long")
UNKNOWN = Settlement(Outcome.UNKNOWN, "answer")


def chosen_run(database: Database, run_id: str = "r1", template_id: str = "t1") -> Hold:
    """Give the hold on a run whose post is chosen and about to be sent."""
    hold = held_run(database, run_id, template_id)
    made = [post(hold, template_id=template_id)]
    asyncio.run(written(database, runs.record_choice(hold, [draft()], ["d0"], "best", made, now=NOW)))
    return hold


def cancelled(database: Database, run_id: str = "r1") -> Cancelled:
    return cancel(database, run_id, note="old news", now=NOW, new_id=lambda: f"cancel-{run_id}")


def sent(database: Database, hold: Hold, settlement: Settlement | None) -> None:
    asyncio.run(written(database, publications.intend(hold, publication(hold))))
    if settlement is not None:
        status = PostStatus.PUBLISHED if settlement.outcome is Outcome.CONFIRMED else PostStatus.GENERATED
        settled = publications.settle(hold, "r1-0-0", settlement, group=0, part=0, now=NOW, post_status=status)
        asyncio.run(written(database, settled))


def test_a_cancelled_run_ends_with_its_reason_and_its_worker_can_write_nothing_more(database: Database) -> None:
    hold = chosen_run(database)

    found = cancelled(database)

    run = found.details.facts.run
    assert (found.answer, found.too_late) == ("cancelled", None)
    assert (run.status, run.reason, run.detail, run.finished_at) == (
        RunStatus.SKIPPED,
        Reason.CANCELLED,
        "old news",
        NOW,
    )
    assert [each.status for each in found.details.posts] == [PostStatus.DISCARDED]
    with pytest.raises(LeaseLost):
        asyncio.run(written(database, publications.intend(hold, publication(hold))))
    with database.read() as c:
        (told,) = events.list_events(c, template_id="t1")
        assert publications.of_run(c, "r1") == []
    assert (told.type, told.data["run"]["reason"]) == (EventType.RUN_SKIPPED, "cancelled")


def test_cancelling_twice_is_answered_alike_and_told_once(database: Database) -> None:
    chosen_run(database)
    assert [cancelled(database).answer, cancelled(database).answer] == ["cancelled", "cancelled"]
    with database.read() as c:
        assert len(events.list_events(c)) == 1


@pytest.mark.parametrize("settlement", [None, CONFIRMED, UNKNOWN])
def test_it_is_too_late_once_a_publication_is_out_or_may_be(database: Database, settlement: Settlement | None) -> None:
    hold = chosen_run(database)
    sent(database, hold, settlement)

    found = cancelled(database)

    assert found.answer == "too_late"
    assert found.too_late is not None
    assert (found.too_late.id, found.too_late.outcome) == ("r1-0-0", settlement and settlement.outcome)
    assert found.details.facts.run.status is RunStatus.WORKING
    with database.read() as c:
        assert events.list_events(c) == []


@pytest.mark.parametrize("settlement", [DEFERRED, REFUSED])
def test_what_certainly_did_not_go_out_does_not_keep_a_run_from_being_cancelled(
    database: Database, settlement: Settlement
) -> None:
    hold = chosen_run(database)
    sent(database, hold, settlement)
    assert cancelled(database).answer == "cancelled"
    with pytest.raises(LeaseLost):
        asyncio.run(written(database, publications.intend(hold, publication(hold, attempt=1))))


def test_a_run_that_ended_otherwise_cannot_be_cancelled_nor_one_that_is_not_there(database: Database) -> None:
    hold = chosen_run(database)
    asyncio.run(
        written(
            database,
            runs.finish(
                hold, status=RunStatus.SKIPPED, reason=Reason.REJECTED, detail=None, events=(), items="spent", now=NOW
            ),
        )
    )
    with pytest.raises(Conflict, match="nothing to cancel"):
        cancelled(database)
    with pytest.raises(NotFound):
        cancelled(database, "elsewhere")


def test_a_run_that_waits_for_approval_can_be_cancelled_and_not_approved_afterwards(database: Database) -> None:
    hold = chosen_run(database)
    asyncio.run(written(database, runs.record_held(hold, [], now=NOW)))
    assert cancelled(database).answer == "cancelled"
    with pytest.raises(Conflict), database.write() as c:
        runs.decide(c, "r1", Verdict.APPROVED, now=NOW)


def test_of_cancelling_and_the_intention_to_publish_exactly_one_succeeds(database: Database) -> None:
    holds = [chosen_run(database, f"r{number}", f"t{number}") for number in range(ROUNDS)]
    start = Barrier(2)

    def people() -> list[str]:
        answers = []
        for hold in holds:
            start.wait(timeout=60)
            answers.append(cancelled(database, hold.run_id).answer)
        return answers

    async def intend(hold: Hold, writer: Writer) -> bool:
        try:
            await writer.submit(publications.intend(hold, publication(hold, template_id=f"t{hold.run_id[1:]}")))
        except LeaseLost:
            return False
        return True

    def workers() -> list[bool]:
        async def work() -> list[bool]:
            with running(database) as writer:
                done = []
                for hold in holds:
                    await asyncio.to_thread(start.wait, 60)
                    done.append(await intend(hold, writer))
                return done

        return asyncio.run(work())

    with ThreadPoolExecutor(2) as pool:
        asked, worked = pool.submit(people), pool.submit(workers)
        answers, intended = asked.result(), worked.result()

    assert [answer == "cancelled" for answer in answers] == [not done for done in intended]
    with database.read() as c:
        for hold, answer in zip(holds, answers, strict=True):
            assert len(publications.of_run(c, hold.run_id)) == (answer == "too_late")
            assert (runs.get(c, hold.run_id).reason is Reason.CANCELLED) == (answer == "cancelled")


def test_an_intention_under_way_when_a_person_cancels_makes_it_too_late(database: Database) -> None:
    if database.dialect == "sqlite":
        pytest.skip("SQLite has one writing transaction at a time")
    hold = chosen_run(database)
    write = publications.intend(hold, publication(hold))
    with ThreadPoolExecutor(1) as pool:
        with database.write() as c:
            for statement in write.statements:
                assert statement.sql.run(c, statement.rows) == statement.expect
            waiting = pool.submit(cancelled, database)
            wait_for_a_lock(database)
        assert waiting.result(timeout=60).answer == "too_late"


def wait_for_a_lock(database: Database) -> None:
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    for _ in range(100_000):
        with database.read() as c:
            if c.exec_driver_sql(query).scalar():
                return
    raise AssertionError("nobody waits for a lock")


def test_a_worker_whose_run_is_cancelled_under_its_hands_sends_nothing(database: Database) -> None:
    house = House(database)
    house.template()
    house.plan()

    async def person() -> None:
        found = await asyncio.to_thread(
            cancel, database, house.run().id, note=None, now=house.clock(), new_id=house.new_id
        )
        assert found.answer == "cancelled"

    house.editor.at_compose = person
    house.work()

    assert house.texts_sent() == []
    assert (house.run().status, house.run().reason) == (RunStatus.SKIPPED, Reason.CANCELLED)
    assert house.told() == [EventType.RUN_SKIPPED]
    assert house.work() == 0
