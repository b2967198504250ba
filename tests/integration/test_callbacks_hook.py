"""The Python hook in real threads."""

from __future__ import annotations

import asyncio
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from callbacks.hook import THREADS, Hook, load
from callbacks.refused import Refused
from domain.errors import SettingsError
from domain.event import Event, EventType

EVENT = Event("e1", EventType.RUN_FAILED, datetime(2026, 3, 1, tzinfo=UTC), {"callbackData": "ü"}, "t1", "r1", 1)


def test_the_hook_is_called_with_the_event_in_a_thread_of_its_own() -> None:
    calls: list[tuple[dict[str, Any], str]] = []
    hook = Hook(lambda event: calls.append((event, threading.current_thread().name)))
    asyncio.run(hook.send(EVENT))

    [(event, thread)] = calls
    assert (event["id"], event["type"], event["data"]["callbackData"]) == ("e1", "run.failed", "ü")
    assert thread == "hook"


def test_a_hook_that_changes_the_event_changes_only_its_own_copy() -> None:
    asyncio.run(Hook(lambda event: event["data"].clear()).send(EVENT))

    assert EVENT.data == {"callbackData": "ü"}


@pytest.mark.parametrize("error", [ValueError("no such table"), SystemExit(3)])
def test_a_hook_that_raises_has_not_accepted(error: BaseException) -> None:
    def raising(_: dict[str, Any]) -> None:
        raise error

    with pytest.raises(Refused, match=f"the hook raised {type(error).__name__}: {error}"):
        asyncio.run(Hook(raising).send(EVENT))


def test_hooks_that_hang_are_bounded_and_keep_their_place_until_they_return() -> None:
    go = threading.Event()
    calls: list[str] = []

    def hanging(event: dict[str, Any]) -> None:
        calls.append(event["id"])
        go.wait()

    async def many() -> list[BaseException | None]:
        hook = Hook(hanging, time_limit=0.5)
        refused = await asyncio.gather(*(hook.send(EVENT) for _ in range(THREADS * 3)), return_exceptions=True)
        go.set()
        await hook.send(EVENT)
        return refused

    refused = asyncio.run(many())
    assert all(isinstance(error, Refused) for error in refused)
    assert sum("did not return within 0.5 s" in str(error) for error in refused) == THREADS
    assert sum("4 earlier calls of the hook hang" in str(error) for error in refused) == THREADS * 2
    assert len(calls) == THREADS + 1


def test_a_hook_is_loaded_by_module_and_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "notify_us.py").write_text("seen = []\ndef tell(event):\n    seen.append(event['id'])\n")
    monkeypatch.syspath_prepend(tmp_path)
    asyncio.run(Hook(load("notify_us:tell")).send(EVENT))

    assert sys.modules["notify_us"].seen == ["e1"]


@pytest.mark.parametrize(
    ("reference", "problem"),
    [
        ("no_such_module:tell", "cannot be imported: ModuleNotFoundError"),
        ("json:no_such_name", "cannot be imported: AttributeError"),
        ("json:__doc__", "is not a function"),
        ("asyncio:sleep", "is async"),
    ],
)
def test_a_hook_that_cannot_be_called_is_refused_at_start(reference: str, problem: str) -> None:
    with pytest.raises(SettingsError, match=f"OSTINATO_HOOK: {reference!r} {problem}"):
        load(reference)
