"""Whether what posted nothing gives a reason that is so, as far as times, template and sandbox can bear it out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.chaos.audit.books import Read
from tests.chaos.audit.durations import duration
from tests.chaos.audit.findings import Finding, Kind
from tests.chaos.audit.runs import ENDS, stretch_of
from tests.chaos.audit.scheduler_book import Event, Run, Template
from tests.chaos.audit.signatures import instant

SKEW = timedelta(minutes=2)  # how far the clocks of processes may be apart
SOON = timedelta(seconds=60)  # within which the policy that skips missed slots still runs one
MOMENT = timedelta(seconds=10)  # between seeing that a run is open, and recording it
ON_ITS_WAY = timedelta(hours=1)  # after which what has begun may grow too late


@dataclass(frozen=True, slots=True)
class Unposted:
    """Slots that posted nothing: one with its run, or a gap; *told* is the event that says so."""

    template: Template
    run: Run | None
    first: datetime
    last: datetime
    reason: str
    told: Event

    @property
    def schedule(self) -> dict[str, Any]:
        found: dict[str, Any] = self.template.definition["schedule"]
        return found

    @property
    def grace(self) -> timedelta:
        return duration(self.schedule["grace"])


# Says what speaks against a reason, given the slots and all runs of their template.
Check = Callable[[Read, Unposted, list[Run]], str | None]


def unfounded(read: Read) -> Iterator[Finding]:
    """Give the runs and gaps whose reason cannot be so."""
    runs_of = _by_template(read)
    for each in (*_runs(read), *_gaps(read)):
        why = CHECKS.get(each.reason, _unchecked)(read, each, runs_of.get(each.template.id, []))
        if why is None and each.told.created_at > read.until + SKEW:
            why = f"that was told at {each.told.created_at}, which no clock can have shown"
        if why:
            what = f"run {each.run.id} of {each.last}" if each.run else f"the gap from {each.first} to {each.last}"
            about = (each.run.id if each.run else each.template.id,)
            yield Finding(Kind.FALSE_REASON, about, f"{what} of {each.template.name!r} is {each.reason}, but {why}")


def _by_template(read: Read) -> dict[str, list[Run]]:
    found: dict[str, list[Run]] = {}
    for run in read.scheduler.runs.values():
        found.setdefault(run.template_id, []).append(run)
    return found


def _runs(read: Read) -> Iterator[Unposted]:
    told = {event.run_id: event for event in read.scheduler.events if event.type in ENDS[:3]}
    for run in read.scheduler.runs.values():
        template, event = read.template_of(run.id), told.get(run.id)
        if run.status in ("skipped", "failed") and run.reason and template and event:
            yield Unposted(template, run, run.slot_at, run.slot_at, run.reason, event)


def _gaps(read: Read) -> Iterator[Unposted]:
    told = {stretch_of(event): event for event in read.scheduler.events if event.type == "slots.skipped"}
    for gap in read.scheduler.gaps:
        template = read.scheduler.templates.get(gap.template_id)
        event = told.get((gap.template_id, instant(gap.start_at), instant(gap.end_at), gap.slots, gap.reason))
        if template and event:
            yield Unposted(template, None, gap.start_at, gap.end_at, gap.reason, event)


def _missed(read: Read, slot: Unposted, runs: list[Run]) -> str | None:
    """Only a slot older than the grace is missed; under `skip` also one before another that runs."""
    policy, tolerance = slot.schedule["missed"], slot.grace
    if policy == "spread" or (policy == "skip" and _newer(slot, runs)):
        return None
    age = slot.told.created_at - slot.last
    within = min(tolerance, SOON) if policy == "skip" else tolerance
    return f"it was {age} old then, within its grace of {within}" if age <= within else None


def _superseded(read: Read, slot: Unposted, runs: list[Run]) -> str | None:
    if slot.schedule["missed"] != "latest":
        return f"missed slots are to {slot.schedule['missed']}"
    return None if _newer(slot, runs) else "no newer slot had come due"


def _newer(slot: Unposted, runs: list[Run]) -> bool:
    """Tell whether a slot after these had come due when they were told of."""
    return any(each.trigger == "schedule" and slot.last < each.slot_at <= slot.told.created_at for each in runs)


def _overlap(read: Read, slot: Unposted, runs: list[Run]) -> str | None:
    """Another run of the template must have been open: its end was told later, a moment before, or not at all."""
    if slot.schedule["overlap"] == "queue" or slot.schedule["missed"] == "spread":
        return "its slots wait for each other"
    ended = {
        event.run_id
        for event in read.scheduler.events
        if (event.type in ENDS[:3] and event.stream == slot.template.id)
        and (event.position < slot.told.position and event.created_at < slot.told.created_at - MOMENT)
    }
    before = (each for each in runs if each.trigger != "schedule" or each.slot_at < slot.first)
    return None if any(each.id not in ended for each in before) else "no other run was open then"


def _unsettled(read: Read, slot: Unposted, runs: list[Run]) -> str | None:
    doubted = (each for run in runs for each in read.by_run.get(run.id, []) if each.open or each.settled_by != "answer")
    return None if any(doubted) else "no post of its template was ever in doubt"


def _too_late(read: Read, slot: Unposted, runs: list[Run]) -> str | None:
    """A run grows too late before it begins, by its grace; on its way; and when its material is true no more."""
    assert slot.run is not None
    began = [each.intended_at for each in read.by_run.get(slot.run.id, [])]
    if began and slot.told.created_at - min(began) > ON_ITS_WAY:
        return None
    if slot.run.id in _short_lived(read):
        return None
    age = slot.told.created_at - slot.run.due_at
    return f"it was {age} old then, within its grace of {slot.grace}" if age <= slot.grace else None


def _short_lived(read: Read) -> set[str]:
    return {each.run_id for each in read.scheduler.materials if each.document.get("true_until") is not None}


def _score_too_low(read: Read, slot: Unposted, runs: list[Run]) -> str | None:
    assert slot.run is not None
    least = slot.template.definition["minimum_score"]
    scores = [
        each.document["score"]["value"]
        for each in read.scheduler.drafts
        if each.run_id == slot.run.id and each.document.get("score")
    ]
    return f"each of its drafts scored {least} and more" if scores and min(scores) >= least else None


def _rejected(read: Read, slot: Unposted, runs: list[Run]) -> str | None:
    return None if slot.run is not None and slot.run.verdict == "rejected" else "nobody rejected it"


def _answered(*statuses: int) -> Check:
    """Give a check that the sandbox ever answered one of these."""

    def check(read: Read, slot: Unposted, runs: list[Run]) -> str | None:
        if any(each.status in statuses for each in read.sandbox.requests):
            return None
        return f"the sandbox never answered {' or '.join(map(str, statuses))}"

    return check


def _said(where: Callable[[dict[str, Any]], object], what: str) -> Check:
    """Give a check that the template's definition asks for something."""
    return lambda read, slot, runs: None if where(slot.template.definition) else f"its template has no {what}"


