"""After a restore nothing of an account goes out before its own timeline was read, and nothing that stands in it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from domain.errors import ApiError, ApiUnavailable, Conflict
from domain.event import EventType
from domain.material import Material, MaterialKind
from domain.publication import Outcome
from domain.reasons import Reason
from domain.run import RunStatus
from domain.template import Sources
from scheduler.editor import Gathered
from scheduler.operations import restoring
from scheduler.publishing import Publishing
from scheduler.reconciling import Reconciling
from scheduler.restored_guard import RestoredGuard
from scheduler.runner import Runner
from sources.own_words import tip_key
from storage import restored, schema, series
from storage.database import Database
from storage.tables import installation, templates
from storage.writer import Writer
from tests.integration.scheduler_house import NOW, UNCLEAR, House, draft
from tests.integration.storage_values import running
from xquik.tweets import Tweet

HOUR = timedelta(hours=1)


class Timelines:
    """What accounts have posted, or why that cannot be read; and how it was asked for."""

    def __init__(self) -> None:
        self.shows: dict[str, Sequence[Tweet] | ApiError | ValueError] = {}
        self.asked: list[tuple[str, datetime, list[str]]] = []

    async def __call__(
        self, account: str, since: datetime, known: Sequence[tuple[str, datetime]], /
    ) -> tuple[Tweet, ...]:
        self.asked.append((account, since, [tweet_id for tweet_id, _ in known]))
        shown = self.shows.get(account, ())
        if isinstance(shown, Exception):
            raise shown
        return tuple(shown)


class RestoredHouse(House):
    """A house whose publisher is guarded, as that of a daemon is which finds a restored database."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.timelines = Timelines()

    def runner(self, writer: Writer) -> Runner:
        made = super().runner(writer)
        publishing: Publishing = made._publishing
        publishing._publisher = RestoredGuard(self.publisher, writer=writer, clock=self.clock)
        return made

    def restore(self) -> restoring.Restored:
        return restoring.mark(self.database, now=self.clock(), new_id=self.new_id)

    def reconcile(self) -> datetime | None:
        async def once() -> datetime | None:
            with running(self.database) as writer:
                reconciling = Reconciling(
                    writer=writer, read_timeline=self.timelines, clock=self.clock, new_id=self.new_id
                )
                return await reconciling.reconcile_due(self.clock())

        return asyncio.run(once())

    def run_a_slot(self, template_id: str = "t1") -> RunStatus:
        """Plan what is due at the template's next slot, and work on it."""
        due = self.stored(template_id).state.next_slot_at
        assert due is not None
        self.clock.now = max(self.clock(), due)
        self.plan()
        self.work()
        return self.runs(template_id)[-1].status


@pytest.fixture
def house(database: Database) -> RestoredHouse:
    return RestoredHouse(database)


def said(text: str, tweet_id: str = "9001", at: datetime = NOW + HOUR, **fields: Any) -> Tweet:
    return Tweet(tweet_id, text, at, **fields)


def reconciled(house: RestoredHouse, *shown: Tweet) -> None:
    house.clock.advance(hours=3)
    house.restore()
    house.timelines.shows["demo"] = shown
    house.clock.now += restoring.TIMELINE_LAG
    assert house.reconcile() is None


def test_nothing_goes_out_before_the_timeline_was_read_and_the_draft_waits(house: RestoredHouse) -> None:
    house.template(next_slot_at=NOW + 6 * HOUR)
    house.restore()

    assert house.run_a_slot() is RunStatus.QUEUED
    assert house.publisher.sent == []
    (put_off,) = house.ledger()
    assert (put_off.outcome, put_off.reason) == (Outcome.DEFERRED, Reason.RESTORED)

    house.reconcile()  # and what was put off goes out at once
    house.work()
    assert house.texts_sent() == ["Hello"]
    assert house.run().status is RunStatus.POSTED


def test_a_timeline_is_read_no_sooner_than_it_may_lag_and_back_to_what_the_backup_knows_last(
    house: RestoredHouse,
) -> None:
    house.template(account="Demo")
    house.plan()
    house.work()
    (known,) = house.ledger()
    house.clock.advance(hours=3)
    found = house.restore()

    assert house.reconcile() == house.clock() + restoring.TIMELINE_LAG == found.read_at
    assert house.timelines.asked == []
    house.clock.now += restoring.TIMELINE_LAG
    assert house.reconcile() is None
    assert house.timelines.asked == [("demo", NOW, [known.tweet_id])]
    assert found.since == NOW


