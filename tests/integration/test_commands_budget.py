"""`ostinato budget` and `ostinato account budget`: what may be spent, what was, and what is left."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from freezegun import freeze_time
from sqlalchemy import func, update

from domain.budget import Entry, EntryKind, EntryState
from domain.template import Template
from storage import codec, spending
from storage.tables import templates
from tests.integration.command_line import FILE, CommandLine
from tests.integration.storage_values import template

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BUDGET = 'budget = { run = "0.05", day = 0.5, month = 10 }\n'


@pytest.fixture
def ostinato(tmp_path: Path) -> CommandLine:
    codec.dump(Template, template())  # pydantic has to see the types before freezegun takes their place
    return CommandLine(tmp_path / "home", {"OSTINATO_TIMEZONE": "America/New_York"})


def pay(ostinato: CommandLine, amount: int, state: EntryState = EntryState.SPENT, at: datetime = NOW) -> None:
    run_id = ostinato.json("template", "run", "morning")["run_id"]
    template_id = ostinato.json("template", "show", "morning")["id"]
    entry = Entry(f"e-{run_id}", EntryKind.POST, run_id, template_id, "acme", amount, state, "a post", at)
    with ostinato.database() as database, database.write() as c:
        spending.perform(c, spending.settle(entry))


@freeze_time(NOW)
def test_without_budgets_and_payments_there_is_nothing_to_show(ostinato: CommandLine) -> None:
    ostinato.add()
    assert ostinato("budget").output.startswith("no budgets, and nothing was spent this month")
    assert ostinato.json("budget") == {"budgets": []}


@freeze_time(NOW)
def test_what_was_a_single_post_is_shown_by_its_name_alone(ostinato: CommandLine) -> None:
    ostinato.add()
    pay(ostinato, 20_000)
    with ostinato.database() as database, database.write() as c:
        c.execute(
            update(templates).values(definition=func.replace(templates.c.definition, '"once":false', '"once":true'))
        )

    assert {each["scope"] for each in ostinato.json("budget")["budgets"]} == {"account"}
    assert {each["scope"] for each in ostinato.json("budget", "morning")["budgets"]} == {"template"}


@freeze_time(NOW)
def test_a_budget_is_shown_with_what_is_spent_and_left_in_the_templates_zone(ostinato: CommandLine) -> None:
    ostinato.add(BUDGET + FILE)
    pay(ostinato, 20_000)
    shown = ostinato.json("budget", "morning")["budgets"]
    assert [(each["period"], each["limit_micros"], each["spent_micros"], each["left_micros"]) for each in shown] == [
        ("run", 50_000, None, 50_000),
        ("day", 500_000, 20_000, 480_000),
        ("month", 10_000_000, 20_000, 9_980_000),
    ]
    assert shown[1]["from"] == "2026-02-28T23:00:00.000000Z"  # midnight in Berlin
    lines = ostinato("budget").output.splitlines()
    assert "template  morning  day     $0.50" in lines[2]
    assert "$0.02  $0.00     $0.48  2026-03-01 23:00:00 UTC" in lines[2]


@freeze_time(NOW)
def test_an_account_without_a_budget_shows_what_it_spent_in_the_zone_of_the_settings(ostinato: CommandLine) -> None:
    ostinato.add()
    pay(ostinato, 1_500, EntryState.RESERVED)
    shown = [each for each in ostinato.json("budget")["budgets"] if each["scope"] == "account"]
    assert [(each["period"], each["limit_micros"], each["reserved_micros"], each["timezone"]) for each in shown] == [
        ("day", None, 1_500, "America/New_York"),
        ("month", None, 1_500, "America/New_York"),
    ]


@freeze_time(NOW)
def test_the_budget_of_an_account_is_set_changed_and_lifted(ostinato: CommandLine) -> None:
    ostinato.add()
    set_ = ostinato.json("account", "budget", "@Acme", "--day", "1", "--month", "20", "--timezone", "Asia/Tokyo")
    limits = {"day": 1_000_000, "month": 20_000_000, "timezone": "Asia/Tokyo"}
    assert set_ == {"account": "acme", **limits, "templates": ["morning"]}
    changed = ostinato("account", "budget", "acme", "--day", "0.25").output
    assert changed == "acme: at most $0.25 a day and $20.00 a month, in Asia/Tokyo\n"
    assert [each["limit_micros"] for each in ostinato.json("budget", "ACME")["budgets"]] == [250_000, 20_000_000]
    assert ostinato("account", "budget", "acme", "--none").output == "acme: any amount\n"
    assert ostinato.json("budget") == {"budgets": []}


@freeze_time(NOW)
def test_an_account_has_the_zone_of_the_settings_unless_it_is_given_one(ostinato: CommandLine) -> None:
    assert ostinato.json("account", "budget", "acme", "--day", "1")["timezone"] == "America/New_York"


@freeze_time(NOW)
def test_a_dry_run_sets_nothing(ostinato: CommandLine) -> None:
    shown = ostinato.json("account", "budget", "acme", "--day", "1", "--dry-run")
    assert (shown["day"], shown["dry_run"]) == (1_000_000, True)
    assert ostinato.json("budget") == {"budgets": []}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--day", "a lot"], 2, "is not an amount; write US dollars"),
        (["--day", "1", "--timezone", "Mars/Base"], 2, "Mars/Base"),
        (["--day", "1", "--none"], 2, "--none alone"),
        ([], 2, "--none alone"),
    ],
)
def test_what_cannot_be_a_budget_is_named(ostinato: CommandLine, words: list[str], code: int, said: str) -> None:
    assert said in ostinato("account", "budget", "acme", *words, code=code).output


def test_a_name_that_is_neither_template_nor_account_is_named(ostinato: CommandLine) -> None:
    assert "no template or account named 'nobody'" in ostinato("budget", "nobody", code=4).output


@freeze_time(NOW)
def test_a_run_shows_what_it_has_cost(ostinato: CommandLine) -> None:
    ostinato.add()
    pay(ostinato, 1_500)
    (run,) = ostinato.json("run", "list")["runs"]
    cost = ostinato.json("run", "show", run["id"])["cost"]
    assert (cost["spent_micros"], cost["reserved_micros"]) == (1_500, 0)
    (payment,) = cost["payments"]
    assert (payment["kind"], payment["state"], payment["amount_micros"]) == ("post", "spent", 1_500)
    assert "cost: $0.0015 spent" in ostinato("run", "show", run["id"]).output.splitlines()
