"""Feeds over HTTP: read once, named, listed with who reads them, refreshed and removed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from storage.database import Database
from tests.integration.test_commands_outside import RSS, serving
from tests.integration.web_door import NOW, WebDoor, web_door
from tests.integration.web_outside import outside
from web.own.examples import DOCUMENT

PATH = "/api/v1/feeds"
ITEM = b"<item><guid>%d</guid><title>Ferry %d</title><link>https://example.com/%d</link></item>"


@pytest.fixture
def door(database: Database) -> Iterator[WebDoor]:
    with web_door(database, outside=outside()) as opened:
        yield opened


@pytest.fixture
def pages() -> dict[str, tuple[str, bytes]]:
    return {"/feed.xml": ("application/rss+xml", RSS), "/page": ("text/html", b"<html>no feed</html>")}


@pytest.fixture
def site(pages: dict[str, tuple[str, bytes]]) -> Iterator[str]:
    with serving(pages) as address:
        yield address


def reading(door: WebDoor, url: str) -> None:
    document = {name: value for name, value in DOCUMENT.items() if name != "url"}
    door.done("POST", "/api/v1/templates", {**document, "feeds": [url]})


def test_one_is_read_when_it_is_added(door: WebDoor, site: str) -> None:
    made = door.done("POST", PATH, {"url": f" {site}/feed.xml", "name": "Harbour"})

    assert (made["title"], made["name"], made["entries"], made["templates"]) == ("Harbour news", "Harbour", 1, [])
    shown = {name: value for name, value in made.items() if name != "entries"}
    assert door.get(f"{PATH}/{made['id']}") == shown
    assert door.get(PATH) == {"feeds": [shown], "next": None}
    assert door.done("POST", PATH, {"url": f"{site}/feed.xml"})["id"] == made["id"]


def test_one_that_cannot_be_read_is_not_kept(door: WebDoor, site: str) -> None:
    for path in ("/page", "/nothing"):
        assert door.refused(422, "POST", PATH, {"url": site + path})["code"] == "source"
    assert door.refused(422, "POST", PATH, {"url": "https://10.0.0.1/feed.xml"})["code"] == "source"
    assert door.refused(422, "POST", PATH, {"url": "gopher://x"})["errors"][0]["field"] == "url"
    assert door.refused(422, "POST", PATH, {})["errors"][0]["field"] == "url"
    assert door.get(PATH)["feeds"] == []


def test_one_that_is_not_to_be_read_now_is_kept_as_it_is(door: WebDoor) -> None:
    key = {"Idempotency-Key": "k"}
    made = door.done("POST", PATH, {"url": "https://example.com/feed.xml", "read": False}, headers=key)

    assert (made["entries"], made["fetched_at"], made["title"]) == (None, None, "")
    again = door.ask("POST", PATH, json={"url": "https://example.com/feed.xml", "read": False}, headers=key)
    assert (again.json(), again.headers["idempotent-replayed"]) == (made, "true")
    assert again.headers["location"] == f"{PATH}/{made['id']}"


def test_one_is_read_again_and_a_failure_is_counted(
    door: WebDoor, site: str, pages: dict[str, tuple[str, bytes]]
) -> None:
    made = door.done("POST", PATH, {"url": f"{site}/feed.xml"})
    mine = f"{PATH}/{made['id']}"
    door.now += timedelta(hours=1)
    assert door.done("POST", f"{mine}/refresh")["fetched_at"] == "2026-03-26T13:00:00.000000Z"

    pages["/feed.xml"] = ("", b"")

    assert door.refused(422, "POST", f"{mine}/refresh")["code"] == "source"
    shown = door.get(mine)
    assert (shown["failures"], "404" in shown["last_error"]) == (1, True)
    assert shown["fetched_at"] == "2026-03-26T13:00:00.000000Z"


def test_it_is_given_a_name(door: WebDoor, site: str) -> None:
    mine = f"{PATH}/{door.done('POST', PATH, {'url': f'{site}/feed.xml'})['id']}"

    assert door.done("PATCH", mine, {"name": " Ferries "})["name"] == "Ferries"
    assert door.get("/feeds")[0]["name"] == "Ferries"
    for name in ("", None, 7):
        assert door.refused(422, "PATCH", mine, {"name": name})["errors"][0]["field"] == "name"


def test_one_that_a_template_reads_stays(door: WebDoor, site: str) -> None:
    made = door.done("POST", PATH, {"url": f"{site}/feed.xml"})
    reading(door, made["url"])

    assert door.get(f"{PATH}/{made['id']}")["templates"] == ["morning"]
    assert "'morning'" in door.refused(409, "DELETE", f"{PATH}/{made['id']}")["detail"]
    door.done("DELETE", "/api/v1/templates/morning")
    assert door.done("DELETE", f"{PATH}/{made['id']}")["url"] == made["url"]
    door.refused(404, "GET", f"{PATH}/{made['id']}")


def test_entries_are_listed_page_by_page(door: WebDoor, site: str, pages: dict[str, tuple[str, bytes]]) -> None:
    items = b"".join(ITEM % (at, at, at) for at in range(5))
    pages["/feed.xml"] = ("application/rss+xml", RSS.replace(b"</channel>", items + b"</channel>"))
    made = door.done("POST", PATH, {"url": f"{site}/feed.xml"})
    mine = f"{PATH}/{made['id']}/entries"

    found, after = [], ""
    while after is not None:
        page = door.get(f"{mine}?limit=2" + (f"&after={after}" if after else ""))
        found += page["entries"]
        after = page["next"]

    assert [each["title"] for each in door.get(mine)["entries"]] == [each["title"] for each in found]
    assert (len(found), len({each["id"] for each in found}), made["entries"]) == (6, 6, 6)
    assert found[0]["uses"] == []
    door.refused(422, "GET", f"{mine}?after=WzkyMjMzNzIwMzY4NTQ3NzU4MDcsMV0")


def test_they_are_listed_page_by_page_and_another_owner_has_its_own(door: WebDoor) -> None:
    urls = [f"https://example.com/{at}.xml" for at in range(3)]
    for url in urls:
        door.done("POST", PATH, {"url": url, "read": False})
    theirs = {"token": door.token(owner="other")}

    first = door.get(f"{PATH}?limit=2")
    rest = door.get(f"{PATH}?after={first['next']}")
    assert [each["url"] for each in first["feeds"] + rest["feeds"]] == urls
    assert door.get(PATH, **theirs)["feeds"] == []
    made = door.done("POST", PATH, {"url": urls[0], "read": False}, **theirs)
    assert made["id"] not in {each["id"] for each in first["feeds"]}


def test_without_what_reads_feeds_none_is_read(database: Database) -> None:
    with web_door(database) as door:
        told = door.refused(409, "POST", PATH, {"url": "https://example.com/feed.xml"})

        assert told["code"] == "not_configured"
        assert door.now == NOW
