"""`python -m demo.site`: a small web site with one article and a feed, and text planted where no reader sees it."""

from __future__ import annotations

import html
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree  # reads only the file beside it

from demo.serving import Answering, listen

CONTENT = Path(__file__).with_name("site_content")
PLANTED = "lamp-giveaway"  # stands in every hidden instruction of the site; it must not come out anywhere
_ENCODED = "{http://purl.org/rss/1.0/modules/content/}encoded"


class Site(Answering):
    """Answers /page, /feed.xml and a page for each entry of the feed."""

    def do_GET(self) -> None:  # noqa: N802 - the name that http.server calls
        host = f"http://{self.headers.get('Host', 'localhost')}"
        path = urlsplit(self.path).path
        if path in ("/", "/page"):
            self._send("text/html; charset=utf-8", content("page.html", host))
        elif path == "/feed.xml":
            self._send("application/rss+xml; charset=utf-8", content("feed.xml", host))
        elif note := notes(host).get(path):
            self._send("text/html; charset=utf-8", note)
        else:
            self.answer(404, "text/plain; charset=utf-8", b"there is no such page here\n")

    def _send(self, content_type: str, text: str) -> None:
        self.answer(200, content_type, text.encode())


def content(name: str, host: str) -> str:
    """Give the file *name* with *host* (scheme, name and port) in its links."""
    return (CONTENT / name).read_text(encoding="utf-8").replace("{{host}}", host)


@cache
def notes(host: str) -> dict[str, str]:
    """Give the pages of the feed's entries by their path."""
    frame = content("note.html", host)
    pages = {}
    for item in ElementTree.fromstring(content("feed.xml", host)).iter("item"):  # noqa: S314 - our own file
        title = html.escape(item.findtext("title", ""))
        page = frame.replace("{{title}}", title).replace("{{content}}", item.findtext(_ENCODED, ""))
        pages[urlsplit(item.findtext("link", "")).path] = page
    return pages


if __name__ == "__main__":
    listen("site", Site)
