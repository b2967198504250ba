"""A database of version 0.1, killed with a run at every step: after the upgrade all are finished."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.acceptance.stage import ROOT, Stage, stage, wait_for
from tests.acceptance.test_kill import settled
from tests.acceptance.test_upgrade import database, of_release, released
from tests.chaos.surroundings import clock

__all__ = ["database", "released"]

# By template: the account, the point where its run halts, and its words, which no other's are like. Those without a
# point go on to where they can go no further, first.
LEFT: dict[str, tuple[str, str | None, str]] = {
    "held": ("ostinato_demo", None, "The harbour master counts boats at dawn and again at dusk, whatever the weather."),
    "unknown": (
        "ostinato_demo",
        None,
        "Seven crates of lemons came ashore near the lighthouse and nobody claimed them.",
    ),
    "deferred": ("ostinato_lab", None, "Our oldest microscope was built in 1911 by a watchmaker who loved beetles."),
    "untold": ("ostinato_de", None, "Bakers on the square start work at three, long before the trams begin to run."),
    "gathering": (
        "ostinato_demo",
        "before:gather",
        "A rope that is dried in the sun lasts half as long as one kept in shade.",
    ),
    "gathered": (
        "ostinato_demo",
        "after:gather",
        "Fog signals were bells once, rung by hand, two strokes every half minute.",
    ),
    "drafted": (
        "ostinato_demo",
        "after:drafts",
        "Gulls remember which fishermen throw scraps and follow only those home.",
    ),
    "chosen": ("ostinato_demo", "after:choice", "The ferry timetable has not changed since the old bridge was closed."),
    "intended": (
        "ostinato_demo",
        "after:intend:0",
        "Paint on a hull keeps worms away, not rust; rust needs zinc and patience.",
    ),
    "sent": ("ostinato_lab", "after:send", "Salt crystals grow as cubes, and a hair across the dish bends their rows."),
    "between-parts": (
        "ostinato_de",
        "before:intend:1",
        "Each evening the choir rehearses one verse, never the whole song.",
    ),
    "planned": ("ostinato_demo", None, "When the tide table is wrong, the almanac prints an apology on its last page."),
}
HALTS = {name: point for name, (_, point, _) in LEFT.items() if point}
STATES = sa.text(
    "SELECT t.name, r.status, r.gathered_at IS NOT NULL AS gathered, r.drafted_at IS NOT NULL AS drafted, "
    "r.chosen_at IS NOT NULL AS chosen FROM runs r JOIN templates t ON t.id = r.template_id"
)
OUTCOMES = sa.text(
    "SELECT t.name, p.part, p.outcome FROM publications p JOIN templates t ON t.id = p.template_id ORDER BY p.part"
)
PENDING = sa.text(
    "SELECT t.name FROM deliveries d JOIN events e ON e.id = d.event_id JOIN templates t ON t.id = e.template_id "
    "WHERE d.status = 'pending'"
)


def files(here: Stage) -> Iterator[str]:
    for name, (account, _, words) in LEFT.items():
        kind = "thread" if name == "between-parts" else "tweet"
        fields: dict[str, Any] = {"name": name, "account": account, "type": kind, "dailyCount": 1}
        fields["callbackUrl"] = here.receiver_url + ("/status/500/1" if name == "untold" else "")
        fields |= {"approval": "approve"} if name == "held" else {}
        file = here.folder / f"{name}.json"
        parts = [f"{number}. {words * 3}" for number in range(3)] if kind == "thread" else [words]
        file.write_text(json.dumps({**fields, "text": "\n\n".join(parts)}))
        yield str(file)


def order_faults(here: Stage) -> None:
    """One answer is lost where the timeline does not show the post, and one account is told to come back later."""
    here.fault("drop_after", match={"path": "/x/tweets", "text_contains": "lemons"})
    here.fault("lag", match={"method": "GET", "path": "/x/users"}, times=None, seconds=3600)
    here.fault("rate_limited", retry_after=2, match={"path": "/x/tweets", "text_contains": "microscope"})


@contextmanager
def halted(here: Stage, released: Path) -> Iterator[str]:
    """Run the released daemon until every run has halted or can go no further; it is killed at the end."""
    for name in ("halting.py", "halting_daemon.py"):
        shutil.copy(ROOT / "tests" / "acceptance" / name, released / "tests" / "acceptance")
    environment = {
        **here.environment,
        "PYTHONPATH": str(released),
        "HALTS": json.dumps(HALTS),
        "OSTINATO_WORKERS": str(len(HALTS)),  # so that the last run is planned and nobody has room for it
        "OSTINATO_XQUIK_KEYS_HONOURED": "no",
    }
    log = here.folder / "released.log"
    words = [sys.executable, "tests/acceptance/halting_daemon.py", *files(here)]
    with (
        log.open("wb") as output,
        subprocess.Popen(words, cwd=released, env=environment, stdout=output, stderr=output) as daemon,
    ):
        try:
            yield str(wait_for(partial(all_halted, log), "a halt of every run"))
        finally:
            daemon.kill()


def all_halted(log: Path) -> str | None:
    said = log.read_text()
    return said if all(f"halted {name}\n" in said for name in HALTS) and "callback.failed" in said else None


def left(here: Stage) -> tuple[dict[str, Any], dict[str, list[str | None]], set[str]]:
    """Give what the old daemon has left: runs, outcomes of publications, and whose callbacks are pending."""
    engine = sa.create_engine(here.database.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as c:
        states = {name: (status, *map(bool, done)) for name, status, *done in c.execute(STATES)}
        outcomes: dict[str, list[str | None]] = {}
        for name, _, outcome in c.execute(OUTCOMES):
            outcomes.setdefault(name, []).append(outcome)
        pending = set(c.execute(PENDING).scalars())
    engine.dispose()
    return states, outcomes, pending


@pytest.mark.timeout(120)
def test_a_database_full_of_half_done_runs_of_version_0_1_is_migrated_and_every_run_is_finished(
    tmp_path: Path, released: Path, database: str | None
) -> None:
    with stage(tmp_path, database=database) as here:
        order_faults(here)
        with halted(here, released):
            pass
        check_left(*left(here))

        here.run("db", "upgrade")
        check_no_way_back(here, released)
        here.clear_faults()
        clock.stepped(here, 50)  # what waits for its time is due
        clock.daemon(here)
        here.run("run", "approve", held(here))

        for name in LEFT:
            end = wait_for(partial(ended, here, name), f"the end of {name!r}")
            assert end["type"] == "run.succeeded", (name, end)
            check_posted_once(here, name)
            check_told(here, name)


def check_left(states: dict[str, Any], outcomes: dict[str, list[str | None]], pending: set[str]) -> None:
    """Every kind of half-done run is there."""
    assert states == {
        "held": ("held", True, True, True),
        "unknown": ("queued", True, True, True),
        "deferred": ("queued", True, True, True),
        "untold": ("posted", True, True, True),
        "gathering": ("working", False, False, False),
        "gathered": ("working", True, False, False),
        "drafted": ("working", True, True, False),
        "chosen": ("working", True, True, True),
        "intended": ("working", True, True, True),
        "sent": ("working", True, True, True),
        "between-parts": ("working", True, True, True),
        "planned": ("queued", False, False, False),
    }
    assert outcomes == {
        "unknown": ["unknown"],
        "deferred": ["deferred"],
        "untold": ["confirmed"],
        "intended": [None],
        "sent": [None],
        "between-parts": ["confirmed"],
    }
    assert "untold" in pending


def check_no_way_back(here: Stage, released: Path) -> None:
    """The released program refuses the newer database, and says what to install."""
    refused = of_release(here, released, "cli.py", "daemon")
    assert refused.returncode == 7
    assert "newer than this program knows (0001); install the newer Ostinato" in refused.stderr


def held(here: Stage) -> str:
    (run,) = here.run("run", "list", "--status", "held")["runs"]
    return str(run["id"])


def ended(here: Stage, name: str) -> dict[str, Any] | None:
    """Give the event that ends the run; that its outcome was unknown was told before."""
    if name != "unknown":
        return settled(here, name)
    return next((event for event in here.events_of(name) if event["type"] == "run.succeeded"), None)


def check_posted_once(here: Stage, name: str) -> None:
    tweets = here.tweets(LEFT[name][2])
    assert len(tweets) == (3 if name == "between-parts" else 1), (name, tweets)
    for before, after in pairwise(tweets):
        assert after["reply_to"] == before["id"]


def check_told(here: Stage, name: str) -> None:
    """Each event was accepted once, in the order of its number."""
    told = [event["sequence"] for event in here.events_of(name)]
    assert told == list(range(1, len(told) + 1)), (name, told)
