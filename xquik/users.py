"""Users of X and their timelines."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from urllib.parse import quote

from domain.errors import ApiUnavailable
from xquik.fields import objects, text
from xquik.pages import pages
from xquik.transport import Transport
from xquik.tweets import Tweet, read_tweet

PAGES = 25  # the most pages read of one timeline


@dataclass(frozen=True, slots=True)
class User:
    """A user. *id* is X's own, not that of a connected account."""

    id: str
    username: str
    name: str = ""


async def user(transport: Transport, username: str) -> User:
    """Read one user by username, with or without @ (1 credit). Raises ApiRefused 404 when there is none."""
    name = username.removeprefix("@")
    body = await transport.read(f"/x/users/{quote(name, safe='')}")
    user_id = text(body, "id", "xUserId")
    if user_id is None:
        raise ApiUnavailable(f"GET /x/users/{name}: the answer has no id")
    return User(user_id, text(body, "username", "userName") or name, text(body, "name") or "")


async def user_tweets(
    transport: Transport, user_id: str, *, include_replies: bool = True, limit: int = PAGES
) -> AsyncGenerator[tuple[Tweet, ...]]:
    """Read a user's tweets page by page, newest first (1 credit each), up to *limit* pages.

    A timeline lags: what is not there may still have been written.
    """
    params = {"includeReplies": "true" if include_replies else "false"}
    path = f"/x/users/{quote(user_id, safe='')}/tweets"
    async with aclosing(pages(transport, path, params, cursor="cursor", limit=limit)) as bodies:
        async for body in bodies:
            yield tuple(tweet for item in objects(body, "tweets") if (tweet := read_tweet(item)) is not None)
