"""Let tokens have scopes and show when they were used, and keep the answers that an idempotency key stands for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("tokens", sa.Column("prefix", sa.Text(), server_default="", nullable=False))
    op.add_column("tokens", sa.Column("scopes", sa.Text(), server_default="", nullable=False))
    op.add_column("tokens", sa.Column("last_used_at", UtcDateTime(), nullable=True))
    op.create_table(
        "idempotent_answers",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", "owner_id", name="pk_idempotent_answers"),
    )
    op.create_index("ix_idempotent_answers_created_at", "idempotent_answers", ["created_at"])


def downgrade() -> None:
    raise NotImplementedError("a ledger of what was posted is not taken back: restore a backup instead")
