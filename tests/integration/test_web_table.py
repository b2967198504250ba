"""What is true of every operation in the table."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from domain.token import Scope
from storage.database import Database, open_database
from tests.integration.web_door import WebDoor, web_door
from tests.json_schema import misfits
from web.openapi import document
from web.operation import FORM, JSON, Operation
from web.table import OPERATIONS

IDS = [each.id for each in OPERATIONS]
DOCS = Path(__file__).parents[2] / "docs" / "http-api.md"
GUARDED = [each for each in OPERATIONS if each.scope is not None]
table = pytest.mark.parametrize("operation", OPERATIONS, ids=IDS)
guarded = pytest.mark.parametrize("operation", GUARDED, ids=[each.id for each in GUARDED])


@pytest.fixture(scope="module")
def door(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebDoor]:
    path = tmp_path_factory.mktemp("table") / "ostinato.db"
    shutil.copy(migrated_sqlite, path)
    database = open_database(f"sqlite:///{path}")
    with web_door(database) as opened:
        yield opened
    database.close()


def path_of(operation: Operation, value: str | None = None) -> str:
    """Give the path of the example, or with *value* for every id."""
    return re.sub(r"{(\w+)[^}]*}", lambda match: value or operation.example.path[match[1]], operation.path)


def test_no_id_and_no_path_is_there_twice() -> None:
    assert len(set(IDS)) == len(IDS)
    assert len({(each.method, each.path) for each in OPERATIONS}) == len(IDS)


def test_every_operation_is_in_the_docs_with_its_scope_and_no_other() -> None:
    rows = re.findall(r"^\| `([A-Z]+ /\S+)` \| (?:`(\w+)`|none) \|", DOCS.read_text(), re.MULTILINE)
    wanted = {(f"{each.method} {each.path}", each.scope.value if each.scope else "") for each in OPERATIONS}

    assert sorted(rows) == sorted(wanted)


@table
def test_an_example_shows_what_the_schemas_say(operation: Operation) -> None:
    shown = operation.example
    assert set(shown.path) == set(re.findall(r"{(\w+)", operation.path))
    if operation.answer is not None:
        assert misfits(shown.answer, operation.answer) == []
    if operation.request is not None:
        assert shown.body is not None or shown.form is not None
        for kind, value in ((JSON, shown.body), (FORM, shown.form)):
            if kind in operation.takes and value is not None:
                assert misfits(value, operation.request) == []
    known = {each.name: each for each in operation.parameters}
    for name, text in shown.query.items():
        known[name].read(text)


@table
def test_the_document_has_it_with_every_answer(operation: Operation) -> None:
    entry = document(OPERATIONS, "0")["paths"][operation.path][operation.method.lower()]

    assert set(entry["responses"]) == {str(status) for status in operation.statuses()}
    assert entry["operationId"] == operation.id
    assert operation.summary.endswith(".")
    assert entry["security"] == ([{"token": []}] if operation.scope else [])


@guarded
def test_without_a_token_it_is_refused(door: WebDoor, operation: Operation) -> None:
    for header in (None, "Bearer", "Bearer nothing", "Basic b3N0", f"bearer {door.token()}x", "Bearer " + "x" * 500):
        given = {"headers": {"Authorization": header}} if header else {}
        answer = door.ask(operation.method, path_of(operation), token=None, **given)
        assert answer.status_code == 401, header
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert "Invalid token" in answer.text


@guarded
def test_a_token_that_lacks_its_scope_is_refused(door: WebDoor, operation: Operation) -> None:
    others = [each for each in Scope if each not in (operation.scope, Scope.ADMIN)]

    answer = door.ask(operation.method, path_of(operation), token=door.token(*others))

    assert answer.status_code == 403
    assert f"scope {operation.scope}" in answer.text


@pytest.mark.parametrize(
    "operation",
    [each for each in OPERATIONS if "{" in each.path and each.scope],
    ids=[each.id for each in OPERATIONS if "{" in each.path and each.scope],
)
def test_what_is_not_there_is_not_found(door: WebDoor, operation: Operation) -> None:
    brought: dict[str, Any] = {"json": operation.example.body} if operation.request is not None else {}
    brought |= {"params": operation.example.query}

    for value in ("nothing", "0", "%00", "a%2Fb", "é" * 300, "'; DROP TABLE templates; --"):
        answer = door.ask(operation.method, path_of(operation, value), **brought)
        assert answer.status_code == 404, (value, answer.status_code, answer.text)


@table
def test_another_method_is_refused_with_those_that_there_are(door: WebDoor, operation: Operation) -> None:
    answer = door.ask("TRACE", path_of(operation))

    assert answer.status_code == 405
    assert operation.method in answer.headers["allow"].split(", ")


def test_what_the_document_says_is_served(door: WebDoor) -> None:
    served = door.get("/openapi.json", token=None)

    assert served["openapi"] == "3.1.0"
    assert {(method.upper(), path) for path, found in served["paths"].items() for method in found} == {
        (each.method, each.path) for each in OPERATIONS
    }


def test_the_page_shows_every_operation_and_needs_nothing_else(door: WebDoor) -> None:
    answer = door.ask("GET", "/docs", token=None)

    assert answer.headers["content-type"].startswith("text/html")
    assert [each for each in IDS if f'<article id="{each}">' not in answer.text] == []
    assert "<script" not in answer.text
    assert re.findall(r'(?:src|href)="(?![/#])', answer.text) == []
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_table_that_says_something_twice_is_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="twice"), web_door(database, operations=[*OPERATIONS, OPERATIONS[0]]):
        pass
