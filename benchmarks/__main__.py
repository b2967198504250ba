"""All benchmarks, one after the other, each in a process of its own, into results.json; with --write into README.md.

python -m benchmarks [--write] [--allow-missing] [--quick]
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks import peer, results, table
from benchmarks.goals import GOALS
from benchmarks.processes import ROOT

README = Path(__file__).with_name("README.md")
HANDED_ON = ("--quick", "--allow-missing")


def figures_of(name: str) -> dict[str, Any]:
    """Run one benchmark and give its figures. Raises CalledProcessError when it fails; its own words are shown."""
    command = [sys.executable, "-m", f"benchmarks.{name}", "--json", *(word for word in HANDED_ON if word in sys.argv)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> None:
    peer.present()  # it is better to hear of a missing peer now than after an hour
    measured = {}
    failed = []
    for name in GOALS:
        print(f"… python -m benchmarks.{name}", file=sys.stderr, flush=True)
        try:
            measured[name] = figures_of(name)
        except subprocess.CalledProcessError:
            failed.append(name)
    text = table.of(measured)
    print(text)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")
    if "--quick" not in sys.argv[1:]:
        results.write(measured)
    if "--write" in sys.argv[1:]:
        README.write_text(table.put_into(README.read_text(encoding="utf-8"), text), encoding="utf-8")


if __name__ == "__main__":
    main()
