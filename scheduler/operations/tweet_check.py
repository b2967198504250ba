"""Whether a tweet that a person names can be the post that it is said to be."""

from __future__ import annotations

from urllib.parse import quote

from domain.errors import ApiError, ApiRefused, FieldError, InvalidInput
from domain.publication import Post
from publishers.timeline import same_text
from xquik.fields import Body, inner, text
from xquik.transport import Transport
from xquik.tweets import read_tweet

SHORTEST_ID = 10  # digits; X's first ids of eight years of snowflakes have more
GONE = 404
_FORCE = "or add --force when you are sure"


async def check(transport: Transport | None, tweet_id: str, post: Post) -> None:
    """Make sure that the tweet exists, and is of the post's account and text.

    Where the API cannot be asked (*transport* None, or no answer) only an id with fewer than 10 digits is refused.
    Raises InvalidInput.
    """
    body = await _read(transport, tweet_id) if transport is not None else None
    if body is None:
        if len(tweet_id) < SHORTEST_ID:
            raise _wrong(f"{tweet_id} is too short for a tweet's id; copy it from the tweet's URL")
        return
    author = text(inner(body, "author"), "username", "userName", "screen_name")
    if author is not None and author.lower() != post.account.lower():
        raise _wrong(f"{tweet_id} is a tweet of @{author}, not of @{post.account}")
    tweet = read_tweet(body)
    if tweet is not None and not same_text(tweet, post.text):
        raise _wrong(f"{tweet_id} says something else than this post")


async def _read(transport: Transport, tweet_id: str) -> Body | None:
    try:
        body = await transport.read(f"/x/tweets/{quote(tweet_id, safe='')}")
    except ApiRefused as error:
        if error.status == GONE:
            raise _wrong(f"{tweet_id} is no tweet that the API knows") from error
        return None
    except ApiError:
        return None
    return inner(body, "tweet") or body


def _wrong(reason: str) -> InvalidInput:
    return InvalidInput([FieldError("tweet", f"{reason}; look again, {_FORCE}")])
