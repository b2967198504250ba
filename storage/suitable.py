"""Whether a database will do before it is used: the server's version, and that it holds nobody else's tables."""

from __future__ import annotations

from sqlalchemy import inspect, text

from domain.errors import Conflict
from storage import schema
from storage.database import Database

OLDEST_POSTGRESQL = 14

_MAY_CREATE = text("SELECT has_schema_privilege(current_schema(), 'CREATE')")


def check_server(database: Database) -> None:
    """Make sure that the PostgreSQL server is not older than any that was tried. Raises Conflict with the remedy."""
    if database.dialect != "postgresql":
        return
    with database.read():  # which makes the first connection, and so asks for the version
        version = [int(each) for each in database.engine.dialect.server_version_info or ()]
    if version < [OLDEST_POSTGRESQL]:
        said = ".".join(map(str, version))
        raise Conflict(f"the server is PostgreSQL {said}; upgrade it to {OLDEST_POSTGRESQL} or newer, or name another")


def is_empty(database: Database) -> bool:
    """Tell whether the database has no tables yet. Raises Conflict with the remedy when all it has are not ours."""
    if schema.current_version(database) is not None:
        return False
    # Another process may make ours just now, all of them in one transaction.
    if inspect(database.engine).get_table_names() and schema.current_version(database) is None:
        raise Conflict("the database holds tables that are not Ostinato's; name another in OSTINATO_DATABASE")
    return True


def may_make_tables(database: Database) -> bool:
    """Tell whether this user may make the tables of an empty database."""
    if database.dialect != "postgresql":
        return True
    with database.read() as connection:
        return bool(connection.execute(_MAY_CREATE).scalar())
