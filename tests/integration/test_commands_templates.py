from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from freezegun import freeze_time

from domain.event import EventType
from domain.reasons import Reason
from domain.template import TemplateStatus
from storage import events, runs, templates
from tests.integration.command_line import FILE, CommandLine

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def ostinato(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "home")


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.[ty][oa]ml")), ids=lambda path: path.name)
def test_each_example_can_be_added_as_it_stands(ostinato: CommandLine, path: Path) -> None:
    added = ostinato.json("template", "add", str(path))

    assert added["status"] == "active"
    assert ostinato.json("template", "show", added["name"])["id"] == added["id"]


def test_the_first_command_makes_a_private_home_with_a_database_and_a_key(ostinato: CommandLine) -> None:
    ostinato.add()

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [ostinato.home, *ostinato.home.iterdir()]}
    assert modes == {"home": 0o700, "ostinato.db": 0o600, "secret.key": 0o600}


def test_all_problems_of_a_file_are_reported_at_once_and_nothing_is_kept(ostinato: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text('name = "Not A Name"\ntype = "story"\ndaily_cuont = 4\n')

    error = ostinato.refused("template", "add", str(path), code=2)

    assert set(error["fields"]) == {"name", "type", "account", "daily_cuont", "sources"}
    assert ostinato.json("template", "list") == {"templates": []}
    lines = ostinato("template", "add", str(path), code=2).stderr.splitlines()
    assert lines[0] == "Error: 5 problems:"
    assert len(lines) == 6


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.yaml", "name: a\nname: b\n", "line 2, column 1: name stands there twice"),
        ("a.yml", "name: [a\n", "line 2"),
        ("a.json", '{"name": "a",\n "name": "b"}', "name stands there twice"),
        ("a.json", '{"name": ', "line 1, column 10"),
        ("a.toml", "name = 'a'\nname = 'b'\n", "overwrite"),
        ("a.toml", "name = \n", "line 1"),
        ("a.yaml", "name: &n a\naccount: *n\n", "aliases are not supported"),
        ("a.yaml", "name: !!python/object/apply:os.getcwd []\n", "tags are not supported"),
        ("a.yaml", "- name\n", "holds no table of fields"),
        ("a.json", "[" * 5000, "nested deeper"),
        ("a.txt", "name = 'a'", "use .toml, .yaml, .yml or .json"),
        ("a.json", '{"a": "' + "x" * 300_000 + '"}', "larger than 256 KiB"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_place(
    ostinato: CommandLine, tmp_path: Path, name: str, text: str, said: str
) -> None:
    path = tmp_path / name
    path.write_text(text)

    assert said in ostinato("template", "add", str(path), code=2).stderr


def test_clock_times_in_yaml_are_times_and_no_numbers(ostinato: CommandLine) -> None:
    text = "name: a\naccount: acme\ntype: tweet\ntext: on\nschedule:\n  times: [10:30, 09:00]\n"

    added = ostinato.add(text, "a.yaml")

    assert added["schedule"]["times"] == ["09:00", "10:30"]
    assert added["text"] == "on"


def test_a_name_is_taken_until_its_template_is_deleted(ostinato: CommandLine) -> None:
    first = ostinato.add()

    path = str(ostinato.home.parent / "morning.toml")
    assert ostinato.refused("template", "add", path, code=5)["code"] == "conflict"
    ostinato("template", "delete", "morning")
    second = ostinato.add()

    assert second["id"] != first["id"]
    assert [each["status"] for each in ostinato.json("template", "list", "--deleted")["templates"]].count(
        "deleted"
    ) == 1
    assert [each["id"] for each in ostinato.json("template", "list")["templates"]] == [second["id"]]


def test_an_inactive_template_is_added_paused(ostinato: CommandLine) -> None:
    added = ostinato.add("is_active = false\n" + FILE)

    assert (added["status"], added["next_slot_at"], added["pause_reason"]) == ("paused", None, "by_owner")


def test_a_template_with_a_callback_url_gets_a_secret_shown_at_once_and_on_request(ostinato: CommandLine) -> None:
    added = ostinato.add('callback_url = "https://hooks.example/in"\n' + FILE)

    (hook,) = ostinato.json("callback", "list", "--secrets")["webhooks"]
    assert added["callback_secret"].startswith("whsec_")
    assert (hook["secret"], hook["template"], hook["url"]) == (
        added["callback_secret"],
        "morning",
        "https://hooks.example/in",
    )
    assert "secret" not in ostinato.json("callback", "list")["webhooks"][0]
    assert added["callback_secret"].encode() not in (ostinato.home / "ostinato.db").read_bytes()


def test_feeds_may_be_named_by_their_number(ostinato: CommandLine) -> None:
    feed = ostinato.json("feed", "add", "https://example.com/feed.xml", "--unread")

    added = ostinato.add(FILE.replace('url = "https://example.com/news"', f"feedIds = [{feed['id']}]"))

    assert added["feeds"] == [{"url": "https://example.com/feed.xml", "backlog": "none"}]
    assert "no feed 99" in ostinato("template", "add", _file(ostinato, "feedIds = [99]"), code=2).stderr


def _file(ostinato: CommandLine, line: str) -> str:
    path = ostinato.home.parent / "other.toml"
    path.write_text(FILE.replace("morning", "other").replace('url = "https://example.com/news"', line))
    return str(path)


@freeze_time("2026-03-26 12:00:00", real_asyncio=True)
def test_preview_keeps_nine_oclock_across_daylight_saving(ostinato: CommandLine) -> None:
    ostinato.add()

    lines = ostinato("template", "preview", "morning", "--count", "3").output.splitlines()

    # Berlin moves its clocks on 29 March: nine stays nine there, and shifts in UTC.
    assert lines == [
        "every day at 09:00 (Europe/Berlin)",
        "Fri 2026-03-27 08:00:00 UTC = Friday 09:00 Europe/Berlin",
        "Sat 2026-03-28 08:00:00 UTC = Saturday 09:00 Europe/Berlin",
        "Sun 2026-03-29 07:00:00 UTC = Sunday 09:00 Europe/Berlin",
    ]


def test_preview_says_what_daylight_saving_did_to_a_slot(ostinato: CommandLine) -> None:
    with freeze_time("2026-03-28 12:00:00", real_asyncio=True):
        ostinato.add(FILE.replace("09:00", "02:30"))

    # Not frozen: freezegun's datetime forgets `fold`. The preview starts at the planned slot anyway.
    slots = ostinato.json("template", "preview", "morning", "--count", "2")["slots"]

    # 02:30 does not exist in Berlin on 29 March: it moves to 03:30, which is 01:30 UTC.
    assert slots[0] == {
        "at": "2026-03-29T01:30:00.000000Z",
        "due_at": "2026-03-29T01:30:00.000000Z",
        "nominal": "2026-03-29T01:30:00.000000Z",
        "note": "dst_gap",
        "reason": None,
    }
    assert "does not exist" in ostinato("template", "preview", "morning").output


def test_slots_that_passed_during_a_pause_are_not_made_up_and_are_recorded_as_one_gap(ostinato: CommandLine) -> None:
    with freeze_time("2026-03-26 12:00:00", real_asyncio=True):
        template = ostinato.add()
        ostinato.json("template", "pause", "morning", "--reason", "the site moves")
        paused = ostinato.json("template", "pause", "morning")
    with freeze_time("2026-03-29 12:00:00", real_asyncio=True):
        resumed = ostinato.json("template", "resume", "morning")
        why = ostinato.json("run", "why", "morning", "--at", "2026-03-28T08:00:00Z")

    assert (paused["status"], paused["pause_note"], paused["next_slot_at"]) == ("paused", "the site moves", None)
    assert resumed["next_slot_at"] == "2026-03-30T07:00:00.000000Z"
    with ostinato.database() as database, database.read() as connection:
        (gap,) = runs.gaps(connection, template["id"])
        told = [event.type for event in events.list_events(connection)]
    assert (gap.start, gap.end) == (datetime(2026, 3, 27, 8, tzinfo=UTC), datetime(2026, 3, 29, 7, tzinfo=UTC))
    assert (gap.count, gap.reason) == (3, Reason.PAUSED)
    assert (why["count"], why["reason"], why["sentence"]) == (3, "paused", "the template was paused")
    assert told == [EventType.TEMPLATE_PAUSED, EventType.SLOTS_SKIPPED, EventType.TEMPLATE_RESUMED]


@freeze_time("2026-03-26 12:00:00", real_asyncio=True)
def test_pausing_and_resuming_twice_is_the_same_as_once(ostinato: CommandLine) -> None:
    ostinato.add()
    for verb in ("pause", "pause", "resume", "resume"):
        ostinato("template", verb, "morning")

    assert ostinato.json("template", "show", "morning")["next_slot_at"] == "2026-03-27T08:00:00.000000Z"
    with ostinato.database() as database, database.read() as connection:
        assert [event.type for event in events.list_events(connection)] == [
            EventType.TEMPLATE_PAUSED,
            EventType.TEMPLATE_RESUMED,
        ]


def test_ones_own_pause_is_no_failure_to_be_read(ostinato: CommandLine) -> None:
    ostinato.add()
    ostinato("template", "pause", "morning")

    assert ostinato.json("status")["unread_failures"] == []


def test_a_template_whose_schedule_has_ended_cannot_be_resumed(ostinato: CommandLine) -> None:
    with freeze_time("2026-03-26 12:00:00", real_asyncio=True):
        ostinato.add('scheduleEndDate = "2026-03-28T00:00:00Z"\n' + FILE)
        ostinato("template", "pause", "morning")
    with freeze_time("2026-04-26 12:00:00", real_asyncio=True):
        assert "has ended" in ostinato("template", "resume", "morning", code=5).stderr


def test_a_schedule_that_never_comes_due_is_refused(ostinato: CommandLine) -> None:
    with freeze_time("2026-03-26 12:00:00", real_asyncio=True):
        path = _file(ostinato, 'url = "https://example.com"\nscheduleEndDate = "2026-03-26T13:00:00Z"')
        assert "never comes due" in ostinato("template", "add", path, code=2).stderr


def test_run_queues_one_run_and_refuses_a_second_while_it_is_open(ostinato: CommandLine) -> None:
    ostinato.add()
    queued = ostinato.json("template", "run", "morning")

    assert "in progress" in ostinato("template", "run", "morning", code=5).stderr
    (run,) = ostinato.json("run", "list", "--template", "morning")["runs"]
    assert (run["id"], run["status"], run["trigger"]) == (queued["run_id"], "queued", "request")


def test_a_deleted_template_can_be_shown_by_its_id_and_no_more_be_run(ostinato: CommandLine) -> None:
    template = ostinato.add()
    ostinato("template", "delete", "morning")

    assert ostinato.json("template", "show", template["id"])["status"] == "deleted"
    assert ostinato.refused("template", "show", "morning", code=4)["code"] == "not_found"
    for verb in ("run", "pause", "resume"):
        assert "is deleted" in ostinato("template", verb, template["id"], code=5).stderr


def test_output_that_is_piped_is_plain_and_cuts_nothing(ostinato: CommandLine) -> None:
    template = ostinato.add()
    note = "a [red]long[/red] note \x1b[31m " + "x" * 50

    ostinato("template", "pause", "morning", "--reason", note)
    output = ostinato("template", "list").output + ostinato("template", "show", "morning").output

    assert "\x1b" not in output
    assert "[red]long[/red]" in output
    assert template["id"] in output
    assert all(line == line.rstrip() for line in output.splitlines())


GRID = 'name = "grid"\naccount = "acme"\ntype = "tweet"\ntext = "x"\n'


def test_replacing_keeps_the_template_and_the_slots_of_its_grid(ostinato: CommandLine) -> None:
    with freeze_time("2026-03-26 12:00:00", real_asyncio=True):
        before = ostinato.add(GRID + "daily_count = 4\n")
    path = ostinato.home.parent / "grid.toml"
    path.write_text(GRID + 'daily_count = 4\nprompt = "be kind"\n')
    with freeze_time("2026-03-26 11:59:00", real_asyncio=True):
        after = ostinato.json("template", "add", str(path), "--replace")

    assert (after["id"], after["prompt"], after["next_slot_at"]) == (before["id"], "be kind", before["next_slot_at"])


def test_another_daily_count_is_counted_from_the_last_planned_slot(ostinato: CommandLine) -> None:
    with freeze_time("2026-03-26 12:00:00", real_asyncio=True):
        template = ostinato.add(GRID + "daily_count = 4\n")
    with ostinato.database() as database, database.write() as connection:
        # The slot at 12:00 was planned; the next would be at 18:00.
        next_slot_at = datetime(2026, 3, 26, 18, tzinfo=UTC)
        templates.set_status(
            connection, template["id"], TemplateStatus.ACTIVE, now=next_slot_at, next_slot_at=next_slot_at
        )
    path = ostinato.home.parent / "grid.toml"
    path.write_text(GRID + "daily_count = 8\n")

    with freeze_time("2026-03-26 13:00:00", real_asyncio=True):
        sooner = ostinato.json("template", "add", str(path), "--replace")
        path.write_text(GRID + "daily_count = 1\n")
        later = ostinato.json("template", "add", str(path), "--replace")

    assert sooner["next_slot_at"] == "2026-03-26T15:00:00.000000Z"
    assert later["next_slot_at"] == "2026-03-27T12:00:00.000000Z"


def test_replacing_changes_nothing_when_a_field_is_wrong(ostinato: CommandLine) -> None:
    before = ostinato.add()
    path = ostinato.home.parent / "morning.toml"
    path.write_text(FILE.replace("09:00", "25:00"))

    ostinato("template", "add", str(path), "--replace", code=2)
    assert ostinato.json("template", "show", "morning")["schedule"] == before["schedule"]


def test_a_replaced_callback_url_keeps_its_secret_and_a_removed_one_is_told_no_more(ostinato: CommandLine) -> None:
    added = ostinato.add('callback_url = "https://hooks.example/a"\n' + FILE)
    path = ostinato.home.parent / "morning.toml"
    path.write_text('callback_url = "https://hooks.example/b"\n' + FILE)
    ostinato("template", "add", str(path), "--replace")
    (moved,) = ostinato.json("callback", "list", "--secrets")["webhooks"]
    path.write_text(FILE)
    ostinato("template", "add", str(path), "--replace")
    (gone,) = ostinato.json("callback", "list", "--secrets")["webhooks"]

    assert (moved["url"], moved["secret"], moved["active"]) == (
        "https://hooks.example/b",
        added["callback_secret"],
        True,
    )
    assert gone["active"] is False


def test_deleting_cancels_the_runs_that_wait_and_tells_it(ostinato: CommandLine) -> None:
    template = ostinato.add()
    queued = ostinato.json("template", "run", "morning")["run_id"]

    assert "runs cancelled: 1" in ostinato("template", "delete", "morning").output

    why = ostinato.json("run", "why", queued)
    assert (why["status"], why["reason"]) == ("skipped", "cancelled")
    with ostinato.database() as database, database.read() as connection:
        told = [(event.type, event.run_id) for event in events.list_events(connection, template_id=template["id"])]
    assert told == [(EventType.RUN_SKIPPED, queued)]


@freeze_time("2026-03-26 12:00:00", real_asyncio=True)
def test_a_preview_stops_where_max_runs_does(ostinato: CommandLine) -> None:
    ostinato.add(FILE + "max_runs = 3\n")

    assert len(ostinato.json("template", "preview", "morning", "--count", "8")["slots"]) == 3
    ostinato("template", "skip", "morning", "--at", ostinato.json("template", "preview", "morning")["slots"][0]["at"])
    assert len(ostinato.json("template", "preview", "morning", "--count", "8")["slots"]) == 4


def test_replacing_says_that_a_changed_backlog_counts_only_until_the_feed_is_joined(ostinato: CommandLine) -> None:
    feed = FILE.replace(
        'url = "https://example.com/news"', 'feeds = [{ url = "https://example.com/f", backlog = "all" }]'
    )
    path = ostinato.home.parent / "morning.toml"
    ostinato.add(feed)
    path.write_text(feed.replace('"all"', '"none"'))

    assert "the backlog of https://example.com/f" in ostinato("template", "add", str(path), "--replace").stderr
    assert ostinato("template", "add", str(path), "--replace").stderr == ""
