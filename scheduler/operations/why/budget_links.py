"""The link of the budgets: what a run has cost, and what there was left to spend. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from domain.budget import Entry, EntryState
from domain.prices import dollars
from domain.reasons import Reason
from scheduler.budget_room import told
from scheduler.operations.why.chain import Effect, Link, Step, not_reached, passed
from scheduler.operations.why.evidence import Evidence, Limit
from scheduler.operations.why.sentences import sentence
from scheduler.operations.why.words import some


def budget(evidence: Evidence) -> Link:
    """Say what the run has cost, and whether a budget kept it from posting."""
    run, costs = evidence.run, _costs(evidence.entries)
    if run.reason is Reason.OVER_BUDGET:
        return Link(Step.BUDGET, Effect.STOPPED, "; ".join([sentence(run), *costs]), run.reason)
    limits = _limits(evidence.limits)
    if not evidence.entries:
        return passed(Step.BUDGET, limits) if evidence.facts.publications else not_reached(Step.BUDGET)
    return passed(Step.BUDGET, f"{'; '.join(costs)}; {limits}")


def budget_ahead(limits: Iterable[Limit]) -> Link:
    """Say what is left to spend when a slot to come is due."""
    return Link(Step.BUDGET, Effect.EXPECTED, _limits(limits))


def _costs(entries: Iterable[Entry]) -> list[str]:
    found = []
    for state in (EntryState.SPENT, EntryState.RESERVED, EntryState.RELEASED):
        mine = [each for each in entries if each.state is state]
        total = dollars(sum(each.amount for each in mine))
        kinds = some(sorted({each.kind.value for each in mine}))
        found += [f"{state.value} {total} ({kinds})"] if mine else []
    return found


def _limits(limits: Iterable[Limit]) -> str:
    found = [f"of {told(each.window)} {dollars(each.taken)} is taken" for each in limits]
    return some(found) if found else "nothing is limited"
