"""A daemon with everything in flight, for restores: what it is to post, and the raw books afterwards."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.acceptance.stage import Process, Stage, wait_for
from tests.chaos.surroundings.door import SiteDoor

ACCOUNTS = ("ostinato_demo", "ostinato_lab", "ostinato_de")
PLAIN, THREADS, HELD = 15, 3, 3
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
    documents: list[dict[str, Any]] = [
        *({"name": f"plain-{number}", "text": plain(number)} for number in range(PLAIN)),
        *(
            {"name": f"thread-{number}", "type": "thread", "text": "\n\n".join(parts(number))}
            for number in range(THREADS)
        ),
        *({"name": f"held-{number}", "text": plain(100 + number), "approval": "approve"} for number in range(HELD)),
        {"name": "tips", "tips": list(TIPS), "repeatAfter": 60},
        {"name": "news", "feeds": feed, "repeatAfter": 30},
        {"name": "quote", "text": plain(200), "repeatAfter": 30},
    ]
    folder = here.folder / "templates"
    folder.mkdir()
    for number, document in enumerate(documents):
        whole = {"type": "tweet", "dailyCount": 1, "repeatAfter": 0, "account": ACCOUNTS[number % 3], **document}
        (folder / f"{document['name']}.json").write_text(json.dumps(whole))
    here.run("template", "apply", str(folder))


@dataclass(frozen=True)
class Book:
    """An SQLite database, read as it is."""

    path: Path

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=30)) as connection:
            return connection.execute(query, values).fetchall()

    def count(self, query: str, *values: Any) -> int:
        return int(self.rows(query, *values)[0][0])


def said(sandbox: Book) -> list[str]:
    """Give the texts of everything that was ever written through the API."""
    return [text for (text,) in sandbox.rows("SELECT text FROM tweets WHERE NOT seeded ORDER BY id")]


def twice(sandbox: Book) -> list[tuple[Any, ...]]:
    """Give what stands in the sandbox more than once."""
    return sandbox.rows("SELECT text, count(*) FROM tweets WHERE NOT seeded GROUP BY text HAVING count(*) > 1")


def slow_writes(here: Stage, seconds: float) -> None:
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
