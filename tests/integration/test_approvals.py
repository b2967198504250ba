"""Approval: deadlines with a default, shadow runs, and what a person edits before it goes out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, update

from domain.draft import Measure, Repeats
from domain.errors import Conflict
from domain.event import EventType
from domain.publication import PostStatus
from domain.reasons import Reason
from domain.run import RunStatus, Verdict
from domain.template import Approval, ApproveDefault, TemplateStatus
from scheduler.approvals import expire
from scheduler.operations import revising, why
from scheduler.operations import runs as operations
from scheduler.operations.cancelling import cancel
from scheduler.operations.runs import RunDetails
from scheduler.operations.why.chain import Step
from storage import runs, tables, templates
from storage.database import Database
from tests.integration.scheduler_house import NOW, POOR, House
from tests.integration.test_scheduler_daemon import Process, running_daemon

FOUR_HOURS = timedelta(hours=4)


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def held(house: House, **fields: Any) -> House:
    """Have the run of a template wait for a person."""
    house.template(approval=Approval.APPROVE, **fields)
    house.plan()
    house.work()
    assert house.run().status is RunStatus.HELD
    return house


def expired(house: House, **later: float) -> datetime | None:
    house.clock.advance(**later)
    with house.database.write() as c:
        return expire(c, now=house.clock(), new_id=house.new_id)


def test_a_run_that_nobody_decided_about_in_time_is_dropped_and_told(house: House) -> None:
    held(house, approve_within=FOUR_HOURS)
    assert expired(house, hours=3) == NOW + FOUR_HOURS
    assert house.run().status is RunStatus.HELD

    assert expired(house, hours=1) is None

    run = house.run()
    assert (run.status, run.reason) == (RunStatus.SKIPPED, Reason.APPROVAL_EXPIRED)
    assert [each.status for each in house.posts()] == [PostStatus.DISCARDED]
    assert house.told() == [EventType.RUN_HELD, EventType.RUN_SKIPPED]
    assert house.events()[-1].data["run"]["reason"] == "approval_expired"
    assert house.work() == 0
    assert expired(house, hours=1) is None
    assert len(house.told()) == 2


def test_a_template_may_have_its_run_posted_at_the_deadline(house: House) -> None:
    held(house, approve_within=FOUR_HOURS, approve_default=ApproveDefault.POST)
    expired(house, hours=4)
    house.work()
    assert house.run().status is RunStatus.POSTED
    assert house.texts_sent() == ["Hello"]


def test_the_daemon_looks_for_deadlines_by_itself(house: House) -> None:
    held(house, approve_within=FOUR_HOURS, approve_default=ApproveDefault.POST)
    house.clock.advance(hours=4)

    async def scene(process: Process) -> None:
        await process.until(lambda: house.runs()[0].status is RunStatus.POSTED)

    running_daemon(house, scene)
    assert "Hello" in house.texts_sent()


def test_without_a_deadline_a_run_waits_for_ever(house: House) -> None:
    held(house)
    assert expired(house, days=400) is None
    assert house.run().status is RunStatus.HELD


def test_a_person_who_decided_in_time_is_not_overruled(house: House) -> None:
    held(house, approve_within=FOUR_HOURS)
    with house.database.write() as c:
        runs.decide(c, house.run().id, Verdict.APPROVED, now=house.clock())
    expired(house, hours=5)
    house.work()
    assert house.run().status is RunStatus.POSTED


def test_the_deadlines_of_a_paused_template_wait_until_it_is_resumed(house: House) -> None:
    held(house, approve_within=FOUR_HOURS, approve_default=ApproveDefault.POST)

    def set_to(status: TemplateStatus) -> None:
        reason = Reason.BY_OWNER if status is TemplateStatus.PAUSED else None
        following = None if reason else NOW + timedelta(days=1)
        with house.database.write() as c:
            templates.set_status(c, "t1", status, now=NOW, reason=reason, note=None, next_slot_at=following)

    set_to(TemplateStatus.PAUSED)
    assert expired(house, hours=9) is None
    assert house.run().status is RunStatus.HELD

    set_to(TemplateStatus.ACTIVE)
    expired(house, hours=1)
    assert house.run().verdict is Verdict.APPROVED


def test_a_shadow_run_does_everything_but_publish_and_shows_what_it_wrote(house: House) -> None:
    house.template(approval=Approval.SHADOW)
    house.plan()
    house.work()

    run = house.run()
    assert (run.status, run.reason) == (RunStatus.SKIPPED, Reason.SHADOW)
    assert house.editor.calls == ["gather", "compose", "score"]
    assert (house.texts_sent(), house.ledger()) == ([], [])
    found = why.of_run(house.database, run.id)
    assert (found.chosen, [each.text for each in found.drafts]) == (("d0",), ["Hello"])
    assert [(each.text, each.status) for each in found.posts] == [("Hello", PostStatus.DISCARDED)]
    assert house.told() == [EventType.RUN_SKIPPED]


def test_a_shadow_run_with_nothing_good_enough_says_so(house: House) -> None:
    house.template("poor", approval=Approval.SHADOW)
    house.editor.scores = POOR
    house.plan()
    house.work()
    assert house.run("poor").reason is Reason.SCORE_TOO_LOW


def test_a_shadow_run_that_repeats_says_so(house: House) -> None:
    house.template("again", approval=Approval.SHADOW)
    house.editor.repeats_of = {"d0": Repeats("p1", Measure.EXACT, 1.0)}
    house.plan()
    house.work()
    assert house.run("again").reason is Reason.TOO_SIMILAR


def test_an_approved_run_is_not_posted_once_its_template_is_a_shadow(house: House) -> None:
    template = held(house).stored().template
    with house.database.write() as c:
        runs.decide(c, house.run().id, Verdict.APPROVED, now=house.clock())
        templates.replace(c, replace(template, approval=Approval.SHADOW), now=NOW)
    house.work()
    assert (house.texts_sent(), house.run().reason) == ([], Reason.SHADOW)


def decided(house: House, verdict: Verdict, *, revision: str | None = None, note: str | None = None) -> RunDetails:
    return operations.decide(house.database, house.run().id, verdict, note=note, now=house.clock(), revision=revision)


def test_the_event_and_the_run_say_until_when_a_person_may_decide(house: House) -> None:
    held(house, approve_within=FOUR_HOURS)
    (told,) = house.events()
    revision = operations.details(house.database, house.run().id).revision
    assert told.data["approval"] == {"revision": revision, "decideBy": "2026-03-01T13:00:00.000Z", "default": "drop"}
    assert operations.details(house.database, house.run().id).decide_by == NOW + FOUR_HOURS
    assert [each.decide_by for each in operations.list_runs(house.database)] == [NOW + FOUR_HOURS]


def test_without_a_deadline_none_is_named(house: House) -> None:
    held(house)
    assert house.events()[0].data["approval"]["decideBy"] is None
    decided(house, Verdict.APPROVED)
    assert operations.details(house.database, house.run().id).decide_by is None


def test_a_verdict_about_another_revision_is_refused_and_the_right_one_is_kept(house: House) -> None:
    held(house)
    revision = operations.details(house.database, house.run().id).revision
    for verdict in Verdict:
        with pytest.raises(Conflict, match=f"stands at revision {revision}, not 0000"):
            decided(house, verdict, revision="0000")
        assert house.run().status is RunStatus.HELD

    assert decided(house, Verdict.APPROVED, revision=revision).facts.run.approved_revision == revision
    house.work()
    assert house.texts_sent() == ["Hello"]


def test_an_approval_counts_only_for_the_texts_it_was_about(house: House) -> None:
    held(house)
    decided(house, Verdict.APPROVED)
    with house.database.write() as c:
        c.execute(update(tables.drafts).values(document=func.replace(tables.drafts.c.document, "Hello", "Other")))
    house.work()
    assert (house.texts_sent(), house.run().status) == ([], RunStatus.HELD)
    assert house.told() == [EventType.RUN_HELD, EventType.RUN_HELD]


def test_an_edit_names_its_own_revision(house: House) -> None:
    held(house)
    before = operations.details(house.database, house.run().id).revision
    with pytest.raises(Conflict, match="not 0000"):
        revising.approve_edited(
            house.database, house.run().id, {"1": "Better."}, note=None, now=house.clock(), revision="0000"
        )
    found = revising.approve_edited(
        house.database, house.run().id, {"1": "Better."}, note=None, now=house.clock(), revision=before
    )
    assert found.facts.run.approved_revision == found.revision != before
    house.work()
    assert house.texts_sent() == ["Better."]


def test_an_approval_after_the_deadline_that_drops_is_refused_though_the_daemon_has_not_looked(house: House) -> None:
    held(house, approve_within=FOUR_HOURS)
    house.clock.advance(hours=4)
    with pytest.raises(Conflict, match=r"passed at 2026-03-01 13:00:00 UTC.*template run name-of-t1"):
        decided(house, Verdict.APPROVED)
    with pytest.raises(Conflict, match="passed at"):
        revising.approve_edited(house.database, house.run().id, {"1": "Better."}, note=None, now=house.clock())
    assert house.run().status is RunStatus.HELD

    decided(house, Verdict.REJECTED)
    house.work()
    assert house.run().reason is Reason.REJECTED


def test_where_the_deadline_posts_a_person_may_still_reject_or_edit_until_it_does(house: House) -> None:
    held(house, approve_within=FOUR_HOURS, approve_default=ApproveDefault.POST)
    house.clock.advance(hours=5)
    revising.approve_edited(house.database, house.run().id, {"1": "Better."}, note=None, now=house.clock())
    house.work()
    assert house.texts_sent() == ["Better."]


def test_the_reason_of_a_rejection_is_kept_and_told(house: House) -> None:
    held(house)
    decided(house, Verdict.REJECTED, note="too dry")
    house.work()
    assert (house.run().reason, house.run().detail) == (Reason.REJECTED, "too dry")
    assert house.events()[-1].data["run"]["detail"] == "too dry"
    assert "too dry" in why.of_run(house.database, house.run().id).sentence


def test_a_run_is_decided_once(house: House) -> None:
    held(house)
    decided(house, Verdict.APPROVED)
    with pytest.raises(Conflict, match="is queued and was approved"):
        decided(house, Verdict.REJECTED)
    house.work()
    with pytest.raises(Conflict, match="is posted and was approved"):
        decided(house, Verdict.APPROVED)
    assert house.texts_sent() == ["Hello"]


def test_of_two_people_who_decide_at_once_one_is_refused(house: House) -> None:
    held(house)
    start = Barrier(2)

    def decide(verdict: Verdict) -> str:
        start.wait(timeout=60)
        try:
            return decided(house, verdict).facts.run.verdict or ""
        except Conflict:
            return "refused"

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(decide, Verdict))
    verdict = house.run().verdict
    assert verdict is not None
    assert answers == sorted([verdict, "refused"])


def test_a_cancelled_run_cannot_be_approved(house: House) -> None:
    held(house)
    cancel(house.database, house.run().id, note=None, now=house.clock(), new_id=house.new_id)
    with pytest.raises(Conflict, match="is skipped; only a held run"):
        decided(house, Verdict.APPROVED)
    assert house.work() == 0


LATER = [
    {"approve_default": ApproveDefault.POST},
    {"approve_default": ApproveDefault.POST, "approve_within": timedelta(hours=1)},
    {"approve_within": timedelta(hours=1)},
    {"approve_within": None},
    {"approval": Approval.AUTO, "approve_within": None},
]


def changed(house: House, fields: dict[str, Any], **later: float) -> None:
    template = house.stored().template
    with house.database.write() as c:
        templates.replace(c, replace(template, **fields), now=house.clock() + timedelta(**later))


@pytest.mark.parametrize("fields", LATER)
def test_a_held_run_ends_as_it_was_told_whatever_becomes_of_its_template(house: House, fields: dict[str, Any]) -> None:
    held(house, approve_within=FOUR_HOURS)
    changed(house, fields)

    assert operations.details(house.database, house.run().id).decide_by == NOW + FOUR_HOURS
    assert [each.decide_by for each in operations.list_runs(house.database)] == [NOW + FOUR_HOURS]
    assert "until 2026-03-01 13:00:00 UTC; then it is dropped" in _approval_of(house)
    assert expired(house, hours=3) == NOW + FOUR_HOURS
    assert house.run().status is RunStatus.HELD
    expired(house, hours=1)
    house.work()
    assert (house.texts_sent(), house.run().reason) == ([], Reason.APPROVAL_EXPIRED)


def test_a_held_run_without_a_deadline_waits_for_ever_though_its_template_gets_one(house: House) -> None:
    held(house)
    changed(house, {"approve_within": FOUR_HOURS, "approve_default": ApproveDefault.POST})
    assert expired(house, days=400) is None
    assert (house.run().status, house.texts_sent()) == (RunStatus.HELD, [])


def test_a_held_run_that_was_to_be_posted_at_the_deadline_is(house: House) -> None:
    held(house, approve_within=FOUR_HOURS, approve_default=ApproveDefault.POST)
    changed(house, {"approve_default": ApproveDefault.DROP})
    expired(house, hours=4)
    house.work()
    assert house.texts_sent() == ["Hello"]


def test_a_run_that_an_older_program_held_ends_as_its_template_said_then(house: House) -> None:
    held(house, approve_within=FOUR_HOURS)
    with house.database.write() as c:
        c.execute(update(tables.runs).values(decide_by=None, undecided=None))
    changed(house, {"approve_default": ApproveDefault.POST, "approve_within": timedelta(hours=1)}, minutes=1)

    assert operations.details(house.database, house.run().id).decide_by == NOW + FOUR_HOURS
    expired(house, hours=4)
    house.work()
    assert (house.texts_sent(), house.run().reason) == ([], Reason.APPROVAL_EXPIRED)


def _approval_of(house: House) -> str:
    return next(each.said for each in why.of_run(house.database, house.run().id).chain if each.step is Step.APPROVAL)
