"""Reading sounds and pictures for a run: what a model was paid for once is kept, by the content of the file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol
from weakref import WeakValueDictionary

import structlog
from sqlalchemy import Connection

from domain.errors import NotFound, OverBudget, SourceError
from domain.material import Material, MaterialKind
from domain.run import Rejected, Run
from domain.template import ImageSource, SoundSource, Template
from domain.template_document.media import NO_TRANSCRIBER
from generators.model.errors import ModelError
from generators.model.hearing import Transcribes
from generators.model.seeing import Describer
from scheduler.purse import Payments
from sources.audio import audio_material
from sources.image import Told, file_of, image_material
from sources.media import Loaded
from storage import blobs, codec, readings
from storage.tables import Holder
from storage.writer import Writer

if TYPE_CHECKING:
    from sources.parsing.picture import PictureFacts

log = structlog.get_logger(__name__)

HINTS_LIMIT = 5_000  # characters, as of the prompt
NO_DESCRIBER = "no language model is set that could look at it"

Fetch = Callable[[str], Awaitable[Loaded]]


class Examine(Protocol):
    """Takes a picture apart. Raises SourceError."""

    def __call__(self, loaded: Loaded, *, recognise: bool) -> Awaitable[PictureFacts]: ...


class MediaReading:
    """Gives sounds and pictures as material. Without *payments* nothing is entered in the books."""

    def __init__(
        self,
        *,
        writer: Writer,
        fetch_audio: Fetch,
        fetch_image: Fetch,
        examine: Examine,
        transcriber: Transcribes | None = None,
        describer: Describer | None = None,
        payments: Payments | None = None,
    ) -> None:
        self._writer = writer
        self._fetch_audio = fetch_audio
        self._fetch_image = fetch_image
        self._examine = examine
        self._transcriber = transcriber
        self._describer = describer
        self._payments = payments
        self._locks: WeakValueDictionary[_Reading, asyncio.Lock] = WeakValueDictionary()

    async def add_to(
        self,
        materials: list[Material],
        rejected: list[Rejected],
        template: Template,
        run: Run | None,
        now: datetime,
    ) -> None:
        """Add the template's sounds and its picture to *materials*; what cannot be read, to *rejected*."""
        sources = template.sources
        for source in sources.audio:
            try:
                materials.append(await self.sound(template, run, source, material_id=f"m{len(materials)}", now=now))
            except SourceError as error:
                rejected.append(Rejected(error.reference, error.reason))
        if sources.image is None:
            return
        name, alone = f"m{len(materials)}", not materials
        try:
            materials.append(await self.image(template, run, sources.image, alone=alone, material_id=name, now=now))
        except SourceError as error:
            rejected.append(Rejected(error.reference, error.reason))

    async def sound(
        self,
        template: Template,
        run: Run | None,
        source: SoundSource,
        *,
        material_id: str,
        now: datetime,
        kind: MaterialKind = MaterialKind.AUDIO,
    ) -> Material:
        """Give what is spoken at *source*. Raises SourceError with what to do."""
        return await self._heard(source, _For(template.owner_id, template, run), kind, material_id, now)

    async def spoken(self, source: SoundSource, *, owner: str, now: datetime) -> str:
        """Give the words spoken at *source*, at most as many as a prompt has, for what is asked outside of a run.

        Raises SourceError with what to do.
        """
        heard = await self._heard(source, _For(owner), MaterialKind.HINTS, "hints", now)
        return heard.text[:HINTS_LIMIT]

    async def hints(self, template: Template, run: Run | None, *, now: datetime) -> Material | None:
        """Give the template's spoken hints, or None where it has none. Raises SourceError."""
        if template.prompt_audio is None:
            return None
        kind, name = MaterialKind.HINTS, "hints"
        heard = await self.sound(template, run, template.prompt_audio, material_id=name, now=now, kind=kind)
        return replace(heard, text=heard.text[:HINTS_LIMIT])

    async def image(
        self,
        template: Template,
        run: Run | None,
        source: ImageSource,
        *,
        alone: bool,
        material_id: str,
        now: datetime,
    ) -> Material:
        """Give what the picture at *source* shows, or what is known of it; *alone*: there is no other material.

        What a run reads is kept until its drafts go. Raises SourceError.
        """
        loaded = await self._loaded(source, template.owner_id, self._fetch_image)
        facts = await self._examine(loaded, recognise=self._describer is None)
        file = replace(file_of(loaded), alt=source.alt, attach=source.attach)
        told, why = await self._told(_For(template.owner_id, template, run), file.digest, facts.small, now)
        if told is None and facts.read is None:
            facts = await self._examine(loaded, recognise=True)
        reader = self._describer.model if told and self._describer else None
        if run is not None:
            keep = partial(_keep_for_run, loaded=loaded, file_id=source.file, run=run, owner=template.owner_id, now=now)
            file = replace(file, blob=await self._writer.call(keep))
        file = replace(file, reader=reader, why=why)
        return image_material(facts, told, file, alone=alone, material_id=material_id, now=now)

    async def _heard(
        self, source: SoundSource, reader: _For, kind: MaterialKind, material_id: str, now: datetime
    ) -> Material:
        loaded = await self._loaded(source, reader.owner, self._fetch_audio)
        if self._transcriber is None:
            raise SourceError(loaded.source, NO_TRANSCRIBER)
        words = await self._written_down(reader, loaded, self._transcriber, now)
        read = replace(file_of(loaded), reader=self._transcriber.model)
        return audio_material(words, read, kind=kind, material_id=material_id, now=now)

    async def _loaded(self, source: SoundSource | ImageSource, owner: str, fetch: Fetch) -> Loaded:
        if source.url is not None:
            return await fetch(source.url)
        file_id = source.file or ""

        def read(c: Connection) -> Loaded:
            known = blobs.get(c, file_id, owner=owner)
            return Loaded(known.name, blobs.content(c, file_id, owner=owner), known.media_type)

        try:
            return await self._writer.call(read)
        except NotFound as error:
            raise SourceError(f"file {file_id}", "it is gone; keep it again with `ostinato file add`") from error

    async def _written_down(self, reader: _For, loaded: Loaded, transcriber: Transcribes, now: datetime) -> str:
        """Give the words of a sound: those that are kept, or else what the model writes down, which is kept then."""
        reading = _Reading(file_of(loaded).digest, transcriber.model, reader.owner)
        async with self._one_at_a_time(reading):
            kept = await self._kept(reading, now)
            if kept is not None:
                return kept
            most = transcriber.most_micros(loaded.content, loaded.media_type)
            try:
                async with self._paid(reader, "transcribe", most) as bill:
                    heard = await transcriber.transcribe(loaded.content, loaded.media_type)
                    bill.take(heard.cost_micros or 0, f"1 call of {transcriber.model}")
            except OverBudget as error:
                raise SourceError(loaded.source, f"over budget: {error}") from error
            except ModelError as error:
                raise SourceError(loaded.source, f"it was not written down: {error}") from error
            await self._save(reading, heard.words, now)
            return heard.words

    async def _told(self, reader: _For, digest: str, small: bytes, now: datetime) -> tuple[Told | None, str]:
        """Give what a model tells of a picture, kept or anew; or None, and why there is nothing."""
        describer = self._describer
        if describer is None:
            return None, NO_DESCRIBER
        reading = _Reading(digest, describer.model, reader.owner)
        async with self._one_at_a_time(reading):
            kept = await self._kept(reading, now)
            if kept is not None:
                return codec.load(Told, kept), ""
            most = describer.most_micros()
            try:
                async with self._paid(reader, "describe", most) as bill:
                    seen = await describer.describe(small)
                    amount = seen.cost_micros or 0 if seen.counted else most
                    bill.take(amount, f"{seen.calls} calls of {describer.model}")
            except OverBudget as error:
                return None, f"over budget: {error}"
            except ModelError as error:
                log.warning("picture.untold", reason=str(error))
                return None, f"the model did not tell about it: {error}"
            told = Told(seen.sentences, seen.text, seen.alt)
            await self._save(reading, codec.dump(Told, told), now)
            return told, ""

    @asynccontextmanager
    async def _paid(self, reader: _For, step: str, most: int) -> AsyncIterator[_Bill]:
        """Reserve *most* micros for what is done within, and pay what the bill takes; nothing where it fails."""
        bill = _Bill()
        if self._payments is None or reader.template is None or reader.run is None or not most:
            yield bill
            return
        payment = await self._payments.reserve(reader.run, reader.template, step, lambda: most)
        try:
            yield bill
        finally:
            await self._payments.pay(payment, bill.amount, f"{step}: {bill.said}")

    @asynccontextmanager
    async def _one_at_a_time(self, reading: _Reading) -> AsyncIterator[None]:
        """Let two runs that read the same file at once pay for it once."""
        lock = self._locks.get(reading)
        if lock is None:
            self._locks[reading] = lock = asyncio.Lock()
        async with lock:
            yield

    async def _kept(self, reading: _Reading, now: datetime) -> str | None:
        def read(c: Connection) -> str | None:
            words = readings.get(c, reading.digest, reading.reader, owner=reading.owner)
            if words is not None:
                readings.touch(c, reading.digest, reading.reader, now=now, owner=reading.owner)
            return words

        return await self._writer.call(read)

    async def _save(self, reading: _Reading, words: str, now: datetime) -> None:
        await self._writer.call(
            lambda c: readings.save(c, reading.digest, reading.reader, words, now=now, owner=reading.owner)
        )


@dataclass(frozen=True, slots=True)
class _For:
    """For whom a file is read; without a run nothing is entered in the books."""

    owner: str
    template: Template | None = None
    run: Run | None = None


@dataclass(frozen=True, slots=True)
class _Reading:
    """Which file was read, by what, and for whom."""

    digest: str
    reader: str
    owner: str


@dataclass(slots=True)
class _Bill:
    amount: int = 0
    said: str = "no answer"

    def take(self, amount: int, said: str) -> None:
        self.amount, self.said = amount, said


def _keep_for_run(
    connection: Connection, *, loaded: Loaded, file_id: str | None, run: Run, owner: str, now: datetime
) -> str:
    """Give the id of the kept picture, which the run needs from now on."""
    found = file_id or blobs.keep(connection, loaded.content, name=_name(loaded.source), now=now, owner=owner).id
    blobs.use(connection, Holder.RUN, run.id, [found], owner=owner)
    return found


def _name(source: str) -> str:
    """Give the last part of a URL's path."""
    return source.partition("?")[0].partition("#")[0]
