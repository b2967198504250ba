"""`POST /x/refine`: one post that is not out, written anew as its owner asks."""

from __future__ import annotations

from starlette.responses import Response

from domain.errors import Conflict, NotFound, SourceError
from domain.template import SoundSource
from domain.template_document.reading import PROMPT_LIMIT
from domain.token import Scope
from scheduler.operations.refining import NotRewritten, check, refine
from scheduler.shown.compatible import bare_post
from scheduler.shown.compatible_notes import not_followed
from scheduler.shown.schema_words import FLAG, TEXT, Schema, list_of, object_of, or_null
from web.answers import answered
from web.call import Call
from web.compatible import words
from web.compatible.creating import refuse_unreadable
from web.compatible.given import from_json
from web.compatible.links import links_of
from web.compatible.refusal import NOT_CONFIGURED, Refusal, missing, wrong
from web.compatible.sources import unreadable
from web.operation import Example, Manner, Operation

NOT_FOUND = "Tweet not found or unauthorized"


async def refined(call: Call) -> Response:
    given = from_json(call.document)
    post_id = given.text("tweetId", limit=200)
    if post_id is None:
        raise Refusal("Missing tweetId parameter", field="tweetId")
    prompt, spoken = given.text("prompt", limit=PROMPT_LIMIT), given.url("promptAudioUrl")
    if prompt is None and spoken is None:
        raise Refusal("Missing prompt or promptAudioUrl: send at least one of them", field="prompt")
    refuse_unreadable(given, unreadable(hears=call.parts.hears))
    if call.parts.editor is None:
        sentence = "posts are written anew with a key of the Xquik API only; set OSTINATO_XQUIK_KEY and start anew"
        raise Refusal(sentence, code=NOT_CONFIGURED, status=409)
    try:
        instruction = "\n\n".join(filter(None, (prompt, await _heard(call, post_id, spoken))))
        paged = await refine(
            call.parts.database,
            call.parts.writer,
            post_id,
            instruction,
            editor=call.parts.editor,
            has_model=call.parts.has_model,
            owner_id=call.owner,
            clock=call.parts.clock,
            new_id=call.parts.new_id,
            redraw=call.parts.redraw,
        )
    except NotFound:
        raise missing(NOT_FOUND) from None
    except NotRewritten as error:
        raise Refusal(str(error), code="not_rewritten", status=500) from error
    except Conflict as error:
        raise Refusal(str(error), code="conflict", status=409) from error
    unmet = paged.draft.unmet_hints if paged.draft else ()
    answer = {"success": True, "post": bare_post(paged, links_of(call)), "notes": [*map(not_followed, unmet)]}
    return answered(answer)


async def _heard(call: Call, post_id: str, url: str | None) -> str | None:
    """Give what is spoken at *url*, which is written down only for a post that can be refined.

    Raises Refusal, NotFound and Conflict.
    """
    if url is None:
        return None
    await call.read(lambda c: check(c, post_id, owner_id=call.owner))
    try:
        if call.parts.spoken is None:
            raise SourceError(
                url, "nothing here writes down what is spoken; set OSTINATO_TRANSCRIPTION_MODEL and start anew"
            )
        words = await call.parts.spoken(SoundSource(url=url), owner=call.owner, now=call.now)
    except SourceError as error:
        raise Refusal(f"promptAudioUrl: {error}", code="source", field="promptAudioUrl") from error
    if not words.strip():
        raise wrong("promptAudioUrl", "says nothing that could be written down")
    return words


_REQUEST: Schema = {
    "type": "object",
    "properties": {
        "tweetId": TEXT,
        "prompt": or_null(TEXT | {"maxLength": PROMPT_LIMIT}),
        "promptAudioUrl": or_null(words.URL),
    },
    "required": ["tweetId"],
}

OPERATIONS = (
    Operation(
        id="refineXPost",
        method="POST",
        path="/x/refine",
        tag="x",
        summary="Write a post anew as you ask, before it is out.",
        description=(
            "Its id and its date stay; its old words are kept as a revision, and its charts are drawn for the new "
            "ones. What is spoken at `promptAudioUrl` follows `prompt`; `notes` says what of both was not followed. A "
            "post that is out, or on its way, is refused with 409. Where no other words are found it stays as it is."
        ),
        scope=Scope.WRITE,
        request=_REQUEST,
        answer=object_of(success=FLAG, post=object_of(**words.BARE_POST), notes=list_of(TEXT)),
        refusals=(404, 409, 500),
        manner=Manner.COMPATIBLE,
        example=Example(
            {"success": True, "post": words.EXAMPLE_POST, "notes": ["not followed: without hashtags"]},
            body={"tweetId": words.ID, "prompt": "shorter, without hashtags"},
        ),
        endpoint=refined,
    ),
)
