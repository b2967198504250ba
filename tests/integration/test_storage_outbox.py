"""Events and deliveries: recorded together, told in order, given up one at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from domain.errors import NotFound
from domain.event import Channel, DeliveryStatus, EventType
from storage import deliveries, delivery_pages, events, webhooks
from storage.cipher import FernetCipher
from storage.database import Database
from tests.integration.storage_values import NOW, SOON, accepted, event, webhook, with_templates

CIPHER = FernetCipher(b"A" * 43 + b"=")
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def outbox(database: Database) -> Database:
    """A database with two templates and one webhook for the events of all."""
    with_templates(database, "t1", "t2")
    with database.write() as c:
        webhooks.upsert(c, webhook(), CIPHER)
    return database


def recorded(database: Database, *kinds: EventType, template_id: str | None = "t1") -> list[str]:
    new = [event(kind, template_id) for kind in kinds]
    with database.write() as c:
        events.record(c, new)
    return [one.id for one in new]


def due(database: Database, now: datetime = NOW) -> list[deliveries.DueDelivery]:
    with database.read() as c:
        return deliveries.due(c, now, 100)


def listed(c: sa.Connection, status: DeliveryStatus | None = None) -> list[delivery_pages.Told]:
    return delivery_pages.page(c, owner=None, status=status, limit=100)


def tried(
    database: Database, one: deliveries.DueDelivery, *, ok: bool = True, dead: bool = False, at: datetime | None = None
) -> None:
    with database.write() as c:
        if ok:
            accepted(c, one.delivery.id, duration_ms=12)
        else:
            deliveries.record_failure(
                c, one.delivery.id, status=503, error="503", now=NOW, next_attempt_at=at, dead=dead, duration_ms=12
            )


def test_each_template_counts_its_own_events_without_gaps(outbox: Database) -> None:
    recorded(outbox, EventType.RUN_SUCCEEDED, EventType.RUN_SKIPPED)
    recorded(outbox, EventType.CLOCK_STEPPED, EventType.CLOCK_STEPPED, template_id=None)
    recorded(outbox, EventType.RUN_SUCCEEDED, template_id="t2")
    recorded(outbox, EventType.RUN_FAILED)
    with outbox.read() as c:
        numbers = [(one.template_id, one.sequence) for one in events.list_events(c)]
    assert numbers == [("t1", 1), ("t1", 2), (None, 1), (None, 2), ("t2", 1), ("t1", 3)]


@pytest.mark.parametrize("template_id", ["t1", None])
def test_a_number_is_never_given_twice(outbox: Database, template_id: str | None) -> None:
    recorded(outbox, EventType.RUN_SUCCEEDED, EventType.RUN_SUCCEEDED, template_id=template_id)
    with pytest.raises(sa.exc.IntegrityError), outbox.write() as c:
        c.execute(sa.text("UPDATE events SET sequence = 1"))


def test_events_are_read_on_from_the_last_one_seen(outbox: Database) -> None:
    ids = recorded(outbox, EventType.RUN_SUCCEEDED, EventType.RUN_FAILED, EventType.RUN_SUCCEEDED)
    other = recorded(outbox, EventType.RUN_SUCCEEDED, template_id="t2")
    with outbox.read() as c:
        assert [one.id for one in events.list_events(c, after=ids[0])] == ids[1:] + other
        assert [one.id for one in events.list_events(c, after=ids[0], limit=1)] == ids[1:2]
        assert [one.id for one in events.list_events(c, template_id="t2")] == other
        assert [one.id for one in events.list_events(c, types={EventType.RUN_FAILED})] == ids[1:2]
        with pytest.raises(NotFound, match="no event named 'gone'"):
            events.list_events(c, after="gone")


def test_failures_are_unread_until_somebody_says_so(outbox: Database) -> None:
    ids = recorded(outbox, EventType.RUN_FAILED, EventType.RUN_SUCCEEDED, EventType.POST_UNKNOWN)
    with outbox.write() as c:
        assert [one.id for one in events.unread_failures(c)] == [ids[0], ids[2]]
        events.mark_read(c, ids[1])
        assert [one.id for one in events.unread_failures(c)] == [ids[2]]


def test_data_comes_back_as_it_was(outbox: Database) -> None:
    data = {"b": [1, 2.5, None, True], "a": "ä 言葉 \u2028 \u0000", "callbackData": '{"x" :1}'}
    with outbox.write() as c:
        events.record(c, [replace(event(), data=data)])
        (one,) = events.list_events(c)
    assert one.data == data
    assert list(one.data) == list(data)  # the order too: the body is made of it, each time again


def test_an_event_is_delivered_to_the_webhooks_that_want_it(database: Database) -> None:
    with_templates(database, "t1", "t2")
    with database.write() as c:
        for one in (
            webhook("all"),
            webhook("one", template_id="t1"),
            webhook("other", template_id="t2"),
            webhook("off", active=False),
            webhook("hook", channel=Channel.HOOK, url="hooks:tell"),
            webhook("bell", channel=Channel.COMMAND, url="notify"),
        ):
            webhooks.upsert(c, one, CIPHER)
    recorded(database, EventType.RUN_SUCCEEDED)
    assert sorted(one.webhook_id for one in due(database)) == ["all", "hook", "one"]
    recorded(database, EventType.CLOCK_STEPPED, template_id=None)
    with database.read() as c:
        told = [one.webhook_id for one in listed(c) if one.event is EventType.CLOCK_STEPPED]
    assert sorted(told) == ["all", "bell", "hook"]


def test_an_event_that_is_taken_back_takes_its_deliveries_along(outbox: Database) -> None:
    with outbox.write() as c:
        step = c.begin_nested()
        events.record(c, [event()])
        step.rollback()
    assert due(outbox) == []


def test_the_events_of_a_template_are_told_one_after_the_other(outbox: Database) -> None:
    first, second = recorded(outbox, EventType.RUN_SUCCEEDED, EventType.RUN_SKIPPED)
    (other,) = recorded(outbox, EventType.RUN_SUCCEEDED, template_id="t2")
    assert [one.event.id for one in due(outbox)] == [first, other]
    tried(outbox, due(outbox)[0], ok=False, at=LATER)
    assert [one.event.id for one in due(outbox)] == [other]  # the second waits behind the first
    with outbox.read() as c:
        assert deliveries.next_due(c) == NOW
    tried(outbox, due(outbox)[0])
    with outbox.read() as c:
        assert deliveries.next_due(c) == LATER
    tried(outbox, due(outbox, LATER)[0])
    assert [one.event.id for one in due(outbox)] == [second]


def test_a_line_is_one_webhooks(outbox: Database) -> None:
    with outbox.write() as c:
        webhooks.upsert(c, webhook("w2"), CIPHER)
    _, second = recorded(outbox, EventType.RUN_SUCCEEDED, EventType.RUN_SKIPPED)
    slow = next(one for one in due(outbox) if one.webhook_id == "w1")
    quick = next(one for one in due(outbox) if one.webhook_id == "w2")
    tried(outbox, slow, ok=False, at=LATER)
    tried(outbox, quick)
    assert [(one.webhook_id, one.event.id) for one in due(outbox)] == [("w2", second)]


def test_a_webhook_with_many_that_wait_keeps_no_other_out(outbox: Database) -> None:
    with_templates(outbox, *(f"many{number}" for number in range(5)))
    for number in range(5):
        recorded(outbox, EventType.RUN_SUCCEEDED, template_id=f"many{number}")
    with outbox.write() as c:
        webhooks.upsert(c, webhook("w2"), CIPHER)
    newest = recorded(outbox, EventType.RUN_SUCCEEDED)
    with outbox.read() as c:
        first = deliveries.due(c, LATER, 3)
        everything = deliveries.due(c, LATER, 100)
    assert [one.webhook_id for one in first] == ["w1", "w2", "w1"]
    assert first[1].event.id == newest[0]
    assert len({one.delivery.id for one in everything}) == 7


def test_a_dead_letter_releases_the_next(outbox: Database) -> None:
    first, second = recorded(outbox, EventType.RUN_SUCCEEDED, EventType.RUN_SKIPPED)
    tried(outbox, due(outbox)[0], ok=False, dead=True)
    assert [one.event.id for one in due(outbox)] == [second]
    with outbox.read() as c:
        (dead,) = listed(c, DeliveryStatus.DEAD)
    assert (dead.event_id, dead.attempts, dead.last_status) == (first, 1, 503)


def test_a_redelivery_neither_waits_for_its_line_nor_holds_it_up(outbox: Database) -> None:
    first, second, third = recorded(outbox, *[EventType.RUN_SUCCEEDED] * 3)
    dead = due(outbox)[0]
    tried(outbox, dead, ok=False, dead=True)
    with outbox.write() as c:
        deliveries.redeliver(c, dead.delivery.id, NOW)
    assert [one.event.id for one in due(outbox)] == [first, second]
    tried(outbox, due(outbox)[0], ok=False, at=LATER)
    tried(outbox, due(outbox)[0])
    assert [one.event.id for one in due(outbox)] == [third]


def test_an_attempt_says_how_it_went(outbox: Database) -> None:
    recorded(outbox, EventType.RUN_SUCCEEDED)
    one = due(outbox)[0]
    with pytest.raises(ValueError, match="time of the next one"):
        tried(outbox, one, ok=False)
    tried(outbox, one, ok=False, at=LATER)
    tried(outbox, one)
    with outbox.read() as c:
        (done,) = listed(c, DeliveryStatus.DELIVERED)
        attempts = c.execute(sa.text("SELECT ok, status, error, duration_ms FROM delivery_attempts ORDER BY id")).all()
    assert (done.attempts, done.delivered_at, done.last_error) == (2, NOW, None)
    assert [tuple(row) for row in attempts] == [(False, 503, "503", 12), (True, 204, None, 12)]


def test_a_late_failure_does_not_take_back_what_another_process_delivered(outbox: Database) -> None:
    recorded(outbox, EventType.RUN_SUCCEEDED)
    mine, theirs = due(outbox)[0], due(outbox)[0]
    tried(outbox, theirs)
    tried(outbox, mine, ok=False, at=LATER)
    with outbox.read() as c:
        (done,) = listed(c)
        attempts = c.execute(sa.text("SELECT ok FROM delivery_attempts ORDER BY id")).scalars().all()
    assert (done.status, done.attempts) == (DeliveryStatus.DELIVERED, 1)
    assert list(attempts) == [True, False]
    assert due(outbox, LATER) == []


def test_a_webhook_that_is_switched_off_leaves_dead_letters_with_the_reason(outbox: Database) -> None:
    recorded(outbox, EventType.RUN_SUCCEEDED)
    with outbox.write() as c:
        webhooks.deactivate(c, "w1", "410 Gone")
        (dead,) = listed(c, DeliveryStatus.DEAD)
        assert dead.last_error == "410 Gone"
        assert not webhooks.get(c, "w1", CIPHER).active
    recorded(outbox, EventType.RUN_SUCCEEDED)
    assert due(outbox, NOW + timedelta(days=9)) == []


def test_a_secret_is_readable_with_the_key_only(outbox: Database) -> None:
    with outbox.read() as c:
        assert webhooks.get(c, "w1", CIPHER) == webhook()
        kept = c.execute(sa.text("SELECT secret FROM webhooks")).scalar_one()
    assert "whsec_" not in kept
    assert webhook().secret not in kept


def test_a_webhook_is_changed_in_its_place(outbox: Database) -> None:
    changed = webhook(url="https://hooks.example/new", secret="whsec_bmV3")
    with outbox.write() as c:
        webhooks.upsert(c, changed, CIPHER)
        webhooks.upsert(c, webhook("w2", created_at=NOW + SOON), CIPHER)
        assert webhooks.list_webhooks(c, CIPHER) == [changed, webhook("w2", created_at=NOW + SOON)]


def test_what_is_not_there_is_named(database: Database) -> None:
    with database.write() as c:
        with pytest.raises(NotFound, match="no webhook named 'x'"):
            webhooks.get(c, "x", CIPHER)
        with pytest.raises(NotFound, match="no webhook named 'x'"):
            webhooks.deactivate(c, "x", "gone")
        with pytest.raises(NotFound, match="no delivery named 'x'"):
            deliveries.redeliver(c, "x", NOW)
        with pytest.raises(NotFound, match="no delivery named 'x'"):
            deliveries.record_failure(
                c, "x", status=500, error="500", now=NOW, next_attempt_at=None, dead=True, duration_ms=1
            )


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (None, [EventType.RUN_SUCCEEDED, EventType.RUN_FAILED]),
        (frozenset({EventType.RUN_FAILED, EventType.RUN_SKIPPED}), [EventType.RUN_FAILED]),
        (frozenset({EventType.RUN_SKIPPED}), []),
        (frozenset(), []),
    ],
)
def test_a_webhook_is_told_the_types_that_it_wants(
    database: Database, wanted: frozenset[EventType] | None, told: list[EventType]
) -> None:
    with_templates(database, "t1")
    wants = replace(webhook(), events=wanted)
    with database.write() as c:
        webhooks.upsert(c, wants, CIPHER)
    recorded(database, EventType.RUN_SUCCEEDED, EventType.RUN_FAILED)

    with database.read() as c:
        assert webhooks.get(c, wants.id, CIPHER) == wants
        assert [each.event for each in listed(c)][::-1] == told
