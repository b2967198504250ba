"""Sounds and pictures at URLs are fetched through the guarded client, and told by their content alone."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable, Iterator

import pytest

from domain.errors import SourceError
from scheduler.process_pool import ProcessPool
from sources.guard import guarded_client
from sources.image import examine
from sources.media import Loaded, fetch_audio, fetch_image
from tests.integration.sources_server import Answer, HostileServer, open_client, redirect, reply
from tests.media_files import picture, png_bomb, wav

ENDLESS = reply(picture(), kind="image/png", Content_Length=str(11 * 1024 * 1024))
PACKED = gzip.compress(picture() + bytes(30 * 1024 * 1024))


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPool]:
    pool = ProcessPool(seconds=20.0)
    yield pool
    pool.close()


def fetched(answer: Answer, fetch: Callable[..., object] = fetch_image) -> Loaded:
    async def scenario() -> Loaded:
        async with HostileServer() as server, open_client() as client:
            server.answers |= {"/": answer, "/moved": reply(picture(), kind="text/plain")}
            return await (fetch_audio if fetch is fetch_audio else fetch_image)(f"{server.url}/", client=client)

    return asyncio.run(scenario())


def test_a_file_is_what_it_holds_whatever_its_server_calls_it() -> None:
    assert fetched(reply(picture(), kind="application/octet-stream")).media_type == "image/png"
    assert fetched(redirect("/moved")).content == picture()
    assert fetched(reply(wav(), kind="image/png"), fetch_audio).media_type == "audio/wav"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (reply(b"<html>Log in</html>"), "a web page, not the file itself; name the file's own URL"),
        (reply(b"MZ\x90\x00", kind="image/png"), "it is none of image/png, image/jpeg, image/gif, image/webp"),
        (reply(wav(), kind="image/png"), "it is audio/wav, and none of image/png"),
        (reply(b"", kind="image/png"), "it is empty"),
        (reply(picture() + bytes(11 * 1024 * 1024), kind="image/png"), "larger than 10.5 MB"),
        (ENDLESS, "larger than 10.5 MB"),
        (reply(PACKED, kind="image/png", Content_Encoding="gzip"), "larger than 10.5 MB"),
        (reply(status="404 Not Found"), "there is no such page (404)"),
        (redirect("file:///etc/passwd"), "only http and https are read"),
    ],
)
def test_what_is_no_picture_or_too_large_is_refused_with_the_reason(answer: Answer, why: str) -> None:
    with pytest.raises(SourceError) as refused:
        fetched(answer)
    assert why in refused.value.reason


def test_a_picture_is_no_sound() -> None:
    with pytest.raises(SourceError, match="it is image/png, and none of audio/wav"):
        fetched(reply(picture(), kind="audio/wav"), fetch_audio)


@pytest.mark.parametrize("fetch", [fetch_audio, fetch_image])
def test_no_private_address_is_reached(fetch: Callable[..., object]) -> None:
    async def scenario() -> list[str]:
        async with HostileServer() as server, guarded_client() as client:
            server.answers["/"] = reply(picture())
            with pytest.raises(SourceError, match="OSTINATO_ALLOW_NETWORKS"):
                await (fetch_audio if fetch is fetch_audio else fetch_image)(f"{server.url}/", client=client)
            return server.requests

    assert asyncio.run(scenario()) == []


def test_a_picture_is_taken_apart_in_a_process_of_its_own_and_a_bomb_leaves_it_whole(pool: ProcessPool) -> None:
    async def scenario() -> tuple[str, int]:
        with pytest.raises(SourceError) as refused:
            await examine(Loaded("bomb.png", png_bomb(7_000), "image/png"), offload=pool, recognise=True)
        facts = await examine(Loaded("a.png", picture(), "image/png"), offload=pool, recognise=False)
        pool.close()
        return str(refused.value), facts.width

    assert asyncio.run(scenario()) == ("bomb.png: it has more than 40 million points; make it smaller", 120)


def test_a_picture_that_needs_too_much_memory_is_refused_and_not_the_daemon() -> None:
    async def scenario() -> str:
        small = ProcessPool(seconds=20.0, megabytes=60)
        try:
            with pytest.raises(SourceError) as refused:
                await examine(Loaded("large.png", png_bomb(6_000), "image/png"), offload=small, recognise=False)
        finally:
            small.close()
        return refused.value.reason

    assert asyncio.run(scenario()) == "the picture needed too much memory to take apart"
