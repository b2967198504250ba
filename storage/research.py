"""Deep research: who works on which, what it may still take, what it has so far, and its report.

What costs pages or money is counted before it is done, under the worker's hold: repeated after a crash, a research
never takes more than its bounds allow all its attempts together.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Interval,
    RowMapping,
    and_,
    delete,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    tuple_,
)
from sqlalchemy import update as update_of

from domain.errors import LeaseLost, NotFound
from domain.research import FINISHED, Notes, OutputType, Report, Research, ResearchStatus, Scope
from domain.run import Hold, Rejected
from storage import codec
from storage.tables import constant, research

QUEUED, WORKING = constant(ResearchStatus.QUEUED), constant(ResearchStatus.WORKING)
KEPT = 100  # reports of one that recurs
_REJECTED = tuple[Rejected, ...]
_UNFINISHED = research.c.status.in_([QUEUED, WORKING])
_SHOWN = [column for column in research.c if column.name != "notes"]
_LARGE = ("report", "details", "rejected")


def add(c: Connection, made: Research) -> None:
    """Keep a research that waits for a worker. One that a run asks for again stays as it is."""
    if made.run_id is not None and of_run(c, made.run_id) is not None:
        return
    row = {
        "id": made.id,
        "owner_id": made.owner_id,
        "topic": made.topic,
        "status": made.status.value,
        "output_type": made.output.value,
        "scope": codec.dump(Scope, made.scope),
        "recurring_id": made.recurring_id,
        "run_id": made.run_id,
        "callback_data": made.callback_data,
        "created_at": made.created_at,
    }
    c.execute(insert(research).values(row))


def get(c: Connection, research_id: str, *, owner: str) -> Research:
    """Give one of *owner* by its id. Raises NotFound."""
    row = (
        c.execute(select(*_SHOWN).where(research.c.id == research_id, research.c.owner_id == owner)).mappings().first()
    )
    if row is None:
        raise NotFound("research", research_id, "`ostinato research list` shows those there are")
    return _research(row)


def list_all(c: Connection, *, limit: int, recurring_id: str | None = None, owner: str) -> list[Research]:
    """Give the newest of *owner*, up to *limit* of them; with *recurring_id* those that came of it."""
    query = select(*_SHOWN).where(research.c.owner_id == owner)
    query = query.order_by(research.c.created_at.desc(), research.c.id.desc()).limit(limit)
    if recurring_id is not None:
        query = query.where(research.c.recurring_id == recurring_id)
    return [_research(row) for row in c.execute(query).mappings()]


def outlines(
    c: Connection, *, limit: int, after: tuple[datetime, str] | None = None, recurring_id: str | None = None, owner: str
) -> list[Research]:
    """Give the newest of *owner*, up to *limit*, without their reports; *after* is when and as what the last was made.

    With *recurring_id* only those that came of it.
    """
    place = (research.c.created_at, research.c.id)
    left_out = [null().label(name) for name in _LARGE]
    columns = [column for column in _SHOWN if column.name not in _LARGE]
    query = select(*columns, *left_out).where(research.c.owner_id == owner)
    if recurring_id is not None:
        query = query.where(research.c.recurring_id == recurring_id)
    if after is not None:
        query = query.where(tuple_(*place) < tuple_(*after))
    newest = query.order_by(*(column.desc() for column in place)).limit(limit)
    return [_research(row) for row in c.execute(newest).mappings()]


def last_times(c: Connection, recurring_ids: Collection[str]) -> dict[str, datetime]:
    """Give when each of these that recur was last queued; those that never were are not there."""
    newest = func.max(research.c.created_at, type_=research.c.created_at.type)
    query = select(research.c.recurring_id, newest).where(research.c.recurring_id.in_(recurring_ids))
    return {row[0]: row[1] for row in c.execute(query.group_by(research.c.recurring_id))}


def of_run(c: Connection, run_id: str) -> Research | None:
    """Give the one that a run asked for, if any."""
    row = c.execute(select(*_SHOWN).where(research.c.run_id == run_id)).mappings().first()
    return _research(row) if row is not None else None


def newest_done(c: Connection, recurring_id: str) -> Research | None:
    """Give the newest finished report of one that recurs, if there is any."""
    done = research.c.status == constant(ResearchStatus.DONE)
    query = select(*_SHOWN).where(research.c.recurring_id == recurring_id, done)
    row = c.execute(query.order_by(research.c.finished_at.desc(), research.c.id.desc()).limit(1)).mappings().first()
    return _research(row) if row is not None else None


def is_unfinished(c: Connection, recurring_id: str) -> bool:
    """Tell whether one that recurs is queued or worked on."""
    found = select(research.c.id).where(research.c.recurring_id == recurring_id, _UNFINISHED).limit(1)
    return c.execute(found).first() is not None


def thin_out(c: Connection, recurring_id: str) -> None:
    """Remove of the finished reports of one that recurs all but the newest 100."""
    finished = (research.c.recurring_id == recurring_id, research.c.status.in_([each.value for each in FINISHED]))
    kept = select(research.c.id).where(*finished).order_by(research.c.created_at.desc()).limit(KEPT)
    c.execute(delete(research).where(*finished, research.c.id.not_in(kept)))


def claim(c: Connection, *, owner: str, now: datetime, lease: timedelta) -> tuple[Research, Hold, Notes] | None:
    """Lease the oldest that nobody works on to *owner*, with what it has so far; None when there is none.

    The one UPDATE picks the winner, and the count of attempts that it raises voids every earlier hold. Leases go by the
    database's clock on PostgreSQL and by *now* on SQLite.
    """
    free = or_(
        research.c.status == QUEUED, and_(research.c.status == WORKING, research.c.leased_until <= _clock(c, now))
    )
    oldest = select(research.c.id).where(_UNFINISHED, free).order_by(research.c.created_at, research.c.id).limit(1)
    claimed = (
        update_of(research)
        .where(research.c.id == oldest.with_for_update(skip_locked=True).scalar_subquery())
        .values(
            status=WORKING,
            lease_owner=owner,
            leased_until=_until(c, now, lease),
            attempts=research.c.attempts + 1,
            started_at=func.coalesce(research.c.started_at, literal(now, research.c.started_at.type)),
        )
        .returning(research)
    )
    row = c.execute(claimed).mappings().first()
    if row is None:
        return None
    found = _research(row)
    notes = codec.load(Notes, row["notes"]) if row["notes"] else Notes()
    return found, Hold(found.id, owner, found.attempts), notes


def renew(c: Connection, hold: Hold, *, worked: timedelta, now: datetime, lease: timedelta) -> None:
    """Keep the hold for another *lease*, and count the time *worked* since it was last counted. Raises LeaseLost."""
    more = research.c.worked_ms + worked // timedelta(milliseconds=1)
    _held(c, hold, leased_until=_until(c, now, lease), worked_ms=more)


def note(c: Connection, hold: Hold, notes: Notes) -> None:
    """Keep what it has so far. Raises LeaseLost."""
    _held(c, hold, notes=codec.dump(Notes, notes))


def take_pages(c: Connection, hold: Hold, wanted: int, *, most: int) -> int:
    """Count up to *wanted* pages that are about to be read, *most* of them altogether; give how many. Raises LeaseLost.

    The row is this worker's alone, so that reading and then writing it is no race.
    """
    taken = int(c.execute(select(research.c.pages).where(research.c.id == hold.run_id)).scalar() or 0)
    granted = max(0, min(wanted, most - taken))
    _held(c, hold, pages=research.c.pages + granted)
    return granted


def spend(c: Connection, hold: Hold, micros: int, *, most: int) -> bool:
    """Count *micros* that are about to be spent; False, and nothing is counted, where that is more than *most*.

    A negative amount gives back what was not needed. Raises LeaseLost.
    """
    spent = int(c.execute(select(research.c.cost_micros).where(research.c.id == hold.run_id)).scalar() or 0)
    if micros > 0 and spent + micros > most:
        return False
    _held(c, hold, cost_micros=research.c.cost_micros + micros)
    return True


def finish(
    c: Connection,
    hold: Hold,
    *,
    text: str | None,
    report: Report | None,
    rejected: Sequence[Rejected],
    failure: str | None,
    now: datetime,
) -> None:
    """Record the report, or with *failure* why there is none. Raises LeaseLost."""
    _held(
        c,
        hold,
        status=(ResearchStatus.FAILED if failure else ResearchStatus.DONE).value,
        report=text,
        details=codec.dump(Report, report) if report else None,
        rejected=codec.dump(_REJECTED, tuple(rejected)),
        failure=failure,
        notes=None,
        finished_at=now,
        lease_owner=None,
        leased_until=None,
    )


def reclaim(c: Connection) -> int:
    """Let go of what dead workers held: for the one process that has the database to itself; give how many."""
    freed = update_of(research).where(research.c.status == WORKING)
    return c.execute(freed.values(status=QUEUED, lease_owner=None, leased_until=None)).rowcount


def _held(c: Connection, hold: Hold, **values: Any) -> None:
    """Change the row while the hold on it is good."""
    mine = (research.c.lease_owner == hold.owner, research.c.attempts == hold.epoch, research.c.status == WORKING)
    if c.execute(update_of(research).where(research.c.id == hold.run_id, *mine).values(values)).rowcount != 1:
        raise LeaseLost(hold.run_id)


def _clock(c: Connection, now: datetime) -> ColumnElement[Any]:
    if c.dialect.name == "postgresql":
        return func.clock_timestamp()
    return literal(now, research.c.leased_until.type)


def _until(c: Connection, now: datetime, lease: timedelta) -> ColumnElement[Any]:
    if c.dialect.name == "postgresql":
        return func.clock_timestamp() + literal(lease, Interval())
    return literal(now + lease, research.c.leased_until.type)


def _research(row: RowMapping) -> Research:
    made = Research(
        id=row["id"],
        topic=row["topic"],
        output=OutputType(row["output_type"] or OutputType.TEXT),
        status=ResearchStatus(row["status"]),
        created_at=row["created_at"],
        scope=codec.load(Scope, row["scope"]) if row["scope"] else Scope(),
        recurring_id=row["recurring_id"],
        run_id=row["run_id"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        attempts=row["attempts"],
        cost_micros=row["cost_micros"],
        pages=row["pages"],
        worked=timedelta(milliseconds=row["worked_ms"]),
        text=row["report"],
        failure=row["failure"],
        callback_data=row["callback_data"],
        owner_id=row["owner_id"],
    )
    return replace(
        made,
        report=codec.load(Report, row["details"]) if row["details"] else None,
        rejected=codec.load(_REJECTED, row["rejected"]) if row["rejected"] else (),
    )
