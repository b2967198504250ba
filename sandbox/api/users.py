"""Reading users: `/x/users/{username|id}` and their tweets."""

import re
import sqlite3
from typing import TYPE_CHECKING

from sandbox.answers import Answer, ApiError, Json, iso
from sandbox.api.reading import PAGE, TWEETS, before, page_of
from sandbox.call import Call

if TYPE_CHECKING:
    from sandbox.world import World

USERNAME = re.compile(r"[A-Za-z0-9_]{1,15}")


def get_user(call: Call) -> Answer:
    """`GET /x/users/{username|id}`: 1 credit."""
    user = _named(call)
    call.world.charge(1)
    return Answer(_view(call.world, user))


def get_user_tweets(call: Call) -> Answer:
    """`GET /x/users/{id|username}/tweets`: newest first, 1 credit per tweet; replies only with includeReplies=true."""
    user = _named(call)
    replies = call.query.get("includeReplies", "").lower() in ("true", "1")
    rows = call.world.db.execute(
        f"{TWEETS} WHERE tweets.user_id = ? AND tweets.id < ? AND state = 'live' AND tweets.created_at <= ?"
        f" {'' if replies else 'AND reply_to IS NULL'} ORDER BY tweets.id DESC LIMIT ?",
        (user["id"], before(call), call.newest_shown, PAGE + 1),
    ).fetchall()
    return page_of(call, rows)


def find_user(world: "World", named: str) -> sqlite3.Row | None:
    """Return the user with this username (with or without @) or user id."""
    name = named.removeprefix("@")
    row: sqlite3.Row | None = world.db.execute("SELECT * FROM users WHERE username = ?", (name,)).fetchone()
    if row is None and name.isdecimal() and len(name) < 19:
        row = world.db.execute("SELECT * FROM users WHERE id = ?", (int(name),)).fetchone()
    return row


def _named(call: Call) -> sqlite3.Row:
    named = call.params["id"]
    if not USERNAME.fullmatch(named.removeprefix("@")) and not named.isdecimal():
        raise ApiError(400, "invalid_username")
    user = find_user(call.world, named)
    if user is None:
        raise ApiError(404, "user_not_found")
    return user


def _view(world: "World", row: sqlite3.Row) -> Json:
    count = "SELECT count(*) FROM tweets WHERE user_id = ? AND state = 'live'"
    return {
        "id": str(row["id"]),
        "username": row["username"],
        "name": row["name"],
        "description": row["about"],
        "location": row["place"],
        "followers": row["followers"],
        "following": row["following"],
        "verified": bool(row["verified"]),
        "createdAt": iso(row["created_at"]),
        "statusesCount": world.db.execute(count, (row["id"],)).fetchone()[0],
    }
