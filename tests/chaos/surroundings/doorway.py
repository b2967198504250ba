"""A server that can be taken down and up again, and the door beside it through which it is told so."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.chaos.surroundings.book import Book
from tests.chaos.surroundings.faults import Faults

HOST = "127.0.0.1"
Told = Callable[[dict[str, Any]], Any]


class _Server(ThreadingHTTPServer):
    allow_reuse_port = True
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that have gone away."""


class Switchable:
    """A server on a port of its own. While it is down the port refuses connections and nobody else can take it."""

    def __init__(self, handler: type[BaseHTTPRequestHandler], port: int = 0) -> None:
        self._handler = handler
        self._kept = socket.socket()
        for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
            self._kept.setsockopt(socket.SOL_SOCKET, option, 1)
        self._kept.bind((HOST, port))
        self.port = int(self._kept.getsockname()[1])
        self._server: _Server | None = None
        self.up()

    @property
    def is_down(self) -> bool:
        return self._server is None

    def up(self) -> None:
        """Take connections, if it does not already."""
        if self._server is None:
            self._server = _Server((HOST, self.port), self._handler)
            threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def down(self) -> None:
        """Refuse connections. Requests that have come are answered."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


def serve_door(
    server: Switchable, faults: Faults, book: Book, more: dict[str, Told] | None = None, port: int = 0
) -> ThreadingHTTPServer:
    """Give the door of *server*, not serving yet: what is posted to `/name` as JSON is told to the room of that name.

    There are fault, calm, down, up and state, which answer with the state, and *more*. A ValueError is answered with
    400 and its words.
    """

    def state() -> dict[str, Any]:
        return {"faults": faults.listed(), "down": server.is_down, "requests": book.written}

    def fault(fields: dict[str, Any]) -> dict[str, Any]:
        faults.order(fields)
        return state()

    def calm(_: dict[str, Any]) -> dict[str, Any]:
        faults.clear()
        server.up()
        return state()

    def down(_: dict[str, Any]) -> dict[str, Any]:
        server.down()
        return state()

    def up(_: dict[str, Any]) -> dict[str, Any]:
        server.up()
        return state()

    rooms = {"fault": fault, "calm": calm, "down": down, "up": up, "state": lambda _: state(), **(more or {})}

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = self.rfile.read(int(self.headers.get("content-length", 0)))
            try:
                status, answer = 200, _room(rooms, self.path.strip("/"))(json.loads(said or b"{}"))
            except ValueError as error:
                status, answer = 400, {"error": str(error)}
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    return ThreadingHTTPServer((HOST, port), Door)


def _room(rooms: dict[str, Told], name: str) -> Told:
    if name not in rooms:
        raise ValueError(f"there is no room {name!r}; there are {', '.join(rooms)}")
    return rooms[name]
