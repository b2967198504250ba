"""What happens, sent as it happens: over a real port, while others write."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import sqlalchemy

from domain.event import EventType, NewEvent
from domain.owner import LOCAL_OWNER
from domain.token import Scope
from scheduler.ids import new_id
from scheduler.operations import tokens
from storage import events
from storage.database import Database, open_database
from tests.integration.storage_values import with_templates
from tests.integration.test_web_events import bearer, of_another_owner, record
from tests.integration.web_door import NOW, WebDoor, served, web_door
from web.own import event_stream
from web.table import OPERATIONS

STREAM = "/api/v1/events/stream"
HASTY = [
    replace(each, endpoint=partial(event_stream.stream, beat=0.2, patience=0.3)) if each.id == "streamEvents" else each
    for each in OPERATIONS
]
WRITERS, COMMITS = 4, 500
PATIENCE = 10.0  # seconds


@dataclass
class Heard:
    """One message of a stream: its lines by their names, with the comment as the empty name."""

    fields: dict[str, str]

    @property
    def event_id(self) -> str:
        found: str = json.loads(self.fields["data"])["id"]
        return found


class Listening:
    """A client of the stream."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.iter_lines()

    def next(self) -> Heard:
        """Give the next message. Raises StopIteration at the end of the stream."""
        fields: dict[str, str] = {}
        while line := next(self._lines):
            name, _, value = line.partition(": ")
            assert name not in fields
            fields[name] = value
        return Heard(fields)

    def event(self) -> Heard:
        """Give the next message with an event."""
        deadline = time.monotonic() + PATIENCE
        while "data" not in (found := self.next()).fields:
            assert time.monotonic() < deadline
        return found

    def ends(self) -> bool:
        """Read to the end of the stream."""
        return all(True for _ in self._lines)


@contextmanager
def listening(door: WebDoor, url: str, query: str = "", token: str = "", **headers: str) -> Iterator[Listening]:
    given = {"Authorization": f"Bearer {token or door.token()}", **headers}
    with httpx.stream("GET", url + STREAM + query, headers=given, timeout=10, trust_env=False) as response:
        assert response.status_code == 200, response.read()
        yield Listening(response)


@pytest.fixture
def door(database: Database) -> Iterator[WebDoor]:
    with_templates(database, "t1", "t2")
    with web_door(database, operations=HASTY) as opened:
        yield opened


@pytest.fixture
def url(door: WebDoor) -> Iterator[str]:
    with served(door.app, door.parts.tail.close) as found:
        yield found


def until(what: Callable[[], bool], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_stream_begins_now_and_tells_each_event_in_one_line(door: WebDoor, url: str) -> None:
    record(door.database, EventType.RUN_SUCCEEDED)
    of_another_owner(door.database)
    with listening(door, url) as stream:
        assert stream.response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert stream.response.headers["cache-control"] == "no-store"
        assert stream.next().fields["retry"] == "3000"
        (told,) = record(door.database, EventType.RUN_FAILED, note="one\nline \u2028 or\r two")
        heard = stream.event()

    assert heard.event_id == told
    assert heard.fields["event"] == "run.failed"
    assert json.loads(heard.fields["data"]) == door.get("/api/v1/events")["events"][-1]


def test_a_client_that_comes_back_goes_on_where_it_was(door: WebDoor, url: str) -> None:
    with listening(door, url) as stream:
        at_first = stream.next().fields["id"]
    one, two, three = record(door.database, *[EventType.RUN_SUCCEEDED] * 3)

    with listening(door, url, **{"Last-Event-ID": at_first}) as stream:
        heard = stream.event()
    with listening(door, url, "?after=now", **{"Last-Event-ID": heard.fields["id"]}) as stream:
        assert stream.event().event_id == two
    with listening(door, url, f"?after={two}") as stream:
        assert stream.event().event_id == three
    assert heard.event_id == one
    refused = httpx.get(url + STREAM, headers={**bearer(door), "Last-Event-ID": "x"}, trust_env=False)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "Last-Event-ID")


def test_a_silent_stream_sends_a_comment_with_the_cursor(door: WebDoor, url: str) -> None:
    with listening(door, url, "?types=run.failed") as stream:
        began = stream.next().fields["id"]
        silent = stream.next().fields
        assert silent == {"": "nothing happened", "id": began}
        record(door.database, EventType.RUN_SUCCEEDED)
        until(lambda: stream.next().fields["id"] != began)


def test_only_what_was_asked_for_is_told(door: WebDoor, url: str) -> None:
    of_another_owner(door.database)
    with (
        listening(door, url, "?types=run.failed&template=t2&after=" + begin(door)) as stream,
        listening(door, url, "?after=" + begin(door), token=door.token(owner="somebody-else")) as theirs,
    ):
        record(door.database, EventType.RUN_FAILED)
        record(door.database, EventType.RUN_SUCCEEDED, template_id="t2")
        (wanted,) = record(door.database, EventType.RUN_FAILED, template_id="t2")
        assert stream.event().event_id == wanted
        assert [theirs.next().fields.get("data") for _ in range(8)] == [None] * 8


def begin(door: WebDoor) -> str:
    return str(door.get("/api/v1/events?after=now")["next"])


def test_a_token_that_is_revoked_ends_its_stream_and_no_other(door: WebDoor, url: str) -> None:
    made = tokens.create(door.database, "t", [Scope.READ], now=NOW, new_id=new_id, owner=LOCAL_OWNER)
    with listening(door, url) as other, listening(door, url, token=made.secret) as stream:
        stream.next()
        began = time.monotonic()
        tokens.revoke(door.database, made.token.id, now=NOW)
        assert stream.ends()
        assert time.monotonic() - began < 6
        (told,) = record(door.database, EventType.RUN_FAILED)
        assert other.event().event_id == told


