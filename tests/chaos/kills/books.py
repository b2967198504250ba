"""The books of one kill, as rows: the scheduler's database and the sandbox's, both read raw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from tests.chaos.kills.home import Home

FINAL = frozenset({"posted", "partial", "skipped", "failed"})


class Run(NamedTuple):
    id: str
    status: str
    reason: str | None
    trigger: str
    slot_at: object


class Sent(NamedTuple):
    """A publication."""

    run_id: str
    group: int
    part: int
    text: str
    outcome: str | None
    tweet_id: str | None
    settled_by: str | None


class Post(NamedTuple):
    text: str
    status: str


class Event(NamedTuple):
    id: str
    type: str
    sequence: int
    run_id: str | None


class Use(NamedTuple):
    """What a template did with an entry of a feed."""

    item_id: int
    status: str
    run_id: str | None


class Payment(NamedTuple):
    id: str
    run_id: str
    state: str


class Tweet(NamedTuple):
    """What the sandbox has."""

    id: int
    text: str
    reply_to: int | None
    state: str


@dataclass(frozen=True, slots=True)
class Books:
    """Everything about one kill. *entries* is how many the feed has brought, *undelivered* counts by status."""

    runs: list[Run]
    sent: list[Sent]
    posts: list[Post]
    events: list[Event]
    uses: list[Use]
    payments: list[Payment]
    tweets: list[Tweet]
    entries: int
    gaps: int
    undelivered: dict[str, int]

    @property
    def unknown(self) -> bool:
        return any(each.outcome == "unknown" for each in self.sent)

    @property
    def settled(self) -> bool:
        """Whether nothing goes on: each run has ended, or waits until somebody finds out, and all is told."""
        waits = {"queued", "unknown"} if self.unknown else set()
        return bool(self.runs) and {each.status for each in self.runs} <= FINAL | waits and not self.undelivered

    @property
    def visible(self) -> set[str]:
        return {each.text for each in self.tweets if each.state == "live"}


QUERIES = (
    "SELECT id, status, reason, trigger, slot_at FROM runs ORDER BY created_at, id",
    "SELECT run_id, grp, part, text, outcome, tweet_id, settled_by FROM publications ORDER BY grp, part, attempt",
    "SELECT text, status FROM posts ORDER BY grp, part",
    "SELECT id, type, sequence, run_id FROM events WHERE template_id IS NOT NULL ORDER BY sequence",
    "SELECT item_id, status, run_id FROM item_uses",
    "SELECT id, run_id, state FROM ledger_entries WHERE kind = 'post' AND id NOT LIKE '%-picture-%'",
    "SELECT count(*) FROM feed_items",
    "SELECT coalesce(sum(slots), 0) FROM slot_gaps",
    "SELECT status, count(*) FROM deliveries WHERE status <> 'delivered' GROUP BY status",
)
TWEETS = "SELECT id, text, reply_to, state FROM tweets WHERE id > {mark} AND text LIKE '%{name}%' ORDER BY id"


# One look at whether anything goes on, before everything is read: it is asked again and again.
BUSY = """
    SELECT (SELECT count(*) FROM runs) = 0 OR EXISTS (SELECT 1 FROM runs WHERE status IN ('working', 'held'))
        OR EXISTS (SELECT 1 FROM deliveries WHERE status = 'pending')
"""


def busy(home: Home) -> bool:
    """Tell whether a run is certainly not over, or an event not told."""
    return bool(home.rows(BUSY)[0][0])


def read(home: Home, name: str) -> Books:
    """Read the books of the kill whose template is *name*, the only one in its database."""
    runs, sent, posts, events, uses, payments, ((entries,),), ((gaps,),), undelivered = home.rows_of(*QUERIES)
    return Books(
        runs=[Run(*each) for each in runs],
        sent=[Sent(*each) for each in sent],
        posts=[Post(*each) for each in posts],
        events=[Event(*each) for each in events],
        uses=[Use(*each) for each in uses],
        payments=[Payment(*each) for each in payments],
        tweets=[Tweet(*each) for each in home.sandbox(TWEETS.format(mark=home.mark, name=name))],
        entries=entries,
        gaps=int(gaps),
        undelivered=dict(undelivered),
    )
