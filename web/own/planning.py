"""All templates at once over HTTP: looked at ahead, compared with documents, made as documents say, and written out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from domain.errors import FieldError, InvalidInput
from domain.template import StoredTemplate, TemplateStatus
from domain.token import Scope
from scheduler.forecast import Allowance
from scheduler.operations import applying, exporting, forecasting
from scheduler.operations.applying import Action, Prune, Written
from scheduler.operations.forecasting import Rehearsed, Span
from scheduler.operations.joined import Joined
from scheduler.operations.told import NO_SECRETS
from scheduler.shown import change_views, plan_views
from scheduler.shown.schema_words import (
    ANY_OBJECT,
    INSTANT,
    NUMBER,
    TEXT,
    Schema,
    between,
    list_of,
    object_of,
    one_of,
    or_null,
)
from storage import template_pages
from web import callback_address, owned
from web.answers import as_json
from web.calendars import fetched
from web.call import Call
from web.fields import fields
from web.operation import Example, Operation
from web.own import examples
from web.parameters import flag, instant, text, whole

MOST = 500  # documents in one call: it keeps other writes waiting for as long as they take
LIMIT = 4 * 1024 * 1024  # bytes of them
MARK_LIMIT = 200  # characters
LONGEST, USUAL = 366, 14  # days
AT_ONCE = 200
SLOTS = 100_000  # that a look ahead goes through: it keeps others waiting too


@dataclass(frozen=True, slots=True)
class _Brought:
    written: list[Written]
    mark: str
    prune: Prune
    days: int


async def outlook(call: Call) -> Response:
    start = call.query["from"] or call.now
    if start < call.now:
        raise InvalidInput([FieldError("from", "is in the past; GET /api/v1/templates/{template}/why tells of that")])
    try:
        span = Span(call.now, start, start + timedelta(days=call.query["days"]))
    except OverflowError:
        raise InvalidInput([FieldError("from", "is later than any calendar goes")]) from None
    named = [each for each in (call.query["templates"] or "").split(",") if each]

    def planned(c: Connection) -> dict[str, Any]:
        ids = [owned.template(c, each, call.owner).template.id for each in named]
        found = forecasting.plan(
            Joined(c),
            ids,
            span=span,
            spacing=call.parts.spacing,
            prices=call.parts.prices,
            model=call.parts.has_model and call.parts.has_prices,
            allowance=Allowance(SLOTS),
            owner=call.owner,
        )
        return plan_views.plan(found)

    return await _answered(call, await call.read(planned))


async def compare(call: Call) -> Response:
    brought = _brought(call, days=True)
    span = Span(call.now, call.now, call.now + timedelta(days=brought.days))
    calendars = await fetched(call, *(each.document for each in brought.written))

    def rehearsed(c: Connection) -> Rehearsed:
        found = forecasting.against(
            Joined(c),
            brought.written,
            mark=brought.mark,
            prune=brought.prune,
            calendars=calendars,
            span=span,
            cipher=call.parts.cipher,
            new_id=call.parts.new_id,
            allowance=Allowance(SLOTS),
            owner=call.owner,
        )
        callback_address.refuse_among(found.changes, call.parts.allow)
        return found

    with _placed():
        found = await call.write(rehearsed)
    # The secret of a webhook that is not kept would be mistaken for the real one.
    changes = change_views.changes([replace(each, secrets=NO_SECRETS) for each in found.changes])
    return await _answered(
        call, plan_views.comparison(span, found.differ) | {"changes": changes["templates"], "totals": changes["totals"]}
    )


async def apply(call: Call) -> Response:
    brought = _brought(call)
    calendars = await fetched(call, *(each.document for each in brought.written))

    def applied(c: Connection) -> dict[str, Any]:
        done = applying.apply(
            Joined(c),
            brought.written,
            mark=brought.mark,
            prune=brought.prune,
            calendars=calendars,
            cipher=call.parts.cipher,
            now=call.now,
            new_id=call.parts.new_id,
            owner=call.owner,
        )
        callback_address.refuse_among(done, call.parts.allow)
        return change_views.changes(done)

    with _placed():
        return await call.create(applied)


async def export(call: Call) -> Response:
    as_toml = call.query["toml"]

    def exported(c: Connection) -> dict[str, Any]:
        documents = [exporting.exported(each) for each in _standing(c, call.owner)]
        files = [{"file": f"{each['name']}.toml", "text": exporting.to_toml(each)} for each in documents if as_toml]
        return {"templates": documents, "files": files}

    return await _answered(call, await call.read(exported))


async def _answered(call: Call, document: dict[str, Any]) -> Response:
    """Give an answer that may be large: it is made into JSON in a thread, and no other call waits for it."""
    said = await asyncio.get_running_loop().run_in_executor(call.readers, as_json, document)
    return Response(said, media_type="application/json")


def _standing(c: Connection, owner: str) -> Iterator[StoredTemplate]:
    """Give the owner's active and paused templates by name, without those that cannot be read."""
    after = None
    while True:
        places, stored = template_pages.page(c, after=after, limit=AT_ONCE, owner=owner)
        found = (stored[place[1]] for place in places if place[1] in stored)
        yield from (each for each in found if each.state.status in (TemplateStatus.ACTIVE, TemplateStatus.PAUSED))
        if len(places) < AT_ONCE:
            return
        after = places[-1]


