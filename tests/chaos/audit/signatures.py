"""Whether what came to the receiver was signed, and says what SQL holds and the sandbox has."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import datetime

from tests.chaos.audit.books import Read
from tests.chaos.audit.callbacks import http_webhooks, path_of
from tests.chaos.audit.findings import Finding, Kind
from tests.chaos.audit.joining import grouped
from tests.chaos.audit.outside_books import Callback
from tests.chaos.audit.sandbox_book import Tweet
from tests.chaos.audit.scheduler_book import Event

APART = ("callback.test", "pre_publish")  # not in the outbox: sent at a person's word, or a question
SKEW = 0.01  # seconds, by which two processes may round the same clock


def instant(moment: datetime) -> str:
    """Give *moment*, which is in UTC, as callbacks name it: with milliseconds, the rest cut off, and Z."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def false(read: Read) -> Iterator[Finding]:
    """Give the requests, accepted or not, that are signed wrongly or say something else than the event in SQL."""
    events = {event.id: event for event in read.scheduler.events}
    streams = {
        path: {each.template_id for each in those} for path, those in grouped(http_webhooks(read), path_of).items()
    }
    secrets = dict.fromkeys(streams) | read.orders.secrets
    for each in read.receiver:
        kind = _said(each).get("type")
        if kind == "pre_publish":
            continue  # signed with a secret that is shown to nobody here
        wrong = _unsigned(each, secrets)
        if wrong is None and kind not in APART:
            event = events.get(each.event_id)
            wrong = _different(each, event) or _too_early(each, read.sandbox.tweets)
            if event is not None and not streams.get(each.path, {None}) & {None, event.stream}:
                wrong = "tells of another template than the one that is told there"
        if wrong:
            about = f"request {each.number} to {each.path} ({kind} {each.event_id})"
            yield Finding(Kind.FALSE_CALLBACK, (each.event_id,), f"{about} {wrong}")


def _unsigned(callback: Callback, secrets: Mapping[str, str | None]) -> str | None:
    if callback.path not in secrets:
        return "came to where nothing is sent"
    secret = secrets[callback.path]
    return "has a wrong signature" if secret is not None and not signed(callback, secret) else None


def signed(callback: Callback, secret: str) -> bool:
    """Tell whether *callback* has a signature of *secret*, as the Standard Webhooks specification makes it."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{callback.event_id}.{callback.headers.get('webhook-timestamp', '')}.{callback.body}".encode()
    expected = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return expected in callback.headers.get("webhook-signature", "").split(" ")


def _different(callback: Callback, event: Event | None) -> str | None:
    if event is None:
        return "is of no event in the database"
    said = _said(callback)
    written = {
        "id": event.id,
        "type": event.type,
        "timestamp": instant(event.created_at),
        "sequence": event.sequence,
        "data": event.data,
    }
    different = [name for name in sorted({*said, *written}) if said.get(name) != written.get(name)]
    return f"differs from the event in {', '.join(different)}" if different else None


def _too_early(callback: Callback, tweets: Mapping[str, Tweet]) -> str | None:
    """Say so when a post was told before it was written. Both times are the machine's own clock."""
    data = _said(callback).get("data")
    posts = data.get("posts", []) if isinstance(data, dict) else []
    out = [tweets[post["tweetId"]] for post in posts if post["tweetId"] in tweets]
    early = [tweet.id for tweet in out if callback.timed and tweet.created_at.timestamp() > callback.at + SKEW]
    return f"tells of {', '.join(early)} before that was written" if early else None


def _said(callback: Callback) -> dict[str, object]:
    try:
        said = json.loads(callback.body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
