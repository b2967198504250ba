"""The group-commit writer: what it answers is on disk, and one bad write is one write's business."""

from __future__ import annotations

import asyncio
import threading
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import sqlalchemy as sa

from domain.errors import Conflict, LeaseLost
from domain.material import Material, MaterialKind
from domain.run import Hold
from storage import runs
from storage.database import Database
from storage.writer import CommitFailed, DatabaseFailing, Write, Writer, WriterStopped
from tests.integration.storage_values import LEASE, NOW, draft, planned, running, with_templates


def holds(database: Database, count: int) -> list[Hold]:
    """Give the holds on *count* runs."""
    ids = [f"t{number}" for number in range(count)]
    with_templates(database, *ids)
    with database.write() as c:
        runs.plan(c, [planned(one, f"r{one}") for one in ids], now=NOW)
        found = runs.claim(c, owner="me", now=NOW, lease=LEASE, limit=count)
    return [Hold(facts.run.id, "me", facts.run.epoch) for facts in found]


def drafted(database: Database, hold: Hold) -> bool:
    with database.read() as c:
        return runs.facts(c, hold.run_id).drafts is not None


@asynccontextmanager
async def one_batch(writer: Writer) -> AsyncIterator[None]:
    """Keep the writer busy with a batch of its own, so that all that is submitted meanwhile becomes one batch."""
    release = threading.Event()
    entered = threading.Event()

    def wait(_: sa.Connection) -> None:
        entered.set()
        release.wait()

    busy = asyncio.ensure_future(writer.call(wait))
    await asyncio.to_thread(entered.wait)
    try:
        yield
        await asyncio.sleep(0)  # the tasks made meanwhile get to submit
    finally:
        release.set()
        await busy


async def together(writer: Writer, *writes: Write) -> list[BaseException | None]:
    """Submit all *writes* so that they meet in one batch, and give how each ended."""
    async with one_batch(writer):
        tasks = [asyncio.ensure_future(writer.submit(write)) for write in writes]
    return await asyncio.gather(*tasks, return_exceptions=True)


def test_a_write_is_on_disk_when_its_caller_goes_on(database: Database) -> None:
    (hold,) = holds(database, 1)

    async def scenario() -> bool:
        with running(database) as writer:
            await writer.submit(runs.record_drafts(hold, [draft()], now=NOW))
            return drafted(database, hold)  # another connection sees it

    assert asyncio.run(scenario())


def test_nobody_goes_on_before_the_commit(database: Database) -> None:
    (hold,) = holds(database, 1)
    seen: list[bool] = []

    async def scenario() -> None:
        with running(database) as writer:
            # Runs in the same batch, after the writes and before the commit.
            def look(_: sa.Connection) -> None:
                seen.append(drafted(database, hold))
                seen.append(task.done())

            async with one_batch(writer):
                task = asyncio.ensure_future(writer.submit(runs.record_drafts(hold, [draft()], now=NOW)))
                looking = asyncio.ensure_future(writer.call(look))
            await asyncio.gather(task, looking)

    asyncio.run(scenario())
    assert seen == [False, False]
    assert drafted(database, hold)


def test_many_writes_share_one_transaction(database: Database) -> None:
    all_holds = holds(database, 20)
    commits: list[int] = []
    sa.event.listen(database.engine, "commit", lambda _: commits.append(1))

    async def scenario() -> None:
        with running(database) as writer:
            ended = await together(writer, *(runs.record_drafts(hold, [draft()], now=NOW) for hold in all_holds))
            assert ended == [None] * 20

    asyncio.run(scenario())
    assert len(commits) == 2  # the one that made them wait, and theirs
    assert all(drafted(database, hold) for hold in all_holds)


def test_a_stale_hold_writes_nothing_while_the_others_of_its_batch_succeed(database: Database) -> None:
    good, stale, other = holds(database, 3)

    async def scenario() -> None:
        with running(database) as writer:
            writes = [runs.record_drafts(hold, [draft()], now=NOW) for hold in (good, replace(stale, epoch=9), other)]
            ended = await together(writer, *writes)
            assert [type(end) for end in ended] == [type(None), LeaseLost, type(None)]

    asyncio.run(scenario())
    assert [drafted(database, hold) for hold in (good, stale, other)] == [True, False, True]


