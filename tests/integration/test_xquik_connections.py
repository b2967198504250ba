from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from tests.integration.sources_server import patient_server
from xquik.connections import Connections

LARGE = 3_000_000  # bytes: more than the sockets on both sides hold


class Counting:
    """A server that says `hello`, and counts its connections and what it was sent; `/wait` is answered when told."""

    def __init__(self, *, hangs_up: bool = False) -> None:
        self.connections = 0
        self.received = 0
        self.closed = 0
        self.asked = asyncio.Event()
        self.go_on = asyncio.Event()
        self.url = ""
        self._hangs_up = hangs_up
        self._serving: set[asyncio.Task[Any] | None] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving.add(asyncio.current_task())
        self.connections += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                lengths = [line.partition(":")[2] for line in head.lower().split("\r\n") if "content-length" in line]
                self.received += len(await reader.readexactly(int(lengths[0]))) if lengths else 0
                self.asked.set()
                path = head.split()[1]
                if path == "/wait":
                    await self.go_on.wait()
                body = b"x" * LARGE if path == "/large" else b"hello"
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
                await writer.drain()
                if self._hangs_up:
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return  # the client has closed the connection
        finally:
            self.closed += 1
            writer.close()

    @asynccontextmanager
    async def running(self) -> Any:
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            self.go_on.set()
            await asyncio.gather(*filter(None, self._serving))


def play(deed: Callable[[Counting, httpx.AsyncClient], Awaitable[Any]], *, hangs_up: bool = False, **given: Any) -> Any:
    async def scenario() -> Any:
        async with (
            Counting(hangs_up=hangs_up).running() as server,
            httpx.AsyncClient(transport=Connections(**given), timeout=5) as client,
        ):
            return await deed(server, client)

    return asyncio.run(scenario())


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0)


def test_a_connection_is_used_for_the_next_request_to_the_same_server() -> None:
    async def deed(server: Counting, client: httpx.AsyncClient) -> int:
        for _ in range(3):
            assert (await client.get(server.url)).text == "hello"
        return server.connections

    assert play(deed) == 1


def test_another_server_is_given_a_connection_of_its_own() -> None:
    async def deed(server: Counting, client: httpx.AsyncClient) -> tuple[int, int]:
        async with Counting().running() as other:
            await client.get(server.url)
            await client.get(other.url)
            await client.get(server.url)
            await client.get(other.url)
            found = server.connections, other.connections
            await client.aclose()
            return found

    assert play(deed) == (1, 1)


def test_a_connection_that_has_been_idle_for_too_long_is_closed_and_not_used() -> None:
    async def deed(server: Counting, client: httpx.AsyncClient) -> int:
        await client.get(server.url)
        await client.get(server.url)
        await until(lambda: server.closed >= 1)
        return server.connections

    assert play(deed, kept_seconds=0) == 2


