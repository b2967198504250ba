"""The scheduler's book: its database, on SQLite or PostgreSQL, read with SQL of the auditor's own and never written."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, TypeVar

import psycopg

T = TypeVar("T")
Ask = Callable[[str], list[tuple[Any, ...]]]

# Each of these is a row; its fields are named as the columns are.


@dataclass(frozen=True, slots=True)
class Template:
    id: str
    name: str
    account: str
    status: str
    created_at: datetime
    next_slot_at: datetime | None
    paused_from: datetime | None
    deleted_at: datetime | None
    definition: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Gap:
    template_id: str
    start_at: datetime
    end_at: datetime
    slots: int
    reason: str


@dataclass(frozen=True, slots=True)
class Run:
    id: str
    template_id: str
    account: str
    slot_at: datetime
    due_at: datetime
    trigger: str
    status: str
    reason: str | None
    verdict: str | None
    pruned_at: datetime | None


@dataclass(frozen=True, slots=True)
class Document:
    """A draft or a piece of material of a run, as JSON."""

    run_id: str
    id: str
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Post:
    id: str
    run_id: str
    account: str
    grp: int
    part: int
    text: str
    status: str
    tweet_id: str | None
    draft_id: str


@dataclass(frozen=True, slots=True)
class Publication:
    id: str
    run_id: str
    account: str
    grp: int
    part: int
    attempt: int
    idempotency_key: str
    text: str
    reply_to: str | None
    intended_at: datetime
    outcome: str | None
    tweet_id: str | None
    settled_at: datetime | None
    settled_by: str | None
    made_with_ai: bool

    @property
    def open(self) -> bool:
        """Tell whether nobody knows what became of it."""
        return self.outcome in (None, "unknown")


@dataclass(frozen=True, slots=True)
class Event:
    position: int
    id: str
    type: str
    stream: str
    run_id: str | None
    sequence: int
    created_at: datetime
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Webhook:
    id: str
    channel: str
    url: str
    template_id: str | None
    active: bool
    asked: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    id: str
    event_id: str
    webhook_id: str
    status: str
    attempts: int
    last_error: str | None
    in_line: bool


@dataclass(frozen=True, slots=True)
class AccountGap:
    account: str
    seconds: int


@dataclass(frozen=True, slots=True)
class SchedulerBook:
    """Everything of the scheduler's database that an audit compares; templates, runs and webhooks by id.

    *key_support* is whether the scheduler takes its API for one that honours keys.
    """

    templates: dict[str, Template]
    gaps: list[Gap]
    runs: dict[str, Run]
    materials: list[Document]
    drafts: list[Document]
    posts: list[Post]
    publications: list[Publication]
    events: list[Event]
    webhooks: dict[str, Webhook]
    deliveries: list[Delivery]
    account_gaps: list[AccountGap]
    key_support: bool


def read(address: str) -> SchedulerBook:
    """Read the database at *address*: a path, or an URL of SQLite or PostgreSQL."""
    scheme, _, rest = address.partition("://")
    if scheme.startswith("postgresql"):
        with psycopg.connect(f"postgresql://{rest}") as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            return _read(lambda query: connection.execute(query.encode()).fetchall())
    path = rest.removeprefix("/") if rest else address
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
        file.execute("BEGIN")  # one look: what is written meanwhile is not half seen
        return _read(lambda query: file.execute(query).fetchall())


def _read(ask: Ask) -> SchedulerBook:
    support = ask("SELECT key_support FROM installation")
    return SchedulerBook(
        templates={each.id: each for each in _rows(ask, Template, "templates", "id")},
        gaps=_rows(ask, Gap, "slot_gaps", "start_at"),
        runs={each.id: each for each in _rows(ask, Run, "runs", "slot_at, id")},
        materials=_rows(ask, Document, "materials", "run_id, id"),
        drafts=_rows(ask, Document, "drafts", "run_id, id"),
        posts=_rows(ask, Post, "posts", "id"),
        publications=_rows(ask, Publication, "publications", "intended_at, id"),
        events=_rows(ask, Event, "events", "position"),
        webhooks={each.id: each for each in _rows(ask, Webhook, "webhooks", "id")},
        deliveries=_rows(ask, Delivery, "deliveries", "id"),
        account_gaps=_rows(ask, AccountGap, "account_gaps", "account"),
        key_support=bool(support and support[0][0]),
    )


def _rows(ask: Ask, kind: type[T], table: str, order: str) -> list[T]:
    """Give the rows of *table* as *kind*, whose fields name the columns and their types."""
    columns = fields(kind)  # type: ignore[arg-type]
    query = f"SELECT {', '.join(column.name for column in columns)} FROM {table} ORDER BY {order}"
    means = [_MEANS.get(str(column.type).removesuffix(" | None"), _as_it_is) for column in columns]
    return [
        kind(*(None if value is None else mean(value) for mean, value in zip(means, row, strict=True)))
        for row in ask(query)
    ]


def _moment(value: str | datetime) -> datetime:
    """Give an instant in UTC: SQLite keeps it as text, PostgreSQL as a time."""
    return (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(UTC)


def _as_it_is(value: Any) -> Any:
    return value


_MEANS: dict[str, Callable[[Any], Any]] = {"datetime": _moment, "bool": bool, "dict[str, Any]": json.loads}
