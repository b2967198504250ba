"""Tips, countdowns, tables and roundups as a template document: read, refused and written back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from domain.errors import InvalidInput
from domain.own_words import Countdown, CsvTable, DecimalMark, Newest, Roundup
from domain.template import Template
from domain.template_document import parse, to_document
from scheduler.operations.template_files import read_file
from scheduler.operations.tip_files import SIZE_LIMIT, tips_in

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
LEAST = {"name": "t", "account": "acme", "type": "tweet"}
FEED = {"feeds": ["https://a.example/feed"]}


def read(**fields: Any) -> Template:
    return parse(LEAST | fields, id="t1", now=NOW)


def problems(**fields: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as raised:
        read(**fields)
    return {each.field: each.reason for each in raised.value.problems}


FULL: dict[str, dict[str, Any]] = {
    "tips": {"tips": ["One.", "Two\nlines."], "count": 2},
    "countdown": {
        "countdown": {"to": date(2026, 12, 24), "say": ["{days_left} a", "{days_left} b"], "tomorrow": "t", "days": 9}
    },
    "single sentence": {"countdown": {"to": "2026-12-24", "say": "{days_left} days", "today": "now"}},
    "csv": {"csv": {"url": "https://a.example/x.csv", "say": "{a}", "newest": "first", "decimal": ","}},
    "csv by url": {"csv": "https://a.example/x.csv"},
    "roundup": {"type": "thread", **FEED, "roundup": {"entries": 4, "atLeast": 1, "opening": "New:"}},
}


@pytest.mark.parametrize("name", FULL)
def test_what_is_written_back_reads_as_it_was(name: str) -> None:
    made = read(**FULL[name])

    assert parse(to_document(made), id="t1", now=NOW) == made


def test_each_is_read_as_it_is_written() -> None:
    assert read(**FULL["tips"]).sources.tips == ("One.", "Two\nlines.")
    assert read(**FULL["countdown"]).sources.countdown == Countdown(
        date(2026, 12, 24), ("{days_left} a", "{days_left} b"), "t", None, 9
    )
    csv = CsvTable("https://a.example/x.csv", "{a}", Newest.FIRST, DecimalMark.COMMA)
    assert read(**FULL["csv"]).sources.csv == csv
    assert read(**FULL["roundup"]).roundup == Roundup(4, 1, "New:")


def test_own_words_are_not_left_out_for_a_score_unless_that_is_asked_for() -> None:
    assert [read(**FULL[name]).minimum_score for name in ("tips", "csv", "roundup")] == [0, 0, 0]
    assert read(tips=["a"], minimum_score=70).minimum_score == 70
    assert read(text="a").minimum_score == 60


@pytest.mark.parametrize("beside", [{"text": "x"}, {"url": "https://a.example"}, FEED, {"prompt": "x"}, {"style": "x"}])
def test_words_that_are_posted_as_they_stand_are_alone(beside: dict[str, Any]) -> None:
    (name,) = beside
    assert "cannot be used with tips, which is posted as it stands" in problems(tips=["a"], **beside)[name]


def test_two_of_them_cannot_be_used_together_and_only_tips_make_several_posts() -> None:
    assert "keep one of them" in problems(tips=["a"], csv="https://a.example/x.csv")["csv"]
    assert "must be 1 with csv" in problems(csv="https://a.example/x.csv", count=2)["count"]


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({"tips": []}, "tips", "holds no tip"),
        ({"tips": ["x" * 281]}, "tips", "281 weighted characters; a tweet has 280"),
        ({"tips": [1]}, "tips", "must be text, not a number"),
        ({"tips": "tips.txt"}, "tips", "in a template file the name of a text file beside it"),
        ({"countdown": {"say": "{days_left}"}}, "countdown.to", "is missing"),
        ({"countdown": {"to": "soon", "say": "{days_left}"}}, "countdown.to", "must be like 2026-12-24"),
        ({"countdown": {"to": NOW, "say": "{days_left}"}}, "countdown.to", "must be like 2026-12-24"),
        ({"countdown": {"to": "2026-12-24"}}, "countdown.say", "is missing"),
        ({"countdown": {"to": "2026-12-24", "say": "soon"}}, "countdown.say", "must hold {days_left}"),
        ({"countdown": {"to": "2026-12-24", "say": "{days_left} {x}"}}, "countdown.say", "{x} is not known here"),
        ({"countdown": {"to": "2026-12-24", "say": "{days_left"}}, "countdown.say", "a lone {"),
        ({"countdown": {"to": "2026-12-24", "say": "{days_left}", "today": "}"}}, "countdown.today", "a lone }"),
        ({"countdown": {"to": "2026-12-24", "say": "{days_left}", "day": 1}}, "countdown.day", "did you mean"),
        ({"countdown": 3}, "countdown", "must be a table with to and say"),
        ({"csv": {"say": "{a}"}}, "csv.url", "must be a URL"),
        ({"csv": {"url": "https://a.example", "say": "no column"}}, "csv.say", "must name a column"),
        ({"csv": {"url": "https://a.example", "newest": "top"}}, "csv.newest", "must be one of last, first"),
        ({"csv": "file:///etc/passwd"}, "csv.url", "is not an http or https URL"),
        ({**FEED, "roundup": {}}, "type", "must be thread with roundup"),
        ({"type": "thread", "text": "x", "roundup": {}}, "roundup", "needs feeds"),
        ({"type": "thread", **FEED, "text": "x", "roundup": {}}, "text", "cannot be used with roundup"),
        ({"type": "thread", **FEED, "roundup": {"entries": 1}}, "roundup.entries", "must be between 2 and 20"),
        ({"type": "thread", **FEED, "roundup": {"at_least": 6}}, "roundup.at_least", "must not be more than"),
        ({"type": "thread", **FEED, "roundup": {"opening": "x" * 300}}, "roundup.opening", "a part has 280"),
        ({}, "sources", "or one of tips, countdown or csv"),
    ],
)
def test_what_is_wrong_is_named_with_its_field(fields: dict[str, Any], field: str, reason: str) -> None:
    assert reason in problems(**fields)[field]


def test_a_long_tip_may_stand_in_a_thread() -> None:
    assert read(type="thread", tips=["word " * 200]).sources.tips == (("word " * 200).strip(),)


@pytest.mark.parametrize(
    ("text", "tips"),
    [
        ("one\ntwo\n", ["one", "two"]),
        ("one\r\ntwo", ["one", "two"]),
        ("\n\none\nand more\n\n\n \ntwo\n\n", ["one\nand more", "two"]),
        ("  one  \n", ["one"]),
        ("", []),
    ],
)
def test_a_file_holds_a_tip_a_line_or_paragraphs_where_it_has_any(text: str, tips: list[str]) -> None:
    assert tips_in(text) == tips


def template_file(folder: Path, tips: str) -> Path:
    file = folder / "t.toml"
    file.write_text(f'name = "t"\naccount = "acme"\ntype = "tweet"\ntips = "{tips}"\n', encoding="utf-8")
    return file


def test_the_text_file_beside_a_template_is_read_with_it(tmp_path: Path) -> None:
    (tmp_path / "tips.txt").write_bytes("\ufeffone\ntwo ü\n".encode())

    assert read_file(template_file(tmp_path, "tips.txt"))["tips"] == ["one", "two ü"]


def test_no_file_outside_the_folder_of_the_template_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "linked.txt").symlink_to(tmp_path / "secret.txt")

    for name in ("../secret.txt", str(tmp_path / "secret.txt"), "linked.txt", "/etc/passwd"):
        with pytest.raises(InvalidInput, match="is not in the template's folder"):
            read_file(template_file(inner, name))


def test_a_file_that_cannot_be_used_is_named_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "large.txt").write_bytes(b"x" * (SIZE_LIMIT + 1))
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    reasons = {"none.txt": "there is no file", "large.txt": "is larger than 200 KiB", "latin.txt": "is not UTF-8 text"}

    for name, reason in reasons.items():
        with pytest.raises(InvalidInput, match=reason):
            read_file(template_file(tmp_path, name))
