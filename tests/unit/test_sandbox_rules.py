import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.answers import ApiError, iso
from sandbox.faults import Fault, read_fault
from sandbox.ids import Snowflakes
from sandbox.limits import Tier
from sandbox.seed.plant import USERS, metrics, texts_of


@given(st.lists(st.integers(0, 2**42), min_size=1, max_size=50))
def test_ids_only_grow_whatever_the_clock_does(moments: list[int]) -> None:
    ids = Snowflakes(last=2**60)
    given_ids = [ids.next(moment) for moment in moments]
    assert given_ids == sorted(set(given_ids))
    assert given_ids[0] > 2**60


@given(st.lists(st.floats(0, 300), min_size=1, max_size=200).map(sorted))
def test_no_window_lets_more_through_than_it_allows(moments: list[float]) -> None:
    tier, admitted = Tier(allowed=3, seconds=10), []
    for moment in moments:
        with contextlib.suppress(ApiError):
            tier.take(moment)
            admitted.append((tier.started, moment))
    for window in {started for started, _ in admitted}:
        inside = [moment for started, moment in admitted if started == window]
        assert len(inside) <= 3
        assert inside[-1] - inside[0] < 10


def test_a_fault_is_spent_after_its_times_and_never_without_a_number() -> None:
    assert Fault(1, "error", {}, {}, times=2, fired=2).spent
    assert not Fault(1, "error", {}, {}, times=None, fired=99).spent


def test_a_fault_is_read_with_its_defaults() -> None:
    assert read_fault({"kind": "slow", "seconds": 2}) == ("slow", {}, 1, {"seconds": 2})
    with pytest.raises(ApiError) as refused:
        read_fault({"kind": "slow", "minutes": 2})
    assert "minutes" in refused.value.message


def test_times_are_written_with_milliseconds() -> None:
    assert iso(1_771_929_000_007) == "2026-02-24T10:30:00.007Z"


@pytest.mark.parametrize("username", [user[1] for user in USERS[3:]])
def test_each_author_has_forty_to_sixty_different_posts_that_fit(username: str) -> None:
    texts = texts_of(username)
    assert 40 <= len(texts) <= 60
    assert len(set(texts)) == len(texts)
    assert all(0 < len(text) <= 280 for text in texts)


def test_the_terse_author_never_writes_a_capital() -> None:
    assert all(text == text.lower() for text in texts_of("sandra_writes"))


def test_invented_counters_are_the_same_for_the_same_text() -> None:
    assert metrics("a question?", 1000) == metrics("a question?", 1000)
    assert metrics("a question?", 1000)["viewCount"] > 0
