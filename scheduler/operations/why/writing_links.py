"""The links from the items that were considered to the gates before publication. Pure."""

from __future__ import annotations

from domain.draft import Draft
from domain.question import DROPPED, Decision, Question
from domain.reasons import Reason
from domain.run import WAITS_FOR, RunStatus, Verdict
from domain.template import Approval, ApproveDefault
from scheduler.operations.why.chain import Effect, Link, Step, not_reached, passed
from scheduler.operations.why.evidence import NOT_GATHERED, Evidence
from scheduler.operations.why.sentences import sentence
from scheduler.operations.why.words import number, some, utc

PRUNED = "not kept any more"
LONG = 60  # characters of a title


def items(evidence: Evidence) -> Link:
    """Say what was gathered, and what was considered and gave nothing, each with its reason."""
    facts = evidence.facts
    if evidence.pruned:
        return Link(Step.ITEMS, Effect.NOT_KNOWN, PRUNED)
    if facts.run.reason is Reason.RESEARCH_UNFINISHED:
        return Link(Step.ITEMS, Effect.STOPPED, sentence(facts.run), facts.run.reason)
    if facts.material is None:
        return not_reached(Step.ITEMS)
    used = [each.title[:LONG] or each.url or each.kind.value for each in facts.material]
    refused = [f"{each.reference}: {each.reason}" for each in facts.rejected]
    said = f"{len(used)} used" + (f" ({some(used)})" if used else "")
    said += f"; {len(refused)} not used" + (f" ({some(refused)})" if refused else "")
    if facts.run.reason in NOT_GATHERED:
        return Link(Step.ITEMS, Effect.STOPPED, f"{sentence(facts.run)}; {said}", facts.run.reason)
    return passed(Step.ITEMS, said)


def drafts(evidence: Evidence) -> Link:
    """Say how many drafts were written, and with which scores."""
    facts = evidence.facts
    if evidence.pruned:
        return Link(Step.DRAFTS, Effect.NOT_KNOWN, PRUNED)
    if not facts.drafts:
        return not_reached(Step.DRAFTS)
    refined = sum(1 for each in facts.drafts if each.refined_from)
    said = f"{number(len(facts.drafts), 'draft')}: {some([_scored(each) for each in facts.drafts])}"
    return passed(Step.DRAFTS, said + (f"; {refined} refined" if refined else ""))


def minimum_score(evidence: Evidence) -> Link:
    """Say whether a draft was good enough."""
    facts, template = evidence.facts, evidence.worked_by
    if facts.chosen is None:
        return not_reached(Step.MINIMUM_SCORE)
    if evidence.pruned:
        return passed(Step.MINIMUM_SCORE, facts.choice_reason or PRUNED)
    asked = f"at least {template.minimum_score} is asked" if template else "what was asked is not known"
    scores = [each.score.value for each in facts.drafts or () if each.score]
    if facts.run.reason is Reason.SCORE_TOO_LOW:
        best = f"; the best has {max(scores)}, {asked}" if scores and not facts.run.detail else ""
        said = sentence(facts.run) + best
        return Link(Step.MINIMUM_SCORE, Effect.STOPPED, said, Reason.SCORE_TOO_LOW)
    chosen = some([_scored(each) for each in facts.chosen])
    return passed(Step.MINIMUM_SCORE, f"chosen: {chosen}; {asked}" if chosen else f"{asked}")


def repetition(evidence: Evidence) -> Link:
    """Say which drafts repeat which post."""
    facts = evidence.facts
    if facts.chosen is None or evidence.pruned:
        return not_reached(Step.REPETITION)
    close = [
        f"{each.id} repeats post {each.repeats.post_id} ({each.repeats.measure.value}, {each.repeats.likeness:.0%})"
        for each in facts.drafts or ()
        if each.repeats
    ]
    if facts.run.reason is Reason.TOO_SIMILAR:
        said = "; ".join([sentence(facts.run), *([some(close)] if close else [])])
        return Link(Step.REPETITION, Effect.STOPPED, said, facts.run.reason)
    return passed(Step.REPETITION, f"set aside: {some(close)}" if close else "no draft repeats an earlier post")


def shadow(evidence: Evidence) -> Link:
    """Say whether the template posts at all."""
    if evidence.worked_by is None:
        return Link(Step.SHADOW, Effect.NOT_KNOWN, "")
    return passed(Step.SHADOW, f"the template posts: approval = {evidence.worked_by.approval.value}")


def approval(evidence: Evidence) -> Link:
    """Say whether a person was asked, until when, and what was decided."""
    run, template = evidence.run, evidence.worked_by
    if run.reason in (Reason.REJECTED, Reason.APPROVAL_EXPIRED):
        return Link(Step.APPROVAL, Effect.STOPPED, sentence(run), run.reason)
    if run.status is RunStatus.HELD:
        return Link(Step.APPROVAL, Effect.WAITS, f"waits for a person{_deadline(evidence)}")
    if run.verdict is not None:
        said = "a person approved it" if run.verdict is Verdict.APPROVED else "a person rejected it"
        said_why = run.detail and run.reason is None and not run.detail.startswith(WAITS_FOR)
        note = f": {run.detail}" if said_why else ""
        revision = f"; revision {run.approved_revision}" if run.approved_revision else ""
        return passed(Step.APPROVAL, said + note + revision)
    if evidence.facts.held:
        return passed(Step.APPROVAL, "it was laid before a person, and nobody decided")
    if template is None:
        return Link(Step.APPROVAL, Effect.NOT_KNOWN, "")
    if template.approval is Approval.APPROVE:
        return Link(Step.APPROVAL, Effect.EXPECTED, "it will be laid before a person")
    return passed(Step.APPROVAL, "no person is asked")


def _deadline(evidence: Evidence) -> str:
    held_at, by = evidence.run.held_at, evidence.run.decide_by
    since = f" since {utc(held_at)}" if held_at else ""
    if by is None:
        return since + ", for as long as it takes"
    then = "posted" if evidence.run.undecided is ApproveDefault.POST else "dropped"
    return f"{since}, until {utc(by)}; then it is {then}"


def pre_publish(evidence: Evidence) -> Link:
    """Say what the owner's system answered."""
    question, template = evidence.facts.question, evidence.worked_by
    if question is not None:
        return _answered(question)
    if template is None:
        return Link(Step.PRE_PUBLISH, Effect.NOT_KNOWN, "")
    if template.pre_publish is None:
        return passed(Step.PRE_PUBLISH, "no system is asked")
    return Link(Step.PRE_PUBLISH, Effect.EXPECTED, f"{template.pre_publish.url} will be asked")


def _answered(question: Question) -> Link:
    tries = f"asked at {utc(question.asked_at)}"
    if question.attempts:
        tries += f", {number(question.attempts, 'failed try', 'failed tries')}"
        tries += f" ({question.last_error})" if question.last_error else ""
    if question.decision is None:
        return Link(Step.PRE_PUBLISH, Effect.WAITS, f"{tries}; it may answer until {utc(question.deadline)}")
    said = f"{tries}; decided: {question.decision.value}" + (f" ({question.reason})" if question.reason else "")
    if question.decision in DROPPED:
        reason = Reason.VETOED if question.decision is Decision.VETO else Reason.PRE_PUBLISH_EXPIRED
        return Link(Step.PRE_PUBLISH, Effect.STOPPED, said, reason)
    return passed(Step.PRE_PUBLISH, said)


def _scored(draft: Draft) -> str:
    return f"{draft.id} {draft.score.value}" if draft.score else f"{draft.id} not scored"
