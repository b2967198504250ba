from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from storage import accounts
from tests.integration.command_line import CommandLine


@pytest.fixture
def ostinato(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "home", {"OSTINATO_ACCOUNT_SPACING": "5m"})


def kept(ostinato: CommandLine) -> dict[str, timedelta]:
    with ostinato.database() as database, database.read() as c:
        return accounts.gaps(c)


def test_an_accounts_gap_is_set_changed_and_taken_away(ostinato: CommandLine) -> None:
    assert ostinato.json("account", "set", "@Acme", "--gap", "1h30m") == {
        "account": "Acme",
        "gap": "1h30m",
        "own": True,
    }
    assert "acme: at least 0s between two posts" in ostinato("account", "set", "acme", "--gap", "0s").stdout
    assert kept(ostinato) == {"acme": timedelta(0)}

    assert ostinato.json("account", "set", "acme", "--gap", "default") == {"account": "acme", "gap": "5m", "own": False}
    assert kept(ostinato) == {}


def test_a_dry_run_sets_nothing(ostinato: CommandLine) -> None:
    assert ostinato.json("account", "set", "acme", "--gap", "30m", "--dry-run")["gap"] == "30m"
    assert kept(ostinato) == {}


@pytest.mark.parametrize(
    ("words", "field"),
    [(("a b", "--gap", "30m"), "name"), (("acme", "--gap", "soon"), "gap"), (("acme", "--gap", "8d"), "gap")],
)
def test_what_is_no_account_or_no_gap_is_named(ostinato: CommandLine, words: tuple[str, ...], field: str) -> None:
    assert field in ostinato.refused("account", "set", *words, code=2)["fields"]
