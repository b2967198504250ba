"""What every command begins with: settings, clock, cipher, an open database; and how a daemon is started."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

import settings as all_settings
from commands import sandbox_child
from commands.daemon_lock import daemon_lock
from commands.errors import DatabaseUnusable
from domain.errors import Conflict, FieldError, SettingsError
from scheduler.ids import new_id
from settings import Settings
from storage import installation, schema, suitable
from storage.cipher import FernetCipher, load_or_create_key
from storage.database import Database, Rehearsal, open_database
from storage.pruning import Keep

__all__ = ["cipher", "new_id", "now", "opened", "run_daemon", "settings", "upgrade"]

PRIVATE = 0o700
FORBIDDEN = "42501"  # PostgreSQL's insufficient_privilege


def settings() -> Settings:
    """Read the settings of this environment. Raises SettingsError."""
    return all_settings.load(os.environ)


def now() -> datetime:
    """Read the clock."""
    return datetime.now(UTC)


@contextmanager
def opened(
    chosen: Settings | None = None,
    *,
    dry_run: bool = False,
    daemon: bool = False,
    made: Callable[[str], object] | None = None,
) -> Iterator[Database]:
    """Open the database with the schema this program needs; a new, empty one gets it, and *made* is told its number.

    With *dry_run* every transaction of the caller is taken back at its end. For a *daemon*, and what looks after it,
    the schema may also be a newer one that this program may still work on.
    Raises DatabaseUnusable when it cannot be used as it is; errors of the database within are translated too.
    """
    with connected(chosen or settings(), impatient=daemon) as database:
        if _make_tables(database) and made:
            made(schema.HEAD)
        _check(database, newer=daemon)
        yield Rehearsal(database.url, database.engine) if dry_run else database


def cipher(chosen: Settings) -> FernetCipher:
    """Give the cipher of secrets at rest; where the settings give no key, its file is made at first use.

    Raises SettingsError.
    """
    if chosen.secret_key is not None:
        return FernetCipher(chosen.secret_key.encode())
    make_home(chosen)
    return FernetCipher(load_or_create_key(chosen.key_file))


def run_daemon(chosen: Settings, *, sandbox: bool, role: str = "all") -> None:
    """Run the daemon until SIGTERM or SIGINT; with *sandbox* beside a local stand-in for the API.

    Raises SettingsError without a key, unless *sandbox*; Conflict when another daemon runs on the SQLite database, when
    it belongs to another API, or for a *role* that needs PostgreSQL.
    """
    import structlog

    from commands import logs
    from commands.last_seen import notice_restore

    if role != "all" and make_url(chosen.database).get_backend_name() == "sqlite":
        raise Conflict(
            f"--role {role} needs PostgreSQL: one daemon does everything on a SQLite database; "
            "leave --role out, or set OSTINATO_DATABASE to postgresql://…"
        )

    if chosen.xquik_key is None and not sandbox:
        reason = "is not set, and without it nothing can be posted; set it, or try things out with --sandbox"
        raise SettingsError([FieldError("OSTINATO_XQUIK_KEY", reason)])
    _check_notify_command(chosen)
    logs.configure(chosen.log_level, chosen.log_format, chosen.log_file, chosen.log_files)
    log = structlog.get_logger(__name__)
    tell = partial(log.info, "database.empty", done="its tables were made")
    with ExitStack() as stack:
        database = stack.enter_context(opened(chosen, daemon=True, made=lambda number: tell(schema=number)))
        notice_restore(chosen, database, now=now(), new_id=new_id)
        stack.enter_context(daemon_lock(database, shared=True, role=role, standby=_standby()))
        _check(database, newer=True)  # it may have waited for what has changed the schema
        if not sandbox:
            _serve(chosen, database, role)
            return
        with sandbox_child.running(chosen.sandbox_port, chosen.home / "sandbox.db") as url:
            log.info("sandbox.ready", url=sandbox_child.page(url))
            key = sandbox_child.throwaway_key()
            _serve(replace(chosen, xquik_url=url, xquik_key=key, xquik_ai_label=True), database, role)


def _standby() -> Callable[[str], None]:
    """Give what says, once, that this daemon waits for one that has the database to itself.

    The service manager, which would not wait for ever, is told each time.
    """
    import structlog

    from commands.service_manager import notifier

    log, tell = structlog.get_logger(__name__), notifier(os.environ)
    told: set[str] = set()

    def standby(holder: str) -> None:
        tell(f"STATUS=waits for process {holder}\nEXTEND_TIMEOUT_USEC=30000000")
        if holder not in told:
            told.add(holder)
            why = "it has the database to itself (a daemon of version 0.1, or a restore); this one starts when it ends"
            log.warning("daemon.standby", waits_for=f"process {holder}", why=why)

    return standby


def _check_notify_command(chosen: Settings) -> None:
    program = shlex.split(chosen.notify_command)[0] if chosen.notify_command else None
    if program is not None and shutil.which(program) is None:
        reason = f"names the program {program}, which is not found or cannot be run; write its whole path"
        raise SettingsError([FieldError("OSTINATO_NOTIFY_COMMAND", reason)])


def _serve(chosen: Settings, database: Database, role: str) -> None:
    """Bind the database to the API, make the webhooks of the settings, and run until a signal comes."""
    from commands.assembly import run_daemon
    from scheduler.delivery.roles import Role
    from scheduler.garbage import collect_less_often
    from scheduler.operations import callbacks

    secrets = cipher(chosen)
    with database.write() as connection:
        installation.bind(connection, chosen.xquik_url)
        if database.dialect == "postgresql":
            installation.check_key(connection, secrets)
    callbacks.configure(
        database,
        secrets,
        url=chosen.callback_url,
        secret=chosen.callback_secret,
        command=chosen.notify_command,
        hook=chosen.hook,
        now=now(),
    )

    async def until_told() -> None:
        stop = asyncio.Event()
        for each in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(each, stop.set)
        collect_less_often()
        await run_daemon(chosen, database, secrets, stop, Role(role))

    asyncio.run(until_told())


def _check(database: Database, *, newer: bool = False) -> None:
    try:
        schema.check(database, newer=newer)
    except Conflict as error:
        raise DatabaseUnusable(str(error)) from error


def _make_tables(database: Database) -> bool:
    """Make the tables of a database that has none; tell whether they were made here, and not by another just now."""
    return _is_empty(database) and schema.upgrade(database)


def _is_empty(database: Database) -> bool:
    try:
        suitable.check_server(database)
        return suitable.is_empty(database)
    except Conflict as error:
        raise DatabaseUnusable(str(error)) from error


def upgrade(chosen: Settings) -> str:
    """Bring the schema to the newest version and give its number. Raises DatabaseUnusable for one that is newer."""
    with connected(chosen) as database:
        _make_tables(database)
        version = schema.current_version(database) or schema.HEAD
        if version <= schema.HEAD:  # the tables of jobs have versions of their own
            schema.upgrade(database)
        _check(database)
        return schema.HEAD


def keep(chosen: Settings) -> Keep:
    """Give how long what may be pruned is kept."""
    return Keep(drafts=chosen.keep_drafts or chosen.keep, events=chosen.keep_events or chosen.keep)


def schema_version(chosen: Settings) -> str | None:
    """Give the version of the database's schema, None when it has no tables. Raises DatabaseUnusable."""
    with connected(chosen) as database:
        return None if _is_empty(database) else schema.current_version(database)


