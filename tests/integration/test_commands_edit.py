from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from freezegun import freeze_time

import cli
from tests.integration.command_line import FILE, CommandLine

FOLDER = "edits"


@pytest.fixture
def ostinato(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "home")


def editing(ostinato: CommandLine, *changes: str) -> None:
    """Let the editor be a program that runs one of *changes* each time: Python that changes the string `text`."""
    script = ostinato.home.parent / "editor.py"
    script.write_text(
        "import pathlib, sys\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "turn = pathlib.Path(__file__).with_suffix('.turn')\n"
        "number = int(turn.read_text()) if turn.exists() else 0\n"
        "turn.write_text(str(number + 1))\n"
        f"names = {{'text': path.read_text(), 'path': path}}\n"
        f"exec({list(changes)!r}[number], names)\n"
        "path.write_text(names['text'])\n"
    )
    ostinato.environ |= {"EDITOR": f"{sys.executable} {script}", "VISUAL": ""}


def edit(ostinato: CommandLine, *words: str, answers: str = "") -> Result:
    environ = {"OSTINATO_HOME": str(ostinato.home), **ostinato.environ}
    return CliRunner().invoke(cli.main, ["template", "edit", "morning", *words], env=environ, input=answers)


def shown(ostinato: CommandLine, name: str = "morning") -> Any:
    return ostinato.json("template", "show", name)


def kept(ostinato: CommandLine) -> list[Path]:
    return sorted((ostinato.home / FOLDER).iterdir())


def test_the_editor_shows_every_field_and_what_it_leaves_is_kept(ostinato: CommandLine) -> None:
    ostinato.add()
    editing(ostinato, "assert 'repeat_after = 30' in text; text = text.replace('count = 1', 'count = 3')")

    result = edit(ostinato)

    assert (result.exit_code, result.stderr) == (0, "")
    assert "count: 1 → 3" in result.output
    assert "no run would change" in result.output
    assert shown(ostinato)["count"] == 3
    assert kept(ostinato) == []


def test_everything_wrong_is_told_and_may_be_edited_again(ostinato: CommandLine) -> None:
    ostinato.add()
    wrong = "text = text.replace('count = 1', 'count = 99').replace('\"engagement\"', '\"fame\"')"
    editing(ostinato, wrong, "text = text.replace('count = 99', 'count = 9').replace('fame', 'authority')")

    result = edit(ostinato, answers="y\n")

    assert result.exit_code == 0
    assert "count: must be between 1 and 10" in result.stderr
    assert "goal: must be one of" in result.stderr
    assert (shown(ostinato)["count"], shown(ostinato)["goal"]) == (9, "authority")
    assert kept(ostinato) == []


def test_the_end_of_the_input_ends_the_line_of_the_question(ostinato: CommandLine) -> None:
    ostinato.add()
    editing(ostinato, "text = text.replace('count = 1', 'count = 99')")

    assert "[Y/n]: \n" in edit(ostinato, answers="").stderr


def test_who_gives_up_finds_the_text_in_a_file_and_can_go_on_with_it(ostinato: CommandLine) -> None:
    ostinato.add()
    editing(ostinato, "text = text.replace('count = 1', 'count = 99')")

    result = edit(ostinato, answers="n\n")

    (path,) = kept(ostinato)
    assert result.exit_code == 2
    assert f"kept in {path}" in result.stderr
    assert path.stat().st_mode & 0o777 == 0o600
    assert shown(ostinato)["count"] == 1
    path.write_text(path.read_text().replace("count = 99", "count = 2"))
    assert ostinato.json("template", "edit", "morning", "--file", str(path))["count"] == 2


def test_a_text_that_was_kept_does_not_overwrite_what_changed_since(ostinato: CommandLine) -> None:
    ostinato.add()
    editing(ostinato, "text = text.replace('count = 1', 'count = 99')")
    edit(ostinato, answers="n\n")
    (path,) = kept(ostinato)
    path.write_text(path.read_text().replace("count = 99", "count = 2"))
    ostinato("template", "edit", "morning", "--set", "minimum_score=80")

    error = ostinato.refused("template", "edit", "morning", "--file", str(path), code=5)

    assert "changed meanwhile" in error["message"]
    path.write_text("\n".join(line for line in path.read_text().splitlines() if "Of the state" not in line))
    assert ostinato.json("template", "edit", "morning", "--file", str(path))["minimum_score"] == 60


@pytest.mark.parametrize("change", ["pass", "text = ''", "text = '# only a comment'"])
def test_what_was_left_as_it_is_or_emptied_changes_nothing(ostinato: CommandLine, change: str) -> None:
    ostinato.add()
    before = shown(ostinato)
    editing(ostinato, change)

    result = edit(ostinato)

    assert (result.exit_code, result.output) == (0, "morning: nothing changed\n")
    assert shown(ostinato) == before
    assert kept(ostinato) == []


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(ostinato: CommandLine) -> None:
    ostinato.add()
    command = [sys.executable, "-m", "cli", "template", "edit", "morning", "--set", "count=5"]
    meanwhile = f"import subprocess; subprocess.run({command!r}, check=True, capture_output=True)"
    editing(ostinato, f"{meanwhile}; text = text.replace('minimum_score = 60', 'minimum_score = 80')")

    result = edit(ostinato)

    assert result.exit_code == 5
    assert "changed meanwhile" in result.stderr
    assert str(kept(ostinato)[0]) in result.stderr
    assert (shown(ostinato)["count"], shown(ostinato)["minimum_score"]) == (5, 60)


