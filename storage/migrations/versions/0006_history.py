"""Keep what a template was before each change, and find what belongs to one run or one slot among a million."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "former_templates",
        sa.Column("template_id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default="local", nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["template_id", "owner_id"],
            ["templates.id", "templates.owner_id"],
            name=op.f("fk_former_templates_template_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("template_id", "until", "owner_id", name=op.f("pk_former_templates")),
    )
    # Of a template that was ever changed nobody knows what it was before: its definition is known from then on.
    op.execute(
        "INSERT INTO former_templates (template_id, owner_id, until) "
        "SELECT id, owner_id, updated_at FROM templates WHERE updated_at > created_at"
    )
    _index("ix_events_run_id", "events", ["run_id"], "run_id IS NOT NULL")
    _index("ix_runs_requested", "runs", ["template_id", "slot_at"], "trigger = 'request'")
    op.drop_index("ix_publications_confirmed", table_name="publications")
    _index("ix_publications_confirmed", "publications", ["account", "intended_at"], "outcome = 'confirmed'")


def downgrade() -> None:
    raise NotImplementedError("a ledger of what was posted is not taken back: restore a backup instead")


def _index(name: str, table: str, columns: list[str], condition: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))
