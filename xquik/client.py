"""httpx's client without what nobody here asks of it: no cookies, redirects, authentication or hooks.

httpx makes a request of the standard library for each answer to look for cookies in, walks its proxies for each
request, and parses each URL anew: that takes longer than sending and reading.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import httpx

KNOWN_URLS = 512  # a daemon asks the same few over and over


class Client(httpx.AsyncClient):
    """Sends requests through *transport*, each once, and gives the answer as it came; nothing from the environment.

    *timeout* is in seconds, for each of waiting for a connection, connecting, reading and writing. *headers* go with
    every request that does not bring its own of that name.
    """

    def __init__(
        self, transport: httpx.AsyncBaseTransport, *, timeout: float = 5.0, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(transport=transport, timeout=timeout, headers=headers, trust_env=False)
        self._through = transport
        self._always = [
            (name.decode().lower(), name.decode(), self.headers[name.decode()]) for name, _ in self.headers.raw
        ]

    def build_request(
        self,
        method: str,
        url: httpx.URL | str,
        *,
        content: Any = None,
        headers: Any = None,
        timeout: Any = httpx.USE_CLIENT_DEFAULT,
        **more: Any,
    ) -> httpx.Request:
        """Give a request as httpx's client does; one of a URL, a content and headers with less ado."""
        if not isinstance(headers, dict | None) or any(value is not None for value in more.values()):
            return super().build_request(method, url, content=content, headers=headers, timeout=timeout, **more)
        seconds = self.timeout if timeout is httpx.USE_CLIENT_DEFAULT else httpx.Timeout(timeout)
        own = headers or {}
        named = {name.lower() for name in own}
        always = [(name, value) for lowered, name, value in self._always if lowered not in named]
        return httpx.Request(
            method,
            _known(url) if isinstance(url, str) else url,
            content=content,
            headers=[*always, *own.items()],
            extensions={"timeout": seconds.as_dict()},
        )

    async def send(
        self,
        request: httpx.Request,
        *,
        stream: bool = False,
        auth: Any = httpx.USE_CLIENT_DEFAULT,
        follow_redirects: Any = httpx.USE_CLIENT_DEFAULT,
    ) -> httpx.Response:
        """Send *request* and give its answer, read to its end unless it is a *stream*, which the caller closes.

        Raises httpx's own errors; ValueError when it is asked to follow redirects or to authenticate.
        """
        if self.is_closed:
            raise RuntimeError("the client is closed")
        if follow_redirects is True or auth not in (None, httpx.USE_CLIENT_DEFAULT):
            raise ValueError("this client neither follows redirects nor authenticates")
        request.extensions.setdefault("timeout", self.timeout.as_dict())
        try:
            response = await self._through.handle_async_request(request)
        except httpx.RequestError as error:
            error.request = request
            raise
        response.request = request
        if not stream:
            try:
                await response.aread()
            except BaseException:
                await response.aclose()
                raise
        return response


@lru_cache(KNOWN_URLS)
def _known(url: str) -> httpx.URL:
    return httpx.URL(url)
