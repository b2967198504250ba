"""The sandbox's book: its SQLite file, read and never written."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

UNSETTLED = (
    "SELECT idempotency_key FROM writes WHERE status = 'dispatching' AND idempotency_key IS NOT NULL"
    " AND (settle_at IS NULL OR settle_at > (SELECT max(received_at) FROM requests))"
)
PENDING = "SELECT idempotency_key, settle_at - created_at FROM writes WHERE settle_at IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Tweet:
    """A post that was written through the API. *state* `live` is seen, `held` waits, `deleted` and `lost` are not."""

    id: str
    account: str
    text: str
    reply_to: str | None
    created_at: datetime
    state: str
    key: str | None
    made_with_ai: bool


@dataclass(frozen=True, slots=True)
class Request:
    """A write that was asked for; *status* None: the connection was closed without an answer."""

    received_at: datetime
    account: str | None
    method: str
    path: str
    key: str | None
    status: int | None
    fault: str | None


@dataclass(frozen=True, slots=True)
class SandboxBook:
    """*tweets* by id, in the order of their writing. *keyed* tells whether a write was ever kept under its key.

    *unsettled* are the keys of the writes of which the server itself cannot say what became of them. *pending* says, by
    key, after how many seconds a write that was answered as accepted was to settle.
    """

    tweets: dict[str, Tweet]
    requests: tuple[Request, ...]
    faults: tuple[tuple[str, int], ...]  # kind, how often it fired
    keyed: bool
    unsettled: frozenset[str]
    pending: dict[str, float]

    @property
    def posted(self) -> list[Request]:
        """Give the requests that were to post something, of whatever account."""
        wanted = ("POST", "/x/tweets")
        return [each for each in self.requests if (each.method, each.path) == wanted and each.account is not None]


def read(path: Path) -> SandboxBook:
    """Read the sandbox's file."""
    tweets = (
        "SELECT tweets.id, username, text, reply_to, tweets.created_at, state, idempotency_key, made_with_ai"
        " FROM tweets JOIN users ON users.id = user_id WHERE seeded = 0 ORDER BY tweets.id"
    )
    requests = "SELECT received_at, account, method, path, idempotency_key, status, fault FROM requests ORDER BY id"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
        file.execute("BEGIN")
        return SandboxBook(
            tweets={str(row[0]): _tweet(row) for row in file.execute(tweets)},
            requests=tuple(Request(_moment(row[0]), *row[1:]) for row in file.execute(requests)),
            faults=tuple(file.execute("SELECT kind, sum(fired) FROM faults GROUP BY kind ORDER BY kind")),
            unsettled=frozenset(key for (key,) in file.execute(UNSETTLED)),
            pending={key: milliseconds / 1000 for key, milliseconds in file.execute(PENDING) if key},
            keyed=bool(file.execute("SELECT count(*) FROM writes WHERE idempotency_key IS NOT NULL").fetchone()[0]),
        )


def _tweet(row: tuple[Any, ...]) -> Tweet:
    number, account, text, reply_to, created_at, state, key, made_with_ai = row
    parent = None if reply_to is None else str(reply_to)
    return Tweet(str(number), account, text, parent, _moment(created_at), state, key, bool(made_with_ai))


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
