"""Accounts, tokens, budgets and what else belongs to an owner."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from domain.budget import EntryKind, EntryState, Period, Scope
from storage.tables.columns import belongs, metadata, moment, number, one_of, owner, text, where

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
    Column("prefix", Text, nullable=False, server_default=""),  # the token's beginning, by which a person knows it
    Column("scopes", Text, nullable=False, server_default=""),  # words of domain.token.Scope, with blanks between
    moment("created_at"),
    moment("last_used_at", null=True),  # to the minute
    moment("expires_at", null=True),
    moment("revoked_at", null=True),
    PrimaryKeyConstraint("id", "owner_id"),
    UniqueConstraint("digest"),
)

# What the HTTP door answered to a creating call with an Idempotency-Key: the same call gets it again for a day.
idempotent_answers = Table(
    "idempotent_answers",
    metadata,
    text("key"),
    owner(),
    text("fingerprint"),  # of the call: the same key with another call is refused
    text("answer"),  # encrypted: it may hold a secret that is shown once
    moment("created_at"),
    PrimaryKeyConstraint("key", "owner_id"),
    Index("ix_idempotent_answers_created_at", "created_at"),  # "Which may go?"
)

# What an account may spend, all its templates together; a template's own budget is a field of the template.
budgets = Table(
    "budgets",
    metadata,
    text("account"),  # in lower case
    owner(),
    text("period"),
    Column("limit_micros", BigInteger, nullable=False),  # millionths of a US dollar
    text("timezone"),  # whose days and months
    moment("created_at"),
    PrimaryKeyConstraint("account", "period", "owner_id"),
    CheckConstraint("limit_micros >= 0", name="limit"),
    CheckConstraint("period IN ('day', 'month')", name="period"),
)

# The sums of the entries below for each stretch of time that a budget limits. A payment is reserved by one conditional
# UPDATE of its row; without a row there is no limit yet, and the first payment makes it from the entries.
spending = Table(
    "spending",
    metadata,
    text("subject"),  # a run's id, a template's id, or an account in lower case
    owner(),
    text("scope"),
    text("period"),
    moment("start_at"),
    moment("end_at"),
    Column("spent_micros", BigInteger, nullable=False),
    Column("reserved_micros", BigInteger, nullable=False),
    PrimaryKeyConstraint("subject", "scope", "period", "start_at", "owner_id"),
    one_of("scope", Scope),
    one_of("period", Period),
    CheckConstraint("spent_micros >= 0 AND reserved_micros >= 0", name="amounts"),
    CheckConstraint("start_at < end_at", name="order"),
    Index("ix_spending_end_at", "end_at"),  # "What is over?"
)

ledger_entries = Table(
    "ledger_entries",
    metadata,
    text("id"),
    owner(),
    text("kind"),
    text("run_id", null=True),
    text("template_id", null=True),
    text("account"),  # in lower case
    Column("amount_micros", BigInteger, nullable=False),
    text("state"),
    text("detail"),
    moment("at"),
    moment("settled_at", null=True),
    PrimaryKeyConstraint("id", "owner_id"),
    # What was paid stays in the books, whatever becomes of the template.
    belongs("run_id", "runs"),
    belongs("template_id", "templates"),
    one_of("kind", EntryKind),
    one_of("state", EntryState),
    CheckConstraint("amount_micros >= 0", name="amount"),
    Index("ix_ledger_entries_run_id", "run_id"),
    # "What did this template, or this account, spend since?"
    Index("ix_ledger_entries_template_id", "template_id", "at"),
    Index("ix_ledger_entries_account", "account", "at"),
    # "What is reserved, and nobody works on it any more?"
    Index("ix_ledger_entries_reserved", "at", **where("state = 'reserved'")),
)
