"""Accounts, tokens, budgets and what else belongs to an owner."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, LargeBinary, PrimaryKeyConstraint, Table, UniqueConstraint

from storage.tables.columns import belongs, metadata, moment, number, owner, text

accounts = Table(
    "accounts",
    metadata,
    text("username"),
    owner(),
    text("xquik_id"),
    text("display_name"),
    text("health"),
    moment("seen_at"),
    PrimaryKeyConstraint("username", "owner_id"),
)

account_gaps = Table(
    "account_gaps",
    metadata,
    text("account"),  # in lower case: X takes a name in any
    owner(),
    number("seconds"),
    PrimaryKeyConstraint("account", "owner_id"),
    CheckConstraint("seconds >= 0", name="seconds"),
)

tokens = Table(
    "tokens",
    metadata,
    text("id"),
    owner(),
    text("name"),
    text("digest"),  # of the token; the token itself is shown once and not kept
    moment("created_at"),
    moment("expires_at", null=True),
    moment("revoked_at", null=True),
    PrimaryKeyConstraint("id", "owner_id"),
    UniqueConstraint("digest"),
)

projects = Table(
    "projects",
    metadata,
    text("id"),
    owner(),
    text("name"),
    text("context"),
    moment("created_at"),
    PrimaryKeyConstraint("id", "owner_id"),
)

research = Table(
    "research",
    metadata,
    text("id"),
    owner(),
    text("project_id", null=True),
    text("topic"),
    text("status"),
    text("report", null=True),
    moment("created_at"),
    moment("finished_at", null=True),
    PrimaryKeyConstraint("id", "owner_id"),
    belongs("project_id", "projects"),
)

budgets = Table(
    "budgets",
    metadata,
    text("id"),
    owner(),
    text("template_id", null=True),
    text("period"),
    Column("limit_micros", BigInteger, nullable=False),  # millionths of a US dollar
    moment("created_at"),
    PrimaryKeyConstraint("id", "owner_id"),
    belongs("template_id", "templates"),
    CheckConstraint("limit_micros >= 0", name="limit"),
)

ledger_entries = Table(
    "ledger_entries",
    metadata,
    text("id"),
    owner(),
    text("kind"),
    text("run_id", null=True),
    text("template_id", null=True),
    Column("amount_micros", BigInteger, nullable=False),
    text("detail"),
    moment("at"),
    PrimaryKeyConstraint("id", "owner_id"),
    # What was paid stays in the books, whatever becomes of the template.
    belongs("run_id", "runs"),
    belongs("template_id", "templates"),
)

blobs = Table(
    "blobs",
    metadata,
    text("digest"),
    owner(),
    text("media_type"),
    number("size"),
    Column("content", LargeBinary, nullable=False),
    moment("created_at"),
    PrimaryKeyConstraint("digest", "owner_id"),
)
