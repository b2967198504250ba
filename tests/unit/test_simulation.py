"""The simulation's stations against closed forms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.simulation import (
    DAY,
    NINE,
    Fleet,
    Shape,
    Tier,
    Times,
    keys_needed,
    lateness,
    loads,
    permitted,
    planned,
    slots_of_a_day,
    worked,
    workers_needed,
)

NOTHING = Times(plan=0.0, commit=0.0, cpu=0.0, database=0.0, waits=0.0, post=0.0)


def times(**given: float) -> Times:
    return replace(NOTHING, **given)


def poisson(rate: float, count: int) -> list[float]:
    gaps = np.random.default_rng(7).exponential(1 / rate, count)
    return [float(at) for at in np.cumsum(gaps)]


@pytest.mark.parametrize("load", [0.5, 0.8, 0.9])
@pytest.mark.parametrize("station", ["cpu", "database"])
def test_one_server_with_random_arrivals_waits_as_a_queue_m_d_1_does(load: float, station: str) -> None:
    service = 0.02
    arrivals = poisson(load / service, 400_000)

    done = worked(arrivals, times(**{station: service}), Fleet(workers=1, in_flight=10**9))

    waited = float(np.mean(np.asarray(done) - np.asarray(arrivals))) - service
    assert waited == pytest.approx(load * service / (2 * (1 - load)), rel=0.05)  # Pollaczek and Khinchine


def test_several_workers_share_a_burst_evenly() -> None:
    done = worked([0.0] * 900, times(cpu=0.1), Fleet(workers=3, in_flight=10**9))

    assert done[-1] == pytest.approx(30.0)
    assert done[0] == pytest.approx(0.1)


def test_a_run_waits_for_a_place_in_flight_until_one_before_it_has_waited() -> None:
    done = worked([0.0] * 10, times(waits=5.0), Fleet(workers=1, in_flight=4))

    assert done == [5.0] * 4 + [10.0] * 4 + [15.0] * 2


def test_a_burst_is_planned_in_batches_each_with_its_commit() -> None:
    done = planned([NINE] * 1_200, times(plan=0.001, commit=0.1), batch=500)

    assert [done[0], done[499], done[500], done[-1]] == pytest.approx([NINE + 0.6] * 2 + [NINE + 1.2, NINE + 1.5])


def test_slots_that_come_alone_are_planned_alone_and_those_that_came_meanwhile_together() -> None:
    assert planned([0.0, 10.0, 10.5, 10.6], times(commit=1.0)) == [1.0, 11.0, 12.0, 12.0]


def test_a_burst_is_posted_a_windows_worth_at_a_time() -> None:
    given = permitted([5.0] * 35, per_window=10, window=60.0)

    assert [given.count(at) for at in (5.0, 65.0, 125.0, 185.0)] == [10, 10, 10, 5]


def test_a_window_begins_with_the_first_that_comes_after_the_last_ones_end() -> None:
    assert permitted([0.0, 70.0, 100.0, 110.0], per_window=2, window=60.0) == [0.0, 70.0, 100.0, 130.0]


def test_in_the_long_run_no_more_is_posted_than_the_tier_allows() -> None:
    given = permitted(poisson(1.0, 5_000), per_window=10, window=60.0)

    assert given[-1] == pytest.approx(5_000 / 10 * 60, rel=0.01)


@pytest.mark.parametrize(("scores", "runs"), [(0, 30), (1, 15), (2, 10), (4, 5)])
def test_a_run_takes_the_permits_of_its_scores_and_its_post(scores: int, runs: int) -> None:
    assert Tier(scores=scores).runs == runs
    assert Tier(scores=scores).times(3).runs == 3 * runs


def test_an_hour_that_asks_for_more_than_a_station_can_do_is_above_one_and_the_others_are_shares() -> None:
    slots = [NINE + second for second in range(3_600)]
    load = loads(slots, times(cpu=0.5, database=0.1, waits=6.0), Fleet(workers=2, in_flight=8), Tier(window=60.0))

    assert load["write tier"] == pytest.approx(6.0)
    assert load["database's writer"] == pytest.approx(0.1)
    assert load["workers' processors"] == pytest.approx(0.25)
    assert load["runs in flight"] == pytest.approx(6.6 / 16)


@pytest.mark.parametrize("shape", Shape)
def test_a_day_has_as_many_slots_as_it_should_and_all_of_them_in_order(shape: Shape) -> None:
    slots = slots_of_a_day(1_000, shape)

    assert len(slots) == 1_000
    assert slots == sorted(slots)
    assert slots[0] >= 0
    assert slots[-1] < DAY
    assert slots.count(NINE) >= (250 if shape is Shape.PEAKS else 0)
    assert slots == slots_of_a_day(1_000, shape)


def test_as_many_workers_are_needed_as_shorten_the_wait() -> None:
    burst = [0.0] * 4_096
    processor, writer = times(cpu=0.1), times(cpu=0.1, database=0.1)

    assert workers_needed(burst, burst, processor, soon=30.0) == 16  # 410 s of work
    assert workers_needed(burst, burst, writer) == 1  # the writer of the whole fleet is what they wait for


def test_the_tier_is_counted_that_posts_a_burst_in_time() -> None:
    burst = [0.0] * 1_000
    within = 300.0

    keys = keys_needed(burst, burst, NOTHING, Tier(window=60.0), within)

    assert keys == 17  # five minutes have room for six windows: 1,000 less the last percent, over 6 times 10
    assert lateness(burst, permitted(burst, Tier().times(keys).runs, 60.0), NOTHING)[1] <= within
    assert lateness(burst, permitted(burst, Tier().times(keys - 1).runs, 60.0), NOTHING)[1] > within
