"""A file of what happened, one JSON line each, on disk before it counts."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any


class Book:
    """Appends to a file. A line is on disk when `write` returns."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._one_at_a_time = threading.Lock()
        self.written = 0

    def write(self, line: dict[str, Any]) -> None:
        with self._one_at_a_time, self._path.open("ab", buffering=0) as book:
            book.write((json.dumps(line) + "\n").encode())
            os.fsync(book.fileno())
            self.written += 1
