"""Templates whose rows cannot be read any more: another definition takes the place, or they are made deletable."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from domain.reasons import Reason
from domain.run import Run, RunStatus
from domain.schedule import Grid, Schedule
from domain.template import PostType, Sources, StoredTemplate, Template, TemplateStatus
from scheduler.events import Events
from storage import events, feeds, posts, runs, templates
from storage.templates import UnreadableTemplate

LATER = timedelta(days=1)


def mend(
    connection: Connection, broken: UnreadableTemplate, template: Template, *, now: datetime, new_id: Callable[[], str]
) -> StoredTemplate:
    """Put *template*, which has its id and its owner, in the place of the one that cannot be read.

    It is paused, as the planner does with one that it cannot read, so that a person looks before it goes on; its runs,
    posts and used feed entries stay. A slot that is due is recorded as `invalid_template`.
    """
    if broken.status is TemplateStatus.ACTIVE:
        runs.pause_invalid(connection, broken.id, broken.why, now=now, new_id=new_id)
    templates.replace_unreadable(connection, template, now=now)
    for source in template.sources.feeds:
        feeds.ensure(connection, source.url, now=now, owner=template.owner_id)
    return templates.get(connection, broken.id)


def make_readable(
    connection: Connection, broken: UnreadableTemplate, *, now: datetime, new_id: Callable[[], str]
) -> StoredTemplate:
    """Put a definition without slots and sources in the place of the one that cannot be read, so that it can go."""
    return mend(connection, broken, stand_in(broken, now), now=now, new_id=new_id)


def end_run(connection: Connection, run: Run, *, now: datetime, new_id: Callable[[], str]) -> bool:
    """End a run whose template cannot be read, and tell it; False when something of it is out or may be."""
    broken = templates.get_unreadable(connection, run.template_id)
    reason, detail = Reason.INVALID_TEMPLATE, f"template {broken.name}: {broken.why}"
    if not runs.end_unsent(connection, run.id, reason=reason, detail=detail, release=True, now=now):
        return False
    left = posts.list_posts(connection, run_id=run.id, limit=None)
    told = Events(stand_in(broken, now), new_id)
    events.record(connection, [told.finished(run, RunStatus.SKIPPED, reason, detail, left, now)])
    return True


def stand_in(broken: UnreadableTemplate, now: datetime) -> Template:
    """Give a template without slots and sources that has the id and the name of the one that cannot be read."""
    return Template(
        id=broken.id,
        name=broken.name,
        account=broken.account,
        type=PostType.TWEET,
        schedule=Schedule(Grid(1, now + LATER)),
        sources=Sources(text=broken.why),
        owner_id=broken.owner_id,
    )
