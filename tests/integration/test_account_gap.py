"""The least time between two posts of one account: across templates, restarts and whatever else waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from domain.owner import LOCAL_OWNER
from domain.publication import Outcome, Settlement
from domain.reasons import Reason
from domain.run import RunStatus
from domain.schedule import Grid, Schedule
from domain.template import PostType
from scheduler.lanes import Lanes
from scheduler.operations.account import set_gap
from storage import accounts, templates
from storage.database import Database
from tests.integration.scheduler_house import NOW, UNCLEAR, Died, House, confirmed, draft
from tests.integration.test_scheduler_daemon import Process, running_daemon

HALF_AN_HOUR = timedelta(minutes=30)
LIMITED = Settlement(Outcome.DEFERRED, "answer", retry_at=NOW + timedelta(minutes=5))


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def gap(house: House, length: timedelta | None, account: str = "demo") -> None:
    """Set an account's gap as a person does, and let the process know of it."""
    with house.database.write() as c:
        accounts.set_gap(c, account, length, owner=LOCAL_OWNER)
        house.lanes.gaps = accounts.gaps(c)


def forgetful(house: House) -> None:
    """Take the memory of who posted when away, as a new process has none."""
    house.lanes = Lanes(spacing=timedelta(0), clock=house.clock)


def remembered(house: House) -> dict[str, datetime]:
    with house.database.read() as c:
        return accounts.last_posts(c, NOW)


def test_an_account_that_its_template_writes_otherwise_by_now_is_remembered(house: House) -> None:
    made = house.template("t1", account="Demo")
    house.template("t2", account="elsewhere")
    house.plan()
    house.work()
    with house.database.write() as c:
        templates.replace(c, replace(made, account="demo"), now=NOW)

    assert remembered(house) == {"demo": NOW, "elsewhere": NOW}


def test_a_run_that_waits_for_the_gap_says_so_holds_nothing_and_is_not_too_late(house: House) -> None:
    for name in ("t1", "t2"):
        house.template(name, schedule=Schedule(Grid(1, NOW), grace=timedelta(minutes=10)))
    house.template("t3", account="elsewhere")
    gap(house, HALF_AN_HOUR)
    house.plan()
    house.work()

    waiting, posted = sorted((house.run("t1"), house.run("t2")), key=lambda run: run.status is RunStatus.POSTED)
    assert (waiting.status, waiting.not_before) == (RunStatus.QUEUED, NOW + HALF_AN_HOUR)
    assert waiting.detail == "waits for its account's gap of 30m between posts"
    assert (posted.status, house.run("t3").status, house.slept) == (RunStatus.POSTED, RunStatus.POSTED, [])

    house.clock.advance(minutes=29)
    assert house.work() == 0
    house.clock.advance(minutes=1)
    house.work()
    assert house.run(waiting.template_id).status is RunStatus.POSTED
    assert house.run(waiting.template_id).detail is None


def test_the_posts_of_one_run_keep_the_gap_and_the_parts_of_a_thread_do_not(house: House) -> None:
    house.template(type=PostType.THREAD, count=2)
    house.editor.drafts = (draft("one", "two"), draft("three", "four", name="d1"))
    gap(house, HALF_AN_HOUR)
    house.plan()
    house.work()
    assert house.texts_sent() == ["one", "two"]

    house.template("t2", account="DEMO")  # the same account: it waits too, but for no thread
    house.plan()
    house.work()
    assert house.run("t2").not_before == NOW + HALF_AN_HOUR

    house.clock.advance(minutes=30)
    house.work()
    assert house.texts_sent()[:4] == ["one", "two", "three", "four"]
    assert house.run().status is RunStatus.POSTED


def test_a_started_thread_is_finished_within_the_gap(house: House) -> None:
    house.template(type=PostType.THREAD)
    house.editor.drafts = (draft("one", "two"),)
    house.publisher.answers["two"] = [LIMITED]
    gap(house, HALF_AN_HOUR)
    house.plan()
    house.work()
    house.clock.advance(minutes=5)
    house.work()
    assert house.run().status is RunStatus.POSTED


def test_what_may_be_out_keeps_the_gap_and_is_asked_about_within_it(house: House) -> None:
    house.template()
    house.publisher.answers["Hello"] = [UNCLEAR]
    house.publisher.findings["Hello"] = [confirmed("7", "timeline")]
    gap(house, HALF_AN_HOUR)
    house.plan()
    house.work()
    house.template("t2")
    house.plan()
    house.work()

    assert house.run().status is RunStatus.POSTED
    assert house.run("t2").not_before == NOW + HALF_AN_HOUR


def test_what_was_refused_keeps_no_gap(house: House) -> None:
    house.template()
    house.publisher.answers["Hello"] = [Settlement(Outcome.REFUSED, "answer", reason=Reason.DUPLICATE.value)]
    gap(house, HALF_AN_HOUR)
    house.plan()
    house.work()
    house.template("t2")
    house.plan()
    house.work()

    assert (house.run().status, house.run("t2").status) == (RunStatus.FAILED, RunStatus.POSTED)
    assert remembered(house) == {"demo": NOW}


