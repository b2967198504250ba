"""An audit as a person reads it."""

from __future__ import annotations

from collections.abc import Iterator

from tests.chaos.audit.findings import Audit, Kind

SHOWN = 10  # findings of one kind


def table(audit: Audit) -> str:
    """Give *audit* as lines: the errors by kind, each with its sentence, then the counts, then the faults met."""
    return "\n".join([*_errors(audit), "", *_counts(audit), "", *_faults(audit)])


def _errors(audit: Audit) -> Iterator[str]:
    width = max(len(kind) for kind in Kind)
    yield f"{'must be zero':<{width}}  found"
    for kind in Kind:
        found = audit.found.get(kind, ())
        yield f"{kind:<{width}}  {len(found)}"
        yield from (f"    {each.sentence}" for each in found[:SHOWN])
        if len(found) > SHOWN:
            yield f"    and {len(found) - SHOWN} more"


def _counts(audit: Audit) -> Iterator[str]:
    for heading, numbers in audit.counts.items():
        yield f"{heading}: " + (", ".join(f"{name} {count}" for name, count in numbers.items()) or "none")


def _faults(audit: Audit) -> Iterator[str]:
    yield f"{'fault met by a post':<20}  posts  reconciled  settled by"
    for kind, met in audit.reconciled_by_fault.items():
        how = ", ".join(f"{name} {count}" for name, count in met.settled_by.items())
        yield f"{kind:<20}  {met.publications:>5}  {met.reconciled:>10}  {how}"
