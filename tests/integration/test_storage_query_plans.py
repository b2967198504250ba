"""What a daemon asks every second must not get slower with every post that was ever made."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from scheduler import vitals
from scheduler.operations.status import watched_runs
from storage import accounts, deliveries, events, feeds, posts, restored, runs, templates
from storage.database import Database
from storage.due import due
from storage.pruning import Keep, prune
from tests.integration.storage_values import LEASE, NOW

QUESTIONS: dict[str, Callable[[sa.Connection], object]] = {
    "due": lambda c: due(c, NOW, 10),
    "templates.earliest_slot": templates.earliest_slot,
    "templates.busy": lambda c: templates.busy(c, ["t1"]),
    "runs.claim": lambda c: runs.claim(c, owner="me", now=NOW, lease=LEASE, limit=10, held=["r1"]),
    "runs.renew": lambda c: runs.renew(c, "me", LEASE, NOW, ["r1"]),
    "runs.reclaim": lambda c: runs.reclaim(c, "me"),
    "runs.next_work_at": runs.next_work_at,
    "runs.started_threads": runs.started_threads,
    "accounts.last_post": lambda c: accounts.last_post(c, "demo"),
    "accounts.last_posts": lambda c: accounts.last_posts(c, NOW),
    "vitals.look": lambda c: vitals.look(c, NOW),
    "deliveries.due": lambda c: deliveries.due(c, NOW, 10),
    "deliveries.next_due": deliveries.next_due,
    "events.unread_failures": events.unread_failures,
    "posts.recent_texts": lambda c: posts.recent_texts(c, "demo", NOW),
    "posts.said_and_coming": lambda c: posts.said_and_coming(c, "demo", NOW, besides="r1", limit=10),
    "restored.get": lambda c: restored.get(c, "demo"),
    "restored.posts_since": lambda c: restored.posts_since(c, "demo", NOW),
    "restored.has_had_its_turn": lambda c: restored.has_had_its_turn(c, "t1"),
    "events.last_position": events.last_position,
    "feeds.waiting_items": lambda c: feeds.waiting_items(c, "t1", [1], 10),
    "status.watched_runs": watched_runs,
    "prune": lambda c: prune(c, NOW, Keep.all(timedelta(days=30)), 100),
}
# Partial indexes that hold only what is open: reading one of them whole is reading what there is to do.
SMALL = (
    *("ix_templates_due", "ix_runs_queued", "ix_runs_working", "ix_runs_busy", "ix_publications_unsettled"),
    *("ix_runs_held", "ix_deliveries_due", "ix_deliveries_line", "ix_events_unread", "ix_ledger_entries_reserved"),
    *("alembic_version", "installation"),  # have one row
)
# What a person keeps grows with no post: it may be counted whole.
KEPT = {"vitals.look": ("SCAN templates", "SCAN feeds", "SCAN rate_windows")}
FOUND = ("SCAN (subquery-", "SCAN heads", "SCAN listed")  # what another step of the plan has found, or the caller given


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize("question", QUESTIONS)
def test_no_question_reads_a_growing_table_whole(database: Database, question: str) -> None:
    steps: list[str] = []

    def explain(c: sa.Connection, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            cursor = c.connection.cursor()
            plan = cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters[0] if many else parameters)
            steps.extend(step for _, _, _, step in plan.fetchall())
            cursor.close()

    with database.write() as c:
        sa.event.listen(database.engine, "before_cursor_execute", explain)
        QUESTIONS[question](c)
    allowed = FOUND + KEPT.get(question, ())
    whole = [
        step for step in steps if step.startswith("SCAN") and not step.endswith(SMALL) and not step.startswith(allowed)
    ]
    assert steps
    assert whole == []
