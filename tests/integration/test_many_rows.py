"""Statements that are run for many rows at once leave what they leave when they are run row by row."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from domain.errors import LeaseLost
from domain.event import EventType
from domain.material import Material, MaterialKind
from domain.publication import Outcome, PostStatus, Settlement
from domain.run import Hold, RunStatus
from storage import events, publications, runs, tables
from storage.database import Database
from storage.many_rows import CHUNKS
from storage.statements import Prepared, Write, insert_into
from tests.integration.storage_values import NOW, draft, event, post, publication, running
from tests.integration.test_storage_writer import holds, together

COUNT = sum(CHUNKS) + CHUNKS[0] + 3  # every size of a statement, one of them twice, and some rows left over
TEXT = "Ärger: 'Hafen' \"um\" 9 — 100 % ? :x \\ \n日本 🛶"


def rows_of(database: Database, table: sa.Table) -> list[Any]:
    with database.read() as c:
        columns = [column for column in table.c if column.name != "position" or table is not tables.events]
        return sorted(map(tuple, c.execute(sa.select(*columns))), key=repr)


def writes(hold: Hold, number: int) -> list[Write]:
    """Give what a run records on its way, each with words and numbers of its own."""
    sent = replace(publication(hold), text=f"{TEXT} {number}")
    at = NOW + timedelta(seconds=number)
    done = Settlement(Outcome.CONFIRMED, "answer", tweet_id=str(number))
    told = [event(EventType.RUN_SUCCEEDED, f"t{number}", text=TEXT, number=number, share=number / 7, none=None)]
    return [
        runs.record_gather(
            hold, [Material("m0", MaterialKind.TEXT, TEXT)], [], item_ids=(), template_id=f"t{number}", now=at
        ),
        runs.record_drafts(hold, [draft(), draft("d1")], now=at),
        runs.record_choice(hold, [draft(), draft("d1")], ["d0"], TEXT, [post(hold)], now=at),
        publications.intend(hold, sent),
        publications.settle(
            hold, sent.id, done, group=0, part=0, now=at, asks=0, next_ask_at=None, post_status=PostStatus.PUBLISHED
        ),
        runs.finish(hold, status=RunStatus.POSTED, reason=None, detail=None, events=told, items="used", now=at),
    ]


def all_tables(database: Database) -> dict[str, list[Any]]:
    wanted = (tables.runs, tables.materials, tables.drafts, tables.posts, tables.publications, tables.templates)
    return {table.name: rows_of(database, table) for table in wanted}


@pytest.mark.parametrize("at_once", [True, False])
def test_what_many_runs_record_in_one_batch_is_what_each_records_alone(database: Database, at_once: bool) -> None:
    held = holds(database, COUNT)
    steps = list(zip(*[writes(hold, number) for number, hold in enumerate(held)], strict=True))

    async def scenario() -> None:
        with running(database) as writer:
            for step in steps:
                if at_once:
                    assert await together(writer, *step) == [None] * COUNT
                    continue
                for write in step:
                    await writer.submit(write)

    asyncio.run(scenario())

    found = all_tables(database)
    assert len(found["publications"]) == len(found["posts"]) == COUNT
    with database.read() as c:
        for number, hold in enumerate(held):
            facts, run = runs.facts(c, hold.run_id), runs.get(c, hold.run_id)
            at = NOW + timedelta(seconds=number)
            assert (run.status, run.finished_at) == (RunStatus.POSTED, at)
            assert [each.text for each in facts.material or ()] == [TEXT]
            assert [each.id for each in facts.drafts or ()] == ["d0", "d1"]
            (sent,) = facts.publications
            assert (sent.text, sent.tweet_id, sent.settled_at) == (f"{TEXT} {number}", str(number), at)
        told = {each.run_id or each.template_id: each for each in events.list_events(c, limit=COUNT)}
    assert {name: each.data["number"] for name, each in told.items()} == {f"t{n}": n for n in range(COUNT)}
    assert all(each.data["text"] == TEXT and each.sequence == 1 for each in told.values())


def test_one_stale_hold_among_many_writes_nothing_and_the_others_succeed(database: Database) -> None:
    held = holds(database, COUNT)
    stale = replace(held[40], epoch=9)
    tried = [*held[:40], stale, *held[41:]]

    async def scenario() -> None:
        with running(database) as writer:
            ended = await together(writer, *(runs.record_drafts(hold, [draft()], now=NOW) for hold in tried))
            assert [type(end) for end in ended] == [LeaseLost if hold is stale else type(None) for hold in tried]

    asyncio.run(scenario())
    with database.read() as c:
        assert [runs.facts(c, hold.run_id).drafts is None for hold in held] == [hold is held[40] for hold in held]


def test_events_of_one_template_in_one_batch_are_numbered_without_a_gap(database: Database) -> None:
    (hold,) = holds(database, 1)

    async def scenario() -> None:
        with running(database) as writer:
            each = [Write(events.statements([event(template_id="t0"), event(template_id="t0")])) for _ in range(20)]
            assert await together(writer, *each) == [None] * 20

    asyncio.run(scenario())
    with database.read() as c:
        assert [each.sequence for each in events.list_events(c)] == list(range(1, 41))
    assert hold.run_id


def test_an_insert_that_stops_at_a_row_that_is_there_keeps_none(database: Database) -> None:
    insert = Prepared(insert_into(tables.account_gaps, "account", "owner_id", "seconds"), at_once=True)
    rows = [{"account": f"a{number % 20}", "owner_id": "local", "seconds": number} for number in range(21)]

    with pytest.raises(Exception, match=r"(?i)unique"), database.write() as c:
        insert.run(c, rows)

    assert rows_of(database, tables.account_gaps) == []
