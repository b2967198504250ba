"""What `ostinato doctor` judges: facts go in, one line with its remedy comes out. Only the database is read here."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Connection, select, text, update
from sqlalchemy.exc import DBAPIError

from domain.errors import Conflict
from domain.event import Channel
from domain.template import AiLabel, StoredTemplate, TemplateStatus
from scheduler.operations.status import missing_role
from storage import feed_users, feeds, jobs, restored, schema, suitable, templates
from storage.database import Database
from storage.tables import installation, webhooks
from xquik.accounts import Account

MEBIBYTE = 1024 * 1024
DISK_LOW, DISK_FULL = 1024 * MEBIBYTE, 100 * MEBIBYTE
SKEW_SEEN, SKEW_WRONG = timedelta(seconds=5), timedelta(seconds=60)
CREDITS_PER_WRITE = 10  # Xquik REST API, cost per operation
CREDITS_LOW = 100 * CREDITS_PER_WRITE
ZONES_OLD_YEARS = 2
WANTED = (TemplateStatus.ACTIVE, TemplateStatus.PAUSED)


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: what was found, and what to do about it when that is not well."""

    name: str
    level: Level
    message: str
    remedy: str | None = None


def ok(name: str, message: str) -> Check:
    return Check(name, Level.OK, message)


def warning(name: str, message: str, remedy: str) -> Check:
    return Check(name, Level.WARNING, message, remedy)


def failed(name: str, message: str, remedy: str) -> Check:
    return Check(name, Level.FAILED, message, remedy)


def mode(path: Path, bits: int) -> Check:
    """Judge the permission *bits* of a file or folder that nobody else should read: a file may hold secrets."""
    name, shown = "file modes", f"{path} has mode {stat.S_IMODE(bits):03o}"
    if not stat.S_IMODE(bits) & 0o077:
        return ok(name, shown)
    if stat.S_ISDIR(bits):
        return warning(name, f"{shown}: others may look into it", f"chmod 700 {path}")
    return failed(name, f"{shown}: others may read it", f"chmod 600 {path}")


def disk(path: Path, free: int) -> Check:
    """Judge the *free* bytes of the disk that holds *path*."""
    shown = f"{free // MEBIBYTE} MiB are free for {path}"
    remedy = "make room: without it nothing can be recorded, and so nothing is posted"
    if free < DISK_FULL:
        return failed("disk", shown, remedy)
    return warning("disk", shown, remedy) if free < DISK_LOW else ok("disk", shown)


def clock(ours: datetime, theirs: datetime) -> Check:
    """Judge this machine's clock by the time in the API's answer, which is exact to a second."""
    skew = ours - theirs
    seconds = abs(skew.total_seconds())
    shown = f"{seconds:.0f} s {'ahead of' if skew > timedelta(0) else 'behind'} the API's"
    remedy = "let the machine's clock be set by NTP; slots are due by it"
    if abs(skew) > SKEW_WRONG:
        return failed("clock", f"this machine's clock is {shown}", remedy)
    if abs(skew) > SKEW_SEEN:
        return warning("clock", f"this machine's clock is {shown}", remedy)
    return ok("clock", "agrees with the API's within a few seconds")


def zones(version: str | None, count: int, now: datetime) -> Check:
    """Judge the time zone data: its *version* such as 2025b, and the *count* of zones it knows."""
    remedy = "update it: `pip install --upgrade tzdata`, or the system's package tzdata"
    if not count:
        return failed("time zones", "no time zone is known", remedy)
    year = int(version[:4]) if version and re.match(r"[0-9]{4}", version) else None
    shown = f"{count} zones, version {version or 'unknown'}"
    if year is not None and now.year - year >= ZONES_OLD_YEARS:
        return warning("time zones", f"{shown}: countries have changed their rules since", remedy)
    return ok("time zones", shown)


def credits_left(balance: int) -> Check:
    """Judge how many credits are left."""
    remedy = "buy credits in the Xquik dashboard"
    if balance < CREDITS_PER_WRITE:
        return failed("credits", f"{balance} are left; a post costs {CREDITS_PER_WRITE}", remedy)
    shown = f"{balance} are left, enough for {balance // CREDITS_PER_WRITE} posts"
    return warning("credits", shown, remedy) if balance < CREDITS_LOW else ok("credits", shown)


