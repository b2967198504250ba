"""The order of the irreversible act: intend, send, settle."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Protocol

from domain.publication import Publication, Settlement


class Publisher(Protocol):
    """Sends one part, and finds out what became of it."""

    async def send(self, publication: Publication, *, may_send: Callable[[], None]) -> Settlement:
        """Send at most once. UNKNOWN when it may be out; DEFERRED and REFUSED only when it certainly is not.

        *may_send* raises LeaseLost when this worker must not send any more; it is asked right before the socket.
        """
        ...

    async def ask(self, publication: Publication, *, taken: Collection[str]) -> Settlement:
        """Find out what became of a publication, never under a new key. UNKNOWN unless something positive is found.

        *taken* are the tweet ids that settle other publications.
        """
        ...


class Ledger(Protocol):
    """Where intentions and outcomes are written; each call returns when it is on disk, or raises."""

    async def intend(self, publication: Publication) -> None: ...

    async def settle(self, publication: Publication, settlement: Settlement) -> None: ...


async def publish(
    publication: Publication, *, ledger: Ledger, publisher: Publisher, may_send: Callable[[], None]
) -> Settlement:
    """Publish one part at most once, and give what became of it.

    The intention is on disk before the request leaves. A process that dies after that line leaves a publication
    without an outcome, which means "ask" and never "send": that is how a crash can cost a post and cannot cause a
    second one. If intending fails, nothing is sent; if sending raises, nothing is settled, and the row asks for an
    answer. `may_send` is asked at the socket, after every wait, because a worker that was frozen may wake when its
    lease is already another's.
    """
    await ledger.intend(publication)
    settlement = await publisher.send(publication, may_send=may_send)
    await ledger.settle(publication, settlement)
    return settlement
