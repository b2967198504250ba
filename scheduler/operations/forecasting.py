"""What the planner will do over the coming days, for the stored templates and for what files would make of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, select

from domain.calendar import CalendarRead
from domain.owner import LOCAL_OWNER
from domain.prices import XquikPrices
from domain.reasons import Reason
from domain.run import RunStatus, Trigger
from domain.template import StoredTemplate, TemplateStatus
from scheduler import forecast
from scheduler.cost_forecast import Costs
from scheduler.forecast import Allowance, Collision, Comparison, Day, Decided, Outlook
from scheduler.operations import applying, costing
from scheduler.operations.joined import Joined
from storage import accounts, runs, templates
from storage.database import Database
from storage.tables import constant
from storage.tables import runs as table
from storage.webhooks import Cipher

CHUNK = 500  # ids in one IN list
AS_BEFORE = frozenset({applying.Action.UNCHANGED, applying.Action.ADOPTED, applying.Action.KEPT})
RUN_TAKES = timedelta(minutes=5)  # how long a run is taken to work, from its slot until its last post is out


@dataclass(frozen=True, slots=True)
class Span:
    """From which day on and until when to look ahead; the clock itself starts at *now*."""

    now: datetime
    start: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """The coming days of some templates. *collisions* and *costs* are forecasts."""

    span: Span
    outlooks: tuple[Outlook, ...]
    days: tuple[Day, ...]
    collisions: tuple[Collision, ...]
    paused: tuple[str, ...]
    costs: Costs


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What an apply would do, and the templates whose runs it would move, add or drop."""

    changes: tuple[applying.Change, ...]
    differ: tuple[Comparison, ...]


def plan(
    database: Database,
    names: Sequence[str],
    *,
    span: Span,
    spacing: timedelta,
    prices: XquikPrices,
    model: bool = False,
    allowance: Allowance | None = None,
    owner: str = LOCAL_OWNER,
) -> Plan:
    """Look ahead for the owner's templates of *names*, or all that are active.

    A template that is named and paused is looked at as if it were resumed now. *spacing* is the least time between two
    posts of an account that has no gap of its own, *prices* are those of posts, and *model* tells that a language model
    with prices writes. Raises NotFound, and InvalidInput when there are more slots than *allowance* has left.
    """
    with database.read() as connection:
        stored = _chosen(connection, names, owner)
        outlooks = _outlooks(connection, stored, span, allowance)
        gaps = accounts.gaps(connection)
        costs = costing.costs(connection, stored, outlooks, prices=prices, model=model, now=span.now)
    paused = tuple(each.template.name for each in stored if each.state.status is TemplateStatus.PAUSED)
    days = forecast.by_day(outlooks, span.start, span.until)
    return Plan(span, outlooks, tuple(days), tuple(forecast.collisions(outlooks, spacing, gaps)), paused, costs)


def against(
    database: Database,
    written: Collection[applying.Written],
    *,
    mark: str,
    prune: applying.Prune,
    calendars: Collection[CalendarRead] = (),
    span: Span,
    cipher: Cipher,
    new_id: Callable[[], str],
    allowance: Allowance | None = None,
    owner: str = LOCAL_OWNER,
) -> Rehearsed:
    """Give what `template apply` of *written* would do, and how the runs of the active templates would differ then.

    The apply is done in full and taken back. Only templates whose runs differ are compared. Raises as `apply` does, and
    InvalidInput when there are more slots, before and after, than *allowance* has left.
    """
    with database.write() as connection:
        with _taken_back(connection):
            changes = applying.apply(
                Joined(connection),
                written,
                mark=mark,
                prune=prune,
                calendars=calendars,
                cipher=cipher,
                now=span.now,
                new_id=new_id,
                owner=owner,
            )
            ids = [each.stored.template.id for each in changes if each.action not in AS_BEFORE]
            touched = None if calendars else ids  # a calendar moves the slots of whoever follows it
            after = _runs(connection, span, touched, owner, allowance)
        before = _runs(connection, span, touched, owner, allowance)
    found = [forecast.compare(name, before.get(name, ()), after.get(name, ())) for name in before | after]
    differ = sorted((each for each in found if each.moved or each.added or each.dropped), key=lambda each: each.name)
    return Rehearsed(tuple(changes), tuple(differ))


