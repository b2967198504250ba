"""The HTTP door in the test's own process: an application over a database, asked without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Thread
from typing import Any

import httpx
from cryptography.fernet import Fernet
from starlette.types import ASGIApp

from domain.owner import LOCAL_OWNER
from domain.token import Scope
from scheduler.ids import new_id
from scheduler.operations import tokens
from storage.cipher import FernetCipher
from storage.database import Database
from storage.writer import Writer
from web import server
from web.application import application
from web.call import Parts
from web.operation import Operation
from web.table import OPERATIONS

NOW = datetime(2026, 3, 26, 12, 0, tzinfo=UTC)
KEY = Fernet.generate_key()


@dataclass
class WebDoor:
    """Asks the application for things, as the owner of a token of every scope unless another one is given."""

    database: Database
    parts: Parts
    app: ASGIApp
    now: datetime = NOW
    tokens: dict[tuple[str, ...], str] = field(default_factory=dict)

    def token(self, *scopes: Scope, owner: str = LOCAL_OWNER) -> str:
        """Give a token of these scopes, of all when there are none."""
        wanted: Collection[Scope] = scopes or (Scope.ADMIN,)
        key = (owner, *sorted(wanted))
        if key not in self.tokens:
            made = tokens.create(self.database, "a test", wanted, owner=owner, now=self.now, new_id=new_id)
            self.tokens[key] = made.secret
        return self.tokens[key]

    def ask(
        self, method: str, path: str, *, token: str | None = "", headers: dict[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        """Send one request; *token* None sends none, an empty one is that of every scope."""
        bearer = {} if token is None else {"Authorization": f"Bearer {token or self.token()}"}

        async def asking() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://door", trust_env=False) as client:
                return await client.request(method, path, headers={**bearer, **(headers or {})}, **more)

        return asyncio.run(asking())

    def get(self, path: str, **more: Any) -> Any:
        """Give the JSON that a GET answers, which must succeed."""
        answer = self.ask("GET", path, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def done(self, method: str, path: str, document: Any = None, **more: Any) -> Any:
        """Give the JSON of a call that must succeed."""
        answer = self.ask(method, path, **({"json": document} if document is not None else {}), **more)
        assert answer.is_success, answer.text
        return answer.json()

    def refused(self, status: int, method: str, path: str, document: Any = None, **more: Any) -> Any:
        """Give the JSON of a call that must be refused with *status*."""
        answer = self.ask(method, path, **({"json": document} if document is not None else {}), **more)
        assert answer.status_code == status, (answer.status_code, answer.text)
        return answer.json()


@contextmanager
def served(app: ASGIApp, ending: Callable[[], None] = lambda: None) -> Iterator[str]:
    """Serve *app* on a free port by a thread while the context lasts, calling *ending* at its end; give its URL."""
    ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, int]] = Future()

    async def serve() -> None:
        stop = asyncio.Event()
        async with server.serving(app, server.bind(server.HERE, 0)) as port:
            ready.set_result((asyncio.get_running_loop(), stop, port))
            await stop.wait()
            ending()

    thread = Thread(target=asyncio.run, args=(serve(),), name="door")
    thread.start()
    loop, stop, port = ready.result(10)
    try:
        yield f"http://{server.HERE}:{port}"
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)


@contextmanager
def web_door(database: Database, operations: Sequence[Operation] = OPERATIONS, **more: Any) -> Iterator[WebDoor]:
    """Give the door to *database* while the context lasts; *more* are parts, and its clock stands at `now`."""
    writer = Writer(database)
    writer.start()
    door: WebDoor | None = None

    def clock() -> datetime:
        return door.now if door else NOW

    parts = Parts(database=database, writer=writer, cipher=FernetCipher(KEY), clock=clock, new_id=new_id, **more)
    door = WebDoor(database, parts, application(operations, parts))
    try:
        yield door
    finally:
        writer.stop()
        parts.stop_reading()
