"""Following a write that the server has accepted and not done yet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from domain.errors import ApiError
from xquik import tweets
from xquik.transport import Transport
from xquik.write_record import State, WriteRecord

POLLS = 3  # of a pending write, before it is left as it is
POLL_BUDGET = 10.0  # seconds spent waiting for them in all
POLL_PAUSE = 2.0  # seconds, where the server names none


async def polled(transport: Transport, record: WriteRecord, sleep: Callable[[float], Awaitable[object]]) -> WriteRecord:
    """Follow a pending write for a few polls; give the last record read."""
    left = POLL_BUDGET
    for _ in range(POLLS):
        pause = POLL_PAUSE if record.poll_after is None else record.poll_after
        if record.state is not State.PENDING or record.status_url is None or pause > left:
            break
        left -= pause
        await sleep(pause)
        try:
            asked = await tweets.write_action(transport, record.status_url)
        except ApiError:
            break  # the record stands as pending
        record = replace(asked, status_url=asked.status_url or record.status_url)
    return record
