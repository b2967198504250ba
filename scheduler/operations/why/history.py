"""Reading what happened around a slot: each question goes to an index, so that years of history cost nothing."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy import Connection, Select, func, or_, select

from domain.event import DeliveryStatus, EventType
from domain.owner import LOCAL_OWNER
from domain.publication import Outcome, out_at
from domain.reasons import Reason
from domain.run import Gap, Run, RunStatus, Trigger
from domain.template import StoredTemplate, Template, TemplateStatus
from scheduler.budget_room import limits_of
from scheduler.operations.why.evidence import LastPost, Limit
from scheduler.operations.why.values import Attempt, Callback
from storage import budgets, feeds, runs, templates
from storage.tables import constant, deliveries, delivery_attempts, events, publications, slot_gaps, webhooks
from storage.tables import feeds as feeds_table
from storage.tables import runs as table
from storage.tables import templates as templates_table
from storage.webhooks import types_of

_TOLD = {EventType.RUN_SUCCEEDED, EventType.RUN_HELD, EventType.POST_PUBLISHED}
MOST = 200  # slots, gaps, entries or other templates that one answer looks at
_ID_AT = (table.c.id, table.c.slot_at)


def runs_between(c: Connection, template_id: str, start: datetime, end: datetime) -> list[str]:
    """Give the ids of the runs whose slots are in [*start*, *end*), oldest first, the planned one before others."""
    found: list[tuple[datetime, int, str]] = []
    for place, trigger in enumerate((Trigger.SCHEDULE, Trigger.REQUEST)):
        query = _of(template_id, trigger).where(table.c.slot_at >= start, table.c.slot_at < end)
        rows = c.execute(query.order_by(table.c.slot_at).limit(MOST))
        found += [(row.slot_at, place, row.id) for row in rows]
    return [run_id for _, _, run_id in sorted(found)][:MOST]


def newest(c: Connection, template_id: str) -> str | None:
    """Give the id of the template's run with the latest slot."""
    found = []
    for trigger in Trigger:
        row = c.execute(_of(template_id, trigger).order_by(table.c.slot_at.desc()).limit(1)).first()
        if row is not None:
            found.append((row.slot_at, row.id))
    return max(found)[1] if found else None


def planned_before(c: Connection, template_id: str, at: datetime) -> Run | None:
    """Give the planned run of the last slot before *at*."""
    query = _of(template_id, Trigger.SCHEDULE).where(table.c.slot_at < at).order_by(table.c.slot_at.desc())
    row = c.execute(query.limit(1)).first()
    return runs.get(c, row.id) if row else None


def planned_from(c: Connection, template_id: str, at: datetime) -> Run | None:
    """Give the planned run of the first slot at or after *at*."""
    query = _of(template_id, Trigger.SCHEDULE).where(table.c.slot_at >= at).order_by(table.c.slot_at)
    row = c.execute(query.limit(1)).first()
    return runs.get(c, row.id) if row else None


def gaps_between(c: Connection, template_id: str, start: datetime, end: datetime) -> list[Gap]:
    """Give the gaps that reach into [*start*, *end*), oldest first. They do not overlap: one may begin before it."""
    mine = _gaps(template_id)
    before = mine.where(slot_gaps.c.start_at < start).order_by(slot_gaps.c.start_at.desc()).limit(1)
    within = mine.where(slot_gaps.c.start_at >= start, slot_gaps.c.start_at < end).order_by(slot_gaps.c.start_at)
    return [gap for query in (before, within.limit(MOST)) for gap in _read(c, query) if gap.end >= start]


def gap_before(c: Connection, template_id: str, at: datetime) -> Gap | None:
    """Give the last gap that begins before *at*."""
    query = _gaps(template_id).where(slot_gaps.c.start_at < at).order_by(slot_gaps.c.start_at.desc())
    return next(iter(_read(c, query.limit(1))), None)


def gap_from(c: Connection, template_id: str, at: datetime) -> Gap | None:
    """Give the first gap that begins at or after *at*."""
    query = _gaps(template_id).where(slot_gaps.c.start_at >= at).order_by(slot_gaps.c.start_at)
    return next(iter(_read(c, query.limit(1))), None)


def in_the_way(c: Connection, run: Run) -> Run | None:
    """Give the run of the template that was not done when *run* was planned and dropped for it."""
    if run.reason not in (Reason.OVERLAP, Reason.UNSETTLED):
        return None
    for trigger in Trigger:
        query = _of(run.template_id, trigger).where(table.c.slot_at < run.slot_at)
        unfinished = or_(table.c.finished_at.is_(None), table.c.finished_at > (run.created_at or run.slot_at))
        query = query.where(unfinished, table.c.status != RunStatus.SKIPPED.value)
        row = c.execute(query.order_by(table.c.slot_at.desc()).limit(1)).first()
        if row is not None:
            return runs.get(c, row.id)
    return None


