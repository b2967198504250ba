"""Templates, runs and what belongs to them, made with as few words as a test needs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from domain.draft import Draft, Part
from domain.event import Channel, EventType, NewEvent, Webhook
from domain.publication import Post, PostStatus, Publication, idempotency_key
from domain.run import Hold, Run, RunStatus
from domain.schedule import Grid, Schedule
from domain.template import PostType, Sources, Template, TemplateState, TemplateStatus
from storage import deliveries, run_pages, runs, templates
from storage.database import Database
from storage.statements import Write
from storage.tables import Holder, blob_uses
from storage.writer import Writer

NOW = datetime(2026, 3, 29, 1, 0, 0, 123456, tzinfo=UTC)
LEASE = timedelta(minutes=5)
SOON = timedelta(seconds=1)
_numbers = itertools.count()


def template(template_id: str = "t1", **fields: Any) -> Template:
    given: dict[str, Any] = {
        "name": f"name of {template_id}",
        "account": "acme",
        "type": PostType.TWEET,
        "schedule": Schedule(Grid(4, NOW)),
        "sources": Sources(text="words"),
        **fields,
    }
    return Template(id=template_id, **given)


def state(next_slot_at: datetime | None = NOW, status: TemplateStatus = TemplateStatus.ACTIVE) -> TemplateState:
    return TemplateState(status, next_slot_at, NOW, NOW)


def planned(template_id: str = "t1", run_id: str = "r1", at: datetime = NOW, **fields: Any) -> runs.PlannedTemplate:
    given: dict[str, Any] = {
        "account": "acme",
        "was": at,
        "next_slot_at": at + timedelta(hours=6),
        "ended": False,
        "runs": (runs.PlannedRun(run_id, at, at, RunStatus.QUEUED),),
        **fields,
    }
    return runs.PlannedTemplate(template_id, **given)


def with_templates(database: Database, *ids: str) -> None:
    with database.write() as c:
        for template_id in ids:
            templates.insert(c, template(template_id), state())


def held_run(database: Database, run_id: str = "r1", template_id: str = "t1", owner: str = "me") -> Hold:
    """Give the hold on a new run of a new template."""
    with_templates(database, template_id)
    with database.write() as c:
        runs.plan(c, [planned(template_id, run_id)], now=NOW)
        (facts,) = runs.claim(c, owner=owner, now=NOW, lease=LEASE, limit=1)
    return Hold(facts.run.id, owner, facts.run.epoch)


def draft(draft_id: str = "d0", text: str = "Hello") -> Draft:
    return Draft(draft_id, (Part(text),))


def post(hold: Hold, part: int = 0, template_id: str = "t1", group: int = 0) -> Post:
    identity = f"{hold.run_id}-{group}-{part}"
    return Post(
        identity, hold.run_id, template_id, "acme", group, part, f"Hello {part}", PostStatus.GENERATED, "d0", NOW
    )


def publication(hold: Hold, part: int = 0, attempt: int = 0, template_id: str = "t1") -> Publication:
    return Publication(
        id=f"{hold.run_id}-{part}-{attempt}",
        run_id=hold.run_id,
        template_id=template_id,
        account="acme",
        group=0,
        part=part,
        attempt=attempt,
        idempotency_key=idempotency_key("install", hold.run_id, 0, part, attempt),
        text=f"Hello {part}",
        reply_to=None,
        intended_at=NOW,
    )


def event(kind: EventType = EventType.RUN_SUCCEEDED, template_id: str | None = "t1", **data: Any) -> NewEvent:
    return NewEvent(f"e{next(_numbers)}", kind, NOW, data, template_id=template_id)


def webhook(webhook_id: str = "w1", **fields: Any) -> Webhook:
    given: dict[str, Any] = {
        "channel": Channel.HTTP,
        "url": "https://hooks.example/in",
        "secret": "whsec_c2VjcmV0",
        "template_id": None,
        "active": True,
        "created_at": NOW,
        **fields,
    }
    return Webhook(id=webhook_id, **given)


@contextmanager
def running(database: Database) -> Iterator[Writer]:
    writer = Writer(database)
    writer.start()
    try:
        yield writer
    finally:
        writer.stop()


async def written(database: Database, *writes: Write) -> None:
    """Write them one after the other."""
    with running(database) as writer:
        for write in writes:
            await writer.submit(write)


def accepted(c: Connection, delivery_id: str, *, duration_ms: int = 1) -> None:
    """Record that a delivery was accepted."""
    for statement in deliveries.delivered(delivery_id, status=204, now=NOW, duration_ms=duration_ms).statements:
        statement.sql.run(c, statement.rows)


def files_of(c: Connection, holder: Holder, holder_id: str) -> set[str]:
    """Give the ids of the files that *holder* needs."""
    query = select(blob_uses.c.blob_id).where(blob_uses.c.holder == holder.value, blob_uses.c.holder_id == holder_id)
    return set(c.execute(query).scalars())


def listed(c: Connection, *, template_id: str | None = None, limit: int = 1000) -> list[Run]:
    """Give the runs that there are, or those of one template; the newest due first."""
    return run_pages.page(c, run_pages.Wanted(template_id=template_id, owner_id=None), limit=limit)
