"""Tell templates made for one post from the others, mark webhooks that get the compatible document, and page posts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.add_column("templates", sa.Column("once", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("webhooks", sa.Column("compatible", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index("ix_posts_created_at", "posts", ["created_at", "run_id", "grp", "part"])


def downgrade() -> None:
    raise NotImplementedError("a ledger of what was posted is not taken back: restore a backup instead")