def test_a_timeline_that_cannot_be_read_is_told_of_once_and_read_again_until_it_can(house: RestoredHouse) -> None:
    house.template(next_slot_at=NOW + 12 * HOUR)
    house.restore()
    house.timelines.shows["demo"] = ApiUnavailable("GET /x/users/1/tweets: 503")
    house.clock.now += restoring.TIMELINE_LAG

    waits = []
    for _ in range(5):
        again = house.reconcile()
        assert again is not None
        waits.append((again - house.clock()).total_seconds())
        house.clock.now = again
    assert waits == [15, 60, 300, 900, 900]

    (told,) = house.events_without_template()
    assert told.type is EventType.ACCOUNT_UNRECONCILED
    assert (told.data["account"]["name"], told.data["account"]["error"]) == ("demo", "GET /x/users/1/tweets: 503")
    assert house.run_a_slot() is RunStatus.QUEUED
    assert house.publisher.sent == []

    house.timelines.shows["demo"] = ()
    house.reconcile()
    assert house.events_without_template()[-1].type is EventType.ACCOUNT_RECONCILED
    house.work()
    assert house.texts_sent() == ["Hello"]


def test_a_clock_that_was_ahead_at_the_restore_keeps_no_account_silent_until_then(house: RestoredHouse) -> None:
    house.template()
    house.clock.advance(hours=26)
    house.restore()
    house.clock.advance(hours=-26)

    assert house.reconcile() == house.clock() + restoring.TIMELINE_LAG
    house.clock.now += restoring.TIMELINE_LAG
    assert house.reconcile() is None
    assert len(house.timelines.asked) == 1


def test_an_error_of_our_own_keeps_the_account_silent_too(house: RestoredHouse) -> None:
    house.template()
    house.restore()
    house.timelines.shows["demo"] = ValueError("a bug")
    house.clock.now += restoring.TIMELINE_LAG

    assert house.reconcile() is not None
    assert house.events_without_template()[-1].data["account"]["error"] == "reading failed: ValueError"


def test_a_person_lets_an_account_go_on_once(house: RestoredHouse) -> None:
    house.template(next_slot_at=NOW + 6 * HOUR)
    house.restore()

    restoring.go_on(house.database, "@DEMO", now=house.clock(), new_id=house.new_id)
    assert house.events_without_template()[-1].data["account"]["by"] == "person"
    assert house.reconcile() is None
    assert house.run_a_slot() is RunStatus.POSTED
    with pytest.raises(Conflict, match="does not wait"):
        restoring.go_on(house.database, "demo", now=house.clock(), new_id=house.new_id)


def test_without_a_restore_nobody_waits_and_there_is_nothing_to_go_on_with(house: RestoredHouse) -> None:
    house.template(next_slot_at=NOW + 6 * HOUR)

    assert house.run_a_slot() is RunStatus.POSTED
    with pytest.raises(Conflict, match="does not wait"):
        restoring.go_on(house.database, "demo", now=house.clock(), new_id=house.new_id)


def test_what_the_timeline_says_already_is_not_said_again(house: RestoredHouse) -> None:
    house.template()
    reconciled(house, said("Hello &amp; goodbye"))
    house.editor.drafts = (draft("Hello &amp; goodbye"),)

    assert house.run_a_slot() is RunStatus.FAILED
    assert house.runs()[-1].reason is Reason.DUPLICATE
    assert "tweet 9001" in (house.runs()[-1].detail or "")
    assert house.publisher.sent == []


def test_what_was_said_longer_ago_than_the_template_remembers_may_be_said_again(house: RestoredHouse) -> None:
    house.template(repeat_after=2)
    reconciled(house, said("Hello", at=NOW - timedelta(days=3)))

    assert house.run_a_slot() is RunStatus.POSTED


def test_a_template_that_may_always_repeat_itself_does_so_at_a_slot_of_its_own(house: RestoredHouse) -> None:
    house.template(repeat_after=0)
    reconciled(house, said("Hello"))

    assert house.run_a_slot() is RunStatus.POSTED


def test_a_template_that_is_added_once_more_does_not_say_its_first_words_again(house: RestoredHouse) -> None:
    house.template()
    reconciled(house, said("Hello"))
    for name in ("t2", "t3"):
        house.template(name, next_slot_at=NOW + 6 * HOUR, repeat_after=0, account="DEMO")
        added_now(house, name)

    assert house.run_a_slot("t2") is RunStatus.FAILED
    assert {house.runs(name)[-1].reason for name in ("t1", "t2", "t3")} == {Reason.DUPLICATE}
    assert house.run_a_slot("t2") is RunStatus.POSTED  # once is enough: it may repeat itself


def added_now(house: RestoredHouse, template_id: str) -> None:
    with house.database.write() as c:
        c.execute(update(templates).where(templates.c.id == template_id).values(created_at=house.clock()))


