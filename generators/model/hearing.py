"""Writing down what is spoken, through the transcription endpoint of an OpenAI-compatible server."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from domain.media import AUDIO
from generators.model.errors import ModelError
from generators.model.server import Server

SLOWEST = 8_000 // 8  # bytes a second of the most compressed speech that is met: 8 kbit/s
SECONDS = 600.0  # that a server may take for one file


@dataclass(frozen=True, slots=True)
class Transcript:
    """The words that are spoken in a file, and what writing them down cost, where the price is known."""

    words: str
    cost_micros: int | None


class Transcribes(Protocol):
    """Writes down what is spoken."""

    @property
    def model(self) -> str:
        """Its name, which stands in the provenance and beside what is kept."""
        ...

    def most_micros(self, sound: bytes, media_type: str) -> int:
        """Give the most that *sound* may cost, in millionths of a US dollar; 0 where no price is known."""
        ...

    async def transcribe(self, sound: bytes, media_type: str) -> Transcript:
        """Give the words spoken in *sound*. Raises ModelError."""
        ...


class Transcriber:
    """Writes down what is spoken. *price* is in US dollars for a minute, where it is known."""

    def __init__(self, server: Server, *, price: Decimal | None = None, seconds: float = SECONDS) -> None:
        self._server = server
        self._price = price
        self._seconds = seconds

    @property
    def model(self) -> str:
        return self._server.model

    async def close(self) -> None:
        """Close the connections to the server."""
        await self._server.close()

    async def transcribe(self, sound: bytes, media_type: str) -> Transcript:
        """Give the words spoken in *sound*. Raises ModelError."""
        name = f"audio.{AUDIO[media_type]}"  # never the owner's own name for it, which says more than its format
        try:
            async with asyncio.timeout(self._seconds):
                heard = await self._server.write_down(sound, name=name, media_type=media_type)
        except TimeoutError:
            raise ModelError(f"the server took longer than {self._seconds:g} s") from None
        seconds = heard.seconds if heard.seconds is not None else likely_seconds(sound, media_type)
        return Transcript(heard.text, self._micros(seconds))

    def most_micros(self, sound: bytes, media_type: str) -> int:
        """Give the most that *sound* may cost, in millionths of a US dollar; 0 where no price is known."""
        known = wav_seconds(sound) if media_type == "audio/wav" else None
        return self._micros(known if known is not None else len(sound) / SLOWEST) or 0

    def _micros(self, seconds: float) -> int | None:
        return None if self._price is None else round(self._price * 1_000_000 * Decimal(seconds) / 60)


def likely_seconds(sound: bytes, media_type: str) -> float:
    """Give how long *sound* lasts where nobody says so: as its header has it, or as at 64 kbit/s."""
    known = wav_seconds(sound) if media_type == "audio/wav" else None
    return known if known is not None else len(sound) / 8_000


def wav_seconds(sound: bytes) -> float | None:
    """Give how long a WAV file lasts by the bytes a second that its header names; None where it names none."""
    at = sound.find(b"fmt ", 12, 4_096)
    rate = int.from_bytes(sound[at + 16 : at + 20], "little") if at > 0 else 0
    return len(sound) / rate if rate else None
