"""The HTTP door and the daemon's heart on one database: what is asked for at the one is done by the other."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx

from callbacks.channels import Channels
from scheduler.delivering import Delivering
from scheduler.shown.compatible import Links
from storage.database import Database
from tests.integration.scheduler_house import House, draft
from tests.integration.storage_values import running
from tests.integration.web_door import WebDoor, web_door


class Stage:
    """The door and the daemon's heart on one database: what is asked for at the one is done by the other."""

    def __init__(self, house: House, door: WebDoor) -> None:
        self.house, self.door = house, door

    def post(self, *parts: str, **fields: Any) -> str:
        """Ask for a post, have it made of *parts*, and give the request's id."""
        self.house.editor.drafts = (replace(draft(*parts), material_ids=("m0",)),)
        kind = "thread" if len(parts) > 1 else "tweet"
        body = {"type": kind, "text": "words", "account": "demo", **fields}
        request_id: str = self.door.done("POST", "/x/post", body)["request_id"]
        self.house.work()
        return request_id

    def later(self, **by: float) -> None:
        self.house.clock.advance(**by)
        self.door.now = self.house.clock()

    def refine(self, document: dict[str, Any], *new: str) -> Any:
        self.house.editor.drafts = tuple(draft(text, name=f"n{at}") for at, text in enumerate(new))
        return self.door.ask("POST", "/x/refine", json=document)

    def deliver(self) -> None:
        """Send the callbacks that are due."""

        async def delivering() -> None:
            with running(self.house.database) as writer:
                async with httpx.AsyncClient() as client:
                    outbox = Delivering(
                        database=self.house.database,
                        writer=writer,
                        cipher=self.door.parts.cipher,
                        channels=Channels(client),
                        links=Links("http://door", self.door.parts.cipher.seal),
                    )
                    await outbox.deliver_due(self.house.clock())

        asyncio.run(delivering())


@contextmanager
def staged(database: Database, **parts: Any) -> Iterator[Stage]:
    """Give both while the context lasts, their clocks at one time."""
    house = House(database)
    with web_door(database, editor=house.editor, **parts) as door:
        door.now = house.clock()
        yield Stage(house, door)
