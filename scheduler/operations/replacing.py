"""Changing a template: its file takes the place of what it was; its runs, posts and used feed entries stay."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from callbacks.signing import new_secret
from domain.errors import Conflict, FieldError, InvalidInput
from domain.event import Channel, Webhook
from domain.reasons import Reason
from domain.schedule import Grid, Schedule
from domain.template import StoredTemplate, Template, TemplateStatus
from domain.template_document import parse
from scheduler import due, grid
from scheduler.operations.skipping import MICROSECOND, passed, skip_due, stands_at
from storage import feeds, templates, webhooks
from storage.database import Database
from storage.webhooks import Cipher


def change(
    database: Database, document: Mapping[str, Any], *, cipher: Cipher, now: datetime, new_id: Callable[[], str]
) -> StoredTemplate:
    """Put *document* in the place of the template of its name. A paused template stays paused, an ended one goes on.

    A daily grid of the same count keeps its slots; another count is counted from the last slot of the old one. A slot
    that is due and that the new schedule does not have is recorded as cancelled. Raises InvalidInput naming all
    problems, and NotFound; nothing is changed then.
    """
    with database.write() as connection:
        known = {feed.id: feed.url for feed in feeds.list_feeds(connection)}
        template = parse(document, id=new_id(), now=now, feeds=known)
        before = templates.get(connection, template.name)
        if before.state.status is TemplateStatus.DELETED:
            raise Conflict(f"template {template.name} is deleted; add it anew with `ostinato template add`")
        template = replace(template, id=before.template.id, schedule=continued(before, template.schedule, now))
        goes_on = _goes_on(connection, before, template, now, new_id)
        templates.replace(connection, template, now=now)
        _stand(connection, before, goes_on, now)
        for source in template.sources.feeds:
            feeds.ensure(connection, source.url, now=now)
        _tell(connection, template, cipher, now, new_id)
        return templates.get(connection, template.id)


def continued(before: StoredTemplate, schedule: Schedule, now: datetime) -> Schedule:
    """Give the new schedule so that it goes on where the old one stands."""
    old = before.template.schedule.cadence
    if not isinstance(old, Grid) or not isinstance(schedule.cadence, Grid):
        return schedule
    if old.daily_count == schedule.cadence.daily_count:
        return replace(schedule, cadence=old)
    last = grid.newest(old, old.anchor, now)
    return due.regrid(schedule, schedule.cadence.daily_count, last.at if last else old.anchor)


def _goes_on(
    connection: Connection, before: StoredTemplate, template: Template, now: datetime, new_id: Callable[[], str]
) -> datetime:
    """Give from where on the changed template's slots have no record; what only the old schedule has due is recorded.

    What is due by both stays due. Raises InvalidInput when the new schedule never comes due.
    """
    since = stands_at(connection, before)
    if since is None:  # it has ended, and goes on
        return _first(template.schedule, now)
    old, new = (passed(each, since, now, Reason.CANCELLED) for each in (before.template, template))
    if before.state.status is TemplateStatus.PAUSED:
        _first(template.schedule, now)
        if old == new and before.template.schedule.cadence == template.schedule.cadence:
            return since
        skip_due(connection, before, Reason.PAUSED, until=now, now=now, new_id=new_id)
        return now + MICROSECOND
    if old is None:
        return _upcoming(before.template.schedule, template.schedule, since, now)
    if old == new:
        return since
    both = old.end if new is not None and new.end == old.end else None
    until = both - MICROSECOND if both else now
    skip_due(connection, before, Reason.CANCELLED, until=until, now=now, new_id=new_id)
    return both or _first(template.schedule, now)


def _upcoming(old: Schedule, new: Schedule, planned: datetime, now: datetime) -> datetime:
    """Give the next slot when none is due: an unchanged cadence keeps its slot, another begins now."""
    if old.cadence == new.cadence:
        return _first(new, planned)
    # The anchor of a grid that goes on from the old one was planned already.
    return _first(new, max(now, new.cadence.anchor + MICROSECOND) if isinstance(new.cadence, Grid) else now)


def _first(schedule: Schedule, start: datetime) -> datetime:
    found = due.first_slot(schedule, start)
    if found is None:
        raise InvalidInput([FieldError("schedule", "never comes due before scheduleEndDate; name a later one")])
    return found


def _stand(connection: Connection, before: StoredTemplate, goes_on: datetime, now: datetime) -> None:
    """Let the template go on from there: a paused one stays paused, an ended one is active again."""
    state, template_id = before.state, before.template.id
    if state.status is TemplateStatus.PAUSED:
        reason, note = state.pause_reason, state.pause_note
        templates.set_status(
            connection, template_id, state.status, now=now, reason=reason, note=note, next_slot_at=goes_on
        )
    elif goes_on != state.next_slot_at:
        templates.set_status(connection, template_id, TemplateStatus.ACTIVE, now=now, next_slot_at=goes_on)


def _tell(connection: Connection, template: Template, cipher: Cipher, now: datetime, new_id: Callable[[], str]) -> None:
    """Let the template's webhook follow its callback URL; the secret stays."""
    there = next((each for each in webhooks.list_webhooks(connection, cipher) if each.template_id == template.id), None)
    if template.callback_url is None:
        if there is not None and there.active:
            webhooks.deactivate(connection, there.id, "the template names no callback URL any more")
        return
    secret = there.secret if there else new_secret()
    webhook_id = there.id if there else new_id()
    webhooks.upsert(
        connection, Webhook(webhook_id, Channel.HTTP, template.callback_url, secret, template.id, True, now), cipher
    )
