"""Planting a new sandbox: the same accounts, users and tweets every time."""

import sqlite3

from sandbox.database import get_meta, set_meta, transaction

BALANCE = 77_000
CREATED = 1_735_689_600_000  # 1 January 2025

# id, username, name, about, place, followers, following, verified
USERS = [
    (2001, "ostinato_demo", "Ostinato Demo", "Posts on a schedule.", "Berlin", 1840, 210, 0),
    (2002, "ostinato_lab", "Ostinato Lab", "Where we try things out.", "Berlin", 320, 90, 0),
    (2003, "ostinato_de", "Ostinato auf Deutsch", "Beiträge nach Plan.", "Leipzig", 610, 120, 0),
]
ACCOUNTS = [(1, 2001), (2, 2002), (3, 2003)]


def plant(db: sqlite3.Connection) -> None:
    """Fill a fresh database; one that was planted before is left alone."""
    if get_meta(db, "planted"):
        return
    with transaction(db):
        _people(db)
        set_meta(db, "balance", str(BALANCE))
        set_meta(db, "lifetime_purchased", "140000")
        set_meta(db, "lifetime_used", "63000")
        set_meta(db, "planted", "1")


def _people(db: sqlite3.Connection) -> None:
    db.executemany(
        "INSERT INTO users (id, username, name, about, place, followers, following, verified, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(*user, CREATED) for user in USERS],
    )
    db.executemany(
        "INSERT INTO accounts (id, user_id, created_at, updated_at) VALUES (?, ?, ?, ?)",
        [(number, user, CREATED, CREATED) for number, user in ACCOUNTS],
    )
