"""A migration only adds, so that a program of the schema before goes on beside it; one that does more says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from storage import schema
from storage.database import Database, open_database

Described = dict[str, dict[str, Any]]
# What the migrations up to the first that let versions run side by side did to tables of before: a table of 0.1 that
# nothing was ever written to was made anew, and a check was made wider.
BEFORE = {"0009": {"budgets", "ledger_entries"}, "0010": {"item_uses"}}
# What programs of before keep in any case. 0027: they post for one owner, whose tweets their own key holds apart.
KEPT_ANYHOW = {"0027": {"publications"}}


@pytest.fixture
def config() -> Config:
    made = Config()
    made.set_main_option("script_location", str(schema.MIGRATIONS))
    return made


@pytest.fixture
def empty(empty_url: str) -> Iterator[Database]:
    database = open_database(empty_url)
    yield database
    database.close()


def test_no_migration_takes_anything_away_from_the_programs_that_may_run_beside_it(
    empty: Database, config: Config
) -> None:
    found: dict[str, set[str]] = {}
    before: Described = {}
    for revision in reversed([each.revision for each in ScriptDirectory.from_config(config).walk_revisions()]):
        with empty.write() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
        after = described(empty)
        if taken := tightened(before, after):
            found[revision] = {each.partition(":")[0] for each in taken}
        before = after
    assert {revision: tables for revision, tables in found.items() if revision > schema.OLDEST} == KEPT_ANYHOW
    assert {revision: tables for revision, tables in found.items() if revision < "0014"} == BEFORE


TABLE: dict[str, Any] = {
    "columns": {"id": ("TEXT", False, None), "note": ("TEXT", True, None)},
    "primary": ["id"],
    "rules": {"ck_note": "check note <> ''"},
}
NEW = ("TEXT", True, None)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"columns": {"id": ("TEXT", False, None)}}, "t: column note is gone"),
        ({"columns": {**TABLE["columns"], "note": ("TEXT", False, None)}}, "t: column note is changed"),
        ({"columns": {**TABLE["columns"], "note": ("INTEGER", True, None)}}, "t: column note is changed"),
        ({"columns": {**TABLE["columns"], "new": ("TEXT", False, None)}}, "t: column new must be given"),
        ({"primary": ["id", "note"]}, "t: its primary key is changed"),
        ({"rules": {**TABLE["rules"], "uq_id": "unique id"}}, "t: rule uq_id is new"),
        ({"rules": {"ck_note": "check note <> 'x'"}}, "t: rule ck_note is changed"),
    ],
)
def test_what_a_program_of_before_could_not_live_with_is_found(change: dict[str, Any], said: str) -> None:
    assert tightened({"t": TABLE}, {"t": {**TABLE, **change}}) == [said]


@pytest.mark.parametrize(
    "change",
    [
        {"columns": {**TABLE["columns"], "new": NEW}},
        {"columns": {**TABLE["columns"], "new": ("INTEGER", False, "0")}},
        {"columns": {**TABLE["columns"], "new": NEW}, "rules": {**TABLE["rules"], "uq_new": "unique new"}},
        {"rules": {}},
    ],
)
def test_what_is_only_added_or_made_wider_is_let_through(change: dict[str, Any]) -> None:
    assert tightened({"t": TABLE}, {"t": {**TABLE, **change}, "other": TABLE}) == []


def test_a_table_that_is_gone_is_found() -> None:
    assert tightened({"t": TABLE}, {}) == ["t: is gone"]


def tightened(before: Described, after: Described) -> list[str]:
    """Give what a program that was written for *before* could not live with in *after*."""
    return [f"{name}: {each}" for name, table in before.items() for each in _taken(table, after.get(name))]


def _taken(before: dict[str, Any], after: dict[str, Any] | None) -> Iterator[str]:
    if after is None:
        yield "is gone"
        return
    old, new = before["columns"], after["columns"]
    yield from (f"column {name} is gone" for name in old if name not in new)
    yield from (f"column {name} is changed" for name in old if name in new and old[name] != new[name])
    for name, (_, nullable, default) in new.items():
        if name not in old and not nullable and default is None:
            yield f"column {name} must be given"
    if before["primary"] != after["primary"]:
        yield "its primary key is changed"
    added = new.keys() - old.keys()
    for name, rule in after["rules"].items():
        if name in before["rules"]:
            if rule != before["rules"][name]:
                yield f"rule {name} is changed"
        elif not added & set(re.findall(r"\w+", rule)):  # on a new column it binds nobody who does not know it
            yield f"rule {name} is new"


def described(database: Database) -> Described:
    """Give each table's columns, and the rules that a row of it must keep."""
    inspector = sa.inspect(database.engine)
    return {name: _table(inspector, name) for name in inspector.get_table_names() if name != "alembic_version"}


def _table(inspector: sa.Inspector, table: str) -> dict[str, Any]:
    unique = [each for each in inspector.get_indexes(table) if each["unique"]] + inspector.get_unique_constraints(table)
    rules = {str(each["name"]): f"unique {' '.join(map(str, each['column_names']))}" for each in unique}
    rules |= {str(each["name"]): f"check {each['sqltext']}" for each in inspector.get_check_constraints(table)}
    for each in inspector.get_foreign_keys(table):
        told = f"refers to {each['referred_table']} by {' '.join(each['constrained_columns'])}"
        rules[str(each["name"])] = f"{told} {each['options']}"
    return {
        "columns": {
            each["name"]: (repr(each["type"]), each["nullable"], each["default"])
            for each in inspector.get_columns(table)
        },
        "primary": inspector.get_pk_constraint(table)["constrained_columns"],
        "rules": rules,
    }
