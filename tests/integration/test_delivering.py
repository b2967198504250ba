"""Delivering the outbox: at least once, in order per template, and never for ever."""

from __future__ import annotations

import asyncio
import json
import random
import threading
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from callbacks.backoff import ATTEMPTS
from callbacks.channels import Channels
from callbacks.refused import Refused
from callbacks.signing import new_secret
from domain.event import Channel, DeliveryStatus, Event, EventType, NewEvent, Webhook
from domain.schedule import Grid, Schedule
from domain.template import PostType, Sources, Template, TemplateState, TemplateStatus
from scheduler.delivering import AT_ONCE, AT_ONCE_EACH, Delivering, Sender
from storage import deliveries, delivery_pages, events, templates, webhooks
from storage.cipher import FernetCipher
from storage.database import Database
from storage.delivery_pages import Told
from storage.tables import delivery_attempts
from storage.tables import webhooks as webhook_rows
from storage.writer import Writer, WriterStopped
from tests.integration.callback_receiver import CLOSE, HANG, Answer, Receiver, receiving

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
SECRET = new_secret()
KEY = b"cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4="


class FakeSender:
    """Accepts everything, unless told otherwise; `sent` holds (webhook, template, sequence) of each request."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str | None, int]] = []
        self.accepted: list[tuple[str, str | None, int]] = []
        self.answer: Callable[[Webhook, Event], Awaitable[None]] | None = None

    async def send(self, webhook: Webhook, event: Event, *, now: datetime) -> int | None:
        line = (webhook.id, event.template_id, event.sequence)
        self.sent.append(line)
        if self.answer is not None:
            await self.answer(webhook, event)
        self.accepted.append(line)
        return 204


class Outbox:
    """A database with webhooks, templates and events, and what delivers them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.writer = Writer(database)
        self.cipher = FernetCipher(KEY)
        self.ids = (f"e{n}" for n in count(1))

    def webhook(
        self,
        name: str,
        url: str = "",
        channel: Channel = Channel.HTTP,
        template: str | None = None,
        active: bool = True,
    ) -> None:
        with self.database.write() as c:
            webhooks.upsert(c, Webhook(name, channel, url, SECRET, template, active, NOW), self.cipher)

    def template(self, *names: str) -> None:
        schedule = Schedule(Grid(1, NOW))
        state = TemplateState(TemplateStatus.ACTIVE, NOW, NOW, NOW)
        with self.database.write() as c:
            for name in names:
                template = Template(name, name, "me", PostType.TWEET, schedule, Sources(text="Hello"))
                templates.insert(c, template, state)

    def event(self, template: str | None, *, at: datetime = NOW, type: EventType = EventType.RUN_FAILED) -> str:  # noqa: A002
        name = next(self.ids)
        with self.database.write() as c:
            events.record(c, [NewEvent(name, type, at, {"callbackData": "a\u2028b"}, template)])
        return name

    def deliver(self, sender: Sender, now: datetime = NOW) -> datetime | None:
        async def run() -> datetime | None:
            self.writer.start()
            try:
                return await self.delivering(sender).deliver_due(now)
            finally:
                await asyncio.to_thread(self.writer.stop)

        return asyncio.run(run())

    def deliver_http(self, now: datetime = NOW, *, channels: Channels | None = None) -> datetime | None:
        async def run() -> datetime | None:
            self.writer.start()
            try:
                async with httpx.AsyncClient() as client:
                    return await self.delivering(channels or Channels(client, time_limit=0.5)).deliver_due(now)
            finally:
                await asyncio.to_thread(self.writer.stop)

        return asyncio.run(run())

    def delivering(self, sender: Sender) -> Delivering:
        return Delivering(database=self.database, writer=self.writer, cipher=self.cipher, channels=sender)

    def listed(self, status: DeliveryStatus | None = None) -> list[Told]:
        with self.database.read() as c:
            return sorted(delivery_pages.page(c, owner=None, status=status, limit=100), key=lambda one: one.event_id)


