"""Events: what other systems are told, and the deliveries that tell them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from domain.owner import LOCAL_OWNER


class EventType(StrEnum):
    RUN_SUCCEEDED = "run.succeeded"
    RUN_FAILED = "run.failed"
    RUN_SKIPPED = "run.skipped"
    RUN_HELD = "run.held"
    SLOTS_SKIPPED = "slots.skipped"
    POST_PUBLISHED = "post.published"
    POST_UNKNOWN = "post.unknown"
    POST_SETTLED = "post.settled"
    POST_DELETED = "post.deleted"
    THREAD_PARTIAL = "thread.partial"
    TEMPLATE_PAUSED = "template.paused"
    TEMPLATE_RESUMED = "template.resumed"
    TEMPLATE_ENDED = "template.ended"
    RESEARCH_SUCCEEDED = "research.succeeded"
    RESEARCH_FAILED = "research.failed"
    FEED_FAILING = "feed.failing"
    CALENDAR_FAILING = "calendar.failing"
    CLOCK_STEPPED = "clock.stepped"
    DATABASE_RESTORED = "database.restored"
    ACCOUNT_UNRECONCILED = "account.unreconciled"
    ACCOUNT_RECONCILED = "account.reconciled"
    DAY_SUMMARY = "day.summary"
    CALLBACK_TEST = "callback.test"


# Events that somebody must have read: `ostinato status` exits non-zero while one of these is unread.
FAILURES = frozenset(
    {
        EventType.RUN_FAILED,
        EventType.POST_UNKNOWN,
        EventType.THREAD_PARTIAL,
        EventType.TEMPLATE_PAUSED,
        EventType.FEED_FAILING,
        EventType.CALENDAR_FAILING,
        EventType.CLOCK_STEPPED,
        EventType.DATABASE_RESTORED,
        EventType.ACCOUNT_UNRECONCILED,
    }
)


# How a run or a research ended: all that a compatible webhook is told.
OF_RESEARCH = (EventType.RESEARCH_SUCCEEDED, EventType.RESEARCH_FAILED)
TERMINAL = (EventType.RUN_SUCCEEDED, EventType.RUN_FAILED, EventType.RUN_SKIPPED, *OF_RESEARCH)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event about to be recorded; its sequence is given by the database, per template.

    *data* is JSON: what happened, without the envelope. Events without a template have one sequence of their own for
    each owner; what befalls the installation as a whole is told to the owner `local`.
    """

    id: str
    type: EventType
    created_at: datetime
    data: dict[str, Any]
    template_id: str | None = None
    run_id: str | None = None
    owner_id: str = LOCAL_OWNER


@dataclass(frozen=True, slots=True)
class Event:
    """A recorded event. *sequence* counts up from 1 per template without gaps."""

    id: str
    type: EventType
    created_at: datetime
    data: dict[str, Any]
    template_id: str | None
    run_id: str | None
    sequence: int


class Channel(StrEnum):
    """How a webhook is told: by HTTP, by the notify command, or by the Python hook of the settings."""

    HTTP = "http"
    COMMAND = "command"
    HOOK = "hook"


@dataclass(frozen=True, slots=True)
class FormerSecret:
    """A secret that a webhook had before: what is sent before *until* is signed with it too."""

    secret: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where events are delivered. *template_id* None means the events of all templates.

    *secret* is `whsec_` and base64 (Standard Webhooks), empty for other channels; *former* are those that it had
    before, the newest first. All are encrypted at rest. One that is *asked* decides about the posts of its template
    before they go out, and is told no events. A *compatible* one is told how each run ended, in the document of the
    AutoContent X operations. *events* are the types that it is told; None: all of them.
    """

    id: str
    channel: Channel
    url: str  # an URL, or the command line, or `module:function`
    secret: str
    template_id: str | None
    active: bool
    created_at: datetime
    asked: bool = False
    compatible: bool = False
    events: frozenset[EventType] | None = None
    owner_id: str = LOCAL_OWNER
    former: tuple[FormerSecret, ...] = ()

    def signing(self, now: datetime) -> tuple[str, ...]:
        """Give the secrets that sign what is sent at *now*, the newest first."""
        return (self.secret, *(each.secret for each in self.former if now < each.until))


class DeliveryStatus(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one webhook. *attempts* counts the tries made."""

    id: str
    webhook_id: str
    attempts: int
