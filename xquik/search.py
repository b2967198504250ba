"""Finding what X and the radar have about something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xquik.fields import Body, flag, inner, objects, text
from xquik.transport import Transport
from xquik.tweets import Tweet, read_tweet

RADAR_HOURS = 72  # the longest that the radar looks back


@dataclass(frozen=True, slots=True)
class FoundTweet:
    """A tweet of a search, with the username of its author where the answer has it."""

    tweet: Tweet
    author: str | None


@dataclass(frozen=True, slots=True)
class RadarItem:
    """Something that is talked about, and the page that it is about."""

    title: str
    description: str
    url: str | None


async def search_tweets(transport: Transport, query: str, *, limit: int) -> tuple[tuple[FoundTweet, ...], int]:
    """Search X in its own syntax, the most liked first: up to *limit* tweets, without replies and retweets.

    Gives also how many the answer holds: each of those costs 1 credit. Raises as `Transport.read` does.
    """
    items = objects(
        await transport.read("/x/tweets/search", {"q": query, "queryType": "Top", "limit": limit}), "tweets"
    )
    found = (_tweet(item) for item in items[:limit])
    return tuple(each for each in found if each is not None), len(items)


async def radar(transport: Transport, *, limit: int = 100) -> tuple[RadarItem, ...]:
    """Read what the radar has of the last three days, the best first (free). Raises as `Transport.read` does."""
    body = await transport.read("/radar", {"limit": limit, "hours": RADAR_HOURS})
    found = (_radar_item(item) for item in objects(body, "items")[:limit])
    return tuple(each for each in found if each is not None)


def _tweet(item: Body) -> FoundTweet | None:
    tweet = read_tweet(item)
    if tweet is None or tweet.is_reply or flag(item, "isRetweet", "retweeted"):
        return None
    return FoundTweet(tweet, text(inner(item, "author"), "username", "userName"))


def _radar_item(item: Mapping[str, object]) -> RadarItem | None:
    title = text(item, "title")
    if title is None:
        return None
    return RadarItem(
        title=title,
        description=text(item, "description") or "",
        url=text(item, "url"),
    )
