"""Instants and JSON documents come back exactly as they went in."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite

from domain.draft import Check, Draft, Part, Score, Segment, SegmentKind
from domain.material import Entry, Material, MaterialKind, StyleProfile
from domain.schedule import Cadence, ClockTimes, Cron, Grid, Missed, Recurrence, Schedule, Window
from domain.template import Backlog, FeedSource, PostType, Sources, StyleSource, Template, TweetStyle
from storage import codec
from storage.types import UtcDateTime

DIALECTS = [sqlite.dialect(), postgresql.psycopg.dialect()]  # type: ignore[no-untyped-call]
MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(9998, 12, 30), timezones=st.timezones())  # noqa: DTZ001
NOW = datetime(2026, 3, 29, 1, 0, 0, 1, tzinfo=UTC)


@given(MOMENTS, st.sampled_from(DIALECTS))
@example(datetime(2016, 9, 23, 23, 0, tzinfo=ZoneInfo("Asia/Choibalsan")), DIALECTS[0])
def test_an_instant_comes_back_exactly_and_in_utc(moment: datetime, dialect: Any) -> None:
    kind = UtcDateTime()
    kept = kind.process_bind_param(moment, dialect)
    # In UTC: Python never calls instants of two zones equal when one of them lies in a fold or a gap.
    assert kind.process_result_value(kept, dialect) == moment.astimezone(UTC)
    assert kind.process_result_value(kept, dialect).tzinfo is UTC  # type: ignore[union-attr]


@given(MOMENTS, MOMENTS)
def test_on_sqlite_text_order_is_time_order(one: datetime, two: datetime) -> None:
    kind, dialect = UtcDateTime(), DIALECTS[0]
    first, second = kind.process_bind_param(one, dialect), kind.process_bind_param(two, dialect)
    assert isinstance(first, str)
    assert isinstance(second, str)
    assert (first < second) == (one.astimezone(UTC) < two.astimezone(UTC))


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: str(dialect.name))
def test_an_instant_without_a_zone_is_refused(dialect: Any) -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        UtcDateTime().process_bind_param(datetime(2026, 1, 1), dialect)  # noqa: DTZ001


VALUES: list[tuple[Any, Any]] = [
    (
        Template,
        Template(
            id="t1",
            name="Größe 言葉",
            account="acme",
            type=PostType.THREAD,
            schedule=Schedule(
                ClockTimes((time(2, 30), time(9, 0)), "Europe/Berlin", frozenset({0, 4})),
                end=NOW,
                missed=Missed.SKIP,
                grace=timedelta(hours=1, microseconds=1),
            ),
            sources=Sources(("https://e.org",), (FeedSource("https://e.org/feed", Backlog.LATEST),), "text"),
            tweet_style=TweetStyle.EXPLAINER,
            style=StyleSource("ada", ("one", "two")),
            callback_data='{"b": 1,  "a":\t"\u0000\u2028"}',
        ),
    ),
    (
        Template,
        Template(
            "t2",
            "n",
            "acme",
            PostType.TWEET,
            Schedule(Grid(100, NOW.astimezone(timezone(timedelta(hours=2))))),
            Sources(),
        ),
    ),
    (Material, Material("m0", MaterialKind.PAGE, "text", published_at=NOW, tags=("a",), item_id=3)),
    (Entry, Entry(None, None, "", "", NOW)),
    (StyleProfile, StyleProfile("ada", ("a\nb",), NOW)),
    (
        Draft,
        Draft(
            "d0",
            (Part("a 👋", (Segment(SegmentKind.EXTRACT, "a", "m0", "text", ((0, 1),)),)),),
            rank=0.1,
            score=Score(90, (Check("hook", False, "shorter"),), "local", 0, "shorter"),
        ),
    ),
    (tuple[str, ...], ("d0", "d1")),
]


@pytest.mark.parametrize(("kind", "value"), VALUES)
def test_a_document_gives_back_the_value_it_was_made_of(kind: Any, value: Any) -> None:
    assert codec.load(kind, codec.dump(kind, value)) == value


@pytest.mark.parametrize(
    "cadence",
    [
        Grid(3, NOW),
        ClockTimes((time(9),), "Europe/Berlin"),
        Window(time(9), time(21), 3, "Europe/Berlin"),
        Cron("0 9 * * 1-5", "Europe/Berlin"),
        Recurrence("FREQ=DAILY;INTERVAL=2", datetime(2026, 3, 1, 9), "Europe/Berlin"),  # noqa: DTZ001 - on the wall
    ],
    ids=lambda cadence: type(cadence).__name__,
)
def test_a_cadence_comes_back_in_its_own_form(cadence: Cadence) -> None:
    schedule = Schedule(cadence)

    assert codec.load(Schedule, codec.dump(Schedule, schedule)) == schedule


def test_an_anchor_is_in_pythons_own_utc_however_it_came() -> None:
    loaded = codec.load(Schedule, codec.dump(Schedule, Schedule(Grid(3, NOW))))

    assert isinstance(loaded.cadence, Grid)
    assert loaded.cadence.anchor.tzinfo is UTC
    assert Grid(3, NOW.astimezone(ZoneInfo("Asia/Kathmandu"))).anchor.tzinfo is UTC
