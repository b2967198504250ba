"""What a command ends with is what its manual says."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands import manual
from tests.integration.command_line import CommandLine

# What is asked of something that is not there: 4, or nothing of the manual's codes is true.
MISSING = {
    "budget": "nothing",
    "calendar refresh": "https://example.com/nothing.ics",
    "callback redeliver": "nothing",
    "callback switch-on": "nothing",
    "callback test": "nothing",
    "events": "--after nothing",
    "feed entries": "77",
    "feed remove": "77",
    "file remove": "nothing",
    "file show": "nothing",
    "post delete": "nothing --yes",
    "post list": "--template nothing",
    "post settle": "nothing --not-posted",
    "post show": "nothing",
    "project edit": "nothing --name other",
    "project remove": "nothing",
    "project show": "nothing",
    "research list": "--recurring nothing",
    "research recurring edit": "nothing --daily-count 2",
    "research recurring pause": "nothing",
    "research recurring resume": "nothing",
    "research recurring show": "nothing",
    "research show": "nothing",
    "run approve": "nothing",
    "run backfill": "nothing --from 2026-03-20T00:00:00Z --to 2026-03-26T00:00:00Z",
    "run cancel": "nothing",
    "run list": "--template nothing",
    "run reject": "nothing",
    "run retry": "nothing",
    "run show": "nothing",
    "run why": "nothing",
    "secrets rotate": "--callback nothing",
    "style compare": "nothing nobody",
    "style show": "nothing",
    "template delete": "nothing",
    "template edit": "nothing --set count=2",
    "template move": "nothing --at 2099-03-26T08:00:00Z --to 2099-03-26T10:30:00Z",
    "template pause": "nothing",
    "template plan": "nothing",
    "template preview": "nothing",
    "template resume": "nothing",
    "template run": "nothing",
    "template show": "nothing",
    "template skip": "nothing --at 2026-03-26T08:00:00Z",
    "template why": "nothing --at 2026-03-26T08:00:00Z",
    "token revoke": "nothing",
}


@pytest.fixture(scope="module")
def ostinato(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    folder: Path = tmp_path_factory.mktemp("codes")
    command_line = CommandLine(folder / "home")
    command_line("template", "list")
    return command_line


def test_every_command_that_may_not_find_something_is_tried() -> None:
    assert set(MISSING) == {name for name, notes in manual.NOTES.items() if 4 in notes.codes}


@pytest.mark.parametrize("command", sorted(MISSING))
def test_what_is_not_there_ends_with_4_and_says_how_to_find_what_is(ostinato: CommandLine, command: str) -> None:
    words = MISSING[command].split()

    error = ostinato.refused(*command.split(), *words, code=4)

    assert error["code"] == "not_found"
    assert "noth" in error["message"] or "77" in error["message"]
    assert "; " in error["message"], "the remedy"
