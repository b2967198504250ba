"""Users of X and their timelines."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from urllib.parse import quote

from domain.errors import ApiUnavailable
from xquik.fields import objects, text
from xquik.pages import pages
from xquik.transport import Transport
from xquik.tweets import Tweet, read_tweet

PAGES = 25  # the most pages read of one timeline


async def user_id(transport: Transport, username: str) -> str:
    """Read X's own id of a user, whose name may have its @ (1 credit). Raises ApiRefused 404 when there is none."""
    name = username.removeprefix("@")
    body = await transport.read(f"/x/users/{quote(name, safe='')}")
    found = text(body, "id", "xUserId")
    if found is None:
        raise ApiUnavailable(f"GET /x/users/{name}: the answer has no id")
    return found


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
