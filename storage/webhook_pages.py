"""Webhooks as they are shown, without their secrets: all of them, or page by page in the order of their making."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, func, select

from domain.errors import NotFound
from domain.event import Channel, EventType
from storage.tables import templates, webhooks
from storage.webhooks import types_of

REMOVED = "it was removed"  # why one is switched off that nobody is shown any more


@dataclass(frozen=True, slots=True)
class Listed:
    """A webhook without its secret. *template* is the name of the one template that it belongs to, None for all."""

    id: str
    channel: Channel
    url: str
    template: str | None
    active: bool
    inactive_reason: str | None
    asked: bool
    compatible: bool
    events: frozenset[EventType] | None
    created_at: datetime


def everyone(c: Connection) -> list[Listed]:
    """Give all webhooks, inactive ones too, in the order of their making."""
    return [_listed(row) for row in c.execute(_chosen().order_by(webhooks.c.created_at, webhooks.c.id)).mappings()]


def page(c: Connection, *, owner: str, after: str | None, limit: int) -> list[Listed]:
    """Give the owner's first *limit* webhooks behind the id *after*, by id, without those that were removed."""
    query = _chosen().where(*_there(owner)).order_by(webhooks.c.id).limit(limit)
    if after is not None:
        query = query.where(webhooks.c.id > after)
    return [_listed(row) for row in c.execute(query).mappings()]


def get(c: Connection, webhook_id: str, *, owner: str) -> Listed:
    """Give one of the owner's. Raises NotFound, also when it was removed."""
    row = c.execute(_chosen().where(webhooks.c.id == webhook_id, *_there(owner))).mappings().first()
    if row is None:
        raise NotFound("webhook", webhook_id)
    return _listed(row)


def _there(owner: str) -> tuple[ColumnElement[bool], ...]:
    return (webhooks.c.owner_id == owner, func.coalesce(webhooks.c.inactive_reason, "") != REMOVED)


def _chosen() -> Select[Any]:
    same = and_(templates.c.id == webhooks.c.template_id, templates.c.owner_id == webhooks.c.owner_id)
    shown = [column for column in webhooks.c if column.name != "secret"]
    return select(*shown, templates.c.name.label("template")).join_from(webhooks, templates, same, isouter=True)


def _listed(row: RowMapping) -> Listed:
    return Listed(
        id=row["id"],
        channel=Channel(row["channel"]),
        url=row["url"],
        template=row["template"],
        active=row["active"],
        inactive_reason=row["inactive_reason"],
        asked=row["asked"],
        compatible=row["compatible"],
        events=types_of(row["events"]),
        created_at=row["created_at"],
    )
