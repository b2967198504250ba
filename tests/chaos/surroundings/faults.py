"""What servers of the surroundings are told to do wrong: which request meets which fault. Pure but for its counts."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

ONE = 2**64


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is done wrong to requests whose path begins with *path*.

    *share* of those requests, from 0 to 1, meets it, and *times* of them at most (None: without an end). *status* is
    what an `error` answers, *seconds* how long a `slow` answer takes.
    """

    kind: str
    path: str = "/"
    share: float = 1.0
    times: int | None = None
    status: int = 500
    seconds: float = 3.0


class Faults:
    """The faults in force. Which of the requests of one path meet one depends on *seed* and on their number alone."""

    def __init__(self, kinds: Sequence[str], seed: int = 0) -> None:
        self._kinds = kinds
        self._seed = seed
        self._one_at_a_time = threading.Lock()
        self._orders: list[Fault] = []
        self._met: list[int] = []
        self._seen: Counter[str] = Counter()

    def order(self, fields: dict[str, Any]) -> Fault:
        """Put a fault in force. Raises ValueError for a kind or a field that there is not."""
        try:
            fault = Fault(**fields)
        except TypeError as error:
            raise ValueError(f"{error}; a fault has kind, path, share, times, status and seconds") from error
        if fault.kind not in self._kinds:
            raise ValueError(f"there is no fault {fault.kind!r}; there are {', '.join(self._kinds)}")
        with self._one_at_a_time:
            self._orders.append(fault)
            self._met.append(0)
        return fault

    def clear(self) -> None:
        """Take back all faults. The requests that came stay counted."""
        with self._one_at_a_time:
            self._orders.clear()
            self._met.clear()

    def meet(self, path: str) -> Fault | None:
        """Count a request to *path* and give the fault that it meets, the first ordered first."""
        with self._one_at_a_time:
            number = self._seen[path]
            self._seen[path] += 1
            for place, fault in enumerate(self._orders):
                spent = fault.times is not None and self._met[place] >= fault.times
                if not spent and path.startswith(fault.path) and self._chance(place, path, number) < fault.share:
                    self._met[place] += 1
                    return fault
        return None

    def listed(self) -> list[dict[str, Any]]:
        """Give the faults in force with the number of requests that each has `met`."""
        with self._one_at_a_time:
            return [{**asdict(fault), "met": met} for fault, met in zip(self._orders, self._met, strict=True)]

    def _chance(self, place: int, path: str, number: int) -> float:
        named = f"{self._seed} {place} {number} {path}".encode()
        return int.from_bytes(hashlib.blake2b(named, digest_size=8).digest(), "big") / ONE
