"""Calendars over HTTP: those that templates follow, and reading them again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime

import pytest

from domain.calendar import CalendarRead, Span
from domain.errors import SourceError
from storage.database import Database
from tests.integration.web_door import WebDoor, web_door
from web.calendars import AT_ONCE, MOST
from web.own.examples import DOCUMENT

PATH = "/api/v1/calendars"
HOLIDAYS, CLOSURES = "https://example.com/holidays.ics", "https://example.com/closures.ics"


class Calendars:
    """Calendars at their URLs; one that is not there cannot be read."""

    def __init__(self) -> None:
        self.spans: dict[str, tuple[Span, ...]] = {
            HOLIDAYS: (("2026-04-03", "2026-04-04"),),
            CLOSURES: (("2026-05-01", "2026-05-02"),),
        }
        self.asked: list[str] = []
        self.now_reading = self.most = 0

    async def __call__(self, url: str, *, now: datetime, etag: str | None, last_modified: str | None) -> CalendarRead:
        self.asked.append(url)
        self.now_reading += 1
        self.most = max(self.most, self.now_reading)
        await asyncio.sleep(0)
        self.now_reading -= 1
        if url not in self.spans:
            raise SourceError(url, "answered 404")
        return CalendarRead(url, self.spans[url], now.year)


@pytest.fixture
def calendars() -> Calendars:
    return Calendars()


@pytest.fixture
def door(database: Database, calendars: Calendars) -> Iterator[WebDoor]:
    with web_door(database, read_calendar=calendars) as opened:
        for name, url in (("morning", HOLIDAYS), ("evening", HOLIDAYS), ("noon", CLOSURES)):
            following(opened, name, url)
        calendars.asked.clear()
        yield opened


def following(door: WebDoor, name: str, url: str, **more: str) -> None:
    schedule = {"times": ["09:00"], "exclude_dates": [url]}
    door.done("POST", "/api/v1/templates", {**DOCUMENT, "name": name, "schedule": schedule}, **more)


def next_slot(door: WebDoor) -> tuple[str, str | None]:
    [slot] = door.get("/api/v1/templates/morning/slots?count=1")["slots"]
    return slot["at"], slot["reason"]


def test_they_are_listed_by_url_with_who_follows_them(door: WebDoor) -> None:
    first = door.get(f"{PATH}?limit=1")
    rest = door.get(f"{PATH}?after={first['next']}")

    assert [each["url"] for each in first["calendars"] + rest["calendars"]] == [CLOSURES, HOLIDAYS]
    assert rest["next"] is None
    [holidays] = rest["calendars"]
    assert (holidays["templates"], holidays["events"], holidays["failures"]) == (["evening", "morning"], 1, 0)


def test_templates_follow_what_was_read_again(door: WebDoor, calendars: Calendars) -> None:
    calendars.spans[HOLIDAYS] = (("2026-03-27", "2026-03-28"),)

    said = door.done("POST", f"{PATH}/refresh")

    assert said == {"read": [CLOSURES, HOLIDAYS], "failed": [], "changed": ["evening", "morning"]}
    assert next_slot(door) == ("2026-03-27T09:00:00.000000Z", "excluded")


def test_one_alone_is_read_and_one_that_cannot_be_keeps_its_copy(door: WebDoor, calendars: Calendars) -> None:
    del calendars.spans[CLOSURES]

    said = door.done("POST", f"{PATH}/refresh", {"url": CLOSURES})

    assert said == {"read": [], "failed": [CLOSURES], "changed": []}
    assert calendars.asked == [CLOSURES]
    assert door.get(PATH)["calendars"][0]["events"] == 1
    door.refused(404, "POST", f"{PATH}/refresh", {"url": "https://example.com/none.ics"})
    assert door.refused(422, "POST", f"{PATH}/refresh", {"url": 7})["errors"][0]["field"] == "url"


def test_another_owner_follows_its_own(door: WebDoor, calendars: Calendars) -> None:
    theirs = {"token": door.token(owner="other")}
    assert door.get(PATH, **theirs)["calendars"] == []
    following(door, "morning", HOLIDAYS, **theirs)
    calendars.spans[HOLIDAYS] = (("2026-03-27", "2026-03-28"),)

    assert door.done("POST", f"{PATH}/refresh", **theirs)["changed"] == ["morning"]
    assert next_slot(door) == ("2026-03-27T09:00:00.000000Z", None)


def test_without_what_reads_calendars_none_is_read(database: Database) -> None:
    with web_door(database) as door:
        assert door.refused(409, "POST", f"{PATH}/refresh")["code"] == "not_configured"


def test_one_call_does_not_make_the_server_ask_for_very_many_addresses(door: WebDoor, calendars: Calendars) -> None:
    many = [f"https://example.com/{number}.ics" for number in range(MOST + 1)]
    document = {**DOCUMENT, "name": "many", "schedule": {"times": ["09:00"], "exclude_dates": many}}

    told = door.refused(422, "POST", "/api/v1/templates", document)

    assert told["errors"] == [
        {"field": "schedule.exclude_dates", "detail": "names 101 calendars; at most 100 may be named in one call"}
    ]
    assert calendars.asked == []


def test_a_few_calendars_are_read_at_a_time(door: WebDoor, calendars: Calendars) -> None:
    several = [f"https://example.com/{number}.ics" for number in range(2 * AT_ONCE)]
    document = {**DOCUMENT, "name": "several", "schedule": {"times": ["09:00"], "exclude_dates": several}}

    door.refused(422, "POST", "/api/v1/templates", document)

    assert sorted(calendars.asked) == sorted(several)
    assert calendars.most == AT_ONCE
