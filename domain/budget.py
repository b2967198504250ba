"""Budgets: what a template or an account may spend in a run, a day or a month, and the entries of the books. Pure.

Amounts are micros: millionths of a US dollar.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain.owner import LOCAL_OWNER
from domain.schedule import Grid, Schedule

# A run is one window from its first payment to its last, whenever they are.
ALWAYS = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC))


class Period(StrEnum):
    RUN = "run"
    DAY = "day"
    MONTH = "month"


class Scope(StrEnum):
    """Whose money a window counts."""

    RUN = "run"
    TEMPLATE = "template"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that may be spent in each period; None: any amount."""

    run: int | None = None
    day: int | None = None
    month: int | None = None


@dataclass(frozen=True, slots=True)
class AccountBudget:
    """The budget of one account, all its templates together; days and months are those of *timezone*."""

    account: str  # in lower case
    day: int | None
    month: int | None
    timezone: str


@dataclass(frozen=True, slots=True)
class Window:
    """One stretch of time, from *start* until before *end*, in which *subject* may spend at most *limit*.

    *subject* is a run's or a template's id, or an account in lower case: what *owner_id* spends as it.
    """

    scope: Scope
    subject: str
    period: Period
    start: datetime
    end: datetime
    limit: int
    owner_id: str = LOCAL_OWNER


class EntryKind(StrEnum):
    """What was paid for: sending a post, taking one back, the tokens of a model."""

    POST = "post"
    DELETE = "delete"
    READ = "read"  # the schema knows it; reads are not in the books
    MODEL = "model"


class EntryState(StrEnum):
    RESERVED = "reserved"  # it may be spent any moment
    SPENT = "spent"  # paid, or perhaps: an unknown outcome counts
    RELEASED = "released"  # certainly not paid


@dataclass(frozen=True, slots=True)
class Entry:
    """One payment: reserved, then spent or released. *at* decides the day and the month that it counts for."""

    id: str
    kind: EntryKind
    run_id: str
    template_id: str
    account: str  # in lower case
    amount: int
    state: EntryState
    detail: str
    at: datetime
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """What a window has taken so far."""

    spent: int = 0
    reserved: int = 0

    @property
    def taken(self) -> int:
        return self.spent + self.reserved


def cost(entries: Iterable[Entry]) -> Balance:
    """Add up what entries have come to so far."""
    amounts = dict.fromkeys(EntryState, 0)
    for each in entries:
        amounts[each.state] += each.amount
    return Balance(amounts[EntryState.SPENT], amounts[EntryState.RESERVED])


def post_entry_id(run_id: str, group: int, part: int) -> str:
    """Give the id of the entry that one part of a run is paid with, whatever the number of attempts."""
    return f"{run_id}-{group}-{part}"


def zone_of(schedule: Schedule) -> str:
    """Give the name of the time zone in which a schedule's days begin and end."""
    if not isinstance(schedule.cadence, Grid):
        return schedule.cadence.timezone
    return schedule.closures.timezone if schedule.closures else "UTC"


def day_of(moment: datetime, zone: str) -> tuple[datetime, datetime]:
    """Give the first instant of the day in *zone* that *moment* lies in, and that of the next; both in UTC."""
    return _day(moment.astimezone(ZoneInfo(zone)).date(), zone)


def month_of(moment: datetime, zone: str) -> tuple[datetime, datetime]:
    """Give the first instant of the month in *zone* that *moment* lies in, and that of the next; both in UTC."""
    first = moment.astimezone(ZoneInfo(zone)).date().replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return _midnight(first, zone), _midnight(following, zone)


def windows(
    budget: Budget | None,
    account: AccountBudget | None,
    *,
    run_id: str,
    template_id: str,
    zone: str,
    now: datetime,
    owner: str,
) -> tuple[Window, ...]:
    """Give the windows that a payment of a run at *now* must fit into; none where nothing is limited."""
    found: list[Window] = []
    if budget is not None:
        if budget.run is not None:
            found.append(Window(Scope.RUN, run_id, Period.RUN, *ALWAYS, budget.run, owner))
        if budget.day is not None:
            found.append(Window(Scope.TEMPLATE, template_id, Period.DAY, *day_of(now, zone), budget.day, owner))
        if budget.month is not None:
            found.append(Window(Scope.TEMPLATE, template_id, Period.MONTH, *month_of(now, zone), budget.month, owner))
    if account is not None:
        name, there = account.account, account.timezone
        if account.day is not None:
            found.append(Window(Scope.ACCOUNT, name, Period.DAY, *day_of(now, there), account.day, owner))
        if account.month is not None:
            found.append(Window(Scope.ACCOUNT, name, Period.MONTH, *month_of(now, there), account.month, owner))
    return tuple(found)


def _day(day: date, zone: str) -> tuple[datetime, datetime]:
    return _midnight(day, zone), _midnight(day + timedelta(days=1), zone)


def _midnight(day: date, zone: str) -> datetime:
    """Give the first instant of *day*: where the clock skips midnight, the instant at which it does."""
    return datetime.combine(day, time(0), ZoneInfo(zone)).astimezone(UTC)
