from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time
from icalendar import Calendar

from domain.run import RunStatus
from domain.template import Template
from storage import codec, runs, templates
from tests.integration.command_line import CommandLine
from tests.integration.storage_values import template

LEAST = 'name = "{name}"\naccount = "acme"\ntype = "tweet"\ntext = "words"\ncount = 2\n'
BERLIN = '[schedule]\ntimezone = "Europe/Berlin"\n'


@pytest.fixture
def ostinato(tmp_path: Path) -> Iterator[CommandLine]:
    codec.dump(Template, template())  # pydantic has to see the types before freezegun takes their place
    with freeze_time("2026-03-26T12:00:00Z"):
        yield CommandLine(tmp_path / "home")


def added(ostinato: CommandLine, name: str, schedule: str) -> None:
    ostinato.add(LEAST.format(name=name) + BERLIN + schedule, f"{name}.toml")


def planned(ostinato: CommandLine, *words: str) -> Any:
    return ostinato.json("template", "plan", *words)


def runs_of(plan: Any, name: str) -> list[str]:
    (found,) = (each for each in plan["templates"] if each["name"] == name)
    return [slot["at"] for slot in found["slots"] if slot["reason"] is None]


def test_the_plan_has_each_slot_each_day_and_the_totals(ostinato: CommandLine) -> None:
    added(ostinato, "a", 'times = ["09:00", "23:30"]\nquiet_hours = ["22:00-07:00"]\n')
    added(ostinato, "b", 'times = ["02:30"]\nexclude_dates = ["2026-03-28"]\n')

    plan = planned(ostinato, "--days", "4")

    closed = {"excluded": 1, "quiet_hours": 4}
    assert plan["totals"] == {"templates": 2, "runs": 7, "posts": 14, "not_run": closed, "cost_micros": 14 * 1_500}
    assert [(day["day"], day["runs"], day["posts"]) for day in plan["days"]] == [
        ("2026-03-26", 0, 0),
        ("2026-03-27", 2, 4),
        ("2026-03-28", 1, 2),
        ("2026-03-29", 2, 4),
        ("2026-03-30", 2, 4),
    ]


def test_what_daylight_saving_does_is_noted(tmp_path: Path) -> None:
    ostinato = CommandLine(tmp_path / "home")
    added(ostinato, "b", 'times = ["02:30"]\n')

    words = ("--from", "2030-03-30", "--days", "3")

    notes = {slot["at"]: slot["note"] for slot in planned(ostinato, *words)["templates"][0]["slots"] if slot["note"]}
    assert notes == {"2030-03-31T01:30:00.000000Z": "dst_gap"}
    assert "2030-03-31 01:30:00 UTC  b         dst_gap" in ostinato("template", "plan", *words).stdout


def test_the_plan_is_the_preview(ostinato: CommandLine) -> None:
    added(ostinato, "a", 'times = ["09:00", "17:30"]\njitter = "20m"\nweekdays = ["mon", "fri"]\n')

    slots = ostinato.json("template", "preview", "a", "--count", "8")["slots"]

    assert runs_of(planned(ostinato, "--days", "12"), "a")[:8] == [slot["at"] for slot in slots]


def test_the_table_says_what_is_a_forecast(ostinato: CommandLine) -> None:
    ostinato.environ["OSTINATO_ACCOUNT_SPACING"] = "10m"
    added(ostinato, "a", 'times = ["09:00"]\n')
    added(ostinato, "b", 'times = ["09:04", "09:07"]\n')

    text = ostinato("template", "plan", "--days", "3").stdout

    assert "Fri 2026-03-27  3     6" in text
    assert "forecast: runs of one account nearer than its gap between posts (6); they wait in line" in text
    assert "forecast: b has 3 slots within 5m of the one before; each may be skipped as overlap" in text
    assert "in total 9 runs of 2 templates, at most 18 posts" in text
    found = planned(ostinato, "--days", "3")["forecast"]
    assert [(each["first"], each["second"], each["count"]) for each in found["collisions"]] == [
        ("a", "b", 3),
        ("b", "b", 3),
    ]
    assert found["overlaps"] == {"b": 3}


