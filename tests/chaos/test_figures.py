"""The figures of a campaign, as they are kept and shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.figures import BEGIN, END, PAGE, put_into, write

FIGURES: dict[str, Any] = {
    "database": "sqlite",
    "api": "durable",
    "seed": 7,
    "ordered": 10_000,
    "confirmed": 9_900,
    "requests": 12_000,
    "faulted": 2_400,
    "kills": 61,
    "frozen": 9,
    "seconds": 400,
    "found": {"duplicate": 0, "lost post": 0},
    "unknown": 0,
    "date": "2026-11-23",
    "commit": "abc1234",
    "machine": "2 cores",
}


def test_figures_are_kept_by_database_and_api_and_shown_between_the_marks(tmp_path: Path) -> None:
    file, page = tmp_path / "results.json", tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write([FIGURES, {**FIGURES, "api": "seed", "unknown": 12}], file, page)
    write([{**FIGURES, "seed": 8}], file, page)

    assert [(each["api"], each["seed"]) for each in json.loads(file.read_text())] == [("seed", 7), ("durable", 8)]
    shown = page.read_text()
    assert shown.startswith(f"before\n{BEGIN}\n| database |")
    assert shown.endswith(f"{END}\nafter\n")
    row = (
        "sqlite | `durable` | 10,000 | 9,900 | 12,000 | 2,400 (20%) | 61 | 9 | 0 | 0 | 8 | 400 | 2026-11-23 | `abc1234`"
    )
    assert f"| {row} |" in shown.splitlines()
    assert "old" not in shown


def test_a_page_without_the_marks_is_not_written_to() -> None:
    with pytest.raises(ValueError, match="campaign figures"):
        put_into("no marks here", [FIGURES])


def test_the_documentation_has_the_marks() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text.index(BEGIN) < text.index(END)
