"""Signatures of the Standard Webhooks specification, as its own package makes them."""

from __future__ import annotations

import base64
import secrets
from datetime import UTC, datetime

from standardwebhooks.webhooks import Webhook

SECRET_BYTES = 32  # the specification asks for 24 to 64


def new_secret() -> str:
    """Give a random secret: `whsec_` followed by base64."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def headers(webhook_id: str, timestamp: datetime, body: bytes, *secrets: str) -> dict[str, str]:
    """Give the three headers of one attempt, with a signature for each of *secrets*: one that verifies is enough.

    The signature covers the id and the timestamp as well as the body, so a captured request can be neither replayed
    later nor passed off as another event. *webhook_id* is the event's id, the same in every attempt; *timestamp* is the
    time of this attempt, so every retry is signed anew. *body* must be the exact bytes that are sent.
    """
    # The package reads the clock face and takes it for UTC whatever the zone says.
    moment = timestamp.astimezone(UTC)
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(Webhook(each).sign(webhook_id, moment, body.decode()) for each in secrets),
    }
