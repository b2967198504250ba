"""A site whose feeds change, as a process of its own: `site.py BOOK [--seed N] [--every SECONDS] [--port N]`.

`/feeds/NAME.rss` and `/feeds/NAME.atom` are there for any NAME; each begins with three stories and has pages at
`/stories/NAME/NUMBER`. Each *every* seconds (0: only when told through the door) one change is made to every feed that
was ever asked for (`changing_feed.py`). The book has a line for each change and each request:
`{"at", "do": "change", "feed", "change", "story"}` and `{"at", "do": "request", "path", "answered", "fault"}`.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import re
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from tests.chaos.surroundings.book import Book
from tests.chaos.surroundings.changing_feed import ChangingFeed
from tests.chaos.surroundings.doorway import HOST, Switchable, serve_door
from tests.chaos.surroundings.faults import Faults

KINDS = ("closed", "error", "cut", "slow")
AT_FIRST = 3  # stories of a new feed
FEED = re.compile(r"^/feeds/([a-z0-9-]+)\.(rss|atom)$")
STORY = re.compile(r"^/stories/([a-z0-9-]+)/(\d+)/?$")


class Feeds:
    """All feeds of the site. How each goes on depends on the seed and its name alone."""

    def __init__(self, book: Book, seed: int) -> None:
        self.base = ""
        self._book = book
        self._seed = seed
        self._feeds: dict[str, ChangingFeed] = {}
        self._chances: dict[str, random.Random] = {}
        self._one_at_a_time = threading.RLock()

    def body(self, name: str, form: str) -> bytes:
        """Give a feed's document as it stands; one that nobody knew begins to exist."""
        with self._one_at_a_time:
            if name not in self._feeds:
                now = datetime.now(UTC)
                made = ChangingFeed(name, form, self.base)
                for age in range(AT_FIRST, 0, -1):
                    self._note(name, "add", made.add(now - timedelta(hours=age)))
                self._feeds[name] = made
                self._chances[name] = random.Random(f"{self._seed} {name}")
            return self._feeds[name].body()

    def page(self, name: str, number: int) -> str | None:
        with self._one_at_a_time:
            feed = self._feeds.get(name)
            return feed.page(number) if feed is not None and number in feed.stories else None

    def change(self, name: str | None = None, times: int = 1) -> int:
        """Change one feed, or each, so many times. Give the number of stories that there ever were in them."""
        with self._one_at_a_time:
            if name is not None and name not in self._feeds:
                raise ValueError(f"feed {name!r} was never asked for; read it once")
            names = [name] if name is not None else [*self._feeds]
            for each in names * times:
                self._note(each, *self._feeds[each].change(self._chances[each], datetime.now(UTC)))
            return sum(len(self._feeds[each].stories) for each in names)

    def _note(self, name: str, change: str, story: int) -> None:
        self._book.write({"at": time.time(), "do": "change", "feed": name, "change": change, "story": story})


class Site(BaseHTTPRequestHandler):
    """Answers for feeds and pages; an unchanged feed is 304 to who has its ETag."""

    book: Book
    faults: Faults
    feeds: Feeds

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        fault = self.faults.meet(path)
        kind = fault.kind if fault else None
        if fault is not None and kind == "slow":
            threading.Event().wait(fault.seconds)
        status, body, said = self._found(path)
        if fault is not None and kind in {"error", "closed"}:
            status, body = (fault.status, b"") if kind == "error" else (None, b"")
        line = {"do": "request", "path": self.path, "answered": status, "fault": kind}
        self.book.write({"at": time.time(), **line})
        self.close_connection = True
        if status is None:
            return
        self.send_response(status)
        self.send_header("content-type", said)
        self.send_header("content-length", str(len(body)))
        if status in {200, 304} and FEED.match(path):
            self.send_header("etag", _etag(body or self.feeds.body(*FEED.match(path).groups())))  # type: ignore[union-attr]
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if kind == "cut" else body)

    def _found(self, path: str) -> tuple[int | None, bytes, str]:
        if match := FEED.match(path):
            body = self.feeds.body(match[1], match[2])
            known = self.headers.get("if-none-match") == _etag(body)
            return (304, b"", "application/xml") if known else (200, body, "application/xml")
        match = STORY.match(path)
        page = self.feeds.page(match[1], int(match[2])) if match else None
        return (404, b"", "text/plain") if page is None else (200, page.encode(), "text/html; charset=utf-8")

    def log_message(self, *arguments: object) -> None:
        """Say nothing: the book is the log."""


def _etag(body: bytes) -> str:
    return f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'


def _keep_changing(feeds: Feeds, every: float) -> None:
    while every:
        threading.Event().wait(every)
        feeds.change()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("book", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--every", type=float, default=0.0)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--door", type=int, default=0)
    asked = parser.parse_args()
    book, faults = Book(asked.book), Faults(KINDS, asked.seed)
    feeds = Feeds(book, asked.seed)
    server = Switchable(type("Changing", (Site,), {"book": book, "faults": faults, "feeds": feeds}), asked.port)
    feeds.base = f"http://{HOST}:{server.port}"

    change = {"change": lambda fields: {"stories": feeds.change(**fields)}}
    door = serve_door(server, faults, book, change, port=asked.door)
    threading.Thread(target=_keep_changing, args=(feeds, asked.every), daemon=True).start()
    print(f"site listening on {feeds.base}, door at http://{HOST}:{door.server_port}", flush=True)
    door.serve_forever()


if __name__ == "__main__":
    main()
