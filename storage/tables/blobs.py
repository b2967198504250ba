"""Files that were brought or drawn, who needs them, and what was read out of such files."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, PrimaryKeyConstraint, Table, Text

from storage.tables.columns import belongs, metadata, moment, number, one_of, owner, text


class Holder(StrEnum):
    """What needs a file. A template's goes some time after the template, a run's with its drafts, a post's never."""

    TEMPLATE = "template"
    RUN = "run"
    POST = "post"


blobs = Table(
    "blobs",
    metadata,
    text("digest"),  # SHA-256 of the content, in hexadecimal digits
    owner(),
    text("media_type"),  # by the content, never by the name
    number("size"),
    Column("content", LargeBinary, nullable=False),
    moment("created_at"),  # brought last: the same content brought again is as if it were new
    Column("id", Text, nullable=False, server_default=""),
    Column("name", Text, nullable=False, server_default=""),
    PrimaryKeyConstraint("digest", "owner_id"),
    # The id alone finds the file, because the URLs that show pictures to X carry nothing else.
    Index("uq_blobs_id", "id", unique=True),
    # What a use refers to: a file is never somebody else's.
    Index("uq_blobs_id_owner_id", "id", "owner_id", unique=True),
    Index("ix_blobs_created_at", "created_at"),  # "What was brought long ago?"
)

blob_uses = Table(
    "blob_uses",
    metadata,
    text("blob_id"),
    owner(),
    text("holder"),
    text("holder_id"),
    PrimaryKeyConstraint("blob_id", "holder", "holder_id", "owner_id"),
    # A file that something needs cannot go, whatever the code that prunes believes.
    belongs("blob_id", "blobs"),
    one_of("holder", Holder),
    Index("ix_blob_uses_holder", "holder", "holder_id"),  # "Which files does this run need?"
)

# A model is paid once for the words of a file, however many runs read it.
readings = Table(
    "readings",
    metadata,
    text("digest"),  # of the file, which may lie elsewhere
    owner(),
    text("reader"),  # what read it and how: "gpt-4o-mini-transcribe", "gpt-4o-mini, vision 1"
    text("words"),
    moment("used_at"),
    PrimaryKeyConstraint("digest", "reader", "owner_id"),
    CheckConstraint("length(digest) = 64", name="digest"),
    Index("ix_readings_used_at", "used_at"),  # "What has nobody read for long?"
)
