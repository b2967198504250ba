"""All tables, declared once. docs/storage.md says what each is for."""

from storage.tables.accounts import (
    account_gaps,
    accounts,
    budgets,
    idempotent_answers,
    ledger_entries,
    spending,
    tokens,
)
from storage.tables.blobs import Holder, blob_uses, blobs, readings
from storage.tables.columns import constant, metadata
from storage.tables.installation import beats, installation, rate_windows
from storage.tables.outbox import deliveries, delivery_attempts, events, webhooks
from storage.tables.research import projects, recurring_research, research
from storage.tables.restored import restored_accounts, timeline_posts
from storage.tables.runs import busy_index, drafts, materials, posts, publications, runs
from storage.tables.sources import (
    calendars,
    feed_item_keys,
    feed_items,
    feed_subscriptions,
    feeds,
    item_uses,
    styles,
    template_feeds,
)
from storage.tables.templates import former_templates, slot_gaps, templates

__all__ = [
    "Holder",
    "account_gaps",
    "accounts",
    "beats",
    "blob_uses",
    "blobs",
    "budgets",
    "busy_index",
    "calendars",
    "constant",
    "deliveries",
    "delivery_attempts",
    "drafts",
    "events",
    "feed_item_keys",
    "feed_items",
    "feed_subscriptions",
    "feeds",
    "former_templates",
    "idempotent_answers",
    "installation",
    "item_uses",
    "ledger_entries",
    "materials",
    "metadata",
    "posts",
    "projects",
    "publications",
    "rate_windows",
    "readings",
    "recurring_research",
    "research",
    "restored_accounts",
    "runs",
    "slot_gaps",
    "spending",
    "styles",
    "template_feeds",
    "templates",
    "timeline_posts",
    "tokens",
    "webhooks",
]
