from __future__ import annotations

import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.template import StoredTemplate, TemplateStatus
from scheduler.operations import checkup
from scheduler.operations.checkup import MEBIBYTE, Level
from tests.integration.storage_values import state, template
from xquik.accounts import Account

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
ACTIVE = StoredTemplate(replace(template(), account="acme"), replace(state(), status=TemplateStatus.ACTIVE))


@pytest.mark.parametrize(
    ("bits", "level"),
    [
        (stat.S_IFDIR | 0o700, Level.OK),
        (stat.S_IFDIR | 0o710, Level.WARNING),
        (stat.S_IFREG | 0o600, Level.OK),
        (stat.S_IFREG | 0o604, Level.FAILED),
    ],
)
def test_what_others_may_read_is_a_failure_and_a_folder_they_may_look_into_a_warning(bits: int, level: Level) -> None:
    assert checkup.mode(Path("/home/x"), bits).level is level


def test_the_remedy_of_a_mode_fits_files_and_folders() -> None:
    assert checkup.mode(Path("/x"), stat.S_IFDIR | 0o755).remedy == "chmod 700 /x"
    assert checkup.mode(Path("/x"), stat.S_IFREG | 0o644).remedy == "chmod 600 /x"


def test_a_disk_is_judged_by_what_is_free() -> None:
    free = [2000 * MEBIBYTE, 500 * MEBIBYTE, 50 * MEBIBYTE]

    assert [checkup.disk(Path("/x"), each).level for each in free] == [Level.OK, Level.WARNING, Level.FAILED]


@pytest.mark.parametrize(
    ("seconds", "level"), [(0, Level.OK), (-5, Level.OK), (6, Level.WARNING), (-61, Level.FAILED), (61, Level.FAILED)]
)
def test_a_clock_is_judged_by_how_far_it_is_off_in_either_direction(seconds: int, level: Level) -> None:
    assert checkup.clock(NOW + timedelta(seconds=seconds), NOW).level is level


def test_a_clock_that_is_off_says_in_which_direction() -> None:
    assert "ahead" in checkup.clock(NOW + timedelta(minutes=2), NOW).message
    assert "behind" in checkup.clock(NOW - timedelta(minutes=2), NOW).message


@pytest.mark.parametrize(
    ("version", "count", "level"),
    [
        ("2025b", 599, Level.OK),
        ("2024a", 599, Level.WARNING),
        ("2025b", 0, Level.FAILED),
        (None, 599, Level.OK),
        ("odd", 9, Level.OK),
    ],
)
def test_zones_are_judged_by_their_number_and_age(version: str | None, count: int, level: Level) -> None:
    assert checkup.zones(version, count, NOW).level is level


def test_credits_are_judged_by_the_posts_they_pay_for() -> None:
    assert [checkup.credits_left(each).level for each in (9, 10, 999, 1000)] == [
        Level.FAILED,
        Level.WARNING,
        Level.WARNING,
        Level.OK,
    ]


def test_every_account_of_a_template_must_be_connected_and_healthy() -> None:
    well = Account("1", "Acme", "Acme", True, "healthy")
    locked = replace(well, healthy=False, health="locked")

    assert [checkup.accounts(found, [ACTIVE])[0].level for found in ([well], [locked], [])] == [
        Level.OK,
        Level.FAILED,
        Level.FAILED,
    ]


def test_a_daemon_is_missed_only_when_a_template_is_active() -> None:
    paused = replace(ACTIVE, state=replace(ACTIVE.state, status=TemplateStatus.PAUSED, next_slot_at=None))

    assert checkup.daemon([], [ACTIVE]).level is Level.WARNING
    assert "1 template is active" in checkup.daemon([], [ACTIVE]).message
    assert "2 templates are active" in checkup.daemon([], [ACTIVE, ACTIVE]).message
    assert checkup.daemon([], [paused]).level is Level.OK
    assert checkup.daemon(["all"], [ACTIVE]).level is Level.OK


@pytest.mark.parametrize(("there", "missing"), [("scheduler", "worker"), ("worker", "scheduler")])
def test_a_fleet_of_one_role_alone_is_told_with_what_starts_the_other(there: str, missing: str) -> None:
    alone = checkup.daemon([there, there], [])

    assert alone.level is Level.WARNING
    assert f"no {missing}" in alone.message
    assert alone.remedy == f"start `ostinato daemon --role {missing}`"
    assert checkup.daemon([there, missing], []).level is Level.OK
    assert checkup.daemon([there, "all"], []).level is Level.OK


def test_the_worst_check_counts() -> None:
    well, odd, bad = checkup.ok("a", ""), checkup.warning("b", "", ""), checkup.failed("c", "", "")

    assert checkup.worst([well, bad, odd]) is Level.FAILED
    assert checkup.worst([odd, well]) is Level.WARNING
    assert checkup.worst([]) is Level.OK
