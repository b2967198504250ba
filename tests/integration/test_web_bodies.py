"""What a request may bring, and that nothing in it reaches a header, a log or an answer where it does not belong."""

from __future__ import annotations

import asyncio
import gzip
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import Response
from structlog.testing import capture_logs

from domain.errors import Conflict, SourceError
from domain.token import Scope
from scheduler.shown.schema_words import ANY_OBJECT
from storage.database import open_database
from storage.writer import DatabaseFailing
from tests.integration.web_door import WebDoor, web_door
from web.answers import answered
from web.call import Call
from web.operation import FORM, JSON, Example, Manner, Operation

LIMIT = 2_000
ECHO = "/echo"


async def echo(call: Call) -> Response:
    form = call.form
    if form is None:
        return answered({"document": call.document})
    shown = {name: value if isinstance(value, str) else len(await value.read()) for name, value in form.multi_items()}
    return answered({"form": shown})


async def fail(call: Call) -> Response:
    raise {"bug": ValueError, "conflict": Conflict, "database": DatabaseFailing}[call.path["how"]]("the secret is 42")


async def unread(call: Call) -> Response:
    raise SourceError("https://example.com/\r\nSet-Cookie: a=b", "no\x1b[31m answer")


def operation(name: str, path: str, endpoint: Any, **more: Any) -> Operation:
    given: dict[str, Any] = {"method": "POST", "tag": "t", "summary": "Do it.", "scope": Scope.READ}
    return Operation(id=name, path=path, endpoint=endpoint, example=Example(), **(given | more))


OPERATIONS = (
    operation("echo", ECHO, echo, request=ANY_OBJECT, takes=(JSON, FORM), body_limit=LIMIT),
    operation("compatible", "/x/echo", echo, request=ANY_OBJECT, manner=Manner.COMPATIBLE),
    operation("fail", "/fail/{how}", fail),
    operation("unread", "/unread", unread),
)


@pytest.fixture(scope="module")
def door(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebDoor]:
    path = tmp_path_factory.mktemp("bodies") / "ostinato.db"
    shutil.copy(migrated_sqlite, path)
    database = open_database(f"sqlite:///{path}")
    with web_door(database, operations=OPERATIONS) as opened:
        yield opened
    database.close()


def send(door: WebDoor, body: bytes, kind: str | None = JSON, path: str = ECHO, **headers: str) -> Any:
    given = {**headers, **({"Content-Type": kind} if kind else {})}
    return door.ask("POST", path, content=body, headers=given)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "not JSON"),
        (b'{"a": }', "not JSON"),
        (b"[]", "not a JSON object"),
        (b'"text"', "not a JSON object"),
        (b"null", "not a JSON object"),
        (b"", "empty"),
        (b"  \n ", "empty"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "Infinity"),
        (b'{"a": 1e999}', "too large a number"),
        (b'{"a": "\xff"}', "UTF-8"),
        (b'{"a": "\\u0000"}', "cannot be stored"),
        (b'{"a": ["\\ud800"]}', "cannot be stored"),
        (b'{"\\u0000": 1}', "cannot be stored"),
        (b'{"a":' + b"[" * 900 + b"]" * 900 + b"}", "nested"),
        (gzip.compress(b'{"a": "' + b"x" * 10_000_000 + b'"}')[:LIMIT], "UTF-8"),
    ],
)
def test_a_body_that_is_no_plain_object_is_refused(door: WebDoor, body: bytes, says: str) -> None:
    answer = send(door, body)

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert says in told["detail"]
    assert set(told) == {"type", "title", "status", "detail", "code", "errors", "requestId"}
    assert told["requestId"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (JSON, 200),
        ("application/json; charset=utf-8", 200),
        ("APPLICATION/JSON", 200),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/xml\x0c", 415),
        (None, 415),
        ("multipart/form-data", 400),
        ("multipart/form-data; boundary=", 400),
        ("multipart/form-data; boundary=x", 400),
    ],
)
def test_another_type_than_the_operation_takes_is_refused(door: WebDoor, kind: str | None, status: int) -> None:
    assert send(door, b'{"a": 1}', kind).status_code == status


def test_the_compatible_envelope_keeps_its_two_keys_and_adds_three(door: WebDoor) -> None:
    told = send(door, b"{", path="/x/echo")

    assert told.status_code == 400
    assert told.headers["content-type"] == JSON
    assert told.json()["success"] is False
    assert "not JSON" in told.json()["error"]
    assert set(told.json()) == {"success", "error", "code", "field", "requestId"}


def test_a_body_that_says_it_is_too_large_is_not_read(door: WebDoor) -> None:
    read: list[int] = []

    async def receive() -> dict[str, Any]:
        read.append(1)
        return {"type": "http.request", "body": b"x" * 100, "more_body": True}

    for length in (str(LIMIT + 1), "9" * 30):
        assert _asked(door, receive, [(b"content-length", length.encode())]) == 413
    assert read == []


