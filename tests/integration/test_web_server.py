"""Where the door listens, who may reach it, and what keeps it from commands that have the database to themselves."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator

import httpx
import pytest
from starlette.types import Message

from commands.daemon_lock import daemon_lock, is_running, roles, serving_lock
from domain.errors import Conflict, SettingsError
from domain.owner import LOCAL_OWNER
from domain.token import Scope
from scheduler.ids import new_id
from scheduler.operations import tokens
from storage.database import Database
from tests.integration.web_door import NOW, WebDoor, served, web_door
from web.server import HEAD_LIMIT, HERE, bind, check_host, is_loopback


@pytest.fixture
def door(database: Database) -> Iterator[WebDoor]:
    with web_door(database) as opened:
        yield opened


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("localhost", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.5", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
    ],
)
def test_only_this_machine_reaches_loopback(host: str, here: bool) -> None:
    assert is_loopback(host) is here


def test_another_address_is_refused_while_no_token_opens_anything(database: Database) -> None:
    check_host(database, HERE, NOW)
    with pytest.raises(SettingsError, match="ostinato token create"):
        check_host(database, "0.0.0.0", NOW)
    made = tokens.create(database, "t", [Scope.READ], now=NOW, new_id=new_id, owner=LOCAL_OWNER)
    check_host(database, "0.0.0.0", NOW)
    tokens.revoke(database, made.token.id, now=NOW)
    with pytest.raises(SettingsError, match="OSTINATO_HTTP_HOST"):
        check_host(database, "0.0.0.0", NOW)


def test_a_port_that_is_taken_and_an_address_of_another_machine_are_named() -> None:
    with bind(HERE, 0) as taken, pytest.raises(SettingsError, match=r"OSTINATO_HTTP_PORT: 127\.0\.0\.1:"):
        bind(HERE, taken.getsockname()[1])
    with pytest.raises(SettingsError, match=r"203\.0\.113\.1"):
        bind("203.0.113.1", 0)


def test_it_answers_on_a_port_and_outlives_what_is_no_http(door: WebDoor) -> None:
    with served(door.app) as url:
        port = int(url.rpartition(":")[2])
        for said in (
            b"nonsense\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 2 * HEAD_LIMIT + b"\r\n\r\n",
            b"POST /api/v1/templates HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        ):
            with socket.create_connection((HERE, port), 5) as connection:
                connection.sendall(said)
                assert connection.recv(100).startswith(b"HTTP/1.1 4")
        with socket.create_connection((HERE, port), 5) as half:
            half.sendall(b"POST /api/v1/templates HTTP/1.1\r\nHost: x\r\n")
            headers = {"Authorization": f"Bearer {door.token()}"}
            answer = httpx.get(f"{url}/api/v1/templates", headers=headers, trust_env=False)
            assert httpx.head(f"{url}/healthz", trust_env=False).content == b""

    assert answer.json() == {"templates": [], "next": None}
    assert "server" not in answer.headers


def test_who_has_the_database_to_itself_and_who_serves_keep_each_other_out(database: Database) -> None:
    with serving_lock(database), serving_lock(database), daemon_lock(database, shared=True):
        assert roles(database) == ["all"]
    with serving_lock(database):
        assert not is_running(database)
        with pytest.raises(Conflict), daemon_lock(database):
            pass
    with daemon_lock(database), pytest.raises(Conflict), serving_lock(database):
        pass


def test_health_says_so_when_nothing_can_be_written(door: WebDoor) -> None:
    assert door.get("/healthz", token=None)["status"] == "green"

    door.parts.writer.stop()

    told = door.refused(503, "GET", "/healthz", token=None)
    assert [each["check"] for each in told["checks"] if not each["ok"]] == ["writer"]
    assert door.refused(404, "GET", "/metrics")["code"] == "not_found"


def test_who_is_cut_off_by_the_end_of_the_server_is_told_that_the_outcome_is_not_known(database: Database) -> None:
    sent: list[Message] = []

    async def scenario() -> None:
        begun = asyncio.Event()

        async def receive() -> Message:
            begun.set()
            body: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
            return await body  # it never comes

        async def send(message: Message) -> None:
            sent.append(message)

        with web_door(database) as door:
            token = await asyncio.to_thread(door.token)
            given = {"authorization": f"Bearer {token}", "content-type": "application/json"}
            scope = {
                "type": "http",
                "method": "POST",
                "path": "/x/post",
                "query_string": b"",
                "headers": [(name.encode(), value.encode()) for name, value in given.items()],
            }
            call = asyncio.ensure_future(door.app(scope, receive, send))
            await begun.wait()
            call.cancel()
            await call

    asyncio.run(scenario())

    start, body = sent
    assert start["status"] == 503
    assert {b"retry-after": b"5", b"connection": b"close"}.items() <= dict(start["headers"]).items()
    told = json.loads(body["body"])
    assert (told["success"], told["code"]) == (False, "busy")
    assert told["error"].startswith("the server ends, and whether this was done is not known")
