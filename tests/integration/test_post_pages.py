"""Posts counted and listed, whoever they belong to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert

from domain.owner import LOCAL_OWNER
from storage import post_pages, tables
from storage.database import Database, open_database
from storage.post_pages import Wanted
from tests.integration.storage_values import NOW


def posted(database: Database, owner: str, count: int) -> None:
    """Keep a template, a run and *count* posts of it for *owner*."""
    of = {"owner_id": owner, "account": "demo"}
    name = f"of-{owner}"
    with database.write() as c:
        moments = {"created_at": NOW, "updated_at": NOW}
        document = {"name": name, "type": "tweet", "definition": "{}", "status": "ended"}
        c.execute(insert(tables.templates).values(id=name, **document, **moments, **of))
        run = {"trigger": "request", "status": "posted", "slot_at": NOW, "due_at": NOW, "created_at": NOW, "epoch": 0}
        c.execute(insert(tables.runs).values(id=name, template_id=name, **run, **of))
        rows = [
            {
                "id": f"{name}-{part}",
                "run_id": name,
                "template_id": name,
                "grp": 0,
                "part": part,
                "text": "Hello",
                "status": "published",
                "draft_id": "d0",
                "created_at": NOW,
                **of,
            }
            for part in range(count)
        ]
        c.execute(insert(tables.posts), rows)


@pytest.mark.parametrize(("owner", "count"), [(LOCAL_OWNER, 3), ("other", 2), ("nobody", 0)])
def test_posts_are_counted_by_their_owner(database: Database, owner: str, count: int) -> None:
    posted(database, LOCAL_OWNER, 3)
    posted(database, "other", 2)

    with database.read() as c:
        assert post_pages.count(c, Wanted(owner_id=owner)) == count
        assert post_pages.count(c, Wanted(owner_id=owner, until=NOW + timedelta(days=1))) == count
        assert post_pages.count(c, Wanted(owner_id=owner, until=NOW)) == 0
        assert len(post_pages.page(c, Wanted(owner_id=owner), limit=10)) == count


def test_a_count_is_that_of_now_whoever_has_written_since(database: Database) -> None:
    elsewhere = open_database(database.url)
    counts = list[int]()
    for write in (None, database, elsewhere, database):
        if write is not None:
            posted(write, f"owner-{len(counts)}", 1)
        with database.read() as c:
            counts.append(post_pages.count(c, Wanted(owner_id=None)))
            assert post_pages.count(c, Wanted(owner_id=None)) == counts[-1]
    elsewhere.close()

    assert counts == [0, 1, 2, 3]
