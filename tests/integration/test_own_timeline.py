"""Reading an account's timeline back to a moment: as a whole, or it says that it could not."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import httpx
import pytest

from domain.errors import ApiError, ApiUnavailable
from publishers.own_timeline import PAGES, read_back
from tests.integration.test_publishers_timeline import NOW, Api, tweet
from tests.memory_windows import MemoryWindows
from xquik.limits import UNLIMITED, Limiter
from xquik.transport import Retries, Transport
from xquik.tweets import Tweet

OLD = tweet(-600, "Long ago")


def read(api: Api, *, known: Sequence[tuple[str, datetime]] = (), limit: int = PAGES) -> tuple[Tweet, ...]:
    def clock() -> datetime:
        return NOW

    async def scenario() -> tuple[Tweet, ...]:
        async with httpx.AsyncClient(transport=httpx.MockTransport(api)) as client:
            transport = Transport(
                base_url="http://127.0.0.1/api/v1",
                key="xq_test",
                client=client,
                limits=Limiter(MemoryWindows(), clock=clock, tiers=UNLIMITED),
                clock=clock,
                retries=Retries(attempts=1),
            )
            return await read_back(transport, "ada", NOW, known, limit=limit)

    return asyncio.run(scenario())


def test_all_pages_are_read_up_to_one_that_is_older() -> None:
    pinned = tweet(-90_000, "Pinned long ago")
    api = Api().timeline([pinned, tweet(9, "Third")], [tweet(5, "Second"), tweet(1, "First")], [OLD], [tweet(-700)])

    assert [each.id for each in read(api)] == ["9", "5", "1"]
    assert "/x/users/900/tweets?c3" not in api.asked


def test_two_minutes_before_the_backup_are_read_too_for_clocks_differ() -> None:
    api = Api().timeline([tweet(-110, "Just before"), tweet(-130, "Before")])

    assert [each.text for each in read(api)] == ["Just before"]


def test_links_are_read_for_what_they_stand_for() -> None:
    short = tweet(3, "Read https://t.co/abc &amp; see")
    full = {**short, "entities": {"urls": [{"url": "https://t.co/abc", "expanded_url": "https://e.org/a"}]}}
    api = Api().timeline([short, tweet(1, "Gone https://t.co/xyz"), OLD]).show(full)

    assert [each.text for each in read(api)] == ["Read https://e.org/a & see", "Gone https://t.co/xyz"]


def test_a_timeline_without_a_post_that_is_out_is_late_or_cut_off() -> None:
    api = Api().timeline([tweet(1), OLD]).show(tweet(7, "Known"))

    with pytest.raises(ApiUnavailable, match="does not show tweet 7, which is out"):
        read(api, known=[("7", NOW + timedelta(seconds=7))])


def test_an_empty_timeline_of_an_account_that_has_posted_before_is_not_believed() -> None:
    api = Api().timeline([]).show(tweet(-9000, "Known"))

    with pytest.raises(ApiUnavailable, match="does not show tweet -9000"):
        read(api, known=[("-9000", NOW - timedelta(hours=3))])


def test_a_post_that_was_deleted_by_hand_is_not_missed() -> None:
    api = Api().timeline([tweet(1), OLD])

    assert [each.id for each in read(api, known=[("7", NOW)])] == ["1"]


def test_an_older_post_is_not_looked_for_once_the_timeline_has_shown_that_it_goes_back_so_far() -> None:
    api = Api().timeline([tweet(1), OLD]).show(tweet(-9000, "Known"))

    assert [each.id for each in read(api, known=[("-9000", NOW - timedelta(hours=3))])] == ["1"]


def test_a_timeline_that_does_not_end_is_not_read_for_ever() -> None:
    api = Api().timeline(*([tweet(number)] for number in range(9, 0, -1)))

    with pytest.raises(ApiUnavailable, match="3 pages"):
        read(api, limit=3)
    assert "/x/users/900/tweets?c3" not in api.asked


def test_a_timeline_that_is_not_shown_is_an_error() -> None:
    with pytest.raises(ApiError):
        read(Api())
