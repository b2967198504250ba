"""The whole road for an owner other than `local`: whatever it leaves behind is its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from callbacks.channels import Channels
from domain.budget import AccountBudget
from domain.errors import DeliveryError
from domain.event import Event, Webhook
from domain.material import Entry, FeedRead, StyleProfile
from domain.template import Backlog
from scheduler.delivering import Delivering
from scheduler.editor import Gathered
from scheduler.operations.account import set_gap
from storage import budgets, feeds, series, styles, tables
from storage.database import Database
from tests.integration.compatible_stage import Stage, staged
from tests.integration.scheduler_house import WORDS, draft
from tests.integration.storage_values import running
from tests.integration.test_publishers_x import Stage as Sandbox
from tests.integration.test_publishers_x import clock
from tests.integration.test_publishers_x import staged as sandboxed
from tests.integration.test_spending_sandbox import Door as SandboxDoor

OTHER = "other"
ACCOUNT = "ostinato_demo"
FEED = "https://example.com/feed.xml"
HOOK = "https://example.com/hook"
OWNED = [each for each in tables.metadata.sorted_tables if "owner_id" in each.c]
ON_THE_ROAD = {
    *("templates", "former_templates", "slot_gaps", "runs", "materials", "drafts", "posts", "publications"),
    *("events", "webhooks", "deliveries", "delivery_attempts", "budgets", "spending", "ledger_entries"),
    *("feeds", "feed_items", "feed_item_keys", "template_feeds", "item_uses", "styles", "account_gaps"),
    *("idempotent_answers", "tokens"),
}


class Deaf(Channels):
    """Reaches nobody."""

    def __init__(self) -> None:
        pass

    async def send(self, webhook: Webhook, event: Event, *, now: datetime) -> int | None:
        raise DeliveryError("nobody listens")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    yield from sandboxed("durable")


def owners(database: Database) -> dict[str, set[str]]:
    """Give whose rows each table has."""
    with database.read() as c:
        return {each.name: set(c.execute(select(each.c.owner_id).distinct()).scalars()) for each in OWNED}


def test_the_whole_road_of_another_owner_leaves_no_row_of_local(database: Database, sandbox: Sandbox) -> None:
    with staged(database, account=ACCOUNT) as stage:
        stage.house.publisher = SandboxDoor(sandbox)  # type: ignore[assignment]
        stage.house.clock.now = stage.door.now = clock()
        before = owners(database)
        road = Road(stage)
        road.prepare()
        road.recur()
        road.post()
        road.deliver()
        made = {name: found - before[name] for name, found in owners(database).items()}

    assert [tweet["text"] for tweet in sandbox.tweets()] == ["The road is long.", "A single post."]
    assert {name: found for name, found in made.items() if found - {OTHER}} == {}
    assert ON_THE_ROAD - {name for name, found in made.items() if found} == set()


class Road:
    """What the other owner does, and what is done for it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.token = stage.door.token(owner=OTHER)

    def done(self, method: str, path: str, document: dict[str, Any], **more: Any) -> Any:
        return self.stage.door.done(method, path, document, token=self.token, **more)

    def prepare(self) -> None:
        """Have webhooks, a feed with one entry, a budget, a style and a gap."""
        now, database = self.stage.door.now, self.stage.house.database
        self.done("POST", "/content/Webhook", {"url": HOOK}, headers={"Idempotency-Key": "one"})
        self.done("POST", "/api/v1/webhooks", {"url": HOOK})
        feed = {"name": "news", "feedTypeId": 4, "internalId": FEED}
        self.feed_id = self.done("POST", "/feeds", feed)["feedId"]
        with database.write() as c:
            feeds.save_read(c, self.feed_id, FeedRead(FEED, (Entry("g1", None, "Title", "An entry."),)), now=now)
            budgets.set_account_budget(c, AccountBudget(ACCOUNT, 10**9, None, "UTC"), now=now, owner=OTHER)
            styles.save(c, "plain", StyleProfile(None, ("A sample.",), now), owner=OTHER)
        set_gap(database, ACCOUNT, timedelta(0), now=now, owner=OTHER)

    def recur(self) -> None:
        """Add a template of a feed, and change it; a slot of it is posted, the next ones nobody runs, and it pauses."""
        door, house = self.stage.door, self.stage.house
        document = {
            "name": "road",
            "account": ACCOUNT,
            "type": "tweet",
            "feeds": [{"url": FEED}],
            "daily_count": 24,
            "callback_url": HOOK,
        }
        template_id = self.done("POST", "/api/v1/templates", document)["id"]
        self.done("PATCH", f"/api/v1/templates/{template_id}", {"goal": "followers"})
        with house.database.write() as c:
            feeds.join(c, template_id, self.feed_id, Backlog.ALL, now=door.now)
            (item,) = feeds.waiting_items(c, template_id, [self.feed_id], 5)
            tip = series.take(c, series.tips_of(template_id), template_id, "key", "A tip.", now=door.now)
            series.pass_over(c, template_id, tip, now=door.now)
        house.editor.gathered = Gathered((WORDS,), (), (item.id,))
        house.editor.drafts = (draft("The road is long."),)
        house.plan()
        house.work()
        house.clock.advance(days=2)
        door.now = house.clock()
        house.plan()
        self.done("POST", f"/api/v1/templates/{template_id}/pause", {})

    def post(self) -> None:
        self.stage.house.editor.gathered = Gathered((WORDS,))
        self.stage.house.editor.drafts = (draft("A single post."),)
        self.done("POST", "/x/post", {"type": "tweet", "text": "words"})
        self.stage.house.work()

    def deliver(self) -> None:
        """Try once to tell who is to be told."""

        async def delivering() -> None:
            database, cipher = self.stage.house.database, self.stage.door.parts.cipher
            with running(database) as writer:
                told = Delivering(database=database, writer=writer, cipher=cipher, channels=Deaf())
                await told.deliver_due(self.stage.house.clock())

        asyncio.run(delivering())
