"""The ledger: a part that may be out cannot be sent again, whatever the code above believes."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from domain.errors import Conflict, LeaseLost, NotFound
from domain.event import EventType
from domain.publication import Outcome, PostStatus, Settlement
from domain.run import Hold
from storage import events, posts, publications, runs
from storage.database import Database
from storage.statements import Write
from tests.integration.storage_values import NOW, SOON, draft, event, held_run, post, publication, written

CONFIRMED = Settlement(Outcome.CONFIRMED, "answer", tweet_id="1790")
DEFERRED = Settlement(Outcome.DEFERRED, "answer", reason="rate_limit_exceeded", retry_at=NOW)
UNKNOWN = Settlement(Outcome.UNKNOWN, "answer", reason="no_answer", status_url="/x/write-actions/1")
REFUSED = Settlement(Outcome.REFUSED, "answer", reason="x_content_too_long", detail="281 of 280")


def intended(database: Database, parts: int = 1) -> Hold:
    """Give the hold on a run with posts for *parts*, the first of which may be on its way."""
    hold = held_run(database)
    chosen = runs.record_choice(hold, [draft()], ["d0"], "best", [post(hold, part) for part in range(parts)], now=NOW)
    asyncio.run(written(database, chosen, publications.intend(hold, publication(hold))))
    return hold


def settled(settlement: Settlement, hold: Hold | None = None, publication_id: str = "r1-0-0", part: int = 0) -> Write:
    status = PostStatus.PUBLISHED if settlement.outcome is Outcome.CONFIRMED else PostStatus.GENERATED
    return publications.settle(hold, publication_id, settlement, group=0, part=part, now=NOW + SOON, post_status=status)


def test_an_intention_is_read_back_as_it_was_and_its_post_is_on_its_way(database: Database) -> None:
    hold = intended(database)
    with database.read() as c:
        assert publications.get(c, "r1-0-0") == publication(hold)
        assert publications.of_run(c, "r1") == [publication(hold)]
        assert posts.list_posts(c)[0].status is PostStatus.PUBLISHING


@pytest.mark.parametrize("settlement", [None, CONFIRMED, UNKNOWN, REFUSED])
def test_a_part_that_may_be_out_is_never_intended_again(database: Database, settlement: Settlement | None) -> None:
    hold = intended(database)
    if settlement is not None:
        asyncio.run(written(database, settled(settlement, hold)))
    with pytest.raises(Conflict, match="refused the write"):
        asyncio.run(written(database, publications.intend(hold, publication(hold, attempt=1))))
    with database.read() as c:
        assert [one.attempt for one in publications.of_run(c, "r1")] == [0]


def test_a_part_that_was_certainly_not_sent_may_be_tried_again_under_its_own_key(database: Database) -> None:
    hold = intended(database)
    again = publications.intend(hold, publication(hold, attempt=1))
    asyncio.run(written(database, settled(DEFERRED, hold), again))
    with database.read() as c:
        assert [one.outcome for one in publications.of_run(c, "r1")] == [Outcome.DEFERRED, None]
    # The deferred one is settled for good: it cannot turn into a second post.
    with pytest.raises(Conflict, match="settled already"):
        asyncio.run(written(database, settled(CONFIRMED)))


def test_a_key_is_used_once(database: Database) -> None:
    hold = intended(database)
    asyncio.run(written(database, settled(DEFERRED, hold)))
    twin = replace(publication(hold, attempt=1), idempotency_key=publication(hold).idempotency_key)
    with pytest.raises(Conflict):
        asyncio.run(written(database, publications.intend(hold, twin)))


def test_a_confirmed_publication_shows_on_its_post(database: Database) -> None:
    hold = intended(database)
    told = event(EventType.POST_PUBLISHED)
    write = publications.settle(
        hold, "r1-0-0", CONFIRMED, group=0, part=0, now=NOW + SOON, post_status=PostStatus.PUBLISHED, events=[told]
    )
    asyncio.run(written(database, write))
    with database.read() as c:
        one = publications.get(c, "r1-0-0")
        assert (one.outcome, one.tweet_id, one.settled_by) == (Outcome.CONFIRMED, "1790", "answer")
        assert one.settled_at == NOW + SOON
        (made,) = posts.list_posts(c, run_id="r1")
        assert (made.status, made.tweet_id, made.published_at) == (PostStatus.PUBLISHED, "1790", NOW + SOON)
        assert publications.settled_tweet_ids(c, "acme") == publications.settled_tweet_ids(c, "ACME") == {"1790"}
        assert publications.settled_tweet_ids(c, "other") == set()
        assert [found.id for found in events.list_events(c)] == [told.id]


def test_a_refusal_is_kept_in_the_apis_own_words(database: Database) -> None:
    hold = intended(database)
    asyncio.run(written(database, settled(REFUSED, hold)))
    with database.read() as c:
        assert publications.get(c, "r1-0-0").reason == "x_content_too_long"
        assert posts.list_posts(c)[0].error == "281 of 280"


def test_an_unknown_one_counts_its_questions_and_is_settled_once_by_a_finding(database: Database) -> None:
    intended(database)
    asked = publications.settle(
        None,
        "r1-0-0",
        UNKNOWN,
        group=0,
        part=0,
        now=NOW,
        asks=2,
        next_ask_at=NOW + timedelta(minutes=1),
        post_status=PostStatus.UNKNOWN,
    )
    asyncio.run(written(database, asked))
    with database.read() as c:
        (one,) = publications.of_run(c, "r1")
        assert (one.asks, one.next_ask_at, one.status_url) == (2, NOW + timedelta(minutes=1), "/x/write-actions/1")
        assert one.settled_at is None
    found = replace(CONFIRMED, found_by="timeline")
    asyncio.run(written(database, settled(found)))
    with database.read() as c:
        assert publications.get(c, "r1-0-0").asks == 2
    with pytest.raises(Conflict, match="settled already"):
        asyncio.run(written(database, settled(REFUSED)))


def test_a_tweet_settles_one_publication_only(database: Database) -> None:
    hold = intended(database, parts=2)
    both = (settled(CONFIRMED, hold), publications.intend(hold, publication(hold, 1)))
    asyncio.run(written(database, *both))
    with pytest.raises(Conflict):
        asyncio.run(written(database, settled(CONFIRMED, None, "r1-1-0", part=1)))
    with database.read() as c:
        assert publications.get(c, "r1-1-0").outcome is None


@pytest.mark.parametrize("change", ["outcome = 'confirmed'", "tweet_id = '5'", "outcome = 'unknown', tweet_id = '5'"])
def test_being_out_and_having_a_tweet_are_one_fact(database: Database, change: str) -> None:
    intended(database)
    with pytest.raises(sa.exc.IntegrityError, match="confirmed_has_tweet"), database.write() as c:
        c.execute(sa.text(f"UPDATE publications SET {change}"))


def test_who_lost_the_run_intends_and_settles_nothing(database: Database) -> None:
    hold = intended(database, parts=2)
    with database.write() as c:
        runs.reclaim(c, "another")
    for write in (publications.intend(hold, publication(hold, 1)), settled(CONFIRMED, hold)):
        with pytest.raises(LeaseLost):
            asyncio.run(written(database, write))
    with database.read() as c:
        assert [one.outcome for one in publications.of_run(c, "r1")] == [None]


def test_an_intention_without_a_post_is_refused(database: Database) -> None:
    hold = held_run(database)
    with pytest.raises(Conflict, match="record the choice first"):
        asyncio.run(written(database, publications.intend(hold, publication(hold))))


def test_a_run_with_a_publication_cannot_be_removed(database: Database) -> None:
    intended(database)
    for table in ("runs", "templates"):
        with pytest.raises(sa.exc.IntegrityError), database.write() as c:
            c.execute(sa.text(f"DELETE FROM {table}"))


def test_texts_that_are_out_or_may_be_are_recent(database: Database) -> None:
    hold = intended(database, parts=2)
    with database.read() as c:
        assert posts.recent_texts(c, "acme", NOW - SOON) == {"Hello 0"}
        assert posts.recent_texts(c, "acme", NOW + SOON) == set()
        assert posts.recent_texts(c, "other", NOW - SOON) == set()
    asyncio.run(written(database, settled(CONFIRMED, hold)))
    with database.read() as c:
        assert posts.recent_texts(c, "acme", NOW + SOON) == {"Hello 0"}


def test_posts_are_found_by_what_they_are(database: Database) -> None:
    intended(database, parts=2)
    with database.read() as c:
        assert [one.part for one in posts.list_posts(c, template_id="t1")] == [0, 1]
        assert [one.part for one in posts.list_posts(c, status=PostStatus.GENERATED)] == [1]
        assert posts.get(c, "r1-0-1").text == "Hello 1"
        for ask, kind in ((posts.get, "post"), (publications.get, "publication")):
            with pytest.raises(NotFound, match=f"no {kind} named 'x'"):
                ask(c, "x")
