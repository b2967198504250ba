"""Keep the secrets that a webhook had before, encrypted, for as long as they sign beside the new one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.add_column("webhooks", sa.Column("former_secrets", sa.Text(), nullable=True))
    op.add_column("webhooks", sa.Column("former_until", UtcDateTime(), nullable=True))
    known = sa.text("former_until IS NOT NULL")
    op.create_index(
        "ix_webhooks_former_until", "webhooks", ["former_until"], sqlite_where=known, postgresql_where=known
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger of what was posted is not taken back: restore a backup instead")
