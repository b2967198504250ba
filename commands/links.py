"""Where the posts of a database can be looked at."""

from __future__ import annotations

from scheduler.operations import places
from storage.database import Database

link = places.link


def site(database: Database) -> str:
    """Give what links to posts begin with: X, or the local page when the database is a sandbox's."""
    with database.read() as connection:
        return places.site(connection)
