"""Keep with a held run until when it waits for a person and what becomes of it then, as that person was told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.add_column("runs", sa.Column("decide_by", UtcDateTime(), nullable=True))
    op.add_column("runs", sa.Column("undecided", sa.Text(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("a ledger of what was posted is not taken back: restore a backup instead")
