"""Uploading a picture before the intention to publish: a write that never posts, and may be lost and sent again."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

from domain.errors import ApiRefused, ApiUnavailable
from domain.media import IMAGES
from domain.picture import Attachment
from domain.publication import Publication
from publishers.polling import polled
from publishers.settling import VERDICTS
from xquik import media
from xquik.transport import Transport
from xquik.write_record import State


class Uploads(Protocol):
    """Brings a picture to where a post can name it."""

    async def upload(
        self, publication: Publication, content: bytes, media_type: str, alt: str, *, may_send: Callable[[], None]
    ) -> Attachment:
        """Give the uploaded picture. Raises ApiError; none of them can have posted anything."""
        ...


class XUploads(Uploads):
    """Uploads through the Xquik API.

    The API documents no field for *alt*: it is kept with the publication and not sent, for an unknown field is refused.
    """

    def __init__(self, transport: Transport, *, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        self._transport = transport
        self._sleep = sleep

    async def upload(
        self, publication: Publication, content: bytes, media_type: str, alt: str, *, may_send: Callable[[], None]
    ) -> Attachment:
        """Upload once and give what a tweet names; what is pending after a few polls is ApiUnavailable."""
        record = await media.upload(
            self._transport,
            account=publication.account,
            content=content,
            media_type=media_type,
            file_name=f"picture.{IMAGES[media_type]}",
            idempotency_key=upload_key(publication, content, self._transport.clock()),
            may_send=may_send,
        )
        record = await polled(self._transport, record, self._sleep)
        if record.state is State.DONE and record.media_id is not None:
            return Attachment(record.media_id, record.media_url, alt, self._transport.clock(), charged=record.charged)
        said = f"POST {media.MEDIA_PATH}: {record.message or record.code or 'accepted, but not done yet'}"
        if record.state is State.FAILED and record.code in VERDICTS and record.safe_to_retry is not True:
            raise ApiRefused(said, code=record.code)
        raise ApiUnavailable(said, code=record.code)


def upload_key(publication: Publication, content: bytes, now: datetime) -> str:
    """Give the key of one attempt's upload: the same for the same bytes within an hour.

    A server answers a repeated key with the first upload's id, which a tweet can name for a day only.
    """
    digest = hashlib.sha256(content).hexdigest()[:16]
    return f"{publication.idempotency_key}-picture-{digest}-{now:%Y%m%d%H}"
