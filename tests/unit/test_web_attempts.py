from __future__ import annotations

from web.attempts import KNOWN_FOR, Attempts


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def attempts(clock: Clock, **limits: int) -> Attempts:
    return Attempts(monotonic=clock, **{"limit": 2, "period": 60, **limits})


def test_each_address_counts_for_itself_until_its_minute_is_over() -> None:
    clock = Clock()
    counted = attempts(clock)
    counted.wrong("192.0.2.1")
    assert counted.wait("192.0.2.1", "d") == 0
    clock.now = 10.0
    counted.wrong("192.0.2.1")

    assert counted.wait("192.0.2.1", "d") == 50
    assert counted.wait("192.0.2.2", "d") == 0
    clock.now = 59.1
    assert counted.wait("192.0.2.1", "d") == 1
    clock.now = 60.0
    assert counted.wait("192.0.2.1", "d") == 0
    counted.wrong("192.0.2.1")
    assert counted.wait("192.0.2.1", "d") == 0


def test_addresses_of_one_subscriber_are_one() -> None:
    counted = attempts(Clock())
    counted.wrong("2001:db8:1:2::1")
    counted.wrong("2001:db8:1:2:ffff::9")
    counted.wrong("::ffff:192.0.2.1")
    counted.wrong("192.0.2.1")

    assert counted.wait("2001:db8:1:2::77", "d") == 60
    assert counted.wait("2001:db8:1:3::1", "d") == 0
    assert counted.wait("192.0.2.1", "d") == 60


def test_a_token_that_was_right_waits_for_nobody_for_an_hour() -> None:
    clock = Clock()
    counted = attempts(clock)
    counted.right("d")
    clock.now = KNOWN_FOR - 1
    for _ in range(3):
        counted.wrong("192.0.2.1")

    assert (counted.wait("192.0.2.1", "d"), counted.wait("192.0.2.1", "e")) == (0, 60)
    clock.now = KNOWN_FOR
    assert counted.wait("192.0.2.1", "d") == 59


def test_what_is_remembered_has_a_bound_and_the_latest_stay() -> None:
    counted = attempts(Clock(), most=100)
    for number in range(1000):
        counted.right(f"d{number}")
        for _ in range(2):
            counted.wrong(f"10.0.{number // 250}.{number % 250}")

    assert len(counted) == 200
    assert counted.wait("10.0.3.249", "e") == 60
    assert counted.wait("10.0.0.0", "e") == 0
    assert counted.wait("10.0.3.249", "d999") == 0
    counted.wrong("x" * 100_000)
    assert len(counted) == 200
