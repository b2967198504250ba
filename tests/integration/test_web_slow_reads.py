"""What reads for seconds keeps nobody waiting who reads a row."""

from __future__ import annotations

import asyncio
import threading

import httpx
from sqlalchemy import Connection
from starlette.responses import Response

from domain.token import Scope
from storage.database import Database
from tests.integration.web_door import web_door
from web.answers import answered
from web.call import Call
from web.operation import Endpoint, Example, Operation


def _operation(name: str, endpoint: Endpoint, *, slow: bool = False) -> Operation:
    return Operation(
        id=name,
        method="GET",
        path=f"/{name}",
        summary="Wait, or do not.",
        tag="t",
        endpoint=endpoint,
        scope=Scope.READ,
        example=Example({"fine": True}),
        slow=slow,
    )


def test_a_slow_operation_leaves_the_threads_of_the_others_free(database: Database) -> None:
    others = threading.Semaphore(0)

    async def patient(call: Call) -> Response:
        def read(c: Connection) -> bool:
            return others.acquire(timeout=10)

        return answered({"fine": await call.read(read)})

    async def quick(call: Call) -> Response:
        def read(c: Connection) -> bool:
            others.release()
            return True

        return answered({"fine": await call.read(read)})

    operations = (_operation("patient", patient, slow=True), _operation("quick", quick))
    with web_door(database, operations=operations) as door:
        bearer = {"Authorization": f"Bearer {door.token()}"}

        async def asked() -> list[httpx.Response]:
            transport = httpx.ASGITransport(door.app)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://door", headers=bearer, trust_env=False
            ) as client:
                slow = [asyncio.ensure_future(client.get("/patient")) for _ in range(8)]
                await asyncio.sleep(0)
                return await asyncio.gather(*slow, *(client.get("/quick") for _ in range(8)))

        answers = asyncio.run(asked())

    assert [each.json() for each in answers] == [{"fine": True}] * 16
