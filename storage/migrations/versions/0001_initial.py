"""All tables of version 0.1."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# An instant: text of fixed width in UTC on SQLite, so that text order is time order.
INSTANT = sa.String(32).with_variant(sa.DateTime(timezone=True), "postgresql")


def where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    _templates()
    _sources()
    _runs()
    _outbox()
    _installation()
    _accounts()


def downgrade() -> None:
    raise NotImplementedError("a ledger of what was posted is not taken back: restore a backup instead")


def _templates() -> None:
    op.create_table(
        "templates",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("next_slot_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("paused_from", INSTANT, nullable=True),
        sa.Column("pause_reason", sa.Text(), nullable=True),
        sa.Column("pause_note", sa.Text(), nullable=True),
        sa.Column("last_run_at", INSTANT, nullable=True),
        sa.Column("deleted_at", INSTANT, nullable=True),
        sa.Column("definition", sa.Text(), nullable=False),
        # A paused or deleted template that kept its slot would be planned.
        sa.CheckConstraint("status = 'active' OR next_slot_at IS NULL", name=op.f("ck_templates_only_active_is_due")),
        # What a pause swallows is recorded when it ends.
        sa.CheckConstraint(
            "(status = 'paused') = (paused_from IS NOT NULL)", name=op.f("ck_templates_paused_from_somewhere")
        ),
        sa.CheckConstraint("status IN ('active', 'paused', 'ended', 'deleted')", name=op.f("ck_templates_status")),
        sa.CheckConstraint("type IN ('tweet', 'thread')", name=op.f("ck_templates_type")),
        sa.PrimaryKeyConstraint("id", "owner_id", name="pk_templates"),
    )
    op.create_index("ix_templates_due", "templates", ["next_slot_at"], **where("status = 'active'"))
    # A name means one template; a deleted one gives it free.
    op.create_index("uq_templates_name", "templates", ["name", "owner_id"], unique=True, **where("status <> 'deleted'"))
    op.create_table(
        "slot_gaps",
        sa.Column("template_id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("start_at", INSTANT, nullable=False),
        sa.Column("end_at", INSTANT, nullable=False),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("slots >= 1", name=op.f("ck_slot_gaps_slots")),
        sa.CheckConstraint("start_at <= end_at", name=op.f("ck_slot_gaps_order")),
        sa.ForeignKeyConstraint(
            ["template_id", "owner_id"],
            ["templates.id", "templates.owner_id"],
            name="fk_slot_gaps_template_id",
            ondelete="RESTRICT",
        ),
        # One row per stretch: a plan made twice records its gap once.
        sa.PrimaryKeyConstraint("template_id", "start_at", "owner_id", name="pk_slot_gaps"),
    )


def _sources() -> None:
    op.create_table(
        "feeds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("site_url", sa.Text(), nullable=True),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("fetched_at", INSTANT, nullable=True),
        sa.Column("tried_at", INSTANT, nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feeds"),
        sa.UniqueConstraint("id", "owner_id", name="uq_feeds_id_owner_id"),
        sa.UniqueConstraint("url", "owner_id", name="uq_feeds_url_owner_id"),
    )
    op.create_table(
        "feed_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("ordered_at", INSTANT, nullable=False),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["feed_id", "owner_id"], ["feeds.id", "feeds.owner_id"], name="fk_feed_items_feed_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_feed_items"),
        sa.UniqueConstraint("id", "owner_id", name="uq_feed_items_id_owner_id"),
    )
    op.create_index("ix_feed_items_queue", "feed_items", ["feed_id", "ordered_at", "id"], unique=False)
    op.create_table(
        "feed_item_keys",
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["feed_id", "owner_id"],
            ["feeds.id", "feeds.owner_id"],
            name="fk_feed_item_keys_feed_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["item_id", "owner_id"],
            ["feed_items.id", "feed_items.owner_id"],
            name="fk_feed_item_keys_item_id",
            ondelete="CASCADE",
        ),
        # Each name an entry was ever seen under leads to one item, for ever: it never comes twice.
        sa.PrimaryKeyConstraint("feed_id", "key", "owner_id", name="pk_feed_item_keys"),
    )
    op.create_index("ix_feed_item_keys_item", "feed_item_keys", ["item_id"], unique=False)
    op.create_table(
        "template_feeds",
        sa.Column("template_id", sa.Text(), nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("joined_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["feed_id", "owner_id"],
            ["feeds.id", "feeds.owner_id"],
            name="fk_template_feeds_feed_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["template_id", "owner_id"],
            ["templates.id", "templates.owner_id"],
            name="fk_template_feeds_template_id",
            ondelete="RESTRICT",
        ),
        # A template joins a feed once.
        sa.PrimaryKeyConstraint("template_id", "feed_id", "owner_id", name="pk_template_feeds"),
    )
    op.create_table(
        "styles",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("fetched_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("name", "owner_id", name="pk_styles"),
    )


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("template_id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("slot_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("leased_until", INSTANT, nullable=True),
        sa.Column("not_before", INSTANT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("started_at", INSTANT, nullable=True),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.Column("gathered_at", INSTANT, nullable=True),
        sa.Column("rejected", sa.Text(), nullable=True),
        sa.Column("drafted_at", INSTANT, nullable=True),
        sa.Column("chosen_at", INSTANT, nullable=True),
        sa.Column("chosen", sa.Text(), nullable=True),
        sa.Column("choice_reason", sa.Text(), nullable=True),
        sa.Column("held_at", INSTANT, nullable=True),
        sa.Column("pruned_at", INSTANT, nullable=True),
        # A worker holds what it works on, or nobody could ever take it over.
        sa.CheckConstraint(
            "status <> 'working' OR (lease_owner IS NOT NULL AND leased_until IS NOT NULL)",
            name=op.f("ck_runs_working_is_leased"),
        ),
        sa.CheckConstraint(
            "status IN ('queued', 'working', 'held', 'unknown', 'posted', 'partial', 'skipped', 'failed')",
            name=op.f("ck_runs_status"),
        ),
        # A run that posted nothing says why.
        sa.CheckConstraint(
            "status NOT IN ('skipped', 'failed', 'partial') OR reason IS NOT NULL", name=op.f("ck_runs_says_why")
        ),
        sa.CheckConstraint("trigger IN ('schedule', 'request')", name=op.f("ck_runs_trigger")),
        # RESTRICT: what was posted cannot be forgotten by deleting who asked for it.
        sa.ForeignKeyConstraint(
            ["template_id", "owner_id"],
            ["templates.id", "templates.owner_id"],
            name="fk_runs_template_id",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", "owner_id", name="pk_runs"),
    )
    op.create_index("ix_runs_busy", "runs", ["template_id"], **where("status IN ('queued', 'working', 'unknown')"))
    op.create_index("ix_runs_due_at", "runs", ["due_at"], unique=False)
    op.create_index("ix_runs_queued", "runs", ["due_at", "id"], **where("status = 'queued'"))
    op.create_index(
        "ix_runs_unpruned", "runs", ["finished_at"], **where("finished_at IS NOT NULL AND pruned_at IS NULL")
    )
    op.create_index("ix_runs_working", "runs", ["leased_until"], **where("status = 'working'"))
    # Half of the promise, "posted once": a slot has one run, however many planners see it come due.
    op.create_index(
        "uq_runs_slot", "runs", ["template_id", "slot_at", "owner_id"], unique=True, **where("trigger = 'schedule'")
    )
    op.create_table(
        "item_uses",
        sa.Column("template_id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("status IN ('seen', 'reserved', 'used', 'spent')", name=op.f("ck_item_uses_status")),
        sa.ForeignKeyConstraint(
            ["item_id", "owner_id"],
            ["feed_items.id", "feed_items.owner_id"],
            name="fk_item_uses_item_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["run_id", "owner_id"], ["runs.id", "runs.owner_id"], name="fk_item_uses_run_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["template_id", "owner_id"],
            ["templates.id", "templates.owner_id"],
            name="fk_item_uses_template_id",
            ondelete="RESTRICT",
        ),
        # An item is a template's once: two of its runs cannot both write about it.
        sa.PrimaryKeyConstraint("template_id", "item_id", "owner_id", name="pk_item_uses"),
    )
    op.create_index("ix_item_uses_run_id", "item_uses", ["run_id"], unique=False)
    op.create_table(
        "materials",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id", "owner_id"], ["runs.id", "runs.owner_id"], name="fk_materials_run_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "id", "owner_id", name="pk_materials"),
    )
    op.create_table(
        "drafts",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id", "owner_id"], ["runs.id", "runs.owner_id"], name="fk_drafts_run_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "id", "owner_id", name="pk_drafts"),
    )
    op.create_table(
        "posts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("template_id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("grp", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("draft_id", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("tweet_id", sa.Text(), nullable=True),
        sa.Column("published_at", INSTANT, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status IN ('generated', 'awaiting_approval', 'publishing', "
            "'published', 'failed', 'unknown', 'discarded', 'deleted')",
            name=op.f("ck_posts_status"),
        ),
        sa.ForeignKeyConstraint(
            ["run_id", "owner_id"], ["runs.id", "runs.owner_id"], name="fk_posts_run_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["template_id", "owner_id"],
            ["templates.id", "templates.owner_id"],
            name="fk_posts_template_id",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", "owner_id", name="pk_posts"),
        # A step recorded twice is refused, not doubled.
        sa.UniqueConstraint("run_id", "grp", "part", "owner_id", name="uq_posts_run_id_grp_part_owner_id"),
    )
    op.create_index("ix_posts_account_created_at", "posts", ["account", "created_at"], unique=False)
    op.create_index("ix_posts_template_id_created_at", "posts", ["template_id", "created_at"], unique=False)
    op.create_table(
        "publications",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("template_id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("grp", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reply_to", sa.Text(), nullable=True),
        sa.Column("intended_at", INSTANT, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("tweet_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("status_url", sa.Text(), nullable=True),
        sa.Column("asks", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_ask_at", INSTANT, nullable=True),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        # "It is out" and "we know its id" are one fact.
        sa.CheckConstraint(
            "(COALESCE(outcome, '') = 'confirmed') = (tweet_id IS NOT NULL)",
            name=op.f("ck_publications_confirmed_has_tweet"),
        ),
        sa.CheckConstraint(
            "outcome IN ('confirmed', 'refused', 'deferred', 'unknown')", name=op.f("ck_publications_outcome")
        ),
        sa.CheckConstraint("text <> ''", name=op.f("ck_publications_text")),
        # RESTRICT: the ledger outlives the run and the template.
        sa.ForeignKeyConstraint(
            ["run_id", "owner_id"], ["runs.id", "runs.owner_id"], name="fk_publications_run_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["template_id", "owner_id"],
            ["templates.id", "templates.owner_id"],
            name="fk_publications_template_id",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", "owner_id", name="pk_publications"),
        # A key used twice could make the server answer for another text.
        sa.UniqueConstraint("idempotency_key", "owner_id", name="uq_publications_idempotency_key_owner_id"),
        sa.UniqueConstraint(
            "run_id", "grp", "part", "attempt", "owner_id", name="uq_publications_run_id_grp_part_attempt_owner_id"
        ),
        # One finding in the timeline cannot answer for two sends.
        sa.UniqueConstraint("tweet_id", "owner_id", name="uq_publications_tweet_id_owner_id"),
    )
    op.create_index("ix_publications_confirmed", "publications", ["account"], **where("outcome = 'confirmed'"))
    op.create_index(
        "ix_publications_unsettled", "publications", ["intended_at"], **where("outcome IS NULL OR outcome = 'unknown'")
    )
    # The promise of the whole project: a part that may be out cannot be sent again. Only a deferral, which
    # certainly did not post, frees it for another attempt.
    op.create_index(
        "uq_publications_part",
        "publications",
        ["run_id", "grp", "part", "owner_id"],
        unique=True,
        **where("outcome IS NULL OR outcome <> 'deferred'"),
    )


def _outbox() -> None:
    op.create_table(
        "events",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("template_id", sa.Text(), nullable=True),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("unread", sa.Boolean(), nullable=False),
        sa.CheckConstraint("stream = COALESCE(template_id, '')", name=op.f("ck_events_stream")),
        sa.CheckConstraint("sequence >= 1", name=op.f("ck_events_sequence")),
        sa.ForeignKeyConstraint(
            ["run_id", "owner_id"], ["runs.id", "runs.owner_id"], name="fk_events_run_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["template_id", "owner_id"],
            ["templates.id", "templates.owner_id"],
            name="fk_events_template_id",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("position", name="pk_events"),
        sa.UniqueConstraint("id", "owner_id", name="uq_events_id_owner_id"),
        # Consumers find a lost event by a missing number: none is given twice.
        sa.UniqueConstraint("stream", "sequence", "owner_id", name="uq_events_stream_sequence_owner_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_created_at", "events", ["created_at"], unique=False)
    op.create_index(
        "ix_events_unread",
        "events",
        ["position"],
        sqlite_where=sa.text("unread = 1"),
        postgresql_where=sa.text("unread"),
    )
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("template_id", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("inactive_reason", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("channel IN ('http', 'command', 'hook')", name=op.f("ck_webhooks_channel")),
        sa.ForeignKeyConstraint(
            ["template_id", "owner_id"],
            ["templates.id", "templates.owner_id"],
            name="fk_webhooks_template_id",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", "owner_id", name="pk_webhooks"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("webhook_id", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", INSTANT, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("delivered_at", INSTANT, nullable=True),
        sa.Column("in_line", sa.Boolean(), server_default=sa.true(), nullable=False),
        # What is pending has a time, or it would never be sent and nobody would know.
        sa.CheckConstraint(
            "(status = 'pending') = (next_attempt_at IS NOT NULL)", name=op.f("ck_deliveries_pending_has_time")
        ),
        sa.CheckConstraint("status IN ('pending', 'delivered', 'dead')", name=op.f("ck_deliveries_status")),
        sa.ForeignKeyConstraint(
            ["event_id", "owner_id"],
            ["events.id", "events.owner_id"],
            name="fk_deliveries_event_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id", "owner_id"],
            ["webhooks.id", "webhooks.owner_id"],
            name="fk_deliveries_webhook_id",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", "owner_id", name="pk_deliveries"),
        # The outbox holds an event once for each webhook.
        sa.UniqueConstraint("event_id", "webhook_id", "owner_id", name="uq_deliveries_event_id_webhook_id_owner_id"),
    )
    op.create_index("ix_deliveries_due", "deliveries", ["next_attempt_at"], **where("status = 'pending'"))
    op.create_index(
        "ix_deliveries_line", "deliveries", ["webhook_id", "stream", "sequence"], **where("status = 'pending'")
    )
    op.create_table(
        "delivery_attempts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id", "owner_id"],
            ["deliveries.id", "deliveries.owner_id"],
            name="fk_delivery_attempts_delivery_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_delivery_attempts"),
    )
    op.create_index("ix_delivery_attempts_delivery_id", "delivery_attempts", ["delivery_id"], unique=False)


def _installation() -> None:
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("install_id", sa.Text(), nullable=False),
        sa.Column("base_url", sa.Text(), nullable=True),
        sa.Column("key_support", sa.Boolean(), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_installation_one_row")),
        sa.PrimaryKeyConstraint("id", name="pk_installation"),
    )
    op.create_table(
        "rate_windows",
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("closed_until", INSTANT, nullable=True),
        sa.CheckConstraint("tier IN ('read', 'write', 'delete')", name=op.f("ck_rate_windows_tier")),
        sa.CheckConstraint("used >= 0", name=op.f("ck_rate_windows_used")),
        # Shared by all processes: the tiers belong to the API key.
        sa.PrimaryKeyConstraint("tier", name="pk_rate_windows"),
    )


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("xquik_id", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("health", sa.Text(), nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("username", "owner_id", name="pk_accounts"),
    )
    op.create_table(
        "tokens",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", "owner_id", name="pk_tokens"),
        sa.UniqueConstraint("digest", name="uq_tokens_digest"),
    )
    op.create_table(
        "projects",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", "owner_id", name="pk_projects"),
    )
    op.create_table(
        "research",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("project_id", sa.Text(), nullable=True),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "owner_id"],
            ["projects.id", "projects.owner_id"],
            name="fk_research_project_id",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", "owner_id", name="pk_research"),
    )
    op.create_table(
        "budgets",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("template_id", sa.Text(), nullable=True),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("limit_micros", sa.BigInteger(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("limit_micros >= 0", name=op.f("ck_budgets_limit")),
        sa.ForeignKeyConstraint(
            ["template_id", "owner_id"],
            ["templates.id", "templates.owner_id"],
            name="fk_budgets_template_id",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", "owner_id", name="pk_budgets"),
    )
    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("template_id", sa.Text(), nullable=True),
        sa.Column("amount_micros", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id", "owner_id"], ["runs.id", "runs.owner_id"], name="fk_ledger_entries_run_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["template_id", "owner_id"],
            ["templates.id", "templates.owner_id"],
            name="fk_ledger_entries_template_id",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", "owner_id", name="pk_ledger_entries"),
    )
    op.create_table(
        "blobs",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("digest", "owner_id", name="pk_blobs"),
    )
