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
from domain.run import Gap, Rejected, Run, RunStatus, Verdict
from scheduler.operations.doubt import in_doubt
from scheduler.operations.prefixes import whole_id
from scheduler.operations.runs import read_details
from storage import runs, templates
from storage.database import Database
from storage.tables import deliveries as deliveries_table
from storage.tables import events as events_table
from storage.tables import runs as runs_table

LAST = datetime.max.replace(tzinfo=UTC)
SECOND = timedelta(seconds=1)
MOST = 200  # runs or gaps that one answer names
STATUS_SENTENCES = {
    RunStatus.QUEUED: "it waits to be worked on",
    RunStatus.WORKING: "it is being worked on",
    RunStatus.HELD: "it waits for a person: `ostinato run approve` or `ostinato run reject`",
    RunStatus.UNKNOWN: SENTENCES[Reason.UNKNOWN_OUTCOME],
    RunStatus.POSTED: "everything was posted",
}
VERDICT_SENTENCES = {
    Verdict.APPROVED: "a person approved it: the daemon publishes what it wrote",
    Verdict.REJECTED: "a person rejected it: nothing of it is posted, and the daemon ends it",
}
ASKED_ABOUT = "it is not known whether the post went out; the daemon asks, and `ostinato post settle` decides at once"


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
    doubtful: bool = False


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
    """Explain one run, by its id; or the newest run of a template, by its name. Raises NotFound."""
    with database.read() as connection:
        try:
            return _of_run(connection, whole_id(connection, runs_table.c.id, run_id))
        except NotFound:
            return _of_run(connection, _newest(connection, run_id))


def of_slots(database: Database, name: str, at: datetime, within: timedelta = SECOND) -> list[Why | WhyGap]:
    """Explain what became of the slots of a template from *at* on for *within*, oldest first.

    Within less than a day, the gap that *at* lies in is left out where a run is found. Raises NotFound without a slot.
    """
    until = at + min(within, LAST - at)
    with database.read() as connection:
        template = templates.get(connection, name).template
        found: list[Why | WhyGap] = [
            _of_run(connection, run_id) for run_id in _run_ids(connection, template.id, at, until)
        ]
        if not found or within >= timedelta(days=1):
            gaps = [each for each in runs.gaps(connection, template.id) if each.start < until and each.end >= at]
            found += [WhyGap(template.name, gap, SENTENCES[gap.reason]) for gap in gaps[:MOST]]
        if not found:
            remedy = f"`ostinato run list --template {template.name}` shows those that were planned"
            raise NotFound("slot", f"{template.name} at {at.isoformat()}", remedy)
        return sorted(found, key=lambda each: each.run.slot_at if isinstance(each, Why) else each.gap.start)


def of_post(database: Database, post: Post) -> Written:
    """Give how *post* was written; its part has no segments when its draft is not kept any more. Raises NotFound."""
    with database.read() as connection:
        facts = read_details(connection, post.run_id).facts
    draft = next((each for each in facts.drafts or () if each.id == post.draft_id), None)
    part = draft.parts[post.part] if draft is not None and post.part < len(draft.parts) else Part(post.text)
    return Written(part, facts.material or ())


def sentence(run: Run, *, doubtful: bool = False) -> str:
    """Give the short answer: what became of the run, and for what reason. *doubtful*: a post of it may be out."""
    if run.status is RunStatus.QUEUED and doubtful:
        return ASKED_ABOUT
    if run.status is RunStatus.QUEUED and run.verdict is not None:
        return VERDICT_SENTENCES[run.verdict]
    if run.reason is not None:
        return SENTENCES[run.reason] + (f": {run.detail}" if run.detail else "")
    return STATUS_SENTENCES.get(run.status, run.status.value)


def _run_ids(connection: Connection, template_id: str, at: datetime, until: datetime) -> list[str]:
    """Give the runs whose slots are in [*at*, *until*): people read slots to the second, a grid has microseconds."""
    slot = runs_table.c.slot_at
    within = (runs_table.c.template_id == template_id, slot >= at, slot < until)
    query = select(runs_table.c.id).where(*within).order_by(slot, runs_table.c.trigger.desc()).limit(MOST)
    return list(connection.execute(query).scalars())


def _newest(connection: Connection, name: str) -> str:
    try:
        template = templates.get(connection, name).template
    except NotFound:
        remedy = "`ostinato run list` and `ostinato template list` show those there are"
        raise NotFound("run or template", name, remedy) from None
    newest = runs.list_runs(connection, template_id=template.id, limit=1)
    if not newest:
        raise NotFound("run of", template.name, f"it has not run yet; see `ostinato template preview {template.name}`")
    return newest[0].id


def _of_run(connection: Connection, run_id: str) -> Why:
    details = read_details(connection, run_id)
    facts = details.facts
    doubtful = in_doubt(facts.run, facts.publications)
    return Why(
        template=details.stored.template.name,
        run=facts.run,
        sentence=sentence(facts.run, doubtful=doubtful),
        material=facts.material or (),
        rejected=facts.rejected,
        drafts=facts.drafts or (),
        chosen=tuple(draft.id for draft in facts.chosen or ()),
        choice_reason=facts.choice_reason,
        posts=details.posts,
        publications=facts.publications,
        callbacks=_callbacks(connection, run_id),
        doubtful=doubtful,
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
