"""What a model costs is reserved before it is asked and settled after; too dear, the embedded writer answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from time import monotonic
from typing import Any

import pytest

from domain.budget import Balance, Budget, Entry, EntryState, windows
from domain.draft import Check, Draft, Guidance, Score
from domain.owner import LOCAL_OWNER
from domain.reasons import Reason
from domain.run import Run, RunStatus
from domain.template import Approval, Template
from generators.model.asking import Prices
from generators.model.server import Server
from generators.model.writer import ModelWriter
from scheduler.editor import Gathered, WritingDesk
from scheduler.purse import Purse
from scheduler.spending import Spending
from storage import budgets
from storage.database import Database
from tests.integration.scheduler_house import Died, House
from tests.integration.storage_values import running
from tests.integration.test_model_writer import TRAM
from tests.model_server import KEY, Model, Status, serving

PRICES = Prices(Decimal("0.5"), Decimal(2))
TOOK = 180  # micros: 200 tokens sent, 40 answered


@pytest.fixture
def model() -> Iterator[Model]:
    with serving() as found:
        yield found


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def begun(house: House, budget: Budget | None = None, **fields: Any) -> tuple[Template, Run]:
    template = house.template(budget=budget, **fields)
    house.plan()
    return template, house.run()


def compose(house: House, model: Model, template: Template, run: Run, *, dies: bool = False) -> tuple[Draft, ...]:
    """Write drafts as the daemon does, with a purse; one that *dies* does so with the model's first answer."""

    async def nothing(*_: object) -> Any:
        return None

    async def empty(*_: object) -> Any:
        return frozenset[str]()

    async def guidance(*_: object) -> Guidance:
        return Guidance()

    async def passed(*_: object) -> Score:
        return Score(100, (Check("No emojis", passed=True),), "xquik")

    async def gathered(*_: object) -> Gathered:
        return Gathered((TRAM,))

    async def here(function: Any, /, *args: Any, **kwargs: Any) -> Any:
        if dies:
            raise Died
        return function(*args, **kwargs)

    async def done() -> tuple[Draft, ...]:
        with running(house.database) as writer:
            server = Server(model="small", base_url=model.address, key=KEY)
            asks = ModelWriter(server, offload=here, clock=monotonic, timeout=20.0, prices=PRICES)
            spending = Spending(house.database)
            purse = Purse(writer=writer, spending=spending, prices=PRICES, clock=house.clock, new_id=house.new_id)
            desk = WritingDesk(
                gather=gathered,
                offload=here,
                ask_score=passed,
                ask_guidance=guidance,
                ask_advice=guidance,
                read_style=nothing,
                posted_texts=empty,
                said_before=empty,
                model=asks,
                purse=purse,
            )
            try:
                return await desk.compose(template, run, (TRAM,))
            finally:
                await asks.close()

    return asyncio.run(done())


def books(house: House) -> list[Entry]:
    with house.database.read() as c:
        return budgets.of_run(c, house.run().id)


def day(house: House, template: Template) -> Balance:
    (window,) = windows(
        Budget(day=0), None, run_id="-", template_id=template.id, zone="UTC", now=house.clock(), owner=LOCAL_OWNER
    )
    with house.database.read() as c:
        return budgets.balance(c, window)


def test_without_a_budget_what_the_model_took_is_in_the_books(house: House, model: Model) -> None:
    template, run = begun(house)
    compose(house, model, template, run)
    (entry,) = books(house)
    assert (entry.kind, entry.state, entry.amount) == ("model", EntryState.SPENT, TOOK)
    assert entry.detail == "compose: 2 calls of small"


def test_within_a_budget_the_most_is_reserved_and_what_it_took_is_spent(house: House, model: Model) -> None:
    template, run = begun(house, Budget(day=1_000_000))
    drafts = compose(house, model, template, run)
    assert {draft.engine for draft in drafts} == {"model"}
    assert day(house, template) == Balance(TOOK, 0)


@pytest.mark.parametrize("budget", [Budget(run=10_000), Budget(day=10_000), Budget(month=10_000)])
def test_over_a_budget_the_embedded_writer_answers_and_says_why(house: House, model: Model, budget: Budget) -> None:
    template, run = begun(house, budget)
    drafts = compose(house, model, template, run)
    assert (model.asked, books(house)) == ([], [])
    assert {draft.engine for draft in drafts} == {"embedded"}
    (why,) = {draft.origin.why or "" for draft in drafts if draft.origin}
    assert why.startswith("over budget: the template's budget of $0.01 for")


def test_a_model_may_not_take_what_the_posts_need(house: House, model: Model) -> None:
    exactly = most(house, model)
    template, run = begun(house, Budget(day=exactly + 1_499))
    assert {draft.engine for draft in compose(house, model, template, run)} == {"embedded"}


def test_a_shadow_needs_nothing_for_posts(house: House, model: Model) -> None:
    exactly = most(house, model)
    template, run = begun(house, Budget(day=exactly), approval=Approval.SHADOW)
    assert {draft.engine for draft in compose(house, model, template, run)} == {"model"}


def most(house: House, model: Model) -> int:
    """Give what is reserved for composing, from a server that does not count its tokens."""
    template, run = begun(house, Budget(day=1_000_000))
    model.counts = False
    compose(house, model, template, run)
    model.counts = True
    model.asked.clear()
    (entry,) = books(house)
    with house.database.write() as c:
        c.exec_driver_sql("DELETE FROM ledger_entries")
        for table in ("spending", "events", "runs", "templates"):
            c.exec_driver_sql(f"DELETE FROM {table}")
    return entry.amount


def test_a_server_that_does_not_count_its_tokens_takes_all_that_was_reserved(house: House, model: Model) -> None:
    model.counts = False
    template, run = begun(house, Budget(day=1_000_000))
    compose(house, model, template, run)
    assert day(house, template).spent > 10_000


def test_a_model_that_does_not_answer_gives_back_what_was_reserved(house: House, model: Model) -> None:
    model.always("digest", Status(500))
    template, run = begun(house, Budget(day=1_000_000))
    compose(house, model, template, run)
    assert day(house, template) == Balance()


def test_a_worker_that_dies_while_the_model_writes_leaves_it_reserved_and_the_runs_end_counts_it(
    house: House, model: Model
) -> None:
    template, run = begun(house, Budget(day=1_000_000))
    with pytest.raises(Died):
        compose(house, model, template, run, dies=True)
    reserved = day(house, template).reserved
    assert reserved > 10_000
    house.work()
    assert house.run().status is RunStatus.POSTED
    assert day(house, template) == Balance(reserved + 1_500, 0)


def test_a_run_that_its_model_made_too_dear_is_over_budget(house: House, model: Model) -> None:
    template, run = begun(house, Budget(run=1_000_000))
    compose(house, model, template, run)
    with house.database.write() as c:
        c.exec_driver_sql("UPDATE ledger_entries SET amount_micros = 999000")
        c.exec_driver_sql("DELETE FROM spending")
    house.work()
    assert house.run().reason is Reason.OVER_BUDGET
    assert "the template's budget of $1.00 for one run: $0.999 is spent" in (house.run().detail or "")