def test_the_plan_keeps_each_accounts_own_gap(ostinato: CommandLine) -> None:
    added(ostinato, "a", 'times = ["09:00"]\n')
    added(ostinato, "b", 'times = ["09:20"]\n')
    ostinato("account", "set", "@Acme", "--gap", "40m")  # each run has two posts

    (found,) = planned(ostinato, "--days", "2")["forecast"]["collisions"]

    assert (found["first"], found["second"], found["gap"], found["delay"]) == ("a", "b", "40m", "1h")


def test_only_the_templates_that_are_named_are_planned_a_paused_one_as_if_resumed(ostinato: CommandLine) -> None:
    added(ostinato, "a", 'times = ["09:00"]\n')
    added(ostinato, "b", 'times = ["09:00"]\n')
    ostinato("template", "pause", "b")

    assert [each["name"] for each in planned(ostinato)["templates"]] == ["a"]
    (found,) = planned(ostinato, "b", "--days", "2")["templates"]
    assert (found["name"], found["paused"], found["runs"]) == ("b", True, 2)
    assert "b is paused; it is shown as if it were resumed now" in ostinato("template", "plan", "b").stdout
    assert ostinato.refused("template", "plan", "c", code=4)


def test_a_plan_can_begin_on_a_later_day_and_not_on_an_earlier_one(ostinato: CommandLine) -> None:
    added(ostinato, "a", 'times = ["09:00"]\n')

    plan = planned(ostinato, "--from", "2026-04-01", "--days", "2")

    assert (plan["from"], plan["until"]) == ("2026-04-01T00:00:00.000000Z", "2026-04-03T00:00:00.000000Z")
    assert runs_of(plan, "a") == ["2026-04-01T07:00:00.000000Z", "2026-04-02T07:00:00.000000Z"]
    assert "is in the past" in ostinato("template", "plan", "--from", "2026-03-25", code=2).stderr


def test_a_template_that_ends_says_when(ostinato: CommandLine) -> None:
    ostinato.add(LEAST.format(name="a") + 'schedule_end_date = "2026-03-28T12:00:00Z"\n' + BERLIN + 'times = ["09:00"]')

    (found,) = planned(ostinato, "--days", "9")["templates"]

    assert (found["runs"], found["ended_at"]) == (2, "2026-03-28T08:00:00.000000Z")


def test_runs_that_a_template_has_had_count_towards_its_most(ostinato: CommandLine) -> None:
    added(ostinato, "a", 'times = ["09:00"]\nmax_runs = 3\n')
    with ostinato.database() as database, database.write() as connection:
        stored = templates.get(connection, "a")
        assert stored.state.next_slot_at is not None
        earlier = datetime(2026, 3, 25, 8, tzinfo=UTC)
        one = runs.PlannedTemplate(
            stored.template.id,
            "acme",
            was=stored.state.next_slot_at,
            next_slot_at=stored.state.next_slot_at,
            ended=False,
            runs=(runs.PlannedRun("r", earlier, earlier, RunStatus.QUEUED),),
        )
        runs.plan(connection, [one], now=earlier)

    assert planned(ostinato, "--days", "9")["totals"]["runs"] == 2


def test_a_slot_that_was_skipped_does_not_run_and_one_that_was_moved_runs_then(ostinato: CommandLine) -> None:
    added(ostinato, "a", 'times = ["09:00"]\n')
    ostinato("template", "skip", "a", "--at", "2026-03-27T08:00:00Z")
    ostinato("template", "move", "a", "--at", "2026-03-28T08:00:00Z", "--to", "2026-03-28T15:00:00Z")

    plan = planned(ostinato, "--days", "3")

    assert runs_of(plan, "a") == ["2026-03-28T15:00:00.000000Z", "2026-03-29T07:00:00.000000Z"]
    assert plan["totals"]["not_run"] == {"owner_skipped": 1}


