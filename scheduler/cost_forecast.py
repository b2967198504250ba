"""What the coming runs will cost, and where a budget will stop them: forecast. Pure.

Every run is taken to post what it may, and its model to take what it took on average. A run whose posts do not fit into
a budget is over it and costs nothing; where only the model does not fit, the embedded writer answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from heapq import merge
from zoneinfo import ZoneInfo

from domain.budget import AccountBudget, Budget, Period, Scope, zone_of
from scheduler.forecast import Outlook

Key = tuple[Scope, str, Period, date]  # whose, which kind, and its first day


@dataclass(frozen=True, slots=True)
class RunCost:
    """What a run of one template costs, in micros: its posts, and its model on average."""

    posts: int
    model: int = 0


@dataclass(slots=True)
class TemplateCost:
    """What a template's runs come to. A budget stops those of *over*, and the model of *without_model* others."""

    each: RunCost
    total: int = 0
    over: list[datetime] = field(default_factory=list)
    without_model: int = 0


@dataclass(frozen=True, slots=True)
class Costs:
    """The cost of all runs by template's name and by day in UTC, in micros, and how many runs are over budget each day.

    *model_unknown* tells that a model is configured and no run has been paid yet to tell what it takes.
    """

    templates: Mapping[str, TemplateCost]
    days: Mapping[date, int]
    over: Mapping[date, int]
    model_unknown: bool = False

    @property
    def total(self) -> int:
        return sum(each.total for each in self.templates.values())


def costs(
    outlooks: Iterable[Outlook],
    *,
    each: Mapping[str, RunCost],
    accounts: Mapping[str, AccountBudget],
    taken: Mapping[Key, int],
    model_unknown: bool = False,
) -> Costs:
    """Add up what the runs of *outlooks* cost, in the order in which they come.

    *each* is by template's id, *accounts* by account in lower case. *taken* is what windows have spent and reserved
    already, by the first day of each.
    """
    found: dict[str, TemplateCost] = {}
    days: Counter[date] = Counter()
    over: Counter[date] = Counter()
    limited: list[tuple[Outlook, TemplateCost, _Limits]] = []
    for outlook in outlooks:
        template = outlook.template
        cost = found[template.name] = TemplateCost(each[template.id])
        account = accounts.get(template.account.lower())
        if template.budget is not None or account is not None:
            limited.append((outlook, cost, _Limits(outlook, account)))
            continue
        whole = cost.each.posts + cost.each.model
        cost.total = whole * len(outlook.runs)
        for slot in outlook.runs:
            days[slot.at.date()] += whole
    books = Counter(taken)
    for at, cost, limits in _in_order(limited):
        paid = _paid(at, cost.each, limits, books)
        if paid is None:
            cost.over.append(at)
            over[at.date()] += 1
            continue
        cost.total += paid
        cost.without_model += paid < cost.each.posts + cost.each.model
        days[at.date()] += paid
    return Costs(found, days, over, model_unknown)


class _Limits:
    """The limits of one template's runs, and which windows an instant lies in."""

    def __init__(self, outlook: Outlook, account: AccountBudget | None) -> None:
        template, budget = outlook.template, outlook.template.budget or Budget()
        self.run = budget.run
        own = (Scope.TEMPLATE, template.id, ZoneInfo(zone_of(template.schedule)))
        self._each = [(*own, Period.DAY, budget.day), (*own, Period.MONTH, budget.month)]
        if account is not None:
            theirs = (Scope.ACCOUNT, account.account, ZoneInfo(account.timezone))
            self._each += [(*theirs, Period.DAY, account.day), (*theirs, Period.MONTH, account.month)]

    def at(self, moment: datetime) -> Iterator[tuple[Key, int]]:
        for scope, subject, zone, period, limit in self._each:
            if limit is not None:
                yield key(scope, subject, period, moment, zone), limit


def key(scope: Scope, subject: str, period: Period, moment: datetime, zone: ZoneInfo) -> Key:
    """Give the window that *moment* lies in."""
    day = moment.astimezone(zone).date()
    return scope, subject, period, day if period is Period.DAY else day.replace(day=1)


def _in_order(
    limited: Iterable[tuple[Outlook, TemplateCost, _Limits]],
) -> Iterator[tuple[datetime, TemplateCost, _Limits]]:
    def of(number: int, outlook: Outlook) -> Iterator[tuple[datetime, int]]:
        return ((slot.at, number) for slot in outlook.runs)

    known = list(limited)
    for at, number in merge(*(of(number, outlook) for number, (outlook, _, _) in enumerate(known))):
        yield at, known[number][1], known[number][2]


def _paid(at: datetime, each: RunCost, limits: _Limits, books: Counter[Key]) -> int | None:
    """Give what a run at *at* pays, and enter it; None when not even its posts fit."""
    windows = list(limits.at(at))
    for cost in (each.posts + each.model, each.posts):
        fits = limits.run is None or cost <= limits.run
        if fits and all(books[window] + cost <= limit for window, limit in windows):
            for window, _ in windows:
                books[window] += cost
            return cost
    return None
