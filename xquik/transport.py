"""One HTTP exchange with the API: header, permit, time-out, and errors translated once, here.

Reads and pure calls are repeated; a write is sent exactly once and never again by this room.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import stamina

from domain.errors import ApiError, ApiLimited, ApiRefused, ApiUnavailable, ApiUnclear
from domain.protocols import Tier
from xquik.answers import TIER_CODES, Answer, failure
from xquik.fields import Body, clean, http_date, shortened
from xquik.form import Form
from xquik.limits import Limiter

# These are raised while a connection is made or awaited: nothing of the request has left.
NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
CONNECT_TIMEOUT = 5.0  # seconds
HEADERS_START = "send_request_headers.started"
POST_PATH = "/x/tweets"  # the one path that may use the kept share of the write tier


@dataclass(frozen=True, slots=True)
class Retries:
    """How safe calls are repeated. Times are seconds; a Retry-After beyond *longest* is left to the caller."""

    attempts: int = 4  # the first and three more
    first: float = 0.5
    longest: float = 8.0
    jitter: float = 0.5


class Transport:
    """Speaks to one base URL with one key, through a client that is given and closed by the caller.

    A whole exchange ends within *timeout* seconds, so a `may_send` that passes must leave at least that long.
    """

    def __init__(
        self,
        *,
        base_url: str,
        key: str,
        client: httpx.AsyncClient,
        limits: Limiter,
        clock: Callable[[], datetime],
        timeout: float = 30.0,
        retries: Retries | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.timeout = timeout
        self.clock = clock
        self.ahead = timedelta(0)  # how far this clock is ahead of the server's, by its last answer
        self._headers = {"x-api-key": key, "accept": "application/json"}
        self._client = client
        self._limits = limits
        self._retries = retries or Retries()

    async def read(self, path: str, params: Mapping[str, Any] | None = None) -> Body:
        """GET *path* and give its body; repeated on connection errors, 408, 429 and 5xx.

        Raises ApiRefused, ApiBlocked, ApiLimited or ApiUnavailable.
        """
        return (await self.look(path, params)).body

    async def look(self, path: str, params: Mapping[str, Any] | None = None) -> Answer:
        """GET *path* as `read` does, and give status and headers too."""
        request = self._request("GET", path, params=params)
        return await self._repeated(request, Tier.READ)

    async def pure(self, path: str, body: Mapping[str, Any], *, method: str = "POST", repeat: bool = True) -> Body:
        """Send a call that leaves the same state however often it is sent (`/compose`, `/styles`); raises as `read`."""
        request = self._request(method, path, body=body)
        answer = await self._repeated(request, Tier.WRITE) if repeat else await self._safe(request, Tier.WRITE)
        return answer.body

    async def write(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | Form,
        *,
        idempotency_key: str,
        may_send: Callable[[], None],
    ) -> Answer:
        """Send a write once, as JSON or as a form, and give its 2xx answer.

        *may_send* is called after every wait, directly before the first byte is written; what it raises is passed on,
        and then nothing was sent. Raises ApiUnclear when the write may have been done; ApiRefused, ApiBlocked,
        ApiLimited or ApiUnavailable when it certainly was not.
        """
        try:
            request = self._request(method, path, body=body, key=idempotency_key)
        except UnicodeError as error:
            raise ApiRefused(
                f"{method} {path}: the request cannot be encoded: {error}", code="not_encodable"
            ) from error
        tier = Tier.DELETE if method == "DELETE" else Tier.WRITE
        await self._limits.permit(tier, post=path == POST_PATH)
        request.extensions["trace"] = _at_the_socket(may_send)
        may_send()  # an HTTP transport that knows no trace hook asks here at least
        answer = await self._send_once(request)
        if not 200 <= answer.status < 300:
            raise await self._failure(answer, request, tier, write=True)
        if not answer.readable:
            said = f"{method} {path}: {answer.status} with a body that is not a JSON object"
            raise ApiUnclear(said, status=answer.status, status_url=answer.status_url)
        return answer

    def _request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | Form | None = None,
        key: str | None = None,
    ) -> httpx.Request:
        headers = dict(self._headers)
        if key is not None:
            headers["idempotency-key"] = key
        content = None
        if isinstance(body, Form):
            headers["content-type"], content = body.content_type, body.content
        elif body is not None:
            headers["content-type"] = "application/json"
            content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        given = {name: value for name, value in (params or {}).items() if value is not None}
        # Waiting for a connection ends well before the whole exchange does, so that it is known not to have begun.
        waiting = min(self.timeout / 4, CONNECT_TIMEOUT)
        timeout = httpx.Timeout(self.timeout, connect=waiting, pool=waiting)
        url = self.base_url + path
        return self._client.build_request(
            method, url, params=given or None, content=content, headers=headers, timeout=timeout
        )

    async def _repeated(self, request: httpx.Request, tier: Tier) -> Answer:
        policy = self._retries
        attempts = stamina.retry_context(
            on=self._wait_before_repeat,
            attempts=policy.attempts,
            timeout=None,
            wait_initial=policy.first,
            wait_max=policy.longest,
            wait_jitter=policy.jitter,
        )
        async for attempt in attempts:
            with attempt:
                return await self._safe(request, tier)
        raise AssertionError("the last attempt either answers or raises")

    def _wait_before_repeat(self, error: Exception) -> bool | float:
        if isinstance(error, ApiLimited):
            wait = (error.retry_at - self.clock()).total_seconds()
            return max(wait, 0.0) if wait <= self._retries.longest else False
        return isinstance(error, ApiUnavailable)

    async def _safe(self, request: httpx.Request, tier: Tier) -> Answer:
        """Send a request that may be repeated; whatever is not an answer is ApiUnavailable."""
        await self._limits.permit(tier)
        what = f"{request.method} {request.url.path}"
        try:
            async with asyncio.timeout(self.timeout):
                response = await self._client.send(request, follow_redirects=False)
        except (httpx.RequestError, TimeoutError) as error:
            raise ApiUnavailable(f"{what}: {_reason(error)}") from error
        answer = self._read(response)
        if not 200 <= answer.status < 300:
            raise await self._failure(answer, request, tier, write=False)
        if not answer.readable:
            raise ApiUnavailable(f"{what}: {answer.status} with a body that is not a JSON object", status=answer.status)
        return answer

    async def _send_once(self, request: httpx.Request) -> Answer:
        what = f"{request.method} {request.url.path}"
        try:
            async with asyncio.timeout(self.timeout):
                response = await self._client.send(request, follow_redirects=False)
        except NEVER_SENT as error:
            raise ApiUnavailable(f"{what}: nothing was sent: {_reason(error)}") from error
        except (httpx.RequestError, TimeoutError) as error:
            raise ApiUnclear(f"{what}: no answer: {_reason(error)}") from error
        return self._read(response)

    def _read(self, response: httpx.Response) -> Answer:
        answer = Answer.of(response.status_code, response.content, response.headers)
        told = http_date(answer.headers.get("date", ""))
        if told is not None:
            self.ahead = self.clock() - told
        return answer

    async def _failure(self, answer: Answer, request: httpx.Request, tier: Tier, *, write: bool) -> ApiError:
        what = f"{request.method} {request.url.path}"
        error = failure(answer, what=what, write=write, now=self.clock(), window=self._limits.window(tier))
        if isinstance(error, ApiLimited) and error.code in TIER_CODES:
            await self._limits.close(tier, until=error.retry_at)
        return error


def _at_the_socket(may_send: Callable[[], None]) -> Callable[[str, Mapping[str, Any]], Awaitable[None]]:
    """Give httpcore's trace hook that asks *may_send* once more, with the connection made, before the first byte."""

    async def trace(event: str, _: Mapping[str, Any]) -> None:
        if event.endswith(HEADERS_START):
            may_send()

    return trace


def _reason(error: Exception) -> str:
    return shortened(clean(str(error))) or type(error).__name__
