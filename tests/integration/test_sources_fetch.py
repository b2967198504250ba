from __future__ import annotations

import asyncio
import gzip
import time
import zlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx
import pytest

from domain.errors import SourceError
from sources.fetch import Fetched, fetch
from sources.guard import AddressRefused, guarded_client
from tests.integration.sources_server import HostileServer, open_client, patient_server, redirect, reply


def read(server: Callable[[HostileServer], Any], path: str = "/", **options: Any) -> tuple[Fetched, list[str]]:
    """Serve what *server* sets up and fetch *path* from it."""

    async def scenario() -> tuple[Fetched, list[str]]:
        async with HostileServer() as hostile, open_client() as client:
            server(hostile)
            return await fetch(client, hostile.url + path, **options), hostile.requests

    return asyncio.run(scenario())


def refusal(server: Callable[[HostileServer], Any], path: str = "/", **options: Any) -> str:
    """Serve what *server* sets up, fetch *path* from it, and give the reason why that failed."""
    with pytest.raises(SourceError) as caught:
        read(server, path, **options)
    return caught.value.reason


def serving(answer: bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]) -> Callable[[HostileServer], None]:
    return lambda server: server.answers.update({"/": answer})


def answers_of(*addresses: Sequence[str]) -> Callable[[str, int], Awaitable[Sequence[str]]]:
    """A resolver that gives the next list of *addresses* each time it is asked, and the last one ever after."""
    left = list(addresses)

    async def resolve(host: str, port: int) -> Sequence[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1", "localhost", "[::1]", "0.0.0.0", "0",
     "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::]"],
)  # fmt: skip
def test_no_spelling_of_this_machine_is_connected_to(host: str) -> None:
    async def scenario() -> list[str]:
        async with HostileServer() as server, guarded_client() as client:
            server.answers["/"] = reply(b"secret")
            with pytest.raises(SourceError, match=r"loopback|unspecified|not reachable|not a valid URL"):
                await fetch(client, f"http://{host}:{server.port}/")
            return server.requests

    assert asyncio.run(scenario()) == []


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("10.0.0.5", "private"),
        ("169.254.169.254", "link-local"),
        ("100.100.100.200", "special-purpose"),
        ("64:ff9b::a9fe:a9fe", "link-local"),
        ("2002:7f00:1::", "loopback"),
        ("::ffff:192.168.0.1", "private"),
        ("fd00:ec2::254", "private"),
    ],
)
def test_a_name_that_stands_for_a_private_address_is_refused_with_the_address(address: str, kind: str) -> None:
    async def scenario() -> None:
        async with guarded_client(resolve=answers_of([address])) as client:
            with pytest.raises(
                SourceError, match=rf"inner\.test stands for {address}.*{kind}.*allowed by OSTINATO_ALLOW_NETWORKS="
            ):
                await fetch(client, "http://inner.test/")

    asyncio.run(scenario())


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    async def scenario() -> None:
        async with guarded_client(resolve=answers_of(["93.184.215.14", "127.0.0.1"])) as client:
            with pytest.raises(SourceError, match=r"stands for 127\.0\.0\.1"):
                await fetch(client, "http://mixed.test/")

    asyncio.run(scenario())


def test_the_connection_goes_to_the_address_that_was_checked_and_to_no_later_answer() -> None:
    asked = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["192.0.2.1"]

    async def scenario() -> Fetched:
        async with HostileServer() as server, open_client(resolve) as client:
            server.answers["/"] = reply(b"hello")
            return await fetch(client, f"http://rebinding.test:{server.port}/")

    assert asyncio.run(scenario()).body == b"hello"
    assert asked == ["rebinding.test"]


def test_a_name_that_turns_private_between_two_reads_is_refused_at_the_second() -> None:
    async def scenario() -> None:
        async with HostileServer() as server, open_client(answers_of(["127.0.0.1"], ["10.0.0.1"])) as client:
            server.answers["/"] = reply(b"hello", Connection="keep-alive")
            url = f"http://turning.test:{server.port}/"
            assert (await fetch(client, url)).body == b"hello"
            with pytest.raises(SourceError, match=r"stands for 10\.0\.0\.1"):
                await fetch(client, url)

    asyncio.run(scenario())


