"""Version 0.1 and this one: what it left when it was killed is finished; what it does beside this one stays right."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.stage import ROOT, Stage, stage, wait_for
from tests.acceptance.test_kill import settled, text_of
from tests.postgresql_server import address, create_database, drop_database

RELEASE = (ROOT / "tests" / "upgrade" / "v0.1").read_text().strip()
NAME = "half-done"


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program as it was released, from the history of the repository."""
    packed = subprocess.run(["git", "archive", RELEASE], cwd=ROOT, capture_output=True, check=False)
    if packed.returncode != 0:
        pytest.skip("the history of this checkout does not reach back to version 0.1")
    folder = tmp_path_factory.mktemp("released")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as files:
        files.extractall(folder, filter="data")
    return folder


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """The URL of an empty database; None is the file in the stage's home."""
    if request.param == "sqlite":
        yield None
        return
    server = request.getfixturevalue("postgresql")
    name = f"released_{os.getpid()}"
    create_database(server, name)
    yield address(server, name)
    drop_database(server, name)


def of_release(here: Stage, released: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=released,
        env={**here.environment, **environment, "PYTHONPATH": str(released)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def daemon_of_release(here: Stage, released: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the released daemon, which posts every three seconds, until it is killed at the latest at the end."""
    environment = {**here.environment, "PYTHONPATH": str(released), "OSTINATO_ACCOUNT_SPACING": "3s"}
    log = here.folder / "released.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [sys.executable, "cli.py", "daemon"], cwd=released, env=environment, stdout=output, stderr=output
        ) as daemon,
    ):
        try:
            wait_for(lambda: "daemon.ready" in log.read_text(), "the released daemon")
            yield daemon
        finally:
            daemon.kill()
        assert '"level": "error"' not in log.read_text()


def add(here: Stage, released: Path, kind: str, name: str = NAME, **fields: Any) -> None:
    document = {"name": name, "account": "ostinato_demo", "type": kind, "dailyCount": 1, "text": text_of(kind, name)}
    file = here.folder / "template.json"
    file.write_text(json.dumps(document | {"callbackUrl": here.receiver_url, **fields}))
    added = of_release(here, released, "cli.py", "template", "add", str(file))
    assert added.returncode == 0, added.stdout + added.stderr


def killed_at(here: Stage, released: Path, point: str, *, part: int) -> None:
    died = of_release(here, released, "tests/acceptance/crashing_daemon.py", CRASH_AT=point, CRASH_PART=str(part))
    assert died.returncode == -9, died.stdout + died.stderr


def end_after_migration(here: Stage) -> dict[str, Any]:
    here.run("db", "upgrade")
    daemon = here.daemon()
    end = wait_for(partial(settled, here, NAME), "the end of the run")
    daemon.stop()
    return end


@pytest.mark.timeout(120)
@pytest.mark.parametrize("point", ["after:choice", "after:send"])
def test_a_thread_that_version_0_1_left_is_finished_and_no_part_is_posted_twice(
    tmp_path: Path, released: Path, database: str | None, point: str
) -> None:
    with stage(tmp_path, database=database) as here:
        add(here, released, "thread")
        killed_at(here, released, point, part=1)

        end = end_after_migration(here)

        texts = [tweet["text"] for tweet in here.tweets(NAME)]
        assert (end["type"], len(texts), len(set(texts))) == ("run.succeeded", 3, 3)


@pytest.mark.timeout(120)
def test_of_a_post_that_version_0_1_may_have_sent_somebody_is_told(tmp_path: Path, released: Path) -> None:
    with stage(tmp_path, api="seed") as here:
        add(here, released, "tweet")
        killed_at(here, released, "after:intend", part=0)

        assert end_after_migration(here)["type"] == "post.unknown"
        assert here.tweets(NAME) == []


def add_boats(here: Stage, released: Path) -> list[str]:
    names = [f"boat-{number}" for number in range(6)]
    for name in names:
        add(here, released, "tweet", name)
    return names


def posted(here: Stage, names: list[str]) -> int:
    return sum(bool(here.tweets(text_of("tweet", name))) for name in names)


def check_posted_once(here: Stage, names: list[str]) -> None:
    wait_for(partial(all_settled, here, names), "all posts")
    assert [len(here.tweets(text_of("tweet", name))) for name in names] == [1] * len(names)


def all_settled(here: Stage, names: list[str]) -> bool:
    return all(settled(here, name) for name in names)


@pytest.mark.timeout(120)
def test_a_daemon_of_version_0_1_goes_on_while_its_database_is_migrated_and_until_it_is_stopped(
    tmp_path: Path, released: Path, database: str | None
) -> None:
    with stage(tmp_path, api="durable", database=database) as here:
        with daemon_of_release(here, released) as daemon:
            names = add_boats(here, released)
            wait_for(lambda: posted(here, names) >= 1, "a post before the migration")
            here.run("db", "upgrade")
            before = posted(here, names)
            assert before < len(names), "nothing was left to be posted on the migrated database"
            wait_for(lambda: posted(here, names) > before, "a post by version 0.1 on the migrated database")
            daemon.send_signal(signal.SIGTERM)
            assert daemon.wait(20) == 0
        here.daemon()
        check_posted_once(here, names)


@pytest.mark.timeout(120)
def test_beside_a_daemon_of_version_0_1_on_postgresql_this_one_waits_and_takes_over_when_that_is_killed(
    tmp_path: Path, released: Path, postgresql: str
) -> None:
    name = f"waited_{os.getpid()}"
    create_database(postgresql, name)
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager,
        stage(tmp_path, api="durable", database=address(postgresql, name)) as here,
    ):
        manager.bind(f"\0ostinato-{name}")
        manager.settimeout(20)
        with daemon_of_release(here, released):
            names = add_boats(here, released)
            wait_for(lambda: posted(here, names) >= 1, "a post by version 0.1")
            here.run("db", "upgrade")
            daemon = here.daemon(NOTIFY_SOCKET=f"@ostinato-{name}")
            said = daemon.wait_for_line(r'.*"daemon.standby".*').group()
            assert "it has the database to itself" in json.loads(said)["why"]
            assert "daemon.ready" not in daemon.printed
            assert "EXTEND_TIMEOUT_USEC" in manager.recv(1024).decode()  # or systemd would kill what waits
        daemon.wait_for_line("daemon.ready")
        check_posted_once(here, names)
        assert daemon.stop() == 0
    drop_database(postgresql, name)


@pytest.mark.timeout(60)
def test_beside_a_daemon_of_version_0_1_on_sqlite_this_one_is_refused(tmp_path: Path, released: Path) -> None:
    with stage(tmp_path) as here, daemon_of_release(here, released) as old:
        here.run("db", "upgrade")
        refused = here.daemon()
        assert refused.wait_for_end() == 5
        assert f"another daemon (process {old.pid}) runs on" in refused.printed
