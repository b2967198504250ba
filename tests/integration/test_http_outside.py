"""What the HTTP API reaches outside is what the settings name."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from commands.http_outside import reached
from commands.reading import reading
from domain.errors import SettingsError, SourceError
from domain.event import Event, EventType
from sandbox.options import SandboxOptions
from sandbox.serve import SandboxServer
from settings import load
from storage.database import Database
from tests.integration.callback_receiver import receiving
from tests.integration.storage_values import running, webhook
from tests.integration.test_commands_outside import RSS, serving
from web.outside import Outside
from xquik.accounts import list_accounts

SECRET = "whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"


@pytest.fixture
def dialect() -> str:
    return "sqlite"


def outside(database: Database, home: Path, deed: Callable[[Outside], Awaitable[Any]], **environ: str) -> Any:
    """Give what *deed* does with what the settings in *environ* reach."""
    settings = load({"OSTINATO_HOME": str(home), "OSTINATO_ALLOW_NETWORKS": "127.0.0.0/8", **environ})

    async def doing() -> Any:
        with running(database) as writer:
            async with (
                reading(settings) as (web, pool),
                reached(settings, database, writer, web=web, pool=pool) as found,
            ):
                return await deed(found)

    return asyncio.run(doing())


def test_without_a_key_only_the_api_is_not_reached(database: Database, tmp_path: Path) -> None:
    with serving({"/feed.xml": ("application/rss+xml", RSS)}) as site, receiving() as receiver:

        async def deed(found: Outside) -> None:
            assert (found.transport, found.callback_secret, found.timezone) == (None, False, "UTC")
            assert found.read_feed is not None
            assert found.tell is not None
            assert len((await found.read_feed(f"{site}/feed.xml", etag=None, last_modified=None)).entries) == 1
            with pytest.raises(SourceError, match="private address"):
                await found.read_feed("http://10.0.0.1/feed.xml", etag=None, last_modified=None)
            event = Event("e1", EventType.CALLBACK_TEST, datetime.now(UTC), {}, None, None, 0)
            await found.tell(webhook(url=f"{receiver.address}/hook", secret=SECRET), event)

        outside(database, tmp_path, deed)
        assert receiver.received[0].verified(SECRET)["id"] == "e1"


def test_with_a_key_the_api_is_asked(database: Database, tmp_path: Path) -> None:
    async def deed(found: Outside) -> set[str]:
        assert found.transport is not None
        assert (found.callback_secret, found.timezone) == (True, "Europe/Berlin")
        return {each.username for each in await list_accounts(found.transport)}

    with SandboxServer(SandboxOptions(limits=False)) as server:
        named = outside(
            database,
            tmp_path,
            deed,
            OSTINATO_XQUIK_URL=server.base_url,
            OSTINATO_XQUIK_KEY="xq_test",
            OSTINATO_TIMEZONE="Europe/Berlin",
            OSTINATO_CALLBACK_SECRET=SECRET,
        )

    assert "ostinato_demo" in named


def test_a_hook_that_cannot_be_imported_is_said(database: Database, tmp_path: Path) -> None:
    async def deed(found: Outside) -> None:
        raise AssertionError(found)

    with pytest.raises(SettingsError, match="OSTINATO_HOOK"):
        outside(database, tmp_path, deed, OSTINATO_HOOK="no_such_module:hook")
