"""Keep the last good copy of calendars at URLs, whose dates templates exclude."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "calendars",
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("spans", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("fetched_at", UtcDateTime(), nullable=False),
        sa.Column("tried_at", UtcDateTime(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("url", "owner_id", name="pk_calendars"),
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger of what was posted is not taken back: restore a backup instead")
