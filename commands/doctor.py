"""`ostinato doctor`: is everything in order, and if not, what to do."""

from __future__ import annotations

import asyncio
import shutil
import zoneinfo
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from commands import wiring
from commands.daemon_lock import roles
from commands.errors import DatabaseUnusable
from commands.output import json_option, say, show
from domain.errors import SettingsError
from scheduler.operations import checkup
from scheduler.operations.checkup import Check, Level
from settings import FILE_NAME, KEY_NAME, Settings
from storage.database import Database


@click.command()
@click.option("--offline", is_flag=True, help="Reach nothing outside this machine.")
@click.pass_context
@json_option
def command(ctx: click.Context, offline: bool, as_json: bool) -> None:
    """Look whether everything is in order; exit with 1 when something is not.

    Looks at the settings, the files, the disk, the database and the time zones; then at the API key, this machine's
    clock, the credits and the accounts; reads every source once, and connects to every callback URL without sending
    anything. Nothing is posted, and nothing is changed. Each line says what to do.

    \b
    Example:
      ostinato doctor
      ostinato doctor --offline --json
    """
    checks = _examine(offline=offline)
    level = checkup.worst(checks)
    shown = {
        "level": level.value,
        "checks": [
            {"name": each.name, "level": each.level.value, "message": each.message, "remedy": each.remedy}
            for each in checks
        ],
    }
    show(shown, lambda: _print(checks, level), as_json=as_json)
    if level is Level.FAILED:
        ctx.exit(1)


def _examine(*, offline: bool) -> list[Check]:
    try:
        settings = wiring.settings()
    except SettingsError as error:
        remedy = "correct it in the environment or in settings.env; docs/settings.md has all of them"
        return [checkup.failed("settings", str(problem), remedy) for problem in error.problems]
    checks = [checkup.ok("settings", "can be read"), *_files(settings), _zones(), _model(settings)]
    if not _exists(settings):
        return [*checks, *checkup.key(settings.xquik_key), checkup.no_tables()]
    try:
        with wiring.connected(settings) as database:
            return checks + _of_database(settings, database, offline=offline)
    except (DatabaseUnusable, SettingsError) as error:
        return [*checks, checkup.failed("database", str(error), "see OSTINATO_DATABASE in docs/settings.md")]


def _of_database(settings: Settings, database: Database, *, offline: bool) -> list[Check]:
    checks = checkup.database(database)
    if (level := checkup.worst(checks)) is not Level.OK:
        return checks if level is Level.FAILED else [*checkup.key(settings.xquik_key), *checks]
    with database.read() as connection:
        stored = checkup.watched(connection)
        urls = checkup.callback_urls(connection)
        checks += checkup.unreadable(connection)
        checks += checkup.unused_feeds(connection)
        checks += checkup.timelines(connection)
    checks.append(checkup.daemon(roles(database), stored))
    only_sandbox = settings.xquik_key is None  # which takes the label
    checks += checkup.labels(stored, labels_ai=settings.xquik_ai_label or only_sandbox)
    if not offline:
        from commands.examination import outside

        checks += asyncio.run(outside(settings, database, stored, urls))
    return checks


def _files(settings: Settings) -> list[Check]:
    home = settings.home
    ours = (home, settings.key_file, home / FILE_NAME, home / KEY_NAME, _file(settings))
    there = [path for path in ours if path is not None and path.exists()]
    checks = [checkup.mode(path, path.stat().st_mode) for path in there]
    if home.exists():
        checks.append(checkup.disk(home, shutil.disk_usage(home).free))
    return checks


def _zones() -> Check:
    try:
        package: str | None = version("tzdata")
    except PackageNotFoundError:
        package = None
    return checkup.zones(_system_zones() or package, len(zoneinfo.available_timezones()), wiring.now())


def _system_zones() -> str | None:
    """Give the version of the system's data, which Python prefers to the package's; None without either."""
    for folder in zoneinfo.TZPATH:
        path = Path(folder) / "tzdata.zi"
        if path.exists():
            with path.open(encoding="utf-8", errors="replace") as file:
                return file.readline(100).removeprefix("# version ").strip()
    return None


def _model(settings: Settings) -> Check:
    named, reached = settings.model, settings.openai_base_url or settings.openai_api_key
    if named and reached:
        where = settings.openai_base_url or "its provider"
        return checkup.ok("model", f"{named} at {where}; `ostinato model test` tries it out")
    if named or reached:
        remedy = "set OSTINATO_MODEL, and OPENAI_BASE_URL or OPENAI_API_KEY; or none of them"
        return checkup.warning("model", "is set in part only, so the embedded writer writes", remedy)
    return checkup.ok("model", "none is set; the embedded writer writes")


def _file(settings: Settings) -> Path | None:
    try:
        url = make_url(settings.database)
    except ArgumentError:  # opening it says what is wrong
        return None
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def _exists(settings: Settings) -> bool:
    """Tell whether there is a database to look at: looking must not make one."""
    path = _file(settings)
    return path is None or path.exists()


def _print(checks: Sequence[Check], level: Level) -> None:
    for each in checks:
        say(f"{each.level.value:<8} {each.name}: {each.message}")
        if each.remedy:
            say(f"{'':<8} → {each.remedy}")
    say()
    counts = [f"{sum(each.level is one for each in checks)} {one.value}" for one in Level]
    say(f"{level.value}: {', '.join(counts)}")
