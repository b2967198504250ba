"""Secrets are planted wherever one is given or made, and looked for in all that the program tells and keeps."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from structlog.testing import capture_logs

import cli
from domain.event import Channel, Webhook
from domain.token import Scope
from scheduler.metrics import Metrics
from scheduler.pulse import Pulse
from scheduler.watching import Watching
from storage import tables, webhooks
from storage.database import Database
from tests.integration.command_line import FILE, CommandLine
from tests.integration.web_door import NOW, WebDoor, web_door
from web.operation import Operation
from web.own.examples import DOCUMENT
from web.table import OPERATIONS

CALLBACK = "https://hooks.example.com/in"


@pytest.fixture
def door(database: Database) -> Iterator[WebDoor]:
    with web_door(database, account="acme") as opened:
        yield opened


def path_of(operation: Operation) -> str:
    return re.sub(r"{(\w+)[^}]*}", lambda match: operation.example.path[match[1]], operation.path)


def secrets_of(door: WebDoor) -> dict[str, str]:
    """Plant a secret wherever the API takes or makes one; give what they are by where they are."""
    key = {"Idempotency-Key": "once"}
    planted = base64.b64encode(b"planted-secret-of-a-hook").decode()
    made = door.done("POST", "/api/v1/templates", {**DOCUMENT, "callback_url": CALLBACK}, headers=key)
    hook = door.done("POST", "/content/Webhook", {"url": CALLBACK}, headers={"Idempotency-Key": "other"})
    token = door.done("POST", "/api/v1/tokens", {"name": "t", "scopes": ["read"]}, headers={"Idempotency-Key": "third"})
    with door.database.write() as c:
        given = Webhook("planted", Channel.HTTP, f"{CALLBACK}/2", f"whsec_{planted}", None, True, NOW)
        webhooks.upsert(c, given, door.parts.cipher)
    found = {
        "the template's callback": made["callback_secret"],
        "the compatible webhook": hook["secret"],
        "a token": token["token"],
        "the caller's token": door.token(),
        "a webhook": f"whsec_{planted}",
    }
    assert len(set(found.values())) == len(found)
    return found


def forms(secret: str) -> tuple[bytes, ...]:
    """Give how a secret could stand somewhere: as it is, without its prefix, and what its base64 stands for."""
    bare = secret.partition("_")[2]
    decoded = base64.b64decode(bare) if secret.startswith("whsec_") else bare.encode()
    return secret.encode(), bare.encode(), decoded


def test_no_secret_stands_in_the_database(door: WebDoor) -> None:
    planted = secrets_of(door)
    with door.database.read() as c:
        rows = "\n".join(
            repr(tuple(row)) for table in tables.metadata.sorted_tables for row in c.execute(select(table))
        )
    files = [Path(found.removeprefix("sqlite:///")) for found in [str(door.database.engine.url)] if "sqlite" in found]
    raw = b"".join(each.read_bytes() for file in files for each in file.parent.glob(f"{file.name}*"))

    assert "hooks.example.com" in rows
    assert not files or b"hooks.example.com" in raw
    for where, secret in planted.items():
        for form in forms(secret):
            assert form not in raw, where
            assert repr(form)[2:-1] not in rows, where


def test_no_secret_is_told_by_the_door_or_its_log(database: Database) -> None:
    pulse = Pulse(time.monotonic)
    counted = Metrics()
    watching = Watching(
        database=database, pulse=pulse, metrics=counted, writer_alive=lambda: True, clock=lambda: NOW, patience=30
    )
    said: list[str] = []
    with capture_logs() as told, web_door(database, account="acme", watching=watching) as door:
        planted = secrets_of(door)
        template = door.get("/api/v1/templates")["templates"][0]
        for each in OPERATIONS:
            if each.method != "GET" or "event-stream" in each.gives:
                continue
            path = re.sub(r"{template[^}]*}", template["id"], path_of(each))
            for bearer in ("", door.token(Scope.READ)):
                answer = door.ask("GET", path, token=bearer, params={**each.example.query, **quick(each)})
                said += [answer.text, str(answer.headers)]
        for secret in planted.values():
            # Brought to where it does not belong, it is not repeated.
            said += brought(door, secret)
    watching.close()

    assert len(said) > 60
    for where, secret in planted.items():
        assert [text for text in said if secret in text or secret.partition("_")[2] in text] == [], where
        assert secret not in repr(told), where


def quick(operation: Operation) -> dict[str, str]:
    """Give what keeps a call from waiting for something to happen."""
    return {"wait": "0"} if any(each.name == "wait" for each in operation.parameters) else {}


def brought(door: WebDoor, secret: str) -> list[str]:
    answers = [
        door.ask("GET", "/api/v1/templates", token=f"{secret}x"),
        door.ask("GET", "/api/v1/templates", params={"token": secret}),
        door.ask("GET", "/api/v1/templates", headers={"Authorization": f"Basic {secret}"}),
        door.ask(
            "POST", "/api/v1/templates", content=f'{{"a": "{secret}"', headers={"Content-Type": "application/json"}
        ),
        door.ask("POST", "/x/post", json={"type": "tweet", "text": "x", "account": "acme", "token": secret}),
        door.ask("POST", "/x/refine", json={"tweetId": "t", "prompt": "x"}, headers={"X-Api-Key": secret}),
    ]
    return [part for answer in answers for part in (answer.text, str(answer.headers))]


SETTINGS = {
    "OSTINATO_XQUIK_KEY": "xq_plantedkeyofxquik",
    "OPENAI_API_KEY": "sk-plantedkeyofamodel",
    "OSTINATO_CALLBACK_SECRET": "whsec_" + base64.b64encode(b"planted-callback-secret!").decode(),
    "OSTINATO_PING_URL": "http://127.0.0.1:9/plantedping",
}
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("doctor", "--offline"),
    ("status",),
    ("template", "list"),
    ("template", "show", "morning"),
    ("callback", "list"),
    ("events",),
    ("token", "list"),
    ("budget",),
    ("schema", "template"),
)


def test_no_secret_is_told_by_the_command_line(tmp_path: Path) -> None:
    environ = {
        **SETTINGS,
        "OSTINATO_XQUIK_URL": "http://127.0.0.1:9/api/v1",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
    }
    ostinato = CommandLine(tmp_path / "home", environ)
    made = ostinato.add(f'callback_url = "{CALLBACK}"\n' + FILE)
    planted = [*SETTINGS.values(), "plantedping", made["callback_secret"]]
    planted.append(ostinato.json("token", "create", "t", "--scope", "read")["token"])
    said = []
    for words in COMMANDS:
        for more in ((), ("--json",)):
            found = run(ostinato, (*words, *more))
            said.append(found)
    said.append(run(ostinato, ("template", "export", str(tmp_path / "exported"))))
    said += [each.read_text() for each in (tmp_path / "exported").iterdir()]
    said.append(run(ostinato, ("account", "list")))  # nobody answers: the error says where, and not with what
    with ostinato.database() as database:
        path = Path(str(database.engine.url).removeprefix("sqlite:///"))
    raw = b"".join(each.read_bytes() for each in path.parent.glob("ostinato.db*"))

    for secret in planted:
        assert [text for text in said if secret in text] == [], secret
        assert secret.encode() not in raw


def run(ostinato: CommandLine, words: tuple[str, ...]) -> str:
    environ = {"OSTINATO_HOME": str(ostinato.home), **ostinato.environ}
    found = CliRunner().invoke(cli.main, list(words), env=environ)
    assert found.exit_code != 2, (words, found.output)  # it was understood
    return f"{found.output}{found.stderr}{found.exception!r}"
