"""Sounds and pictures at URLs: fetched whole, and told by their content."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from domain.errors import InvalidInput, SourceError
from domain.media import AUDIO, AUDIO_LIMIT_BYTES, IMAGE_LIMIT_BYTES, IMAGES, type_of
from sources.fetch import fetch

AUDIO_SECONDS = 120.0
IMAGE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Loaded:
    """A file's content, its media type by that content, and *source*: its URL or its name."""

    source: str
    content: bytes
    media_type: str


async def fetch_audio(url: str, *, client: httpx.AsyncClient) -> Loaded:
    """Read a sound of at most 25 MB through the guarded *client*. Raises SourceError, also for what is no sound."""
    return await _fetched(url, client, AUDIO, AUDIO_LIMIT_BYTES, AUDIO_SECONDS, "audio/*")


async def fetch_image(url: str, *, client: httpx.AsyncClient) -> Loaded:
    """Read a picture of at most 10 MB through the guarded *client*. Raises SourceError, also for what is none."""
    return await _fetched(url, client, IMAGES, IMAGE_LIMIT_BYTES, IMAGE_SECONDS, ", ".join(IMAGES))


async def _fetched(
    url: str, client: httpx.AsyncClient, wanted: dict[str, str], limit: int, seconds: float, accept: str
) -> Loaded:
    fetched = await fetch(client, url, limit_bytes=limit, accept=f"{accept}, */*;q=0.1", seconds=seconds)
    try:
        return Loaded(url, fetched.body, type_of(fetched.body, wanted=wanted, field="content"))
    except InvalidInput as error:
        page = fetched.content_type in ("text/html", "application/xhtml+xml")
        reason = "a web page, not the file itself; name the file's own URL" if page else error.problems[0].reason
        raise SourceError(url, reason if page else f"it {reason}") from error
