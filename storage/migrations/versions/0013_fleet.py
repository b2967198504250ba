"""Let several daemons share a PostgreSQL database: turns of accounts, leased deliveries, beats for one at a time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0013"
down_revision = "0012"

_WAITING = sa.text("ready_at IS NOT NULL AND status IN ('queued', 'working')")


def upgrade() -> None:
    op.add_column("runs", sa.Column("ready_at", UtcDateTime(), nullable=True))
    op.add_column("runs", sa.Column("turn_at", UtcDateTime(), nullable=True))
    op.create_index("ix_runs_ready", "runs", ["account"], postgresql_where=_WAITING, sqlite_where=_WAITING)
    op.add_column("deliveries", sa.Column("leased_until", UtcDateTime(), nullable=True))
    op.add_column("installation", sa.Column("key_check", sa.Text(), nullable=True))
    op.create_table(
        "beats",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("leased_until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_beats"),
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger of what was posted is not taken back: restore a backup instead")
