"""Write records: one per accepted write, found again by its idempotency key, settled now or later."""

import hashlib
import json
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.answers import Answer, ApiError, Json, iso
from sandbox.call import PREFIX, Call
from sandbox.database import get_meta, set_meta, transaction

if TYPE_CHECKING:
    from sandbox.world import World

POLL_AFTER = 2000  # milliseconds


@dataclass(frozen=True, slots=True)
class Write:
    """A write that is about to be recorded: what was asked, by whom, and what came of it."""

    action: str
    account: sqlite3.Row
    payload: Json
    result: Json  # the fields that the answer shows at its top level, such as tweetId
    target: str | None = None
    cost: int = 10


def get_write(call: Call) -> Answer:
    """`GET /x/write-actions/{id}`: 200 when settled, 202 while active. Free."""
    if not call.world.durable:
        raise ApiError(404, "not_found")
    if not call.params["id"].isdecimal():
        raise ApiError(400, "invalid_id")
    row = _row(call.world, int(call.params["id"]))
    if row is None:
        raise ApiError(404, "not_found")
    if row["status"] == "dispatching" and row["polls_left"] is not None:
        left = row["polls_left"] - 1
        call.world.db.execute("UPDATE writes SET polls_left = ? WHERE id = ?", (left, row["id"]))
        if left <= 0:
            settle(call.world, row)
        row = _row(call.world, row["id"])
    assert row is not None
    return _answer(row)


def replayed(call: Call, action: str, payload: Json, target: str | None = None) -> Answer | None:
    """Return the record already kept under the call's idempotency key, None when this write is new.

    Raises ApiError 409 when the key belongs to another write.
    """
    if call.key is None:
        return None
    row = call.world.db.execute("SELECT * FROM writes WHERE idempotency_key = ?", (call.key,)).fetchone()
    if row is None:
        return None
    if row["hash"] != _hash(action, payload, target):
        raise ApiError(
            409,
            "idempotency_conflict",
            retryable=False,
            safeToRetry=True,
            nextAction={"type": "retry", "requiresNewIdempotencyKey": True},
        )
    return _answer(row, idempotent=True)


def record(call: Call, write: Write) -> Answer:
    """Keep *write* under the call's key and answer for it, at once or as pending when a fault asks for that."""
    world, fault = call.world, call.pending
    settle_at = polls = becomes = appears = None
    if fault:
        becomes = fault.params.get("outcome", "success")
        appears = appearance(call)
        polls = int(fault.params["settle_polls"]) if "settle_polls" in fault.params and world.durable else None
        if polls is None or "settle_after" in fault.params:
            settle_at = call.now + int(fault.params.get("settle_after", 1) * 1000)
            world.next_settlement = min(world.next_settlement or settle_at, settle_at)
        world.faults.fire(fault)
    row = world.db.execute(
        "INSERT INTO writes (idempotency_key, hash, action, account_id, account_name, payload, target_id, status,"
        " result, cost, created_at, settle_at, polls_left, becomes, appears)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",
        (
            call.key,
            _hash(write.action, write.payload, write.target),
            write.action,
            write.account["id"],
            write.account["username"],
            json.dumps(write.payload, ensure_ascii=False),
            write.target,
            "dispatching" if fault else "success",
            json.dumps(write.result),
            write.cost,
            call.now,
            settle_at,
            polls,
            becomes,
            appears,
        ),
    ).fetchone()
    if world.durable:
        return _answer(row)
    return Answer(_unconfirmed(row), 202) if fault else Answer({**write.result, "success": True})


def appearance(call: Call) -> str:
    """Tell when the result of this write is seen: `at_once`, `on_settle` or `never`."""
    if call.pending is None:
        return "at_once"
    failed = call.pending.params.get("outcome") == "failed"
    return str(call.pending.params.get("appears", "never" if failed else "on_settle"))


def settle_due(world: "World", now: int) -> None:
    """Settle every pending write whose time has come, in a transaction of its own."""
    if world.next_settlement is None or now < world.next_settlement:
        return
    due = "SELECT * FROM writes WHERE status = 'dispatching' AND settle_at <= ? ORDER BY id"
    with transaction(world.db):
        for row in world.db.execute(due, (now,)).fetchall():
            settle(world, row)
    later = "SELECT min(settle_at) FROM writes WHERE status = 'dispatching'"
    world.next_settlement = world.db.execute(later).fetchone()[0]


