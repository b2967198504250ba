"""How a stored tweet or user is shown, and how a list of tweets is paged and paid for."""

import base64
import binascii
import hashlib
import html
import json
import sqlite3
from collections.abc import Sequence

from sandbox.answers import Answer, Json, invalid, iso
from sandbox.call import Call
from sandbox.editorial.text import HASHTAG, find_links, links_of

PAGE = 20
COUNTERS = ("retweetCount", "replyCount", "likeCount", "quoteCount", "viewCount", "bookmarkCount")
TWEETS = "SELECT tweets.*, users.username, users.name, users.verified FROM tweets JOIN users ON users.id = user_id"


def tweet_view(row: sqlite3.Row, *, tco: bool) -> Json:
    """Return a tweet as the API shows it.

    With *tco* the text reads as X stores it: links shortened to https://t.co/…, and &, < and > as HTML entities;
    `entities.urls` tells what each link stands for. One more link at its end stands for the pictures, which name it.
    """
    text, urls = shortened(row["text"]) if tco else (row["text"], _urls(row["text"]))
    media = json.loads(row["media"])
    if tco and media:
        text, media = _with_media_link(row["id"], text, media)
    tags = [{"text": tag[1:]} for tag in HASHTAG.findall(row["text"])]
    view: Json = {
        "id": str(row["id"]),
        "text": text,
        "createdAt": iso(row["created_at"]),
        **dict.fromkeys(COUNTERS, 0),
        **json.loads(row["metrics"]),
        "isNoteTweet": bool(row["is_note"]),
        "isReply": row["reply_to"] is not None,
        "isQuoteStatus": False,
        "conversationId": str(row["conversation_id"]),
        "source": "Xquik sandbox",
        "entities": {"urls": urls, "hashtags": tags},
        "url": f"https://x.com/i/status/{row['id']}",
        "author": {
            "id": str(row["user_id"]),
            "username": row["username"],
            "name": row["name"],
            "verified": bool(row["verified"]),
        },
    }
    if row["reply_to"] is not None:
        view |= {"inReplyToId": str(row["reply_to"]), "inReplyToStatusId": str(row["reply_to"])}
    if media:
        view["media"] = media
    if row["made_with_ai"]:
        view["madeWithAi"] = True
    return view


def _urls(text: str) -> list[Json]:
    return [{"url": link, "expanded_url": link, "display_url": link} for link in links_of(text)]


def shortened(text: str) -> tuple[str, list[Json]]:
    """Return *text* with its links as https://t.co/… and entities encoded, and what each link stands for."""
    urls: list[Json] = []
    parts: list[str] = []
    end = 0
    for start, stop in find_links(text):
        link = text[start:stop]
        full = link if link.lower().startswith("http") else f"http://{link}"
        short = "https://t.co/" + hashlib.sha256(full.encode()).hexdigest()[:10]
        parts += [html.escape(text[end:start], quote=False), short]
        end = stop
        urls.append({"url": short, "expanded_url": full, "display_url": full.split("://", 1)[1][:30]})
    return "".join(parts) + html.escape(text[end:], quote=False), urls


def _with_media_link(tweet_id: int, text: str, media: list[Json]) -> tuple[str, list[Json]]:
    """Return *text* with the link that X adds for a tweet's media, and the media, each of which names that link."""
    short = "https://t.co/" + hashlib.sha256(f"media of {tweet_id}".encode()).hexdigest()[:10]
    return f"{text} {short}".strip(), [{**item, "url": short} for item in media]


def page_of(call: Call, rows: Sequence[sqlite3.Row], size: int = PAGE) -> Answer:
    """Return the first *size* of *rows* as a page, a credit per tweet, with cursors in both dialects.

    The page shrinks to what the balance affords. Raises ApiError 402 when it affords nothing.
    """
    shown = rows[: call.world.affordable(min(size, len(rows)))]
    if shown:
        call.world.charge(len(shown))
    more = len(rows) > len(shown)
    cursor = encode_cursor(shown[-1]["id"]) if more and shown else ""
    body: Json = {
        "tweets": [tweet_view(row, tco=call.tco) for row in shown],
        "has_next_page": more,
        "next_cursor": cursor,
        "hasMore": more,
    }
    return Answer(body | ({"nextCursor": cursor} if more else {}))


def before(call: Call) -> int:
    """Return the id that the page ends before, from the opaque cursor in the query."""
    cursor = call.query.get("cursor", "")
    return decode_cursor(cursor) if cursor else 2**63 - 1


def encode_cursor(number: int) -> str:
    """Return *number* as an opaque cursor."""
    return base64.urlsafe_b64encode(f"c:{number}".encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> int:
    """Return the number in *cursor*. Raises ApiError 400 when it is none of ours."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        return int(text.removeprefix("c:"))
    except (ValueError, binascii.Error):
        raise invalid("The cursor is not one that this API gave.") from None
