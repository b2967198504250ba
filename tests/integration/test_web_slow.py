"""Clients that are slow, too many, or speak something else than HTTP, over real sockets, and a door that goes on."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import httpx
import pytest

from storage.database import open_database
from tests.integration.web_door import WebDoor, web_door
from web import server
from web.protocol import Patience

LIMITS = Patience(connections=6, head=0.4, body=0.8, answer=0.5)
HEAD = b"POST /api/v1/templates HTTP/1.1\r\nHost: x\r\n"
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(scope="module")
def door(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebDoor]:
    path = tmp_path_factory.mktemp("slow") / "ostinato.db"
    shutil.copy(migrated_sqlite, path)
    database = open_database(f"sqlite:///{path}")
    with web_door(database) as opened:
        yield opened
    database.close()


@pytest.fixture(scope="module")
def port(door: WebDoor) -> Iterator[int]:
    with serving(door) as number:
        yield number


@contextmanager
def serving(door: WebDoor, limits: Patience = LIMITS) -> Iterator[int]:
    ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, int]] = Future()

    async def serve() -> None:
        stop = asyncio.Event()
        async with server.serving(door.app, server.bind(server.HERE, 0), limits) as number:
            ready.set_result((asyncio.get_running_loop(), stop, number))
            await stop.wait()

    thread = Thread(target=asyncio.run, args=(serve(),), name="door")
    thread.start()
    loop, stop, number = ready.result(10)
    try:
        yield number
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)


def opened(port: int) -> socket.socket:
    return socket.create_connection((server.HERE, port), 10)


def all_of(connection: socket.socket) -> bytes:
    """Read until the other side closes."""
    found = b""
    try:
        while piece := connection.recv(65_536):
            found += piece
    except ConnectionResetError:
        pass
    return found


def trickle(connection: socket.socket, piece: bytes, every: float, until: float) -> float:
    """Send *piece* again and again until the other side says something; give the seconds that took."""
    began = time.monotonic()
    connection.settimeout(every)
    while time.monotonic() - began < until:
        try:
            connection.sendall(piece)
            connection.recv(1, socket.MSG_PEEK)
            break
        except TimeoutError:
            continue
        except OSError:
            break
    connection.settimeout(10)
    return time.monotonic() - began


def alive(port: int) -> bool:
    return httpx.get(f"http://{server.HERE}:{port}/healthz", trust_env=False, timeout=10).status_code == 200


def bearer(door: WebDoor) -> bytes:
    return b"Authorization: Bearer %s\r\nContent-Type: application/json\r\n" % door.token().encode()


def problem(said: bytes) -> tuple[int, str]:
    head, _, body = said.partition(b"\r\n\r\n")
    found = json.loads(body)
    assert int(head.split()[1]) == found["status"]
    assert b"application/problem+json" in head
    return found["status"], found["code"]


@pytest.mark.parametrize("first", [b"", b"GET /healthz HTTP/1.1\r\n", HEAD], ids=["nothing", "a line", "headers"])
def test_headers_that_trickle_in_are_ended(port: int, first: bytes) -> None:
    with opened(port) as connection:
        connection.sendall(first)
        took = trickle(connection, b"X-A: b\r\n" if first else b"", 0.05, 8)

        assert problem(all_of(connection)) == (408, "request_timeout")
    assert LIMITS.head * 0.9 < took < 7
    assert alive(port)


@pytest.mark.parametrize("length", [b"Content-Length: 5000\r\n\r\n{", b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"])
def test_a_body_that_trickles_in_is_ended(port: int, door: WebDoor, length: bytes) -> None:
    piece = b" " if b"Length" in length else b"1\r\n \r\n"
    with opened(port) as connection:
        connection.sendall(HEAD + bearer(door) + length)
        took = trickle(connection, piece, 0.05, 8)

        assert problem(all_of(connection)) == (408, "request_timeout")
    assert LIMITS.body * 0.9 < took < 7
    assert alive(port)


def test_who_is_refused_keeps_no_connection_by_a_body_that_trickles_on(port: int) -> None:
    with opened(port) as connection:
        connection.sendall(HEAD + b"Content-Length: 900000\r\n\r\n{")
        assert connection.recv(12) == b"HTTP/1.1 401"
        connection.settimeout(0.05)
        began = time.monotonic()
        while time.monotonic() - began < 8:
            try:
                connection.sendall(b" ")
                if not connection.recv(65_536):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
    assert time.monotonic() - began < 7
    assert alive(port)


def test_a_second_request_that_trickles_in_is_ended_too(port: int) -> None:
    with opened(port) as connection:
        connection.sendall(HEALTH + b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: ")
        said = all_of(connection)

    assert said.count(b"HTTP/1.1 200") == 1
    assert said.count(b"HTTP/1.1 408") == 1


def test_who_sends_all_in_time_is_served_for_as_long_as_that_goes_on(door: WebDoor) -> None:
    limits = Patience(head=1, body=1)
    with serving(door, limits) as port, opened(port) as connection:
        began, answers = time.monotonic(), 0
        while time.monotonic() - began < 2 * limits.head:
            connection.sendall(HEALTH[:20])
            connection.sendall(HEALTH[20:])
            said = b""
            while not said.endswith(b"}]}"):
                said += connection.recv(65_536)
            assert said.startswith(b"HTTP/1.1 200")
            answers += 1

    assert answers > 2


def test_there_are_no_more_connections_than_there_may_be(door: WebDoor) -> None:
    with serving(door) as port:
        held = [opened(port) for _ in range(LIMITS.connections)]
        with opened(port) as further:
            said = all_of(further)
        assert problem(said) == (503, "busy")
        assert b"Retry-After: 1\r\n" in said
        # Those that say nothing are gone before long, and the door is open again.
        assert {problem(all_of(each)) for each in held} == {(408, "request_timeout")}
        for each in held:
            each.close()
        assert alive(port)


def test_an_answer_that_nobody_takes_is_given_up(port: int) -> None:
    with opened(port) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 60)
        deadline = time.monotonic() + 8
        while time.monotonic() < deadline:
            try:
                connection.sendall(b"G")
            except OSError:
                break
            time.sleep(0.05)  # until the other side has gone
        assert time.monotonic() < deadline
    assert alive(port)


TWICE = HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HEALTH
REFUSED = {
    "a head without end": (b"GET / HTTP/1.1\r\nX: " + b"a" * 2 * server.HEAD_LIMIT, b"431"),
    "many headers": (b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * server.HEAD_LIMIT, b"431"),
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"400"),
    "two lengths": (HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n", b"400"),
    "a negative length": (HEAD + b"Content-Length: -1\r\n\r\n", b"400"),
    "a length that is none": (HEAD + b"Content-Length: 5, 6\r\n\r\n", b"400"),
    "another encoding": (HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n", b"400"),
    "a length and an encoding": (TWICE, b"400"),
    "no host": (b"GET /healthz HTTP/1.1\r\n\r\n", b"400"),
    "a break in a header": (b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\rSet-Cookie: b\r\n\r\n", b"400"),
    "a blank before a colon": (b"GET /healthz HTTP/1.1\r\nHost: x\r\nX : a\r\n\r\n", b"400"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_plain_request_is_refused_and_the_connection_closed(port: int, case: str) -> None:
    said, status = REFUSED[case]
    with opened(port) as connection:
        connection.sendall(said)
        found = all_of(connection)

    assert found.startswith(b"HTTP/1.1 " + status), found[:200]
    assert found.count(b"HTTP/1.1 ") == 1  # what was smuggled behind it was not asked
    assert alive(port)


@pytest.mark.parametrize(
    "chunks",
    [b"zz\r\n{}\r\n0\r\n\r\n", b"FFFFFFFFFFFFFFFFFFFFF\r\n{}", b"2\r\n{}garbage\r\n0\r\n\r\n", b"-2\r\n{}\r\n"],
)
def test_chunks_that_lie_about_themselves_are_refused(port: int, door: WebDoor, chunks: bytes) -> None:
    with opened(port) as connection:
        connection.sendall(HEAD + bearer(door) + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
        found = all_of(connection)

    assert found.startswith(b"HTTP/1.1 400"), found[:200]
    assert found.count(b"HTTP/1.1 ") == 1
    assert alive(port)


def test_garbage_behind_a_request_is_refused_after_its_answer(port: int) -> None:
    with opened(port) as connection:
        connection.sendall(HEALTH + HEALTH + b"\x00\x01garbage\r\n\r\n" + HEALTH)
        found = all_of(connection)

    assert found.count(b"HTTP/1.1 200") == 2
    assert found.count(b"HTTP/1.1 400") == 1
    assert found.count(b"HTTP/1.1 ") == 3
