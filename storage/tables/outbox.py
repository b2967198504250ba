"""Events, webhooks and deliveries: the transactional outbox."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    false,
    true,
)

from domain.event import Channel, DeliveryStatus
from storage.tables.columns import belongs, metadata, moment, number, one_of, owner, text, where

events = Table(
    "events",
    metadata,
    Column("position", Integer, primary_key=True),  # the order of recording over all templates: `GET /events?after=`
    owner(),
    text("id"),
    text("type"),
    text("stream"),  # the template's id, or '' for events of none: a unique key does not see NULLs
    text("template_id", null=True),
    text("run_id", null=True),
    number("sequence"),
    moment("created_at"),
    text("data"),
    Column("unread", Boolean, nullable=False),  # a failure that nobody has read
    UniqueConstraint("id", "owner_id"),
    # Consumers find a lost event by a missing number, so numbers are never given twice.
    UniqueConstraint("stream", "sequence", "owner_id"),
    belongs("template_id", "templates"),
    belongs("run_id", "runs"),
    CheckConstraint("sequence >= 1", name="sequence"),
    CheckConstraint("stream = COALESCE(template_id, '')", name="stream"),
    Index("ix_events_unread", "position", **where("unread", sqlite="unread = 1")),
    Index("ix_events_created_at", "created_at"),
    Index("ix_events_run_id", "run_id", **where("run_id IS NOT NULL")),
    sqlite_autoincrement=True,  # a position is never given again, also after pruning
)

webhooks = Table(
    "webhooks",
    metadata,
    text("id"),
    owner(),
    text("channel"),
    text("url"),
    text("secret"),  # encrypted
    text("template_id", null=True),
    Column("active", Boolean, nullable=False, server_default=true()),
    text("inactive_reason", null=True),
    moment("created_at"),
    Column("asked", Boolean, nullable=False, server_default=false()),  # about posts before they go out; told no events
    # Told how each run ended, and nothing else, in the document of the AutoContent X operations.
    Column("compatible", Boolean, nullable=False, server_default=false()),
    text("events", null=True),  # the types that it is told, each between commas; NULL: all
    # Those that it had before and that sign too for a while: domain.event.FormerSecret as JSON, a list, encrypted; and
    # when the last of them signs no more.
    text("former_secrets", null=True),
    moment("former_until", null=True),
    PrimaryKeyConstraint("id", "owner_id"),
    belongs("template_id", "templates"),
    one_of("channel", Channel),
    # "Whose old secrets can go?"
    Index("ix_webhooks_former_until", "former_until", **where("former_until IS NOT NULL")),
)

deliveries = Table(
    "deliveries",
    metadata,
    text("id"),
    owner(),
    text("event_id"),
    text("webhook_id"),
    text("stream"),
    number("sequence"),
    text("status"),
    number("attempts", default="0"),
    moment("next_attempt_at", null=True),
    text("last_error", null=True),
    number("last_status", null=True),
    moment("delivered_at", null=True),
    # False for one that a person asked to send again: it neither waits for the line nor holds it up.
    Column("in_line", Boolean, nullable=False, server_default=true()),
    moment("leased_until", null=True),  # one of several daemons sends it, and no other before this
    PrimaryKeyConstraint("id", "owner_id"),
    # The outbox holds an event once for each webhook; sending it again is another attempt of the same delivery.
    UniqueConstraint("event_id", "webhook_id", "owner_id"),
    belongs("event_id", "events", on_delete="CASCADE"),
    belongs("webhook_id", "webhooks"),
    one_of("status", DeliveryStatus),
    # What is pending has a time, or it would never be sent and nobody would know.
    CheckConstraint("(status = 'pending') = (next_attempt_at IS NOT NULL)", name="pending_has_time"),
    Index(
        "ix_deliveries_line",
        "webhook_id",
        "stream",
        "sequence",
        **where("status = 'pending'"),
    ),
    Index(
        "ix_deliveries_due",
        "next_attempt_at",
        **where("status = 'pending'"),
    ),
)

delivery_attempts = Table(
    "delivery_attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    owner(),
    text("delivery_id"),
    moment("at"),
    Column("ok", Boolean, nullable=False),
    number("status", null=True),
    text("error", null=True),
    number("duration_ms"),
    belongs("delivery_id", "deliveries", on_delete="CASCADE"),
    Index("ix_delivery_attempts_delivery_id", "delivery_id"),
)
