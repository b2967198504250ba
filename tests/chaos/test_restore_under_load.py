"""A backup taken while everything is in flight is restored, and nothing of before or after it goes out again."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path

import pytest

from tests.acceptance.stage import stage, wait_for
from tests.chaos.restoring import (
    HELD,
    OPEN,
    TIPS,
    Book,
    add_everything,
    drain,
    end_of,
    plain,
    quick_writes,
    run_now,
    run_of,
    said,
    slow_writes,
    twice,
)
from tests.chaos.surroundings.door import start_site

WAITING = f"SELECT count(*) FROM runs WHERE status IN {OPEN!r}"


@pytest.mark.parametrize("api", ["durable", "seed"])
def test_a_backup_taken_under_load_is_restored_and_nothing_is_posted_twice(tmp_path: Path, api: str) -> None:
    file = tmp_path / "backup.db"
    sandbox, backup, ours = Book(tmp_path / "sandbox.db"), Book(file), Book(tmp_path / "home" / "ostinato.db")
    with stage(tmp_path, api=api) as here:
        site = start_site(here, tmp_path / "site.jsonl")
        add_everything(here, site)
        slow_writes(here, 0.15)
        daemon = here.daemon()
        wait_for(lambda: len(said(sandbox)) >= 5 or None, "the first posts")
        here.run("backup", str(file))
        assert backup.count(WAITING) >= 20 - 5
        assert backup.count("SELECT count(*) FROM publications WHERE outcome IS NULL") >= 1

        wait_for(
            lambda: ours.count("SELECT count(*) FROM runs WHERE status = 'held'") == HELD or None, "runs for approval"
        )
        for (run_id,) in ours.rows("SELECT id FROM runs WHERE status = 'held'"):
            here.run("run", "approve", run_id)
        drain(ours, daemon)
        assert end_of(ours, run_now(here, "tips")) == ("posted", None)
        assert end_of(ours, run_now(here, "news")) == ("posted", None)
        here.add_template("late", text=plain(300))
        wait_for(lambda: plain(300) in said(sandbox) or None, "the post of the template added last")
        here.add_template("last", text=plain(301))
        daemon.stop(signal.SIGKILL)
        quick_writes(here)

        restored = here.run("restore", str(file), "--lag", "1s")
        assert restored["accounts"] == 3
        daemon = here.daemon()
        wait_for(
            lambda: ours.count("SELECT count(*) FROM restored_accounts WHERE settled_by = 'timeline'") == 3 or None,
            "the timelines",
        )
        posted = said(sandbox)  # also what was on its way when the daemon was killed
        drain(ours, daemon)
        assert said(sandbox) == posted
        assert twice(sandbox) == []

        assert end_of(ours, run_now(here, "tips")) == ("posted", None)
        assert said(sandbox)[-1] == TIPS[2]
        assert end_of(ours, run_now(here, "news"))[0] == "skipped"
        assert end_of(ours, run_now(here, "quote")) == ("skipped", "too_similar")
        here.add_template("late", text=plain(300))
        assert end_of(ours, run_of(ours, "late")) == ("failed", "duplicate")
        assert twice(sandbox) == []
        assert len(said(sandbox)) == len(posted) + 1
        assert ours.count("SELECT count(*) FROM publications WHERE outcome IS NULL") == 0
        assert (
            ours.count("SELECT count(*) FROM publications WHERE settled_by = 'timeline' AND outcome = 'confirmed'") >= 1
        )
        assert ours.count("SELECT count(*) FROM timeline_posts") > 15
        daemon.stop()


def test_a_database_that_was_copied_back_by_hand_is_noticed_and_treated_as_restored(tmp_path: Path) -> None:
    home = tmp_path / "home"
    sandbox, ours = Book(tmp_path / "sandbox.db"), Book(home / "ostinato.db")
    with stage(tmp_path) as here:
        here.add_template("quay", text=plain(1))
        shutil.copy(home / "ostinato.db", tmp_path / "copied.db")  # nobody works on it: the file is whole
        daemon = here.daemon()
        wait_for(lambda: plain(1) in said(sandbox) or None, "the post")
        drain(ours, daemon)
        wait_for(lambda: seen(home) == ours.count("SELECT max(position) FROM events") or None, "the file beside it")
        daemon.stop(signal.SIGKILL)
        daemon = here.daemon()
        daemon.wait_for_line("daemon.ready")
        assert "database.restored" not in daemon.printed  # that it was killed is no reason
        daemon.stop()

        for side in ("-wal", "-shm"):
            (home / f"ostinato.db{side}").unlink(missing_ok=True)
        shutil.copy(tmp_path / "copied.db", home / "ostinato.db")
        daemon = here.daemon()
        daemon.wait_for_line("database.restored")
        wait_for(lambda: "daemon.ready" in daemon.printed or None, "the daemon")
        drain(ours, daemon)

        assert said(sandbox) == [plain(1)]
        assert "database.restored" in [each["type"] for each in here.run("status", exit_code=1)["unread_failures"]]
        assert ours.rows("SELECT status, reason FROM runs") == [("skipped", "restored")]
        daemon.stop()
        again = here.daemon()
        again.wait_for_line("daemon.ready")
        assert "database.restored" not in again.printed  # once is enough


def seen(home: Path) -> int:
    """Give how far the daemon has seen its database come."""
    file = home / "ostinato.db.seen"
    return int(json.loads(file.read_text())["position"]) if file.exists() else 0
