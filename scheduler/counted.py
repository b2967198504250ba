"""The publisher, the callbacks' channels and the reader of feeds, each counting what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from domain.errors import DeliveryError, SourceError
from domain.event import Event, Webhook
from domain.material import FeedRead
from domain.publication import Outcome, Publication, Settlement
from publishers.x import Publisher
from scheduler.delivering import Sender
from scheduler.feed_reading import ReadFeed
from scheduler.metrics import Metrics


class CountedPublisher:
    """A publisher whose settlements are counted. A question that settles nothing is not."""

    def __init__(self, publisher: Publisher, metrics: Metrics) -> None:
        self._publisher = publisher
        self._metrics = metrics

    async def send(self, publication: Publication, *, may_send: Callable[[], None]) -> Settlement:
        settlement = await self._publisher.send(publication, may_send=may_send)
        self._metrics.count_publication(settlement.outcome.value, settlement.found_by)
        return settlement

    async def ask(
        self, publication: Publication, *, taken: Collection[str], may_send: Callable[[], None]
    ) -> Settlement:
        settlement = await self._publisher.ask(publication, taken=taken, may_send=may_send)
        if settlement.outcome is not Outcome.UNKNOWN:
            self._metrics.count_publication(settlement.outcome.value, settlement.found_by)
        return settlement

    async def delete(self, account: str, tweet_id: str) -> bool:
        return await self._publisher.delete(account, tweet_id)


class CountedSender:
    """Channels whose attempts are counted by result."""

    def __init__(self, sender: Sender, metrics: Metrics) -> None:
        self._sender = sender
        self._metrics = metrics

    async def send(self, webhook: Webhook, event: Event, *, now: datetime) -> int | None:
        try:
            status = await self._sender.send(webhook, event, now=now)
        except DeliveryError as error:
            self._metrics.count_delivery("refused" if error.permanent else "failed")
            raise
        self._metrics.count_delivery("delivered")
        return status


def counted_reader(read_feed: ReadFeed, metrics: Metrics) -> ReadFeed:
    """Give *read_feed*, counting the reads that worked and those that failed."""

    async def read(url: str, *, etag: str | None = None, last_modified: str | None = None) -> FeedRead:
        try:
            found = await read_feed(url, etag=etag, last_modified=last_modified)
        except SourceError:
            metrics.count_feed_read("failed")
            raise
        metrics.count_feed_read("read")
        return found

    return read
