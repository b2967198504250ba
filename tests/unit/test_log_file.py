from __future__ import annotations

import json
import logging
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.log_file import OLD_FILES, Follower, LogFile, Wanted, newest


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ostinato.log"


@pytest.fixture
def log(path: Path) -> Iterator[LogFile]:
    made = LogFile(path, file_bytes=400, old_files=OLD_FILES)
    yield made
    made.close()


def said(log: LogFile, event: str, level: str = "info", **more: str) -> None:
    log(None, level, {"event": event, "level": level, **more})


def test_each_event_is_a_line_of_json_for_the_owner_only(log: LogFile, path: Path) -> None:
    said(log, "run.lost", "warning", run="r1")

    assert json.loads(path.read_text()) == {"event": "run.lost", "level": "warning", "run": "r1"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_other_packages_log_is_a_line_too(log: LogFile, path: Path) -> None:
    log.handle(logging.LogRecord("apscheduler", logging.WARNING, "", 0, "missed by %s", ("5 s",), None))

    line = json.loads(path.read_text())
    assert (line["event"], line["logger"], line["level"]) == ("missed by 5 s", "apscheduler", "warning")


def test_the_log_is_bounded_in_size_and_stays_the_owners(log: LogFile, path: Path) -> None:
    for number in range(200):
        said(log, f"event {number}")

    files = sorted(path.parent.iterdir())
    assert len(files) == 1 + OLD_FILES
    assert max(each.stat().st_size for each in files) <= 400
    assert {stat.S_IMODE(each.stat().st_mode) for each in files} == {0o600}


def test_the_newest_lines_are_read_across_rotated_files_in_order(log: LogFile, path: Path) -> None:
    for number in range(30):
        said(log, f"event {number}")

    assert [line["event"] for line in newest(path, Wanted(), 15)] == [f"event {number}" for number in range(15, 30)]


def test_lines_are_chosen_by_level_and_run(log: LogFile, path: Path) -> None:
    said(log, "a", "debug", run="r1")
    said(log, "b", "warning", run="r1")
    said(log, "c", "error", run_id="r2")

    assert [line["event"] for line in newest(path, Wanted("warning"), 9)] == ["b", "c"]
    assert [line["event"] for line in newest(path, Wanted(run_id="r1"), 9)] == ["a", "b"]
    assert [line["event"] for line in newest(path, Wanted("error", "r2"), 9)] == ["c"]


def test_a_line_that_is_cut_off_is_shown_as_it_is(path: Path) -> None:
    path.write_text('{"event": "whole", "level": "info"}\n{"event": "cut o')

    assert [line["event"] for line in newest(path, Wanted(), 9)] == ["whole", '{"event": "cut o']


def test_following_gives_each_added_line_once_also_across_a_rotation(log: LogFile, path: Path) -> None:
    said(log, "before")
    follower = Follower(path)
    try:
        seen = []
        for number in range(40):
            said(log, f"event {number}")
            if number % 3 == 0:
                seen += [line["event"] for line in follower.added()]
        seen += [line["event"] for line in follower.added()]
    finally:
        follower.close()

    assert seen == [f"event {number}" for number in range(40)]


def test_following_waits_for_a_file_and_for_the_end_of_a_line(path: Path) -> None:
    follower = Follower(path)
    try:
        assert list(follower.added()) == []
        path.write_text('{"event": "o')
        assert list(follower.added()) == []
        with path.open("a") as file:
            file.write('ne"}\n')
        assert list(follower.added()) == [{"event": "one"}]
    finally:
        follower.close()
