"""Two owners on one installation: each has its own of everything, but the accounts of the API key."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from domain.budget import AccountBudget
from domain.event import EventType, NewEvent
from domain.publication import Outcome, Settlement
from domain.reasons import Reason
from domain.run import Run, RunStatus
from domain.schedule import Grid, Schedule
from scheduler.operations import budgets as budgeting
from scheduler.operations import pausing, restoring
from scheduler.operations.account import set_gap
from scheduler.restored_guard import judge
from storage import accounts, budgets, events, posts, publications, restored, runs, tables
from storage.database import Database
from storage.pruning import Keep, prune
from storage.restored import TimelinePost
from tests.integration.compatible_stage import Stage, staged
from tests.integration.scheduler_house import NOW, confirmed, draft

LOCAL, OTHER = "local", "other"
BOTH = (LOCAL, OTHER)
TEMPLATES = "/api/v1/templates"
DAILY: dict[str, Any] = {
    "account": "demo",
    "type": "tweet",
    "text": "The tram line 7 opens on Tuesday.",
    "schedule": {"times": ["09:00"], "timezone": "UTC"},
}
HALF_AN_HOUR = timedelta(minutes=30)


@pytest.fixture
def stage(database: Database) -> Iterator[Stage]:
    with staged(database, account="demo") as opened:
        yield opened


def done(stage: Stage, owner: str, method: str, path: str, document: dict[str, Any] | None = None) -> Any:
    return stage.door.done(method, path, document, token=stage.door.token(owner=owner))


def get(stage: Stage, owner: str, path: str) -> Any:
    return stage.door.get(path, token=stage.door.token(owner=owner))


def template(stage: Stage, owner: str, name: str = "morning") -> str:
    return str(done(stage, owner, "POST", TEMPLATES, {**DAILY, "name": name})["id"])


def ask(stage: Stage, owner: str) -> str:
    """Ask for a post, and give the request's id."""
    return str(done(stage, owner, "POST", "/x/post", {"type": "tweet", "text": "words"})["request_id"])


def post(stage: Stage, owner: str, text: str) -> str:
    """Ask for a post, have it made, and give the request's id."""
    stage.house.editor.drafts = (draft(text),)
    request_id = ask(stage, owner)
    stage.house.work()
    return request_id


def run(stage: Stage, run_id: str) -> Run:
    with stage.house.database.read() as c:
        return runs.get(c, run_id)


def ids_of(stage: Stage, owner: str) -> dict[str, set[str]]:
    """Give the ids of all that a table holds of an owner."""
    wanted = (tables.templates, tables.runs, tables.posts, tables.events, tables.deliveries, tables.webhooks)
    with stage.house.database.read() as c:
        return {
            table.name: set(c.execute(select(table.c.id).where(table.c.owner_id == owner)).scalars())
            for table in wanted
        }


def test_each_owner_is_told_of_its_own_alone(stage: Stage) -> None:
    for owner in BOTH:
        done(stage, owner, "POST", "/content/Webhook", {"url": f"https://example.com/{owner}"})
        done(stage, owner, "POST", "/api/v1/webhooks", {"url": f"https://example.com/{owner}"})
        post(stage, owner, f"A post of {owner}.")

    for owner in BOTH:
        mine = ids_of(stage, owner)
        assert len(mine["webhooks"]) == 2
        told = get(stage, owner, "/api/v1/deliveries")["deliveries"]
        assert {each["webhook_id"] for each in told} == mine["webhooks"]
        assert {each["id"] for each in told} == mine["deliveries"]
        assert {each["id"] for each in get(stage, owner, "/api/v1/events")["events"]} == mine["events"]


LISTS = (
    *("/api/v1/templates", "/api/v1/runs", "/api/v1/posts", "/api/v1/events", "/api/v1/deliveries"),
    *("/api/v1/webhooks", "/api/v1/plan", "/api/v1/export", "/x/posts", "/x/recurring", "/content/Webhooks"),
)


def test_no_list_shows_what_is_another_owners(stage: Stage) -> None:
    for owner in BOTH:
        done(stage, owner, "POST", "/content/Webhook", {"url": f"https://example.com/{owner}"})
        template(stage, owner, name=f"of-{owner}")
        post(stage, owner, f"A post of {owner}.")

    for owner, others in (BOTH, BOTH[::-1]):
        hidden = {each for found in ids_of(stage, others).values() for each in found} | {f"of-{others}"}
        for path in LISTS:
            shown = stage.door.ask("GET", path, token=stage.door.token(owner=owner))
            assert shown.status_code == 200, shown.text
            assert [each for each in hidden if each in shown.text] == [], path


