"""A receiver of callbacks on a real port that answers as it is told, path by path."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook

CLOSE = "close"  # read the request, then close without an answer
HANG = "hang"  # read the request and answer nothing until the test is over


@dataclass(frozen=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes

    def verified(self, secret: str) -> dict[str, object]:
        """The event, if the signature is right by the package that receivers use; raises otherwise."""
        return dict(Webhook(secret).verify(self.body, self.headers))


Planned = Answer | str | Callable[[Received], Answer | str]


@dataclass
class Receiver:
    address: str = ""
    received: list[Received] = field(default_factory=list)
    answers: dict[str, list[Planned]] = field(default_factory=lambda: defaultdict(list))
    over: threading.Event = field(default_factory=threading.Event)

    def will(self, path: str, *answers: Planned | int) -> None:
        """Answer the next requests to *path* so; afterwards 204. A function gives the answer to what it is given."""
        self.answers[path] += [Answer(one) if isinstance(one, int) else one for one in answers]

    def at(self, path: str) -> list[Received]:
        return [one for one in self.received if one.path == path]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            received = Received(self.path, headers, body)
            receiver.received.append(received)
            planned = receiver.answers[self.path]
            answer = planned.pop(0) if planned else Answer(204)
            if callable(answer):
                answer = answer(received)
            if answer == HANG:
                receiver.over.wait()
            if isinstance(answer, Answer):
                self._answer(answer)
            self.close_connection = True

        def do_GET(self) -> None:
            self.do_POST()  # what a redirect that is followed would become

        def _answer(self, answer: Answer) -> None:
            self.send_response(answer.status)
            for name, value in (*answer.headers, ("content-length", str(len(answer.body)))):
                self.send_header(name, value)
            self.end_headers()
            with suppress(ConnectionError):  # the caller had enough
                self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    receiver.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
