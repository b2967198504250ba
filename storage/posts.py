"""Posts: what the owner sees as the result."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, Integer, RowMapping, bindparam, func, select, update

from domain.errors import NotFound
from domain.picture import Picture
from domain.publication import Post, PostStatus
from storage import codec
from storage.tables import posts, templates

PICTURES = tuple[Picture, ...]
# Out, on their way, or perhaps out: what another post of the account must not repeat.
_SAID = [status.value for status in (PostStatus.PUBLISHING, PostStatus.PUBLISHED, PostStatus.UNKNOWN)]
_SAID_OR_COMING = [*_SAID, PostStatus.GENERATED.value, PostStatus.AWAITING_APPROVAL.value]

# Each draft is written and compared with these: built once, since building them takes longer than asking.
_WRITTEN = (
    select(templates.c.account)
    .where(func.lower(templates.c.account) == bindparam("lowered", type_=templates.c.account.type))
    .distinct()
)
_OF_ACCOUNT = posts.c.account.in_(bindparam("accounts", expanding=True))
_SINCE = bindparam("since", type_=posts.c.created_at.type)
_RECENT = select(posts.c.text).where(
    _OF_ACCOUNT,
    posts.c.status.in_(_SAID),
    func.coalesce(posts.c.published_at, posts.c.created_at, type_=posts.c.created_at.type) >= _SINCE,
)
_BESIDES = (
    select(posts)
    .where(
        _OF_ACCOUNT,
        posts.c.created_at >= _SINCE,
        posts.c.run_id != bindparam("besides", type_=posts.c.run_id.type),
    )
    .order_by(posts.c.created_at.desc(), posts.c.run_id, posts.c.grp, posts.c.part)
    .limit(bindparam("most", type_=Integer))
)
_COMING = _BESIDES.where(posts.c.status.in_(_SAID_OR_COMING))
_OUT = _BESIDES.where(posts.c.status.in_(_SAID))


def get(c: Connection, post_id: str) -> Post:
    """Give one post. Raises NotFound."""
    row = c.execute(select(posts).where(posts.c.id == post_id)).mappings().first()
    if row is None:
        raise NotFound("post", post_id, "`ostinato post list` shows those there are")
    return from_row(row)


def list_posts(
    c: Connection,
    *,
    template_id: str | None = None,
    run_id: str | None = None,
    status: PostStatus | None = None,
    limit: int | None = 50,
) -> list[Post]:
    """Give posts, the newest first; the parts of one run in their order. *limit* None gives them all."""
    query = select(posts).order_by(posts.c.created_at.desc(), posts.c.run_id, posts.c.grp, posts.c.part).limit(limit)
    if template_id is not None:
        query = query.where(posts.c.template_id == template_id)
    if run_id is not None:
        query = query.where(posts.c.run_id == run_id)
    if status is not None:
        query = query.where(posts.c.status == status.value)
    return [from_row(row) for row in c.execute(query).mappings()]


def of_runs(c: Connection, run_ids: Collection[str]) -> dict[str, list[Post]]:
    """Give the posts of several runs, the parts of each in their order."""
    query = select(posts).where(posts.c.run_id.in_(run_ids)).order_by(posts.c.run_id, posts.c.grp, posts.c.part)
    found: dict[str, list[Post]] = {}
    for row in c.execute(query).mappings():
        found.setdefault(row["run_id"], []).append(from_row(row))
    return found


def recent_texts(c: Connection, account: str, since: datetime) -> set[str]:
    """Give the texts of *account* that went out after *since*, or may have."""
    return set(c.execute(_RECENT, {"accounts": _spellings(c, account), "since": since}).scalars())


def said_and_coming(c: Connection, account: str, since: datetime, *, besides: str, limit: int) -> list[Post]:
    """Give the newest posts of *account* since *since* that went out, may have, or wait to, without run *besides*."""
    asked = {"accounts": _spellings(c, account), "since": since, "besides": besides, "most": limit}
    return [from_row(row) for row in c.execute(_COMING, asked).mappings()]


def said(c: Connection, account: str, since: datetime, *, besides: str, limit: int) -> list[Post]:
    """Give the newest posts of *account* chosen since *since* that went out or may have, without run *besides*."""
    asked = {"accounts": _spellings(c, account), "since": since, "besides": besides, "most": limit}
    return [from_row(row) for row in c.execute(_OUT, asked).mappings()]


def mark_deleted(c: Connection, post_id: str) -> bool:
    """Note that a post that was out is deleted; False when that is noted already, or it was not out."""
    out = (posts.c.id == post_id, posts.c.status == PostStatus.PUBLISHED.value)
    change = update(posts).where(*out).values(status=PostStatus.DELETED.value, error=None)
    return c.execute(change).rowcount == 1


def illustrate(c: Connection, post_id: str, pictures: tuple[Picture, ...]) -> None:
    """Let a post have these pictures and no others."""
    shown = codec.dump(PICTURES, pictures) if pictures else None
    c.execute(update(posts).where(posts.c.id == post_id).values(pictures=shown))


def note_error(c: Connection, post_id: str, error: str) -> None:
    """Keep what went wrong with a post."""
    c.execute(update(posts).where(posts.c.id == post_id).values(error=error))


def _spellings(c: Connection, account: str) -> list[str]:
    """Give the ways in which templates write the name of *account*: X knows no large and small letters in it."""
    return sorted({account, *c.execute(_WRITTEN, {"lowered": account.lower()}).scalars()})


def from_row(row: RowMapping) -> Post:
    """Give the post of a row of the table."""
    return Post(
        id=row["id"],
        run_id=row["run_id"],
        template_id=row["template_id"],
        account=row["account"],
        group=row["grp"],
        part=row["part"],
        text=row["text"],
        status=PostStatus(row["status"]),
        draft_id=row["draft_id"],
        created_at=row["created_at"],
        tweet_id=row["tweet_id"],
        published_at=row["published_at"],
        error=row["error"],
        pictures=codec.load(PICTURES, row["pictures"]) if row["pictures"] else (),
    )
