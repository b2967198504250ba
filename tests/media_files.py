"""Sounds and pictures made for tests, honest ones and hostile ones."""

from __future__ import annotations

import io
import struct
import wave
import zlib
from typing import Any

from PIL import Image, ImageDraw


def wav(frames: int = 800) -> bytes:
    """A silence of so many frames, 8,000 a second."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(2 * frames))
    return file.getvalue()


def picture(kind: str = "PNG", size: tuple[int, int] = (120, 80), colour: Any = (20, 60, 200), **save: Any) -> bytes:
    """A picture of one colour with a white bar in it."""
    image = Image.new("RGB", size, colour)
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 4, size[1]), fill="white")
    file = io.BytesIO()
    image.save(file, kind, **save)
    return file.getvalue()


def png_of(width: int, height: int, rows: bytes = b"") -> bytes:
    """A PNG whose header claims *width* and *height*, whatever its *rows* hold."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def png_bomb(side: int = 20_000) -> bytes:
    """A PNG of some hundred thousand bytes that holds *side* × *side* points."""
    return png_of(side, side, bytes((side + 1) * side))
