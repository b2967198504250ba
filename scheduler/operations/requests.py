"""What a caller of the HTTP API asks for by its fields: one post, made now, or a post that recurs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from domain.prices import XquikPrices
from domain.run import Run
from domain.schedule import Grid, Schedule
from domain.template import StoredTemplate, TemplateState, TemplateStatus
from domain.template_document import parse
from scheduler.budget_room import check_room
from scheduler.operations import references
from scheduler.operations import templates as operations
from storage import feeds, templates
from storage.tables import templates as table
from storage.webhooks import Cipher


def post_once(
    connection: Connection,
    document: Mapping[str, Any],
    *,
    fast: bool = False,
    prices: XquikPrices | None = None,
    now: datetime,
    new_id: Callable[[], str],
    template_id: str | None = None,
    owner: str,
) -> Run:
    """Keep a template for one post and give the run that makes it, in the caller's transaction; the daemon works on it.

    The template has ended from the start, so no slot of it ever comes due. The run is one that was asked for: it waits
    for a daemon as long as it takes. Raises InvalidInput naming all problems, and OverBudget, with *prices*, when its
    account's budget is reached already; nothing is kept then.
    """
    template = replace(parse(document, id=template_id or new_id(), now=now), owner_id=owner)
    references.check(connection, template)
    if prices is not None:
        check_room(connection, template, run_id=template.id, prices=prices, now=now)
    template = replace(template, once=True, fast=fast, schedule=Schedule(Grid(1, now), end=now))
    templates.insert(connection, template, TemplateState(TemplateStatus.ENDED, None, now, now))
    for source in template.sources.feeds:
        feeds.ensure(connection, source.url, now=now, owner=owner)
    return operations.begin(connection, template, now=now, new_id=new_id)


def recur(
    connection: Connection,
    document: Mapping[str, Any],
    *,
    fast: bool = False,
    cipher: Cipher,
    prices: XquikPrices | None = None,
    now: datetime,
    new_id: Callable[[], str],
    template_id: str | None = None,
    owner: str,
) -> StoredTemplate:
    """Keep a template that recurs, its first slot at once, in the caller's transaction.

    Raises InvalidInput naming all problems, Conflict, and OverBudget as `post_once`; nothing is kept then.
    """
    template = replace(parse(document, id=template_id or new_id(), now=now), fast=fast, owner_id=owner)
    if prices is not None:
        check_room(connection, template, run_id=template.id, prices=prices, now=now)
    return operations.keep(connection, template, active=True, cipher=cipher, now=now, new_id=new_id).stored


def only_account(connection: Connection, *, owner: str) -> str | None:
    """Give the one account that the owner's templates post as, as they write it; None for none, or more than one."""
    lowered, mine = func.lower(table.c.account), table.c.owner_id == owner
    first = connection.execute(select(func.min(lowered)).where(mine)).scalar()
    if first is None or connection.execute(select(func.max(lowered)).where(mine)).scalar() != first:
        return None
    query = select(table.c.account).where(lowered == first, mine).limit(1)
    found: str | None = connection.execute(query).scalar()
    return found


def feed_urls(connection: Connection, *, owner: str) -> dict[int, str]:
    """Give the URLs of the owner's feeds by their numbers."""
    return {feed.id: feed.url for feed in feeds.list_feeds(connection, owner=owner)}
