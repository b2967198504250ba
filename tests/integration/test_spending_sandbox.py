"""Budgets against the sandbox on a port: what it charged is what the books say."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

import httpx
import pytest

from domain.budget import Balance, Budget, cost
from domain.publication import Publication, Settlement
from domain.reasons import Reason
from domain.run import Run, RunStatus
from domain.template import PostType
from scheduler.operations import templates as operations
from storage import budgets
from storage.database import Database
from tests.integration.scheduler_house import Died, House, draft
from tests.integration.test_publishers_x import Stage, clock, staged

POST = 1_500
ROOM = Budget(day=10 * POST)


class Door:
    """The real publisher, with a client for each request; told to, it dies in the place of the next answer."""

    def __init__(self, stage: Stage, wanted: Callable[[Publication], bool] = lambda _: True) -> None:
        self._stage = stage
        self._wanted = wanted
        self.dies = False

    async def send(self, publication: Publication, *, may_send: Callable[[], None]) -> Settlement:
        async with httpx.AsyncClient(verify=False) as client:
            answer = await self._stage.publisher(client, timeout=0.5).send(publication, may_send=may_send)
        if self.dies:
            self.dies = False
            raise Died
        return answer

    async def ask(
        self, publication: Publication, *, taken: Collection[str], may_send: Callable[[], None]
    ) -> Settlement:
        async with httpx.AsyncClient(verify=False) as client:
            publisher = self._stage.publisher(client, taken=taken, wanted=self._wanted)
            return await publisher.ask(publication, taken=taken, may_send=may_send)

    async def delete(self, account: str, tweet_id: str) -> bool:
        async with httpx.AsyncClient(verify=False) as client:
            return await self._stage.publisher(client).delete(account, tweet_id)


@pytest.fixture
def stage() -> Iterator[Stage]:
    yield from staged("durable")


@pytest.fixture
def house(database: Database, stage: Stage) -> House:
    made = House(database)
    made.clock.now = clock()
    made.publisher = Door(stage)  # type: ignore[assignment]
    return made


def posted(house: House, *parts: str, budget: Budget = ROOM, **fields: Any) -> Run:
    """Work on a run that posts *parts*, and give it."""
    kind = PostType.THREAD if len(parts) > 1 else PostType.TWEET
    house.template(account="ostinato_demo", type=kind, budget=budget, next_slot_at=None, **fields)
    house.editor.drafts = (draft(*parts),)
    operations.run_now(house.database, "t1", now=house.clock(), new_id=house.new_id)
    house.work()
    return house.run()


def paid(house: House) -> Balance:
    with house.database.read() as c:
        return cost(budgets.of_run(c, house.run().id))


def charged(stage: Stage) -> int:
    """Give what the sandbox took for the tweets that are out, in micros."""
    return len(stage.tweets()) * POST


def test_a_post_and_a_thread_cost_what_the_sandbox_charged(house: House, stage: Stage) -> None:
    assert posted(house, "One.", "Two.", "Three.").status is RunStatus.POSTED
    assert paid(house) == Balance(charged(stage), 0) == Balance(3 * POST, 0)


def test_a_refused_post_costs_nothing(house: House, stage: Stage) -> None:
    stage.fault("error", status=422, code="x_rejected")
    assert posted(house, "Refused.").status is RunStatus.FAILED
    assert paid(house) == Balance(charged(stage), 0) == Balance()


def test_a_limit_releases_the_post_and_the_next_attempt_pays_for_it(house: House, stage: Stage) -> None:
    stage.fault("rate_limited", retry_after=44)
    assert posted(house, "Later.").status is RunStatus.QUEUED
    assert paid(house) == Balance()
    house.clock.advance(minutes=20)
    house.work()
    assert house.run().status is RunStatus.POSTED
    assert paid(house) == Balance(charged(stage), 0) == Balance(POST, 0)


def test_a_lost_answer_counts_as_spent_and_is_settled_by_what_is_found(house: House, stage: Stage) -> None:
    stage.fault("drop_after")
    run = posted(house, "Lost.")
    assert run.status is RunStatus.POSTED  # found by the same key, at once
    assert paid(house) == Balance(charged(stage), 0) == Balance(POST, 0)


def test_a_process_that_dies_after_the_send_leaves_it_reserved_and_the_next_one_settles_it(
    house: House, stage: Stage
) -> None:
    house.template(account="ostinato_demo", budget=Budget(day=POST), next_slot_at=None)
    operations.run_now(house.database, "t1", now=house.clock(), new_id=house.new_id)
    house.publisher.dies = True  # type: ignore[attr-defined]
    house.die_while(Died)
    assert paid(house) == Balance(0, POST)
    house.work()
    assert house.run().status is RunStatus.POSTED
    assert paid(house) == Balance(charged(stage), 0) == Balance(POST, 0)


def test_over_budget_the_sandbox_hears_nothing(house: House, stage: Stage) -> None:
    run = posted(house, "One.", "Two.", budget=Budget(run=2 * POST - 1))
    assert (run.status, run.reason) == (RunStatus.SKIPPED, Reason.OVER_BUDGET)
    assert (stage.posts(), paid(house)) == ([], Balance())
    with house.database.read() as c:
        assert budgets.of_run(c, run.id) == []
