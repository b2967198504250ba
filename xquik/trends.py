"""Trends: what X talks about in a place."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

from xquik.fields import Body, clean, number, objects, text
from xquik.transport import Transport

WORLD = 1  # WOEID


@dataclass(frozen=True, slots=True)
class Trend:
    """One trend. *query* is what to search for, decoded."""

    name: str
    query: str
    rank: int | None = None
    description: str | None = None


async def trends(transport: Transport, *, woeid: int = WORLD, count: int = 30) -> tuple[Trend, ...]:
    """Read up to 50 trends of a place (3 credits). Raises ApiRefused 400 for a place that has none."""
    return read_trends(await transport.read("/trends", {"woeid": woeid, "count": count}))


def read_trends(body: Body) -> tuple[Trend, ...]:
    """Read a list of trends; `query` comes raw or URL-encoded, or not at all."""
    return tuple(
        Trend(
            name=name,
            query=clean(unquote(text(item, "query") or name)) or name,  # %00 is one way to write a NUL
            rank=int(rank) if (rank := number(item, "rank")) is not None else None,
            description=text(item, "description"),
        )
        for item in objects(body, "trends")
        if (name := text(item, "name"))
    )
