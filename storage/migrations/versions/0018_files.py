"""Give files an id and a name, keep who needs them, and what was read out of such files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.functions import new_id
from storage.types import UtcDateTime

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("blobs", sa.Column("id", sa.Text(), server_default="", nullable=False))
    op.add_column("blobs", sa.Column("name", sa.Text(), server_default="", nullable=False))
    blobs = sa.table("blobs", sa.column("id", sa.Text()))
    op.execute(sa.update(blobs).values(id=new_id()))
    op.create_index("uq_blobs_id", "blobs", ["id"], unique=True)
    op.create_index("uq_blobs_id_owner_id", "blobs", ["id", "owner_id"], unique=True)
    op.create_index("ix_blobs_created_at", "blobs", ["created_at"])
    op.create_table(
        "blob_uses",
        sa.Column("blob_id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("holder_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("blob_id", "holder", "holder_id", "owner_id", name="pk_blob_uses"),
        sa.ForeignKeyConstraint(
            ["blob_id", "owner_id"], ["blobs.id", "blobs.owner_id"], name="fk_blob_uses_blob_id", ondelete="RESTRICT"
        ),
        sa.CheckConstraint("holder IN ('template', 'run', 'post')", name=op.f("ck_blob_uses_holder")),
    )
    op.create_index("ix_blob_uses_holder", "blob_uses", ["holder", "holder_id"])
    op.create_table(
        "readings",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "reader", "owner_id", name="pk_readings"),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_readings_digest")),
    )
    op.create_index("ix_readings_used_at", "readings", ["used_at"])


def downgrade() -> None:
    raise NotImplementedError("a ledger of what was posted is not taken back: restore a backup instead")
