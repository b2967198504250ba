"""What happened, asked for page by page and waited for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy
from sqlalchemy import delete, insert

from domain.event import EventType
from domain.owner import LOCAL_OWNER
from domain.token import Scope
from scheduler.ids import new_id
from scheduler.operations import tokens
from storage import events, tables
from storage.database import Database
from tests.integration.storage_values import event, with_templates
from tests.integration.web_door import NOW, WebDoor, served, web_door
from web.own.events import MOST_WAITING

EVENTS = "/api/v1/events"
OTHER = "somebody-else"


@pytest.fixture
def door(database: Database) -> Iterator[WebDoor]:
    with_templates(database, "t1", "t2")
    with web_door(database) as opened:
        yield opened


def record(database: Database, *kinds: EventType, template_id: str | None = "t1", **data: Any) -> list[str]:
    new = [replace(event(kind, template_id, **data), id=new_id()) for kind in kinds]
    with database.write() as c:
        events.record(c, new)
    return [each.id for each in new]


def of_another_owner(database: Database, event_id: str = "theirs", *, unread: bool = False) -> None:
    row = {"id": event_id, "owner_id": OTHER, "type": "clock.stepped", "stream": "", "sequence": 1, "data": "{}"}
    with database.write() as c:
        c.execute(insert(tables.events).values(**row, created_at=NOW, unread=unread))


def ids(page: Any) -> list[str]:
    return [each["id"] for each in page["events"]]


def test_pages_hold_every_event_once_and_in_order(door: WebDoor) -> None:
    first = record(door.database, *[EventType.RUN_SUCCEEDED] * 5)
    page = door.get(f"{EVENTS}?limit=3")
    rest = door.get(f"{EVENTS}?limit=3&after={page['next']}")
    assert [*ids(page), *ids(rest)] == first

    nothing = door.get(f"{EVENTS}?after={rest['next']}")
    assert nothing == {"events": [], "next": rest["next"]}
    later = record(door.database, EventType.RUN_FAILED)
    assert ids(door.get(f"{EVENTS}?after={nothing['next']}")) == later


def test_a_cursor_goes_on_though_nothing_was_wanted_of_what_it_passed(door: WebDoor) -> None:
    record(door.database, *[EventType.RUN_SUCCEEDED] * 3)
    page = door.get(f"{EVENTS}?types=run.failed,post.unknown")
    (failed,) = record(door.database, EventType.RUN_FAILED)

    assert page["events"] == []
    assert ids(door.get(f"{EVENTS}?after={page['next']}")) == [failed]


def test_events_are_chosen_by_template_and_type(door: WebDoor) -> None:
    one, _, three = record(door.database, EventType.RUN_FAILED, EventType.RUN_SUCCEEDED, EventType.RUN_FAILED)
    (two,) = record(door.database, EventType.RUN_FAILED, template_id="t2")

    assert ids(door.get(f"{EVENTS}?types=run.failed")) == [one, three, two]
    assert ids(door.get(f"{EVENTS}?types=run.failed&template=t2")) == [two]
    assert ids(door.get(f"{EVENTS}?template=name%20of%20t2")) == [two]
    assert door.refused(404, "GET", f"{EVENTS}?template=t3")["code"] == "not_found"


def test_the_id_of_an_event_and_now_are_places_to_begin(door: WebDoor) -> None:
    _, second, third = record(door.database, *[EventType.RUN_SUCCEEDED] * 3)
    now = door.get(f"{EVENTS}?after=now")
    later = record(door.database, EventType.RUN_FAILED)

    assert ids(door.get(f"{EVENTS}?after={second}")) == [third, *later]
    assert now["events"] == []
    assert ids(door.get(f"{EVENTS}?after={now['next']}")) == later
    unknown = "00000000-0000-4000-8000-000000000000"
    assert "oldest that is kept" in door.refused(404, "GET", f"{EVENTS}?after={unknown}")["detail"]


@pytest.mark.parametrize("query", ["after=x", "after=WzFd", "types=run.lost", "wait=61", "wait=-1", "limit=0"])
def test_what_cannot_be_read_is_refused(door: WebDoor, query: str) -> None:
    assert door.refused(422, "GET", f"{EVENTS}?{query}")["errors"][0]["field"] == query.partition("=")[0]


def test_a_cursor_outlives_the_pruning_of_all_that_it_passed(door: WebDoor) -> None:
    record(door.database, *[EventType.RUN_SUCCEEDED] * 3)
    cursor = door.get(EVENTS)["next"]
    with door.database.write() as c:
        c.execute(delete(tables.events))
    assert ids(door.get(f"{EVENTS}?after={cursor}")) == []

    later = record(door.database, EventType.RUN_FAILED)

    assert ids(door.get(f"{EVENTS}?after={cursor}")) == later


def test_after_a_restore_everything_is_told_anew(door: WebDoor) -> None:
    lost = record(door.database, *[EventType.RUN_SUCCEEDED] * 3)
    cursor = door.get(EVENTS)["next"]
    with door.database.write() as c:  # what a backup of before looks like: the same positions come again
        c.execute(delete(tables.events))
        if door.database.dialect == "sqlite":
            c.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = 'events'")
        else:
            c.exec_driver_sql("SELECT setval('events_position_seq', 1, false)")
    one = record(door.database, EventType.RUN_FAILED)
    assert ids(door.get(f"{EVENTS}?after={cursor}")) == one  # of a place that was not reached again

    more = record(door.database, *[EventType.RUN_SUCCEEDED] * 2)

    assert ids(door.get(f"{EVENTS}?after={cursor}")) == [*one, *more]  # another event has the place
    assert not {*lost} & {*one, *more}


def test_another_owners_events_are_not_there(door: WebDoor) -> None:
    mine = record(door.database, EventType.RUN_SUCCEEDED)
    theirs = "11111111-1111-4111-8111-111111111111"
    of_another_owner(door.database, theirs)
    other = door.token(owner=OTHER)

    assert ids(door.get(EVENTS)) == mine
    assert ids(door.get(EVENTS, token=other)) == [theirs]
    door.refused(404, "GET", f"{EVENTS}?after={theirs}")
    door.refused(404, "GET", f"{EVENTS}?template=t1", token=other)


def test_a_call_waits_no_longer_than_it_was_told(door: WebDoor) -> None:
    began = time.monotonic()
    page = door.get(f"{EVENTS}?wait=1")

    assert page["events"] == []
    assert 0.9 < time.monotonic() - began < 10


def bearer(door: WebDoor, **more: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {door.token(**more)}"}


def test_two_hundred_who_wait_cost_one_look_a_second_between_them(door: WebDoor) -> None:
    looks: list[float] = []

    @sqlalchemy.event.listens_for(door.database.engine, "before_cursor_execute")
    def _count(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if "FROM events" in statement:
            looks.append(time.monotonic())

    async def asking() -> list[httpx.Response]:
        transport, headers = httpx.ASGITransport(door.app), bearer(door)
        async with httpx.AsyncClient(transport=transport, base_url="http://door", headers=headers) as web:
            wanted = [
                {"wait": "60", "after": "now", "types": ["run.failed", "run.succeeded"][n % 2]} for n in range(200)
            ]
            calls = [asyncio.ensure_future(web.get(EVENTS, params=each)) for each in wanted]
            while door.parts.tail.waiting < 200:
                await asyncio.sleep(0.01)
            looks.clear()
            await asyncio.to_thread(record, door.database, EventType.RUN_FAILED)
            await asyncio.wait(calls[::2], timeout=20)
            assert [each.done() for each in calls] == [True, False] * 100
            while len(looks) < 3:
                await asyncio.sleep(0.01)
            await asyncio.to_thread(record, door.database, EventType.RUN_SUCCEEDED)
            return [await each for each in calls]

    answers = asyncio.run(asking())

    assert [len(each.json()["events"]) for each in answers] == [1] * 200
    assert looks[2] - looks[0] > 1.2


def test_no_owner_takes_all_the_places_of_those_who_wait(door: WebDoor) -> None:
    door.parts.tail.calls["local"] = MOST_WAITING

    refused = door.ask("GET", f"{EVENTS}?wait=60")

    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert refused.headers["retry-after"]
    assert door.get(EVENTS)["events"] == []
    assert door.get(f"{EVENTS}?wait=1", token=door.token(owner=OTHER))["events"] == []
    assert door.parts.tail.calls == {"local": MOST_WAITING, OTHER: 0}


def test_the_end_of_the_server_ends_waiting_at_once(door: WebDoor) -> None:
    async def asking() -> tuple[httpx.Response, float]:
        async with httpx.AsyncClient(base_url=url, headers=bearer(door), timeout=20, trust_env=False) as client:
            call = asyncio.ensure_future(client.get(EVENTS, params={"wait": "60"}))
            while not door.parts.tail.waiting:
                await asyncio.sleep(0.01)
            began = time.monotonic()
            await asyncio.to_thread(serving.__exit__, None, None, None)
            return await call, time.monotonic() - began

    serving = served(door.app, door.parts.tail.close)
    url = serving.__enter__()
    answer, took = asyncio.run(asking())

    assert answer.json()["events"] == []
    assert took < 4


def test_a_token_that_is_revoked_meanwhile_hears_nothing_more(door: WebDoor) -> None:
    made = tokens.create(door.database, "t", [Scope.READ], now=NOW, new_id=door.parts.new_id, owner=LOCAL_OWNER)

    async def asking() -> httpx.Response:
        headers = {"Authorization": f"Bearer {made.secret}"}
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=20, trust_env=False) as client:
            call = asyncio.ensure_future(client.get(EVENTS, params={"wait": "60"}))
            while not door.parts.tail.waiting:
                await asyncio.sleep(0.01)
            await asyncio.to_thread(tokens.revoke, door.database, made.token.id, now=NOW - timedelta(seconds=1))
            return await call

    with served(door.app, door.parts.tail.close) as url:
        assert asyncio.run(asking()).status_code == 401
