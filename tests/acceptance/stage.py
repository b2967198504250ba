"""The real processes of the acceptance tests: sandbox, receiver and daemon, and the three books they leave."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
from click.testing import CliRunner
from sqlalchemy import Connection

import cli
from domain.event import Event
from domain.publication import Publication
from domain.template import StoredTemplate
from storage import events, publications, templates
from storage.database import open_database
from tests.acceptance.nursery import Child, fork
from tests.integration.storage_values import listed

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]
KEY = "xq_" + "a" * 64
SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LOOK_EVERY = 0.02
PAUSE = threading.Event()  # never set: a moment for the processes between two looks


def wait_for(found: Callable[[], T | None], what: str, *, within: float = 45.0) -> T:
    """Ask *found* until it gives something; real processes tell no other way."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        answer = found()
        if answer:
            return answer
        PAUSE.wait(LOOK_EVERY)
    raise AssertionError(f"{what} did not come within {within} s")


@dataclass
class Process:
    """A child with its output in a file."""

    popen: Child
    output: Path

    @property
    def printed(self) -> str:
        return self.output.read_text(errors="replace")

    def wait_for_line(self, pattern: str, *, within: float = 45.0) -> re.Match[str]:
        """Wait until the output matches *pattern*; a child that ended before is shown with what it said."""

        def found() -> re.Match[str] | None:
            ended = self.popen.poll()  # asked first: what it said before its end is read then
            match = re.search(pattern, self.printed)
            if match is None and ended is not None:
                raise AssertionError(f"ended with {ended} before {pattern!r}:\n{self.printed}")
            return match

        return wait_for(found, pattern, within=within)

    def wait_for_end(self, *, within: float = 30.0) -> int:
        return self.popen.wait(within)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        if self.popen.poll() is None:
            self.popen.send_signal(how)
        return self.popen.wait(20)


