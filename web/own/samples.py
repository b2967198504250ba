"""Samples over HTTP: what a template would post now, written and never kept, as `template preview --sample` does."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from domain.template import Template
from domain.template_document import refuse_unheard
from domain.token import Scope
from scheduler.operations import sampling
from scheduler.shown import details as shown
from scheduler.shown.schema_words import TEXT, list_of, object_of
from web import owned
from web.answers import answered
from web.call import Call
from web.operation import Example, Operation
from web.own import examples, run_examples
from web.own.templates import DOCUMENT
from web.own.templates import ONE as TEMPLATE
from web.problems import Refused
from web.schemas import of

AT_ONCE = 2  # in this process: they are written beside the daemon's own work
NO_KEY = "there is no key of the Xquik API, so no sample can be written; set OSTINATO_XQUIK_KEY and start anew"


async def of_template(call: Call) -> Response:
    stored = await call.read(lambda c: owned.template(c, call.path["template"], call.owner))
    return await _written(call, stored.template)


async def of_document(call: Call) -> Response:
    refuse_unheard(call.document, hears=call.parts.hears)
    template = await call.read(
        lambda c: sampling.imagined(c, call.document, now=call.now, new_id=call.parts.new_id, owner=call.owner)
    )
    return await _written(call, template)


async def _written(call: Call, template: Template) -> Response:
    take, going_on = call.parts.take_sample, call.parts.samples
    if take is None:
        raise Refused(NO_KEY, status=409, code="not_configured")
    if len(going_on) >= AT_ONCE:
        sentence = f"{AT_ONCE} samples are being written; ask again when one is done"
        raise Refused(sentence, status=429, code="rate_limited", headers={"Retry-After": "10"})
    mark = object()
    going_on.add(mark)
    try:
        async with asyncio.timeout(call.parts.sample_seconds):
            return answered(shown.sample(await take(template)))
    except TimeoutError as error:
        sentence = f"no sample was written within {call.parts.sample_seconds:g} s; look at the sources, or ask again"
        raise Refused(sentence, status=504, code="timed_out") from error
    finally:
        going_on.discard(mark)


_REJECTED = object_of(reference=TEXT, reason=TEXT)
_SAMPLE = object_of(
    material=list_of(of("material")),
    rejected=list_of(_REJECTED),
    drafts=list_of(of("draft")),
    choice_reason=TEXT,
)
_REFUSALS = (409, 429, 502, 503, 504)
_DESCRIPTION = (
    "Nothing is kept, nothing is posted, and no feed entry is used up: of a feed the newest is taken, used or not. "
    "It takes as long as a run takes to write, two minutes at most, and no more than two are written at once "
    "(429). `choice_reason` says why a draft is `chosen`, or why there is none. A model costs what it costs: with one, "
    "a budget that is reached refuses it."
)

OPERATIONS = (
    Operation(
        id="sampleTemplate",
        method="POST",
        path=TEMPLATE + "/sample",
        tag="samples",
        summary="Write what the template would post now, from what its sources hold now.",
        description=_DESCRIPTION,
        scope=Scope.WRITE,
        refusals=_REFUSALS,
        answer=_SAMPLE,
        example=Example(run_examples.SAMPLE, path={"template": "morning"}),
        endpoint=of_template,
    ),
    Operation(
        id="sampleDocument",
        method="POST",
        path="/api/v1/samples",
        tag="samples",
        summary="Write what a template would post that is not kept: its whole document is the body.",
        description=_DESCRIPTION,
        scope=Scope.WRITE,
        request=DOCUMENT,
        refusals=_REFUSALS,
        answer=_SAMPLE,
        example=Example(run_examples.SAMPLE, body=examples.DOCUMENT),
        endpoint=of_document,
    ),
)
