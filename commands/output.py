"""How commands print: JSON with stable keys, or tables that stay readable when they are piped."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from io import StringIO
from typing import Any

import click
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from domain.duration import format_duration

GUTTER = 2
LAST_WIDTH = 24  # the least that is left for the last column, however narrow the terminal is
PIPED_WIDTH = 10_000  # a pipe has no width: nothing is cut or wrapped
# Text from outside must not steer the terminal.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON; its keys are stable (docs/json.md).")

dry_run_option = click.option("--dry-run", is_flag=True, help="Do everything but keep it: say what would happen.")


def show(
    value: Any, human: Callable[[], None], *, as_json: bool, dry_run: bool = False, indent: int | None = 2
) -> None:
    """Print *value* as JSON, or let *human* print. What was done on trial says so in either form."""
    if dry_run and as_json:
        value = value | {"dry_run": True}
    if dry_run and not as_json:
        click.echo("dry run, nothing is kept:")
    if as_json:
        click.echo(json.dumps(value, ensure_ascii=False, indent=indent, default=_plain_value))
    else:
        human()


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Print *rows* under *columns*, or the sentence *empty* when there are none."""
    shown = [[clean(cell(value)) for value in row] for row in rows]
    if not shown:
        click.echo(empty)
        return
    grid = Table(*columns, box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for row in shown:
        grid.add_row(*row)
    console = _console()
    for column in grid.columns[:-1]:  # an id that is folded cannot be copied: the last column takes what is left
        column.no_wrap = True
    grid.columns[-1].overflow = "fold"
    *kept, _ = zip(columns, *shown, strict=True)
    needed = sum(max(cell_len(line) for text in column for line in text.split("\n")) + GUTTER for column in kept)
    console.width = max(console.width, needed + LAST_WIDTH)
    with console.capture() as printed:
        console.print(grid)
    for line in printed.get().splitlines():
        click.echo(line.rstrip())


def say(text: str = "") -> None:
    """Print one line of text, without anything in it that steers the terminal."""
    click.echo(clean(text))


def clean(text: str) -> str:
    """Replace control characters, except line breaks and tabs."""
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)


def cell(value: object) -> str:
    """Give *value* as a person reads it in a table."""
    if value is None or value == "":
        return "-"
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        return str(value.value)
    return str(value)


def moment(value: datetime) -> str:
    """Give an instant in UTC, to the second."""
    return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat(' ', 'seconds')} UTC"


def first_line(text: str, length: int = 70) -> str:
    """Give the beginning of *text* for a table."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"


def iso(value: datetime) -> str:
    """Give an instant as JSON has it: ISO 8601, UTC, microseconds, Z."""
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _plain_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, timedelta):
        return format_duration(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def _console() -> Console:
    tty = sys.stdout is not None and sys.stdout.isatty()  # None: it was closed
    return Console(
        file=sys.stdout or StringIO(),
        width=None if tty else PIPED_WIDTH,
        no_color=not tty,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
