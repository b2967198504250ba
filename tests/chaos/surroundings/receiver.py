"""A callback receiver with faults, as a process of its own: `receiver.py BOOK [--seed N] [--port N] [--door N]`.

It prints `receiver listening on URL, door at URL`; through the door it is told what to do wrong (`door.py`). Each
request is one line of the book, on disk before the answer leaves:
`{"at", "path", "headers", "body", "answered", "fault"}`. `at` is when it came; `answered` is the status that was sent,
and null when none was: because the fault answers none, or because the client had gone by the time the answer was ready.
Lines stand in the order of the answers.
"""

from __future__ import annotations

import argparse
import select
import socket
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from tests.chaos.surroundings.book import Book
from tests.chaos.surroundings.doorway import HOST, Switchable, serve_door
from tests.chaos.surroundings.faults import Fault, Faults

KINDS = ("closed", "error", "redirect", "slow", "silent")
ELSEWHERE = "/elsewhere"  # where a redirect leads; whoever follows it is in the book


class Receiver(BaseHTTPRequestHandler):
    """Accepts every request, unless a fault says otherwise."""

    book: Book
    faults: Faults

    def do_POST(self) -> None:
        at = time.time()
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        fault = self.faults.meet(self.path)
        line = {
            "at": at,
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": body,
            "fault": fault.kind if fault else None,
        }
        status = _status(fault)
        if fault is not None and fault.kind == "slow":
            self._left(fault.seconds)
        if status is None or self._left(0):
            self.book.write({**line, "answered": None})
        else:
            self.book.write({**line, "answered": status})
            self._answer(status)
        if fault is not None and fault.kind == "silent":
            self._left(fault.seconds)
        self.close_connection = True

    def _answer(self, status: int) -> None:
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("location", ELSEWHERE + self.path)
        self.send_header("content-length", "0")
        self.end_headers()

    def _left(self, within: float) -> bool:
        """Tell whether the client goes away within so many seconds; wait for it so long."""
        readable, _, _ = select.select([self.connection], [], [], within)
        try:
            return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)
        except OSError:
            return True

    def log_message(self, *arguments: object) -> None:
        """Say nothing: the book is the log."""


def _status(fault: Fault | None) -> int | None:
    """Give what is answered, None for nothing."""
    if fault is None or fault.kind == "slow":
        return 204
    return {"error": fault.status, "redirect": 307}.get(fault.kind)


def main() -> None:
    """Receive until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("book", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--door", type=int, default=0)
    asked = parser.parse_args()
    book, faults = Book(asked.book), Faults(KINDS, asked.seed)
    server = Switchable(type("Booking", (Receiver,), {"book": book, "faults": faults}), asked.port)

    door = serve_door(server, faults, book, port=asked.door)
    where = f"http://{HOST}:{server.port}"
    print(f"receiver listening on {where}, door at http://{HOST}:{door.server_port}", flush=True)
    door.serve_forever()


if __name__ == "__main__":
    main()
