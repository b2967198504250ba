"""Styles that templates can follow: kept here under a name, fetched from an author or saved from own samples."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from domain.errors import ApiRefused, Conflict, FieldError, InvalidInput, NotFound
from domain.material import StyleProfile
from domain.owner import LOCAL_OWNER
from domain.template import StyleSource, TemplateStatus
from sources.style import read_style
from storage import styles, templates
from storage.database import Database
from xquik import styles as kept_by_api
from xquik.transport import Transport

NAME = re.compile(r"[A-Za-z0-9_.-]{1,30}")  # Xquik REST API, PUT /styles: labels of 1 to 30 characters
SAMPLES_LIMIT = 100


async def fetch(
    database: Database, transport: Transport, username: str, *, now: datetime, owner: str = LOCAL_OWNER
) -> StyleProfile:
    """Read how an author writes and keep it under the username. May cost credits.

    Raises InvalidInput, SourceError when there is no such author or nothing to learn from, and ApiError.
    """
    name, profile = await read(transport, username, now=now)
    keep(database, name, profile, owner=owner)
    return profile


async def read(transport: Transport, username: str, *, now: datetime) -> tuple[str, StyleProfile]:
    """Read how an author writes; give the name to keep it under, and it. Raises as `fetch` does."""
    name = name_of(username)
    return name, await read_style(StyleSource(username=name), transport=transport, now=now)


async def save(
    database: Database,
    transport: Transport | None,
    name: str,
    samples: Sequence[str],
    *,
    now: datetime,
    owner: str = LOCAL_OWNER,
) -> StyleProfile:
    """Keep own samples under *name*, here and, with a *transport*, at the API, whose advice then follows them.

    Raises InvalidInput, and ApiError; then nothing is kept here either.
    """
    name, profile = await offer(transport, name, samples, now=now)
    keep(database, name, profile, owner=owner)
    return profile


async def offer(
    transport: Transport | None, name: str, samples: Sequence[str], *, now: datetime
) -> tuple[str, StyleProfile]:
    """Give the name and the profile of own samples, kept at the API where there is one. Raises as `save` does."""
    name = name_of(name)
    if len(samples) > SAMPLES_LIMIT:
        reason = f"holds {len(samples)} samples; at most {SAMPLES_LIMIT} are kept"
        raise InvalidInput([FieldError("samples", reason)])
    if not any(sample.strip() for sample in samples):
        raise InvalidInput([FieldError("samples", "holds no samples; give at least one post")])
    profile = await read_style(StyleSource(samples=tuple(samples)), transport=None, now=now)
    if transport is not None:
        await kept_by_api.save(transport, name, profile.samples)
    return name, profile


def list_all(database: Database, *, owner: str = LOCAL_OWNER) -> list[tuple[str, StyleProfile]]:
    """Give the names and profiles of the owner's styles that are kept here."""
    with database.read() as connection:
        return list(styles.list_styles(connection, owner=owner))


def get(database: Database, name: str, *, owner: str = LOCAL_OWNER) -> StyleProfile:
    """Give a style of the owner that is kept here. Raises NotFound."""
    with database.read() as connection:
        return styles.get(connection, name.removeprefix("@"), owner=owner)


def kept(database: Database, name: str, *, owner: str = LOCAL_OWNER) -> StyleProfile | None:
    """Give a style of the owner that is kept here, or None."""
    try:
        return get(database, name, owner=owner)
    except NotFound:
        return None


async def compare(
    transport: Transport, first: str, second: str, *, kept: Sequence[StyleProfile | None]
) -> tuple[StyleProfile, StyleProfile]:
    """Give two styles: as *kept* here, and where one is not, as the API keeps it (free).

    Raises NotFound when neither keeps one, and ApiError.
    """
    names = (name_of(first), name_of(second))
    try:
        if kept[0] is None and kept[1] is None:
            return await kept_by_api.compare(transport, *names)
        one, other = [each or await kept_by_api.get(transport, name) for name, each in zip(names, kept, strict=True)]
        return one, other
    except ApiRefused as error:
        if error.code != "style_not_found":
            raise
        missing = " or ".join(name for name, each in zip(names, kept, strict=True) if each is None)
        raise NotFound("style", missing, "`ostinato style fetch USERNAME` keeps one") from error


def keep(database: Database, name: str, profile: StyleProfile, *, owner: str) -> None:
    """Keep a profile under *name*, in place of what was there."""
    with database.write() as connection:
        styles.save(connection, name, profile, owner=owner)


def remove(database: Database, name: str, *, owner: str) -> StyleProfile:
    """Forget a style that is kept here. Raises NotFound, and Conflict while a template follows it."""
    with database.write() as connection:
        profile = styles.get(connection, name, owner=owner)
        every = templates.list_all(connection, owner=owner)
        alive = [each.template for each in every if each.state.status is not TemplateStatus.DELETED]
        users = sorted(each.name for each in alive if each.style is not None and each.style.username == name)
        if users:
            raise Conflict(f"style {name} is followed by {', '.join(users)}; take it out of them first")
        styles.remove(connection, name, owner=owner)
        return profile


def name_of(text: str) -> str:
    """Give the name of a style without the @ of a username. Raises InvalidInput."""
    name = text.strip().removeprefix("@")
    if not NAME.fullmatch(name):
        hint = "use 1 to 30 letters, digits, dots, dashes and underscores"
        raise InvalidInput([FieldError("name", f"{text!r} is no name of a style; {hint}")])
    return name
