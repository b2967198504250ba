"""Claims: which worker works on which run, and for how long."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Integer,
    Interval,
    Text,
    and_,
    bindparam,
    cast,
    column,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    table,
    update,
)

from domain.run import Facts, RunStatus
from storage.runs.rows import claimed_facts
from storage.schema import HEAD
from storage.tables import busy_index, constant, installation, runs, templates
from storage.templates import understood

_VERSION = table("alembic_version", column("version_num", Text))
QUEUED = constant(RunStatus.QUEUED)
WORKING = constant(RunStatus.WORKING)


def claim(
    c: Connection,
    *,
    owner: str,
    now: datetime,
    lease: timedelta,
    limit: int,
    held: Collection[str] = (),
    only: Collection[str] | None = None,
) -> list[Facts]:
    """Lease up to *limit* runs to *owner* and give what is recorded about them, by when they were due.

    First those whose worker let its lease lapse, then those that are queued. The single UPDATE of each kind picks the
    winner, so two workers never get the same run; the epoch it raises voids every earlier hold. The runs *held* are
    those that *owner* works on: they are not given again. One that stands under its name and that it does not know of
    (the answer to the claim was lost) is given when its lease lapses. A queued run waits until it is due, and until
    the runs of its template that were due before it are done, so that slots that queue or are made up run one after
    the other. With *only*, none but those are given, and of those none that waits for its account. Runs of templates
    that a newer program wrote are left to it, and all where this one is too old for the database. Leases go by the
    database's clock on PostgreSQL and by *now* on SQLite.
    """
    values = {"owner": owner, "now": now, "lease": lease, "until": now + lease, "held": json.dumps(list(held))}
    if only is not None:
        values["only"] = list(only)
    rows: list[Any] = []
    for statement in _claims(c.dialect.name, bool(held), only is not None):
        if len(rows) < limit:
            rows.extend(c.execute(statement, {**values, "limit": limit - len(rows)}).mappings())
    return claimed_facts(c, sorted(rows, key=lambda row: (row["due_at"], row["id"])))


@cache
def _claims(dialect: str, holds: bool, named: bool) -> tuple[Any, Any]:
    """Give the UPDATE of the lapsed and that of the queued; built once, for they are many expressions."""
    owner, now = bindparam("owner", type_=runs.c.lease_owner.type), bindparam("now", type_=runs.c.due_at.type)
    clock = func.clock_timestamp() if dialect == "postgresql" else now
    lapsed = (
        select(runs.c.id)
        .where(runs.c.status == WORKING, runs.c.leased_until <= clock, _understood())
        .order_by(runs.c.leased_until)
    )
    if holds:
        lapsed = lapsed.where(or_(runs.c.lease_owner != owner, runs.c.id.not_in(_listed(dialect, "held"))))
    queued = (
        select(runs.c.id)
        .where(
            runs.c.status == QUEUED,
            or_(runs.c.not_before.is_(None), runs.c.not_before <= now),
            runs.c.due_at <= now,
            ~_behind(),
            _understood(),
        )
        .order_by(runs.c.due_at, runs.c.id)
    )
    if named:
        these = (runs.c.id.in_(bindparam("only", expanding=True)), runs.c.ready_at.is_(None))
        lapsed, queued = lapsed.where(*these), queued.where(*these)
    until = (
        func.clock_timestamp() + bindparam("lease", type_=Interval())
        if dialect == "postgresql"
        else bindparam("until", type_=runs.c.leased_until.type)
    )
    # Nobody has the turn of its account by having had it once.
    turn = {"turn_at": None} if dialect == "postgresql" else {}
    lapsed_taken, queued_taken = (
        update(runs)
        .where(runs.c.id.in_(wanted.limit(bindparam("limit", type_=Integer())).with_for_update(skip_locked=True)))
        .values(
            status=WORKING,
            lease_owner=owner,
            leased_until=until,
            epoch=runs.c.epoch + 1,
            started_at=func.coalesce(runs.c.started_at, now),
            **turn,
        )
        .returning(runs)
        for wanted in (lapsed, queued)
    )
    return lapsed_taken, queued_taken


def _listed(dialect: str, name: str) -> Any:
    """Give the texts of the parameter *name*, a JSON list: one statement, prepared once, however many there are."""
    document = bindparam(name, type_=Text())
    if dialect == "postgresql":
        return select(func.json_array_elements_text(cast(document, JSON)).column_valued("listed"))
    return select(func.json_each(document).table_valued("value", name="listed").c.value)


def reclaim(c: Connection, owner: str) -> int:
    """Free every run that another than *owner* holds; give how many there were.

    For the only process of an installation, at its start: whoever held them is dead.
    """
    freed = (
        update(runs)
        .where(runs.c.status == WORKING, runs.c.lease_owner != owner)
        .values(status=QUEUED, lease_owner=None, leased_until=None)
    )
    return c.execute(freed).rowcount


def renew(
    c: Connection, owner: str, lease: timedelta, now: datetime, run_ids: Collection[str] | None = None
) -> list[str]:
    """Lengthen the leases of *run_ids* to *lease* from now, where *owner* holds them still; give those.

    Without *run_ids*, all that *owner* holds. A daemon names those that it works on: what stands under its name and it
    does not know of must lapse, or nobody would ever take it up. On PostgreSQL a lease that has lapsed is not renewed:
    with it went the turn of the run's account, which another process may have by now.
    """
    mine = [runs.c.status == WORKING, runs.c.lease_owner == owner]
    if run_ids is not None:
        mine.append(runs.c.id.in_(list(run_ids)))
    if c.dialect.name == "postgresql":
        mine.append(runs.c.leased_until > func.clock_timestamp())
    change = update(runs).where(*mine).values(leased_until=_until(c, now, lease)).returning(runs.c.id)
    return list(c.execute(change).scalars())


def next_work_at(c: Connection) -> datetime | None:
    """Give when the next queued run may be worked on: its `not_before`, or when it was due if it has none.

    One that waits for an earlier run of its template does not count: that one's end is what it waits for.
    """
    moment = func.min(func.coalesce(runs.c.not_before, runs.c.due_at), type_=runs.c.due_at.type)
    found: datetime | None = c.execute(
        select(moment).where(runs.c.status == QUEUED, ~_behind(), _understood())
    ).scalar()
    return found


def _behind() -> ColumnElement[bool]:
    """Tell whether an earlier run of the same template is open, or its outcome unknown."""
    earlier = runs.alias("earlier")
    before = or_(earlier.c.due_at < runs.c.due_at, and_(earlier.c.due_at == runs.c.due_at, earlier.c.id < runs.c.id))
    return exists().where(earlier.c.template_id == runs.c.template_id, busy_index(earlier), before)


def _understood() -> ColumnElement[bool]:
    """Tell whether this program may work on the run: as `schema.outdated`, and no newer program wrote its template.

    Both are asked only on a newer schema.
    """
    head = literal_column(repr(HEAD), Text)
    version = select(_VERSION.c.version_num).scalar_subquery()
    oldest = select(installation.c.oldest_schema).scalar_subquery()
    newer = exists().where(templates.c.id == runs.c.template_id, ~understood())
    return or_(version <= head, and_(oldest <= head, ~newer))


def _until(c: Connection, now: datetime, lease: timedelta) -> Any:
    if c.dialect.name == "postgresql":
        return func.clock_timestamp() + literal(lease, Interval())
    return literal(now + lease, runs.c.leased_until.type)