@dataclass
class Stage:
    """One home, one database, a sandbox and a receiver; daemons come and go."""

    folder: Path
    sandbox_url: str
    receiver_url: str
    book: Path
    database: str
    processes: list[Process] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        ours = {
            "OSTINATO_HOME": str(self.folder / "home"),
            "OSTINATO_DATABASE": self.database,
            "OSTINATO_XQUIK_URL": self.sandbox_url,
            "OSTINATO_XQUIK_KEY": KEY,
            "OSTINATO_ALLOW_NETWORKS": "127.0.0.0/8",
            "OSTINATO_CALLBACK_SECRET": SECRET,
            "OSTINATO_RATE_LIMITS": "off",
            "OSTINATO_THREAD_GAP": "0s",
            "OSTINATO_LEASE": "5s",
            "OSTINATO_REQUEST_TIMEOUT": "2s",
            "OSTINATO_LOG_FORMAT": "json",
        }
        return {**os.environ, **ours, "PYTHONPATH": str(ROOT)}

    def start(self, *arguments: str, environment: Mapping[str, str] | None = None, name: str) -> Process:
        """Start a Python process from the repository's root."""
        output = self.folder / f"{name}-{len(self.processes)}.log"
        output.touch()
        popen = fork([*arguments], {**self.environment, **(environment or {})}, output)
        process = Process(popen, output)
        self.processes.append(process)
        return process

    def daemon(self, **environment: str) -> Process:
        """Start a daemon; with CRASH_AT it kills itself there."""
        return self.start("tests/acceptance/crashing_daemon.py", environment=environment, name="daemon")

    def run(self, *arguments: str, exit_code: int = 0) -> Any:
        """Run a command with --json and give what it printed. In this process: starting one takes a second."""
        done = CliRunner().invoke(cli.main, [*arguments, "--json"], env=self.environment)
        assert done.exit_code == exit_code, done.output
        return json.loads(done.stdout) if done.stdout.strip() else None

    def add_template(self, name: str, **fields: Any) -> str | None:
        """Add a template that is due at once; give the secret of its callbacks, if it has a callback URL."""
        document = {
            "name": name,
            "account": "ostinato_demo",
            "type": "tweet",
            "dailyCount": 1,
            "repeatAfter": 0,
            **fields,
        }
        file = self.folder / f"{name}.json"
        file.write_text(json.dumps(document))
        added = self.run("template", "add", str(file))
        return str(added["callback_secret"]) if added["callback_secret"] else None

    def publications(self, name: str) -> list[Publication]:
        """Give what SQL says about each attempt to publish a part of a template's posts, in order."""
        with self._reading() as connection:
            template_id = templates.get(connection, name).template.id
            return [
                each
                for run in reversed(listed(connection, template_id=template_id))
                for each in publications.of_run(connection, run.id)
            ]

    def recorded(self, name: str) -> list[Event]:
        """Give the events that SQL holds about a template, in order."""
        with self._reading() as connection:
            return events.list_events(connection, template_id=templates.get(connection, name).template.id)

    def stored(self, name: str) -> StoredTemplate:
        """Give a template as SQL has it."""
        with self._reading() as connection:
            return templates.get(connection, name)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        database = open_database(self.database)
        try:
            with database.read() as connection:
                yield connection
        finally:
            database.close()

    def tweets(self, containing: str) -> list[dict[str, Any]]:
        """Give what the sandbox really has, in order, whatever its timelines show."""
        listed = httpx.get(self.admin("tweets"), trust_env=False).raise_for_status().json()
        return [tweet for tweet in listed["tweets"] if containing in tweet["text"]]

    def fault(self, kind: str, **more: Any) -> None:
        """Ask the sandbox for a fault."""
        httpx.post(self.admin("faults"), json={"kind": kind, **more}, trust_env=False).raise_for_status()

    def clear_faults(self) -> None:
        """Take back every fault, the spent ones too."""
        httpx.delete(self.admin("faults"), trust_env=False).raise_for_status()

    def unspent_faults(self) -> list[str]:
        """Give the kinds of the faults that have met no request yet."""
        listed = httpx.get(self.admin("faults"), trust_env=False).raise_for_status().json()
        return [fault["kind"] for fault in listed["faults"] if not fault["spent"]]

    def admin(self, path: str) -> str:
        return self.sandbox_url.removesuffix("/api/v1") + f"/_sandbox/{path}"

    def tried(self, path: str) -> list[dict[str, Any]]:
        """Give every callback that came to *path*, accepted or not, in the order they came, each with its event."""
        return [{**line, "event": json.loads(line["body"])} for line in self._lines() if line["path"] == path]

    def received(self) -> list[dict[str, Any]]:
        """Give the callbacks that were accepted, in the order they came, each with its event."""
        return [{**line, "event": json.loads(line["body"])} for line in self._lines() if line["answered"] < 300]

    def _lines(self) -> list[dict[str, Any]]:
        """Give what the receiver has written, without a last line that it is writing."""
        written = self.book.read_text() if self.book.exists() else ""
        return [json.loads(line) for line in written.splitlines(keepends=True) if line.endswith("\n")]

    def events_of(self, name: str) -> list[dict[str, Any]]:
        """Give the events received about one template."""
        return [
            line["event"] for line in self.received() if line["event"]["data"].get("template", {}).get("name") == name
        ]


@contextmanager
def stage(folder: Path, *, api: str = "durable", database: str | None = None) -> Iterator[Stage]:
    """Set the stage; whatever happens, every process is ended."""
    book = folder / "callbacks.jsonl"
    home = folder / "home"
    home.mkdir()
    here = Stage(folder, "", "", book, database or f"sqlite:///{home}/ostinato.db")
    try:
        sandbox = here.start(
            *("-m", "sandbox", "--port", "0", "--no-limits", "--repeats", "--api", api),
            *("--database", str(folder / "sandbox.db"), "--api-key", KEY),
            name="sandbox",
        )
        receiver = here.start("tests/acceptance/receiver.py", str(book), name="receiver")
        here.sandbox_url = sandbox.wait_for_line(r"listening on (http://\S+)").group(1)
        here.receiver_url = receiver.wait_for_line(r"listening on (http://\S+)").group(1)
        yield here
    finally:
        for process in here.processes:
            process.stop(signal.SIGKILL)
