"""What SQL holds when a process has died, in the words of a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tests.chaos.kills.home import Rows

RUNS = "SELECT id, status FROM runs ORDER BY created_at, id"
PUBLICATIONS = "SELECT run_id, coalesce(outcome, 'open') FROM publications ORDER BY grp, part, attempt"
OUTBOX = "SELECT count(*) FROM deliveries WHERE status = 'pending'"


def told(left: Sequence[Rows]) -> str:
    """Give the status of the newest run, its publications, and the outbox: what RUNS, PUBLICATIONS and OUTBOX gave."""
    runs, sent, ((waiting,),) = left
    if not runs:
        return "no run" + (", events to tell" if waiting else "")
    newest, status = runs[-1]
    outcomes = [outcome for run_id, outcome in sent if run_id == newest]
    return f"run {status}, {_publications(outcomes)}" + (", events to tell" if waiting else "")


def _publications(outcomes: Sequence[str]) -> str:
    """Name what was intended; how many parts of a thread are out already makes no difference to what comes next."""
    if not outcomes:
        return "nothing intended"
    counted = Counter(outcomes)
    out = [] if not counted["confirmed"] else ["all out" if counted["confirmed"] == len(outcomes) else "some out"]
    named = [f"one {'without an outcome' if each == 'open' else each}" for each in counted if each != "confirmed"]
    return ", ".join([*out, *named])
