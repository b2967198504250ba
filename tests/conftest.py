"""What every test stands on: no network outside loopback, and no settings from the developer's own environment."""

from __future__ import annotations

import ipaddress
import os
import socket
import ssl
from collections.abc import Iterator
from functools import cache

import pytest
import structlog
from hypothesis import HealthCheck, settings

from tests.postgresql_server import serving
from tests.unrun import unrun

# How long an example takes says something about the machine and what else it does, and nothing about the program.
settings.register_profile("by_what_it_does", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("by_what_it_does")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the tests that did not run because something is missing."""
    if lines := unrun(terminalreporter.stats.get("skipped", ())):
        terminalreporter.section("did not run, since something is missing")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session", autouse=True)
def certificates_read_once() -> Iterator[None]:
    """Read the file of the public authorities once: it takes 25 ms, and every client that is made reads it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", cache(ssl.create_default_context))
        yield


@pytest.fixture(scope="session", autouse=True)
def plain_tracebacks() -> None:
    """Log errors as Python prints them: drawing a box around each frame takes half a second."""
    *first, _ = structlog.get_config()["processors"]
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*first, plain])


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL server, started once for the session and shared by all its workers."""
    with serving() as server:
        yield server


def _refuse_foreign(address: object) -> None:
    if isinstance(address, tuple) and address:
        host = str(address[0]).split("%")[0]
        try:
            local = host == "localhost" or ipaddress.ip_address(host).is_loopback
        except ValueError:
            local = False
        if not local:
            raise OSError(f"tests may not reach the network: {address!r}")


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection to another machine."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded_connect(self: socket.socket, address: object) -> None:
        _refuse_foreign(address)
        return connect(self, address)  # type: ignore[arg-type]

    def guarded_connect_ex(self: socket.socket, address: object) -> int:
        _refuse_foreign(address)
        return connect_ex(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_connect_ex)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the developer's own settings and proxies out of the environment."""
    for name in list(os.environ):
        if name.startswith(("OSTINATO_", "OPENAI_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