def accounts(found: Sequence[Account], stored: Iterable[StoredTemplate]) -> list[Check]:
    """Judge the account of each template: connected to the key, and healthy."""
    known = {each.username.lower(): each for each in found}
    checks = []
    for wanted in sorted({each.template.account for each in stored}, key=str.lower):
        account = known.get(wanted.lower())
        if account is None:
            remedy = "connect it in the Xquik dashboard, or name another in the template"
            checks.append(failed("account", f"@{wanted} is not connected to this key", remedy))
        elif not account.healthy:
            remedy = "sign it in again in the Xquik dashboard, then `ostinato template resume`"
            checks.append(failed("account", f"@{wanted} is {account.health}", remedy))
        else:
            checks.append(ok("account", f"@{wanted} is {account.health}"))
    return checks


def no_tables() -> Check:
    """Say that there is nothing in the database yet, not even its tables: no failure, since all make them."""
    return warning("database", "has no tables yet", "`ostinato db upgrade` makes them, or the first command or daemon")


def key(given: object) -> list[Check]:
    """Judge whether an API key is set, where it cannot be tried."""
    if given is not None:
        return []
    remedy = "`ostinato init` asks for it; `ostinato daemon --sandbox` needs none"
    return [warning("key", "none is set", remedy)]


def daemon(roles: Sequence[str], stored: Iterable[StoredTemplate]) -> Check:
    """Judge the *roles* of the daemons that run: none may be missing where others run, or a template is active."""
    if (missing := missing_role(roles)) is not None:
        does = "no slot is planned" if missing == "scheduler" else "nothing is written or posted"
        there = f"1 {roles[0]} runs" if len(roles) == 1 else f"{len(roles)} {roles[0]}s run"
        shown = f"{there} and no {missing}, so {does}"
        return warning("daemon", shown, f"start `ostinato daemon --role {missing}`")
    if roles:
        return ok("daemon", "runs" if len(roles) == 1 else f"{len(roles)} run")
    active = sum(each.state.status is TemplateStatus.ACTIVE for each in stored)
    if active:
        shown = "1 template is active" if active == 1 else f"{active} templates are active"
        return warning("daemon", f"does not run, and {shown}", "start `ostinato daemon`")
    return ok("daemon", "does not run; no template is active")


def database(looked_at: Database) -> list[Check]:
    """Look whether the database has the right schema, is whole, can be written, and is durable."""
    checks = []
    looks = (_schema, _integrity, _writable, _journal, *((_jobs,) if looked_at.dialect == "postgresql" else ()))
    for look in looks:
        checks.append(_look(looked_at, look))
        if look is _schema and checks[-1].level is not Level.OK:
            break  # what another schema means is not known
    return checks


def watched(connection: Connection) -> list[StoredTemplate]:
    """Give the templates that run or may run again."""
    return [each for each in templates.list_all(connection) if each.state.status in WANTED]


def unreadable(connection: Connection) -> list[Check]:
    """Say which templates cannot be read."""
    broken = (each.why.partition("; ") for each in templates.list_unreadable(connection))
    return [failed("template", message, remedy) for message, _, remedy in broken]


def unused_feeds(connection: Connection) -> list[Check]:
    """Say which feeds no template uses; they are not read any more."""
    unused = [
        each for each in feeds.list_feeds(connection) if not feed_users.names(connection, each.url, owner=each.owner_id)
    ]
    return [
        warning("feed", f"no template uses feed {each.id}, {each.url}", f"`ostinato feed remove {each.id}`, or use it")
        for each in unused
    ]


def callback_urls(connection: Connection) -> list[str]:
    """Give the URLs that are told, once each; their secrets are not needed to connect."""
    query = select(webhooks.c.url).where(webhooks.c.active, webhooks.c.channel == Channel.HTTP.value)
    return sorted(set(connection.execute(query).scalars()))


