"""A fleet on PostgreSQL with two processes that serve the API: whichever is asked, the fleet does it once."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.acceptance.stage import Stage, stage, wait_for
from tests.acceptance.test_fleet import started
from tests.acceptance.test_http import listening
from tests.acceptance.test_monitoring import free_port
from tests.postgresql_server import address, create_database, drop_database

_numbers = itertools.count()


@pytest.fixture
def database(postgresql: str) -> Iterator[str]:
    name = f"fleet_api_{os.getpid()}_{next(_numbers)}"
    create_database(postgresql, name)
    yield address(postgresql, name)
    drop_database(postgresql, name)


def door(here: Stage, token: str) -> httpx.Client:
    """Start a process that serves the API alone; give a client of it."""
    port = str(free_port())
    settings = {"OSTINATO_HTTP_PORT": port, "OSTINATO_POSTS_APART": "0s"}
    here.start("cli.py", "daemon", "--role", "api", environment=settings, name="api")
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False, timeout=30)


def test_what_either_of_two_is_asked_for_the_fleet_posts_once(tmp_path: Path, database: str) -> None:
    asked = {"type": "tweet", "text": "The boats of the fleet are counted at dawn.", "account": "ostinato_demo"}
    with stage(tmp_path, database=database) as here:
        token = here.run("token", "create", "a test", "--scope", "admin")["token"]
        for role in ("scheduler", "worker"):
            started(here, role).wait_for_line("daemon.ready")
        with door(here, token) as one, door(here, token) as other:
            for each in (one, other):
                wait_for(partial(listening, each), "the API")
            answers = [
                each.post("/x/post", json=asked, headers={"Idempotency-Key": "once"}).json() for each in (one, other)
            ]
            assert answers[0] == answers[1]
            page = {"types": "run.succeeded", "wait": "30"}
            told = [each.get("/api/v1/events", params=page).json()["events"] for each in (one, other)]
            assert [[event["run_id"] for event in events] for events in told] == [[answers[0]["request_id"]]] * 2
            (post,) = other.get("/x/posts", params={"requestId": answers[0]["request_id"]}).json()["posts"]
            assert post["status"] == "published"
        assert len(here.tweets("boats of the fleet")) == 1
