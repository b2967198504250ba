"""The schema's version: brought up to date by Alembic, checked without it (its import is slow and large)."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import inspect

from domain.errors import Conflict
from storage import jobs_schema
from storage.database import Database

HEAD = "0013"  # the newest migration; they are numbered in order
MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(database: Database) -> None:
    """Bring the schema to the newest version, in one transaction. Does nothing when it is there already.

    On PostgreSQL the tables of jobs follow; raises Conflict when they are another program's.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    if database.dialect == "postgresql":
        jobs_schema.upgrade(database)


def check(database: Database) -> None:
    """Make sure that the schema is the one this program was written for. Raises Conflict with the remedy when not."""
    version = current_version(database)
    if version == HEAD:
        if database.dialect == "postgresql":
            with database.read() as connection:
                jobs_schema.check(connection)
        return
    if version is None:
        raise Conflict("the database has no tables yet; run `ostinato db upgrade`")
    if version < HEAD:
        raise Conflict(f"the database has schema {version}, this program needs {HEAD}; run `ostinato db upgrade`")
    raise Conflict(
        f"the database has schema {version}, newer than this program knows ({HEAD}); "
        "install the newer Ostinato, then run `ostinato db upgrade`"
    )


def current_version(database: Database) -> str | None:
    """Give the number of the newest migration made, or None when there was none."""
    with database.read() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        version: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        return version
