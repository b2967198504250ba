"""The chain of a slot to come: what time decides, and what is expected of the rest. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.reasons import SENTENCES, Reason
from domain.run import RunStatus
from domain.schedule import Missed, Overlap, Slot
from domain.template import Approval, ApproveDefault, StoredTemplate, Template, TemplateStatus
from scheduler.operations.why import nominal
from scheduler.operations.why.budget_links import budget_ahead
from scheduler.operations.why.chain import Chain, Effect, Link, Step, in_order, stopped
from scheduler.operations.why.evidence import LastPost, Limit
from scheduler.operations.why.words import length, number, utc


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is known at *now* of a slot without a record.

    *reason* is why the planner will drop it, None when it will run, at *due_at*. *busy* says what the template is busy
    with; *earlier* is the slot that runs before this one. *near* are the other runs of the account within its *gap*
    before this one, and *before* its last post. *entries* counts the unused entries of its feeds, None without feeds.
    *limits* are the budgets that it has to fit into.
    """

    stored: StoredTemplate
    slot: Slot
    now: datetime
    due_at: datetime
    reason: Reason | None
    busy: RunStatus | None = None
    earlier: datetime | None = None
    run_takes: timedelta = timedelta(minutes=5)
    gap: timedelta = timedelta(0)
    near: tuple[tuple[str, datetime], ...] = ()
    before: LastPost | None = None
    entries: int | None = None
    webhooks: int = 0
    limits: tuple[Limit, ...] = ()

    @property
    def template(self) -> Template:
        return self.stored.template


def chain_ahead(outlook: Outlook) -> Chain:
    """Give every link of a slot that has no record."""
    links = nominal.time_links(outlook.template.schedule, outlook.slot)
    links += [_standing(outlook), _owner(), _missed(outlook), _max_runs(outlook), _overlap(outlook), _start(outlook)]
    links += [
        _gap(outlook),
        budget_ahead(outlook.limits),
        _items(outlook),
        *_writing(outlook.template),
        *_gates(outlook.template),
    ]
    links += [*_publishing(outlook)]
    if outlook.reason is not None:
        return stopped(links, outlook.reason, why_dropped(outlook))
    return in_order(links)


def why_dropped(outlook: Outlook) -> str:
    """Say why the slot will post nothing."""
    if outlook.reason is Reason.PAUSED:
        note = f" ({outlook.stored.state.pause_note})" if outlook.stored.state.pause_note else ""
        if outlook.slot.at <= outlook.now:
            return f"the template is paused{note}; the slot is recorded so when the pause ends"
        return f"the template is paused{note}; the slot runs if it is resumed before"
    if outlook.reason is Reason.MAX_RUNS:
        return f"the template will have had its {outlook.template.schedule.max_runs} runs"
    return SENTENCES[outlook.reason] if outlook.reason else ""


def _expected(step: Step, said: str, *, at: datetime | None = None) -> Link:
    return Link(step, Effect.EXPECTED, said, at=at)


def _standing(outlook: Outlook) -> Link:
    status = outlook.stored.state.status
    if status is TemplateStatus.ACTIVE:
        return Link(Step.TEMPLATE, Effect.PASSED, "active")
    return Link(Step.TEMPLATE, Effect.STOPPED, why_dropped(outlook), outlook.reason)


def _owner() -> Link:
    return Link(Step.OWNER, Effect.PASSED, "nobody skipped or moved it")


def _missed(outlook: Outlook) -> Link:
    schedule = outlook.template.schedule
    if outlook.slot.at <= outlook.now:
        late = length(outlook.now - outlook.slot.at)
        if outlook.due_at > outlook.now:
            said = f"{late} overdue; missed slots are made up one after the other, this one at {utc(outlook.due_at)}"
            return Link(Step.MISSED, Effect.CHANGED, said, at=outlook.due_at)
        return _expected(Step.MISSED, f"{late} overdue; the next tick of the daemon runs it")
    if schedule.missed is Missed.SKIP:
        return _expected(Step.MISSED, "planned at its time while the daemon runs; a minute late it is missed")
    policy = "the newest" if schedule.missed is Missed.LATEST else "each"
    said = f"planned at its time while the daemon runs; else {policy} up to {length(schedule.grace)} late"
    return _expected(Step.MISSED, said)


def _max_runs(outlook: Outlook) -> Link:
    most = outlook.template.schedule.max_runs
    return Link(Step.MAX_RUNS, Effect.PASSED, "no limit" if most is None else f"not used up by then: at most {most}")


