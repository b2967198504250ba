"""The connection to an OpenAI-compatible server: no redirect, no compressed answer, none without an end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

LARGEST = 2 * 1024 * 1024  # bytes of an answer
CONNECT_SECONDS = 10.0


def client(base_url: str | None, key: str) -> Any:
    """Give a client of the `openai` package, whose import takes a second."""
    import httpx2
    from openai import AsyncOpenAI

    class Bounded(httpx2.AsyncByteStream):
        """The bytes of an answer, up to a size."""

        def __init__(self, stream: Any) -> None:
            self._stream = stream

        async def __aiter__(self) -> AsyncIterator[bytes]:
            size = 0
            async for chunk in self._stream:
                size += len(chunk)
                if size > LARGEST:
                    raise httpx2.ReadError(f"the answer has more than {LARGEST} bytes")
                yield chunk

        async def aclose(self) -> None:
            await self._stream.aclose()

    class Transport(httpx2.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            response = await super().handle_async_request(request)
            if response.headers.get("content-encoding", "identity") != "identity":
                await response.aclose()
                raise httpx2.ReadError("the answer is compressed, which was not asked for")
            response.stream = Bounded(response.stream)
            return response

    return AsyncOpenAI(
        api_key=key,
        base_url=base_url,
        max_retries=0,
        default_headers={"Accept-Encoding": "identity"},
        http_client=httpx2.AsyncClient(
            transport=Transport(), trust_env=False, timeout=httpx2.Timeout(600.0, connect=CONNECT_SECONDS)
        ),
    )
