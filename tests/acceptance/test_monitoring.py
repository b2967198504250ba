"""A real daemon is watched from outside: its health port, its metrics and what it tells the service manager."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Connection, update

from domain.event import Event, EventType
from storage import events, tables
from storage.database import open_database
from tests.acceptance.stage import Stage, stage, wait_for

TEXT = "The night porter counted the boats twice and wrote both numbers into the book, one above the other."


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def service_manager(folder: Path) -> Iterator[tuple[str, socket.socket]]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
        address = str(folder / "notify")
        door.bind(address)
        door.setblocking(False)
        yield address, door


def said(door: socket.socket) -> list[str]:
    """Give what has come since the last time."""
    words = []
    while True:
        try:
            words.append(door.recv(100).decode())
        except BlockingIOError:
            return words


def health(port: int) -> dict[str, Any] | None:
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)
    except httpx.ConnectError:
        return None
    found: dict[str, Any] = answer.json()
    assert answer.status_code == (200 if found["status"] == "green" else 503)
    return found


def green(port: int) -> bool:
    found = health(port)
    return found is not None and found["status"] == "green"


def red(port: int) -> list[str]:
    return [each["check"] for each in (health(port) or {"checks": []})["checks"] if not each["ok"]]


def samples(port: int) -> dict[tuple[str, str], float]:
    """Give each metric by its name and the values of its labels, in the order of their names."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).raise_for_status().text
    return {
        (sample.name, ",".join(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def summaries(here: Stage) -> list[Event]:
    database = open_database(here.database)
    try:
        with database.read() as connection:
            return events.list_events(connection, types=[EventType.DAY_SUMMARY])
    finally:
        database.close()


@contextmanager
def held_write_lock(here: Stage) -> Iterator[Connection]:
    """Hold SQLite's only write lock: the daemon can read, and its planner can write nothing."""
    database = open_database(here.database)
    connection = database.connect_writer()
    try:
        connection.begin()
        yield connection
    finally:
        connection.close()
        database.close()


def test_a_watched_daemon_is_green_counts_its_posts_turns_red_and_tells_the_service_manager(tmp_path: Path) -> None:
    port = free_port()
    with stage(tmp_path) as here, service_manager(tmp_path) as (address, door):
        here.add_template("watched", text=TEXT, callbackUrl=here.receiver_url)
        daemon = here.daemon(OSTINATO_HEALTH_PORT=str(port), NOTIFY_SOCKET=address, OSTINATO_DIGEST_AT="00:00")
        wait_for(partial(here.events_of, "watched"), "a callback")
        wait_for(lambda: ("ostinato_runs_total", ",posted") in samples(port), "the run's end")
        counted = samples(port)
        assert counted["ostinato_slots_planned_total", ""] == 1
        assert counted["ostinato_publications_total", "answer,confirmed"] == 1
        assert counted["ostinato_deliveries_total", "delivered"] >= 1
        assert counted["ostinato_lateness_seconds_count", ""] == 1
        assert green(port)
        words = said(door)
        assert words[0] in ("READY=1", "WATCHDOG=1")
        assert {"READY=1", "WATCHDOG=1"} == set(words)
        wait_for(lambda: "WATCHDOG=1" in said(door), "another tick")

        with held_write_lock(here) as connection:
            daemon.popen.send_signal(signal.SIGSTOP)
            overdue = datetime.now(UTC) - timedelta(minutes=5)
            connection.execute(update(tables.templates).values(next_slot_at=overdue))
            connection.commit()
            connection.begin()
            daemon.popen.send_signal(signal.SIGCONT)
            assert wait_for(partial(red, port), "red") == ["slots"]
            assert samples(port)["ostinato_check_ok", "slots"] == 0
        wait_for(partial(green, port), "green again")

        (only,) = wait_for(partial(summaries, here), "the summary")
        assert only.data["promised"] == only.data["delivered"] + sum(only.data["reasons"].values())
        assert daemon.stop() == 0
        assert said(door)[-1] == "STOPPING=1"


def test_a_ping_without_a_summary_does_not_start_and_says_what_to_set(tmp_path: Path) -> None:
    with stage(tmp_path) as here:
        daemon = here.daemon(OSTINATO_PING_URL="https://ping.example/1")

        assert daemon.wait_for_end() == 3
        assert "OSTINATO_DIGEST_AT" in daemon.printed
        assert "Traceback" not in daemon.printed


def test_what_stands_still_is_red_and_green_again_when_it_goes_on(tmp_path: Path) -> None:
    port = free_port()
    with stage(tmp_path, api="seed") as here:
        here.fault("drop_before", match={"method": "POST", "path": "/x/tweets"})
        here.add_template("lost", text=TEXT, callbackUrl=here.receiver_url)
        daemon = here.daemon(OSTINATO_HEALTH_PORT=str(port), OSTINATO_LOG_FORMAT="json")
        wait_for(lambda: EventType.POST_UNKNOWN in {each.type for each in here.recorded("lost")}, "an unknown outcome")
        wait_for(partial(here.events_of, "lost"), "its callback")
        (publication,) = here.publications("lost")
        wait_for(partial(green, port), "green")

        with held_write_lock(here) as connection:
            daemon.popen.send_signal(signal.SIGSTOP)
            assert not answers(port), "a frozen process does not answer"
            long_ago = datetime.now(UTC) - timedelta(hours=2)
            connection.execute(update(tables.publications).values(intended_at=long_ago, asks=99, next_ask_at=None))
            connection.execute(update(tables.runs).values(status="queued", due_at=long_ago, not_before=None))
            connection.execute(
                update(tables.deliveries).values(status="pending", next_attempt_at=long_ago, delivered_at=None)
            )
            connection.commit()
            connection.begin()
            daemon.popen.send_signal(signal.SIGCONT)
            assert wait_for(partial(red, port), "red") == ["runs", "deliveries", "publications"]
        wait_for(lambda: red(port) == ["publications"], "that all goes on but what a person decides")
        here.run("post", "settle", posts_of(here, publication.run_id), "--not-posted")
        wait_for(partial(green, port), "green again")
        lines = [json.loads(line) for line in daemon.printed.splitlines() if line.startswith("{")]
        about = [line for line in lines if line["event"].startswith(("run.", "publication."))]
        assert about
        assert {line["run"] for line in about} == {publication.run_id}
        assert {line["template_id"] for line in about} == {publication.template_id}


def answers(port: int) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False, timeout=0.5)
    except httpx.TimeoutException:
        return False
    return True


def posts_of(here: Stage, run_id: str) -> str:
    """Give the id of the only post of a run."""
    (post,) = here.run("post", "list")["posts"]
    assert post["run_id"] == run_id
    return str(post["id"])
