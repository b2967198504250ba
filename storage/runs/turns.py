"""The turns of accounts where several processes share a database: a run under a living lease may have its account.

Whose turn it is stands in the run's own row and ends with its lease, so a process that dies frees the account when it
frees the run. A run that is ready to be posted is handed over: it is nobody's until it is its account's head, the
earliest slot of those that wait. PostgreSQL only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, func, literal, text, update
from sqlalchemy.types import Interval

from domain.run import Facts, Hold, RunStatus, Verdict
from storage import accounts
from storage.runs.reading import started_threads
from storage.runs.rows import claimed_facts
from storage.schema import HEAD
from storage.tables import constant, runs

# ruff: noqa: S608 - the texts are put together from this file's own
_INSTANT = runs.c.not_before.type
# Who has begun to post keeps having had its turn: a thread that is out in part goes before other posts.
_HAND_OVER = text("""
    UPDATE runs SET status = 'queued', lease_owner = NULL, leased_until = NULL, not_before = NULL, detail = NULL,
        ready_at = coalesce(ready_at, clock_timestamp()),
        turn_at = CASE
            WHEN EXISTS (SELECT FROM publications WHERE run_id = runs.id AND outcome = 'confirmed')
            THEN clock_timestamp()
        END
    FROM unnest(CAST(:ids AS text[]), CAST(:epochs AS integer[])) AS mine (id, epoch)
    WHERE runs.id = mine.id AND runs.epoch = mine.epoch AND lease_owner = :owner AND status = 'working'
    RETURNING runs.id
""")
# Nothing of these accounts waits, has the turn or keeps it: the earliest slot of each need not wait either.
_TAKE_TURNS = text("""
    UPDATE runs SET ready_at = clock_timestamp(), turn_at = clock_timestamp()
    WHERE id IN (
        SELECT DISTINCT ON (lower(mine.account)) mine.id
        FROM runs AS mine
        JOIN unnest(CAST(:ids AS text[]), CAST(:epochs AS integer[])) AS held (id, epoch) USING (id, epoch)
        WHERE mine.lease_owner = :owner AND mine.status = 'working' AND mine.leased_until > clock_timestamp()
            AND NOT EXISTS (
                SELECT FROM runs AS other
                WHERE other.ready_at IS NOT NULL AND other.status IN ('queued', 'working')
                    AND lower(other.account) = lower(mine.account)
            )
        ORDER BY lower(mine.account), mine.slot_at, mine.id
    )
    RETURNING id, lower(account) AS account
""")
_UNDERSTOOD = """
    EXISTS (SELECT FROM templates WHERE templates.id = runs.template_id AND coalesce(templates.schema <= :head, true))
"""
_IN_DOUBT = """
    EXISTS (
        SELECT FROM publications WHERE run_id = runs.id AND (outcome IS NULL OR outcome = 'unknown')
    )
"""
# A person has rejected it: what is left is to write that down, with the person's note as its detail.
_REJECTED = f"verdict IS NOT DISTINCT FROM '{Verdict.REJECTED.value}'"
_HAVE_READY = text("""
    SELECT DISTINCT lower(account) FROM runs
    WHERE ready_at IS NOT NULL AND status IN ('queued', 'working') AND lower(account) = ANY(:accounts)
""")
_HELD_UP = text(f"""
    SELECT DISTINCT ON (lower(account)) lower(account) AS account, not_before AS until, detail FROM runs
    WHERE ready_at IS NOT NULL AND status = 'queued' AND lower(account) = ANY(:accounts)
        AND not_before > :now AND detail IS NOT NULL AND NOT {_IN_DOUBT} AND NOT {_REJECTED}
    ORDER BY lower(account), not_before DESC
