"""What templates were before they were changed."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from domain.template import Template
from storage import codec, schema, templates
from storage.database import Database, open_database
from storage.tables import former_templates
from tests.integration.storage_values import NOW, state, template

HOUR = timedelta(hours=1)


def change(database: Database, changed: Template, hours: int) -> None:
    with database.write() as c:
        templates.replace(c, changed, now=NOW + hours * HOUR)


def scores(database: Database, *hours: float) -> list[int | None]:
    """Give the minimum score at these hours, None where it is not known."""
    with database.read() as c:
        found = [templates.as_of(c, "t1", NOW + each * HOUR) for each in hours]
    return [each.minimum_score if each else None for each in found]


def test_what_a_template_was_is_found_by_its_time(database: Database) -> None:
    first = template(minimum_score=10)
    with database.write() as c:
        templates.insert(c, first, state())
    assert scores(database, 0) == [10]

    change(database, replace(first, minimum_score=20), hours=1)
    change(database, replace(first, minimum_score=30), hours=2)

    assert scores(database, 0, 0.99, 1, 1.99, 2, 99) == [10, 10, 20, 20, 30, 30]


def test_what_changes_nothing_is_not_kept_and_twice_at_one_instant_once(database: Database) -> None:
    first = template(minimum_score=10)
    with database.write() as c:
        templates.insert(c, first, state())
    change(database, first, hours=1)
    for score in (20, 30):
        change(database, replace(first, minimum_score=score), hours=2)

    with database.read() as c:
        kept = c.execute(sa.select(former_templates.c.until, former_templates.c.definition)).all()
    assert [(until, codec.load(Template, text).minimum_score) for until, text in kept] == [(NOW + 2 * HOUR, 10)]
    assert scores(database, 1, 3) == [10, 30]


def test_what_cannot_be_read_any_more_is_not_known(database: Database) -> None:
    with database.write() as c:
        templates.insert(c, template(), state())
        c.execute(sa.insert(former_templates).values(template_id="t1", until=NOW + HOUR, definition='{"id": 1}'))
    assert scores(database, 0, 1) == [None, 60]


def test_a_template_changed_before_the_upgrade_is_known_from_its_last_change_on(tmp_path: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    old = open_database(f"sqlite:///{tmp_path / 'old.db'}")
    with closing(old):
        with old.write() as c:
            config.attributes["connection"] = c
            command.upgrade(config, "0005")
            for name, hours in (("t1", 3), ("t2", 0)):
                row = {
                    "id": name,
                    "name": name,
                    "account": "acme",
                    "type": "tweet",
                    "status": "ended",
                    "created_at": NOW,
                    "updated_at": NOW + hours * HOUR,
                    "definition": codec.dump(Template, template(name)),
                }
                c.execute(sa.insert(sa.table("templates", *(sa.column(key) for key in row))).values(_as_text(row)))
        schema.upgrade(old)

        assert scores(old, 0, 2.9, 3, 99) == [None, None, 60, 60]
        with old.read() as c:
            assert templates.as_of(c, "t2", NOW) == template("t2")


def _as_text(row: dict[str, object]) -> dict[str, object]:
    """Give instants as SQLite keeps them."""
    return {
        key: value.isoformat(" ", "microseconds") if hasattr(value, "isoformat") else value
        for key, value in row.items()
    }
