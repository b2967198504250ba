from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import time
from pathlib import Path

import httpx
import pytest

from commands.watched import ping
from domain.errors import SettingsError
from settings import load
from sources.guard import guarded_client

URL = "https://ping.example/secret-id"


def pinged(handler: Callable[[httpx.Request], httpx.Response]) -> bool:
    async def play() -> bool:
        async with httpx.AsyncClient(transport=httpx.MockTransport(handler)) as client:
            return await ping(client, URL)

    return asyncio.run(play())


def test_a_ping_that_is_answered_with_2xx_has_arrived() -> None:
    asked: list[tuple[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.method, str(request.url)))
        return httpx.Response(200)

    assert pinged(answer)
    assert asked == [("GET", URL)]


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_ping_that_is_answered_otherwise_has_not(status: int, capfd: pytest.CaptureFixture[str]) -> None:
    assert not pinged(lambda _: httpx.Response(status, headers={"location": "https://elsewhere.example"}))
    assert "secret-id" not in "".join(capfd.readouterr())


def test_a_ping_that_meets_nobody_has_not_arrived() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    assert not pinged(refuse)


def test_a_ping_does_not_reach_a_private_address() -> None:
    async def play() -> bool:
        async with guarded_client() as client:
            return await ping(client, "http://127.0.0.1:9/")

    assert not asyncio.run(play())


def test_the_settings_of_monitoring_are_read_and_off_by_default(tmp_path: Path) -> None:
    home = {"OSTINATO_HOME": str(tmp_path)}
    default = load(home)
    given = load(
        home
        | {
            "OSTINATO_HEALTH_PORT": "8790",
            "OSTINATO_DIGEST_AT": "07:30",
            "OSTINATO_TIMEZONE": "Europe/Berlin",
            "OSTINATO_PING_URL": URL,
        }
    )

    assert (default.health_port, default.digest_at, default.ping_url, default.timezone.key) == (None, None, None, "UTC")
    assert (given.health_port, given.digest_at, given.timezone.key) == (8790, time(7, 30), "Europe/Berlin")
    assert given.ping_url == URL
    assert URL not in repr(given)


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("OSTINATO_DIGEST_AT", "7 o'clock", "07:00"),
        ("OSTINATO_DIGEST_AT", "24:00", "07:00"),
        ("OSTINATO_TIMEZONE", "Middle/Earth", "Europe/Berlin"),
        ("OSTINATO_TIMEZONE", "/etc/passwd", "Europe/Berlin"),
        ("OSTINATO_HEALTH_PORT", "0", "1 to 65535"),
    ],
)
def test_a_wrong_setting_is_named_with_its_remedy(tmp_path: Path, name: str, value: str, remedy: str) -> None:
    with pytest.raises(SettingsError) as error:
        load({"OSTINATO_HOME": str(tmp_path), name: value})

    (problem,) = error.value.problems
    assert problem.field == name
    assert remedy in problem.reason
