"""One kill: a process dies at a point, a healthy one goes on with what it left, and the books are compared."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.acceptance.stage import Process
from tests.chaos.kills import judging, left
from tests.chaos.kills.books import Books, busy, read
from tests.chaos.kills.home import Home
from tests.chaos.kills.shapes import DYING, Shape, healthy

WITHIN = 150.0  # seconds for a whole run; one that is asked about again takes 15, and the machine may be busy
LINE_LEASE = 90.0  # seconds for which, on PostgreSQL, a daemon that died keeps the line of callbacks it was sending
LOOK_EVERY = 0.06


@dataclass(frozen=True, slots=True)
class Passed:
    """A point that a process was at: `before`, `during` or `after` a numbered commit, send or job of the product."""

    when: str
    kind: str
    number: int
    what: str
    dies: bool

    @property
    def name(self) -> str:
        return f"{self.when}:{self.kind}:{self.number}"


@dataclass(frozen=True, slots=True)
class Kill:
    """What was killed where, what it left, and what came of it.

    *problems* is empty when the promise was kept; *otherwise* then tells of an end that a run without a kill has not.
    """

    shape: str
    api: str
    database: str
    asked: tuple[str, ...]  # the points named to the first process and to the one that recovered from it
    died: tuple[Passed, ...]  # where they did die; a run may come to fewer points than the one that counted them
    left: tuple[str, ...] = ()
    ended: str = ""
    problems: tuple[str, ...] = ()
    otherwise: tuple[str, ...] = ()
    seconds: float = 0.0
    passed: tuple[Passed, ...] = field(default=(), repr=False)  # what the first process was at


def kill(home: Home, shape: Shape, *points: str) -> Kill:
    """Have a run of *shape* killed at each of *points*, one process after the other, and finished by a healthy daemon.

    Without points nobody is killed, and the result says what was passed.
    """
    since = time.monotonic()
    home.begin()
    name = f"{shape.name}-{home.used}z"
    for word, fault in shape.faults.items():
        matching = {"method": "POST", "path": "/x/tweets", "text_contains": word.format(name=name)}
        home.stage.fault(**fault, match=matching)
    secret = home.add_template(name, **shape.fields(home, name))
    shape.before(home, name)
    died, remains, passed = [], [], []
    for number, point in enumerate(points or ("",)):
        log = home.stage.folder / f"points-{home.used}-{number}.jsonl"
        _lives_until(home, shape, name, point, log)
        passed.append(_points(log))
        if deaths := [each for each in passed[-1] if each.dies]:
            died += deaths
            remains.append(left.told(home.left(left.RUNS, left.PUBLICATIONS, left.OUTBOX)))
    books = _finish(home, shape, name)
    found, otherwise = judging.problems(home, name, secret, books), judging.otherwise(shape, books)
    result = Kill(
        shape=shape.name,
        api=home.api,
        database="postgresql" if home.server else "sqlite",
        asked=tuple(point for point in points if point),
        died=tuple(died),
        left=tuple(remains),
        ended=judging.ending(books),
        problems=tuple(found),
        otherwise=tuple(otherwise),
        seconds=time.monotonic() - since,
        passed=tuple(passed[0]),
    )
    if not found and not otherwise:  # else everything is left to be looked at
        home.end()
    return result


def _points(log: Path) -> list[Passed]:
    lines = log.read_text().splitlines() if log.exists() else []
    return [Passed(**json.loads(line)) for line in lines]


def _lives_until(home: Home, shape: Shape, name: str, point: str, log: Path) -> None:
    """Let a process live until it has killed itself at *point*, or until there is nothing left for it to do."""
    here = {} if shape.pool else {"WORK_HERE": "1"}
    words = shape.command(home, name) if shape.command else ["daemon"]
    process = home.start(DYING, *words, name="dying", CRASH_AT=point, CRASH_LOG=str(log), **here)
    if shape.command:
        process.wait_for_end()
        return
    _watch(home, shape, name, process, lambda: process.popen.poll() is not None)
    if process.popen.poll() is None:
        process.stop(signal.SIGTERM)
    elif process.popen.poll() != -signal.SIGKILL:
        raise AssertionError(f"a daemon ended by itself:\n{process.printed}")


def _watch(home: Home, shape: Shape, name: str, process: Process, ended: Callable[[], bool]) -> None:
    """Do what a person does meanwhile, until *process* has ended or all is done."""
    deadline = time.monotonic() + WITHIN + (LINE_LEASE if home.server else 0)
    while not ended() and time.monotonic() < deadline:
        shape.meanwhile(home, name)
        if not busy(home) and _over(home, shape, name, read(home, name)):
            return
        try:
            process.popen.wait(LOOK_EVERY)
        except subprocess.TimeoutExpired:
            continue


def _done(home: Home, books: Books) -> bool:
    """Tell whether nothing more will happen. An unknown outcome is an end only where nobody can find out."""
    if not books.unknown:
        return books.settled
    seen = any(each.outcome == "unknown" and each.text in books.visible for each in books.sent)
    return books.settled and home.api == "seed" and not seen


def _over(home: Home, shape: Shape, name: str, books: Books) -> bool:
    """Tell whether this was all, the second run of a template that reads a feed included."""
    return _done(home, books) and not _asks_for_more(home, shape, name, books)


def _asks_for_more(home: Home, shape: Shape, name: str, books: Books) -> bool:
    """Have a template that reads a feed run once more: it must take the other entry."""
    if shape.name != "feed" or len(books.runs) >= shape.runs or books.unknown or books.runs[-1].status != "posted":
        return False
    home.run("template", "run", name)
    return True


def _finish(home: Home, shape: Shape, name: str) -> Books:
    """Have a person ask again for what was killed, and a healthy daemon do the rest."""
    if shape.command:
        home.run(*shape.command(home, name)[:-1], may_refuse=True)
        shape.then(home, name)
    daemon = healthy(home, pool=shape.pool)
    _watch(home, shape, name, daemon, lambda: daemon.popen.poll() is not None)
    daemon.stop()
    return read(home, name)
