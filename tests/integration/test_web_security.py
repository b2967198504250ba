"""What the HTTP API promises about security, sentence by sentence, with the tests that prove each."""

from __future__ import annotations

import ast
import inspect
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest
import structlog
from starlette.responses import Response

from commands import logs
from domain.token import Scope
from settings import load
from storage.database import Database, open_database
from tests.integration.callback_receiver import receiving
from tests.integration.compatible_stage import staged
from tests.integration.web_door import WebDoor, web_door
from web import server, tokens
from web.call import Call
from web.operation import Operation
from web.own.examples import DOCUMENT
from web.table import OPERATIONS

HERE = Path(__file__)
TESTS = HERE.parents[1]
PROOFS: dict[str, tuple[str, ...]] = {
    "tokens are hashed": ("integration/test_web_tokens.py::test_only_a_digest_is_kept",),
    "compared in constant time": ("test_a_token_is_compared_in_constant_time",),
    "scoped (read, write, publish, admin)": (
        "test_every_operation_takes_its_scope_and_admin_and_no_other",
        "integration/test_web_table.py::test_a_token_that_lacks_its_scope_is_refused",
    ),
    "revocable": ("integration/test_web_tokens.py::test_one_that_was_taken_back_opens_nothing_from_then_on",),
    "last used": ("integration/test_web_tokens.py::test_when_it_was_used_last_is_kept_to_the_minute",),
    "one token never sees another owner's rows (404, not 403)": (
        "integration/test_web_owners.py::test_what_is_another_owners_is_not_there",
        "integration/test_web_owners.py::test_lists_hold_what_is_the_callers_own",
    ),
    "request bodies are limited (413)": (
        "test_no_operation_reads_more_than_its_limit",
        "integration/test_web_bodies.py::test_a_body_that_turns_out_too_large_is_read_no_further",
    ),
    "uploads are sniffed by content and not by name": (
        "integration/test_web_uploads.py::test_a_picture_is_taken_apart_before_it_is_kept",
        "integration/test_web_uploads.py::test_a_sound_is_what_its_content_says",
    ),
    "image bombs and zip bombs are refused": (
        "integration/test_web_uploads.py::test_a_data_uri_is_checked_as_a_file_is",
        "unit/test_media.py::test_a_bomb_is_known_by_its_header",
    ),
    "path traversal in uploaded names is harmless": (
        "integration/test_web_uploads.py::test_a_name_that_could_do_harm_is_only_a_name",
        "unit/test_media.py::test_no_name_can_be_a_path_or_break_a_line",
    ),
    "header injection is harmless": (
        "integration/test_web_bodies.py::test_a_request_id_that_could_do_harm_is_replaced",
        "integration/test_web_uploads.py::test_a_name_that_breaks_its_line_or_has_no_end_is_refused",
        "test_words_that_would_end_a_header_reach_none",
    ),
    "log injection is harmless": ("test_what_others_say_is_one_line_of_the_log_and_no_order_to_a_terminal",),
    "no secret in a log, an error, an OpenAPI example or an export": (
        "integration/test_web_secrets.py::test_no_secret_is_told_by_the_door_or_its_log",
        "integration/test_web_secrets.py::test_no_secret_is_told_by_the_command_line",
        "unit/test_settings.py::test_secrets_are_never_shown",
        "unit/test_metrics.py::test_labels_have_few_values",
    ),
    "secrets at rest are encrypted": (
        "integration/test_web_secrets.py::test_no_secret_stands_in_the_database",
        "unit/test_storage_cipher.py::test_what_is_encrypted_can_be_read_with_the_same_key_only",
    ),
    "with a key from the environment or a file made by `init` with mode 600": (
        "integration/test_secret_key.py::test_with_a_key_in_the_environment_there_is_no_key_file",
        "integration/test_commands_init.py::test_flags_alone_make_everything",
        "unit/test_storage_cipher.py::test_the_key_is_made_once_for_its_owner_alone",
        "unit/test_storage_cipher.py::test_a_key_that_others_can_read_is_refused_with_the_remedy",
    ),
    "the server binds to loopback unless told otherwise": (
        "test_the_door_is_on_this_machine_alone_unless_told_otherwise",
        "integration/test_web_server.py::test_only_this_machine_reaches_loopback",
    ),
    "refuses to bind elsewhere without a token": (
        "integration/test_web_server.py::test_another_address_is_refused_while_no_token_opens_anything",
    ),
    "CORS is off by default": (
        "test_no_path_lets_another_origin_in",
        "integration/test_web_bodies.py::test_no_other_origin_is_let_in",
    ),
}
LARGEST = 64 * 1024 * 1024  # bytes of any body
BREAKS = 'a\r\nSet-Cookie: b=c\r\n\r\n<script>\x1b[31m"\u2028\u202e'


@pytest.mark.parametrize("sentence", PROOFS)
def test_each_sentence_has_its_proof(sentence: str) -> None:
    for proof in PROOFS[sentence]:
        path, _, name = proof.rpartition("::")
        text = (TESTS / path if path else HERE).read_text()
        assert name in {each.name for each in ast.parse(text).body if isinstance(each, ast.FunctionDef)}, proof


async def _opened(call: Call) -> Response:
    return Response(status_code=204)


GATES = tuple(replace(each, endpoint=_opened) for each in OPERATIONS)


