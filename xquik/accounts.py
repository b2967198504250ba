"""The X accounts that are connected to the API key."""

from __future__ import annotations

from dataclasses import dataclass

from xquik.fields import Body, flag, objects, text
from xquik.transport import Transport


@dataclass(frozen=True, slots=True)
class Account:
    """A connected account. *health* is the server's word; *x_user_id* is X's own id, where the answer has it."""

    id: str
    username: str
    display_name: str
    healthy: bool
    health: str
    x_user_id: str | None = None


async def list_accounts(transport: Transport) -> list[Account]:
    """List the connected accounts (free)."""
    body = await transport.read("/x/accounts")
    return [account for item in objects(body, "accounts") if (account := read_account(item)) is not None]


def read_account(body: Body) -> Account | None:
    """Read `username, displayName, isActive` or `xUsername, xUserId, status, health`; None without a username."""
    username = text(body, "username", "xUsername")
    if username is None:
        return None
    active = flag(body, "isActive")
    if active is None:
        active = text(body, "status") in (None, "active")
    health = text(body, "health") or ("healthy" if active else "inactive")
    return Account(
        id=text(body, "id") or username,
        username=username.removeprefix("@"),
        display_name=text(body, "displayName", "name") or username,
        healthy=active and health == "healthy",
        health=health,
        x_user_id=text(body, "xUserId"),
    )