def test_a_feed_entry_whose_link_stands_in_the_timeline_is_not_posted_again(house: RestoredHouse) -> None:
    house.template(repeat_after=0)
    reconciled(house, said("Other words https://t.co/a", links={"https://t.co/a": "https://Example.com/story/1/"}))
    entry = Material("m0", MaterialKind.FEED_ITEM, "words", url="https://example.com/story/1")
    house.editor.gathered = Gathered((entry,))

    assert house.run_a_slot() is RunStatus.FAILED
    assert house.runs()[-1].reason is Reason.DUPLICATE
    house.editor.gathered = Gathered((replace(entry, url="https://example.com/story/2"),))
    assert house.run_a_slot() is RunStatus.POSTED


def test_tips_go_on_after_those_that_stand_in_the_timeline(house: RestoredHouse) -> None:
    tips = ("One knot.", "Two knots.", "Three knots.")
    house.template(sources=Sources(tips=tips))
    reconciled(house, said("Two knots."), said("Something else", "9002"))

    with house.database.read() as c:
        told = series.tellings(c, series.tips_of("t1"), "t1", [tip_key(tip) for tip in tips])
    assert {key: found.at for key, found in told.items()} == {tip_key("Two knots."): NOW + HOUR}


def test_a_tweet_that_a_publication_knows_is_no_news(house: RestoredHouse) -> None:
    house.template()
    house.plan()
    house.work()
    (known,) = house.ledger()
    reconciled(house, said("Hello", known.tweet_id or "", NOW), said("Hello", "9002", NOW))

    with house.database.read() as c:
        assert [each.tweet_id for each in restored.posts_since(c, "demo", NOW - HOUR)] == ["9002"]
    assert house.events_without_template()[-1].data["account"]["found"] == 1


def test_an_account_that_the_backup_does_not_know_waits_for_its_timeline_too(house: RestoredHouse) -> None:
    house.template(next_slot_at=NOW + 12 * HOUR)
    house.restore()
    house.clock.now += restoring.TIMELINE_LAG
    house.reconcile()
    house.template("t2", account="Newcomer", next_slot_at=NOW + 6 * HOUR)

    assert house.run_a_slot("t2") is RunStatus.QUEUED
    assert house.reconcile() is None
    assert house.timelines.asked[-1][0] == "newcomer"
    house.work()
    assert house.runs("t2")[-1].status is RunStatus.POSTED


def test_a_second_restore_reads_again_and_as_far_back_as_the_first_was_to(house: RestoredHouse) -> None:
    house.template(next_slot_at=NOW + 12 * HOUR)
    house.restore()
    house.clock.advance(hours=2)
    second = house.restore()

    with house.database.read() as c:
        (waiting,) = restored.open_accounts(c)
    assert (waiting.since, waiting.restored_at) == (NOW, second.read_at and second.read_at - restoring.TIMELINE_LAG)


def test_what_nobody_could_tell_before_the_backup_is_asked_about_once_more(house: RestoredHouse) -> None:
    house.template()
    house.publisher.answers["Hello"] = [UNCLEAR]
    house.plan()
    for _ in range(12):
        house.work()
        house.clock.advance(minutes=20)
    assert house.run().status is RunStatus.UNKNOWN
    asked = len(house.publisher.asked)

    assert house.restore().asked == 1
    house.work()

    assert len(house.publisher.asked) == asked + 1
    assert house.run().status is RunStatus.UNKNOWN
    assert len(house.publisher.sent) == 1


def test_programs_that_know_nothing_of_timelines_may_not_work_on_it_any_more(house: RestoredHouse) -> None:
    house.restore()

    with house.database.read() as c:
        assert c.execute(installation.select()).mappings().one()["oldest_schema"] == "0017"


@pytest.mark.parametrize(
    ("last", "newest", "since"),
    [
        (-10, None, -10),
        (-10, -11, -11),
        (-10, -10_000, -58),  # by hand much may have been posted since: no more is read than clocks may be wrong
        (26, -3, -3),  # the clock was ahead, and X's tells
        (26, None, -90 * 24),
        (None, None, -90 * 24),
    ],
)
def test_a_timeline_is_read_back_to_what_the_backup_knows_last_by_whichever_clock(
    last: int | None, newest: int | None, since: int
) -> None:
    known, out_at = (None if hours is None else NOW + timedelta(hours=hours) for hours in (last, newest))

    assert restoring.read_since(known, out_at, NOW) == NOW + timedelta(hours=since)


def test_an_upgrade_does_not_let_older_programs_in_again(house: RestoredHouse) -> None:
    house.restore()
    schema.upgrade(house.database)

    with house.database.read() as c:
        assert c.execute(installation.select()).mappings().one()["oldest_schema"] == "0017"
