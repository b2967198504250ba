"""What a person can do with templates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from domain.calendar import CalendarRead
from domain.errors import Conflict, Unreadable
from domain.event import EventType
from domain.owner import LOCAL_OWNER
from domain.reasons import Reason
from domain.run import Run, RunStatus, Trigger
from domain.template import StoredTemplate, Template, TemplateState, TemplateStatus
from domain.template_document import is_active, parse
from scheduler import due
from scheduler.events import Events
from scheduler.operations import calendar_copies, mending, references
from scheduler.operations.cancelling import cancel_waiting, going_on
from scheduler.operations.skipping import skip_due
from scheduler.operations.told import Secrets, follow
from scheduler.planner import MICROSECOND
from storage import events, feeds, runs, templates
from storage.database import Database
from storage.templates import UnreadableTemplate
from storage.webhooks import Cipher

NewId = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Added:
    """A new template, and the secrets that sign its own callbacks, as far as it has them."""

    stored: StoredTemplate
    secrets: Secrets


@dataclass(frozen=True, slots=True)
class Stopped:
    """A template that was paused or deleted: how many of its waiting runs were cancelled, and how many go on."""

    stored: StoredTemplate
    cancelled: int
    going_on: int


def add(
    database: Database,
    document: Mapping[str, Any],
    *,
    calendars: Iterable[CalendarRead] = (),
    cipher: Cipher,
    now: datetime,
    new_id: NewId,
    owner: str = LOCAL_OWNER,
) -> Added:
    """Keep a new template of *owner*. A daily grid starts now. *calendars* were read for it just now.

    Raises InvalidInput naming all problems, Conflict when the name is taken; nothing is kept then.
    """
    with database.write() as connection:
        calendar_copies.keep(connection, calendars, now=now, owner=owner)
        dates = calendar_copies.stored_dates(connection, owner=owner)
        known = {feed.id: feed.url for feed in feeds.list_feeds(connection, owner=owner)}
        template = parse(document, id=new_id(), now=now, feeds=known, read_calendar=dates)
        template = replace(template, owner_id=owner)
        return keep(connection, template, active=is_active(document), cipher=cipher, now=now, new_id=new_id)


def keep(
    connection: Connection, template: Template, *, active: bool, cipher: Cipher, now: datetime, new_id: NewId
) -> Added:
    """Keep a new template in the caller's transaction. Raises InvalidInput when it never comes due, and Conflict."""
    references.check(connection, template)
    state = _first_state(template, now, active=active)
    templates.insert(connection, template, state)
    for source in template.sources.feeds:
        feeds.ensure(connection, source.url, now=now, owner=template.owner_id)
    return Added(StoredTemplate(template, state), follow(connection, template, cipher, now, new_id))


def list_all(
    database: Database, *, include_deleted: bool = False, owner: str | None = LOCAL_OWNER
) -> list[StoredTemplate]:
    """Give the templates of *owner*, or with None of everybody, by name, without those made for one post."""
    with database.read() as connection:
        return templates.list_all(connection, include_deleted=include_deleted, include_once=False, owner=owner)


def list_unreadable(database: Database, *, owner: str = LOCAL_OWNER) -> list[UnreadableTemplate]:
    """Give the owner's templates that cannot be read, by name."""
    with database.read() as connection:
        return templates.list_unreadable(connection, owner=owner)


def get(database: Database, name: str) -> StoredTemplate:
    """Give the template of that name or id. Raises NotFound."""
    with database.read() as connection:
        return templates.get(connection, name)


def pause(database: Database, name: str, *, note: str | None, now: datetime, new_id: NewId) -> Stopped:
    """Let no slot run until the template is resumed. Pausing twice keeps the newer note, or the one that is there.

    Runs of which nothing is out or may be end as paused; the others finish what they have begun. A slot that is
    due already is recorded as paused. Raises NotFound, and Conflict when the template has ended or was deleted.
    """
    with database.write() as connection:
        stored = templates.get(connection, name)
        _refuse(stored, TemplateStatus.ENDED, TemplateStatus.DELETED)
        template, since = stored.template, None
        if stored.state.status is TemplateStatus.ACTIVE:
            event = Events(template, new_id).of_template(EventType.TEMPLATE_PAUSED, now, Reason.BY_OWNER, note)
            events.record(connection, [event])
            since = skip_due(connection, stored, Reason.PAUSED, until=now, now=now, new_id=new_id)
        elif stored.state.pause_reason is Reason.BY_OWNER:
            note = note or stored.state.pause_note
        _set(connection, stored, TemplateStatus.PAUSED, now, Reason.BY_OWNER, note, since)
        cancelled = cancel_waiting(connection, template, now=now, new_id=new_id, reason=Reason.PAUSED)
        return Stopped(templates.get(connection, template.id), cancelled, going_on(connection, template))


