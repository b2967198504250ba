"""Files that are brought, listed, shown and removed over the program's own API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from domain.media import AUDIO_LIMIT_BYTES
from domain.token import Scope
from storage.database import Database
from tests.integration.test_web_uploads import IMAGES, NAMES, SOUNDS, Offload
from tests.integration.web_door import WebDoor, web_door
from tests.media_files import picture, wav
from web.own.examples import DOCUMENT

FILES = "/api/v1/files"
RAW = {"Content-Type": "application/octet-stream"}


@pytest.fixture
def door(database: Database) -> Iterator[WebDoor]:
    with web_door(database, offload=Offload()) as opened:
        yield opened


def added(door: WebDoor, content: bytes, name: str = "a.png", **more: Any) -> Any:
    answer = door.ask("POST", FILES, files={"file": (name, content, "text/html")}, **more)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"{FILES}/{answer.json()['id']}"
    return answer.json()


def test_a_form_and_a_bare_body_bring_the_same_file(door: WebDoor) -> None:
    first = added(door, picture())
    assert (first["name"], first["media_type"], first["needed"]) == ("a.png", "image/png", False)
    bare = door.ask("POST", FILES, content=picture(), headers=RAW)
    other = door.ask("POST", FILES + "?name=memo.wav", content=wav(), headers=RAW).json()

    assert bare.json() == first
    assert (other["name"], other["media_type"]) == ("memo.wav", "audio/wav")
    assert door.get(f"{FILES}/{first['id']}") == first
    assert door.ask("GET", f"/files/{first['id']}", token=None).content == picture()


@pytest.mark.parametrize("case", [*IMAGES, *SOUNDS])
def test_what_it_holds_decides(door: WebDoor, case: str) -> None:
    content, why = (IMAGES | SOUNDS)[case]
    if case in ("a sound", "a picture"):
        why = None
    for brought in ({"files": {"file": ("a.png", content, "image/png")}}, {"content": content, "headers": RAW}):
        answer = door.ask("POST", FILES, **brought)
        if why is None:
            assert answer.status_code == 201, answer.text
        else:
            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "file")


@pytest.mark.parametrize("case", NAMES)
def test_a_name_is_only_a_name(door: WebDoor, case: str) -> None:
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="' + NAMES[case].replace(b"\x00", b"")
    body = head + b'"\r\n\r\n' + picture() + b"\r\n--b--\r\n"

    answer = door.ask("POST", FILES, content=body, headers={"Content-Type": "multipart/form-data; boundary=b"})

    if answer.status_code == 201:
        name = answer.json()["name"]
        assert not set(name) & set('/\\:<>"\x00\x0b\x1b\u202e')
        assert 0 < len(name) <= 100
        assert not name.startswith(".")
    else:
        assert answer.status_code == 400


@pytest.mark.parametrize(
    "brought",
    [
        {"data": {"file": "words"}, "files": {}},
        {"files": {"other": ("a.png", picture(), "image/png")}},
        {"files": [("file", ("a.png", picture())), ("file", ("b.png", picture()))]},
        {"files": {"file": ("a.png", picture())}, "data": {"name": "b"}},
    ],
)
def test_a_form_holds_one_file_and_nothing_else(door: WebDoor, brought: dict[str, Any]) -> None:
    answer = door.ask("POST", FILES, **brought)

    assert answer.status_code in (415, 422)
    assert door.get(FILES) == {"files": [], "next": None}


def test_other_bodies_and_too_large_ones_are_refused(door: WebDoor) -> None:
    door.refused(415, "POST", FILES, {"file": "x"})
    assert door.ask("POST", FILES).status_code == 400
    assert door.ask("POST", FILES, content=picture()).status_code == 415
    assert door.ask("POST", FILES, content=bytes(AUDIO_LIMIT_BYTES + 20_000), headers=RAW).status_code == 413


def test_files_are_listed_page_by_page_the_newest_first(door: WebDoor) -> None:
    made = []
    for at in range(5):
        made.append(added(door, picture(size=(8 + at, 8)))["id"])
        door.now += timedelta(minutes=at % 2)  # two at one moment too
    found: list[str] = []
    path = f"{FILES}?limit=2"
    while path:
        page = door.get(path)
        found += [each["id"] for each in page["files"]]
        path = f"{FILES}?limit=2&after={page['next']}" if page["next"] else ""

    assert sorted(found) == sorted(made)
    times = [door.get(f"{FILES}/{each}")["created_at"] for each in found]
    assert times == sorted(times, reverse=True)
    door.refused(422, "GET", f"{FILES}?after=x")


def test_a_file_is_removed_unless_a_template_needs_it(door: WebDoor) -> None:
    free, used = added(door, picture()), added(door, picture("GIF"))
    template = {**DOCUMENT, "picture": {"file": used["id"], "alt": "a square"}}
    door.done("POST", "/api/v1/templates", template)

    assert door.get(f"{FILES}/{used['id']}")["needed"] is True
    assert "needed" in door.refused(409, "DELETE", f"{FILES}/{used['id']}")["detail"]
    assert door.done("DELETE", f"{FILES}/{free['id']}")["id"] == free["id"]
    door.refused(404, "GET", f"{FILES}/{free['id']}")
    door.refused(404, "DELETE", f"{FILES}/{used['id'][:8]}")
    assert added(door, picture("GIF"))["needed"] is True


def test_a_key_brings_a_file_once(door: WebDoor) -> None:
    key = {"Idempotency-Key": "k", **RAW}
    first = door.ask("POST", FILES, content=picture(), headers=key)
    again = door.ask("POST", FILES, content=picture(), headers=key)

    assert (again.json(), again.headers["idempotent-replayed"]) == (first.json(), "true")
    assert door.ask("POST", FILES, content=picture("GIF"), headers=key).status_code == 409

    door.done("DELETE", first.headers["location"])
    anew = door.ask("POST", FILES, content=picture(), headers=key)

    assert anew.status_code == 201
    assert door.get(anew.headers["location"]) == anew.json()
    assert anew.json()["id"] != first.json()["id"]


def test_another_owners_files_are_not_there(door: WebDoor) -> None:
    mine = added(door, picture())
    other = door.token(Scope.READ, Scope.WRITE, owner="other")
    theirs = added(door, picture(), token=other)

    assert theirs["id"] != mine["id"]
    assert [each["id"] for each in door.get(FILES, token=other)["files"]] == [theirs["id"]]
    door.refused(404, "GET", f"{FILES}/{mine['id']}", token=other)
    door.refused(404, "DELETE", f"{FILES}/{mine['id']}", token=other)
