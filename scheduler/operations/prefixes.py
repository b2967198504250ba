"""Ids as people type them: whole, or so much of the beginning that only one fits."""

from __future__ import annotations

import re

from sqlalchemy import Column, Connection, select

from domain.errors import FieldError, InvalidInput

SHORTEST = 6
AFTER_ALL = "~"  # comes after every character of an id
_BEGINNING = re.compile(r"[0-9A-Za-z-]+")


def whole_id(connection: Connection, column: Column[str], given: str) -> str:
    """Give the one id in *column* that is *given* or begins with it; *given* itself when none does.

    A beginning has at least 6 characters. Raises InvalidInput when several ids begin so.
    """
    if len(given) < SHORTEST or not _BEGINNING.fullmatch(given):
        return given
    if connection.execute(select(column).where(column == given).limit(1)).first() is not None:
        return given
    query = select(column).where(column.startswith(given, autoescape=True)).order_by(column).limit(2).distinct()
    if connection.dialect.name == "sqlite":  # its LIKE knows no case, and so no index; its text order is by bytes
        query = query.where(column >= given, column < given + AFTER_ALL)
    found = [str(each) for each in connection.execute(query).scalars()]
    if len(found) == 2:
        raise InvalidInput([FieldError("id", f"{given} begins several ids, {' and '.join(found)}; give more of it")])
    return found[0] if found else given
