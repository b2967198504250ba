"""What the benchmark of a fleet says of its own rounds: nothing is left out without a word."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import update

from benchmarks.fleet import Sent
from benchmarks.runs import left
from domain.reasons import Reason
from domain.run import RunStatus
from storage import runs, templates
from storage.database import Database
from storage.tables import runs as rows
from tests.integration.storage_values import NOW, held_run, planned, state, template

LOOKS = 300


@pytest.fixture
def dialect() -> str:
    return "postgresql"


def test_a_run_that_is_handed_on_meanwhile_is_not_counted_as_done(database: Database) -> None:
    held_run(database)
    ended = threading.Event()

    def hand_on() -> None:
        while not ended.is_set():
            for status in (RunStatus.QUEUED, RunStatus.WORKING):
                with database.write() as c:
                    c.execute(update(rows).values(status=status.value))

    worker = threading.Thread(target=hand_on)
    worker.start()
    try:
        assert {left(database) for _ in range(LOOKS)} == {1}
    finally:
        ended.set()
        worker.join()


def due(database: Database, *run_ids: str) -> None:
    with database.write() as c:
        for run_id in run_ids:
            templates.insert(c, template(f"t-{run_id}"), state())
            runs.plan(c, [planned(f"t-{run_id}", run_id)], now=NOW)


def sent(folder: Path, *run_ids: str) -> list[Path]:
    file = folder / "sent"
    file.write_text("\n".join(run_ids), encoding="ascii")
    return [file]


def test_sends_are_counted_and_so_are_those_of_a_run_that_was_sent_before(database: Database, tmp_path: Path) -> None:
    counted = Sent()
    counted.count(sent(tmp_path, "r1", "r2", "r1"), ["r1", "r2"], database)
    assert (counted.runs, counted.due, counted.duplicates) == (2, 2, 1)


def test_runs_that_were_not_sent_end_the_benchmark_with_what_became_of_them(database: Database, tmp_path: Path) -> None:
    due(database, "r1", "r2", "r3")
    with database.write() as c:
        failed = {"status": RunStatus.FAILED.value, "reason": Reason.INTERNAL_ERROR.value}
        c.execute(update(rows).where(rows.c.id == "r2").values(failed))
    with pytest.raises(SystemExit, match="3 of 4 runs were not sent: 1 absent; 1 failed internal_error; 1 queued"):
        Sent().count(sent(tmp_path, "r1"), ["r1", "r2", "r3", "r4"], database)


def test_a_post_of_a_run_that_was_not_due_ends_the_benchmark(database: Database, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="1 posts were sent of runs that were not due, such as other"):
        Sent().count(sent(tmp_path, "other"), ["r1"], database)
