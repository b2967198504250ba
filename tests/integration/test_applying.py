from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time

from domain.event import EventType
from domain.template import Template
from storage import codec, events
from tests.integration.command_line import CommandLine
from tests.integration.storage_values import template

LEAST = 'name = "{name}"\naccount = "acme"\ntype = "tweet"\ntext = "words"\n'
NINE = '[schedule]\ntimes = ["09:00"]\ntimezone = "Europe/Berlin"\n'


@pytest.fixture
def ostinato(tmp_path: Path) -> CommandLine:
    codec.dump(Template, template())  # pydantic has to see the types before freezegun takes their place
    return CommandLine(tmp_path / "home")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "templates"
    made.mkdir()
    return made


def put(folder: Path, name: str, more: str = NINE) -> Path:
    file = folder / f"{name}.toml"
    file.write_text(LEAST.format(name=name) + more)
    return file


def applied(ostinato: CommandLine, folder: Path, *words: str) -> dict[str, Any]:
    """Apply and give what was done, by template."""
    done = ostinato.json("template", "apply", str(folder), *words)
    return {each["name"]: each for each in done["templates"]}


def actions(ostinato: CommandLine, folder: Path, *words: str) -> dict[str, str]:
    return {name: each["action"] for name, each in applied(ostinato, folder, *words).items()}


def shown(ostinato: CommandLine, name: str) -> Any:
    return ostinato.json("template", "show", name)


def test_files_of_every_format_become_templates_and_a_second_apply_changes_nothing(
    ostinato: CommandLine, folder: Path
) -> None:
    put(folder, "a")
    (folder / "b.yaml").write_text("name: b\naccount: acme\ntype: tweet\ntext: words\n")
    (folder / "c.json").write_text(json.dumps({"name": "c", "account": "acme", "type": "tweet", "text": "words"}))
    (folder / "README.md").write_text("not a template")
    (folder / ".d.toml").write_text("not a template")

    assert actions(ostinato, folder) == {"a": "created", "b": "created", "c": "created"}
    before = ostinato.json("template", "list")
    assert actions(ostinato, folder) == {"a": "unchanged", "b": "unchanged", "c": "unchanged"}
    assert ostinato.json("template", "list") == before


def test_a_changed_file_changes_its_template_which_keeps_its_id(ostinato: CommandLine, folder: Path) -> None:
    put(folder, "a")
    first = applied(ostinato, folder)["a"]
    put(folder, "a", 'goal = "authority"\n' + NINE.replace("09:00", "10:30"))

    changed = applied(ostinato, folder)["a"]

    assert (changed["action"], changed["id"]) == ("changed", first["id"])
    assert changed["fields"] == [
        {"field": "goal", "old": "engagement", "new": "authority"},
        {"field": "schedule.times", "old": ["09:00"], "new": ["10:30"]},
    ]
    assert shown(ostinato, "a")["schedule"]["times"] == ["10:30"]


def test_the_difference_is_readable(ostinato: CommandLine, folder: Path) -> None:
    put(folder, "a")
    ostinato("template", "apply", str(folder))
    put(folder, "a", 'prompt = "plain words"\n' + NINE)

    lines = ostinato("template", "apply", str(folder), "--dry-run").stdout.splitlines()

    assert lines[1:] == ["changed   a", '    prompt: not set → "plain words"', "1 changed"]


def test_all_that_is_wrong_in_all_files_is_named_and_nothing_is_changed(ostinato: CommandLine, folder: Path) -> None:
    put(folder, "a")
    put(folder, "b", "daily_cuont = 3\ncount = 99\n")
    (folder / "c.toml").write_text(LEAST.format(name="a"))
    (folder / "d.toml").write_text(LEAST.format(name="d") + 'schedule_end_date = "2001-01-01"\n')

    error = ostinato.refused("template", "apply", str(folder), code=2)

    assert set(error["fields"]) == {
        "b.toml: daily_cuont",
        "b.toml: count",
        "c.toml: name",
        "d.toml: schedule_end_date",
    }
    assert ostinato.json("template", "list") == {"templates": []}


def test_files_that_cannot_be_read_are_named_together(ostinato: CommandLine, folder: Path) -> None:
    (folder / "a.toml").write_text("name = \n")
    (folder / "b.json").write_text("[]")

    error = ostinato.refused("template", "apply", str(folder), code=2)

    assert [Path(name).name for name in error["fields"]] == ["a.toml", "b.json"]


