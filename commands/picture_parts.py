"""What the daemon puts pictures on posts with: where their bytes come from, who draws and who uploads them."""

from __future__ import annotations

import httpx

from commands.wiring import now
from domain.errors import SourceError
from domain.media import IMAGE_LIMIT_BYTES
from domain.protocols import Offload
from publishers.uploading import XUploads
from scheduler.illustrating import Illustrating
from scheduler.pictures import Pictures
from scheduler.spending import Spending
from sources.fetch import fetch
from storage.writer import Writer
from xquik.transport import Transport

ACCEPT = "image/png, image/jpeg, image/webp, image/gif"


def pictures(*, writer: Writer, api: Transport, web: httpx.AsyncClient, spending: Spending) -> Pictures:
    """Give what has pictures uploaded. Those at URLs are read through the guarded client *web*."""

    async def read_image(url: str) -> bytes:
        found = await fetch(web, url, limit_bytes=IMAGE_LIMIT_BYTES, accept=ACCEPT)
        if not found.body:
            raise SourceError(url, "the picture is empty")
        return found.body

    return Pictures(writer=writer, uploads=XUploads(api), read_image=read_image, spending=spending, clock=now)


def illustrating(*, writer: Writer, pool: Offload) -> Illustrating:
    """Give what finds pictures for posts; it draws in *pool*."""
    return Illustrating(writer=writer, offload=pool, clock=now)