def named(stage: Stage, owner: str) -> dict[str, str]:
    """Give paths that name something of the owner's."""
    template_id, request_id = template(stage, owner), post(stage, owner, f"A post of {owner}.")
    with stage.house.database.read() as c:
        (made,) = posts.list_posts(c, run_id=request_id)
    return {
        "template": f"{TEMPLATES}/{template_id}",
        "why": f"{TEMPLATES}/{template_id}/why?at=2026-03-02T09:00:00Z",
        "run": f"/api/v1/runs/{request_id}",
        "status": f"/content/Status/{request_id}",
        "post": f"/x/posts/{made.id}",
    }


def test_what_is_named_is_there_for_its_owner_alone(stage: Stage) -> None:
    paths = {owner: named(stage, owner) for owner in BOTH}
    for owner, others in (BOTH, BOTH[::-1]):
        for path in paths[others].values():
            assert stage.door.ask("GET", path, token=stage.door.token(owner=others)).status_code == 200, path
            assert stage.door.ask("GET", path, token=stage.door.token(owner=owner)).status_code == 404, path


def test_both_may_give_a_template_the_same_name(stage: Stage) -> None:
    mine, theirs = template(stage, LOCAL), template(stage, OTHER)
    done(stage, OTHER, "PATCH", f"{TEMPLATES}/morning", {"count": 2})
    done(stage, OTHER, "POST", f"{TEMPLATES}/morning/pause", {})
    done(stage, LOCAL, "DELETE", f"{TEMPLATES}/morning")

    assert get(stage, LOCAL, f"{TEMPLATES}/{mine}")["status"] == "deleted"
    kept = get(stage, OTHER, f"{TEMPLATES}/morning")
    assert (kept["id"], kept["status"], kept["count"]) == (theirs, "paused", 2)
    done(stage, OTHER, "DELETE", f"{TEMPLATES}/morning")
    assert get(stage, OTHER, TEMPLATES)["templates"] == []


def test_the_kill_switch_stops_the_callers_own(stage: Stage) -> None:
    template(stage, LOCAL)
    template(stage, OTHER)
    waiting = {owner: ask(stage, owner) for owner in BOTH}

    (paused, *_) = done(stage, OTHER, "POST", "/api/v1/pause", {"reason": "wrong"})["templates"]

    assert (paused["name"], paused["status"]) == ("morning", "paused")
    assert get(stage, LOCAL, f"{TEMPLATES}/morning")["status"] == "active"
    assert (run(stage, waiting[OTHER]).status, run(stage, waiting[LOCAL]).status) == (
        RunStatus.SKIPPED,
        RunStatus.QUEUED,
    )
    assert done(stage, LOCAL, "POST", "/api/v1/resume", {})["templates"] == []
    assert get(stage, OTHER, f"{TEMPLATES}/morning")["status"] == "paused"


def test_the_operators_kill_switch_stops_everybody(stage: Stage) -> None:
    for owner in BOTH:
        template(stage, owner)
    now, database = stage.house.clock(), stage.house.database

    paused = pausing.pause_all(database, note="all", now=now, new_id=stage.house.new_id)
    assert sorted(each.stored.template.owner_id for each in paused) == [*BOTH]
    resumed = pausing.resume_all(database, now=now, new_id=stage.house.new_id)
    assert sorted(each.template.owner_id for each in resumed.stored) == [*BOTH]


@pytest.mark.parametrize("setter", BOTH)
def test_posts_of_one_account_keep_its_gap_whoevers_they_are(stage: Stage, setter: str) -> None:
    house = stage.house
    for owner in BOTH:
        house.template(owner, owner_id=owner, schedule=Schedule(Grid(1, NOW)))
    set_gap(house.database, "Demo", HALF_AN_HOUR, now=NOW, owner=setter)
    set_gap(house.database, "demo", timedelta(minutes=1), now=NOW, owner=OTHER if setter == LOCAL else LOCAL)
    with house.database.read() as c:
        house.lanes.gaps = accounts.gaps(c)
    house.plan()
    house.work()

    waiting, posted = sorted((house.run(owner) for owner in BOTH), key=lambda each: each.status is RunStatus.POSTED)
    assert (posted.status, waiting.status, waiting.not_before) == (
        RunStatus.POSTED,
        RunStatus.QUEUED,
        NOW + HALF_AN_HOUR,
    )
    house.clock.advance(minutes=29)
    assert house.work() == 0
    house.clock.advance(minutes=1)
    house.work()
    assert house.run(waiting.template_id).status is RunStatus.POSTED


def test_a_gap_that_is_lifted_leaves_the_other_owners(database: Database) -> None:
    for owner in BOTH:
        set_gap(database, "demo", HALF_AN_HOUR, now=NOW, owner=owner)
    set_gap(database, "demo", None, now=NOW, owner=LOCAL)
    with database.read() as c:
        assert accounts.gaps(c) == {"demo": HALF_AN_HOUR}


