"""Text that stands in a picture, recognised by the program tesseract where it is installed."""

from __future__ import annotations

import shutil
import subprocess

PROGRAM = "tesseract"
SECONDS = 15.0
SURE = 60.0  # per cent, from which on a word is believed
MOST = 4_000  # characters


def recognised(jpeg: bytes) -> str | None:
    """Give the text in a picture, line by line; "" for none that is sure, None where the program is not there."""
    program = shutil.which(PROGRAM)
    if program is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - a program of the system, on a picture that we drew anew
            [program, "stdin", "stdout", "tsv"], input=jpeg, capture_output=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return sure_words(done.stdout.decode("utf-8", "replace")) if done.returncode == 0 else ""


def sure_words(table: str) -> str:
    """Give the words of tesseract's TSV that it is sure of, each line on one of its own. Pure."""
    lines: dict[tuple[str, ...], list[str]] = {}
    for row in table.splitlines()[1:]:
        fields = row.split("\t")
        if len(fields) == 12 and _sure(fields[10]) and fields[11].strip():
            lines.setdefault(tuple(fields[1:5]), []).append(fields[11].strip())
    return "\n".join(" ".join(words) for words in lines.values())[:MOST]


def _sure(confidence: str) -> bool:
    try:
        return float(confidence) >= SURE
    except ValueError:
        return False
