"""The Python client of examples/, over a real socket."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.token import Scope
from storage.database import Database
from tests.integration.web_door import WebDoor, served, web_door

EXAMPLES = Path(__file__).parents[2] / "examples"
sys.path.insert(0, str(EXAMPLES))  # as it is for a program that stands there

from ostinato_client import Client, Conflict, Forbidden, Invalid, NotFound, NotNow  # noqa: E402

TEMPLATE: dict[str, Any] = {"account": "demo", "type": "tweet", "text": "Hello", "daily_count": 1}
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63606060f80f00010401005f"
    "e5c34b0000000049454e44ae426082"
)


@dataclass
class Served:
    door: WebDoor
    url: str

    def client(self, *scopes: Scope, owner: str = "local", **more: Any) -> Client:
        return Client(self.url, self.door.token(*scopes, owner=owner), **more)


@pytest.fixture
def here(database: Database) -> Iterator[Served]:
    with web_door(database) as door, served(door.app) as url:
        yield Served(door, url)


def test_it_makes_shows_changes_and_deletes_a_template(here: Served) -> None:
    with here.client() as client:
        made = client.create_template(name="spring.sale", **TEMPLATE)
        assert client.get_template("spring.sale")["id"] == made["id"]
        client.edit_template(made["id"], text="Other words")
        assert client.pause_template(made["id"], reason="a test")["pause_note"] == "a test"
        assert client.delete_template(made["id"])["status"] == "deleted"


def test_it_goes_through_all_pages(here: Served) -> None:
    with here.client() as client:
        for number in range(5):
            client.create_template(name=f"t{number}", **TEMPLATE)

        assert [each["name"] for each in client.iterate_templates(limit=2)] == [f"t{n}" for n in range(5)]
        assert list(client.iterate_templates(status="paused")) == []


def test_a_key_makes_a_thing_once(here: Served) -> None:
    with here.client() as client:
        first = client.create_template(name="once", idempotency_key="k", **TEMPLATE)
        assert client.create_template(name="once", idempotency_key="k", **TEMPLATE) == first
        with pytest.raises(Conflict, match="409"):
            client.create_template(name="another", idempotency_key="k", **TEMPLATE)


def test_a_refusal_says_what_is_wrong_with_which_field(here: Served) -> None:
    with here.client() as client:
        with pytest.raises(Invalid) as own:
            client.create_template(name="x", **(TEMPLATE | {"count": 11, "daily_count": 0}))
        with pytest.raises(Invalid) as compatible:
            client.create_x_post(type="tweet", text="x", count=11, account="demo")

    assert own.value.status == 422
    assert own.value.fields.keys() == {"count", "daily_count"}
    assert own.value.request_id
    assert compatible.value.status == 400
    assert compatible.value.fields.keys() == {"count"}
    assert compatible.value.document["success"] is False


def test_what_a_token_may_not_is_forbidden_and_what_is_not_there_not_found(here: Served) -> None:
    with here.client(Scope.READ) as reader, Client(here.url) as nobody, here.client(owner="other") as other:
        with pytest.raises(Forbidden, match="scope write"):
            reader.create_template(name="x", **TEMPLATE)
        with pytest.raises(Forbidden, match="401"):
            nobody.list_templates()
        with pytest.raises(NotFound):
            other.get_template("a/../b c?d#e")


def test_files_go_as_a_form_and_lists_and_truth_with_them(here: Served) -> None:
    with here.client() as client:
        made = client.create_x_post(
            type="tweet", isScheduled=True, dailyCount=2, account="demo", files={"imageFile": ("p.png", PIXEL)}
        )
        assert "schedule_id" in made
        (shown,) = client.list_x_recurring()["templates"]
        assert shown["dailyCount"] == 2
        assert shown["imageUrl"]
        assert client.show_file(shown["imageUrl"].rpartition("/")[2]) == PIXEL


def test_events_come_page_by_page_and_as_they_happen(here: Served) -> None:
    with here.client() as client:
        made = client.create_template(name="watched", **TEMPLATE)
        client.pause_template(made["id"], reason="one")
        client.resume_template(made["id"])
        followed = client.follow_events(template="watched", types="template.paused,template.resumed", limit=1, wait=5)
        paused, resumed = next(followed), next(followed)
        streamed = client.stream_events(after=paused["id"], types="template.resumed")
        first = next(streamed)
        streamed.close()

    assert (paused["type"], resumed["type"]) == ("template.paused", "template.resumed")
    assert first.event == "template.resumed"
    assert first.data == resumed
    assert first.id


def test_it_says_when_to_come_back_and_gives_up_in_time() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/healthz":
            return httpx.Response(503, json={"status": "red"}, headers={"Retry-After": "7"})
        assert request.extensions["timeout"]["read"] == 2.0 + float(request.url.params.get("wait", 0))
        return httpx.Response(502, text="<html>a proxy</html>")

    with Client("http://x", "t", timeout=2.0, transport=httpx.MockTransport(answer)) as client:
        with pytest.raises(NotNow) as red:
            client.health()
        with pytest.raises(Exception, match="502 unknown: <html>"):
            client.list_events(wait=30)

    assert red.value.retry_after == 7
    assert json.dumps(red.value.document) == '{"status": "red"}'
