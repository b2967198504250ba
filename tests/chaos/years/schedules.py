"""Schedules of every shape, one of each for a zone, with what a seed draws: policies, dates and jitter."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random

from domain.schedule import (
    Cadence,
    CalendarDates,
    ClockTimes,
    Closures,
    Cron,
    Grid,
    Jitter,
    Missed,
    Recurrence,
    Schedule,
    Window,
)

# Clocks that change at midnight, by half an hour, by two hours, at Ramadan, in the other half of the year, or never.
ZONES = (
    *("UTC", "Europe/Berlin", "Europe/London", "Europe/Dublin", "Europe/Chisinau", "Europe/Istanbul"),
    *("Africa/Casablanca", "Africa/Cairo", "Asia/Beirut", "Asia/Gaza", "Asia/Jerusalem", "Asia/Tehran"),
    *("Asia/Kolkata", "Asia/Kathmandu", "Asia/Tokyo", "Australia/Adelaide", "Australia/Lord_Howe", "Australia/Sydney"),
    *("Pacific/Auckland", "Pacific/Chatham", "Pacific/Norfolk", "Pacific/Apia", "Pacific/Easter", "America/Santiago"),
    *("America/Asuncion", "America/Havana", "America/New_York", "America/St_Johns", "America/Nuuk", "Antarctica/Troll"),
)
SHAPES = ("grid", "times", "window", "interval", "rule", "quiet", "dates", "jitter", "ends", "spread")
GRACES = tuple(timedelta(minutes=minutes) for minutes in (1, 30, 120, 600, 2880))
DAY = timedelta(days=1)


def schedule(shape: str, zone: str, begin: datetime, chance: Random) -> Schedule:
    """Give a schedule of *shape* whose first day is that of *begin*."""
    if shape == "spread":
        return Schedule(
            Grid(chance.choice([4, 6, 12]), begin),
            missed=Missed.SPREAD,
            grace=chance.choice(GRACES[1:]),
            closures=chance.choice([None, _closures(zone, begin, chance)]),
        )
    return Schedule(
        _cadence(shape, zone, begin, chance),
        end=begin + chance.randint(30, 360) * DAY if shape == "ends" else None,
        missed=chance.choice([Missed.SKIP, Missed.LATEST]),
        grace=chance.choice(GRACES),
        jitter=Jitter(timedelta(minutes=chance.choice([5, 40, 300])), zone) if shape == "jitter" else None,
        closures=_closures(zone, begin, chance) if shape in ("quiet", "dates", "jitter") else None,
    )


def _cadence(shape: str, zone: str, begin: datetime, chance: Random) -> Cadence:
    hour = chance.randrange(4)  # clocks change in the small hours
    if shape in ("times", "jitter"):
        return ClockTimes((time(hour, 30), time(9), time(23, 45)), zone)
    if shape in ("window", "dates"):
        return Window(time(20), time(hour), 3, zone)
    if shape == "interval":
        return Cron(f"{chance.randrange(60)} */{chance.choice([5, 6, 8])} * * *", zone)
    if shape == "ends":
        return Cron(f"30 {hour},17 * * mon-fri", zone)
    if shape == "rule":
        rule = f"FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,WE,SA;BYHOUR={hour},14;BYMINUTE=30"
        return Recurrence(rule, begin.replace(tzinfo=None), zone)
    return Grid(chance.choice([1, 3, 7, 11]), begin)


def _closures(zone: str, begin: datetime, chance: Random) -> Closures:
    nights = ((time(22), time(chance.randrange(5, 8))), (time(12, 30), time(13, 30)))
    off, away = (_dates(begin, chance) for _ in range(2))
    return Closures(zone, chance.choice([(), nights]), off, (CalendarDates("https://calendar.example/a", away),))


def _dates(begin: datetime, chance: Random) -> frozenset[date]:
    first = chance.randrange(340)
    row = [begin.date() + (first + number) * DAY for number in range(chance.randrange(20))]
    return frozenset(row) | {begin.date() + chance.randrange(365) * DAY for _ in range(8)}
