"""The kills as a table: point × what was left × what happened then × how often."""

from __future__ import annotations

import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.chaos.kills.killing import Kill, Passed
from tests.chaos.kills.rounds import BESIDE, step

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- kills -->", "<!-- end kills -->"
HEAD = ("| killed | what SQL held | what happened then | kills |", "|---|---|---|---|")
# What is at a point, by the place in the product, in the order in which a run comes to it.
STEPS = {
    "embedded.plan": "the slots' runs",
    "planner.plan_due": "the slots' runs",
    "fleet.plan": "the slots' runs",
    "slots.backfill": "a backfill",
    "retrying.retry": "a retry",
    "GET feed": "reading a feed",
    "feed_reading.refresh": "a feed's entries",
    "gathering._feed_items": "that a template has joined a feed",
    "GET page": "reading a page",
    "runner._gather": "the material",
    "runner._compose": "the drafts",
    "POST /compose": "`POST /compose`",
    "runner._score": "the scores",
    "runner._choose": "the choice",
    "POST ask": "the question to `pre_publish`",
    "runner._hold": "that a run is held",
    "runs.decide": "an approval",
    "settling.intend": "the intention to publish",
    "POST /x/tweets": "`POST /x/tweets`",
    "settling._record": "the outcome",
    "DELETE /x/tweets/…": "`DELETE /x/tweets/…`",
    "publishing._take_back": "a deletion",
    "deleting.delete": "a deletion",
    "runner._finish": "the end and its events",
    "POST told": "a callback",
    "delivering._record": "that a callback was accepted",
}
OTHERS = "what is no step of a run: claims, leases, permits, the start"


def markdown(kills: Sequence[Kill], *, options: str, seconds: float) -> str:
    """Give the figures and the table, as they stand in docs/reliability.md. *options* are those of the command."""
    real = [each for each in kills if each.died]
    rows = Counter(row for each in real for row in _rows(each))
    table = [f"| {point} | {left} | {then} | {count} |" for (_, point, left, then), count in sorted(rows.items())]
    folded = ("", "<details><summary>Each point, and what happened then</summary>", "", *HEAD, *table, "", "</details>")
    return "\n".join([*_figures(kills, real, options, seconds), *folded])


def _figures(kills: Sequence[Kill], real: Sequence[Kill], options: str, seconds: float) -> Iterator[str]:
    died, again = sum(len(each.died) for each in real), sum(len(each.died) > 1 for each in real)
    postgresql = sum(len(each.died) for each in real if each.database == "postgresql")
    without = sum(len(each.died) for each in real if each.api == "seed")
    unknown = sum(each.ended.startswith("unknown") for each in real)
    wrong, other = sum(bool(each.problems) for each in kills), sum(bool(each.otherwise) for each in kills)
    missed = sum(bool(each.asked) and not each.died for each in kills)
    yield f"**{died} kills** in {len(real)} runs: {again} runs were killed a second time while they recovered,"
    yield f"{postgresql} kills were on PostgreSQL and {without} on an API that honours no keys."
    yield f"{unknown} runs ended as a reported `unknown`, all on that API, and {other} otherwise than one left alone."
    yield f"**{wrong} broke the promise.**"
    yield f"({missed} more runs were over before the point that they were to be killed at.)"
    yield f"`python -m tests.chaos kills {options}`, {datetime.now(UTC):%Y-%m-%d}, commit {_commit()},"
    yield f"{os.cpu_count()} cores, {seconds / 60:.0f} minutes."


def write(text: str, page: Path = PAGE) -> None:
    """Put *text* between the markers of *page*, which gets them at its end where it has none."""
    there = page.read_text() if page.exists() else "# Reliability\n"
    if BEGIN not in there:
        there = f"{there.rstrip()}\n\n## Killed at every point\n\n{BEGIN}\n{END}\n"
    page.write_text(re.sub(f"{BEGIN}.*{END}", lambda _: f"{BEGIN}\n{text}\n{END}", there, flags=re.DOTALL))


def _point(died: Passed) -> str:
    names = step(died.what).split(" + ")
    named = list(dict.fromkeys(OTHERS if each in BESIDE else STEPS.get(each, f"`{each}`") for each in names))
    return f"{died.when} {'committing ' if died.kind != 'send' else ''}{' and '.join(named)}"


def _order(died: Passed) -> tuple[int, str, int]:
    names, steps = step(died.what).split(" + "), list(STEPS)
    place = min((steps.index(each) for each in names if each in STEPS), default=len(steps))
    return place, _point(died).split(" ", 1)[1], ("before", "during", "after").index(died.when)


def _rows(each: Kill) -> Iterator[tuple[tuple[int, str, int], str, str, str]]:
    """Give a row for each death: what happened after all but the last is another."""
    then = [*["killed again"] * (len(each.died) - 1), _ended(each)]
    for died, left, happened in zip(each.died, each.left, then, strict=True):
        yield _order(died), _point(died), left, happened


def _ended(each: Kill) -> str:
    marks = ["**broken**:"] * bool(each.problems) + ["otherwise:"] * bool(each.otherwise)
    return " ".join([*marks, each.ended])


def _commit() -> str:
    asked = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
