"""Whose a new row is: its writer says it, or the row that it belongs to, and never nobody."""

from __future__ import annotations

import pytest
from sqlalchemy.dialects import sqlite

from storage import tables
from storage.statements import insert_into


def sql(*names: str, table: str) -> str:
    return " ".join(str(insert_into(tables.metadata.tables[table], *names).compile(dialect=sqlite.dialect())).split())


@pytest.mark.parametrize(
    ("table", "names", "of"),
    [
        ("drafts", ("run_id", "id"), "runs.owner_id FROM runs WHERE runs.id"),
        ("posts", ("id", "run_id", "template_id"), "runs.owner_id FROM runs WHERE runs.id"),
        ("runs", ("id", "template_id"), "templates.owner_id FROM templates WHERE templates.id"),
        ("feed_item_keys", ("feed_id", "key"), "feeds.owner_id FROM feeds WHERE feeds.id"),
    ],
)
def test_a_row_takes_the_owner_of_what_it_belongs_to(table: str, names: tuple[str, ...], of: str) -> None:
    assert of in sql(*names, table=table)


def test_an_owner_that_is_given_is_the_owner() -> None:
    assert sql("name", "owner_id", table="styles").endswith("VALUES (?, ?)")


@pytest.mark.parametrize("table", ["styles", "feeds", "calendars", "account_gaps"])
def test_a_row_that_belongs_to_nothing_and_has_no_owner_is_refused(table: str) -> None:
    first = next(iter(tables.metadata.tables[table].c.keys()))
    with pytest.raises(TypeError, match=f"nothing says whose a row of {table} is"):
        sql(first, table=table)
