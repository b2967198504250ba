"""Reading an account's own timeline back to a moment, as a whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import datetime

from domain.errors import ApiRefused, ApiUnavailable
from domain.publication import CLOCKS_APART
from publishers.timeline import decoded, expanded, unexpanded, user_id, without_media
from publishers.x import NO_SUCH_TWEET
from xquik import tweets, users
from xquik.transport import Transport
from xquik.tweets import Tweet

PAGES = 160  # X shows no more than its newest 3,200 posts of an account


async def read_back(
    transport: Transport, account: str, since: datetime, known: Sequence[tuple[str, datetime]], *, limit: int = PAGES
) -> tuple[Tweet, ...]:
    """Give what *account* posted since two minutes before *since*, the newest first, with its links expanded.

    *known* are tweets that must be out, with when each went out: a timeline that does not show one of them, which
    can be read on its own, is late or cut off. Raises ApiError when it is, or when it cannot be read back that far,
    in *limit* pages.
    """
    after = since - CLOCKS_APART
    found, reached = await _read(transport, await user_id(transport, account), after, limit)
    shown = {tweet.id for tweet in found}
    for tweet_id, out_at in known:
        must_show = out_at >= after or not reached
        if must_show and tweet_id not in shown and await _is_out(transport, tweet_id):
            raise ApiUnavailable(f"the timeline of @{account} does not show tweet {tweet_id}, which is out")
    return tuple([await _expanded(transport, each) for each in found if _is_new(each, after)])


async def _read(transport: Transport, user_id: str, after: datetime, limit: int) -> tuple[list[Tweet], bool]:
    """Give the tweets of all pages up to one that is older than *after*, and whether there was such a page."""
    found: list[Tweet] = []
    count = 0
    async with aclosing(users.user_tweets(transport, user_id, include_replies=True, limit=limit)) as pages:
        async for page in pages:
            count += 1
            found += page
            # A pinned tweet is old and first: only a page that is old altogether is the last.
            if page and not any(_is_new(tweet, after) for tweet in page):
                return found, True
    if count >= limit:
        raise ApiUnavailable(f"the timeline was read for {limit} pages and not to {after:%Y-%m-%d %H:%M} UTC")
    return found, any(not _is_new(tweet, after) for tweet in found)


def _is_new(tweet: Tweet, after: datetime) -> bool:
    return tweet.created_at is None or tweet.created_at >= after  # what has no date may be new


async def _is_out(transport: Transport, tweet_id: str) -> bool:
    try:
        return await tweets.get(transport, tweet_id) is not None
    except ApiRefused as error:
        if error.code in NO_SUCH_TWEET or error.status == 404:
            return False  # deleted since
        raise


async def _expanded(transport: Transport, tweet: Tweet) -> Tweet:
    if unexpanded(tweet):
        with suppress(ApiRefused):  # it is gone since; what the list showed is enough
            tweet = await tweets.get(transport, tweet.id) or tweet
    return replace(tweet, text=expanded(decoded(without_media(tweet)), tweet.links))