def test_a_budget_of_an_account_is_its_owners(stage: Stage) -> None:
    with stage.house.database.write() as c:
        budgets.set_account_budget(c, AccountBudget("demo", 2_000, None, "UTC"), now=NOW, owner=OTHER)
    theirs = [ask(stage, OTHER), ask(stage, OTHER)]
    mine = post(stage, LOCAL, "A post of local.")

    assert run(stage, mine).status is RunStatus.POSTED
    assert sorted(str(run(stage, each).reason) for each in theirs) == ["None", Reason.OVER_BUDGET.value]
    body = {"type": "tweet", "text": "words"}
    stage.door.refused(400, "POST", "/x/post", body, token=stage.door.token(owner=OTHER))
    for owner, taken in ((LOCAL, 1_500), (OTHER, 1_500)):
        lines = budgeting.standing(stage.house.database, ["demo"], timezone="UTC", now=stage.house.clock(), owner=owner)
        assert {each.taken and each.taken.taken for each in lines} == {taken}
    with stage.house.database.read() as c:
        assert budgets.account_budgets(c, owner=LOCAL) == {}


def test_events_without_a_template_are_numbered_for_each_owner(database: Database) -> None:
    def happened(number: int, owner: str) -> NewEvent:
        return NewEvent(f"{owner}-{number}", EventType.CLOCK_STEPPED, NOW, {}, owner_id=owner)

    def numbers(owner: str) -> list[int]:
        query = select(tables.events.c.sequence).where(tables.events.c.owner_id == owner)
        return list(c.execute(query.order_by(tables.events.c.position)).scalars())

    with database.write() as c:
        for number in (1, 2):
            events.record(c, [happened(number, owner) for owner in BOTH])
        assert (numbers(LOCAL), numbers(OTHER)) == ([1, 2], [1, 2])
        events.mark_read(c, "other-2")
        prune(c, NOW + timedelta(days=2), Keep.all(timedelta(days=1)), 100)
        assert (numbers(LOCAL), numbers(OTHER)) == ([2], [2])  # the next one's number is counted from it
        events.record(c, [happened(3, owner) for owner in BOTH])
        assert (numbers(LOCAL), numbers(OTHER)) == ([2, 3], [2, 3])


def test_what_is_old_is_pruned_for_every_owner(stage: Stage) -> None:
    done(stage, OTHER, "POST", "/content/Webhook", {"url": "https://example.com/hook"})
    kept = {owner: post(stage, owner, f"A post of {owner}.") for owner in BOTH}
    with stage.house.database.write() as c:
        gone = prune(c, stage.house.clock() + timedelta(days=2), Keep.all(timedelta(days=1)), 100)
        left = {table.name: c.execute(select(table.c.run_id)).all() for table in (tables.drafts, tables.materials)}

    assert gone.runs == 2
    assert left == {"drafts": [], "materials": []}
    assert {run(stage, each).status for each in kept.values()} == {RunStatus.POSTED}


def test_after_a_restore_an_account_waits_whoever_posts_as_it(stage: Stage) -> None:
    house = stage.house
    queued = {owner: ask(stage, owner) for owner in BOTH}
    house.clock.advance(hours=1)
    restoring.mark(house.database, now=house.clock(), new_id=house.new_id)

    assert {run(stage, each).reason for each in queued.values()} == {Reason.RESTORED}
    told = {owner: [each["type"] for each in get(stage, owner, "/api/v1/events")["events"]] for owner in BOTH}
    assert told == {owner: ["run.skipped"] for owner in BOTH}
    later = {owner: post(stage, owner, "The tram is late.") for owner in BOTH}
    with house.database.write() as c:
        sent = {owner: publications.of_run(c, run_id)[0] for owner, run_id in later.items()}
        assert {judge(c, each, house.clock()).outcome for each in sent.values()} == {Outcome.DEFERRED}  # type: ignore[union-attr]
        restored.keep(c, "demo", [TimelinePost("77", "The tram is late.", (), NOW)])
        assert restored.settle(c, "demo", restored.PERSON, now=house.clock())
        refused = judge(c, sent[OTHER], house.clock())
        answered = c.execute(select(tables.timeline_posts.c.owner_id, tables.timeline_posts.c.run_id)).one()
    assert refused is not None
    assert (refused.outcome, refused.reason) == (Outcome.REFUSED, Reason.DUPLICATE.value)
    assert tuple(answered) == (OTHER, later[OTHER])

    with house.database.write() as c:  # restored again, the timeline shows it again
        assert restored.keep(c, "demo", [TimelinePost("77", "The tram is late.", (), NOW)]) == 0
        again = judge(c, sent[OTHER], house.clock())
    assert again is not None
    assert again.outcome is Outcome.REFUSED


def test_a_tweet_answers_for_one_post_whoever_sent_them(stage: Stage) -> None:
    answers: dict[str, list[Settlement | BaseException]] = {text: [confirmed("5")] for text in ("One.", "Two.")}
    stage.house.publisher.answers = answers
    first, second = post(stage, LOCAL, "One."), post(stage, OTHER, "Two.")

    assert run(stage, first).status is RunStatus.POSTED
    assert run(stage, second).status is not RunStatus.POSTED