def settle(world: "World", row: sqlite3.Row) -> None:
    """End a pending write as its fault said; a failed one gets its credits back."""
    world.db.execute("UPDATE writes SET status = ? WHERE id = ?", (row["becomes"], row["id"]))
    tweet = json.loads(row["result"]).get("tweetId")
    if tweet and row["appears"] == "on_settle":
        world.db.execute("UPDATE tweets SET state = 'live' WHERE id = ? AND state = 'held'", (int(tweet),))
    if row["action"] == "delete_tweet" and row["appears"] == "on_settle":
        world.db.execute("UPDATE tweets SET state = 'deleted' WHERE id = ?", (int(row["target_id"]),))
    if row["becomes"] == "failed":
        set_meta(world.db, "balance", str(world.balance() + row["cost"]))
        set_meta(world.db, "lifetime_used", str(int(get_meta(world.db, "lifetime_used", "0")) - row["cost"]))


def _row(world: "World", number: int) -> sqlite3.Row | None:
    row: sqlite3.Row | None = world.db.execute("SELECT * FROM writes WHERE id = ?", (number,)).fetchone()
    return row


def _answer(row: sqlite3.Row, *, idempotent: bool = False) -> Answer:
    """Return the record with the status and headers that belong to it."""
    body = view(row) | ({"idempotent": True} if idempotent else {})
    if body["terminal"]:
        return Answer(body)
    headers = {"Location": body["statusUrl"], "Retry-After": str(POLL_AFTER // 1000), "X-Request-Id": row["hash"][:16]}
    return Answer(body, 202, headers)


def view(row: sqlite3.Row) -> Json:
    """Return the record as the API shows it: every documented field, and `tweetId` with `success` when it is done."""
    status, number = row["status"], str(row["id"])
    terminal, done = status != "dispatching", status == "success"
    url = f"{PREFIX}/x/write-actions/{number}"
    billing = "charged" if done else "refunded" if terminal else "pending"
    charged = str(row["cost"]) if done else "0"
    result = json.loads(row["result"])
    kind, named = ("media", result.get("mediaId")) if "mediaId" in result else ("tweet", result.get("tweetId"))
    body: Json = {
        "object": "x_write_action",
        "id": number,
        "writeActionId": number,
        "action": row["action"],
        "status": status,
        "terminal": terminal,
        "retryable": False,
        "safeToRetry": terminal and not done,
        "statusUrl": url,
        "pollAfterMs": None if terminal else POLL_AFTER,
        "charged": done,
        "chargedCredits": charged,
        "billing": {
            "status": billing,
            "charged": done,
            "plannedCredits": str(row["cost"]),
            "chargedCredits": charged,
        },
        "request": {"hash": row["hash"], "payload": json.loads(row["payload"])},
        "account": {"id": str(row["account_id"]), "username": row["account_name"]},
        "target": {"type": "tweet", "id": row["target_id"]} if row["target_id"] else None,
        "targetId": row["target_id"],
        "result": {"type": kind, "id": named} if done and named else None,
        "nextAction": None if terminal else {"type": "poll", "url": url, "afterMs": POLL_AFTER},
        "sendDispatched": True,
        "createdAt": iso(row["created_at"]),
        "success": done,
    }
    if done:
        body |= result
    elif terminal:
        retry = {"type": "retry", "requiresNewIdempotencyKey": True}
        body |= {"error": "x_write_failed", "message": "X did not accept the action.", "nextAction": retry}
    return body


def _unconfirmed(row: sqlite3.Row) -> Json:
    """Return the pending answer of the generation that has no write records to poll."""
    return {
        "error": "x_write_unconfirmed",
        "status": "pending_confirmation",
        "writeActionId": str(row["id"]),
        "charged": False,
        "retryable": False,
        "message": "Action may have completed, but confirmation is still pending.",
    }


def _hash(action: str, payload: Json, target: str | None) -> str:
    account = str(payload.get("account", "")).removeprefix("@").lower()
    asked = [action, target, {**payload, "account": account}]
    return hashlib.sha256(json.dumps(asked, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
