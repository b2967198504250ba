"""Large bodies are held in memory a few at a time, and keep no small one waiting."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.responses import Response

from domain.token import Scope
from scheduler.shown.schema_words import ANY_OBJECT
from storage.database import open_database
from tests.integration.web_door import WebDoor, web_door
from web.bodies import LARGE_AT_ONCE, VALUES_LIMIT
from web.call import Call
from web.operation import BODY_LIMIT, FORM, JSON, Example, Operation

PATH = "/large"
WORDS = {"words": "x" * (BODY_LIMIT + 1)}


class Hall:
    """Where calls wait until they are let go, and are counted."""

    def __init__(self) -> None:
        self.inside = self.most = 0
        self.open = asyncio.Event()

    async def wait(self, call: Call) -> Response:
        if call.document.get("words") == "small":
            return Response(status_code=204)
        self.inside += 1
        self.most = max(self.most, self.inside)
        await self.open.wait()
        self.inside -= 1
        return Response(status_code=204)


@pytest.fixture
def hall() -> Hall:
    return Hall()


@pytest.fixture
def door(hall: Hall, migrated_sqlite: Path, tmp_path: Path) -> Iterator[WebDoor]:
    shutil.copy(migrated_sqlite, tmp_path / "ostinato.db")
    database = open_database(f"sqlite:///{tmp_path}/ostinato.db")
    operation = Operation(
        id="large",
        method="POST",
        path=PATH,
        summary="Wait.",
        tag="t",
        endpoint=hall.wait,
        scope=Scope.READ,
        example=Example(),
        request=ANY_OBJECT,
        takes=(JSON, FORM),
        body_limit=4 * BODY_LIMIT,
    )
    with web_door(database, operations=(operation,)) as opened:
        yield opened
    database.close()


def test_large_bodies_are_held_a_few_at_a_time_and_small_ones_do_not_wait(door: WebDoor, hall: Hall) -> None:
    async def scenario() -> None:
        headers = {"Authorization": f"Bearer {door.token()}"}
        transport = httpx.ASGITransport(door.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://door", headers=headers) as client:
            large = [asyncio.create_task(client.post(PATH, json=WORDS)) for _ in range(LARGE_AT_ONCE + 3)]
            async with asyncio.timeout(20):
                while hall.inside < LARGE_AT_ONCE:
                    await asyncio.sleep(0.001)
                assert (await client.post(PATH, json={"words": "small"})).status_code == 204
                assert hall.inside == LARGE_AT_ONCE
                hall.open.set()
                assert {(await each).status_code for each in large} == {204}

    asyncio.run(scenario())

    assert hall.most == LARGE_AT_ONCE


def test_a_body_of_very_many_small_values_is_refused_before_it_is_taken_apart(door: WebDoor) -> None:
    many = b'{"words": [' + b",".join([b"[]"] * (VALUES_LIMIT // 2)) + b"]}"

    answer = door.ask("POST", PATH, content=many, headers={"Content-Type": "application/json"})

    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("the body holds more than 500,000 values")