def test_the_end_of_the_server_ends_the_stream_at_once(door: WebDoor) -> None:
    serving = served(door.app, door.parts.tail.close)
    url = serving.__enter__()
    with ThreadPoolExecutor(1) as pool, listening(door, url) as stream:
        ended = pool.submit(stream.ends)
        until(lambda: door.parts.tail.waiting == 1)
        began = time.monotonic()
        serving.__exit__(None, None, None)
        assert ended.result(PATIENCE)
        assert time.monotonic() - began < 4


def test_an_owner_has_no_more_streams_than_there_may_be(door: WebDoor, url: str) -> None:
    door.parts.tail.streams["local"] = event_stream.MOST - 1
    with listening(door, url):
        refused = httpx.get(url + STREAM, headers=bearer(door), trust_env=False)
        with listening(door, url, token=door.token(owner="somebody-else")):
            pass
    until(lambda: door.parts.tail.streams["local"] == event_stream.MOST - 1)

    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert "20 streams of events are open" in refused.json()["detail"]
    assert refused.headers["retry-after"]
    with listening(door, url) as stream:
        stream.next()


def test_many_streams_that_are_asked_for_at_once_are_counted_too(door: WebDoor, url: str) -> None:
    async def asked(client: httpx.AsyncClient, ready: asyncio.Event, seen: list[int]) -> None:
        async with client.stream("GET", url + STREAM) as response:
            seen.append(response.status_code)
            if len(seen) == 2 * event_stream.MOST:
                ready.set()
            await ready.wait()

    async def all_asked() -> list[int]:
        seen: list[int] = []
        ready = asyncio.Event()
        async with httpx.AsyncClient(headers=bearer(door), trust_env=False) as client, asyncio.timeout(PATIENCE):
            await asyncio.gather(*(asked(client, ready, seen) for _ in range(2 * event_stream.MOST)))
        return seen

    assert sorted(asyncio.run(all_asked())) == [200] * event_stream.MOST + [429] * event_stream.MOST


def test_asking_for_the_head_alone_ends(door: WebDoor, url: str) -> None:
    answer = httpx.head(url + STREAM, headers=bearer(door), trust_env=False)

    assert (answer.status_code, answer.content) == (200, b"")
    until(lambda: door.parts.tail.streams["local"] == 0)


def test_a_client_that_does_not_read_is_dropped(door: WebDoor, url: str) -> None:
    where = urlsplit(url)
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect((where.hostname, where.port))
        head = f"GET {STREAM} HTTP/1.1\r\nHost: door\r\nAuthorization: Bearer {door.token()}\r\n\r\n"
        client.sendall(head.encode())
        until(lambda: door.parts.tail.streams["local"] == 1)
        for _ in range(30):
            record(door.database, *[EventType.RUN_SUCCEEDED] * 20, note="x" * 10_000)
        until(lambda: door.parts.tail.streams["local"] == 0)


def committed(database_url: str, number: int) -> list[str]:
    """Record events one by one, beside others who do; give their ids."""
    database = open_database(database_url)
    beside = database.write_beside if database.dialect == "postgresql" else database.write
    made = []
    if database.dialect == "sqlite":  # what is tested is no power cut
        sqlalchemy.event.listen(database.engine, "connect", lambda c, _: c.execute("PRAGMA synchronous = OFF"))
    for at in range(COMMITS // WRITERS):
        new = NewEvent(new_id(), EventType.RUN_SUCCEEDED, NOW, {"n": at}, f"w{number}")
        with beside() as c:
            events.record(c, [new])
        made.append(new.id)
    database.close()
    return made


def test_nothing_is_lost_and_nothing_comes_twice_while_others_write(door: WebDoor, url: str, database_url: str) -> None:
    with_templates(door.database, *(f"w{number}" for number in range(WRITERS)))
    begun = begin(door)

    def waited() -> list[str]:
        found: list[str] = []
        after = begun
        with httpx.Client(base_url=url, headers=bearer(door), timeout=20, trust_env=False) as client:
            while len(found) < COMMITS:
                page: Any = client.get("/api/v1/events", params={"after": after, "wait": "10", "limit": "7"}).json()
                assert page["events"], len(found)
                found += [each["id"] for each in page["events"]]
                after = page["next"]
            rest = client.get("/api/v1/events", params={"after": after, "wait": "1"}).json()
        return found + [each["id"] for each in rest["events"]]

    def streamed() -> list[str]:
        found: list[str] = []
        cursor = begun
        while len(found) < COMMITS:  # the client comes back again and again
            with listening(door, url, **{"Last-Event-ID": cursor}) as stream:
                while len(found) < COMMITS:
                    heard = stream.event()
                    found.append(heard.event_id)
                    cursor = heard.fields["id"]
                    if len(found) % 60 == 0:
                        break
        return found

    with ThreadPoolExecutor(WRITERS + 2) as pool:
        readers = [pool.submit(waited), pool.submit(streamed)]
        written = [pool.submit(committed, database_url, number) for number in range(WRITERS)]
        made = [each.result(60) for each in written]
        polled, streamed_ids = [each.result(60) for each in readers]

    assert polled == streamed_ids
    assert sorted(polled) == sorted(one for each in made for one in each)
    assert all([each for each in polled if each in set(mine)] == mine for mine in made)
