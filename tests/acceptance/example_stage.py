"""The examples as their owner would run them: daemon, sandbox, site and receiver, on days that the test chooses."""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from click.testing import CliRunner
from freezegun import freeze_time
from standardwebhooks import Webhook

import cli
import settings
from commands import wiring
from commands.assembly import run_daemon
from sandbox.options import SandboxOptions
from sandbox.serve import SandboxServer
from scheduler.operations import callbacks
from storage import installation

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
KEY = "xq_" + "a" * 64
SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ENDED = ("run.succeeded", "run.skipped", "run.failed", "run.partial")


def on(at: str) -> Any:
    """Let it be *at*, and time go on from there. What never reads the clock keeps the types that it was built with.

    The process pool keeps its own time: its processes do, and it measures them.
    """
    return freeze_time(at, tick=True, real_asyncio=True, ignore=["domain", "storage", "pebble"])


class Web:
    """A site that gives what `pages` hold, by path, and a receiver that keeps the events whose signature is right."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[str, bytes]] = {}
        self.events: list[dict[str, Any]] = []
        web = self

        class Door(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                kind, body = web.pages.get(self.path, ("text/plain", b""))
                self.send_response(200 if self.path in web.pages else 404)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                web.events.append(Webhook(SECRET).verify(body, dict(self.headers)))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def serve(self, path: str, body: str, kind: str = "application/xml") -> str:
        """Give *body* at *path* from now on; return its URL."""
        self.pages[path] = (kind, body.encode())
        return self.url + path

    def ends(self) -> list[dict[str, Any]]:
        """Give the events that say how a run ended, in the order they came."""
        return [event for event in self.events if event["type"] in ENDED]


class ExampleStage:
    """One home with its daemon, which is alive only while a test lets it live through an instant."""

    def __init__(self, folder: Path, sandbox: SandboxServer, web: Web) -> None:
        self.folder = folder
        self.web = web
        self._sandbox = sandbox
        self._environment = {
            "OSTINATO_HOME": str(folder / "home"),
            "OSTINATO_XQUIK_URL": sandbox.base_url,
            "OSTINATO_XQUIK_KEY": KEY,
            "OSTINATO_ALLOW_NETWORKS": "127.0.0.0/8",
            "OSTINATO_CALLBACK_URL": f"{web.url}/hook",
            "OSTINATO_CALLBACK_SECRET": SECRET,
            "OSTINATO_RATE_LIMITS": "off",
            "OSTINATO_THREAD_GAP": "0s",
        }

    def add(self, at: str, name: str, **instead: str) -> None:
        """Add an example at an instant, with the addresses in it replaced by those of the site."""
        text = (EXAMPLES / name).read_text(encoding="utf-8")
        for old, new in instead.items():
            old = _ADDRESSES[old]
            assert old in text
            text = text.replace(old, new)
        (self.folder / name).write_text(text, encoding="utf-8")
        (self.folder / "tips.txt").write_bytes((EXAMPLES / "tips.txt").read_bytes())
        self.run(at, "template", "add", str(self.folder / name))

    def run(self, at: str, *arguments: str) -> Any:
        """Run a command at an instant; give what it printed as JSON."""
        with on(at):
            done = CliRunner().invoke(cli.main, [*arguments, "--json"], env={**os.environ, **self._environment})
        assert done.exit_code == 0, (done.output, done.stderr, done.exception)
        return json.loads(done.stdout)

    def live(self, at: str, *, ends: int = 1) -> list[dict[str, Any]]:
        """Let the daemon live from an instant on until so many runs have ended and been told; give their events."""
        before = len(self.web.ends())
        with on(at):
            self._daemon(lambda: len(self.web.ends()) >= before + ends)
        return self.web.ends()[before:]

    def read_feeds(self, at: str) -> None:
        """Let the daemon live until it has read the feeds and every template has joined its own."""
        with on(at):
            self._daemon(lambda: self._feeds_read(at))

    def _feeds_read(self, at: str) -> bool:
        listed = self.run(at, "feed", "list")["feeds"]
        return bool(listed) and all(feed["fetched_at"] for feed in listed)

    def _daemon(self, is_enough: Callable[[], bool]) -> None:
        chosen = settings.load(self._environment)
        secrets = wiring.cipher(chosen)
        with wiring.opened(chosen) as database:
            with database.write() as connection:
                installation.bind(connection, chosen.xquik_url)
            callbacks.configure(
                database,
                secrets,
                url=chosen.callback_url,
                secret=chosen.callback_secret,
                command=None,
                hook=None,
                now=datetime.now(UTC),
            )

            async def live() -> None:
                stop = asyncio.Event()
                running = asyncio.create_task(run_daemon(chosen, database, secrets, stop))
                deadline = time.clock_gettime(time.CLOCK_MONOTONIC) + 30
                while not is_enough() and not running.done():
                    assert time.clock_gettime(time.CLOCK_MONOTONIC) < deadline, self.web.events
                    await asyncio.sleep(0.02)
                stop.set()
                await running

            asyncio.run(live())

    def tweets(self) -> list[dict[str, Any]]:
        """Give what was really posted, in order."""
        listed = httpx.get(f"{self._sandbox.admin_url}/tweets", trust_env=False).raise_for_status().json()
        return list(listed["tweets"])


_ADDRESSES = {
    "changelog": "https://example.com/changelog.xml",
    "blog": "https://example.com/blog/feed.xml",
    "page": "https://example.com/about",
    "table": "https://example.com/metrics.csv",
}


@contextmanager
def example_stage(folder: Path) -> Iterator[ExampleStage]:
    """Set the stage, and clear it whatever happens."""
    web = Web()
    thread = threading.Thread(target=web.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        with SandboxServer(
            SandboxOptions(limits=False, api_key=KEY, clock=lambda: datetime.now(UTC).timestamp())
        ) as sandbox:
            yield ExampleStage(folder, sandbox, web)
    finally:
        web.server.shutdown()
        web.server.server_close()
        thread.join()
