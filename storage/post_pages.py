"""Posts page by page, the newest request first, with what each was made of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    tuple_,
)

from domain.draft import Draft
from domain.material import Material
from domain.owner import LOCAL_OWNER
from domain.publication import Post, PostStatus
from domain.template import PostType
from storage import codec
from storage.posts import from_row
from storage.recall import recall
from storage.tables import drafts, materials, posts, templates

CHUNK = 200  # posts read at a time where all are wanted
Place = tuple[datetime, str, int, int]  # when a post was made, its run, group and part
_ORDER = (posts.c.created_at.desc(), posts.c.run_id, posts.c.grp, posts.c.part)
_ALL = select(func.count()).select_from(posts)
# SQLite counts a table without looking at its rows, and the others' stand in an index of their own.
_COUNT_LOCAL = select(
    _ALL.scalar_subquery() - _ALL.where(posts.c.owner_id != literal_column(repr(LOCAL_OWNER))).scalar_subquery()
)


def _of_runs(table: Table) -> Select[Any]:
    """Give the question for documents of *table* by their runs and ids, put together once."""
    named = table.c.id.in_(bindparam("ids", expanding=True))
    return select(table.c.run_id, table.c.id, table.c.document).where(
        table.c.run_id.in_(bindparam("runs", expanding=True)), named
    )


_DRAFTS, _MATERIALS = _of_runs(drafts), _of_runs(materials)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which posts: of one template, run or *account*, in one *status*, of one *kind*, made in a span; None: any."""

    owner_id: str | None
    template_id: str | None = None
    run_id: str | None = None
    account: str | None = None
    status: PostStatus | None = None
    kind: PostType | None = None
    since: datetime | None = None
    until: datetime | None = None


_LOCAL = Wanted(owner_id=LOCAL_OWNER)


@dataclass(frozen=True, slots=True)
class Paged:
    """A post, the template it belongs to unless that was made for it alone, its kind, and what it was made of."""

    post: Post
    recurring: str | None
    kind: PostType
    draft: Draft | None = None  # None once it is pruned
    materials: tuple[Material, ...] = ()


def count(c: Connection, wanted: Wanted) -> int:
    """Count the posts that are wanted; on SQLite only where something was committed since that was asked."""
    query = _COUNT_LOCAL if wanted == _LOCAL else select(func.count()).select_from(posts).where(*_where(wanted))
    return recall(c, ("count of posts", wanted), lambda: int(c.execute(query).scalar_one()))


def page(c: Connection, wanted: Wanted, *, limit: int, offset: int = 0) -> list[Paged]:
    """Give *limit* of the posts that are wanted: the newest request first, the parts of each in their order."""
    return _with_origins(c, c.execute(_query(wanted).limit(limit).offset(offset)).mappings())


def piece(c: Connection, wanted: Wanted, *, behind: Post | None = None, limit: int = CHUNK) -> list[Paged]:
    """Give the next *limit* posts *behind* one, in the same order: all may be more than memory holds."""
    query = _query(wanted).limit(limit)
    return _with_origins(c, c.execute(query if behind is None else query.where(_behind(place_of(behind)))).mappings())


def listed(c: Connection, wanted: Wanted, *, behind: Place | None = None, limit: int) -> list[Post]:
    """Give the first *limit* posts that are wanted *behind* a place, in the same order, without what made them."""
    query = select(posts).where(*_where(wanted)).order_by(*_ORDER).limit(limit)
    return [from_row(row) for row in c.execute(query if behind is None else query.where(_behind(behind))).mappings()]


def place_of(post: Post) -> Place:
    """Give where *post* stands in the order of pages."""
    return post.created_at, post.run_id, post.group, post.part


def one(c: Connection, post_id: str, *, owner_id: str) -> Paged | None:
    """Give one post of its owner, or None."""
    query = _query(Wanted(owner_id=owner_id)).where(posts.c.id == post_id)
    found = _with_origins(c, c.execute(query).mappings())
    return found[0] if found else None


