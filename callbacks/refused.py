"""Why a callback was not accepted, in one line."""

from __future__ import annotations

from datetime import timedelta

from domain.errors import DeliveryError

QUOTED = 200  # characters kept of what a receiver or a command answered


class Refused(DeliveryError):
    """A callback was not accepted; *permanent* ones are not tried again.

    *retry_after* is the receiver's own wish, where it named one.
    """

    def __init__(
        self,
        reason: str,
        *,
        status: int | None = None,
        permanent: bool = False,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(reason, status=status, permanent=permanent)
        self.retry_after = retry_after


def quoted(answer: bytes) -> str:
    """Give *answer* as one line of at most 200 characters."""
    line = " ".join(answer.decode("utf-8", "replace").split())
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line)
    return shown if len(shown) <= QUOTED else shown[: QUOTED - 1] + "…"
