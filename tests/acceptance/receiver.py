"""A callback receiver as a process of its own: appends every request to a file, one JSON line each."""

from __future__ import annotations

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Receiver(BaseHTTPRequestHandler):
    """Accepts everything; a path of `/status/500/n` answers 500 for the first *n* requests, `/hang` answers never."""

    book: Path
    one_at_a_time = threading.Lock()
    refused: dict[str, int] = {}  # noqa: RUF012 - one process, one count

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        line = {"path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}, "body": body}
        status = self._status()
        with self.one_at_a_time, self.book.open("ab", buffering=0) as book:
            book.write((json.dumps({**line, "answered": status}) + "\n").encode())
            os.fsync(book.fileno())
        if self.path == "/hang":
            threading.Event().wait()
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def _status(self) -> int:
        words = self.path.strip("/").split("/")
        if words[0] != "status":
            return 204
        count = self.refused.get(self.path, 0)
        self.refused[self.path] = count + 1
        return int(words[1]) if count < int(words[2]) else 204

    def log_message(self, *arguments: object) -> None:
        """Say nothing: the book is the log."""


if __name__ == "__main__":
    Receiver.book = Path(sys.argv[1])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    print(f"receiver listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
