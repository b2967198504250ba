"""Keep, after a restore, which accounts' timelines must be read before they post, and what those timelines showed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "restored_accounts",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("restored_at", UtcDateTime(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("account", "owner_id", name="pk_restored_accounts"),
        sa.CheckConstraint(
            "(settled_at IS NULL) = (next_at IS NOT NULL)", name=op.f("ck_restored_accounts_open_has_time")
        ),
    )
    op.create_table(
        "timeline_posts",
        sa.Column("tweet_id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("links", sa.Text(), nullable=False),
        sa.Column("said_at", UtcDateTime(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tweet_id", "owner_id", name="pk_timeline_posts"),
        sa.ForeignKeyConstraint(
            ["run_id", "owner_id"],
            ["runs.id", "runs.owner_id"],
            name=op.f("fk_timeline_posts_run_id"),
            ondelete="RESTRICT",
        ),
    )
    op.create_index("ix_timeline_posts_account", "timeline_posts", ["account", "said_at"])


def downgrade() -> None:
    raise NotImplementedError("a ledger of what was posted is not taken back: restore a backup instead")