def _brought(call: Call, *, days: bool = False) -> _Brought:
    """Read the body. Raises InvalidInput naming all that is wrong around the documents, and what is spoken in them."""
    with fields(call.document, "as", "prune", "templates", *(["days"] if days else [])) as given:
        mark = given.text("as", limit=MARK_LIMIT)
        if mark is None and not given.problems:
            given.problem("as", "is missing; name these templates, so that those which are gone from them are known")
        prune = given.choice("prune", Prune, Prune.PAUSE)
        span = given.integer("days", 1, LONGEST, USUAL)
        documents = given.raw("templates")
        if not isinstance(documents, list) or not all(isinstance(each, dict) for each in documents):
            given.problem("templates", "must be a list of template documents")
            documents = []
        elif len(documents) > MOST:
            given.problem("templates", f"has {len(documents)} entries; at most {MOST} are allowed")
    assert mark is not None
    assert prune is not None
    written = [Written(Path(f"templates[{at}]"), each) for at, each in enumerate(documents)]
    with _placed():
        applying.refuse_unheard(written, hears=call.parts.hears)
    return _Brought(written, mark, prune, span)


@contextmanager
def _placed() -> Iterator[None]:
    """Name wrong fields by their places in the body, where an apply of files names the file."""
    try:
        yield
    except InvalidInput as error:
        named = (FieldError(each.field.replace("]: ", "].", 1), each.reason) for each in error.problems)
        raise InvalidInput(list(named)) from error


_DOCUMENTS = list_of(ANY_OBJECT | {"description": "A template document, as POST /api/v1/templates takes it."}, MOST)
_BODY: dict[str, Schema] = {
    "as": TEXT
    | {"maxLength": MARK_LIMIT, "description": "Which templates these are: only such are paused or deleted."},
    "prune": or_null(one_of(Prune))
    | {"default": "pause", "description": "What becomes of those that are named no more."},
    "templates": _DOCUMENTS,
}
_APPLY: Schema = object_of(**_BODY) | {"required": ["as", "templates"], "additionalProperties": False}
_DAYS = or_null(between(1, LONGEST)) | {"default": USUAL}
_COMPARE: Schema = _APPLY | {"properties": _BODY | {"days": _DAYS}}
_CHANGE = object_of(
    name=TEXT,
    id=TEXT,
    action=one_of(Action),
    file=or_null(TEXT),
    fields=list_of(object_of(field=TEXT, old={}, new={})),
    status=one_of(TemplateStatus),
    next_slot_at=or_null(INSTANT),
    callback_secret=or_null(TEXT),
    pre_publish_secret=or_null(TEXT),
)
_TOTALS = object_of(**{each.value: NUMBER for each in Action})
_SPAN = {"from": INSTANT, "until": INSTANT}
_MOVED = object_of(
    name=TEXT,
    kept=NUMBER,
    moved=list_of(object_of(**{"from": INSTANT, "to": INSTANT})),
    added=list_of(INSTANT),
    dropped=list_of(INSTANT),
)
_PLAN = object_of(
    **_SPAN, totals=ANY_OBJECT, days=list_of(ANY_OBJECT), templates=list_of(ANY_OBJECT), forecast=ANY_OBJECT
)
_NOW = {"from": "2026-03-26T12:00:00.000000Z", "until": "2026-03-27T12:00:00.000000Z"}
_CREATED: dict[str, Any] = {
    "name": "morning",
    "id": examples.TEMPLATE_ID,
    "action": "created",
    "file": "templates[0]",
    "fields": [],
    "status": "active",
    "next_slot_at": examples.SLOT,
    "callback_secret": None,
    "pre_publish_secret": None,
}
_ONE = {each.value: int(each is Action.CREATED) for each in Action}
_GIVEN = {"as": "newsroom", "templates": [examples.DOCUMENT]}
_NO_PLAN = {
    **_NOW,
    "totals": {"templates": 0, "runs": 0, "posts": 0, "not_run": {}, "cost_micros": 0},
    "days": [],
    "templates": [],
    "forecast": {"collisions": [], "overlaps": {}, "over_budget": {}, "model_cost_unknown": False},
}

