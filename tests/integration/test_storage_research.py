"""Research in SQL: one worker at a time, bounds that hold for all attempts together, and what recurs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from time import monotonic

import pytest

from domain.errors import Conflict, InvalidInput, LeaseLost, NotFound
from domain.material import Material, MaterialKind
from domain.owner import LOCAL_OWNER
from domain.project import Project
from domain.research import Lead, Notes, OutputType, Recurring, RecurringStatus, Research, ResearchStatus, Scope
from domain.run import Rejected
from domain.template import Sources
from scheduler.operations import projects as project_operations
from scheduler.operations import references
from scheduler.operations import research as operations
from scheduler.operations.projects import Described
from scheduler.operations.research import Asked, Change
from scheduler.research_steps import Ledger
from scheduler.researching import plan, standing
from storage import projects, recurring_research, research
from storage.database import Database
from tests.integration.research_lab import TRAM, lab, page
from tests.integration.storage_values import NOW, template

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
NOTES = Notes(
    ("a question",),
    (Lead("search", "https://e.org/a", "said", Material("m0", MaterialKind.RESEARCH, "words", published_at=NOW)),),
    3,
    (Material("m1", MaterialKind.RESEARCH, "more words"),),
    (Rejected("https://e.org/b", "gone"),),
)


def queued(database: Database, *ids: str, recurring_id: str | None = None) -> None:
    with database.write() as c:
        for at, each in enumerate(ids):
            made = Research(
                each, "trams", OutputType.TEXT, ResearchStatus.QUEUED, NOW + at * MINUTE, Scope(("f",), ("u",))
            )
            research.add(c, replace(made, recurring_id=recurring_id))


def numbered() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"n{next(numbers)}"


def test_each_is_claimed_once_the_oldest_first(database: Database) -> None:
    queued(database, "a", "b")
    with database.write() as c:
        claims = [research.claim(c, owner=f"w{n}", now=NOW, lease=MINUTE) for n in range(3)]

    assert [claim and (claim[0].id, claim[0].status, claim[0].scope) for claim in claims] == [
        ("a", ResearchStatus.WORKING, Scope(("f",), ("u",))),
        ("b", ResearchStatus.WORKING, Scope(("f",), ("u",))),
        None,
    ]


def test_two_workers_at_once_never_get_the_same(database: Database) -> None:
    queued(database, *(f"r{n}" for n in range(8)))

    def take(owner: str) -> list[str]:
        found: list[str] = []
        while True:
            with database.write() as c:
                claim = research.claim(c, owner=owner, now=NOW, lease=MINUTE)
            if claim is None:
                return found
            found.append(claim[0].id)

    async def both() -> list[list[str]]:
        return await asyncio.gather(*(asyncio.to_thread(take, owner) for owner in ("w1", "w2")))

    taken = asyncio.run(both())

    assert sorted(taken[0] + taken[1]) == [f"r{n}" for n in range(8)]


def test_a_lease_that_lapsed_lets_another_go_on_from_the_notes_and_voids_the_first_hold(database: Database) -> None:
    queued(database, "a")
    with database.write() as c:
        first = research.claim(c, owner="w1", now=NOW, lease=timedelta(0))
        assert first is not None
        research.note(c, first[1], NOTES)
        research.renew(c, first[1], worked=timedelta(seconds=1.5), now=NOW, lease=timedelta(0))
        research.take_pages(c, first[1], 4, most=10)
        second = research.claim(c, owner="w2", now=NOW + MINUTE, lease=MINUTE)

    assert second is not None
    assert (second[2], second[0].worked, second[0].pages, second[0].attempts) == (NOTES, timedelta(seconds=1.5), 4, 2)
    for late in (
        lambda c: research.note(c, first[1], Notes()),
        lambda c: research.spend(c, first[1], 1, most=10),
        lambda c: research.finish(c, first[1], text="x", report=None, rejected=(), failure=None, now=NOW),
    ):
        with database.write() as c, pytest.raises(LeaseLost):
            late(c)


def test_pages_and_money_are_counted_for_all_attempts_together(database: Database) -> None:
    queued(database, "a")
    given: list[object] = []
    for attempt in range(3):
        with database.write() as c:
            claim = research.claim(c, owner=f"w{attempt}", now=NOW + attempt * MINUTE, lease=timedelta(0))
            assert claim is not None
            hold = claim[1]
            given.append((research.take_pages(c, hold, 4, most=10), research.spend(c, hold, 400, most=1_000)))
    with database.write() as c:
        assert research.spend(c, hold, -300, most=1_000)
        assert research.spend(c, hold, 500, most=1_000)

    assert given == [(4, True), (4, True), (2, False)]
    with database.read() as c:
        charged = research.get(c, "a", owner=LOCAL_OWNER)
    assert (charged.pages, charged.cost_micros) == (10, 1_000)


def test_what_recurs_is_queued_when_it_is_due_and_never_twice_at_once(database: Database) -> None:
    new_id = numbered()
    made = operations.repeat(database, Asked("trams"), daily_count=2, until=NOW + DAY + MINUTE, now=NOW, new_id=new_id)
    for at in (NOW, NOW + MINUTE, NOW + DAY / 2, NOW + DAY * 3):
        with database.write() as c:
            plan(c, now=at, new_id=new_id)

    found = operations.list_all(database, limit=10, recurring=made.id)
    assert [each.created_at for each in found] == [NOW]  # it was never done
    assert operations.get_recurring(database, made.id).status is RecurringStatus.ENDED


@pytest.mark.parametrize(
    ("now", "following"),
    [(NOW, NOW + DAY / 3), (NOW + DAY / 3, NOW + 2 * DAY / 3), (NOW + 10 * DAY + MINUTE, NOW + 10 * DAY + DAY / 3)],
)
def test_its_times_lie_at_equal_distance_and_those_that_passed_are_not_made_up(
    now: datetime, following: datetime
) -> None:
    active = RecurringStatus.ACTIVE
    made = Recurring("a", "trams", OutputType.TEXT, Scope(), 3, NOW, None, active, NOW, NOW, NOW)

    assert standing(made, now).next_at == following


def test_of_what_recurs_the_newest_hundred_reports_are_kept(database: Database) -> None:
    queued(database, *(f"r{n:03}" for n in range(103)), recurring_id="again")
    with database.write() as c:
        c.exec_driver_sql("UPDATE research SET status = 'done' WHERE id <> 'r102'")
        research.thin_out(c, "again")

    with database.read() as c:
        assert [each.id for each in research.list_all(c, limit=200, owner=LOCAL_OWNER)] == [
            f"r{n:03}" for n in range(102, 1, -1)
        ]


def test_one_that_recurs_is_edited_paused_and_resumed(database: Database) -> None:
    made = operations.repeat(database, Asked("trams"), daily_count=2, until=None, now=NOW, new_id=numbered())
    with database.write() as c:
        plan(c, now=NOW, new_id=lambda: "r1")

    paused = operations.change(database, made.id, Change(active=False), now=NOW + MINUTE)
    edited = operations.change(database, made.id, Change(topic="ferries", daily_count=4), now=NOW + MINUTE)
    resumed = operations.change(database, made.id, Change(active=True, until=NOW + 2 * DAY), now=NOW + MINUTE)

    assert (paused.status, paused.next_at) == (RecurringStatus.PAUSED, None)
    assert (edited.status, edited.topic, edited.daily_count) == (RecurringStatus.PAUSED, "ferries", 4)
    assert (resumed.status, resumed.next_at) == (RecurringStatus.ACTIVE, NOW + MINUTE + DAY / 4)
    with pytest.raises(Conflict, match="would not come again before its end"):
        operations.change(database, made.id, Change(until=NOW + 2 * MINUTE), now=NOW + MINUTE)
    lifted = operations.change(database, made.id, Change(until=""), now=NOW + MINUTE)
    assert lifted.end is None


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        (Asked("  "), "topic: is empty"),
        (Asked("x" * 2_001), "topic: has 2001 characters"),
        (Asked("t", feeds=("ftp://e.org",)), "feeds: 'ftp://e.org' is not an http or https URL"),
        (Asked("t", urls=("https://user:word@e.org",)), "urls: the URL must not hold a user name"),
        (Asked("t", urls=tuple(f"https://e.org/{n}" for n in range(11))), "urls: has 11 entries"),
    ],
)
def test_what_cannot_be_looked_up_is_refused_with_the_field(database: Database, asked: Asked, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        operations.start(database, asked, now=NOW, new_id=numbered())


def project(database: Database, **fields: object) -> Project:
    described = Described(**fields)  # type: ignore[arg-type]
    return asyncio.run(
        project_operations.add(database, described, read_page=read_acme, now=NOW, new_id=lambda: f"id-{fields['name']}")
    )


async def read_acme(url: str) -> Material:
    return Material("m0", MaterialKind.PAGE, "Ferries for islanders.", title="Acme", url=url)


def test_a_project_is_kept_changed_and_hidden(database: Database) -> None:
    made = project(
        database, name=" Acme ", description="Dry.", colours=("#0a7cff", "#FFF"), image="https://e.org/a.png"
    )
    edit = Described(description="Friendly.", image="")
    changed = asyncio.run(project_operations.change(database, made.id, edit, read_page=read_acme, now=NOW + MINUTE))

    assert (made.name, made.words, made.found) == ("Acme", "Acme. Dry.", None)
    assert changed == replace(made, description="Friendly.", image=None, updated_at=NOW + MINUTE)
    with database.read() as c:
        assert projects.some(c, ["gone", made.id], owner=LOCAL_OWNER) == [changed]
    assert project_operations.remove(database, made.id, now=NOW).deleted_at == NOW
    assert project_operations.list_all(database) == []
    with database.read() as c:
        assert projects.some(c, [made.id], owner=LOCAL_OWNER) == []


def test_without_a_description_what_its_page_says_is_kept_apart_from_the_owners_words(database: Database) -> None:
    made = project(database, name="Acme", url="https://e.org/")

    assert (made.words, made.found) == ("Acme", "Acme\nFerries for islanders.")


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"name": "Acme"}, "description: is missing; give a description or a url"),
        ({"name": " ", "description": "Dry."}, "name: is missing"),
        ({"name": "x" * 201, "description": "Dry."}, "name: has 201 characters"),
        ({"name": "Acme", "description": "Dry.", "colours": ("blue",)}, "colours: 'blue' is no colour"),
        ({"name": "Acme", "url": "file:///etc/passwd"}, "url: 'file:///etc/passwd' is not an http or https URL"),
    ],
)
def test_a_project_that_says_too_little_or_too_much_is_refused(
    database: Database, fields: dict[str, object], problem: str
) -> None:
    with pytest.raises(InvalidInput, match=problem):
        project(database, **fields)
    assert project_operations.list_all(database) == []


def test_what_is_not_there_is_not_found(database: Database) -> None:
    with database.read() as c:
        for get in (research.get, recurring_research.get, projects.get):
            with pytest.raises(NotFound, match="list"):
                get(c, "gone", owner=LOCAL_OWNER)


def test_nobody_sees_what_is_anothers(database: Database) -> None:
    trams = Asked("trams")
    one = operations.start(database, trams, now=NOW, new_id=numbered(), owner="ada")
    again = operations.repeat(database, trams, daily_count=1, until=None, now=NOW, new_id=lambda: "again1", owner="ada")
    described = Described("Acme", "Dry.")
    about = asyncio.run(
        project_operations.add(database, described, read_page=None, now=NOW, new_id=lambda: "about1", owner="ada")
    )
    with database.write() as c:
        plan(c, now=NOW, new_id=lambda: "planned")

    assert [each.id for each in operations.list_all(database, limit=9, owner="ada")] == ["planned", one.id]
    assert operations.list_all(database, limit=9) == []
    assert (operations.list_recurring(database), project_operations.list_all(database)) == ([], [])
    for look in (
        lambda: operations.get(database, one.id),
        lambda: operations.get_recurring(database, again.id),
        lambda: operations.change(database, again.id, Change(active=False), now=NOW),
        lambda: project_operations.remove(database, about.id, now=NOW),
    ):
        with pytest.raises(NotFound):
            look()
    named = replace(template("t1"), sources=Sources(text="w", research=(one.id,)), projects=(about.id,))
    with database.read() as c:
        references.check(c, replace(named, owner_id="ada"))
        with pytest.raises(InvalidInput, match="there is no research"):
            references.check(c, named)


def test_of_two_daemons_at_once_one_does_each(database: Database) -> None:
    async def both() -> list[Research]:
        async with lab(database) as found:
            found.site.answers = {"/tram": page("Harbour tram approved", TRAM)}
            found.site.offer("/tram")
            made = [found.start() for _ in range(4)]
            workers = [found.worker(owner=owner) for owner in ("w1", "w2")]
            await asyncio.gather(*(worker.work_due(found.clock()) for worker in workers))
            assert len(found.site.asked) == len(made)
            return [found.found(each.id) for each in made]

    assert {(each.status, each.attempts) for each in asyncio.run(both())} == {(ResearchStatus.DONE, 1)}


class Died(BaseException):
    """Stands for a SIGKILL: nothing catches it."""


def test_what_a_dead_daemon_held_another_takes_over_when_its_lease_has_lapsed(database: Database) -> None:
    async def dies(questions: Sequence[str], scope: Scope, ledger: Ledger) -> Sequence[Lead]:
        raise Died

    async def taken_over() -> Research:
        async with lab(database, lease=timedelta(seconds=0.5)) as found:
            found.site.answers = {"/tram": page("Harbour tram approved", TRAM)}
            found.site.offer("/tram")
            made = found.start()
            found.more = [dies]
            with pytest.raises(Died):
                await found.worker(owner="dead").work_due(found.clock())
            found.more = []
            other = found.worker(owner="w2")
            await other.work_due(found.clock())
            assert found.found(made.id).status is ResearchStatus.WORKING
            found.clock.advance(seconds=1)
            deadline = monotonic() + 10
            while found.found(made.id).status is ResearchStatus.WORKING and monotonic() < deadline:
                await asyncio.sleep(0.1)
                await other.work_due(found.clock())
            return found.found(made.id)

    found = asyncio.run(taken_over())

    assert (found.status, found.attempts) == (ResearchStatus.DONE, 2)
