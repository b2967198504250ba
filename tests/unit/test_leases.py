from __future__ import annotations

from datetime import timedelta

import pytest

from domain.errors import LeaseLost
from scheduler.leases import Leases


class Monotonic:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_sender_may_send_only_while_a_whole_request_fits_into_its_lease() -> None:
    clock = Monotonic()
    leases = Leases(lease=timedelta(seconds=60), request_timeout=timedelta(seconds=30), monotonic=clock)
    may_send = leases.may_send(leases.take("r", 1, clock()))

    clock.now += 30
    may_send()
    clock.now += 0.1
    with pytest.raises(LeaseLost):
        may_send()


def test_a_renewed_lease_counts_from_before_the_renewal() -> None:
    clock = Monotonic()
    leases = Leases(lease=timedelta(seconds=60), request_timeout=timedelta(seconds=30), monotonic=clock)
    may_send = leases.may_send(leases.take("r", 1, clock()))
    clock.now += 25
    leases.renewed(["r"], clock() - 1)

    clock.now += 29
    may_send()
    clock.now += 0.1
    with pytest.raises(LeaseLost):
        may_send()


def test_a_run_that_was_let_go_or_claimed_anew_may_not_be_sent_under_the_old_hold() -> None:
    clock = Monotonic()
    leases = Leases(lease=timedelta(seconds=60), request_timeout=timedelta(seconds=30), monotonic=clock)
    first, second = leases.take("r", 1, clock()), leases.take("r", 2, clock())
    old, new = leases.may_send(first), leases.may_send(second)

    with pytest.raises(LeaseLost):
        old()
    new()
    leases.drop(first)
    new()
    leases.drop(second)
    with pytest.raises(LeaseLost):
        new()


def test_every_boot_has_an_owner_of_its_own() -> None:
    one, two = (
        Leases(lease=timedelta(seconds=60), request_timeout=timedelta(seconds=30), monotonic=Monotonic())
        for _ in range(2)
    )

    assert one.owner != two.owner
