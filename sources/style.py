"""How an author writes: read through the Xquik API, or the owner's own samples."""

from __future__ import annotations

from datetime import datetime

from domain.errors import ApiRefused, SourceError
from domain.material import StyleProfile
from domain.template import StyleSource
from sources.cleaning import clean
from xquik import styles
from xquik.transport import Transport

SAMPLES_LIMIT = 100


async def read_style(source: StyleSource, *, transport: Transport | None, now: datetime) -> StyleProfile:
    """Give up to 100 samples of how *source* writes, cleaned. Own samples need no call and no *transport*.

    A style that the API keeps already is free; only without one is the API asked to read the author's posts, which may
    cost credits. Raises SourceError when there is no such author or nothing to learn from, and the other ApiErrors as
    they are: they are the API's trouble and not the source's.
    """
    if source.samples:
        return _profile("own samples", StyleProfile(None, source.samples, now), now)
    if source.username is None:
        raise SourceError("style", "it names neither a username nor samples")
    reference = f"style of @{source.username.removeprefix('@')}"
    if transport is None:
        raise SourceError(reference, "no Xquik API is set up to read it from")
    try:
        profile = await _kept_or_fetched(transport, source.username)
    except ApiRefused as error:
        raise SourceError(reference, str(error)) from error
    return _profile(reference, profile, now)


async def _kept_or_fetched(transport: Transport, username: str) -> StyleProfile:
    try:
        kept = await styles.get(transport, username)
        if kept.samples:
            return kept
    except ApiRefused as error:
        if error.status != 404:
            raise
    return await styles.fetch(transport, username)


def _profile(reference: str, profile: StyleProfile, now: datetime) -> StyleProfile:
    samples = tuple(text for sample in profile.samples if (text := clean(sample)))[:SAMPLES_LIMIT]
    if not samples:
        raise SourceError(reference, "it has no posts to learn from")
    return StyleProfile(profile.username, samples, profile.fetched_at or now)