@pytest.fixture
def outbox(database: Database) -> Outbox:
    return Outbox(database)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


def test_an_event_reaches_its_receiver_signed_and_is_recorded_as_delivered(outbox: Outbox, receiver: Receiver) -> None:
    outbox.webhook("w", f"{receiver.address}/hook")
    outbox.template("t")
    name = outbox.event("t", at=datetime.now(UTC))
    again = outbox.deliver_http(datetime.now(UTC))

    [got] = receiver.received
    event = got.verified(SECRET)
    assert (event["id"], event["sequence"], event["data"]) == (name, 1, {"callbackData": "a\u2028b"})
    [one] = outbox.listed()
    assert (one.status, one.attempts) == (DeliveryStatus.DELIVERED, 1)
    assert again is None
    with outbox.database.read() as c:
        [attempt] = c.execute(select(delivery_attempts)).mappings()
    assert attempt["ok"]
    assert attempt["status"] == one.last_status == 204
    assert attempt["duration_ms"] < 5000


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(500, (), b"out of order"), "answered 500: out of order"),
        (Answer(302, (("location", "/there"),)), "answered 302, a redirect to /there; name the final URL"),
        (CLOSE, "Server disconnected without sending a response."),
        (HANG, "no answer within 0.5 s"),
    ],
)
def test_a_failed_attempt_is_recorded_with_its_reason_and_tried_again(
    outbox: Outbox, receiver: Receiver, answer: Answer | str, error: str
) -> None:
    receiver.will("/hook", answer)
    outbox.webhook("w", f"{receiver.address}/hook")
    outbox.event(None)
    again = outbox.deliver_http()

    [one] = outbox.listed()
    assert one.status is DeliveryStatus.PENDING
    assert one.last_error == error
    assert again is not None
    assert timedelta(seconds=4) < again - NOW < timedelta(seconds=8)
    assert outbox.deliver_http(again) is None
    assert [got.headers["webhook-id"] for got in receiver.received] == [one.event_id] * 2
    assert outbox.listed()[0].status is DeliveryStatus.DELIVERED


def test_a_receiver_may_ask_for_a_longer_pause(outbox: Outbox, receiver: Receiver) -> None:
    receiver.will("/hook", Answer(503, (("retry-after", "3600"),)))
    outbox.webhook("w", f"{receiver.address}/hook")
    outbox.event(None)
    again = outbox.deliver_http()

    assert again is not None
    assert timedelta(hours=1) <= again - NOW < timedelta(hours=1, seconds=5)


def test_410_ends_the_webhook_and_everything_that_waits_for_it(outbox: Outbox, receiver: Receiver) -> None:
    receiver.will("/hook", 410)
    outbox.webhook("w", f"{receiver.address}/hook")
    outbox.event(None)
    outbox.event(None)
    assert outbox.deliver_http() is None

    assert len(receiver.received) == 1
    assert [one.status for one in outbox.listed()] == [DeliveryStatus.DEAD] * 2
    assert "410 Gone" in (outbox.listed()[1].last_error or "")
    with outbox.database.read() as c:
        assert not webhooks.get(c, "w", outbox.cipher).active
        assert "410" in c.execute(select(webhook_rows.c.inactive_reason)).scalar_one()
    outbox.event(None)
    assert len(outbox.listed()) == 2


def test_a_failing_event_holds_up_its_own_template_only(outbox: Outbox, receiver: Receiver) -> None:
    outbox.webhook("w", f"{receiver.address}/hook")
    outbox.template("a", "b")
    receiver.will("/hook", 500)
    a = [outbox.event("a"), outbox.event("a")]
    again = outbox.deliver_http()
    b = [outbox.event("b"), outbox.event("b")]
    outbox.deliver_http()

    assert again is not None
    assert [got.headers["webhook-id"] for got in receiver.received] == [a[0], *b]
    outbox.deliver_http(again)
    assert [got.headers["webhook-id"] for got in receiver.received] == [a[0], *b, *a]


