"""Whether every event was told, in order, signed, and in the words that SQL holds."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from tests.chaos.audit.books import Read
from tests.chaos.audit.findings import Finding, Kind
from tests.chaos.audit.joining import grouped
from tests.chaos.audit.outside_books import Callback
from tests.chaos.audit.sandbox_book import Tweet
from tests.chaos.audit.scheduler_book import Delivery, Event, Webhook

SKEW = 0.01  # seconds, by which two processes may round the same clock
ATTEMPTS = 12  # of a webhook that wants callbacks, until one of them is given up
APART = ("callback.test", "pre_publish")  # not in the outbox: sent at a person's word, or a question


def instant(moment: datetime) -> str:
    """Give *moment*, which is in UTC, as callbacks name it: with milliseconds, the rest cut off, and Z."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def lost(read: Read) -> Iterator[Finding]:
    """Give the events that a webhook was due and never accepted, unless the delivery is a dead letter."""
    accepted = {(each.path, each.event_id) for each in read.receiver if each.accepted}
    deliveries = {(each.webhook_id, each.event_id): each for each in read.scheduler.deliveries}
    streams = grouped(read.scheduler.events, lambda event: event.stream)
    for webhook in _told(read):
        path = _path(webhook)
        for event in read.scheduler.events if webhook.template_id is None else streams.get(webhook.template_id, []):
            if (path, event.id) in accepted:
                continue
            delivery = deliveries.get((webhook.id, event.id))
            if delivery is None and not webhook.active:
                continue  # nothing more is told to a webhook that is switched off
            if delivery is None or delivery.status != "dead":
                stands = f"its delivery is {delivery.status}" if delivery else "it has no delivery"
                sentence = f"{event.type} {event.id}, number {event.sequence}, was never accepted at {path}; {stands}"
                yield Finding(Kind.LOST_CALLBACK, (event.id, webhook.id), sentence)
    yield from _missing_numbers(read)
    yield from _missing_webhooks(read)


def _missing_webhooks(read: Read) -> Iterator[Finding]:
    there = {(webhook.template_id, _path(webhook)) for webhook in _told(read)}
    for template in read.scheduler.templates.values():
        order = read.orders.templates.get(template.name)
        if order is not None and order.path is not None and (template.id, order.path) not in there:
            sentence = f"template {template.name!r} was to be told at {order.path}, and has no webhook there"
            yield Finding(Kind.LOST_CALLBACK, (template.id,), sentence)
    for path in read.orders.webhooks:
        if (None, path) not in there:
            yield Finding(Kind.LOST_CALLBACK, (path,), f"everything was to be told at {path}, and there is no webhook")


def _missing_numbers(read: Read) -> Iterator[Finding]:
    for stream, events in grouped(read.scheduler.events, lambda event: event.stream).items():
        numbers = [event.sequence for event in events]
        if numbers != list(range(1, len(numbers) + 1)):
            missing = sorted({*range(1, max(numbers) + 1)} - {*numbers})
            sentence = f"the events of {stream or 'no template'} are not numbered in order; missing: {missing}"
            yield Finding(Kind.LOST_CALLBACK, (stream,), sentence)


def out_of_order(read: Read) -> Iterator[Finding]:
    """Give the events that were sent before one of the same template and webhook that was accepted only later.

    Dead letters, and what a person sent again, are in no line.
    """
    deliveries = {(each.webhook_id, each.event_id): each for each in read.scheduler.deliveries}
    by_path = grouped(read.receiver, lambda each: each.path)
    streams = grouped(read.scheduler.events, lambda event: event.stream)
    for webhook in _told(read):
        came = by_path.get(_path(webhook), [])
        tried = _first(came)
        taken = _first([each for each in came if each.accepted])
        for events in streams.values() if webhook.template_id is None else [streams.get(webhook.template_id, [])]:
            line = [event for event in events if _in_line(deliveries.get((webhook.id, event.id)))]
            yield from _overtaken(line, tried, taken)


def _first(came: list[Callback]) -> dict[str, tuple[float, int]]:
    found: dict[str, tuple[float, int]] = {}
    for each in sorted(came, key=lambda each: (each.at, each.number)):
        found.setdefault(each.event_id, (each.at, each.number))
    return found


def _in_line(delivery: Delivery | None) -> bool:
    return delivery is not None and delivery.in_line and delivery.status != "dead"


def _overtaken(
    line: list[Event], tried: dict[str, tuple[float, int]], taken: dict[str, tuple[float, int]]
) -> Iterator[Finding]:
    before: Event | None = None  # the one of the line so far that was accepted last
    for event in sorted(line, key=lambda event: event.sequence):
        if before and event.id in tried and tried[event.id] < taken[before.id]:
            sentence = (
                f"number {event.sequence} of {event.stream} was sent before number {before.sequence} was accepted"
            )
            yield Finding(Kind.CALLBACK_OUT_OF_ORDER, (event.id, before.id), sentence)
        if event.id in taken and (before is None or taken[event.id] > taken[before.id]):
            before = event


def false(read: Read) -> Iterator[Finding]:
    """Give the requests, accepted or not, that are signed wrongly or say something else than the event in SQL."""
    events = {event.id: event for event in read.scheduler.events}
    secrets = dict.fromkeys((_path(each) for each in _told(read)), None) | read.orders.secrets
    for each in read.receiver:
        kind = _said(each).get("type")
        if kind == "pre_publish":
            continue  # signed with a secret that is shown to nobody here
        wrong = _unsigned(each, secrets)
        if wrong is None and kind not in APART:
            wrong = _different(each, events.get(each.event_id)) or _too_early(each, read.sandbox.tweets)
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


def silent_dead(read: Read) -> Iterator[Finding]:
    """Give the dead letters that do not say what went wrong, and those that were given up before their time."""
    for each in read.scheduler.deliveries:
        if each.status != "dead":
            continue
        named = f"delivery {each.id} of event {each.event_id} was given up"
        if not each.last_error:
            yield Finding(Kind.SILENT_DEAD_LETTER, (each.id,), f"{named} and does not say why")
        webhook = read.scheduler.webhooks.get(each.webhook_id)
        if each.attempts < ATTEMPTS and webhook is not None and webhook.active:
            yield Finding(Kind.SILENT_DEAD_LETTER, (each.id,), f"{named} after {each.attempts} attempts")


def _told(read: Read) -> list[Webhook]:
    return [each for each in read.scheduler.webhooks.values() if each.channel == "http" and not each.asked]


def _path(webhook: Webhook) -> str:
    return urlsplit(webhook.url).path or "/"