""").bindparams(bindparam("now", type_=_INSTANT))
_HOLD_BACK = text(f"""
    UPDATE runs SET not_before = held.until, detail = CASE WHEN {_REJECTED} THEN runs.detail ELSE held.detail END
    FROM unnest(
        CAST(:accounts AS text[]), CAST(:untils AS timestamptz[]), CAST(:details AS text[]), CAST(:kept AS boolean[])
    ) AS held (account, until, detail, kept)
    WHERE lower(runs.account) = held.account AND runs.ready_at IS NOT NULL AND runs.status = 'queued'
        AND (runs.not_before IS NULL OR runs.not_before < held.until)
        AND (held.kept OR NOT ({_IN_DOUBT} OR {_REJECTED})) AND {_UNDERSTOOD}
""")
_WAITING = f"""
    SELECT id, lower(account) AS account, slot_at, not_before, turn_at, detail, verdict,
        status = 'working' AND (leased_until > clock_timestamp() OR lease_owner = :owner AND id = ANY(:held)) AS alive,
        {_UNDERSTOOD} AS understood
    FROM runs WHERE ready_at IS NOT NULL AND status IN ('queued', 'working') AND lower(account) = ANY(:accounts)
"""
_HAD_TURNS = text(f"SELECT id, account, alive FROM ({_WAITING}) AS waiting WHERE alive OR turn_at IS NOT NULL")
# First what may go, in slot order; else what may go next.
_HEADS = text(f"""
    SELECT DISTINCT ON (account) account, id, not_before, detail FROM ({_WAITING}) AS waiting
    WHERE NOT alive AND understood AND (account <> ALL(:kept) OR id = ANY(:keepers))
        AND (account <> ALL(:waiting) OR id = ANY(:keepers) OR {_REJECTED}
            OR id IN (SELECT run_id FROM publications WHERE outcome IS NULL OR outcome = 'unknown'))
    ORDER BY account, coalesce(not_before > :now, false),
        CASE WHEN not_before > :now THEN not_before END, slot_at, id
""").bindparams(bindparam("now", type_=_INSTANT))


@dataclass(frozen=True, slots=True)
class Head:
    """A run that has the turn of its account, under a new lease. *posted_at*: when that posted last, or may have."""

    facts: Facts
    posted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Until when an account has nothing that may go, and why. *kept*: by a thread, for which questions wait too."""

    until: datetime
    detail: str | None = None
    kept: bool = False


def take_turns(c: Connection, holds: Sequence[Hold], spaced: Collection[str] = ()) -> dict[str, datetime | None]:
    """Let runs of one owner have their accounts at once, where nothing else of those is ready: it keeps their leases.

    Gives when the accounts of those runs posted last, or may have, for the accounts that are *spaced*.
    """
    taken = c.execute(_TAKE_TURNS, _given(holds)).all() if holds else []
    return {row.id: accounts.last_post(c, row.account) if row.account in spaced else None for row in taken}


def hand_over(c: Connection, holds: Sequence[Hold]) -> set[str]:
    """Give runs of one owner to their accounts; tell which of them were still its own."""
    return set(c.execute(_HAND_OVER, _given(holds)).scalars()) if holds else set()


def _given(holds: Sequence[Hold]) -> dict[str, Any]:
    return {"ids": [hold.run_id for hold in holds], "epochs": [hold.epoch for hold in holds], "owner": holds[0].owner}


def have_ready(c: Connection, wanted: Iterable[str]) -> set[str]:
    """Tell which of the accounts *wanted*, in lower case, have runs that are ready, or are being posted."""
    return set(c.execute(_HAVE_READY, {"accounts": sorted(wanted)}).scalars())


def held_up(c: Connection, wanted: Iterable[str], now: datetime) -> dict[str, Wait]:
    """Tell which of the accounts *wanted*, in lower case, wait as a whole: one of their runs was told so.

    That is a run that was released with a detail: its gap, or the API's own limit. One that waits for itself (another
    try, an answer about what may be out) was released without, and does not count.
    """
    rows = c.execute(_HELD_UP, {"accounts": sorted(wanted), "now": now})
    return {row.account: Wait(row.until, row.detail) for row in rows}


