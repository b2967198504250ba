"""Let a tweet settle one publication only, whoever the owners of its account's posts are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    known = sa.text("tweet_id IS NOT NULL")
    op.create_index(
        "uq_publications_tweet", "publications", ["tweet_id"], unique=True, sqlite_where=known, postgresql_where=known
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger of what was posted is not taken back: restore a backup instead")
