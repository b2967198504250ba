"""Keep budgets of accounts, the entries of every payment, and their sums.

Both tables were made by version 0.1 and never written to: they are made anew.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.drop_table("ledger_entries")
    op.drop_table("budgets")
    op.create_table(
        "budgets",
        sa.Column("account", sa.Text(), nullable=False),
        _owner(),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("limit_micros", sa.BigInteger(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("limit_micros >= 0", name=op.f("ck_budgets_limit")),
        sa.CheckConstraint("period IN ('day', 'month')", name=op.f("ck_budgets_period")),
        sa.PrimaryKeyConstraint("account", "period", "owner_id", name="pk_budgets"),
    )
    op.create_table(
        "spending",
        sa.Column("subject", sa.Text(), nullable=False),
        _owner(),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("start_at", UtcDateTime(), nullable=False),
        sa.Column("end_at", UtcDateTime(), nullable=False),
        sa.Column("spent_micros", sa.BigInteger(), nullable=False),
        sa.Column("reserved_micros", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("scope IN ('run', 'template', 'account')", name=op.f("ck_spending_scope")),
        sa.CheckConstraint("period IN ('run', 'day', 'month')", name=op.f("ck_spending_period")),
        sa.CheckConstraint("spent_micros >= 0 AND reserved_micros >= 0", name=op.f("ck_spending_amounts")),
        sa.CheckConstraint("start_at < end_at", name=op.f("ck_spending_order")),
        sa.PrimaryKeyConstraint("subject", "scope", "period", "start_at", "owner_id", name="pk_spending"),
    )
    op.create_index("ix_spending_end_at", "spending", ["end_at"])
    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.Text(), nullable=False),
        _owner(),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("template_id", sa.Text(), nullable=True),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("amount_micros", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("kind IN ('post', 'delete', 'read', 'model')", name=op.f("ck_ledger_entries_kind")),
        sa.CheckConstraint("state IN ('reserved', 'spent', 'released')", name=op.f("ck_ledger_entries_state")),
        sa.CheckConstraint("amount_micros >= 0", name=op.f("ck_ledger_entries_amount")),
        _belongs("run_id", "runs"),
        _belongs("template_id", "templates"),
        sa.PrimaryKeyConstraint("id", "owner_id", name="pk_ledger_entries"),
    )
    op.create_index("ix_ledger_entries_run_id", "ledger_entries", ["run_id"])
    op.create_index("ix_ledger_entries_template_id", "ledger_entries", ["template_id", "at"])
    op.create_index("ix_ledger_entries_account", "ledger_entries", ["account", "at"])
    reserved = sa.text("state = 'reserved'")
    op.create_index(
        "ix_ledger_entries_reserved", "ledger_entries", ["at"], sqlite_where=reserved, postgresql_where=reserved
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger of what was posted is not taken back: restore a backup instead")


def _owner() -> sa.Column[str]:
    return sa.Column("owner_id", sa.Text(), server_default="local", nullable=False)


def _belongs(column: str, parent: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column, "owner_id"],
        [f"{parent}.id", f"{parent}.owner_id"],
        name=op.f(f"fk_ledger_entries_{column}"),
        ondelete="RESTRICT",
    )
