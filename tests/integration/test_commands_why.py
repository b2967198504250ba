"""`ostinato template why` and `ostinato run why`, as JSON and as a person reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time

from domain.template import Template
from scheduler.operations.why import Effect, Step
from scheduler.shown import output_schemas
from storage import codec
from tests.integration.command_line import CommandLine
from tests.integration.storage_values import template
from tests.json_schema import misfits

FILE = """
name = "morning"
account = "acme"
type = "tweet"
url = "https://example.com/news"
callback_url = "https://hooks.example.com/x"
approval = "approve"
approve_within = "4h"
[schedule]
times = ["02:30", "09:00", "23:30"]
timezone = "Europe/Berlin"
quiet_hours = ["23:00-01:00"]
exclude_dates = ["2026-12-25"]
"""
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


@pytest.fixture
def ostinato(tmp_path: Path) -> CommandLine:
    codec.dump(Template, template())  # pydantic has to see the types before freezegun takes their place
    command_line = CommandLine(tmp_path / "home")
    with freeze_time(NOW):
        command_line.add(FILE)
    return command_line


def ask(ostinato: CommandLine, at: str, command: str = "template") -> Any:
    with freeze_time(NOW):
        return ostinato.json(command, "why", "morning", "--at", at)


def said(ostinato: CommandLine, at: str) -> str:
    with freeze_time(NOW):
        return ostinato("template", "why", "morning", "--at", at).stdout


def fits(answer: Any) -> bool:
    whole = output_schemas.output()
    schema = {"$ref": f"#/$defs/why_{answer['kind']}", "$defs": whole["$defs"]}
    found = misfits(answer, schema)
    assert list(found) == []
    return True


def test_a_slot_to_come_is_explained_in_json_that_fits_its_schema(ostinato: CommandLine) -> None:
    answer = ask(ostinato, "2026-04-05 00:30 UTC")

    assert fits(answer)
    assert (answer["kind"], answer["standing"], answer["reason"]) == ("slot", "ahead", None)
    assert [each["step"] for each in answer["chain"]] == [each.value for each in Step]
    assert {each["effect"] for each in answer["chain"]} <= {each.value for each in Effect}
    assert ask(ostinato, "2026-04-05T02:30+02:00", "run") == answer


def test_an_instant_that_is_no_slot_is_an_answer_and_no_error(ostinato: CommandLine) -> None:
    answer = ask(ostinato, "2026-04-05 00:00:00 UTC")

    assert fits(answer)
    assert (answer["kind"], answer["before"]["reason"]) == ("nothing", "quiet_hours")
    assert answer["after"]["slot_at"] == "2026-04-05T00:30:00.000000Z"
    assert "2026-04-05 00:30:00 UTC" in said(ostinato, "2026-04-05 00:00:00 UTC")


def test_a_day_with_several_slots_lists_them(ostinato: CommandLine) -> None:
    answer = ask(ostinato, "2026-04-05")
    assert [each["slot_at"][11:16] for each in answer["slots"]] == ["00:30", "07:00", "21:30"]
    assert all(fits(each) for each in answer["slots"])
    assert "21:30:00 UTC  ahead (quiet_hours)" in said(ostinato, "2026-04-05")


def test_a_person_reads_what_decided_and_not_what_was_never_asked(ostinato: CommandLine) -> None:
    lines = said(ostinato, "2026-12-25 08:00").splitlines()

    assert lines[0] == (
        "morning, slot 2026-12-25 08:00:00 UTC  ahead (excluded)  the slot lies on a date that the template excludes"
    )
    assert [line.split()[:2] for line in lines if "stopped" in line] == [["excluded", "dates"]]
    (last,) = (line for line in lines if "not reached" in line)
    assert "jitter" in last
    assert "publications" in last


def test_piped_output_is_plain_and_is_never_wrapped(ostinato: CommandLine) -> None:
    lines = said(ostinato, "2026-04-05 00:30").splitlines()
    assert "\x1b" not in "".join(lines)
    (nominal,) = (line for line in lines if line.startswith("  nominal"))
    assert nominal.endswith("Sun 2026-04-05 02:30 Europe/Berlin, one of 3 clock times: 2026-04-05 00:30:00 UTC")
    assert "waits for a person for at most 4h; then it is dropped" in "\n".join(lines)


def test_a_run_shows_its_chain_before_its_evidence(ostinato: CommandLine) -> None:
    with freeze_time(NOW):
        queued = ostinato.json("template", "run", "morning")["run_id"]
        answer = ostinato.json("run", "why", queued)
        read = ostinato("run", "why", queued).stdout

    assert fits(answer)
    assert (answer["kind"], answer["id"]) == ("run", queued)
    assert "asked for at 2026-03-20 12:00:00 UTC" in answer["chain"][0]["said"]
    assert read.index("What decided") < read.index("Material") < read.index("Publications") < read.index("Callbacks")


def test_a_deleted_template_is_still_explained_by_its_name(ostinato: CommandLine) -> None:
    with freeze_time(NOW + timedelta(days=1)):
        ostinato("template", "delete", "morning")
        answer = ostinato.json("template", "why", "morning", "--at", "2026-04-05 00:30")
    assert fits(answer)
    assert "was deleted at 2026-03-21 12:00:00 UTC" in answer["sentence"]


def test_a_missing_time_or_template_is_refused(ostinato: CommandLine) -> None:
    ostinato("template", "why", "morning", code=2)
    assert ostinato.refused("template", "why", "evening", "--at", "2026-04-05", code=4)["code"] == "not_found"
