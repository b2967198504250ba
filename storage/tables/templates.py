"""Templates and the slots that posted nothing for one reason."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Index, PrimaryKeyConstraint, Table, false
from sqlalchemy import text as sql_text

from domain.template import PostType, TemplateStatus
from storage.tables.columns import belongs, metadata, moment, number, one_of, owner, text, where

templates = Table(
    "templates",
    metadata,
    text("id"),
    owner(),
    text("name"),
    text("account"),
    text("type"),
    text("status"),
    moment("next_slot_at", null=True),
    moment("created_at"),
    moment("updated_at"),
    moment("paused_from", null=True),  # while paused: slots from here on have neither run nor gap yet
    text("pause_reason", null=True),
    text("pause_note", null=True),
    moment("last_run_at", null=True),
    moment("deleted_at", null=True),
    text("definition"),  # the whole domain.template.Template as JSON; the columns above are what is searched
    # Made for one post, and left out of lists: a busy caller of the HTTP API makes thousands a day.
    Column("once", Boolean, nullable=False, server_default=false()),
    text("schema", null=True),  # of the program that wrote the definition: an older one may not know all of it
    PrimaryKeyConstraint("id", "owner_id"),
    one_of("type", PostType),
    one_of("status", TemplateStatus),
    # Only an active template comes due: a paused or deleted one that kept its slot would be planned.
    CheckConstraint("status = 'active' OR next_slot_at IS NULL", name="only_active_is_due"),
    # What a pause swallows is recorded when it ends, and must be known until then.
    CheckConstraint("(status = 'paused') = (paused_from IS NOT NULL)", name="paused_from_somewhere"),
    # A name means one template; a deleted one gives its name free, and stays because the ledger refers to it.
    Index(
        "uq_templates_name",
        "name",
        "owner_id",
        unique=True,
        **where("status <> 'deleted'"),
    ),
    # The planner's question: what is due? Small, whatever the number of templates that are not active.
    Index(
        "ix_templates_due",
        "next_slot_at",
        **where("status = 'active'"),
    ),
    # How do templates write the name of this account? X knows no large and small letters in it.
    Index("ix_templates_account", sql_text("lower(account)")),
)

slot_gaps = Table(
    "slot_gaps",
    metadata,
    text("template_id"),
    owner(),
    moment("start_at"),
    moment("end_at"),
    number("slots"),
    text("reason"),
    # One row per stretch: a plan made twice records its gap once.
    PrimaryKeyConstraint("template_id", "start_at", "owner_id"),
    belongs("template_id", "templates"),
    CheckConstraint("slots >= 1", name="slots"),
    CheckConstraint("start_at <= end_at", name="order"),
)

former_templates = Table(
    "former_templates",
    metadata,
    text("template_id"),
    owner(),
    moment("until"),
    text("definition", null=True),  # as in `templates`; NULL: what it was until then was not kept
    PrimaryKeyConstraint("template_id", "until", "owner_id"),
    belongs("template_id", "templates"),
)
