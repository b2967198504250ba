"""A run from its claim to its end: every step is recorded, none is done twice, and every end has its reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.draft import Check, Score
from domain.errors import ApiBlocked, ApiLimited, LeaseLost, WriterError
from domain.event import EventType
from domain.publication import PostStatus
from domain.reasons import Reason
from domain.run import Rejected, RunStatus, Verdict
from domain.template import Approval, TemplateStatus
from scheduler.editor import Gathered
from storage import runs
from storage.database import Database
from tests.integration.scheduler_house import NOW, POOR, UNCLEAR, Died, House, confirmed, draft, outcomes

ALL_STEPS = ["gather", "compose", "score"]


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


@pytest.fixture
def due(house: House) -> House:
    """A house with one run that is queued."""
    house.template()
    house.plan()
    return house


def test_a_run_goes_from_material_to_a_published_post_and_tells_of_it(due: House) -> None:
    assert due.work() == 1
    run, (post,) = due.run(), due.posts()
    assert (run.status, run.reason, run.finished_at) == (RunStatus.POSTED, None, NOW)
    assert (post.text, post.status, post.tweet_id) == ("Hello", PostStatus.PUBLISHED, "1000")
    assert due.editor.calls == ALL_STEPS
    assert outcomes(due.ledger()) == ["confirmed"]
    assert due.ledger()[0].idempotency_key == f"here-{run.id}-0-0-0"
    assert due.told() == [EventType.POST_PUBLISHED, EventType.RUN_SUCCEEDED]
    assert due.events()[1].data["posts"][0]["tweetUrl"] == "https://x.com/i/status/1000"
    assert due.stored().state.last_run_at == NOW
    with due.database.read() as c:
        facts = runs.facts(c, run.id)
    assert facts.material
    assert facts.drafts == facts.chosen
    assert facts.drafts is not None
    assert facts.drafts[0].score is not None
    assert facts.choice_reason


@pytest.mark.parametrize("done", [0, 1, 2])
def test_an_interrupted_run_goes_on_without_repeating_what_was_recorded(due: House, done: int) -> None:
    broken = ("gathered", "drafts", "scores")[done]
    whole = getattr(due.editor, broken)
    setattr(due.editor, broken, Died())
    due.die_while(Died)
    assert due.editor.calls == ALL_STEPS[: done + 1]

    setattr(due.editor, broken, whole)
    due.editor.calls.clear()
    due.work()
    assert due.editor.calls == ALL_STEPS[done:]
    assert due.run().status is RunStatus.POSTED


def test_a_run_interrupted_before_it_sent_publishes_what_was_chosen(due: House) -> None:
    due.lanes.hold("demo", "another", NOW + timedelta(hours=1))
    due.work()
    assert due.texts_sent() == []
    due.lanes.free("demo", "another")
    due.boot()
    due.clock.advance(seconds=5)
    due.editor.calls.clear()
    due.work()
    assert due.editor.calls == []
    assert due.run().status is RunStatus.POSTED


def test_a_run_interrupted_while_sending_asks_and_never_sends_again(due: House) -> None:
    due.publisher.answers["Hello"] = [Died()]
    due.die_while(Died)
    assert outcomes(due.ledger()) == [None]

    due.publisher.findings["Hello"] = [confirmed("77", "timeline")]
    due.work()
    assert due.texts_sent() == ["Hello"]
    assert due.run().status is RunStatus.POSTED
    (publication,) = due.ledger()
    assert (publication.tweet_id, publication.settled_by, publication.asks) == ("77", "timeline", 1)
    assert due.told() == [EventType.POST_PUBLISHED, EventType.RUN_SUCCEEDED]


def test_a_run_interrupted_after_its_last_part_only_finishes(due: House) -> None:
    due.work()
    with due.database.write() as c:
        c.exec_driver_sql("UPDATE runs SET status = 'queued', finished_at = NULL")
    due.work()
    assert due.texts_sent() == ["Hello"]
    assert due.run().status is RunStatus.POSTED


def test_what_the_first_question_finds_was_never_unknown_to_anybody(due: House) -> None:
    due.publisher.answers["Hello"] = [UNCLEAR]
    due.publisher.findings["Hello"] = [confirmed("5", "replay")]
    due.work()
    assert due.told() == [EventType.POST_PUBLISHED, EventType.RUN_SUCCEEDED]


def test_an_unknown_outcome_is_told_once_and_asked_about_until_a_person_must_decide(due: House) -> None:
    due.publisher.answers["Hello"] = [UNCLEAR]
    due.work()
    assert due.told() == [EventType.POST_UNKNOWN]
    assert due.run().not_before == NOW + timedelta(seconds=15)
    for seconds in (15, 60, 300, 1800, 3600, 7200):
        due.clock.now = NOW + timedelta(seconds=seconds)
        assert due.work() == 1
    assert len(due.publisher.asked) == 7
    assert due.run().status is RunStatus.UNKNOWN
    due.clock.advance(days=1)
    assert due.work() == 0
    assert due.told() == [EventType.POST_UNKNOWN]


def test_a_writer_that_can_write_nothing_gives_no_draft(due: House) -> None:
    due.editor.drafts = WriterError("the material says too little")
    due.work()
    run = due.run()
    assert (run.status, run.reason) == (RunStatus.SKIPPED, Reason.NO_DRAFT)
    assert run.detail == "the material says too little"
    assert due.told() == [EventType.RUN_SKIPPED]


def test_a_writer_that_finds_all_posted_before_gives_nothing_new(due: House) -> None:
    due.editor.drafts = WriterError("nothing new: every sentence was posted before")
    due.work()
    assert due.run().reason is Reason.NOTHING_NEW


def test_no_draft_above_the_minimum_score_is_a_reason_in_words(due: House) -> None:
    due.editor.scores = POOR
    due.work()
    run = due.run()
    assert (run.status, run.reason) == (RunStatus.SKIPPED, Reason.SCORE_TOO_LOW)
    assert run.detail
    assert "40" in run.detail
    assert due.texts_sent() == []


@pytest.mark.parametrize(
    ("rejected", "status", "reason"),
    [
        ((Rejected("https://a.example", "answered 500"),), RunStatus.FAILED, Reason.SOURCES_FAILED),
        ((Rejected("https://a.example", "nothing new", failed=False),), RunStatus.SKIPPED, Reason.NOTHING_NEW),
    ],
)
def test_without_material_the_run_ends_and_names_its_sources(
    due: House, rejected: tuple[Rejected, ...], status: RunStatus, reason: Reason
) -> None:
    due.editor.gathered = Gathered((), rejected)
    due.work()
    run = due.run()
    assert (run.status, run.reason) == (status, reason)
    assert run.detail == f"https://a.example: {rejected[0].reason}"


def test_a_run_that_comes_up_after_its_grace_is_too_late(due: House) -> None:
    due.clock.advance(hours=2, seconds=1)
    due.work()
    assert due.run().reason is Reason.TOO_LATE
    assert due.editor.calls == []


@pytest.fixture
def held(house: House) -> House:
    """A house with one run that waits for approval."""
    house.template(approval=Approval.APPROVE)
    house.plan()
    house.work()
    return house


def test_a_run_that_needs_approval_is_held_and_nothing_is_sent(held: House) -> None:
    assert held.run().status is RunStatus.HELD
    assert held.told() == [EventType.RUN_HELD]
    assert held.events()[0].data["posts"][0]["text"] == "Hello"
    assert held.events()[0].data["posts"][0]["status"] == "awaiting_approval"
    assert held.texts_sent() == []
    assert held.work() == 0


def test_an_approved_run_is_published_however_late(held: House) -> None:
    held.clock.advance(days=3)
    with held.database.write() as c:
        runs.decide(c, held.run().id, Verdict.APPROVED, now=held.clock())
    held.work()
    assert held.texts_sent() == ["Hello"]
    assert held.run().status is RunStatus.POSTED
    assert held.editor.calls == ALL_STEPS


def test_a_rejected_run_is_skipped_and_its_post_discarded(held: House) -> None:
    with held.database.write() as c:
        runs.decide(c, held.run().id, Verdict.REJECTED, now=held.clock())
    held.work()
    assert (held.run().status, held.run().reason) == (RunStatus.SKIPPED, Reason.REJECTED)
    assert held.posts()[0].status is PostStatus.DISCARDED
    assert held.texts_sent() == []


def test_a_rate_limit_while_scoring_keeps_slot_and_drafts(due: House) -> None:
    scores = due.editor.scores
    due.editor.scores = ApiLimited("slow down", retry_at=NOW + timedelta(seconds=20))
    due.work()
    run = due.run()
    assert (run.status, run.not_before) == (RunStatus.QUEUED, NOW + timedelta(seconds=20))
    assert due.work() == 0

    due.editor.scores = scores
    due.clock.advance(seconds=20)
    due.work()
    assert due.run().status is RunStatus.POSTED
    assert due.editor.calls == ["gather", "compose", "score", "score"]


@pytest.mark.parametrize(("status", "reason"), [(402, Reason.API_BLOCKED), (403, Reason.ACCOUNT_BLOCKED)])
def test_what_needs_the_owner_while_writing_fails_the_run_and_pauses_the_template(
    due: House, status: int, reason: Reason
) -> None:
    due.editor.scores = ApiBlocked("POST /compose: the owner is needed", status=status)
    due.work()
    assert (due.run().status, due.run().reason) == (RunStatus.FAILED, reason)
    state = due.stored().state
    assert (state.status, state.pause_reason, state.pause_note) == (
        TemplateStatus.PAUSED,
        reason,
        "POST /compose: the owner is needed",
    )
    assert due.told() == [EventType.RUN_FAILED, EventType.TEMPLATE_PAUSED]


def test_a_template_that_was_deleted_meanwhile_is_not_brought_back_by_a_pause(due: House) -> None:
    async def delete() -> None:
        with due.database.write() as c:
            c.exec_driver_sql("UPDATE templates SET status = 'deleted', next_slot_at = NULL")

    due.editor.at_compose = delete
    due.editor.scores = ApiBlocked("no credits", status=402)
    due.work()
    assert due.stored().state.status is TemplateStatus.DELETED
    assert due.told() == [EventType.RUN_FAILED]


def test_an_error_of_the_program_fails_the_run_and_says_so(due: House) -> None:
    due.editor.drafts = ZeroDivisionError("a bug")
    due.work()
    assert (due.run().status, due.run().reason) == (RunStatus.FAILED, Reason.INTERNAL_ERROR)
    assert due.told() == [EventType.RUN_FAILED]
    assert due.stored().state.status is TemplateStatus.ACTIVE


@pytest.mark.parametrize("stopped", [TimeoutError("compose took longer than 30 s"), MemoryError("it grew too large")])
def test_work_that_was_stopped_is_done_again_and_given_up_only_after_a_while(due: House, stopped: Exception) -> None:
    drafts = due.editor.drafts
    due.editor.drafts = stopped
    due.work()
    assert (due.run().status, due.run().not_before, due.told()) == (RunStatus.QUEUED, NOW + timedelta(minutes=1), [])

    due.clock.now = NOW + timedelta(minutes=1)
    due.editor.drafts = drafts
    due.work()
    assert (due.run().status, due.texts_sent()) == (RunStatus.POSTED, ["Hello"])


def test_work_that_is_stopped_each_time_ends_as_an_error_with_its_words(due: House) -> None:
    due.editor.drafts = TimeoutError("compose took longer than 30 s")
    for minutes in range(12):
        due.clock.now = NOW + timedelta(minutes=minutes)
        due.work()
    run = due.run()
    assert (run.status, run.reason, run.detail) == (
        RunStatus.FAILED,
        Reason.INTERNAL_ERROR,
        "compose took longer than 30 s",
    )
    assert due.told() == [EventType.RUN_FAILED]


def test_an_error_of_the_program_while_something_may_be_out_fails_nothing_and_asks(due: House) -> None:
    due.publisher.answers["Hello"] = [ZeroDivisionError("a bug")]
    due.work()
    assert (due.run().status, due.run().reason) == (RunStatus.QUEUED, None)
    assert due.told() == []

    due.clock.now = due.run().not_before or NOW
    due.publisher.findings["Hello"] = [confirmed("8", "timeline")]
    due.work()
    assert due.run().status is RunStatus.POSTED
    assert due.texts_sent() == ["Hello"]


def test_an_error_of_the_program_after_a_part_is_out_leaves_a_partial_thread(house: House) -> None:
    house.editor.drafts = (draft("one", "two"),)
    house.thread_gap = timedelta(seconds=2)
    house.broken_sleep = ZeroDivisionError("a bug")
    house.template()
    house.plan()
    house.work()
    assert (house.run().status, house.run().reason) == (RunStatus.PARTIAL, Reason.THREAD_PARTIAL)
    assert house.told()[-2:] == [EventType.THREAD_PARTIAL, EventType.RUN_FAILED]
    assert [post.status for post in house.posts()] == [PostStatus.PUBLISHED, PostStatus.DISCARDED]


def test_a_worker_whose_run_was_taken_by_another_writes_nothing(due: House) -> None:
    async def taken() -> None:
        with due.database.write() as c:
            c.exec_driver_sql("UPDATE runs SET epoch = epoch + 1, lease_owner = 'another'")

    due.editor.at_compose = taken
    due.work()
    with due.database.read() as c:
        facts = runs.facts(c, due.run().id)
    assert facts.drafts is None
    assert facts.run.status is RunStatus.WORKING
    assert due.told() == []


def test_a_worker_whose_lease_lapsed_unnoticed_gives_the_run_back(due: House) -> None:
    gathered, due.editor.gathered = due.editor.gathered, LeaseLost("late")
    due.work()
    assert due.run().status is RunStatus.QUEUED
    due.editor.gathered = gathered
    due.work()
    assert due.run().status is RunStatus.POSTED


def test_a_draft_that_failed_a_check_is_refined_and_the_better_one_posted(due: House) -> None:
    first = Score(80, (Check("Emoji count", passed=False),), "xquik")
    due.editor.scores_of = {"d0": first, "d1": replace(first, value=95)}
    due.editor.refined = draft("Hello there", name="d1")
    due.work()
    assert due.editor.calls == ["gather", "compose", "score", "refine", "score"]
    assert due.texts_sent() == ["Hello there"]
