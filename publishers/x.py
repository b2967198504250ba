"""Publishing to X through the Xquik API, and finding out what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from domain.errors import ApiError, ApiRefused, ApiUnavailable, ApiUnclear, LeaseLost
from domain.publication import CLOCKS_APART, REPLAY_WITHIN, Outcome, Publication, Settlement
from publishers import timeline
from publishers.keys import KeySupport
from publishers.polling import polled
from publishers.settling import DUPLICATE_CODE, PROVEN_BY_REPLAY, backoff, from_error, from_record, unknown
from xquik import tweets
from xquik.transport import Transport
from xquik.write_record import State, WriteRecord

# That a tweet is not there (Xquik REST API, error codes); older servers say only `not_found`, also of an account.
UNWANTED = "its template was deleted, so its key is not sent again, which might post it"
NO_SUCH_TWEET = frozenset({"tweet_not_found", "x_target_not_found"})


class Publisher(Protocol):
    """Sends one part, and finds out what became of it."""

    async def send(self, publication: Publication, *, may_send: Callable[[], None]) -> Settlement:
        """Send at most once. UNKNOWN when it may be out; DEFERRED and REFUSED only when it certainly is not.

        *may_send* raises LeaseLost when this worker must not send any more; it is asked right before the socket.
        """
        ...

    async def ask(
        self, publication: Publication, *, taken: Collection[str], may_send: Callable[[], None]
    ) -> Settlement:
        """Find out what became of a publication, never under a new key. UNKNOWN unless something positive is found.

        *taken* are the tweet ids that settle other publications. *may_send* is asked as in `send`, right before the
        same key is sent again; what it raises is passed on, and then nothing was sent.
        """
        ...

    async def delete(self, account: str, tweet_id: str) -> bool:
        """Delete a tweet of *account*; True when it is certainly gone."""
        ...


async def _none_taken(_: str) -> Collection[str]:
    return frozenset()


async def _always(_: Publication) -> bool:
    return True


class XPublisher(Publisher):
    """Sends each part once under its own key; settles what is unknown by positive findings only.

    *taken* gives the tweet ids that settle publications of an account; it is asked when X calls a text a duplicate.
    *wanted* tells whether a part should still go out; it is asked before a key is sent again, which may post it.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        keys: KeySupport | None = None,
        taken: Callable[[str], Awaitable[Collection[str]]] = _none_taken,
        wanted: Callable[[Publication], Awaitable[bool]] = _always,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._transport = transport
        self._clock: Callable[[], datetime] = transport.clock
        self._keys = keys or KeySupport(transport)
        self._taken = taken
        self._wanted = wanted
        self._sleep = sleep
        self._user_ids: dict[str, str] = {}

    async def send(self, publication: Publication, *, may_send: Callable[[], None]) -> Settlement:
        """Send one part, at most once. UNKNOWN when it may be out; DEFERRED and REFUSED only when it is not."""
        try:
            record = await self._create(publication, may_send)
        except LeaseLost as error:
            # Raised before the first byte. Writing this down is fenced: who really lost the lease cannot.
            retry_at = self._clock() + backoff(publication.attempt)
            return Settlement(Outcome.DEFERRED, "answer", reason="lease", detail=str(error), retry_at=retry_at)
        except ApiRefused as error:
            if error.code == DUPLICATE_CODE:
                return await self._duplicate(publication, error)
            return self._from_error(error, publication, "answer")
        except ApiError as error:
            return self._from_error(error, publication, "answer")
        return await self._settled(record, publication, "answer")

    async def ask(
        self, publication: Publication, *, taken: Collection[str], may_send: Callable[[], None]
    ) -> Settlement:
        """Ask the status URL, then by the same key where keys are honoured, then the account's timeline.

        Never sends under a new key. Only a positive finding settles; the answer else is UNKNOWN with what was learnt.
        """
        found = await self._ask_status(publication)
        if found is None:  # the server knows no such write, or cannot say
            found = await self._replay(publication, may_send)
        if found.outcome is Outcome.UNKNOWN:
            found = await self._ask_timeline(publication, taken, found)
        return found

    async def delete(self, account: str, tweet_id: str, *, may_send: Callable[[], None] = lambda: None) -> bool:
        """Delete a tweet of *account*; True when it is certainly gone. It may be asked again: that does no harm.

        Raises ApiUnclear when it may be gone, another ApiError when it certainly is not.
        """
        try:
            record = await self._deleted(account, tweet_id, f"delete-{tweet_id}", may_send)
            if record.state is State.FAILED:  # a key answers for its first attempt for ever; a new one tries anew
                again = f"delete-{tweet_id}-{int(self._clock().timestamp())}"
                record = await self._deleted(account, tweet_id, again, may_send)
        except ApiRefused as error:
            if error.code not in NO_SUCH_TWEET:  # the account may be what was not found
                raise
            return await self._is_gone(account, tweet_id)
        if record.state is State.FAILED:
            raise ApiRefused(f"DELETE /x/tweets/{tweet_id}: {record.message or record.code}", code=record.code)
        if record.state is State.PENDING:
            raise ApiUnclear(f"DELETE /x/tweets/{tweet_id}: accepted, but not done yet", status_url=record.status_url)
        return True

    async def _deleted(self, account: str, tweet_id: str, key: str, may_send: Callable[[], None]) -> WriteRecord:
        record = await tweets.delete(self._transport, tweet_id, account=account, idempotency_key=key, may_send=may_send)
        return await self._polled(record)

    async def _is_gone(self, account: str, tweet_id: str) -> bool:
        """Tell whether a tweet that could not be deleted is not there; ApiRefused when it is, so another's."""
        try:
            await tweets.get(self._transport, tweet_id)
        except ApiRefused as error:
            if error.code in NO_SUCH_TWEET:
                return True
            raise
        raise ApiRefused(f"tweet {tweet_id} is there, but is none that @{account} may delete", code="not_deleted")

    async def _create(self, publication: Publication, may_send: Callable[[], None]) -> WriteRecord:
        picture = publication.picture
        by_url = picture.media_url if picture and picture.by_url else None
        record = await tweets.create(
            self._transport,
            account=publication.account,
            content=publication.text,
            reply_to=publication.reply_to,
            made_with_ai=publication.made_with_ai,
            media_ids=(picture.media_id,) if picture and not by_url else (),
            media_urls=(by_url,) if by_url else (),
            idempotency_key=publication.idempotency_key,
            may_send=may_send,
        )
        if record.keyed:
            self._keys.saw_record()
        return record

    async def _settled(self, record: WriteRecord, publication: Publication, found_by: str) -> Settlement:
        last = await self._polled(record)
        by = found_by if last is record else "status"
        return from_record(last, publication, found_by=by, now=self._clock())

    async def _polled(self, record: WriteRecord) -> WriteRecord:
        return await polled(self._transport, record, self._sleep)

    async def _duplicate(self, publication: Publication, error: ApiRefused) -> Settlement:
        """Find out whether the text that X already has is this very part, sent on by the server twice.

        It is refused where the timeline shows who said it; what is not shown may be this part, which is out then.
        """
        refused = self._from_error(error, publication, "answer")
        taken = await self._taken(publication.account)
        found = await self._ask_timeline(publication, taken, unknown("answer", reason=error.code, detail=str(error)))
        said = found.outcome is Outcome.UNKNOWN and await self._said_before(publication, taken)
        return refused if said else found

    async def _said_before(self, publication: Publication, taken: Collection[str]) -> bool:
        try:
            user_id = await self._user_id(publication.account)
            return await timeline.shows_another(self._transport, user_id, self._by_the_server(publication), taken)
        except ApiError:
            return False

    async def _ask_status(self, publication: Publication) -> Settlement | None:
        if publication.status_url is None:
            return None
        try:
            record = await tweets.write_action(self._transport, publication.status_url)
        except ApiError:
            return None
        found = from_record(record, publication, found_by="status", now=self._clock())
        return replace(found, status_url=publication.status_url)

    async def _replay(self, publication: Publication, may_send: Callable[[], None]) -> Settlement:
        still = unknown("timeline", reason=publication.reason, status_url=publication.status_url)

        def may_replay() -> None:
            # Asked at the socket: a worker may have been frozen since it began to ask.
            may_send()
            if not self._protected(publication):
                raise ApiUnavailable("nothing was sent: the publication is too old for its key to be sent again")

        if not self._protected(publication) or not await self._keys.still_honoured():
            return still
        if not await self._wanted(publication):
            return replace(still, detail=UNWANTED)
        try:
            record = await self._create(publication, may_replay)
        except ApiError as error:
            # That *this* request was not done says nothing about the first one: a proxy may have answered, the key may
            # be bound to a payload built differently. Only a verdict of X's own does.
            if isinstance(error, ApiRefused) and error.code in PROVEN_BY_REPLAY:
                return self._from_error(error, publication, "replay")
            return replace(still, found_by="replay", reason=error.code or still.reason, detail=str(error))
        return await self._settled(record, publication, "replay")

    def _protected(self, publication: Publication) -> bool:
        """Tell whether the publication's key may be sent again: not when nobody knows how long ago it was sent first.

        An intention that lies ahead was dated by a clock that was set back since.
        """
        return -CLOCKS_APART <= self._clock() - publication.intended_at <= REPLAY_WITHIN

    async def _ask_timeline(self, publication: Publication, taken: Collection[str], before: Settlement) -> Settlement:
        """Give CONFIRMED when the timeline shows the part, else *before*."""
        try:
            user_id = await self._user_id(publication.account)
            tweet_id = await timeline.find(self._transport, user_id, self._by_the_server(publication), taken)
        except ApiError as error:
            said = "; ".join(part for part in (before.detail, f"timeline not read: {error}") if part)
            return replace(before, detail=said)
        if tweet_id is None:
            return before
        return Settlement(Outcome.CONFIRMED, "timeline", tweet_id=tweet_id)

    def _by_the_server(self, publication: Publication) -> Publication:
        """Date the intention by the server's clock, which dates the tweets, where this one is ahead of it."""
        return replace(publication, intended_at=publication.intended_at - max(self._transport.ahead, timedelta(0)))

    async def _user_id(self, account: str) -> str:
        name = account.removeprefix("@").lower()
        if name not in self._user_ids:
            self._user_ids[name] = await timeline.user_id(self._transport, name)
        return self._user_ids[name]

    def _from_error(self, error: ApiError, publication: Publication, found_by: str) -> Settlement:
        return from_error(error, publication, found_by=found_by, now=self._clock())
