"""This installation itself, and the rate windows of its API key."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, PrimaryKeyConstraint, Table

from domain.protocols import Tier
from storage.tables.columns import metadata, moment, number, one_of, text

installation = Table(
    "installation",
    metadata,
    number("id"),
    text("install_id"),  # the first part of every idempotency key
    # The API this database posts through. Its publications mean nothing to another one: asked about them, a sandbox
    # would answer for X.
    text("base_url", null=True),
    Column("key_support", Boolean, nullable=True),  # whether that API honours idempotency keys, once known
    text("key_check", null=True),  # the installation's id, encrypted: who cannot read it has another key file
    # Programs of an older schema than this one must not work on the database; and the release to install instead.
    text("oldest_schema", null=True),
    text("release", null=True),
    PrimaryKeyConstraint("id"),
    CheckConstraint("id = 1", name="one_row"),
)

rate_windows = Table(
    "rate_windows",
    metadata,
    text("tier"),
    moment("ends_at"),
    number("used"),
    moment("closed_until", null=True),  # the server answered 429: nothing is granted before
    # One row for each tier, shared by all processes: the tiers belong to the API key and not to a process.
    PrimaryKeyConstraint("tier"),
    one_of("tier", Tier),
    CheckConstraint("used >= 0", name="used"),
)

# What several daemons do one at a time: who does it, and until when nobody else may.
beats = Table(
    "beats",
    metadata,
    text("name"),
    text("holder"),
    moment("leased_until"),
    PrimaryKeyConstraint("name"),
)
