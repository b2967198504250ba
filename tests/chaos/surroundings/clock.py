"""Clocks that a campaign steps: one file for each stage holds how far the clock of its daemons is off.

A daemon that is started here reads it each time it looks at the clock, by its own seam or, `faked`, by libfaketime
below it. The monotonic clock is not touched, as it is when a real clock is set; sandbox, receiver and PostgreSQL keep
the true time.
"""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.stage import Process, Stage

FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
STEPPED = "tests/chaos/surroundings/stepped_daemon.py"
FAKED = "tests/chaos/surroundings/faked_daemon.py"


def file_of(stage: Stage) -> Path:
    """Give the file that holds the seconds by which the stage's clock is off, made if it is not there."""
    file = stage.folder / "clock"
    if not file.exists():
        _write(file, 0)
    return file


def environment(stage: Stage) -> dict[str, str]:
    """Give what a `stepped_daemon.py` or `faked_daemon.py` needs to follow the stage's clock."""
    return {"CLOCK_FILE": str(file_of(stage))}


def daemon(stage: Stage, *words: str, faked: bool = False, **settings: str) -> Process:
    """Start a daemon whose clock can be stepped, with more *words* for its command line."""
    program = FAKED if faked else STEPPED
    return stage.start(program, *words, environment={**environment(stage), **settings}, name="daemon")


def stepped(stage: Stage, seconds: int) -> int:
    """Step the clock of the stage's daemons forward, or back; give how far it is off then.

    A daemon plans nothing for 10 s after it has seen a step of over 60 s.
    """
    file = file_of(stage)
    offset = int(file.read_text()) + seconds
    _write(file, offset)
    return offset


def set_right(stage: Stage) -> int:
    """Set the clock to the true time; give the seconds of that step."""
    seconds = -int(file_of(stage).read_text())
    stepped(stage, seconds)
    return seconds


def _write(file: Path, offset: int) -> None:
    draft = file.with_suffix(".new")
    draft.write_text(f"{offset:+d}")  # as libfaketime reads it
    draft.replace(file)
