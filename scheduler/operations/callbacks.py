"""Who is told what happened: the webhooks, and the deliveries to them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from callbacks.signing import new_secret
from domain.errors import DeliveryError, NotFound, Unreadable
from domain.event import Channel, DeliveryStatus, Event, EventType, Webhook
from scheduler.operations.prefixes import whole_id
from storage import deliveries, delivery_pages, templates, webhook_pages, webhooks
from storage.database import Database
from storage.delivery_pages import Told
from storage.tables import deliveries as deliveries_table
from storage.tables import webhooks as webhooks_table
from storage.webhook_pages import Listed
from storage.webhooks import Cipher

# The webhooks that the settings name have fixed ids, so that a changed setting changes the webhook.
OWN_IDS = {Channel.HTTP: "settings-url", Channel.COMMAND: "settings-command", Channel.HOOK: "settings-hook"}

Tell = Callable[[Webhook, Event], Awaitable[int | None]]  # gives the HTTP status of what accepted it


@dataclass(frozen=True, slots=True)
class Tested:
    """What came of a test: *error* is why it was not accepted, *status* that of what the receiver answered."""

    webhook_id: str
    event_id: str
    error: DeliveryError | None
    status: int | None
    took: timedelta


def list_webhooks(database: Database) -> list[Listed]:
    """Give all webhooks, in the order of their making."""
    with database.read() as connection:
        return webhook_pages.everyone(connection)


def secrets(database: Database, cipher: Cipher) -> dict[str, str]:
    """Give the secret of each webhook, by its id. Raises SettingsError when one cannot be read."""
    with database.read() as connection:
        return {each.id: each.secret for each in webhooks.list_webhooks(connection, cipher)}


def list_deliveries(database: Database, *, status: DeliveryStatus | None = None, limit: int = 50) -> list[Told]:
    """Give deliveries with their events, the newest first."""
    with database.read() as connection:
        return delivery_pages.page(connection, owner=None, status=status, limit=limit)


def configure(
    database: Database,
    cipher: Cipher,
    *,
    url: str | None,
    secret: str | None,
    command: str | None,
    hook: str | None,
    now: datetime,
) -> None:
    """Make the webhooks that the settings name, and switch off those that they no longer name.

    Without a *secret* the one that is there stays, or one is made.
    """
    wanted = {Channel.HTTP: url, Channel.COMMAND: command, Channel.HOOK: hook}
    with database.write() as connection:
        known = {each.id: each for each in webhooks.list_webhooks(connection, cipher)}
        for channel, target in wanted.items():
            there = known.get(OWN_IDS[channel])
            if target is None:
                if there is not None and there.active:
                    webhooks.deactivate(connection, there.id, "the settings name it no longer")
                continue
            signing = ""
            if channel is Channel.HTTP:
                signing = secret or (there.secret if there else "") or new_secret()
            former = there.former if there is not None and there.secret == signing else ()
            webhook = Webhook(OWN_IDS[channel], channel, target, signing, None, True, now, former=former)
            if there is None or replace(there, created_at=now) != webhook:
                webhooks.upsert(connection, webhook, cipher)


def webhook(database: Database, cipher: Cipher, webhook_id: str) -> Webhook:
    """Give the webhook of that id, or that of the template's events, or the one whose id begins so. Raises NotFound."""
    with database.read() as connection:
        with suppress(NotFound, Unreadable):
            template = templates.get(connection, webhook_id).template
            if own := webhooks.of_template(connection, template.id, cipher, asked=False):
                return own
        return webhooks.get(connection, whole_id(connection, webhooks_table.c.id, webhook_id), cipher)


async def test(
    asked: Webhook, *, tell: Tell, now: datetime, new_id: Callable[[], str], monotonic: Callable[[], float]
) -> Tested:
    """Tell one webhook the event `callback.test` at once, outside the outbox; give what its receiver said."""
    data = {"message": "a test; nothing happened", "webhook": {"id": asked.id}}
    event = Event(new_id(), EventType.CALLBACK_TEST, now, data, asked.template_id, None, 0)
    began, refused, status = monotonic(), None, None
    try:
        status = await tell(asked, event)
    except DeliveryError as error:
        status = error.status
        refused = DeliveryError(f"{asked.url}: {error}", status=error.status, permanent=error.permanent)
    return Tested(asked.id, event.id, refused, status, timedelta(seconds=monotonic() - began))


def redeliver(database: Database, delivery_id: str, *, now: datetime) -> None:
    """Send a delivery again, whatever became of it before; the daemon does it. Raises NotFound."""
    with database.write() as connection:
        deliveries.redeliver(connection, whole_id(connection, deliveries_table.c.id, delivery_id), now)


def revive(database: Database, *, now: datetime, owner: str | None = None, limit: int = 1000) -> int:
    """Send all dead deliveries again, those of *owner* or of everybody, the newest first; give how many."""
    with database.write() as connection:
        dead = delivery_pages.page(connection, owner=owner, status=DeliveryStatus.DEAD, limit=limit)
        for each in dead:
            deliveries.redeliver(connection, each.id, now)
        return len(dead)
