"""What is sent: an event in its envelope."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

from domain.event import Event


def envelope(event: Event) -> dict[str, Any]:
    """Give *event* as the receiver sees it; *timestamp* is when it happened, not when it is sent."""
    happened = event.created_at.astimezone(UTC).isoformat(timespec="milliseconds")
    return {
        "id": event.id,
        "type": str(event.type),
        "timestamp": happened.replace("+00:00", "Z"),
        "sequence": event.sequence,
        "data": event.data,
    }


def body(event: Event, *, bare: bool = False) -> bytes:
    """Give the bytes of one callback, the same in every attempt; a *bare* one is the event's data without envelope.

    Characters outside ASCII are escaped: every string that an owner gave, a lone surrogate too, reads back equal.
    """
    return json.dumps(event.data if bare else envelope(event), separators=(",", ":")).encode("ascii")
