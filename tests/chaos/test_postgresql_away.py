"""PostgreSQL is restarted, killed, and cut off in mid-commit while posts are made: each is out once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.stage import Process, Stage, stage, wait_for
from tests.acceptance.test_network_loss import over
from tests.chaos.surroundings.postgresql import CommitWire, How, Server, own_server, restarted
from tests.chaos.test_database_locked import NAMES, TEXT, add_all, ended
from tests.postgresql_server import address, create_database

HOWS: tuple[How, ...] = ("fast", "immediate", "killed")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with own_server() as made:
        yield made


def posted(here: Stage) -> list[str]:
    return sorted(tweet["text"] for tweet in here.tweets("of boat-"))


def unknown(here: Stage, name: str) -> bool:
    return any(event.type == "post.unknown" for event in here.recorded(name))


def settled(here: Stage, *ends: str) -> bool:
    """Whether SQL has one of these ends for each; a callback whose lease was lost in a commit comes 90 s later."""
    return all(any(event.type in ends for event in here.recorded(name)) for name in NAMES)


def started(here: Stage, **settings: str) -> Process:
    settings = {"OSTINATO_WORKERS": "4", "OSTINATO_LEASE": "3s", "OSTINATO_REQUEST_TIMEOUT": "1s", **settings}
    process = here.start("cli.py", "daemon", environment=settings, name="daemon")
    process.wait_for_line("daemon.ready")
    return process


def test_a_server_that_is_stopped_and_killed_delays_posts_and_loses_none(tmp_path: Path, server: Server) -> None:
    create_database(server.url, "away")
    with stage(tmp_path, api="seed", database=address(server.url, "away")) as here:
        here.run("db", "upgrade")
        daemon = started(here)
        add_all(here)
        wait_for(lambda: here.tweets("of boat-"), "the first post")
        assert server.kill_backend() is not None
        for how in HOWS:
            restarted(server, how)
        assert len(posted(here)) < len(NAMES)
        wait_for(lambda: ended(here), "all posts", within=60)
        assert posted(here) == sorted(TEXT.format(name=name) for name in NAMES)
        assert daemon.stop() == 0, daemon.printed


@pytest.mark.parametrize("api", ["durable", "seed"])
def test_a_commit_whose_answer_is_lost_is_read_back_before_anything_is_sent(
    tmp_path: Path, server: Server, api: str
) -> None:
    create_database(server.url, f"lost_{api}")
    database = address(server.url, f"lost_{api}")
    with stage(tmp_path, api=api, database=database) as here, CommitWire(server.folder, seed=3) as wire:
        here.run("db", "upgrade")
        daemon = started(here, **over(wire, database))
        add_all(here)
        wait_for(lambda: here.tweets("of boat-"), "the first post")
        wire.cut_commits(after=0.2, before=0.1)
        wait_for(lambda: wire.lost >= 4 and wire.kept_back >= 1, "some lost commits")
        wire.cut_commits()
        ends = ("run.succeeded",) if api == "durable" else ("run.succeeded", "post.unknown")
        wait_for(lambda: settled(here, *ends), "the end of all", within=60)
        # Without keys nobody can tell whether what was intended has left: it is reported, and not sent again.
        sure = NAMES if api == "durable" else [name for name in NAMES if not unknown(here, name)]
        assert {TEXT.format(name=name) for name in sure} <= set(posted(here))
        assert len(set(posted(here))) == len(posted(here))
        assert daemon.stop() == 0, daemon.printed
