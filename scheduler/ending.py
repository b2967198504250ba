"""How a run ends: its reason, what it says about it, and what becomes of the feed items it reserved. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from domain.errors import ApiBlocked, WriterError
from domain.publication import Outcome, Post
from domain.reasons import SENTENCES, Reason
from domain.run import Facts, RunStatus
from domain.schedule import Missed, Schedule
from storage.runs.steps import Items

BLOCKED = frozenset({Reason.API_BLOCKED, Reason.ACCOUNT_BLOCKED})
NOTHING_NEW = "nothing new"  # how a WriterError begins when everything was posted before

# What becomes of the feed items that a run reserved, by how it ended. Anything not named here is "spent": the item was
# looked at and will not be tried again.
ITEMS_AFTER: dict[Reason | None, Items] = {
    None: "used",
    Reason.THREAD_PARTIAL: "used",
    Reason.API_BLOCKED: "released",
    Reason.ACCOUNT_BLOCKED: "released",
    Reason.NO_PICTURE: "released",
    Reason.TOO_LATE: "released",
    Reason.OVER_BUDGET: "released",
    Reason.CANCELLED: "released",
    Reason.PAUSED: "released",
    Reason.PRE_PUBLISH_EXPIRED: "released",
    Reason.RESEARCH_UNFINISHED: "released",
}


@dataclass(frozen=True, slots=True)
class Finished:
    """How a run ended that did not post everything."""

    status: RunStatus
    reason: Reason
    detail: str | None = None


def blocked(error: ApiBlocked) -> Reason:
    """Tell whether the key and its credits, or the X account, need their owner."""
    return Reason.ACCOUNT_BLOCKED if error.status == 403 else Reason.API_BLOCKED


def unwritten(error: WriterError) -> Finished:
    """Give the end of a run for which no draft could be written."""
    reason = Reason.NOTHING_NEW if str(error).startswith(NOTHING_NEW) else Reason.NO_DRAFT
    return Finished(RunStatus.SKIPPED, reason, str(error))


def with_what_is_out(facts: Facts, end: Finished) -> Finished | None:
    """Give how a run ends that was broken off: parts that are out make it partial, all of them a success (None)."""
    out = sum(each.outcome is Outcome.CONFIRMED for each in facts.publications)
    if not out:
        return end
    if out == sum(len(draft.parts) for draft in facts.chosen or ()):
        return None
    return Finished(RunStatus.PARTIAL, Reason.THREAD_PARTIAL, end.detail or SENTENCES[end.reason])


def more_about(facts: Facts, reason: Reason | None, posts: Iterable[Post]) -> str | None:
    """Say more about *reason*, from what was recorded; of a post that did not go out, what the API said last."""
    if reason in {Reason.SOURCES_FAILED, Reason.NOTHING_NEW, Reason.EXPIRED}:
        return "; ".join(f"{each.reference}: {each.reason}" for each in facts.rejected) or None
    if reason in {Reason.SCORE_TOO_LOW, Reason.TOO_SIMILAR}:
        return facts.choice_reason
    if reason is Reason.REJECTED:
        return facts.run.detail
    if reason in {Reason.VETOED, Reason.PRE_PUBLISH_EXPIRED}:
        return facts.question.reason or facts.question.last_error if facts.question else None
    latest = {(each.group, each.part): each for each in facts.publications}
    not_out = [each for each in latest.values() if each.outcome in {Outcome.REFUSED, Outcome.DEFERRED}]
    if reason is None or not not_out:
        return None
    last = not_out[-1]
    errors = {(post.group, post.part): post.error for post in posts}
    return errors.get((last.group, last.part)) or last.reason


def gap_after(schedule: Schedule, status: RunStatus) -> timedelta | None:
    """Tell how long the next slot that is made up waits after a run that ended so; None: it need not.

    Their times are one gap apart, but nobody may be there at those times: what is late by then must not come at once.
    """
    out = status in {RunStatus.POSTED, RunStatus.PARTIAL}
    return schedule.spread_gap if out and schedule.missed is Missed.SPREAD else None


def needs_owner(facts: Facts, end: Finished | None) -> Reason | None:
    """Tell why the template must be paused: its key, credits or account need their owner. None: it need not."""
    found = {str(end.reason)} if end else set()
    found |= {str(each.reason) for each in facts.publications if each.outcome is Outcome.REFUSED}
    return next((reason for reason in sorted(BLOCKED) if str(reason) in found), None)
