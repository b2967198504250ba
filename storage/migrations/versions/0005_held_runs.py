"""Find the runs that wait for approval without reading all there ever were."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0001"


def upgrade() -> None:
    held = sa.text("status = 'held'")
    op.create_index("ix_runs_held", "runs", ["held_at"], sqlite_where=held, postgresql_where=held)


def downgrade() -> None:
    raise NotImplementedError("a ledger of what was posted is not taken back: restore a backup instead")