def hold_back(c: Connection, waits: Mapping[str, Wait]) -> None:
    """Let all that is ready of these accounts wait as long: it would be told the same."""
    if waits:
        given = {
            "accounts": list(waits),
            "untils": [wait.until for wait in waits.values()],
            "details": [wait.detail for wait in waits.values()],
            "kept": [wait.kept for wait in waits.values()],
            "head": HEAD,
        }
        c.execute(_HOLD_BACK, given)


def take_heads(
    c: Connection,
    wanted: Iterable[str],
    *,
    owner: str,
    now: datetime,
    lease: timedelta,
    thread_deadline: timedelta,
    held: Collection[str] = (),
    spaced: Collection[str] = (),
    waiting: Collection[str] = (),
) -> dict[str, Head | Wait]:
    """Lease to *owner* the run whose turn is next, for each of the accounts *wanted*, in lower case.

    An account that has runs, but none that may go yet, is given with how long it waits; one that has none, or whose
    turn another has, is left out. Runs of templates that a newer program wrote are left to it. *held* are the runs
    that *owner* works on, *spaced* the accounts that keep a gap. Of the accounts *waiting*, which wait as a whole, only
    a run is given of which something may be out, for to ask about it is not to post; that is rejected, which is not to
    post either; or whose thread has the account.
    """
    asked: dict[str, Any] = {"accounts": sorted(wanted), "owner": owner, "held": list(held), "head": HEAD}
    busy, keepers = _in_the_way(c, asked, now, thread_deadline)
    asked["accounts"] = [account for account in asked["accounts"] if account not in busy]
    threads = [run_id for run_id, _ in keepers.values()]
    ordered = {"kept": list(keepers), "keepers": threads, "waiting": list(waiting), "now": now}
    heads = c.execute(_HEADS, asked | ordered).all()
    later = [row for row in heads if row.not_before is not None and row.not_before > now]
    found: dict[str, Head | Wait] = {row.account: _wait(row, keepers.get(row.account)) for row in later}
    for facts in _claim(c, [row.id for row in heads if row.account not in found], owner, now, lease):
        account = facts.run.account.lower()
        found[account] = Head(facts, accounts.last_post(c, account) if account in spaced else None)
    return found


def _in_the_way(
    c: Connection, asked: Mapping[str, Any], now: datetime, thread_deadline: timedelta
) -> tuple[set[str], dict[str, tuple[str, datetime]]]:
    """Give the accounts whose turn somebody has, and those that a thread keeps: which run, and until when at most."""
    rows = c.execute(_HAD_TURNS, asked).all()
    busy = {row.account for row in rows if row.alive}
    resting = [row.id for row in rows if not row.alive]
    begun = started_threads(c, resting) if resting else []
    kept = ((account.lower(), run_id, at + thread_deadline) for account, run_id, at in begun)
    return busy, {account: (run_id, until) for account, run_id, until in kept if until > now}


def _wait(first: Any, keeper: tuple[str, datetime] | None) -> Wait:
    """Give how long an account waits whose *first* run may not go yet; a *keeper* has it until its deadline at most."""
    if keeper is None:
        return Wait(first.not_before, first.detail)
    return Wait(min(first.not_before, keeper[1]), first.detail, kept=True)


def _claim(c: Connection, run_ids: Sequence[str], owner: str, now: datetime, lease: timedelta) -> list[Facts]:
    if not run_ids:
        return []
    taken = (
        update(runs)
        .where(runs.c.id.in_(run_ids))
        .values(
            status=constant(RunStatus.WORKING),
            lease_owner=owner,
            leased_until=func.clock_timestamp() + literal(lease, Interval()),
            epoch=runs.c.epoch + 1,
            started_at=func.coalesce(runs.c.started_at, literal(now, runs.c.started_at.type)),
            turn_at=func.clock_timestamp(),
        )
        .returning(runs)
    )
    return claimed_facts(c, c.execute(taken).mappings().all())
