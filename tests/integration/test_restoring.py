"""After a restore: what happened since the backup is not known, and so nothing of it is done again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from domain.event import EventType
from domain.owner import LOCAL_OWNER
from domain.publication import Outcome, PostStatus, Settlement
from domain.reasons import Reason
from domain.run import RunStatus
from domain.template import Approval, Backlog, FeedSource, OnPartial, PostType, Sources
from scheduler.operations import restoring, slots
from scheduler.operations.restoring import Restored
from storage import feed_users, feeds, runs, templates
from storage.database import Database
from storage.tables import templates as table
from tests.integration.scheduler_house import NOW, UNCLEAR, Died, House, confirmed, draft, outcomes
from tests.integration.test_storage_feeds import URL, entry, saved

HOUR = timedelta(hours=1)


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def restore(house: House, **after: float) -> Restored:
    house.clock.advance(**after)
    return restoring.mark(house.database, now=house.clock(), new_id=house.new_id)


def test_slots_since_the_backup_are_one_gap_and_the_next_is_in_the_future(house: House) -> None:
    house.template()

    assert restore(house, hours=13).slots == 3

    with house.database.read() as c:
        (gap,) = runs.gaps(c, "t1")
    assert (gap.start, gap.end, gap.count, gap.reason) == (NOW, NOW + 12 * HOUR, 3, Reason.RESTORED)
    assert house.stored().state.next_slot_at == NOW + 18 * HOUR
    assert house.told() == [EventType.SLOTS_SKIPPED]
    assert house.plan().runs == 0


def test_slots_since_the_backup_are_not_made_up_for_they_may_have_posted(house: House) -> None:
    house.template()
    restore(house, hours=13)

    assert slots.backfill(house.database, "t1", NOW, house.clock(), now=house.clock(), new_id=house.new_id) == []
    assert house.runs() == []


def test_a_slot_at_the_very_moment_of_the_restore_is_over_too(house: House) -> None:
    house.template()

    assert restore(house).slots == 1
    assert house.stored().state.next_slot_at == NOW + 6 * HOUR


def test_a_slot_that_is_still_to_come_stays(house: House) -> None:
    house.template(next_slot_at=NOW + 6 * HOUR)

    assert restore(house, hours=5) == Restored(1, 0, 0, 0, 1, NOW, house.clock() + restoring.TIMELINE_LAG)
    assert house.stored().state.next_slot_at == NOW + 6 * HOUR


def test_a_run_that_waited_at_the_backup_is_over_and_posts_nothing(house: House) -> None:
    house.template()
    house.plan()

    assert restore(house, hours=1).runs == 1

    assert (house.run().status, house.run().reason) == (RunStatus.SKIPPED, Reason.RESTORED)
    assert house.work() == 0
    assert house.publisher.sent == []
    assert house.events()[-1].data["run"]["reason"] == "restored"


def test_a_run_that_was_worked_on_at_the_backup_is_over_and_posts_nothing(house: House) -> None:
    house.template()
    house.plan()
    house.editor.scores = Died()
    with pytest.raises(Died):
        house.work()

    restore(house, hours=1)
    house.boot()

    assert house.run().status is RunStatus.SKIPPED
    assert house.work() == 0


def test_a_held_run_is_over_with_its_drafts(house: House) -> None:
    house.template(approval=Approval.APPROVE)
    house.plan()
    house.work()

    restore(house, hours=1)

    assert house.run().reason is Reason.RESTORED
    assert [post.status for post in house.posts()] == [PostStatus.DISCARDED]


def test_a_thread_in_part_at_the_backup_is_not_sent_on(house: House) -> None:
    house.template(type=PostType.THREAD, on_partial=OnPartial.DELETE)
    house.editor.drafts = (draft("one", "two"),)
    house.publisher.answers["two"] = [Died()]
    house.plan()
    house.die_while(Died)
    house.publisher.findings["two"] = [Settlement(Outcome.DEFERRED, "status", retry_at=house.clock())]

    assert restore(house, minutes=2).asked == 1
    while house.work():
        house.clock.advance(seconds=30)

    # The daemon of before has sent "two" meanwhile, for all we know: it is asked about and not sent again.
    assert house.texts_sent() == ["one", "two"]
    assert house.publisher.deleted == []
    assert (house.run().status, house.run().reason) == (RunStatus.PARTIAL, Reason.THREAD_PARTIAL)


def test_an_intention_without_an_outcome_is_asked_about_as_usual(house: House) -> None:
    house.template()
    house.plan()
    house.publisher.answers["Hello"] = [Died()]
    house.die_while(Died)
    house.publisher.findings["Hello"] = [confirmed("77", "timeline")]

    restore(house, minutes=2)
    house.work()

    assert house.run().status is RunStatus.POSTED
    assert outcomes(house.ledger()) == ["confirmed"]
    assert len(house.publisher.sent) == 1


def test_a_request_from_before_the_backup_is_not_repeated_under_its_key(house: House) -> None:
    house.template()
    house.plan()
    house.publisher.answers["Hello"] = [Died()]
    house.die_while(Died)
    house.publisher.findings["Hello"] = [confirmed("77", "replay")] * 20

    restore(house, minutes=2)
    while house.work():
        house.clock.advance(hours=1)

    # It may have been found unsent since, and sent under another key: this one would post it once more.
    assert outcomes(house.ledger()) == ["unknown"]
    assert (house.run().status, house.told()) == (RunStatus.UNKNOWN, [EventType.POST_UNKNOWN])


def test_a_post_that_was_put_off_at_the_backup_is_not_tried_again(house: House) -> None:
    house.template()
    house.plan()
    house.publisher.answers["Hello"] = [Settlement(Outcome.DEFERRED, "answer", retry_at=house.clock() + HOUR)]
    house.work()

    restore(house, hours=2)
    house.work()

    assert len(house.publisher.sent) == 1
    assert (house.run().status, house.run().reason) == (RunStatus.FAILED, Reason.RESTORED)


def test_an_unknown_outcome_still_waits_for_its_finding(house: House) -> None:
    house.template()
    house.plan()
    house.publisher.answers["Hello"] = [UNCLEAR]
    house.work()

    restore(house, hours=2)

    assert house.run().status in {RunStatus.QUEUED, RunStatus.UNKNOWN}
    assert outcomes(house.ledger()) == ["unknown"]


def test_a_template_that_cannot_be_read_is_paused_and_its_runs_are_over(house: House) -> None:
    house.template()
    house.plan()
    with house.database.write() as c:
        readable = c.execute(select(table.c.definition)).scalar_one()
        c.execute(update(table).values(definition="{not json"))

    restored = restore(house, hours=13)
    with house.database.write() as c:
        c.execute(update(table).values(definition=readable))

    assert (restored.runs, house.plan().runs, house.work()) == (1, 0, 0)
    assert house.stored().state.pause_reason is Reason.INVALID_TEMPLATE
    assert {run.reason for run in house.runs()} == {Reason.RESTORED, Reason.INVALID_TEMPLATE}
    assert EventType.RUN_SKIPPED in house.told()


@pytest.mark.parametrize("backlog", list(Backlog))
def test_entries_of_the_time_since_the_backup_are_old_whatever_the_backlog(house: House, backlog: Backlog) -> None:
    house.template(sources=Sources(feeds=(FeedSource(URL, backlog),)))
    saved(house.database, entry(1), entry(2))
    with house.database.write() as c:
        feeds.join(c, "t1", feeds.get(c, URL).id, backlog, now=NOW)

    restore(house, hours=4)

    assert joined_and_waiting(house) == []  # not even what is in the database: the feed was not read yet
    saved(house.database, entry(3), entry(2), entry(1))
    assert joined_and_waiting(house) == []
    saved(house.database, entry(4), entry(3))
    assert joined_and_waiting(house) == ["Title 4"]


def test_entries_since_the_backup_are_old_also_for_a_file_that_is_applied_before_the_first_read(house: House) -> None:
    house.template(sources=Sources(feeds=(FeedSource(URL, Backlog.NONE),)))
    restore(house, hours=4)
    with house.database.write() as c:
        sources = Sources(feeds=(FeedSource(URL, Backlog.ALL),))
        templates.replace(c, replace(house.stored().template, sources=sources), now=house.clock())
    saved(house.database, entry(2), entry(1))

    with house.database.read() as c:
        assert feed_users.joining(c, feeds.get(c, URL).id, URL, owner=LOCAL_OWNER) == [("t1", Backlog.ALL)]
    assert joined_and_waiting(house) == []
    with house.database.read() as c:
        assert feed_users.joining(c, feeds.get(c, URL).id, URL, owner=LOCAL_OWNER) == []


def joined_and_waiting(house: House) -> list[str]:
    source = house.stored().template.sources.feeds[0]
    with house.database.write() as c:
        feed = feeds.get(c, URL)
        feeds.join(c, "t1", feed.id, source.backlog, now=house.clock())
        return [item.entry.title for item in feeds.waiting_items(c, "t1", [feed.id], 10)]
