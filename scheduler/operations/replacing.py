"""Changing a template: its file takes the place of what it was; its runs, posts and used feed entries stay."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from domain.calendar import CalendarRead
from domain.errors import Conflict, Unreadable
from domain.owner import LOCAL_OWNER
from domain.reasons import Reason
from domain.schedule import Grid, Recurrence, Schedule
from domain.template import StoredTemplate, Template, TemplateStatus
from domain.template_document import parse
from scheduler import due, grid
from scheduler.operations import calendar_copies, mending, references, told
from scheduler.operations.reclosing import stand
from scheduler.operations.skipping import passed, skip_due, stands_at, taken_back
from scheduler.planner import MICROSECOND
from storage import feeds, templates
from storage.database import Database
from storage.webhooks import Cipher


def change(
    database: Database,
    document: Mapping[str, Any],
    *,
    calendars: Iterable[CalendarRead] = (),
    cipher: Cipher,
    now: datetime,
    new_id: Callable[[], str],
    owner: str = LOCAL_OWNER,
) -> StoredTemplate:
    """Put *document* in the place of the owner's template of its name. A paused one stays paused, an ended one goes on.

    *calendars* were read for it just now.

    A daily grid of the same count keeps its slots; another count is counted from the last slot of the old one. A slot
    that is due and that the new schedule does not have is recorded as cancelled. One that could not be read is paused
    until it is resumed. Raises InvalidInput naming all
    problems, and NotFound; nothing is changed then.
    """
    with database.write() as connection:
        calendar_copies.keep(connection, calendars, now=now, owner=owner)
        dates = calendar_copies.stored_dates(connection, owner=owner)
        known = {feed.id: feed.url for feed in feeds.list_feeds(connection, owner=owner)}
        template = parse(document, id=new_id(), now=now, feeds=known, read_calendar=dates)
        try:
            before = templates.get(connection, template.name, owner=owner)
        except Unreadable:
            broken = templates.get_unreadable(connection, template.name, owner=owner)
            template = parse(document, id=broken.id, now=now, feeds=known, read_calendar=dates)
            template = replace(template, owner_id=owner)
            stored = mending.mend(connection, broken, template, now=now, new_id=new_id)
            told.follow(connection, template, cipher, now, new_id)
            return stored
        if before.state.status is TemplateStatus.DELETED:
            raise Conflict(f"template {template.name} is deleted; add it anew with `ostinato template add`")
        template = following(before, template, now)
        put(connection, before, template, now=now, new_id=new_id)
        told.follow(connection, template, cipher, now, new_id)
        return templates.get(connection, template.id)


def following(before: StoredTemplate, template: Template, now: datetime) -> Template:
    """Give *template* as the next state of the one *before*: its id, owner, place in the schedule and manager stay."""
    was = before.template
    schedule = continued(before, template.schedule, now)
    kept = replace(template, id=was.id, schedule=schedule, managed_by=was.managed_by, once=was.once, fast=was.fast)
    return replace(kept, owner_id=was.owner_id)


def put(
    connection: Connection, before: StoredTemplate, template: Template, *, now: datetime, new_id: Callable[[], str]
) -> None:
    """Keep *template* in the place of the one *before*, and let it go on. Its webhooks are left to `told.follow`.

    A slot that is due and that the new schedule does not have is recorded. Raises InvalidInput when it would never come
    due, and Conflict when it was made for one post: a change would let it come due again.
    """
    if before.template.once:
        raise Conflict(f"template {before.template.name} was made for one post and cannot be changed; add another")
    references.check(connection, template, before=before.template)
    goes_on = _goes_on(connection, before, template, now, new_id)
    templates.replace(connection, template, now=now)
    stand(connection, before, goes_on, now)
    for source in template.sources.feeds:
        feeds.ensure(connection, source.url, now=now, owner=template.owner_id)


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


def _goes_on(
    connection: Connection, before: StoredTemplate, template: Template, now: datetime, new_id: Callable[[], str]
) -> datetime:
    """Give from where on the changed template's slots have no record; what only the old schedule has due is recorded.

    What is due by both stays due. Raises InvalidInput when the new schedule never comes due.
    """
    since, schedules = stands_at(connection, before), (before.template.schedule, template.schedule)
    if before.template.schedule != template.schedule:
        since = taken_back(connection, before, since, now=now)
    if since is None:  # it has ended, and goes on
        return _anew(*schedules, now)
    old, new = (passed(each, since, now, Reason.CANCELLED) for each in (before.template, template))
    if before.state.status is TemplateStatus.PAUSED:
        first = _anew(*schedules, now + MICROSECOND)
        if old == new and _alike(*schedules):
            return since
        skip_due(connection, before, Reason.PAUSED, until=now, now=now, new_id=new_id)
        return first
    if old is None:
        return _as_before(*schedules, since) or _anew(*schedules, now)
    if old == new:
        return since
    both = old.end if new is not None and new.end == old.end else None
    until = both - MICROSECOND if both else now
    skip_due(connection, before, Reason.CANCELLED, until=until, now=now, new_id=new_id)
    return both or _anew(*schedules, now)


def _as_before(old: Schedule, new: Schedule, since: datetime) -> datetime | None:
    """Give where the new schedule has the slot that the old one has at *since*; None when they have others."""
    found = due.same_slot(old, new, since) if _alike(old, new) else None
    if found is not None and old != new:
        due.refuse_never_due(new, found)
    return found


def _alike(old: Schedule, new: Schedule) -> bool:
    """Tell whether the two have the same slots, as far as neither is at its end."""
    return old.cadence == new.cadence and old.jitter == new.jitter


def _anew(old: Schedule, new: Schedule, start: datetime) -> datetime:
    """Give the first slot from *start* on that the old schedule has not planned. Raises InvalidInput without one."""
    nominally = start
    if isinstance(new.cadence, Grid) and new.cadence != old.cadence:
        start = max(start, new.cadence.anchor + MICROSECOND)  # the anchor itself was planned already
    due.refuse_never_due(new, start)
    ahead = due.slots(new, start, inclusive=True)
    # A slot whose nominal instant has passed was planned by the old jitter; another jitter must not plan it again.
    found = next(
        (slot.at for slot in ahead if new.jitter == old.jitter or (slot.nominal or slot.at) >= nominally), None
    )
    assert found is not None
    return found
