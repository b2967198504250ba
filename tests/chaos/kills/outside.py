"""What stands outside a home: a server that takes callbacks, answers questions, and serves feeds with their pages."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from xml.sax.saxutils import escape

ENTRY = "<item><guid>{link}</guid><link>{link}</link><title>{title}</title><description>{text}</description></item>"
FEED = '<rss version="2.0"><channel><title>Harbour</title><link>{site}</link>{entries}</channel></rss>'
PAGE = "<html><head><title>{title}</title></head><body><article><h1>{title}</h1><p>{text}</p></article></body></html>"


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a feed. *text* is what its page says; the feed has only the first sentence."""

    slug: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Received:
    """A request that was read whole, before it was answered."""

    path: str
    headers: dict[str, str]
    body: str

    @property
    def event(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


@dataclass
class Outside:
    """The server as the kills see it: what it received, in order, and the feeds that it serves, by their names."""

    address: str = ""
    received: list[Received] = field(default_factory=list)
    feeds: dict[str, list[Entry]] = field(default_factory=dict)

    def at(self, path: str) -> list[Received]:
        return [each for each in self.received if each.path == path]

    def feed(self, name: str) -> str:
        entries = "".join(
            ENTRY.format(link=f"{self.address}/page/{each.slug}", title=escape(each.title), text=escape(_first(each)))
            for each in self.feeds[name]
        )
        return FEED.format(site=self.address, entries=entries)

    def page(self, slug: str) -> str | None:
        found = (each for entries in self.feeds.values() for each in entries if each.slug == slug)
        entry = next(found, None)
        return PAGE.format(title=escape(entry.title), text=escape(entry.text)) if entry else None


def _first(entry: Entry) -> str:
    return entry.text.split(". ")[0] + "."


@contextmanager
def outside() -> Iterator[Outside]:
    """Serve on a free port of this machine."""
    here = Outside()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            here.received.append(Received(self.path, headers, body))
            answer = ""
            if self.path.startswith("/ask/"):
                revision = json.loads(body)["data"]["revision"]
                answer = json.dumps({"decision": "approve", "revision": revision})
            self._answer(answer, "application/json")

        def do_GET(self) -> None:
            _, kind, name, *_ = [*self.path.split("/"), ""]
            if kind == "feed" and name in here.feeds:
                self._answer(here.feed(name), "application/rss+xml")
            else:
                self._answer(here.page(name) if kind == "page" else None, "text/html; charset=utf-8")

        def _answer(self, said: str | None, kind: str) -> None:
            content = (said or "").encode()
            try:
                self.send_response(404 if said is None else 200)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except ConnectionError:
                return  # who asked has been killed

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    here.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
