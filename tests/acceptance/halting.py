"""A daemon of which each run comes to a halt at a point of its own, so that one SIGKILL leaves all of them half-done.

HALTS is JSON: by the name of a template the point where its run waits for ever, `before:` or `after:` a commit or the
send (`before:gather`, `after:intend:0` with the number of a part, `after:send`). It runs in the tree of an earlier
release, and wraps that from outside.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from typing import Any

import structlog
from click.testing import CliRunner

import cli
from storage import publications, runs, writer
from xquik import transport

HALTS: dict[str, str] = json.loads(os.environ.get("HALTS", "{}"))
KINDS: dict[int, str] = {}


async def halt_at(point: str) -> None:
    name = structlog.contextvars.get_contextvars().get("template", "")
    if HALTS.get(name) == point:
        print(f"halted {name}", flush=True)
        await asyncio.Event().wait()


def naming(kind: str, build: Callable[..., writer.Write], part_of: Callable[..., int] | None = None) -> Any:
    """Remember what kind of write a builder has built, with the part it is about."""

    def built(*arguments: Any, **named: Any) -> writer.Write:
        write = build(*arguments, **named)
        KINDS[id(write)] = f"{kind}:{part_of(*arguments, **named)}" if part_of else kind
        return write

    return built


async def submit(self: writer.Writer, write: writer.Write) -> None:
    kind = KINDS.pop(id(write), "other")
    await halt_at(f"before:{kind}")
    await original_submit(self, write)
    await halt_at(f"after:{kind}")


async def write(self: transport.Transport, method: str, path: str, body: dict[str, Any], **named: Any) -> Any:
    answer = await original_write(self, method, path, body, **named)
    if path == "/x/tweets" and "text" in body:
        await halt_at("after:send")
    return answer


original_submit: Any = writer.Writer.submit
original_write: Any = transport.Transport.write


def main() -> None:
    """Add the templates whose files are the words of the command line, and run the daemon until it is killed."""
    for file in sys.argv[1:]:
        added = CliRunner().invoke(cli.main, ["template", "add", file])
        assert added.exit_code == 0, added.output
    setattr(writer.Writer, "submit", submit)  # noqa: B010 - the type checker rightly forbids it elsewhere
    setattr(transport.Transport, "write", write)  # noqa: B010
    runs.record_gather = naming("gather", runs.record_gather)
    runs.record_drafts = naming("drafts", runs.record_drafts)
    runs.record_choice = naming("choice", runs.record_choice)
    publications.intend = naming("intend", publications.intend, lambda hold, publication, *_: publication.part)
    publications.settle = naming("settle", publications.settle, lambda *_, part, **__: part)
    sys.argv = ["ostinato", "daemon"]
    cli.main()
