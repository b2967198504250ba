"""Webhooks: where events are delivered. Their secrets are encrypted at rest."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, RowMapping, func, select, true, update

from domain.errors import NotFound
from domain.event import Channel, DeliveryStatus, EventType, FormerSecret, Webhook
from storage import codec
from storage.statements import Prepared, insert_or_replace
from storage.tables import constant, deliveries, webhooks

_COLUMNS = (
    "id",
    "owner_id",
    "channel",
    "url",
    "secret",
    "template_id",
    "active",
    "inactive_reason",
    "created_at",
    "asked",
    "compatible",
    "events",
    "former_secrets",
    "former_until",
)
_FORMER = tuple[FormerSecret, ...]
_UPSERT = Prepared(
    insert_or_replace(
        webhooks,
        *_COLUMNS,
        key=("id", "owner_id"),
        change=(
            *("channel", "url", "secret", "template_id", "active", "inactive_reason", "asked", "events"),
            *("former_secrets", "former_until"),
        ),
    )
)


class Cipher(Protocol):
    """Encrypts what must not be readable in a copy of the database."""

    def encrypt(self, text: str) -> str: ...

    def decrypt(self, token: str) -> str: ...

    def seal(self, text: str) -> str:
        """Give 32 hexadecimal digits for *text* that nobody gives without the key."""
        ...


def upsert(c: Connection, webhook: Webhook, cipher: Cipher) -> None:
    """Keep *webhook*, new or changed."""
    row = {
        "id": webhook.id,
        "owner_id": webhook.owner_id,
        "channel": webhook.channel.value,
        "url": webhook.url,
        **_secrets(webhook, cipher),
        "template_id": webhook.template_id,
        "active": webhook.active,
        "inactive_reason": None,
        "created_at": webhook.created_at,
        "asked": webhook.asked,
        "compatible": webhook.compatible,
        "events": _between_commas(webhook.events),
    }
    _UPSERT.run(c, [row])


def get(c: Connection, webhook_id: str, cipher: Cipher) -> Webhook:
    """Give one webhook with its secret. Raises NotFound."""
    row = c.execute(select(webhooks).where(webhooks.c.id == webhook_id)).mappings().first()
    if row is None:
        raise NotFound("webhook", webhook_id, "`ostinato callback list` shows those there are")
    return _webhook(row, cipher)


def of_template(c: Connection, template_id: str, cipher: Cipher, *, asked: bool) -> Webhook | None:
    """Give the template's own webhook, also an inactive one: where its events go, or the one that is *asked*."""
    query = select(webhooks).where(webhooks.c.template_id == template_id, webhooks.c.asked == asked)
    row = c.execute(query.order_by(webhooks.c.created_at, webhooks.c.id)).mappings().first()
    return _webhook(row, cipher) if row else None


def list_webhooks(c: Connection, cipher: Cipher) -> list[Webhook]:
    """Give all webhooks with their secrets, inactive ones too, in the order of their making."""
    query = select(webhooks).order_by(webhooks.c.created_at, webhooks.c.id)
    return [_webhook(row, cipher) for row in c.execute(query).mappings()]


def list_compatible(c: Connection, cipher: Cipher, *, owner: str, besides: str) -> list[Webhook]:
    """Give the owner's compatible webhooks, without those that were switched off because of *besides*."""
    mine = (webhooks.c.compatible == true(), webhooks.c.owner_id == owner)
    there = func.coalesce(webhooks.c.inactive_reason, "") != besides
    query = select(webhooks).where(*mine, there).order_by(webhooks.c.created_at, webhooks.c.id)
    return [_webhook(row, cipher) for row in c.execute(query).mappings()]


def alter(c: Connection, webhook_id: str, *, url: str, events: frozenset[EventType] | None) -> None:
    """Let a webhook be at *url*, and be told *events*."""
    change = update(webhooks).where(webhooks.c.id == webhook_id)
    c.execute(change.values(url=url, events=_between_commas(events)))


def activate(c: Connection, webhook_id: str) -> None:
    """Let a webhook be told what happens from now on."""
    c.execute(update(webhooks).where(webhooks.c.id == webhook_id).values(active=True, inactive_reason=None))


def set_secrets(c: Connection, webhook: Webhook, cipher: Cipher) -> None:
    """Let what is sent there from now on be signed with the secret of *webhook*, and with its former ones."""
    c.execute(update(webhooks).where(webhooks.c.id == webhook.id).values(_secrets(webhook, cipher)))


def forget_former(c: Connection, *, now: datetime) -> None:
    """Forget the former secrets of the webhooks of which none signs any more at *now*."""
    over = update(webhooks).where(webhooks.c.former_until <= now)
    c.execute(over.values(former_secrets=None, former_until=None))


def reencrypt(c: Connection, cipher: Cipher) -> int:
    """Encrypt every secret anew with the cipher's first key, former ones too; give how many there are."""
    found = list_webhooks(c, cipher)
    for each in found:
        set_secrets(c, each, cipher)
    return count_secrets(found)


def count_secrets(found: Iterable[Webhook]) -> int:
    """Give how many secrets the webhooks have, former ones too."""
    return sum(1 + len(each.former) for each in found)


def deactivate(c: Connection, webhook_id: str, reason: str) -> None:
    """Deliver nothing more there; what is waiting becomes a dead letter with the *reason*. Raises NotFound."""
    change = update(webhooks).where(webhooks.c.id == webhook_id).values(active=False, inactive_reason=reason)
    if c.execute(change).rowcount != 1:
        raise NotFound("webhook", webhook_id, "`ostinato callback list` shows those there are")
    waiting = (deliveries.c.webhook_id == webhook_id, deliveries.c.status == constant(DeliveryStatus.PENDING))
    dead = {"status": DeliveryStatus.DEAD.value, "next_attempt_at": None, "last_error": reason}
    c.execute(update(deliveries).where(*waiting).values(dead))


def _secrets(webhook: Webhook, cipher: Cipher) -> dict[str, Any]:
    former = webhook.former
    return {
        "secret": cipher.encrypt(webhook.secret),
        "former_secrets": cipher.encrypt(codec.dump(_FORMER, former)) if former else None,
        "former_until": max((each.until for each in former), default=None),
    }


def _webhook(row: RowMapping, cipher: Cipher) -> Webhook:
    return Webhook(
        id=row["id"],
        channel=Channel(row["channel"]),
        url=row["url"],
        secret=cipher.decrypt(row["secret"]),
        template_id=row["template_id"],
        active=row["active"],
        created_at=row["created_at"],
        asked=row["asked"],
        compatible=row["compatible"],
        events=types_of(row["events"]),
        owner_id=row["owner_id"],
        former=codec.load(_FORMER, cipher.decrypt(row["former_secrets"])) if row["former_secrets"] else (),
    )


def _between_commas(types: frozenset[EventType] | None) -> str | None:
    """Give *types* so that SQL finds each in it: `,run.failed,run.skipped,`."""
    return None if types is None else f",{','.join(sorted(types))},"


def types_of(kept: str | None) -> frozenset[EventType] | None:
    """Give the types of events that the column holds; None: all."""
    return None if kept is None else frozenset(EventType(each) for each in kept.strip(",").split(",") if each)
