"""Finding a publication in timelines that show less than the sandbox does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from domain.picture import Attachment
from domain.publication import Outcome, Publication, Settlement
from publishers.keys import KeySetting, KeySupport
from publishers.x import XPublisher
from tests.memory_windows import MemoryWindows
from xquik.limits import UNLIMITED, Limiter
from xquik.transport import Retries, Transport

NOW = datetime(2026, 5, 6, 12, 0, tzinfo=UTC)
PUBLICATION = Publication("p", "r", "t", "Ada", 0, 0, 0, "i-r-0-0-0", "See example.com/a", None, NOW)
THIRD = replace(PUBLICATION, part=2, reply_to="19")
SEED_ACCOUNTS = {"accounts": [{"id": "1", "username": "ada", "isActive": True}]}


def tweet(number: int, text: str = "See https://example.com/a", **fields: Any) -> dict[str, Any]:
    created = NOW + timedelta(seconds=number)
    return {"id": str(number), "text": text, "createdAt": created.isoformat(), **fields}


class Api:
    """An API that knows what it was told, by path and query, and nothing else; it keeps what it was asked."""

    def __init__(self, **answers: Any) -> None:
        self.answers: dict[str, Any] = {
            "/x/accounts": SEED_ACCOUNTS,
            "/x/users/ada": {"id": "900", "username": "ada", "name": "Ada"},
        }
        self.answers |= {path.replace("__", "/"): body for path, body in answers.items()}
        self.asked: list[str] = []

    def timeline(self, *pages: list[dict[str, Any]]) -> Api:
        for number, tweets in enumerate(pages):
            last = number == len(pages) - 1
            body = {"tweets": tweets, "has_next_page": not last, "next_cursor": "" if last else f"c{number + 1}"}
            self.answers[f"/x/users/900/tweets?c{number}" if number else "/x/users/900/tweets?"] = body
        return self

    def show(self, found: dict[str, Any]) -> Api:
        self.answers[f"/x/tweets/{found['id']}"] = {"tweet": found, "author": {"id": "900"}}
        return self

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v1")
        if path.endswith("/tweets"):
            assert request.url.params["includeReplies"] == "true"
            path += "?" + request.url.params.get("cursor", "")
        self.asked.append(path)
        if path not in self.answers:
            return httpx.Response(404, json={"error": "not_found"})
        return httpx.Response(200, json=self.answers[path])


def ask(api: Callable[[httpx.Request], httpx.Response], publication: Publication = PUBLICATION) -> Settlement:
    def clock() -> datetime:
        return NOW

    async def scenario() -> Settlement:
        async with httpx.AsyncClient(transport=httpx.MockTransport(api)) as client:
            transport = Transport(
                base_url="http://127.0.0.1/api/v1",
                key="xq_test",
                client=client,
                limits=Limiter(MemoryWindows(), clock=clock, tiers=UNLIMITED),
                clock=clock,
                retries=Retries(attempts=1),
            )
            publisher = XPublisher(transport, keys=KeySupport(transport, KeySetting.NO))
            return await publisher.ask(publication, taken=(), may_send=lambda: None)

    return asyncio.run(scenario())


def test_where_the_list_of_accounts_leaves_x_s_id_out_the_user_is_asked() -> None:
    api = Api().timeline([tweet(1)])

    assert ask(api).tweet_id == "1"
    assert api.asked == ["/x/accounts", "/x/users/ada", "/x/users/900/tweets?"]


def test_where_the_list_of_accounts_has_x_s_id_nothing_is_paid_for_it() -> None:
    accounts = {"accounts": [{"id": "1", "xUserId": "900", "xUsername": "Ada", "status": "active"}]}
    api = Api(__x__accounts=accounts).timeline([tweet(1)])

    assert ask(api).tweet_id == "1"
    assert "/x/users/ada" not in api.asked


def test_a_pinned_tweet_at_the_top_does_not_end_the_search() -> None:
    pinned = tweet(-90_000, "Pinned long ago")
    api = Api().timeline([pinned, tweet(9, "Another")], [tweet(1)])

    assert ask(api).tweet_id == "1"


def test_the_search_ends_with_a_page_that_is_old_altogether() -> None:
    api = Api().timeline([tweet(-500, "Old"), tweet(-600, "Older")], [tweet(1)])

    assert ask(api).outcome is Outcome.UNKNOWN
    assert "/x/users/900/tweets?c1" not in api.asked


def test_a_server_that_repeats_its_cursor_is_not_read_for_ever() -> None:
    api = Api().timeline([tweet(9, "Another")], [tweet(8, "Another")])
    api.answers["/x/users/900/tweets?c1"] |= {"has_next_page": True, "next_cursor": "c1"}

    assert ask(api).outcome is Outcome.UNKNOWN
    assert api.asked.count("/x/users/900/tweets?c1") == 1


def test_a_short_link_that_the_list_leaves_unexplained_is_looked_up() -> None:
    short = tweet(1, "See https://t.co/abc")
    links = [{"url": "https://t.co/abc", "expanded_url": "http://example.com/a"}]

    assert ask(Api().timeline([short])).outcome is Outcome.UNKNOWN
    assert ask(Api().timeline([short]).show(short)).outcome is Outcome.UNKNOWN
    assert ask(Api().timeline([short]).show(short | {"entities": {"urls": links}})).tweet_id == "1"


@pytest.mark.parametrize(
    ("parent", "outcome"),
    [
        (tweet(19, "Two of three", conversationId="18"), Outcome.CONFIRMED),
        (tweet(19, "Two of three", conversationId="7"), Outcome.UNKNOWN),
        (tweet(20, "Gone"), Outcome.UNKNOWN),
    ],
)
def test_where_no_parent_is_shown_the_conversation_must_be_the_parent_s(
    parent: dict[str, Any], outcome: Outcome
) -> None:
    api = Api().timeline([tweet(30, isReply=True, conversationId="18")]).show(parent)

    assert ask(api, THIRD).outcome is outcome


def test_a_reply_below_its_own_root_needs_no_look_at_the_parent() -> None:
    api = Api().timeline([tweet(30, isReply=True, conversationId="19")])

    assert ask(api, THIRD).tweet_id == "30"


def test_a_timeline_of_the_seed_s_paging_is_followed() -> None:
    api = Api()
    api.answers["/x/users/900/tweets?"] = {"tweets": [tweet(9, "Another")], "hasMore": True, "nextCursor": "c1"}
    api.answers["/x/users/900/tweets?c1"] = {"tweets": [tweet(1)], "hasMore": False}

    assert ask(api).tweet_id == "1"


def test_a_candidate_that_is_gone_meanwhile_does_not_end_the_search() -> None:
    api = Api().timeline([tweet(2, "See https://t.co/gone"), tweet(1)])

    assert ask(api).tweet_id == "1"
    assert "/x/tweets/2" in api.asked


PICTURED = replace(PUBLICATION, picture=Attachment("1", None, "", NOW))
SHORT = "https://t.co/pic1"
LISTED = {"url": SHORT, "expanded_url": "https://x.com/ada/status/20/photo/1"}
OTHERS = {"url": SHORT, "expanded_url": "https://x.com/bob/status/7/photo/1"}


@pytest.mark.parametrize(
    ("publication", "fields", "confirmed"),
    [
        (PICTURED, {"media": [{"type": "photo", "mediaUrl": "https://pbs.twimg.com/a.jpg", "url": SHORT}]}, True),
        (PUBLICATION, {"media": [{"type": "photo", "mediaUrl": "https://pbs.twimg.com/a.jpg", "url": SHORT}]}, True),
        (PICTURED, {"entities": {"media": [{"url": SHORT}]}}, True),
        (PICTURED, {"entities": {"urls": [LISTED]}}, True),
        (PICTURED, {}, True),
        (PUBLICATION, {}, False),
        (PICTURED, {"entities": {"urls": [OTHERS]}}, False),
    ],
)
def test_the_link_that_x_ends_a_pictured_tweet_with_says_nothing(
    publication: Publication, fields: dict[str, Any], confirmed: bool
) -> None:
    shown = tweet(20, f"See https://example.com/a {SHORT}", **fields)

    settled = ask(Api().timeline([shown]).show(shown), publication)

    assert (settled.outcome is Outcome.CONFIRMED) is confirmed
