"""The audit: every comparison over the four books."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.chaos.audit import callbacks, entries, gate, posts, reasons, runs, signatures, slots, texts, threads, turns
from tests.chaos.audit.books import Books, Read, read
from tests.chaos.audit.counted import counts, reconciled_by_fault
from tests.chaos.audit.findings import Audit, Finding, Kind
from tests.chaos.audit.joining import grouped

COMPARISONS: tuple[Callable[[Read], Iterator[Finding]], ...] = (
    *(posts.duplicates, posts.lost, posts.unowned, posts.unknown, threads.broken),
    *(runs.unfinished, runs.untold, runs.told_twice, runs.told_too_soon),
    *(runs.falsely_reasoned, reasons.unfounded, runs.posted_after_cancel),
    *(slots.unanswered, slots.unordered, turns.out_of_time, turns.within_gap, turns.interrupted),
    *(gate.unintended, gate.unapproved, gate.unsupported, entries.repeated, entries.foreign, texts.different),
    *(callbacks.lost, callbacks.out_of_order, signatures.false, callbacks.silent_dead),
)


def audit(books: Books) -> Audit:
    """Read the books and compare them. What runs while they are read may look like an error: stop the daemons first."""
    everything = read(books)
    findings = [finding for compare in COMPARISONS for finding in compare(everything)]
    by_kind = grouped(findings, lambda finding: finding.kind)
    found = {kind: tuple(by_kind.get(kind, ())) for kind in Kind}
    return Audit(found, counts(everything), reconciled_by_fault(everything))