def test_a_write_that_a_constraint_refuses_fails_alone(database: Database) -> None:
    good, bad, other = holds(database, 3)
    twins = [Material("m0", MaterialKind.TEXT, "words")] * 2

    async def scenario() -> None:
        with running(database) as writer:
            ended = await together(
                writer,
                runs.record_drafts(good, [draft()], now=NOW),
                runs.record_gather(bad, twins, [], item_ids=(), template_id="t1", now=NOW),
                runs.record_drafts(other, [draft()], now=NOW),
            )
            assert [type(end) for end in ended] == [type(None), Conflict, type(None)]

    asyncio.run(scenario())
    # Not even the statement before the refused one is kept.
    assert [drafted(database, hold) for hold in (good, other)] == [True, True]
    with database.read() as c:
        assert runs.facts(c, bad.run_id).material is None


def test_a_lost_commit_fails_all_of_its_batch(database: Database) -> None:
    first, second = holds(database, 2)
    lost = threading.Event()

    def lose(_: sa.Connection) -> None:
        if lost.is_set():
            lost.clear()
            raise OSError("the disk is gone")

    sa.event.listen(database.engine, "commit", lose)

    async def scenario() -> None:
        with running(database) as writer:
            async with one_batch(writer):
                tasks = [
                    asyncio.ensure_future(writer.submit(runs.record_drafts(hold, [draft()], now=NOW)))
                    for hold in (first, second)
                ]
                arming = asyncio.ensure_future(writer.call(lambda _: lost.set()))
            ended = await asyncio.gather(*tasks, arming, return_exceptions=True)
            assert [type(end) for end in ended] == [CommitFailed] * 3
            # The writer itself goes on, with a new connection.
            await writer.submit(runs.record_drafts(first, [draft()], now=NOW))

    asyncio.run(scenario())
    assert [drafted(database, hold) for hold in (first, second)] == [True, False]


def test_what_a_call_raises_undoes_its_own_changes_only(database: Database) -> None:
    (hold,) = holds(database, 1)

    def fails(c: sa.Connection) -> None:
        c.execute(sa.text("DELETE FROM drafts"))
        raise RuntimeError("a bug")

    async def scenario() -> None:
        with running(database) as writer:
            async with one_batch(writer):
                writing = asyncio.ensure_future(writer.submit(runs.record_drafts(hold, [draft()], now=NOW)))
                failing = asyncio.ensure_future(writer.call(fails))
                counting = asyncio.ensure_future(
                    writer.call(lambda c: c.scalar(sa.text("SELECT count(*) FROM drafts")))
                )
            ended = await asyncio.gather(writing, failing, counting, return_exceptions=True)
            assert [repr(end) for end in ended] == ["None", "RuntimeError('a bug')", "1"]

    asyncio.run(scenario())


def test_stopping_commits_what_is_waiting_and_refuses_more(database: Database) -> None:
    (hold,) = holds(database, 1)

    async def scenario() -> None:
        writer = Writer(database)
        with pytest.raises(WriterStopped):
            await writer.submit(runs.record_drafts(hold, [draft()], now=NOW))
        writer.start()
        task = asyncio.ensure_future(writer.submit(runs.record_drafts(hold, [draft()], now=NOW)))
        await asyncio.sleep(0)
        await asyncio.to_thread(writer.stop)
        await task
        with pytest.raises(WriterStopped):
            await writer.submit(runs.record_drafts(hold, [draft()], now=NOW))

    asyncio.run(scenario())
    assert drafted(database, hold)


