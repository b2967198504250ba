"""Deciding what a run does next, from what SQL has recorded about it. Pure: no clock, no I/O.

The promise of the whole program stands here: once a part has a publication whose outcome is not `deferred` (certainly
not sent), PUBLISH is never the answer for that part again. A crash may cost a post; it cannot cause a second one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from domain.draft import Draft
from domain.publication import Outcome, Publication
from domain.question import DROPPED, Decision, revision_of
from domain.reasons import Reason
from domain.run import STOPPED, Facts, Rejected, Run, RunStatus, Trigger, Verdict
from domain.template import Approval, Template

THREAD_DEADLINE = timedelta(hours=1)  # a thread that has started is finished within this, or it stays in part
PUBLISH_WITHIN = timedelta(hours=24)  # a post that certainly did not go out is tried this long


class Step(StrEnum):
    GATHER = "gather"
    COMPOSE = "compose"
    SCORE = "score"
    REFINE = "refine"
    ASK = "ask"
    HOLD = "hold"
    PUBLISH = "publish"
    CONFIRM = "confirm"
    WAIT = "wait"
    DONE = "done"


class Next(NamedTuple):
    """The one next step. *group*, *part* and *attempt* come with PUBLISH, *publication* with CONFIRM and WAIT.

    DONE carries the final status and, unless everything was posted, the reason.
    """

    step: Step
    group: int = 0
    part: int = 0
    attempt: int = 0
    publication: Publication | None = None
    status: RunStatus | None = None
    reason: Reason | None = None


def next_step(facts: Facts, template: Template, now: datetime) -> Next:
    """Decide the next step of a run."""
    run = facts.run
    if facts.material is None:
        if run.trigger is Trigger.SCHEDULE and now - run.due_at > template.schedule.grace:
            return _skipped(Reason.TOO_LATE)
        return Next(Step.GATHER)
    if not facts.material:
        return _skipped(_nothing_from(facts.rejected))
    if facts.drafts is None:
        return Next(Step.COMPOSE)
    if not facts.drafts:
        return _skipped(Reason.NO_DRAFT)
    if facts.chosen is None:
        unscored = any(draft.score is None for draft in facts.drafts)
        return Next(Step.SCORE if unscored else Step.REFINE)
    if not facts.chosen:
        return _skipped(Reason.TOO_SIMILAR if _repeats_only(facts.drafts, template) else Reason.SCORE_TOO_LOW)
    return _withheld(facts, template) or _publishing(facts, facts.chosen, now)


def _nothing_from(rejected: tuple[Rejected, ...]) -> Reason:
    """Say why the sources gave no material: one that failed may have had some, and what was too old was some."""
    if any(each.failed for each in rejected):
        return Reason.SOURCES_FAILED
    return Reason.EXPIRED if any(each.code is Reason.EXPIRED for each in rejected) else Reason.NOTHING_NEW


def _repeats_only(drafts: tuple[Draft, ...], template: Template) -> bool:
    """Tell whether there were drafts good enough to be chosen, had they not repeated an earlier post."""
    return any(each.repeats and each.score and each.score.value >= template.minimum_score for each in drafts)


def _withheld(facts: Facts, template: Template) -> Next | None:
    """Decide about what is not published, or not yet: the owner's system is asked first, then a person.

    A shadow asks the system too, for that is not publishing, and nobody else.
    """
    nothing_out = all(each.outcome is Outcome.DEFERRED for each in facts.publications)
    if _to_be_asked(facts, template):
        return Next(Step.ASK)
    if facts.question is not None and facts.question.decision in DROPPED and nothing_out:
        return _skipped(Reason.VETOED if facts.question.decision is Decision.VETO else Reason.PRE_PUBLISH_EXPIRED)
    if template.approval is Approval.SHADOW and nothing_out:
        return _skipped(Reason.SHADOW)
    if template.approval is Approval.APPROVE and not _decided(facts) and nothing_out:
        return Next(Step.HOLD)
    return _skipped(Reason.REJECTED) if facts.run.verdict is Verdict.REJECTED else None


def _to_be_asked(facts: Facts, template: Template) -> bool:
    """Tell whether the `pre_publish` callback has still to decide: before a person, and before anything is sent."""
    if template.pre_publish is None or facts.publications or facts.run.verdict is not None:
        return False
    return facts.question is None or facts.question.decision is None


def _decided(facts: Facts) -> bool:
    """Tell whether a person has decided about these very drafts; a verdict of version 0.1 names none."""
    named = facts.run.approved_revision
    return facts.run.verdict is not None and (named is None or named == revision_of(facts.chosen or ()))


def _publishing(facts: Facts, chosen: tuple[Draft, ...], now: datetime) -> Next:
    """Decide about the first part that is not settled for good, group by group; DONE when there is none."""
    latest = {(each.group, each.part): each for each in facts.publications}
    for group, draft in enumerate(chosen):
        for part in range(len(draft.parts)):
            publication = latest.get((group, part))
            if publication is None or publication.outcome is Outcome.DEFERRED:
                if _stopped(facts.run, part) or _too_late(facts, group, now):
                    break
                return Next(Step.PUBLISH, group, part, attempt=publication.attempt + 1 if publication else 0)
            if publication.outcome is None or publication.outcome is Outcome.UNKNOWN:
                return _asking(publication, now)
            if publication.outcome is Outcome.REFUSED:
                break  # the rest of this thread has nothing to reply to
    return _done(chosen, latest, facts.run.reason or Reason.TOO_LATE)


def _stopped(run: Run, part: int) -> bool:
    """Tell whether nothing more may be sent; a thread that has begun is finished even when its template was deleted."""
    return run.reason is Reason.RESTORED or (run.reason in STOPPED and part == 0)


def _asking(publication: Publication, now: datetime) -> Next:
    """Ask what became of a publication when the next question is due; after the last one a person decides."""
    never_asked = publication.asks == 0
    due = publication.next_ask_at is not None and publication.next_ask_at <= now
    return Next(Step.CONFIRM if never_asked or due else Step.WAIT, publication=publication)


def _too_late(facts: Facts, group: int, now: datetime) -> bool:
    """Tell whether a post may no longer be sent: a started thread has its deadline, any post a day.

    What is true for a time only, such as the days left until a day, is not begun after it.
    """
    started = [
        each.intended_at for each in facts.publications if each.group == group and each.outcome is Outcome.CONFIRMED
    ]
    if started:
        return now - min(started) > THREAD_DEADLINE
    if any(each.true_until is not None and each.true_until <= now for each in facts.material or ()):
        return True
    attempts = [each.intended_at for each in facts.publications if each.group == group]
    return bool(attempts) and now - min(attempts) > PUBLISH_WITHIN


def _done(chosen: tuple[Draft, ...], latest: dict[tuple[int, int], Publication], otherwise: Reason) -> Next:
    settled = list(_parts(chosen, latest))
    confirmed = [publication for publication in settled if publication and publication.outcome is Outcome.CONFIRMED]
    if len(confirmed) == len(settled):
        return Next(Step.DONE, status=RunStatus.POSTED)
    if confirmed:
        return Next(Step.DONE, status=RunStatus.PARTIAL, reason=Reason.THREAD_PARTIAL)
    refused = next((each for each in settled if each and each.outcome is Outcome.REFUSED), None)
    if otherwise in STOPPED and refused is None:
        return _skipped(otherwise)
    return Next(Step.DONE, status=RunStatus.FAILED, reason=_why(refused) if refused else otherwise)


def _why(refused: Publication) -> Reason:
    return Reason(refused.reason) if refused.reason in set(Reason) else Reason.REFUSED


def _parts(chosen: tuple[Draft, ...], latest: dict[tuple[int, int], Publication]) -> Iterator[Publication | None]:
    for group, draft in enumerate(chosen):
        for part in range(len(draft.parts)):
            yield latest.get((group, part))


def _skipped(reason: Reason) -> Next:
    failed = reason is Reason.SOURCES_FAILED
    return Next(Step.DONE, status=RunStatus.FAILED if failed else RunStatus.SKIPPED, reason=reason)