def test_a_new_daemon_keeps_the_gap_since_the_last_post_of_the_one_before(house: House) -> None:
    house.template("t1")
    house.template(
        "t2", next_slot_at=NOW + timedelta(minutes=10), schedule=Schedule(Grid(4, NOW + timedelta(minutes=10)))
    )
    gap(house, HALF_AN_HOUR, "Demo")
    house.plan()
    house.work()
    forgetful(house)
    house.clock.advance(minutes=10)

    async def put_off(process: Process) -> None:
        await process.until(lambda: bool(house.runs("t2")) and house.run("t2").not_before is not None)

    async def posted(process: Process) -> None:
        await process.until(lambda: house.run("t2").status is RunStatus.POSTED)

    running_daemon(house, put_off)
    assert house.texts_sent() == ["Hello"]
    forgetful(house)
    house.clock.advance(minutes=20)
    running_daemon(house, posted)
    assert [each.intended_at for name in ("t1", "t2") for each in house.ledger(name)] == [NOW, NOW + HALF_AN_HOUR]


def test_a_daemon_killed_after_the_request_left_keeps_the_gap_of_what_may_be_out(house: House) -> None:
    house.template("t1")
    house.publisher.answers["Hello"] = [Died()]
    gap(house, HALF_AN_HOUR)
    house.plan()
    house.die_while(Died)
    forgetful(house)
    house.template("t2")

    assert remembered(house) == {"demo": NOW}

    async def scene(process: Process) -> None:
        await process.until(lambda: bool(house.runs("t2")) and house.run("t2").not_before is not None)

    running_daemon(house, scene)
    assert house.run("t2").not_before == NOW + HALF_AN_HOUR
    assert house.texts_sent() == ["Hello"]


def test_a_post_that_its_repeated_key_may_have_written_keeps_the_gap_from_then(house: House) -> None:
    house.template("t1")
    house.publisher.answers["Hello"] = [Died()]
    gap(house, HALF_AN_HOUR)
    house.plan()
    house.die_while(Died)
    forgetful(house)
    gap(house, HALF_AN_HOUR)
    house.clock.advance(minutes=20)
    house.publisher.findings["Hello"] = [confirmed("7", "replay")]
    house.work()
    house.template("t2")
    house.plan()
    house.clock.advance(minutes=11)
    house.work()

    assert house.run("t1").status is RunStatus.POSTED
    assert house.run("t2").not_before == NOW + timedelta(minutes=50)
    assert remembered(house) == {"demo": NOW + timedelta(minutes=20)}
    house.clock.advance(minutes=19)
    house.work()
    assert [each.intended_at for each in house.ledger("t2")] == [NOW + timedelta(minutes=50)]


def test_a_key_that_is_repeated_after_a_later_post_is_remembered(house: House) -> None:
    house.template("t1")
    house.publisher.answers["Hello"] = [Died()]
    house.plan()
    house.die_while(Died)
    house.publisher.findings["Hello"] = [UNCLEAR, confirmed("7", "replay")]
    house.work()
    house.clock.advance(seconds=10)
    house.template("t2", account="Demo")
    house.plan()
    house.work()
    assert remembered(house) == {"demo": NOW + timedelta(seconds=10)}
    house.clock.advance(minutes=9, seconds=50)
    house.work()

    assert [house.run(name).status for name in ("t1", "t2")] == [RunStatus.POSTED] * 2
    assert remembered(house) == {"demo": NOW + timedelta(minutes=10)}
    with house.database.read() as c:
        assert accounts.last_post(c, "demo") == NOW + timedelta(minutes=10)


def test_a_post_that_waits_for_a_gap_that_is_made_shorter_waits_no_longer_than_that(house: House) -> None:
    house.template("t1")
    gap(house, HALF_AN_HOUR)
    house.plan()
    house.work()
    house.template("t2")
    house.plan()
    house.work()
    assert house.run("t2").not_before == NOW + HALF_AN_HOUR
    set_gap(house.database, "Demo", timedelta(minutes=2), now=NOW)
    house.lanes.gaps = {"demo": timedelta(minutes=2)}
    house.clock.advance(seconds=3)
    house.work()
    assert house.run("t2").not_before == NOW + timedelta(minutes=2)
    house.clock.advance(minutes=2)
    house.work()
    assert house.run("t2").status is RunStatus.POSTED


def test_a_gap_that_another_process_sets_counts_for_the_daemon_that_runs(house: House) -> None:
    house.template("t1")

    async def scene(process: Process) -> None:
        await process.until(lambda: bool(house.runs("t1")) and house.run("t1").status is RunStatus.POSTED)
        with house.database.write() as c:
            accounts.set_gap(c, "demo", HALF_AN_HOUR, owner=LOCAL_OWNER)
        await process.until(lambda: house.lanes.gap("demo") == HALF_AN_HOUR)
        with house.database.write() as c:
            accounts.set_gap(c, "demo", None, owner=LOCAL_OWNER)
        await process.until(lambda: house.lanes.gap("demo") == timedelta(0))

    running_daemon(house, scene)
