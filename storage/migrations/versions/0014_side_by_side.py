"""Let an older release work beside a newer one: what it may work on, and what only the newer one understands."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("installation", sa.Column("oldest_schema", sa.Text(), nullable=True))
    op.add_column("installation", sa.Column("release", sa.Text(), nullable=True))
    op.add_column("templates", sa.Column("schema", sa.Text(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("a ledger of what was posted is not taken back: restore a backup instead")
