"""Runs over HTTP: listed, shown and explained, as `ostinato run` does."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from domain.reasons import Reason
from domain.run import RunStatus
from domain.token import Scope
from scheduler.operations import places, why
from scheduler.operations import runs as operations
from scheduler.operations.joined import Joined
from scheduler.operations.runs import NamedRun
from scheduler.shown import details as shown
from scheduler.shown import why_views
from scheduler.shown.schema_words import ANY_OBJECT, INSTANT, NUMBER, TEXT, Schema, list_of, object_of, or_null
from storage import tables
from storage.run_pages import Wanted
from web import owned
from web.answers import answered
from web.call import Call
from web.operation import Example, Operation
from web.own import examples, run_examples
from web.paging import LIMIT, after_instant, number_of, page
from web.parameters import choice, instant, text
from web.schemas import of, paged, with_more

PATH = "/api/v1/runs"
ONE = PATH + "/{run}"


async def list_(call: Call) -> Response:
    given, limit = call.query, call.query["limit"]

    def found(c: Connection) -> dict[str, Any]:
        wanted = Wanted(
            template_id=template_of(c, call),
            account=given["account"],
            status=given["status"],
            reason=given["reason"],
            since=given["since"],
            until=given["until"],
            owner_id=call.owner,
        )
        listed = operations.list_runs(Joined(c), wanted=wanted, behind=given["after"], limit=limit + 1)
        kept, following = page(listed, limit, _place)
        return {"runs": [shown.named_run(each) for each in kept], "next": following}

    return answered(await call.read(found))


async def show(call: Call) -> Response:
    def found(c: Connection) -> dict[str, Any]:
        return shown.run(operations.read_details(c, run_id(c, call)), places.site(c))

    return answered(await call.read(found))


async def explain(call: Call) -> Response:
    def found(c: Connection) -> dict[str, Any]:
        told = why.of_run(Joined(c), run_id(c, call), spacing=call.parts.spacing)
        return why_views.answer(told, places.site(c))

    return answered(await call.read(found))


def run_id(c: Connection, call: Call) -> str:
    """Give the id of the caller's own run that the path names. Raises NotFound."""
    return owned.row(c, "run", tables.runs, call.path["run"], call.owner)


def template_of(c: Connection, call: Call) -> str | None:
    """Give the id of the caller's own template that the query names, if it names one. Raises NotFound."""
    named = call.query["template"]
    return owned.template_id(c, named, call.owner) if named is not None else None


def _place(each: NamedRun) -> tuple[int, str]:
    return number_of(each.run.due_at), each.run.id


_PAYMENT = object_of(
    kind=TEXT,
    state=TEXT,
    amount_micros=NUMBER,
    detail=or_null(TEXT),
    at=INSTANT,
    settled_at=or_null(INSTANT),
)
_COST = object_of(spent_micros=NUMBER, reserved_micros=NUMBER, payments=list_of(_PAYMENT))
DETAILS: Schema = with_more(
    of("run"), revision=or_null(TEXT), question=or_null(ANY_OBJECT), posts=list_of(of("post")), cost=_COST
)
TEMPLATE = text("template", "Only those of the template of this name or id.")
ACCOUNT = text("account", "Only those of this account, without the @.")
NAMED = {"run": examples.RUN_ID}

OPERATIONS = (
    Operation(
        id="listRuns",
        method="GET",
        path=PATH,
        tag="runs",
        summary="List the runs, the newest due first.",
        description="With `status=unknown` also those that the daemon still asks X about.",
        scope=Scope.READ,
        parameters=(
            LIMIT,
            after_instant(str),
            TEMPLATE,
            ACCOUNT,
            choice("status", "Only those in this state.", RunStatus),
            choice("reason", "Only those that posted nothing, or not all, for this reason.", Reason),
            instant("since", "Only those that were due at this instant or later."),
            instant("until", "Only those that were due before this instant."),
        ),
        refusals=(404,),
        answer=paged("run", "runs"),
        example=Example({"runs": [examples.SKIPPED], "next": None}, query={"status": "skipped", "limit": "20"}),
        endpoint=list_,
    ),
    Operation(
        id="getRun",
        method="GET",
        path=ONE,
        tag="runs",
        summary="Show a run with its posts, the revision that waits for a decision, and what it has cost.",
        scope=Scope.READ,
        refusals=(409,),
        answer=DETAILS,
        example=Example(run_examples.HELD, path=NAMED),
        endpoint=show,
    ),
    Operation(
        id="explainRun",
        method="GET",
        path=ONE + "/why",
        tag="runs",
        summary="Explain what became of a run, with all the evidence.",
        description=(
            "Every link of `chain` says what it decided, from the nominal time to each callback. Beside it stand the "
            "material, the drafts with where each word comes from, the posts and every attempt to publish them."
        ),
        scope=Scope.READ,
        refusals=(409,),
        answer=of("why_run"),
        example=Example(run_examples.WHY, path=NAMED),
        endpoint=explain,
    ),
)
