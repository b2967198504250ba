"""A sample of what a template would post now: composed and scored like a run, never stored and never posted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from domain.draft import Draft
from domain.errors import WriterError
from domain.material import Material
from domain.run import Rejected, Run, RunStatus, Trigger
from domain.template import Template
from domain.template_document import parse
from generators.choose import choose
from scheduler.editor import Editor, Gathered, instructed, worth_refining
from scheduler.operations import references
from storage import feeds


@dataclass(frozen=True, slots=True)
class Sample:
    """What was gathered and written; *chosen* is what a run would post, and *reason* says why."""

    material: tuple[Material, ...]
    rejected: tuple[Rejected, ...]
    drafts: tuple[Draft, ...]
    chosen: tuple[Draft, ...]
    reason: str


TakesSample = Callable[[Template], Awaitable[Sample]]


def imagined(
    connection: Connection, document: Mapping[str, Any], *, now: datetime, new_id: Callable[[], str], owner: str
) -> Template:
    """Give the template that *document* says, which is not kept; when it runs is not looked at.

    Raises InvalidInput naming all problems.
    """
    known = {feed.id: feed.url for feed in feeds.list_feeds(connection, owner=owner)}
    template = parse(document, id=new_id(), now=now, feeds=known, read_calendar=_no_dates)
    template = replace(template, owner_id=owner)
    references.check(connection, template)
    return template


def _no_dates(_url: str, _zone: str) -> Collection[date]:
    return ()


async def sample(
    template: Template,
    *,
    gather: Callable[[Template, datetime], Awaitable[Gathered]],
    editor: Editor,
    run_id: str,
    now: datetime,
) -> Sample:
    """Compose what *template* would post now; without drafts, the reason says why. Raises ApiError."""
    gathered = await gather(template, now)
    if not gathered.materials:
        return Sample((), gathered.rejected, (), (), "no source gave usable material")
    template = instructed(template, gathered.hints)
    run = Run(run_id, template.id, template.account, now, now, Trigger.REQUEST, RunStatus.WORKING)
    try:
        written = await editor.compose(template, run, gathered.materials)
        drafts = await editor.score(await editor.compare(template, run, gathered.materials, written))
    except WriterError as error:
        return Sample(gathered.materials, gathered.rejected, (), (), str(error))
    if drafts and worth_refining(drafts, maximum_drafts=template.maximum_drafts):
        refined = await editor.refine(template, run, gathered.materials, drafts)
        newly = await editor.compare(template, run, gathered.materials, refined[len(drafts) :])
        drafts = (*drafts, *await editor.score(newly))
    choice = choose(drafts, count=template.count, minimum_score=template.minimum_score)
    return Sample(gathered.materials, gathered.rejected, drafts, choice.drafts, choice.reason)
