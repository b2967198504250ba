"""A fleet on PostgreSQL: schedulers and workers come, are killed and go, and the books are balanced at the end."""

from __future__ import annotations

import itertools
import os
import random
import signal
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest

from domain.publication import Outcome
from tests.acceptance.stage import PAUSE, Process, Stage, stage, wait_for
from tests.acceptance.test_kill import settled
from tests.postgresql_server import OTHERS, address, create_database, drop_database

ACCOUNTS = ("ostinato_demo", "Ostinato_Demo", "ostinato_lab")  # the first two are one
GAP = timedelta(seconds=1)
EACH = 8
WORDS = "The harbour master counts the boats of {name} at dawn and again at dusk, whatever the weather."
_numbers = itertools.count()


@pytest.fixture
def database(postgresql: str) -> Iterator[str]:
    """The URL of an empty database on a real server; the first daemon makes its tables."""
    name = f"fleet_{os.getpid()}_{next(_numbers)}"
    create_database(postgresql, name)
    yield address(postgresql, name)
    drop_database(postgresql, name)


def started(here: Stage, role: str) -> Process:
    few = {"OSTINATO_WORKERS": "4"}  # so that no process has all of them
    return here.start("cli.py", "daemon", "--role", role, environment=few, name=role)


def add_all(here: Stage) -> list[str]:
    names = []
    for number, account in enumerate(ACCOUNTS * EACH):
        names.append(f"boat-{number}")
        here.add_template(names[-1], account=account, text=WORDS.format(name=names[-1]), callbackUrl=here.receiver_url)
    return names


def check(here: Stage, names: list[str], *, killed: bool) -> None:
    """Every template posted once; serial and apart on each account; callbacks in order for each template."""
    by_account = defaultdict(list)
    for name in names:
        tweets = here.tweets(f"of {name} at")
        sent = here.publications(name)
        assert len(tweets) == 1, (name, tweets, sent)
        (out,) = (each for each in sent if each.outcome is Outcome.CONFIRMED)
        assert {each.outcome for each in sent} <= {Outcome.CONFIRMED, Outcome.DEFERRED}, sent
        by_account[out.account.lower()].append(out)
        ids = [each["id"] for each in here.events_of(name)]
        assert list(dict.fromkeys(ids)) == [each.id for each in here.recorded(name)]
        if not killed:
            assert len(ids) == len(set(ids)), f"{name} was told of twice"
    assert {account: len(sent) for account, sent in by_account.items()} == {
        "ostinato_demo": 2 * EACH,
        "ostinato_lab": EACH,
    }
    for sent in by_account.values():
        for before, after in pairwise(sorted(sent, key=lambda each: each.intended_at)):
            assert after.intended_at - before.intended_at >= GAP, (before, after)
            assert before.settled_at is not None


def finished(here: Stage, names: list[str]) -> bool:
    return all(settled(here, name) for name in names)


def gaps(here: Stage) -> None:
    for account in sorted({account.lower() for account in ACCOUNTS}):
        here.run("account", "set", account, "--gap", "1s")


@pytest.mark.timeout(180)
def test_two_schedulers_and_three_workers_post_everything_once_in_turn_and_tell_it_in_order(
    tmp_path: Path, database: str
) -> None:
    with stage(tmp_path, api="durable", database=database) as here:
        here.run("db", "upgrade")
        gaps(here)
        fleet = [started(here, role) for role in ("scheduler", "scheduler", "worker", "worker", "worker")]
        for each in fleet:
            each.wait_for_line("daemon.ready")
        names = add_all(here)
        wait_for(partial(finished, here, names), "all posts", within=90)
        check(here, names, killed=False)
        # Two accounts post, each in one place at a time: of three workers one may have had none of their turns.
        assert sum("publication.sent" in worker.printed for worker in fleet[2:]) >= 2, "one worker did everything"
        assert not any("publication.sent" in scheduler.printed for scheduler in fleet[:2])
        assert [each.stop() for each in fleet] == [0] * 5


@pytest.mark.timeout(240)
def test_a_fleet_that_loses_processes_at_any_moment_posts_everything_once(tmp_path: Path, database: str) -> None:
    chance = random.Random(4)
    with stage(tmp_path, api="durable", database=database) as here:
        here.run("db", "upgrade")
        gaps(here)
        roles = ["scheduler", "scheduler", "worker", "worker", "worker"]
        fleet = [started(here, role) for role in roles]
        for each in fleet:
            each.wait_for_line("daemon.ready")
        names = add_all(here)
        for _ in range(6):
            PAUSE.wait(chance.uniform(0.2, 1.5))  # the moment of a crash is what varies here
            victim = chance.randrange(len(fleet))
            fleet[victim].stop(signal.SIGKILL)
            fleet[victim] = started(here, roles[victim])
        wait_for(partial(finished, here, names), "all posts", within=150)
        check(here, names, killed=True)


def one_that_sends(workers: list[Process], frozen: list[Process]) -> Process | None:
    awake = (each for each in workers if each not in frozen)
    return next((each for each in awake if "publication.sent" in each.printed), None)


@pytest.mark.timeout(300)
def test_a_worker_that_was_frozen_past_its_lease_posts_nothing_that_others_took_over(
    tmp_path: Path, database: str
) -> None:
    chance = random.Random(5)
    with stage(tmp_path, api="durable", database=database) as here:
        here.run("db", "upgrade")
        gaps(here)
        _, *workers = fleet = [started(here, role) for role in ("scheduler", "worker", "worker", "worker")]
        for each in fleet:
            each.wait_for_line("daemon.ready")
        names = add_all(here)
        frozen: list[Process] = []
        for _ in range(2):
            frozen.append(worker := wait_for(partial(one_that_sends, workers, frozen), "a worker that sends"))
            PAUSE.wait(chance.uniform(0.1, 1.0))  # the moment of the freeze is what varies here
            worker.popen.send_signal(signal.SIGSTOP)
        # A transaction that a frozen process left open holds the others up, for a minute at most.
        wait_for(partial(finished, here, names), "all posts", within=200)
        for worker in frozen:
            worker.popen.send_signal(signal.SIGCONT)
            assert worker.stop() == 0, worker.printed
        check(here, names, killed=True)


@pytest.mark.timeout(240)
def test_a_fleet_whose_connections_are_cut_again_and_again_posts_everything_once(tmp_path: Path, database: str) -> None:
    with stage(tmp_path, api="durable", database=database) as here:
        here.run("db", "upgrade")
        gaps(here)
        fleet = [started(here, role) for role in ("scheduler", "worker", "worker")]
        for each in fleet:
            each.wait_for_line("daemon.ready")
        names = add_all(here)
        with psycopg.connect(database, autocommit=True) as connection:
            for _ in range(5):
                PAUSE.wait(1)
                connection.execute(OTHERS, [connection.info.dbname])
        wait_for(partial(finished, here, names), "all posts", within=150)
        check(here, names, killed=True)
        assert [each.stop() for each in fleet] == [0] * 3
