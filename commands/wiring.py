"""The only place where the parts are put together: settings, database, cipher, API and daemon."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

import settings as all_settings
from commands.errors import DatabaseUnusable
from domain.errors import Conflict, FieldError, SettingsError
from settings import Settings
from storage import schema
from storage.database import Database, open_database

PRIVATE = 0o700


def settings() -> Settings:
    """Read the settings of this environment. Raises SettingsError."""
    return all_settings.load(os.environ)


def now() -> datetime:
    """Read the clock."""
    return datetime.now(UTC)


def new_id() -> str:
    """Give a public id: a random UUID."""
    return str(uuid4())


@contextmanager
def opened(chosen: Settings | None = None) -> Iterator[Database]:
    """Open the database with the schema this program needs; a new, empty one gets it.

    Raises DatabaseUnusable when it cannot be used as it is; errors of the database within are translated too.
    """
    with _connected(chosen or settings()) as database:
        if schema.current_version(database) is None:
            schema.upgrade(database)
        try:
            schema.check(database)
        except Conflict as error:
            raise DatabaseUnusable(str(error)) from error
        yield database


def upgrade(chosen: Settings) -> str:
    """Bring the schema to the newest version and give its number."""
    with _connected(chosen) as database:
        schema.upgrade(database)
        return schema.current_version(database) or ""


@contextmanager
def _connected(chosen: Settings) -> Iterator[Database]:
    make_home(chosen)
    try:
        database = open_database(chosen.database)
    except OSError as error:
        raise _unusable(error) from error
    except ImportError as error:
        raise DatabaseUnusable(
            "PostgreSQL needs its driver; install it with `pip install 'ostinato[postgresql]'`"
        ) from error
    try:
        yield database
    except (IntegrityError, ProgrammingError):  # an error of this program, not of the database
        raise
    except DBAPIError as error:
        raise _unusable(error.orig or error) from error
    finally:
        database.close()


def _unusable(error: BaseException) -> DatabaseUnusable:
    reason = str(error).strip().split("\n", 1)[0]
    return DatabaseUnusable(f"the database cannot be used: {reason}; see OSTINATO_DATABASE")


def make_home(chosen: Settings) -> None:
    """Make the folder that holds everything, for its owner only. Raises SettingsError when that fails."""
    try:
        chosen.home.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    except OSError as error:
        reason = f"the folder {chosen.home} cannot be made ({error}); name one that you may write to"
        raise SettingsError([FieldError("OSTINATO_HOME", reason)]) from error
