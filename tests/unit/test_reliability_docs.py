"""The tables of docs/reliability.md: each row names tests that exist, and no fault that we can make lacks a row."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

from sandbox.faults import KINDS
from tests.chaos.plan import Act, Form, schedule

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text()
HEAD = "| fault | what happens | tests |\n|---|---|---|\n"
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
MARKERS = ("<!-- campaign figures -->", "<!-- end -->", "<!-- kills -->", "<!-- end kills -->")


def rows() -> list[list[str]]:
    """Give the cells of every row of the tables of faults."""
    tables = (part.split("\n\n")[0] for part in PAGE.split(HEAD)[1:])
    return [[cell.strip() for cell in row.strip("|\n").split(" | ")] for table in tables for row in table.splitlines()]


def named_faults() -> set[str]:
    """Give the words that stand in code in the first column."""
    return {name for first, *_ in rows() for name in re.findall(r"`([^`]+)`", first)}


@cache
def functions(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text())
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_every_chapter_has_its_table() -> None:
    faults = re.sub(r"<!-- (\w+) -->.*<!-- end \1 -->", "", PAGE.split("## Each fault")[1], flags=re.DOTALL)
    chapters = faults.split("\n### ")[1:]

    assert [chapter.count(HEAD) for chapter in chapters] == [1] * len(chapters)
    assert len(chapters) >= 7
    assert len(rows()) >= 60
    assert [row for row in rows() if len(row) != 3 or not all(row)] == []


def test_every_row_names_tests_that_exist() -> None:
    unnamed = [first for first, _, tests in rows() if not NAMED.findall(tests)]
    gone = [
        f"{path}::{name}"
        for _, _, tests in rows()
        for path, name in NAMED.findall(tests)
        if not (ROOT / path).exists() or name not in functions(ROOT / path) or not name.startswith("test_")
    ]

    assert (unnamed, gone) == ([], [])


def test_the_last_column_holds_nothing_but_tests() -> None:
    assert [tests for _, _, tests in rows() if NAMED.sub("", tests).strip(", ")] == []


def test_every_fault_of_the_sandbox_has_a_row() -> None:
    assert set(KINDS) - named_faults() == set()


def kinds_of_the_campaign() -> set[str]:
    """Give what a long campaign does from outside, on either database; faults by their names."""
    forms = (Form(10_000, 200, database, "durable", 300.0) for database in ("sqlite", "postgresql"))
    acts = [act for form in forms for act in schedule(1, form)]
    return {_kind(act) for act in acts if act.do not in ("apply", "start", "continue")}


def _kind(act: Act) -> str:
    if act.do == "fault":
        return str(act.fields["name"])
    if act.do == "receiver":
        kind = act.fields.get("kind", "down")
        return f"receiver {act.fields['status'] if kind == 'error' else kind}"
    return act.do


def test_every_fault_of_the_campaign_has_a_row() -> None:
    kinds = kinds_of_the_campaign()

    assert kinds >= {"kill", "receiver 410", "drop_after"}
    assert kinds - named_faults() == set()


def test_the_places_of_the_figures_are_there_once_and_in_order() -> None:
    places = [PAGE.index(marker) for marker in MARKERS]

    assert places == sorted(places)
    assert [PAGE.count(marker) for marker in MARKERS] == [1] * len(MARKERS)