def test_a_folder_without_template_files_is_refused(ostinato: CommandLine, folder: Path) -> None:
    assert "holds no template file" in ostinato("template", "apply", str(folder), code=2).stderr


def test_a_template_that_is_gone_is_paused_and_goes_on_when_its_file_is_back(
    ostinato: CommandLine, folder: Path
) -> None:
    put(folder, "a")
    gone = put(folder, "b")
    ostinato("template", "apply", str(folder))
    gone.unlink()

    assert actions(ostinato, folder) == {"a": "unchanged", "b": "paused"}
    paused = shown(ostinato, "b")
    assert (paused["pause_reason"], paused["pause_note"]) == ("by_owner", f"no longer in {folder.resolve()}")
    assert actions(ostinato, folder) == {"a": "unchanged"}

    put(folder, "b")
    assert actions(ostinato, folder) == {"a": "unchanged", "b": "resumed"}
    assert shown(ostinato, "b")["next_slot_at"] is not None
    with ostinato.database() as database, database.read() as connection:
        told = [each.type for each in events.list_events(connection)]
    assert told == [EventType.TEMPLATE_PAUSED, EventType.TEMPLATE_RESUMED]


def test_a_file_that_is_back_and_changed_is_resumed_and_the_slots_of_the_pause_are_recorded(
    ostinato: CommandLine, folder: Path
) -> None:
    put(folder, "a")
    with freeze_time("2026-03-02T12:00:00Z"):
        put(folder, "b")
        ostinato("template", "apply", str(folder))
        (folder / "b.toml").unlink()
        ostinato("template", "apply", str(folder))
    put(folder, "b", 'prompt = "new"\n' + NINE)
    with freeze_time("2026-03-05T12:00:00Z"):
        done = applied(ostinato, folder)["b"]

        assert done["action"] == "changed"
        assert [each["field"] for each in done["fields"]] == ["prompt", "is_active"]
        why = ostinato.json("run", "why", "b", "--at", "2026-03-04T08:00:00Z")
    assert (why["count"], why["reason"]) == (3, "paused")


@pytest.mark.parametrize(("prune", "action", "status"), [("keep", "kept", "active"), ("delete", "deleted", "deleted")])
def test_what_is_gone_can_be_kept_or_deleted(
    ostinato: CommandLine, folder: Path, prune: str, action: str, status: str
) -> None:
    put(folder, "a")
    put(folder, "b")
    ostinato("template", "apply", str(folder))
    (folder / "b.toml").unlink()

    assert actions(ostinato, folder, "--prune", prune)["b"] == action
    found = {each["name"]: each["status"] for each in ostinato.json("template", "list", "--deleted")["templates"]}
    assert found == {"a": "active", "b": status}