def _paused(read: Read, slot: Unposted, runs: list[Run]) -> str | None:
    told = ((event.stream, event.type) for event in read.scheduler.events)
    return None if (slot.template.id, "template.paused") in told else "its template was never paused"


def _unchecked(read: Read, slot: Unposted, runs: list[Run]) -> str | None:
    return None


CHECKS: dict[str, Check] = {
    "missed": _missed,
    "superseded": _superseded,
    "overlap": _overlap,
    "unsettled": _unsettled,
    "too_late": _too_late,
    "score_too_low": _score_too_low,
    "rejected": _rejected,
    "paused": _paused,
    "max_runs": _said(lambda definition: definition["schedule"]["max_runs"], "limit of its runs"),
    "quiet_hours": _said(lambda definition: definition["schedule"]["closures"], "quiet hours"),
    "excluded": _said(lambda definition: definition["schedule"]["closures"], "excluded dates"),
    "approval_expired": _said(lambda definition: definition["approve_within"], "deadline for an approval"),
    "vetoed": _said(lambda definition: definition["pre_publish"], "system to ask"),
    "pre_publish_expired": _said(lambda definition: definition["pre_publish"], "system to ask"),
    "shadow": _said(lambda definition: definition["approval"] == "shadow", "shadow"),
    "api_blocked": _answered(401, 402, 403),
    "account_blocked": _answered(401, 403, 404, 409, 422, 424),
}
