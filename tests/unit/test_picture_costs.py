"""What runs with pictures are forecast to cost: the upload beside each post that may show one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.picture import Charts, OwnPicture
from domain.prices import XquikPrices
from domain.schedule import Grid, Schedule
from domain.template import Approval, ImageSource, PostType, Sources, Template, shows_picture
from scheduler.operations.costing import post_costs
from storage.budgets import Average

NOW = datetime(2026, 5, 6, 12, 0, tzinfo=UTC)
POST = UPLOAD = 1_500
OWN = OwnPicture(url="https://example.com/a.png")


@pytest.mark.parametrize(
    ("fields", "cost", "shows"),
    [
        ({}, POST, False),
        ({"picture": OWN}, POST + UPLOAD, True),
        ({"picture": OWN, "count": 3}, 3 * (POST + UPLOAD), True),
        ({"charts": Charts.AUTO}, POST + UPLOAD, False),
        ({"sources": Sources(image=ImageSource(url="https://example.com/a.png"))}, POST + UPLOAD, True),
        ({"sources": Sources(image=ImageSource(url="https://example.com/a.png", attach=False))}, POST, False),
        ({"picture": OWN, "type": PostType.THREAD}, 4 * POST + UPLOAD, True),
        ({"picture": OWN, "approval": Approval.SHADOW}, 0, True),
    ],
)
def test_a_run_costs_its_posts_and_their_pictures(fields: dict[str, Any], cost: int, shows: bool) -> None:
    given = {"type": PostType.TWEET, "sources": Sources(text="x"), **fields}
    template = Template("t", "a", "acme", schedule=Schedule(Grid(1, NOW)), **given)

    assert post_costs(template, Average(), XquikPrices()) == cost
    assert shows_picture(template) is shows
