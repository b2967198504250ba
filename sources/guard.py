"""An HTTP client that connects only to checked addresses. It never follows a redirect by itself."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from ipaddress import ip_address, ip_network
from typing import TypeAlias

import httpcore
import httpx

from sources.addresses import Network, why_refused
from xquik.client import Client
from xquik.connections import Connections
from xquik.sockets import SocketOption, Sockets

Resolver: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]


class AddressRefused(httpx.TransportError):
    """The URL, or an address that its host stands for, must not be connected to. Nothing was sent."""


def guarded_client(
    *,
    allow: Sequence[Network] = (),
    timeout: float = 10.0,
    resolve: Resolver | None = None,
    verify: ssl.SSLContext | None = None,
) -> Client:
    """Give a client for addresses that strangers choose: pages, feeds and callbacks.

    A host is resolved once per connection, every address it stands for is checked, and the connection goes to a checked
    address, so a second DNS answer cannot change it; one that is used again goes where it went. TLS still verifies the
    host's name. Only http and https, any port, no credentials in the URL, no proxies or certificates from the
    environment, no cookies, no redirects. *allow* lists the networks of one's own that may be reached all the same.
    *timeout* is in seconds, for each of connecting, reading and writing. Raises AddressRefused, which is an
    httpx.TransportError.
    """
    return Client(
        GuardedTransport(allow=allow, resolve=resolve or resolve_host, verify=verify),
        timeout=timeout,
        headers={"User-Agent": user_agent()},
    )


def user_agent() -> str:
    """Give `ostinato/<version>`: who asks, and nothing about whose installation it is."""
    try:
        return f"ostinato/{version('ostinato')}"
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "ostinato/0"


async def resolve_host(host: str, port: int) -> Sequence[str]:
    """Give the addresses of *host* in the system's order; decimal, hex and octal spellings become plain addresses."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Opens connections for httpcore: resolves, checks every address, connects to one that was checked."""

    def __init__(self, allow: Sequence[Network], resolve: Resolver) -> None:
        self._allow = tuple(allow)
        self._resolve = resolve
        self._network = Sockets()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in await self._checked(host, port, timeout):
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def _checked(self, host: str, port: int, timeout: float | None) -> Sequence[str]:
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._resolve(host, port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"{host} could not be resolved in time") from error
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} could not be resolved") from error
        for address in addresses:
            if reason := why_refused(ip_address(address), self._allow):
                shown = "" if address == host else f" stands for {address}, which"
                verb = "" if reason.startswith("carries") else "is "
                remedy = f"if it is yours, it is allowed by OSTINATO_ALLOW_NETWORKS={ip_network(address)}"
                raise AddressRefused(f"{host}{shown} {verb}{reason}; {remedy}, or a network that holds it")
        return addresses


class GuardedTransport(httpx.AsyncBaseTransport):
    """Connections through the guarded backend; every URL is checked, and where an answer redirects to."""

    def __init__(self, *, allow: Sequence[Network], resolve: Resolver, verify: ssl.SSLContext | None = None) -> None:
        self._connections = Connections(network=GuardedBackend(allow, resolve), verify=verify)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        check_url(request.url)
        response = await self._connections.handle_async_request(request)
        try:
            _check_location(request.url, response)
        except AddressRefused:
            await response.aclose()
            raise
        return response

    async def aclose(self) -> None:
        await self._connections.aclose()


def check_url(url: httpx.URL) -> None:
    """Raise AddressRefused unless *url* is http or https, names a host and a port, and carries no credentials."""
    if url.scheme not in ("http", "https"):
        raise AddressRefused(f"{url.scheme or 'no'} scheme: only http and https are read")
    if not url.host:
        raise AddressRefused("the URL names no host")
    if "%" in url.raw_host.decode("ascii") or not 0 < (url.port or 80) < 65_536:
        raise AddressRefused("not a valid URL: its host or port cannot be")
    if url.userinfo:
        raise AddressRefused("the URL carries credentials; take them out")


def _check_location(base: httpx.URL, response: httpx.Response) -> None:
    """Refuse a redirect to what is no web address; httpx parses it even when it does not follow, and may raise."""
    if response.has_redirect_location:
        try:
            target = base.join(response.headers["location"])
        except (httpx.InvalidURL, ValueError) as error:
            raise AddressRefused("redirects to what is not a valid URL") from error
        check_url(target)
