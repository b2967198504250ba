"""After a restore: the accounts that must not post before their timeline was read, and what only it knows."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, PrimaryKeyConstraint, Table

from storage.tables.columns import belongs, metadata, moment, number, owner, text

restored_accounts = Table(
    "restored_accounts",
    metadata,
    text("account"),  # in lower case; '' stands for every account without a row of its own
    owner(),
    moment("since"),  # the last moment that the backup knows of: the timeline is read back to it
    moment("restored_at"),
    moment("next_at", null=True),  # when the timeline is read next; null once it was
    number("tries", default="0"),
    text("last_error", null=True),
    moment("settled_at", null=True),
    text("settled_by", null=True),  # `timeline` or `person`
    PrimaryKeyConstraint("account", "owner_id"),
    # What is not settled is asked about again, or the account would be silent for ever and nobody would know why.
    CheckConstraint("(settled_at IS NULL) = (next_at IS NOT NULL)", name="open_has_time"),
)

timeline_posts = Table(
    "timeline_posts",
    metadata,
    text("tweet_id"),
    owner(),
    text("account"),  # in lower case
    text("text"),  # as a person reads it: links expanded, entities decoded
    text("links"),  # JSON: where its links lead
    moment("said_at"),
    text("run_id", null=True),  # the run that would have said it again
    PrimaryKeyConstraint("tweet_id", "owner_id"),
    belongs("run_id", "runs"),
    # "What did the account say since?"
    Index("ix_timeline_posts_account", "account", "said_at"),
)
