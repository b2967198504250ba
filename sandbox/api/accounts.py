"""Connected X accounts: `/x/accounts`, and who may write as whom."""

import sqlite3
from typing import TYPE_CHECKING

from sandbox.answers import Answer, ApiError, Json, invalid, iso
from sandbox.call import Call

if TYPE_CHECKING:
    from sandbox.world import World

HEALTHS = ("healthy", "locked", "needsReauth", "recovering", "suspended", "temporaryIssue")
SELECT = "SELECT accounts.*, users.username, users.name FROM accounts JOIN users ON users.id = accounts.user_id"


def list_accounts(call: Call) -> Answer:
    """`GET /x/accounts`. Free."""
    rows = call.world.db.execute(f"{SELECT} ORDER BY accounts.id").fetchall()
    return Answer({"accounts": [view(row) for row in rows]})


def get_account(call: Call) -> Answer:
    """`GET /x/accounts/{id}`. Free."""
    return Answer(view(_by_id(call)))


def delete_account(call: Call) -> Answer:
    """`DELETE /x/accounts/{id}`: disconnects the account; its user and tweets stay."""
    call.world.db.execute("DELETE FROM accounts WHERE id = ?", (_by_id(call)["id"],))
    return Answer({"success": True})


def find(world: "World", named: str) -> sqlite3.Row | None:
    """Return the account with this username (with or without @) or account id."""
    name = named.strip().removeprefix("@")
    row: sqlite3.Row | None = world.db.execute(f"{SELECT} WHERE users.username = ?", (name,)).fetchone()
    if row is None and name.isdecimal() and len(name) < 19:
        row = world.db.execute(f"{SELECT} WHERE accounts.id = ?", (int(name),)).fetchone()
    return row


def named_in(body: Json) -> str:
    """Return the `account` field of a write. Raises ApiError 400 when it is missing."""
    account = body.get("account")
    if not isinstance(account, str) or not account.strip().removeprefix("@"):
        raise invalid("account is required: a connected X username or account ID.")
    return account


def writable(call: Call, named: str) -> sqlite3.Row:
    """Return the account to write as. Raises ApiError 404 when unknown, 403 when it is not healthy."""
    account = find(call.world, named)
    if account is None:
        raise ApiError(404, "account_not_found")
    if account["health"] == "needsReauth":
        raise ApiError(403, "account_needs_reauth")
    if account["health"] != "healthy":
        raise ApiError(403, "account_restricted")
    return account


def view(row: sqlite3.Row) -> Json:
    """Return the account in both documented spellings."""
    return {
        "id": str(row["id"]),
        "username": row["username"],
        "displayName": row["name"],
        "isActive": row["health"] == "healthy",
        "xUsername": row["username"],
        "xUserId": str(row["user_id"]),
        "status": "active",
        "health": row["health"],
        "createdAt": iso(row["created_at"]),
        "updatedAt": iso(row["updated_at"]),
    }


def _by_id(call: Call) -> sqlite3.Row:
    number = call.params["id"]
    if not number.isdecimal() or len(number) > 18:
        raise ApiError(400, "invalid_id")
    row: sqlite3.Row | None = call.world.db.execute(f"{SELECT} WHERE accounts.id = ?", (int(number),)).fetchone()
    if row is None:
        raise ApiError(404, "not_found")
    return row
