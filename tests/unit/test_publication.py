from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.publication import out_at
from domain.tweet_id import EPOCH, written_at

NOW = datetime(2026, 5, 6, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def tweet(at: datetime) -> str:
    return str(int(at.timestamp() * 1000) - EPOCH << 22)


def test_a_tweet_id_tells_when_it_was_written() -> None:
    assert written_at(tweet(NOW)) == NOW
    assert [written_at(each) for each in ("1000", "not a number", "9" * 30)] == [None] * 3


@pytest.mark.parametrize(
    ("settled_at", "tweet_id", "out"),
    [
        (None, None, NOW),
        (NOW + 5 * MINUTE, tweet(NOW + MINUTE), NOW + MINUTE),
        (NOW + 5 * MINUTE, tweet(NOW - MINUTE), NOW),  # by a clock a little behind ours
        (NOW + 5 * MINUTE, "1000", NOW + 5 * MINUTE),
        (NOW + 5 * MINUTE, tweet(NOW + 6 * MINUTE), NOW + 5 * MINUTE),
        (NOW + 5 * MINUTE, tweet(NOW - 3 * MINUTE), NOW + 5 * MINUTE),
        (NOW - 5 * MINUTE, tweet(NOW), NOW),  # our clock was set back meanwhile
    ],
)
def test_a_post_went_out_when_its_tweet_says_or_else_was_settled(
    settled_at: datetime | None, tweet_id: str | None, out: datetime
) -> None:
    assert out_at(NOW, settled_at, tweet_id) == out