def test_a_second_address_is_tried_when_the_first_does_not_answer() -> None:
    async def scenario() -> Fetched:
        async with HostileServer() as server, open_client(answers_of(["127.0.0.2", "127.0.0.1"])) as client:
            server.answers["/"] = reply(b"hello")
            return await fetch(client, f"http://two.test:{server.port}/")

    assert asyncio.run(scenario()).body == b"hello"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("file:///etc/passwd", "only http and https"),
        ("ftp://example.org/", "only http and https"),
        ("/etc/passwd", "only http and https"),
        ("javascript:alert(1)", "only http and https"),
        ("http://", "names no host"),
        ("http://owner:secret@example.org/", "credentials"),
        ("http://exa mple.org/", "not a valid URL"),
        ("http://example.org:99999/", "not a valid URL"),
        ("http://example.org/" + "x" * 3_000, "longer than"),
    ],
)
def test_a_url_that_is_none_of_ours_is_refused_before_any_look_up(url: str, reason: str) -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        raise AssertionError("nothing is to be looked up")

    async def scenario() -> None:
        async with guarded_client(resolve=resolve) as client:
            with pytest.raises(SourceError, match=reason) as caught:
                await fetch(client, url)
            assert "secret" not in caught.value.reason

    asyncio.run(scenario())


def test_the_client_alone_refuses_what_the_reader_refuses() -> None:
    async def scenario() -> None:
        async with HostileServer() as server, open_client() as client, guarded_client() as closed:
            server.answers["/"] = redirect("http://127.0.0.1/")
            assert (await client.get(server.url)).status_code == 302
            with pytest.raises(AddressRefused):
                await closed.get(server.url)
            with pytest.raises(AddressRefused, match="credentials"):
                await client.get(f"http://owner:secret@127.0.0.1:{server.port}/")
            with pytest.raises(AddressRefused, match="only http"):
                await client.get("ftp://127.0.0.1/")

    asyncio.run(scenario())


def test_redirects_are_followed_and_the_final_url_is_told() -> None:
    def server(hostile: HostileServer) -> None:
        hostile.answers |= {"/": redirect("/a"), "/a": redirect("b#part", "308 Permanent"), "/b": reply(b"there")}

    fetched, requests = read(server)
    assert fetched.body == b"there"
    assert httpx.URL(fetched.url).path == "/b"
    assert len(requests) == 3


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("file:///etc/passwd", "only http and https"),
        ("ftp://example.org/", "only http and https"),
        ("javascript:alert(1)", "only http and https"),
        ("data:text/html,x", "only http and https"),
        ("http://10.0.0.1/", r"10\.0\.0\.1 is a private"),
        ("http://169.254.169.254/latest/meta-data/", "link-local"),
        ("//[64:ff9b::a9fe:a9fe]/", "link-local"),
        ("http://[fe80::1]/", "link-local"),
        ("http://owner:secret@127.0.0.1/", "credentials"),
        ("http://[::1", "not a valid URL"),
    ],
)
def test_a_redirect_to_where_no_source_lives_is_not_followed(location: str, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        read(serving(redirect(location)))


def test_an_allowed_site_cannot_redirect_into_the_network_around_it() -> None:
    async def scenario() -> list[str]:
        async with HostileServer() as inner, HostileServer() as outer:
            resolve = answers_of(["127.0.0.1"], ["10.0.0.7"])
            async with open_client(resolve) as client:
                outer.answers["/"] = redirect(f"http://inner.test:{inner.port}/")
                with pytest.raises(SourceError, match=r"stands for 10\.0\.0\.7"):
                    await fetch(client, f"http://outer.test:{outer.port}/")
            return inner.requests

    assert asyncio.run(scenario()) == []


def test_redirects_in_a_circle_end() -> None:
    def server(hostile: HostileServer) -> None:
        hostile.answers |= {"/": redirect("/a"), "/a": redirect("/")}

    assert "in a circle" in refusal(server)


def test_endless_redirects_end_after_five() -> None:
    def server(hostile: HostileServer) -> None:
        hostile.answers |= {f"/{number}": redirect(f"/{number + 1}") for number in range(50)}

    async def scenario() -> int:
        async with HostileServer() as hostile, open_client() as client:
            server(hostile)
            with pytest.raises(SourceError, match="more than 5 redirects"):
                await fetch(client, f"{hostile.url}/0")
            return len(hostile.requests)

    assert asyncio.run(scenario()) == 6


def test_a_gzip_bomb_is_stopped_at_the_limit() -> None:
    bomb = gzip.compress(bytes(100_000_000))
    assert len(bomb) < 200_000
    assert refusal(serving(reply(bomb, Content_Encoding="gzip"))) == "larger than 5 MB"


def test_a_deflate_bomb_is_stopped_at_the_limit() -> None:
    bomb = zlib.compress(bytes(50_000_000))
    assert refusal(serving(reply(bomb, Content_Encoding="deflate")), limit_bytes=1_000_000) == "larger than 1 MB"


def test_a_bomb_in_a_bomb_is_not_opened() -> None:
    twice = gzip.compress(gzip.compress(bytes(10_000_000)))
    assert "which was not asked for" in refusal(serving(reply(twice, Content_Encoding="gzip, gzip")))


def test_an_encoding_that_was_not_asked_for_is_refused() -> None:
    assert "'br', which was not asked for" in refusal(serving(reply(b"\x8b\x02\x80", Content_Encoding="br")))


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(b"hello " * 1000, mtime=0)),  # or the workers see tests of different names
        ("x-gzip", gzip.compress(b"hello " * 1000, mtime=0)),
        ("deflate", zlib.compress(b"hello " * 1000)),
        ("deflate", zlib.compress(b"hello " * 1000)[2:-4]),
        ("identity", b"hello " * 1000),
    ],
)
def test_a_compressed_body_arrives_whole(encoding: str, packed: bytes) -> None:
    fetched, _ = read(serving(reply(packed, Content_Encoding=encoding)))
    assert fetched.body == b"hello " * 1000


