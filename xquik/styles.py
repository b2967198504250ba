"""Styles: how an author writes, as the API keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from domain.material import StyleProfile
from xquik.fields import Body, inner, moment, objects, text
from xquik.transport import Transport

SAMPLES = 100  # the most samples a saved style takes


async def fetch(transport: Transport, username: str) -> StyleProfile:
    """Have the API read an author's latest posts and keep them. May cost credits, so it is asked once."""
    name = username.removeprefix("@")
    return read_style(await transport.pure("/styles", {"username": name}, repeat=False), name)


async def get(transport: Transport, username: str) -> StyleProfile:
    """Read a kept style (free). Raises ApiRefused 404 when there is none."""
    name = username.removeprefix("@")
    return read_style(await transport.read(_path(name)), name)


async def save(transport: Transport, label: str, samples: Sequence[str]) -> StyleProfile:
    """Keep own samples under a label of 1 to 30 characters, replacing what it held (free)."""
    body = {"label": label, "tweets": [{"text": sample} for sample in samples[:SAMPLES]]}
    return read_style(await transport.pure(_path(label), body, method="PUT"), label)


async def compare(transport: Transport, first: str, second: str) -> tuple[StyleProfile, StyleProfile]:
    """Read two kept styles side by side (free). Raises ApiRefused 404 when one is missing."""
    body = await transport.read("/styles/compare", {"username1": first, "username2": second})
    return read_style(inner(body, "style1"), first), read_style(inner(body, "style2"), second)


def read_style(body: Body, username: str) -> StyleProfile:
    """Read one style; *username* is what was asked for, in case the answer does not repeat it."""
    samples = tuple(said for tweet in objects(body, "tweets") if (said := text(tweet, "text")))
    return StyleProfile(text(body, "xUsername", "username") or username, samples, moment(body, "fetchedAt"))


def _path(name: str) -> str:
    return f"/styles/{quote(name, safe='')}"