def test_a_connection_that_the_server_has_closed_is_not_used() -> None:
    async def deed(server: Counting, client: httpx.AsyncClient) -> int:
        transport = client._transport
        assert isinstance(transport, Connections)
        await client.get(server.url)
        await until(lambda: all(exchange.expired for _, exchange in transport._idle))
        assert (await client.get(server.url)).text == "hello"
        return server.connections

    assert play(deed, hangs_up=True) == 2


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_only_a_read_is_sent_again_when_the_server_hangs_up_as_it_comes(method: str) -> None:
    requests: list[str] = []
    serving: list[asyncio.Task[Any] | None] = []

    async def answers_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.append(asyncio.current_task())
        for answered in (True, False):
            try:
                requests.append((await reader.readuntil(b"\r\n\r\n")).decode().split()[0])
            except asyncio.IncompleteReadError:
                break
            if answered:
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                await writer.drain()
        writer.close()

    async def scenario() -> None:
        server = await asyncio.start_server(answers_once, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        async with httpx.AsyncClient(transport=Connections()) as client:
            await client.get(url)
            if method == "GET":
                assert (await client.get(url)).status_code == 200
            else:
                with pytest.raises(httpx.RemoteProtocolError, match="hung up"):
                    await client.post(url, content=b"")
        server.close()
        await asyncio.gather(*filter(None, serving))

    asyncio.run(scenario())
    assert requests == (["GET", "GET", "GET"] if method == "GET" else ["GET", "POST"])


def test_an_answer_may_come_after_others_that_only_inform() -> None:
    async def scenario() -> httpx.Response:
        informs = b"HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
        async with patient_server(informs) as (url, _), httpx.AsyncClient(transport=Connections()) as client:
            return await client.get(url)

    assert asyncio.run(scenario()).text == "ok"


def test_what_a_server_says_unasked_is_no_answer_to_the_next_request() -> None:
    async def scenario() -> list[int]:
        twice = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nbad"
        async with patient_server(twice) as (url, requests), httpx.AsyncClient(transport=Connections()) as client:
            for _ in range(3):
                assert (await client.get(url)).text == "ok"
            return requests

    assert asyncio.run(scenario()) == [1, 1, 1]


def test_as_many_connections_as_allowed_are_made_and_no_more() -> None:
    async def deed(server: Counting, client: httpx.AsyncClient) -> int:
        server.go_on.set()
        answers = await asyncio.gather(*(client.get(f"{server.url}/wait") for _ in range(20)))
        assert all(answer.text == "hello" for answer in answers)
        return server.connections

    assert play(deed, most=3) == 3


def test_waiting_for_a_connection_in_vain_is_told_from_waiting_for_an_answer() -> None:
    async def deed(server: Counting, client: httpx.AsyncClient) -> None:
        first = asyncio.create_task(client.get(f"{server.url}/wait"))
        await server.asked.wait()
        with pytest.raises(httpx.PoolTimeout):
            await client.get(server.url, timeout=httpx.Timeout(5, pool=0.01))
        server.go_on.set()
        assert (await first).text == "hello"

    play(deed, most=1)


@pytest.mark.parametrize("waits_for", ["an answer", "a connection"])
def test_a_request_that_is_cancelled_leaves_its_place_to_the_next(waits_for: str) -> None:
    async def deed(server: Counting, client: httpx.AsyncClient) -> str:
        first = asyncio.create_task(client.get(f"{server.url}/wait"))
        await server.asked.wait()
        cancelled = first
        if waits_for == "a connection":
            cancelled = asyncio.create_task(client.get(server.url))
            await asyncio.sleep(0)
        cancelled.cancel()
        server.go_on.set()
        await asyncio.gather(first, cancelled, return_exceptions=True)
        assert cancelled.cancelled()
        return (await client.get(server.url)).text

    assert play(deed, most=1) == "hello"


def test_a_body_that_is_not_read_to_its_end_costs_its_connection_and_no_place() -> None:
    async def deed(server: Counting, client: httpx.AsyncClient) -> int:
        for _ in range(2):
            async with client.stream("GET", f"{server.url}/large") as answer:
                assert answer.status_code == 200
        await until(lambda: server.closed == 2)
        return server.connections

    assert play(deed, most=1) == 2


def test_what_is_larger_than_the_sockets_hold_arrives_whole_both_ways() -> None:
    async def deed(server: Counting, client: httpx.AsyncClient) -> None:
        async with client.stream("POST", f"{server.url}/large", content=b"y" * LARGE) as answer:
            await until(lambda: server.received == LARGE)
            for _ in range(1000):  # the server goes on until nobody takes any more
                await asyncio.sleep(0)
            assert len(await answer.aread()) == LARGE

    play(deed)


def test_a_server_that_takes_nothing_is_left_at_the_time_out() -> None:
    async def never_reads(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await left.wait()
        finally:
            writer.close()

    left = asyncio.Event()

    async def scenario() -> None:
        server = await asyncio.start_server(never_reads, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        async with httpx.AsyncClient(transport=Connections()) as client:
            with pytest.raises(httpx.WriteTimeout):
                await client.post(url, content=b"y" * 20_000_000, timeout=httpx.Timeout(5, write=0.1))
        left.set()
        server.close()
        await server.wait_closed()

    asyncio.run(scenario())
