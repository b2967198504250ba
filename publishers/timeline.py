"""Finding a publication in its account's own timeline. A match is proof; its absence proves nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from contextlib import aclosing

from domain.errors import ApiRefused
from domain.publication import CLOCKS_APART, Publication
from xquik import tweets, users
from xquik.accounts import list_accounts
from xquik.transport import Transport
from xquik.tweets import SHORT_LINK, Tweet
from xquik.users import user_tweets

LAST_LINK = re.compile(r"\s*(https?://t\.co/\w+)\s*$")
NEWEST = 5  # pages
SCHEME = re.compile(r"https?://", re.IGNORECASE)


async def user_id(transport: Transport, account: str) -> str:
    """Give X's id of a connected account. The list of accounts is free, but older servers leave the id out."""
    known = {item.username.lower(): item.x_user_id for item in await list_accounts(transport)}
    return known.get(account.lower()) or await users.user_id(transport, account)


async def find(transport: Transport, user_id: str, publication: Publication, taken: Collection[str]) -> str | None:
    """Give the id of the tweet that *publication* became, None when the timeline does not show it.

    Pages are read back to two minutes before the intention. *taken* are ids that settle other publications: a tweet
    settles one only.
    """
    since = publication.intended_at - CLOCKS_APART
    async with aclosing(user_tweets(transport, user_id, include_replies=True)) as pages:
        async for page in pages:
            for tweet in page:
                if tweet.id not in taken and await _is(transport, tweet, publication):
                    return tweet.id
            # A pinned tweet is old and first: only a page that is old altogether is the last.
            if page and all(tweet.created_at is not None and tweet.created_at < since for tweet in page):
                break
    return None


async def shows_another(transport: Transport, user_id: str, publication: Publication, taken: Collection[str]) -> bool:
    """Tell whether the newest pages of a timeline show the same text in a tweet that cannot be *publication*."""
    async with aclosing(user_tweets(transport, user_id, include_replies=True, limit=NEWEST)) as pages:
        async for page in pages:
            same = (tweet for tweet in page if same_text(tweet, publication.text))
            if any(tweet.id in taken or not may_be(tweet, publication) for tweet in same):
                return True
    return False


async def _is(transport: Transport, tweet: Tweet, publication: Publication) -> bool:
    if not may_be(tweet, publication):
        return False
    try:
        if unexpanded(tweet):
            tweet = await tweets.get(transport, tweet.id) or tweet
        pictured = publication.picture is not None
        return same_text(tweet, publication.text, pictured=pictured) and await _same_conversation(
            transport, tweet, publication.reply_to
        )
    except ApiRefused:
        return False  # it, or its parent, is gone or not shown: not a finding


async def _same_conversation(transport: Transport, tweet: Tweet, reply_to: str | None) -> bool:
    """Where no parent is shown, look whether the tweet lies in the conversation of what it was to reply to."""
    if reply_to is None or tweet.parent_id == reply_to or tweet.conversation_id in (None, reply_to):
        return True
    parent = await tweets.get(transport, reply_to)
    return parent is not None and parent.conversation_id == tweet.conversation_id


def may_be(tweet: Tweet, publication: Publication) -> bool:
    """Tell whether time and place fit: since the intention, and under the same tweet where the answer shows it."""
    if tweet.created_at is None or tweet.created_at < publication.intended_at - CLOCKS_APART:
        return False
    if publication.reply_to is None:
        return tweet.parent_id is None and tweet.is_reply is not True
    if tweet.parent_id is not None:
        return tweet.parent_id == publication.reply_to
    return tweet.is_reply is not False


def unexpanded(tweet: Tweet) -> bool:
    """Tell whether the text holds a t.co link of which the answer does not say what it stands for."""
    return any(link not in tweet.links and link not in tweet.media_links for link in SHORT_LINK.findall(tweet.text))


def same_text(tweet: Tweet, said: str, *, pictured: bool = False) -> bool:
    """Tell whether *tweet* says *said*: links expanded, entities decoded, NFC, white space alike.

    The links that stand for its own pictures say nothing. Of a tweet that was *pictured*, neither does a last link of
    which no answer says what it stands for: X puts one there, and older servers do not list it.
    """
    own = without_media(tweet)
    if pictured and (last := LAST_LINK.search(own)) and last[1] not in tweet.links:
        own = own[: last.start()]
    return canonical(said) in (canonical(expanded(decoded(own), tweet.links)), canonical(tweet.text))


def without_media(tweet: Tweet) -> str:
    """Give the text without the links at its end that stand for the tweet's own pictures."""
    text = tweet.text
    while (last := LAST_LINK.search(text)) and last[1] in tweet.media_links:
        text = text[: last.start()]
    return text


def decoded(text: str) -> str:
    """Undo what X does to three characters. Any other entity was written by the author and stays."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def expanded(text: str, links: Mapping[str, str]) -> str:
    """Put what they stand for in the place of t.co links."""
    return SHORT_LINK.sub(lambda link: links.get(link.group(), link.group()), text)


def canonical(text: str) -> str:
    """Give *text* in the form in which the same post always reads the same, whoever stored it."""
    return " ".join(_link(word) for word in unicodedata.normalize("NFC", text).split())


def _link(word: str) -> str:
    # X adds a scheme to bare domains and a slash to bare hosts; hosts have no case.
    if "." not in word:
        return word
    host, slash, rest = SCHEME.sub("", word).rstrip("/").partition("/")
    return host.lower() + slash + rest
