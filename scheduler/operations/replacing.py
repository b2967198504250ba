"""Changing a template: its file takes the place of what it was; its runs, posts and used feed entries stay."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from callbacks.signing import new_secret
from domain.errors import Conflict
from domain.event import Channel, Webhook
from domain.schedule import Grid, Recurrence, Schedule
from domain.template import StoredTemplate, Template, TemplateStatus
from domain.template_document import parse
from scheduler import due, grid
from storage import feeds, templates, webhooks
from storage.database import Database
from storage.webhooks import Cipher

_MICROSECOND = timedelta(microseconds=1)


def change(
    database: Database, document: Mapping[str, Any], *, cipher: Cipher, now: datetime, new_id: Callable[[], str]
) -> StoredTemplate:
    """Put *document* in the place of the template of its name. A paused template stays paused, an ended one goes on.

    A daily grid of the same count keeps its slots; another count is counted from the last planned slot. Raises
    InvalidInput naming all problems, and NotFound; nothing is changed then.
    """
    with database.write() as connection:
        known = {feed.id: feed.url for feed in feeds.list_feeds(connection)}
        template = parse(document, id=new_id(), now=now, feeds=known)
        before = templates.get(connection, template.name)
        if before.state.status is TemplateStatus.DELETED:
            raise Conflict(f"template {template.name} is deleted; add it anew with `ostinato template add`")
        template = following(before, template, now)
        put(connection, before, template, now=now)
        tell(connection, template, cipher, now, new_id)
        return templates.get(connection, template.id)


def following(before: StoredTemplate, template: Template, now: datetime) -> Template:
    """Give *template* as the next state of the one *before*: its id, its place in the schedule and its manager stay."""
    managed_by = before.template.managed_by
    schedule = continued(before, template.schedule, now)
    return replace(template, id=before.template.id, schedule=schedule, managed_by=managed_by)


def put(connection: Connection, before: StoredTemplate, template: Template, *, now: datetime) -> None:
    """Keep *template* in the place of the one *before*, and find its next slot. Its webhook is left to `tell`.

    Raises InvalidInput when it would never come due.
    """
    next_slot_at = _next(before, template.schedule, now)
    templates.replace(connection, template, now=now)
    if before.state.status is not TemplateStatus.PAUSED and next_slot_at != before.state.next_slot_at:
        templates.set_status(connection, template.id, TemplateStatus.ACTIVE, now=now, next_slot_at=next_slot_at)
    for source in template.sources.feeds:
        feeds.ensure(connection, source.url, now=now)


def continued(before: StoredTemplate, schedule: Schedule, now: datetime) -> Schedule:
    """Give the new schedule so that it goes on where the old one stands."""
    if schedule.jitter is not None:
        schedule = replace(schedule, jitter=replace(schedule.jitter, seed=before.template.id))
    old = before.template.schedule.cadence
    if isinstance(old, Recurrence) and isinstance(schedule.cadence, Recurrence) and old.rule == schedule.cadence.rule:
        return replace(schedule, cadence=replace(schedule.cadence, start=old.start))
    if not isinstance(old, Grid) or not isinstance(schedule.cadence, Grid):
        return schedule
    if old.daily_count == schedule.cadence.daily_count:
        return replace(schedule, cadence=old)
    last = grid.newest(old, old.anchor, now)
    return due.regrid(schedule, schedule.cadence.daily_count, last.at if last else old.anchor)


def _next(before: StoredTemplate, schedule: Schedule, now: datetime) -> datetime:
    """Give the next slot: one that is due stays due, an unchanged cadence keeps its slot, else the first from now."""
    planned, old = before.state.next_slot_at, before.template.schedule
    same = schedule.cadence == old.cadence and schedule.jitter == old.jitter
    if planned is not None and (same or planned <= now) and due.first_slot(schedule, planned) == planned:
        return planned
    start = now
    if isinstance(schedule.cadence, Grid) and schedule.cadence != old.cadence:
        start = max(now, schedule.cadence.anchor + _MICROSECOND)  # the anchor itself was planned already
    due.refuse_never_due(schedule, start)
    ahead = due.slots(schedule, start, inclusive=True)
    # A slot whose nominal instant has passed was planned by the old jitter; another jitter must not plan it again.
    found = next((slot.at for slot in ahead if schedule.jitter == old.jitter or (slot.nominal or slot.at) >= now), None)
    assert found is not None
    return found


def tell(connection: Connection, template: Template, cipher: Cipher, now: datetime, new_id: Callable[[], str]) -> None:
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