def last_post(
    c: Connection, account: str, *, before: datetime | None = None, of_another_than: str | None = None
) -> LastPost | None:
    """Give the last post of *account* that is out, of those that were handed over before *before*."""
    columns = (publications.c[name] for name in ("run_id", "intended_at", "settled_at", "tweet_id"))
    query = select(*columns).where(
        publications.c.account == account, publications.c.outcome == constant(Outcome.CONFIRMED)
    )
    if before is not None:
        query = query.where(publications.c.intended_at < before)
    if of_another_than is not None:
        query = query.where(publications.c.run_id != of_another_than)
    row = c.execute(query.order_by(publications.c.intended_at.desc()).limit(1)).first()
    if row is None:
        return None
    at = out_at(row.intended_at, row.settled_at, row.tweet_id)
    return LastPost(row.run_id, at if before is None or at < before else row.intended_at)


def callbacks(c: Connection, run_id: str) -> tuple[Callback, ...]:
    """Give whom was told of the run, in the order in which it happened, each with its tries."""
    told = (
        select(
            events.c.type, *(deliveries.c[name] for name in ("id", "webhook_id", "status", "attempts", "last_error"))
        )
        .join(deliveries, deliveries.c.event_id == events.c.id)
        .where(events.c.run_id == run_id)
        .order_by(events.c.position)
    )
    rows = c.execute(told).all()
    tries = defaultdict(list)
    wanted = delivery_attempts.c.delivery_id.in_([row.id for row in rows])
    for row in c.execute(select(delivery_attempts).where(wanted).order_by(delivery_attempts.c.id)) if rows else ():
        tries[row.delivery_id].append(Attempt(row.at, row.ok, row.status, row.error, row.duration_ms))
    return tuple(
        Callback(
            row.type, row.webhook_id, DeliveryStatus(row.status), row.attempts, row.last_error, tuple(tries[row.id])
        )
        for row in rows
    )


def limits_at(c: Connection, template: Template, at: datetime, run_id: str = "") -> tuple[Limit, ...]:
    """Give the budgets that a payment for *template* at *at* must fit into, with what they have taken by now."""
    account = budgets.account_budgets(c, owner=template.owner_id).get(template.account.lower())
    if template.budget is None and account is None:
        return ()
    found = limits_of(template, account, run_id, at)
    return tuple(Limit(window, budgets.balance(c, window).taken) for window in found)


def deleted(c: Connection, name: str) -> str | None:
    """Give the id of the template of that name, of `local`, which was deleted last."""
    named = (templates_table.c.name == name, templates_table.c.owner_id == LOCAL_OWNER)
    gone = (*named, templates_table.c.status == TemplateStatus.DELETED.value)
    query = select(templates_table.c.id).where(*gone).order_by(templates_table.c.deleted_at.desc()).limit(1)
    found: str | None = c.execute(query).scalar()
    return found


def companions(c: Connection, stored: StoredTemplate) -> list[StoredTemplate]:
    """Give the other active templates of the account, whoever's they are."""
    query = select(templates_table.c.id).where(
        func.lower(templates_table.c.account) == stored.template.account.lower(),
        templates_table.c.status == TemplateStatus.ACTIVE.value,
        templates_table.c.id != stored.template.id,
    )
    return list(templates.get_many(c, list(c.execute(query.limit(MOST)).scalars())).values())


def entries_waiting(c: Connection, stored: StoredTemplate) -> int | None:
    """Count the unused entries of the template's feeds, up to a few hundred; None when it has no feeds."""
    urls = [feed.url for feed in stored.template.sources.feeds]
    if not urls:
        return None
    mine = (feeds_table.c.url.in_(urls), feeds_table.c.owner_id == stored.template.owner_id)
    ids = list(c.execute(select(feeds_table.c.id).where(*mine)).scalars())
    return len(feeds.waiting_items(c, stored.template.id, ids, MOST))


def webhooks_told(c: Connection, template: Template) -> int:
    """Count the webhooks that are told how a run of the template ends well, or that one waits for a person."""
    mine = or_(webhooks.c.template_id.is_(None), webhooks.c.template_id == template.id)
    told = (webhooks.c.owner_id == template.owner_id, webhooks.c.active.is_(True), webhooks.c.asked.is_(False))
    types = [types_of(each) for each in c.execute(select(webhooks.c.events).where(*told, mine)).scalars()]
    return sum(each is None or not _TOLD.isdisjoint(each) for each in types)


def _of(template_id: str, trigger: Trigger) -> Select[tuple[str, datetime]]:
    """Select a template's runs of one trigger, by the index of these; it stands in the text, as the index has it."""
    return select(*_ID_AT).where(table.c.template_id == template_id, table.c.trigger == constant(trigger))


def _gaps(template_id: str) -> Select[tuple[str, datetime, datetime, int, str]]:
    columns = (slot_gaps.c[name] for name in ("template_id", "start_at", "end_at", "slots", "reason"))
    return select(*columns).where(slot_gaps.c.template_id == template_id)


def _read(c: Connection, query: Select[tuple[str, datetime, datetime, int, str]]) -> list[Gap]:
    return [Gap(row.template_id, row.start_at, row.end_at, row.slots, Reason(row.reason)) for row in c.execute(query)]
