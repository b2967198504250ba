"""Tokens that were found before are known while their rows are what they were."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from domain.owner import LOCAL_OWNER
from domain.token import Scope
from scheduler.ids import new_id
from scheduler.operations import tokens as operations
from storage import tokens
from storage.database import Database, open_database
from storage.known_tokens import MOST, Found, KnownTokens
from tests.integration.storage_values import NOW


@pytest.fixture
def known(database: Database) -> Iterator[KnownTokens]:
    opened = KnownTokens(database)
    yield opened
    opened.close()


def made(database: Database) -> tuple[str, Found]:
    digest = operations.digest(
        operations.create(database, "a test", [Scope.READ], now=NOW, new_id=new_id, owner=LOCAL_OWNER).secret
    )
    with database.read() as c:
        found = tokens.find(c, digest)
    assert found is not None
    return digest, found


def test_a_token_is_known_until_its_row_is_another(database: Database, known: KnownTokens) -> None:
    digest, found = made(database)
    row, before = known.look(digest)
    known.keep(digest, row, found)
    sees = database.dialect == "sqlite"

    assert (row is not None, before) == (sees, None)
    assert known.look(digest)[1] == (found if sees else None)
    elsewhere = open_database(database.url)
    operations.revoke(elsewhere, found[1].id, now=NOW)
    elsewhere.close()
    assert known.look(digest)[1] is None


def test_what_is_no_token_is_not_remembered(database: Database, known: KnownTokens) -> None:
    _, found = made(database)
    known.keep("wrong", known.look("wrong")[0], found)

    assert known.look("wrong") == (None, None)


def test_a_database_that_fails_is_asked_again_the_next_time(database: Database, known: KnownTokens) -> None:
    digest, found = made(database)
    known.keep(digest, known.look(digest)[0], found)
    for rename in ("tokens RENAME TO elsewhere", "elsewhere RENAME TO tokens"):
        with database.write() as c:
            c.execute(text(f"ALTER TABLE {rename}"))
        if "TO elsewhere" in rename:
            assert known.look(digest) == (None, None)

    assert known.look(digest)[1] == (found if database.dialect == "sqlite" else None)


def test_the_tokens_that_are_remembered_are_bounded(database: Database, known: KnownTokens) -> None:
    digest, found = made(database)
    row, _ = known.look(digest)
    known.keep(digest, row, found)
    for number in range(MOST):
        known.keep(f"other-{number}", row, found)

    assert known.look(digest)[1] is None
