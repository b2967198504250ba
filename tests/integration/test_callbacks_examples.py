"""The receivers in examples/, as processes, given what Ostinato sends."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from callbacks import http
from callbacks.refused import Refused
from callbacks.signing import new_secret
from domain.event import Channel, Event, EventType, Webhook

EXAMPLES = Path(__file__).parents[2] / "examples"
SECRET = new_secret()
NODE = shutil.which("node")

receivers = pytest.mark.parametrize(
    "command",
    [
        [sys.executable, str(EXAMPLES / "receiver.py")],
        pytest.param(
            [NODE or "node", str(EXAMPLES / "receiver.mjs")],
            marks=pytest.mark.skipif(NODE is None, reason="node is not installed"),
        ),
    ],
    ids=["python", "node"],
)


@contextmanager
def running(command: list[str]) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address of the receiver and its process."""
    process = subprocess.Popen(
        [*command, "0"],
        env={"WEBHOOK_SECRET": SECRET, "PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().removeprefix("listening on ").strip(), process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def send(address: str, name: str, *, secret: str = SECRET, now: datetime | None = None) -> None:
    async def exchange() -> None:
        moment = now or datetime.now(UTC)
        event = Event(name, EventType.RUN_SUCCEEDED, moment, {"callbackData": f"given \u00fc {name}"}, "t1", "r1", 7)
        webhook = Webhook("w1", Channel.HTTP, address, secret, None, True, moment)
        async with httpx.AsyncClient() as client:
            await http.send(webhook, event, client=client, now=moment)

    asyncio.run(exchange())


@receivers
def test_an_example_receiver_accepts_what_is_signed_and_acts_once(command: list[str]) -> None:
    with running(command) as (address, process):
        for name in ("e1", "e1", "e2"):
            send(f"{address}/hook", name)

        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(2)]
    assert lines == ["run.succeeded 7 given ü e1\n", "run.succeeded 7 given ü e2\n"]


@receivers
def test_an_example_receiver_refuses_another_secret_and_an_old_request(command: list[str]) -> None:
    with running(command) as (address, _):
        with pytest.raises(Refused, match="answered 401: No matching signature found"):
            send(address, "e1", secret=new_secret())
        with pytest.raises(Refused, match="answered 401"):
            send(address, "e1", now=datetime.now(UTC) - timedelta(minutes=6))
