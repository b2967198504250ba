"""`/feeds/subscriptions`: a template writes from each entry that comes in a feed, once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import select

from domain.material import Entry, FeedRead
from domain.owner import LOCAL_OWNER
from storage import feeds, runs
from storage.database import Database
from storage.tables import feed_items, item_uses
from tests.integration.test_compatible_rows import ENVELOPE
from tests.integration.web_door import WebDoor, web_door

PATH = "/feeds/subscriptions"
KEYS = {
    *("id", "feedId", "token", "requestId", "createdOn", "removedOn", "lastProcessedItemId", "lastProcessedOn"),
    "request",
}
FEED, OTHER = "https://example.com/feed.xml", "https://example.com/other.xml"


@pytest.fixture
def door(database: Database) -> Iterator[WebDoor]:
    with web_door(database, account="acme") as found:
        yield found


def feed(door: WebDoor, *titles: str, url: str = FEED) -> int:
    """Give a feed that was read, with these entries, the newest last."""
    with door.database.write() as c:
        feed_id = feeds.ensure(c, url, now=door.now, owner=LOCAL_OWNER)
        read(c, feed_id, door, titles)
    return feed_id


def read(c: Any, feed_id: int, door: WebDoor, titles: tuple[str, ...]) -> None:
    entries = tuple(
        Entry(guid=each, url=f"https://example.com/{each}", title=each, text=f"The words of {each}.", published_at=None)
        for each in reversed(titles)
    )
    feeds.save_read(c, feed_id, FeedRead(FEED, entries, title="Trams"), now=door.now)


def recurring(door: WebDoor, **fields: Any) -> str:
    body = {"type": "tweet", "text": "words", "isScheduled": True, **fields}
    return str(door.done("POST", "/x/post", body)["schedule_id"])


def subscribed(door: WebDoor, feed_id: int, template_id: str, **fields: Any) -> dict[str, Any]:
    answer = door.ask("POST", PATH, json={"feedId": feed_id, "requestId": template_id, **fields})
    assert (answer.status_code, answer.json().keys()) == (201, KEYS), answer.text
    found: dict[str, Any] = answer.json()
    return found


def waiting(door: WebDoor, template_id: str, feed_id: int) -> list[str]:
    with door.database.read() as c:
        return [each.entry.title for each in feeds.waiting_items(c, template_id, [feed_id], 50)]


def items(door: WebDoor) -> dict[str, int]:
    with door.database.read() as c:
        keys = list(c.execute(select(feed_items.c.id).order_by(feed_items.c.id)).scalars())
    return {f"e{at}": item for at, item in enumerate(keys, start=1)}


def test_a_subscribed_feed_is_read_from_now_on(door: WebDoor) -> None:
    feed_id, template_id = feed(door, "e1", "e2"), recurring(door)

    made = subscribed(door, feed_id, template_id)

    expected = {
        "feedId": feed_id,
        "token": None,
        "requestId": template_id,
        "createdOn": "2026-03-26T12:00:00Z",
        "removedOn": None,
        "lastProcessedItemId": None,
        "lastProcessedOn": None,
    }
    assert {name: made[name] for name in expected} == expected
    assert made["request"]["feedIds"] == [feed_id]
    assert door.get("/x/recurring")["templates"] == [made["request"]]
    assert door.get(PATH) == [made]
    with door.database.write() as c:
        read(c, feed_id, door, ("e2", "e3"))
    assert waiting(door, template_id, feed_id) == ["e3"]


def test_what_came_after_the_last_processed_entry_is_taken(door: WebDoor) -> None:
    feed_id, template_id = feed(door, "e1", "e2", "e3"), recurring(door)

    subscribed(door, feed_id, template_id, lastProcessedItemId=str(items(door)["e1"]))

    assert waiting(door, template_id, feed_id) == ["e2", "e3"]


def test_what_was_written_from_last_is_shown(door: WebDoor) -> None:
    feed_id, template_id = feed(door, "e1", "e2"), recurring(door)
    first = items(door)["e1"]
    subscribed(door, feed_id, template_id, lastProcessedItemId=first)
    with door.database.write() as c:
        used = {"template_id": template_id, "item_id": first + 1, "status": "used", "at": door.now + timedelta(hours=1)}
        c.execute(item_uses.insert().values(used))

    (found,) = door.get(PATH)

    assert (found["lastProcessedItemId"], found["lastProcessedOn"]) == (str(first + 1), "2026-03-26T13:00:00Z")


@pytest.mark.parametrize(
    ("fields", "sentence", "of"),
    [
        ({"feedId": None}, "Missing feedId parameter", "feedId"),
        ({"feedId": "1"}, "", "feedId"),
        ({"requestId": None}, "Missing requestId parameter", "requestId"),
        ({"requestId": 5}, "", "requestId"),
        ({"lastProcessedItemId": "abc"}, "", "lastProcessedItemId"),
        ({"lastProcessedItemId": "999"}, "", "lastProcessedItemId"),
        ({"lastProcessedItemId": "9" * 30}, "", "lastProcessedItemId"),
    ],
    ids=str,
)
def test_a_wrong_row(door: WebDoor, fields: dict[str, Any], sentence: str, of: str) -> None:
    feed_id, template_id = feed(door, "e1"), recurring(door)

    said = door.refused(400, "POST", PATH, {"feedId": feed_id, "requestId": template_id, **fields})

    assert (said.keys(), said["field"]) == (ENVELOPE, of)
    assert sentence in ("", said["error"])
    assert (door.get(PATH), door.get("/x/recurring")["templates"][0]["feedIds"]) == ([], [])


def test_a_feed_is_subscribed_once(door: WebDoor) -> None:
    feed_id, template_id = feed(door, "e1"), recurring(door)
    subscribed(door, feed_id, template_id)
    reading = recurring(door, feedIds=[feed_id])

    for each in (template_id, reading):
        said = door.refused(409, "POST", PATH, {"feedId": feed_id, "requestId": each})
        assert said["error"] == "Subscription already exists for this feed/template pair"
    assert len(door.get(PATH)) == 1


def test_a_subscription_is_removed_and_kept(door: WebDoor) -> None:
    feed_id, template_id = feed(door, "e1"), recurring(door)
    made = subscribed(door, feed_id, template_id)
    door.now += timedelta(hours=1)

    said = door.done("DELETE", f"{PATH}/{made['id']}")

    assert said == {"success": True, "message": "Subscription removed successfully"}
    assert door.get("/x/recurring")["templates"][0]["feedIds"] == []
    assert door.get(PATH) == []
    (kept,) = door.get(f"{PATH}?includeRemoved=true")
    assert (kept["id"], kept["removedOn"]) == (made["id"], "2026-03-26T13:00:00Z")
    assert door.refused(404, "DELETE", f"{PATH}/{made['id']}")["error"] == "Subscription not found or already removed"


def test_what_came_while_it_was_not_subscribed_stays_old(door: WebDoor) -> None:
    feed_id, template_id = feed(door, "e1"), recurring(door)
    made = subscribed(door, feed_id, template_id)
    door.done("DELETE", f"{PATH}/{made['id']}")
    with door.database.write() as c:
        read(c, feed_id, door, ("e1", "e2"))

    again = subscribed(door, feed_id, template_id)

    assert again["id"] != made["id"]
    assert waiting(door, template_id, feed_id) == []
    with door.database.write() as c:
        read(c, feed_id, door, ("e2", "e3"))
    assert waiting(door, template_id, feed_id) == ["e3"]


def test_a_feed_taken_out_of_the_template_otherwise_counts_as_removed(door: WebDoor) -> None:
    feed_id, other, template_id = feed(door, "e1"), feed(door, "o1", url=OTHER), recurring(door)
    made = subscribed(door, feed_id, template_id)

    door.done("POST", f"/x/recurring/{template_id}", {"feedIds": [other]})

    assert door.get(PATH) == []
    assert door.get(f"{PATH}?includeRemoved=true")[0]["removedOn"] is not None
    door.refused(404, "DELETE", f"{PATH}/{made['id']}")
    assert subscribed(door, feed_id, template_id)["request"]["feedIds"] == [other, feed_id]


def test_ending_one_reads_no_other_template(door: WebDoor) -> None:
    feed_id, template_id, other = feed(door, "e1"), recurring(door), recurring(door)
    made = subscribed(door, feed_id, template_id)
    subscribed(door, feed_id, other)
    named: list[Any] = []

    def note(_c: Any, _cursor: Any, _statement: str, parameters: Any, _context: Any, many: bool) -> None:
        for each in parameters if many else [parameters]:
            named.extend(each.values() if isinstance(each, dict) else each)

    sa.event.listen(door.database.engine, "before_cursor_execute", note)
    door.done("DELETE", f"{PATH}/{made['id']}")
    sa.event.remove(door.database.engine, "before_cursor_execute", note)

    assert template_id in named
    assert other not in named


def test_a_template_keeps_its_only_source(door: WebDoor) -> None:
    feed_id, template_id = feed(door, "e1"), recurring(door)
    made = subscribed(door, feed_id, template_id)
    door.done("POST", f"/x/recurring/{template_id}", {"text": None})

    said = door.refused(400, "DELETE", f"{PATH}/{made['id']}")

    assert said.keys() == ENVELOPE
    assert door.get(PATH)[0]["removedOn"] is None


def test_what_is_not_there_or_somebody_elses_is_not_found(door: WebDoor) -> None:
    feed_id, template_id = feed(door, "e1"), recurring(door)
    once = door.done("POST", "/x/post", {"type": "tweet", "text": "words"})
    with door.database.read() as c:
        once_template = runs.get(c, once["request_id"]).template_id
    other = door.token(owner="other")
    no_feed, no_template = "Feed not found or unauthorized", "Recurring template not found or unauthorized"

    for body, sentence in (
        ({"feedId": 99, "requestId": template_id}, no_feed),
        ({"feedId": feed_id, "requestId": "nobody"}, no_template),
        ({"feedId": feed_id, "requestId": once_template}, no_template),
    ):
        assert door.refused(404, "POST", PATH, body)["error"] == sentence
    said = door.refused(404, "POST", PATH, {"feedId": feed_id, "requestId": template_id}, token=other)
    assert said["error"] == no_feed
    made = subscribed(door, feed_id, template_id)
    assert door.get(PATH, token=other) == []
    door.refused(404, "DELETE", f"{PATH}/{made['id']}", token=other)
