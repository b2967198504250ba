"""Research as a source of runs: they wait for it up to their grace, and take the passages that it cites."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.budget import Budget, EntryState
from domain.errors import InvalidInput
from domain.material import Material, MaterialKind
from domain.owner import LOCAL_OWNER
from domain.reasons import Reason
from domain.research import (
    Bounds,
    Citation,
    Finding,
    OutputType,
    Recurring,
    RecurringStatus,
    Report,
    Research,
    ResearchStatus,
    Scope,
    Section,
)
from domain.run import Run, RunStatus
from domain.schedule import Grid, Schedule
from domain.template import FeedSource, Sources, Template
from scheduler.editor import Gathered
from scheduler.operations import references, why
from scheduler.operations.why import Effect, Step
from scheduler.researched import Researched, topic_of
from scheduler.spending import Spending
from storage import budgets, recurring_research, research
from storage.database import Database
from tests.integration.scheduler_house import NOW, WORDS, FakeEditor, House
from tests.integration.storage_values import running, template

TRAM = Citation(1, "The tram costs 48 million euros.", "https://e.org/tram", "Tram", "Gazette", fetched_at=NOW)
REPORT = Report((Section("trams", (Finding(TRAM.text, (1,)),)),), (TRAM,))
BOUNDS = Bounds(micros=100_000)
GRACE = timedelta(hours=2)


class Editor(FakeEditor):
    """Gathers words, and the research that the template names."""

    def __init__(self, house: House) -> None:
        super().__init__()
        self.house = house
        self.taken: list[Gathered] = []

    async def gather(self, template: Template, run: Run, now: datetime) -> Gathered:
        with running(self.house.database) as writer:
            find = Researched(
                writer=writer, bounds=BOUNDS, new_id=lambda: f"own-{run.id}", spending=Spending(self.house.database)
            )
            cited, rejected = await find(template, run, now)
        self.taken.append(Gathered(tuple(cited), tuple(rejected)))
        return Gathered((WORDS,), tuple(rejected))


@pytest.fixture
def house(database: Database) -> House:
    found = House(database)
    found.editor = Editor(found)
    return found


def taken(house: House) -> Gathered:
    assert isinstance(house.editor, Editor)
    return house.editor.taken[-1]


def add(house: House, research_id: str, *, recurring: str | None = None, run: str | None = None) -> None:
    made = Research(research_id, "trams", OutputType.TEXT, ResearchStatus.QUEUED, house.clock(), Scope())
    with house.database.write() as c:
        research.add(c, Research(**{**_fields(made), "recurring_id": recurring, "run_id": run}))


def _fields(made: Research) -> dict[str, Any]:
    return {name: getattr(made, name) for name in made.__slots__}


def finish(house: House, *, failure: str | None = None, micros: int = 0, report: Report = REPORT) -> None:
    """Do what is queued first."""
    with house.database.write() as c:
        claimed = research.claim(c, owner="w", now=house.clock(), lease=timedelta(minutes=1))
        assert claimed is not None
        _, hold, _ = claimed
        research.spend(c, hold, micros, most=micros)
        kept = None if failure else report
        text = None if failure else "the report"
        research.finish(c, hold, text=text, report=kept, rejected=(), failure=failure, now=house.clock())


def recurring(house: House, recurring_id: str = "again") -> None:
    active = RecurringStatus.ACTIVE
    with house.database.write() as c:
        recurring_research.add(
            c, Recurring(recurring_id, "trams", OutputType.TEXT, Scope(), 2, NOW, None, active, NOW, NOW, NOW)
        )


def plan(house: House, **fields: Any) -> None:
    house.template(schedule=Schedule(Grid(1, NOW), grace=GRACE), **fields)
    house.plan()


def test_each_passage_that_a_report_cites_is_a_piece_of_material_with_its_page(house: House) -> None:
    add(house, "r1")
    finish(house)
    plan(house, sources=Sources(research=("r1",)))

    house.work()

    assert taken(house).materials == (
        Material("", MaterialKind.RESEARCH, TRAM.text, "Tram", TRAM.url, "Gazette", fetched_at=NOW, research_id="r1"),
    )
    assert house.run().status is RunStatus.POSTED


def test_a_run_waits_for_research_that_is_worked_on(house: House) -> None:
    add(house, "r1")
    plan(house, sources=Sources(research=("r1",)))

    house.work()
    assert (house.run().status, house.run().not_before) == (RunStatus.QUEUED, NOW + timedelta(seconds=5))
    finish(house)
    house.clock.advance(seconds=5)
    house.work()

    assert house.run().status is RunStatus.POSTED


def test_a_run_whose_research_is_not_finished_within_its_grace_ends_with_the_reason(house: House) -> None:
    add(house, "r1")
    plan(house, sources=Sources(research=("r1",)))
    house.work()

    house.clock.advance(seconds=GRACE.total_seconds() - 1)
    house.work()

    run = house.run()
    assert (run.status, run.reason) == (RunStatus.FAILED, Reason.RESEARCH_UNFINISHED)
    assert run.detail == "research r1 is not finished; `ostinato research list` shows how it stands"
    assert house.texts_sent() == []
    (stop,) = [link for link in why.of_run(house.database, run.id).chain if link.effect is Effect.STOPPED]
    assert (stop.step, stop.reason) == (Step.ITEMS, Reason.RESEARCH_UNFINISHED)
    assert "research r1 is not finished" in stop.said


@pytest.mark.parametrize(
    ("named", "reason"),
    [("r1", "nothing was found"), ("gone", "there is no such research; see `ostinato research list`")],
)
def test_research_that_failed_or_is_gone_gives_nothing_and_the_other_sources_are_used(
    house: House, named: str, reason: str
) -> None:
    add(house, "r1")
    finish(house, failure="nothing was found")
    plan(house, sources=Sources(text="words", research=(named,)))

    house.work()

    assert [(each.reference, each.reason) for each in taken(house).rejected] == [(f"research {named}", reason)]
    assert house.run().status is RunStatus.POSTED


def test_of_research_that_recurs_the_newest_finished_report_is_taken_while_a_new_one_is_made(house: House) -> None:
    recurring(house)
    for name in ("old", "new"):
        add(house, name, recurring="again")
        finish(house)
        house.clock.advance(seconds=60)
    add(house, "unfinished", recurring="again")
    plan(house, sources=Sources(research=("again",)))

    house.work()

    assert [each.research_id for each in taken(house).materials] == ["new"]


def test_research_that_recurs_and_has_no_report_yet_is_waited_for_only_while_one_is_made(house: House) -> None:
    recurring(house)
    plan(house, sources=Sources(text="words", research=("again",)))

    house.work()

    (said,) = taken(house).rejected
    assert said.reason.startswith("it recurs and has no finished report")


DEEP: dict[str, Any] = {
    "deep_research": True,
    "prompt": "What  the tram costs",
    "sources": Sources(urls=("https://e.org/",), feeds=(FeedSource("https://e.org/feed"),)),
}


def test_a_run_has_its_own_research_looked_up_once_in_its_own_sources(house: House) -> None:
    plan(house, **DEEP)
    for _ in range(3):
        house.work()
        house.clock.advance(seconds=5)

    with house.database.read() as c:
        (own,) = research.list_all(c, limit=10, owner=LOCAL_OWNER)
    assert (own.topic, own.run_id) == ("What the tram costs", house.run().id)
    assert own.scope == Scope(("https://e.org/feed",), ("https://e.org/",))
    finish(house)
    house.work()
    assert [each.research_id for each in taken(house).materials] == [own.id]
    assert house.run().status is RunStatus.POSTED


def test_its_cost_is_reserved_in_the_templates_budget_and_settled_with_what_it_took(house: House) -> None:
    plan(house, budget=Budget(day=500_000), **DEEP)
    house.work()

    def entries() -> list[tuple[int, EntryState]]:
        with house.database.read() as c:
            found = budgets.of_run(c, house.run().id)
        return [(each.amount, each.state) for each in found if each.detail == "deep research"]

    assert entries() == [(100_000, EntryState.RESERVED)]
    finish(house, micros=1_234)
    house.clock.advance(seconds=5)
    house.work()
    assert entries() == [(1_234, EntryState.SPENT)]


def test_research_that_the_budget_does_not_allow_is_not_begun(house: House) -> None:
    plan(house, budget=Budget(day=50_000), **DEEP)

    house.work()

    assert house.run().reason is Reason.OVER_BUDGET
    with house.database.read() as c:
        assert research.list_all(c, limit=10, owner=LOCAL_OWNER) == []


def test_what_a_template_names_must_be_there_when_it_is_kept_and_may_go_later(house: House) -> None:
    add(house, "r1")
    made = template(sources=Sources(research=("r1", "r2")), projects=("p1",))
    with house.database.read() as c, pytest.raises(InvalidInput) as error:
        references.check(c, made)

    assert [str(each) for each in error.value.problems] == [
        "research: there is no research r2; `ostinato research list` shows those there are",
        "projects: there is no project p1; `ostinato project list` shows those there are",
    ]
    with house.database.read() as c:
        references.check(c, made, before=made)


def test_without_a_prompt_its_text_or_else_its_name_is_looked_up() -> None:
    assert topic_of(template(sources=Sources(text="the  harbour tram"))) == "the harbour tram"
    assert (
        topic_of(template(name="harbour-tram_line", sources=Sources(urls=("https://e.org/",)))) == "harbour tram line"
    )


def test_a_sample_takes_finished_reports_and_begins_nothing(house: House) -> None:
    add(house, "r1")
    finish(house)
    add(house, "r2")
    made = template(deep_research=True, sources=Sources(research=("r1", "r2")))

    async def sample() -> tuple[list[Material], list[Any]]:
        with running(house.database) as writer:
            return await Researched(writer=writer, bounds=BOUNDS, new_id=_never)(made, None, NOW)

    cited, rejected = asyncio.run(sample())

    assert [each.research_id for each in cited] == ["r1"]
    assert sorted(each.reference for each in rejected) == ["deep research", "research r2"]


_never: Callable[[], str] = lambda: pytest.fail("nothing is begun")  # noqa: E731
