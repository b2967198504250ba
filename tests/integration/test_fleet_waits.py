"""What keeps the posts of an account, or the runs of a batch, where several processes share them, and what does not."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, text

from domain.question import Question
from domain.run import Hold, Verdict
from scheduler.operations.cancelling import cancel
from storage import events, jobs, runs, templates
from storage.database import Database
from storage.runs import Head
from tests.integration.storage_values import LEASE, NOW, listed, planned, state, template
from tests.integration.test_fleet_drains import LATER, Process, in_process, jobs_of, queued, ready, statuses


@pytest.fixture
def dialect() -> str:
    return "postgresql"


def not_before(database: Database) -> dict[str, datetime | None]:
    with database.read() as c:
        return {run.id: run.not_before for run in listed(c)}


def test_a_post_that_is_to_be_tried_again_does_not_keep_the_others_of_its_account(database: Database) -> None:
    ready(database, "r1", "r2", "r3")
    later = datetime.now(UTC) + LATER

    async def drain(process: Process) -> None:
        process.posting.waits_for = None
        process.posting.retry_after["r1"] = later
        await asyncio.wait_for(process.drains.drain_account("acme"), 10)

    assert in_process(database, drain).posting.worked == ["r1", "r2", "r3"]
    assert statuses(database) == {"r1": "queued", "r2": "posted", "r3": "posted"}
    (job,) = jobs_of(database, jobs.ACCOUNTS)
    assert job.scheduled_at == later


def test_a_post_that_becomes_ready_while_its_account_waits_does_not_go_first(database: Database) -> None:
    ready(database, "r1", "r2")
    later = datetime.now(UTC) + LATER
    half = NOW + timedelta(minutes=30)

    async def told_to_wait(process: Process) -> None:
        process.posting.retry_after["r1"] = later
        await asyncio.wait_for(process.drains.drain_account("acme"), 10)

    async def another(process: Process) -> None:
        await process.drains.drain_shard(["r3"])
        await process.crew.wind_down()
        with database.write() as c:
            c.execute(text("DELETE FROM procrastinate_jobs"))  # as whoever takes it up, and removes it at its end
        await asyncio.wait_for(process.drains.drain_account("acme"), 10)

    in_process(database, told_to_wait)
    with database.write() as c:
        templates.insert(c, template("t-r3"), state(half))
        runs.plan(c, [planned("t-r3", "r3", half)], now=half)
    assert in_process(database, another).posting.worked == []
    assert not_before(database) == dict.fromkeys(("r1", "r2", "r3"), later)
    assert [job.scheduled_at for job in jobs_of(database, jobs.ACCOUNTS)] == [later]
    with database.read() as c:
        assert not jobs.lost(c, datetime.now(UTC))


def test_a_run_that_is_to_be_asked_about_again_does_not_keep_its_account(database: Database) -> None:
    ready(database, "r1", "r2")
    later = datetime.now(UTC) + LATER

    async def wait_and_ask(process: Process) -> None:
        submit = process.crew.writer.submit
        gap = runs.release(take(database, "r1"), not_before=NOW, now=NOW, detail="waits for its account's gap")
        await submit(gap)
        asked = Question("q1", "a revision", NOW, later)
        await submit(runs.release_asked(take(database, "r1"), asked, not_before=later))
        await asyncio.wait_for(process.drains.drain_account("acme"), 10)

    assert in_process(database, wait_and_ask).posting.worked == ["r2"]
    assert not_before(database)["r1"] == later


def may_be_out(c: Connection, run_id: str) -> None:
    c.execute(
        text("""
            INSERT INTO publications
                (id, owner_id, run_id, template_id, account, grp, part, attempt, idempotency_key, text, intended_at,
                asks, outcome)
            SELECT 'p1', owner_id, id, template_id, account, 0, 0, 0, 'key', 'Hello', now(), 1, 'unknown'
            FROM runs WHERE id = :id
        """),
        {"id": run_id},
    )


def test_what_may_be_out_is_asked_about_while_its_account_waits(database: Database) -> None:
    ready(database, "r1", "r2", "r3")
    later = datetime.now(UTC) + LATER
    wait = text("UPDATE runs SET not_before = :until, detail = 'waits for its account''s gap' WHERE id = 'r2'")
    with database.write() as c:
        may_be_out(c, "r1")
        c.execute(wait, {"until": later})

    async def drain(process: Process) -> None:
        await asyncio.wait_for(process.drains.drain_account("acme"), 10)

    assert in_process(database, drain).posting.worked == ["r1"]
    assert statuses(database) == {"r1": "posted", "r2": "queued", "r3": "queued"}
    assert not_before(database) == {"r1": None, "r2": later, "r3": later}
    assert [job.scheduled_at for job in jobs_of(database, jobs.ACCOUNTS)] == [later]


def test_what_a_person_rejected_ends_while_its_account_waits_and_keeps_their_note(database: Database) -> None:
    ready(database, "r1", "r2", "r3")
    later = datetime.now(UTC) + LATER
    with database.write() as c:
        wait = text("UPDATE runs SET not_before = :until, detail = 'waits for its account''s gap' WHERE id = 'r2'")
        c.execute(wait, {"until": later})
        c.execute(text("UPDATE runs SET status = 'held' WHERE id = 'r3'"))
        runs.decide(c, "r3", Verdict.REJECTED, now=datetime.now(UTC), note="not today")

    async def drain(process: Process) -> None:
        await asyncio.wait_for(process.drains.drain_account("acme"), 10)

    with database.write() as c:
        runs.hold_back(c, runs.held_up(c, ["acme"], datetime.now(UTC)))
        assert runs.get(c, "r3").detail == "not today"
    assert in_process(database, drain).posting.worked == ["r3"]
    assert not_before(database) == {"r1": later, "r2": later, "r3": None}


@pytest.mark.parametrize(("asked", "free"), [(1, 2), (2, 1)])
def test_an_account_that_waits_is_looked_at_when_a_question_is_due_or_it_is_free(
    database: Database, asked: int, free: int
) -> None:
    ready(database, "r1", "r2")
    ask_at, free_at = datetime.now(UTC) + LATER * asked, datetime.now(UTC) + LATER * free
    wait = text("UPDATE runs SET not_before = :until, detail = :why WHERE id = :id")
    with database.write() as c:
        may_be_out(c, "r1")
        c.execute(wait, [{"id": "r1", "until": ask_at, "why": None}, {"id": "r2", "until": free_at, "why": "its gap"}])

    assert in_process(database, lambda process: process.drains.drain_account("acme")).posting.worked == []
    assert not_before(database) == {"r1": ask_at, "r2": free_at}
    assert [job.scheduled_at for job in jobs_of(database, jobs.ACCOUNTS)] == [min(ask_at, free_at)]


def begun(c: Connection, run_id: str, at: datetime, not_before: datetime) -> None:
    """Let a run have posted the first part of a thread, and rest before the second."""
    c.execute(text("UPDATE runs SET chosen_at = now(), turn_at = now() WHERE id = :id"), {"id": run_id})
    c.execute(text("UPDATE runs SET not_before = :until WHERE id = :id"), {"id": run_id, "until": not_before})
    post = """
        INSERT INTO posts (id, owner_id, run_id, template_id, account, grp, part, text, status, draft_id, created_at)
        SELECT 'post' || :part, owner_id, id, template_id, account, 0, :part, 'Hello', :status, 'd0', now()
        FROM runs WHERE id = :id
    """
    for part, status in enumerate(("published", "generated")):
        c.execute(text(post), {"id": run_id, "part": part, "status": status})
    out = """
        INSERT INTO publications
            (id, owner_id, run_id, template_id, account, grp, part, attempt, idempotency_key, text, intended_at,
            outcome, tweet_id)
        SELECT 'first', owner_id, id, template_id, account, 0, 0, 0, 'first', 'Hello', :at, 'confirmed', '1000'
        FROM runs WHERE id = :id
    """
    c.execute(text(out), {"id": run_id, "at": at})


@pytest.mark.parametrize(("rests", "since", "until"), [(10, 0, 10), (30, 50, 10)])
def test_what_may_be_out_is_looked_at_again_when_the_thread_goes_on_that_keeps_its_account(
    database: Database, rests: int, since: int, until: int
) -> None:
    ready(database, "r1", "r2", "r3")
    now = datetime.now(UTC)
    rest, free = now + timedelta(minutes=rests), now + timedelta(minutes=until)
    with database.write() as c:
        may_be_out(c, "r1")
        begun(c, "r2", now - timedelta(minutes=since), rest)

    async def drain(process: Process) -> None:
        for _ in range(2):  # what the sweep finds is brought by another job
            await asyncio.wait_for(process.drains.drain_account("acme"), 10)

    assert in_process(database, drain).posting.worked == []
    assert not_before(database) == {"r1": free, "r2": rest, "r3": free}
    assert [job.scheduled_at for job in jobs_of(database, jobs.ACCOUNTS)] == [free]
    with database.read() as c:
        assert not jobs.lost(c, datetime.now(UTC))


def take(database: Database, run_id: str) -> Hold:
    with database.write() as c:
        now = datetime.now(UTC)
        head = runs.take_heads(c, ["acme"], owner="me", now=now, lease=LEASE, thread_deadline=LATER)["acme"]
    assert isinstance(head, Head)
    assert head.facts.run.id == run_id
    return Hold(run_id, "me", head.facts.run.epoch)


def test_cancelling_the_run_that_was_told_to_wait_frees_its_account(database: Database) -> None:
    ready(database, "r1", "r2", "r3")
    later = datetime.now(UTC) + LATER

    async def told_to_wait(process: Process) -> None:
        process.posting.retry_after["r1"] = later
        await asyncio.wait_for(process.drains.drain_account("acme"), 10)

    async def swept(process: Process) -> None:
        with database.write() as c:
            assert jobs.cover(c, datetime.now(UTC)).accounts == ["acme"]
        assert [job.scheduled_at for job in jobs_of(database, jobs.ACCOUNTS)] == [None]
        await asyncio.wait_for(process.drains.drain_account("acme"), 10)

    in_process(database, told_to_wait)
    assert not_before(database) == dict.fromkeys(("r1", "r2", "r3"), later)
    cancel(database, "r1", note=None, now=datetime.now(UTC), new_id=lambda: "cancelled")
    assert in_process(database, swept).posting.worked == ["r2", "r3"]


def test_cancelling_a_run_that_waits_for_itself_leaves_the_others_to_wait_for_their_account(database: Database) -> None:
    ready(database, "r1", "r2", "r3")
    now = datetime.now(UTC)
    with database.write() as c:
        wait = text("UPDATE runs SET not_before = :until, detail = :why WHERE id = :id")
        c.execute(wait, [{"id": "r1", "until": now + LATER, "why": None}])
        c.execute(wait, [{"id": each, "until": now + LATER, "why": "its gap"} for each in ("r2", "r3")])
    cancel(database, "r1", note=None, now=now, new_id=lambda: "cancelled")
    assert not_before(database) == {"r1": None, "r2": now + LATER, "r3": now + LATER}


def spoil(database: Database, run_id: str) -> None:
    with database.write() as c:
        c.execute(text("UPDATE runs SET verdict = 'perhaps' WHERE id = :id"), {"id": run_id})


def told(database: Database) -> list[tuple[str | None, str]]:
    with database.read() as c:
        return [(event.run_id, event.type.value) for event in events.list_events(c)]


def test_a_post_whose_run_cannot_be_read_does_not_keep_its_account(database: Database) -> None:
    ready(database, "r1", "r2")
    spoil(database, "r1")

    async def drain(process: Process) -> None:
        await process.drains.drain_account("acme")
        assert [job.args for job in jobs_of(database, jobs.ACCOUNTS)] == [{"account": "acme"}]
        await process.drains.drain_account("acme")

    assert in_process(database, drain).posting.worked == ["r2"]
    assert statuses(database) == {"r1": "failed", "r2": "posted"}
    assert told(database) == [("r1", "run.failed")]


def test_a_run_that_cannot_be_read_does_not_keep_its_batch(database: Database) -> None:
    queued(database, "r1", "r2")
    spoil(database, "r1")
    in_process(database, lambda process: process.drains.drain_shard(["r1", "r2"]))
    assert statuses(database) == {"r1": "failed", "r2": "posted"}
    assert told(database) == [("r1", "run.failed")]
