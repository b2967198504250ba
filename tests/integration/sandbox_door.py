"""A running sandbox and a client to talk to it, for the sandbox's own tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from sandbox.options import SandboxOptions
from sandbox.serve import SandboxServer

ME = "ostinato_demo"


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: float = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Door:
    """The API and the admin door of one sandbox."""

    api: httpx.Client
    admin: httpx.Client
    server: SandboxServer
    clock: Clock = field(default_factory=Clock)

    def post(self, text: str, *, key: str | None = None, **fields: Any) -> httpx.Response:
        """Write a tweet as the demo account."""
        headers = {"Idempotency-Key": key} if key else {}
        return self.api.post("/x/tweets", json={"account": ME, "text": text, **fields}, headers=headers)

    def fault(self, kind: str, *, times: int | None = 1, match: dict[str, str] | None = None, **params: Any) -> None:
        """Queue a fault, by default for the writing of tweets."""
        match = match if match is not None else {"method": "POST", "path": "/x/tweets"}
        answer = self.admin.post("/faults", json={"kind": kind, "times": times, "match": match, **params})
        assert answer.status_code == 201, answer.text

    def texts(self) -> list[str]:
        """Return the texts that were really stored, whatever was answered."""
        return [tweet["text"] for tweet in self.admin.get("/tweets").json()["tweets"]]

    def timeline(self, **query: str) -> list[str]:
        """Return the texts that the API shows of the demo account, without the planted ones."""
        tweets = self.api.get(f"/x/users/{ME}/tweets", params=query).json()["tweets"]
        return [tweet["text"] for tweet in tweets if not tweet["createdAt"].startswith(("2025", "2026-01-01"))]

    def balance(self) -> int:
        """Return the credits left."""
        return int(self.api.get("/credits").json()["balance"])


@contextmanager
def opened(**options: Any) -> Iterator[Door]:
    """Run a sandbox with a clock that tests move; no limits unless asked for."""
    clock = options.setdefault("clock", Clock())
    options.setdefault("limits", False)
    with (
        SandboxServer(SandboxOptions(**options)) as server,
        httpx.Client(base_url=server.base_url, headers={"x-api-key": "xq_test"}) as api,
        httpx.Client(base_url=server.admin_url) as admin,
    ):
        yield Door(api, admin, server, clock)
