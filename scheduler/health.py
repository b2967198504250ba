"""Whether the daemon gets on with its work. Pure: facts in, findings out.

Lack of progress makes it red, not errors: an error that is retried with success is nobody's business at night.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

TICK_WITHIN = timedelta(seconds=60)
PLANNED_WITHIN = timedelta(minutes=2)
WORKED_WITHIN = timedelta(minutes=10)
DELIVERED_WITHIN = timedelta(minutes=10)
SETTLED_WITHIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits the longest, as SQL has it; None where nothing waits.

    *slot_due_at* is the next slot of an active template that has no run yet. *run_due_at* is when a run that nobody
    works on could have been taken up: it is queued, or whoever held it has lost it. *delivery_due_at* is when the
    delivery whose turn it is was to be tried. *unsettled_since* is when a publication was intended whose outcome is not
    known and about which no question is planned, or one whose time has come was not asked.
    """

    slot_due_at: datetime | None = None
    run_due_at: datetime | None = None
    delivery_due_at: datetime | None = None
    unsettled_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: green when *ok*; *detail* says what was found and, when red, what to do."""

    check: str
    ok: bool
    detail: str


def findings(
    now: datetime,
    *,
    idle: timedelta,
    writer_alive: bool,
    waiting: Waiting | None,
    outdated: str | None = None,
    writer_failing: str | None = None,
) -> tuple[Finding, ...]:
    """Judge each check at *now*. *idle* is the time since the planner's last tick.

    *writer_failing* says why nothing could be written for a while. *waiting* is None when SQL did not answer.
    *outdated* says why this program may not work on the database any more.
    """
    own = (_planner(idle), _writer(writer_alive, writer_failing), _database(waiting is not None), _version(outdated))
    if waiting is None:
        return own
    return (
        *own,
        _on_time(
            "slots",
            now,
            waiting.slot_due_at,
            PLANNED_WITHIN,
            "no slot is overdue",
            "a slot was due at {at} and has no run; see the daemon's log for the planner's errors",
        ),
        _on_time(
            "runs",
            now,
            waiting.run_due_at,
            WORKED_WITHIN,
            "no run waits for a worker",
            "a run could go on at {at} and nobody works on it; see the daemon's log, and `ostinato run list`",
        ),
        _on_time(
            "deliveries",
            now,
            waiting.delivery_due_at,
            DELIVERED_WITHIN,
            "no delivery is overdue",
            "a delivery was due at {at} and was not tried; see `ostinato callback list`",
        ),
        _on_time(
            "publications",
            now,
            waiting.unsettled_since,
            SETTLED_WITHIN,
            "no publication waits for a person",
            "it is not known whether what was sent at {at} is out, and nobody asks any more; `ostinato post settle`",
        ),
    )


def _planner(idle: timedelta) -> Finding:
    seconds = int(idle.total_seconds())
    if idle <= TICK_WITHIN:
        return Finding("planner", True, f"ticked {seconds} s ago")
    return Finding("planner", False, f"has not ticked for {seconds} s; see the daemon's log, and restart it")


def _writer(alive: bool, failing: str | None) -> Finding:
    if alive and failing is not None:
        return Finding("writer", False, f"cannot write: {failing}; see the disk of the database, and who has it locked")
    return Finding("writer", alive, "its thread runs" if alive else "its thread has ended; restart the daemon")


def _database(answered: bool) -> Finding:
    return Finding("database", answered, "answers" if answered else "does not answer; see OSTINATO_DATABASE")


def _version(outdated: str | None) -> Finding:
    return Finding("version", outdated is None, outdated or "may work on this schema")


def _on_time(check: str, now: datetime, since: datetime | None, within: timedelta, green: str, red: str) -> Finding:
    if since is None or now - since <= within:
        return Finding(check, True, green)
    return Finding(check, False, red.format(at=since.isoformat(timespec="seconds")))