@contextmanager
def _copied(migrated: Path, folder: Path) -> Iterator[Database]:
    shutil.copy(migrated, folder / "ostinato.db")
    database = open_database(f"sqlite:///{folder}/ostinato.db")
    yield database
    database.close()


@pytest.fixture(scope="module")
def gates(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebDoor]:
    """A door behind whose gates nothing is done."""
    folder = tmp_path_factory.mktemp("gates")
    with _copied(migrated_sqlite, folder) as database, web_door(database, operations=GATES) as opened:
        yield opened


@pytest.fixture
def door(database: Database) -> Iterator[WebDoor]:
    with web_door(database, account="acme") as opened:
        yield opened


def path_of(operation: Operation) -> str:
    return re.sub(r"{(\w+)[^}]*}", lambda match: operation.example.path[match[1]], operation.path)


def test_a_token_is_compared_in_constant_time() -> None:
    compared = [
        ast.unparse(each)
        for each in ast.walk(ast.parse(inspect.getsource(tokens.caller)))
        if isinstance(each, ast.Call) and "compare_digest" in ast.unparse(each.func)
    ]

    # What is looked for and what is compared is the digest: how long either takes tells nothing of the token.
    assert compared == ["hmac.compare_digest(found[0], asked)"]
    assert "asked = digest(brought[1])" in inspect.getsource(tokens.caller)


@pytest.mark.parametrize("scope", Scope)
def test_every_operation_takes_its_scope_and_admin_and_no_other(gates: WebDoor, scope: Scope) -> None:
    opened = {
        each.id
        for each in GATES
        if gates.ask(each.method, path_of(each), token=gates.token(scope), params=each.example.query).status_code
        not in (401, 403)
    }

    assert opened == {each.id for each in GATES if each.scope in (None, scope) or scope is Scope.ADMIN}


def test_no_operation_reads_more_than_its_limit(gates: WebDoor) -> None:
    for each in GATES:
        if each.request is None:
            continue
        size = {"Content-Length": str(each.body_limit + 1), "Content-Type": each.takes[0]}
        answer = gates.ask(each.method, path_of(each), headers=size, params=each.example.query)
        assert (each.id, answer.status_code) == (each.id, 413)
        assert each.body_limit <= LARGEST, each.id


def test_no_path_lets_another_origin_in(gates: WebDoor) -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for path in {path_of(each) for each in GATES} | {"/nothing"}:
        asked = gates.ask("OPTIONS", path, token=None, headers=headers)
        assert asked.status_code == (404 if path == "/nothing" else 405), path
        assert [name for name in asked.headers if name.startswith("access-control")] == []
    for each in GATES:
        sent = gates.ask(each.method, path_of(each), headers=headers)
        assert [name for name in sent.headers if name.startswith("access-control")] == [], each.id


def test_the_door_is_on_this_machine_alone_unless_told_otherwise(tmp_path: Path) -> None:
    assert server.is_loopback(load({"OSTINATO_HOME": str(tmp_path)}).http_host)


def test_words_that_would_end_a_header_reach_none(database: Database) -> None:
    with staged(database, allow=(ip_network("127.0.0.0/8"),)) as stage, receiving() as receiver:
        stage.door.done("POST", "/content/Webhook", {"url": f"{receiver.address}/hook"})
        words = BREAKS.replace("\u202e", "")
        request_id = stage.post("Hello", callbackData=words)
        stage.deliver()
        shown = stage.door.ask("GET", f"/content/Status/{request_id}")
        [told] = receiver.received
        named = stage.door.ask("POST", "/api/v1/templates", json={**DOCUMENT, "name": words})
        tried = stage.door.ask("GET", "/api/v1/templates", params={words: words})
        keyed = stage.door.ask("POST", "/x/post", json={}, headers={"Idempotency-Key": "a\x0bSet-Cookie: b=c"})

    assert shown.json()["callbackData"] == json.loads(told.body)["callbackData"] == words
    assert [each.status_code for each in (named, tried, keyed)] == [422, 422, 400]
    for headers in (shown.headers, told.headers, named.headers, tried.headers, keyed.headers):
        assert "set-cookie" not in {name.lower() for name in headers}
        assert not any("b=c" in value for value in headers.values())


@contextmanager
def configured(form: str) -> Iterator[None]:
    before = structlog.get_config()
    logs.configure("info", form)
    try:
        yield
    finally:
        structlog.configure(**before)


FORGED = "a\n2026-03-26T12:00:00Z [error    ] forged                     \x1b[2J\x9b31m\u202e\u2028\r\x00"


@pytest.mark.parametrize("form", ["console", "json"])
def test_what_others_say_is_one_line_of_the_log_and_no_order_to_a_terminal(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with configured(form):
        log = structlog.get_logger("t")
        log.warning("source.failed", url=FORGED, error=FORGED.replace(" ", ""), all=[FORGED], also={"x": FORGED})
        log.warning(FORGED)
        try:
            raise ValueError(FORGED)
        except ValueError:
            log.exception("web.error", request_id="r")
    said = capsys.readouterr().err

    assert not set(said) & set("\x1b\x9b\u202e\u2028\r\x00")
    lines = said.splitlines()
    assert [line for line in lines if line.startswith("2026-03-26T12:00:00Z")] == []
    own = [line for line in lines if line.startswith(("{", "20"))]
    assert len(own) == 3
    if form == "json":
        assert len(lines) == 3
        assert json.loads(lines[0])["error"] == FORGED.replace(" ", "")
