"""What the Dockerfile says, as tests read it."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
Step = tuple[str, str]


def steps() -> list[Step]:
    """Give the Dockerfile's instructions in order, each with its words on one line."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = [line for line in re.sub(r"\s*\\\n\s*", " ", text).splitlines() if line.strip()]
    return [(line.partition(" ")[0], line.partition(" ")[2].strip()) for line in lines]


def health_check() -> list[str]:
    """Give the words of the health check's command."""
    (words,) = [words for instruction, words in steps() if instruction == "HEALTHCHECK"]
    command: list[str] = json.loads(words.partition("CMD")[2])
    return command
