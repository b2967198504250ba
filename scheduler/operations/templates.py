"""What a person can do with templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from callbacks.signing import new_secret
from domain.errors import Conflict
from domain.event import Channel, EventType, Webhook
from domain.reasons import Reason
from domain.run import Gap, Run, RunStatus, Trigger
from domain.template import StoredTemplate, Template, TemplateState, TemplateStatus
from domain.template_document import is_active, parse
from scheduler import due
from scheduler.events import Events
from scheduler.operations.cancelling import cancel_waiting
from scheduler.operations.slots import drop_waiting
from storage import events, feeds, runs, templates, webhooks
from storage.database import Database
from storage.runs import PlannedTemplate
from storage.webhooks import Cipher

MICROSECOND = timedelta(microseconds=1)

NewId = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Added:
    """A new template, and the secret that signs its own callbacks, when it has a callback URL."""

    stored: StoredTemplate
    callback_secret: str | None


def add(database: Database, document: Mapping[str, Any], *, cipher: Cipher, now: datetime, new_id: NewId) -> Added:
    """Keep a new template. A daily grid starts now.

    Raises InvalidInput naming all problems, Conflict when the name is taken; nothing is kept then.
    """
    with database.write() as connection:
        known = {feed.id: feed.url for feed in feeds.list_feeds(connection)}
        template = parse(document, id=new_id(), now=now, feeds=known)
        return keep(connection, template, active=is_active(document), cipher=cipher, now=now, new_id=new_id)


def keep(
    connection: Connection, template: Template, *, active: bool, cipher: Cipher, now: datetime, new_id: NewId
) -> Added:
    """Keep a new template in the caller's transaction. Raises InvalidInput when it never comes due, and Conflict."""
    state = _first_state(template, now, active=active)
    templates.insert(connection, template, state)
    for source in template.sources.feeds:
        feeds.ensure(connection, source.url, now=now)
    return Added(StoredTemplate(template, state), _tell(connection, template, cipher, now, new_id))


def list_all(database: Database, *, include_deleted: bool = False) -> list[StoredTemplate]:
    """Give the templates by name."""
    with database.read() as connection:
        return templates.list_all(connection, include_deleted=include_deleted)


def get(database: Database, name: str) -> StoredTemplate:
    """Give the template of that name or id. Raises NotFound."""
    with database.read() as connection:
        return templates.get(connection, name)


def pause(database: Database, name: str, *, note: str | None, now: datetime, new_id: NewId) -> StoredTemplate:
    """Let no slot run until the template is resumed; a run in progress goes on. Pausing twice keeps the newer note.

    Raises NotFound, and Conflict when the template has ended or was deleted.
    """
    with database.write() as connection:
        stored = templates.get(connection, name)
        _refuse(stored, TemplateStatus.ENDED, TemplateStatus.DELETED)
        was_active = stored.state.status is TemplateStatus.ACTIVE
        _set(connection, stored, TemplateStatus.PAUSED, now, Reason.BY_OWNER, note)
        if was_active:
            told = Events(stored.template, new_id)
            event = told.of_template(EventType.TEMPLATE_PAUSED, now, Reason.BY_OWNER, note)
            events.record(connection, [event])
            drop_waiting(connection, stored.template, now=now, new_id=new_id)
        return templates.get(connection, stored.template.id)


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
        next_slot_at = due.first_slot(template.schedule, now)
        if next_slot_at is None:
            raise Conflict(f"the schedule of {template.name} has ended; add a template with a later scheduleEndDate")
        missed = swallowed(template, stored.state.updated_at, next_slot_at)
        first = missed.start if missed else next_slot_at
        _set(connection, stored, TemplateStatus.ACTIVE, now, next_slot_at=first)
        told = Events(template, new_id)
        planned = PlannedTemplate(
            template_id=template.id,
            account=template.account,
            was=first,
            next_slot_at=next_slot_at,
            ended=False,
            runs=(),
            gaps=(missed,) if missed else (),
            events=(told.slots_skipped(missed, now),) if missed else (),
        )
        runs.plan(connection, [planned], now=now)
        events.record(connection, [told.of_template(EventType.TEMPLATE_RESUMED, now)])
        return templates.get(connection, template.id)


def delete(database: Database, name: str, *, now: datetime, new_id: NewId) -> StoredTemplate:
    """Delete the template; its runs and posts are kept, and its name is free again. Deleting twice is the same.

    Runs that wait and have sent nothing end as cancelled. Raises NotFound.
    """
    with database.write() as connection:
        stored = templates.get(connection, name)
        if stored.state.status is not TemplateStatus.DELETED:
            _set(connection, stored, TemplateStatus.DELETED, now, Reason.BY_OWNER)
            cancel_waiting(connection, stored.template, now=now, new_id=new_id)
        return templates.get(connection, stored.template.id)


def run_now(database: Database, name: str, *, now: datetime, new_id: NewId) -> Run:
    """Queue a run of the template, whatever its schedule says. The daemon works on it.

    Raises NotFound, and Conflict when it was deleted, a run of it is in progress, or an earlier outcome is unknown.
    """
    with database.write() as connection:
        stored = templates.get(connection, name)
        _refuse(stored, TemplateStatus.DELETED)
        template = stored.template
        blocked = templates.busy(connection, [template.id]).get(template.id)
        if blocked is RunStatus.UNKNOWN:
            raise Conflict(f"a post of {template.name} has an unknown outcome; settle it with `ostinato post settle`")
        if blocked is not None:
            raise Conflict(f"a run of {template.name} is in progress; see `ostinato run list`")
        run = Run(
            id=new_id(),
            template_id=template.id,
            account=template.account,
            slot_at=now,
            due_at=now,
            trigger=Trigger.REQUEST,
            status=RunStatus.QUEUED,
            created_at=now,
        )
        runs.insert_requested(connection, run)
        return run


def swallowed(template: Template, since: datetime, until: datetime) -> Gap | None:
    """Give the slots after *since* and before *until* as one gap, or None when there are none."""
    found = due.passed(template.schedule, since + MICROSECOND, until - MICROSECOND, Reason.PAUSED)
    return Gap(template.id, found[0].start, found[0].end, found[0].count, Reason.PAUSED) if found else None


def _first_state(template: Template, now: datetime, *, active: bool) -> TemplateState:
    due.refuse_never_due(template.schedule, now)
    next_slot_at = due.first_slot(template.schedule, now)
    if active:
        return TemplateState(TemplateStatus.ACTIVE, next_slot_at, now, now)
    return TemplateState(TemplateStatus.PAUSED, None, now, now, pause_reason=Reason.BY_OWNER)


def _tell(connection: Connection, template: Template, cipher: Cipher, now: datetime, new_id: NewId) -> str | None:
    if template.callback_url is None:
        return None
    secret = new_secret()
    webhook = Webhook(new_id(), Channel.HTTP, template.callback_url, secret, template.id, True, now)
    webhooks.upsert(connection, webhook, cipher)
    return secret


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
