"""Explaining what was recorded: a run with all its evidence, and a slot within a gap."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from domain.draft import Part
from domain.errors import NotFound
from domain.publication import Post
from domain.reasons import SENTENCES
from domain.run import Gap, Trigger
from domain.template import Template
from scheduler.operations.doubt import in_doubt
from scheduler.operations.prefixes import whole_id
from scheduler.operations.runs import RunDetails, read_details
from scheduler.operations.why import history, nominal
from scheduler.operations.why.chain import Step, passed, stopped
from scheduler.operations.why.evidence import Evidence
from scheduler.operations.why.run_links import NOT_KEPT, NOT_THERE, chain_of_run
from scheduler.operations.why.sentences import sentence
from scheduler.operations.why.values import Callback, Why, WhyGap, Written
from scheduler.operations.why.words import utc
from storage import accounts, budgets, templates
from storage.database import Database
from storage.tables import runs as runs_table

NO_GAP = timedelta(0)


def of_run(database: Database, run_id: str, *, spacing: timedelta = NO_GAP) -> Why:
    """Explain one run, by its id; or the newest run of a template, by its name. Raises NotFound.

    *spacing* is the least time between two posts of an account that has no gap of its own.
    """
    with database.read() as connection:
        try:
            return explained(connection, whole_id(connection, runs_table.c.id, run_id), spacing)
        except NotFound:
            return explained(connection, _newest(connection, run_id), spacing)


def of_post(database: Database, post: Post) -> Written:
    """Give how *post* was written; its part has no segments when its draft is not kept any more. Raises NotFound."""
    with database.read() as connection:
        facts = read_details(connection, post.run_id).facts
    draft = next((each for each in facts.drafts or () if each.id == post.draft_id), None)
    part = draft.parts[post.part] if draft is not None and post.part < len(draft.parts) else Part(post.text)
    return Written(part, facts.material or ())


def explained(connection: Connection, run_id: str, spacing: timedelta) -> Why:
    """Explain the run of this id, within the caller's transaction. Raises NotFound."""
    details = read_details(connection, run_id)
    facts, callbacks = details.facts, history.callbacks(connection, run_id)
    doubtful = in_doubt(facts.run, facts.publications)
    return Why(
        template=details.stored.template.name,
        run=facts.run,
        sentence=sentence(facts.run, doubtful=doubtful),
        chain=chain_of_run(_evidence(connection, details, callbacks, spacing)),
        material=(*(facts.material or ()), *([facts.hints] if facts.hints else [])),
        rejected=facts.rejected,
        drafts=facts.drafts or (),
        chosen=tuple(draft.id for draft in facts.chosen or ()),
        choice_reason=facts.choice_reason,
        posts=details.posts,
        publications=facts.publications,
        callbacks=callbacks,
        doubtful=doubtful,
    )


def explained_gap(connection: Connection, template: Template, gap: Gap, slot_at: datetime | None = None) -> WhyGap:
    """Explain *gap*, and with *slot_at* the one slot in it."""
    if slot_at is None:
        return WhyGap(template.name, gap, SENTENCES[gap.reason])
    then = templates.as_of(connection, gap.template_id, slot_at)
    slot = nominal.slot_at(then.schedule, slot_at) if then else None
    if then is not None and slot is not None:
        links = nominal.time_links(then.schedule, slot)
    else:
        links = nominal.unknown_links(NOT_THERE if then else NOT_KEPT)
    links += [passed(Step.TEMPLATE, "active"), passed(Step.OWNER, "nobody skipped or moved it")]
    said = f"{SENTENCES[gap.reason]}; one of {gap.count} slots from {utc(gap.start)} to {utc(gap.end)}"
    return WhyGap(template.name, gap, SENTENCES[gap.reason], slot_at, stopped(links, gap.reason, said))


def _evidence(
    connection: Connection, details: RunDetails, callbacks: tuple[Callback, ...], spacing: timedelta
) -> Evidence:
    facts, run = details.facts, details.facts.run
    made = run.created_at or run.slot_at
    worked_by = templates.as_of(connection, run.template_id, run.held_at or run.started_at or made)
    first = facts.publications[0].intended_at if facts.publications else None
    return Evidence(
        facts=facts,
        planned_by=templates.as_of(connection, run.template_id, made),
        worked_by=worked_by,
        previous=history.in_the_way(connection, run) if run.trigger is Trigger.SCHEDULE else None,
        gap=accounts.gaps(connection).get(run.account.lower(), spacing),
        before=history.last_post(connection, run.account, before=first, of_another_than=run.id),
        callbacks=callbacks,
        entries=tuple(budgets.of_run(connection, run.id)),
        limits=history.limits_at(connection, worked_by, made, run.id) if worked_by else (),
    )


def _newest(connection: Connection, name: str) -> str:
    try:
        template = templates.get(connection, name).template
    except NotFound:
        remedy = "`ostinato run list` and `ostinato template list` show those there are"
        raise NotFound("run or template", name, remedy) from None
    newest = history.newest(connection, template.id)
    if newest is None:
        raise NotFound("run of", template.name, f"it has not run yet; see `ostinato template preview {template.name}`")
    return newest