def worst(checks: Iterable[Check]) -> Level:
    """Give the worst level of *checks*."""
    levels = {each.level for each in checks}
    return next((each for each in (Level.FAILED, Level.WARNING) if each in levels), Level.OK)


_Found = str | tuple[str, str] | Check  # what is well, or what is not and its remedy
_NO_RIGHT = "has no tables yet, and its user may not make any"
_GIVE_RIGHT = "make the user of OSTINATO_DATABASE the database's owner"


def _schema(database: Database) -> _Found:
    suitable.check_server(database)
    if suitable.is_empty(database):
        return no_tables() if suitable.may_make_tables(database) else (_NO_RIGHT, _GIVE_RIGHT)
    schema.check(database, newer=True)
    found = schema.current_version(database)
    if found != schema.HEAD:
        return f"the schema is {found}, newer than this program ({schema.HEAD}), whose daemons may still work on it"
    return f"the schema is {schema.HEAD}, as this program needs it"


def _jobs(database: Database) -> _Found:
    """Tell of the jobs of a fleet; that their tables are the installed library's is part of the schema's check."""
    with database.read() as connection:
        counted = jobs.count(connection)
    return f"has {counted.waiting} jobs that wait, {counted.at_work} at work, {counted.failed} that failed lately"


def _integrity(database: Database) -> _Found:
    if database.dialect != "sqlite":
        return "PostgreSQL answers"
    with database.read() as connection:
        said = str(connection.execute(text("PRAGMA quick_check(1)")).scalar_one())
    return "is whole (quick_check)" if said == "ok" else (f"is damaged: {said}", "`ostinato restore` a backup")


def _writable(database: Database) -> _Found:
    with database.write() as connection:
        connection.execute(update(installation).values(install_id=installation.c.install_id))
        transaction = connection.get_transaction()
        assert transaction is not None
        transaction.rollback()
    return "can be written"


def _journal(database: Database) -> _Found:
    with database.read() as connection:
        if database.dialect != "sqlite":
            on = connection.execute(text("SHOW fsync")).scalar_one() == "on"
            return "commits wait for the disk" if on else "fsync is off: a power cut can take back what was sent"
        journal = str(connection.execute(text("PRAGMA journal_mode")).scalar_one())
    remedy = "keep the database on a local disk; a network file system cannot hold it"
    return "is in WAL mode" if journal == "wal" else (f"is in {journal} mode and not in WAL", remedy)


_FILE = "see OSTINATO_DATABASE; docs/operating.md has restoring"
_SERVER = (
    "see that the server runs and lets this machine in, and that user, password, host and name in OSTINATO_DATABASE "
    "are right; the user must own the database"
)


def _look(database: Database, look: Callable[[Database], _Found]) -> Check:
    try:
        found = look(database)
    except Conflict as error:
        said, _, remedy = str(error).partition("; ")
        return failed("database", said, remedy)
    except DBAPIError as error:
        said = str(error.orig or error).strip().split("\n", 1)[0]
        return failed("database", f"cannot be used: {said}", _FILE if database.dialect == "sqlite" else _SERVER)
    if isinstance(found, Check):
        return found
    return ok("database", found) if isinstance(found, str) else failed("database", *found)


def timelines(connection: Connection) -> list[Check]:
    """Say which accounts post nothing until their timelines were read, after a restore."""
    return [
        warning(
            "restore",
            f"@{each.account} posts nothing until its timeline was read"
            + (f": {each.last_error}" if each.tries else ""),
            f"let the daemon run; if it cannot be read, `ostinato account resume {each.account}`",
        )
        for each in restored.open_accounts(connection)
    ]


def labels(stored: Sequence[StoredTemplate], *, labels_ai: bool) -> list[Check]:
    """Tell of templates whose posts are always to be labelled as made with AI, where the API takes no such label."""
    names = [each.template.name for each in stored if each.template.made_with_ai is AiLabel.ALWAYS]
    if not names or labels_ai:
        return []
    message = f"{', '.join(names)}: posts go out without the label `made_with_ai`, which the API is not known to take"
    return [warning("label", message, "if your server takes it, set OSTINATO_XQUIK_AI_LABEL=on")]
