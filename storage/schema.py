"""The schema's version: brought up to date by Alembic, checked without it (its import is slow and large)."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from domain.errors import Conflict
from storage import jobs_schema
from storage.database import Database

HEAD = "0030"  # the newest migration; they are numbered in order
# The oldest schema whose programs may still work on a database of HEAD, beside this one or in its place. A migration
# after which they would do something wrong raises it to its own number; docs/upgrading.md has the rule.
OLDEST = "0014"
MIGRATIONS = Path(__file__).parent / "migrations"
PATIENCE = "10s"  # that an upgrade waits for a table on PostgreSQL

# What a restore has asked for stays: it may be more than the schema itself asks for.
_STATE = text(
    "UPDATE installation SET release = :release, "
    "oldest_schema = CASE WHEN oldest_schema > :oldest THEN oldest_schema ELSE :oldest END"
)
_OLDEST = text("SELECT oldest_schema FROM installation")
_RELEASE = text("SELECT release FROM installation")


def upgrade(database: Database) -> bool:
    """Bring the schema to the newest version, in one transaction; tell whether it made the first tables.

    Does nothing when it is there already: of several who find a database empty at once, one makes its tables.

    Older daemons may be at work meanwhile. On PostgreSQL it gives up, with nothing changed, when it has to wait long
    for a table: everybody else would wait behind it.
    The tables of jobs follow there; raises Conflict when they are another program's.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with database.write() as connection:
        if database.dialect == "postgresql":
            connection.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE}'"))
        first = not inspect(connection).has_table("alembic_version")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.execute(_STATE, {"oldest": OLDEST, "release": release()})
    if database.dialect == "postgresql":
        jobs_schema.upgrade(database)
    return first


def check(database: Database, *, newer: bool = False) -> None:
    """Make sure that the schema is the one this program was written for. Raises Conflict with the remedy when not.

    With *newer* also a newer one that this program may still work on.
    """
    found = current_version(database)
    if found == HEAD:
        if database.dialect == "postgresql":
            with database.read() as connection:
                jobs_schema.check(connection, newer=newer)
        return
    if found is None:
        raise Conflict("the database has no tables yet; run `ostinato db upgrade`")
    if found < HEAD:
        raise Conflict(f"the database has schema {found}, this program needs {HEAD}; run `ostinato db upgrade`")
    with database.read() as connection:
        refused, install = outdated(connection), _install(connection)
    if newer and refused is None:
        return
    raise Conflict(refused or f"the database has schema {found}, newer than this program knows ({HEAD}); {install}")


def outdated(c: Connection) -> str | None:
    """Say why this program may not work on the database any more, with the remedy; None while it may."""
    found = _version(c)
    if found is None or found <= HEAD:
        return None
    oldest = c.execute(_OLDEST).scalar()
    if oldest is not None and oldest <= HEAD:
        return None
    needs = f"which needs a program of schema {oldest or found} or newer; this one is of {HEAD}"
    return f"the database has schema {found}, {needs}; {_install(c)}"


def is_newer(c: Connection) -> bool:
    """Tell whether the schema is newer than this program."""
    return (_version(c) or HEAD) > HEAD


def release() -> str | None:
    """Give the version of this program; None when it runs without being installed."""
    try:
        return version("ostinato")
    except PackageNotFoundError:
        return None


def current_version(database: Database) -> str | None:
    """Give the number of the newest migration made, or None when there was none."""
    with database.read() as connection:
        return _version(connection) if inspect(connection).has_table("alembic_version") else None


def _version(c: Connection) -> str | None:
    found: str | None = c.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return found


def _install(c: Connection) -> str:
    """Say what to install; the release that made the schema has left its name."""
    named = c.execute(_RELEASE).scalar()
    return f"install Ostinato {named} or newer" if named else "install the newer Ostinato"
