"""The disk under the home fills up while posts are made: what could not be written first is not posted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.acceptance.stage import PAUSE, Process, Stage, stage, wait_for
from tests.acceptance.test_monitoring import free_port
from tests.chaos.surroundings.machine import full, may_mount, no_larger_files, small_disk
from tests.chaos.test_database_locked import NAMES, TEXT, add_all


@contextmanager
def no_room(here: Stage, daemon: Process, how: str) -> Iterator[None]:
    with full(here.folder / "home") if how == "disk" else no_larger_files([daemon.popen.pid]):
        yield


def red(port: int) -> str | None:
    """Give what the writer's check says when it is red."""
    answer = httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)
    checks = {each["check"]: each for each in answer.json()["checks"]}
    return None if checks["writer"]["ok"] else str(checks["writer"]["detail"])


def told(here: Stage, name: str) -> bool:
    """Tell whether a post is out and confirmed, or is not out and somebody knows that nobody knows."""
    types = {event["type"] for event in here.events_of(name)}
    return "run.succeeded" in types or ("post.unknown" in types and not here.tweets(f"of {name} "))


def test_a_daemon_without_room_to_write_posts_nothing_more_says_so_and_goes_on_when_there_is_room(
    tmp_path: Path,
) -> None:
    how = "disk" if may_mount() else "quota"
    with stage(tmp_path, api="seed") as here, small_disk(here.folder / "home", 16 if how == "disk" else None):
        add_all(here)
        port = free_port()
        settings = {"OSTINATO_LEASE": "6s", "OSTINATO_HEALTH_PORT": str(port)}
        daemon = here.start("cli.py", "daemon", environment=settings, name="daemon")
        wait_for(lambda: here.tweets("of boat-"), "the first post")
        with no_room(here, daemon, how):
            PAUSE.wait(1.0)  # what was intended before may leave
            sent = len(here.tweets("of boat-"))
            why = wait_for(lambda: red(port), "the health's red", within=15)
            assert len(here.tweets("of boat-")) == sent < len(NAMES)
        wait_for(lambda: all(told(here, name) for name in NAMES), "all posts")
        out = [tweet["text"] for tweet in here.tweets("of boat-")]
        lost = {TEXT.format(name=name) for name in NAMES} - set(out)
        # SQLite can say that the disk is full about a commit that is on it: that intention is not sent, but cannot be
        # taken back, and without keys nobody can tell it from one that was.
        assert len(out) == len(set(out)) == len(NAMES) - len(lost)
        assert len(lost) <= 1
        assert "full" in why if how == "disk" else "disk I/O error" in why
        assert daemon.stop() == 0, daemon.printed
