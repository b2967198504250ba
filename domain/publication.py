"""Publications: the one intention to send one part, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.picture import Attachment, Picture
from domain.tweet_id import written_at

# A key protects for longer, but a post must not appear days after its slot: later than this after the intention its
# key is not sent again, and a person decides.
REPLAY_WITHIN = timedelta(hours=24)
UPLOADED = "upload"  # who settled an attempt that ended before anything was sent: its picture was not to be had
CLOCKS_APART = timedelta(minutes=2)  # how far X's clock may be behind ours


class Outcome(StrEnum):
    """What became of a publication. A publication without an outcome may have left: ask, never send again."""

    CONFIRMED = "confirmed"  # it is out, and its tweet id is known
    REFUSED = "refused"  # certainly not out, and never will be as it is
    DEFERRED = "deferred"  # certainly not out: the next attempt gets its own row and its own key
    UNKNOWN = "unknown"  # it may be out; only a positive finding or a person settles it


def idempotency_key(install: str, run: str, group: int, part: int, attempt: int) -> str:
    """The key of one attempt: `<install>-<run>-<group>-<part>-<attempt>`, 1 to 255 printable ASCII characters."""
    return f"{install}-{run}-{group}-{part}-{attempt}"


@dataclass(frozen=True, slots=True)
class Publication:
    """One attempt to send one part. Written before the request leaves; `outcome` is None until it is settled.

    *reply_to* is the tweet id of the part before. *status_url* is where the server says the write can be asked about.
    *asks* counts the questions asked about an unknown outcome; *next_ask_at* is when the next is due, None when a
    person decides.
    """

    id: str
    run_id: str
    template_id: str
    account: str
    group: int
    part: int
    attempt: int
    idempotency_key: str
    text: str
    reply_to: str | None
    intended_at: datetime
    outcome: Outcome | None = None
    tweet_id: str | None = None
    reason: str | None = None  # the API's code, or a person's words
    status_url: str | None = None
    asks: int = 0
    next_ask_at: datetime | None = None
    settled_at: datetime | None = None
    settled_by: str | None = None  # "answer", "replay", "status", "timeline", "person" or "upload"
    made_with_ai: bool = False  # whether it is sent with that label: whoever sends the key again sends it again
    picture: Attachment | None = None  # uploaded before the intention; sent again with the key, as the label is


def out_at(intended_at: datetime, settled_at: datetime | None, tweet_id: str | None) -> datetime:
    """Give when a publication went out; of one that may be out, when it was meant to.

    An answer that came late, or a key that was sent again, may have written the post up to the moment in which it was
    settled. Its tweet's id tells the time, where that lies between the intention and then; else it was then.
    """
    if settled_at is None or tweet_id is None:
        return intended_at
    at = written_at(tweet_id)
    if at is None or not intended_at - CLOCKS_APART <= at <= settled_at:
        return max(intended_at, settled_at)
    return max(intended_at, at)


@dataclass(frozen=True, slots=True)
class Settlement:
    """What the publisher found out about one publication.

    *retry_at* comes with DEFERRED; when *limited*, nothing more of the account is taken before it. *pause* is set when
    the key, the credits or the account need their owner (a Reason value), so that the template is paused. *found_by*
    says how an outcome became known.
    """

    outcome: Outcome
    found_by: str
    tweet_id: str | None = None
    reason: str | None = None
    detail: str | None = None
    status_url: str | None = None
    retry_at: datetime | None = None
    limited: bool = False
    pause: str | None = None
    charged: int | None = None  # credits, where the answer says how many were taken


class PostStatus(StrEnum):
    GENERATED = "generated"
    AWAITING_APPROVAL = "awaiting_approval"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    FAILED = "failed"
    UNKNOWN = "unknown"
    DISCARDED = "discarded"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Post:
    """What the owner sees as the result: one tweet, or one part of a thread."""

    id: str
    run_id: str
    template_id: str
    account: str
    group: int
    part: int
    text: str
    status: PostStatus
    draft_id: str
    created_at: datetime
    tweet_id: str | None = None
    published_at: datetime | None = None
    error: str | None = None
    pictures: tuple[Picture, ...] = ()  # the first goes out with it

    @property
    def url(self) -> str | None:
        return f"https://x.com/i/status/{self.tweet_id}" if self.tweet_id else None
