"""How the client asks: the token, queries, bodies, files, pages, and events as they happen."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from ostinato_client.errors import refusal

Upload = tuple[str, bytes]  # its name, and what it holds
SILENCE = 60.0  # seconds without a word, not even a comment, after which a stream counts as lost


@dataclass(frozen=True, slots=True)
class Sent:
    """A server-sent event. Come back with its *id* as `after` to miss nothing."""

    id: str
    event: str
    data: Any


class Caller:
    """Sends requests with a token. *timeout* is in seconds; *transport* is for tests.

    Use it as a context manager, or close it. Raises ApiError for what is refused and httpx.TransportError for what did
    not arrive: then a creating call may have been done. Send it again with the same `idempotency_key`, and it is done
    once.
    """

    def __init__(
        self, url: str, token: str = "", *, timeout: float = 30.0, transport: httpx.BaseTransport | None = None
    ) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._timeout = timeout
        self._http = httpx.Client(base_url=url, headers=headers, timeout=timeout, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        """Give the JSON of an answer; None where it has no body."""
        response = self._send(method, path, **more)
        return response.json() if response.content else None

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        files: Mapping[str, Upload] | None = None,
        idempotency_key: str | None = None,
    ) -> httpx.Response:
        asked = _given(query or {})
        sent: dict[str, Any] = {"json": body} if body is not None else {}
        if files:
            sent = {"data": {name: _as_text(value) for name, value in (body or {}).items()}, "files": files}
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        seconds = self._timeout + float(asked.get("wait", 0))
        response = self._http.request(method, path, params=asked, headers=headers, timeout=seconds, **sent)
        if not response.is_success:
            raise refusal(response)
        return response

    def _pages(self, path: str, entries: str, query: Mapping[str, Any]) -> Iterator[Any]:
        """Give the entries of a list, page after page, as they are needed; without end where no page is the last."""
        after = query.get("after")
        while True:
            page = self._ask("GET", path, query={**query, "after": after})
            yield from page[entries]
            after = page["next"]
            if after is None:
                return

    def _stream(self, path: str, query: Mapping[str, Any]) -> Generator[Sent, None, None]:
        """Give server-sent events until the server ends the stream, or the caller closes it."""
        timeout = httpx.Timeout(self._timeout, read=SILENCE)
        with self._http.stream("GET", path, params=_given(query), timeout=timeout) as response:
            if not response.is_success:
                response.read()
                raise refusal(response)
            yield from _events(response.iter_lines())


def part(value: str) -> str:
    """Give *value* as a part of a path."""
    return quote(value, safe="")


def _events(lines: Iterator[str]) -> Iterator[Sent]:
    last, event, data = "", "message", list[str]()
    for line in lines:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "id":
            last = value
        elif name == "event":
            event = value
        elif name == "data":
            data.append(value)
        elif not line and data:
            yield Sent(last, event, _read("\n".join(data)))
            event, data = "message", []


def _read(text: str) -> Any:
    with suppress(ValueError):
        return json.loads(text)
    return text


def _given(query: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in query.items() if value is not None}


def _as_text(value: Any) -> str:
    """Give a value as a field of a form: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)