def test_a_damaged_or_cut_gzip_body_is_an_error() -> None:
    assert "damaged" in refusal(serving(reply(b"no gzip at all", Content_Encoding="gzip")))
    cut = gzip.compress(b"hello " * 1000)[:-12]
    assert "cut short" in refusal(serving(reply(cut, Content_Encoding="gzip")))


def test_an_announced_size_over_the_limit_is_refused_without_reading() -> None:
    assert refusal(serving(reply(b"x" * 2_000, Content_Length="999999999999"))) == "larger than 5 MB"


def test_an_endless_body_is_stopped_at_the_limit() -> None:
    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    assert refusal(serving(endless)) == "larger than 5 MB"


def _dripping(head: bytes, drop: bytes) -> Callable[[asyncio.StreamWriter], Awaitable[None]]:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:  # each drop comes well within the time-out for one read
            writer.write(drop)
            await writer.drain()
            await asyncio.sleep(0.02)

    return drip


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "], ids=["body", "headers"]
)
def test_a_server_that_drips_is_left_at_the_deadline(head: bytes) -> None:
    started = time.monotonic()
    assert refusal(serving(_dripping(head, b"x")), seconds=0.4) == "not read within 0.4 s"
    assert time.monotonic() - started < 3.0


def test_a_server_that_says_nothing_is_left_at_the_time_out() -> None:
    async def silent(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    async def scenario() -> None:
        async with HostileServer() as server, open_client(timeout=0.2) as client:
            server.answers["/"] = silent
            with pytest.raises(SourceError, match="did not answer in time"):
                await fetch(client, server.url)

    asyncio.run(scenario())


def test_a_resolver_that_hangs_is_left_at_the_time_out() -> None:
    async def hanging(host: str, port: int) -> Sequence[str]:
        await asyncio.sleep(30)
        return []

    async def scenario() -> None:
        async with open_client(hanging, timeout=0.1) as client:
            with pytest.raises(SourceError, match="in time"):
                await fetch(client, "http://slow.test/")

    asyncio.run(scenario())


def test_nobody_listening_is_an_error_of_the_source() -> None:
    async def scenario() -> None:
        async with HostileServer() as server:
            port = server.port
        async with open_client() as client:
            with pytest.raises(SourceError, match="not reachable"):
                await fetch(client, f"http://127.0.0.1:{port}/")

    asyncio.run(scenario())


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\ncut"])
def test_an_answer_that_is_no_http_is_an_error_of_the_source(answer: bytes) -> None:
    assert "not reachable" in refusal(serving(answer))


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("401 Unauthorized", "it asks for a login (401)"),
        ("403 Forbidden", "it refuses this reader (403)"),
        ("404 Not Found", "there is no such page (404)"),
        ("410 Gone", "the page is gone for good (410)"),
        ("500 Broken", "the server failed (500)"),
        ("503 Busy", "the server failed (503)"),
        ("204 No Content", "it answered 204"),
        ("206 Partial", "it answered 206"),
        ("304 Not Modified", "it answered 304"),
        ("302 Found", "it answered 302"),
    ],
)
def test_a_status_that_brings_no_page_is_told_in_words(status: str, reason: str) -> None:
    assert refusal(serving(reply(status=status))) == reason


