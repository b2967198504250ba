"""Runs, what each gathered and wrote, its posts, and the ledger of publications."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    FromClause,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from domain.publication import Outcome, PostStatus
from domain.run import RunStatus, Trigger
from storage.tables.columns import belongs, constant, metadata, moment, number, one_of, owner, text, where

# A template with a run in one of these does not start another.
BUSY = (RunStatus.QUEUED, RunStatus.WORKING, RunStatus.UNKNOWN)

runs = Table(
    "runs",
    metadata,
    text("id"),
    owner(),
    text("template_id"),
    text("account"),
    moment("slot_at"),
    moment("due_at"),
    text("trigger"),
    text("status"),
    number("epoch", default="0"),  # the fencing token: rises with every claim, and every write must present it
    text("lease_owner", null=True),
    moment("leased_until", null=True),
    moment("not_before", null=True),
    text("reason", null=True),
    text("detail", null=True),
    text("verdict", null=True),
    moment("created_at"),
    moment("started_at", null=True),
    moment("finished_at", null=True),
    # What was done, each set in the transaction that records it.
    moment("gathered_at", null=True),
    text("rejected", null=True),  # JSON: sources that gave nothing, with the reason
    moment("drafted_at", null=True),
    moment("chosen_at", null=True),
    text("chosen", null=True),  # JSON: ids of the chosen drafts
    text("choice_reason", null=True),
    text("question", null=True),  # domain.question.Question as JSON: what a `pre_publish` callback was asked
    moment("held_at", null=True),
    # What the person was told who is to decide: until when, and what becomes of it otherwise. Both NULL where a program
    # of before schema 0029 held it, which keeps neither.
    moment("decide_by", null=True),
    text("undecided", null=True),  # domain.template.ApproveDefault
    text("approved_revision", null=True),  # which drafts the verdict is about
    moment("pruned_at", null=True),  # its materials and drafts are gone
    text("retry_of", null=True),  # the run that ended with nothing out, which a person had tried again
    # Where several daemons share the database: since when it waits for its account's turn, and since when it has it.
    moment("ready_at", null=True),
    moment("turn_at", null=True),
    PrimaryKeyConstraint("id", "owner_id"),
    # The ledger outlives the template: RESTRICT, so what was posted cannot be forgotten by deleting who asked for it.
    belongs("template_id", "templates"),
    one_of("trigger", Trigger),
    one_of("status", RunStatus),
    # A worker must hold what it works on, or nobody could ever take it over.
    CheckConstraint(
        "status <> 'working' OR (lease_owner IS NOT NULL AND leased_until IS NOT NULL)", name="working_is_leased"
    ),
    # A run that posted nothing says why. (`partial` and `failed` say what went wrong.)
    CheckConstraint("status NOT IN ('skipped', 'failed', 'partial') OR reason IS NOT NULL", name="says_why"),
    # Half of the promise, "posted once": a slot has one run, however many planners see it come due.
    Index(
        "uq_runs_slot",
        "template_id",
        "slot_at",
        "owner_id",
        unique=True,
        **where("trigger = 'schedule'"),
    ),
    # "Which run was asked for then?" Those of the schedule are in the index above.
    Index("ix_runs_requested", "template_id", "slot_at", **where("trigger = 'request'")),
    # A run is tried again once, however often that is asked; its retry may be tried again itself.
    Index("uq_runs_retry_of", "retry_of", "owner_id", unique=True, **where("retry_of IS NOT NULL")),
    # The claims' questions, over open runs only.
    Index(
        "ix_runs_queued",
        "due_at",
        "id",
        **where("status = 'queued'"),
    ),
    Index(
        "ix_runs_working",
        "leased_until",
        **where("status = 'working'"),
    ),
    # "Who waits for this account, or has it?"
    Index("ix_runs_ready", "account", **where("ready_at IS NOT NULL AND status IN ('queued', 'working')")),
    # "Who waits for approval, and until when?"
    Index("ix_runs_held", "held_at", **where("status = 'held'")),
    # "Is the previous run still working, or unknown?"
    Index("ix_runs_busy", "template_id", **where(f"status IN ({', '.join(repr(status.value) for status in BUSY)})")),
    # "Whose materials and drafts can go?"
    Index("ix_runs_unpruned", "finished_at", **where("finished_at IS NOT NULL AND pruned_at IS NULL")),
    Index("ix_runs_due_at", "due_at"),
)


def busy_index(rows: FromClause = runs) -> ColumnElement[bool]:
    """Give the condition of `ix_runs_busy`, word for word: SQLite uses a partial index only for what implies it."""
    return rows.c.status.in_([constant(status) for status in BUSY])


materials = Table(
    "materials",
    metadata,
    text("run_id"),
    owner(),
    text("id"),
    number("position"),
    text("document"),  # domain.material.Material as JSON
    PrimaryKeyConstraint("run_id", "id", "owner_id"),
    belongs("run_id", "runs", on_delete="CASCADE"),
)

drafts = Table(
    "drafts",
    metadata,
    text("run_id"),
    owner(),
    text("id"),
    number("position"),
    text("document"),  # domain.draft.Draft as JSON, its score included
    PrimaryKeyConstraint("run_id", "id", "owner_id"),
    belongs("run_id", "runs", on_delete="CASCADE"),
)

posts = Table(
    "posts",
    metadata,
    text("id"),
    owner(),
    text("run_id"),
    text("template_id"),
    text("account"),
    Column("grp", Integer, nullable=False),  # `group` is a word of SQL
    number("part"),
    text("text"),
    text("status"),
    text("draft_id"),
    moment("created_at"),
    text("tweet_id", null=True),
    moment("published_at", null=True),
    text("error", null=True),
    text("pictures", null=True),  # domain.picture.Picture as JSON, a list of them: the first goes out with it
    PrimaryKeyConstraint("id", "owner_id"),
    # One post for each part of a run: a step recorded twice is refused, not doubled.
    UniqueConstraint("run_id", "grp", "part", "owner_id"),
    belongs("run_id", "runs"),
    belongs("template_id", "templates"),
    one_of("status", PostStatus),
    Index("ix_posts_account_created_at", "account", "created_at"),
    # "What is new?", page by page
    Index("ix_posts_created_at", "created_at", "run_id", "grp", "part"),
    Index("ix_posts_template_id_created_at", "template_id", "created_at"),
    # Of the owners that most installations do not have; never of all, or SQLite would take it for any question.
    Index("ix_posts_of_others", "owner_id", **where("owner_id <> 'local'")),
)

publications = Table(
    "publications",
    metadata,
    text("id"),
    owner(),
    text("run_id"),
    text("template_id"),
    text("account"),
    Column("grp", Integer, nullable=False),
    number("part"),
    number("attempt"),
    text("idempotency_key"),
    text("text"),
    text("reply_to", null=True),
    moment("intended_at"),
    text("outcome", null=True),
    text("tweet_id", null=True),
    text("reason", null=True),
    text("status_url", null=True),
    number("asks", default="0"),
    moment("next_ask_at", null=True),
    moment("settled_at", null=True),
    text("settled_by", null=True),
    number("made_with_ai", default="0"),  # whether it was sent with the label: a key is bound to what it was sent with
    text("picture", null=True),  # domain.picture.Attachment as JSON: what was uploaded for it, and is sent with it
    PrimaryKeyConstraint("id", "owner_id"),
    # RESTRICT: neither a run nor a template with a publication can be removed; the ledger outlives them.
    belongs("run_id", "runs"),
    belongs("template_id", "templates"),
    one_of("outcome", Outcome),
    CheckConstraint("text <> ''", name="text"),
    # "It is out" and "we know its id" are one fact. COALESCE: without it a NULL outcome would pass with a tweet id.
    CheckConstraint("(COALESCE(outcome, '') = 'confirmed') = (tweet_id IS NOT NULL)", name="confirmed_has_tweet"),
    # The promise of the whole project, kept by the database: a part that may be out cannot be sent again. Only a
    # deferral, which certainly did not post, frees it for another attempt.
    Index(
        "uq_publications_part",
        "run_id",
        "grp",
        "part",
        "owner_id",
        unique=True,
        **where("outcome IS NULL OR outcome <> 'deferred'"),
    ),
    # Each attempt has a row and a key of its own: a key used twice could make the server answer for another text.
    UniqueConstraint("run_id", "grp", "part", "attempt", "owner_id"),
    UniqueConstraint("idempotency_key", "owner_id"),
    # A post found in the timeline settles one publication only, or one finding would answer for two sends: also where
    # two owners post as one account, which the older key does not see.
    UniqueConstraint("tweet_id", "owner_id"),
    Index("uq_publications_tweet", "tweet_id", unique=True, **where("tweet_id IS NOT NULL")),
    # "What is not known yet?"
    Index(
        "ix_publications_unsettled",
        "intended_at",
        **where("outcome IS NULL OR outcome = 'unknown'"),
    ),
    # "What has this account posted?" and "When did it post last?"
    Index(
        "ix_publications_confirmed",
        "account",
        "intended_at",
        **where("outcome = 'confirmed'"),
    ),
)
