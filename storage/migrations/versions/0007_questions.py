"""Keep what a run's owner was asked before it publishes, and which drafts a person approved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("runs", sa.Column("question", sa.Text(), nullable=True))
    op.add_column("runs", sa.Column("approved_revision", sa.Text(), nullable=True))
    op.add_column("webhooks", sa.Column("asked", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    raise NotImplementedError("a ledger of what was posted is not taken back: restore a backup instead")
