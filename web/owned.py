"""Ids as callers name them: one that is another owner's is not found, as if it were nobody's."""

from __future__ import annotations

from sqlalchemy import Column, Connection, Table, select

from domain.errors import NotFound, Unreadable
from domain.template import StoredTemplate
from storage import templates


def template(c: Connection, named: str, owner: str) -> StoredTemplate:
    """Give the owner's template of that name or id. Raises NotFound, and Unreadable."""
    return templates.get(c, named, owner=owner)


def template_id(c: Connection, named: str, owner: str) -> str:
    """Give the id of the owner's template of that name or id, also of one that cannot be read. Raises NotFound."""
    try:
        return templates.get(c, named, owner=owner).template.id
    except Unreadable:
        return templates.get_unreadable(c, named, owner=owner).id


def row(c: Connection, kind: str, table: Table, named: str, owner: str, *, key: str = "id") -> str:
    """Give the id *named* when *table* has a row of the owner's under it. Raises NotFound for any other."""
    column: Column[str] = table.c[key]
    found = c.execute(select(column).where(column == named, table.c.owner_id == owner)).scalar()
    if found is None:
        raise NotFound(kind, named)
    return named
