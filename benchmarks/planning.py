"""How long it takes to look a year ahead, and to make a folder of template files true.

python -m benchmarks.planning --json
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.processes import ROOT

TIMES = '["01:10", "05:20", "09:30", "13:40", "17:50", "22:00"]'
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe")


@dataclass(frozen=True, slots=True)
class Sizes:
    """*templates* of six slots a day are planned for *days*; *files* are applied; medians of *repeats*."""

    templates: int = 100
    days: int = 365
    files: int = 1_000
    repeats: int = 3


QUICK = Sizes(templates=3, days=10, files=5, repeats=1)


def document(number: int, accounts: int) -> str:
    """Give a template file: clock times in four zones, every second one with jitter and quiet hours, with a feed."""
    careful = 'jitter = "10m"\nquiet_hours = ["23:00-06:00"]\n' if number % 2 else ""
    return (
        f'name = "template-{number}"\naccount = "account_{number % accounts}"\ntype = "tweet"\n'
        f'feeds = ["https://feeds.example.com/{number}.xml"]\ncallback_url = "https://hooks.example.com/{number}"\n'
        f'[schedule]\ntimes = {TIMES}\ntimezone = "{ZONES[number % len(ZONES)]}"\n{careful}'
    )


def ostinato(home: Path, *words: str) -> float:
    """Run a command in the home folder *home* and give its seconds, from the start of the process to its end."""
    environ = {**os.environ, "OSTINATO_HOME": str(home)}
    started = time.perf_counter()
    subprocess.run([sys.executable, "cli.py", *words], cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def folder_of(parent: Path, count: int) -> Path:
    """Give a new folder of *count* template files."""
    folder = parent / "templates"
    folder.mkdir()
    rewrite(folder, count, lambda text: text)
    return folder


def rewrite(folder: Path, count: int, edit: Callable[[str], str]) -> None:
    for number in range(count):
        (folder / f"{number}.toml").write_text(edit(document(number, accounts=20)))


def planning(sizes: Sizes) -> dict[str, float]:
    """Give the seconds of a plan as a table and as JSON."""
    with tempfile.TemporaryDirectory() as parent:
        home = Path(parent) / "home"
        ostinato(home, "template", "apply", str(folder_of(Path(parent), sizes.templates)))
        words = ("template", "plan", "--days", str(sizes.days))
        return {"plan_seconds": ostinato(home, *words), "plan_json_seconds": ostinato(home, *words, "--json")}


def applying(sizes: Sizes) -> dict[str, float]:
    """Give the seconds of an apply that makes all, one that changes nothing, and one that changes all."""
    with tempfile.TemporaryDirectory() as parent:
        home = Path(parent) / "home"
        folder = folder_of(Path(parent), sizes.files)
        ostinato(home, "db", "upgrade")
        words = ("template", "apply", str(folder))
        created, unchanged = ostinato(home, *words), ostinato(home, *words)
        rewrite(folder, sizes.files, lambda text: text.replace('"09:30"', '"09:45"'))
        return {
            "apply_seconds": created,
            "apply_unchanged_seconds": unchanged,
            "apply_changed_seconds": ostinato(home, *words),
        }


def measure() -> dict[str, Any]:
    """Give the figures, each a median over whole processes."""
    sizes = QUICK if report.quick() else Sizes()
    rounds = [planning(sizes) | applying(sizes) for _ in range(sizes.repeats)]
    figures = {name: round(statistics.median(each[name] for each in rounds), 2) for name in rounds[0]}
    return {**figures, "templates": sizes.templates, "days": sizes.days, "files": sizes.files}


if __name__ == "__main__":
    report.main(measure)
