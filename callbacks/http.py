"""The HTTP channel: one signed POST. Redirects are not followed; of an answer to an event only the status counts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from callbacks.envelope import body
from callbacks.refused import Refused, quoted
from callbacks.signing import headers
from domain.event import Event, Webhook

TIME_LIMIT = 10.0  # seconds for the whole exchange, however slowly it drips
NO_CONTENT = 204
GONE = 410
# An answer is read as it comes: what is small when it is packed may not be when it is unpacked.
_PLAIN = {"content-type": "application/json", "accept-encoding": "identity"}
_READ = 1024  # bytes read of an answer to an event
_REST = 0.25  # seconds that the rest of an answer may take that was good enough already


async def send(
    webhook: Webhook, event: Event, *, client: httpx.AsyncClient, now: datetime, time_limit: float = TIME_LIMIT
) -> int:
    """POST *event* to *webhook*, signed for *now*; give the status of the receiver's answer, which is 2xx.

    Raises Refused with the reason otherwise; after 410 Gone it is permanent.
    """
    async with answered(
        webhook, event.id, body(event, bare=webhook.compatible), client=client, now=now, time_limit=time_limit
    ) as response:
        await _read_out(response)
        return response.status_code


@asynccontextmanager
async def answered(
    webhook: Webhook, message_id: str, content: bytes, *, client: httpx.AsyncClient, now: datetime, time_limit: float
) -> AsyncIterator[httpx.Response]:
    """POST *content* to *webhook*, signed for *now* under *message_id*, and give the answer to be read.

    Raises Refused unless it is 2xx and all is done within *time_limit* seconds, reading included.
    """
    sent = _PLAIN | headers(message_id, now, content, *webhook.signing(now))
    limits = httpx.Timeout(time_limit)
    try:
        async with (
            asyncio.timeout(time_limit),
            client.stream(
                "POST", webhook.url, content=content, headers=sent, follow_redirects=False, timeout=limits
            ) as response,
        ):
            if not response.is_success:
                raise await _refused(response, now)
            yield response
    except (TimeoutError, httpx.TimeoutException) as error:
        raise Refused(f"no answer within {time_limit:g} s") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Refused(quoted((str(error) or type(error).__name__).encode())) from error


async def _read_out(response: httpx.Response) -> None:
    """Read a short answer to its end: its connection can be used again then. Accepted it was, whatever comes now."""
    length = response.headers.get("content-length", "")
    if response.status_code == NO_CONTENT or (length.isdecimal() and int(length[:9]) <= _READ):
        with suppress(TimeoutError, httpx.HTTPError):
            async with asyncio.timeout(_REST):
                async for _ in response.aiter_raw():
                    pass


async def _refused(response: httpx.Response, now: datetime) -> Refused:
    status = response.status_code
    if status == GONE:
        return Refused("answered 410 Gone: it wants no more callbacks", status=status, permanent=True)
    if response.has_redirect_location:
        target = quoted(response.headers["location"].encode())
        return Refused(f"answered {status}, a redirect to {target}; name the final URL", status=status)
    said = quoted(await _beginning(response))
    reason = f"answered {status}: {said}" if said else f"answered {status}"
    return Refused(reason, status=status, retry_after=retry_after(response.headers.get("retry-after"), now))


async def _beginning(response: httpx.Response) -> bytes:
    """The first bytes of the answer; what comes after them is not read. Compressed ones would quote as noise."""
    if response.headers.get("content-encoding", "identity") != "identity":
        return b""
    read = b""
    async for piece in response.aiter_raw(_READ):
        read += piece
        if len(read) >= _READ:
            break
    return read[:_READ]


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Read a Retry-After header, seconds or a date (RFC 9110); None when there is none that can be read."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return timedelta(seconds=min(int(value.strip()[:9]), 10**6))
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    wait = (until if until.tzinfo else until.replace(tzinfo=UTC)) - now
    return max(wait, timedelta(0))
