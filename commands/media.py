"""The models that write down sound and look at pictures, as the settings name them, and what reads files with them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import httpx

from commands.desk import model_prices, model_server
from domain.errors import FieldError, SettingsError
from domain.protocols import Offload
from generators.model.hearing import Transcriber, Transcribes
from generators.model.local_hearing import LocalTranscriber, problem_of
from generators.model.seeing import Describer
from generators.model.server import Server
from scheduler.media_reading import MediaReading
from scheduler.purse import Payments
from settings import Settings
from sources.image import examine
from sources.media import fetch_audio, fetch_image
from storage.writer import Writer


@dataclass(frozen=True, slots=True)
class MediaModels:
    """The models for files, as far as the settings name them."""

    transcriber: Transcribes | None = None
    describer: Describer | None = None


@asynccontextmanager
async def media_models(settings: Settings) -> AsyncIterator[MediaModels]:
    """Give the models for files, and close their connections in the end.

    Raises SettingsError when the model on this machine that the settings name cannot be used.
    """
    local = _local(settings)
    seeing, hearing = model_server(settings), _hearing(settings)
    models = MediaModels(
        Transcriber(hearing, price=settings.transcription_price) if hearing else local,
        Describer(seeing, prices=model_prices(settings), seconds=settings.model_timeout.total_seconds())
        if seeing
        else None,
    )
    try:
        yield models
    finally:
        for server in (seeing, hearing):
            if server is not None:
                await server.close()


def media_reading(
    models: MediaModels,
    *,
    writer: Writer,
    web: httpx.AsyncClient,
    pool: Offload,
    payments: Payments | None = None,
) -> MediaReading:
    """Give what reads sounds and pictures, through the guarded client *web* and in the process *pool*."""
    return MediaReading(
        writer=writer,
        fetch_audio=partial(fetch_audio, client=web),
        fetch_image=partial(fetch_image, client=web),
        examine=partial(examine, offload=pool),
        transcriber=models.transcriber,
        describer=models.describer,
        payments=payments,
    )


def _local(settings: Settings) -> LocalTranscriber | None:
    folder = settings.whisper_model
    if folder is None:
        return None
    if reason := problem_of(folder):
        raise SettingsError([FieldError("OSTINATO_WHISPER_MODEL", reason)])
    return LocalTranscriber(folder)


def _hearing(settings: Settings) -> Server | None:
    if not settings.hears or settings.transcription_model is None:
        return None
    return Server(model=settings.transcription_model, base_url=settings.openai_base_url, key=settings.openai_api_key)
