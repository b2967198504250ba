"""Deep research: a topic, where it is looked up, and the report with numbered citations that comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from domain.material import Material
from domain.owner import LOCAL_OWNER
from domain.run import Rejected

MICROS = 1_000_000  # to a US dollar


class OutputType(StrEnum):
    """How a report is laid out; the names are the contract's."""

    TEXT = "text"
    JSON = "json"


class ResearchStatus(StrEnum):
    QUEUED = "queued"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"


class RecurringStatus(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"  # its end date has passed


FINISHED = frozenset({ResearchStatus.DONE, ResearchStatus.FAILED})


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a topic is looked up besides the searches of the settings: the owner's feeds and pages."""

    feeds: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most that one research may take, all its attempts together. *micros* are millionths of a US dollar."""

    time: timedelta = timedelta(minutes=3)
    pages: int = 12
    micros: int = MICROS // 10


@dataclass(frozen=True, slots=True)
class Citation:
    """A passage of a page as it was read, under its number in the report (from 1)."""

    number: int
    text: str
    url: str | None
    title: str = ""
    site: str | None = None
    author: str | None = None
    language: str | None = None
    published_at: datetime | None = None
    fetched_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence of a report, with the numbers of the citations it rests on: at least one.

    *quoted*: it is a citation's own words.
    """

    text: str
    citations: tuple[int, ...]
    quoted: bool = True


@dataclass(frozen=True, slots=True)
class Section:
    """What was found about one question."""

    question: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What research gave. *left_out* says, each in words, which sentences of a model were not kept."""

    sections: tuple[Section, ...]
    citations: tuple[Citation, ...]
    engine: str = "embedded"  # or "model"
    model: str | None = None
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lead:
    """Something that was found and may be worth reading: a page by its *url*, or *material* that says it already.

    *said* is what the finder says of it; *via* names the finder. *own*: the owner named it, and it is read first.
    """

    via: str
    url: str | None
    said: str = ""
    material: Material | None = None
    own: bool = False


@dataclass(frozen=True, slots=True)
class Notes:
    """What an unfinished research has so far: None or empty means "not done yet"."""

    questions: tuple[str, ...] = ()
    leads: tuple[Lead, ...] | None = None
    tried: int = 0  # of the leads, in their order
    materials: tuple[Material, ...] = ()
    rejected: tuple[Rejected, ...] = ()


@dataclass(frozen=True, slots=True)
class Research:
    """One research, as SQL has recorded it. Instants are UTC; *cost_micros*, *pages* and *worked* are what it took.

    *recurring_id* names what asked for it again, *run_id* the run that waits for it. *failure* is why it FAILED.
    *callback_data* is told back when it ends.
    """

    id: str
    topic: str
    output: OutputType
    status: ResearchStatus
    created_at: datetime
    scope: Scope = field(default_factory=Scope)
    recurring_id: str | None = None
    run_id: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    attempts: int = 0
    cost_micros: int = 0
    pages: int = 0
    worked: timedelta = timedelta(0)
    text: str | None = None
    report: Report | None = None
    rejected: tuple[Rejected, ...] = ()
    failure: str | None = None
    callback_data: str | None = None
    owner_id: str = LOCAL_OWNER


@dataclass(frozen=True, slots=True)
class Recurring:
    """A research that is done again *daily_count* times a day (1 to 24), at equal distance from *anchor* on.

    *end* is the last instant at which it may start. *next_at* is None unless it is active.
    """

    id: str
    topic: str
    output: OutputType
    scope: Scope
    daily_count: int
    anchor: datetime
    end: datetime | None
    status: RecurringStatus
    next_at: datetime | None
    created_at: datetime
    updated_at: datetime
    callback_data: str | None = None
    owner_id: str = LOCAL_OWNER
