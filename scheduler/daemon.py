"""The long-running process: it plans, works, delivers, keeps feeds fresh and prunes, until it is told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from math import inf
from operator import itemgetter
from types import MappingProxyType
from typing import Protocol

import structlog
from sqlalchemy import Connection

from scheduler import approvals, clock_steps
from scheduler.clock_watch import Watch, observe
from scheduler.crew import Crew
from scheduler.delivery import Delivery
from scheduler.delivery.roles import Role
from scheduler.heartbeat import Beat, Heartbeat
from scheduler.ids import new_id
from scheduler.leases import Leases
from scheduler.next_step import THREAD_DEADLINE
from scheduler.outdated import notice, unless_outdated
from scheduler.planner import Planned, plan_due
from scheduler.pulse import Pulse
from scheduler.runner import Runner
from storage import accounts, pruning, runs, schema, templates
from storage.database import Database, data_version
from storage.pruning import Keep
from storage.writer import Writer

log = structlog.get_logger(__name__)

LOOK_EVERY = timedelta(seconds=1)  # an edit by another process counts within this
A_MOMENT = timedelta(milliseconds=100)
PRUNE_EVERY = timedelta(hours=1)
PRUNE_ROWS = 1000
STOP_BEATS_WITHIN = 3.0  # seconds; what is cut off then is done again at the next start


class Delivers(Protocol):
    async def deliver_due(self, now: datetime) -> datetime | None:
        """Deliver what is due; give when the next is."""
        ...


class RefreshesFeeds(Protocol):
    async def refresh_due(self, interval: timedelta) -> datetime:
        """Read the feeds that were not read for *interval*; give when to look again."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How much at once, and how often. *workers* is the number of runs in flight."""

    workers: int
    feed_interval: timedelta
    keep: Keep


