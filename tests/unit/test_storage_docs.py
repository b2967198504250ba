"""docs/storage.md cannot forget a table."""

from __future__ import annotations

import re
from pathlib import Path

from storage.tables import metadata


def test_every_table_is_documented_and_no_other() -> None:
    text = Path("docs/storage.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[a-z_`, ]+) \|", text.partition("## Tables")[2], flags=re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`([a-z_]+)`", row)} == set(metadata.tables)
