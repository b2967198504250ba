"""How often an address may bring a wrong token, so that guessing costs the database nothing."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
LIMIT, PERIOD = 20, 60.0  # wrong tokens of an address, in so many seconds
KNOWN_FOR = 3600.0  # seconds for which a token that was right is let through whatever its address did
MOST = 10_000  # addresses, and tokens, that are remembered: the latest


class Attempts:
    """Counts the wrong tokens of each address in this process. Who brought a right one lately is not kept waiting.

    An IPv6 address counts as its /64, which one subscriber has. What is remembered is bounded: addresses, and the
    digests of tokens.
    """

    def __init__(
        self,
        *,
        limit: int = LIMIT,
        period: float = PERIOD,
        most: int = MOST,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit, self._period, self._most = limit, period, most
        self._monotonic = monotonic
        self._wrong: OrderedDict[str, tuple[float, int]] = OrderedDict()  # address: since when, how many
        self._right: OrderedDict[str, float] = OrderedDict()  # digest: when it was right last

    def wait(self, address: str, digest: str) -> int:
        """Give the whole seconds after which the token of *digest* may be brought from *address*; 0: now."""
        now = self._monotonic()
        known = self._right.get(digest)
        if known is not None and now - known < KNOWN_FOR:
            return 0
        since, count = self._wrong.get(_subscriber(address), (now, 0))
        left = since + self._period - now
        return math.ceil(left) if count >= self._limit and left > 0 else 0

    def wrong(self, address: str) -> None:
        """Count a wrong token of *address*."""
        now, name = self._monotonic(), _subscriber(address)
        since, count = self._wrong.pop(name, (now, 0))
        if now - since >= self._period:
            since, count = now, 0
        _remember(self._wrong, name, (since, count + 1), self._most)

    def right(self, digest: str) -> None:
        """Remember that the token of *digest* was right."""
        self._right.pop(digest, None)
        _remember(self._right, digest, self._monotonic(), self._most)

    def __len__(self) -> int:
        """Give how much is remembered."""
        return len(self._wrong) + len(self._right)


def _remember(known: OrderedDict[str, T], name: str, value: T, most: int) -> None:
    known[name] = value
    while len(known) > most:
        known.popitem(last=False)


def _subscriber(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))
    return address
