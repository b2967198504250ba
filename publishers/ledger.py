"""The order of the irreversible act: intend, send, settle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from domain.publication import Publication, Settlement
from publishers.x import Publisher


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
