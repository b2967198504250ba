"""What was worked out is given again while it holds, and no longer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import insert, text

from storage import tables
from storage.database import Database, Rehearsal, open_database
from storage.recall import LIMIT, recall
from tests.integration.storage_values import NOW

Asks = Callable[..., int]


@pytest.fixture
def asked(database: Database) -> Asks:
    """Ask in a transaction that reads; what is answered is how often it was made."""
    made: list[str] = []

    def ask(key: str = "answer", weight: int = 0) -> int:
        def make() -> int:
            made.append(key)
            return made.count(key)

        with database.read() as c:
            return recall(c, key, make, lambda _: weight)

    return ask


def commit(database: Database, name: str) -> None:
    with database.write() as c:
        row = {"name": name, "digest": name, "prefix": name, "scopes": "read", "created_at": NOW}
        c.execute(insert(tables.tokens).values(id=name, owner_id="local", **row))


def test_an_answer_is_made_again_when_anybody_has_committed(database: Database, asked: Asks) -> None:
    elsewhere = open_database(database.url)
    again = 1 if database.dialect == "sqlite" else 0

    assert [asked(), asked(), asked("another")] == [1, 2 - again, 1]
    before = asked()
    commit(elsewhere, "of another process")
    assert asked() == before + 1
    commit(database, "of this one")
    assert asked() == before + 2
    elsewhere.close()


def test_nothing_that_a_writing_transaction_sees_is_kept(database: Database) -> None:
    def count() -> int:
        return int(c.execute(text("SELECT count(*) FROM tokens")).scalar_one())

    with Rehearsal(database.url, database.engine).write() as c:
        row = {"name": "taken back", "digest": "digest", "prefix": "ost_", "scopes": "read", "created_at": NOW}
        c.execute(insert(tables.tokens).values(id="taken back", owner_id="local", **row))
        assert recall(c, "count", count) == 1
    with database.read() as c:
        assert recall(c, "count", count) == 0
    commit(database, "one")
    with database.read() as c:
        assert recall(c, "count", count) == 1


def test_what_is_kept_has_a_limit(database: Database, asked: Asks) -> None:
    if database.dialect == "postgresql":
        return
    half = LIMIT // 2

    assert [asked("first", half), asked("first", half)] == [1, 1]
    asked("second", half)  # with what each thing counts for at least, it is over the limit
    assert [asked("second", half), asked("first", half)] == [1, 2]
    assert [asked("large", LIMIT), asked("large", LIMIT)] == [1, 2]


def test_a_long_key_weighs_as_much_as_it_takes(database: Database, asked: Asks) -> None:
    if database.dialect == "postgresql":
        return
    first, second = ("k" * (LIMIT // 8) + name for name in "ab")

    assert [asked(first), asked(first), asked(second), asked(second), asked(first)] == [1, 1, 1, 1, 2]