def test_after_the_last_attempt_an_event_is_dead_and_the_next_one_goes_out(outbox: Outbox) -> None:
    sender = FakeSender()

    async def refuse_the_first(_: Webhook, event: Event) -> None:
        if event.sequence == 1:
            raise Refused("no", status=500)

    sender.answer = refuse_the_first
    outbox.webhook("w")
    outbox.template("t")
    outbox.event("t")
    outbox.event("t")
    now, again, rounds = NOW, outbox.deliver(sender), 1
    while again is not None:
        now, again, rounds = again, outbox.deliver(sender, again), rounds + 1

    assert rounds == ATTEMPTS
    assert timedelta(hours=22) < now - NOW < timedelta(hours=26)
    assert sender.sent == [("w", "t", 1)] * ATTEMPTS + [("w", "t", 2)]
    assert [one.status for one in outbox.listed()] == [DeliveryStatus.DEAD, DeliveryStatus.DELIVERED]
    assert outbox.listed()[0].attempts == ATTEMPTS


def test_a_dead_letter_can_be_sent_again_under_the_same_id(outbox: Outbox, receiver: Receiver) -> None:
    receiver.will("/hook", 410)
    outbox.webhook("w", f"{receiver.address}/hook")
    name = outbox.event(None)
    outbox.deliver_http()
    outbox.webhook("w", f"{receiver.address}/hook")
    with outbox.database.write() as c:
        deliveries.redeliver(c, outbox.listed()[0].id, NOW)
    outbox.deliver_http()

    assert [got.headers["webhook-id"] for got in receiver.received] == [name, name]
    assert outbox.listed()[0].status is DeliveryStatus.DELIVERED


def test_a_webhook_that_is_switched_off_gets_nothing(outbox: Outbox) -> None:
    sender = FakeSender()
    outbox.webhook("w")
    outbox.event(None)
    outbox.webhook("w", active=False)
    assert outbox.deliver(sender) is None

    assert sender.sent == []
    assert "switched off" in (outbox.listed(DeliveryStatus.DEAD)[0].last_error or "")


def test_what_was_sent_but_not_recorded_is_sent_again_under_the_same_id(outbox: Outbox) -> None:
    sender = FakeSender()
    outbox.webhook("w")
    outbox.event(None)
    with pytest.raises(WriterStopped):
        asyncio.run(outbox.delivering(sender).deliver_due(NOW))
    outbox.deliver(sender)

    assert sender.sent == [("w", None, 1)] * 2
    assert outbox.listed()[0].attempts == 1


def test_an_error_of_the_program_itself_stops_one_delivery_and_not_the_others(outbox: Outbox) -> None:
    sender = FakeSender()

    async def stumble(_: Webhook, event: Event) -> None:
        if event.template_id == "a":
            raise KeyError("channel")

    sender.answer = stumble
    outbox.webhook("w")
    outbox.template("a", "b")
    outbox.event("a")
    outbox.event("b")
    assert outbox.deliver(sender) is not None

    assert sender.accepted == [("w", "b", 1)]
    assert outbox.listed()[0].last_error == "KeyError: 'channel'"


