"""A daemon on one port: what is asked for over HTTP is posted, and seen there."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import httpx

from tests.acceptance.stage import Stage, stage, wait_for
from tests.acceptance.test_monitoring import free_port

TEXT = "The harbour master weighed the fog this morning and found it lighter than the day before."


def door(here: Stage, port: int) -> httpx.Client:
    token = here.run("token", "create", "a test", "--scope", "admin")["token"]
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False, timeout=20)


def listening(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").status_code == 200
    except httpx.ConnectError:
        return False


def test_a_template_that_is_made_over_http_is_posted_by_the_daemon_that_was_asked(tmp_path: Path) -> None:
    port = free_port()
    with stage(tmp_path) as here:
        daemon = here.daemon(OSTINATO_HTTP_PORT=str(port))
        daemon.wait_for_line("daemon.ready")
        with door(here, port) as client:
            wait_for(partial(listening, client), "a green daemon")
            document: dict[str, Any] = {"name": "asked", "account": "ostinato_demo", "type": "tweet", "text": TEXT}
            made = client.post("/api/v1/templates", json={**document, "daily_count": 1})
            assert made.status_code == 201, made.text
            wait_for(lambda: here.tweets(TEXT[:20]), "a tweet")
            wait_for(lambda: client.get(made.headers["location"]).json()["last_run_at"], "the run's end")
            assert "ostinato_runs_total" in client.get("/metrics").text
            assert client.get("/metrics", headers={"Authorization": ""}).status_code == 401
        assert daemon.stop() == 0


def test_the_api_alone_serves_beside_a_daemon_and_stops_when_it_is_told(tmp_path: Path) -> None:
    port = free_port()
    with stage(tmp_path) as here:
        here.daemon().wait_for_line("daemon.ready")
        serving = here.start("cli.py", "serve", "--port", str(port), name="serve")
        serving.wait_for_line("http.listening")
        with door(here, port) as client:
            document = {"name": "beside", "account": "ostinato_demo", "type": "tweet", "text": TEXT, "daily_count": 1}
            assert client.post("/api/v1/templates", json=document).status_code == 201
            wait_for(lambda: here.tweets(TEXT[:20]), "a tweet")
            assert client.get("/metrics").status_code == 404
            assert client.get("/api/v1/status").json()["daemons"] == {"all": 1}
            refused = here.run("secrets", "rotate", exit_code=5)
            assert refused is None
            began = client.get("/api/v1/events", params={"limit": 1}).json()["next"]
            with client.stream("GET", "/api/v1/events/stream", params={"after": began}) as stream:
                lines = stream.iter_lines()
                assert "event: run.succeeded" in lines  # the daemon's, though another process tells it
                assert serving.stop() == 0
                assert all(True for _ in lines)  # it ends, and is not cut off
