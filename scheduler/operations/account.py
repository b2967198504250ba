"""The X accounts that templates may post as."""

from __future__ import annotations

from xquik.accounts import Account, list_accounts
from xquik.transport import Transport


async def list_all(transport: Transport) -> list[Account]:
    """Give the accounts connected to the API key, by username. Raises ApiError."""
    return sorted(await list_accounts(transport), key=lambda account: account.username.lower())
