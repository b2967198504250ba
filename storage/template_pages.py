"""Templates page by page, by name: where a page begins is found by the name's index, however many there are."""

from __future__ import annotations

from sqlalchemy import Connection, false, select, tuple_

from domain.template import StoredTemplate, TemplateStatus
from storage.tables import constant, templates
from storage.templates import get_many

Place = tuple[str, str]  # a template's name and id


def page(
    c: Connection,
    *,
    after: Place | None = None,
    limit: int,
    status: TemplateStatus | None = None,
    owner: str,
) -> tuple[list[Place], dict[str, StoredTemplate]]:
    """Give the places of the first *limit* templates behind *after*, and by id those of them that can be read.

    Deleted ones are there only when *status* asks for them; those made for one post never are.
    """
    columns = (templates.c.name, templates.c.id)
    query = select(*columns).where(templates.c.owner_id == owner, templates.c.once == false())
    if status is not None:
        query = query.where(templates.c.status == constant(status))
    else:
        query = query.where(templates.c.status != constant(TemplateStatus.DELETED))
    if after is not None:
        query = query.where(tuple_(*columns) > tuple_(*after))
    places = [(row.name, row.id) for row in c.execute(query.order_by(*columns).limit(limit))]
    return places, get_many(c, [place[1] for place in places])
