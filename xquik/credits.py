"""Credits: what the key can still pay for."""

from __future__ import annotations

from domain.errors import ApiUnavailable
from xquik.fields import Body, inner, text
from xquik.transport import Transport


async def balance(transport: Transport) -> int:
    """Read how many credits are left (free)."""
    return read_balance(await transport.read("/credits"))


def read_balance(body: Body) -> int:
    """Read it flat or inside `creditInfo`. Raises ApiUnavailable when there is none."""
    # Balances are decimal strings of any length: a float would lose digits.
    found = text(inner(body, "creditInfo") or inner(body, "credits") or body, "balance")
    try:
        return int(found or "")
    except ValueError as error:
        raise ApiUnavailable("GET /credits: the answer has no balance") from error