@contextmanager
def _taken_back(connection: Connection) -> Iterator[None]:
    """Take back what is written while the context lasts; the transaction around it goes on."""
    nested = connection.begin_nested()
    try:
        yield
    finally:
        nested.rollback()


def coming(connection: Connection, stored: StoredTemplate, span: Span) -> list[datetime]:
    """Give the slots that one template will run within *span*; of a paused one as if it were resumed now."""
    return [slot.at for slot in outlook(connection, stored, span).runs]


def outlook(connection: Connection, stored: StoredTemplate, span: Span) -> Outlook:
    """Give what becomes of the slots of one template within *span*; of a paused one as if it were resumed now."""
    (found,) = _outlooks(connection, [stored], span)
    return found


def _runs(
    connection: Connection, span: Span, ids: Collection[str] | None, owner: str, allowance: Allowance | None
) -> dict[str, list[datetime]]:
    """Give the slots that the owner's active templates, or those of *ids*, will run, by the template's name."""
    if ids is None:
        chosen = _chosen(connection, (), owner)
    else:
        stored = templates.get_many(connection, ids).values()
        chosen = [each for each in stored if each.state.status is TemplateStatus.ACTIVE]
    outlooks = _outlooks(connection, chosen, span, allowance)
    return {each.template.name: [slot.at for slot in each.runs] for each in outlooks}


def _chosen(connection: Connection, names: Sequence[str], owner: str) -> list[StoredTemplate]:
    if names:
        named = (templates.get(connection, name, owner=owner) for name in names)
        found = {each.template.id: each for each in named}
        standing = (TemplateStatus.ACTIVE, TemplateStatus.PAUSED)
        return [each for each in found.values() if each.state.status in standing]
    every = templates.list_all(connection, owner=owner)
    return [each for each in every if each.state.status is TemplateStatus.ACTIVE]


def _outlooks(
    connection: Connection, stored: Sequence[StoredTemplate], span: Span, allowance: Allowance | None = None
) -> tuple[Outlook, ...]:
    ids = [each.template.id for each in stored]
    limited = [each.template.id for each in stored if each.template.schedule.max_runs is not None]
    tallies = runs.tallies(connection, limited)
    waiting = runs.waiting_until(connection, ids, span.now)
    decided = _decided(connection, ids, waiting, span.now)
    outlooks = []
    for each in stored:
        tally = tallies.get(each.template.id, runs.Tally())
        found = forecast.look_ahead(
            each,
            now=span.now,
            start=span.start,
            until=span.until,
            run_takes=RUN_TAKES,
            runs_before=tally.done + tally.undone,
            decided=decided.get(each.template.id),
            pending=waiting.get(each.template.id),
            allowance=allowance,
        )
        outlooks.append(found)
    return tuple(outlooks)


def _decided(
    connection: Connection, ids: Sequence[str], waiting: Collection[str], now: datetime
) -> dict[str, dict[datetime, Decided]]:
    """Give the slots to come that were skipped or moved, and the runs that wait to be due, by template and slot."""
    found: dict[str, dict[datetime, Decided]] = defaultdict(dict)
    columns = (table.c.template_id, table.c.slot_at, table.c.due_at, table.c.reason)
    query = select(*columns).where(table.c.trigger == constant(Trigger.SCHEDULE))
    to_come = [(list(ids), table.c.slot_at >= now)]
    to_come.append((list(waiting), and_(table.c.status == RunStatus.QUEUED.value, table.c.due_at > now)))
    for wanted, condition in to_come:
        for at in range(0, len(wanted), CHUNK):
            rows = connection.execute(query.where(table.c.template_id.in_(wanted[at : at + CHUNK]), condition))
            for template_id, slot_at, due_at, reason in rows:
                found[template_id][slot_at] = Decided(due_at, Reason(reason) if reason else None)
    return found
