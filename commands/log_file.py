"""The daemon's log as a file: a JSON object a line, bounded in size, for its owner only; and reading it back."""

from __future__ import annotations

import json
import logging
import os
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, TextIO

from structlog.typing import EventDict, WrappedLogger

FILE_BYTES = 10 * 1024 * 1024
OLD_FILES, MOST_OLD_FILES = 5, 100  # kept beside it, with .1 for the newest
LEVELS = ("debug", "info", "warning", "error")
_CHUNK = 64 * 1024


class LogFile(RotatingFileHandler):
    """Writes what structlog logs, as one of its processors, and what other packages log, as their handler."""

    def __init__(self, path: Path, *, file_bytes: int = FILE_BYTES, old_files: int = OLD_FILES) -> None:
        super().__init__(path, maxBytes=file_bytes, backupCount=old_files, encoding="utf-8")

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> EventDict:  # noqa: ARG002
        line = json.dumps(event, ensure_ascii=False, default=str)
        self.handle(logging.makeLogRecord({"line": line}))
        return event

    def format(self, record: logging.LogRecord) -> str:
        line: str | None = getattr(record, "line", None)
        if line is not None:
            return line
        said: dict[str, Any] = {
            "event": record.getMessage(),
            "logger": record.name,
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
        }
        if record.exc_info:
            said["exception"] = logging.Formatter().formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False)

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(descriptor, "a", encoding=self.encoding)


class Wanted:
    """Which lines are wanted: of *level* and above, of one run."""

    def __init__(self, level: str = "debug", run_id: str | None = None) -> None:
        self._levels = (*LEVELS[LEVELS.index(level) :], "critical")
        self._run_id = run_id

    def __call__(self, line: dict[str, Any]) -> bool:
        if line.get("level", "info") not in self._levels:
            return False
        return self._run_id is None or self._run_id in (line.get("run"), line.get("run_id"))


def newest(path: Path, wanted: Wanted, limit: int) -> list[dict[str, Any]]:
    """Give the newest *limit* lines that are wanted, the oldest first, of the file and those rotated away from it."""
    found: deque[dict[str, Any]] = deque(maxlen=limit)
    old = [path.with_name(f"{path.name}.{number}") for number in range(MOST_OLD_FILES, 0, -1)]
    for each in (*old, path):
        if each.exists():
            with each.open(encoding="utf-8", errors="replace") as file:
                found.extend(line for text in file if wanted(line := parsed(text)))
    return list(found)


class Follower:
    """Gives the lines that are added to a file from now on, also across a rotation."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = self._opened()
        if self._file is not None:
            self._file.seek(0, os.SEEK_END)
        self._part = ""

    def added(self) -> Iterator[dict[str, Any]]:
        """Give the lines added since the last call."""
        if self._file is None:
            self._file = self._opened()
        yield from self._rest()
        if self._file is not None and self._rotated(self._file):
            yield from self._rest()  # what came between the last look and the rotation
            self.close()
            self._file, self._part = self._opened(), ""
            yield from self._rest()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def _rest(self) -> Iterator[dict[str, Any]]:
        while self._file is not None and (text := self._file.read(_CHUNK)):
            *whole, self._part = (self._part + text).split("\n")
            yield from (parsed(line) for line in whole)

    def _rotated(self, file: TextIO) -> bool:
        try:
            return os.fstat(file.fileno()).st_ino != self._path.stat().st_ino
        except FileNotFoundError:
            return False

    def _opened(self) -> TextIO | None:
        try:
            return self._path.open(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return None


def parsed(text: str) -> dict[str, Any]:
    """Give a line of the file; one that is cut off or not ours as its `event`."""
    try:
        line = json.loads(text)
    except ValueError:
        line = None
    return line if isinstance(line, dict) else {"event": text.rstrip("\n")}
