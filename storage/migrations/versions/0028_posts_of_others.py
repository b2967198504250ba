"""Know the posts of owners other than `local` apart: all posts are counted in a moment, and so `local`'s are too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    others = sa.text("owner_id <> 'local'")
    op.create_index("ix_posts_of_others", "posts", ["owner_id"], sqlite_where=others, postgresql_where=others)


def downgrade() -> None:
    raise NotImplementedError("a ledger of what was posted is not taken back: restore a backup instead")
