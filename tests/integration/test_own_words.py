"""Tips and rows of tables in SQL: reserved by a run, used when it posted, given back when it certainly did not."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from domain.errors import NotFound, SourceError
from domain.material import Material
from domain.own_words import Countdown, CsvTable
from domain.owner import LOCAL_OWNER
from domain.publication import Outcome, Settlement
from domain.reasons import Reason
from domain.run import RunStatus
from domain.schedule import ClockTimes, Grid, Schedule
from domain.template import Sources, Template
from scheduler.editor import Gathered
from scheduler.operations import restoring
from scheduler.own_words import OwnWords
from sources.parsing.table import Rows, parse
from storage import feeds, series, tables
from storage.database import Database
from storage.feeds import Feed
from tests.integration.scheduler_house import NOW, House
from tests.integration.storage_values import running

TIPS = Sources(tips=("First tip.", "Second tip.", "Third tip."))
URL = "https://acme.example/metrics.csv"
TABLE = CsvTable(URL)
HOURS = timedelta(hours=6)


class Desk:
    """A house whose editor is given what the owner's words give, run by run."""

    def __init__(self, database: Database) -> None:
        self.house = House(database)
        self.table = "week,signups\n1,990\n2,1108\n"

    async def read_table(self, table: CsvTable) -> Rows:
        if not self.table:
            raise SourceError(table.url, "answered 404")
        return parse(self.table.encode(), None, newest_first=False)

    def gather(self, template: Template, *, takes: bool = True) -> Gathered:
        async def do() -> Gathered | None:
            with running(self.house.database) as writer:
                own_words = OwnWords(writer=writer, read_table=self.read_table, takes=takes)
                return await own_words(template, self.house.clock())

        gathered = asyncio.run(do())
        assert gathered is not None
        return gathered

    def run(self, template: Template) -> list[str]:
        """Let the next slot come due and the run be worked on; give what it had to say."""
        gathered = self.gather(template)
        self.house.editor.gathered = gathered
        self.house.plan()
        self.house.work()
        self.house.clock.now += HOURS
        return [material.text for material in gathered.materials]

    def uses(self) -> list[str]:
        uses = tables.item_uses
        with self.house.database.read() as c:
            return list(c.execute(select(uses.c.status).order_by(uses.c.item_id)).scalars())


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def tips(desk: Desk, **fields: Any) -> Template:
    return desk.house.template(sources=TIPS, schedule=Schedule(Grid(4, NOW)), **fields)


def test_tips_are_told_in_order_round_after_round(desk: Desk) -> None:
    made = tips(desk, repeat_after=0)

    said = [desk.run(made) for _ in range(7)]

    assert [text for (text,) in said] == [f"{name} tip." for name in ("First", "Second", "Third") * 2] + ["First tip."]
    assert desk.uses() == ["used"] * 3


def test_a_round_begins_again_only_when_the_days_have_passed(desk: Desk) -> None:
    made = tips(desk, repeat_after=10)
    for _ in range(3):
        desk.run(made)

    silent = desk.gather(made)
    (rejected,) = silent.rejected
    assert (silent.materials, rejected.failed) == ((), False)
    assert "all 3 tips were posted within the last 10 days" in rejected.reason
    assert "from 2026-03-11 09:00 UTC" in rejected.reason
    desk.house.clock.now = NOW + timedelta(days=10)
    assert [each.text for each in desk.gather(made).materials] == ["First tip."]


def test_a_tip_that_certainly_did_not_go_out_has_its_turn_again(desk: Desk) -> None:
    made = tips(desk)
    desk.house.publisher.answers["Hello"] = [Settlement(Outcome.REFUSED, "answer", reason=Reason.API_BLOCKED)]

    assert desk.run(made) == ["First tip."]
    assert desk.house.run().status is RunStatus.FAILED
    assert desk.uses() == []
    assert [each.text for each in desk.gather(made).materials] == ["First tip."]


def test_a_tip_that_may_be_out_is_not_told_again(desk: Desk) -> None:
    made = tips(desk)
    desk.house.publisher.answers["Hello"] = [Settlement(Outcome.UNKNOWN, "answer", reason="no_answer")]
    desk.run(made)

    assert desk.uses() == ["reserved"]
    assert [each.text for each in desk.gather(made).materials] == ["Second tip."]


def test_a_run_of_several_posts_takes_several_tips_and_two_templates_do_not_share_a_turn(desk: Desk) -> None:
    one = tips(desk, count=2)
    other = desk.house.template("t2", sources=TIPS)

    gathered = desk.gather(one)
    assert [(each.id, each.text) for each in gathered.materials] == [("m0", "First tip."), ("m1", "Second tip.")]
    assert len(set(gathered.item_ids)) == 2
    assert [each.text for each in desk.gather(other).materials] == ["First tip."]


