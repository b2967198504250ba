"""Ids as people type them: whole, or so much of the beginning that only one fits."""

from __future__ import annotations

import re

from sqlalchemy import Column, Connection, select

from domain.errors import FieldError, InvalidInput

SHORTEST = 6
_BEGINNING = re.compile(r"[0-9A-Za-z-]+")


def whole_id(connection: Connection, column: Column[str], given: str) -> str:
    """Give the one id in *column* that is *given* or begins with it; *given* itself when none does.

    A beginning has at least 6 characters. Raises InvalidInput when several ids begin so.
    """
    if len(given) < SHORTEST or not _BEGINNING.fullmatch(given):
        return given
    query = select(column).where(column.startswith(given, autoescape=True)).order_by(column).limit(2).distinct()
    found = [str(each) for each in connection.execute(query).scalars()]
    if len(found) == 2 and given not in found:
        raise InvalidInput([FieldError("id", f"{given} begins several ids, {' and '.join(found)}; give more of it")])
    return given if given in found or not found else found[0]
