"""Let research bring its caller's data back, and keep which templates follow which feeds at somebody's wish."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.add_column("research", sa.Column("callback_data", sa.Text(), nullable=True))
    op.add_column("recurring_research", sa.Column("callback_data", sa.Text(), nullable=True))
    op.create_table(
        "feed_subscriptions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("template_id", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", "owner_id", name="pk_feed_subscriptions"),
        sa.ForeignKeyConstraint(
            ["template_id", "owner_id"],
            ["templates.id", "templates.owner_id"],
            name="fk_feed_subscriptions_template_id",
            ondelete="RESTRICT",
        ),
    )
    standing = sa.text("removed_at IS NULL")
    op.create_index(
        "uq_feed_subscriptions_standing",
        "feed_subscriptions",
        ["template_id", "feed_id", "owner_id"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger of what was posted is not taken back: restore a backup instead")
