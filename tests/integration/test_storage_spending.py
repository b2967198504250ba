"""The books: what is reserved fits, whoever asks at the same time, and the sums are those of the entries."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, select

from domain.budget import (
    ALWAYS,
    AccountBudget,
    Balance,
    Entry,
    EntryKind,
    EntryState,
    Period,
    Scope,
    Window,
    day_of,
)
from domain.errors import OverBudget
from domain.owner import LOCAL_OWNER
from domain.reasons import Reason
from domain.run import RunStatus
from storage import budgets, pruning, runs, spending
from storage.database import Database
from storage.pruning import Keep
from storage.statements import Write
from storage.tables import runs as runs_table
from storage.tables import spending as windows_table
from storage.writer import Writer
from tests.integration.storage_values import NOW, held_run, running

DAY = Window(Scope.TEMPLATE, "t1", Period.DAY, *day_of(NOW, "UTC"), 100)
RUN = Window(Scope.RUN, "r1", Period.RUN, *ALWAYS, 60)
ACCOUNT = Window(Scope.ACCOUNT, "acme", Period.DAY, *day_of(NOW, "UTC"), 100)
HERE = {"run_id": "r1", "template_id": "t1", "account": "acme", "now": NOW}


def entry(name: str = "e1", amount: int = 40, at: datetime = NOW, **fields: object) -> Entry:
    made = Entry(name, EntryKind.POST, "r1", "t1", "acme", amount, EntryState.RESERVED, "a post", at)
    return replace(made, **fields)  # type: ignore[arg-type]


def do(database: Database, *statements: object) -> None:
    with database.write() as c:
        spending.perform(c, statements)  # type: ignore[arg-type]


def reserve(database: Database, windows: Sequence[Window], *entries: Entry, room: int = 0) -> None:
    do(database, *spending.reserve(windows, entries, room=room))


def standing(database: Database, window: Window = DAY) -> Balance:
    """Give what the row of *window* says, once it is found to be what its entries say."""
    with database.read() as c:
        said = c.execute(
            select(windows_table.c.spent_micros, windows_table.c.reserved_micros).where(
                windows_table.c.subject == window.subject,
                windows_table.c.scope == window.scope.value,
                windows_table.c.period == window.period.value,
                windows_table.c.start_at == window.start,
            )
        ).one()
        assert budgets.balance(c, window) == Balance(*said)
        return Balance(*said)


def test_what_fits_into_every_window_is_reserved_in_all_of_them(database: Database) -> None:
    held_run(database)
    reserve(database, [RUN, DAY, ACCOUNT], entry(), entry("e2", 20))
    assert [standing(database, each) for each in (RUN, DAY, ACCOUNT)] == [Balance(0, 60)] * 3


@pytest.mark.parametrize("full", [RUN, DAY, ACCOUNT])
def test_what_does_not_fit_into_one_window_is_reserved_in_none(database: Database, full: Window) -> None:
    held_run(database)
    windows = [replace(each, limit=39) if each == full else each for each in (RUN, DAY, ACCOUNT)]
    with pytest.raises(OverBudget, match=f"{full.scope.value}|one run"):
        reserve(database, windows, entry())
    with database.read() as c:
        assert budgets.of_run(c, "r1") == []
        assert list(c.execute(select(windows_table))) == []


def test_the_last_micro_of_a_budget_can_be_spent_and_not_one_more(database: Database) -> None:
    held_run(database)
    reserve(database, [DAY], entry(amount=100))
    with pytest.raises(OverBudget, match="the template's budget for the day"):
        reserve(database, [DAY], entry("e2", 1))


def test_room_must_be_left_beside_what_is_reserved_and_is_not_taken(database: Database) -> None:
    held_run(database)
    with pytest.raises(OverBudget):
        reserve(database, [DAY], entry(), room=61)
    reserve(database, [DAY], entry(), room=60)
    assert standing(database) == Balance(0, 40)


def test_a_settled_payment_counts_with_what_it_came_to(database: Database) -> None:
    held_run(database)
    reserve(database, [DAY, RUN], entry())
    do(database, *spending.settle(entry(amount=15, state=EntryState.SPENT)))
    assert standing(database) == standing(database, RUN) == Balance(15, 0)


def test_a_released_payment_counts_nothing_and_can_be_reserved_anew(database: Database) -> None:
    held_run(database)
    reserve(database, [DAY], entry(amount=100))
    do(database, *spending.release_posts(**HERE))  # type: ignore[arg-type]
    assert standing(database) == Balance()
    reserve(database, [DAY], entry(amount=100))
    assert standing(database) == Balance(0, 100)


def test_a_mark_changes_the_state_and_leaves_the_amount(database: Database) -> None:
    held_run(database)
    reserve(database, [DAY], entry())
    for state, counted in ((EntryState.SPENT, 40), (EntryState.RELEASED, 0), (EntryState.SPENT, 40)):
        do(database, *spending.mark("e1", state, **HERE))  # type: ignore[arg-type]
        assert standing(database) == Balance(counted, 0)


def test_a_budget_set_later_counts_what_was_paid_before_in_the_same_day(database: Database) -> None:
    held_run(database)
    yesterday = entry("e0", 90, NOW - timedelta(days=1), state=EntryState.SPENT)
    do(database, *spending.settle(yesterday), *spending.settle(entry(amount=61, state=EntryState.SPENT)))
    with pytest.raises(OverBudget):
        reserve(database, [DAY], entry("e2"))
    reserve(database, [DAY], entry("e2", 39))
    assert standing(database) == Balance(61, 39)


def test_a_payment_outside_every_budget_still_counts_in_a_window_that_is_there(database: Database) -> None:
    held_run(database)
    reserve(database, [DAY], entry())
    do(database, *spending.settle(entry("e2", 60, state=EntryState.SPENT)))
    assert standing(database) == Balance(60, 40)


def test_an_entry_counts_for_the_day_it_was_reserved_whenever_it_is_settled(database: Database) -> None:
    held_run(database)
    reserve(database, [DAY], entry())
    late = NOW + timedelta(days=1)
    do(database, *spending.settle(entry(at=late, state=EntryState.SPENT, settled_at=late)))
    assert standing(database) == Balance(40, 0)


def test_the_end_of_a_run_releases_its_posts_and_counts_an_interrupted_model(database: Database) -> None:
    held_run(database)
    reserve(database, [DAY], entry(), entry("e2", 25, kind=EntryKind.MODEL))
    do(database, *spending.close(**HERE))  # type: ignore[arg-type]
    assert standing(database) == Balance(25, 0)


def test_a_run_that_has_ended_has_no_sums_of_its_own_any_more(database: Database) -> None:
    held_run(database)
    reserve(database, [RUN], entry())
    do(database, *spending.close(**HERE))  # type: ignore[arg-type]
    with database.read() as c:
        assert list(c.execute(select(windows_table))) == []
        assert [each.state for each in budgets.of_run(c, "r1")] == [EntryState.RELEASED]


def test_pruning_ends_what_a_run_left_reserved_and_drops_windows_that_are_over(database: Database) -> None:
    held_run(database)
    reserve(database, [DAY, RUN], entry())
    with database.write() as c:
        assert pruning.prune(c, NOW, Keep.all(timedelta(days=1)), 10).rows == 0  # the run is worked on
        end = {"status": RunStatus.SKIPPED.value, "reason": "shadow", "finished_at": NOW}
        c.execute(runs_table.update().values(**end, lease_owner=None, leased_until=None))
        pruning.prune(c, NOW, Keep.all(timedelta(days=1)), 10)
    assert standing(database) == Balance()
    with database.write() as c:
        pruning.prune(c, NOW + timedelta(days=4), Keep.all(timedelta(days=1)), 10)
        assert list(c.execute(select(windows_table))) == []


def test_ending_a_run_from_outside_releases_what_it_had_reserved(database: Database) -> None:
    held_run(database)
    reserve(database, [DAY], entry())
    with database.write() as c:
        assert runs.end_unsent(c, "r1", reason=Reason.CANCELLED, detail=None, release=True, now=NOW)
    assert standing(database) == Balance()


def test_an_account_has_the_budget_that_was_set_last(database: Database) -> None:
    with database.write() as c:
        budgets.set_account_budget(c, AccountBudget("Acme", 5, 90, "UTC"), now=NOW, owner=LOCAL_OWNER)
        budgets.set_account_budget(c, AccountBudget("acme", None, 80, "Europe/Berlin"), now=NOW, owner=LOCAL_OWNER)
        assert budgets.account_budgets(c, owner=LOCAL_OWNER) == {
            "acme": AccountBudget("acme", None, 80, "Europe/Berlin")
        }
        budgets.set_account_budget(c, AccountBudget("acme", None, None, "UTC"), now=NOW, owner=LOCAL_OWNER)
        assert budgets.account_budgets(c, owner=LOCAL_OWNER) == {}


def many_runs(database: Database, count: int) -> None:
    held_run(database, "r0")
    with database.write() as c:
        (row,) = c.execute(select(runs_table)).mappings()
        others = [dict(row) | {"id": f"r{n}", "slot_at": NOW + timedelta(seconds=n)} for n in range(1, count)]
        c.execute(insert(runs_table), others)


def one_of_many(number: int) -> Entry:
    return replace(entry(f"e{number}", 7), run_id=f"r{number}")


def test_of_many_workers_in_one_batch_only_those_that_fit_may_spend(database: Database) -> None:
    many_runs(database, 40)

    async def all_at_once(writer: Writer) -> list[object]:
        writes = [Write(spending.reserve([DAY], [one_of_many(number)])) for number in range(40)]
        return await asyncio.gather(*(writer.submit(write) for write in writes), return_exceptions=True)

    with running(database) as writer:
        answers = asyncio.run(all_at_once(writer))
    assert sum(answer is None for answer in answers) == 14
    assert sum(isinstance(answer, OverBudget) for answer in answers) == 26
    assert standing(database) == Balance(0, 98)


def test_the_conditional_update_alone_keeps_the_budget_without_the_turns_of_the_writers(database: Database) -> None:
    if database.dialect == "sqlite":
        pytest.skip("SQLite has one writer at a time whatever is asked of it")
    many_runs(database, 40)

    def spend(number: int) -> bool:
        try:
            with database.engine.begin() as c:  # not `write()`: no advisory lock
                spending.perform(c, spending.reserve([DAY], [one_of_many(number)]))
        except OverBudget:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        fitted = list(pool.map(spend, range(40)))
    assert sum(fitted) == 14
    assert standing(database) == Balance(0, 98)


PROCESS = """
import sys
from domain.errors import OverBudget
from storage import spending
from storage.database import open_database
from tests.integration.test_storage_spending import DAY, one_of_many

database, fitted = open_database(sys.argv[1]), 0
sys.stdin.readline()
for number in range(int(sys.argv[2]), int(sys.argv[2]) + 20):
    try:
        with database.write() as c:
            spending.perform(c, spending.reserve([DAY], [one_of_many(number)]))
        fitted += 1
    except OverBudget:
        pass
print(fitted)
"""


def test_two_processes_together_never_spend_more_than_the_budget(database: Database, database_url: str) -> None:
    many_runs(database, 40)
    started = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, database_url, str(first)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for first in (0, 20)
    ]
    fitted = [int(each.communicate("go\n", timeout=60)[0]) for each in started]
    assert sum(fitted) == 14
    assert standing(database) == Balance(0, 98)
