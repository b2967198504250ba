"""The options of the parts: what makes no campaign is refused, and says which option it is."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from tests.chaos.__main__ import main

USAGE = 2


@pytest.mark.parametrize(
    ("part", "option", "value"),
    [
        ("campaign", "--minutes", "-1"),
        ("campaign", "--minutes", "0"),
        ("campaign", "--minutes", "inf"),
        ("campaign", "--publications", "0"),
        ("campaign", "--accounts", "0"),
        ("kills", "--minutes", "0"),
        ("kills", "--most", "0"),
        ("kills", "--at-once", "0"),
        ("year", "--days", "0"),
        ("hostile", "--examples", "0"),
    ],
)
def test_a_part_that_would_do_nothing_or_never_end_is_refused(part: str, option: str, value: str) -> None:
    ended = CliRunner().invoke(main, [part, option, value])
    assert ended.exit_code == USAGE
    assert f"Invalid value for '{option}'" in ended.output
