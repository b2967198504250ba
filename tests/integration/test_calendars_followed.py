"""Calendars at URLs: read before a template is kept, refreshed by the daemon, and followed by slots not yet planned."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from freezegun import freeze_time

from domain.calendar import CalendarRead, Span
from domain.errors import SourceError
from domain.event import EventType
from domain.owner import LOCAL_OWNER
from domain.reasons import Reason
from domain.schedule import CalendarDates, ClockTimes, Closures, Jitter, Schedule
from domain.template import Template, TemplateStatus
from scheduler import due
from scheduler.calendar_reading import FAILING_AFTER, CalendarReading
from scheduler.operations import calendar_copies
from scheduler.operations import templates as operations
from storage import calendars, codec, runs, templates
from storage.database import Database
from tests.integration.command_line import CommandLine
from tests.integration.scheduler_house import NOW, House
from tests.integration.storage_values import running, template
from tests.integration.test_scheduler_skipping import pause as stop
from tests.unit.test_sources_calendars import calendar

URL = "https://calendars.example/holidays.ics"
TODAY, TOMORROW = (NOW.date() + timedelta(days=n) for n in (0, 1))
SIX_HOURS = timedelta(hours=6)


def spans(*days: date) -> tuple[Span, ...]:
    return tuple((day.isoformat(), (day + timedelta(days=1)).isoformat()) for day in days)


def hourly(*excluded: date, jitter: timedelta | None = None) -> Schedule:
    closures = Closures("UTC", calendars=(CalendarDates(URL, frozenset(excluded)),))
    cadence = ClockTimes(tuple(NOW.replace(hour=hour).time() for hour in range(24)), "UTC")
    return Schedule(cadence, closures=closures, jitter=Jitter(jitter, "seed") if jitter else None)


class Outside:
    """The calendars out there, by URL; what is missing cannot be read. `asked` are the validators that came."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.there: dict[str, tuple[str, tuple[Span, ...]]] = {}
        self.asked: list[tuple[str, str | None]] = []

    async def read(self, url: str, *, now: datetime, etag: str | None, last_modified: str | None) -> CalendarRead:
        self.asked.append((url, etag))
        if url not in self.there:
            raise SourceError(url, "answered 500")
        version, content = self.there[url]
        if etag == version:
            return CalendarRead(url, (), now.year, etag, not_modified=True)
        return CalendarRead(url, content, now.year, version)

    def refresh(self) -> None:
        async def do() -> None:
            with running(self.house.database) as writer:
                reading = CalendarReading(writer=writer, read_calendar=self.read, clock=self.house.clock)
                await reading.refresh_due(self.house.clock())

        asyncio.run(do())


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


@pytest.fixture
def outside(house: House) -> Outside:
    """A calendar that excludes today, kept and followed by the template t1 with a slot each hour."""
    made = Outside(house)
    made.there[URL] = ("v1", spans(TODAY))
    house.template(schedule=hourly(TODAY))
    kept(house, CalendarRead(URL, spans(TODAY), NOW.year, "v1"))
    return made


def kept(house: House, read: CalendarRead) -> list[str]:
    with house.database.write() as c:
        return calendar_copies.keep(c, [read], now=house.clock())


def copy_of(house: House) -> calendars.Kept | None:
    with house.database.read() as c:
        return calendars.get_all(c, owner=LOCAL_OWNER).get(URL)


def excluded(house: House, name: str = "t1") -> frozenset[date]:
    closures = house.stored(name).template.schedule.closures
    assert closures is not None
    return frozenset().union(*(each.dates for each in closures.calendars))


def test_a_calendar_is_read_again_after_six_hours_and_an_unchanged_one_changes_nothing(
    house: House, outside: Outside
) -> None:
    outside.refresh()
    assert outside.asked == []

    house.clock.advance(hours=6)
    before = house.stored()
    outside.refresh()

    assert outside.asked == [(URL, "v1")]
    assert house.stored() == before
    copy = copy_of(house)
    assert copy is not None
    assert (copy.fetched_at, copy.spans) == (NOW + SIX_HOURS, spans(TODAY))


def test_a_changed_calendar_counts_for_slots_that_are_not_planned_yet(house: House, outside: Outside) -> None:
    house.plan()  # the rest of the day is one record
    with house.database.read() as c:
        (gap,) = runs.gaps(c, "t1")
    assert (gap.start, gap.reason, house.stored().state.next_slot_at) == (
        NOW,
        Reason.EXCLUDED,
        datetime.combine(TOMORROW, NOW.replace(hour=0).timetz()),
    )
    house.clock.advance(hours=6, minutes=30)
    outside.there[URL] = ("v2", spans(TOMORROW))
    outside.refresh()

    assert excluded(house) == {TOMORROW}
    assert house.stored().state.next_slot_at == NOW + timedelta(hours=7)
    with house.database.read() as c:
        (gap,) = runs.gaps(c, "t1")
    assert (gap.start, gap.end, gap.count) == (NOW, NOW + SIX_HOURS, 7)


