"""What is another owner's is not there: for every operation that names something."""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from storage.database import open_database
from tests.integration.web_door import WebDoor, web_door
from web.operation import Operation
from web.own.examples import DOCUMENT
from web.table import OPERATIONS

TEMPLATES = "/api/v1/templates"
OTHER = "somebody-else"
NAMING = [each for each in OPERATIONS if "{" in each.path and each.scope is not None]
_numbers = itertools.count()


def template(door: WebDoor) -> str:
    name = f"template-{next(_numbers)}"
    return str(door.done("POST", TEMPLATES, {**DOCUMENT, "name": name})["id"])


def token(door: WebDoor) -> str:
    return str(door.done("POST", "/api/v1/tokens", {"name": "t", "scopes": ["read"]})["id"])


# What makes a new thing of the owner `local` for a parameter, by the path up to it, and gives its id.
ROWS: dict[str, Callable[[WebDoor], str]] = {"/api/v1/tokens/{token}": token, f"{TEMPLATES}/{{template}}": template}


@pytest.fixture(scope="module")
def door(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebDoor]:
    path = tmp_path_factory.mktemp("owners") / "ostinato.db"
    shutil.copy(migrated_sqlite, path)
    database = open_database(f"sqlite:///{path}")
    with web_door(database) as opened:
        yield opened
    database.close()


@pytest.mark.parametrize("operation", NAMING, ids=[each.id for each in NAMING])
def test_what_is_another_owners_is_not_there(door: WebDoor, operation: Operation) -> None:
    path = re.sub(r"{(\w+)[^}]*}", lambda match: ROWS[operation.path[: match.end()]](door), operation.path)
    brought: dict[str, Any] = {"json": operation.example.body} if operation.request is not None else {}

    theirs = door.ask(operation.method, path, token=door.token(owner=OTHER), **brought)
    nobodys = door.ask(operation.method, f"{path.rpartition('/')[0]}/nothing", token=door.token(owner=OTHER), **brought)
    own = door.ask(operation.method, path, **brought)

    assert theirs.status_code == 404, theirs.text
    assert own.status_code != 404, own.text  # or it was not there for anybody
    assert nobodys.status_code in (404, 405)


def test_lists_hold_what_is_the_callers_own(door: WebDoor) -> None:
    template(door)

    assert door.get(TEMPLATES)["templates"] != []
    assert door.get(TEMPLATES, token=door.token(owner=OTHER)) == {"templates": [], "next": None}


def test_another_owners_key_is_another_key(door: WebDoor) -> None:
    key = {"Idempotency-Key": "shared"}
    door.done("POST", TEMPLATES, {**DOCUMENT, "name": "keyed"}, headers=key)

    told = door.refused(
        409, "POST", TEMPLATES, {**DOCUMENT, "name": "keyed"}, headers=key, token=door.token(owner=OTHER)
    )

    assert "owner local only" in told["detail"]
