"""The bare framework: Starlette on uvicorn with one query, or one insert with our durability, for each request.

It runs in the program's own virtualenv, which has both: python -m benchmarks.peers.starlette_api DATABASE
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

PAGE = "SELECT * FROM posts ORDER BY created_at DESC, run_id, grp, part LIMIT 50"
TEMPLATES = "SELECT * FROM templates WHERE NOT once ORDER BY id"
MADE = "CREATE TABLE IF NOT EXISTS asked (id TEXT PRIMARY KEY, said TEXT NOT NULL)"
KEEP = "INSERT INTO asked VALUES (?, ?)"


class Store:
    """SQLite with nothing in between: a connection for each reading thread, and a thread of its own that writes."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._mine = threading.local()
        self._readers = ThreadPoolExecutor(8)
        self._writer = ThreadPoolExecutor(1)
        self._connection().execute(MADE)

    async def rows(self, query: str) -> list[dict[str, Any]]:
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, query)

    async def keep(self, said: str) -> str:
        return await asyncio.get_running_loop().run_in_executor(self._writer, self._keep, said)

    def _read(self, query: str) -> list[dict[str, Any]]:
        return [dict(row) for row in self._connection().execute(query)]

    def _keep(self, said: str) -> str:
        made = str(uuid.uuid4())
        self._connection().execute(KEEP, (made, said))  # in autocommit: on disk when it returns
        return made

    def _connection(self) -> sqlite3.Connection:
        if not hasattr(self._mine, "connection"):
            opened = sqlite3.connect(self._path, isolation_level=None)
            opened.row_factory = sqlite3.Row
            opened.execute("PRAGMA journal_mode = WAL")
            opened.execute("PRAGMA synchronous = FULL")
            self._mine.connection = opened
        return self._mine.connection  # type: ignore[no-any-return]


def application(store: Store) -> Starlette:
    async def posts(request: Request) -> Response:  # noqa: ARG001
        return JSONResponse({"posts": await store.rows(PAGE)})

    async def templates(request: Request) -> Response:  # noqa: ARG001
        return JSONResponse({"templates": await store.rows(TEMPLATES)})

    async def create(request: Request) -> Response:
        return JSONResponse({"id": await store.keep(json.dumps(await request.json()))})

    return Starlette(
        routes=[
            Route("/x/posts", posts),
            Route("/x/recurring", templates),
            Route("/x/post", create, methods=["POST"]),
        ]
    )


async def serve(path: str) -> None:
    config = uvicorn.Config(application(Store(path)), port=0, ws="none", lifespan="off", access_log=False)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    print(f"listening on http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", flush=True)
    await running


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
