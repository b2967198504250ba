"""The command channel: a program named in the settings, given the event on its standard input."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
from tempfile import TemporaryFile
from typing import IO

from callbacks.envelope import body
from callbacks.refused import QUOTED, Refused, quoted
from domain.event import Event

TIME_LIMIT = 30.0  # seconds
KEPT = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR")  # of the daemon's environment: no secret of its own


async def send(command: str, event: Event, *, time_limit: float = TIME_LIMIT) -> None:
    """Run *command* with *event* as JSON on its standard input; return when it exits with 0.

    No shell reads it. It runs in a process group of its own, which is killed at *time_limit* seconds. Raises Refused
    with the end of its output when it exits otherwise, cannot be started or takes too long.
    """
    # Files, not pipes: a program that reads nothing, writes without end or leaves a child behind blocks nobody.
    with TemporaryFile() as given, TemporaryFile() as said:
        given.write(body(event))
        given.seek(0)
        code = await _run(shlex.split(command), given, said, event, time_limit)
        if code != 0:
            end = _end(said)
            how = f"was ended by signal {-code}" if code < 0 else f"exited with {code}"
            raise Refused(f"the notify command {how}" + (f": {end}" if end else ""))


async def _run(arguments: list[str], given: IO[bytes], said: IO[bytes], event: Event, time_limit: float) -> int:
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    environment |= {"OSTINATO_EVENT_TYPE": str(event.type), "OSTINATO_EVENT_ID": event.id}
    try:
        process = await asyncio.create_subprocess_exec(
            *arguments,
            stdin=given,
            stdout=said,
            stderr=asyncio.subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise Refused(f"the notify command could not be started: {error}") from error
    try:
        async with asyncio.timeout(time_limit):
            return await process.wait()
    except TimeoutError as error:
        raise Refused(f"the notify command took longer than {time_limit:g} s and was killed") from error
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


def _end(said: IO[bytes]) -> str:
    """The last line or two of the output: what went wrong usually stands there."""
    said.seek(max(0, said.seek(0, os.SEEK_END) - QUOTED))
    return quoted(said.read())
