"""Approval: deadlines with a default, shadow runs, and what a person edits before it goes out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.draft import Measure, Repeats
from domain.event import EventType
from domain.publication import PostStatus
from domain.reasons import Reason
from domain.run import RunStatus, Verdict
from domain.template import Approval, ApproveDefault, TemplateStatus
from scheduler.approvals import expire
from scheduler.operations import why
from storage import runs, templates
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
