"""A daemon with everything in flight, for restores: what it is to post, and the raw books afterwards."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.acceptance.stage import Process, Stage, wait_for
from tests.chaos.surroundings.door import SiteDoor

ACCOUNTS = ("ostinato_demo", "ostinato_lab", "ostinato_de")
PLAIN, THREADS, HELD = 20, 3, 3
TIPS = tuple(f"Tip {number}: tie the boat with {number} knots before you sleep." for number in range(1, 6))
RUNNING = ("queued", "working")
OPEN = (*RUNNING, "held")


def plain(number: int) -> str:
    return f"Boat {number} came in at dawn with {number + 3} crates of herring, and left again before noon."


def parts(number: int) -> list[str]:
    """Give the paragraphs of a thread, each long enough to be a part of its own."""
    words = ("counts the crates at the quay", "writes both numbers into the book", "goes home when the lamp is lit")
    return [
        f"Thread {number}, {at}: the harbour master of pier {number} {said} whatever the weather, "
        f"and {number + at} gulls look on from the roof of the customs house."
        for at, said in enumerate(words)
    ]


def add_everything(here: Stage, site: SiteDoor) -> None:
    """Add templates for each state that a run can be in; each of their texts is said once only."""
    feed = [{"url": f"{site.url}/feeds/news.rss", "backlog": "all"}]
    threads = [
        {"name": f"thread-{number}", "type": "thread", "text": "\n\n".join(parts(number))} for number in range(THREADS)
    ]
    _apply(here, "threads", threads)  # their slots are the first, so they have their accounts' turns first
    _apply(
        here,
        "tweets",
        [
            *({"name": f"plain-{number}", "text": plain(number)} for number in range(PLAIN)),
            *({"name": f"held-{number}", "text": plain(100 + number), "approval": "approve"} for number in range(HELD)),
            {"name": "tips", "tips": list(TIPS), "repeatAfter": 60},
            {"name": "news", "feeds": feed, "repeatAfter": 30},
            {"name": "quote", "text": plain(200), "repeatAfter": 30},
        ],
    )


def _apply(here: Stage, name: str, documents: Sequence[Mapping[str, Any]]) -> None:
    folder = here.folder / name
    folder.mkdir()
    for number, document in enumerate(documents):
        whole = {"type": "tweet", "dailyCount": 1, "repeatAfter": 0, "account": ACCOUNTS[number % 3], **document}
        (folder / f"{document['name']}.json").write_text(json.dumps(whole))
    here.run("template", "apply", str(folder), "--as", name)


class Book(ABC):
    """A database, read as it is."""

    @abstractmethod
    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Give the rows of a query, whose values stand as `?`."""

    def count(self, query: str, *values: Any) -> int:
        return int(self.rows(query, *values)[0][0])


@dataclass(frozen=True)
class SqliteBook(Book):
    path: Path

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=30)) as connection:
            return connection.execute(query, values).fetchall()


@dataclass(frozen=True)
class PostgresqlBook(Book):
    url: str

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(query.replace("?", "%s").encode(), values).fetchall()


@dataclass(frozen=True)
class Copying:
    """How a database is backed up and put back as docs/operating.md says; *at_backup* is then what the backup holds."""

    ours: Book
    at_backup: Book
    file: Path

    def back_up(self, here: Stage) -> bool:
        """Take a backup; tell whether a request was on its way just then."""
        here.run("backup", str(self.file), "--replace")
        self.look_into()
        return self.at_backup.count("SELECT count(*) FROM publications WHERE outcome IS NULL") > 0

    def look_into(self) -> None:
        """Have *at_backup* hold what the backup does."""

    def put_back(self, here: Stage) -> Any:
        """Restore the backup in full, and give what `ostinato restore` said."""
        return here.run("restore", str(self.file), "--lag", "1s")


@dataclass(frozen=True)
class CopyingPostgresql(Copying):
    url: str
    url_of_backup: str

    def look_into(self) -> None:
        self._restore(self.url_of_backup)

    def put_back(self, here: Stage) -> Any:
        self._restore(self.url)
        return here.run("restore", "--in-place", "--lag", "1s")

    def _restore(self, url: str) -> None:
        words = ["pg_restore", "--clean", "--if-exists", f"--dbname={url}", str(self.file)]
        subprocess.run(words, check=True)


def said(sandbox: Book) -> list[str]:
    """Give the texts of everything that was ever written through the API."""
    return [text for (text,) in sandbox.rows("SELECT text FROM tweets WHERE NOT seeded ORDER BY id")]


def twice(sandbox: Book) -> list[tuple[Any, ...]]:
    """Give what stands in the sandbox more than once."""
    return sandbox.rows("SELECT text, count(*) FROM tweets WHERE NOT seeded GROUP BY text HAVING count(*) > 1")


def slow_writes(here: Stage, seconds: float) -> None:
    """Let each post take its time, and the second part of a thread so long that a backup falls in between."""
    between = {"method": "POST", "path": "/x/tweets", "text_contains": "Thread 0, 1"}
    here.fault("slow", seconds=1.5, match=between)
    here.fault("slow", seconds=seconds, times=None, match={"method": "POST", "path": "/x/tweets"})


def quick_writes(here: Stage) -> None:
    httpx.delete(here.admin("faults"), trust_env=False).raise_for_status()


def run_now(here: Stage, name: str) -> str:
    """Ask for a run of a template; give its id."""
    return str(here.run("template", "run", name)["run_id"])


def run_of(ours: Book, name: str) -> str:
    """Wait until a template has a run; give the id of its newest."""
    query = "SELECT runs.id FROM runs JOIN templates ON templates.id = template_id WHERE name = ? ORDER BY slot_at DESC"
    return str(wait_for(lambda: ours.rows(query, name) or None, f"a run of {name}", within=20)[0][0])


def end_of(ours: Book, run_id: str) -> tuple[str, str | None]:
    """Wait until a run has ended; give its status and its reason."""

    def ended() -> tuple[str, str | None] | None:
        ((status, reason),) = ours.rows("SELECT status, reason FROM runs WHERE id = ?", run_id)
        return (status, reason) if status not in OPEN else None

    return wait_for(ended, f"the end of run {run_id}", within=20)


def drain(ours: Book, daemon: Process) -> None:
    """Wait until no run is queued or worked on."""
    running = f"SELECT count(*) FROM runs WHERE status IN {RUNNING!r}"
    said_last = daemon.printed[-2000:]
    wait_for(lambda: ours.count(running) == 0 or None, f"the end of all runs; the daemon said:\n{said_last}")
