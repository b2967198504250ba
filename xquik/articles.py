"""Articles: long posts of X, flat or wrapped, with HTML, plain text or blocks."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from xquik.fields import Body, inner, moment, objects, text
from xquik.transport import Transport

BLOCK_END = re.compile(r"</(?:p|div|li|h[1-6]|blockquote)>|<br\s*/?>", re.IGNORECASE)
TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Article:
    """An article. *text* is plain, a paragraph to a line."""

    title: str
    text: str
    author: str | None = None
    image_url: str | None = None
    created_at: datetime | None = None


async def article(transport: Transport, tweet_id: str) -> Article:
    """Read the article of a tweet (5 credits). Raises ApiRefused 404 when it has none."""
    return read_article(await transport.read(f"/x/articles/{quote(tweet_id, safe='')}"))


def read_article(body: Body) -> Article:
    """Read the flat shape with `bodyHtml`, or the wrapped one with `bodyText` or `contents`."""
    found = inner(body, "article") or body
    author = inner(body, "author") or inner(found, "author")
    blocks = "\n".join(said for block in objects(found, "contents") if (said := text(block, "text")))
    return Article(
        title=text(found, "title") or "",
        text=text(found, "bodyText") or blocks or _plain(text(found, "bodyHtml") or ""),
        author=text(author, "username", "name"),
        image_url=text(found, "coverImageUrl", "coverImage"),
        created_at=moment(found, "createdAt"),
    )


def _plain(markup: str) -> str:
    said = html.unescape(TAG.sub("", BLOCK_END.sub("\n", markup)))
    return "\n".join(line for raw in said.splitlines() if (line := " ".join(raw.split())))