def test_being_asked_to_slow_down_names_the_wait() -> None:
    answer = reply(status="429 Too Many Requests", Retry_After="120")
    assert refusal(serving(answer)) == "it asks to be read less often (429); it said to wait 120 s"


def test_a_challenge_by_status_is_a_bot_wall() -> None:
    assert "bot wall" in refusal(serving(reply(status="403 Forbidden", cf_mitigated="challenge")))


def test_a_second_read_is_conditional_and_an_unchanged_answer_is_not_modified() -> None:
    def first(hostile: HostileServer) -> None:
        hostile.answers["/"] = reply(b"x", ETag='W/"1"', Last_Modified="Sat, 01 Nov 2025 00:00:00 GMT")

    fetched, _ = read(first)
    assert (fetched.etag, fetched.last_modified) == ('W/"1"', "Sat, 01 Nov 2025 00:00:00 GMT")
    again, requests = read(
        serving(reply(status="304 Not Modified")), etag=fetched.etag, last_modified=fetched.last_modified
    )
    assert again.not_modified
    assert again.body == b""
    assert 'If-None-Match: W/"1"' in requests[0]
    assert "If-Modified-Since: Sat, 01 Nov 2025 00:00:00 GMT" in requests[0]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 304 Not Modified\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 99999999\r\nContent-Encoding: br\r\n\r\n",
    ],
)
def test_two_reads_of_one_server_share_a_connection(answer: bytes) -> None:
    async def scenario() -> list[int]:
        async with patient_server(answer) as (url, requests):
            async with open_client() as client:
                for _ in range(2):
                    fetched = await fetch(client, url, etag='"1"')
                    assert fetched.not_modified is (b"304" in answer)
            return requests

    assert asyncio.run(scenario()) == ([1, 1] if b"99999999" in answer else [2])


def test_the_request_says_who_asks_and_nothing_else() -> None:
    _, requests = read(serving(reply(b"x")))
    lines = requests[0].strip().split("\r\n")[1:]
    fields = dict(line.split(": ", 1) for line in lines)
    assert set(fields) == {"Host", "Accept", "Accept-Encoding", "Connection", "User-Agent"}
    assert fields["User-Agent"].startswith("ostinato/")


def test_cookies_are_not_kept() -> None:
    async def scenario() -> list[str]:
        async with HostileServer() as server, open_client() as client:
            server.answers |= {"/": reply(status="302 Found", Location="/a", Set_Cookie="id=7"), "/a": reply(b"x")}
            await fetch(client, server.url)
            return server.requests

    assert "cookie" not in asyncio.run(scenario())[1].lower()


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert read(serving(reply(b"direct")))[0].body == b"direct"


def test_the_charset_of_the_header_is_told() -> None:
    fetched, _ = read(serving(reply(b"x", kind='text/html; charset="ISO-8859-2"')))
    assert (fetched.content_type, fetched.charset) == ("text/html", "iso-8859-2")
    fetched, _ = read(serving(reply(b"x", kind="")))
    assert (fetched.content_type, fetched.charset) == ("", None)
