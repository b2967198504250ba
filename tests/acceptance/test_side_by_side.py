"""This version and the next one at work on one database: a copy of the program with one more migration is the next."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from storage import schema
from tests.acceptance.stage import ROOT, Process, Stage, stage, wait_for
from tests.acceptance.test_kill import settled
from tests.postgresql_server import address, create_database, drop_database

NEXT = f"{int(schema.HEAD) + 1:04}"
MIGRATION = f'''"""Keep how the weather was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "{NEXT}"
down_revision = "{schema.HEAD}"


def upgrade() -> None:
    op.add_column("runs", sa.Column("weather", sa.Text(), nullable=True))
'''
_numbers = itertools.count()


@pytest.fixture(scope="module")
def next_version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program as its next release may be: a schema that only adds."""
    folder = tmp_path_factory.mktemp("next")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for name in project["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    (folder / "storage" / "migrations" / "versions" / f"{NEXT}_weather.py").write_text(MIGRATION)
    replace(folder, f'HEAD = "{schema.HEAD}"', f'HEAD = "{NEXT}"')
    return folder


@pytest.fixture
def database(postgresql: str) -> Iterator[str]:
    """The URL of an empty database on a real server; the first daemon makes its tables."""
    name = f"beside_{os.getpid()}_{next(_numbers)}"
    create_database(postgresql, name)
    yield address(postgresql, name)
    drop_database(postgresql, name)


def replace(folder: Path, before: str, after: str) -> None:
    file = folder / "storage" / "schema.py"
    text = file.read_text()
    assert text.count(before) == 1
    file.write_text(text.replace(before, after))


def environment_of(here: Stage, version: Path) -> dict[str, str]:
    return {**here.environment, "PYTHONPATH": str(version), "PYTHONDONTWRITEBYTECODE": "1"}


def of_next(here: Stage, version: Path, *words: str) -> None:
    done = subprocess.run(
        [sys.executable, "cli.py", *words],
        cwd=version,
        env=environment_of(here, version),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def worker_of_next(here: Stage, version: Path) -> Iterator[Path]:
    """Run a worker of the next version; give its log."""
    log = here.folder / f"next-{next(_numbers)}.log"
    words = [sys.executable, "cli.py", "daemon", "--role", "worker"]
    with (
        log.open("wb") as output,
        subprocess.Popen(words, cwd=version, env=environment_of(here, version), stdout=output, stderr=output) as daemon,
    ):
        try:
            wait_for(lambda: "daemon.ready" in log.read_text(), "the next version's worker")
            yield log
            daemon.terminate()
            assert daemon.wait(20) == 0
        finally:
            daemon.kill()


def started(here: Stage, role: str) -> Process:
    process = here.start("cli.py", "daemon", "--role", role, name=role)
    process.wait_for_line("daemon.ready")
    return process


def write(here: Stage, name: str, **fields: Any) -> str:
    """Write a template's file; give its path."""
    text = f"The harbour master counts the boats of {name} at dawn and again at dusk."
    document = {"name": name, "account": "ostinato_demo", "type": "tweet", "dailyCount": 1, "repeatAfter": 0, **fields}
    file = here.folder / f"{name}.json"
    file.write_text(json.dumps({"text": text, "callbackUrl": here.receiver_url, **document}))
    return str(file)


def ended(here: Stage, name: str) -> bool:
    return settled(here, name) is not None


def posts(here: Stage, name: str) -> int:
    return len(here.tweets(f"boats of {name} at"))


AT_NINE = {"schedule": {"times": ["09:00"]}, "dailyCount": None}  # not due: somebody asks for its runs


@pytest.mark.timeout(180)
def test_two_releases_in_a_row_work_side_by_side_and_the_older_one_leaves_what_it_may_not_know(
    tmp_path: Path, database: str, next_version: Path
) -> None:
    with stage(tmp_path, api="durable", database=database) as here:
        here.run("db", "upgrade")
        old = [started(here, role) for role in ("scheduler", "worker")]
        here.run("template", "add", write(here, "older", **AT_NINE))

        of_next(here, next_version, "db", "upgrade")
        of_next(here, next_version, "template", "add", write(here, "newer", **AT_NINE))
        of_next(here, next_version, "template", "run", "newer")
        of_next(here, next_version, "template", "run", "older")
        wait_for(partial(ended, here, "older"), "a post by the older version on the newer schema")
        assert posts(here, "newer") == 0  # its run was due first
        old.append(started(here, "worker"))  # one that a machine brings back comes back
        assert here.run("status")["daemon"] == "running"
        with worker_of_next(here, next_version) as log:
            wait_for(partial(ended, here, "newer"), "a post of the newer template")
            assert "publication.sent" in log.read_text()
        assert (posts(here, "older"), posts(here, "newer")) == (1, 1)
        assert sum(each.printed.count("publication.sent") for each in old) == 1
        assert [each.stop() for each in old] == [0] * 3


@pytest.mark.timeout(180)
def test_a_release_that_may_not_run_beside_the_one_before_ends_that_ones_work_with_a_word_of_what_to_do(
    tmp_path: Path, database: str, next_version: Path
) -> None:
    alone = tmp_path / "alone"
    shutil.copytree(next_version, alone)
    replace(alone, f'OLDEST = "{schema.OLDEST}"', f'OLDEST = "{NEXT}"')
    with stage(tmp_path, api="durable", database=database) as here:
        here.run("db", "upgrade")
        old = [started(here, role) for role in ("scheduler", "worker")]
        here.run("template", "add", write(here, "older", **AT_NINE))

        of_next(here, alone, "db", "upgrade")
        of_next(here, alone, "template", "run", "older")
        for each in old:
            assert "install Ostinato" in each.wait_for_line(r'.*"daemon.outdated".*').group()
        late = here.start("cli.py", "daemon", "--role", "worker", name="late")
        assert late.wait_for_end() == 7
        assert "install Ostinato" in late.printed
        assert posts(here, "older") == 0
        with worker_of_next(here, alone):
            wait_for(partial(ended, here, "older"), "a post by the newer version")
        assert posts(here, "older") == 1
        assert [each.stop() for each in old] == [0] * 2
        assert not any("publication.sent" in each.printed for each in old)
