"""`/feeds`: the feeds that `feedIds` name, by kind and id."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from storage.database import Database
from tests.integration.test_compatible_rows import ENVELOPE
from tests.integration.web_door import WebDoor, web_door

FEED = "https://example.com/feed.xml"
KEYS = {"id", "name", "token", "feedTypeId", "internalId", "createdOn"}
CHANNEL = "UC" + "x" * 22


@pytest.fixture
def door(database: Database) -> Iterator[WebDoor]:
    with web_door(database, account="acme") as found:
        yield found


def add(door: WebDoor, **fields: Any) -> int:
    answer = door.ask("POST", "/feeds", json={"name": "Trams", "feedTypeId": 4, "internalId": FEED, **fields})
    assert (answer.status_code, answer.json().keys()) == (201, {"success", "feedId", "message"}), answer.text
    return int(answer.json()["feedId"])


def test_a_feed_is_added_listed_renamed_and_removed(door: WebDoor) -> None:
    feed_id = add(door)

    (shown,) = door.get("/feeds")
    assert {name: shown[name] for name in KEYS} == {
        "id": feed_id,
        "name": "Trams",
        "token": None,
        "feedTypeId": 4,
        "internalId": FEED,
        "createdOn": "2026-03-26T12:00:00Z",
    }
    assert door.get(f"/feeds/{feed_id}") == shown
    assert door.done("POST", f"/feeds/{feed_id}", {"name": "Rails"})["feed"] == shown | {"name": "Rails"}
    assert door.done("POST", "/feeds/delete", {"feedId": feed_id})["success"] is True
    assert door.get("/feeds") == []


@pytest.mark.parametrize(
    ("kind", "given", "url", "internal"),
    [
        (2, "r/python", "https://www.reddit.com/r/python/new/.rss", "python"),
        (2, "python", "https://www.reddit.com/r/python/new/.rss", "python"),
        (3, CHANNEL, f"https://www.youtube.com/feeds/videos.xml?channel_id={CHANNEL}", CHANNEL),
        (4, FEED, FEED, FEED),
    ],
)
def test_each_kind_that_is_a_feed_has_its_url(door: WebDoor, kind: int, given: str, url: str, internal: str) -> None:
    add(door, feedTypeId=kind, internalId=given)

    (shown,) = door.get("/feeds")

    assert (shown["url"], shown["feedTypeId"], shown["internalId"]) == (url, kind, internal)


@pytest.mark.parametrize(
    ("fields", "sentence", "of"),
    [
        ({"name": ""}, "Missing feed name", "name"),
        ({"name": "a\nb"}, "", "name"),
        ({"feedTypeId": 6}, "feedTypeId must be between 1 and 5", "feedTypeId"),
        ({"feedTypeId": None}, "Missing feedTypeId parameter", "feedTypeId"),
        ({"feedTypeId": 1, "internalId": "acme"}, "", "feedTypeId"),
        ({"feedTypeId": 5, "internalId": "news"}, "", "feedTypeId"),
        ({"feedTypeId": 2, "internalId": "../etc"}, "", "internalId"),
        ({"feedTypeId": 3, "internalId": "x"}, "", "internalId"),
        ({"internalId": "tips:x"}, "", "internalId"),
        ({"internalId": ""}, "Missing internalId parameter", "internalId"),
    ],
    ids=str,
)
def test_a_wrong_feed_is_refused(door: WebDoor, fields: dict[str, Any], sentence: str, of: str) -> None:
    document = {"name": "Trams", "feedTypeId": 4, "internalId": FEED, **fields}

    said = door.refused(400, "POST", "/feeds", document)

    assert (said.keys(), said["field"]) == (ENVELOPE, of)
    assert sentence in ("", said["error"])
    assert door.get("/feeds") == []


def test_a_feed_that_a_template_reads_stays(door: WebDoor) -> None:
    feed_id = add(door)
    door.done("POST", "/x/post", {"type": "tweet", "feedIds": [feed_id], "isScheduled": True})

    door.refused(409, "POST", "/feeds/delete", {"feedId": feed_id})

    assert door.get("/x/recurring")["templates"][0]["feedIds"] == [feed_id]


def test_somebody_elses_feeds_are_not_there(door: WebDoor) -> None:
    feed_id, other = add(door), door.token(owner="other")

    assert door.get("/feeds", token=other) == []
    for path, body in ((f"/feeds/{feed_id}", {"name": "x"}), ("/feeds/delete", {"feedId": feed_id})):
        said = door.refused(404, "POST", path, body, token=other)
        assert said["error"] == "Feed not found or unauthorized"
    door.refused(404, "POST", "/feeds/nothing", {"name": "x"})