OPERATIONS = (
    Operation(
        id="plan",
        slow=True,
        method="GET",
        path="/api/v1/plan",
        tag="planning",
        summary="Show what the scheduler will do with the active templates, or some, over the coming days.",
        description="What time decides is what will happen; collisions, overlaps and costs are forecasts. At most "
        f"{SLOTS:,} slots from now on are looked at.",
        scope=Scope.READ,
        parameters=(
            whole("days", "How many days.", 1, LONGEST, USUAL),
            instant("from", "From when on; else from now."),
            text("templates", "Only these, by name or id, with commas between them."),
        ),
        refusals=(404, 409),
        answer=_PLAN,
        example=Example(_NO_PLAN, query={"days": "1"}),
        endpoint=outlook,
    ),
    Operation(
        id="comparePlan",
        slow=True,
        method="POST",
        path="/api/v1/plan",
        tag="planning",
        summary="Show what `POST /api/v1/apply` of these documents would change, and which runs would move.",
        description=f"It is done in full and taken back. At most {SLOTS:,} slots, before and after, are looked at.",
        scope=Scope.WRITE,
        request=_COMPARE,
        body_limit=LIMIT,
        refusals=(409,),
        answer=object_of(**_SPAN, templates=list_of(_MOVED), changes=list_of(_CHANGE), totals=_TOTALS),
        example=Example(
            _NOW
            | {
                "templates": [{"name": "morning", "kept": 0, "moved": [], "added": [examples.SLOT], "dropped": []}],
                "changes": [_CREATED],
                "totals": _ONE,
            },
            body=_GIVEN | {"days": 1},
        ),
        endpoint=compare,
    ),
    Operation(
        id="applyTemplates",
        slow=True,
        method="POST",
        path="/api/v1/apply",
        tag="planning",
        summary="Make these documents true: all of them, or none when one is wrong.",
        description="What is new is added, what differs is changed and keeps its runs and posts. What an earlier call "
        "with the same `as` brought and this one does not is paused, or what `prune` says.",
        scope=Scope.WRITE,
        request=_APPLY,
        body_limit=LIMIT,
        answer=object_of(templates=list_of(_CHANGE), totals=_TOTALS),
        creates=True,
        example=Example({"templates": [_CREATED], "totals": _ONE}, body=_GIVEN),
        endpoint=apply,
    ),
    Operation(
        id="exportTemplates",
        slow=True,
        method="GET",
        path="/api/v1/export",
        tag="planning",
        summary="Give every active and paused template as the document that `POST /api/v1/apply` takes.",
        description="With `toml` also as the text of a template file.",
        scope=Scope.READ,
        parameters=(flag("toml", "As template files too."),),
        answer=object_of(templates=list_of(ANY_OBJECT), files=list_of(object_of(file=TEXT, text=TEXT))),
        example=Example({"templates": [examples.DOCUMENT], "files": []}),
        endpoint=export,
    ),
)
