from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.budget import (
    AccountBudget,
    Budget,
    Period,
    Scope,
    day_of,
    month_of,
    windows,
    zone_of,
)
from domain.owner import LOCAL_OWNER
from domain.schedule import ClockTimes, Closures, Grid, Schedule

NOW = datetime(2026, 3, 29, 12, tzinfo=UTC)
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Africa/Cairo", "Asia/Kathmandu", "Pacific/Apia", "America/Havana"]
moments = st.integers(1_104_537_600, 2_208_988_800).map(lambda each: datetime.fromtimestamp(each, UTC))  # 2005 to 2040


@given(moments, st.sampled_from(ZONES))
def test_every_instant_lies_in_one_day_and_one_month_and_the_next_one_begins_where_it_ends(
    moment: datetime, zone: str
) -> None:
    for window in (day_of, month_of):
        start, end = window(moment, zone)
        assert start <= moment < end
        assert window(start, zone) == window(end - timedelta(microseconds=1), zone) == (start, end)
        assert window(end, zone)[0] == end


def test_the_day_on_which_clocks_change_is_as_long_as_it_is() -> None:
    spring, autumn = datetime(2026, 3, 29, 12, tzinfo=UTC), datetime(2026, 10, 25, 12, tzinfo=UTC)
    lengths = [end - start for start, end in (day_of(spring, "Europe/Berlin"), day_of(autumn, "Europe/Berlin"))]
    assert lengths == [timedelta(hours=23), timedelta(hours=25)]


def test_a_day_whose_midnight_the_clock_skips_begins_when_it_does() -> None:
    start, _ = day_of(datetime(2026, 4, 24, 12, tzinfo=UTC), "Africa/Cairo")  # 00:00 does not exist on that day
    assert start == datetime(2026, 4, 23, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "zone"),
    [
        (Schedule(Grid(4, NOW)), "UTC"),
        (Schedule(Grid(4, NOW), closures=Closures("Asia/Tokyo", ((time(22), time(7)),))), "Asia/Tokyo"),
        (Schedule(ClockTimes((time(9),), "Europe/Berlin")), "Europe/Berlin"),
    ],
)
def test_a_templates_days_are_those_of_its_schedule(schedule: Schedule, zone: str) -> None:
    assert zone_of(schedule) == zone


def test_each_limit_has_a_window_and_what_is_not_limited_has_none() -> None:
    account = AccountBudget("acme", 4, 5, "Asia/Tokyo")
    found = windows(Budget(1, 2, 3), account, run_id="r", template_id="t", zone="UTC", now=NOW, owner=LOCAL_OWNER)
    assert [(each.scope, each.subject, each.period, each.limit) for each in found] == [
        (Scope.RUN, "r", Period.RUN, 1),
        (Scope.TEMPLATE, "t", Period.DAY, 2),
        (Scope.TEMPLATE, "t", Period.MONTH, 3),
        (Scope.ACCOUNT, "acme", Period.DAY, 4),
        (Scope.ACCOUNT, "acme", Period.MONTH, 5),
    ]
    assert found[3].start == datetime(2026, 3, 28, 15, tzinfo=UTC)
    only = windows(Budget(day=0), None, run_id="r", template_id="t", zone="UTC", now=NOW, owner=LOCAL_OWNER)
    assert [(each.period, each.limit) for each in only] == [(Period.DAY, 0)]
    assert windows(None, None, run_id="r", template_id="t", zone="UTC", now=NOW, owner=LOCAL_OWNER) == ()
