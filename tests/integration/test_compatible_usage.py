"""`/content/Usage`: what was posted and paid, out of the posts and the books."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from domain.budget import Budget
from scheduler.operations import budgets as operations
from storage import research
from storage.database import Database
from tests.integration.compatible_stage import Stage, staged
from tests.integration.test_compatible_rows import ENVELOPE
from tests.integration.web_door import NOW

KEYS = {"allowed", "used", "allowedDailyPodcasts", "usedDailyPodcasts"}
ANY_AMOUNT = 2**31 - 1
POST = 1_500  # micros: ten credits at 150 micros


@pytest.fixture
def stage(database: Database) -> Iterator[Stage]:
    with staged(database, account="demo") as found:
        yield found


def used(stage: Stage, query: str = "", **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = stage.door.get(f"/content/Usage{query}", **more)
    assert found.keys() == KEYS | {"month", "day"}
    return found


def allow(stage: Stage, account: str, month: int) -> None:
    operations.set_account(
        stage.house.database, account, day=None, month=month, timezone=None, otherwise="UTC", now=stage.house.clock()
    )


def test_without_posts_and_budgets_nothing_is_used_of_any_amount(stage: Stage) -> None:
    found = used(stage)

    assert {name: found[name] for name in KEYS} == {
        "allowed": ANY_AMOUNT,
        "used": 0,
        "allowedDailyPodcasts": 0,
        "usedDailyPodcasts": 0,
    }
    assert (found["month"]["from"], found["month"]["until"]) == ("2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")
    assert found["day"] == {
        "from": "2026-03-01T00:00:00Z",
        "until": "2026-03-02T00:00:00Z",
        "posts": 0,
        "spentMicros": 0,
        "reservedMicros": 0,
        "researchMicros": 0,
        "byKind": {"post": 0, "delete": 0, "read": 0, "model": 0},
    }


def test_posts_count_on_their_day_and_in_their_month(stage: Stage) -> None:
    stage.post("one", "two")
    stage.later(days=1)
    stage.post("three")

    found = used(stage)

    assert (found["used"], found["month"]["posts"], found["day"]["posts"]) == (30, 3, 1)
    assert found["month"]["spentMicros"] == 3 * POST == found["month"]["byKind"]["post"]
    assert found["day"]["spentMicros"] == POST
    stage.later(days=40)
    assert (used(stage)["used"], used(stage)["month"]["posts"]) == (0, 0)


def test_the_monthly_budgets_of_all_accounts_are_what_is_allowed(stage: Stage) -> None:
    stage.door.done("POST", "/x/post", {"type": "tweet", "text": "words", "isScheduled": True})
    allow(stage, "demo", 150_000)
    assert used(stage)["allowed"] == 1_000

    stage.door.done("POST", "/x/post", {"type": "tweet", "text": "words", "isScheduled": True, "account": "other"})
    assert used(stage)["allowed"] == ANY_AMOUNT
    allow(stage, "other", 150)
    assert used(stage)["allowed"] == 1_001


def test_of_a_template_its_own_budget_and_posts_count(stage: Stage) -> None:
    stage.post("one")
    template = stage.house.template("morning", next_slot_at=stage.house.clock(), budget=Budget(month=15_000))
    stage.house.plan()
    stage.house.work()

    found = used(stage, f"?scheduleId={template.id}")

    assert (found["allowed"], found["used"], found["month"]["posts"]) == (100, 10, 1)
    assert used(stage)["month"]["posts"] == 2
    said = stage.door.refused(404, "GET", "/content/Usage?scheduleId=nobody")
    assert (said.keys(), said["error"]) == (ENVELOPE, "Recurring template not found or unauthorized")


def test_research_counts_that_no_run_asked_for(stage: Stage) -> None:
    stage.door.done("POST", "/deep-research/research", {"text": "trams", "outputType": "text"})
    with stage.house.database.write() as c:
        claimed = research.claim(c, owner="w", now=NOW, lease=stage.house.clock() - stage.house.clock())
        assert claimed is not None
        assert research.spend(c, claimed[1], 301, most=1_000)

    found = used(stage)

    assert (found["used"], found["month"]["researchMicros"], found["month"]["spentMicros"]) == (3, 301, 0)


def test_somebody_else_has_used_nothing(stage: Stage) -> None:
    stage.post("one")

    assert used(stage, token=stage.door.token(owner="other"))["month"]["posts"] == 0
    assert used(stage, token=stage.door.token(owner="other"))["used"] == 0