def test_slots_with_jitter_follow_to_where_they_stand_now_and_none_is_lost(house: House, outside: Outside) -> None:
    wide = timedelta(minutes=50)
    (open_slot,) = due.preview(hourly(jitter=wide), NOW, 1, inclusive=True)
    assert open_slot.nominal == NOW
    house.template("t2", schedule=hourly(TODAY, jitter=wide))
    house.clock.advance(seconds=1)  # the slot's nominal instant has passed, and it is not planned yet

    kept(house, CalendarRead(URL, spans(TOMORROW), NOW.year, "v2"))
    assert house.stored("t2").state.next_slot_at == open_slot.at
    kept(house, CalendarRead(URL, spans(TODAY), NOW.year, "v3"))
    assert house.stored("t2").state.next_slot_at == NOW
    house.plan()
    with house.database.read() as c:
        assert [gap.reason for gap in runs.gaps(c, "t2")] == [Reason.EXCLUDED]


def test_a_paused_template_follows_and_stays_paused(house: House, outside: Outside) -> None:
    stop(house)
    kept(house, CalendarRead(URL, spans(TOMORROW), NOW.year, "v2"))

    assert excluded(house) == {TOMORROW}
    assert house.stored().state.status is TemplateStatus.PAUSED


def test_a_calendar_that_leaves_no_slot_pauses_nothing_and_each_slot_says_why(house: House, outside: Outside) -> None:
    always = ((NOW.date().isoformat(), (NOW.date() + timedelta(days=9999)).isoformat()),)
    assert kept(house, CalendarRead(URL, always, NOW.year, "v2")) == ["name-of-t1"]
    house.plan()

    with house.database.read() as c:
        (gap,) = runs.gaps(c, "t1")
    assert (gap.reason, house.stored().state.status) == (Reason.EXCLUDED, TemplateStatus.ACTIVE)


def test_the_last_good_copy_counts_while_the_calendar_cannot_be_read_and_somebody_is_told_once(
    house: House, outside: Outside
) -> None:
    del outside.there[URL]
    house.clock.advance(hours=6)
    for minutes in (0, 15, 30, 60, 120):
        house.clock.advance(minutes=minutes - 1)
        outside.refresh()
        house.clock.advance(minutes=1)
        outside.refresh()

    assert len(outside.asked) == 5
    assert excluded(house) == {TODAY}
    copy = copy_of(house)
    assert copy is not None
    assert (copy.failures, copy.last_error, copy.fetched_at, copy.spans) == (5, "answered 500", NOW, spans(TODAY))
    (told,) = house.events_without_template()
    assert told.type is EventType.CALENDAR_FAILING
    assert (told.data["calendar"]["url"], told.data["calendar"]["failures"]) == (URL, FAILING_AFTER)


def test_a_copy_that_cannot_be_kept_is_a_failure_and_the_last_good_one_counts(house: House, outside: Outside) -> None:
    outside.there[URL] = ("v2", (("not", "a day"),))
    house.clock.advance(hours=6)
    outside.refresh()

    assert excluded(house) == {TODAY}
    assert (copy := copy_of(house)) is not None
    assert (copy.failures, copy.spans) == (1, spans(TODAY))
    assert copy.last_error is not None
    assert "ValueError" in copy.last_error


def test_a_new_year_reads_the_whole_calendar_for_other_years_count(house: House, outside: Outside) -> None:
    house.clock.advance(days=400)
    outside.refresh()

    assert outside.asked == [(URL, None)]
    assert (copy := copy_of(house)) is not None
    assert copy.year == NOW.year + 1


def test_a_calendar_that_nobody_follows_is_forgotten(house: House, outside: Outside) -> None:
    operations.delete(house.database, "t1", now=house.clock(), new_id=house.new_id)
    house.clock.advance(hours=6)
    outside.refresh()

    assert (outside.asked, copy_of(house)) == ([], None)


@contextmanager
def serving(pages: dict[str, bytes]) -> Iterator[str]:
    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            with suppress(ConnectionError):  # the reader had enough
                self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


