"""A daemon of version 0.1 is killed in the middle of a run; this version migrates its database and finishes the run."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
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


def add(here: Stage, released: Path, kind: str, **fields: Any) -> None:
    document = {"name": NAME, "account": "ostinato_demo", "type": kind, "dailyCount": 1, "text": text_of(kind, NAME)}
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
