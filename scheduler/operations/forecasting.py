"""What the planner will do over the coming days, for the stored templates and for what files would make of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, select

from domain.calendar import CalendarRead
from domain.errors import InputError
from domain.prices import PostPrices
from domain.reasons import Reason
from domain.run import RunStatus, Trigger
from domain.template import StoredTemplate, TemplateStatus
from scheduler import forecast
from scheduler.cost_forecast import Costs
from scheduler.forecast import Collision, Comparison, Day, Decided, Outlook
from scheduler.operations import applying, costing
from scheduler.operations.joined import Joined
from storage import accounts, runs, templates
from storage.database import Database
from storage.tables import constant
from storage.tables import runs as table
from storage.webhooks import Cipher

CHUNK = 500  # ids in one IN list
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


class _Undone(InputError):
    """Takes a rehearsed transaction back."""


def plan(
    database: Database, names: Sequence[str], *, span: Span, spacing: timedelta, prices: PostPrices, model: bool = False
) -> Plan:
    """Look ahead for the templates of *names*, or all that are active.

    A template that is named and paused is looked at as if it were resumed now. *spacing* is the least time between two
    posts of an account that has no gap of its own, *prices* are those of posts, and *model* tells that a language model
    with prices writes. Raises NotFound.
    """
    with database.read() as connection:
        stored = _chosen(connection, names)
        outlooks = _outlooks(connection, stored, span)
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
    calendars: Iterable[CalendarRead] = (),
    span: Span,
    cipher: Cipher,
    new_id: Callable[[], str],
) -> list[Comparison]:
    """Compare the runs of the active templates with those they would have after `template apply` of *written*.

    The apply is done in full and taken back. Only templates whose runs differ are given. Raises as `apply` does.
    """
    found: list[Comparison] = []
    try:
        with database.write() as connection:
            before = _runs(connection, span)
            applying.apply(
                Joined(connection),
                written,
                mark=mark,
                prune=prune,
                calendars=calendars,
                cipher=cipher,
                now=span.now,
                new_id=new_id,
            )
            after = _runs(connection, span)
            found += [forecast.compare(name, before.get(name, ()), after.get(name, ())) for name in before | after]
            raise _Undone
    except _Undone:
        pass
    return sorted((each for each in found if each.moved or each.added or each.dropped), key=lambda each: each.name)


def coming(connection: Connection, stored: StoredTemplate, span: Span) -> list[datetime]:
    """Give the slots that one template will run within *span*; of a paused one as if it were resumed now."""
    return [slot.at for slot in outlook(connection, stored, span).runs]


def outlook(connection: Connection, stored: StoredTemplate, span: Span) -> Outlook:
    """Give what becomes of the slots of one template within *span*; of a paused one as if it were resumed now."""
    (found,) = _outlooks(connection, [stored], span)
    return found


def _runs(connection: Connection, span: Span) -> dict[str, list[datetime]]:
    outlooks = _outlooks(connection, _chosen(connection, ()), span)
    return {each.template.name: [slot.at for slot in each.runs] for each in outlooks}


def _chosen(connection: Connection, names: Sequence[str]) -> list[StoredTemplate]:
    if names:
        found = {each.template.id: each for each in (templates.get(connection, name) for name in names)}
        standing = (TemplateStatus.ACTIVE, TemplateStatus.PAUSED)
        return [each for each in found.values() if each.state.status in standing]
    return [each for each in templates.list_all(connection) if each.state.status is TemplateStatus.ACTIVE]


def _outlooks(connection: Connection, stored: Sequence[StoredTemplate], span: Span) -> tuple[Outlook, ...]:
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
