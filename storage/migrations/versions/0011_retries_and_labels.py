"""Keep which run a run tries again, and which posts were sent with the label "made with AI"."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("runs", sa.Column("retry_of", sa.Text(), nullable=True))
    tried = sa.text("retry_of IS NOT NULL")
    op.create_index(
        "uq_runs_retry_of", "runs", ["retry_of", "owner_id"], unique=True, sqlite_where=tried, postgresql_where=tried
    )
    op.add_column("publications", sa.Column("made_with_ai", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    raise NotImplementedError("a ledger of what was posted is not taken back: restore a backup instead")
