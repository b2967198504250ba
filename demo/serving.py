"""A small HTTP server for the demo's own processes: one line when it listens, quiet otherwise."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOST = "127.0.0.1"


class Answering(BaseHTTPRequestHandler):
    """Answers requests without writing a log line for each."""

    timeout = 10  # seconds that a client may take to send its request

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: the demo prints what matters."""

    def answer(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer_json(self, status: int, value: Any) -> None:
        self.answer(status, "application/json", json.dumps(value, ensure_ascii=False).encode())


def listen(name: str, handler: type[Answering]) -> None:
    """Serve on a free port until the process ends; print `<name> listening on <origin>` once it is bound."""
    with ThreadingHTTPServer((HOST, 0), handler) as server:
        server.daemon_threads = True
        print(f"{name} listening on http://{HOST}:{server.server_address[1]}", flush=True)
        server.serve_forever()


class ServerThread:
    """The same server on a thread, for tests: `with ServerThread(handler) as origin:`."""

    def __init__(self, handler: type[Answering]) -> None:
        self._server = ThreadingHTTPServer((HOST, 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://{HOST}:{self._server.server_address[1]}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