def test_a_tip_that_is_taken_out_is_not_told_and_a_new_one_comes_first(desk: Desk) -> None:
    made = tips(desk, repeat_after=0)
    desk.run(made)

    edited = replace(made, sources=Sources(tips=("First  tip.", "New tip.", "Third tip.")))
    assert [desk.run(edited) for _ in range(3)] == [["New tip."], ["Third tip."], ["First tip."]]


def test_the_newest_row_is_told_once_and_a_corrected_one_is_another(desk: Desk) -> None:
    made = desk.house.template(sources=Sources(csv=TABLE))

    assert desk.run(made) == ["signups: 1108, up 12% from 990."]
    (rejected,) = desk.gather(made).rejected
    assert (rejected.reference, rejected.reason, rejected.failed) == (URL, "the newest row, 2, was told already", False)
    desk.table = desk.table.replace("1108", "1109")
    assert desk.run(made) == ["signups: 1109, up 12% from 990."]
    assert desk.uses() == ["used", "used"]


def test_a_table_that_cannot_be_read_or_told_failed(desk: Desk) -> None:
    for text in ("", "week,signups\n1,x\n"):
        desk.table = text
        gathered = desk.gather(desk.house.template(f"t{len(text)}", sources=Sources(csv=TABLE)))
        assert [each.failed for each in gathered.rejected] == [True]
    assert desk.uses() == []


@pytest.mark.parametrize("told_before_the_backup", [True, False])
def test_after_a_restore_the_row_that_may_have_been_told_is_passed_over(
    desk: Desk, told_before_the_backup: bool
) -> None:
    made = desk.house.template(sources=Sources(csv=TABLE))
    if told_before_the_backup:
        desk.run(made)
    restoring.mark(desk.house.database, now=desk.house.clock(), new_id=desk.house.new_id)

    desk.table += "3,1240\n"
    (rejected,) = desk.gather(made).rejected
    assert rejected.reason == "the newest row, 3, may have been told before the database was restored"
    desk.table += "4,1300\n"
    desk.house.clock.now += HOURS
    assert desk.run(made) == ["signups: 1300, up 4.8% from 1240."]


def test_trying_out_takes_nothing(desk: Desk) -> None:
    for sources in (TIPS, Sources(csv=TABLE)):
        made = desk.house.template(f"t{len(sources.tips)}", sources=sources)
        assert [desk.gather(made, takes=False).item_ids for _ in range(2)] == [(), ()]
        assert len(desk.gather(made, takes=False).materials) == 1
    assert desk.uses() == []


def test_series_are_no_feeds(desk: Desk) -> None:
    desk.run(tips(desk))
    desk.run(desk.house.template("t2", sources=Sources(csv=TABLE)))
    with desk.house.database.write() as c:
        feeds.ensure(c, "https://a.example/feed", now=NOW, owner=LOCAL_OWNER)
        known = feeds.list_feeds(c)
        assert [each.url for each in known] == ["https://a.example/feed"]
        assert [each.url for each in feeds.due_feeds(c, NOW, HOURS)] == ["https://a.example/feed"]
        c.execute(update(tables.feeds).values(failures=0))
        numbers = c.execute(select(tables.feeds.c.id).where(tables.feeds.c.url == series.tips_of("t1"))).scalars().all()
        with pytest.raises(NotFound):
            feeds.get(c, numbers[0])
    assert all(isinstance(each, Feed) for each in known)


def test_a_countdown_that_is_held_up_past_midnight_is_not_posted(desk: Desk) -> None:
    zone = Schedule(ClockTimes((NOW.time(),), "UTC"))
    made = desk.house.template(
        schedule=zone, sources=Sources(countdown=Countdown(date(2026, 3, 9), ("{days_left} days",)))
    )
    held_up = Settlement(Outcome.DEFERRED, "answer", retry_at=NOW + timedelta(hours=14, minutes=59))
    desk.house.publisher.answers["Hello"] = [held_up, held_up]

    assert desk.run(made) == ["8 days"]
    assert desk.house.run().status not in {RunStatus.POSTED, RunStatus.FAILED}
    desk.house.clock.now = NOW + timedelta(hours=14, minutes=59, seconds=30)
    desk.house.work()
    desk.house.clock.now = NOW + timedelta(hours=15)  # midnight
    desk.house.work()
    run = desk.house.run()
    assert (run.status, run.reason) == (RunStatus.FAILED, Reason.TOO_LATE)
    assert desk.house.texts_sent() == ["Hello", "Hello"]


def test_material_of_earlier_versions_is_read_without_what_is_new() -> None:
    from storage import codec

    old = '{"id":"m0","kind":"text","text":"words"}'
    assert codec.load(Material, old).figures == ()
