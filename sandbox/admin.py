"""The sandbox's own admin door, outside the contract: faults, what was stored, what was asked, account health."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.answers import Answer, ApiError, Json, invalid, iso
from sandbox.api import accounts
from sandbox.api.writes import settle_due
from sandbox.database import set_meta, transaction
from sandbox.door import respond
from sandbox.world import World

Deed = Callable[["Ask"], Answer]


@dataclass(frozen=True, slots=True)
class Ask:
    """One request at the admin door."""

    world: World
    request: Request
    body: Json

    @property
    def now(self) -> int:
        return int(self.world.options.clock() * 1000)


def routes(world: World) -> list[Route]:
    """Return the routes below `/_sandbox`."""
    table: list[tuple[str, str, Deed]] = [
        ("POST", "/_sandbox/faults", add_fault),
        ("GET", "/_sandbox/faults", list_faults),
        ("DELETE", "/_sandbox/faults", clear_faults),
        ("GET", "/_sandbox/tweets", list_tweets),
        ("GET", "/_sandbox/requests", list_requests),
        ("POST", "/_sandbox/accounts/{username}", change_account),
    ]
    return [Route(path, _endpoint(world, deed), methods=[method]) for method, path, deed in table]


def _endpoint(world: World, deed: Deed) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        raw = await request.body()
        try:
            body: Any = json.loads(raw) if raw.strip() else {}
            if not isinstance(body, dict):
                raise invalid("The body must be a JSON object.")
            asked = Ask(world, request, body)
            settle_due(world, asked.now)
            with transaction(world.db):
                answer = deed(asked)
            return respond(answer)
        except ApiError as error:
            return respond(error.answer())
        except ValueError:
            return respond(ApiError(400, "invalid_json").answer())

    return endpoint


def add_fault(asked: Ask) -> Answer:
    """Queue a fault."""
    return Answer(asked.world.faults.add(asked.body).view(), 201)


def list_faults(asked: Ask) -> Answer:
    """Show every fault and how often it fired."""
    return Answer({"faults": asked.world.faults.view()})


def clear_faults(asked: Ask) -> Answer:
    """Delete every fault."""
    return Answer({"deleted": asked.world.faults.clear()})


def list_tweets(asked: Ask) -> Answer:
    """Show the tweets written through the API, oldest first, whatever their state; `?seeded=true` adds the planted."""
    seeded = asked.request.query_params.get("seeded", "").lower() in ("true", "1")
    account = asked.request.query_params.get("account", "").removeprefix("@")
    rows = asked.world.db.execute(
        "SELECT tweets.*, users.username FROM tweets JOIN users ON users.id = user_id"
        " WHERE (seeded = 0 OR ?) AND (? = '' OR users.username = ?) ORDER BY tweets.id",
        (seeded, account, account),
    )
    tweets = [
        {
            "id": str(row["id"]),
            "account": row["username"],
            "text": row["text"],
            "reply_to": str(row["reply_to"]) if row["reply_to"] else None,
            "conversation_id": str(row["conversation_id"]),
            "idempotency_key": row["idempotency_key"],
            "created_at": iso(row["created_at"]),
            "state": row["state"],
            "media": json.loads(row["media"]),
            "attachment_url": row["attachment_url"],
            "seeded": bool(row["seeded"]),
        }
        for row in rows
    ]
    return Answer({"tweets": tweets})


def list_requests(asked: Ask) -> Answer:
    """Show the write requests received, oldest first; status null means closed without an answer."""
    rows = asked.world.db.execute("SELECT * FROM requests ORDER BY id").fetchall()
    names = ("method", "path", "idempotency_key", "account", "status", "fault")
    return Answer(
        {"requests": [{**{n: row[n] for n in names}, "received_at": iso(row["received_at"])} for row in rows]}
    )


def change_account(asked: Ask) -> Answer:
    """Set the health of a connected account, or the credit balance."""
    account = accounts.find(asked.world, asked.request.path_params["username"])
    if account is None:
        raise ApiError(404, "account_not_found")
    if strange := set(asked.body) - {"health", "credits"}:
        raise invalid(f"An account takes health and credits, not {', '.join(sorted(strange))}.")
    if "health" in asked.body:
        if asked.body["health"] not in accounts.HEALTHS:
            raise invalid(f"health must be one of {', '.join(accounts.HEALTHS)}")
        changed = "UPDATE accounts SET health = ?, updated_at = ? WHERE id = ?"
        asked.world.db.execute(changed, (asked.body["health"], asked.now, account["id"]))
    if "credits" in asked.body:
        if (
            isinstance(asked.body["credits"], bool)
            or not isinstance(asked.body["credits"], int)
            or asked.body["credits"] < 0
        ):
            raise invalid("credits must be a whole number of at least 0")
        set_meta(asked.world.db, "balance", str(asked.body["credits"]))
    found = accounts.find(asked.world, account["username"])
    assert found is not None
    return Answer(accounts.view(found) | {"credits": asked.world.balance()})
