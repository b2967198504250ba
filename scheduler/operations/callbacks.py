"""Who is told what happened: the webhooks, and the deliveries to them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import and_, select

from callbacks.signing import new_secret
from domain.errors import DeliveryError, NotFound, Unreadable
from domain.event import Channel, DeliveryStatus, Event, EventType, Webhook
from scheduler.operations.prefixes import whole_id
from storage import deliveries, templates, webhooks
from storage.database import Database
from storage.deliveries import DueDelivery
from storage.tables import deliveries as deliveries_table
from storage.tables import webhooks as webhooks_table
from storage.webhooks import Cipher

# The webhooks that the settings name have fixed ids, so that a changed setting changes the webhook.
OWN_IDS = {Channel.HTTP: "settings-url", Channel.COMMAND: "settings-command", Channel.HOOK: "settings-hook"}

Tell = Callable[[Webhook, Event], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Told:
    """A webhook, and the name of the one template whose events it gets; None for all."""

    webhook: Webhook
    template: str | None


def list_webhooks(database: Database, cipher: Cipher) -> list[Told]:
    """Give all webhooks, in the order of their making."""
    with database.read() as connection:
        found = webhooks.list_webhooks(connection, cipher)
        named = templates.names(connection, {each.template_id for each in found if each.template_id})
        return [Told(each, named[each.template_id] if each.template_id else None) for each in found]


def list_deliveries(database: Database, *, status: DeliveryStatus | None = None, limit: int = 50) -> list[DueDelivery]:
    """Give deliveries with their events, the newest first."""
    with database.read() as connection:
        return deliveries.list_deliveries(connection, status, limit)


def waiting_behind(database: Database, found: Sequence[DueDelivery]) -> set[str]:
    """Give the ids of those deliveries that are sent only once an earlier one to the same webhook is settled."""
    ids = [each.delivery.id for each in found]
    table, earlier = deliveries_table, deliveries_table.alias("earlier")
    pending = DeliveryStatus.PENDING.value
    behind = (
        select(table.c.id)
        .join(earlier, and_(earlier.c.webhook_id == table.c.webhook_id, earlier.c.stream == table.c.stream))
        .where(table.c.id.in_(ids), table.c.status == pending, table.c.in_line)
        .where(earlier.c.status == pending, earlier.c.in_line, earlier.c.sequence < table.c.sequence)
    )
    with database.read() as connection:
        return set(connection.execute(behind).scalars())


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
            webhook = Webhook(OWN_IDS[channel], channel, target, signing, None, True, now)
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
    database: Database, cipher: Cipher, webhook_id: str, *, tell: Tell, now: datetime, new_id: Callable[[], str]
) -> Webhook:
    """Tell one webhook the event `callback.test` at once, outside the outbox.

    Raises NotFound, and DeliveryError when it was not accepted.
    """
    asked = webhook(database, cipher, webhook_id)
    data = {"message": "a test; nothing happened", "webhook": {"id": asked.id}}
    event = Event(new_id(), EventType.CALLBACK_TEST, now, data, asked.template_id, None, 0)
    try:
        await tell(asked, event)
    except DeliveryError as error:
        raise DeliveryError(f"{asked.url}: {error}", status=error.status, permanent=error.permanent) from error
    return asked


def redeliver(database: Database, delivery_id: str, *, now: datetime) -> None:
    """Send a delivery again, whatever became of it before; the daemon does it. Raises NotFound."""
    with database.write() as connection:
        deliveries.redeliver(connection, whole_id(connection, deliveries_table.c.id, delivery_id), now)


def revive(database: Database, *, now: datetime, limit: int = 1000) -> int:
    """Send all dead deliveries again; give how many."""
    with database.write() as connection:
        dead = deliveries.list_deliveries(connection, DeliveryStatus.DEAD, limit)
        for each in dead:
            deliveries.redeliver(connection, each.delivery.id, now)
        return len(dead)
