"""Templates, styles, the installation, rate windows and pruning."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from domain.errors import Conflict, NotFound
from domain.material import StyleProfile
from domain.owner import LOCAL_OWNER
from domain.protocols import RateWindows, Tier
from domain.reasons import Reason
from domain.run import RunStatus
from domain.template import StoredTemplate, TemplateState, TemplateStatus
from storage import installation, rate_windows, runs, styles, tables, templates
from storage.database import Database
from storage.due import due
from storage.rate_windows import SqlRateWindows
from tests.integration.storage_values import NOW, SOON, running, state, template, with_templates

MINUTE = timedelta(minutes=1)


def test_a_template_is_found_by_id_and_by_name(database: Database) -> None:
    with database.write() as c:
        templates.insert(c, template("t1", name="morning"), state())
        stored = StoredTemplate(template("t1", name="morning"), state())
        assert templates.get(c, "t1") == templates.get(c, "morning") == stored
        assert templates.get_many(c, ["t1", "t9"]) == {"t1": stored}
        assert templates.definitions(c, ["t1", "t9"]) == {"t1": stored.template}
        with pytest.raises(NotFound, match="no template named 'evening'"):
            templates.get(c, "evening")
        with pytest.raises(NotFound):
            templates.get(c, "t1", owner="somebody else")


def test_a_name_is_one_templates_until_it_is_deleted(database: Database) -> None:
    with database.write() as c:
        templates.insert(c, template("t1", name="morning"), state())
        with pytest.raises(
            Conflict, match=r"a template named 'morning' already; choose another name, put .* `template add --replace`"
        ):
            templates.insert(c, template("t2", name="morning"), state())
        templates.insert(c, template("t3", name="morning", owner_id="other"), state())
        templates.set_status(c, "t1", TemplateStatus.DELETED, now=NOW)
        templates.insert(c, template("t2", name="morning"), state())
        assert templates.get(c, "morning").template.id == "t2"
        assert templates.get(c, "t1").state.deleted_at == NOW  # the ledger can still name it
        assert [one.template.id for one in templates.list_all(c)] == ["t2", "t3"]
        assert [one.template.id for one in templates.list_all(c, include_deleted=True)] == ["t1", "t2", "t3"]


def test_a_changed_definition_leaves_the_state_alone(database: Database) -> None:
    with_templates(database, "t1", "t2")
    changed = template("t1", name="evening", account="other")
    with database.write() as c:
        templates.replace(c, changed, now=NOW + SOON)
        stored = templates.get(c, "evening")
        assert stored.template == changed
        assert stored.state == replace(state(), updated_at=NOW + SOON)
        with pytest.raises(Conflict):
            templates.replace(c, replace(changed, name="name of t2"), now=NOW)
        with pytest.raises(NotFound):
            templates.replace(c, template("t9"), now=NOW)


def test_a_paused_template_says_why_and_is_not_due(database: Database) -> None:
    with_templates(database, "t1")
    with database.write() as c:
        templates.set_status(
            c, "t1", TemplateStatus.PAUSED, now=NOW + SOON, reason=Reason.API_BLOCKED, note="402", next_slot_at=NOW
        )
        paused = TemplateState(
            TemplateStatus.PAUSED, None, NOW, NOW + SOON, pause_reason=Reason.API_BLOCKED, pause_note="402"
        )
        assert templates.get(c, "t1").state == paused
        assert due(c, NOW + timedelta(days=9), 10).templates == []
        templates.set_status(c, "t1", TemplateStatus.ACTIVE, now=NOW, next_slot_at=NOW + MINUTE)
        assert templates.get(c, "t1").state == TemplateState(TemplateStatus.ACTIVE, NOW + MINUTE, NOW, NOW)
        with pytest.raises(NotFound):
            templates.set_status(c, "t9", TemplateStatus.ENDED, now=NOW)


def test_the_longest_due_comes_first(database: Database) -> None:
    with database.write() as c:
        assert templates.earliest_slot(c) is None
        for number in (2, 0, 1, 3):
            templates.insert(c, template(f"t{number}"), state(NOW + number * SOON))
        assert templates.earliest_slot(c) == NOW
        assert [one.template.id for one in due(c, NOW + 2 * SOON, 2).templates] == ["t0", "t1"]
        assert [one.template.id for one in due(c, NOW + 2 * SOON, 9).templates] == ["t0", "t1", "t2"]


def test_what_stands_in_the_way_of_a_due_template_is_found_with_it(database: Database) -> None:
    with_templates(database, "free", "waits", "lost", "held", "later", "taken")
    slots = dict.fromkeys(("waits", "lost", "held", "later"), NOW - MINUTE) | {"taken": NOW + MINUTE}
    with database.write() as c:
        for name, at in slots.items():
            run = runs.PlannedRun(f"r-{name}", at, at, RunStatus.QUEUED)
            assert runs.insert_planned(c, template(name), run, now=NOW)
    statuses = {"lost": RunStatus.UNKNOWN, "held": RunStatus.HELD, "taken": RunStatus.SKIPPED}
    with database.write() as c:
        for name, status in statuses.items():
            mine = update(tables.runs).where(tables.runs.c.template_id == name)
            c.execute(mine.values(status=status.value, reason=Reason.BY_OWNER.value))
        c.execute(update(tables.runs).where(tables.runs.c.id == "r-later").values(due_at=NOW + SOON))
        found = {one.template.id: (one.busy, one.taken) for one in due(c, NOW, 10).templates}
    assert found == {
        "free": (None, False),
        "waits": (RunStatus.QUEUED, False),
        "lost": (RunStatus.UNKNOWN, False),
        "held": (None, False),
        "later": (None, False),
        "taken": (None, True),
    }


@pytest.mark.parametrize("dialect", ["postgresql"])
def test_a_due_template_that_another_transaction_has_is_left_out(database: Database) -> None:
    with_templates(database, "mine", "theirs")
    with database.engine.connect() as other, database.write() as c:
        other.execute(select(tables.templates.c.id).where(tables.templates.c.id == "theirs").with_for_update())
        assert [one.template.id for one in due(c, NOW, 10).templates] == ["mine"]


def test_a_style_is_kept_by_name(database: Database) -> None:
    first, second = StyleProfile("ada", ("one",), NOW), StyleProfile(None, ("two", "three"))
    with database.write() as c:
        styles.save(c, "ada", first, owner=LOCAL_OWNER)
        assert styles.get(c, "ada", owner=LOCAL_OWNER) == first
        styles.save(c, "ada", second, owner=LOCAL_OWNER)
        styles.save(c, "zoe", first, owner=LOCAL_OWNER)
        assert styles.list_styles(c, owner=LOCAL_OWNER) == [("ada", second), ("zoe", first)]
        with pytest.raises(NotFound, match="no style named 'eve'"):
            styles.get(c, "eve", owner=LOCAL_OWNER)


def test_the_installation_keeps_its_id(database: Database) -> None:
    with database.write() as c:
        made = installation.install_id(c)
        assert len(made) == 8
        assert int(made, 16) >= 0
    with database.write() as c:
        assert installation.install_id(c) == made


def test_a_database_belongs_to_the_api_it_was_first_used_with(database: Database) -> None:
    with database.write() as c:
        installation.bind(c, "https://api.example/v1")
        installation.bind(c, "https://api.example/v1/")
        with pytest.raises(
            Conflict, match=r"belongs to https://api\.example/v1 and cannot be used with http://sandbox"
        ):
            installation.bind(c, "http://sandbox")


def test_whether_keys_are_honoured_is_unknown_until_it_is_found_out(database: Database) -> None:
    with database.write() as c:
        assert installation.key_support(c) is None
        for honoured in (False, True):
            installation.set_key_support(c, honoured)
            assert installation.key_support(c) is honoured


def test_permits_of_a_window_are_shared_and_a_share_is_kept(database: Database) -> None:
    with database.write() as c:

        def take(wanted: int, reserved: int = 0, seconds: int = 0) -> tuple[int, float]:
            now = NOW + timedelta(seconds=seconds)
            granted, ends = rate_windows.take(
                c, Tier.WRITE, wanted=wanted, limit=30, reserved=reserved, window=MINUTE, now=now
            )
            return granted, (ends - NOW).total_seconds()

        assert take(10, reserved=10) == (10, 60)
        assert take(15, reserved=10, seconds=1) == (10, 60)
        assert take(1, reserved=10, seconds=2) == (0, 60)
        assert take(15, seconds=3) == (10, 60)
        assert take(1, seconds=59) == (0, 60)
        assert take(1, seconds=61) == (1, 121)
        assert rate_windows.take(c, Tier.READ, wanted=3, limit=60, reserved=0, window=SOON, now=NOW)[0] == 3


def test_a_tier_that_was_closed_grants_nothing_until_its_time(database: Database) -> None:
    async def scenario() -> list[int]:
        with running(database) as writer:
            windows: RateWindows = SqlRateWindows(writer)
            granted = []
            await windows.close(Tier.WRITE, until=NOW + MINUTE)
            for now in (NOW, NOW + MINUTE - SOON, NOW + MINUTE):
                got, again = await windows.take(Tier.WRITE, wanted=2, limit=30, reserved=0, window=MINUTE, now=now)
                granted.append(got)
                assert again == (NOW + MINUTE if got == 0 else now + MINUTE)
        return granted

    assert asyncio.run(scenario()) == [0, 0, 2]


def test_a_window_written_by_a_clock_that_ran_ahead_does_not_close_the_tier(database: Database) -> None:
    with database.write() as c:
        ahead = NOW + timedelta(days=30)
        rate_windows.take(c, Tier.WRITE, wanted=30, limit=30, reserved=0, window=MINUTE, now=ahead)
        granted, ends = rate_windows.take(c, Tier.WRITE, wanted=1, limit=30, reserved=0, window=MINUTE, now=NOW)
    assert (granted, ends) == (1, NOW + MINUTE)


def test_a_tier_that_a_clock_that_ran_ahead_has_closed_is_open(database: Database) -> None:
    with database.write() as c:
        rate_windows.close(c, Tier.WRITE, until=NOW + timedelta(days=365))
        granted, ends = rate_windows.take(c, Tier.WRITE, wanted=1, limit=30, reserved=0, window=MINUTE, now=NOW)
    assert (granted, ends) == (1, NOW + MINUTE)