def test_a_body_that_turns_out_too_large_is_read_no_further(door: WebDoor) -> None:
    read: list[int] = []

    async def receive() -> dict[str, Any]:
        read.append(1)
        return {"type": "http.request", "body": b" " * 500, "more_body": True}

    assert _asked(door, receive, []) == 413
    assert len(read) == LIMIT // 500 + 1


def test_a_client_that_leaves_in_the_middle_is_no_error(door: WebDoor) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    with capture_logs() as logs:
        assert _asked(door, receive, []) is None
    assert logs == []


def test_files_are_counted_into_the_size_and_their_names_are_only_names(door: WebDoor) -> None:
    small = door.ask("POST", ECHO, data={"type": "tweet"}, files={"f": ("../../../written", b"x" * 100)})
    large = door.ask("POST", ECHO, files={"f": ("a.png", b"x" * (LIMIT + 1))})
    many = door.ask("POST", ECHO, files=[("f", (f"{number}", b"")) for number in range(9)])
    nul = door.ask("POST", ECHO, data={"text": "a\x00b"}, files={"f": ("a", b"")})

    assert small.json() == {"form": {"type": "tweet", "f": 100}}
    assert [each.status_code for each in (large, many, nul)] == [413, 400, 400]
    assert [each for each in Path.cwd().resolve().parents if (each / "written").exists()] == []


@pytest.mark.parametrize("given", ["a b", "a\nSet-Cookie: a=b", "\x1b[31m", "é", "x" * 65, "", "<script>"])
def test_a_request_id_that_could_do_harm_is_replaced(door: WebDoor, given: str) -> None:
    answers: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"{}"}

    _asked(door, receive, [(b"x-request-id", given.encode())], answers)

    (start,) = [each for each in answers if each["type"] == "http.response.start"]
    found = dict(start["headers"])[b"x-request-id"].decode()
    assert found not in ("", given)
    assert found.isascii()
    assert found.isprintable()


def test_a_request_id_of_the_callers_own_is_kept(door: WebDoor) -> None:
    answer = door.ask("POST", ECHO, json={}, headers={"X-Request-Id": "trace-1_2.3"})

    assert answer.headers["x-request-id"] == "trace-1_2.3"


def test_a_bug_is_answered_without_its_words_and_logged_with_the_requests_id(door: WebDoor) -> None:
    with capture_logs() as logs:
        answer = door.ask("POST", "/fail/bug")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "42" not in answer.text
    assert [(each["event"], each["operation"], each["request_id"]) for each in logs] == [
        ("web.error", "fail", answer.headers["x-request-id"])
    ]


def test_a_database_that_fails_is_to_be_asked_again(door: WebDoor) -> None:
    answer = door.ask("POST", "/fail/database")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


def test_what_others_say_breaks_out_of_no_line(door: WebDoor) -> None:
    answer = door.ask("POST", "/unread")

    assert answer.status_code == 422
    assert "set-cookie" not in answer.headers
    assert not set("\r\n\x1b") & set(answer.json()["detail"])


@pytest.mark.parametrize(
    "path", ["/%0d%0aSet-Cookie:%20a=b", "/nothing%1b[31m", "//evil.example/", "/../../etc/passwd", "/echo/"]
)
def test_a_path_that_is_not_there_is_refused_without_a_word_of_it(door: WebDoor, path: str) -> None:
    with capture_logs() as logs:
        answer = door.ask("GET", path)

    assert answer.status_code == 404
    assert "evil" not in answer.text + str(answer.headers)
    assert "set-cookie" not in answer.headers
    assert "location" not in answer.headers
    assert logs == []


def test_no_other_origin_is_let_in(door: WebDoor) -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}

    asked, sent = door.ask("OPTIONS", ECHO, headers=headers), door.ask("POST", ECHO, json={}, headers=headers)

    assert asked.status_code == 405
    assert [name for name in (*asked.headers, *sent.headers) if name.startswith("access-control")] == []
    assert sent.headers["x-content-type-options"] == "nosniff"
    assert sent.headers["cache-control"] == "no-store"


def _asked(
    door: WebDoor, receive: Any, headers: list[tuple[bytes, bytes]], said: list[dict[str, Any]] | None = None
) -> int | None:
    """Ask the echo as a server would, byte by byte; give the status, None when nothing was answered."""
    answers: list[Any] = [] if said is None else said

    async def send(message: Any) -> None:
        answers.append(message)

    bearer = [(b"authorization", f"Bearer {door.token()}".encode()), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": ECHO, "query_string": b"", "headers": [*bearer, *headers]}
    called: Any = door.app({**scope, "root_path": "", "server": ("door", 80), "scheme": "http"}, receive, send)
    asyncio.run(called)
    return next((each["status"] for each in answers if each["type"] == "http.response.start"), None)
