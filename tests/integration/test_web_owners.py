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
from tests.integration.compatible_stage import Stage, staged
from tests.integration.web_door import WebDoor
from tests.media_files import wav
from web.operation import Operation
from web.own.examples import DOCUMENT
from web.table import OPERATIONS

TEMPLATES = "/api/v1/templates"
OTHER = "somebody-else"
NAMING = [each for each in OPERATIONS if "{" in each.path and each.scope is not None]
_numbers = itertools.count()


def template(stage: Stage) -> str:
    name = f"template-{next(_numbers)}"
    return str(stage.door.done("POST", TEMPLATES, {**DOCUMENT, "name": name})["id"])


def token(stage: Stage) -> str:
    return str(stage.door.done("POST", "/api/v1/tokens", {"name": "t", "scopes": ["read"]})["id"])


def request(stage: Stage) -> str:
    return stage.post(f"The ferry was late {next(_numbers)} times.")


def webhook(stage: Stage) -> str:
    return str(stage.door.done("POST", "/api/v1/webhooks", {"url": "https://example.com/hook"})["id"])


def delivery(stage: Stage) -> str:
    made = stage.door.done("POST", "/content/Webhook", {"url": f"https://example.com/{next(_numbers)}"})["id"]
    request(stage)
    return str(stage.door.get(f"/api/v1/deliveries?webhook={made}")["deliveries"][0]["id"])


def style(stage: Stage) -> str:
    body = {"name": f"style-{next(_numbers)}", "samples": ["The ferry was late."]}
    return str(stage.door.done("POST", "/api/v1/styles", body)["name"])


def account(stage: Stage) -> str:
    name = f"account_{next(_numbers)}"
    document = {**DOCUMENT, "name": f"of-{name}", "account": name}
    return str(stage.door.done("POST", TEMPLATES, document)["account"])


def recurring(stage: Stage) -> str:
    body = {"type": "tweet", "text": "words", "isScheduled": True}
    return str(stage.door.done("POST", "/x/post", body)["schedule_id"])


def post(stage: Stage) -> str:
    request(stage)
    return str(stage.door.get("/x/posts")["posts"][0]["id"])


def run(stage: Stage) -> str:
    request(stage)
    return str(stage.door.get("/api/v1/runs?limit=1")["runs"][0]["id"])


def subscription(stage: Stage) -> str:
    body = {"feedId": int(feed(stage)), "requestId": recurring(stage)}
    return str(stage.door.done("POST", "/feeds/subscriptions", body)["id"])


def feed(stage: Stage) -> str:
    url = f"https://example.com/{next(_numbers)}.xml"
    made = stage.door.done("POST", "/feeds", {"name": "news", "feedTypeId": 4, "internalId": url})
    return str(made["feedId"])


def research(stage: Stage) -> str:
    body = {"text": "trams", "outputType": "text"}
    return str(stage.door.done("POST", "/deep-research/research", body)["request_id"])


def recurring_research(stage: Stage) -> str:
    body = {"text": "trams", "outputType": "text", "isScheduled": True}
    return str(stage.door.done("POST", "/deep-research/research", body)["schedule_id"])


def project(stage: Stage) -> str:
    return str(stage.door.done("POST", "/projects", {"name": "Acme", "description": "Ferries."})["project"]["id"])


def file(stage: Stage) -> str:
    sound = wav(next(_numbers) + 2)
    made = stage.door.ask("POST", "/api/v1/files", content=sound, headers={"Content-Type": "application/octet-stream"})
    return str(made.json()["id"])


# What makes a new thing of the owner `local` for a parameter, by the path up to it, and gives its id.
ROWS: dict[str, Callable[[Stage], str]] = {
    "/api/v1/posts/{post}": post,
    "/api/v1/runs/{run}": run,
    "/api/v1/files/{file}": file,
    "/api/v1/templates/{template}": template,
    "/api/v1/tokens/{token}": token,
    "/api/v1/deliveries/{delivery}": delivery,
    "/api/v1/webhooks/{webhook}": webhook,
    "/api/v1/feeds/{feed}": feed,
    "/api/v1/styles/{style}": style,
    "/api/v1/accounts/{account}": account,
    "/content/Status/{id}": request,
    "/api/v1/projects/{project}": project,
    "/api/v1/recurring-research/{recurring}": recurring_research,
    "/api/v1/research/{research}": research,
    "/deep-research/recurring/{id}": recurring_research,
    "/deep-research/research/{id}": research,
    "/feeds/subscriptions/{id}": subscription,
    "/feeds/{id}": feed,
    "/projects/{id}": project,
    "/x/posts/{id}": post,
    "/x/recurring/{id}": recurring,
}


@pytest.fixture(scope="module")
def stage(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    path = tmp_path_factory.mktemp("owners") / "ostinato.db"
    shutil.copy(migrated_sqlite, path)
    database = open_database(f"sqlite:///{path}")
    with staged(database, account="demo") as opened:
        yield opened
    database.close()


@pytest.fixture
def door(stage: Stage) -> WebDoor:
    return stage.door


@pytest.mark.parametrize("operation", NAMING, ids=[each.id for each in NAMING])
def test_what_is_another_owners_is_not_there(stage: Stage, operation: Operation) -> None:
    door = stage.door
    path = re.sub(r"{(\w+)[^}]*}", lambda match: ROWS[operation.path[: match.end()]](stage), operation.path)
    brought: dict[str, Any] = {"json": operation.example.body} if operation.request is not None else {}
    brought |= {"params": operation.example.query}

    theirs = door.ask(operation.method, path, token=door.token(owner=OTHER), **brought)
    own = door.ask(operation.method, path, **brought)

    assert theirs.status_code == 404, theirs.text
    assert own.status_code != 404, own.text  # or it was not there for anybody


def test_lists_hold_what_is_the_callers_own(stage: Stage, door: WebDoor) -> None:
    template(stage)

    assert door.get(TEMPLATES)["templates"] != []
    assert door.get(TEMPLATES, token=door.token(owner=OTHER)) == {"templates": [], "next": None}


def test_another_owners_key_is_another_key(door: WebDoor) -> None:
    key = {"Idempotency-Key": "shared"}
    other = door.token(owner=OTHER)
    keyed = {**DOCUMENT, "name": "keyed"}

    mine = door.done("POST", TEMPLATES, keyed, headers=key)
    theirs = door.done("POST", TEMPLATES, keyed, headers=key, token=other)

    assert mine["id"] != theirs["id"]
    assert door.done("POST", TEMPLATES, keyed, headers=key, token=other)["id"] == theirs["id"]
    door.done("DELETE", f"{TEMPLATES}/{theirs['id']}", token=other)
