"""Whether each run came to an end, somebody was told of it, and what was cancelled stayed unposted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.chaos.audit.books import Read, part_of
from tests.chaos.audit.findings import Finding, Kind
from tests.chaos.audit.joining import grouped
from tests.chaos.audit.posts import FINAL
from tests.chaos.audit.scheduler_book import Event
from tests.chaos.audit.signatures import instant

# The first three end a run; a person may settle a part of it later.
ENDS = ("run.succeeded", "run.failed", "run.skipped", "post.settled")


def unfinished(read: Read) -> Iterator[Finding]:
    """Give the runs that are not at their end; one that waits for a person or for an unknown outcome has said so."""
    told = {(event.run_id, event.type) for event in read.scheduler.events}
    for run in read.scheduler.runs.values():
        asked = run.status == "unknown" and any(each.open for each in read.by_run.get(run.id, []))
        waits = run.status == "held" and (run.id, "run.held") in told
        if run.status not in FINAL and not asked and not waits:
            yield Finding(Kind.UNFINISHED_RUN, (run.id,), f"run {run.id} of {run.slot_at} is still {run.status}")


def untold(read: Read) -> Iterator[Finding]:
    """Give the ends, the gaps and the unknown outcomes of which there is no event."""
    events = grouped(read.scheduler.events, lambda event: event.run_id)
    for run in read.scheduler.runs.values():
        types = {event.type for event in events.get(run.id, [])}
        if run.status in FINAL and not types & set(ENDS):
            yield Finding(
                Kind.UNTOLD_END, (run.id,), f"run {run.id} is {run.status} ({run.reason}), and no event says so"
            )
        if run.status == "unknown" and "post.unknown" not in types:
            yield Finding(Kind.UNTOLD_END, (run.id,), f"run {run.id} is unknown, and no event says so")
    yield from _untold_parts(read)
    yield from _untold_stands(read)
    told = {stretch_of(event) for event in read.scheduler.events if event.type == "slots.skipped"}
    for gap in read.scheduler.gaps:
        if (gap.template_id, instant(gap.start_at), instant(gap.end_at), gap.slots, gap.reason) not in told:
            sentence = f"{gap.slots} slots from {gap.start_at} to {gap.end_at} are {gap.reason}, and no event says so"
            yield Finding(Kind.UNTOLD_END, (gap.template_id,), sentence)


def _untold_parts(read: Read) -> Iterator[Finding]:
    """Give the parts that are out of which no event says so, unless a person found it out."""
    told = {
        (event.run_id, post["group"], post["order"])
        for event in read.scheduler.events
        if event.type in ("post.published", "post.settled")
        for post in event.data["posts"]
    }
    for each in read.scheduler.publications:
        if each.outcome == "confirmed" and part_of(each) not in told:
            sentence = f"tweet {each.tweet_id} of run {each.run_id} is out, and no event says so"
            yield Finding(Kind.UNTOLD_END, (each.id,), sentence)


def _untold_stands(read: Read) -> Iterator[Finding]:
    """Give the templates that were paused, or ended, in silence."""
    told = {(event.stream, event.type) for event in read.scheduler.events}
    for template in read.scheduler.templates.values():
        if template.status in ("paused", "ended") and (template.id, f"template.{template.status}") not in told:
            sentence = f"template {template.name!r} is {template.status}, and no event says so"
            yield Finding(Kind.UNTOLD_END, (template.id,), sentence)


def stretch_of(event: Event) -> tuple[str, str, str, int, str]:
    slots = event.data["slots"]
    return event.stream, slots["from"], slots["to"], slots["count"], slots["reason"]


def told_twice(read: Read) -> Iterator[Finding]:
    """Give the ends, and the parts that are out, that more than one event tells of."""
    ends = Counter(
        event.run_id for event in read.scheduler.events if event.type in ENDS and event.type != "post.settled"
    )
    out = Counter(
        (event.run_id, post["group"], post["order"])
        for event in read.scheduler.events
        if event.type == "post.published"
        for post in event.data["posts"]
    )
    for run_id, count in ends.items():
        if count > 1:
            yield Finding(Kind.TOLD_TWICE, (str(run_id),), f"the end of run {run_id} was told {count} times")
    for (run_id, group, part), count in out.items():
        if count > 1:
            sentence = f"that part {part} of group {group} of run {run_id} is out was told {count} times"
            yield Finding(Kind.TOLD_TWICE, (str(run_id),), sentence)


def told_too_soon(read: Read) -> Iterator[Finding]:
    """Give the runs whose end was told before a part of them that is out."""
    last: dict[str | None, Event] = {}
    for event in read.scheduler.events:  # in the order of their recording
        if event.type in ENDS[:3]:
            last[event.run_id] = event
        elif event.type == "post.published" and event.run_id in last:
            sentence = f"the end of run {event.run_id} was told before {event.id} told that a part is out"
            yield Finding(Kind.TOLD_TWICE, (event.id,), sentence)


def falsely_reasoned(read: Read) -> Iterator[Finding]:
    """Give the runs that say they were cancelled and were not, and refused publications that nobody refused."""
    # Deleting or replacing a template cancels what waits; and without orders nobody wrote down what was cancelled.
    if read.orders.templates and not read.orders.done.keys() & {"delete", "replace"}:
        for run in read.scheduler.runs.values():
            if run.reason == "cancelled" and run.id not in read.orders.wished:
                sentence = f"run {run.id} of {run.slot_at} says it was cancelled, and nobody did that"
                yield Finding(Kind.FALSE_REASON, (run.id,), sentence)
    refused = {each.key for each in read.sandbox.posted if each.status is not None and 400 <= each.status < 500}
    for each in read.scheduler.publications:
        if each.outcome == "refused" and each.settled_by == "answer" and each.idempotency_key not in refused:
            sentence = f"publication {each.id} says it was refused, and the sandbox refused nothing of its key"
            yield Finding(Kind.FALSE_REASON, (each.id,), sentence)


def posted_after_cancel(read: Read) -> Iterator[Finding]:
    """Give what was sent of the runs of which a cancel was answered `cancelled`, and those that did not end so.

    What was certainly not posted before the cancel does not count: the run could still be cancelled.
    """
    tweets = [tweet for tweet in read.sandbox.tweets.values() if tweet.state != "lost"]
    for run_id, cancelled_at in read.orders.cancelled.items():
        keys = {each.idempotency_key for each in read.by_run.get(run_id, [])}
        for request in read.sandbox.posted:
            if request.key in keys and request.received_at > cancelled_at:
                sentence = f"run {run_id} was cancelled at {cancelled_at}, and sent a post at {request.received_at}"
                yield Finding(Kind.POST_AFTER_CANCEL, (run_id, str(request.key)), sentence)
        for tweet in tweets:
            owner = read.publication_of(tweet)
            if owner is not None and owner.run_id == run_id:
                sentence = f"run {run_id} was cancelled, and posted {tweet.id} at {tweet.created_at}"
                yield Finding(Kind.POST_AFTER_CANCEL, (run_id, tweet.id), sentence)
        run = read.scheduler.runs.get(run_id)
        if run is None or (run.status, run.reason) != ("skipped", "cancelled"):
            stands = f"{run.status} ({run.reason})" if run else "not in the database"
            yield Finding(Kind.POST_AFTER_CANCEL, (run_id,), f"run {run_id} was answered as cancelled, and is {stands}")