def of_anybody(c: Connection, post_id: str) -> list[Paged]:
    """Give a post with the other parts of its thread in their order, whoever's it is; nothing when it is not there."""
    named = select(posts.c.owner_id, posts.c.run_id, posts.c.grp).where(posts.c.id == post_id)
    found = c.execute(named).first()
    if found is None:
        return []
    query = _query(Wanted(run_id=found.run_id, owner_id=found.owner_id)).where(posts.c.grp == found.grp)
    return _with_origins(c, c.execute(query).mappings())


@lru_cache(maxsize=64)
def _query(wanted: Wanted) -> Any:
    recurs = select(templates.c.once).where(templates.c.id == posts.c.template_id).scalar_subquery()
    kind = select(templates.c.type).where(templates.c.id == posts.c.template_id).scalar_subquery()
    query = select(posts, recurs.label("once"), kind.label("kind")).where(*_where(wanted))
    return query.order_by(*_ORDER)


def _behind(place: Place) -> ColumnElement[bool]:
    """Give the condition of what follows *place* in the order of pages."""
    created_at, *rest = place
    later = tuple_(posts.c.run_id, posts.c.grp, posts.c.part) > tuple_(*rest)
    return and_(posts.c.created_at <= created_at, or_(posts.c.created_at < created_at, later))


def _where(wanted: Wanted) -> list[ColumnElement[bool]]:
    given: list[ColumnElement[bool]] = []
    if wanted.owner_id is not None:
        given.append(posts.c.owner_id == wanted.owner_id)
    if wanted.template_id is not None:
        given.append(posts.c.template_id == wanted.template_id)
    if wanted.run_id is not None:
        given.append(posts.c.run_id == wanted.run_id)
    if wanted.account is not None:
        given.append(func.lower(posts.c.account) == wanted.account.lower())
    if wanted.status is not None:
        given.append(posts.c.status == wanted.status.value)
    if wanted.kind is not None:
        of_kind = select(templates.c.id).where(templates.c.type == wanted.kind.value)
        given.append(posts.c.template_id.in_(of_kind))
    if wanted.since is not None:
        given.append(posts.c.created_at >= wanted.since)
    if wanted.until is not None:
        given.append(posts.c.created_at < wanted.until)
    return given


def _with_origins(c: Connection, rows: Iterable[Any]) -> list[Paged]:
    found = list(rows)
    written = _drafts(c, {(row["run_id"], row["draft_id"]) for row in found})
    gathered = _materials(c, {(run, each) for (run, _), draft in written.items() for each in draft.material_ids})
    paged = []
    for row in found:
        draft = written.get((row["run_id"], row["draft_id"]))
        used = [gathered.get((row["run_id"], each)) for each in (draft.material_ids if draft else ())]
        recurring = None if row["once"] else row["template_id"]
        materials_of = tuple(each for each in used if each is not None)
        paged.append(Paged(from_row(row), recurring, PostType(row["kind"]), draft, materials_of))
    return paged


def _drafts(c: Connection, wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], Draft]:
    return {key: codec.load(Draft, text) for key, text in _documents(c, _DRAFTS, wanted)}


def _materials(c: Connection, wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], Material]:
    return {key: codec.load(Material, text) for key, text in _documents(c, _MATERIALS, wanted)}


def _documents(
    c: Connection, query: Select[Any], wanted: Collection[tuple[str, str]]
) -> Iterator[tuple[tuple[str, str], str]]:
    """Give the documents that are *wanted* by run and id, and no others: to read one costs more than its row."""
    runs, ids = {run for run, _ in wanted}, {name for _, name in wanted}
    for run, name, text in c.execute(query, {"runs": list(runs), "ids": list(ids)}) if wanted else ():
        if (run, name) in wanted:
            yield (run, name), text
