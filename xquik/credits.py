"""Credits: what the key can still pay for."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import ApiUnavailable
from xquik.fields import Body, inner, text
from xquik.transport import Transport


@dataclass(frozen=True, slots=True)
class Credits:
    """The balance and what was ever bought and used, in credits."""

    balance: int
    lifetime_purchased: int | None = None
    lifetime_used: int | None = None


async def balance(transport: Transport) -> Credits:
    """Read the credits (free)."""
    return read_credits(await transport.read("/credits"))


def read_credits(body: Body) -> Credits:
    """Read either spelling, flat or inside `creditInfo`. Raises ApiUnavailable when there is no balance."""
    found = inner(body, "creditInfo") or inner(body, "credits") or body
    balance = _whole(found, "balance")
    if balance is None:
        raise ApiUnavailable("GET /credits: the answer has no balance")
    return Credits(
        balance,
        _whole(found, "lifetimePurchased", "lifetime_purchased"),
        _whole(found, "lifetimeUsed", "lifetime_used"),
    )


def _whole(body: Body, *names: str) -> int | None:
    # Balances are decimal strings of any length: a float would lose digits.
    value = text(body, *names)
    try:
        return int(value) if value is not None else None
    except ValueError:
        return None
