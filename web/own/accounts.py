"""X accounts over HTTP: which there are, how far apart they post, and what they may spend."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from domain.duration import parse_duration
from domain.errors import FieldError, InvalidInput, NotFound
from domain.prices import parse_dollars
from domain.token import Scope
from scheduler.operations import account as operations
from scheduler.operations import budgets, restoring
from scheduler.operations.joined import Joined
from scheduler.shown import account_views
from scheduler.shown.account_views import ACCOUNT, CONNECTED
from scheduler.shown.schema_words import INSTANT, TEXT, Schema, list_of, object_of, or_null
from web.answers import answered
from web.call import Call
from web.fields import fields
from web.operation import Example, Operation
from web.outside import asking
from web.problems import Refused

PATH = "/api/v1/accounts"
ONE = PATH + "/{account}"


async def list_(call: Call) -> Response:
    async with asking(call.parts.outside) as transport:
        found = await operations.list_all(transport)
    gaps = await call.read(lambda c: operations.gaps(Joined(c), otherwise=call.parts.spacing))
    return answered({"accounts": [account_views.connected(each, gaps) for each in found]})


async def show(call: Call) -> Response:
    name = await _known(call)
    return answered(await call.read(lambda c: _shown(c, call, name)))


async def change(call: Call) -> Response:
    name = await _known(call)
    with fields(call.document, "gap") as given:
        written = given.text("gap", limit=100)

    def changed(c: Connection) -> dict[str, Any]:
        if "gap" in call.document:
            _check_for_all(c, call, name)
            operations.set_gap(Joined(c), name, _gap(written), now=call.now, owner=call.owner)
        return _shown(c, call, name)

    return answered(await call.write(changed))


async def set_budget(call: Call) -> Response:
    name = await _known(call)
    with fields(call.document, "day", "month", "timezone") as given:
        day, month = (_amount(period, given.raw(period)) for period in ("day", "month"))
        zone = given.text("timezone", limit=100)
        if day is None and month is None and zone is None and not given.problems:
            given.problem("day", "is missing; give day, month or timezone, or take the budget away with DELETE")

    def kept(c: Connection) -> dict[str, Any]:
        otherwise = call.parts.outside.timezone
        budgets.set_account(
            Joined(c),
            name,
            day=day,
            month=month,
            timezone=zone,
            otherwise=otherwise,
            now=call.now,
            owner=call.owner,
        )
        return _shown(c, call, name)

    return answered(await call.write(kept))


async def lift_budget(call: Call) -> Response:
    name = await _known(call)

    def lifted(c: Connection) -> dict[str, Any]:
        budgets.lift_account(Joined(c), name, now=call.now, owner=call.owner)
        return _shown(c, call, name)

    return answered(await call.write(lifted))


async def resume(call: Call) -> Response:
    name = await _known(call)

    def resumed(c: Connection) -> dict[str, Any]:
        if not operations.templates_of(Joined(c), name, owner=call.owner):
            raise NotFound("account", name, "no template posts as it")
        _check_for_all(c, call, name)
        return account_views.resumed(restoring.go_on(Joined(c), name, now=call.now, new_id=call.parts.new_id))

    return answered(await call.write(resumed))


async def _known(call: Call) -> str:
    """Give the name of the account that the path names.

    Raises NotFound unless the owner's templates or settings name it, or it is connected to the API key.
    """
    name = call.path["account"].removeprefix("@")
    if not operations.is_name(name):
        raise NotFound("account", name)
    if await call.read(lambda c: operations.is_known(Joined(c), name, owner=call.owner)):
        return name
    if call.parts.outside.transport is not None:
        async with asking(call.parts.outside) as transport:
            connected = await operations.list_all(transport)
        if name.lower() in {each.username.lower() for each in connected}:
            return name
    raise NotFound("account", name, "a template posts as it, or it is connected to the API key")


def _check_for_all(c: Connection, call: Call, name: str) -> None:
    """Let through what befalls everybody who posts as the account *name*.

    Raises Refused, with 403, where another owner does and the token has not the scope admin.
    """
    allowed = call.token is not None and call.token.allows(Scope.ADMIN)
    if not allowed and operations.is_shared(Joined(c), name, owner=call.owner):
        raise Refused(
            f"other owners post as @{name} too, and this befalls their posts: it needs the scope admin",
            status=403,
            code="forbidden",
        )


def _shown(c: Connection, call: Call, name: str) -> dict[str, Any]:
    found = operations.standing(Joined(c), name, otherwise=call.parts.spacing, owner=call.owner)
    return account_views.account(found)


def _gap(written: str | None) -> timedelta | None:
    try:
        return None if written is None else parse_duration(written)
    except ValueError as error:
        raise InvalidInput([FieldError("gap", str(error))]) from error


def _amount(name: str, written: object) -> int | None:
    try:
        return None if written is None else parse_dollars(written)
    except ValueError as error:
        raise InvalidInput([FieldError(name, str(error))]) from error


_AMOUNT: Schema = {"type": ["string", "number", "null"]}
_BUDGET: Schema = {
    "type": "object",
    "properties": {"day": _AMOUNT, "month": _AMOUNT, "timezone": or_null(TEXT | {"maxLength": 100})},
    "additionalProperties": False,
}
_SHOWN: dict[str, Any] = {
    "account": "acme",
    "gap": "30m",
    "own": True,
    "budget": {"day": 1_000_000, "month": None, "timezone": "Europe/Berlin"},
    "templates": ["morning"],
}
_CONNECTED: dict[str, Any] = {
    "id": "12",
    "username": "acme",
    "display_name": "Acme",
    "healthy": True,
    "health": "healthy",
    "gap": "30m",
}
_NAMED = {"account": "acme"}

OPERATIONS = (
    Operation(
        id="listAccounts",
        method="GET",
        path=PATH,
        tag="accounts",
        summary="List the X accounts that are connected to the API key; templates can post as the healthy ones.",
        description="The Xquik API is asked, each time.",
        scope=Scope.READ,
        refusals=(409, 502, 503),
        answer=object_of(accounts=list_of(CONNECTED)),
        example=Example({"accounts": [_CONNECTED]}),
        endpoint=list_,
    ),
    Operation(
        id="getAccount",
        method="GET",
        path=ONE,
        tag="accounts",
        summary="Show how far apart an account posts, what it may spend, and which templates post as it.",
        scope=Scope.READ,
        refusals=(502, 503),
        answer=ACCOUNT,
        example=Example(_SHOWN, path=_NAMED),
        endpoint=show,
    ),
    Operation(
        id="changeAccount",
        method="PATCH",
        path=ONE,
        tag="accounts",
        summary="Let at least the time `gap` pass between two posts of an account; null is the setting's.",
        description="Such as 30m, at most 7d; 0s for none. It counts from the last post. A thread is one post. Where "
        "templates of other owners post as the account too, this needs the scope `admin`.",
        scope=Scope.WRITE,
        request={
            "type": "object",
            "properties": {"gap": or_null(TEXT | {"maxLength": 100})},
            "additionalProperties": False,
        },
        refusals=(502, 503),
        answer=ACCOUNT,
        example=Example(_SHOWN, path=_NAMED, body={"gap": "30m"}),
        endpoint=change,
    ),
    Operation(
        id="setAccountBudget",
        method="PATCH",
        path=ONE + "/budget",
        tag="accounts",
        summary="Limit what all templates of an account may spend in a `day` and in a `month`, in US dollars.",
        description="It counts from the next run on, with what was spent before. What is not named stays.",
        scope=Scope.WRITE,
        request=_BUDGET,
        refusals=(502, 503),
        answer=ACCOUNT,
        example=Example(_SHOWN, path=_NAMED, body={"day": "1", "timezone": "Europe/Berlin"}),
        endpoint=set_budget,
    ),
    Operation(
        id="liftAccountBudget",
        method="DELETE",
        path=ONE + "/budget",
        tag="accounts",
        summary="Let an account spend any amount.",
        scope=Scope.WRITE,
        refusals=(502, 503),
        answer=ACCOUNT,
        example=Example(_SHOWN | {"budget": None}, path=_NAMED),
        endpoint=lift_budget,
    ),
    Operation(
        id="resumeAccount",
        method="POST",
        path=ONE + "/resume",
        tag="accounts",
        summary="Let an account post again after a restore although its timeline could not be read.",
        description="Look at the account first, and at what its templates would post next. Where templates of other "
        "owners post as it too, this needs the scope `admin`.",
        scope=Scope.PUBLISH,
        refusals=(409, 502, 503),
        answer=object_of(account=TEXT, since=INSTANT, restored_at=INSTANT),
        example=Example(
            {
                "account": "acme",
                "since": "2026-03-25T12:00:00.000000Z",
                "restored_at": "2026-03-26T12:00:00.000000Z",
            },
            path=_NAMED,
        ),
        endpoint=resume,
    ),
)