@contextmanager
def connected(chosen: Settings, *, impatient: bool = False) -> Iterator[Database]:
    """Open the database as it is, whatever its schema. Raises DatabaseUnusable."""
    make_home(chosen)
    try:
        database = open_database(chosen.database, impatient=impatient)
    except OSError as error:
        raise _unusable(error) from error
    except ImportError as error:
        raise DatabaseUnusable(
            "PostgreSQL needs its driver; install it with `pip install 'ostinato[postgresql]'`"
        ) from error
    try:
        yield database
    except (IntegrityError, ProgrammingError) as error:
        if getattr(error.orig, "sqlstate", None) == FORBIDDEN:
            remedy = "make the user of OSTINATO_DATABASE the owner of the database and of its tables"
            raise DatabaseUnusable(f"the database cannot be used: {_first_line(error.orig)}; {remedy}") from error
        raise  # an error of this program, not of the database
    except DBAPIError as error:
        raise _unusable(error.orig or error) from error
    finally:
        database.close()


def _unusable(error: BaseException) -> DatabaseUnusable:
    return DatabaseUnusable(f"the database cannot be used: {_first_line(error)}; see OSTINATO_DATABASE")


def _first_line(error: object) -> str:
    return str(error).strip().split("\n", 1)[0]


def make_home(chosen: Settings) -> None:
    """Make the folder that holds everything, for its owner only. Raises SettingsError when that fails."""
    try:
        chosen.home.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    except OSError as error:
        reason = f"the folder {chosen.home} cannot be made ({error}); name one that you may write to"
        raise SettingsError([FieldError("OSTINATO_HOME", reason)]) from error
