"""Reading the small bodies of the program's own API: every wrong field is named, all together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from domain.errors import FieldError, InvalidInput
from domain.template_document.fields import Fields
from domain.template_document.names import normalise
from web.parameters import read_instant


@contextmanager
def fields(document: Mapping[str, Any], *names: str) -> Iterator[Fields]:
    """Give the fields *names* of *document*; at the end of the context, raise InvalidInput if any is wrong."""
    problems: list[FieldError] = []
    yield Fields(normalise(document, frozenset(names), problems), problems)
    if problems:
        raise InvalidInput(problems)


def moment(given: Fields, name: str) -> datetime | None:
    """Give the instant of a field that must be there; None, with the problem noted, when it is not."""
    text = given.text(name, limit=100)
    if text is None:
        if not any(each.field == given.path(name) for each in given.problems):
            given.problem(name, "is missing; write it as 2026-03-26T08:00:00Z")
        return None
    try:
        return read_instant(text)
    except ValueError as error:
        given.problem(name, str(error))
        return None
