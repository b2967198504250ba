from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from callbacks.backoff import PAUSES
from domain.event import FAILURES, EventType

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/callbacks.md").read_text()


@pytest.mark.parametrize("event", EventType)
def test_every_event_stands_in_the_table_with_a_mark_if_somebody_must_read_it(event: EventType) -> None:
    [mark] = re.findall(rf"^\| `{re.escape(event)}` \| (●?)", PAGE, re.MULTILINE)

    assert bool(mark) is (event in FAILURES)


def test_the_page_shows_the_pauses_that_are_used() -> None:
    [row] = re.findall(r"^\| pause \| (.+) \|$", PAGE, re.MULTILINE)
    units = {"s": timedelta(seconds=1), "min": timedelta(minutes=1), "h": timedelta(hours=1)}
    shown = [int(number) * units[unit] for number, unit in re.findall(r"(\d+) (s|min|h)", row)]

    assert tuple(shown) == PAUSES


@pytest.mark.parametrize(("language", "file"), [("python", "receiver.py"), ("js", "receiver.mjs")])
def test_the_lines_shown_for_verifying_are_those_of_the_example(language: str, file: str) -> None:
    block = PAGE.split(f"```{language}\n")[1].split("```")[0]
    example = (ROOT / "examples" / file).read_text()

    for paragraph in block.strip("\n").split("\n\n"):
        assert paragraph in example
