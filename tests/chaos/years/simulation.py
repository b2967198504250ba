"""The real planner on a clock that jumps from slot to slot, and at which nobody looks now and then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from random import Random

from sqlalchemy import Connection, func, select, update

from domain.run import RunStatus
from domain.schedule import Schedule
from domain.template import PostType, Sources, StoredTemplate, Template, TemplateState, TemplateStatus
from scheduler import due
from scheduler.planner import plan_due
from storage import templates
from storage.database import Database
from storage.tables import runs

DAY = timedelta(days=1)
NO_TIME = timedelta(0)
WAITS = runs.c.status == RunStatus.QUEUED.value


@dataclass(frozen=True, slots=True)
class Outage:
    """A stretch of time in which no daemon runs."""

    start: datetime
    end: datetime


@dataclass
class Simulation:
    """A database with templates, and the ticks that were made. A run begins when it is due, and *takes* a time."""

    database: Database
    begin: datetime
    until: datetime
    outages: Sequence[Outage] = ()
    pause: timedelta = timedelta(0)  # the least time between two looks
    takes: Mapping[str, timedelta] = field(default_factory=dict)  # by template; others take no time
    ticks: list[datetime] = field(default_factory=list)
    working: dict[str, datetime] = field(default_factory=dict)  # runs that have begun, each with its end

    def add(self, schedules: Iterable[tuple[str, Schedule]]) -> list[StoredTemplate]:
        """Keep a template of each name and schedule; give them as they are kept."""
        names = []
        with self.database.write() as c:
            for name, schedule in schedules:
                made = Template(name, name, "demo", PostType.TWEET, schedule, Sources(text="words"))
                state = TemplateState(
                    TemplateStatus.ACTIVE, due.first_slot(schedule, self.begin), self.begin, self.begin
                )
                templates.insert(c, made, state)
                names.append(name)
        with self.database.read() as c:
            return [templates.get(c, name) for name in names]

    def run(self) -> None:
        """Plan and work from the beginning to the end."""
        numbers = count()
        following: datetime | None = self.begin
        while following is not None and (now := self._awake(following)) < self.until:
            self.ticks.append(now)
            with self.database.write() as c:
                self._finish(c, now)
                while (planned := plan_due(c, now=now, new_id=lambda: f"id{next(numbers)}")).more:
                    continue
                begun = select(runs.c.id, runs.c.template_id).where(WAITS, runs.c.due_at <= now)
                for run_id, template_id in c.execute(begun):
                    self.working.setdefault(run_id, now + self.takes.get(template_id, NO_TIME))
                self._finish(c, now)
                first = func.min(runs.c.due_at, type_=runs.c.due_at.type)
                coming = c.execute(select(first).where(WAITS, runs.c.due_at > now)).scalar()
            ahead = [at for at in (planned.next_slot_at, coming) if at is not None]
            following = max(min(ahead), now + self.pause) if ahead else None
        with self.database.write() as c:  # what has begun, and what is to be made up after the year, comes to its end
            c.execute(update(runs).where(WAITS).values(status=RunStatus.POSTED.value, finished_at=runs.c.due_at))

    def _finish(self, c: Connection, now: datetime) -> None:
        done = [run_id for run_id, end in self.working.items() if end <= now]
        if done:
            values = {"status": RunStatus.POSTED.value, "finished_at": now}
            c.execute(update(runs).where(runs.c.id.in_(done)).values(values))
        for run_id in done:
            del self.working[run_id]

    def _awake(self, at: datetime) -> datetime:
        return next((outage.end for outage in self.outages if outage.start <= at < outage.end), at)


def outages(begin: datetime, days: int, chance: Random, number: int) -> list[Outage]:
    """Draw *number* outages, from minutes to days, one of them longer than the planner looks back slot by slot."""
    found: list[Outage] = []
    for length in [40 * DAY, *(DAY * chance.choice([0.003, 0.02, 0.1, 0.5, 1, 3]) for _ in range(number - 1))]:
        start = begin + DAY * chance.uniform(1, days)
        if length < days * DAY / 4 and all(start > each.end or start + length < each.start for each in found):
            found.append(Outage(start, start + length))
    return sorted(found, key=lambda each: each.start)
