"""Instants as people type them: what the program prints, ISO 8601 with or without a zone, or a bare date."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import click

_FORM = re.compile(
    r"(?:[A-Za-z]+,? +)?(?P<date>\d{4}-\d\d-\d\d)"
    r"(?:[T ](?P<minute>\d\d:\d\d)(?P<second>:\d\d)?(?P<fraction>\.\d{1,6})?)?"
    r" ?(?P<zone>Z|UTC|[+-]\d\d:?\d\d)?",
    re.IGNORECASE,
)
FURTHEST = datetime(9990, 12, 31, tzinfo=UTC)  # beyond it there is no room to look for the slots around an instant


@dataclass(frozen=True, slots=True)
class When:
    """An instant in UTC and how much time its text covers: a day, a minute, a second or a microsecond."""

    at: datetime
    within: timedelta


class WhenType(click.ParamType[When]):
    """Reads a When; without an offset the text is in UTC."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> When:
        if isinstance(value, When):
            return value
        try:
            return read(str(value))
        except OverflowError:
            self.fail(f"{value!r} lies beyond the calendar; name a year up to {FURTHEST.year}", param, ctx)
        except ValueError:
            forms = "2026-03-26, 2026-03-26 08:00, 2026-03-26 08:00:00 UTC or 2026-03-26T09:00:00+01:00"
            self.fail(f"{value!r} is no time; write it as {forms}", param, ctx)


def read(text: str) -> When:
    """Read *text*. Raises ValueError when it is no instant, OverflowError when it lies beyond FURTHEST."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    zone = (found["zone"] or "Z").upper().replace("UTC", "Z")
    clock = f"{found['minute'] or '00:00'}{found['second'] or ':00'}{found['fraction'] or ''}"
    at = datetime.fromisoformat(f"{found['date']}T{clock}{zone}").astimezone(UTC)
    if at > FURTHEST:
        raise OverflowError(text)
    return When(at, _within(found))


def _within(found: re.Match[str]) -> timedelta:
    if found["minute"] is None:
        return timedelta(days=1)
    if found["second"] is None:
        return timedelta(minutes=1)
    return timedelta(seconds=1) if found["fraction"] is None else timedelta(microseconds=1)
