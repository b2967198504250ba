"""Another process holds SQLite's write lock for longer than a busy time-out while posts are made: nothing is lost."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.stage import PAUSE, Stage, stage, wait_for
from tests.chaos.surroundings.machine import holding_the_lock

TEXT = "On the day of {name} the harbour master counted the boats and wrote their number into the book as always."
NAMES = [f"boat-{number}" for number in range(8)]
BUSY_SECONDS = 5


def add_all(here: Stage) -> None:
    """Add all templates; each of their posts takes a moment, so that something is left to be done."""
    here.fault("slow", match={"method": "POST", "path": "/x/tweets"}, times=None, seconds=0.3)
    for name in NAMES:
        here.add_template(name, text=TEXT.format(name=name), callbackUrl=here.receiver_url)


def ended(here: Stage) -> bool:
    return all(any(event["type"] == "run.succeeded" for event in here.events_of(name)) for name in NAMES)


def test_a_database_that_is_locked_for_longer_than_the_busy_timeout_delays_posts_and_loses_none(tmp_path: Path) -> None:
    with stage(tmp_path, api="seed") as here:
        add_all(here)
        daemon = here.start("cli.py", "daemon", environment={"OSTINATO_LEASE": "20s"}, name="daemon")
        wait_for(lambda: here.tweets("of boat-"), "the first post")
        with holding_the_lock(here.database):
            PAUSE.wait(1.0)  # what was intended before may leave
            sent = len(here.tweets("of boat-"))
            PAUSE.wait(BUSY_SECONDS + 1)
            assert len(here.tweets("of boat-")) == sent < len(NAMES)
        wait_for(lambda: ended(here), "all posts")
        assert sorted(tweet["text"] for tweet in here.tweets("of boat-")) == sorted(TEXT.format(name=n) for n in NAMES)
        assert daemon.stop() == 0, daemon.printed
