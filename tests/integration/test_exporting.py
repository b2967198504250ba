from __future__ import annotations

import stat
import tempfile
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.template import Template, TemplateState, TemplateStatus
from scheduler.operations import applying, exporting
from scheduler.operations.applying import Action, Prune
from scheduler.operations.joined import Joined
from storage import templates
from storage.cipher import FernetCipher, new_key
from storage.database import Database
from tests.integration.command_line import FILE, CommandLine
from tests.integration.storage_values import state
from tests.unit.test_template_document import NOW
from tests.unit.test_template_document import templates as documents

CIPHER = FernetCipher(new_key())
several = st.lists(st.tuples(documents, st.booleans()), min_size=1, max_size=3, unique_by=lambda each: each[0].name)


@pytest.fixture
def ostinato(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "home")


def unfollowing(template: Template) -> Template:
    """Leave calendars at URLs out: nobody has read them here, and each template would have made up another."""
    closures = template.schedule.closures
    if closures is None:
        return template
    left = replace(closures, calendars=()) if closures.quiet_hours or closures.dates else None
    return replace(template, schedule=replace(template.schedule, closures=left))


def standing(active: bool) -> TemplateState:
    return state(NOW) if active else state(None, TemplateStatus.PAUSED)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(several)
def test_applying_what_was_exported_changes_nothing(database: Database, made: list[tuple[Template, bool]]) -> None:
    with tempfile.TemporaryDirectory() as parent, database.write() as connection:
        joined, folder = Joined(connection), Path(parent)
        for number, (each, active) in enumerate(made):
            templates.insert(
                connection, replace(unfollowing(each), id=f"t{number}", managed_by="site"), standing(active)
            )
        before = templates.list_all(connection)

        exporting.export(joined, folder, replace=False, dry_run=False)
        read = applying.read_files(folder)
        changes = applying.apply(
            joined, read, mark="site", prune=Prune.DELETE, cipher=CIPHER, now=NOW, new_id=lambda: "new"
        )

        assert [(each.action, each.fields) for each in changes] == [(Action.UNCHANGED, ())] * len(made)
        assert templates.list_all(connection) == before
        again = exporting.export(joined, folder, replace=False, dry_run=False)
        assert {each.written for each in again} == {exporting.Written.UNCHANGED}
        transaction = connection.get_transaction()
        assert transaction is not None
        transaction.rollback()


def test_active_and_paused_templates_are_written_each_to_its_file(ostinato: CommandLine, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        ostinato.add(FILE.replace("morning", name), f"{name}.toml")
    ostinato("template", "pause", "b")
    ostinato("template", "delete", "c")
    folder = tmp_path / "new" / "folder"

    done = ostinato.json("template", "export", str(folder))["files"]

    assert [(each["name"], each["action"]) for each in done] == [("a", "written"), ("b", "written")]
    assert sorted(path.name for path in folder.iterdir()) == ["a.toml", "b.toml"]
    assert "is_active" not in tomllib.loads((folder / "a.toml").read_text())
    assert tomllib.loads((folder / "b.toml").read_text())["is_active"] is False


def test_another_installation_gets_the_same_templates(ostinato: CommandLine, tmp_path: Path) -> None:
    ostinato.add()
    ostinato("template", "export", str(tmp_path / "out"))
    other = CommandLine(tmp_path / "other")

    other("template", "apply", str(tmp_path / "out"))

    own = {"id", "created_at", "updated_at"}
    here, there = (each.json("template", "show", "morning") for each in (ostinato, other))
    assert {name: here[name] for name in here if name not in own} == {
        name: there[name] for name in there if name not in own
    }


def test_a_file_that_holds_something_else_is_refused_and_nothing_is_written(
    ostinato: CommandLine, tmp_path: Path
) -> None:
    ostinato.add(FILE.replace("morning", "a"))
    ostinato.add()
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "morning.toml").write_text("# notes of mine\n")

    assert "--replace" in ostinato("template", "export", str(folder), code=5).stderr
    assert [path.name for path in folder.iterdir()] == ["morning.toml"]

    done = ostinato.json("template", "export", str(folder), "--replace")["files"]
    assert [each["action"] for each in done] == ["written", "replaced"]
    assert stat.S_ISREG((folder / "morning.toml").stat().st_mode)
    assert sorted(path.name for path in folder.iterdir()) == ["a.toml", "morning.toml"]


def test_a_template_in_another_format_is_not_written_a_second_time(ostinato: CommandLine, tmp_path: Path) -> None:
    ostinato.add()
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "mine.yaml").write_text("name: morning\naccount: acme\n")

    said = ostinato("template", "export", str(folder), "--replace", code=5).stderr

    assert "mine.yaml holds template morning in another format" in said
    assert [path.name for path in folder.iterdir()] == ["mine.yaml"]


def test_an_export_on_trial_writes_nothing(ostinato: CommandLine, tmp_path: Path) -> None:
    ostinato.add()

    done = ostinato.json("template", "export", str(tmp_path / "out"), "--dry-run")

    assert (done["files"][0]["action"], done["dry_run"]) == ("written", True)
    assert not (tmp_path / "out").exists()