def test_the_calendar_has_one_event_for_each_run(ostinato: CommandLine, tmp_path: Path) -> None:
    added(ostinato, "a", 'times = ["09:00"]\n')
    file = tmp_path / "plan.ics"

    plan = planned(ostinato, "--days", "3", "--ics", str(file))

    events: Any = Calendar.from_ical(file.read_bytes()).walk("VEVENT")
    assert [f"{each['dtstart'].dt:%Y-%m-%dT%H:%M:%S.%fZ}" for each in events] == runs_of(plan, "a")
    assert {str(each["summary"]) for each in events} == {"a (@acme)"}
    assert len({str(each["uid"]) for each in events}) == 3
    assert ostinato.refused("template", "plan", "--ics", str(tmp_path / "no" / "such.ics"), code=2)


def test_an_edit_is_compared_with_what_is_stored_and_nothing_is_kept(ostinato: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    for name, times in (("a", '["09:00"]'), ("b", '["10:00"]'), ("c", '["11:00"]')):
        (folder / f"{name}.toml").write_text(LEAST.format(name=name) + BERLIN + f"times = {times}\n")
    ostinato("template", "apply", str(folder))
    (folder / "a.toml").write_text(LEAST.format(name="a") + BERLIN + 'times = ["09:30", "18:00"]\n')
    (folder / "b.toml").unlink()
    (folder / "d.toml").write_text(LEAST.format(name="d") + BERLIN + 'times = ["12:00"]\n')
    before = ostinato.json("template", "list")

    found = {each["name"]: each for each in planned(ostinato, "--days", "2", "--against", str(folder))["templates"]}

    assert {name: [len(each[key]) for key in ("moved", "added", "dropped")] for name, each in found.items()} == {
        "a": [2, 2, 0],
        "b": [0, 0, 2],
        "d": [0, 2, 0],
    }
    assert found["a"]["added"] == ["2026-03-26T17:00:00.000000Z", "2026-03-27T17:00:00.000000Z"]
    assert ostinato.json("template", "list") == before
    text = ostinato("template", "plan", "--days", "2", "--against", str(folder / "a.toml")).stdout
    assert "a: 2 moved, 2 added, 0 dropped, 0 as before" in text
    assert "  ~ 2026-03-27 08:00:00 UTC → 2026-03-27 08:30:00 UTC" in text
    assert "b:" not in text


def test_an_edit_that_changes_no_time_moves_nothing(ostinato: CommandLine, tmp_path: Path) -> None:
    added(ostinato, "a", 'times = ["09:00"]\njitter = "20m"\n')
    file = tmp_path / "a.toml"
    file.write_text(LEAST.format(name="a") + 'prompt = "new"\n' + BERLIN + 'times = ["09:00"]\njitter = "20m"\n')

    assert "no run would change" in ostinato("template", "plan", "--against", str(file)).stdout
    assert ostinato("template", "plan", "a", "--against", str(file), code=2)


def test_the_plan_says_what_the_runs_cost_and_from_where_on_they_are_over_budget(ostinato: CommandLine) -> None:
    text = LEAST.format(name="a") + 'budget = { day = "0.006" }\n' + BERLIN
    ostinato.add(text + 'times = ["15:00", "16:00", "17:00"]\n', "a.toml")

    plan = planned(ostinato, "--days", "2")

    (found,) = plan["templates"]
    assert [slot["forecast"] for slot in found["slots"]] == [None, None, "over_budget"] * 2
    assert (found["post_cost_micros"], found["cost_micros"], plan["totals"]["cost_micros"]) == (3_000, 12_000, 12_000)
    assert [(day["cost_micros"], day["over_budget"]) for day in plan["days"]][:2] == [(6_000, 1), (6_000, 1)]
    over = {"a": {"count": 2, "first_at": "2026-03-26T16:00:00.000000Z"}}
    assert (plan["forecast"]["over_budget"], plan["forecast"]["model_cost_unknown"]) == (over, False)
    said = ostinato("template", "plan", "--days", "2").output
    assert "forecast: a is over budget with 2 runs, the first at 2026-03-26 16:00:00 UTC; over_budget" in said
    assert "about $0.012" in said


def test_a_model_that_no_run_has_paid_yet_has_no_cost_to_forecast(ostinato: CommandLine) -> None:
    added(ostinato, "a", 'times = ["15:00"]\n')
    prices = {"OSTINATO_MODEL_PRICE_IN": "1", "OSTINATO_MODEL_PRICE_OUT": "1"}
    ostinato.environ |= {"OSTINATO_MODEL": "small", "OPENAI_API_KEY": "sk-x", **prices}

    assert planned(ostinato)["forecast"]["model_cost_unknown"] is True
    assert "its cost is left out" in ostinato("template", "plan").output


@pytest.mark.parametrize("slot", ["2026-03-27 08:00 UTC", "Fri 2026-03-27 08:00:00 UTC", "2026-03-27T09:00:00+01:00"])
def test_a_slot_is_skipped_and_moved_by_its_time_as_previews_print_it(ostinato: CommandLine, slot: str) -> None:
    added(ostinato, "a", 'times = ["09:00"]\n')

    moved = ostinato("template", "move", "a", "--at", slot, "--to", "Fri 2026-03-27 10:30:00 UTC").stdout
    skipped = ostinato("template", "skip", "a", "--at", slot).stdout

    assert moved == "the slot 2026-03-27 08:00:00 UTC runs at 2026-03-27 10:30:00 UTC\n"
    assert skipped == "skips 2026-03-27 08:00:00 UTC\n"


def test_a_backfill_to_a_day_takes_all_of_it(tmp_path: Path) -> None:
    ostinato = CommandLine(tmp_path / "home")
    with freeze_time("2026-03-20T12:00:00Z"):
        added(ostinato, "a", 'times = ["09:00"]\n')
        ostinato("template", "pause", "a")
    with freeze_time("2026-03-26T12:00:00Z"):
        ostinato("template", "resume", "a")
        found = ostinato.json("run", "backfill", "a", "--from", "2026-03-22", "--to", "2026-03-23")

    assert found["slots"] == ["2026-03-22T08:00:00.000000Z", "2026-03-23T08:00:00.000000Z"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("template", "plan", "--from", "9999-12-30"), "beyond the calendar; name a year up to 9990"),
        (("template", "why", "a", "--at", "9999-12-31"), "beyond the calendar; name a year up to 9990"),
        (("template", "plan", "--from", "2026-03-25"), "`ostinato template why NAME --at TIME`"),
        (("template", "plan", "--from", "2026-03-27 10:00"), "name a whole day, such as 2026-03-26"),
        (("template", "plan", "--from", "tomorrow"), "'tomorrow' is no time; write it as 2026-03-26"),
        (("run", "backfill", "a", "--from", "soon", "--to", "2026-03-26"), "'soon' is no time; write it as"),
    ],
)
def test_a_time_that_cannot_be_meant_is_refused_with_what_to_write(
    ostinato: CommandLine, words: tuple[str, ...], said: str
) -> None:
    added(ostinato, "a", 'times = ["09:00"]\n')

    assert said in ostinato.refused(*words, code=2)["message"]


def test_one_run_of_one_template_is_counted_in_the_singular(ostinato: CommandLine) -> None:
    ostinato.add('name = "a"\naccount = "acme"\ntype = "tweet"\ntext = "words"\n' + BERLIN + 'times = ["09:00"]\n')

    said = ostinato("template", "plan", "--from", "2026-03-28", "--days", "1").stdout

    assert "in total 1 run of 1 template, at most 1 post, about $" in said
