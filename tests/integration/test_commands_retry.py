from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from domain.publication import Outcome, PostStatus, Settlement
from domain.reasons import Reason
from domain.run import RunStatus
from scheduler.operations import retrying
from storage import publications, runs
from storage.database import Database
from tests.integration.command_line import CommandLine
from tests.integration.storage_values import NOW, held_run, publication, written
from tests.integration.test_commands_runs import chosen_run


@pytest.fixture
def ostinato(tmp_path: Path) -> CommandLine:
    command_line = CommandLine(tmp_path / "home")
    command_line("template", "list")
    return command_line


def ended(ostinato: CommandLine, status: str, reason: Reason, *outcomes: Outcome) -> None:
    """Record run r1 as ended, with one attempt of each outcome."""
    with ostinato.database() as database:
        hold = chosen_run(database) if outcomes else held_run(database)
        for attempt, outcome in enumerate(outcomes):
            sent = publication(hold, attempt=attempt)
            found = Settlement(outcome, "answer", tweet_id="7" if outcome is Outcome.CONFIRMED else None)
            settled = publications.settle(
                hold, sent.id, found, group=0, part=0, now=NOW, post_status=PostStatus.GENERATED
            )
            asyncio.run(written(database, publications.intend(hold, sent), settled))
        with database.write() as c:
            c.exec_driver_sql(
                f"UPDATE runs SET status = '{status}', reason = '{reason.value}', lease_owner = NULL,"
                " leased_until = NULL, finished_at = due_at"
            )


def uses(ostinato: CommandLine) -> list[tuple[Any, ...]]:
    with ostinato.database() as database, database.read() as c:
        return [tuple(row) for row in c.exec_driver_sql("SELECT item_id, status FROM item_uses ORDER BY item_id")]


@pytest.mark.parametrize(
    ("status", "reason", "outcomes"),
    [
        ("skipped", Reason.NOTHING_NEW, []),
        ("failed", Reason.REFUSED, [Outcome.REFUSED]),
        ("failed", Reason.TOO_LATE, [Outcome.DEFERRED, Outcome.DEFERRED]),
    ],
)
def test_a_run_with_nothing_out_is_tried_again_as_a_run_of_its_own(
    ostinato: CommandLine, status: str, reason: Reason, outcomes: list[Outcome]
) -> None:
    ended(ostinato, status, reason, *outcomes)

    new = ostinato.json("run", "retry", "r1")

    assert (new["retry_of"], new["trigger"], new["status"]) == ("r1", "request", "queued")
    assert new["id"] != "r1"
    assert ostinato.json("run", "show", "r1")["status"] == status
    assert ostinato.json("run", "show", new["id"])["retry_of"] == "r1"


@pytest.mark.parametrize(
    ("status", "reason", "outcomes"),
    [
        ("posted", Reason.NOTHING_NEW, [Outcome.CONFIRMED]),
        ("partial", Reason.THREAD_PARTIAL, [Outcome.CONFIRMED]),
        ("failed", Reason.UNKNOWN_OUTCOME, [Outcome.UNKNOWN]),
        ("failed", Reason.REFUSED, [Outcome.DEFERRED, Outcome.CONFIRMED]),
        ("skipped", Reason.RESTORED, []),
        ("queued", Reason.NOTHING_NEW, []),
    ],
)
def test_what_is_out_or_may_be_is_not_tried_again(
    ostinato: CommandLine, status: str, reason: Reason, outcomes: list[Outcome]
) -> None:
    ended(ostinato, status, reason, *outcomes)

    ostinato.refused("run", "retry", "r1", code=5)

    assert [each["id"] for each in ostinato.json("run", "list")["runs"]] == ["r1"]


def test_a_run_is_tried_again_once(ostinato: CommandLine) -> None:
    ended(ostinato, "skipped", Reason.NOTHING_NEW)
    new = ostinato.json("run", "retry", "r1")
    with ostinato.database() as database, database.write() as c:
        c.exec_driver_sql("UPDATE runs SET status = 'skipped', reason = 'nothing_new', finished_at = due_at")

    assert new["id"] in ostinato.refused("run", "retry", "r1", code=5)["message"]
    assert ostinato.json("run", "retry", new["id"])["retry_of"] == new["id"]


def test_while_a_run_of_the_template_goes_on_none_is_tried_again(ostinato: CommandLine) -> None:
    ended(ostinato, "skipped", Reason.NOTHING_NEW)
    ostinato("template", "run", "t1")

    assert "in progress" in ostinato.refused("run", "retry", "r1", code=5)["message"]


def test_the_entries_that_the_run_had_looked_at_are_free_for_its_retry(ostinato: CommandLine) -> None:
    ended(ostinato, "skipped", Reason.SCORE_TOO_LOW)
    with ostinato.database() as database, database.write() as c:
        c.exec_driver_sql(
            "INSERT INTO feeds (id, url, title, created_at) VALUES (1, 'https://example.com', '', '2026')"
        )
        for item, status in ((1, "spent"), (2, "seen")):
            c.exec_driver_sql(
                "INSERT INTO feed_items (id, feed_id, entry, ordered_at, first_seen_at) VALUES"
                f" ({item}, 1, '{{}}', '2026', '2026')"
            )
            c.exec_driver_sql(
                f"INSERT INTO item_uses (template_id, item_id, status, run_id, at) VALUES"
                f" ('t1', {item}, '{status}', 'r1', '2026')"
            )

    ostinato("run", "retry", "r1", "--dry-run")
    assert uses(ostinato) == [(1, "spent"), (2, "seen")]
    ostinato("run", "retry", "r1")

    assert uses(ostinato) == [(2, "seen")]


def test_a_run_is_tried_again_on_both_databases(database: Database) -> None:
    hold = held_run(database)
    finished = runs.finish(
        hold, status=RunStatus.SKIPPED, reason=Reason.NOTHING_NEW, detail=None, events=[], items="spent", now=NOW
    )
    asyncio.run(written(database, finished))
    ids = iter(["r2", "r3"])

    new = retrying.retry(database, hold.run_id, now=NOW, new_id=lambda: next(ids))

    assert (new.id, new.retry_of) == ("r2", hold.run_id)
    with database.read() as c:
        assert runs.get(c, "r2").retry_of == hold.run_id
    with database.write() as c, pytest.raises(IntegrityError):
        runs.insert_requested(c, replace(new, id="r4"))
