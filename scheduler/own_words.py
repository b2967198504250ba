"""Gathering what is posted in the owner's own words: the tip whose turn it is, a countdown, a table's newest row."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import Connection

from domain.budget import zone_of
from domain.errors import SourceError
from domain.material import Material
from domain.own_words import CsvTable
from domain.run import Rejected
from domain.template import Template
from scheduler.editor import Gathered
from sources.own_words import read_countdown, tip_key, tip_material
from sources.table import row_key, table_material
from storage import series
from storage.series import Telling
from storage.writer import Writer

if TYPE_CHECKING:
    from sources.parsing.table import Rows


class ReadTable(Protocol):
    """Reads the newest rows of a table. Raises SourceError."""

    def __call__(self, table: CsvTable) -> Awaitable[Rows]: ...


class OwnWords:
    """Gathers for the templates whose words are the owner's own; with *takes* False nothing is kept of it."""

    def __init__(self, *, writer: Writer, read_table: ReadTable, takes: bool = True) -> None:
        self._writer = writer
        self._read_table = read_table
        self._takes = takes

    async def __call__(self, template: Template, now: datetime) -> Gathered | None:
        """Gather what it is time to say; None for a template that has other sources."""
        sources = template.sources
        if sources.tips:
            return await self._tips(template, now)
        if sources.csv is not None:
            return await self._row(template, sources.csv, now)
        if sources.countdown is None:
            return None
        found = read_countdown(sources.countdown, zone=zone_of(template.schedule), material_id="m0", now=now)
        return Gathered((), (found,)) if isinstance(found, Rejected) else Gathered((found,))

    async def _tips(self, template: Template, now: datetime) -> Gathered:
        """Take the tips whose turn it is, one for each post of the run."""
        keys = {tip_key(tip): tip for tip in template.sources.tips}
        told = await self._told(series.tips_of(template.id), template, list(keys))
        wait = timedelta(days=template.repeat_after)
        chosen = turn(list(keys), told, count=template.count, before=now - wait)
        if not chosen:
            return Gathered((), (Rejected("tips", _why_none(told, wait), failed=False),))
        materials = []
        for at, key in enumerate(chosen):
            item_id = await self._take(series.tips_of(template.id), template, key, keys[key], now)
            materials.append(tip_material(keys[key], item_id=item_id, material_id=f"m{at}"))
        return _taken(materials)

    async def _row(self, template: Template, table: CsvTable, now: datetime) -> Gathered:
        """Tell the newest row, unless it was told already."""
        try:
            rows = await self._read_table(table)
            material = table_material(table, rows, now=now)
        except SourceError as error:
            return Gathered((), (Rejected(error.reference, error.reason),))
        key, name = row_key(rows), series.rows_of(table.url)
        if not self._takes:
            return Gathered((material,))
        take = partial(_take_row, name=name, template_id=template.id, key=key, text=material.text, now=now)
        item_id = await self._writer.call(take)
        if isinstance(item_id, str):
            why = f"the newest row, {rows.newest[0]}, {item_id}"
            return Gathered((), (Rejected(table.url, why, failed=False),))
        return _taken([replace(material, item_id=item_id)])

    async def _told(self, name: str, template: Template, keys: Sequence[str]) -> dict[str, Telling]:
        return await self._writer.call(lambda c: series.tellings(c, name, template.id, keys))

    async def _take(self, name: str, template: Template, key: str, text: str, now: datetime) -> int | None:
        if not self._takes:
            return None
        return await self._writer.call(partial(_take, name=name, template_id=template.id, key=key, text=text, now=now))


def turn(keys: Sequence[str], told: Mapping[str, Telling], *, count: int, before: datetime) -> list[str]:
    """Give whose turn it is: first what was never told, in order, then what was told longest ago, *before* an instant.

    What another run has reserved is left to it. Pure.
    """
    done = {key: found.at for key, found in told.items() if found.at is not None}
    fresh = [key for key in keys if key not in done]
    again = [key for key in keys if key in done and done[key] <= before and told[key].status != series.RESERVED]
    return [*fresh, *sorted(again, key=done.__getitem__)][:count]


def _why_none(told: Mapping[str, Telling], wait: timedelta) -> str:
    """Say when there will be a tip again."""
    first = min(found.at for found in told.values() if found.at is not None)
    return (
        f"all {len(told)} tips were posted within the last {wait.days} days (repeat_after); "
        f"the next may be posted again from {first + wait:%Y-%m-%d %H:%M} UTC"
    )


def _taken(materials: Sequence[Material]) -> Gathered:
    item_ids = tuple(material.item_id for material in materials if material.item_id is not None)
    return Gathered(tuple(materials), (), item_ids)


def _take_row(connection: Connection, *, name: str, template_id: str, key: str, text: str, now: datetime) -> int | str:
    """Give the id of the newest row, to be reserved; or why it is not told."""
    restored = series.begin(connection, name, template_id, now=now)
    told = series.tellings(connection, name, template_id, [key]).get(key)
    if told is not None and told.status is not None:
        return "was told already"
    item_id = series.take(connection, name, template_id, key, text, now=now)
    if restored:
        series.pass_over(connection, template_id, item_id, now=now)
        return "may have been told before the database was restored"
    return item_id


def _take(connection: Connection, *, name: str, template_id: str, key: str, text: str, now: datetime) -> int:
    return series.take(connection, name, template_id, key, text, now=now)
