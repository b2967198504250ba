"""The links of publishing and telling: the account's gap, each attempt to send a part, each callback. Pure."""

from __future__ import annotations

from datetime import timedelta

from domain.event import DeliveryStatus
from domain.publication import UPLOADED, Outcome, Publication
from domain.run import FINAL
from scheduler.operations.why.chain import Effect, Link, Step, not_reached, passed
from scheduler.operations.why.evidence import Evidence
from scheduler.operations.why.values import Callback
from scheduler.operations.why.words import length, number, utc

AT_ONCE = timedelta(seconds=10)  # a post that goes out this soon after its account is free has waited for it


def account_gap(evidence: Evidence) -> Link:
    """Say when the account posted before, and when it was free again."""
    before, gap = evidence.before, evidence.gap
    kept = f"{length(gap)} are kept between two" if gap else "no gap is kept between two"
    if not evidence.facts.publications:
        if evidence.run.status in FINAL or before is None:
            return not_reached(Step.ACCOUNT_GAP)
        said = f"@{evidence.run.account} posted last at {utc(before.at)}; {kept}: free from {utc(before.at + gap)} on"
        return Link(Step.ACCOUNT_GAP, Effect.EXPECTED, said, at=before.at + gap)
    if before is None:
        return passed(Step.ACCOUNT_GAP, f"@{evidence.run.account} had not posted before; {kept}")
    sent = evidence.facts.publications[0].intended_at
    said = f"@{evidence.run.account} posted {length(sent - before.at)} before, by run {before.run_id}; {kept}"
    if gap and timedelta(0) <= sent - (before.at + gap) <= AT_ONCE:
        return Link(Step.ACCOUNT_GAP, Effect.CHANGED, f"waited for the account: {said}", at=sent)
    return passed(Step.ACCOUNT_GAP, said)


def publications(evidence: Evidence) -> list[Link]:
    """Give a link for each attempt to send a part."""
    found = evidence.facts.publications
    many = len({(each.group, each.part) for each in found}) > 1
    return [_attempt(each, many) for each in found] or [not_reached(Step.PUBLICATIONS)]


def _attempt(one: Publication, many: bool) -> Link:
    part = f"post {one.group + 1}, part {one.part + 1}, " if many else ""
    sent = "given up before it was sent, at" if one.settled_by == UPLOADED else "sent at"
    picture = ", with a picture" if one.picture is not None else ""
    said = f"{part}attempt {one.attempt + 1}, {sent} {utc(one.intended_at)}{picture}: {_outcome(one)}"
    if one.asks:
        said += f"; asked {number(one.asks, 'time')}"
    if one.next_ask_at and one.outcome in (None, Outcome.UNKNOWN):
        said += f", next at {utc(one.next_ask_at)}"
    effects = {Outcome.CONFIRMED: Effect.PASSED, Outcome.REFUSED: Effect.STOPPED, Outcome.DEFERRED: Effect.CHANGED}
    return Link(Step.PUBLICATIONS, effects.get(one.outcome, Effect.WAITS) if one.outcome else Effect.WAITS, said)


def _outcome(one: Publication) -> str:
    why = f" ({one.reason})" if one.reason else ""
    if one.outcome is None:
        return "it may have left; its outcome is not known yet"
    if one.outcome is Outcome.CONFIRMED:
        return f"confirmed as {one.tweet_id}, found by {one.settled_by}"
    if one.outcome is Outcome.REFUSED:
        return f"refused{why}"
    if one.outcome is Outcome.DEFERRED:
        return f"certainly not sent{why}; the next attempt has a key of its own"
    return f"not known whether it is out{why}"


def callbacks(evidence: Evidence) -> list[Link]:
    """Give a link for each event and webhook."""
    return [_told(each) for each in evidence.callbacks] or [passed(Step.CALLBACKS, "nobody was to be told")]


def _told(one: Callback) -> Link:
    effects = {DeliveryStatus.PENDING: Effect.WAITS, DeliveryStatus.DEAD: Effect.STOPPED}
    error = f" ({one.last_error})" if one.last_error and one.status is not DeliveryStatus.DELIVERED else ""
    said = f"{one.event} to {one.webhook_id}: {one.status.value}, {number(one.attempts, 'attempt')}{error}"
    return Link(Step.CALLBACKS, effects.get(one.status, Effect.PASSED), said)