def test_an_editor_that_fails_changes_nothing_and_loses_nothing(ostinato: CommandLine) -> None:
    ostinato.add()
    editing(ostinato, "path.write_text(text.replace('count = 1', 'count = 2')); raise SystemExit(1)")

    result = edit(ostinato)

    assert result.exit_code == 8
    assert "the editor failed: " in result.stderr
    assert "set VISUAL or EDITOR to one that runs here, or use --set and --unset" in result.stderr
    assert "count = 2" in kept(ostinato)[0].read_text()
    assert shown(ostinato)["count"] == 1


def test_a_dry_run_in_the_editor_keeps_the_text(ostinato: CommandLine) -> None:
    ostinato.add()
    editing(ostinato, "text = text.replace('count = 1', 'count = 2')")

    result = edit(ostinato, "--dry-run")

    assert "dry run, nothing is kept" in result.output
    assert "count = 2" in kept(ostinato)[0].read_text()
    assert shown(ostinato)["count"] == 1


def test_fields_are_set_and_taken_away_by_options(ostinato: CommandLine) -> None:
    ostinato.add(FILE.replace("url =", 'prompt = "dry"\nurl ='))

    edited = ostinato.json(
        "template", "edit", "morning", "--set", "text=2026", "--set", "count=2", "--unset", "prompt", "--unset", "url"
    )

    assert (edited["text"], edited["count"]) == ("2026", 2)
    assert not {"prompt", "urls"} & edited.keys()
    assert {each["field"] for each in edited["fields"]} == {"text", "count", "prompt", "urls"}


def test_a_file_that_a_field_names_is_read_from_where_one_stands(
    ostinato: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ostinato.add()
    (tmp_path / "tips.txt").write_text("First tip of two.\n\nSecond tip of two.\n")
    monkeypatch.chdir(tmp_path)

    edited = ostinato.json("template", "edit", "morning", "--unset", "url", "--set", "tips=tips.txt")

    assert edited["tips"] == ["First tip of two.", "Second tip of two."]


@freeze_time("2026-03-02T12:00:00Z")  # between 9 and 10 o'clock of the template's zone today's slot would be added
def test_the_slots_that_move_are_shown(ostinato: CommandLine) -> None:
    ostinato.add()

    edited = ostinato.json("template", "edit", "morning", "--set", 'schedule.times=["10:00"]', "--dry-run")

    (changed,) = edited["slots"]["templates"]
    assert len(changed["moved"]) == 14
    assert shown(ostinato)["schedule"]["times"] == ["09:00"]


def test_a_template_is_renamed_and_keeps_its_id(ostinato: CommandLine) -> None:
    before = ostinato.add()

    ostinato("template", "edit", "morning", "--set", "name=dawn")

    assert shown(ostinato, "dawn")["id"] == before["id"]


def test_a_name_that_is_taken_is_refused(ostinato: CommandLine) -> None:
    ostinato.add()
    ostinato.add(FILE.replace("morning", "dawn"))

    ostinato.refused("template", "edit", "morning", "--set", "name=dawn", code=5)


def test_is_active_pauses_and_resumes(ostinato: CommandLine) -> None:
    ostinato.add()

    paused = ostinato.json("template", "edit", "morning", "--set", "is_active=false")
    assert (paused["status"], len(paused["slots"]["templates"][0]["dropped"])) == ("paused", 14)
    editing(ostinato, "text = text.replace('is_active = false\\n', '')")
    assert "is_active: false → true" in edit(ostinato).output

    assert shown(ostinato)["status"] == "active"


@pytest.mark.parametrize(
    ("words", "code", "named"),
    [
        (["--set", "count"], 2, "FIELD=VALUE"),
        (["--set", "count=1", "--unset", "count"], 2, "given twice"),
        (["--set", "style=acme", "--set", "style.username=acme"], 2, "given as a whole too"),
        (["--set", "colour=red"], 2, "unknown field"),
        (["--unset", "account"], 2, "is missing"),
        (["--set", "schedule.exclude_dates=['missing.ics']"], 2, "missing.ics"),
        ([], 2, "--json cannot be asked"),
        (["--set", "count=1", "--file", __file__], 2, "give either"),
    ],
)
def test_a_wrong_edit_is_refused_and_changes_nothing(
    ostinato: CommandLine, words: list[str], code: int, named: str
) -> None:
    before = ostinato.add()

    error = ostinato.refused("template", "edit", "morning", *words, code=code)

    assert named in error["message"]
    assert shown(ostinato)["updated_at"] == before["updated_at"]


def test_a_template_of_a_folder_says_that_its_file_wins(ostinato: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "morning.toml").write_text(FILE)
    ostinato("template", "apply", str(folder))

    assert "the next `template apply`" in ostinato("template", "edit", "morning", "--set", "count=2").output


def test_a_changed_backlog_is_said_to_count_only_until_the_feed_is_joined(ostinato: CommandLine) -> None:
    ostinato.add(FILE.replace('url = "https://example.com/news"', 'feeds = ["https://example.com/feed"]'))
    feed = 'feeds=[{ url = "https://example.com/feed", backlog = "all" }]'

    assert "the backlog of https://example.com/feed" in ostinato("template", "edit", "morning", "--set", feed).stderr
    assert ostinato("template", "edit", "morning", "--set", "count=2").stderr == ""
