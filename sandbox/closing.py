"""Answers that break off: the connection closed without an answer, or in the middle of one.

The transport reaches the application through the ASGI state, where `ClosableProtocol` puts it.
"""

import asyncio
from typing import cast

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol


class ClosableProtocol(H11Protocol):
    """uvicorn's HTTP protocol, which hands its transport to the application."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class DropResponse(Response):
    """Closes the connection without a byte of an answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        _transport(scope).abort()
        await _gone(receive)


class CutResponse(Response):
    """Announces its whole body, sends half of it and closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        _transport(scope).close()
        await _gone(receive)


def _transport(scope: Scope) -> asyncio.Transport:
    return cast(asyncio.Transport, scope["state"]["transport"])


async def _gone(receive: Receive) -> None:
    """Wait until uvicorn has seen the end of the connection; leaving earlier makes it answer 500."""
    while (await receive())["type"] != "http.disconnect":
        await asyncio.sleep(0)
