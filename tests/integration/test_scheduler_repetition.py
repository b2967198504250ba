"""Drafts that repeat what the account has said are set aside, and the run says which post they repeat."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.draft import Check, Measure, Repeats, Score
from domain.publication import PostStatus
from domain.reasons import Reason
from domain.run import RunStatus, Verdict
from domain.template import Approval
from generators.repetition import Earlier
from scheduler.last_look import grouped
from scheduler.operations import why
from storage import posts, runs
from storage.database import Database
from tests.integration.scheduler_house import NOW, House, draft
from tests.integration.storage_values import running

TOO_CLOSE = Repeats("p9", Measure.NEAR, 0.91)


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def test_a_draft_that_repeats_is_set_aside_for_the_next_one(house: House) -> None:
    house.template()
    house.plan()
    house.editor.drafts = (replace(draft("Said before"), rank=1.0), draft("Something new", name="d1"))
    house.editor.repeats_of = {"d0": TOO_CLOSE}
    house.work()
    assert house.texts_sent() == ["Something new"]
    found = why.of_run(house.database, house.run().id)
    assert "d0 is 91% like post p9" in str(found.choice_reason)
    assert [each.repeats for each in found.drafts] == [TOO_CLOSE, None]


def test_a_run_of_which_every_draft_repeats_ends_as_too_similar(house: House) -> None:
    house.template()
    house.plan()
    house.editor.repeats_of = {"d0": TOO_CLOSE}
    house.work()
    run = house.run()
    assert (run.status, run.reason, run.detail) == (RunStatus.SKIPPED, Reason.TOO_SIMILAR, "d0 is 91% like post p9")
    assert house.texts_sent() == []


def test_a_refined_draft_is_compared_as_well_and_what_was_compared_is_not_again(house: House) -> None:
    house.template()
    house.plan()
    house.editor.scores = Score(70, (Check("Emoji", passed=False), Check("Link", passed=True)), "xquik")
    house.editor.refined = replace(draft("Refined", name="d1"), refined_from="d0")
    house.editor.repeats_of = {"d1": TOO_CLOSE}
    house.work()
    assert house.editor.compared == [["d0"], ["d1"]]
    assert house.texts_sent() == ["Hello"]


def test_what_the_account_said_and_is_about_to_say_is_compared_and_nothing_else(house: House) -> None:
    house.template("out")
    house.template("waits", approval=Approval.APPROVE)
    house.template("elsewhere", account="other")
    house.plan()
    house.editor.drafts = (draft("one", "two"),)
    house.work()

    def said(**fields: object) -> list[tuple[str, PostStatus]]:
        given = {"account": "demo", "since": NOW, "besides": "", "limit": 10, **fields}
        with house.database.read() as c:
            return [(each.template_id, each.status) for each in posts.said_and_coming(c, **given)]  # type: ignore[arg-type]

    waiting = next(each.status for each in house.posts("waits"))
    everything = {("out", PostStatus.PUBLISHED), ("waits", waiting)}
    assert set(said()) == everything
    assert said(besides=house.run("out").id) == [("waits", waiting)] * 2
    assert said(since=NOW + timedelta(seconds=1)) == []
    assert len(said(limit=3)) == 3
    thread = house.posts("out")
    assert grouped(thread) == (Earlier(thread[0].id, ("one", "two")),)


def test_an_account_is_the_same_however_its_name_is_written(house: House) -> None:
    house.template("small", account="acme")
    house.template("large", account="Acme")
    house.plan()
    house.work()
    with house.database.read() as c:
        for written in ("acme", "Acme"):
            said = posts.said_and_coming(c, account=written, since=NOW, besides="", limit=10)
            assert {each.template_id for each in said} == {"small", "large"}
        assert posts.said_and_coming(c, account="other", since=NOW, besides="", limit=10) == []
        assert posts.recent_texts(c, "acme", NOW) == {"Hello"}


def meeting(count: int) -> Callable[[], Awaitable[None]]:
    """Give what waits until so many wait: between the comparison and the choice of all of them."""
    here = 0

    async def wait() -> None:
        nonlocal here
        here += 1
        async with asyncio.timeout(20):
            while here < count:
                await asyncio.sleep(0)

    return wait


def test_of_two_runs_that_choose_at_the_same_moment_the_second_sees_what_the_first_chose(house: House) -> None:
    house.editor.minds_others = True
    house.editor.at_score = meeting(3)
    for name in ("one", "two"):
        house.template(name)
    house.template("elsewhere", account="other")
    house.plan()
    work_at_once(house)
    ends = {name: (house.run(name).status, house.run(name).reason) for name in ("one", "two", "elsewhere")}
    same = {ends.pop("one"), ends.pop("two")}
    assert same == {(RunStatus.POSTED, None), (RunStatus.SKIPPED, Reason.TOO_SIMILAR)}
    assert ends == {"elsewhere": (RunStatus.POSTED, None)}
    (said,) = house.editor.said_meanwhile
    first = next(post for name in ("one", "two") for post in house.posts(name))
    assert (said.post_id, said.parts) == (first.id, ("Hello",))


def test_a_template_that_may_repeat_does_not_look_at_what_others_choose(house: House) -> None:
    house.editor.minds_others = True
    house.editor.at_score = meeting(2)
    for name in ("one", "two"):
        house.template(name, repeat_after=0)
    house.plan()
    work_at_once(house)
    assert house.texts_sent() == ["Hello", "Hello"]
    assert house.editor.said_meanwhile == []


def test_drafts_that_were_compared_before_a_restart_are_compared_again(house: House) -> None:
    house.template()
    house.plan()
    house.editor.scores = Score(70, (Check("Emoji", passed=False), Check("Link", passed=True)), "xquik")
    refined = replace(draft("Refined", name="d1"), refined_from="d0")
    house.editor.refined = refined

    crash = Crash()
    house.editor.refine_raises = crash
    house.die_while(Crash)
    house.editor.refine_raises = None
    house.work()
    assert house.editor.compared == [["d0"], ["d0", "d1"]]
    assert house.texts_sent() == ["Hello"]


class Crash(BaseException):
    """The process dies."""


def work_at_once(house: House, *, processes: int = 1) -> None:
    """Work on all that is due, side by side, as a daemon does; or several, of which none sees what another chooses."""

    async def play() -> None:
        with running(house.database) as writer:
            runners = [house.runner(writer) for _ in range(processes)]
            claimed = await writer.call(
                lambda c: runs.claim(c, owner=house.leases.owner, now=house.clock(), lease=house.lease, limit=50)
            )
            async with asyncio.TaskGroup() as group:
                for number, facts in enumerate(claimed):
                    hold = house.leases.take(facts.run.id, facts.run.epoch, house.clock.monotonic())
                    template = house.stored(facts.run.template_id).template
                    group.create_task(runners[number % processes].work(hold, facts, template))

    asyncio.run(play())


def test_of_two_runs_that_choose_the_same_in_two_processes_one_is_posted(house: House) -> None:
    house.editor.minds_others = True
    house.editor.at_score = meeting(2)
    for name in ("one", "two"):
        house.template(name)
    house.plan()
    work_at_once(house, processes=2)

    assert house.texts_sent() == ["Hello"]
    posted, dropped = sorted((house.run(name) for name in ("one", "two")), key=lambda run: run.reason is not None)
    assert (posted.status, dropped.status) == (RunStatus.POSTED, RunStatus.SKIPPED)
    assert dropped.reason is Reason.TOO_SIMILAR
    (first,) = house.posts(posted.template_id)
    assert dropped.detail == f"d0 is 100% like post {first.id}, which went out meanwhile"
    assert [each.status for each in house.posts(dropped.template_id)] == [PostStatus.DISCARDED]
    explained = why.of_run(house.database, dropped.id)
    assert [link.said.split(": ")[-1] for link in explained.chain if link.reason is Reason.TOO_SIMILAR] == [
        dropped.detail
    ]


def test_what_a_person_approved_and_what_may_repeat_is_posted_whatever_went_out_meanwhile(house: House) -> None:
    house.editor.minds_others = True
    house.editor.at_score = meeting(3)
    house.template("one")
    house.template("two", repeat_after=0)
    house.template("asks", approval=Approval.APPROVE)
    house.plan()
    work_at_once(house, processes=3)
    with house.database.write() as c:
        runs.decide(c, house.run("asks").id, Verdict.APPROVED, now=NOW)
    house.work()
    assert [house.run(name).status for name in ("two", "asks")] == [RunStatus.POSTED] * 2
