"""What a person decides about a run over HTTP: it is approved as it is or in other words, rejected, ended, retried."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from domain.errors import Conflict, FieldError, InvalidInput
from domain.run import Verdict
from domain.token import Scope
from scheduler.operations import cancelling, places, retrying, revising, runs, why
from scheduler.operations import templates as templates_of
from scheduler.operations.joined import Joined
from scheduler.shown import details as shown
from scheduler.shown import views
from scheduler.shown.schema_words import TEXT, Schema, object_of, or_null
from web.answers import answered
from web.call import Call
from web.fields import fields
from web.operation import Example, Operation
from web.own import run_examples
from web.own.runs import DETAILS, NAMED, ONE, PATH, run_id
from web.own.templates import NOTE_LIMIT
from web.schemas import of, with_more

REVISION_LIMIT = 100  # characters; its own have 16
POSTS_LIMIT = 250  # more than a run can have
TEXT_LIMIT = 4000  # characters of a post, far more than it may have: links count little


async def approve(call: Call) -> Response:
    with fields(call.document, "note", "revision", "texts") as given:
        note = given.text("note", limit=NOTE_LIMIT)
        revision = given.text("revision", limit=REVISION_LIMIT)
    texts = _texts(given.raw("texts"))

    def approved(c: Connection) -> dict[str, Any]:
        database, wanted = Joined(c), run_id(c, call)
        if texts:
            done = revising.approve_edited(
                database, wanted, texts, note=note, now=call.now, revision=revision, field="texts"
            )
        else:
            done = runs.decide(database, wanted, Verdict.APPROVED, note=note, now=call.now, revision=revision)
        return shown.run(done, places.site(c))

    return answered(await call.write(approved))


async def reject(call: Call) -> Response:
    with fields(call.document, "note", "revision") as given:
        note = given.text("note", limit=NOTE_LIMIT)
        revision = given.text("revision", limit=REVISION_LIMIT)

    def rejected(c: Connection) -> dict[str, Any]:
        wanted = run_id(c, call)
        done = runs.decide(Joined(c), wanted, Verdict.REJECTED, note=note, now=call.now, revision=revision)
        return shown.run(done, places.site(c))

    return answered(await call.write(rejected))


async def cancel(call: Call) -> Response:
    with fields(call.document, "note") as given:
        note = given.text("note", limit=NOTE_LIMIT)

    def cancelled(c: Connection) -> cancelling.Cancelled:
        return cancelling.cancel(Joined(c), run_id(c, call), note=note, now=call.now, new_id=call.parts.new_id)

    found = await call.write(cancelled)
    if found.too_late:
        raise Conflict(f"run {found.details.facts.run.id}: {found.sentence}")
    return answered(shown.cancelled(found))


async def retry(call: Call) -> Response:
    def queued(c: Connection) -> dict[str, Any]:
        new = retrying.retry(Joined(c), run_id(c, call), now=call.now, new_id=call.parts.new_id)
        name = templates_of.get(Joined(c), new.template_id).template.name
        return views.run(new, name, why.sentence(new))

    return await call.create(queued, lambda queued: f"{PATH}/{queued['id']}")


def _texts(given: Any) -> dict[str, str]:
    """Read new texts by the posts' ids or places, from 1: a list of texts, null leaving one, or of `{post, text}`.

    Raises InvalidInput.
    """
    problems: list[FieldError] = []
    found: dict[str, str] = {}
    if given is not None and (not isinstance(given, list) or len(given) > POSTS_LIMIT):
        raise InvalidInput([FieldError("texts", f"must be a list of at most {POSTS_LIMIT} texts")])
    for place, each in enumerate(given or (), start=1):
        if each is None:
            continue
        of_post, text = (each.get("post"), each.get("text")) if isinstance(each, dict) else (place, each)
        if not isinstance(text, str) or isinstance(of_post, bool) or not isinstance(of_post, (str, int)):
            reason = "must be a text, null, or an object of a post (its id, or its place from 1) and its text"
        elif isinstance(each, dict) and len(each) != 2:
            reason = "may hold post and text only"
        elif len(text) > TEXT_LIMIT:
            reason = f"is {len(text)} characters long; at most {TEXT_LIMIT} are read"
        elif str(of_post) in found:
            reason = "is of a post that has a text already; give one text"
        else:
            found[str(of_post)] = text
            continue
        problems.append(FieldError(f"texts {place}", reason))
    if problems:
        raise InvalidInput(problems)
    return found


_NOTE: Schema = or_null(TEXT | {"maxLength": NOTE_LIMIT, "description": "Why, for whoever looks later."})
_REVISION: Schema = or_null(
    TEXT
    | {"maxLength": REVISION_LIMIT, "description": "Only if the run stands at this revision, as `getRun` names it."}
)
_TEXT: Schema = TEXT | {"maxLength": TEXT_LIMIT}
_POST: Schema = {"anyOf": [TEXT, {"type": "integer", "minimum": 1}]}
_TEXTS: Schema = {
    "description": (
        "What to publish instead: a text for each post in its order, null where it stays, or objects of a post (its "
        "id, or its place from 1) and its text."
    ),
    "type": "array",
    "maxItems": POSTS_LIMIT,
    "items": {"anyOf": [_TEXT, {"type": "null"}, object_of(post=_POST, text=_TEXT) | {"additionalProperties": False}]},
}


def _body(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "additionalProperties": False}


OPERATIONS = (
    Operation(
        id="approveRun",
        method="POST",
        path=ONE + "/approve",
        tag="runs",
        summary="Let a held run publish what it wrote, or what you make of it.",
        description=(
            "Other words are checked for their length, scored, and kept as a draft of their own, in the same "
            "transaction. With `revision` nothing is approved that you have not read."
        ),
        scope=Scope.PUBLISH,
        request=_body(note=_NOTE, revision=_REVISION, texts=or_null(_TEXTS)),
        body_required=False,
        refusals=(409,),
        answer=DETAILS,
        example=Example(
            run_examples.APPROVED,
            path=NAMED,
            body={"revision": run_examples.REVISION, "texts": [run_examples.WORDS], "note": "read by Ada"},
        ),
        endpoint=approve,
    ),
    Operation(
        id="rejectRun",
        method="POST",
        path=ONE + "/reject",
        tag="runs",
        summary="Let a held run post nothing.",
        scope=Scope.WRITE,
        request=_body(note=_NOTE, revision=_REVISION),
        body_required=False,
        refusals=(409,),
        answer=DETAILS,
        example=Example(run_examples.REJECTED, path=NAMED, body={"note": "too dry"}),
        endpoint=reject,
    ),
    Operation(
        id="cancelRun",
        method="POST",
        path=ONE + "/cancel",
        tag="runs",
        summary="Stop a run before it publishes.",
        description=(
            "It will publish nothing then, even if it is being worked on. Where something was sent, or may have been, "
            "it is too late: 409 says what, and the run goes on."
        ),
        scope=Scope.WRITE,
        request=_body(note=_NOTE),
        body_required=False,
        refusals=(409,),
        answer=with_more(of("run"), answer={"const": "cancelled"}, publication={"type": "null"}),
        example=Example(run_examples.CANCELLED, path=NAMED, body={"note": "old news"}),
        endpoint=cancel,
    ),
    Operation(
        id="retryRun",
        method="POST",
        path=ONE + "/retry",
        tag="runs",
        summary="Try a run once more that ended skipped or failed. The daemon works on it.",
        description=(
            "A run of its own gathers and writes anew. Where something of the old one is out, or may be, it is refused."
        ),
        scope=Scope.PUBLISH,
        status=201,
        answer=of("run"),
        creates=True,
        example=Example(run_examples.RETRIED, path=NAMED),
        endpoint=retry,
    ),
)
