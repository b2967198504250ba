"""What is counted beside the errors: outcomes, reasons, callbacks, and what became of those that met a fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from tests.chaos.audit.books import Read
from tests.chaos.audit.findings import Met
from tests.chaos.audit.joining import grouped
from tests.chaos.audit.scheduler_book import Publication


def counts(read: Read) -> dict[str, Mapping[str, int]]:
    """Count what is no error, by heading."""
    publications = read.scheduler.publications
    times = Counter((each.path, each.event_id) for each in read.receiver if each.accepted)
    callbacks = {
        "requests": len(read.receiver),
        "accepted": sum(each.accepted for each in read.receiver),
        "not accepted": sum(not each.accepted for each in read.receiver),
        "accepted more than once": sum(count > 1 for count in times.values()),
        "of an unknown secret": sum(read.orders.secrets.get(each.path, "") is None for each in read.receiver),
        "dead letters": sum(each.status == "dead" for each in read.scheduler.deliveries),
    }
    return {
        "runs": _counted(run.status for run in read.scheduler.runs.values()),
        "reasons": _counted(run.reason for run in read.scheduler.runs.values() if run.reason),
        "slots in gaps": _counted(gap.reason for gap in read.scheduler.gaps for _ in range(gap.slots)),
        "publications": _counted("unknown" if each.open else str(each.outcome) for each in publications),
        "settled by": _counted(each.settled_by for each in publications if each.outcome == "confirmed"),
        "tweets": _counted(tweet.state for tweet in read.sandbox.tweets.values()),
        "answers to posts": _counted(str(each.status or "none") for each in read.sandbox.posted),
        "callbacks": callbacks,
        "answers to callbacks": _counted(str(each.answered or "none") for each in read.receiver),
        "events": _counted(event.type for event in read.scheduler.events),
        "orders": read.orders.done,
        **_once(read),
    }


def _once(read: Read) -> dict[str, Mapping[str, int]]:
    """Count what became of the templates that were ordered to post once: runs by type and end, and parts.

    A run that was too late on its way, after something of it was tried, is counted as `too_late, tried`.
    """
    once = {name for name, order in read.orders.templates.items() if order.slots == "once"}
    ids = {each.id: each.definition["type"] for each in read.scheduler.templates.values() if each.name in once}
    runs = {each.id: each for each in read.scheduler.runs.values() if each.template_id in ids}
    parts = {
        part: {"unknown" if each.open else str(each.outcome) for each in those}
        for part, those in read.by_part.items()
        if part[0] in runs
    }
    out = (next((each for each in ("confirmed", "unknown") if each in met), "neither") for met in parts.values())
    ends = []
    for run in runs.values():
        tried = ", tried" if run.reason == "too_late" and run.id in read.by_run else ""
        ends.append(f"{ids[run.template_id]} {run.status}" + (f" ({run.reason}{tried})" if run.reason else ""))
    return {"runs of once": _counted(ends), "parts of once": _counted(out)}


def _counted(words: Iterable[str | None]) -> dict[str, int]:
    return {word or "none": count for word, count in Counter(words).most_common()}


def reconciled_by_fault(read: Read) -> dict[str, Met]:
    """Say, by kind of fault that a post met at the sandbox, what became of the publications that met it."""
    met = [
        (name, read.by_key[each.key])
        for each in read.sandbox.posted
        if each.fault and each.key in read.by_key
        for name in _names(read, each.fault, each.key)
    ]
    return {
        kind: _met(read, {publication.id: publication for _, publication in those})
        for kind, those in sorted(grouped(met, lambda each: each[0]).items())
    }


def _names(read: Read, fault: str, key: str) -> list[str]:
    """Give the kind of a fault, and for a write that was pending also how long it was to be."""
    seconds = read.sandbox.pending.get(key) if fault == "pending" else None
    return [fault] if seconds is None else [fault, f"{fault} {seconds:.10g} s"]


def _met(read: Read, publications: Mapping[str, Publication]) -> Met:
    sent = [read.publication_of(tweet) for tweet in read.sandbox.tweets.values() if tweet.state != "lost"]
    out = {publication.id for publication in sent if publication}
    reconciled = [
        each for each in publications.values() if not each.open and (each.outcome == "confirmed") == (each.id in out)
    ]
    how = (each.settled_by if each.outcome == "confirmed" else each.outcome for each in publications.values())
    return Met(len(publications), len(reconciled), _counted("unknown" if each is None else each for each in how))
