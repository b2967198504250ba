"""Whether each planned instant has exactly one answer, computed from what was ordered and not by the scheduler."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from tests.chaos.audit.books import Read
from tests.chaos.audit.findings import Finding, Kind
from tests.chaos.audit.joining import grouped
from tests.chaos.audit.outside_books import Ordered
from tests.chaos.audit.scheduler_book import Gap, Run, Template

MINUTE, DAY, INSTANT = timedelta(minutes=1), timedelta(days=1), timedelta(microseconds=1)
SKEW = timedelta(seconds=1)  # between the clocks of the campaign, of the command that adds a template, and its slots
SHOWN = 5  # slots named in one sentence


def unanswered(read: Read) -> Iterator[Finding]:
    """Give the slots without a row, and the rows that are no slot's or another's too, of every template ordered."""
    templates = {template.name: template for template in read.scheduler.templates.values()}
    scheduled = grouped(
        (run for run in read.scheduler.runs.values() if run.trigger == "schedule"), lambda run: run.template_id
    )
    passed_over = grouped(read.scheduler.gaps, lambda gap: gap.template_id)
    for order in read.orders.templates.values():
        template = templates.get(order.name)
        if template is None:
            yield Finding(Kind.SLOT_WITHOUT_ROW, (order.name,), f"template {order.name!r} was added, and is not there")
            continue
        runs, gaps = scheduled.get(template.id, []), passed_over.get(template.id, [])
        yield from _never_due(template, read.orders.calm_at)
        slots = _slots(order, template, runs, gaps, read.orders.calm_at)
        yield from _compare(order, slots, runs, gaps)


def unordered(read: Read) -> Iterator[Finding]:
    """Give the templates with more runs beside their schedule than were asked for, where it is known what was."""
    beside = grouped(
        (run for run in read.scheduler.runs.values() if run.trigger != "schedule"), lambda run: run.template_id
    )
    for template_id, runs in beside.items():
        template = read.scheduler.templates.get(template_id)
        name = template.name if template else template_id
        asked = read.orders.requested.get(name, 0)
        if read.orders.templates and len(runs) > asked:
            ids = tuple(run.id for run in runs)
            sentence = f"template {name!r} has {len(ids)} runs beside its schedule, and {asked} were asked for"
            yield Finding(Kind.UNORDERED_RUN, ids, sentence)


def _never_due(template: Template, calm_at: datetime | None) -> Iterator[Finding]:
    """Give a template that is active and comes due no more, or was due before the calm and not planned since."""
    if template.status != "active":
        return
    at = template.next_slot_at
    if at is None or (calm_at is not None and at <= calm_at):
        when = f"has been due since {at}" if at else "never comes due"
        yield Finding(Kind.SLOT_WITHOUT_ROW, (template.name,), f"template {template.name!r} is active and {when}")


def _slots(
    order: Ordered, template: Template, runs: list[Run], gaps: list[Gap], calm_at: datetime | None
) -> list[datetime]:
    """Give the planned instants of a template up to where its planning stands, or up to *calm_at* if that is later."""
    added = order.since - SKEW <= template.created_at <= (order.done or template.created_at) + SKEW
    begun = template.created_at if added else order.since
    rows = [*(run.slot_at for run in runs), *(gap.end_at for gap in gaps)]
    if order.slots == "once":
        # The first slot is when it was added; clocks that were set forward may have brought the next days'.
        first = min(rows, default=begun)
        anchor = first if abs(first - begun) <= SKEW else begun
        return _every(DAY, anchor, max([anchor, *rows]))
    planned_to = template.next_slot_at - INSTANT if template.next_slot_at else max(rows, default=begun)
    if template.status == "ended" and order.until is not None:
        planned_to = order.until
    end = max(planned_to, calm_at or planned_to)
    end = min(end, order.until or end)
    for stop in (template.paused_from, template.deleted_at):
        end = min(end, stop - INSTANT) if stop else end
    return _every(MINUTE, begun.replace(second=0, microsecond=0) + MINUTE, end)


def _every(step: timedelta, first: datetime, last: datetime) -> list[datetime]:
    return [first + number * step for number in range(max((last - first) // step + 1, 0))]


def _compare(order: Ordered, slots: list[datetime], runs: list[Run], gaps: list[Gap]) -> Iterator[Finding]:
    rows = Counter(run.slot_at for run in runs)
    strange = sorted(rows.keys() - set(slots))
    for gap in gaps:
        inside = slots[bisect_left(slots, gap.start_at) : bisect_right(slots, gap.end_at)]
        rows.update(inside)
        if len(inside) != gap.slots:
            stretch = f"the gap of {order.name!r} from {gap.start_at} to {gap.end_at}"
            yield Finding(Kind.UNPLANNED_SLOT, (order.name,), f"{stretch} says {gap.slots} slots, not {len(inside)}")
    missing = [slot for slot in slots if not rows[slot]]
    if missing:
        yield _about(Kind.SLOT_WITHOUT_ROW, order, missing, "have neither a run nor a gap")
    if twice := [slot for slot in slots if rows[slot] > 1]:
        yield _about(Kind.UNPLANNED_SLOT, order, twice, "have two rows")
    if strange:
        yield _about(Kind.UNPLANNED_SLOT, order, strange, "have a run and are no slots")


def _about(kind: Kind, order: Ordered, instants: list[datetime], what: str) -> Finding:
    named = [str(each) for each in instants]
    shown = ", ".join(named[:SHOWN])
    return Finding(kind, (order.name, *named), f"{len(named)} instants of {order.name!r} {what}: {shown}")
