"""Style profiles, by the name their owner gave them."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from domain.errors import NotFound
from domain.material import StyleProfile
from storage import codec
from storage.statements import Prepared, insert_or_replace
from storage.tables import styles

_SAVE = Prepared(
    insert_or_replace(
        styles,
        *("name", "owner_id", "profile", "fetched_at"),
        key=("name", "owner_id"),
        change=("profile", "fetched_at"),
    )
)


def save(c: Connection, name: str, profile: StyleProfile, *, owner: str) -> None:
    """Keep *profile* under *name*, in place of what was there."""
    document = codec.dump(StyleProfile, profile)
    _SAVE.run(c, [{"name": name, "owner_id": owner, "profile": document, "fetched_at": profile.fetched_at}])


def get(c: Connection, name: str, *, owner: str) -> StyleProfile:
    """Give the owner's profile of that name. Raises NotFound."""
    query = select(styles.c.profile).where(styles.c.name == name, styles.c.owner_id == owner)
    document = c.execute(query).scalar()
    if document is None:
        raise NotFound("style", name, "`ostinato style list` shows those there are")
    return codec.load(StyleProfile, document)


def list_styles(c: Connection, *, owner: str) -> list[tuple[str, StyleProfile]]:
    """Give the owner's names with their profiles, by name."""
    query = select(styles.c.name, styles.c.profile).where(styles.c.owner_id == owner).order_by(styles.c.name)
    return [(name, codec.load(StyleProfile, document)) for name, document in c.execute(query)]


def page(c: Connection, *, owner: str, after: str | None, limit: int) -> list[tuple[str, StyleProfile]]:
    """Give the owner's first *limit* names behind *after* with their profiles, by name."""
    query = select(styles.c.name, styles.c.profile).where(styles.c.owner_id == owner)
    if after is not None:
        query = query.where(styles.c.name > after)
    found = c.execute(query.order_by(styles.c.name).limit(limit))
    return [(name, codec.load(StyleProfile, document)) for name, document in found]


def remove(c: Connection, name: str, *, owner: str) -> None:
    """Forget the owner's style of that name, if it is there."""
    c.execute(delete(styles).where(styles.c.name == name, styles.c.owner_id == owner))
