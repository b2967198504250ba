"""A publisher that sends nothing of a restored account before its timeline was read, and nothing that stands in it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from domain.material import MaterialKind
from domain.publication import Outcome, Publication, Settlement
from domain.reasons import Reason
from domain.template import Template
from publishers.timeline import canonical
from scheduler.publishing import TakesBack
from storage import restored, runs, templates
from storage.restored import TIMELINE, RestoredAccount, TimelinePost
from storage.writer import Writer

A_MOMENT = timedelta(seconds=5)  # the timeline is being read: look again
EVER = datetime(1970, 1, 1, tzinfo=UTC)


class RestoredGuard:
    """Asks SQL before the first part of each post, in a database that was restored from a backup."""

    def __init__(self, publisher: TakesBack, *, writer: Writer, clock: Callable[[], datetime]) -> None:
        self._publisher = publisher
        self._writer = writer
        self._clock = clock

    async def send(self, publication: Publication, *, may_send: Callable[[], None]) -> Settlement:
        """Send, unless the account still waits (DEFERRED) or has said this already (REFUSED): nothing was sent then."""
        if publication.part == 0:
            held = await self._writer.call(partial(judge, publication=publication, now=self._clock()))
            if held is not None:
                return held
        return await self._publisher.send(publication, may_send=may_send)

    async def ask(
        self, publication: Publication, *, taken: Collection[str], may_send: Callable[[], None]
    ) -> Settlement:
        return await self._publisher.ask(publication, taken=taken, may_send=may_send)

    async def delete(self, account: str, tweet_id: str) -> bool:
        return await self._publisher.delete(account, tweet_id)


def judge(connection: Connection, publication: Publication, now: datetime) -> Settlement | None:
    """Say why a publication is not sent after a restore; None when it may be."""
    account = restored.get(connection, publication.account)
    if account is None:
        return None
    if account.next_at is not None:
        return _waiting(account, now)
    found = restored.posts_since(connection, publication.account, EVER)
    if not found:
        return None
    stored = templates.get(connection, publication.template_id)
    new = stored.state.created_at >= account.restored_at and not restored.has_had_its_turn(
        connection, stored.template.id
    )
    same = _repeated(publication.text, found, stored.template, now, new=new) or _used(connection, publication, found)
    if not same:
        return None
    restored.answer(connection, [each.tweet_id for each in same], publication.run_id)
    shown = f"tweet {same[0].tweet_id} of {same[0].said_at:%Y-%m-%d %H:%M} UTC"
    detail = f"{shown}, found in the account's timeline after the restore, says this already"
    return Settlement(Outcome.REFUSED, TIMELINE, reason=Reason.DUPLICATE.value, detail=detail)


def _waiting(account: RestoredAccount, now: datetime) -> Settlement:
    why = f": {account.last_error}" if account.last_error else ""
    detail = (
        f"the database was restored, and the timeline of @{account.account} has to be read before it posts{why}; "
        f"see `ostinato status`"
    )
    retry_at = max(account.next_at or now, now + A_MOMENT)
    return Settlement(Outcome.DEFERRED, TIMELINE, reason=Reason.RESTORED.value, detail=detail, retry_at=retry_at)


def _repeated(
    text: str, found: Sequence[TimelinePost], template: Template, now: datetime, *, new: bool
) -> list[TimelinePost]:
    """Give what says the same, where the template may not repeat it.

    One that may always repeat its words may do so at a slot of its own. But a *new* one, added after the restore and
    still without a post, may have been there before, and its first post out already.
    """
    same = [each for each in found if canonical(each.text) == canonical(text)]
    if new or not template.repeat_after:
        return same if new else []
    return [each for each in same if each.said_at >= now - timedelta(days=template.repeat_after)]


def _used(connection: Connection, publication: Publication, found: Sequence[TimelinePost]) -> list[TimelinePost]:
    """Give what links to the feed entry that the post was written from: an entry is a template's once."""
    material = runs.facts(connection, publication.run_id).material or ()
    links = {canonical(each.url) for each in material if each.kind is MaterialKind.FEED_ITEM and each.url}
    return [each for each in found if links.intersection(each.links)]
