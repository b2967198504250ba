"""Editing one template: another document takes its place, and what that changes and does to its slots is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from domain.calendar import CalendarRead
from domain.errors import Conflict
from domain.template import StoredTemplate, Template, TemplateStatus
from domain.template_document import is_active, parse, to_document
from scheduler import forecast
from scheduler.forecast import Comparison
from scheduler.operations import calendar_copies, forecasting, replacing, told
from scheduler.operations import templates as operations
from scheduler.operations.applying import FieldChange, compare, read_again
from scheduler.operations.exporting import exported
from scheduler.operations.forecasting import Span
from scheduler.operations.joined import Joined
from storage import feeds, templates
from storage.database import Database
from storage.webhooks import Cipher


class ChangedMeanwhile(Conflict):
    """The template is not any more what was edited."""

    def __init__(self, name: str) -> None:
        super().__init__(f"template {name} was changed meanwhile, so this edit was not kept; edit it as it is now")


@dataclass(frozen=True, slots=True)
class Edited:
    """A template after an edit: the fields that differ, and what that does to its coming slots."""

    stored: StoredTemplate
    fields: tuple[FieldChange, ...]
    slots: Comparison


def document_of(stored: StoredTemplate) -> dict[str, Any]:
    """Give the document to edit: all fields as `export` writes them. Raises Conflict when it was deleted."""
    name, status = stored.template.name, stored.state.status
    if status is TemplateStatus.DELETED:
        raise Conflict(f"template {name} is deleted; add it anew with `ostinato template add`")
    return exported(stored) if status is TemplateStatus.PAUSED else to_document(stored.template)


def put(
    database: Database,
    name: str,
    document: Mapping[str, Any],
    *,
    seen: Mapping[str, Any] | None = None,
    calendars: Iterable[CalendarRead] = (),
    span: Span,
    cipher: Cipher,
    new_id: Callable[[], str],
) -> Edited:
    """Put the whole *document* in the place of template *name*, under another name too; `is_active` pauses or resumes.

    *seen* is the document that was edited. Raises ChangedMeanwhile when the template is not that any more, InvalidInput
    naming all problems, NotFound, and Conflict; nothing is changed then.
    """

    def read(connection: Connection, stored: StoredTemplate, known: Mapping[int, str]) -> Template:
        if seen is not None and document_of(stored) != seen:
            raise ChangedMeanwhile(stored.template.name)
        dates = calendar_copies.stored_dates(connection, owner=stored.template.owner_id)
        return read_again(document, stored, id=stored.template.id, now=span.now, feeds=known, read_calendar=dates)

    return _edit(
        database, name, read, calendars=calendars, active=is_active(document), span=span, cipher=cipher, new_id=new_id
    )


def change(
    database: Database,
    name: str,
    fields: Mapping[str, Any],
    *,
    calendars: Iterable[CalendarRead] = (),
    span: Span,
    cipher: Cipher,
    new_id: Callable[[], str],
) -> Edited:
    """Change the *fields* of template *name* and leave the others; None takes a field away. Raises as `put` does."""

    def read(connection: Connection, stored: StoredTemplate, known: Mapping[int, str]) -> Template:
        existing = stored.template
        dates = calendar_copies.stored_dates(connection, owner=existing.owner_id)
        return parse(fields, id=existing.id, now=span.now, existing=existing, feeds=known, read_calendar=dates)

    named = {"is_active", "isActive"} & fields.keys()
    active = is_active(fields) if named else None
    return _edit(database, name, read, calendars=calendars, active=active, span=span, cipher=cipher, new_id=new_id)


def _edit(
    database: Database,
    name: str,
    read: Callable[[Connection, StoredTemplate, Mapping[int, str]], Template],
    *,
    calendars: Iterable[CalendarRead],
    active: bool | None,
    span: Span,
    cipher: Cipher,
    new_id: Callable[[], str],
) -> Edited:
    now = span.now
    with database.write() as connection:
        stored = templates.get(connection, name)
        owner = stored.template.owner_id
        if calendar_copies.keep(connection, calendars, now=now, owner=owner):
            stored = templates.get(connection, name)
        before = document_of(stored)
        known = {feed.id: feed.url for feed in feeds.list_feeds(connection, owner=owner)}
        template = replacing.following(stored, read(connection, stored, known), now)
        stays_paused = active is not True and stored.state.status is TemplateStatus.PAUSED
        coming = _coming(connection, stored, span, if_resumed=stays_paused)
        if active is False and stored.state.status is TemplateStatus.ACTIVE:
            operations.pause(Joined(connection), stored.template.id, note=None, now=now, new_id=new_id)
            stored = templates.get(connection, stored.template.id)  # a change must not swallow what the pause recorded
        if to_document(template) != to_document(stored.template):
            replacing.put(connection, stored, template, now=now, new_id=new_id)
            told.follow(connection, template, cipher, now, new_id, before=stored.template)
        if active is True and stored.state.status is TemplateStatus.PAUSED:
            operations.resume(Joined(connection), template.id, now=now, new_id=new_id)
        after = templates.get(connection, template.id)
        then = _coming(connection, after, span, if_resumed=stays_paused)
        slots = forecast.compare(after.template.name, coming, then)
        return Edited(after, compare(_with_state(before), _with_state(document_of(after))), slots)


def _coming(connection: Connection, stored: StoredTemplate, span: Span, *, if_resumed: bool) -> list[datetime]:
    """Give the slots to come: of a paused template none, or those it had if it were resumed now."""
    runs = stored.state.status is TemplateStatus.ACTIVE or if_resumed
    return forecasting.coming(connection, stored, span) if runs else []


def _with_state(document: Mapping[str, Any]) -> dict[str, Any]:
    return {**document, "is_active": document.get("is_active", True)}
