"""The answers to "why?": of a run, of a slot within a gap, of a slot to come, and of an instant that is no slot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.draft import Draft, Part
from domain.event import DeliveryStatus
from domain.material import Material
from domain.publication import Post, Publication
from domain.reasons import Reason
from domain.run import Gap, Rejected, Run, RunStatus
from domain.schedule import Slot
from scheduler.operations.why.chain import Chain


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to deliver an event. *status* is the HTTP status, None where there was no answer."""

    at: datetime
    ok: bool
    status: int | None
    error: str | None
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Callback:
    """One event of the run and what became of telling it to one webhook. *tries* are those that are still kept."""

    event: str
    webhook_id: str
    status: DeliveryStatus
    attempts: int
    last_error: str | None
    tries: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True)
class Why:
    """The explanation of one run. *sentence* is the short answer, *chain* the long one; the rest is the evidence."""

    template: str
    run: Run
    sentence: str
    chain: Chain
    material: tuple[Material, ...]
    rejected: tuple[Rejected, ...]
    drafts: tuple[Draft, ...]
    chosen: tuple[str, ...]
    choice_reason: str | None
    posts: tuple[Post, ...]
    publications: tuple[Publication, ...]
    callbacks: tuple[Callback, ...]
    doubtful: bool = False

    @property
    def slot_at(self) -> datetime:
        return self.run.slot_at


@dataclass(frozen=True, slots=True)
class WhyGap:
    """The explanation of slots that lie among many that posted nothing for one reason.

    *slot_at* is the one that was asked about; None when it was a day, or when its schedule is not known any more.
    """

    template: str
    gap: Gap
    sentence: str
    slot_at: datetime | None = None
    chain: Chain = ()


class Standing(StrEnum):
    """How a slot stands that has no record."""

    AHEAD = "ahead"
    OVERDUE = "overdue"  # the next tick decides about it
    UNRECORDED = "unrecorded"


@dataclass(frozen=True, slots=True)
class WhySlot:
    """The explanation of a slot that has no record: one to come, mostly.

    *reason* says why it will post nothing, as things stand; *due_at* is when it runs otherwise.
    """

    template: str
    template_id: str
    slot: Slot
    standing: Standing
    due_at: datetime
    reason: Reason | None
    sentence: str
    chain: Chain

    @property
    def slot_at(self) -> datetime:
        return self.slot.at


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The slot before or after an instant, and what became or becomes of it."""

    at: datetime
    sentence: str
    status: RunStatus | None = None
    reason: Reason | None = None
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class WhyNothing:
    """The explanation of an instant at which the template has no slot. *gap* is the one that it lies in."""

    template: str
    template_id: str
    at: datetime
    sentence: str
    before: Neighbour | None = None
    after: Neighbour | None = None
    gap: Gap | None = None


Answer = Why | WhyGap | WhySlot | WhyNothing


@dataclass(frozen=True, slots=True)
class Written:
    """One post as it was written: its *part*, whose segments name the *material* of its run."""

    part: Part
    material: tuple[Material, ...]