def test_a_receiver_that_hangs_holds_up_neither_others_nor_what_is_recorded_meanwhile(outbox: Outbox) -> None:
    sender = FakeSender()
    most = 0

    async def run() -> None:
        nonlocal most
        in_flight = 0
        over, told = asyncio.Event(), asyncio.Event()

        async def hang(webhook: Webhook, event: Event) -> None:
            nonlocal in_flight, most
            if webhook.id == "slow":
                in_flight += 1
                most = max(most, in_flight)
                await over.wait()
                in_flight -= 1
            elif event.sequence == 2:
                told.set()

        sender.answer = hang
        outbox.writer.start()
        delivering = asyncio.create_task(outbox.delivering(sender).deliver_due(NOW))
        while ("slow", "t0", 1) not in sender.sent:
            await asyncio.sleep(0)
        await asyncio.to_thread(outbox.event, "t0")
        async with asyncio.timeout(10):
            await told.wait()
        over.set()
        assert await delivering is None
        await asyncio.to_thread(outbox.writer.stop)

    names = [f"t{n}" for n in range(AT_ONCE_EACH + 12)]
    outbox.template(*names)
    outbox.webhook("slow")
    outbox.webhook("quick")
    for name in names:
        outbox.event(name)
    asyncio.run(run())

    assert most == AT_ONCE_EACH
    assert len(sender.accepted) == 2 * (len(names) + 1)


def test_a_receiver_that_has_answered_need_not_wait_for_the_disk_and_a_crash_sends_few_again(outbox: Outbox) -> None:
    sender = FakeSender()

    go_on = threading.Event()

    async def run() -> None:
        outbox.writer.start()
        stands_still = asyncio.create_task(outbox.writer.call(lambda _: go_on.wait(10)))
        delivering = asyncio.create_task(outbox.delivering(sender).deliver_due(NOW))
        async with asyncio.timeout(10):
            while len(sender.accepted) < AT_ONCE:
                await asyncio.sleep(0)
        for _ in range(100):  # nothing is recorded, so no more is sent
            await asyncio.sleep(0)
        assert len(sender.accepted) == AT_ONCE
        go_on.set()
        assert await stands_still
        assert await delivering is None
        await asyncio.to_thread(outbox.writer.stop)

    names = [f"t{n}" for n in range(AT_ONCE + 5)]
    outbox.template(*names)
    outbox.webhook("w")
    for name in names:
        outbox.event(name)
    asyncio.run(run())

    assert sorted(sender.accepted) == sorted(("w", name, 1) for name in names)


def test_with_receivers_that_fail_at_random_every_line_arrives_complete_and_in_order(outbox: Outbox) -> None:
    sender = FakeSender()
    chance = random.Random(20260301)

    async def sometimes(_: Webhook, __: Event) -> None:
        await asyncio.sleep(0)
        if chance.random() < 0.3:
            raise Refused("not now", status=503)

    sender.answer = sometimes
    outbox.webhook("all")
    outbox.template("a", "b", "c")
    outbox.webhook("one", template="a")
    for _ in range(6):
        for name in ("a", "b", "c"):
            outbox.event(name)
    again = outbox.deliver(sender)
    while again is not None:
        again = outbox.deliver(sender, again)

    lines = defaultdict(list)
    for webhook, template, sequence in sender.accepted:
        lines[webhook, template].append(sequence)
    assert lines == {line: [1, 2, 3, 4, 5, 6] for line in [("all", "a"), ("all", "b"), ("all", "c"), ("one", "a")]}
    assert len(sender.sent) > len(sender.accepted)


def test_the_command_is_that_of_the_settings_whatever_the_database_says(outbox: Outbox, tmp_path: Path) -> None:
    outbox.webhook("w", f"touch {tmp_path / 'wrong'}", Channel.COMMAND)
    outbox.event(None, type=EventType.CLOCK_STEPPED)
    outbox.deliver_http(channels=Channels(httpx.AsyncClient(), command=f"tee {tmp_path / 'told'}"))

    assert json.loads((tmp_path / "told").read_text())["type"] == "clock.stepped"
    assert not (tmp_path / "wrong").exists()


@pytest.mark.parametrize("channel", [Channel.COMMAND, Channel.HOOK])
def test_a_channel_that_the_settings_name_no_more_is_switched_off(outbox: Outbox, channel: Channel) -> None:
    outbox.webhook("w", "mail", channel)
    outbox.event(None)
    assert outbox.deliver_http() is None

    [one] = outbox.listed()
    assert one.status is DeliveryStatus.DEAD
    assert "is not set any more" in (one.last_error or "")
