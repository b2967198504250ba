"""What happened, in the order of its recording."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from domain.event import Event, EventType
from storage import events, templates
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which events are wanted: of one template by its name or id, of some types; None means all."""

    template: str | None = None
    types: frozenset[EventType] | None = None


def newest(database: Database, chosen: Chosen, limit: int) -> list[Event]:
    """Give the newest *limit* events, the oldest of them first. Raises NotFound for an unknown template."""
    with database.read() as connection:
        template_id = templates.get(connection, chosen.template).template.id if chosen.template else None
        return events.newest_events(connection, template_id=template_id, types=chosen.types, limit=limit)


def after(database: Database, chosen: Chosen, event_id: str | None, limit: int) -> list[Event]:
    """Give the events recorded after *event_id*, None for the oldest that is kept. Raises NotFound."""
    types: Collection[EventType] | None = chosen.types
    with database.read() as connection:
        template_id = templates.get(connection, chosen.template).template.id if chosen.template else None
        return events.list_events(connection, after=event_id, template_id=template_id, types=types, limit=limit)