def test_only_templates_of_this_folder_are_pruned(ostinato: CommandLine, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    put(other, "theirs")
    ostinato("template", "apply", str(other))
    ostinato.add(LEAST.format(name="byhand"))
    put(folder, "a")

    assert actions(ostinato, folder, "--prune", "delete") == {"a": "created"}
    assert shown(ostinato, "byhand")["status"] == shown(ostinato, "theirs")["status"] == "active"


def test_a_template_made_by_hand_is_taken_over_by_its_file_and_then_pruned_with_it(
    ostinato: CommandLine, folder: Path
) -> None:
    ostinato.add(LEAST.format(name="b") + NINE)
    before = shown(ostinato, "b")
    put(folder, "a")
    put(folder, "b")

    assert applied(ostinato, folder)["b"]["fields"] == [
        {"field": "managed_by", "old": None, "new": str(folder.resolve())}
    ]
    assert shown(ostinato, "b") == before
    (folder / "b.toml").unlink()
    assert actions(ostinato, folder)["b"] == "paused"


def test_a_template_that_was_replaced_by_hand_still_belongs_to_its_folder(ostinato: CommandLine, folder: Path) -> None:
    put(folder, "a")
    file = put(folder, "b")
    ostinato("template", "apply", str(folder))
    put(folder, "b", 'prompt = "by hand"\n' + NINE)
    ostinato("template", "add", str(file), "--replace")
    file.unlink()

    assert actions(ostinato, folder)["b"] == "paused"


def test_a_folder_that_moved_is_known_by_its_name(ostinato: CommandLine, folder: Path, tmp_path: Path) -> None:
    put(folder, "a")
    put(folder, "b")
    ostinato("template", "apply", str(folder), "--as", "site")
    (folder / "b.toml").unlink()
    moved = folder.rename(tmp_path / "elsewhere")

    assert actions(ostinato, moved, "--as", "site") == {"a": "unchanged", "b": "paused"}


def test_what_one_folder_paused_goes_on_when_another_brings_it_back(
    ostinato: CommandLine, folder: Path, tmp_path: Path
) -> None:
    put(folder, "a")
    put(folder, "b")
    ostinato("template", "apply", str(folder))
    (folder / "b.toml").unlink()
    ostinato("template", "apply", str(folder))
    other = tmp_path / "other"
    other.mkdir()
    put(other, "b")

    assert actions(ostinato, other) == {"b": "resumed"}


def test_what_a_person_paused_stays_paused(ostinato: CommandLine, folder: Path) -> None:
    put(folder, "a")
    ostinato("template", "apply", str(folder))
    ostinato("template", "pause", "a", "--reason", "holidays")
    put(folder, "a", 'prompt = "new"\nis_active = true\n' + NINE)

    assert actions(ostinato, folder) == {"a": "changed"}
    assert shown(ostinato, "a")["pause_note"] == "holidays"


def test_a_file_can_pause_its_template_and_let_it_go_on(ostinato: CommandLine, folder: Path) -> None:
    put(folder, "a")
    ostinato("template", "apply", str(folder))
    put(folder, "a", "is_active = false\n" + NINE)
    assert actions(ostinato, folder) == {"a": "paused"}
    assert actions(ostinato, folder) == {"a": "unchanged"}

    put(folder, "a")
    assert actions(ostinato, folder) == {"a": "resumed"}
    assert shown(ostinato, "a")["status"] == "active"


def test_a_template_whose_end_has_passed_does_not_stop_the_others(ostinato: CommandLine, folder: Path) -> None:
    put(folder, "a", 'schedule_end_date = "2026-03-10T00:00:00Z"\n' + NINE)
    with freeze_time("2026-03-02T12:00:00Z"):
        ostinato("template", "apply", str(folder))
    put(folder, "b")

    assert actions(ostinato, folder) == {"a": "unchanged", "b": "created"}


def test_a_template_whose_end_has_passed_stays_paused_when_its_file_is_back(
    ostinato: CommandLine, folder: Path
) -> None:
    put(folder, "a", 'is_active = false\nschedule_end_date = "2026-03-10T00:00:00Z"\n' + NINE)
    with freeze_time("2026-03-02T12:00:00Z"):
        ostinato("template", "apply", str(folder))
    put(folder, "a", 'schedule_end_date = "2026-03-10T00:00:00Z"\n' + NINE)

    assert actions(ostinato, folder) == {"a": "unchanged"}


def test_on_trial_everything_is_said_and_nothing_is_kept(ostinato: CommandLine, folder: Path) -> None:
    put(folder, "a")
    put(folder, "b", 'callback_url = "https://hooks.example.com"\n' + NINE)

    tried = applied(ostinato, folder, "--dry-run")

    assert {each["action"] for each in tried.values()} == {"created"}
    assert tried["b"]["callback_secret"] is None
    assert ostinato.json("template", "list") == {"templates": []}


def test_the_secret_of_a_new_callback_is_shown_once_and_its_url_follows_the_file(
    ostinato: CommandLine, folder: Path
) -> None:
    put(folder, "a", 'callback_url = "https://hooks.example.com"\n' + NINE)
    secret = applied(ostinato, folder)["a"]["callback_secret"]
    put(folder, "a", 'callback_url = "https://other.example.com"\n' + NINE)
    ostinato("template", "apply", str(folder))

    (webhook,) = ostinato.json("callback", "list", "--secrets")["webhooks"]
    assert (webhook["url"], webhook["secret"]) == ("https://other.example.com", secret)


def test_what_fails_late_takes_everything_back(ostinato: CommandLine, folder: Path) -> None:
    put(folder, "a")
    put(folder, "z", '[schedule]\ncron = "0 9 30 2 *"\n')

    error = ostinato.refused("template", "apply", str(folder), code=2)

    assert [name.split(":")[0] for name in error["fields"]] == ["z.toml"]
    assert ostinato.json("template", "list") == {"templates": []}