FILE = """
name = "{name}"
account = "acme"
type = "tweet"
text = "words"
[schedule]
times = ["09:00"]
timezone = "Europe/Berlin"
exclude_dates = ["2026-12-31", "{url}/holidays.ics"]
"""
CHRISTMAS = calendar("DTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261227")
LATER = calendar("DTSTART;VALUE=DATE:20261227")


@pytest.fixture
def ostinato(tmp_path: Path) -> Iterator[CommandLine]:
    codec.dump(Template, template())  # pydantic has to see the types before freezegun takes their place
    with freeze_time("2026-12-23T12:00:00Z", ignore=["asyncio", "httpcore", "anyio", "pebble"], real_asyncio=True):
        yield CommandLine(tmp_path / "home", {"OSTINATO_ALLOW_NETWORKS": "127.0.0.0/8"})


def closed_days(ostinato: CommandLine) -> list[str]:
    slots = ostinato.json("template", "preview", "a", "--count", "10")["slots"]
    return [slot["at"][:10] for slot in slots if slot["reason"] == "excluded"]


def written(ostinato: CommandLine, url: str, name: str = "a") -> Path:
    file = ostinato.home.parent / f"{name}.toml"
    file.write_text(FILE.format(name=name, url=url))
    return file


def test_a_template_names_a_calendar_by_its_url_and_all_it_shows_is_of_the_stored_copy(ostinato: CommandLine) -> None:
    pages = {"/holidays.ics": CHRISTMAS}
    with serving(pages) as url:
        added = ostinato.json("template", "add", str(written(ostinato, url)))
        assert added["schedule"]["exclude_dates"] == ["2026-12-31", f"{url}/holidays.ics"]
        pages["/holidays.ics"] = LATER

        assert closed_days(ostinato) == ["2026-12-25", "2026-12-26", "2026-12-31"]
        plan = ostinato.json("template", "plan", "--days", "10")
        assert plan["totals"]["not_run"] == {"excluded": 3}

        assert ostinato.json("calendar", "refresh")["changed"] == ["a"]
        assert closed_days(ostinato) == ["2026-12-27", "2026-12-31"]
    (found,) = ostinato.json("calendar", "list")["calendars"]
    assert (found["url"], found["templates"], found["events"]) == (f"{url}/holidays.ics", ["a"], 1)
    warned = ostinato("calendar", "refresh", f"{url}/holidays.ics")
    assert "its last good copy counts" in warned.stderr
    assert "read 0 of 1" in warned.stdout


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "no such page"), (b"<html>", "is not a calendar"), (b"BEGIN:VCALENDAR\r\n" * 100_000, "larger than")],
)
def test_a_calendar_that_cannot_be_used_keeps_its_template_from_being_added(
    ostinato: CommandLine, content: bytes | None, said: str
) -> None:
    with serving({"/holidays.ics": content} if content else {}) as url:
        refused = ostinato.refused("template", "add", str(written(ostinato, url)), code=2)

    assert said in refused["fields"]["schedule.exclude_dates"]
    assert ostinato.json("template", "list")["templates"] == []


def test_files_of_a_folder_follow_calendars_and_export_names_them(ostinato: CommandLine) -> None:
    folder = ostinato.home.parent / "files"
    folder.mkdir()
    with serving({"/holidays.ics": CHRISTMAS}) as url:
        for name in ("a", "b"):
            (folder / f"{name}.toml").write_text(FILE.format(name=name, url=url))
        assert ostinato.json("template", "apply", str(folder), "--dry-run")["totals"]["created"] == 2
        assert ostinato.json("calendar", "list")["calendars"] == []
        ostinato.json("template", "apply", str(folder))
    assert ostinato.json("template", "apply", str(folder))["totals"]["unchanged"] == 2
    ostinato("template", "export", str(folder.with_name("exported")))
    assert f"{url}/holidays.ics" in (folder.with_name("exported") / "a.toml").read_text()
    assert ostinato.json("template", "plan", "--against", str(folder.with_name("exported")))["templates"] == []
    edited = ostinato.json("template", "edit", "a", "--set", "prompt=short")
    assert [each["field"] for each in edited["fields"]] == ["prompt"]
    assert closed_days(ostinato) == ["2026-12-25", "2026-12-26", "2026-12-31"]


def test_a_template_that_has_ended_keeps_its_calendar_for_the_day_it_goes_on(house: House, outside: Outside) -> None:
    with house.database.write() as c:
        templates.set_status(c, "t1", TemplateStatus.ENDED, now=NOW)
    house.clock.advance(hours=6)
    outside.there[URL] = ("v2", spans(TOMORROW))
    outside.refresh()

    assert excluded(house) == {TOMORROW}
    assert house.stored().state.status is TemplateStatus.ENDED
