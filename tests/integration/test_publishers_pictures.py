"""A post with a picture against the sandbox on a port: uploaded before it is intended, named in it, found again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import httpx
import pytest

from domain.errors import ApiError, ApiRefused, ApiUnavailable, ApiUnclear, LeaseLost
from domain.picture import Attachment
from domain.publication import Outcome, Publication, Settlement
from publishers.keys import KeySetting, KeySupport
from publishers.uploading import XUploads, upload_key
from publishers.x import XPublisher
from sandbox.options import SandboxOptions
from sandbox.serve import SandboxServer
from tests.memory_windows import MemoryWindows
from xquik.limits import UNLIMITED, Limiter
from xquik.transport import Retries, Transport

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
TEXT = "Q&A: is 1 < 2? See https://example.com/notes?a=1&b=2 for café numbers."
ALT = "Two bars"


def clock() -> datetime:
    return datetime.now(UTC)


async def no_pause(_: float) -> None:
    pass


class Stage:
    """A sandbox, its admin door, and one post with a picture to play with."""

    def __init__(self, server: SandboxServer) -> None:
        self.server = server
        self.admin = httpx.Client(base_url=server.admin_url)
        self.publication = Publication("p1", "r1", "t", "ostinato_demo", 0, 0, 0, "i-r1-0-0-0", TEXT, None, clock())

    def fault(self, kind: str, path: str, **params: Any) -> None:
        body = {"kind": kind, "match": {"method": "POST", "path": path}, **params}
        self.admin.post("/faults", json=body).raise_for_status()

    def view(self, kind: str) -> None:
        self.admin.post("/faults", json={"kind": kind, "times": None}).raise_for_status()

    def tweets(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self.admin.get("/tweets").json()["tweets"]
        return listed

    def requests(self, path: str) -> list[dict[str, Any]]:
        asked = self.admin.get("/requests").json()["requests"]
        return [each for each in asked if each["path"].endswith(path) and each["account"]]

    def play(self, deed: Callable[[XUploads, XPublisher], Awaitable[Any]]) -> Any:
        async def scenario() -> Any:
            async with httpx.AsyncClient() as client:
                transport = Transport(
                    base_url=self.server.base_url,
                    key="xq_test",
                    client=client,
                    limits=Limiter(MemoryWindows(), clock=clock, tiers=UNLIMITED),
                    clock=clock,
                    timeout=5,
                    retries=Retries(attempts=1, first=0, longest=0, jitter=0),
                )
                keys = KeySupport(transport, KeySetting.AUTO)
                return await deed(XUploads(transport, sleep=no_pause), XPublisher(transport, keys=keys, sleep=no_pause))

        return asyncio.run(scenario())

    def upload(self, content: bytes = PNG, publication: Publication | None = None) -> Attachment:
        def deed(uploads: XUploads, _: XPublisher) -> Awaitable[Attachment]:
            return uploads.upload(publication or self.publication, content, "image/png", ALT, may_send=lambda: None)

        found: Attachment = self.play(deed)
        return found

    def send(self, publication: Publication) -> Settlement:
        settled: Settlement = self.play(lambda _, publisher: publisher.send(publication, may_send=lambda: None))
        return settled

    def ask(self, publication: Publication) -> Settlement:
        settled: Settlement = self.play(
            lambda _, publisher: publisher.ask(publication, taken=(), may_send=lambda: None)
        )
        return settled


def staged(api: Literal["durable", "seed"]) -> Iterator[Stage]:
    with SandboxServer(SandboxOptions(api=api, limits=False)) as server:
        stage = Stage(server)
        yield stage
        stage.admin.close()


@pytest.fixture(params=["durable", "seed"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    yield from staged(request.param)


@pytest.fixture
def durable() -> Iterator[Stage]:
    yield from staged("durable")


@pytest.fixture
def seed() -> Iterator[Stage]:
    yield from staged("seed")


def test_what_was_uploaded_is_shown_with_the_tweet(stage: Stage) -> None:
    attachment = stage.upload()

    settled = stage.send(replace(stage.publication, picture=attachment))

    (tweet,) = stage.tweets()
    assert (settled.outcome, settled.tweet_id) == (Outcome.CONFIRMED, tweet["id"])
    (shown,) = tweet["media"]
    assert shown["mediaUrl"] == attachment.media_url
    assert stage.admin.get(shown["mediaUrl"]).content == PNG
    assert attachment.alt == ALT


def test_the_same_bytes_are_uploaded_once_where_keys_are_honoured(durable: Stage) -> None:
    first, again, other = durable.upload(), durable.upload(), durable.upload(PNG + b"!")

    assert first.media_id == again.media_id != other.media_id


def test_an_upload_is_repeated_under_a_key_that_lasts_an_hour_and_means_these_bytes() -> None:
    publication = Publication("p1", "r1", "t", "a", 0, 0, 2, "i-r1-0-0-2", TEXT, None, clock())
    at = datetime(2026, 5, 6, 12, 10, tzinfo=UTC)
    key = upload_key(publication, PNG, at)

    assert key.startswith("i-r1-0-0-2-picture-")
    assert key == upload_key(publication, PNG, at + timedelta(minutes=49))
    assert key not in {upload_key(publication, PNG, at + timedelta(hours=1)), upload_key(publication, b"", at)}


@pytest.mark.parametrize(
    ("fault", "params", "error"),
    [
        ("drop_before", {}, ApiUnclear),
        ("drop_after", {}, ApiUnclear),
        ("error_after", {}, ApiUnclear),
        ("cut_body", {}, ApiUnclear),
        ("error", {"status": 422, "code": "media_download_failed"}, ApiRefused),
        ("pending", {"settle_after": 3600}, ApiUnavailable),
    ],
)
def test_an_upload_that_fails_posts_nothing_and_may_be_repeated(
    durable: Stage, fault: str, params: dict[str, Any], error: type[ApiError]
) -> None:
    durable.fault(fault, "/x/media", **params)

    with pytest.raises(error):
        durable.upload()

    assert durable.tweets() == []
    if fault != "pending":
        assert durable.upload().media_id


def test_a_pending_upload_is_followed_until_it_is_done(durable: Stage) -> None:
    durable.fault("pending", "/x/media", settle_polls=2)

    assert durable.upload().media_id


def test_an_upload_that_failed_for_good_is_not_done_later(durable: Stage) -> None:
    durable.fault("pending", "/x/media", settle_polls=1, outcome="failed")

    with pytest.raises(ApiUnavailable, match="X did not accept the action"):
        durable.upload()


def test_nothing_is_uploaded_by_a_worker_that_lost_its_lease(stage: Stage) -> None:
    def lost() -> None:
        raise LeaseLost("r1")

    with pytest.raises(LeaseLost):
        stage.play(lambda uploads, _: uploads.upload(stage.publication, PNG, "image/png", ALT, may_send=lost))

    assert stage.requests("/x/media") == []


def test_a_replay_sends_the_same_picture_under_the_same_key(durable: Stage) -> None:
    publication = replace(durable.publication, picture=durable.upload())
    durable.fault("drop_after", "/x/tweets")
    assert durable.send(publication).outcome is Outcome.UNKNOWN

    found = durable.ask(publication)
    without = durable.ask(replace(publication, picture=None))

    (tweet,) = durable.tweets()
    assert (found.outcome, found.found_by, found.tweet_id) == (Outcome.CONFIRMED, "replay", tweet["id"])
    assert without.found_by == "timeline"  # the key answers for the body with the picture only


def test_a_post_with_a_picture_is_found_in_a_timeline_that_ends_it_with_a_link(seed: Stage) -> None:
    seed.view("tco")
    publication = replace(seed.publication, picture=seed.upload())
    seed.fault("drop_after", "/x/tweets")
    assert seed.send(publication).outcome is Outcome.UNKNOWN

    found = seed.ask(publication)

    (tweet,) = seed.tweets()
    assert (found.outcome, found.found_by, found.tweet_id) == (Outcome.CONFIRMED, "timeline", tweet["id"])


def test_a_server_that_wants_urls_gets_the_url_under_a_new_key(stage: Stage) -> None:
    by_id = replace(stage.publication, picture=stage.upload())
    stage.fault("error", "/x/tweets", status=400, code="unsupported_field")

    refused = stage.send(by_id)

    assert (refused.outcome, refused.reason) == (Outcome.DEFERRED, "unsupported_field")
    assert by_id.picture is not None
    by_url = replace(by_id, attempt=1, idempotency_key="i-r1-0-0-1", picture=replace(by_id.picture, by_url=True))
    assert stage.send(by_url).outcome is Outcome.CONFIRMED
    (tweet,) = stage.tweets()
    assert [each["mediaUrl"] for each in tweet["media"]] == [by_id.picture.media_url]


def test_a_server_that_wants_neither_refuses_the_post(stage: Stage) -> None:
    by_url = replace(stage.publication, picture=replace(stage.upload(), by_url=True))
    stage.fault("error", "/x/tweets", status=400, code="unsupported_field")

    assert stage.send(by_url).outcome is Outcome.REFUSED
