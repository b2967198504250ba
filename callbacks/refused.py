"""Why a callback was not accepted, in one line."""

from __future__ import annotations

from domain.errors import DeliveryError

QUOTED = 200  # characters kept of what a receiver or a command answered


class Refused(DeliveryError):
    """A receiver, a command or the hook did not take a callback."""


def quoted(answer: bytes) -> str:
    """Give *answer* as one line of at most 200 characters."""
    line = " ".join(answer.decode("utf-8", "replace").split())
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line)
    return shown if len(shown) <= QUOTED else shown[: QUOTED - 1] + "…"
