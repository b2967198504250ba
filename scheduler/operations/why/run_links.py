"""The chain of a run, from what was recorded about it. Pure."""

from __future__ import annotations

from datetime import timedelta

from domain.reasons import Reason
from domain.run import FINAL, RunStatus, Trigger
from scheduler.operations.why import nominal
from scheduler.operations.why.budget_links import budget
from scheduler.operations.why.chain import Chain, Effect, Link, Step, foreseen, in_order, not_reached, passed, stopped
from scheduler.operations.why.evidence import Evidence
from scheduler.operations.why.publishing_links import account_gap, callbacks, publications
from scheduler.operations.why.sentences import sentence
from scheduler.operations.why.words import length, utc
from scheduler.operations.why.writing_links import (
    approval,
    drafts,
    items,
    minimum_score,
    pre_publish,
    repetition,
    shadow,
)

AT_ONCE = timedelta(seconds=1)
NOT_KEPT = "not known: the template was changed since, before what it was until then was kept"
NOT_THERE = "not known: the schedule of then, as it is kept, has no slot here"


def chain_of_run(evidence: Evidence) -> Chain:
    """Give every link of the run's slot, those too that it did not reach."""
    run = evidence.run
    links = [*time(evidence), *_planning(evidence), *_working(evidence)]
    if run.status in FINAL and run.reason is not None:
        return stopped(links, run.reason, sentence(run), reached=evidence.reached)
    return in_order(links) if run.status in FINAL else foreseen(links, evidence.reached)


def time(evidence: Evidence) -> list[Link]:
    """Give the links that time decided, by the schedule as it was when the slot was planned."""
    run, template = evidence.run, evidence.planned_by
    if run.trigger is Trigger.REQUEST:
        return nominal.asked_for(run.slot_at, run.retry_of)
    if template is None:
        return nominal.unknown_links(NOT_KEPT)
    slot = nominal.slot_at(template.schedule, run.slot_at)
    return nominal.time_links(template.schedule, slot) if slot else nominal.unknown_links(NOT_THERE)


def _planning(evidence: Evidence) -> list[Link]:
    run = evidence.run
    if run.trigger is Trigger.REQUEST:
        steps = (Step.TEMPLATE, Step.MISSED, Step.MAX_RUNS, Step.OVERLAP)
        return [
            *(not_reached(step) for step in steps),
            passed(Step.OWNER, "a person asked for the run"),
            _start(evidence),
        ]
    made = "" if run.created_at is None else f" when it was planned, at {utc(run.created_at)}"
    template = passed(Step.TEMPLATE, f"active{made}")
    return [template, _owner(evidence), _missed(evidence), _max_runs(evidence), _overlap(evidence), _start(evidence)]


def _working(evidence: Evidence) -> list[Link]:
    found = [
        account_gap(evidence),
        budget(evidence),
        items(evidence),
        drafts(evidence),
        minimum_score(evidence),
        repetition(evidence),
    ]
    found += [shadow(evidence), approval(evidence), pre_publish(evidence)]
    return [*found, *publications(evidence), *callbacks(evidence)]


def _owner(evidence: Evidence) -> Link:
    run = evidence.run
    made = run.created_at or run.slot_at
    if run.due_at != run.slot_at and made < run.slot_at:
        return Link(Step.OWNER, Effect.CHANGED, f"a person moved it to {utc(run.due_at)}", at=run.due_at)
    if run.slot_at < run.due_at < made:
        return Link(Step.OWNER, Effect.CHANGED, f"a person had it made up, at {utc(made)}", at=run.due_at)
    return passed(Step.OWNER, "nobody skipped or moved it")


def _missed(evidence: Evidence) -> Link:
    run, made = evidence.run, evidence.run.created_at
    if made is None or made < run.slot_at:
        return passed(Step.MISSED, "it was planned ahead")
    if made - run.slot_at < AT_ONCE and run.due_at == run.slot_at:
        return passed(Step.MISSED, "planned at its time")
    late = length(made - run.slot_at)
    if run.due_at > made:
        said = f"planned {late} late, and put off: missed slots are made up one after the other"
        return Link(Step.MISSED, Effect.CHANGED, f"{said}, this one at {utc(run.due_at)}", at=run.due_at)
    return passed(Step.MISSED, f"planned {late} after its time")


def _max_runs(evidence: Evidence) -> Link:
    if evidence.planned_by is None:
        return Link(Step.MAX_RUNS, Effect.NOT_KNOWN, "")
    most = evidence.planned_by.schedule.max_runs
    return passed(Step.MAX_RUNS, "no limit" if most is None else f"not used up: at most {most}")


def _overlap(evidence: Evidence) -> Link:
    run, previous = evidence.run, evidence.previous
    if run.reason not in (Reason.OVERLAP, Reason.UNSETTLED):
        return passed(Step.OVERLAP, "no earlier run was in its way")
    said = sentence(run) + (f"; that was run {previous.id} of slot {utc(previous.slot_at)}" if previous else "")
    return Link(Step.OVERLAP, Effect.STOPPED, said, run.reason)


def _start(evidence: Evidence) -> Link:
    run = evidence.run
    if run.started_at is not None:
        late = run.started_at - run.due_at
        after = f"{length(late)} after it was due" if late >= AT_ONCE else "when it was due"
        return passed(Step.START, f"started at {utc(run.started_at)}, {after}")
    if run.status is RunStatus.QUEUED:
        when = max(run.due_at, run.not_before or run.due_at)
        return Link(Step.START, Effect.WAITS, f"waits to be worked on, from {utc(when)} on", at=when)
    return not_reached(Step.START)
