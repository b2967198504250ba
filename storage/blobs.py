"""Files that were brought or drawn: their bytes once for each owner, and who needs them."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, delete, exists, or_, select, true, update

from domain import media
from domain.errors import Conflict, FieldError, InvalidInput, NotFound
from domain.template import TemplateStatus
from storage.statements import Prepared, insert_or_nothing, insert_or_replace
from storage.tables import Holder, blob_uses, blobs, constant, templates

UNUSED = timedelta(days=1)  # that a file is kept which nothing needs yet
CHUNK = 500  # ids in one IN list

_KEEP = Prepared(
    insert_or_replace(
        blobs,
        *("digest", "owner_id", "media_type", "size", "content", "created_at", "id", "name"),
        key=("digest", "owner_id"),
        change=("created_at",),
    )
)
_USE = Prepared(insert_or_nothing(blob_uses, "blob_id", "owner_id", "holder", "holder_id"))
_KNOWN = (
    blobs.c.id,
    blobs.c.owner_id,
    blobs.c.digest,
    blobs.c.media_type,
    blobs.c.size,
    blobs.c.name,
    blobs.c.created_at,
)


@dataclass(frozen=True, slots=True)
class Blob:
    """What is known of a file beside its bytes.

    *id* is random, so that nobody can guess it; *digest* is the SHA-256 of the content.
    """

    id: str
    owner_id: str
    digest: str
    media_type: str
    size: int
    name: str
    created_at: datetime


def keep(
    c: Connection,
    content: bytes,
    *,
    name: str,
    now: datetime,
    wanted: dict[str, str] = media.IMAGES | media.AUDIO,
    field: str = "file",
    owner: str,
) -> Blob:
    """Keep the bytes of a file; the same bytes of the same owner are the same file, under its first name.

    Its type is told by its content and must be one of *wanted*. Raises InvalidInput, naming *field*, for another type,
    an empty file and one over its type's limit. What nothing needs within a day goes (`prune`).
    """
    media_type = media.type_of(content, wanted=wanted, field=field)
    digest = hashlib.sha256(content).hexdigest()
    mine = (blobs.c.digest == digest, blobs.c.owner_id == owner)
    if c.execute(update(blobs).where(*mine).values(created_at=now)).rowcount == 0:
        row = {
            "digest": digest,
            "owner_id": owner,
            "media_type": media_type,
            "size": len(content),
            "content": content,
            "created_at": now,
            "id": str(uuid.uuid4()),
            "name": media.clean_name(name, media_type),
        }
        _KEEP.run(c, [row])
    return _blob(c.execute(select(*_KNOWN).where(*mine)).mappings().one())


def get(c: Connection, blob_id: str, *, owner: str) -> Blob:
    """Give what is known of the owner's file. Raises NotFound, also for a file of somebody else."""
    return _blob(_row(c, _KNOWN, blob_id, blobs.c.owner_id == owner))


def content(c: Connection, blob_id: str, *, owner: str) -> bytes:
    """Give the bytes of the owner's file. Raises NotFound."""
    return bytes(_row(c, (blobs.c.content,), blob_id, blobs.c.owner_id == owner)["content"])


def of_anybody(c: Connection, blob_id: str) -> tuple[Blob, bytes]:
    """Give a file with its bytes to whoever has its id: for URLs that X and other readers follow. Raises NotFound."""
    row = _row(c, (*_KNOWN, blobs.c.content), blob_id, blobs.c.id != "")
    return _blob(row), bytes(row["content"])


def list_blobs(
    c: Connection, *, behind: tuple[datetime, str] | None = None, limit: int = 100, owner: str
) -> list[Blob]:
    """Give the owner's first *limit* files *behind* one, by when it was brought and its id; the newest first."""
    query = select(*_KNOWN).where(blobs.c.owner_id == owner).order_by(blobs.c.created_at.desc(), blobs.c.id)
    if behind is not None:
        at, blob_id = behind
        query = query.where(blobs.c.created_at <= at, or_(blobs.c.created_at < at, blobs.c.id > blob_id))
    return [_blob(row) for row in c.execute(query.limit(limit)).mappings()]


def needed(c: Connection, ids: Sequence[str]) -> set[str]:
    """Give those of *ids* that something needs."""
    query = select(blob_uses.c.blob_id).where(blob_uses.c.blob_id.in_(ids)).distinct()
    return set(c.execute(query).scalars()) if ids else set()