def _overlap(outlook: Outlook) -> Link:
    schedule = outlook.template.schedule
    if outlook.busy is RunStatus.UNKNOWN:
        said = "a post of the template has an unknown outcome: unless it is settled before, the slot is skipped"
        return _expected(Step.OVERLAP, said)
    queues = schedule.overlap is Overlap.QUEUE or schedule.missed is Missed.SPREAD
    then = "waits for it" if queues else "is skipped"
    if outlook.earlier is None:
        return _expected(
            Step.OVERLAP, f"an earlier run of the template is not expected to work still; if it does, it {then}"
        )
    apart = length(outlook.slot.at - outlook.earlier)
    if outlook.slot.at - outlook.earlier < outlook.run_takes:
        return _expected(Step.OVERLAP, f"only {apart} after the slot before: if that still works, this one {then}")
    return _expected(Step.OVERLAP, f"{apart} after the slot before; if that still works, this one {then}")


def _start(outlook: Outlook) -> Link:
    grace = outlook.template.schedule.grace
    return _expected(Step.START, f"at {utc(outlook.due_at)}, at most {length(grace)} later", at=outlook.due_at)


def _gap(outlook: Outlook) -> Link:
    account, gap = outlook.template.account, outlook.gap
    kept = f"@{account} keeps {length(gap)} between two posts" if gap else f"@{account} keeps no gap between two posts"
    free = outlook.before.at + gap if outlook.before and gap else None
    if free is not None and free > outlook.due_at:
        said = f"{kept} and posted at {utc(outlook.before.at)}: free from {utc(free)} on" if outlook.before else kept
        return _expected(Step.ACCOUNT_GAP, said, at=free)
    if not outlook.near:
        return _expected(Step.ACCOUNT_GAP, kept)
    others = ", ".join(f"{name} at {at:%H:%M:%S}" for name, at in outlook.near)
    waits = " and waits for them" if gap else " at the same instant"
    return _expected(Step.ACCOUNT_GAP, f"{kept}; it comes after {others}{waits}")


def _items(outlook: Outlook) -> Link:
    sources = outlook.template.sources
    found = (
        []
        if outlook.entries is None
        else [f"{number(outlook.entries, 'unused entry', 'unused entries')} in its feeds now"]
    )
    found += [number(len(sources.urls), "page")] if sources.urls else []
    found += ["its own text"] if sources.text is not None else []
    return _expected(Step.ITEMS, ", ".join(found))


def _writing(template: Template) -> list[Link]:
    repeated = f"those of the last {number(template.repeat_after, 'day')}" if template.repeat_after else "none"
    return [
        _expected(Step.DRAFTS, f"at most {template.maximum_drafts} for each of {number(template.count, 'post')}"),
        _expected(Step.MINIMUM_SCORE, f"at least {template.minimum_score}"),
        _expected(Step.REPETITION, f"compared with the account's earlier posts: {repeated}"),
    ]


def _gates(template: Template) -> list[Link]:
    if template.approval is Approval.SHADOW:
        shadow = Link(Step.SHADOW, Effect.EXPECTED, SENTENCES[Reason.SHADOW], Reason.SHADOW)
    else:
        shadow = Link(Step.SHADOW, Effect.PASSED, f"the template posts: approval = {template.approval.value}")
    asked = template.pre_publish
    system = _expected(Step.PRE_PUBLISH, f"{asked.url} is asked, for at most {length(asked.within)}") if asked else None
    return [shadow, _approval(template), system or Link(Step.PRE_PUBLISH, Effect.PASSED, "no system is asked")]


def _approval(template: Template) -> Link:
    if template.approval is not Approval.APPROVE:
        return Link(Step.APPROVAL, Effect.PASSED, "no person is asked")
    if template.approve_within is None:
        return _expected(Step.APPROVAL, "it waits for a person")
    then = "posted" if template.approve_default is ApproveDefault.POST else "dropped"
    return _expected(
        Step.APPROVAL, f"it waits for a person for at most {length(template.approve_within)}; then it is {then}"
    )


def _publishing(outlook: Outlook) -> list[Link]:
    template = outlook.template
    told = "nobody is to be told" if not outlook.webhooks else f"{number(outlook.webhooks, 'webhook')} will be told"
    what = number(template.count, template.type.value)
    return [_expected(Step.PUBLICATIONS, f"{what} as @{template.account}"), _expected(Step.CALLBACKS, told)]
