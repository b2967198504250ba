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
from storage.known_tokens import AWAY, MOST, Found, KnownTokens
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


def test_a_look_that_failed_is_made_again_after_a_minute(database: Database) -> None:
    clock = [0.0]
    known = KnownTokens(database, lambda: clock[0])
    digest, found = made(database)
    known.keep(digest, known.look(digest)[0], found)
    expected = found if database.dialect == "sqlite" else None
    with database.write() as c:
        c.execute(text("ALTER TABLE tokens RENAME TO elsewhere"))
    assert known.look(digest) == (None, None)
    with database.write() as c:
        c.execute(text("ALTER TABLE elsewhere RENAME TO tokens"))
    for clock[0], seen in ((AWAY - 1, None), (AWAY, expected)):
        assert known.look(digest)[1] == seen
    known.close()


def test_a_look_that_took_its_time_is_the_last_for_a_minute(database: Database) -> None:
    times = iter((0.0, 1.0, 1.0, 2.0, 0.9 + AWAY, 1.0 + AWAY, 1.0 + AWAY))
    known = KnownTokens(database, lambda: next(times))
    digest, _ = made(database)
    sees = database.dialect == "sqlite"

    assert (known.look(digest)[0] is not None) == sees
    assert known.look(digest)[0] is None
    assert known.look(digest)[0] is None
    assert (known.look(digest)[0] is not None) == sees
    known.close()


def test_the_tokens_that_are_remembered_are_bounded(database: Database, known: KnownTokens) -> None:
    digest, found = made(database)
    row, _ = known.look(digest)
    known.keep(digest, row, found)
    for number in range(MOST):
        known.keep(f"other-{number}", row, found)

    assert known.look(digest)[1] is None
