"""A request, a run or a research, as `/content/Status/{id}` shows it and compatible webhooks are told how it ended."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from domain.errors import NotFound
from domain.event import OF_RESEARCH, Event, EventType
from scheduler.shown import compatible, compatible_research
from scheduler.shown.compatible import Links, iso
from scheduler.shown.compatible_notes import notes
from storage import codec, post_pages, research, templates
from storage.post_pages import Wanted
from storage.runs.rows import REJECTED, run_of
from storage.tables import runs

NOWHERE = Links()  # for an installation whose address is not known
ALL = 1000  # more posts than a run can have


def of_run(c: Connection, run_id: str, *, owner_id: str, links: Links = NOWHERE) -> dict[str, Any]:
    """Give the request whose id is *run_id*. Raises NotFound, also when it is another owner's."""
    row = c.execute(select(runs).where(runs.c.id == run_id, runs.c.owner_id == owner_id)).mappings().first()
    if row is None:
        raise NotFound("request", run_id)
    run = run_of(row)
    template = templates.get(c, run.template_id, owner=owner_id).template
    posts = post_pages.page(c, Wanted(run_id=run_id, owner_id=owner_id), limit=ALL)
    done = [row["gathered_at"], row["drafted_at"], row["chosen_at"]]
    rejected = codec.load(REJECTED, row["rejected"]) if row["rejected"] is not None else ()
    lacking = notes(rejected, row["choice_reason"], [each.draft for each in posts])
    return compatible.request(run, template, posts, links, done=done, notes=lacking)


def of_any(c: Connection, request_id: str, *, owner_id: str, links: Links = NOWHERE) -> dict[str, Any]:
    """Give the request whose id is *request_id*: a run, or else a research. Raises NotFound, as `of_run` does."""
    try:
        return of_run(c, request_id, owner_id=owner_id, links=links)
    except NotFound:
        return compatible_research.request(research.get(c, request_id, owner=owner_id))


def told(c: Connection, event: Event, *, owner_id: str, links: Links = NOWHERE) -> dict[str, Any]:
    """Give what a compatible webhook is told of *event*: the request as it stands, and which event it is."""
    of_event = {"event_id": event.id, "created_at": iso(event.created_at)}
    named = event.data["research"]["id"] if event.type in OF_RESEARCH else event.run_id
    if named is None:
        return {"event": str(event.type), **of_event, **event.data}
    try:
        request = of_any(c, named, owner_id=owner_id, links=links)
    except NotFound:  # of research that recurs only the newest are kept
        return {"event": str(event.type), **of_event, **event.data}
    well = event.type is EventType.RUN_SUCCEEDED or request["error_code"] == 0
    return {**request, "event": "request.succeeded" if well else "request.failed", **of_event}
