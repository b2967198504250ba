"""Tell feed items that were older than a template's freshness from those that were looked at and not posted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0010"
down_revision = "0009"

STATUS = "status IN ('seen', 'reserved', 'used', 'spent', 'expired')"


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(op.f("ck_item_uses_status"), "item_uses")
        op.create_check_constraint(op.f("ck_item_uses_status"), "item_uses", STATUS)
        return
    # SQLite cannot change a constraint: the table is made anew. No other table refers to it.
    op.rename_table("item_uses", "former_item_uses")
    op.drop_index("ix_item_uses_run_id", "former_item_uses")
    op.create_table(
        "item_uses",
        sa.Column("template_id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(STATUS, name=op.f("ck_item_uses_status")),
        sa.ForeignKeyConstraint(
            ["item_id", "owner_id"],
            ["feed_items.id", "feed_items.owner_id"],
            name="fk_item_uses_item_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["run_id", "owner_id"], ["runs.id", "runs.owner_id"], name="fk_item_uses_run_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["template_id", "owner_id"],
            ["templates.id", "templates.owner_id"],
            name="fk_item_uses_template_id",
            ondelete="RESTRICT",
        ),
        # An item is a template's once: two of its runs cannot both write about it.
        sa.PrimaryKeyConstraint("template_id", "item_id", "owner_id", name="pk_item_uses"),
    )
    op.execute(
        "INSERT INTO item_uses (template_id, item_id, owner_id, status, run_id, at) "
        "SELECT template_id, item_id, owner_id, status, run_id, at FROM former_item_uses"
    )
    op.drop_table("former_item_uses")
    op.create_index("ix_item_uses_run_id", "item_uses", ["run_id"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("a ledger of what was posted is not taken back: restore a backup instead")
