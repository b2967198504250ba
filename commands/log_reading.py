"""`ostinato logs`: the daemon's log file, read and followed."""

from __future__ import annotations

import json
import time
from typing import Any

import click

from commands import wiring
from commands.log_file import LEVELS, Follower, Wanted, newest
from commands.output import json_option, say
from domain.errors import FieldError, SettingsError

LOOK_EVERY = 0.5  # seconds
_FIRST = ("timestamp", "level", "event", "exception")


@click.command()
@click.option("--follow", is_flag=True, help="Go on with what is added, until Ctrl-C.")
@click.option("--run", "run_id", metavar="ID", help="Only what is about this run.")
@click.option("--level", type=click.Choice(LEVELS), default="debug", show_default=True, help="This level and above.")
@click.option("--limit", type=click.IntRange(0, 100_000), default=100, show_default=True, help="How many lines.")
@json_option
def command(follow: bool, run_id: str | None, level: str, limit: int, as_json: bool) -> None:
    """Show the daemon's log file; set OSTINATO_LOG_FILE to keep one.

    With --json each line is a JSON object of its own, as it stands in the file.

    \b
    Example:
      ostinato logs --level warning
      ostinato logs --follow --run 5f0c6c1e-8d3f-4d6c-9c6b-0d9a3f6f2b11
    """
    path = wiring.settings().log_file
    if path is None:
        reason = "is not set, so no log file is kept; set it, or read the log of what runs the daemon"
        raise SettingsError([FieldError("OSTINATO_LOG_FILE", reason)])
    wanted = Wanted(level, run_id)
    follower = Follower(path) if follow else None
    lines = newest(path, wanted, limit)
    for line in lines:
        _print(line, as_json)
    if not lines and not path.exists():
        click.echo(f"there is no log at {path} yet; the daemon makes it when it starts with this setting", err=True)
    if follower is not None:
        try:
            _go_on(follower, wanted, as_json)
        finally:
            follower.close()


def _go_on(follower: Follower, wanted: Wanted, as_json: bool) -> None:
    while True:
        for line in follower.added():
            if wanted(line):
                _print(line, as_json)
        time.sleep(LOOK_EVERY)


def _print(line: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(line, ensure_ascii=False))
        return
    about = " ".join(f"{name}={value}" for name, value in line.items() if name not in _FIRST)
    say(f"{line.get('timestamp', '')} {line.get('level', ''):<7} {line.get('event', '')}  {about}".rstrip())
    if "exception" in line:
        say(str(line["exception"]))
