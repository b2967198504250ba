"""What a person can do with files: bring sounds and pictures for templates, and see and remove them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from domain import media
from domain.errors import FieldError, InvalidInput, SourceError
from domain.media import AUDIO, AUDIO_LIMIT_BYTES, IMAGES
from domain.owner import LOCAL_OWNER
from domain.protocols import Offload
from scheduler.operations.prefixes import whole_id
from sources.image import examine
from sources.media import Loaded
from storage import blobs, tables
from storage.blobs import Blob
from storage.database import Database

BOTH = IMAGES | AUDIO


def read(path: Path) -> bytes:
    """Give the content of the file at *path*. Raises InvalidInput when it cannot be read, or is over 25 MB."""
    if not path.is_file():  # a pipe would be waited for, and a device has no end
        raise InvalidInput([FieldError(str(path), "is not a regular file")])
    try:
        with path.open("rb") as file:
            content = file.read(AUDIO_LIMIT_BYTES + 1)
    except OSError as error:
        raise InvalidInput([FieldError(str(path), f"cannot be read: {error.strerror}")]) from error
    if len(content) > AUDIO_LIMIT_BYTES:
        raise InvalidInput([FieldError(str(path), f"is larger than {media.megabytes(AUDIO_LIMIT_BYTES)}")])
    return content


async def checked(content: bytes, *, offload: Offload, wanted: dict[str, str] = BOTH, field: str = "file") -> str:
    """Give the media type of what was brought, one of *wanted*; a picture is taken apart once, in a process of its own.

    Raises InvalidInput, naming *field*, for another type, what is too large, and a picture that is truncated, damaged
    or a bomb.
    """
    media_type = media.type_of(content, wanted=wanted, field=field)
    if media_type in IMAGES:
        try:
            await examine(Loaded(field, content, media_type), offload=offload, recognise=False)
        except SourceError as error:
            raise InvalidInput([FieldError(field, error.reason)]) from error
    return media_type


def keep(database: Database, content: bytes, *, name: str, now: datetime, owner: str = LOCAL_OWNER) -> Blob:
    """Keep what was `checked`; the same content is the same file. What no template names goes after a day."""
    with database.write() as connection:
        return blobs.keep(connection, content, name=name, now=now, owner=owner)


def list_all(
    database: Database, *, behind: tuple[datetime, str] | None = None, limit: int, owner: str = LOCAL_OWNER
) -> list[tuple[Blob, bool]]:
    """Give the first *limit* files *behind* one, the newest first, and whether something needs them."""
    with database.read() as connection:
        found = blobs.list_blobs(connection, behind=behind, limit=limit, owner=owner)
        needed = blobs.needed(connection, [blob.id for blob in found])
        return [(blob, blob.id in needed) for blob in found]


def show(database: Database, file_id: str, *, owner: str = LOCAL_OWNER) -> tuple[Blob, bool]:
    """Give the file of that id, or whose id alone begins so, and whether something needs it. Raises NotFound."""
    with database.read() as connection:
        blob = blobs.get(connection, whole_id(connection, tables.blobs.c.id, file_id), owner=owner)
        return blob, blob.id in blobs.needed(connection, [blob.id])


def remove(database: Database, file_id: str, *, owner: str = LOCAL_OWNER) -> Blob:
    """Remove the file of that id, or whose id alone begins so.

    Raises NotFound, and Conflict while something needs it.
    """
    with database.write() as connection:
        blob = blobs.get(connection, whole_id(connection, tables.blobs.c.id, file_id), owner=owner)
        blobs.remove(connection, blob.id, owner=owner)
        return blob
