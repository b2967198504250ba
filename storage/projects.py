"""Projects: what the owner's posts are about."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, RowMapping, insert, select, tuple_
from sqlalchemy import update as update_of

from domain.errors import NotFound
from domain.project import Palette, Project
from storage import codec
from storage.row_values import Row
from storage.tables import projects

_COLOURS = tuple[str, ...]


def add(c: Connection, made: Project) -> None:
    """Keep a new project."""
    c.execute(
        insert(projects).values({"id": made.id, "owner_id": made.owner_id, "created_at": made.created_at, **_row(made)})
    )


def replace(c: Connection, changed: Project) -> None:
    """Keep *changed* in the place of what it was."""
    c.execute(
        update_of(projects)
        .where(projects.c.id == changed.id, projects.c.owner_id == changed.owner_id)
        .values(_row(changed))
    )


def get(c: Connection, project_id: str, *, owner: str) -> Project:
    """Give one of *owner* by its id, also one that was removed. Raises NotFound."""
    mine = (projects.c.id == project_id, projects.c.owner_id == owner)
    row = c.execute(select(projects).where(*mine)).mappings().first()
    if row is None:
        raise NotFound("project", project_id, "`ostinato project list` shows those there are")
    return _project(row)


def list_all(c: Connection, *, include_deleted: bool = False, owner: str) -> list[Project]:
    """Give the projects of *owner* by name."""
    query = select(projects).where(projects.c.owner_id == owner).order_by(projects.c.name, projects.c.id)
    if not include_deleted:
        query = query.where(projects.c.deleted_at.is_(None))
    return [_project(row) for row in c.execute(query).mappings()]


def page(
    c: Connection,
    *,
    limit: int,
    after: tuple[str, str] | None = None,
    include_deleted: bool = False,
    owner: str,
) -> list[Project]:
    """Give up to *limit* projects of *owner* by name; *after* is the name and the id of the last one."""
    place = (projects.c.name, projects.c.id)
    query = select(projects).where(projects.c.owner_id == owner).order_by(*place).limit(limit)
    if not include_deleted:
        query = query.where(projects.c.deleted_at.is_(None))
    if after is not None:
        query = query.where(tuple_(*place) > tuple_(*after))
    return [_project(row) for row in c.execute(query).mappings()]


def some(c: Connection, ids: Collection[str], *, owner: str) -> list[Project]:
    """Give those of *ids* that *owner* has and were not removed, in the order of *ids*."""
    mine = (projects.c.id.in_(list(ids)), projects.c.owner_id == owner, projects.c.deleted_at.is_(None))
    found = c.execute(select(projects).where(*mine)).mappings()
    known = {row["id"]: _project(row) for row in found}
    return [known[each] for each in ids if each in known]


def _row(made: Project) -> Row:
    return {
        "name": made.name,
        "context": made.description,
        "url": made.url,
        "found": made.found,
        "colours": codec.dump(_COLOURS, made.colours),
        "palette": codec.dump(Palette, made.palette) if made.palette != Palette() else None,
        "image": made.image,
        "updated_at": made.updated_at,
        "deleted_at": made.deleted_at,
    }


def _project(row: RowMapping) -> Project:
    return Project(
        id=row["id"],
        name=row["name"],
        created_at=row["created_at"],
        updated_at=row["updated_at"] or row["created_at"],
        description=row["context"],
        url=row["url"],
        found=row["found"],
        colours=codec.load(_COLOURS, row["colours"]) if row["colours"] else (),
        palette=codec.load(Palette, row["palette"]) if row["palette"] else Palette(),
        image=row["image"],
        deleted_at=row["deleted_at"],
        owner_id=row["owner_id"],
    )
