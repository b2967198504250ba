"""Tweets: write one, read one, delete one, and ask what became of a write."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from domain.errors import ApiUnclear
from domain.tweet_id import written_at
from xquik.fields import Body, flag, inner, moment, objects, reference, text
from xquik.transport import POST_PATH, Transport
from xquik.write_record import State, WriteRecord, read_record

SHORT_LINK = re.compile(r"https?://t\.co/\w+")
# Where X says that a picture of a tweet is: https://x.com/acme/status/19/photo/1.
MEDIA_PAGE = re.compile(r"https?://(?:www\.)?(?:x|twitter)\.com/\w+/status/(?P<id>\d+)/(?:photo|video)/\d")
ACTION = re.compile(r"/write-actions/([^/?#]+)")


@dataclass(frozen=True, slots=True)
class Tweet:
    """A tweet as a list or `GET /x/tweets/{id}` shows it. Fields that the answer left out are None.

    *text* may hold t.co links and HTML entities; *links* maps each t.co link to what it stands for. X puts one more at
    the end of a tweet with a picture, which stands for the picture: such links are in *media_links*.
    """

    id: str
    text: str
    created_at: datetime | None = None
    parent_id: str | None = None
    is_reply: bool | None = None
    conversation_id: str | None = None
    links: dict[str, str] = field(default_factory=dict)
    media_links: tuple[str, ...] = ()


def read_tweet(body: Body) -> Tweet | None:
    """Read one tweet, None when it has no id or no text."""
    tweet_id, said = reference(text(body, "id", "tweetId")), text(body, "text", "full_text")
    if tweet_id is None or said is None:
        return None
    entities = inner(body, "entities")
    links = {
        short: full
        for url in objects(entities, "urls")
        if (short := text(url, "url")) and (full := text(url, "expanded_url", "expandedUrl"))
    }
    return Tweet(
        id=tweet_id,
        text=said,
        created_at=moment(body, "createdAt", "created_at") or written_at(tweet_id),
        parent_id=text(
            body,
            "inReplyToId",
            "inReplyToStatusId",
            "inReplyToTweetId",
            "in_reply_to_tweet_id",
            "in_reply_to_status_id_str",
            "in_reply_to_status_id",
        ),
        is_reply=flag(body, "isReply", "is_reply"),
        conversation_id=text(body, "conversationId", "conversation_id"),
        links=links,
        media_links=_media_links(body, tweet_id, links),
    )


def _media_links(body: Body, tweet_id: str, links: dict[str, str]) -> tuple[str, ...]:
    """Give the t.co links that stand for the tweet's own pictures, by what lists them or by where they lead."""
    shown = (*objects(body, "media"), *objects(inner(body, "entities"), "media"))
    listed = [link for each in shown if (link := text(each, "url")) and SHORT_LINK.fullmatch(link)]
    pages = {short: MEDIA_PAGE.match(full) for short, full in links.items()}
    led = [short for short, page in pages.items() if page and page["id"] == tweet_id]
    return tuple(dict.fromkeys((*listed, *led)))


async def create(
    transport: Transport,
    *,
    account: str,
    content: str,
    idempotency_key: str,
    may_send: Callable[[], None],
    reply_to: str | None = None,
    is_note: bool | None = None,
    made_with_ai: bool = False,
    media_ids: Sequence[str] = (),
    media_urls: Sequence[str] = (),
) -> WriteRecord:
    """Send `POST /x/tweets` once; DONE comes with a tweet id.

    Raises as `Transport.write` does; a 2xx answer that names neither a tweet nor a pending or failed write is
    ApiUnclear. *made_with_ai* asks for that label, of a server that knows it; another may refuse the field.
    Of *media_ids* and *media_urls* one at most is given: there are servers that refuse the one or the other.
    """
    body: dict[str, Any] = {"account": account, "text": content}
    if reply_to is not None:
        body["reply_to_tweet_id"] = reply_to
    if is_note is not None:
        body["is_note_tweet"] = is_note
    if made_with_ai:
        body["made_with_ai"] = True
    if media_ids:
        body["media_ids"] = list(media_ids)
    if media_urls:
        body["media"] = list(media_urls)
    answer = await transport.write("POST", POST_PATH, body, idempotency_key=idempotency_key, may_send=may_send)
    record = read_record(answer)
    if record.state is State.DONE and record.tweet_id is None:
        said = f"POST {POST_PATH}: {answer.status} without a tweet id"
        raise ApiUnclear(said, status=answer.status, status_url=answer.status_url)
    return record


async def delete(
    transport: Transport, tweet_id: str, *, account: str, idempotency_key: str, may_send: Callable[[], None]
) -> WriteRecord:
    """Send `DELETE /x/tweets/{id}` once; raises as `Transport.write` does."""
    path = f"/x/tweets/{quote(tweet_id, safe='')}"
    answer = await transport.write(
        "DELETE", path, {"account": account}, idempotency_key=idempotency_key, may_send=may_send
    )
    return read_record(answer)


async def get(transport: Transport, tweet_id: str) -> Tweet | None:
    """Read one tweet (1 credit), with or without the `tweet` wrapper. Raises ApiRefused 404 when there is none."""
    body = await transport.read(f"/x/tweets/{quote(tweet_id, safe='')}")
    return read_tweet(inner(body, "tweet") or body)


async def write_action(transport: Transport, status_url: str) -> WriteRecord:
    """Ask what became of a write. Only the id is taken from *status_url*, so the key goes to our own server alone.

    Raises ApiRefused where the server knows no such write, or keeps no records at all.
    """
    found = ACTION.search(status_url)
    action = found.group(1) if found else status_url.rstrip("/").rsplit("/", 1)[-1]
    return read_record(await transport.look(f"/x/write-actions/{quote(action, safe='%')}"))
