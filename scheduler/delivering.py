"""Delivering the outbox: what is due is sent, every attempt is recorded, at least once and in order per template."""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

import structlog
from sqlalchemy import Connection

from callbacks.backoff import next_attempt
from domain.errors import DeliveryError
from domain.event import Delivery, Event, Webhook
from scheduler.delivery import Lines
from scheduler.delivery.embedded import OwnLines
from scheduler.shown import compatible_request
from scheduler.shown.compatible import Links
from scheduler.shown.compatible_request import NOWHERE
from storage import deliveries, webhooks
from storage.database import Database
from storage.deliveries import DueDelivery
from storage.webhooks import Cipher
from storage.writer import Writer

log = structlog.get_logger(__name__)

AT_ONCE = 32  # requests in flight or not recorded yet: so many, at most, does a crash send again
AT_ONCE_EACH = 8  # of one webhook: one that hangs leaves room for the others
LOOKED_AT = 500  # heads of lines read at a time
LOOK_EVERY = 1.0  # seconds between looks while something is in flight: an event does not wait for another's time-out


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of sending once: why it was not accepted, or None and the status of the answer; how long that took."""

    error: DeliveryError | None
    status: int | None
    milliseconds: int


InFlight = dict[str, tuple[DueDelivery, asyncio.Task[Attempt | None]]]  # delivery id: what is sent, its request
Recording = dict[str, asyncio.Task[None]]  # delivery id: what came of it, on its way to the disk


class Sender(Protocol):
    """Sends one event once, and gives the HTTP status of what accepted it. Raises DeliveryError when nothing did."""

    async def send(self, webhook: Webhook, event: Event, *, now: datetime) -> int | None: ...


class Delivering:
    """Sends what the outbox holds. An attempt is recorded after its answer: a crash in between sends again."""

    def __init__(
        self,
        *,
        database: Database,
        writer: Writer,
        cipher: Cipher,
        channels: Sender,
        lines: Lines | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        clock: Callable[[], datetime] | None = None,
        links: Links = NOWHERE,
    ) -> None:
        """*clock* tells the time of each attempt; without it time goes on from the one that `deliver_due` is given.

        *links* are where what compatible documents name can be fetched.
        """
        self._database = database
        self._writer = writer
        self._cipher = cipher
        self._channels = channels
        self._lines = lines or OwnLines()
        self._monotonic = monotonic
        self._clock = clock
        self._links = links
        self._webhooks: dict[str, tuple[float, Webhook]] = {}

    async def deliver_due(self, now: datetime) -> datetime | None:
        """Send all that is due at *now* or comes due meanwhile; give when the next is due, or None.

        Lines (a webhook and a template) go on side by side; within a line the next event waits for the one before.
        """
        began = self._monotonic()

        def passed() -> datetime:
            return now + timedelta(seconds=self._monotonic() - began)

        clock = self._clock or passed  # one that is set back while a receiver is slow must not be held to what it said
        in_flight: InFlight = {}
        recording: Recording = {}
        waiting: list[DueDelivery] = []
        looked_at = began - LOOK_EVERY
        try:
            while True:
                chosen = _chosen(waiting, in_flight, recording)
                if not chosen or self._monotonic() - looked_at >= LOOK_EVERY:
                    looked_at = self._monotonic()
                    found = await asyncio.to_thread(self._due, clock())
                    # What was sent or recorded while this was read may still look due.
                    waiting = [due for due in found if due.delivery.id not in {*in_flight, *recording}]
                    chosen = _chosen(waiting, in_flight, recording)
                ids = {due.delivery.id for due in chosen}
                waiting = [due for due in waiting if due.delivery.id not in ids]
                for due in await self._lines.take(chosen, clock()):
                    in_flight[due.delivery.id] = (due, asyncio.create_task(self._attempt(due, clock)))
                if not in_flight and not recording:
                    return await asyncio.to_thread(self._next_due)
                await self._some(in_flight, recording, clock)
        finally:
            tasks = [*(task for _, task in in_flight.values()), *recording.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _some(self, in_flight: InFlight, recording: Recording, clock: Callable[[], datetime]) -> None:
        """Wait until something is done, or for a moment, and take it out; what was answered is recorded meanwhile.

        The receiver has its room back as soon as it has answered: it need not wait for our disk. Raises what an
        attempt, or recording one, raised.
        """
        tasks = [*(task for _, task in in_flight.values()), *recording.values()]
        await asyncio.wait(tasks, timeout=LOOK_EVERY, return_when=asyncio.FIRST_COMPLETED)
        for delivery_id in [name for name, task in recording.items() if task.done()]:
            recording.pop(delivery_id).result()
        for delivery_id in [name for name, (_, task) in in_flight.items() if task.done()]:
            due, answered = in_flight.pop(delivery_id)
            if (attempt := answered.result()) is not None:
                recording[delivery_id] = asyncio.create_task(self._record(due, attempt, clock()))

    def _due(self, now: datetime) -> list[DueDelivery]:
        with self._database.read() as connection:
            return deliveries.due(connection, now, LOOKED_AT)

    def _next_due(self) -> datetime | None:
        with self._database.read() as connection:
            return deliveries.next_due(connection)

    async def _webhook(self, webhook_id: str) -> Webhook:
        """Give a webhook as it stood a moment ago: one that is switched off gets what is on its way."""
        read_at, webhook = self._webhooks.get(webhook_id, (-math.inf, None))
        if webhook is None or self._monotonic() - read_at > LOOK_EVERY:
            webhook = await asyncio.to_thread(self._read_webhook, webhook_id)
            self._webhooks[webhook_id] = (self._monotonic(), webhook)
        return webhook

    def _read_webhook(self, webhook_id: str) -> Webhook:
        with self._database.read() as connection:
            return webhooks.get(connection, webhook_id, self._cipher)

    def _compatible(self, event: Event, owner: str) -> Event:
        """Give the event with the document that a compatible webhook is told."""
        with self._database.read() as connection:
            told = compatible_request.told(connection, event, owner_id=owner, links=self._links)
            return replace(event, data=told)

    async def _attempt(self, due: DueDelivery, clock: Callable[[], datetime]) -> Attempt | None:
        """Send once; None when another process sends it by now."""
        if not self._lines.keeps(due.delivery.id):
            return None
        began = self._monotonic()
        error, status = await self._send(due, clock)
        return Attempt(error, status, round((self._monotonic() - began) * 1000))

    async def _record(self, due: DueDelivery, attempt: Attempt, now: datetime) -> None:
        """Record what came of an attempt at *now*: the next event of its line waits for that."""
        error, took = attempt.error, attempt.milliseconds
        again = _again(due.delivery, error, now) if error else None
        if error is None:
            accepted = deliveries.delivered(due.delivery.id, status=attempt.status, now=now, duration_ms=took)
            await self._writer.submit(accepted)
        else:
            self._webhooks.pop(due.webhook_id, None)  # it may be switched off by this
            await self._writer.call(partial(_record_failure, due=due, error=error, now=now, again=again, took=took))
        told = log.bind(webhook=due.webhook_id, event_id=due.event.id, type=str(due.event.type), ms=took)
        if error is None:
            told.info("callback.delivered")
        else:
            told.warning("callback.failed" if again else "callback.dead", error=str(error), again=again)

    async def _send(self, due: DueDelivery, clock: Callable[[], datetime]) -> tuple[DeliveryError | None, int | None]:
        """Send once; give why it was not accepted, or None, and with None the HTTP status of the answer."""
        try:
            webhook = await self._webhook(due.webhook_id)
            if not webhook.active:
                remedy = "`ostinato callback switch-on` it, and deliver again"
                raise DeliveryError(f"the webhook is switched off; {remedy}", permanent=True)
            event = (
                await asyncio.to_thread(self._compatible, due.event, webhook.owner_id)
                if webhook.compatible
                else due.event
            )
            return None, await self._channels.send(webhook, event, now=clock())
        except DeliveryError as refused:
            return refused, None
        except Exception as bug:  # one delivery that cannot be made must not stop the others
            log.exception("callback.error", webhook=due.webhook_id, event_id=due.event.id)
            return DeliveryError(f"{type(bug).__name__}: {bug}"), None


def _record_failure(
    c: Connection, *, due: DueDelivery, error: DeliveryError, now: datetime, again: datetime | None, took: int
) -> None:
    deliveries.record_failure(
        c,
        due.delivery.id,
        status=error.status,
        error=str(error),
        now=now,
        next_attempt_at=again,
        dead=again is None,
        duration_ms=took,
    )
    if error.permanent:
        webhooks.deactivate(c, due.webhook_id, str(error))


def _again(delivery: Delivery, error: DeliveryError, now: datetime) -> datetime | None:
    """When to try again after this failure, or None when that was the last attempt."""
    if error.permanent:
        return None
    return next_attempt(delivery.attempts + 1, now, delivery_id=delivery.id, retry_after=error.retry_after)


def _chosen(due: list[DueDelivery], in_flight: InFlight, recording: Recording) -> list[DueDelivery]:
    """Those of *due* to start now, within what may be in flight at once, in all and for each webhook."""
    busy = Counter(due.webhook_id for due, _ in in_flight.values())
    chosen: list[DueDelivery] = []
    for one in due:
        if len(in_flight) + len(recording) + len(chosen) >= AT_ONCE:
            break
        if busy[one.webhook_id] < AT_ONCE_EACH:
            busy[one.webhook_id] += 1
            chosen.append(one)
    return chosen
