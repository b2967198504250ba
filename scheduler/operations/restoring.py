"""After a database was restored from a backup: nothing that may have been posted since then is posted again.

What happened between the backup and now is not in the database, but it did happen: slots ran, feed entries were used,
runs that wait in the backup have posted long ago. So all of that is over, with the reason `restored`. And no account
posts again before the daemon has read its own timeline back to the backup, which knows what the database does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, exists, select, update

from domain.errors import Conflict, Unreadable
from domain.publication import Outcome, PostStatus
from domain.reasons import SENTENCES, Reason
from domain.run import RunStatus
from domain.template import StoredTemplate, Template, TemplateStatus
from scheduler import due
from scheduler.events import Events
from scheduler.operations import mending
from scheduler.operations.skipping import unrecorded
from scheduler.planner import MICROSECOND, skipped
from scheduler.reconciling import reconciled
from storage import accounts, events, installation, restored, templates
from storage import feeds as all_feeds
from storage import runs as all_runs
from storage.database import Database
from storage.feed_users import ANEW
from storage.restored import RestoredAccount
from storage.runs import PlannedTemplate
from storage.series import rows_of
from storage.spending import close_runs
from storage.tables import beats, feeds, item_uses, posts, publications, runs, template_feeds

TIMELINE_LAG = timedelta(minutes=5)  # how late an account's timeline may show a post
CLOCK_AHEAD = timedelta(days=2)  # how far this machine's clock may have been ahead when the backup was made
UNTOLD = timedelta(days=90)  # how far back is read when no clock tells
ACCOUNTS_KEPT = "0017"  # programs of an older schema would post without reading the timelines
_WAITING = [each.value for each in (RunStatus.QUEUED, RunStatus.WORKING, RunStatus.HELD, RunStatus.UNKNOWN)]


@dataclass(frozen=True, slots=True)
class Restored:
    """What was found in the backup and is over: slots that passed, runs that waited.

    *asked* runs had sent something: the daemon asks what became of it, and sends nothing more for them. *accounts* post
    again once their timelines were read, at *read_at* or later, back to about *since*, what the backup knows last.
    """

    templates: int
    slots: int
    runs: int
    asked: int
    accounts: int = 0
    since: datetime | None = None
    read_at: datetime | None = None


def mark(database: Database, *, now: datetime, new_id: Callable[[], str], lag: timedelta = TIMELINE_LAG) -> Restored:
    """Let every template go on from *now*, and nothing of before be sent. No daemon may be running.

    Each account's timeline is read first *lag* from now: what was posted last may not show in it before.
    A template that cannot be read is paused, with the reason.
    """
    with database.write() as connection:
        last = restored.last_recorded(connection)
        names = restored.known_accounts(connection)
        since = {name: read_since(last, _newest(connection, name), now) for name in names}
        every = {restored.EVERY: read_since(last, None, now)}
        restored.mark(connection, every | since, now=now, first_read_at=now + lag)
        installation.demand(connection, ACCOUNTS_KEPT)
        connection.execute(delete(beats))  # held by daemons of the time of the backup
        asked, ended = _runs(connection, now, new_id)
        for each in templates.list_unreadable(connection):
            if each.status is TemplateStatus.ACTIVE:
                all_runs.pause_invalid(connection, each.id, each.why, now=now, new_id=new_id)
        stored = templates.list_all(connection)
        slots = sum(_slots(connection, each, now, new_id) for each in stored)
        _feeds(connection, stored, now)
        return Restored(len(stored), slots, ended, asked, len(names), last, now + lag)


def read_since(last: datetime | None, newest: datetime | None, now: datetime) -> datetime:
    """Give how far back an account's timeline is read: to what the backup knows *last*, by whichever clock.

    *last* is by this machine's clock, which may have been ahead then; *newest* is when the account's newest known post
    went out, by X's. Pure.
    """
    if last is None or last > now:
        return newest or now - UNTOLD
    return last if newest is None else min(last, max(newest, last - CLOCK_AHEAD))


def _newest(connection: Connection, account: str) -> datetime | None:
    found = restored.newest_tweets(connection, account, 1)
    return found[0].out_at if found else None


def go_on(database: Database, account: str, *, now: datetime, new_id: Callable[[], str]) -> RestoredAccount:
    """Let *account* post again although its timeline was not read. Raises Conflict when it does not wait for that."""
    name = account.removeprefix("@").lower()
    with database.write() as connection:
        # Of a name that no template posts as, a slip of the hand say, nothing is noted.
        found = restored.get(connection, name) if accounts.templates_of(connection, name) else None
        if found is None or not restored.settle(connection, name, restored.PERSON, now=now):
            raise Conflict(f"@{name} does not wait for its timeline; `ostinato status` names the accounts that do")
        events.record(connection, [reconciled(found, restored.PERSON, 0, now, new_id)])
        return found


def _slots(connection: Connection, stored: StoredTemplate, now: datetime, new_id: Callable[[], str]) -> int:
    """Record the slots that passed since the backup; give how many there were."""
    template, planned = stored.template, stored.state.next_slot_at
    if stored.state.status is not TemplateStatus.ACTIVE or planned is None or planned > now:
        return 0
    upcoming = due.first_slot(template.schedule, now + MICROSECOND)
    gaps = unrecorded(connection, template, planned, now, Reason.RESTORED)
    recorded = skipped(template, gaps, now, new_id)
    moved = PlannedTemplate(
        template_id=template.id,
        account=template.account,
        was=planned,
        next_slot_at=upcoming,
        ended=upcoming is None,
        runs=recorded.runs,
        gaps=recorded.gaps,
        events=recorded.events,
    )
    all_runs.plan(connection, [moved], now=now)
    return sum(gap.count for gap in gaps)


def _runs(connection: Connection, now: datetime, new_id: Callable[[], str]) -> tuple[int, int]:
    """End the runs that had sent nothing; mark those that had. Give how many of the latter and of the former."""
    reserved = update(item_uses).where(item_uses.c.status == "reserved")
    connection.execute(reserved.values(status="spent", at=now))
    waiting = runs.c.status.in_(_WAITING)
    sent = exists().where(publications.c.run_id == runs.c.id)
    marked = connection.execute(update(runs).where(waiting, sent).values(reason=Reason.RESTORED.value)).rowcount
    _ask_again(connection, now)
    ids = connection.execute(select(runs.c.id).where(waiting, ~sent)).scalars().all()
    for run_id in ids:
        _end(connection, run_id, now, new_id)
    return marked, len(ids)


def _ask_again(connection: Connection, now: datetime) -> None:
    """Have the daemon ask once more about what nobody could tell before the backup: the timeline may show it by now."""
    given_up = (publications.c.outcome == Outcome.UNKNOWN.value, publications.c.next_ask_at.is_(None))
    connection.execute(update(publications).where(*given_up).values(next_ask_at=now))
    waits = runs.c.status == RunStatus.UNKNOWN.value
    connection.execute(update(runs).where(waits).values(status=RunStatus.QUEUED.value, not_before=None))


def _end(connection: Connection, run_id: str, now: datetime, new_id: Callable[[], str]) -> None:
    end = {"status": RunStatus.SKIPPED.value, "reason": Reason.RESTORED.value, "finished_at": now}
    free = {"not_before": None, "lease_owner": None, "leased_until": None}
    connection.execute(update(runs).where(runs.c.id == run_id).values(**end, **free, epoch=runs.c.epoch + 1))
    connection.execute(update(posts).where(posts.c.run_id == run_id).values(status=PostStatus.DISCARDED.value))
    close_runs(connection, [run_id], now=now)
    run = all_runs.get(connection, run_id)
    told = Events(_template(connection, run.template_id, now), new_id)
    sentence = SENTENCES[Reason.RESTORED]
    events.record(connection, [told.finished(run, RunStatus.SKIPPED, Reason.RESTORED, sentence, (), now)])


def _template(connection: Connection, template_id: str, now: datetime) -> Template:
    """Give a run's template; of one that cannot be read, what is known."""
    try:
        return templates.get(connection, template_id).template
    except Unreadable:
        return mending.stand_in(templates.get_unreadable(connection, template_id), now)


def _feeds(connection: Connection, stored: list[StoredTemplate], now: datetime) -> None:
    """Let every template join its feeds anew at the next read, and take only what comes after it.

    Entries that appeared since the backup may have been posted, whatever the backlog of a file that is applied by then.
    A feed counts as never read until then, because one
    that cannot be read would be joined as it was at the backup.
    """
    connection.execute(update(template_feeds).values(joined_at=ANEW))
    connection.execute(update(feeds).values(fetched_at=None, tried_at=None, etag=None, last_modified=None))
    for each in stored:
        sources = each.template.sources
        tables = [rows_of(sources.csv.url)] if sources.csv else []
        all_feeds.join_anew(connection, each.template.id, [*(feed.url for feed in sources.feeds), *tables], now=now)
