"""The receiver and the site of the campaign do wrong what they are told to, and write down truly what they did."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import feedparser
import httpx
import pytest

from storage.feed_identity import canonical_link
from tests.acceptance.stage import Stage, wait_for
from tests.chaos.surroundings.door import Door, SiteDoor, start_receiver, start_site


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path, "", "", tmp_path / "book.jsonl", "")
    yield made
    for process in made.processes:
        process.stop()


@pytest.fixture
def receiver(here: Stage) -> Door:
    return start_receiver(here, here.book, seed=7)


@pytest.fixture
def site(here: Stage) -> SiteDoor:
    return start_site(here, here.folder / "site.jsonl", seed=7)


def post(url: str, body: str = "{}", *, timeout: float = 5.0) -> int:
    answer = httpx.post(url, content=body, headers={"Webhook-Id": "evt"}, trust_env=False, timeout=timeout)
    return answer.status_code


def lines(book: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in book.read_text().splitlines()] if book.exists() else []


def test_a_request_is_in_the_book_with_its_bytes_and_its_answer(here: Stage, receiver: Door) -> None:
    assert post(receiver.url + "/a", '{"é": "\\u00e9"}') == 204
    (line,) = lines(here.book)
    assert (line["path"], line["body"], line["answered"]) == ("/a", '{"é": "\\u00e9"}', 204)
    assert line["headers"]["webhook-id"] == "evt"
    assert isinstance(line["at"], float)


def test_faults_answer_what_they_say_where_they_say_and_as_often(here: Stage, receiver: Door) -> None:
    receiver.fault("error", path="/broken", status=500, times=1)
    receiver.fault("error", path="/gone", status=410)
    receiver.fault("redirect", path="/moved")
    receiver.fault("slow", path="/slow", seconds=0.2)
    answers = [post(f"{receiver.url}/{path}") for path in ("broken", "broken", "gone", "moved", "slow", "fine")]
    assert answers == [500, 204, 410, 307, 204, 204]
    assert [line["answered"] for line in lines(here.book)] == answers
    assert [fault["met"] for fault in receiver.state()["faults"]] == [1, 1, 1, 1]
    receiver.calm()
    assert post(receiver.url + "/gone") == 204


def test_what_was_never_answered_or_too_late_is_in_the_book_as_not_answered(here: Stage, receiver: Door) -> None:
    receiver.fault("closed", path="/closed")
    receiver.fault("silent", path="/silent", seconds=30)
    receiver.fault("slow", path="/late", seconds=0.4)
    with pytest.raises(httpx.RemoteProtocolError):
        post(receiver.url + "/closed")
    for path in ("/silent", "/late"):
        with pytest.raises(httpx.ReadTimeout):
            post(receiver.url + path, timeout=0.2)
    written = wait_for(lambda: lines(here.book) if len(lines(here.book)) == 3 else None, "all three lines")
    assert {line["path"]: line["answered"] for line in written} == {"/closed": None, "/silent": None, "/late": None}


def test_a_receiver_that_is_down_refuses_connections_on_its_port_and_comes_back_there(
    here: Stage, receiver: Door
) -> None:
    with receiver.fallen():
        with pytest.raises(httpx.ConnectError):
            post(receiver.url)
        assert receiver.state()["down"]
        port = httpx.URL(receiver.url).port
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", port or 0))
    assert post(receiver.url) == 204
    assert len(lines(here.book)) == 1


def test_a_share_of_requests_meets_a_fault_and_the_same_ones_with_the_same_seed(here: Stage) -> None:
    books = [here.folder / name for name in ("one.jsonl", "two.jsonl", "three.jsonl")]
    for book, seed in zip(books, (7, 7, 8), strict=True):
        door = start_receiver(here, book, seed=seed)
        door.fault("error", share=0.2)
        for number in range(100):
            post(f"{door.url}/{number % 2}")
    one, two, three = ([line["answered"] for line in lines(book)] for book in books)
    assert one == two != three
    assert 10 <= one.count(500) <= 30


def test_each_of_many_requests_at_once_is_a_line_of_its_own(here: Stage, receiver: Door) -> None:
    threads = [threading.Thread(target=post, args=(f"{receiver.url}/{number}",)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {line["path"] for line in lines(here.book)} == {f"/{number}" for number in range(20)}


def test_a_fault_that_there_is_not_is_refused_with_those_there_are(receiver: Door, site: SiteDoor) -> None:
    with pytest.raises(ValueError, match="there is no fault 'explode'; there are closed, error"):
        receiver.fault("explode")
    with pytest.raises(ValueError, match="a fault has kind, path"):
        site.fault("cut", how_often=3)


def read(url: str, **headers: str) -> httpx.Response:
    return httpx.get(url, headers=headers, trust_env=False)


@pytest.mark.parametrize("form", ["rss", "atom"])
def test_however_a_feed_changes_a_story_keeps_one_of_its_names_and_its_page(site: SiteDoor, form: str) -> None:
    url = f"{site.url}/feeds/harbour.{form}"
    names: dict[str, set[str]] = {}
    orders = set()
    for _ in range(60):
        feed = feedparser.parse(read(url).content)
        assert feed.version
        assert 1 <= len(feed.entries) <= 12
        for entry in feed.entries:
            link = canonical_link(entry.link)
            names.setdefault(link, set()).update({entry.id, entry.link, entry.published})
            assert f"Story {link.rpartition('/')[2]} of harbour" in entry.title
            assert read(entry.link).status_code == 200
        orders.add(tuple(canonical_link(entry.link) for entry in feed.entries))
        site.change("harbour", times=2)
    made = {line["change"] for line in lines(site.book) if line["do"] == "change"}
    assert made == {"add", "reorder", "drop", "recase", "track", "republish", "edit"}
    assert len(orders) > 20
    assert max(len(each) for each in names.values()) > 3  # names and dates did change


def test_an_unchanged_feed_is_304_and_a_changed_one_comes_whole(site: SiteDoor) -> None:
    url = f"{site.url}/feeds/harbour.rss"
    etag = read(url).headers["etag"]
    again = read(url, **{"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")
    site.change("harbour")
    changed = read(url, **{"if-none-match": etag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != etag


def test_a_site_with_faults_cuts_its_bodies_answers_500_or_not_at_all(site: SiteDoor) -> None:
    url = f"{site.url}/feeds/harbour.rss"
    site.fault("cut", times=1)
    with pytest.raises(httpx.RemoteProtocolError, match=r"incomplete|without"):
        read(url)
    site.fault("error", status=503, times=1)
    assert read(url).status_code == 503
    with site.fallen(), pytest.raises(httpx.ConnectError):
        read(url)
    assert read(url).status_code == 200
    assert [line["fault"] for line in lines(site.book) if line["do"] == "request"] == ["cut", "error", None]


def test_a_site_that_changes_by_itself_goes_on_while_nobody_asks(here: Stage) -> None:
    site = start_site(here, here.folder / "alone.jsonl", every=0.05)
    read(f"{site.url}/feeds/harbour.atom")
    wait_for(lambda: len(lines(site.book)) > 10, "ten changes")
