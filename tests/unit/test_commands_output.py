from __future__ import annotations

from datetime import UTC, datetime

import pytest

from commands.output import moment, table

ID = "0b6c4f0e-7a86-4c43-9f0e-6f1f0c1d2e3f"


def test_an_id_is_never_folded_and_the_last_column_wraps(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)

    table(("id", "template", "text"), [(ID, "morning", "a word " * 20)], empty="")

    lines = capsys.readouterr().out.splitlines()
    assert any(ID in line and "morning" in line for line in lines)
    assert len(lines) > 3


def test_a_year_has_four_digits() -> None:
    assert moment(datetime(1, 1, 1, 9, 0, 0, 5, tzinfo=UTC)) == "0001-01-01 09:00:00 UTC"
