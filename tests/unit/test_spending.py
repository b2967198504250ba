from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from domain.budget import ALWAYS, EntryKind, Period, Scope, Window, day_of
from domain.publication import Outcome, Settlement
from domain.run import Run, RunStatus, Trigger
from domain.schedule import Grid, Schedule
from domain.template import PostType, Sources, Template
from scheduler.budget_room import starts_again, told
from scheduler.metrics import Metrics
from scheduler.spending import Spending
from storage import schema
from storage.database import Database, open_database

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
DAY = Window(Scope.ACCOUNT, "acme", Period.DAY, *day_of(NOW, "Europe/Berlin"), 500_000)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path}/empty.db")
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("settlement", "micros"),
    [
        (Settlement(Outcome.CONFIRMED, "answer", tweet_id="1"), [1500]),
        (Settlement(Outcome.CONFIRMED, "answer", tweet_id="1", charged=30), [4500]),
        (Settlement(Outcome.DEFERRED, "answer", charged=10), [1500]),
        (Settlement(Outcome.UNKNOWN, "answer"), []),
        (Settlement(Outcome.REFUSED, "answer"), []),
    ],
)
def test_what_is_known_to_be_paid_is_counted_once(
    database: Database, settlement: Settlement, micros: list[int]
) -> None:
    counted: list[tuple[str, int]] = []
    spending = Spending(database, count=lambda kind, amount: counted.append((kind, amount)))
    spending.paid(settlement)
    assert counted == [("post", each) for each in micros]


def test_the_numbers_for_prometheus_are_in_dollars(database: Database) -> None:
    metrics = Metrics()
    Spending(database, count=metrics.count_spent).count(EntryKind.MODEL, 2_500_000)
    assert b'ostinato_spent_dollars_total{kind="model"} 2.5' in metrics.page([], None)


def test_a_budget_is_told_with_its_amount_and_when_it_starts_again() -> None:
    assert told(DAY) + starts_again(DAY) == (
        "the account's budget of $0.50 for the day; it starts again at 2026-03-01 23:00 UTC"
    )
    run = Window(Scope.RUN, "r", Period.RUN, *ALWAYS, 10_000)
    assert told(run) + starts_again(run) == "the template's budget of $0.01 for one run"


class Counted(Database):
    """A database that counts how often it is read."""

    reads = 0

    @contextmanager
    def read(self) -> Iterator[Connection]:
        self.reads += 1
        with super().read() as connection:
            yield connection


def test_many_runs_that_ask_at_once_read_the_accounts_budgets_once(tmp_path: Path) -> None:
    made = open_database(f"sqlite:///{tmp_path}/empty.db")
    schema.upgrade(made)
    database = Counted(made.url, made.engine)
    spending = Spending(database)
    run = Run("r", "t", "acme", NOW, NOW, Trigger.SCHEDULE, RunStatus.WORKING)
    template = Template("t", "t", "acme", PostType.TWEET, Schedule(Grid(1, NOW)), Sources(text="x"))

    async def ask(*moments: datetime) -> None:
        await asyncio.gather(*(spending.windows(run, template, now) for now in moments))

    asyncio.run(ask(*[NOW - timedelta(milliseconds=number) for number in range(20)]))
    assert database.reads == 1
    asyncio.run(ask(NOW + timedelta(seconds=1)))
    assert database.reads == 2
    made.close()
