from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from tests.unrun import unrun


def skipped(test: str, reason: str) -> Any:
    return SimpleNamespace(nodeid=test, longrepr=("tests/x.py", 12, f"Skipped: {reason}"))


def test_what_did_not_run_because_something_is_missing_is_named_once() -> None:
    reports = [
        skipped("tests/b.py::test_b", "tesseract is not installed"),
        skipped("tests/a.py::test_a", "tesseract is not installed"),
        skipped("tests/a.py::test_a", "tesseract is not installed"),
        skipped("tests/c.py", "could not import 'schemathesis': No module named 'schemathesis'"),
        skipped("tests/d.py::test_d[sqlite]", "SQLite has one writer at a time whatever is asked of it"),
    ]

    assert unrun(reports) == [
        "could not import 'schemathesis': No module named 'schemathesis': tests/c.py",
        "tesseract is not installed: tests/a.py::test_a",
        "tesseract is not installed: tests/b.py::test_b",
    ]
    assert unrun([]) == []
