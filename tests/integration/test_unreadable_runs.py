"""Runs that cannot be read, or their template: they do not wait for ever, and what may be out is not forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from domain.event import EventType
from domain.reasons import Reason
from domain.run import RunStatus
from domain.template import PostType
from storage.database import Database
from storage.tables import runs, templates
from tests.integration.scheduler_house import Died, House, draft, outcomes
from tests.integration.test_scheduler_daemon import Process, running_daemon


@pytest.fixture
def house(database: Database) -> House:
    made = House(database)
    made.template()
    made.template("t2", account="elsewhere")
    made.plan()
    return made


def spoil(house: House) -> None:
    with house.database.write() as c:
        c.execute(update(templates).where(templates.c.id == "t1").values(definition="{not json"))


async def others_are_posted(process: Process) -> None:
    await process.until(lambda: ended(process.house, "t2")[0] is RunStatus.POSTED)
    await process.until(lambda: ended(process.house)[0] is not RunStatus.QUEUED)


def test_a_run_that_has_sent_nothing_ends_and_somebody_is_told(house: House) -> None:
    spoil(house)

    running_daemon(house, others_are_posted)

    run = house.run()
    assert (run.status, run.reason) == (RunStatus.SKIPPED, Reason.INVALID_TEMPLATE)
    assert run.detail == "template name-of-t1: its definition cannot be read"
    assert house.told() == [EventType.RUN_SKIPPED]
    assert house.texts_sent() == ["Hello"]


def test_a_run_that_may_have_posted_is_not_ended(house: House) -> None:
    house.publisher.answers["Hello"] = [Died()]
    house.die_while(Died)
    begun = next(name for name in ("t1", "t2") if house.ledger(name))
    with house.database.write() as c:
        c.execute(update(templates).where(templates.c.id == begun).values(definition="{not json"))

    async def scene(process: Process) -> None:
        (other,) = {"t1", "t2"} - {begun}
        await process.until(lambda: house.run(other).status is RunStatus.POSTED)

    running_daemon(house, scene)

    assert house.run(begun).status in {RunStatus.QUEUED, RunStatus.WORKING}
    assert outcomes(house.ledger(begun)) == [None]


def spoil_run(house: House, template_id: str = "t1", **values: str) -> None:
    with house.database.write() as c:
        c.execute(update(runs).where(runs.c.template_id == template_id).values(values))


def test_a_run_that_cannot_be_read_fails_and_somebody_is_told(house: House) -> None:
    spoil_run(house, verdict="perhaps")

    running_daemon(house, others_are_posted)

    status, reason, detail = ended(house)
    assert (status, reason) == (RunStatus.FAILED, Reason.INTERNAL_ERROR)
    assert detail == "what is recorded about the run cannot be read: 'perhaps' is not a valid Verdict"
    assert house.told() == [EventType.RUN_FAILED]
    assert house.texts_sent() == ["Hello"]


def test_a_run_that_cannot_be_read_and_may_have_posted_asks_a_person(house: House) -> None:
    house.publisher.answers["Hello"] = [Died()]
    house.die_while(Died)
    begun = next(name for name in ("t1", "t2") if house.ledger(name))
    (other,) = {"t1", "t2"} - {begun}
    spoil_run(house, begun, chosen="{not json")

    async def scene(process: Process) -> None:
        await process.until(lambda: ended(house, other)[0] is RunStatus.POSTED)
        await process.until(lambda: ended(house, begun)[0] is RunStatus.UNKNOWN)

    running_daemon(house, scene)

    assert outcomes(house.ledger(begun)) == ["unknown"]
    assert house.told(begun)[-1] == EventType.POST_UNKNOWN
    assert house.texts_sent() == ["Hello", "Hello"]


def test_a_thread_that_is_out_in_part_and_cannot_be_read_ends_so(database: Database) -> None:
    house = House(database)
    house.editor.drafts = (draft("one", "two"),)
    house.template(type=PostType.THREAD)
    house.plan()
    house.thread_gap = timedelta(seconds=2)
    house.broken_sleep = Died()
    house.die_while(Died)
    spoil_run(house, chosen="{not json")

    async def scene(process: Process) -> None:
        await process.until(lambda: ended(house)[0] is RunStatus.PARTIAL)

    running_daemon(house, scene)

    assert ended(house)[1] is Reason.INTERNAL_ERROR
    assert house.told()[-1] == EventType.RUN_FAILED
    assert house.texts_sent() == ["one"]


def ended(house: House, template_id: str = "t1") -> tuple[RunStatus, Reason | None, str | None]:
    columns = (runs.c.status, runs.c.reason, runs.c.detail)
    with house.database.read() as c:
        row = c.execute(select(*columns).where(runs.c.template_id == template_id)).one()
    return RunStatus(row.status), Reason(row.reason) if row.reason else None, row.detail
