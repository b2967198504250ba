"""The auditor: true books are clean, and each kind of error that is planted in a copy of them is found."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert, select

from storage import schema
from storage.database import open_database
from storage.tables import metadata
from tests.acceptance.stage import stage
from tests.chaos.audit import Books, Kind, audit, table
from tests.chaos.copied_books import Copied, keep
from tests.chaos.planted_errors import PLANTS, Plant
from tests.chaos.planting import in_the_midst
from tests.chaos.rewriting import dispatching
from tests.chaos.small_campaign import Campaign, play
from tests.postgresql_server import address, create_database, drop_database

FOLDER = Path(__file__).with_name("audit")
FOREIGN = (
    *("callbacks", "cli", "commands", "demo", "domain", "generators", "publishers", "sandbox", "scheduler", "settings"),
    *("sources", "storage", "xquik", "benchmarks", "sqlalchemy", "standardwebhooks"),
)
_numbers = itertools.count()


def imports(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            found.add(node.module or "")
    return found


def test_the_auditor_shares_no_code_with_what_it_audits() -> None:
    for file in FOLDER.glob("*.py"):
        for name in imports(file):
            assert name.split(".")[0] not in FOREIGN, (file, name)
            assert not name.startswith("tests") or name.startswith("tests.chaos.audit"), (file, name)
    assert "tests.chaos.audit.books" in imports(FOLDER / "posts.py")


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """Give the true books of a small campaign."""
    with stage(tmp_path_factory.mktemp("stage")) as here:
        campaign = Campaign(here)
        play(campaign)
    return keep(campaign.books, tmp_path_factory.mktemp("books"))


def test_true_books_are_clean_and_say_what_became_of_every_fault(books: Books) -> None:
    found = audit(books)
    assert found.clean, table(found)
    assert found.counts["runs"] == {"posted": 9, "skipped": 2}
    assert found.counts["slots in gaps"].keys() == {"superseded"}
    assert found.counts["callbacks"]["dead letters"] >= 1
    assert found.unknown == 0
    kinds = ("cut_body", "drop_after", "drop_before", "rate_limited")
    assert {kind: met.reconciled for kind, met in found.reconciled_by_fault.items()} == dict.fromkeys(kinds, 1)
    assert found.reconciled_by_fault["drop_after"].settled_by.keys() <= {"replay", "timeline"}
    assert found.reconciled_by_fault["rate_limited"].settled_by == {"deferred": 1}


def test_a_thread_keeps_its_account_for_an_hour_of_the_schedulers_clock(books: Books, tmp_path: Path) -> None:
    here = Copied(books, tmp_path)
    in_the_midst(here)
    here.order(do="clock", seconds=3599)
    assert {finding.kind for finding in audit(here.books).findings} == {Kind.THREAD_INTERRUPTED}
    here.order(do="clock", seconds=1)
    found = audit(here.books)
    assert found.clean, table(found)


@pytest.mark.parametrize("plant", PLANTS, ids=[plant.name for plant in PLANTS])
def test_a_planted_error_is_found_and_nothing_else(books: Books, tmp_path: Path, plant: Plant) -> None:
    here = Copied(books, tmp_path)
    plant.put(here)
    found = audit(here.books)
    assert {finding.kind for finding in found.findings} == {plant.kind}, table(found)
    assert not found.clean
    assert found.findings[0].sentence in table(found)


def test_an_unknown_is_no_error_while_the_server_is_still_at_it(books: Books, tmp_path: Path) -> None:
    here = Copied(books, tmp_path)
    dispatching("(SELECT max(received_at) + 1 FROM requests)")(here)
    found = audit(here.books)
    assert found.clean, table(found)
    assert found.unknown == 1


def test_every_kind_of_error_is_planted() -> None:
    assert {plant.kind for plant in PLANTS} == set(Kind)
    assert len({plant.name for plant in PLANTS}) == len(PLANTS)


@pytest.fixture
def database(postgresql: str) -> Iterator[str]:
    name = f"audited_{next(_numbers)}"
    create_database(postgresql, name)
    yield address(postgresql, name)
    drop_database(postgresql, name)


def test_books_on_postgresql_say_the_same(books: Books, database: str) -> None:
    new = open_database(database)
    schema.upgrade(new)
    old = create_engine(f"sqlite:///{books.database}")
    with old.connect() as read, new.write() as write:
        for each in metadata.sorted_tables:
            write.execute(each.delete())
            if rows := [dict(row) for row in read.execute(select(each)).mappings()]:
                write.execute(insert(each), rows)
    old.dispose()
    new.close()
    found = audit(replace(books, database=database))
    assert found.clean, table(found)
    assert found == audit(books)
