"""What operations reach outside: receivers of callbacks, feeds, and the Xquik API, each within bounds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from domain.errors import ApiLimited, ApiUnavailable
from scheduler.feed_reading import ReadFeed
from scheduler.operations.callbacks import Tell
from web.problems import Refused
from xquik.transport import Transport

TIME_LIMIT = 30.0  # seconds that a caller waits for the Xquik API


@dataclass(frozen=True, slots=True)
class Outside:
    """What the program lends for it. What is None is not there: the settings lack it.

    *tell* sends one event to one webhook, *read_feed* reads behind the guarded client, *transport* asks the Xquik API.
    *callback_secret* says whether the settings name what signs the callbacks to their own URL, *timezone* is that of
    budgets without one.
    """

    tell: Tell | None = None
    read_feed: ReadFeed | None = None
    transport: Transport | None = None
    callback_secret: bool = False
    timezone: str = "UTC"


@asynccontextmanager
async def asking(outside: Outside) -> AsyncIterator[Transport]:
    """Give the transport to the Xquik API for at most 30 seconds.

    Raises Refused when there is no key, and ApiUnavailable when it takes longer.
    """
    if outside.transport is None:
        sentence = "there is no key of the Xquik API; set OSTINATO_XQUIK_KEY and start anew"
        raise Refused(sentence, status=409, code="not_configured")
    try:
        async with asyncio.timeout(TIME_LIMIT):
            yield outside.transport
    except TimeoutError as error:
        raise ApiUnavailable(f"the Xquik API did not answer within {TIME_LIMIT:g} s; try again later") from error
    except ApiLimited as error:
        said = f"{error}; try again at {error.retry_at:%Y-%m-%d %H:%M:%S} UTC"
        raise ApiLimited(said, retry_at=error.retry_at, status=error.status, code=error.code) from error
