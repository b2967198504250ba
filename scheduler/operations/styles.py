"""Styles that templates can follow: kept here under a name, fetched from an author or saved from own samples."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from domain.errors import FieldError, InvalidInput
from domain.material import StyleProfile
from domain.template import StyleSource
from sources.style import read_style
from storage import styles
from storage.database import Database
from xquik import styles as kept_by_api
from xquik.transport import Transport

NAME = re.compile(r"[A-Za-z0-9_.-]{1,30}")  # Xquik REST API, PUT /styles: labels of 1 to 30 characters
SAMPLES_LIMIT = 100


async def fetch(database: Database, transport: Transport, username: str, *, now: datetime) -> StyleProfile:
    """Read how an author writes and keep it under the username. May cost credits.

    Raises InvalidInput, SourceError when there is no such author or nothing to learn from, and ApiError.
    """
    name = _name(username)
    profile = await read_style(StyleSource(username=name), transport=transport, now=now)
    _keep(database, name, profile)
    return profile


async def save(
    database: Database, transport: Transport | None, name: str, samples: Sequence[str], *, now: datetime
) -> StyleProfile:
    """Keep own samples under *name*, here and, with a *transport*, at the API, whose advice then follows them.

    Raises InvalidInput, and ApiError; then nothing is kept here either.
    """
    name = _name(name)
    if len(samples) > SAMPLES_LIMIT:
        reason = f"holds {len(samples)} samples; at most {SAMPLES_LIMIT} are kept"
        raise InvalidInput([FieldError("samples", reason)])
    if not any(sample.strip() for sample in samples):
        raise InvalidInput([FieldError("samples", "holds no samples; give at least one post")])
    profile = await read_style(StyleSource(samples=tuple(samples)), transport=None, now=now)
    if transport is not None:
        await kept_by_api.save(transport, name, profile.samples)
    _keep(database, name, profile)
    return profile


def list_all(database: Database) -> list[tuple[str, StyleProfile]]:
    """Give the names and profiles of the styles kept here."""
    with database.read() as connection:
        return list(styles.list_styles(connection))


def get(database: Database, name: str) -> StyleProfile:
    """Give a style kept here. Raises NotFound."""
    with database.read() as connection:
        return styles.get(connection, name.removeprefix("@"))


def _keep(database: Database, name: str, profile: StyleProfile) -> None:
    with database.write() as connection:
        styles.save(connection, name, profile)


def _name(text: str) -> str:
    name = text.strip().removeprefix("@")
    if not NAME.fullmatch(name):
        hint = "use 1 to 30 letters, digits, dots, dashes and underscores"
        raise InvalidInput([FieldError("name", f"{text!r} is no name of a style; {hint}")])
    return name
