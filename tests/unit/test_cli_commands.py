from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import cli
from commands.errors import EXIT_CODES, DatabaseUnusable, FoundFailure, as_json, as_text, exit_code
from domain import errors
from domain.errors import FieldError, InvalidInput, NotFound, OstinatoError, SettingsError

ROOT = Path(__file__).parents[2]
HEAVY = ("sqlalchemy", "pydantic", "rich", "httpx", "settings", "openai", "trafilatura", "numpy", "apscheduler")


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command with its full name."""
    context = click.Context(cli.main)
    for name in cli.main.list_commands(context):
        found = cli.main.get_command(context, name)
        assert found is not None
        yield from within(name, found)


def within(name: str, found: click.Command) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(found, click.Group):
        yield name, found
        return
    for inner, command in found.commands.items():
        yield from within(f"{name} {inner}", command)


@pytest.mark.parametrize(("name", "command"), list(commands()))
def test_every_command_has_help_with_an_example(name: str, command: click.Command) -> None:
    output = CliRunner().invoke(cli.main, [*name.split(), "--help"]).output

    assert "Example:" in output
    assert f"ostinato {name}" in output


@pytest.mark.parametrize(("name", "command"), list(commands()))
def test_every_command_that_answers_takes_json(name: str, command: click.Command) -> None:
    serves = name in ("daemon", "sandbox", "serve")

    assert ("as_json" in {parameter.name for parameter in command.params}) is not serves


def test_the_list_of_commands_says_what_each_command_says_of_itself() -> None:
    context = click.Context(cli.main)
    for name, (_, text) in cli.COMMANDS.items():
        command = cli.main.get_command(context, name)
        assert command is not None
        assert command.help is not None
        assert command.help.splitlines()[0] == text


@pytest.mark.parametrize("name", sorted({name.split()[0] for name, _ in commands() if " " in name}))
def test_the_help_of_a_group_cuts_no_sentence(name: str) -> None:
    output = CliRunner().invoke(cli.main, [name, "--help"], terminal_width=80).output

    said = " ".join(output.partition("Commands:")[2].split())
    assert "..." not in said
    assert said.endswith((".", ".)"))
    assert max(map(len, output.splitlines())) <= 80


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from click.testing import CliRunner; import cli; "
        "assert CliRunner().invoke(cli.main, ['--help']).exit_code == 0; "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True).stdout == "[]\n"


def every_error() -> Iterator[type[OstinatoError]]:
    for value in vars(errors).values():
        if isinstance(value, type) and issubclass(value, OstinatoError):
            yield value
    yield from (DatabaseUnusable, FoundFailure)


@pytest.mark.parametrize("kind", list(every_error()))
def test_every_error_has_a_documented_exit_code(kind: type[OstinatoError]) -> None:
    error = kind.__new__(kind)

    assert exit_code(error) in EXIT_CODES
    assert exit_code(error) != 0


def test_an_error_as_json_names_its_fields() -> None:
    error = InvalidInput([FieldError("count", "must be between 1 and 10"), FieldError("type", "is missing")])

    assert json.loads(as_json(error)) == {
        "error": {
            "code": "invalid_input",
            "message": "count: must be between 1 and 10; type: is missing",
            "fields": {"count": "must be between 1 and 10", "type": "is missing"},
        }
    }


def test_one_problem_is_one_line_and_several_are_a_line_each() -> None:
    one, two = FieldError("A", "is wrong"), FieldError("B", "is wrong too")

    assert as_text(SettingsError([one])) == "Error: A: is wrong"
    assert as_text(SettingsError([one, two])).splitlines() == [
        "Error: 2 problems:",
        "  A: is wrong",
        "  B: is wrong too",
    ]
    assert as_text(NotFound("run", "x")) == "Error: no run named 'x'"


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["run", "list", "--limit", "0"],
        ["template", "add"],
        ["template", "add", "/nonexistent"],
        ["run", "why", "x", "--at", "noon"],
    ],
)
def test_a_wrong_command_line_exits_with_2_and_a_sentence(words: list[str]) -> None:
    plain, as_object = CliRunner().invoke(cli.main, words), CliRunner().invoke(cli.main, [*words, "--json"])

    assert (plain.exit_code, as_object.exit_code) == (2, 2)
    assert "Error: " in plain.stderr
    assert json.loads(as_object.stderr)["error"]["code"] == "usage"


def test_wrong_settings_are_all_named_and_exit_with_3() -> None:
    environ = {"OSTINATO_WORKERS": "many", "OSTINATO_LEASE": "soon", "OSTINATO_WORKES": "3"}

    result = CliRunner().invoke(cli.main, ["template", "list", "--json"], env=environ)

    assert result.exit_code == 3
    assert set(json.loads(result.stderr)["error"]["fields"]) == set(environ)


def test_a_home_that_cannot_be_made_is_a_wrong_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    result = CliRunner().invoke(cli.main, ["template", "list"], env={"OSTINATO_HOME": str(tmp_path / "file" / "home")})

    assert result.exit_code == 3
    assert "OSTINATO_HOME" in result.stderr


class Interrupted(cli.Commands):
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        def interrupt() -> None:
            raise KeyboardInterrupt

        return click.Command(cmd_name, callback=interrupt)


def test_interrupting_exits_with_130() -> None:
    assert CliRunner().invoke(Interrupted("ostinato"), ["score"]).exit_code == 130


def test_words_that_are_no_text_are_refused() -> None:
    result = CliRunner().invoke(cli.main, ["template", "show", "\udcff"])

    assert result.exit_code == 2
    assert "is not UTF-8 text" in result.stderr
