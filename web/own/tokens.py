"""Tokens over HTTP: those of the caller's own owner, for a caller that may do everything."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from domain.errors import FieldError, InvalidInput
from domain.token import Scope
from scheduler.operations import tokens as operations
from scheduler.operations.joined import Joined
from scheduler.shown import views
from scheduler.shown.schema_words import TEXT, Schema, list_of, object_of, one_of
from storage import tables, tokens
from web import owned
from web.answers import answered
from web.call import Call
from web.fields import fields
from web.operation import Example, Operation
from web.schemas import of

PATH = "/api/v1/tokens"
ONE = PATH + "/{token}"
NAME_LIMIT = 100


async def list_(call: Call) -> Response:
    found = await call.read(lambda c: operations.list_all(Joined(c), owner=call.owner))
    return answered({"tokens": [views.token(each) for each in found]})


async def create(call: Call) -> Response:
    with fields(call.document, "name", "scopes") as given:
        name = given.text("name", limit=NAME_LIMIT) or ""
    scopes = _scopes(call.document.get("scopes"))

    def made(c: Connection) -> dict[str, Any]:
        new = operations.create(Joined(c), name, scopes, owner=call.owner, now=call.now, new_id=call.parts.new_id)
        return views.token(new.token) | {"token": new.secret}

    return await call.create(made, lambda shown: f"{PATH}/{shown['id']}")


async def show(call: Call) -> Response:
    def found(c: Connection) -> dict[str, Any]:
        wanted = owned.row(c, "token", tables.tokens, call.path["token"], call.owner)
        return views.token(tokens.get(c, wanted, owner=call.owner))

    return answered(await call.read(found))


async def revoke(call: Call) -> Response:
    def revoked(c: Connection) -> dict[str, Any]:
        wanted = owned.row(c, "token", tables.tokens, call.path["token"], call.owner)
        return views.token(operations.revoke(Joined(c), wanted, owner=call.owner, now=call.now))

    return answered(await call.write(revoked))


def _scopes(given: Any) -> set[Scope]:
    """Read a list of scopes. Raises InvalidInput."""
    words = [each.value for each in Scope]
    if not isinstance(given, list) or not given or any(each not in words for each in given):
        raise InvalidInput([FieldError("scopes", f"must be a list of one or more of {', '.join(words)}")])
    return {Scope(each) for each in given}


_TOKEN = of("token")
_NEW: Schema = object_of(name=TEXT | {"maxLength": NAME_LIMIT}, scopes={**list_of(one_of(Scope)), "minItems": 1}) | {
    "additionalProperties": False
}
_SHOWN: dict[str, Any] = {
    "id": "0197f3a2-7a20-7e55-9c3f-1d0e2f3a4b5c",
    "name": "dashboard",
    "owner": "local",
    "prefix": "ost_Zm9vYm",
    "scopes": ["read"],
    "created_at": "2026-03-26T12:00:00.000000Z",
    "last_used_at": None,
    "expires_at": None,
    "revoked_at": None,
}
_NAMED = {"token": _SHOWN["id"]}

OPERATIONS = (
    Operation(
        id="listTokens",
        method="GET",
        path=PATH,
        tag="tokens",
        summary="List the tokens of the caller's owner, revoked ones too.",
        scope=Scope.ADMIN,
        answer=object_of(tokens=list_of(_TOKEN)),
        example=Example({"tokens": [_SHOWN]}),
        endpoint=list_,
    ),
    Operation(
        id="createToken",
        method="POST",
        path=PATH,
        tag="tokens",
        summary="Make a token for the caller's owner; it is shown this once.",
        scope=Scope.ADMIN,
        request=_NEW,
        status=201,
        answer=_TOKEN
        | {"properties": _TOKEN["properties"] | {"token": TEXT}, "required": [*_TOKEN["required"], "token"]},
        creates=True,
        example=Example(_SHOWN | {"token": "ost_…"}, body={"name": "dashboard", "scopes": ["read"]}),
        endpoint=create,
    ),
    Operation(
        id="getToken",
        method="GET",
        path=ONE,
        tag="tokens",
        summary="Show a token: what it allows, and when it was used last.",
        scope=Scope.ADMIN,
        answer=_TOKEN,
        example=Example(_SHOWN, path=_NAMED),
        endpoint=show,
    ),
    Operation(
        id="revokeToken",
        method="DELETE",
        path=ONE,
        tag="tokens",
        summary="Let a token open nothing any more.",
        scope=Scope.ADMIN,
        answer=_TOKEN,
        example=Example(_SHOWN | {"revoked_at": "2026-03-26T13:00:00.000000Z"}, path=_NAMED),
        endpoint=revoke,
    ),
)
