"""What X says: tweets of a search, and what the radar has."""

from __future__ import annotations

import html
import re
from datetime import datetime

from domain.errors import ApiError, SourceError
from domain.material import Material, MaterialKind
from domain.research import Lead
from sources.cleaning import clean
from sources.links import canonical
from sources.research.web_search import said
from xquik import search
from xquik.search import FoundTweet
from xquik.transport import Transport

TWEETS = "x search"
RADAR = "radar"
_WORD = re.compile(r"[\w'’-]+")
_LINK = re.compile(r"https?://\S+")
SHORTEST_WORD, MOST_WORDS = 4, 5


async def search_tweets(
    question: str, *, transport: Transport, limit: int, now: datetime
) -> tuple[tuple[Lead, ...], int]:
    """Search tweets for the longer words of *question*, up to *limit*; each lead brings its text.

    Gives also how many tweets were read, for each costs. *question* is searched for as words alone: none of X's
    operators is taken from it. Raises SourceError.
    """
    words = query_of(question)
    if not words:
        return (), 0
    try:
        found, read = await search.search_tweets(transport, words, limit=limit)
    except ApiError as error:
        raise SourceError(TWEETS, str(error)) from error
    return tuple(lead for each in found if (lead := _lead(each, now)) is not None), read


async def read_radar(*, transport: Transport) -> tuple[Lead, ...]:
    """Give the pages that the radar names. Raises SourceError."""
    try:
        items = await search.radar(transport)
    except ApiError as error:
        raise SourceError(RADAR, str(error)) from error
    return tuple(
        Lead(RADAR, url, said=said(each.title, each.description)) for each in items if (url := canonical(each.url))
    )


def query_of(question: str) -> str:
    """Give the words to search for: all must be in a tweet, so they are few, and the longer ones."""
    words = [word.strip("-'’") for word in _WORD.findall(question)]
    long = [word for word in words if len(word) >= SHORTEST_WORD or not word.isascii() or word.isupper()]
    return " ".join(dict.fromkeys(f'"{word}"' for word in long[:MOST_WORDS] if word))


def _lead(found: FoundTweet, now: datetime) -> Lead | None:
    text = clean(_LINK.sub(" ", html.unescape(found.tweet.text)))
    if not text:
        return None
    url = f"https://x.com/{found.author or 'i'}/status/{found.tweet.id}"
    material = Material(
        id=found.tweet.id,
        kind=MaterialKind.RESEARCH,
        text=text,
        url=url,
        site="X",
        author=found.author,
        published_at=found.tweet.created_at,
        fetched_at=now,
    )
    return Lead(TWEETS, url, said=text, material=material)
