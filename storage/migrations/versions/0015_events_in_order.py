"""Give events their positions in the order of commits where planners write side by side on PostgreSQL."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"

# Before the first event of a transaction gets its position, and until it commits: the lock EVENTS of
# `storage/database.py`. So who reads on from the last event seen misses none.
_FUNCTION = """
CREATE FUNCTION ostinato_events_in_order() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_advisory_xact_lock(1393, 3); RETURN NULL; END $$
"""
_TRIGGER = """
CREATE TRIGGER ostinato_events_in_order BEFORE INSERT ON events
FOR EACH STATEMENT EXECUTE FUNCTION ostinato_events_in_order()
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_FUNCTION)
        op.execute(_TRIGGER)


def downgrade() -> None:
    raise NotImplementedError("a ledger of what was posted is not taken back: restore a backup instead")
