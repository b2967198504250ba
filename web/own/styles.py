"""Styles over HTTP: how authors write, read from X or from samples of one's own."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from domain.errors import Conflict, FieldError, InvalidInput
from domain.material import StyleProfile
from domain.token import Scope
from scheduler.operations import styles as operations
from scheduler.operations.joined import Joined
from scheduler.shown import style_views
from scheduler.shown.schema_words import INSTANT, NUMBER, TEXT, Schema, list_of, object_of, or_null
from storage import styles
from web.answers import answered
from web.call import Call
from web.fields import fields
from web.operation import Example, Operation
from web.outside import asking
from web.paging import LIMIT, NEXT, after, page
from web.parameters import text
from web.schemas import of, with_more

PATH = "/api/v1/styles"
ONE = PATH + "/{style}"
NAME_LIMIT = 31  # with the @ of a username
SAMPLE_LIMIT = 10_000  # characters; as many as may be given fit into a body


async def list_(call: Call) -> Response:
    (behind,) = call.query["after"] or (None,)
    limit = call.query["limit"]
    found = await call.read(lambda c: styles.page(c, owner=call.owner, after=behind, limit=limit + 1))
    shown, following = page(found, limit, lambda each: (each[0],))
    return answered({"styles": [style_views.listed(*each) for each in shown], "next": following})


async def create(call: Call) -> Response:
    with fields(call.document, "name", "samples", "username") as given:
        name, username = given.text("name", limit=NAME_LIMIT), given.text("username", limit=NAME_LIMIT)
        if username is not None and (given.has("name") or given.has("samples")):
            given.problem("username", "is given beside a name or samples; give either a username or both of those")
        elif username is None and name is None and not given.problems:
            given.problem("name", "is missing; give a name and samples, or a username whose posts are read")
        samples = _samples(given.raw("samples")) if username is None and not given.problems else []
    if username is not None:
        async with asking(call.parts.outside) as transport:
            name, profile = await operations.read(transport, username, now=call.now)
    elif call.parts.outside.transport is None:
        name, profile = await operations.offer(None, name or "", samples, now=call.now)
    else:
        async with asking(call.parts.outside) as transport:
            name, profile = await operations.offer(transport, name or "", samples, now=call.now)
    return await call.create(lambda c: _kept(c, call, name, profile), lambda shown: f"{PATH}/{shown['name']}")


async def show(call: Call) -> Response:
    found = await call.read(lambda c: styles.get(c, call.path["style"], owner=call.owner))
    return answered(style_views.style(call.path["style"], found))


async def refresh(call: Call) -> Response:
    name = call.path["style"]
    before = await call.read(lambda c: styles.get(c, name, owner=call.owner))
    if before.username is None:
        raise Conflict(f"style {name} is made of samples; put others in their place with POST {PATH}")
    async with asking(call.parts.outside) as transport:
        _, profile = await operations.read(transport, before.username, now=call.now)
    return answered(await call.write(lambda c: _kept(c, call, name, profile)))


async def remove(call: Call) -> Response:
    name = call.path["style"]
    found = await call.write(lambda c: operations.remove(Joined(c), name, owner=call.owner))
    return answered(style_views.style(name, found))


async def compare(call: Call) -> Response:
    names = (call.path["style"], call.query["other"].removeprefix("@"))

    def kept(c: Connection) -> tuple[StyleProfile, StyleProfile | None]:
        one = styles.get(c, names[0], owner=call.owner)
        return one, operations.kept(Joined(c), names[1], owner=call.owner)

    one, other = await call.read(kept)
    if other is None:
        async with asking(call.parts.outside) as transport:
            one, other = await operations.compare(transport, *names, kept=(one, None))
    return answered(style_views.compared(names, (one, other)))


def _kept(c: Connection, call: Call, name: str, profile: StyleProfile) -> dict[str, Any]:
    operations.keep(Joined(c), name, profile, owner=call.owner)
    return style_views.style(name, profile)


def _samples(given: Any) -> list[str]:
    """Read a list of posts. Raises InvalidInput."""
    if not isinstance(given, list) or not all(isinstance(each, str) and len(each) <= SAMPLE_LIMIT for each in given):
        reason = f"must be a list of posts, each of at most {SAMPLE_LIMIT} characters"
        raise InvalidInput([FieldError("samples", reason)])
    return given


_STYLE: Schema = with_more(of("style"), samples=list_of(TEXT))
_SAMPLES: Schema = {**list_of(TEXT | {"maxLength": SAMPLE_LIMIT}, operations.SAMPLES_LIMIT), "minItems": 1}
_NEW: Schema = {
    "type": "object",
    "properties": {
        "username": or_null(TEXT | {"maxLength": NAME_LIMIT}),
        "name": or_null(TEXT | {"maxLength": NAME_LIMIT}),
        "samples": or_null(_SAMPLES),
    },
    "additionalProperties": False,
}
_MEASURED: Schema = object_of(
    name=TEXT,
    count=NUMBER,
    fetched_at=or_null(INSTANT),
    typical_length=NUMBER,
    shortest=NUMBER,
    longest=NUMBER,
    with_links=NUMBER,
    with_hashtags=NUMBER,
    with_mentions=NUMBER,
    questions=NUMBER,
    several_lines=NUMBER,
    words=list_of(TEXT),
)
_LISTED: dict[str, Any] = {
    "name": "acme",
    "username": "acme",
    "count": 2,
    "fetched_at": "2026-03-26T12:00:00.000000Z",
}
_SHOWN = _LISTED | {"samples": ["The ferry was late.", "Why is the ferry late again?"]}
_OWN = _SHOWN | {"name": "our-voice", "username": None}
_NUMBERS: dict[str, Any] = {
    "count": 2,
    "fetched_at": "2026-03-26T12:00:00.000000Z",
    "typical_length": 24,
    "shortest": 19,
    "longest": 28,
    "with_links": 0,
    "with_hashtags": 0,
    "with_mentions": 0,
    "questions": 50,
    "several_lines": 0,
    "words": ["ferry", "late", "again"],
}
_NAMED = {"style": "acme"}

OPERATIONS = (
    Operation(
        id="listStyles",
        method="GET",
        path=PATH,
        tag="sources",
        summary="List the styles that are kept, by name, without their samples.",
        scope=Scope.READ,
        parameters=(LIMIT, after(str)),
        answer=object_of(styles=list_of(of("style")), next=NEXT),
        example=Example({"styles": [_LISTED], "next": None}, query={"limit": "50"}),
        endpoint=list_,
    ),
    Operation(
        id="keepStyle",
        method="POST",
        path=PATH,
        tag="sources",
        summary="Keep how a `username` of X writes, which may cost credits, or `samples` of one's own under a `name`.",
        description="It takes the place of one of that name. With an API key samples are kept at the API too.",
        scope=Scope.WRITE,
        request=_NEW,
        refusals=(502, 503),
        status=201,
        answer=_STYLE,
        creates=True,
        example=Example(_OWN, body={"name": "our-voice", "samples": _SHOWN["samples"]}),
        endpoint=create,
    ),
    Operation(
        id="getStyle",
        method="GET",
        path=ONE,
        tag="sources",
        summary="Show a style with its samples.",
        scope=Scope.READ,
        answer=_STYLE,
        example=Example(_SHOWN, path=_NAMED),
        endpoint=show,
    ),
    Operation(
        id="refreshStyle",
        method="POST",
        path=ONE + "/refresh",
        tag="sources",
        summary="Read anew how an author writes; it may cost credits.",
        scope=Scope.WRITE,
        refusals=(409, 422, 502, 503),
        answer=_STYLE,
        example=Example(_SHOWN, path=_NAMED),
        endpoint=refresh,
    ),
    Operation(
        id="removeStyle",
        method="DELETE",
        path=ONE,
        tag="sources",
        summary="Forget a style that no template follows.",
        scope=Scope.WRITE,
        refusals=(409,),
        answer=_STYLE,
        example=Example(_SHOWN, path=_NAMED),
        endpoint=remove,
    ),
    Operation(
        id="compareStyles",
        method="GET",
        path=ONE + "/comparison",
        tag="sources",
        summary="Show a style beside another in numbers: how long, how often with links, what it says most.",
        description="The other may also be one that only the API keeps. Percentages are those of the posts.",
        scope=Scope.READ,
        parameters=(text("other", "The name of the other style.", most=NAME_LIMIT, required=True),),
        refusals=(409, 502, 503),
        answer=object_of(styles=list_of(_MEASURED)),
        example=Example(
            {"styles": [{"name": "acme"} | _NUMBERS, {"name": "our-voice"} | _NUMBERS]},
            path=_NAMED,
            query={"other": "our-voice"},
        ),
        endpoint=compare,
    ),
)
