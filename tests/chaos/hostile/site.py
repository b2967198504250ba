"""The hostile web site: answers each path with its case, however rude; as a process of its own, or in a test's loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

from tests.chaos.hostile.case import Answer, reply

NOTHING = reply(status="404 Not Found")


@asynccontextmanager
async def hostile_site(answers: Mapping[str, Answer]) -> AsyncIterator[str]:
    """Serve *answers* by the first piece of the path, on loopback; give the base URL, without a slash at its end."""
    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        try:
            await _answer(answers, reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            return  # the client has had enough, which is what most of this is about
        finally:
            serving.discard(task)
            writer.transport.abort() if writer.transport.get_write_buffer_size() > 100_000 else writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in list(serving):
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        with suppress(TimeoutError):
            await asyncio.wait_for(server.wait_closed(), 2.0)


async def _answer(answers: Mapping[str, Answer], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    path = head.split()[1]
    answer = answers.get(path.split("?")[0].split("/")[1], NOTHING)
    if isinstance(answer, bytes):
        writer.write(answer)
        await writer.drain()
    else:
        await answer(writer, path)
