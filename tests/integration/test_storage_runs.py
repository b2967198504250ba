"""Plans, claims and fences: which run there is, and who may write about it."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from domain.draft import Check, Draft, Part, Score, Segment, SegmentKind
from domain.errors import Conflict, LeaseLost, NotFound
from domain.event import EventType
from domain.material import Material, MaterialKind
from domain.publication import Outcome, PostStatus, Settlement
from domain.reasons import Reason
from domain.run import Facts, Gap, Hold, Rejected, Run, RunStatus, Trigger, Verdict
from domain.template import TemplateStatus
from scheduler.events import Events
from storage import events, posts, publications, runs, templates
from storage.database import Database
from tests.integration.storage_values import (
    LEASE,
    NOW,
    SOON,
    draft,
    event,
    held_run,
    listed,
    planned,
    post,
    publication,
    state,
    template,
    with_templates,
    written,
)


def claimed(database: Database, owner: str, now: datetime = NOW, limit: int = 10) -> list[Facts]:
    with database.write() as c:
        return runs.claim(c, owner=owner, now=now, lease=LEASE, limit=limit)


def test_a_plan_becomes_a_queued_run_and_moves_the_template_on(database: Database) -> None:
    with_templates(database, "t1")
    with database.write() as c:
        assert runs.plan(c, [planned()], now=NOW) == 1
    with database.read() as c:
        assert runs.get(c, "r1") == Run(
            "r1", "t1", "acme", NOW, NOW, Trigger.SCHEDULE, RunStatus.QUEUED, created_at=NOW
        )
        assert templates.get(c, "t1").state.next_slot_at == NOW + timedelta(hours=6)


def test_a_plan_made_from_an_older_slot_writes_nothing(database: Database) -> None:
    with_templates(database, "t1", "t2")
    late = planned("t1", "r1", was=NOW - SOON, events=(event(),))
    with database.write() as c:
        assert runs.plan(c, [late, planned("t2", "r2")], now=NOW) == 1
    with database.read() as c:
        assert [run.id for run in listed(c)] == ["r2"]
        assert templates.get(c, "t1").state.next_slot_at == NOW
        assert events.list_events(c) == []


def test_a_paused_template_is_not_planned(database: Database) -> None:
    with_templates(database, "t1")
    with database.write() as c:
        templates.set_status(c, "t1", TemplateStatus.PAUSED, now=NOW, reason=Reason.BY_OWNER)
        assert runs.plan(c, [planned()], now=NOW) == 0


def test_a_slot_has_one_run_and_its_event_is_told_once(database: Database) -> None:
    with_templates(database, "t1")
    first = event(EventType.RUN_SKIPPED)
    second = event(EventType.RUN_SKIPPED)
    with database.write() as c:
        runs.plan(c, [planned(run_id="r1", next_slot_at=NOW, events=(replace(first, run_id="r1"),))], now=NOW)
        again = planned(run_id="r2", events=(replace(second, run_id="r2"),))
        assert runs.plan(c, [again], now=NOW) == 0
    with database.read() as c:
        assert [run.id for run in listed(c)] == ["r1"]
        assert [one.id for one in events.list_events(c)] == [first.id]


def test_a_bad_template_is_paused_with_its_reason_and_the_others_are_planned(database: Database) -> None:
    with_templates(database, "t2")
    spoilt = template("t1", callback_data="a\u2028b")
    bad = planned("t1", gaps=(Gap("t1", NOW, NOW, 0, Reason.MISSED),))
    with database.write() as c:
        templates.insert(c, spoilt, state())
        assert runs.plan(c, [bad, planned("t2", "r2")], now=NOW) == 1
    with database.read() as c:
        stored = templates.get(c, "t1")
        assert (stored.state.status, stored.state.pause_reason) == (TemplateStatus.PAUSED, Reason.INVALID_TEMPLATE)
        skipped, paused = events.list_events(c, template_id="t1")
        (lost,) = listed(c, template_id="t1")
        assert [run.id for run in listed(c, template_id="t2")] == ["r2"]
    assert (lost.slot_at, lost.status, lost.reason) == (NOW, RunStatus.SKIPPED, Reason.INVALID_TEMPLATE)
    assert (skipped.type, skipped.run_id) == (EventType.RUN_SKIPPED, lost.id)
    told = Events(spoilt, lambda: "e")
    as_told = told.slot_skipped(lost.id, NOW, Reason.INVALID_TEMPLATE, NOW)
    assert (skipped.type, skipped.data) == (as_told.type, as_told.data)
    as_told = told.of_template(EventType.TEMPLATE_PAUSED, NOW, Reason.INVALID_TEMPLATE, stored.state.pause_note)
    assert (paused.type, paused.data) == (as_told.type, as_told.data)


def test_a_bad_template_in_one_part_of_a_batch_spoils_neither_the_parts_before_nor_those_after(
    database: Database,
) -> None:
    with_templates(database, "t1", "t2", "t3")
    bad = planned("t2", gaps=(Gap("t2", NOW, NOW, 0, Reason.MISSED),))
    with database.write() as c:
        parts = ([planned("t1", "r1")], [bad], [planned("t3", "r3")])
        assert runs.plan_parts(c, iter(parts), now=NOW) == 2
    with database.read() as c:
        assert [run.id for name in ("t1", "t3") for run in listed(c, template_id=name)] == ["r1", "r3"]
        assert templates.get(c, "t2").state.status is TemplateStatus.PAUSED


def test_a_slot_is_found_as_its_run_or_in_its_gap(database: Database) -> None:
    with_templates(database, "t1")
    gap = Gap("t1", NOW - timedelta(days=2), NOW - timedelta(days=1), 5, Reason.SUPERSEDED)
    with database.write() as c:
        runs.plan(c, [planned(gaps=(gap,))], now=NOW)
    with database.read() as c:
        assert runs.find(c, "t1", NOW) == runs.get(c, "r1")
        assert runs.find(c, "t1", gap.end) == gap
        assert runs.find(c, "t1", NOW + SOON) is None
        assert runs.gaps(c, "t1") == [gap]


def test_a_template_that_ended_has_no_next_slot(database: Database) -> None:
    with_templates(database, "t1")
    with database.write() as c:
        runs.plan(c, [planned(next_slot_at=None, ended=True)], now=NOW)
        assert templates.get(c, "t1").state.status is TemplateStatus.ENDED
        assert templates.earliest_slot(c) is None


def test_two_connections_claiming_at_once_never_get_the_same_run(database: Database) -> None:
    ids = [f"t{n}" for n in range(120)]
    with_templates(database, *ids)
    with database.write() as c:
        runs.plan(c, [planned(template_id, f"r{template_id}") for template_id in ids], now=NOW)
    got: dict[str, list[str]] = {"one": [], "two": [], "three": []}
    start = threading.Barrier(len(got))

    def worker(owner: str) -> None:
        start.wait()
        while found := claimed(database, owner, limit=5):
            got[owner] += [facts.run.id for facts in found]

    threads = [threading.Thread(target=worker, args=(owner,)) for owner in got]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    everything = [run_id for found in got.values() for run_id in found]
    assert sorted(everything) == sorted(f"r{template_id}" for template_id in ids)


def test_runs_are_claimed_by_when_they_were_due(database: Database) -> None:
    with_templates(database, "t1", "t2", "t3")
    with database.write() as c:
        for number, minutes in ((1, 3), (2, 1), (3, 2)):
            due = NOW - timedelta(minutes=minutes)
            one = runs.PlannedRun(f"r{number}", due, due, RunStatus.QUEUED)
            runs.plan(c, [planned(f"t{number}", runs=(one,))], now=NOW)
    assert [facts.run.id for facts in claimed(database, "me", limit=2)] == ["r1", "r3"]
    assert [facts.run.id for facts in claimed(database, "me", limit=2)] == ["r2"]


def test_a_claim_never_takes_a_run_that_its_owner_works_on(database: Database) -> None:
    held_run(database, owner="me")
    with database.write() as c:
        runs.renew(c, "me", timedelta(seconds=-1), NOW)
        assert runs.claim(c, owner="me", now=NOW, lease=LEASE, limit=9, held=["r1"]) == []


def test_a_claim_whose_answer_was_lost_lapses_and_is_given_to_its_owner_again(database: Database) -> None:
    known = held_run(database, owner="me")
    lost = held_run(database, "r2", "t2", owner="me")
    with database.write() as c:
        runs.renew(c, "me", timedelta(seconds=-1), NOW, [lost.run_id])
        assert runs.renew(c, "me", LEASE, NOW, [known.run_id, "gone"]) == [known.run_id]
        (facts,) = runs.claim(c, owner="me", now=NOW, lease=LEASE, limit=9, held=[known.run_id])
    assert (facts.run.id, facts.run.epoch) == (lost.run_id, lost.epoch + 1)


def test_a_lapsed_lease_gives_the_run_to_another_and_voids_the_hold(database: Database) -> None:
    hold = held_run(database, owner="dead")
    assert claimed(database, "me") == []
    with database.write() as c:
        runs.renew(c, "dead", timedelta(seconds=-1), NOW)
    (facts,) = claimed(database, "me", NOW)
    assert (facts.run.id, facts.run.epoch) == (hold.run_id, hold.epoch + 1)
    with pytest.raises(LeaseLost):
        asyncio.run(written(database, runs.record_drafts(hold, [draft()], now=NOW)))


def test_a_renewed_lease_does_not_lapse(database: Database) -> None:
    held_run(database, owner="alive")
    with database.write() as c:
        runs.renew(c, "alive", timedelta(days=1), NOW)
    assert claimed(database, "me", NOW + timedelta(hours=1)) == []


def test_at_boot_the_runs_of_dead_owners_are_free_at_once(database: Database) -> None:
    held_run(database, owner="dead")
    with database.write() as c:
        assert runs.reclaim(c, "me") == 1
    assert [facts.run.id for facts in claimed(database, "me")] == ["r1"]


def test_a_released_run_waits_for_its_time(database: Database) -> None:
    hold = held_run(database)
    later = NOW + timedelta(minutes=15)
    asyncio.run(written(database, runs.release(hold, not_before=later, now=NOW, detail="429")))
    assert claimed(database, "me", later - SOON) == []
    with database.read() as c:
        assert runs.next_work_at(c) == later
    assert [facts.run.detail for facts in claimed(database, "me", later)] == ["429"]


def test_everything_recorded_comes_back_as_it_was(database: Database) -> None:
    hold = held_run(database)
    material = Material(
        "m0", MaterialKind.FEED_ITEM, "Words, 言葉 👋", "Title", tags=("a", "b"), published_at=NOW, item_id=None
    )
    rejected = (Rejected("https://example.org", "a login page"),)
    segment = Segment(SegmentKind.TRIMMED, "Words", "m0", "text", ((0, 3), (4, 5)))
    first = Draft(
        "d0", (Part("Words", (segment,)), Part("more")), rank=0.25, material_ids=("m0",), unmet_hints=("rhyme",)
    )
    scored = replace(first, score=Score(72, (Check("hook", True), Check("length", False, "longer")), "xquik", part=1))
    refined = Draft("d1", (Part("Better words"),), refined_from="d0", refinements=("longer",))
    asyncio.run(
        written(
            database,
            runs.record_gather(hold, [material], rejected, item_ids=(), template_id="t1", now=NOW),
            runs.record_drafts(hold, [first], now=NOW),
            runs.record_choice(hold, [scored, refined], ["d1"], "it passed more checks", [post(hold)], now=NOW),
            publications.intend(hold, publication(hold)),
        )
    )
    with database.read() as c:
        facts = runs.facts(c, "r1")
    assert facts.material == (material,)
    assert facts.rejected == rejected
    assert facts.drafts == (scored, refined)
    assert facts.chosen == (refined,)
    assert facts.choice_reason == "it passed more checks"
    assert facts.publications == (publication(hold),)
    assert not facts.held


def test_nothing_recorded_and_nothing_found_are_told_apart(database: Database) -> None:
    hold = held_run(database)
    with database.read() as c:
        assert runs.facts(c, "r1").material is None
    asyncio.run(
        written(
            database,
            runs.record_gather(hold, [], [], item_ids=(), template_id="t1", now=NOW),
            runs.record_drafts(hold, [], now=NOW),
            runs.record_choice(hold, [], [], "nothing was good enough", [], now=NOW),
        )
    )
    with database.read() as c:
        facts = runs.facts(c, "r1")
    assert (facts.material, facts.drafts, facts.chosen) == ((), (), ())


def test_a_held_run_waits_for_a_verdict_and_is_worked_on_again(database: Database) -> None:
    hold = held_run(database)
    waiting = replace(post(hold), status=PostStatus.AWAITING_APPROVAL)
    asyncio.run(
        written(
            database,
            runs.record_gather(hold, [], [], item_ids=(), template_id="t1", now=NOW),
            runs.record_choice(hold, [draft()], ["d0"], "best", [waiting], now=NOW),
            runs.record_held(hold, [event(EventType.RUN_HELD)], now=NOW),
        )
    )
    assert claimed(database, "other", NOW + timedelta(days=9)) == []
    with database.write() as c:
        assert templates.busy(c, ["t1"]) == {}
        runs.decide(c, "r1", Verdict.APPROVED, now=NOW, note="fine")
        assert posts.get(c, waiting.id).status is PostStatus.GENERATED
        with pytest.raises(Conflict, match="is queued"):
            runs.decide(c, "r1", Verdict.REJECTED, now=NOW)
    (facts,) = claimed(database, "other")
    assert facts.held
    assert facts.run.verdict is Verdict.APPROVED


def test_an_unknown_run_makes_its_template_wait_until_it_is_reopened(database: Database) -> None:
    hold = held_run(database)
    with database.read() as c:
        assert templates.busy(c, ["t1", "t9"]) == {"t1": RunStatus.QUEUED}
    asyncio.run(written(database, runs.release(hold, not_before=None, now=NOW, status=RunStatus.UNKNOWN)))
    with database.write() as c:
        assert templates.busy(c, ["t1"]) == {"t1": RunStatus.UNKNOWN}
        runs.reopen(c, "r1", now=NOW)
    assert [facts.run.id for facts in claimed(database, "me")] == ["r1"]


def test_the_end_of_a_run_is_told_in_the_same_write(database: Database) -> None:
    hold = held_run(database)
    end = runs.finish(
        hold,
        status=RunStatus.SKIPPED,
        reason=Reason.NOTHING_NEW,
        detail="no entry",
        events=[event(EventType.RUN_SKIPPED)],
        items="kept",
        now=NOW + SOON,
    )
    asyncio.run(written(database, runs.record_choice(hold, [draft()], ["d0"], "best", [post(hold)], now=NOW), end))
    with database.read() as c:
        run = runs.get(c, "r1")
        assert (run.status, run.reason, run.finished_at) == (RunStatus.SKIPPED, Reason.NOTHING_NEW, NOW + SOON)
        assert templates.get(c, "t1").state.last_run_at == NOW + SOON
        assert posts.list_posts(c)[0].status is PostStatus.DISCARDED
        assert [one.type for one in events.list_events(c)] == [EventType.RUN_SKIPPED]


def test_a_run_that_posted_nothing_must_say_why(database: Database) -> None:
    hold = held_run(database)
    silent = runs.finish(hold, status=RunStatus.SKIPPED, reason=None, detail=None, events=[], items="kept", now=NOW)
    with pytest.raises(Conflict, match="says_why"):
        asyncio.run(written(database, silent))


def test_a_template_with_runs_cannot_be_removed_from_the_ledger(database: Database) -> None:
    held_run(database)
    with pytest.raises(sa.exc.IntegrityError), database.write() as c:
        c.execute(sa.text("DELETE FROM templates"))


def test_a_requested_run_may_share_the_instant_of_a_slot(database: Database) -> None:
    held_run(database)
    with database.write() as c:
        runs.insert_requested(c, Run("r2", "t1", "acme", NOW, NOW, Trigger.REQUEST, RunStatus.QUEUED, created_at=NOW))
    with database.read() as c:
        assert {run.id for run in listed(c, template_id="t1")} == {"r1", "r2"}
        found = runs.find(c, "t1", NOW)
    assert isinstance(found, Run)
    assert found.trigger is Trigger.SCHEDULE


def test_a_thread_that_is_out_in_part_is_found_until_it_is_whole(database: Database) -> None:
    hold = held_run(database)
    confirmed = Settlement(Outcome.CONFIRMED, "answer", tweet_id="1")
    asyncio.run(
        written(
            database,
            runs.record_choice(hold, [draft()], ["d0"], "best", [post(hold, 0), post(hold, 1)], now=NOW),
            publications.intend(hold, publication(hold, 0)),
        )
    )
    with database.read() as c:
        assert runs.started_threads(c) == []
    published = PostStatus.PUBLISHED
    first = publications.settle(hold, "r1-0-0", confirmed, group=0, part=0, now=NOW, post_status=published)
    asyncio.run(written(database, first, publications.intend(hold, publication(hold, 1))))
    with database.read() as c:
        assert runs.started_threads(c) == [("acme", "r1", NOW)]
    other = replace(confirmed, tweet_id="2")
    last = publications.settle(hold, "r1-1-0", other, group=0, part=1, now=NOW, post_status=published)
    asyncio.run(written(database, last))
    with database.read() as c:
        assert runs.started_threads(c) == []


def test_what_is_not_there_is_named(database: Database) -> None:
    with database.write() as c:
        for ask in (runs.get, runs.facts):
            with pytest.raises(NotFound, match="no run named 'r9'"):
                ask(c, "r9")
        with pytest.raises(NotFound, match="no run named 'r9'"):
            runs.reopen(c, "r9", now=NOW)


def test_only_the_holder_may_write(database: Database) -> None:
    hold = held_run(database)
    for stranger in (replace(hold, owner="other"), replace(hold, epoch=hold.epoch + 1), Hold("r9", "me", 1)):
        with pytest.raises(LeaseLost, match=stranger.run_id):
            asyncio.run(written(database, runs.record_drafts(stranger, [draft()], now=NOW)))
    with database.read() as c:
        assert runs.facts(c, "r1").drafts is None
