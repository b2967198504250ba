"""The picture of a post, had and uploaded before the intention to publish it; and what becomes of a post without it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy import Connection

from domain.errors import ApiError, InvalidInput, NotFound, SourceError
from domain.media import IMAGES, type_of
from domain.picture import Attachment, Picture
from domain.publication import UPLOADED, Outcome, Post, Publication, Settlement
from domain.reasons import Reason
from domain.run import Facts
from domain.template import Template
from publishers.settling import UNSUPPORTED_CODE, backoff, from_error
from publishers.uploading import Uploads
from scheduler.spending import Spending
from storage import blobs
from storage.statements import Write
from storage.tables import Holder
from storage.writer import Writer

log = structlog.get_logger(__name__)

FRESH = timedelta(hours=12)  # an upload serves the next attempt; a server keeps it for a day


class Attaches(Protocol):
    """Gives a publication its picture before it is intended."""

    async def attached(
        self, publication: Publication, post: Post, facts: Facts, template: Template, may_send: Callable[[], None]
    ) -> Publication | Settlement: ...


class Pictures(Attaches):
    """Has pictures from the stored files or through *read_image*, and uploads them.

    An upload posts nothing: one that is lost, or whose answer is, costs another upload and nothing else. So whatever it
    raises, nothing is out: a post waits for its picture as it waits for the API, unless its template says otherwise.
    """

    def __init__(
        self,
        *,
        writer: Writer,
        uploads: Uploads,
        read_image: Callable[[str], Awaitable[bytes]],
        spending: Spending,
        clock: Callable[[], datetime],
    ) -> None:
        """*read_image* gives the bytes at a URL, and raises SourceError."""
        self._writer = writer
        self._uploads = uploads
        self._read_image = read_image
        self._spending = spending
        self._clock = clock
        self._by_url = False  # whether the server takes a picture by its URL only

    async def attached(
        self, publication: Publication, post: Post, facts: Facts, template: Template, may_send: Callable[[], None]
    ) -> Publication | Settlement:
        """Give *publication* with its picture, or what became of the attempt that ends without one.

        Without a picture it comes back as it is. Raises LeaseLost, and OverBudget before anything was uploaded.
        """
        if not post.pictures:
            return publication
        try:
            attachment = self._of_attempt_before(publication, facts)
            if attachment is None:
                attachment = await self._uploaded(publication, post, facts, template, may_send)
        except (SourceError, InvalidInput, NotFound, ApiError) as error:
            log.warning("publication.no_picture", error=str(error))
            settlement = self._without(error, publication)
            return settlement if template.picture_required or settlement.limited else publication
        if self._by_url and attachment.media_url is not None:
            attachment = replace(attachment, by_url=True)
        return replace(publication, picture=attachment)

    def _of_attempt_before(self, publication: Publication, facts: Facts) -> Attachment | None:
        """Give what the last attempt uploaded, while a tweet can still name it."""
        place = (publication.group, publication.part)
        before = [each for each in facts.publications if (each.group, each.part) == place and each.picture]
        if not before or before[-1].picture is None:
            return None
        self._by_url = self._by_url or before[-1].reason == UNSUPPORTED_CODE
        age = self._clock() - before[-1].picture.uploaded_at
        return before[-1].picture if timedelta(0) <= age < FRESH else None

    async def _uploaded(
        self,
        publication: Publication,
        post: Post,
        facts: Facts,
        template: Template,
        may_send: Callable[[], None],
    ) -> Attachment:
        picture = post.pictures[0]
        await self._spending.check_upload(facts, template, self._clock())
        content = await self._content(post, picture, template.owner_id)
        media_type = type_of(content, wanted=IMAGES, field="image")
        attachment = await self._uploads.upload(publication, content, media_type, picture.alt, may_send=may_send)
        await self._writer.submit(Write(self._spending.upload(publication, attachment, self._clock())))
        log.info("picture.uploaded", kind=str(picture.kind), bytes=len(content))
        return attachment

    async def _content(self, post: Post, picture: Picture, owner: str) -> bytes:
        """Give the bytes of *picture*, which *post* needs from here on."""
        if picture.blob is None:
            if picture.url is None:
                raise NotFound("picture", picture.kind.value)
            return await self._read_image(picture.url)
        blob = picture.blob

        def kept(connection: Connection) -> bytes:
            blobs.use(connection, Holder.POST, post.id, [blob], owner=owner)
            return blobs.content(connection, blob, owner=owner)

        return await self._writer.call(kept)

    def _without(self, error: Exception, publication: Publication) -> Settlement:
        """Say what becomes of an attempt whose picture is not there: nothing was sent, whatever went wrong."""
        detail = f"the picture: {error}"
        retry_at = self._clock() + backoff(publication.attempt)
        again = Settlement(Outcome.DEFERRED, UPLOADED, reason=Reason.NO_PICTURE.value, detail=detail, retry_at=retry_at)
        if isinstance(error, (InvalidInput, NotFound)):
            return replace(again, outcome=Outcome.REFUSED, retry_at=None)
        if not isinstance(error, ApiError):
            return again
        found = replace(from_error(error, publication, found_by=UPLOADED, now=self._clock()), detail=detail)
        if found.outcome is Outcome.UNKNOWN:
            return again
        return replace(found, reason=Reason.NO_PICTURE.value) if found.outcome is Outcome.REFUSED else found
