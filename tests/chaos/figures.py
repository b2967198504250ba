"""The figures of a campaign: what is printed, kept in `results.json`, and shown in docs/reliability.md."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.cells import machine
from tests.chaos.audit import Audit
from tests.chaos.expected import Struck
from tests.chaos.plan import Form

ROOT = Path(__file__).resolve().parents[2]
RESULTS = Path(__file__).with_name("results.json")
PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- campaign figures -->", "<!-- end -->"
POSTED = "SELECT count(*), count(fault) FROM requests WHERE method = 'POST' AND path = '/x/tweets'"
HEADER = (
    *("database", "API", "ordered", "posts confirmed", "posts asked for", "of them faulted", "daemons killed"),
    *("frozen", "found wrong", "unknown", "seed", "seconds", "date", "commit"),
)
Figures = dict[str, Any]


def of(form: Form, seed: int, found: Audit, sandbox: Path, seconds: float, struck: Struck) -> Figures:
    """Give the figures of a campaign that has been audited."""
    with closing(sqlite3.connect(f"file:{sandbox}?mode=ro", uri=True)) as file:
        asked, faulted = file.execute(POSTED).fetchone()
    orders = found.counts["orders"]
    return {
        "database": form.database,
        "api": form.api,
        "seed": seed,
        "accounts": form.accounts,
        "ordered": form.publications,
        "publications": sum(found.counts["publications"].values()),
        "confirmed": found.counts["publications"].get("confirmed", 0),
        "requests": asked,
        "faulted": faulted,
        "kills": orders.get("kill", 0),
        "frozen": orders.get("stop", 0),
        "seconds": round(seconds),
        "found": {str(kind): len(each) for kind, each in found.found.items()},
        "unknown": found.unknown,
        "counts": {heading: dict(numbers) for heading, numbers in found.counts.items()},
        "reconciled": {
            kind: {"posts": met.publications, "reconciled": met.reconciled}
            for kind, met in found.reconciled_by_fault.items()
        },
        "struck": {"sandbox": dict(struck.sandbox), "receiver": dict(struck.receiver)},
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit(),
        "machine": machine(),
    }


def commit() -> str:
    """Give the commit that is checked out, shortened."""
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def write(measured: Sequence[Figures], file: Path = RESULTS, page: Path = PAGE) -> None:
    """Record campaigns, one for each database and API, and show all that are recorded in the documentation."""
    recorded = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    latest = {(each["database"], each["api"]): each for each in [*recorded, *measured]}
    ordered = [latest[key] for key in sorted(latest, reverse=True)]
    file.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    page.write_text(put_into(page.read_text(encoding="utf-8"), ordered), encoding="utf-8")


def put_into(text: str, recorded: Sequence[Figures]) -> str:
    """Give a page with the table of *recorded* between its two marks."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page has no {BEGIN} … {END} to write the figures between")
    return f"{before}{BEGIN}\n{table(recorded)}\n{END}{after}"


def table(recorded: Sequence[Figures]) -> str:
    """Give campaigns as a Markdown table, with the machine below it."""
    rows = [HEADER, ("---",) * len(HEADER), *(_row(each) for each in recorded)]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    machines = dict.fromkeys(each["machine"] for each in recorded)
    return "\n".join([*lines, "", *(f"Measured on {each}." for each in machines)])


def _row(figures: Mapping[str, Any]) -> tuple[str, ...]:
    share = figures["faulted"] / max(figures["requests"], 1)
    return (
        figures["database"],
        f"`{figures['api']}`",
        f"{figures['ordered']:,}" if "ordered" in figures else "",
        f"{figures['confirmed']:,}",
        f"{figures['requests']:,}",
        f"{figures['faulted']:,} ({share:.0%})",
        str(figures["kills"]),
        str(figures["frozen"]),
        str(sum(figures["found"].values())),
        str(figures["unknown"]),
        str(figures["seed"]),
        str(figures["seconds"]),
        figures["date"],
        f"`{figures['commit']}`",
    )
