"""Deleting and pausing a template while its runs are at work: what has begun is finished, and nothing else begins."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from sqlalchemy import select, update

from domain.errors import LeaseLost
from domain.event import EventType
from domain.publication import Outcome, Publication, Settlement
from domain.reasons import Reason
from domain.run import RunStatus
from domain.template import PostType, TemplateStatus
from scheduler.operations import pausing
from scheduler.operations import templates as operations
from storage import publications, runs, templates
from storage.database import Database
from storage.tables import item_uses
from storage.tables import templates as table
from tests.integration.scheduler_house import NOW, FakePublisher, House, draft
from tests.integration.storage_values import publication, running
from tests.integration.test_cancelling import ROUNDS, chosen_run

LIMITED = Settlement(Outcome.DEFERRED, "answer", retry_at=NOW + timedelta(minutes=5))
UNCLEAR = Settlement(Outcome.UNKNOWN, "answer", reason="no_answer")


def delete(house: House, name: str = "t1") -> None:
    operations.delete(house.database, name, now=house.clock(), new_id=house.new_id)


def pause(house: House, name: str = "t1") -> None:
    operations.pause(house.database, name, note=None, now=house.clock(), new_id=house.new_id)


STOPS = pytest.mark.parametrize(("stop", "reason"), [(delete, Reason.CANCELLED), (pause, Reason.PAUSED)])
Stop = Callable[[House], None]


class Meanwhile(FakePublisher):
    """Lets something happen while its first request is on its way."""

    def __init__(self, happen: Callable[[], None]) -> None:
        super().__init__()
        self._happen = happen

    async def send(self, publication: Publication, *, may_send: Callable[[], None]) -> Settlement:
        settlement = await super().send(publication, may_send=may_send)
        if len(self.sent) == 1:
            await asyncio.to_thread(self._happen)
        return settlement


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


@STOPS
def test_a_run_at_work_that_has_sent_nothing_ends_and_sends_nothing(house: House, stop: Stop, reason: Reason) -> None:
    house.template()
    house.plan()

    async def person() -> None:
        await asyncio.to_thread(stop, house)

    house.editor.at_compose = person
    house.work()

    assert house.texts_sent() == []
    assert (house.run().status, house.run().reason) == (RunStatus.SKIPPED, reason)
    assert house.work() == 0


@STOPS
@pytest.mark.parametrize("answer", [LIMITED, UNCLEAR])
def test_a_request_under_way_is_settled_and_never_sent_anew(
    house: House, stop: Stop, reason: Reason, answer: Settlement
) -> None:
    house.publisher = Meanwhile(partial(stop, house))
    house.publisher.answers["Hello"] = [answer]
    house.publisher.findings["Hello"] = [LIMITED]
    house.template()
    house.plan()
    house.work()
    for _ in range(3):
        house.clock.advance(minutes=30)
        house.work()

    assert house.texts_sent() == ["Hello"]
    assert (house.run().status, house.run().reason) == (RunStatus.SKIPPED, reason)
    with house.database.read() as c:
        assert c.execute(item_uses.select()).all() == []


@STOPS
def test_of_several_posts_those_that_have_not_begun_stay(house: House, stop: Stop, reason: Reason) -> None:
    house.publisher = Meanwhile(partial(stop, house))
    house.editor.drafts = (draft("one"), draft("two", name="d1"))
    house.template(count=2)
    house.plan()
    house.work()
    house.work()

    assert house.texts_sent() == ["one"]
    assert (house.run().status, house.run().reason) == (RunStatus.PARTIAL, Reason.THREAD_PARTIAL)


@STOPS
def test_a_thread_that_has_begun_is_finished(house: House, stop: Stop, reason: Reason) -> None:
    house.publisher = Meanwhile(partial(stop, house))
    house.editor.drafts = (draft("one", "two", "three"),)
    house.publisher.answers["two"] = [LIMITED]
    house.template(type=PostType.THREAD)
    house.plan()
    house.work()
    house.clock.advance(minutes=5)
    house.work()

    assert house.texts_sent() == ["one", "two", "two", "three"]
    assert (house.run().status, house.run().reason) == (RunStatus.POSTED, None)


def test_of_deleting_and_the_intention_to_publish_exactly_one_succeeds(house: House) -> None:
    holds = [chosen_run(house.database, f"r{number}", f"t{number}") for number in range(ROUNDS)]
    start = Barrier(2)

    def people() -> None:
        for hold in holds:
            start.wait(timeout=60)
            delete(house, f"t{hold.run_id[1:]}")

    def workers() -> list[bool]:
        async def work() -> list[bool]:
            done = []
            with running(house.database) as writer:
                for hold in holds:
                    await asyncio.to_thread(start.wait, 60)
                    intended = publications.intend(hold, publication(hold, template_id=f"t{hold.run_id[1:]}"))
                    try:
                        await writer.submit(intended)
                    except LeaseLost:
                        done.append(False)
                    else:
                        done.append(True)
            return done

        return asyncio.run(work())

    with ThreadPoolExecutor(2) as pool:
        asked, worked = pool.submit(people), pool.submit(workers)
        asked.result()
        intended = worked.result()

    with house.database.read() as c:
        for hold, done in zip(holds, intended, strict=True):
            assert len(publications.of_run(c, hold.run_id)) == done
            assert (runs.get(c, hold.run_id).status is RunStatus.SKIPPED) == (not done)


def pause_all(house: House) -> list[str]:
    found = pausing.pause_all(house.database, note=None, now=house.clock(), new_id=house.new_id)
    return [each.stored.template.name for each in found if each.cancelled]


@pytest.mark.parametrize("status", [TemplateStatus.PAUSED, TemplateStatus.ENDED])
def test_the_kill_switch_ends_runs_of_templates_that_are_not_active_any_more(
    house: House, status: TemplateStatus
) -> None:
    house.template()
    house.plan()
    house.publisher.answers["Hello"] = [LIMITED]
    house.work()
    with house.database.write() as c:
        reason = Reason.API_BLOCKED if status is TemplateStatus.PAUSED else None
        templates.set_status(c, "t1", status, now=NOW, reason=reason)

    assert pause_all(house) == ["name-of-t1"]
    assert pause_all(house) == []
    house.clock.advance(minutes=10)

    assert house.work() == 0
    assert (house.run().status, house.run().reason) == (RunStatus.SKIPPED, Reason.PAUSED)
    assert house.told()[-1] is EventType.RUN_SKIPPED
    assert house.stored().state.status is status
    assert house.stored().state.pause_reason is reason


def test_the_kill_switch_ends_runs_of_a_template_that_cannot_be_read(house: House) -> None:
    house.template()
    house.plan()
    house.publisher.answers["Hello"] = [LIMITED]
    house.work()
    with house.database.write() as c:
        definition = c.execute(select(table.c.definition)).scalar_one()
        c.execute(update(table).values(definition="{not json"))
    pause_all(house)
    with house.database.write() as c:
        c.execute(update(table).values(definition=definition))
    house.clock.advance(minutes=10)

    assert house.work() == 0
    assert house.texts_sent() == ["Hello"]
    assert (house.run().status, house.run().reason) == (RunStatus.SKIPPED, Reason.PAUSED)
    assert house.told()[-1] is EventType.RUN_SKIPPED
