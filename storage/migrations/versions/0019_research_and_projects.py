"""Give research its work and its report, let it recur, and give projects what they are about."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    added: tuple[sa.Column[Any], ...] = (
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("output_type", "scope", "recurring_id", "run_id")),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("details", "rejected", "failure", "notes")),
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in ("attempts", "pages")),
        *(
            sa.Column(name, sa.BigInteger(), server_default="0", nullable=False)
            for name in ("cost_micros", "worked_ms")
        ),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
    )
    for column in added:
        op.add_column("research", column)
    unfinished = sa.text("status IN ('queued', 'working')")
    op.create_index(
        "ix_research_unfinished", "research", ["created_at"], sqlite_where=unfinished, postgresql_where=unfinished
    )
    op.create_index("ix_research_recurring_id", "research", ["recurring_id", "created_at"])
    op.create_index("uq_research_run_id", "research", ["run_id", "owner_id"], unique=True)
    op.create_table(
        "recurring_research",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("output_type", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("daily_count", sa.Integer(), nullable=False),
        sa.Column("anchor_at", UtcDateTime(), nullable=False),
        sa.Column("end_at", UtcDateTime(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", "owner_id", name="pk_recurring_research"),
        sa.CheckConstraint("daily_count BETWEEN 1 AND 24", name=op.f("ck_recurring_research_daily_count")),
        sa.CheckConstraint("status IN ('active', 'paused', 'ended')", name=op.f("ck_recurring_research_status")),
        sa.CheckConstraint(
            "(status = 'active') = (next_at IS NOT NULL)", name=op.f("ck_recurring_research_only_active_is_due")
        ),
    )
    described: tuple[sa.Column[Any], ...] = (
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("url", "found", "colours", "image")),
        *(sa.Column(name, UtcDateTime(), nullable=True) for name in ("updated_at", "deleted_at")),
    )
    for column in described:
        op.add_column("projects", column)


def downgrade() -> None:
    raise NotImplementedError("a ledger of what was posted is not taken back: restore a backup instead")
