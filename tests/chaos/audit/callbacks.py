"""Whether every event was told, and in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.chaos.audit.books import Read
from tests.chaos.audit.findings import Finding, Kind
from tests.chaos.audit.joining import grouped
from tests.chaos.audit.outside_books import Callback
from tests.chaos.audit.scheduler_book import Delivery, Event, Webhook

GONE = 410  # what a receiver answers that wants no more
ATTEMPTS = 12  # of a webhook that wants callbacks, until one of them is given up


def lost(read: Read) -> Iterator[Finding]:
    """Give the events that a webhook was due and never accepted, unless the delivery is a dead letter."""
    accepted = {(each.path, each.event_id) for each in read.receiver if each.accepted}
    deliveries = {(each.webhook_id, each.event_id): each for each in read.scheduler.deliveries}
    streams = grouped(read.scheduler.events, lambda event: event.stream)
    for webhook in http_webhooks(read):
        path = path_of(webhook)
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
    yield from _switched_off(read)


def _switched_off(read: Read) -> Iterator[Finding]:
    """Give the webhooks that are told nothing more although nobody said at their path that it is gone."""
    gone = {each.path for each in read.receiver if each.answered == GONE}
    for webhook in http_webhooks(read):
        if not webhook.active and path_of(webhook) not in gone:
            sentence = f"the webhook of {path_of(webhook)} is switched off, and nobody there ever answered {GONE}"
            yield Finding(Kind.LOST_CALLBACK, (webhook.id,), sentence)


def _missing_webhooks(read: Read) -> Iterator[Finding]:
    there = {(webhook.template_id, path_of(webhook)) for webhook in http_webhooks(read)}
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
    for webhook in http_webhooks(read):
        came = by_path.get(path_of(webhook), [])
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


def silent_dead(read: Read) -> Iterator[Finding]:
    """Give the dead letters that do not say what went wrong, and those that were given up before their time.

    An attempt is a request that came, unless the receiver was down; it never is for the day that all of them take.
    """
    came = Counter((each.path, each.event_id) for each in read.receiver)
    for each in read.scheduler.deliveries:
        if each.status != "dead":
            continue
        named = f"delivery {each.id} of event {each.event_id} was given up"
        if not each.last_error:
            yield Finding(Kind.SILENT_DEAD_LETTER, (each.id,), f"{named} and does not say why")
        webhook = read.scheduler.webhooks.get(each.webhook_id)
        if webhook is None or webhook.channel != "http" or not webhook.active:
            continue
        if each.attempts < ATTEMPTS:
            yield Finding(Kind.SILENT_DEAD_LETTER, (each.id,), f"{named} after {each.attempts} attempts")
        elif (got := came[path_of(webhook), each.event_id]) < (1 if read.orders.receiver_down else each.attempts):
            sentence = f"{named} after {each.attempts} attempts, of which {got} came to {path_of(webhook)}"
            yield Finding(Kind.SILENT_DEAD_LETTER, (each.id,), sentence)


def http_webhooks(read: Read) -> list[Webhook]:
    """Give the webhooks that are told events by HTTP."""
    return [each for each in read.scheduler.webhooks.values() if each.channel == "http" and not each.asked]


def path_of(webhook: Webhook) -> str:
    """Give the path of the receiver at which a webhook is told."""
    return urlsplit(webhook.url).path or "/"
