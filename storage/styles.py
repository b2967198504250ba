"""Style profiles, by the name their owner gave them."""

from __future__ import annotations

from sqlalchemy import Connection, select

from domain.errors import NotFound
from domain.material import StyleProfile
from storage import codec
from storage.statements import Prepared, insert_or_replace
from storage.tables import styles

_SAVE = Prepared(
    insert_or_replace(
        styles, "name", "profile", "fetched_at", key=("name", "owner_id"), change=("profile", "fetched_at")
    )
)


def save(c: Connection, name: str, profile: StyleProfile) -> None:
    """Keep *profile* under *name*, in place of what was there."""
    row = {"name": name, "profile": codec.dump(StyleProfile, profile), "fetched_at": profile.fetched_at}
    _SAVE.run(c, [row])


def get(c: Connection, name: str) -> StyleProfile:
    """Give the profile of that name. Raises NotFound."""
    document = c.execute(select(styles.c.profile).where(styles.c.name == name)).scalar()
    if document is None:
        raise NotFound("style", name, "`ostinato style list` shows those there are")
    return codec.load(StyleProfile, document)


def list_styles(c: Connection) -> list[tuple[str, StyleProfile]]:
    """Give all names with their profiles, by name."""
    query = select(styles.c.name, styles.c.profile).order_by(styles.c.name)
    return [(name, codec.load(StyleProfile, document)) for name, document in c.execute(query)]
