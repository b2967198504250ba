"""However a feed changes between two reads, each of its stories is new once."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from domain.owner import LOCAL_OWNER
from domain.template import Backlog
from sources.offloaded import parse_feed
from storage import feeds
from storage.database import Database
from storage.feed_identity import canonical_link
from tests.chaos.surroundings.changing_feed import ChangingFeed
from tests.integration.storage_values import NOW, with_templates

READS = 150
SITE = "https://harbour.example"


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize("form", ["rss", "atom"])
def test_of_a_feed_whose_entries_come_go_and_come_back_each_is_new_once(database: Database, form: str) -> None:
    chance = random.Random(f"5 {form}")
    feed = ChangingFeed("harbour", form, SITE)
    with_templates(database, "t1")
    seen: set[int] = set()
    with database.write() as c:
        feed_id = feeds.ensure(c, f"{SITE}/feed.{form}", now=NOW, owner=LOCAL_OWNER)
        for number in range(READS):
            now = NOW + timedelta(hours=number)
            for _ in range(chance.randrange(1, 6)):
                feed.change(chance, now)
            new = set(feed.shown) - seen
            seen |= new
            read = parse_feed(feed.body(), SITE, "application/xml")
            assert feeds.save_read(c, feed_id, read, now=now) == len(new)
            feeds.join(c, "t1", feed_id, Backlog.ALL, now=now)
        waiting = feeds.waiting_items(c, "t1", [feed_id], 10_000)
    assert len(waiting) == len({canonical_link(str(item.entry.url)) for item in waiting}) == len(seen) > READS / 2
