"""A daemon that kills itself with SIGKILL at a point named by CRASH_AT.

Points are `before:` and `after:` each commit and each send: gather, drafts, choice, question, decision, replaced,
intend, settle, finish, plan, send, and upload, of a picture.
`CRASH_PART` names the part of a thread, from 0. The product itself has no such points: this wraps it from outside.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import cli
from storage import publications, runs, writer
from xquik import transport
from xquik.media import MEDIA_PATH

POINT = os.environ.get("CRASH_AT", "")
PART = int(os.environ.get("CRASH_PART", "0"))
KINDS: dict[int, tuple[str, int]] = {}
SENT = [0]


def die_at(point: str, part: int) -> None:
    if point == POINT and part == PART:
        print(f"dying at {point} of part {part}", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)


def naming(kind: str, build: Callable[..., writer.Write], part_of: Callable[..., int]) -> Callable[..., writer.Write]:
    """Remember what kind of write a builder has built."""

    def built(*arguments: Any, **named: Any) -> writer.Write:
        write = build(*arguments, **named)
        KINDS[id(write)] = (kind, part_of(*arguments, **named))
        return write

    return built


def asking(build: Callable[..., writer.Write]) -> Callable[..., writer.Write]:
    """Tell the question, recorded before it is asked, from what was decided."""

    def built(hold: Any, question: Any) -> writer.Write:
        write = build(hold, question)
        KINDS[id(write)] = ("question" if question.decision is None else "decision", PART)
        return write

    return built


def first(*_: Any, **__: Any) -> int:
    return PART  # the steps before publishing belong to no part: they come once


async def submit(self: writer.Writer, write: writer.Write) -> None:
    kind, part = KINDS.pop(id(write), ("other", -1))
    die_at(f"before:{kind}", part)
    await original_submit(self, write)
    die_at(f"after:{kind}", part)


async def call(self: writer.Writer, function: Callable[..., Any]) -> Any:
    asked = getattr(function, "func", function)  # it may be partial
    planning = "plan_due" in getattr(asked, "__code__", submit.__code__).co_names
    if planning:
        die_at("before:plan", PART)
    answer = await original_call(self, function)
    if planning:
        die_at("after:plan", PART)
    return answer


async def write(self: transport.Transport, method: str, path: str, body: Any, **named: Any) -> Any:
    posting = path == "/x/tweets" and "text" in body
    part = SENT[0]
    if path == MEDIA_PATH:
        die_at("before:upload", part)
    if posting:
        die_at("before:send", part)
    answer = await original_write(self, method, path, body, **named)
    if path == MEDIA_PATH:
        die_at("after:upload", part)
    if posting:
        SENT[0] += 1
        die_at("after:send", part)
    return answer


original_submit: Any = writer.Writer.submit
original_call: Any = writer.Writer.call
original_write: Any = transport.Transport.write


def main() -> None:
    """Run the daemon until it dies."""
    setattr(writer.Writer, "submit", submit)  # noqa: B010 - the type checker rightly forbids it elsewhere
    setattr(writer.Writer, "call", call)  # noqa: B010
    setattr(transport.Transport, "write", write)  # noqa: B010
    runs.record_gather = naming("gather", runs.record_gather, first)
    runs.record_drafts = naming("drafts", runs.record_drafts, first)
    runs.record_choice = naming("choice", runs.record_choice, first)
    runs.record_question = asking(runs.record_question)
    runs.record_replaced = naming("replaced", runs.record_replaced, first)
    runs.finish = naming("finish", runs.finish, first)
    publications.intend = naming("intend", publications.intend, lambda hold, publication, *_: publication.part)
    publications.settle = naming("settle", publications.settle, lambda *_, part, **__: part)
    sys.argv = ["ostinato", "daemon"]
    cli.main()
