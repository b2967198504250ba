"""Keep the pictures of a post, and which of them was sent with each publication."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.add_column("posts", sa.Column("pictures", sa.Text(), nullable=True))
    op.add_column("publications", sa.Column("picture", sa.Text(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("a ledger of what was posted is not taken back: restore a backup instead")
