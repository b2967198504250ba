"""A post of an owner other than `local`, by a real daemon: written, published, told of, and no business of `local`."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import httpx

from tests.acceptance.stage import Stage, stage, wait_for
from tests.acceptance.test_compatible_flow import client, done


def of_another(here: Stage, api: httpx.Client) -> httpx.Client:
    """Give a client of another owner to the same door."""
    scopes = ("--scope", "read", "--scope", "write", "--scope", "publish")
    made = here.run("token", "create", "theirs", "--owner", "other", *scopes)
    bearer = {"Authorization": f"Bearer {made['token']}"}
    return httpx.Client(base_url=api.base_url, headers=bearer, trust_env=False, timeout=30)


def ended(api: httpx.Client, request_id: str) -> dict[str, Any]:
    found: dict[str, Any] = done(api.get(f"/content/Status/{request_id}"))
    return found if found["status"] == 100 else {}


def test_a_post_of_another_owner_goes_the_whole_road_alone(tmp_path: Path) -> None:
    with stage(tmp_path) as here, client(here) as mine, of_another(here, mine) as theirs:
        for owner, api in (("local", mine), ("other", theirs)):
            done(api.post("/content/Webhook", json={"url": f"{here.receiver_url}/{owner}"}))
        fields = {
            "type": "tweet",
            "text": "The new tram line 7 opens on Tuesday with twelve stops.",
            "account": "ostinato_demo",
        }
        request_id = done(theirs.post("/x/post", json=fields))["request_id"]

        shown = wait_for(lambda: ended(theirs, request_id), "the end of the request")
        wait_for(lambda: here.tried("/other"), "the callback")
        (post,) = shown["posts"]
        assert len(here.tweets(post["result"])) == 1
        assert mine.get(f"/content/Status/{request_id}").status_code == 404
        assert done(mine.get("/x/posts"))["posts"] == []
        assert here.tried("/local") == []
        assert here.run("status")["failed"] is False
        kept = ("runs", "materials", "drafts", "posts", "publications", "events", "deliveries", "ledger_entries")
        with sqlite3.connect(here.folder / "home" / "ostinato.db") as database:
            asked = {name: f"SELECT DISTINCT owner_id FROM {name}" for name in kept}
            found = {name: database.execute(query).fetchall() for name, query in asked.items()}
        assert found == {name: [("other",)] for name in kept}
