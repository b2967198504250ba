"""Publishing: threads part by part, attempts with keys of their own, and an account that a started thread holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.errors import ApiRefused
from domain.event import EventType
from domain.publication import Outcome, PostStatus, Settlement
from domain.reasons import Reason
from domain.run import RunStatus
from domain.template import AiLabel, OnPartial, PostType, TemplateStatus
from scheduler.lanes import Lanes
from storage.database import Database
from tests.integration.scheduler_house import NOW, UNCLEAR, Died, House, confirmed, draft, outcomes

REFUSED = Settlement(Outcome.REFUSED, "answer", reason="x_rejected", detail="X does not like it")
LIMITED = Settlement(Outcome.DEFERRED, "answer", reason="rate_limit_exceeded", retry_at=NOW + timedelta(seconds=30))


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


@pytest.fixture
def thread(house: House) -> House:
    """A house with a thread of three that is due."""
    house.editor.drafts = (draft("one", "two", "three"),)
    house.template(type=PostType.THREAD)
    house.plan()
    return house


def replies(house: House) -> list[str | None]:
    return [publication.reply_to for publication in house.publisher.sent]


def test_each_part_of_a_thread_replies_to_the_one_before_after_a_pause(thread: House) -> None:
    thread.thread_gap = timedelta(seconds=2)
    thread.work()
    assert thread.texts_sent() == ["one", "two", "three"]
    assert replies(thread) == [None, "1000", "1001"]
    assert thread.slept == [2, 2]
    assert thread.told() == [EventType.POST_PUBLISHED] * 3 + [EventType.RUN_SUCCEEDED]
    assert [post["order"] for post in thread.events()[-1].data["posts"]] == [0, 1, 2]


def test_a_thread_cut_off_between_two_parts_goes_on_at_the_next(thread: House) -> None:
    thread.thread_gap = timedelta(seconds=2)
    thread.broken_sleep = Died()
    thread.die_while(Died)
    assert thread.texts_sent() == ["one"]
    thread.broken_sleep = None
    thread.work()
    assert thread.texts_sent() == ["one", "two", "three"]
    assert replies(thread) == [None, "1000", "1001"]


def test_a_thread_cut_off_while_sending_goes_on_from_what_was_found(thread: House) -> None:
    thread.publisher.answers["two"] = [Died()]
    thread.die_while(Died)
    thread.publisher.findings["two"] = [confirmed("42", "timeline")]
    thread.work()
    assert thread.texts_sent() == ["one", "two", "three"]
    assert replies(thread)[-1] == "42"
    assert thread.run().status is RunStatus.POSTED


def test_what_certainly_was_not_sent_is_tried_again_with_a_key_of_its_own(house: House) -> None:
    house.template()
    house.plan()
    house.publisher.answers["Hello"] = [LIMITED]
    house.work()
    assert (house.run().status, house.run().not_before) == (RunStatus.QUEUED, NOW + timedelta(seconds=30))
    assert house.posts()[0].status is PostStatus.GENERATED

    house.clock.advance(seconds=30)
    house.work()
    first, second = house.ledger()
    assert outcomes(house.ledger()) == ["deferred", "confirmed"]
    assert [first.attempt, second.attempt] == [0, 1]
    assert first.idempotency_key != second.idempotency_key
    assert (first.text, first.run_id) == (second.text, second.run_id)
    assert house.editor.calls == ["gather", "compose", "score"]


@pytest.mark.parametrize(
    ("settlement", "said"),
    [(replace(LIMITED, limited=True, detail="429"), "waits for the API's limit: 429"), (LIMITED, None)],
)
def test_a_post_says_what_it_waits_for_when_its_account_waits_with_it(
    house: House, settlement: Settlement, said: str | None
) -> None:
    house.template()
    house.plan()
    house.publisher.answers["Hello"] = [settlement]
    house.work()
    assert (house.run().not_before, house.run().detail) == (NOW + timedelta(seconds=30), said)


def test_what_could_not_be_sent_for_a_day_is_given_up(house: House) -> None:
    house.template()
    house.plan()
    house.publisher.answers["Hello"] = [LIMITED]
    house.work()
    house.clock.advance(days=1, seconds=1)
    house.work()
    assert (house.run().status, house.run().reason) == (RunStatus.FAILED, Reason.TOO_LATE)
    assert house.run().detail == "rate_limit_exceeded"
    assert house.texts_sent() == ["Hello"]


def test_a_refused_post_fails_its_run_with_what_the_api_said(house: House) -> None:
    house.template()
    house.plan()
    house.publisher.answers["Hello"] = [REFUSED]
    house.work()
    assert (house.run().status, house.run().reason) == (RunStatus.FAILED, Reason.REFUSED)
    assert house.run().detail == "X does not like it"
    assert house.events()[-1].data["posts"][0]["status"] == "failed"


def test_a_key_that_is_refused_fails_the_run_and_pauses_the_template(house: House) -> None:
    house.template()
    house.plan()
    said = "POST /x/tweets: 401 unauthenticated"
    house.publisher.answers["Hello"] = [
        Settlement(Outcome.DEFERRED, "answer", reason="unauthenticated", detail=said, retry_at=NOW, pause="api_blocked")
    ]
    house.work()
    assert outcomes(house.ledger()) == ["refused"]
    assert (house.run().status, house.run().reason) == (RunStatus.FAILED, Reason.API_BLOCKED)
    state = house.stored().state
    assert (state.status, state.pause_reason, state.pause_note) == (TemplateStatus.PAUSED, Reason.API_BLOCKED, said)
    assert house.told() == [EventType.RUN_FAILED, EventType.TEMPLATE_PAUSED]


def test_a_started_thread_holds_its_account_and_others_wait(thread: House) -> None:
    thread.publisher.answers["two"] = [LIMITED]
    thread.work()
    thread.template("t2")
    thread.editor.drafts = (draft("Hello"),)
    thread.plan()
    thread.work()
    assert thread.texts_sent() == ["one", "two"]
    assert thread.run("t2").not_before == NOW + timedelta(seconds=5)

    thread.clock.advance(seconds=30)
    thread.work()
    assert thread.texts_sent() == ["one", "two", "two", "three", "Hello"]


def test_an_unknown_part_stops_its_thread_but_not_the_account(thread: House) -> None:
    thread.publisher.answers["two"] = [UNCLEAR]
    thread.work()
    thread.template("t2")
    thread.editor.drafts = (draft("Hello"),)
    thread.plan()
    thread.work()
    assert thread.texts_sent() == ["one", "two", "Hello"]
    assert thread.told() == [EventType.POST_PUBLISHED, EventType.POST_UNKNOWN]


def test_a_thread_that_cannot_be_finished_within_its_deadline_stays_in_part(thread: House) -> None:
    thread.publisher.answers["two"] = [LIMITED]
    thread.work()
    thread.clock.advance(hours=1, seconds=1)
    thread.work()
    assert (thread.run().status, thread.run().reason) == (RunStatus.PARTIAL, Reason.THREAD_PARTIAL)
    assert thread.told() == [EventType.POST_PUBLISHED, EventType.THREAD_PARTIAL, EventType.RUN_FAILED]
    statuses = [post.status for post in thread.posts()]
    assert statuses == [PostStatus.PUBLISHED, PostStatus.DISCARDED, PostStatus.DISCARDED]


def partial_thread(house: House, **fields: Any) -> None:
    """Let a thread of three be refused at its third part."""
    house.editor.drafts = (draft("one", "two", "three"),)
    house.publisher.answers["three"] = [REFUSED]
    house.template(type=PostType.THREAD, **fields)
    house.plan()
    house.work()


def test_the_parts_of_an_unfinished_thread_stay_unless_the_template_says_otherwise(house: House) -> None:
    partial_thread(house)
    assert house.run().detail == "X does not like it"
    assert house.publisher.deleted == []


def test_the_parts_of_an_unfinished_thread_are_taken_back_the_last_first(house: House) -> None:
    partial_thread(house, on_partial=OnPartial.DELETE)
    assert house.publisher.deleted == ["1001", "1000"]
    statuses = [post.status for post in house.posts()]
    assert statuses == [PostStatus.DELETED, PostStatus.DELETED, PostStatus.FAILED]
    (told,) = [event for event in house.events() if event.type is EventType.THREAD_PARTIAL]
    assert [post["status"] for post in told.data["posts"]] == ["deleted", "deleted", "failed"]
    deleted = [event.data for event in house.events() if event.type is EventType.POST_DELETED]
    assert [each["posts"][0]["text"] for each in deleted] == ["two", "one"]
    assert {each["deleted"]["by"] for each in deleted} == {"on_partial"}


def test_what_a_model_wrote_is_sent_with_its_label_and_the_ledger_says_so(house: House) -> None:
    house.editor.drafts = (replace(draft("one"), engine="model"),)
    house.template()
    house.template("t2", made_with_ai=AiLabel.NEVER)
    house.plan()
    house.work()
    assert [each.made_with_ai for each in (*house.ledger("t1"), *house.ledger("t2"))] == [True, False]


def test_a_part_that_cannot_be_taken_back_is_named_as_published(house: House) -> None:
    house.publisher.not_deleted = ApiRefused("not yours", status=403)
    partial_thread(house, on_partial=OnPartial.DELETE)
    assert (house.run().status, house.run().reason) == (RunStatus.PARTIAL, Reason.THREAD_PARTIAL)
    assert [post.status for post in house.posts()][:2] == [PostStatus.PUBLISHED] * 2


def test_several_posts_of_a_run_each_stand_alone(house: House) -> None:
    house.editor.drafts = (draft("first", name="d0"), draft("second", name="d1"), draft("third", name="d2"))
    house.publisher.answers["second"] = [REFUSED]
    house.template(count=3, on_partial=OnPartial.DELETE)
    house.plan()
    house.work()
    assert house.texts_sent() == ["first", "second", "third"]
    assert replies(house) == [None, None, None]
    assert [each.group for each in house.ledger()] == [0, 1, 2]
    assert house.run().status is RunStatus.PARTIAL
    assert house.publisher.deleted == []


@pytest.mark.parametrize("spelling", ["demo", "Demo"])
def test_a_tweet_that_settles_another_post_already_proves_nothing(house: House, spelling: str) -> None:
    house.template("t1")
    house.template("t2", account=spelling)
    house.plan()
    house.publisher.answers["Hello"] = [confirmed("5"), confirmed("5")]
    house.work()
    settled = sorted(str(each) for each in outcomes([*house.ledger("t1"), *house.ledger("t2")]))
    assert settled == ["confirmed", "unknown"]
    unknown = "t1" if outcomes(house.ledger("t1")) == ["unknown"] else "t2"
    assert house.told(unknown) == [EventType.POST_UNKNOWN]
    assert house.posts(unknown)[0].tweet_id is None


def test_an_account_keeps_its_spacing_and_no_worker_waits_for_it(house: House) -> None:
    house.lanes = Lanes(spacing=timedelta(minutes=10), clock=house.clock)
    for name in ("t1", "t2"):
        house.template(name)
    house.plan()
    house.work()
    waiting = next(run for name in ("t1", "t2") for run in house.runs(name) if run.status is RunStatus.QUEUED)
    assert waiting.not_before is not None
    assert house.slept == []
    assert len(house.texts_sent()) == 1

    house.clock.advance(minutes=10)
    house.work()
    assert len(house.texts_sent()) == 2
    assert house.run(waiting.template_id).status is RunStatus.POSTED
