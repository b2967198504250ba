"""A worker, or the whole fleet, loses the network to PostgreSQL for longer than a lease, and comes back by itself."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from tests.acceptance.stage import PAUSE, Process, Stage, stage, wait_for
from tests.acceptance.test_fleet import add_all, check, finished, gaps
from tests.acceptance.test_kill import settled
from tests.postgresql_server import address, create_database, drop_database
from tests.wire import Wire

_numbers = itertools.count()


@pytest.fixture
def database(postgresql: str) -> Iterator[str]:
    """The URL of an empty database on a real server; `db upgrade` makes its tables."""
    name = f"network_{os.getpid()}_{next(_numbers)}"
    create_database(postgresql, name)
    yield address(postgresql, name)
    drop_database(postgresql, name)


@pytest.fixture
def wire(database: str) -> Iterator[Wire]:
    with Wire(str(make_url(database).query["host"])) as made:
        yield made


def over(wire: Wire, database: str) -> dict[str, str]:
    """Give the settings of a daemon whose database is at the other end of *wire*."""
    name = make_url(database).database
    patience = "connect_timeout=3&tcp_user_timeout=8000"
    return {"OSTINATO_DATABASE": f"postgresql://postgres@127.0.0.1:{wire.port}/{name}?{patience}"}


def started(here: Stage, role: str, **settings: str) -> Process:
    process = here.start(
        "cli.py", "daemon", "--role", role, environment={"OSTINATO_WORKERS": "4", **settings}, name=role
    )
    process.wait_for_line("daemon.ready")
    return process


def no_lease_lives(database: str) -> bool:
    """Look past the wire."""
    with psycopg.connect(database) as connection:
        alive = "SELECT 1 FROM runs WHERE status = 'working' AND leased_until > clock_timestamp()"
        return connection.execute(alive).fetchone() is None


def posted(here: Stage, name: str) -> bool:
    return bool(settled(here, name))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("loss", ["cut", "swallow"])
def test_a_worker_whose_network_is_gone_for_longer_than_its_lease_posts_nothing_twice_and_comes_back(
    tmp_path: Path, database: str, wire: Wire, loss: str
) -> None:
    chance = random.Random(loss)
    with stage(tmp_path, api="durable", database=database) as here:
        here.run("db", "upgrade")
        gaps(here)
        started(here, "scheduler")
        lost = started(here, "worker", **over(wire, database))
        other = started(here, "worker")
        names = add_all(here)
        lost.wait_for_line("publication.sent")
        PAUSE.wait(chance.uniform(0.1, 1.0))  # the moment of the loss is what varies here
        getattr(wire, loss)()
        # A transaction that the lost worker left open holds the other up, for a minute at most.
        wait_for(partial(finished, here, names), "all posts, by the other worker", within=200)
        wire.mend()
        assert other.stop() == 0
        here.add_template(
            "afterwards", text="The network is back, and so is the worker.", callbackUrl=here.receiver_url
        )
        wait_for(partial(posted, here, "afterwards"), "a post by the worker that came back", within=60)
        lost.wait_for_line("daemon.lock_back")
        check(here, names, killed=True)
        assert len(here.tweets("The network is back")) == 1
        assert lost.stop() == 0, lost.printed


@pytest.mark.timeout(240)
def test_a_fleet_without_postgresql_posts_nothing_and_goes_on_when_it_is_back(
    tmp_path: Path, database: str, wire: Wire
) -> None:
    with stage(tmp_path, api="durable", database=database) as here:
        here.run("db", "upgrade")
        gaps(here)
        fleet = [started(here, role, **over(wire, database)) for role in ("scheduler", "worker", "worker")]
        names = add_all(here)
        fleet[1].wait_for_line("publication.sent")
        wire.cut()
        for each in fleet:
            each.wait_for_line("daemon.lock_lost")
        sent = len(here.tweets("boat-"))
        wait_for(partial(no_lease_lives, database), "the lapse of all leases")
        assert len(here.tweets("boat-")) == sent < len(names)
        wire.mend()
        wait_for(partial(finished, here, names), "all posts", within=150)
        check(here, names, killed=True)
        assert [each.stop() for each in fleet] == [0] * 3
