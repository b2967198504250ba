"""The chain of a slot: what each link of it decided, from its nominal time to the callbacks. Values only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from domain.reasons import Reason


class Step(StrEnum):
    """The links of a chain, in their order."""

    NOMINAL = "nominal"  # where the schedule puts it on its wall
    DST = "dst"
    EXCLUDED = "excluded_dates"
    QUIET = "quiet_hours"
    JITTER = "jitter"
    TEMPLATE = "template"  # whether the template is active
    OWNER = "owner"  # what a person decided about the slot
    MISSED = "missed"
    MAX_RUNS = "max_runs"
    OVERLAP = "overlap"
    START = "start"
    ACCOUNT_GAP = "account_gap"
    BUDGET = "budget"
    ITEMS = "items"
    DRAFTS = "drafts"
    MINIMUM_SCORE = "minimum_score"
    REPETITION = "repetition"
    PRE_PUBLISH = "pre_publish"
    SHADOW = "shadow"
    APPROVAL = "approval"
    PUBLICATIONS = "publications"
    CALLBACKS = "callbacks"


ORDER = {step: place for place, step in enumerate(Step)}


class Effect(StrEnum):
    """What a link did to the slot."""

    PASSED = "passed"
    CHANGED = "changed"  # it goes on, at another time
    STOPPED = "stopped"
    WAITS = "waits"
    EXPECTED = "expected"  # to come: a forecast
    NOT_REACHED = "not_reached"
    NOT_KNOWN = "not_known"


@dataclass(frozen=True, slots=True)
class Link:
    """What one link decided, *said* in words.

    *reason* stands on the one that stopped the slot. *at* is the instant that it gave the slot or its run.
    """

    step: Step
    effect: Effect
    said: str
    reason: Reason | None = None
    at: datetime | None = None


Chain = tuple[Link, ...]

# The link at which each reason stops a slot.
STOPS = {
    Reason.EXCLUDED: Step.EXCLUDED,
    Reason.QUIET_HOURS: Step.QUIET,
    Reason.PAUSED: Step.TEMPLATE,
    Reason.BY_OWNER: Step.TEMPLATE,
    Reason.INVALID_TEMPLATE: Step.TEMPLATE,
    Reason.OWNER_SKIPPED: Step.OWNER,
    Reason.CANCELLED: Step.OWNER,
    Reason.RESTORED: Step.OWNER,
    Reason.MISSED: Step.MISSED,
    Reason.SUPERSEDED: Step.MISSED,
    Reason.MAX_RUNS: Step.MAX_RUNS,
    Reason.OVERLAP: Step.OVERLAP,
    Reason.UNSETTLED: Step.OVERLAP,
    Reason.TOO_LATE: Step.START,
    Reason.INTERNAL_ERROR: Step.START,
    Reason.OVER_BUDGET: Step.BUDGET,
    Reason.NOTHING_NEW: Step.ITEMS,
    Reason.EXPIRED: Step.ITEMS,
    Reason.SOURCES_FAILED: Step.ITEMS,
    Reason.RESEARCH_UNFINISHED: Step.ITEMS,
    Reason.NO_DRAFT: Step.DRAFTS,
    Reason.SCORE_TOO_LOW: Step.MINIMUM_SCORE,
    Reason.TOO_SIMILAR: Step.REPETITION,
    Reason.SHADOW: Step.SHADOW,
    Reason.REJECTED: Step.APPROVAL,
    Reason.APPROVAL_EXPIRED: Step.APPROVAL,
    Reason.VETOED: Step.PRE_PUBLISH,
    Reason.PRE_PUBLISH_EXPIRED: Step.PRE_PUBLISH,
    Reason.NO_PICTURE: Step.PUBLICATIONS,
    Reason.REFUSED: Step.PUBLICATIONS,
    Reason.DUPLICATE: Step.PUBLICATIONS,
    Reason.API_BLOCKED: Step.PUBLICATIONS,
    Reason.ACCOUNT_BLOCKED: Step.PUBLICATIONS,
    Reason.UNKNOWN_OUTCOME: Step.PUBLICATIONS,
    Reason.THREAD_PARTIAL: Step.PUBLICATIONS,
    Reason.NOT_POSTED: Step.PUBLICATIONS,
}


def passed(step: Step, said: str) -> Link:
    return Link(step, Effect.PASSED, said)


def not_reached(step: Step) -> Link:
    return Link(step, Effect.NOT_REACHED, "")


def in_order(links: Iterable[Link]) -> Chain:
    """Give the links in the order of their steps; those of one step stay as they are."""
    return tuple(sorted(links, key=lambda link: ORDER[link.step]))


def stopped(links: Iterable[Link], reason: Reason, said: str, *, reached: Step = Step.NOMINAL) -> Chain:
    """Give the chain that *reason* stopped.

    Links after that one which merely let the slot pass were not asked, unless it got as far as *reached*. Whom was told
    of it stays.
    """
    place = STOPS[reason]
    asked = max(ORDER[place], ORDER[reached])
    found = []
    for link in links:
        late = ORDER[link.step] > asked and link.step is not Step.CALLBACKS
        if late and link.effect in (Effect.PASSED, Effect.EXPECTED, Effect.WAITS):
            found.append(not_reached(link.step))
        elif link.step is not place or link.step is Step.PUBLICATIONS or link.effect is Effect.STOPPED:
            found.append(link)
    if not any(link.step is place and link.reason is reason for link in found):
        found = [link for link in found if link.step is not place or link.effect is not Effect.NOT_REACHED]
        found.append(Link(place, Effect.STOPPED, said, reason))
    return in_order(found)


def foreseen(links: Iterable[Link], reached: Step) -> Chain:
    """Give the chain of a run that is not done: what lets it pass beyond *reached* is only expected to."""
    return tuple(
        replace(link, effect=Effect.EXPECTED)
        if link.effect is Effect.PASSED and ORDER[link.step] > ORDER[reached] and link.step is not Step.CALLBACKS
        else link
        for link in in_order(links)
    )