def use(c: Connection, holder: Holder, holder_id: str, ids: Iterable[str], *, owner: str) -> None:
    """Let *holder* need these files too; doing it again changes nothing. Raises InvalidInput for one that is not there.

    A file that a template, a run or a post needs is not pruned.
    """
    wanted = list(dict.fromkeys(ids))
    there = _there(c, wanted, owner)
    missing = [blob_id for blob_id in wanted if blob_id not in there]
    if missing:
        reason = "there is no such file, or nothing needed it for a day and it is gone; bring it again"
        raise InvalidInput([FieldError(f"file {blob_id}", reason) for blob_id in missing])
    named = {"owner_id": owner, "holder": holder.value, "holder_id": holder_id}
    if wanted:
        _USE.run(c, [{"blob_id": blob_id, **named} for blob_id in wanted])


def use_only(c: Connection, holder: Holder, holder_id: str, ids: Iterable[str], *, owner: str) -> None:
    """As `use`, and let go of all other files that *holder* needed."""
    wanted = list(ids)
    use(c, holder, holder_id, wanted, owner=owner)
    c.execute(delete(blob_uses).where(_held(holder, holder_id), blob_uses.c.blob_id.not_in(wanted)))


def remove(c: Connection, blob_id: str, *, owner: str) -> None:
    """Remove a file. Raises NotFound, and Conflict while something needs it."""
    blob = get(c, blob_id, owner=owner)
    if c.execute(delete(blobs).where(blobs.c.id == blob.id, ~_needed())).rowcount == 0:
        raise Conflict(f"file {blob.name!r} is needed by a template, a run or a post; it goes when they do not need it")


def release_runs(c: Connection, run_ids: Sequence[str]) -> None:
    """Let go of what these runs needed: their materials and drafts are pruned."""
    c.execute(delete(blob_uses).where(blob_uses.c.holder == constant(Holder.RUN), blob_uses.c.holder_id.in_(run_ids)))


def prune(c: Connection, *, now: datetime, deleted_before: datetime, limit: int) -> int:
    """Remove up to *limit* files that nothing needs; give how many.

    A template that was deleted before *deleted_before*, or made for one post before it, needs none any more, and a file
    of the last day may be needed yet.
    """
    gone = exists().where(
        templates.c.id == blob_uses.c.holder_id,
        templates.c.owner_id == blob_uses.c.owner_id,
        or_(
            and_(templates.c.status == constant(TemplateStatus.DELETED), templates.c.deleted_at < deleted_before),
            and_(templates.c.once == true(), templates.c.created_at < deleted_before),
        ),
    )
    c.execute(delete(blob_uses).where(blob_uses.c.holder == constant(Holder.TEMPLATE), gone))
    old = select(blobs.c.id).where(blobs.c.created_at < now - UNUSED, ~_needed()).limit(limit)
    ids = list(c.execute(old).scalars())
    return sum(
        c.execute(delete(blobs).where(blobs.c.id.in_(ids[start : start + CHUNK]), ~_needed())).rowcount
        for start in range(0, len(ids), CHUNK)
    )


def _there(c: Connection, ids: Sequence[str], owner: str) -> set[str]:
    query = select(blobs.c.id).where(blobs.c.id.in_(ids), blobs.c.owner_id == owner)
    return set(c.execute(query).scalars()) if ids else set()


def _held(holder: Holder, holder_id: str) -> ColumnElement[bool]:
    return and_(blob_uses.c.holder == constant(holder), blob_uses.c.holder_id == holder_id)


def _needed() -> ColumnElement[bool]:
    return exists().where(blob_uses.c.blob_id == blobs.c.id, blob_uses.c.owner_id == blobs.c.owner_id)


def _row(c: Connection, columns: Sequence[Any], blob_id: str, whose: ColumnElement[bool]) -> RowMapping:
    row = c.execute(select(*columns).where(blobs.c.id == blob_id, whose)).mappings().first()
    if row is None:
        raise NotFound("file", blob_id, "it was never here, or is gone because nothing needed it")
    return row


def _blob(row: RowMapping) -> Blob:
    return Blob(**{column.name: row[column.name] for column in _KNOWN})
