"""Runs: one execution of a template for one slot or one request, as SQL has recorded it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.draft import Draft
from domain.material import Material
from domain.publication import Publication
from domain.question import Question
from domain.reasons import Reason
from domain.template import ApproveDefault


class Trigger(StrEnum):
    SCHEDULE = "schedule"
    REQUEST = "request"


class RunStatus(StrEnum):
    """QUEUED and WORKING are worked on; HELD waits for a person; UNKNOWN waits for a positive finding or a person."""

    QUEUED = "queued"
    WORKING = "working"
    HELD = "held"
    UNKNOWN = "unknown"
    POSTED = "posted"
    PARTIAL = "partial"
    SKIPPED = "skipped"
    FAILED = "failed"


FINAL = frozenset({RunStatus.POSTED, RunStatus.PARTIAL, RunStatus.SKIPPED, RunStatus.FAILED})
OPEN = frozenset({RunStatus.QUEUED, RunStatus.WORKING})
# An open run with one of these ends what it has begun and begins no other post: its template was deleted or paused.
STOPPED = (Reason.CANCELLED, Reason.PAUSED)
WAITS_FOR = "waits for"  # how the detail of an open run begins whose account waits; another is a person's note


class Verdict(StrEnum):
    """What a person decided about a held run."""

    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Run:
    """A run's own row. Instants are UTC. *epoch* rises with every claim: the fencing token.

    *due_at* is when the run may start (the slot, unless moved); *not_before* when it may be worked on next.
    *held_at* is when it was laid before a person, *decide_by* until when it waits for one (None: for ever), *undecided*
    what becomes of it then; *approved_revision* names the drafts that the verdict is about.
    """

    id: str
    template_id: str
    account: str
    slot_at: datetime
    due_at: datetime
    trigger: Trigger
    status: RunStatus
    epoch: int = 0
    not_before: datetime | None = None
    reason: Reason | None = None
    detail: str | None = None
    verdict: Verdict | None = None
    approved_revision: str | None = None
    held_at: datetime | None = None
    decide_by: datetime | None = None
    undecided: ApproveDefault | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    created_at: datetime | None = None
    retry_of: str | None = None  # the run that ended with nothing out, which this one tries again


@dataclass(frozen=True, slots=True)
class Rejected:
    """A source or an item that was considered and gave nothing, with the reason in words.

    *failed* tells a source that could not be read from one that had nothing new. *code* is the reason where it has one
    of its own: an item that is older than the template's freshness is EXPIRED.
    """

    reference: str
    reason: str
    failed: bool = True
    code: Reason | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything recorded about a run: what `next_step` decides on.

    None means "not done yet"; an empty tuple means "done, and nothing came of it". `chosen` holds one draft for each
    post of the run once the drafts are scored. `publications` holds all attempts in order of group, part, attempt.
    Where `unreadable` says why some of it cannot be read, there is the run alone, as far as it can be read.
    """

    run: Run
    material: tuple[Material, ...] | None = None
    rejected: tuple[Rejected, ...] = ()
    drafts: tuple[Draft, ...] | None = None
    chosen: tuple[Draft, ...] | None = None
    choice_reason: str | None = None  # why these drafts won, in words
    held: bool = False  # the chosen drafts were laid before a person
    question: Question | None = None  # what the owner's system was asked about them
    publications: tuple[Publication, ...] = ()
    unreadable: str | None = None
    hints: Material | None = None  # the owner's spoken hints, written down


@dataclass(frozen=True, slots=True)
class Hold:
    """A worker's hold on a run: what every write about the run must present. A later claim makes it void."""

    run_id: str
    owner: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Many slots of one template that posted nothing for one reason; `start` and `end` are its first and last slot."""

    template_id: str
    start: datetime
    end: datetime
    count: int
    reason: Reason
