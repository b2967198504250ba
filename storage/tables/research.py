"""Deep research, once and again and again, and projects."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, PrimaryKeyConstraint, Table

from domain.research import RecurringStatus
from storage.tables.columns import belongs, metadata, moment, number, one_of, owner, text, where

projects = Table(
    "projects",
    metadata,
    text("id"),
    owner(),
    text("name"),
    text("context"),  # the owner's description; empty where there is none
    moment("created_at"),
    text("url", null=True),
    text("found", null=True),  # what the page at the URL says: not the owner's words
    text("colours", null=True),  # JSON
    text("palette", null=True),  # domain.project.Palette as JSON: those that play a part
    text("image", null=True),
    moment("updated_at", null=True),
    moment("deleted_at", null=True),
    PrimaryKeyConstraint("id", "owner_id"),
)

research = Table(
    "research",
    metadata,
    text("id"),
    owner(),
    text("project_id", null=True),
    text("topic"),
    text("status"),
    text("report", null=True),  # as it is read
    moment("created_at"),
    moment("finished_at", null=True),
    text("output_type", null=True),
    text("scope", null=True),  # domain.research.Scope as JSON
    text("recurring_id", null=True),
    text("run_id", null=True),  # the run that waits for it
    text("details", null=True),  # domain.research.Report as JSON: sections and citations
    text("rejected", null=True),  # what was considered and gave nothing. JSON
    text("failure", null=True),
    text("notes", null=True),  # domain.research.Notes as JSON, while it is worked on: a crash goes on from here
    number("attempts", default="0"),
    number("pages", default="0"),  # that were read, or were about to be: counted before
    Column("cost_micros", BigInteger, nullable=False, server_default="0"),  # likewise
    Column("worked_ms", BigInteger, nullable=False, server_default="0"),
    moment("started_at", null=True),
    text("callback_data", null=True),  # told back, byte for byte, when it ends
    text("lease_owner", null=True),
    moment("leased_until", null=True),
    PrimaryKeyConstraint("id", "owner_id"),
    belongs("project_id", "projects"),
    # "What is there to do?" Small, however many reports there are.
    Index("ix_research_unfinished", "created_at", **where("status IN ('queued', 'working')")),
    Index("ix_research_recurring_id", "recurring_id", "created_at"),
    # A run asks once, however often its gathering is repeated.
    Index("uq_research_run_id", "run_id", "owner_id", unique=True),
)

recurring_research = Table(
    "recurring_research",
    metadata,
    text("id"),
    owner(),
    text("topic"),
    text("output_type"),
    text("scope"),
    number("daily_count"),
    moment("anchor_at"),
    moment("end_at", null=True),
    text("status"),
    text("callback_data", null=True),
    moment("next_at", null=True),
    moment("created_at"),
    moment("updated_at"),
    PrimaryKeyConstraint("id", "owner_id"),
    CheckConstraint("daily_count BETWEEN 1 AND 24", name="daily_count"),
    one_of("status", RecurringStatus),
    # What is paused or over does not come due.
    CheckConstraint("(status = 'active') = (next_at IS NOT NULL)", name="only_active_is_due"),
)
