"""Procrastinate's own tables, in the database of a fleet: applied, migrated and checked beside ours. PostgreSQL only.

They lie in the same schema under names of their own (`procrastinate_…`). Which of the library's migrations they have is
what a function of ours gives: every dump of the tables has it too, which comments may be left out of.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import Connection, text

from domain.errors import Conflict
from storage.database import Database

_SIGN = "ostinato_jobs_migration"  # the function that gives the library's newest migration that was made
_FOUND = text(f"""
    SELECT to_regclass('procrastinate_jobs') IS NOT NULL, to_regprocedure('{_SIGN}()') IS NOT NULL
""")


def upgrade(database: Database) -> None:
    """Bring the tables of jobs to what the installed library needs. Does nothing when they are there already.

    Each of its migrations has a transaction of its own: PostgreSQL lets a new value of an enumeration be used only
    after that. Raises Conflict when the tables are another program's, or the library is not installed.
    """
    behind = True
    while behind:
        with database.write() as connection:
            behind = _step(connection)


def _step(c: Connection) -> bool:
    """Make the tables, or the next change to them; tell whether there was anything to do."""
    present, applied = _state(c)
    if present and not applied:
        raise Conflict(
            "the database holds the tables of another program's Procrastinate; "
            "give Ostinato a database of its own in OSTINATO_DATABASE"
        )
    following = next((each for each in _migrations() if each.stem > applied), None)
    if following is None:
        return False
    _run(c, following if present else _folder() / "schema.sql")
    _sign(c, following.stem if present else head())
    return True


def check(c: Connection, *, newer: bool = False) -> None:
    """Make sure that the tables of jobs are those of the installed library. Raises Conflict with the remedy if not.

    With *newer* also those of a newer one, which keeps what the one before it needs.
    """
    _, applied = _state(c)
    if applied == head() or (newer and applied > head()):
        return
    if applied < head():
        found = f"those of {applied}" if applied else "none"
        raise Conflict(f"the database needs the tables of jobs of {head()} and has {found}; run `ostinato db upgrade`")
    raise Conflict(
        f"the database has the tables of jobs of {applied}, newer than the installed Procrastinate knows ({head()}); "
        "install the requirements of the newer Ostinato"
    )


@cache
def head() -> str:
    """Give the name of the library's newest migration. Raises Conflict when the library is not installed."""
    return max(each.stem for each in _migrations())


def _state(c: Connection) -> tuple[bool, str]:
    """Tell whether there are such tables, and with which migration they are ours; '' when they are not."""
    present, signed = c.execute(_FOUND).one()
    return present, c.exec_driver_sql(f"SELECT {_SIGN}()").scalar_one() if present and signed else ""


def _sign(c: Connection, applied: str) -> None:
    c.exec_driver_sql(
        f"CREATE OR REPLACE FUNCTION {_SIGN}() RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT '{applied}' $$"
    )


def _migrations() -> list[Path]:
    return sorted((_folder() / "migrations").glob("*.sql"))


def _folder() -> Path:
    """Give the library's folder of SQL, without importing it: that takes as long as all of a short command."""
    found = find_spec("procrastinate")
    if found is None or found.origin is None:
        raise Conflict("PostgreSQL needs Procrastinate; install it with `pip install 'ostinato[postgresql]'`")
    return Path(found.origin).parent / "sql"


def _run(c: Connection, file: Path) -> None:
    driver = c.connection.driver_connection
    assert driver is not None
    driver.execute(file.read_text(encoding="utf-8"))  # without parameters: many statements, and `%` means itself
