"""Drafts: created, listed, read, deleted; never changed. All free."""

import sqlite3

from sandbox.answers import Answer, ApiError, Json, invalid, iso
from sandbox.api.compose import GOALS
from sandbox.api.reading import decode_cursor, encode_cursor
from sandbox.call import Call

LONGEST = 25_000
LONGEST_TOPIC = 500
MOST = 50


def create_draft(call: Call) -> Answer:
    """`POST /drafts`: 201. A topic is cut at 500 characters and an unknown goal is dropped, as the API does."""
    body = call.json()
    text, topic, goal = body.get("text"), body.get("topic"), body.get("goal")
    if not isinstance(text, str) or not text.strip():
        raise invalid("text is required.")
    if len(text) > LONGEST:
        raise invalid(f"text has at most {LONGEST} characters.")
    row = call.world.db.execute(
        "INSERT INTO drafts (text, topic, goal, created_at) VALUES (?, ?, ?, ?) RETURNING *",
        (
            text,
            topic[:LONGEST_TOPIC] if isinstance(topic, str) and topic else None,
            goal if goal in GOALS else None,
            call.now,
        ),
    ).fetchone()
    return Answer(_view(row), 201)


def list_drafts(call: Call) -> Answer:
    """`GET /drafts?limit=&afterCursor=`: newest first; both dialects of the cursor are read and given."""
    limit = call.number("limit", MOST, 1, MOST)
    cursor = call.query.get("afterCursor") or call.query.get("after") or call.query.get("cursor")
    before = decode_cursor(cursor) if cursor else 2**63 - 1
    query = "SELECT * FROM drafts WHERE id < ? ORDER BY id DESC LIMIT ?"
    rows = call.world.db.execute(query, (before, limit + 1)).fetchall()
    more, rows = len(rows) > limit, rows[:limit]
    after = encode_cursor(rows[-1]["id"]) if more else None
    body: Json = {"drafts": [_view(row) for row in rows], "afterCursor": after, "hasMore": more}
    return Answer(body | ({"nextCursor": after} if more else {}))


def get_draft(call: Call) -> Answer:
    """`GET /drafts/{id}`."""
    return Answer(_view(_found(call)))


def delete_draft(call: Call) -> Answer:
    """`DELETE /drafts/{id}`: 204."""
    call.world.db.execute("DELETE FROM drafts WHERE id = ?", (_found(call)["id"],))
    return Answer(None, 204)


def _found(call: Call) -> sqlite3.Row:
    number = call.params["id"]
    if not (number.isascii() and number.isdecimal()) or len(number) > 18:
        raise ApiError(400, "invalid_id")
    row: sqlite3.Row | None = call.world.db.execute("SELECT * FROM drafts WHERE id = ?", (int(number),)).fetchone()
    if row is None:
        raise ApiError(404, "draft_not_found")
    return row


def _view(row: sqlite3.Row) -> Json:
    optional = {name: row[name] for name in ("topic", "goal") if row[name] is not None}
    moment = iso(row["created_at"])
    return {"id": str(row["id"]), "text": row["text"], **optional, "createdAt": moment, "updatedAt": moment}
