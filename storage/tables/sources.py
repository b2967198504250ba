"""Feeds, their entries, what each template did with them, and styles."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, PrimaryKeyConstraint, Table, UniqueConstraint

from storage.tables.columns import belongs, metadata, moment, number, owner, text, where

feeds = Table(
    "feeds",
    metadata,
    Column("id", Integer, primary_key=True),  # an integer, as the AutoContent contract's feedIds are
    owner(),
    text("url"),  # http or https; "tips:…" and "csv:…" name series that are kept as feeds are, and are not read as such
    text("title"),
    text("name", null=True),  # the owner's own
    text("site_url", null=True),
    text("etag", null=True),
    text("last_modified", null=True),
    moment("fetched_at", null=True),  # read with success
    moment("tried_at", null=True),
    number("failures", default="0"),
    text("last_error", null=True),
    moment("created_at"),
    UniqueConstraint("id", "owner_id"),
    UniqueConstraint("url", "owner_id"),
)

feed_items = Table(
    "feed_items",
    metadata,
    Column("id", Integer, primary_key=True),
    owner(),
    number("feed_id"),
    moment("ordered_at"),  # its place in the queue: fixed when first seen, so that re-dating moves nothing
    moment("first_seen_at"),
    text("entry"),  # domain.material.Entry as JSON, the newest version seen
    UniqueConstraint("id", "owner_id"),
    belongs("feed_id", "feeds", on_delete="CASCADE"),
    Index("ix_feed_items_queue", "feed_id", "ordered_at", "id"),
)

feed_item_keys = Table(
    "feed_item_keys",
    metadata,
    number("feed_id"),
    owner(),
    text("key"),  # "guid:…", "link:…" or "text:…"
    number("item_id"),
    # What makes an entry the same: each name it was ever seen under leads to one item, for ever. So an entry whose
    # guid, link or text changes, or which returns after months, never comes twice.
    PrimaryKeyConstraint("feed_id", "key", "owner_id"),
    belongs("feed_id", "feeds", on_delete="CASCADE"),
    belongs("item_id", "feed_items", on_delete="CASCADE"),
    Index("ix_feed_item_keys_item", "item_id"),
)

template_feeds = Table(
    "template_feeds",
    metadata,
    text("template_id"),
    number("feed_id"),
    owner(),
    moment("joined_at"),
    # A template joins a feed once; joining again must not mark as seen what has arrived since.
    PrimaryKeyConstraint("template_id", "feed_id", "owner_id"),
    belongs("template_id", "templates"),
    belongs("feed_id", "feeds", on_delete="CASCADE"),
)

# A feed that a template reads because somebody subscribed it, and not only because its document names it.
feed_subscriptions = Table(
    "feed_subscriptions",
    metadata,
    text("id"),
    owner(),
    number("feed_id"),  # of a feed that may be removed since
    text("template_id"),
    moment("created_at"),
    moment("removed_at", null=True),
    PrimaryKeyConstraint("id", "owner_id"),
    belongs("template_id", "templates"),
    # Twice at one time would be one too many to take away.
    Index(
        "uq_feed_subscriptions_standing",
        *("template_id", "feed_id", "owner_id"),
        unique=True,
        **where("removed_at IS NULL"),
    ),
)

item_uses = Table(
    "item_uses",
    metadata,
    text("template_id"),
    number("item_id"),
    owner(),
    text("status"),
    text("run_id", null=True),
    moment("at"),
    # An item is a template's once: two of its runs cannot both write about it.
    PrimaryKeyConstraint("template_id", "item_id", "owner_id"),
    belongs("template_id", "templates"),
    belongs("item_id", "feed_items", on_delete="CASCADE"),
    belongs("run_id", "runs"),
    CheckConstraint("status IN ('seen', 'reserved', 'used', 'spent', 'expired')", name="status"),
    Index("ix_item_uses_run_id", "run_id"),
)

calendars = Table(
    "calendars",
    metadata,
    text("url"),
    owner(),
    text("spans"),  # domain.calendar.Span as JSON: the last good copy
    number("year"),  # around which the spans were written out
    text("etag", null=True),
    text("last_modified", null=True),
    moment("fetched_at"),  # read with success
    moment("tried_at"),
    number("failures", default="0"),
    text("last_error", null=True),
    PrimaryKeyConstraint("url", "owner_id"),
)

styles = Table(
    "styles",
    metadata,
    text("name"),
    owner(),
    text("profile"),  # domain.material.StyleProfile as JSON
    moment("fetched_at", null=True),
    PrimaryKeyConstraint("name", "owner_id"),
)
