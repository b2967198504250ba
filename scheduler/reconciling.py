"""After a restore: each account's own timeline is read before anything of that account goes out again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

import structlog
from sqlalchemy import Connection

from domain.errors import ApiError, ApiLimited, ApiUnavailable
from domain.event import EventType, NewEvent
from publishers.timeline import canonical
from scheduler.events import iso
from sources.own_words import tip_key
from storage import events, publications, restored, series, templates
from storage.restored import TIMELINE, RestoredAccount, TimelinePost
from storage.writer import Writer
from xquik.tweets import Tweet

log = structlog.get_logger(__name__)

KNOWN = 3  # of an account's newest posts; each that its timeline does not show must be gone
PAUSES = (timedelta(seconds=15), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))


class ReadTimeline(Protocol):
    """Reads what an account posted since a moment, as a whole. Raises ApiError.

    The tweets given last, each with when it went out, are known to be out.
    """

    def __call__(
        self, account: str, since: datetime, known: Sequence[tuple[str, datetime]], /
    ) -> Awaitable[tuple[Tweet, ...]]: ...


class Reconciling:
    """Reads the timelines of the accounts of a restored database, and keeps what no publication knows."""

    def __init__(
        self,
        *,
        writer: Writer,
        read_timeline: ReadTimeline,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._writer = writer
        self._read_timeline = read_timeline
        self._clock = clock
        self._new_id = new_id

    async def reconcile_due(self, now: datetime) -> datetime | None:
        """Read the timelines that are due; give when the next is, None when every account has been settled."""
        await self._writer.call(partial(restored.bring_back, now=now))
        for each in await self._writer.call(restored.open_accounts):
            if each.next_at is not None and each.next_at <= now:
                await self._reconcile(each)
        waiting = await self._writer.call(restored.open_accounts)
        return min((each.next_at for each in waiting if each.next_at is not None), default=None)

    async def _reconcile(self, account: RestoredAccount) -> None:
        """Read one; a failure is told of once, and stands in `ostinato status` until it is over."""
        known = await self._writer.call(lambda c: restored.newest_tweets(c, account.account, KNOWN))
        try:
            shown = await self._read_timeline(account.account, account.since, known)
        except ApiError as error:
            await self._failed(account, error)
            return
        except Exception as error:
            log.exception("account.reconcile_failed", account=account.account)
            await self._failed(account, ApiUnavailable(f"reading failed: {type(error).__name__}"))
            return
        settle = partial(_settle, account=account, shown=shown, now=self._clock(), new_id=self._new_id)
        found = await self._writer.call(settle)
        log.info("account.reconciled", account=account.account, found=found)

    async def _failed(self, account: RestoredAccount, error: ApiError) -> None:
        now = self._clock()
        again = now + PAUSES[min(account.tries, len(PAUSES) - 1)]
        next_at = max(again, error.retry_at) if isinstance(error, ApiLimited) else again
        log.warning("account.unreconciled", account=account.account, error=str(error), again_at=iso(next_at))
        record = partial(_record_failure, account=account, error=str(error), next_at=next_at, now=now)
        await self._writer.call(partial(record, new_id=self._new_id))


def reconciled(account: RestoredAccount, by: str, found: int, now: datetime, new_id: Callable[[], str]) -> NewEvent:
    """Tell that an account posts again: its timeline was read, or a person has decided."""
    told = {**_about(account), "by": by, "found": found}
    return NewEvent(new_id(), EventType.ACCOUNT_RECONCILED, now, {"account": told})


def _settle(
    connection: Connection,
    *,
    account: RestoredAccount,
    shown: Sequence[Tweet],
    now: datetime,
    new_id: Callable[[], str],
) -> int:
    """Keep what is new, mark the tips among it as told, and let the account post again; give how much was new."""
    known = publications.settled_tweet_ids(connection, account.account)
    unknown = [_post(tweet, account) for tweet in shown if tweet.id not in known]
    if not restored.settle(connection, account.account, TIMELINE, now=now):
        return 0
    found = restored.keep(connection, account.account, unknown)
    _tell_tips(connection, account.account, unknown, now)
    events.record(connection, [reconciled(account, TIMELINE, found, now, new_id)])
    return found


def _post(tweet: Tweet, account: RestoredAccount) -> TimelinePost:
    links = [word for word in canonical(tweet.text).split() if "." in word and "/" in word]
    expanded = [canonical(link) for link in tweet.links.values()]
    every = tuple(dict.fromkeys([*links, *expanded]))
    return TimelinePost(tweet.id, tweet.text, every, tweet.created_at or account.restored_at)


def _tell_tips(connection: Connection, account: str, found: Sequence[TimelinePost], now: datetime) -> None:
    """Let the account's templates go on with the tip after those that went out."""
    told: Mapping[str, datetime] = {canonical(each.text): each.said_at for each in reversed(found)}
    for stored in templates.list_all(connection):
        template = stored.template
        if template.account.lower() != account:
            continue
        name = series.tips_of(template.id)
        for tip in template.sources.tips:
            at, key = told.get(canonical(tip)), tip_key(tip)
            if at is None:
                continue
            before = series.tellings(connection, name, template.id, [key]).get(key)
            if before is not None and before.status == series.RESERVED:
                continue  # a run has it already; it is refused when it would go out
            item_id = series.take(connection, name, template.id, key, tip, now=now)
            series.pass_over(connection, template.id, item_id, now=at)


def _record_failure(
    connection: Connection,
    *,
    account: RestoredAccount,
    error: str,
    next_at: datetime,
    now: datetime,
    new_id: Callable[[], str],
) -> None:
    if restored.save_failure(connection, account.account, error, next_at=next_at) == 1:
        told = {**_about(account), "error": error}
        events.record(connection, [NewEvent(new_id(), EventType.ACCOUNT_UNRECONCILED, now, {"account": told})])


def _about(account: RestoredAccount) -> dict[str, str]:
    return {"name": account.account, "since": iso(account.since), "restoredAt": iso(account.restored_at)}
