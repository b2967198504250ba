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
from callbacks.asking import Answer, ask
from callbacks.refused import Refused
from callbacks.signing import new_secret
from domain.event import Channel, Event, EventType, FormerSecret, Webhook
from domain.question import Decision

EXAMPLES = Path(__file__).parents[2] / "examples"
SECRET = new_secret()
NODE = shutil.which("node")


def in_both_languages(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "command",
        [
            [sys.executable, str(EXAMPLES / f"{name}.py")],
            pytest.param(
                [NODE or "node", str(EXAMPLES / f"{name}.mjs")],
                marks=pytest.mark.skipif(NODE is None, reason="node is not installed"),
            ),
        ],
        ids=["python", "node"],
    )


receivers = in_both_languages("receiver")
approvers = in_both_languages("approver")


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


def send(address: str, name: str, *, secret: str = SECRET, old: str | None = None, now: datetime | None = None) -> None:
    async def exchange() -> None:
        moment = now or datetime.now(UTC)
        event = Event(name, EventType.RUN_SUCCEEDED, moment, {"callbackData": f"given \u00fc {name}"}, "t1", "r1", 7)
        former = (FormerSecret(old, moment + timedelta(hours=1)),) if old else ()
        webhook = Webhook("w1", Channel.HTTP, address, secret, None, True, moment, former=former)
        async with httpx.AsyncClient() as client:
            await http.send(webhook, event, client=client, now=moment)

    asyncio.run(exchange())


@receivers
def test_an_example_receiver_accepts_what_is_signed_and_acts_once(command: list[str]) -> None:
    with running(command) as (address, process):
        for name in ("e1", "e1", "e2"):
            send(f"{address}/hook", name)
        send(f"{address}/hook", "e3", secret=new_secret(), old=SECRET)  # after a rotation that it was not told of yet

        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
    assert lines == [f"run.succeeded 7 given ü {name}\n" for name in ("e1", "e2", "e3")]


@receivers
def test_an_example_receiver_refuses_another_secret_and_an_old_request(command: list[str]) -> None:
    with running(command) as (address, _):
        with pytest.raises(Refused, match="answered 401: No matching signature found"):
            send(address, "e1", secret=new_secret())
        with pytest.raises(Refused, match="answered 401"):
            send(address, "e1", now=datetime.now(UTC) - timedelta(minutes=6))


def decided(address: str, *texts: str, secret: str = SECRET) -> Answer:
    async def exchange() -> Answer:
        moment = datetime.now(UTC)
        posts = [{"id": f"p{number}", "text": text} for number, text in enumerate(texts)]
        body = {"id": "q1", "type": "pre_publish", "data": {"revision": "r1", "posts": posts}}
        webhook = Webhook("w1", Channel.HTTP, address, secret, "t1", True, moment, asked=True)
        async with httpx.AsyncClient() as client:
            return await ask(webhook, "q1", body, revision="r1", client=client, now=moment, time_limit=10)

    return asyncio.run(exchange())


@approvers
def test_an_example_approver_decides_about_posts(command: list[str]) -> None:
    with running(command) as (address, _):
        vetoed = decided(address, "fine", "Confidential: ü")
        replaced = decided(address, "They utilise it.", "fine")
    assert vetoed == Answer(Decision.VETO, reason="names something confidential")
    assert replaced == Answer(Decision.REPLACE, {"p0": "They use it.", "p1": "fine"})


@approvers
def test_an_example_approver_answers_nobody_without_the_secret_and_accepts_a_test(command: list[str]) -> None:
    with running(command) as (address, _):
        with pytest.raises(Refused, match="answered 401"):
            decided(address, "fine", secret=new_secret())
        send(address, "e1")