@pytest.mark.parametrize("moment", ["in the batch", "commit"])
def test_stopping_in_any_moment_of_a_commit_leaves_nobody_waiting(database: Database, moment: str) -> None:
    all_holds = holds(database, 5)
    reached, go_on = threading.Event(), threading.Event()
    looking: list[asyncio.Future[None]] = []

    def wait(*_: object) -> None:
        if threading.current_thread().name == "writer" and not reached.is_set():
            reached.set()
            go_on.wait(20)

    async def scenario() -> list[BaseException | None]:
        writer = Writer(database)
        writer.start()
        if moment == "commit":
            sa.event.listen(database.engine, moment, wait)
        else:
            looking.append(asyncio.ensure_future(writer.call(wait)))
        waiting = [
            asyncio.ensure_future(writer.submit(runs.record_drafts(hold, [draft()], now=NOW))) for hold in all_holds[:3]
        ]
        await asyncio.sleep(0)
        assert await asyncio.to_thread(reached.wait, 20)
        stopping = asyncio.create_task(asyncio.to_thread(writer.stop))
        while not waiting[-1].done():  # submitted on, until it is refused
            waiting.append(asyncio.ensure_future(writer.submit(runs.record_drafts(all_holds[3], [draft()], now=NOW))))
            await asyncio.sleep(0.01)
        go_on.set()
        ended = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 30)
        await asyncio.wait_for(asyncio.gather(stopping, *looking), 30)
        return ended

    ended = asyncio.run(scenario())
    assert [each for each in ended if not isinstance(each, WriterStopped)] == [None] * (len(ended) - 1)
    assert isinstance(ended[-1], WriterStopped)
    assert [drafted(database, hold) for hold in all_holds] == [True] * 3 + [len(ended) > 4] + [False]


def test_a_cancelled_caller_does_not_take_its_write_back(database: Database) -> None:
    (hold,) = holds(database, 1)

    async def scenario() -> None:
        with running(database) as writer:
            async with one_batch(writer):
                task = asyncio.ensure_future(writer.submit(runs.record_drafts(hold, [draft()], now=NOW)))
                await asyncio.sleep(0)
                task.cancel()
            await writer.call(lambda _: None)

    asyncio.run(scenario())
    assert drafted(database, hold)


def test_stopping_does_not_wait_for_ever_for_a_lock_that_another_program_holds(database: Database) -> None:
    async def scenario() -> None:
        writer = Writer(database, stop_within=0.2)
        writer.start()
        with database.write():
            waiting = asyncio.create_task(writer.call(lambda c: None))
            await asyncio.sleep(0)
            await asyncio.to_thread(writer.stop)
            assert not waiting.done()
        await waiting

    asyncio.run(scenario())


def test_another_process_gets_in_between_batches(database: Database) -> None:
    all_holds = holds(database, 30)

    def outside() -> None:
        with database.write() as c:
            c.execute(sa.text("INSERT INTO installation (id, install_id) VALUES (1, 'outside')"))

    async def scenario() -> None:
        with running(database) as writer:
            for number, hold in enumerate(all_holds):
                writes = asyncio.ensure_future(writer.submit(runs.record_drafts(hold, [draft()], now=NOW)))
                if number == 10:
                    await asyncio.to_thread(outside)
                await writes

    asyncio.run(scenario())
    with database.read() as c:
        assert c.scalar(sa.text("SELECT install_id FROM installation")) == "outside"


def test_a_loop_that_ended_does_not_end_the_writer(database: Database) -> None:
    first, second = holds(database, 2)
    release = threading.Event()

    async def leave(writer: Writer) -> None:
        asyncio.ensure_future(writer.call(lambda _: release.wait()))  # noqa: RUF006 - left behind on purpose
        await asyncio.sleep(0)

    with running(database) as writer:
        asyncio.run(leave(writer))
        release.set()
        for hold in (first, second):
            asyncio.run(writer.submit(runs.record_drafts(hold, [draft()], now=NOW)))
    assert drafted(database, second)


def test_what_was_to_be_kept_is_in_no_error_and_in_no_traceback(database: Database) -> None:
    secret = "hush"

    async def scenario() -> None:
        await writer.call(lambda c: c.execute(sa.text("INSERT INTO nowhere VALUES (:secret)"), {"secret": secret}))

    writer = Writer(database)
    writer.start()
    try:
        with pytest.raises(Exception, match="nowhere") as failed:
            asyncio.run(scenario())
    finally:
        writer.stop()

    assert secret not in "".join(traceback.format_exception(failed.value))
    if isinstance(failed.value, DatabaseFailing):
        assert "INSERT" not in str(failed.value)