class Daemon:
    """Puts the beats of the heart together. Owns no state that SQL does not hold."""

    def __init__(
        self,
        *,
        database: Database,
        writer: Writer,
        runner: Runner,
        leases: Leases,
        delivery: Delivery,
        delivering: Delivers,
        feed_reading: RefreshesFeeds,
        pace: Pace,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
        pulse: Pulse | None = None,
        more_beats: Mapping[str, Beat] = MappingProxyType({}),
        role: Role = Role.ALL,
    ) -> None:
        """*more_beats* come where slots are planned."""
        self._role = role
        self._delivery = delivery
        self._database = database
        self._writer = writer
        self._lanes = delivery.lanes
        self._leases = leases
        self._delivering = delivering
        self._feed_reading = feed_reading
        self._pace = pace
        self._clock = clock
        self._monotonic = monotonic
        self._watch = Watch()
        self._steps: list[timedelta] = []  # of the clock, that nobody has been told of yet
        self._crew = Crew(
            database=database,
            writer=writer,
            runner=runner,
            leases=leases,
            workers=pace.workers,
            clock=clock,
            monotonic=monotonic,
        )
        self._coming: datetime | None = datetime.min.replace(tzinfo=UTC)  # the next slot, as last heard of
        self._look_again = inf
        self._eyes: Connection | None = None
        self._seen_version = -1
        self._heart = Heartbeat(clock)
        self._pulse = pulse or Pulse(monotonic)
        self._heart.add("plan", self._tick, longest=LOOK_EVERY)
        current = partial(unless_outdated, self._pulse)
        if role.works:
            for name, (beat, longest) in self._delivery.beats(self._crew, self._wake_work).items():
                self._heart.add(name, current(beat), longest=longest)
            self._heart.add("deliver", current(self._deliver), longest=timedelta(minutes=1))
            self._heart.add("renew", self._crew.renew, longest=leases.lease / 3)
            self._crew.tell(ended=lambda: self._heart.wake("deliver"))
        if role.plans:
            alone = self._delivery.alone
            self._heart.add("feeds", current(alone("feeds", self._refresh_feeds)), longest=pace.feed_interval / 4)
            self._heart.add("prune", current(self._prune), longest=PRUNE_EVERY)
            self._heart.add("approvals", current(self._expire), longest=timedelta(minutes=1))
            for name, beat in more_beats.items():
                self._heart.add(name, current(alone(name, beat)), longest=timedelta(minutes=1))

    async def run(self, stop: asyncio.Event) -> None:
        """Run until *stop* is set; then finish what is in progress, as far as a few seconds allow."""
        await self._boot()
        self._heart.start()
        await self._delivery.open(self._look_around)
        log.info("daemon.ready", owner=self._leases.owner, role=self._role.value)
        self._pulse.ready()
        await stop.wait()
        self._pulse.stopping()
        await self._heart.stop(STOP_BEATS_WITHIN)
        await self._crew.wind_down(self._delivery.close())
        if self._eyes is not None:
            self._eyes.close()
        log.info("daemon.stopped")

    async def _boot(self) -> None:
        """Free what a dead process held, and let accounts remember their last posts and the threads begun on them."""
        if self._database.dialect == "sqlite":
            freed = await self._writer.call(lambda c: runs.reclaim(c, self._leases.owner))
            log.info("daemon.reclaimed", runs=freed)
        await self._writer.call(partial(clock_steps.look_back, now=self._clock()))
        with self._database.read() as connection:
            self._lanes.gaps = accounts.gaps(connection)
            since = self._clock() - self._lanes.longest_gap
            for account, at in accounts.last_posts(connection, since).items():
                self._lanes.sent(account, at)
            # Where two have started on one account, the first had lost it: the later one has it now.
            for account, run_id, started_at in sorted(runs.started_threads(connection), key=itemgetter(2)):
                self._lanes.hold(account, run_id, started_at + THREAD_DEADLINE)

    async def _tick(self, now: datetime) -> datetime | None:
        wanted = await self._plan(now)
        self._pulse.ticked()
        return wanted

    async def _plan(self, now: datetime) -> datetime | None:
        """Plan what is due; notice edits by other processes, and a clock that was stepped."""
        await self._watch_clock(now)
        if not self._watch.steady:
            return now + LOOK_EVERY
        if not self._known_to_be_due(now):
            self._coming, changed = await asyncio.to_thread(self._look)
            self._look_again = self._monotonic() + LOOK_EVERY.total_seconds()
            if changed:
                self._wake_workers()
            if not self._role.plans or self._pulse.outdated:
                return now + LOOK_EVERY
            if self._coming is None or self._coming > now:
                return self._coming
        plan = partial(_plan_due, now=now, deliver=self._delivery.deliver)
        planned = await self._delivery.plan(self._writer, plan)
        self._pulse.planned += planned.runs
        self._wake_workers(work=planned.runs > 0)
        self._coming = now if planned.more else planned.next_slot_at
        self._look_again = min(self._look_again, self._monotonic() + LOOK_EVERY.total_seconds())
        if self._coming is not None and not planned.templates:  # another planner has them just now
            return max(self._coming, now + A_MOMENT)
        return self._coming

    def _known_to_be_due(self, now: datetime) -> bool:
        """Tell whether the last plan has said that something is due by now, and nobody need look; at the start it is.

        What others changed is looked for each second also where slots come all the time.
        """
        due = self._coming is not None and self._coming <= now
        mine = self._role.plans and not self._pulse.outdated
        return due and mine and self._monotonic() < self._look_again

    def _look(self) -> tuple[datetime | None, bool]:
        """Read when the next slot is due, and, where the database may have changed since the last look, the gaps.

        The connection is kept: SQLite counts the changes that others made for each connection on its own.
        """
        if self._eyes is None:
            self._eyes = self._database.engine.connect()
        with self._eyes.begin():
            version = data_version(self._eyes)
            next_slot_at = templates.earliest_slot(self._eyes)
            changed = version != self._seen_version or not version
            if changed:
                notice(self._eyes, self._pulse)
                self._lanes.gaps = accounts.gaps(self._eyes)
        self._seen_version = version
        return next_slot_at, changed

    def _look_around(self) -> None:
        """Another process has told that there is something to do."""
        self._heart.wake("plan")
        self._wake_workers()

    def _wake_work(self) -> None:
        self._heart.wake("work")

    def _wake_workers(self, *, work: bool = True) -> None:
        if not self._role.works:
            return
        if work:
            self._wake_work()
        self._heart.wake("deliver")

    async def _watch_clock(self, now: datetime) -> None:
        before = self._watch
        self._watch = observe(before, now, self._monotonic())
        if self._watch.stepped_at not in (None, before.stepped_at):
            self._steps.append(self._watch.step)
        while self._steps:  # what could not be written is told with the next beat
            await self._writer.call(partial(clock_steps.record, step=self._steps[0], now=now))
            del self._steps[0]
            self._wake_workers()
        if self._watch.steady and not before.steady:
            await self._writer.call(partial(clock_steps.settle, step=self._watch.step, now=now))

    async def _deliver(self, now: datetime) -> datetime | None:
        return await self._delivering.deliver_due(now)

    async def _expire(self, now: datetime) -> datetime | None:
        """Decide about the runs whose approval was waited for long enough."""
        coming = await self._writer.call(lambda c: approvals.expire(c, now=now, new_id=new_id))
        self._wake_workers()
        return coming

    async def _refresh_feeds(self, now: datetime) -> datetime | None:
        del now
        return await self._feed_reading.refresh_due(self._pace.feed_interval)

    async def _prune(self, now: datetime) -> datetime | None:
        pruned = await self._writer.call(lambda c: pruning.prune(c, now, self._pace.keep, PRUNE_ROWS))
        return now + LOOK_EVERY if max(pruned.runs, pruned.events) >= PRUNE_ROWS else None


def _plan_due(
    connection: Connection, *, now: datetime, deliver: Callable[[Connection, Sequence[str]], None]
) -> Planned:
    """Plan what is due, unless the schema was changed since the last look so that this program may plan no more."""
    if schema.outdated(connection):
        return Planned(0, 0, more=False, next_slot_at=now + LOOK_EVERY)
    return plan_due(connection, now=now, new_id=new_id, deliver=deliver)
