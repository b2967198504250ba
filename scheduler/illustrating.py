"""Which pictures the chosen posts get: the owner's own, or else drawings of the numbers that they tell of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

import structlog
from sqlalchemy import Connection

from domain.draft import Draft
from domain.material import Material, picture_of
from domain.media import IMAGES
from domain.picture import Charts, Comparison, Picture, PictureKind
from domain.protocols import Offload
from domain.publication import Post
from domain.template import Template
from generators.charts.choosing import Drawn, alt_text, draw, drawn
from storage import blobs
from storage.tables import Holder
from storage.writer import Writer

log = structlog.get_logger(__name__)

NAMES = {PictureKind.BAR_CHART: "Bar chart", PictureKind.DATA_TABLE: "Table"}
FILES = {PictureKind.BAR_CHART: "bar-chart.png", PictureKind.DATA_TABLE: "data-table.png"}


class Illustrates(Protocol):
    """Gives posts their pictures when they are chosen."""

    async def __call__(
        self, template: Template, material: tuple[Material, ...], chosen: tuple[Draft, ...], posts: tuple[Post, ...]
    ) -> tuple[Post, ...]: ...


class Illustrating(Illustrates):
    """Draws in a process of its own, and keeps what was drawn with the run. What cannot be drawn is left out."""

    def __init__(self, *, writer: Writer, offload: Offload, clock: Callable[[], datetime]) -> None:
        self._writer = writer
        self._offload = offload
        self._clock = clock

    async def __call__(
        self, template: Template, material: tuple[Material, ...], chosen: tuple[Draft, ...], posts: tuple[Post, ...]
    ) -> tuple[Post, ...]:
        """Give *posts* with pictures on the first part of each; the first picture is the one that goes out."""
        own = own_picture(template, material)
        if own is None and template.charts is Charts.NONE:
            return posts
        found: list[Post] = []
        for post in posts:
            if post.part:
                found.append(post)
                continue
            draft = chosen[post.group]
            pictures = (own,) if own is not None else await self._drawings(template, post, material, draft)
            found.append(replace(post, pictures=pictures))
        return tuple(found)

    async def _drawings(
        self, template: Template, post: Post, material: tuple[Material, ...], draft: Draft
    ) -> tuple[Picture, ...]:
        told = tuple(each for each in material if each.id in draft.material_ids)
        try:
            found = await self._offload(draw, told, draft.text)
        except (TimeoutError, MemoryError) as error:  # nobody asked for this very picture: the post goes on without
            log.warning("picture.not_drawn", error=str(error))
            return ()
        if found is None:
            return ()
        return await self.keep(found, post.run_id, owner=template.owner_id)

    async def anew(
        self,
        pictures: Sequence[Picture],
        material: Sequence[Material],
        text: str,
        run_id: str,
        *,
        owner: str,
    ) -> tuple[Picture, ...]:
        """Draw what a post that is written anew as *text* tells of *material*, in the place of what was drawn before.

        Where nothing can be compared any more, the numbers of before are drawn again. What was not drawn stays.
        Raises TimeoutError and MemoryError.
        """
        if not any(each.drawn for each in pictures):
            return tuple(pictures)
        found = await self._offload(draw, tuple(material), text)
        if found is None:
            return await self.again(pictures, run_id, owner=owner)
        return await self.keep(found, run_id, owner=owner)

    async def again(self, pictures: Sequence[Picture], run_id: str, *, owner: str) -> tuple[Picture, ...]:
        """Draw anew what was drawn before, from the numbers that were kept with it; others stay as they are.

        For a post that is written anew: the same numbers give the same files.
        """
        compared = next((each.drawn for each in pictures if each.drawn is not None), None)
        if compared is None:
            return tuple(pictures)
        return await self.keep(await self._offload(drawn, compared), run_id, owner=owner)

    async def keep(self, found: Drawn, run_id: str, *, owner: str) -> tuple[Picture, ...]:
        """Keep drawings with their run, of its owner, and give the pictures that show them, the best first."""
        sheets = [(PictureKind.BAR_CHART, found.bar_chart), (PictureKind.DATA_TABLE, found.data_table)]

        def kept(connection: Connection) -> tuple[Picture, ...]:
            made = tuple(
                picture_from(connection, kind, png, found.compared, now=self._clock(), owner=owner)
                for kind, png in sheets
                if png is not None
            )
            blobs.use(connection, Holder.RUN, run_id, [each.blob for each in made if each.blob], owner=owner)
            return made

        return await self._writer.call(kept)


def picture_from(
    connection: Connection,
    kind: PictureKind,
    png: bytes,
    compared: Comparison,
    *,
    now: datetime,
    owner: str,
) -> Picture:
    """Keep one drawing and give its picture, with the numbers beside it so that it can be checked."""
    blob = blobs.keep(connection, png, name=FILES[kind], now=now, wanted=IMAGES, owner=owner)
    return Picture(kind, alt_text(compared, NAMES[kind]), blob=blob.id, drawn=compared)


def own_picture(template: Template, material: tuple[Material, ...]) -> Picture | None:
    """Give the owner's picture: the template's, or else what its sources say is to be shown."""
    if template.picture is not None:
        own = template.picture
        return Picture(PictureKind.IMAGE, own.alt, blob=own.file, url=own.url)
    shown = picture_of(material)
    return Picture(PictureKind.IMAGE, shown.alt, blob=shown.blob) if shown is not None else None
