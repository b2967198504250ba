"""The words that were read out of files, by the digest of the file: what was paid for is not paid for again."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from storage.statements import Prepared, insert_or_replace
from storage.tables import readings

_SAVE = Prepared(
    insert_or_replace(
        readings,
        *("digest", "owner_id", "reader", "words", "used_at"),
        key=("digest", "reader", "owner_id"),
        change=("words", "used_at"),
    )
)
_REFRESHED = timedelta(days=1)  # after which a further use is written down


def get(c: Connection, digest: str, reader: str, *, owner: str) -> str | None:
    """Give what *reader* read out of the file with that SHA-256, or None."""
    mine = (readings.c.digest == digest, readings.c.reader == reader, readings.c.owner_id == owner)
    words: str | None = c.execute(select(readings.c.words).where(*mine)).scalar()
    return words


def save(c: Connection, digest: str, reader: str, words: str, *, now: datetime, owner: str) -> None:
    """Keep what *reader* read out of the file with that SHA-256."""
    row = {"digest": digest, "owner_id": owner, "reader": reader, "words": words, "used_at": now}
    _SAVE.run(c, [row])


def touch(c: Connection, digest: str, reader: str, *, now: datetime, owner: str) -> None:
    """Note that it was used, at most once a day."""
    mine = (readings.c.digest == digest, readings.c.reader == reader, readings.c.owner_id == owner)
    c.execute(update(readings).where(*mine, readings.c.used_at < now - _REFRESHED).values(used_at=now))


def prune(c: Connection, *, before: datetime) -> int:
    """Remove what was last used before *before*; give how many."""
    return c.execute(delete(readings).where(readings.c.used_at < before)).rowcount
