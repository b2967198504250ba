from __future__ import annotations

import json
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
        "templates": [],
    }
    assert "acme: at least 0s between two posts" in ostinato("account", "set", "acme", "--gap", "0s").stdout
    assert kept(ostinato) == {"acme": timedelta(0)}

    assert ostinato.json("account", "set", "acme", "--gap", "default") == {
        "account": "acme",
        "gap": "5m",
        "own": False,
        "templates": [],
    }
    assert kept(ostinato) == {}


def test_another_owners_longer_gap_is_told_of_and_taken_away_by_the_operator(ostinato: CommandLine) -> None:
    assert ostinato.json("account", "set", "acme", "--gap", "30m")["gap"] == "30m"
    with ostinato.database() as database, database.write() as c:
        accounts.set_gap(c, "acme", timedelta(days=7), owner="other")
        accounts.set_gap(c, "news", timedelta(days=7), owner="other")

    said = ostinato("account", "set", "acme", "--gap", "30m").stdout
    assert "at least 7d between two posts; another owner has set that, and --for-all takes it away" in said
    assert ostinato.json("account", "set", "acme", "--gap", "30m", "--for-all")["gap"] == "30m"
    assert kept(ostinato) == {"acme": timedelta(minutes=30), "news": timedelta(days=7)}


def test_a_dry_run_sets_nothing(ostinato: CommandLine) -> None:
    assert ostinato.json("account", "set", "acme", "--gap", "30m", "--dry-run")["gap"] == "30m"
    assert kept(ostinato) == {}


@pytest.mark.parametrize(
    ("words", "field"),
    [(("a b", "--gap", "30m"), "name"), (("acme", "--gap", "soon"), "gap"), (("acme", "--gap", "8d"), "gap")],
)
def test_what_is_no_account_or_no_gap_is_named(ostinato: CommandLine, words: tuple[str, ...], field: str) -> None:
    assert field in ostinato.refused("account", "set", *words, code=2)["fields"]


@pytest.mark.parametrize("words", [("set", "{}", "--gap", "3s"), ("budget", "{}", "--day", "1")])
def test_an_account_that_no_template_posts_as_is_kept_and_warned_of(
    ostinato: CommandLine, words: tuple[str, ...]
) -> None:
    ostinato.add()

    strange = ostinato("account", *[each.format("nosuch") for each in words], "--json")
    known = ostinato("account", *[each.format("@ACME") for each in words], "--json")

    assert "Warning: no template posts as nosuch" in strange.stderr
    assert json.loads(strange.stdout)["templates"] == []
    assert known.stderr == ""
    assert json.loads(known.stdout)["templates"] == ["morning"]


def test_a_deleted_template_posts_as_nobody(ostinato: CommandLine) -> None:
    ostinato.add()
    ostinato("template", "delete", "morning")

    assert "Warning" in ostinato("account", "set", "acme", "--gap", "3s").stderr