def resume(database: Database, name: str, *, now: datetime, new_id: NewId) -> StoredTemplate:
    """Let the template run again from its next slot. What passed meanwhile is not made up; it is recorded as paused.

    Raises NotFound, and Conflict when the template was deleted, has ended, or its schedule has.
    """
    with database.write() as connection:
        stored = templates.get(connection, name)
        _refuse(stored, TemplateStatus.ENDED, TemplateStatus.DELETED)
        if stored.state.status is TemplateStatus.ACTIVE:
            return stored
        template = stored.template
        before_now = now - MICROSECOND  # a slot at this very instant runs
        since = skip_due(connection, stored, Reason.PAUSED, until=before_now, now=now, new_id=new_id)
        next_slot_at = due.first_slot(template.schedule, max(now, since))
        if next_slot_at is None:
            raise Conflict(f"the schedule of {template.name} has ended; add a template with a later schedule_end_date")
        _set(connection, stored, TemplateStatus.ACTIVE, now, next_slot_at=next_slot_at)
        told = Events(template, new_id)
        events.record(connection, [told.of_template(EventType.TEMPLATE_RESUMED, now)])
        return templates.get(connection, template.id)


def delete(database: Database, name: str, *, now: datetime, new_id: NewId) -> Stopped:
    """Delete the template; its runs and posts are kept, and its name is free again. Deleting twice is the same.

    Runs of which nothing is out or may be end as cancelled, and so do slots that are due; the others finish what they
    have begun. A post of which it is not known whether it is out is looked for, and not sent. Raises NotFound.
    """
    with database.write() as connection:
        try:
            stored = templates.get(connection, name)
        except Unreadable:
            broken = templates.get_unreadable(connection, name)
            stored = mending.make_readable(connection, broken, now=now, new_id=new_id)
        template, cancelled = stored.template, 0
        if stored.state.status is not TemplateStatus.DELETED:
            skip_due(connection, stored, Reason.CANCELLED, until=now, now=now, new_id=new_id)
            _set(connection, stored, TemplateStatus.DELETED, now, Reason.BY_OWNER)
            cancelled = cancel_waiting(connection, template, now=now, new_id=new_id)
        return Stopped(templates.get(connection, template.id), cancelled, going_on(connection, template))


def run_now(database: Database, name: str, *, now: datetime, new_id: NewId) -> Run:
    """Queue a run of the template, whatever its schedule says. The daemon works on it.

    Raises NotFound, and Conflict when it was deleted, a run of it is in progress, or an earlier outcome is unknown.
    """
    with database.write() as connection:
        return queue(connection, templates.get(connection, name), now=now, new_id=new_id)


def queue(
    connection: Connection, stored: StoredTemplate, *, now: datetime, new_id: NewId, retry_of: str | None = None
) -> Run:
    """Queue a run in the caller's transaction, as `run_now` does; *retry_of* is the run that it tries again."""
    _refuse(stored, TemplateStatus.DELETED)
    template = stored.template
    blocked = templates.busy(connection, [template.id]).get(template.id)
    if blocked is RunStatus.UNKNOWN:
        raise Conflict(f"a post of {template.name} has an unknown outcome; settle it with `ostinato post settle`")
    if blocked is not None:
        raise Conflict(f"a run of {template.name} is in progress; see `ostinato run list`")
    return begin(connection, template, now=now, new_id=new_id, retry_of=retry_of)


def begin(
    connection: Connection, template: Template, *, now: datetime, new_id: NewId, retry_of: str | None = None
) -> Run:
    """Queue a run as `queue` does, of a template that has no other: it has just been made, or that was looked at."""
    run = Run(
        id=new_id(),
        template_id=template.id,
        account=template.account,
        slot_at=now,
        due_at=now,
        trigger=Trigger.REQUEST,
        status=RunStatus.QUEUED,
        created_at=now,
        retry_of=retry_of,
    )
    runs.insert_requested(connection, run)
    return run


def _first_state(template: Template, now: datetime, *, active: bool) -> TemplateState:
    due.refuse_never_due(template.schedule, now)
    next_slot_at = due.first_slot(template.schedule, now)
    if active:
        return TemplateState(TemplateStatus.ACTIVE, next_slot_at, now, now)
    return TemplateState(TemplateStatus.PAUSED, None, now, now, pause_reason=Reason.BY_OWNER)


def _set(
    connection: Connection,
    stored: StoredTemplate,
    status: TemplateStatus,
    now: datetime,
    reason: Reason | None = None,
    note: str | None = None,
    next_slot_at: datetime | None = None,
) -> None:
    templates.set_status(
        connection, stored.template.id, status, now=now, reason=reason, note=note, next_slot_at=next_slot_at
    )


def _refuse(stored: StoredTemplate, *refused: TemplateStatus) -> None:
    if stored.state.status in refused:
        remedy = "add it anew with `ostinato template add`"
        raise Conflict(f"template {stored.template.name} is {stored.state.status.value}; {remedy}")
