"""What this process holds, and until when it may still send: a frozen sender must not wake up and write later."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from uuid import uuid4

from domain.errors import LeaseLost
from domain.run import Hold


class Leases:
    """The leases of one process, in monotonic time.

    The owner's id is made anew at each boot: a restarted process that used its old name would renew the leases of its
    dead self for ever.
    """

    def __init__(self, *, lease: timedelta, request_timeout: timedelta, monotonic: Callable[[], float]) -> None:
        self.owner = uuid4().hex
        self.lease = lease
        self._last_request = (lease - request_timeout).total_seconds()
        self._monotonic = monotonic
        self._since: dict[str, tuple[int, float]] = {}

    def take(self, run_id: str, epoch: int, since: float) -> Hold:
        """Note a run that was claimed; *since* is the monotonic time before the claim was asked for."""
        self._since[run_id] = (epoch, since)
        return Hold(run_id, self.owner, epoch)

    def hold_of(self, run_id: str) -> Hold | None:
        """Give the hold of a run that was claimed and not dropped."""
        found = self._since.get(run_id)
        return Hold(run_id, self.owner, found[0]) if found is not None else None

    def drop(self, hold: Hold) -> None:
        """Forget a hold; one that was made void by a later claim of the same run takes nothing from that."""
        if self._since.get(hold.run_id, (-1, 0.0))[0] == hold.epoch:
            del self._since[hold.run_id]

    def renewed(self, run_ids: Iterable[str], since: float) -> None:
        """Note that the leases of *run_ids* were renewed; *since* is the monotonic time before that was asked for."""
        for run_id in run_ids:
            if run_id in self._since:
                self._since[run_id] = (self._since[run_id][0], since)

    @property
    def held(self) -> list[str]:
        return list(self._since)

    def may_send(self, hold: Hold) -> Callable[[], None]:
        """Give the last question before the socket: it raises LeaseLost unless a whole request fits into the lease."""

        def check() -> None:
            epoch, since = self._since.get(hold.run_id, (-1, 0.0))
            if epoch != hold.epoch or self._monotonic() - since > self._last_request:
                raise LeaseLost(hold.run_id)

        return check
