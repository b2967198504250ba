"""What a template names by id must be there when it is kept; what is removed later is left out of its runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from sqlalchemy import Connection

from domain.errors import FieldError, InvalidInput, NotFound
from domain.template import Template
from storage import projects, recurring_research, research


def check(connection: Connection, template: Template, *, before: Template | None = None) -> None:
    """Make sure that the research and the projects that *template* names exist, where *before* did not name them.

    Raises InvalidInput naming each that does not.
    """
    known = before.sources.research + before.projects if before else ()
    problems = [
        *_missing(
            connection, "research", template.sources.research, known, partial(_has_research, owner=template.owner_id)
        ),
        *_missing(connection, "projects", template.projects, known, partial(_has_project, owner=template.owner_id)),
    ]
    if problems:
        raise InvalidInput(problems)


def _missing(
    connection: Connection,
    field: str,
    ids: tuple[str, ...],
    known: tuple[str, ...],
    has: Callable[[Connection, str], bool],
) -> Iterator[FieldError]:
    kind = "research" if field == "research" else "project"
    for each in ids:
        if each not in known and not has(connection, each):
            yield FieldError(field, f"there is no {kind} {each}; `ostinato {kind} list` shows those there are")


def _has_research(connection: Connection, research_id: str, *, owner: str) -> bool:
    for get in (research.get, recurring_research.get):
        try:
            get(connection, research_id, owner=owner)
        except NotFound:
            continue
        return True
    return False


def _has_project(connection: Connection, project_id: str, *, owner: str) -> bool:
    return bool(projects.some(connection, [project_id], owner=owner))
