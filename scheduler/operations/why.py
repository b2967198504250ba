"""Why a slot posted what it did, or nothing: everything recorded about it, in the order in which it happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, select

from domain.draft import Draft, Part
from domain.errors import NotFound
from domain.event import DeliveryStatus
from domain.material import Material
from domain.publication import Post, Publication
from domain.reasons import SENTENCES, Reason
from domain.run import Gap, Rejected, Run, RunStatus
from scheduler.operations.runs import read_details
from storage import runs, templates
from storage.database import Database
from storage.tables import deliveries as deliveries_table
from storage.tables import events as events_table

LAST_SECOND = datetime.max.replace(tzinfo=UTC) - timedelta(seconds=1)
STATUS_SENTENCES = {
    RunStatus.QUEUED: "it waits to be worked on",
    RunStatus.WORKING: "it is being worked on",
    RunStatus.HELD: "it waits for a person: `ostinato run approve` or `ostinato run reject`",
    RunStatus.UNKNOWN: SENTENCES[Reason.UNKNOWN_OUTCOME],
    RunStatus.POSTED: "everything was posted",
}


@dataclass(frozen=True, slots=True)
class Callback:
    """One event of the run and what became of telling it to one webhook."""

    event: str
    webhook_id: str
    status: DeliveryStatus
    attempts: int
    last_error: str | None


@dataclass(frozen=True, slots=True)
class Why:
    """The explanation of one run. *sentence* is the short answer; the rest is the evidence for it."""

    template: str
    run: Run
    sentence: str
    material: tuple[Material, ...]
    rejected: tuple[Rejected, ...]
    drafts: tuple[Draft, ...]
    chosen: tuple[str, ...]
    choice_reason: str | None
    posts: tuple[Post, ...]
    publications: tuple[Publication, ...]
    callbacks: tuple[Callback, ...]


@dataclass(frozen=True, slots=True)
class WhyGap:
    """The explanation of a slot that lies among many that posted nothing for one reason."""

    template: str
    gap: Gap
    sentence: str


@dataclass(frozen=True, slots=True)
class Written:
    """One post as it was written: its *part*, whose segments name the *material* of its run."""

    part: Part
    material: tuple[Material, ...]


def of_run(database: Database, run_id: str) -> Why:
    """Explain one run. Raises NotFound."""
    with database.read() as connection:
        return _of_run(connection, run_id)


def of_slot(database: Database, name: str, at: datetime) -> Why | WhyGap:
    """Explain what became of the slot at *at* of a template. Raises NotFound when there was none."""
    with database.read() as connection:
        template = templates.get(connection, name).template
        found = runs.find(connection, template.id, at) or _within_second(connection, template.id, at)
        if found is None:
            remedy = f"`ostinato run list --template {template.name}` shows those that were planned"
            raise NotFound("slot", f"{template.name} at {at.isoformat()}", remedy)
        if isinstance(found, Gap):
            return WhyGap(template.name, found, SENTENCES[found.reason])
        return _of_run(connection, found.id)


def of_post(database: Database, post: Post) -> Written:
    """Give how *post* was written; its part has no segments when its draft is not kept any more. Raises NotFound."""
    with database.read() as connection:
        facts = read_details(connection, post.run_id).facts
    draft = next((each for each in facts.drafts or () if each.id == post.draft_id), None)
    part = draft.parts[post.part] if draft is not None and post.part < len(draft.parts) else Part(post.text)
    return Written(part, facts.material or ())


def sentence(run: Run) -> str:
    """Give the short answer: what became of the run, and for what reason."""
    if run.reason is not None:
        return SENTENCES[run.reason] + (f": {run.detail}" if run.detail else "")
    return STATUS_SENTENCES.get(run.status, run.status.value)


def _within_second(connection: Connection, template_id: str, at: datetime) -> Run | None:
    """Find a run whose slot is in the second *at*: people read slots to the second, a grid has microseconds."""
    before = min(at, LAST_SECOND) + timedelta(seconds=1)
    recent = runs.list_runs(connection, template_id=template_id, before=before, limit=1)
    return next((run for run in recent if at <= run.slot_at < before), None)


def _of_run(connection: Connection, run_id: str) -> Why:
    details = read_details(connection, run_id)
    facts = details.facts
    return Why(
        template=details.stored.template.name,
        run=facts.run,
        sentence=sentence(facts.run),
        material=facts.material or (),
        rejected=facts.rejected,
        drafts=facts.drafts or (),
        chosen=tuple(draft.id for draft in facts.chosen or ()),
        choice_reason=facts.choice_reason,
        posts=details.posts,
        publications=facts.publications,
        callbacks=_callbacks(connection, run_id),
    )


def _callbacks(connection: Connection, run_id: str) -> tuple[Callback, ...]:
    told = (
        select(
            events_table.c.type,
            deliveries_table.c.webhook_id,
            deliveries_table.c.status,
            deliveries_table.c.attempts,
            deliveries_table.c.last_error,
        )
        .join(deliveries_table, deliveries_table.c.event_id == events_table.c.id)
        .where(events_table.c.run_id == run_id)
        .order_by(events_table.c.position)
    )
    return tuple(
        Callback(row.type, row.webhook_id, DeliveryStatus(row.status), row.attempts, row.last_error)
        for row in connection.execute(told)
    )
