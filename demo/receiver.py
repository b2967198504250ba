"""`python -m demo.receiver`: a system that is told what happened. It keeps every request and refuses unsigned ones.

`POST /` takes a callback, `GET /received` gives all of them in the order of their arrival. The secret is read from
DEMO_CALLBACK_SECRET.
"""

from __future__ import annotations

import os
import threading
from dataclasses import asdict, dataclass
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from demo.serving import Answering, listen

SIZE_LIMIT = 1024 * 1024  # bytes of one callback
SIGNATURE_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


@dataclass(frozen=True, slots=True)
class Received:
    """One request: its three signature headers, its body as it came, and what was wrong with it, if anything."""

    headers: dict[str, str]
    body: str
    problem: str | None


class Mailbox:
    """What was received, safe between threads."""

    def __init__(self, secret: str) -> None:
        self._webhook = Webhook(secret)
        self._lock = threading.Lock()
        self._received: list[Received] = []

    def take(self, headers: dict[str, str], body: bytes) -> Received:
        """Verify one request (Standard Webhooks) and keep it, whether it is genuine or not."""
        problem = None
        try:
            self._webhook.verify(body, headers, json_parse=False)
        except (WebhookVerificationError, ValueError) as error:
            problem = str(error) or type(error).__name__
        signature = {name: headers.get(name, "") for name in SIGNATURE_HEADERS}
        received = Received(signature, body.decode("utf-8", "replace"), problem)
        with self._lock:
            self._received.append(received)
        return received

    def all(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(received) for received in self._received]


def receiving(mailbox: Mailbox) -> type[Answering]:
    """Give the class that answers requests with *mailbox*."""

    class Receiver(Answering):
        def do_POST(self) -> None:  # noqa: N802 - the name that http.server calls
            length = int(self.headers.get("Content-Length") or 0)
            if not 0 < length <= SIZE_LIMIT:
                self.answer_json(413, {"error": "a callback has a body of at most 1 MiB and says its length"})
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            received = mailbox.take(headers, self.rfile.read(length))
            if received.problem:
                self.answer_json(401, {"error": received.problem})
            else:
                self.answer_json(200, {"received": received.headers["webhook-id"]})

        def do_GET(self) -> None:  # noqa: N802
            if self.path == "/received":
                self.answer_json(200, {"received": mailbox.all()})
            else:
                self.answer_json(404, {"error": "ask for /received"})

    return Receiver


if __name__ == "__main__":
    listen("receiver", receiving(Mailbox(os.environ["DEMO_CALLBACK_SECRET"])))
