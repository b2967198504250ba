"""The campaign's own book: what was done from outside, one JSON line each, on disk before it is done."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any


class Orders:
    """The book of one campaign. Times are Unix seconds of the true clock, also while the daemons' is stepped."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)

    def write(self, do: str, **fields: Any) -> None:
        """Add a line; it is on disk when this returns."""
        self._file.write((json.dumps({"at": time.time(), "do": do, **fields}) + "\n").encode())
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()
