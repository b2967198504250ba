"""Log lines that cannot be printed."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
import structlog

from commands.logs import Lines


class FullDisk(io.StringIO):
    def write(self, _: str) -> int:
        raise OSError(28, "No space left on device")


@pytest.fixture
def configured() -> Iterator[FullDisk]:
    before = structlog.get_config()
    file = FullDisk()
    structlog.configure(processors=[structlog.processors.JSONRenderer()], logger_factory=lambda *_: Lines(file))
    yield file
    structlog.configure(**before)


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize("level", ["debug", "info", "warning", "error", "exception", "critical"])
def test_a_line_that_cannot_be_printed_is_lost_and_what_it_told_of_goes_on(level: str) -> None:
    getattr(structlog.get_logger(), level)("daemon.ready")
