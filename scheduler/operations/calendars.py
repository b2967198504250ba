"""The dates in an .ics calendar: those that a template excludes, written out when its file is read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from domain.calendar import touched
from domain.schedule import zone_problem
from sources.offloaded import parse_calendar

SIZE_LIMIT = 1024 * 1024  # bytes


def with_dates(document: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Give the document with the .ics files that its `exclude_dates` names, relative to *folder*, as their dates.

    Raises ValueError, naming the file, when one cannot be read.
    """
    schedule = document.get("schedule")
    name = next((each for each in ("exclude_dates", "excludeDates") if each in (schedule or ())), None)
    if not isinstance(schedule, Mapping) or name is None or not isinstance(schedule[name], list):
        return document
    zone = schedule.get("timezone", "UTC")
    zone = zone if isinstance(zone, str) and zone_problem(zone) is None else "UTC"
    dates: list[Any] = []
    for entry in schedule[name]:
        dates.extend(sorted(_of_file(folder, entry, zone)) if _is_file(entry) else [entry])
    return document | {"schedule": dict(schedule) | {name: dates}}


def dates_in(content: bytes, zone: str) -> frozenset[date]:
    """Give every date that an event of the calendar touches on the wall of *zone*. Raises ValueError with why not."""
    return touched(parse_calendar(content, None), zone)


def _is_file(entry: Any) -> bool:
    return isinstance(entry, str) and entry.strip().lower().endswith(".ics") and "://" not in entry


def _of_file(folder: Path, entry: str, zone: str) -> frozenset[date]:
    path = folder / entry.strip()
    try:
        with path.open("rb") as file:
            content = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise ValueError(f"schedule.exclude_dates: {entry} cannot be read: {error.strerror}") from error
    if len(content) > SIZE_LIMIT:
        raise ValueError(f"schedule.exclude_dates: {entry} is larger than {SIZE_LIMIT // 1024} KiB")
    try:
        return dates_in(content, zone)
    except ValueError as error:
        raise ValueError(f"schedule.exclude_dates: {entry} {error}") from error
