"""What tests of several rooms are given: databases on a real SQLite file and a real PostgreSQL, and a sandbox."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.options import SandboxOptions
from sandbox.serve import SandboxServer
from storage import schema
from storage.database import Database, open_database
from tests.postgresql_server import Databases, address, create_database, drop_database

_numbers = itertools.count()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "ostinato.db"
    database = open_database(f"sqlite:///{path}")
    schema.upgrade(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql: str) -> str:
    """The name of a migrated database on the server, to be copied."""
    name = f"migrated_{os.getpid()}"
    create_database(postgresql, name)
    database = open_database(address(postgresql, name))
    schema.upgrade(database)
    database.close()
    return name


@pytest.fixture(scope="session")
def databases(postgresql: str, migrated_postgresql: str) -> Databases:
    """Copies of the migrated database, each lent to one test at a time."""
    return Databases(postgresql, migrated_postgresql)


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    """The kind of database: every test that uses one runs on both."""
    return str(request.param)


@pytest.fixture
def empty_url(request: pytest.FixtureRequest, dialect: str, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    if dialect == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server = request.getfixturevalue("postgresql")
    name = f"empty_{os.getpid()}_{next(_numbers)}"
    create_database(server, name)
    yield address(server, name)
    drop_database(server, name)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, dialect: str, tmp_path: Path) -> Iterator[str]:
    """The URL of a migrated database without rows."""
    if dialect == "sqlite":
        path = tmp_path / "ostinato.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite:///{path}"
        return
    server, databases = request.getfixturevalue("postgresql"), request.getfixturevalue("databases")
    name = databases.lend()
    yield address(server, name)
    databases.take_back(name)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An open, migrated database without rows."""
    opened = open_database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    """A sandbox that takes every key and limits nobody."""
    with SandboxServer(SandboxOptions(limits=False)) as server:
        yield server
