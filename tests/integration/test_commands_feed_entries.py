from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from domain.material import Entry, FeedRead
from domain.owner import LOCAL_OWNER
from domain.template import Backlog
from storage import feeds
from storage.tables import item_uses
from tests.integration.command_line import CommandLine
from tests.integration.storage_values import NOW, with_templates

URL = "https://news.example/feed"


def entry(name: str, days_ago: int) -> Entry:
    return Entry(name, f"https://news.example/{name}", name, "words", NOW - timedelta(days=days_ago))


def test_the_entries_of_a_feed_say_what_each_template_did_with_them(tmp_path: Path) -> None:
    ostinato = CommandLine(tmp_path / "home")
    ostinato("db", "upgrade")
    with ostinato.database() as database:
        with_templates(database, "t1")
        with database.write() as c:
            feed_id = feeds.ensure(c, URL, now=NOW, owner=LOCAL_OWNER)
            feeds.save_read(c, feed_id, FeedRead(URL, (entry("new", 1), entry("old", 9))), now=NOW)
            feeds.join(c, "t1", feed_id, Backlog.ALL, now=NOW)
            (old,) = feeds.expired_items(c, "t1", [feed_id], NOW - timedelta(days=2))
            c.execute(item_uses.insert().values(template_id="t1", item_id=old.id, status="expired", at=NOW))

    found = ostinato.json("feed", "entries", URL)["entries"]

    uses = {each["title"]: [(use["template"], use["status"]) for use in each["uses"]] for each in found}
    assert uses == {"new": [], "old": [("name of t1", "expired")]}
    assert [each["title"] for each in ostinato.json("feed", "entries", "1", "--limit", "1")["entries"]] == ["new"]
    assert "name of t1: expired" in ostinato("feed", "entries", "1").stdout
    assert ostinato.refused("feed", "entries", "9", code=4)
