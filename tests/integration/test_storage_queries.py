"""Questions that are asked of the driver give what SQLAlchemy gives, and raise what it raises."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from domain.budget import AccountBudget
from domain.owner import LOCAL_OWNER
from storage.budgets import set_account_budget
from storage.database import Database
from storage.queries import Query
from storage.tables import budgets
from tests.integration.storage_values import NOW

COLUMNS = (budgets.c.account, budgets.c.period, budgets.c.limit_micros)


def test_the_rows_are_those_that_sqlalchemy_gives(database: Database) -> None:
    asked = Query(select(*COLUMNS).order_by(budgets.c.period))
    with database.write() as c:
        assert list(asked.rows(c)) == []
        set_account_budget(c, AccountBudget("demo", 5, 9, "UTC"), now=NOW, owner=LOCAL_OWNER)

        assert [tuple(row) for row in asked.rows(c)] == [("demo", "day", 5), ("demo", "month", 9)]
        assert list(asked.rows(c)) == [tuple(row) for row in c.execute(select(*COLUMNS).order_by(budgets.c.period))]


def test_a_table_that_is_not_there_is_told_of_as_by_sqlalchemy(database: Database) -> None:
    with database.write() as c:
        c.execute(text("ALTER TABLE budgets RENAME TO elsewhere"))

    with pytest.raises(SQLAlchemyError), database.read() as c:
        Query(select(*COLUMNS)).rows(c)
