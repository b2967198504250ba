from uuid import RFC_4122, UUID

from freezegun import freeze_time

from scheduler.ids import new_id


def test_an_id_is_a_uuid_of_version_seven() -> None:
    parsed = UUID(new_id())

    assert (parsed.version, parsed.variant) == (7, RFC_4122)


def test_ids_made_later_sort_later() -> None:
    with freeze_time("2026-03-01 09:00:00.001") as clock:
        earlier = [new_id() for _ in range(100)]
        clock.tick(0.001)
        later = [new_id() for _ in range(100)]

    assert max(earlier) < min(later)


def test_ids_of_one_millisecond_differ() -> None:
    with freeze_time("2026-03-01 09:00:00"):
        assert len({new_id() for _ in range(10_000)}) == 10_000
