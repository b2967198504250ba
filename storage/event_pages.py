"""Events page by page, in the order of their commits: who reads on where a page ended misses none and gets none twice.

Positions are given in the order of commits, on PostgreSQL too (migration 0015): behind the newest event that can be
seen, nothing is recorded later in front of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, select

from domain.errors import NotFound
from domain.event import Event, EventType
from storage.events import from_row, furthest_position
from storage.tables import events

MARK = 8  # characters of an event's id that tell it from one which has its position after a restore


@dataclass(frozen=True, slots=True)
class Place:
    """Where to read on: behind *position*. *mark* is how the id of the event there ends."""

    position: int
    mark: str


START = Place(0, "")  # in front of the oldest


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events somebody sees: the owner's own, of one template by its id, of some types; None means all."""

    owner: str
    template_id: str | None = None
    types: frozenset[EventType] | None = None

    def takes(self, placed: Placed) -> bool:
        """Tell whether the event is one of them."""
        event = placed.event
        return (
            placed.owner == self.owner
            and self.template_id in (None, event.template_id)
            and (self.types is None or event.type in self.types)
        )


@dataclass(frozen=True, slots=True)
class Placed:
    """An event, where it is, and whose it is."""

    place: Place
    owner: str
    event: Event


@dataclass(frozen=True, slots=True)
class Page:
    """Some events in order, and the place behind all that was looked at."""

    placed: tuple[Placed, ...]
    end: Place


def page(c: Connection, wanted: Wanted, *, after: Place, limit: int) -> Page:
    """Give up to *limit* of the events *wanted* behind *after*, one of the places that these functions give."""
    end = newest(c)  # read first: what is recorded in between lies behind it
    query = select(events).where(
        events.c.owner_id == wanted.owner, events.c.position > after.position, events.c.position <= end.position
    )
    if wanted.template_id is not None:
        query = query.where(events.c.stream == wanted.template_id)
    if wanted.types is not None:
        query = query.where(events.c.type.in_([kind.value for kind in wanted.types]))
    rows = c.execute(query.order_by(events.c.position).limit(limit)).mappings()
    found = tuple(_placed(row) for row in rows)
    return Page(found, found[-1].place if len(found) == limit else max(after, end, key=lambda place: place.position))


def recorded(c: Connection, *, after: int, limit: int) -> list[Placed]:
    """Give up to *limit* events of every owner behind the position *after*."""
    query = select(events).where(events.c.position > after).order_by(events.c.position).limit(limit)
    return [_placed(row) for row in c.execute(query).mappings()]


def newest(c: Connection) -> Place:
    """Give the place behind all events that are recorded."""
    query = select(events.c.position, events.c.id).order_by(events.c.position.desc()).limit(1)
    row = c.execute(query).mappings().first()
    return _place(row) if row else START


def behind(c: Connection, event_id: str, *, owner: str) -> Place:
    """Give the place behind the owner's event of that id. Raises NotFound when it was pruned, or never was."""
    query = select(events.c.position, events.c.id).where(events.c.id == event_id, events.c.owner_id == owner)
    row = c.execute(query).mappings().first()
    if row is None:
        raise NotFound("event", event_id, "read from the oldest that is kept")
    return _place(row)


def standing(c: Connection, place: Place) -> Place:
    """Give the place to read on from for somebody who brings *place*, however old it is: never behind the newest event.

    Where the database was restored since, and has another event at that place or had none yet, that is in front of the
    oldest: what was recorded since the restore cannot be told from what was seen before.
    """
    if place.position <= 0:
        return START
    last = newest(c)
    if place.position > last.position:  # what was there is pruned, or was never recorded in this life of the database
        return last if place.position <= furthest_position(c) else START
    there = c.execute(select(events.c.id).where(events.c.position == place.position)).scalar()
    return place if there is None or there[-MARK:] == place.mark else START


def _placed(row: RowMapping) -> Placed:
    return Placed(_place(row), row["owner_id"], from_row(row))


def _place(row: RowMapping) -> Place:
    return Place(row["position"], row["id"][-MARK:])
