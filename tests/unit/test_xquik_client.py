from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from xquik.client import Client

URL = "http://harbour.example/boats"


def answered(
    act: Callable[[Client], object], answer: Callable[[httpx.Request], httpx.Response]
) -> tuple[list[httpx.Request], object]:
    """Let *act* use a client whose transport answers so; give the requests that reached it and what *act* gave."""
    asked: list[httpx.Request] = []

    def note(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return answer(request)

    async def use() -> object:
        async with Client(httpx.MockTransport(note), timeout=7.0, headers={"User-Agent": "ours"}) as client:
            given = act(client)
            return await given if asyncio.iscoroutine(given) else given

    return asked, asyncio.run(use())


def fine(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, text="twelve")


def test_headers_of_a_request_win_over_the_clients_whatever_their_case() -> None:
    asked, _ = answered(lambda client: client.get(URL, headers={"USER-AGENT": "mine", "X-More": "1"}), fine)
    assert asked[0].headers.get_list("user-agent") == ["mine"]
    assert asked[0].headers["x-more"] == "1"
    asked, _ = answered(lambda client: client.get(URL), fine)
    assert asked[0].headers["user-agent"] == "ours"
    assert asked[0].headers["host"] == "harbour.example"


def test_it_builds_what_httpx_builds() -> None:
    headers = {"content-type": "application/json", "X-Key": "k"}
    for given in (
        {"content": b"{}", "headers": headers},
        {"params": {"q": "a b"}},
        {"json": {"boats": 12}, "timeout": 3.0},
        {"timeout": httpx.Timeout(9.0, connect=1.0)},
    ):
        plain = httpx.AsyncClient(headers={"User-Agent": "ours"}, timeout=7.0, trust_env=False)
        expected = plain.build_request("POST", f"{URL}?x=%2F#end", **given)
        found = Client(httpx.MockTransport(fine), timeout=7.0, headers={"User-Agent": "ours"}).build_request(
            "POST", f"{URL}?x=%2F#end", **given
        )
        assert (found.method, found.url, found.content) == (expected.method, expected.url, expected.content)
        assert sorted(found.headers.raw) == sorted(expected.headers.raw)
        assert found.extensions == expected.extensions


def test_an_answer_is_read_and_belongs_to_its_request() -> None:
    asked, answer = answered(lambda client: client.get(URL), fine)
    assert isinstance(answer, httpx.Response)
    assert answer.content == b"twelve"
    assert answer.request.url == asked[0].url


def test_a_redirect_is_given_and_no_cookie_kept() -> None:
    def away(_: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers={"location": "http://elsewhere.example/", "set-cookie": "seen=1"})

    async def twice(client: Client) -> httpx.Response:
        await client.get(URL)
        return await client.get(URL)

    asked, answer = answered(twice, away)
    assert [request.url for request in asked] == [URL, URL]
    assert "cookie" not in asked[1].headers
    assert isinstance(answer, httpx.Response)
    assert answer.status_code == 302


@pytest.mark.parametrize("more", [{"follow_redirects": True}, {"auth": ("user", "word")}])
def test_what_it_does_not_do_is_refused_before_anything_is_sent(more: dict[str, Any]) -> None:
    async def ask(client: Client) -> None:
        with pytest.raises(ValueError, match="neither follows redirects nor authenticates"):
            await client.send(client.build_request("GET", URL), **more)

    asked, _ = answered(ask, fine)
    assert asked == []


def test_an_error_of_the_transport_names_its_request() -> None:
    def gone(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody there")

    async def ask(client: Client) -> str:
        with pytest.raises(httpx.ConnectError) as found:
            await client.get(URL)
        return str(found.value.request.url)

    assert answered(ask, gone)[1] == URL


def test_a_closed_client_sends_nothing() -> None:
    async def ask(client: Client) -> None:
        await client.aclose()
        with pytest.raises(RuntimeError, match="closed"):
            await client.get(URL)

    assert answered(ask, fine)[0] == []
