"""All benchmarks, one after the other, each in a process of its own, into results.json; with --write into README.md.

python -m benchmarks [--only PART,PART] [--write] [--allow-missing] [--quick]

With --only the figures of the other parts stay as they were recorded.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import ending, peer, results, table
from benchmarks.goals import GOALS
from benchmarks.processes import completed

README = Path(__file__).with_name("README.md")
HANDED_ON = ("--quick", "--allow-missing")
PATIENCE = 4 * 3600.0  # seconds for one benchmark


def figures_of(name: str) -> dict[str, Any]:
    """Run one benchmark and give its figures. Raises CalledProcessError when it fails; its own words are shown."""
    command = [sys.executable, "-m", f"benchmarks.{name}", "--json", *(word for word in HANDED_ON if word in sys.argv)]
    done = completed(command, seconds=PATIENCE)
    done.check_returncode()
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> None:
    words = _words()
    ending.in_order()
    peer.present([each for name in words.only for each in peer.OF_PART.get(name, ())])  # better now than after an hour
    measured = {}
    failed = []
    for name in words.only:
        print(f"… python -m benchmarks.{name}", file=sys.stderr, flush=True)
        started = time.monotonic()
        try:
            measured[name] = figures_of(name)
        except subprocess.CalledProcessError:
            failed.append(name)
        print(f"  {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    print(table.of(measured))
    if not words.quick:
        results.write(measured)
    if words.write and measured:
        README.write_text(table.put_into(README.read_text(encoding="utf-8"), measured), encoding="utf-8")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--only", type=_parts, default=list(GOALS), metavar="PART,PART")
    for word in ("--write", *HANDED_ON):
        parser.add_argument(word, action="store_true")
    return parser.parse_args()


def _parts(text: str) -> list[str]:
    named = text.split(",")
    if unknown := [name for name in named if name not in GOALS]:
        raise argparse.ArgumentTypeError(f"no part {', '.join(unknown)}; there are {', '.join(GOALS)}")
    return [name for name in GOALS if name in named]


if __name__ == "__main__":
    main()
