"""On PostgreSQL a commit waits for the disk, whatever the server is set to."""

from __future__ import annotations

import pytest

from storage.database import Database


@pytest.fixture
def dialect() -> str:
    return "postgresql"


@pytest.mark.parametrize(("set_to", "kept"), [("off", "local"), ("on", "on"), ("remote_apply", "remote_apply")])
def test_what_is_written_waits_for_the_disk_at_least(database: Database, set_to: str, kept: str) -> None:
    with database.write() as c:
        c.exec_driver_sql(f"ALTER DATABASE {database.engine.url.database} SET synchronous_commit = {set_to}")
    database.engine.dispose()

    with database.write() as c:
        assert c.exec_driver_sql("SHOW synchronous_commit").scalar_one() == kept
