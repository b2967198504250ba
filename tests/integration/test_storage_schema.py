"""The migrations and the tables are the same thing, and the schema's version is checked without Alembic."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from domain.errors import Conflict, SettingsError
from storage import schema
from storage.database import Database, data_version, open_database
from storage.tables import metadata

JOBS = "procrastinate_"  # the tables of jobs have a schema of their own


def test_migrating_gives_what_the_tables_say(empty_url: str, database: Database) -> None:
    created = open_database(empty_url)
    metadata.create_all(created.engine)
    try:
        assert _described(database) == _described(created)
        with database.read() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": _ours})
            assert compare_metadata(context, metadata) == []
    finally:
        created.close()


def test_the_newest_migration_is_the_one_the_program_names() -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [schema.HEAD]


def test_of_several_that_find_a_database_empty_one_makes_its_tables(empty_url: str) -> None:
    databases = [open_database(empty_url) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(schema.upgrade, databases))
    for database in databases:
        schema.check(database)
        database.close()
    assert sorted(made) == [False, False, True]


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    before = _described(database)
    schema.upgrade(database)
    assert _described(database) == before
    schema.check(database)


def test_an_empty_database_names_the_command_that_makes_the_tables(empty_url: str) -> None:
    empty = open_database(empty_url)
    with pytest.raises(Conflict, match="ostinato db upgrade"):
        schema.check(empty)
    schema.upgrade(empty)
    schema.check(empty)
    empty.close()


@pytest.mark.parametrize(("version", "remedy"), [("0000", "run `ostinato db upgrade`"), ("9999", "install the newer")])
def test_another_version_names_its_remedy(database: Database, version: str, remedy: str) -> None:
    with database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :v"), {"v": version})
    with pytest.raises(Conflict, match=remedy):
        schema.check(database)


def test_checking_does_not_import_alembic(database: Database) -> None:
    script = (
        "import sys; from storage import schema; from storage.database import open_database\n"
        f"schema.check(open_database({database.url!r})); sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_new_sqlite_file_is_its_owners_alone(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'new' / 'ostinato.db'}")
    schema.upgrade(database)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new").iterdir()}
    database.close()
    assert set(modes) >= {"ostinato.db", "ostinato.db-wal"}
    assert set(modes.values()) == {0o600}


def test_sqlite_is_durable_and_checks_its_keys(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'ostinato.db'}")
    with database.read() as connection:
        asked = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        answers = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in asked]
    database.close()
    assert answers == ["wal", 2, 1, 5000]


def test_a_commit_of_another_connection_changes_the_data_version(database: Database) -> None:
    with database.engine.connect() as watching:
        before = data_version(watching)
        watching.rollback()
        with database.write() as connection:
            connection.execute(sa.text("INSERT INTO installation (id, install_id) VALUES (1, 'x')"))
        after = data_version(watching)
    assert (after != before) is (database.dialect == "sqlite")


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://localhost/x", "ostinato.db"])
def test_another_url_is_refused_with_the_ones_that_work(url: str) -> None:
    with pytest.raises(SettingsError, match="use sqlite:///path/to/file or postgresql://"):
        open_database(url)


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    return not (kind == "table" and name is not None and (name == "alembic_version" or name.startswith(JOBS)))


def _described(database: Database) -> dict[str, Any]:
    """Give every column, key, constraint and index with its condition, as the database itself tells them."""
    inspector = sa.inspect(database.engine)
    return {table: _table(inspector, table) for table in inspector.get_table_names() if _ours(table, "table", None)}


def _table(inspector: sa.Inspector, table: str) -> dict[str, Any]:
    columns = {
        column["name"]: (repr(column["type"]), column["nullable"], column["default"], column.get("autoincrement"))
        for column in inspector.get_columns(table)
    }
    listed: dict[str, Sequence[Any]] = {
        "primary": [inspector.get_pk_constraint(table)],
        "foreign": inspector.get_foreign_keys(table),
        "unique": inspector.get_unique_constraints(table),
        "checks": inspector.get_check_constraints(table),
        "indexes": inspector.get_indexes(table),
        "options": [inspector.get_table_options(table)],
    }
    return {"columns": columns, **{kind: sorted(_plain(one) for one in found) for kind, found in listed.items()}}


def _plain(found: Any) -> str:
    if isinstance(found, dict):
        return repr({key: _plain(value) for key, value in sorted(found.items())})
    return str(found)  # a condition is a clause, which is told by its text
